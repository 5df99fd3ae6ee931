/* A step that does nothing any more is ended; one that prints or computes is not. */
#include "run/run_fixture.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "run/session_time.h"

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	fixture_open(fixture);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	fixture_close(*state);
	free(*state);
	return 0;
}

static void only_the_idle_one_is_ended(void **state)
{
	struct fixture *fixture = *state;
	struct step *steps[] = {
		fixture_step(fixture, "idle", "echo once; sleep 60"),
		fixture_step(fixture, "talking",
			"for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo $i; sleep 0.2; done"),
		/* in a process group of its own */
		fixture_step(fixture, "computing",
			"timeout 2.4 sh -c 'while :; do :; done' || test $? = 124"),
		fixture_step(fixture, "quick", "true"),
	};
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		steps[i]->stall_ms = 1000;
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_event(fixture,
		"step_failed idle.1 exit=-1 timeout: no output and no processor time for 1.0 s");
	assert_event(fixture, "step_completed talking.1");
	assert_event(fixture, "step_completed computing.1");
	assert_event(fixture, "step_completed quick.1");
}

static void one_that_will_not_end_is_killed(void **state)
{
	struct fixture *fixture = *state;
	struct step *deaf = fixture_step(fixture, "deaf", "trap '' TERM; sleep 60; sleep 60");
	deaf->stall_ms = 200;
	deaf->grace_ms = 100;
	deaf->retry.max = 1;
	deaf->retry.backoff_ms = 1;
	deaf->retry.on = 1u << FAILURE_TIMEOUT;
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_event(fixture,
		"step_failed deaf.2 exit=-1 timeout: no output and no processor time for 200 ms");
}

/* A process in a session of its own, with a name that looks like the fields behind it. */
static pid_t start_session(bool burns)
{
	int ready[2];
	char byte = 0;
	assert_int_equal(pipe(ready), 0);
	pid_t id = fork();
	if (id == 0) {
		setsid();
		prctl(PR_SET_NAME, "a) S 1 1 1 (b");
		if (write(ready[1], &byte, 1) != 1)
			_exit(1);
		while (burns)
			continue;
		pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return id;
}

static void time_is_that_of_the_session(void **state)
{
	(void)state;
	pid_t burning = start_session(true);
	pid_t idle = start_session(false);
	uint64_t idle_ticks = session_time_ticks(idle);
	uint64_t ticks = session_time_ticks(burning);
	struct timespec moment = {.tv_nsec = 10000000};
	for (int i = 0; i < 3000 && session_time_ticks(burning) < ticks + 5; i++)
		nanosleep(&moment, NULL);
	assert_true(session_time_ticks(burning) >= ticks + 5);
	assert_int_equal(session_time_ticks(idle), idle_ticks);
	kill(burning, SIGKILL);
	kill(idle, SIGKILL);
	waitpid(burning, NULL, 0);
	waitpid(idle, NULL, 0);
	assert_int_equal(session_time_ticks(burning), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_the_idle_one_is_ended),
		TEST(one_that_will_not_end_is_killed),
		cmocka_unit_test(time_is_that_of_the_session),
	};
	return cmocka_run_group_tests_name("stall_watch", tests, NULL, NULL);
}
