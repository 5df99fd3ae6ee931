#include "model/wave_idle.h"

#include "base/cleanup.h"
#include "cmocka_all.h"

#define ATTEMPTS_MOST 6

struct idle_case {
	const char *title;
	uint32_t jobs;
	struct run_attempt attempts[ATTEMPTS_MOST];
	uint32_t count;
	int64_t expected_ms[2]; /* of the two waves */
};

/* Steps 0 and 1 are in wave 0, steps 2 and 3 in wave 1, step 4 is serial. */
static const struct idle_case cases[] = {
	{"one slot is never idle while a step runs", 1,
		{{.step = 0, .started_ms = 0, .ended_ms = 10},
			{.step = 1, .started_ms = 15, .ended_ms = 40}},
		2, {0, 0}},
	{"the short one leaves its slot to nobody", 2,
		{{.step = 0, .started_ms = 0, .ended_ms = 10},
			{.step = 1, .started_ms = 0, .ended_ms = 100},
			{.step = 2, .started_ms = 100, .ended_ms = 130},
			{.step = 3, .started_ms = 110, .ended_ms = 120}},
		4, {90, 20}},
	{"slots that no step was there for count too", 4,
		{{.step = 0, .started_ms = 0, .ended_ms = 10}}, 1, {30, 0}},
	{"a pause between a stop and a resume does not count", 2,
		{{.step = 0, .started_ms = 0, .ended_ms = 10},
			{.step = 1, .started_ms = 1000, .ended_ms = 1020}},
		2, {30, 0}},
	{"a second attempt fills a slot as the first did", 2,
		{{.step = 0, .started_ms = 0, .ended_ms = 10},
			{.step = 0, .started_ms = 20, .ended_ms = 40},
			{.step = 1, .started_ms = 0, .ended_ms = 40}},
		3, {10, 0}},
	{"what runs, never ran, or is serial is left out", 2,
		{{.step = 0, .started_ms = 0, .ended_ms = TIME_NONE},
			{.step = 1, .started_ms = TIME_NONE, .ended_ms = TIME_NONE},
			{.step = 4, .started_ms = 0, .ended_ms = 50},
			{.step = 2, .started_ms = 60, .ended_ms = 65}},
		4, {0, 5}},
	{"fewer jobs since the resume: never below nothing", 1,
		{{.step = 0, .started_ms = 0, .ended_ms = 10},
			{.step = 1, .started_ms = 0, .ended_ms = 10}},
		2, {0, 0}},
	{"nothing has run", 2, {{.step = 0}}, 0, {0, 0}},
};

static void test_idle_of_waves(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(arena_release) struct arena scratch = {0};
		struct idle_case row = cases[i];
		struct run_step steps[] = {
			{.wave = 0}, {.wave = 0}, {.wave = 1}, {.wave = 1}, {.wave = INDEX_NONE}};
		struct run_wave waves[] = {{.idle_ms = -7}, {.idle_ms = -7}};
		struct run run = {.jobs = row.jobs,
			.steps = steps,
			.step_count = 5,
			.waves = waves,
			.wave_count = 2,
			.attempts = row.attempts,
			.attempt_count = row.count};
		wave_idle_measure(&run, &scratch);
		for (size_t wave = 0; wave < 2; wave++)
			if (waves[wave].idle_ms != row.expected_ms[wave])
				fail_msg("%s: wave %zu has %lld ms", row.title, wave,
					(long long)waves[wave].idle_ms);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_idle_of_waves)};
	return cmocka_run_group_tests_name("wave_idle", tests, NULL, NULL);
}
