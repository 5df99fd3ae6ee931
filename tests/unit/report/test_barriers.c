/* What waiting for whole stages cost: only where something waited. */
#include "check.h"

#include "base/cleanup.h"
#include "fixture.h"
#include "report/report.h"

#define ROWS_MOST 4

struct barrier_case {
	const char *title;
	struct fixture_step steps[ROWS_MOST];
	uint32_t count;
	uint32_t waves;
	const char *expected; /* NULL: nothing is said */
};

/* With 4 jobs: one step alone leaves three slots idle. */
static const struct barrier_case cases[] = {
	{"the last wave is not waited for",
		{{"a", NULL, 0, STATE_DONE, 0, 2000, false, false, NULL},
			{"b", "a", 1, STATE_DONE, 2000, 1000, false, false, NULL}},
		2, 2, "6.0 s of 12.0 s with 4 jobs (wave 1 6.0 s)"},
	{"the first fails, and the second is skipped",
		{{"a", NULL, 0, STATE_FAILED, 0, 2000, false, false, "exit status 1"},
			{"b", "a", 1, STATE_SKIPPED, -1, 0, false, false, "a failed"}},
		2, 2, NULL},
	{"the last step is for a failure, and there is none",
		{{"a", NULL, 0, STATE_DONE, 0, 2000, false, false, NULL},
			{"b", "a", 1, STATE_DONE, 2000, 1000, false, false, NULL},
			{"alarm", "b", 2, STATE_SKIPPED, -1, 0, false, false, "its `if`"}},
		3, 3, "6.0 s of 12.0 s with 4 jobs (wave 1 6.0 s)"},
	{"a list is empty, and its stage is left behind",
		{{"a", NULL, 0, STATE_DONE, 0, 2000, false, false, NULL},
			{"each", "a", 1, STATE_SKIPPED, -1, 0, false, false, "its list is empty"}},
		2, 2, NULL},
	{"the dearest first, what cost nothing not at all",
		{{"a", NULL, 0, STATE_DONE, 0, 1000, false, false, NULL},
			{"b", "a", 1, STATE_DONE, 1000, 0, false, false, NULL},
			{"c", "b", 2, STATE_DONE, 1000, 2000, false, false, NULL},
			{"d", "c", 3, STATE_DONE, 3000, 9000, false, false, NULL}},
		4, 4, "9.0 s of 48.0 s with 4 jobs (wave 3 6.0 s, wave 1 3.0 s)"},
};

static void assert_says(const char *title, const struct run *run, const char *expected)
{
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	bool says = barriers_append(run, 1, &buffer);
	if (says != (expected != NULL) || strcmp(buffer_text(&buffer), expected ? expected : ""))
		fail_msg("%s: \"%s\"", title, buffer_text(&buffer));
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		CLEANUP(arena_release) struct arena arena = {0};
		const struct barrier_case *row = &cases[i];
		assert_says(row->title,
			fixture_run(row->steps, row->count, row->waves, STATE_DONE, &arena),
			row->expected);
	}
}

/* Two steps in a wave, one alone, and one behind it; the one alone has a name to be careful with. */
static void test_serial_steps_have_their_names(void **state)
{
	static const struct fixture_step steps[] = {
		{"a", NULL, 0, STATE_DONE, 0, 2000, false, false, NULL},
		{"bad\nname", NULL, 1, STATE_DONE, 2000, 3000, false, false, NULL},
		{"c", NULL, 2, STATE_DONE, 5000, 1000, false, false, NULL}};
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	struct run *run = fixture_run(steps, 3, 3, STATE_DONE, &arena);
	run->steps[1].wave = INDEX_NONE;
	run->steps[2].wave = 1;
	run->waves[1] = run->waves[2];
	run->wave_count = 2;
	run_summarise(run, &arena);
	assert_says(
		"serial", run, "15.0 s of 24.0 s with 4 jobs (step bad name 9.0 s, wave 1 6.0 s)");
}

static void test_other_jobs_since(void **state)
{
	static struct run_slots slots[] = {
		{.jobs = 1}, {.from_ms = FIXTURE_START_MS + 1500, .jobs = 4}};
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	struct run *run = fixture_run(cases[2].steps, 3, 3, STATE_DONE, &arena);
	run->slots = slots;
	run->slots_count = 2;
	run_summarise(run, &arena);
	assert_says("one job alone is never idle", run, NULL);
	slots[1].from_ms = 0;
	run_summarise(run, &arena);
	assert_says("both are known", run, "6.0 s with 1 to 4 jobs (wave 1 6.0 s)");
}

static void test_least(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct run *run = fixture_run(cases[0].steps, 2, 2, STATE_DONE, &arena);
	assert_false(barriers_append(run, 6001, &buffer));
	assert_int_equal(buffer.size, 0);
	assert_true(barriers_append(run, 6000, &buffer));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_serial_steps_have_their_names),
		cmocka_unit_test(test_other_jobs_since),
		cmocka_unit_test(test_least),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
