#include "check.h"

#include "base/cleanup.h"
#include "fixture.h"
#include "report/report.h"
#include "report/verdict.h"

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

/* What is optional may fail in a run that is done; in one that failed it is told apart. */
static void test_optional_failures(void **state)
{
	static const struct fixture_step steps[] = {
		{"extra", NULL, 0, STATE_FAILED, 0, 1000, false, false, "exit status 4"},
		{"behind", "extra", 1, STATE_SKIPPED, -1, 0, false, false, "extra failed"},
		{"main", NULL, 0, STATE_DONE, 0, 2000, true, false, NULL},
	};
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	struct run *run = fixture_run(steps, 3, 2, STATE_DONE, &arena);
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	run->steps[0].is_optional = true;
	check_verdict(run, 0,
		"completed: 1 of 3 steps done, 1 failed (optional), 1 skipped — 2.0 s "
		"(critical path 2.0 s)");
	run->state = STATE_FAILED;
	run->steps[1].state = STATE_FAILED;
	run->totals.by_state[STATE_FAILED] = 2;
	run->totals.by_state[STATE_SKIPPED] = 0;
	run->totals.cached = 1;
	verdict_counts_append(run, &buffer);
	assert_string_equal(buffer_text(&buffer), "2 of 3 steps failed (1 optional), 1 cached");
	/* A list of runs knows counts alone. */
	run->steps = NULL;
	buffer_clear(&buffer);
	verdict_counts_append(run, &buffer);
	assert_string_equal(buffer_text(&buffer), "2 of 3 steps failed, 1 cached");
}

static void test_gates(void **state)
{
	static const struct fixture_step steps[] = {
		{"build", NULL, 0, STATE_DONE, 0, 2000, true, false, NULL},
		{"deploy", "build", 1, STATE_PENDING, -1, 0, false, false, NULL},
	};
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct run *run = fixture_run(steps, 2, 2, STATE_INTERRUPTED, &arena);
	struct run_gate gates[] = {
		{.step = 0, .opened_ms = TIME_NONE}, {.step = 1, .opened_ms = TIME_NONE}};
	run->gates = gates;
	run->gate_count = 2;
	run->reason = "waiting for approval of step build";
	check_verdict(run, 0,
		"interrupted: 1 of 2 steps done, 1 not run; waiting for approval of 2 steps — "
		"2.0 s (critical path 2.0 s)");
	status_append(run, &(struct text_style){0}, 0, &buffer);
	check_contains(&buffer, "\nWaiting for approval:\n"
				"  wavetrain approve run_20251209_143022 build\n"
				"  wavetrain approve run_20251209_143022 deploy\n\nOverall: ");
	gates[0].is_open = gates[1].is_open = true;
	gates[0].opened_ms = gates[1].opened_ms = run->ended_ms + 5;
	check_verdict(run, 0,
		"interrupted: 1 of 2 steps done, 1 not run; approved and to be resumed: step "
		"build — 2.0 s (critical path 2.0 s)");
	buffer_clear(&buffer);
	status_append(run, &(struct text_style){0}, 0, &buffer);
	check_contains(&buffer, "\nApproved, continue with:\n"
				"  wavetrain resume run_20251209_143022\n");
	/* Gates of long ago are not why it stopped this time. */
	gates[0].opened_ms = gates[1].opened_ms = run->started_ms;
	run->reason = "stopped by SIGINT";
	check_verdict(run, 0,
		"interrupted: 1 of 2 steps done, 1 not run; stopped by SIGINT — 2.0 s "
		"(critical path 2.0 s)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_running_and_interrupted),
		cmocka_unit_test(test_optional_failures),
		cmocka_unit_test(test_gates),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
