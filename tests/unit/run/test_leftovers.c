/* What a killed runner has left is told from what other runs do. */
#include "run/leftovers.h"

#include <signal.h>

#include "run/folder_fixture.h"

#define RUN_ID "20250101-000000"

struct left_case {
	const char *run_id;
	const char *notes; /* beneath the temporary folder; NULL: no such variable */
	bool is_ended;
};

/* Ours is "state", with "run" in it; "link" leads to it. */
static const struct left_case left_cases[] = {
	{RUN_ID, "state/run/notes/a.1.summary.md", true},
	{RUN_ID, "link/run/notes/a.1.summary.md", true},
	{RUN_ID, "state/gone/notes/a.1.summary.md", true},
	{RUN_ID "-2", "state/run/notes/a.1.summary.md", false},
	{"", "state/run/notes/a.1.summary.md", false},
	{RUN_ID, "other/run/notes/a.1.summary.md", false},
	{RUN_ID, "nowhere/run/notes/a.1.summary.md", false},
	{RUN_ID, "state", false},
	{RUN_ID, NULL, false},
};

static void await_variable(pid_t id, const char *entry)
{
	while (!process_carries_marker(id, entry))
		usleep(1000);
}

/* Returns once its environment is there to be read. */
static pid_t start(struct place *place, const struct left_case *left)
{
	struct arena *arena = &place->arena;
	char *const arguments[] = {
		arena_copy_text(arena, "sleep"), arena_copy_text(arena, "1000"), NULL};
	char *const environment[] = {arena_copy_text(arena, "A_STEP=is started"),
		arena_format(arena, "WAVETRAIN_RUN_ID=%s", left->run_id),
		left->notes ? arena_format(arena, "WAVETRAIN_SUMMARY=%s", at(place, left->notes))
			    : NULL,
		NULL};
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		setsid();
		execve("/bin/sleep", arguments, environment);
		_exit(127);
	}
	await_variable(child, "A_STEP=is started");
	return child;
}

/* True: SIGKILL has ended it. Otherwise it is ended now. */
static bool end(pid_t child)
{
	int status = 0;
	bool is_ended = waitpid(child, &status, WNOHANG) == child;
	if (is_ended)
		return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	return false;
}

static void only_those_of_the_run_and_its_folder_are_ended(void **state)
{
	struct place *place = *state;
	pid_t children[ARRAY_LENGTH(left_cases)];
	put_folder(place, "state/run/notes");
	put_folder(place, "other/run/notes");
	put_link(place, "link", "state");
	for (size_t i = 0; i < ARRAY_LENGTH(left_cases); i++)
		children[i] = start(place, &left_cases[i]);
	leftovers_end_run(RUN_ID, at(place, "state"));
	for (size_t i = 0; i < ARRAY_LENGTH(left_cases); i++) {
		if (end(children[i]) != left_cases[i].is_ended)
			fail_msg("%s: %s, notes in %s",
				left_cases[i].is_ended ? "lives" : "was ended",
				left_cases[i].run_id,
				left_cases[i].notes ? left_cases[i].notes : "-");
	}
}

static void a_folder_that_is_gone_ends_nothing(void **state)
{
	struct place *place = *state;
	pid_t child = start(place, &left_cases[0]);
	leftovers_end_run(RUN_ID, at(place, "state"));
	assert_false(end(child));
}

/* What is in our own session, as those who started us may be, is not a step's. */
static void our_own_session_is_spared(void **state)
{
	struct place *place = *state;
	int status;
	put_folder(place, "state/run/notes");
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		setsid();
		pid_t inner = start(place, &left_cases[0]);
		pid_t beside = fork();
		if (beside == 0) {
			setenv("WAVETRAIN_RUN_ID", RUN_ID, 1);
			setenv("WAVETRAIN_SUMMARY", at(place, left_cases[0].notes), 1);
			execlp("sleep", "sleep", "1000", (char *)NULL);
			_exit(127);
		}
		await_variable(beside, "WAVETRAIN_RUN_ID=" RUN_ID);
		leftovers_end_run(RUN_ID, at(place, "state"));
		bool is_spared = !end(beside);
		_exit(end(inner) && is_spared ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

#define PLACE_TEST(test) cmocka_unit_test_setup_teardown(test, place_open, place_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACE_TEST(only_those_of_the_run_and_its_folder_are_ended),
		PLACE_TEST(a_folder_that_is_gone_ends_nothing),
		PLACE_TEST(our_own_session_is_spared),
	};
	alarm(300); /* what never starts */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
