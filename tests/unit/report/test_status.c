#include "check.h"

#include "base/cleanup.h"
#include "fixture.h"
#include "report/report.h"

static const struct text_style plain = {.columns = 80};

static void test_golden(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	status_append(fixture_failed(&arena), &plain, 0, &buffer);
	assert_string_equal(buffer_text(&buffer),
		"Pipeline Status  run_20251209_143022\n"
		"════════════════════════════════════\n"
		"Pipeline: feature-development\n"
		"failed: 1 of 6 steps failed, 2 skipped, 1 not run, 1 retried — 3m 12s "
		"(critical path 3m 12s)\n"
		"\n"
		"Wave 1 (FAILED)\n"
		"  ❌ 2/3 steps complete\n"
		"     ✕ test/db  failed after 3m 12s: contract files out.json: expected 1 file, "
		"found 0\n"
		"Wave 2 (PENDING)\n"
		"  ⏳ 0/2 steps complete, 1 skipped\n"
		"Wave 3 (SKIPPED)\n"
		"  ⏩ 0/1 steps complete, 1 skipped\n"
		"\n"
		"Overall: 2/6 steps complete (33%)\n");
}

static void test_groups_are_counted(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct run *run = fixture_done(&arena);
	struct run_group group = {.name = "web-features",
		.wave = 1,
		.steps = {1, 2},
		.state = STATE_RUNNING,
		.started_ms = TIME_NONE,
		.ended_ms = TIME_NONE};
	run->groups = &group;
	run->group_count = 1;
	run->waves[1].name = "frontend";
	run->waves[1].state = STATE_RUNNING;
	run->steps[1].group = run->steps[2].group = 0;
	run->steps[2].state = STATE_PENDING;
	run->totals.by_state[STATE_DONE] = 3;
	run->totals.by_state[STATE_PENDING] = 1;
	status_append(run, &plain, 0, &buffer);
	check_contains(&buffer, "Wave 2: frontend (IN PROGRESS)\n"
				"  🔄 Group: web-features (1/2 steps complete)\n");
	check_contains(&buffer, "Overall: 1/2 steps complete (50%), 2/2 serial\n");
}

/* People look for the cause: what only had to wait for it does not cry "failed". */
static void test_incomplete_is_not_failed(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	CLEANUP(buffer_release) struct buffer grouped = BUFFER_INIT;
	CLEANUP(buffer_release) struct buffer other = BUFFER_INIT;
	struct run *run = fixture_incomplete(&arena);
	status_append(run, &plain, 0, &buffer);
	check_contains(&buffer, "Wave 1 (FAILED)\n  ❌ 1/2 steps complete\n");
	check_contains(&buffer, "Wave 2 (INCOMPLETE)\n  ⏩ 1/2 steps complete, 1 skipped\n");
	struct run_group groups[] = {
		{.name = "red", .wave = 0, .steps = {0, 2}, .state = STATE_FAILED},
		{.name = "grey", .wave = 1, .steps = {2, 2}, .state = STATE_FAILED}};
	run->groups = groups;
	run->group_count = 2;
	status_append(run, &plain, 0, &grouped);
	check_contains(&grouped, "  ❌ Group: red (1/2");
	check_contains(&grouped, "  ⏩ Group: grey (1/2");
	/* An optional failure is no reason; a fault besides the steps, or work left, is one. */
	run->steps[2].state = STATE_FAILED;
	run->steps[2].is_optional = true;
	status_append(run, &plain, 0, &other);
	check_contains(&other, "Wave 2 (INCOMPLETE)\n");
	run->steps[2].is_optional = false;
	status_append(run, &plain, 0, &other);
	run->steps[2].state = STATE_PENDING;
	status_append(run, &plain, 0, &other);
	run->steps[2].state = STATE_DONE;
	run->totals.by_state[STATE_FAILED] = 0;
	status_append(run, &plain, 0, &other);
	assert_int_equal(check_count(&other, "Wave 2 (FAILED)\n"), 3);
}

static void test_many_stages_fold(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct run *run = fixture_grid(3, 3000, 0, &arena);
	run->waves[1000].state = STATE_FAILED;
	run->steps[3000].state = STATE_FAILED;
	status_append(run, &plain, 0, &buffer);
	check_contains(
		&buffer, "✅ wave 1 to wave 1000: completed, 3000 steps\nWave 1001 (FAILED)\n");
	assert_true(check_count(&buffer, "\n") < 20);
}

static void test_hostile_names_and_ascii(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct run *run = fixture_failed(&arena);
	run->steps[2].id = "evil\033]0;x\007\n\xe2\x80\xae"
			   "name\xff";
	run->steps[2].reason = "line\r\n::error::boom";
	status_append(run, &(struct text_style){.columns = 80, .ascii = true}, 0, &buffer);
	for (size_t i = 0; i < buffer.size; i++)
		assert_true(buffer.bytes[i] == '\n' ||
			    (buffer.bytes[i] >= 0x20 && buffer.bytes[i] < 0x7f));
	check_contains(&buffer, "x evil");
	check_lacks(&buffer, "\n::error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_groups_are_counted),
		cmocka_unit_test(test_incomplete_is_not_failed),
		cmocka_unit_test(test_many_stages_fold),
		cmocka_unit_test(test_hostile_names_and_ascii),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
