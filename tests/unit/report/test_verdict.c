#include "check.h"

#include "base/cleanup.h"
#include "fixture.h"
#include "report/report.h"

static void check_verdict(const struct run *run, int64_t now_ms, const char *expected)
{
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	verdict_append(run, now_ms, &buffer);
	assert_string_equal(buffer_text(&buffer), expected);
}

static void test_words(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	check_verdict(fixture_done(&arena), 0,
		"completed: all 4 steps done — 42.1 s (critical path 41.9 s)");
	check_verdict(fixture_failed(&arena), 0,
		"failed: 1 of 6 steps failed, 2 skipped, 1 not run, 1 retried — 3m 12s "
		"(critical path 3m 12s)");
	check_verdict(fixture_run(NULL, 0, 0, STATE_DONE, &arena), 0, "completed: no steps — 0 ms");
}

static void test_running_and_interrupted(void **state)
{
	static const struct fixture_step steps[] = {
		{"a", NULL, 0, STATE_DONE, 0, 2000, true, false, NULL},
		{"b", "a", 1, STATE_RUNNING, 2000, 0, true, false, NULL},
	};
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	struct run *run = fixture_run(steps, 2, 2, STATE_RUNNING, &arena);
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	verdict_append(run, FIXTURE_START_MS + 7000, &buffer);
	check_contains(&buffer, "running: 1 of 2 steps done, 1 running — 7.0 s");
	run->state = STATE_INTERRUPTED;
	run->reason = "SIGTERM\033[2J\n::error::x";
	buffer_clear(&buffer);
	verdict_append(run, 0, &buffer);
	check_contains(&buffer, "interrupted: 1 of 2 steps done");
	check_contains(&buffer, "; SIGTERM");
	check_lacks(&buffer, "\033");
	check_lacks(&buffer, "\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_running_and_interrupted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
