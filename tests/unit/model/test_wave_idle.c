#include "model/wave_idle.h"

#include "base/cleanup.h"
#include "cmocka_all.h"

#define ATTEMPTS_MOST 6

struct idle_case {
	const char *title;
	uint32_t jobs;
	struct run_attempt attempts[ATTEMPTS_MOST];
	uint32_t count;
	int64_t expected_ms[3]; /* of the two waves and the serial step between them */
	uint32_t barriers;
	struct run_slots slots[2];
	uint32_t slots_count;
};

/* Steps 0 and 1 are in wave 0, step 2 is serial, steps 3 and 4 are in wave 1; each is a stage. */
static const struct idle_case cases[] = {
	{"one slot is never idle while a step runs", 1,
		{{.step = 0, .started_ms = 0, .ended_ms = 10},
			{.step = 1, .started_ms = 15, .ended_ms = 40}},
		2, {0, 0, 0}, 0, {{0}}, 0},
	{"the short one leaves its slot to nobody", 2,
		{{.step = 0, .started_ms = 0, .ended_ms = 10},
			{.step = 1, .started_ms = 0, .ended_ms = 100},
			{.step = 3, .started_ms = 100, .ended_ms = 130},
			{.step = 4, .started_ms = 110, .ended_ms = 120}},
		4, {90, 0, 20}, 2, {{0}}, 0},
	{"slots that no step was there for count too", 4,
		{{.step = 0, .started_ms = 0, .ended_ms = 10}}, 1, {30, 0, 0}, 0, {{0}}, 0},
	{"a serial step leaves all slots but one idle", 4,
		{{.step = 0, .started_ms = 0, .ended_ms = 10},
			{.step = 2, .started_ms = 10, .ended_ms = 30}},
		2, {30, 60, 0}, 1, {{0}}, 0},
	{"a pause between a stop and a resume does not count", 2,
		{{.step = 0, .started_ms = 0, .ended_ms = 10},
			{.step = 1, .started_ms = 1000, .ended_ms = 1020}},
		2, {30, 0, 0}, 0, {{0}}, 0},
	{"a second attempt fills a slot as the first did", 2,
		{{.step = 0, .started_ms = 0, .ended_ms = 10},
			{.step = 0, .started_ms = 20, .ended_ms = 40},
			{.step = 1, .started_ms = 0, .ended_ms = 40}},
		3, {10, 0, 0}, 0, {{0}}, 0},
	{"what runs or never ran is left out, but it waited", 2,
		{{.step = 0, .started_ms = 60, .ended_ms = 65},
			{.step = 1, .started_ms = TIME_NONE, .ended_ms = TIME_NONE},
			{.step = 3, .started_ms = 70, .ended_ms = TIME_NONE},
			{.step = 4, .started_ms = TIME_NONE, .ended_ms = TIME_NONE}},
		4, {5, 0, 0}, 2, {{0}}, 0},
	{"a step that is no longer in the pipeline waited for nothing", 2,
		{{.step = 0, .started_ms = 0, .ended_ms = 10},
			{.step = 5, .started_ms = 0, .ended_ms = 10}},
		2, {10, 0, 0}, 0, {{0}}, 0},
	{"continued with more jobs: each time has its own", 8,
		{{.step = 0, .started_ms = 0, .ended_ms = 10},
			{.step = 1, .started_ms = 10, .ended_ms = 20},
			{.step = 1, .started_ms = 100, .ended_ms = 110},
			{.step = 3, .started_ms = 110, .ended_ms = 120}},
		4, {70, 0, 70}, 2, {{.from_ms = 0, .jobs = 1}, {.from_ms = 90, .jobs = 8}}, 2},
	{"more at once than slots: never below nothing", 1,
		{{.step = 0, .started_ms = 0, .ended_ms = 10},
			{.step = 1, .started_ms = 0, .ended_ms = 10}},
		2, {0, 0, 0}, 0, {{0}}, 0},
	{"nothing has run", 2, {{.step = 0}}, 0, {0, 0, 0}, 0, {{0}}, 0},
};

static void test_idle_of_stages(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(arena_release) struct arena arena = {0};
		struct idle_case row = cases[i];
		struct run_step steps[] = {{.stage = 0, .wave = 0}, {.stage = 0, .wave = 0},
			{.stage = 1, .wave = INDEX_NONE}, {.stage = 2, .wave = 1},
			{.stage = 2, .wave = 1},
			{.stage = 3, .wave = INDEX_NONE, .state = STATE_SKIPPED}};
		struct run_wave waves[] = {
			{.stage = 0, .idle_ms = -7}, {.stage = 2, .idle_ms = -7}};
		struct run run = {.jobs = row.jobs,
			.slots = row.slots,
			.slots_count = row.slots_count,
			.steps = steps,
			.step_count = 6,
			.waves = waves,
			.wave_count = 2,
			.stage_count = 4,
			.attempts = row.attempts,
			.attempt_count = row.count};
		wave_idle_measure(&run, &arena);
		for (size_t stage = 0; stage < 3; stage++)
			if (run.stage_idle_ms[stage] != row.expected_ms[stage])
				fail_msg("%s: stage %zu has %lld ms", row.title, stage,
					(long long)run.stage_idle_ms[stage]);
		if (run.barrier_count != row.barriers)
			fail_msg("%s: %u barriers", row.title, run.barrier_count);
		assert_int_equal(waves[0].idle_ms, row.expected_ms[0]);
		assert_int_equal(waves[1].idle_ms, row.expected_ms[2]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_idle_of_stages)};
	return cmocka_run_group_tests_name("wave_idle", tests, NULL, NULL);
}
