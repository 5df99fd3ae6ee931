#ifndef WAVETRAIN_TESTS_RECORD_FIXTURE_H
#define WAVETRAIN_TESTS_RECORD_FIXTURE_H

#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "record/record.h"

#define FIXTURE_TIME_MS 1765290622000 /* 2025-12-09T14:30:22Z */

/* A state folder of its own and a plan of `waves` waves, each with `width` steps in one group. */
struct fixture {
	struct arena arena;
	char *folder; /* removed in the end */
	const char *state;
	struct pipeline pipeline;
	struct plan plan;
	struct error error;
	bool is_child; /* a process of its own: it ends instead of failing the test */
};

/* Every step of a wave needs the step of the same row in the wave before. */
static inline void fixture_plan(struct fixture *fixture, uint32_t waves, uint32_t width)
{
	struct arena *arena = &fixture->arena;
	uint32_t count = waves * width;
	struct plan *plan = &fixture->plan;

	fixture->pipeline = (struct pipeline){.file = "pipeline.yaml",
		.name = "books",
		.steps = ARENA_ARRAY(arena, struct step, count),
		.step_count = count};
	*plan = (struct plan){.pipeline = &fixture->pipeline, .jobs = 4};
	plan->steps = ARENA_ARRAY(arena, struct plan_step, count);
	plan->edges = ARENA_ARRAY(arena, uint32_t, count);
	plan->waves = ARENA_ARRAY(arena, struct plan_wave, waves);
	plan->groups = ARENA_ARRAY(arena, struct plan_group, waves);
	plan->stages = ARENA_ARRAY(arena, struct plan_stage, waves);
	plan->wave_count = plan->group_count = plan->stage_count = waves;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t wave = i / width;

		fixture->pipeline.steps[i].id = arena_format(arena, "step-%u", i);
		fixture->pipeline.steps[i].name = arena_format(arena, "Step %u", i);
		fixture->pipeline.steps[i].command.script = "make 'it so'";
		fixture->pipeline.steps[i].command.shell = "sh";
		plan->steps[i] = (struct plan_step){.wave = wave,
			.group = wave,
			.stage = wave,
			.estimate_ms = 100 + i,
			.critical = i % width == 0,
			.reason = "new",
			.needs = {plan->edge_count, wave > 0}};
		snprintf(plan->steps[i].fingerprint, 65, "%064u", i);
		if (wave > 0)
			plan->edges[plan->edge_count++] = i - width;
	}
	for (uint32_t i = 0; i < waves; i++) {
		plan->waves[i] = (struct plan_wave){.name = arena_format(arena, "wave %u", i),
			.origin = WAVE_DETECTED,
			.groups = {i, 1},
			.steps = {i * width, width}};
		plan->groups[i] = (struct plan_group){.name = arena_format(arena, "group %u", i),
			.wave = i,
			.steps = {i * width, width}};
		plan->stages[i] = (struct plan_stage){.wave = i, .step = INDEX_NONE};
	}
}

static inline int fixture_setup(void **state)
{
	struct fixture *fixture = heap_allocate(1, sizeof *fixture);
	char folder[] = "/tmp/wavetrain-record-XXXXXX";

	assert_non_null(mkdtemp(folder));
	fixture->folder = arena_copy_text(&fixture->arena, folder);
	fixture->state = path_join(&fixture->arena, folder, ".wavetrain");
	fixture_plan(fixture, 2, 3);
	*state = fixture;
	return 0;
}

static inline int fixture_teardown(void **state)
{
	struct fixture *fixture = *state;

	path_remove(fixture->folder, &fixture->error);
	arena_release(&fixture->arena);
	free(fixture);
	return 0;
}

/* Fails the test with the error's own words. */
static inline void must(const struct fixture *fixture, bool done)
{
	if (!done && fixture->is_child) {
		fprintf(stderr, "%s\n", fixture->error.text);
		_exit(1);
	}
	if (!done)
		fail_msg("%s", fixture->error.text);
}

static inline struct record *open_record(struct fixture *fixture, enum record_access access)
{
	struct record *record = NULL;

	must(fixture, record_open(fixture->state, access, &record, &fixture->error));
	return record;
}

static inline void begin_run(struct fixture *fixture, struct record *record, const char *id)
{
	struct run run;

	run_from_plan(&fixture->plan, id, &fixture->arena, &run);
	run.started_ms = FIXTURE_TIME_MS;
	run.host = "here";
	run.base_commit = "abc";
	run.branch = "main";
	must(fixture, record_begin_run(record, &run, &fixture->error));
}

static inline struct event event_of(enum event_type type, int64_t after_ms)
{
	return (struct event){.type = type,
		.time_ms = FIXTURE_TIME_MS + after_ms,
		.step = INDEX_NONE,
		.wave = INDEX_NONE,
		.group = INDEX_NONE};
}

static inline bool take(struct fixture *fixture, struct record *record, struct event event)
{
	struct event_names names = {.run_id = "run_1"};

	if (event.step != INDEX_NONE && event.step < fixture->pipeline.step_count)
		names.step_id = fixture->pipeline.steps[event.step].id;
	return record_event(record, "run_1", &event, &names, &fixture->error);
}

static inline bool take_plain(
	struct fixture *fixture, struct record *record, enum event_type type, int64_t after_ms)
{
	return take(fixture, record, event_of(type, after_ms));
}

static inline bool take_step(struct fixture *fixture, struct record *record, enum event_type type,
	uint32_t step, int64_t after_ms)
{
	struct event event = event_of(type, after_ms);

	event.step = step;
	event.attempt = 1;
	return take(fixture, record, event);
}

static inline bool take_wave(struct fixture *fixture, struct record *record, enum event_type type,
	uint32_t wave, int64_t after_ms)
{
	struct event event = event_of(type, after_ms);

	event.wave = wave;
	return take(fixture, record, event);
}

static inline void read_run(struct fixture *fixture, struct record *record, struct run *run)
{
	must(fixture, record_read_run(record, "run_1", &fixture->arena, run, &fixture->error));
}

#endif
