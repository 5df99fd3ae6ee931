/* Pipelines for the planner's tests, written as a few words a step. */
#ifndef TESTS_PIPELINE_FIXTURE_H
#define TESTS_PIPELINE_FIXTURE_H

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cmocka_all.h"
#include "plan/plan_build.h"

struct fixture {
	struct arena arena;
	struct pipeline pipeline;
	struct diagnostics diagnostics;
	struct history history;
	struct plan plan;
};

static inline int fixture_set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	diagnostics_init(&fixture->diagnostics, &fixture->arena, "test.yml");
	fixture->pipeline = (struct pipeline){.file = "test.yml", .name = "test"};
	*state = fixture;
	return 0;
}

static inline int fixture_tear_down(void **state)
{
	struct fixture *fixture = *state;
	diagnostics_release(&fixture->diagnostics);
	map_release(&fixture->history.by_id);
	arena_release(&fixture->arena);
	free(fixture);
	return 0;
}

/* Room for count steps; what was there before is forgotten. */
static inline void fixture_reserve(struct fixture *fixture, uint32_t count)
{
	fixture->pipeline.steps = ARENA_ARRAY(&fixture->arena, struct step, count);
	fixture->pipeline.step_count = 0;
}

/* The step's line in the file is its place, counted from 1. needs: ids with blanks between. */
static inline struct step *fixture_add(
	struct fixture *fixture, const char *id, const char *needs, const char *group)
{
	struct pipeline *pipeline = &fixture->pipeline;
	struct step *step = &pipeline->steps[pipeline->step_count++];
	uint32_t line = pipeline->step_count;
	*step = (struct step){.id = id, .name = id, .group = group, .where = {line, 5}};
	step->command = (struct command){.script = "true", .shell = "sh"};
	step->needs = ARENA_ARRAY(&fixture->arena, struct need, strlen(needs) / 2 + 1);
	char *words = arena_copy_text(&fixture->arena, needs);
	char *rest = NULL;
	for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		step->needs[step->need_count++] =
			(struct need){.id = word, .step = INDEX_NONE, .where = {line, 20}};
	return step;
}

/* An edge by index, for steps whose need_count says how much room there is. */
static inline void fixture_need(struct fixture *fixture, uint32_t step, uint32_t need)
{
	struct step *found = &fixture->pipeline.steps[step];
	found->needs[found->need_count++] = (struct need){.step = need, .where = {step + 1, 20}};
}

static inline void fixture_resolve(struct fixture *fixture)
{
	struct pipeline *pipeline = &fixture->pipeline;
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		struct step *step = &pipeline->steps[i];
		for (uint32_t k = 0; k < step->need_count; k++) {
			if (step->needs[k].id)
				step->needs[k].step =
					pipeline_find_step(pipeline, step->needs[k].id);
		}
	}
}

static inline bool fixture_build(struct fixture *fixture, uint32_t jobs)
{
	struct plan_request request = {.pipeline = &fixture->pipeline,
		.history = fixture->history.count > 0 ? &fixture->history : NULL,
		.jobs = jobs,
		.processors = 2};
	fixture_resolve(fixture);
	return plan_build(&request, &fixture->arena, &fixture->diagnostics, &fixture->plan);
}

/* A small generator of its own, so that every machine tests the same graphs (xorshift64*). */
static inline uint32_t fixture_random(uint64_t *seed, uint32_t below)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return (uint32_t)((*seed * 0x2545f4914f6cdd1du) >> 33) % below;
}

/* At most most steps of 1 to 100 ms; each needs up to need_count earlier ones. */
static inline void fixture_add_random(
	struct fixture *fixture, uint64_t *seed, uint32_t most, uint32_t need_count)
{
	uint32_t count = 1 + fixture_random(seed, most);
	fixture_reserve(fixture, count);
	for (uint32_t i = 0; i < count; i++) {
		struct step *step =
			fixture_add(fixture, arena_format(&fixture->arena, "s%u", i), "", NULL);
		step->timeout_ms = 1 + fixture_random(seed, 100);
		step->needs = ARENA_ARRAY(&fixture->arena, struct need, need_count);
		for (uint32_t k = i > 0 ? fixture_random(seed, need_count + 1) : 0; k > 0; k--)
			fixture_need(fixture, i, fixture_random(seed, i));
	}
}

#define FIXTURE_TEST(function)                                                                     \
	cmocka_unit_test_setup_teardown(function, fixture_set_up, fixture_tear_down)

#endif
