#include "record/state_lock.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <time.h>

#include "record_fixture.h"

static void is_shared_only_while_nobody_holds_it(void **state)
{
	struct fixture *fixture = *state;
	int lock, shared;

	/* No file: nobody can hold it. */
	assert_true(state_lock_share(fixture->folder, &shared));
	assert_int_equal(shared, -1);
	must(fixture, state_lock_take(fixture->folder, &lock, &fixture->error));
	assert_true(state_lock_is_held(fixture->folder));
	assert_false(state_lock_share(fixture->folder, &shared));
	assert_int_equal(shared, -1);
	close(lock);
	assert_false(state_lock_is_held(fixture->folder));
	assert_true(state_lock_share(fixture->folder, &shared));
	assert_true(shared >= 0);
	close(shared);
}

/* The lock is taken by another process while this one looks; it says so before and after. */
static void a_runner_waits_for_the_look_of_a_reader(void **state)
{
	const struct timespec look = {.tv_nsec = 20000000};
	struct fixture *fixture = *state;
	int shared, status;
	int channel[2];
	char byte;

	must(fixture, state_lock_take(fixture->folder, &shared, &fixture->error));
	close(shared);
	assert_true(state_lock_share(fixture->folder, &shared));
	assert_int_equal(pipe(channel), 0);
	pid_t child = fork();
	if (child == 0) {
		int lock;

		close(shared);
		if (write(channel[1], "x", 1) != 1)
			_exit(2);
		_exit(!state_lock_take(fixture->folder, &lock, &fixture->error));
	}
	assert_int_equal(read(channel[0], &byte, 1), 1);
	nanosleep(&look, NULL);
	close(shared);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	close(channel[0]);
	close(channel[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			is_shared_only_while_nobody_holds_it, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			a_runner_waits_for_the_look_of_a_reader, fixture_setup, fixture_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
