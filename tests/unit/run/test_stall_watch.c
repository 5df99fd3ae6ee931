/* A step that does nothing any more is ended; one that prints or computes is not. */
#include "run/run_fixture.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "run/session_time.h"

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
		/* in a session of its own, and a second one below that */
		fixture_step(fixture, "elsewhere",
			"setsid -w setsid -w timeout 2.4 sh -c 'while :; do :; done' || "
			"test $? = 124"),
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
	assert_event(fixture, "step_completed elsewhere.1");
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

/* Ends with the process above it, also when a test breaks off. */
static void begin_session(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsid();
}

/*
 * A process in a session of its own, with a name that looks like the fields behind it; below it
 * are so many others, each in a session of its own. The last one may burn.
 */
static pid_t start_sessions(uint32_t below, bool burns)
{
	int ready[2];
	char byte = 0;
	assert_int_equal(pipe(ready), 0);
	pid_t id = fork();
	if (id == 0) {
		bool is_last = true;
		prctl(PR_SET_NAME, "a) S 1 1 1 (b");
		begin_session();
		for (; below && is_last; below--) {
			is_last = fork() == 0;
			if (is_last)
				begin_session();
		}
		if (is_last && write(ready[1], &byte, 1) != 1)
			_exit(1);
		volatile uint64_t turns = 0;
		for (;;) {
			if (burns && is_last)
				turns = turns + 1;
			else
				pause();
		}
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return id;
}

static void wait_for_ticks(pid_t session, uint64_t ticks)
{
	struct timespec moment = {.tv_nsec = 10000000};
	for (int i = 0; i < 3000 && session_time_ticks(session) < ticks; i++)
		nanosleep(&moment, NULL);
	assert_true(session_time_ticks(session) >= ticks);
}

static void time_is_that_of_the_session_and_those_below(void **state)
{
	(void)state;
	for (uint32_t below = 0; below < 3; below++) {
		pid_t burning = start_sessions(below, true);
		pid_t idle = start_sessions(below, false);
		uint64_t idle_ticks = session_time_ticks(idle);
		wait_for_ticks(burning, session_time_ticks(burning) + 5);
		assert_int_equal(session_time_ticks(idle), idle_ticks);
		kill(burning, SIGKILL);
		kill(idle, SIGKILL);
		waitpid(burning, NULL, 0);
		waitpid(idle, NULL, 0);
		assert_int_equal(session_time_ticks(burning), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(only_the_idle_one_is_ended),
		FIXTURE_TEST(one_that_will_not_end_is_killed),
		cmocka_unit_test(time_is_that_of_the_session_and_those_below),
	};
	return cmocka_run_group_tests_name("stall_watch", tests, NULL, NULL);
}
