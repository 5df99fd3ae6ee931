#ifndef WAVETRAIN_TEST_RUN_FIXTURE_H
#define WAVETRAIN_TEST_RUN_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/file.h"
#include "model/plan.h"
#include "run/runner.h"

/* A small pipeline with its plan, a folder to run it in, and services that write events down. */
struct fixture {
	struct arena arena;
	struct pipeline pipeline;
	struct step steps[32];
	struct plan plan;
	struct run run;
	struct run_services services;
	struct runner_settings settings;
	char *root; /* temporary folder: work/ is where steps run, run/ the run's folder */
	struct buffer events;  /* one line an event: "step_failed b.1 exit=3 permanent: reason" */
	struct buffer flushed; /* the same, those that were flushed */
	struct buffer bodies;  /* of checkpoint requests */
	struct buffer shown;   /* lines of show_output */
	uint32_t flush_count;
	uint32_t power_cut_count;
	const char *commit; /* what prepare_checkpoint makes; NULL: nothing had changed */
	bool refuses_checkpoint;
	uint32_t roll_back_count;
	const char *approver; /* who opens gates; NULL: they stay closed */
	uint32_t ask_count;
	uint32_t expand_step;
	uint32_t record_limit; /* record() fails after so many events; 0: never */
	uint32_t record_count;
	enum run_outcome outcome;
	struct error error;
};

static inline bool fixture_record(void *context, const struct event *event, struct error *error)
{
	struct fixture *fixture = context;
	struct buffer *out = &fixture->events;
	if (fixture->record_limit && ++fixture->record_count > fixture->record_limit)
		return error_set(error, ERROR_DATABASE, "the record is full");
	buffer_printf(out, "%s", event_type_name(event->type));
	if (event->step != INDEX_NONE)
		buffer_printf(out, " %s", fixture->pipeline.steps[event->step].id);
	else if (event->group != INDEX_NONE)
		buffer_printf(out, " %s", fixture->plan.groups[event->group].name);
	else if (event->wave != INDEX_NONE)
		buffer_printf(out, " %u", event->wave);
	if (event->attempt)
		buffer_printf(out, ".%u", event->attempt);
	if (event->type >= EVENT_STEP_COMPLETED && event->type <= EVENT_STEP_RETRIED)
		buffer_printf(out, " exit=%d", event->exit_status);
	if (event->failure)
		buffer_printf(out, " %s", failure_class_name(event->failure));
	if (event->type == EVENT_STEP_RETRIED)
		buffer_printf(out, " in %dms", (int)event->delay_ms);
	if (event->subject)
		buffer_printf(out, " <%s>", event->subject);
	if (event->tree)
		buffer_printf(out, " tree=%s", event->tree);
	if (event->key)
		buffer_append_text(out, " key");
	if (event->error_count)
		buffer_printf(out, " %u of %u errors, %s %s", event->error_count, event->count,
			event->errors[0].pointer, event->errors[0].keyword);
	if (event->artifact)
		buffer_printf(out, " {%s}", event->artifact->path);
	if (event->checkpoint)
		buffer_printf(out, " #%u %s%s [%s] '%s'", event->checkpoint->number,
			checkpoint_trigger_name(event->checkpoint->trigger),
			event->checkpoint->partial ? " partial" : "",
			event->checkpoint->commit ? event->checkpoint->commit : "-",
			event->checkpoint->subject);
	if (event->reason)
		buffer_printf(out, ": %s", event->reason);
	buffer_append_byte(out, '\n');
	return true;
}

static inline bool fixture_flush(void *context, bool power_cut, struct error *error)
{
	struct fixture *fixture = context;
	(void)error;
	buffer_clear(&fixture->flushed);
	buffer_append(&fixture->flushed, fixture->events.bytes, fixture->events.size);
	fixture->flush_count++;
	fixture->power_cut_count += power_cut;
	return true;
}

static inline bool fixture_prepare(void *context, const struct checkpoint_request *request,
	struct checkpoint *checkpoint, struct error *error)
{
	struct fixture *fixture = context;
	if (fixture->refuses_checkpoint)
		return error_set(error, ERROR_GIT, "no commit today");
	assert_int_equal(fixture->flushed.size, fixture->events.size);
	buffer_printf(&fixture->bodies, "%s", request->body);
	*checkpoint = (struct checkpoint){.commit = fixture->commit};
	return true;
}

static inline bool fixture_publish(
	void *context, struct checkpoint *checkpoint, struct error *error)
{
	struct fixture *fixture = context;
	(void)error;
	assert_int_equal(fixture->flushed.size, fixture->events.size);
	checkpoint->reference = "refs/heads/main";
	return true;
}

/* What had been written into the work folder is gone. */
static inline bool fixture_roll_back(void *context, struct error *error)
{
	struct fixture *fixture = context;
	assert_int_equal(fixture->flushed.size, fixture->events.size);
	fixture->roll_back_count++;
	return path_remove(fixture->pipeline.folder, error) &&
	       folder_make(fixture->pipeline.folder, error);
}

static inline bool fixture_ask_gate(void *context, uint32_t step, const char **approved_by)
{
	struct fixture *fixture = context;
	(void)step;
	assert_int_equal(fixture->flushed.size, fixture->events.size);
	fixture->ask_count++;
	*approved_by = fixture->approver;
	return fixture->approver != NULL;
}

static inline void fixture_show(void *context, uint32_t step, const char *line, size_t size)
{
	struct fixture *fixture = context;
	buffer_printf(&fixture->shown, "%u:%.*s\n", step, (int)size, line);
}

static inline void fixture_check(void *context, const struct contract_subject *subject,
	const struct contract *contract, struct arena *arena, struct contract_result *result)
{
	static struct contract_error missing = {
		.pointer = "made", .keyword = "exists", .expected = "a file", .actual = "none"};
	struct fixture *fixture = context;
	assert_string_equal(subject->pipeline_folder, fixture->pipeline.folder);
	const char *path = path_join(arena, subject->work_folder, contract->files[0].path);
	result->is_kept = path_exists(path);
	if (result->is_kept)
		return;
	result->errors = &missing;
	result->error_count = 1;
	result->error_total = 3;
	result->reason = arena_format(arena, "'%s' is not there", contract->files[0].path);
}

static inline char *fixture_path(struct fixture *fixture, const char *path)
{
	return path_join(&fixture->arena, fixture->root, path);
}

/* An empty pipeline with two jobs in a new folder. */
static inline void fixture_open(struct fixture *fixture)
{
	extern char **environ;
	char root[] = "/tmp/wavetrain-run-XXXXXX";
	struct error error;
	*fixture = (struct fixture){0};
	assert_non_null(mkdtemp(root));
	fixture->root = arena_copy_text(&fixture->arena, root);
	assert_true(folder_make(fixture_path(fixture, "work"), &error));
	fixture->pipeline = (struct pipeline){.file = "test.yml",
		.folder = fixture_path(fixture, "work"),
		.name = "test",
		.steps = fixture->steps,
		.checkpoint = {.message = CHECKPOINT_DEFAULT_MESSAGE}};
	fixture->plan = (struct plan){.pipeline = &fixture->pipeline, .jobs = 2};
	fixture->commit = "c0ffee";
	fixture->services = (struct run_services){.context = fixture,
		.record = fixture_record,
		.flush = fixture_flush,
		.prepare_checkpoint = fixture_prepare,
		.publish_checkpoint = fixture_publish,
		.check_contract = fixture_check,
		.roll_back = fixture_roll_back,
		.ask_gate = fixture_ask_gate,
		.show_output = fixture_show,
		.background_descriptor = -1};
	/* Its own in each process: a run ends what a dead one of its id has left anywhere. */
	fixture->run.id = arena_format(&fixture->arena, "run_20260101_000000_%d", (int)getpid());
	fixture->settings = (struct runner_settings){.plan = &fixture->plan,
		.run = &fixture->run,
		.run_folder = fixture_path(fixture, "run"),
		.environment = (const char *const *)(const void *)environ,
		.services = &fixture->services,
		.expand_step = &fixture->expand_step};
}

static inline void fixture_close(struct fixture *fixture)
{
	struct error error;
	assert_true(path_remove(fixture->root, &error));
	buffer_release(&fixture->events);
	buffer_release(&fixture->flushed);
	buffer_release(&fixture->shown);
	buffer_release(&fixture->bodies);
	arena_release(&fixture->arena);
}

static inline struct step *fixture_step(struct fixture *fixture, const char *id, const char *script)
{
	assert_true(fixture->pipeline.step_count < ARRAY_LENGTH(fixture->steps));
	struct step *step = &fixture->steps[fixture->pipeline.step_count++];
	*step = (struct step){.id = id,
		.name = id,
		.command = {.script = script, .shell = "sh"},
		.grace_ms = STEP_DEFAULT_GRACE_MS,
		.retry = {.factor = 2, .max_delay_ms = 1000, .backoff_ms = 1}};
	return step;
}

static inline void fixture_need(struct fixture *fixture, const char *id, const char *need)
{
	uint32_t place = pipeline_find_step(&fixture->pipeline, id);
	struct step *step = &fixture->steps[place];
	struct need *needs = ARENA_ARRAY(&fixture->arena, struct need, step->need_count + 1);
	if (step->need_count)
		memcpy(needs, step->needs, step->need_count * sizeof *needs);
	needs[step->need_count++] =
		(struct need){.id = need, .step = pipeline_find_step(&fixture->pipeline, need)};
	step->needs = needs;
}

static inline void fixture_link_steps(struct fixture *fixture)
{
	struct plan *plan = &fixture->plan;
	uint32_t count = fixture->pipeline.step_count;
	plan->edges = ARENA_ARRAY(&fixture->arena, uint32_t, 2 * 32 * 32);
	plan->edge_count = 0;
	for (uint32_t i = 0; i < count; i++) {
		plan->steps[i].needs.first = plan->edge_count;
		for (uint32_t j = 0; j < fixture->steps[i].need_count; j++)
			plan->edges[plan->edge_count++] = fixture->steps[i].needs[j].step;
		plan->steps[i].needs.count = fixture->steps[i].need_count;
	}
	for (uint32_t i = 0; i < count; i++) {
		plan->steps[i].dependents.first = plan->edge_count;
		for (uint32_t j = 0; j < count; j++) {
			for (uint32_t k = 0; k < fixture->steps[j].need_count; k++) {
				if (fixture->steps[j].needs[k].step == i)
					plan->edges[plan->edge_count++] = j;
			}
		}
		plan->steps[i].dependents.count =
			plan->edge_count - plan->steps[i].dependents.first;
	}
}

/*
 * Derived waves; needs point backwards in the file. What is to be different is changed afterwards.
 */
static inline void fixture_plan(struct fixture *fixture)
{
	struct plan *plan = &fixture->plan;
	uint32_t count = fixture->pipeline.step_count;
	plan->steps = ARENA_ARRAY(&fixture->arena, struct plan_step, count);
	plan->waves = ARENA_ARRAY(&fixture->arena, struct plan_wave, count);
	plan->stages = ARENA_ARRAY(&fixture->arena, struct plan_stage, count);
	plan->wave_steps = ARENA_ARRAY(&fixture->arena, uint32_t, count);
	plan->order = ARENA_ARRAY(&fixture->arena, uint32_t, count);
	plan->wave_count = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t wave = 0;
		for (uint32_t j = 0; j < fixture->steps[i].need_count; j++) {
			uint32_t before = plan->steps[fixture->steps[i].needs[j].step].wave;
			wave = before + 1 > wave ? before + 1 : wave;
		}
		plan->order[i] = i;
		plan->steps[i] = (struct plan_step){.wave = wave,
			.stage = wave,
			.group = INDEX_NONE,
			.tail_ms = 1000,
			.run_if = RUN_IF_SUCCESS};
		plan->wave_count = wave + 1 > plan->wave_count ? wave + 1 : plan->wave_count;
	}
	plan->stage_count = plan->wave_count;
	uint32_t place = 0;
	for (uint32_t wave = 0; wave < plan->wave_count; wave++) {
		plan->stages[wave] = (struct plan_stage){.wave = wave, .step = INDEX_NONE};
		plan->waves[wave].steps.first = place;
		for (uint32_t i = 0; i < count; i++) {
			if (plan->steps[i].wave == wave)
				plan->wave_steps[place++] = i;
		}
		plan->waves[wave].steps.count = place - plan->waves[wave].steps.first;
	}
	fixture_link_steps(fixture);
}

/* What runner_run() says. */
static inline bool fixture_run(struct fixture *fixture)
{
	buffer_clear(&fixture->events);
	return runner_run(&fixture->settings, &fixture->outcome, &fixture->error);
}

static inline uint32_t fixture_count(const struct fixture *fixture, const char *text)
{
	uint32_t count = 0;
	const char *rest = buffer_text(&fixture->events);
	for (rest = strstr(rest, text); rest; rest = strstr(rest + 1, text))
		count++;
	return count;
}

#define assert_event(fixture, text)                                                                \
	do {                                                                                       \
		if (!fixture_count(fixture, text))                                                 \
			fail_msg("no '%s' in:\n%s", text, buffer_text(&(fixture)->events));        \
	} while (0)
#define assert_no_event(fixture, text)                                                             \
	do {                                                                                       \
		if (fixture_count(fixture, text))                                                  \
			fail_msg("'%s' in:\n%s", text, buffer_text(&(fixture)->events));           \
	} while (0)

static inline const char *fixture_read(struct fixture *fixture, const char *path)
{
	struct buffer text = BUFFER_INIT;
	struct error error;
	if (!file_read(fixture_path(fixture, path), 1 << 20, &text, &error))
		fail_msg("%s", error.text);
	const char *copy = arena_copy_text(&fixture->arena, buffer_text(&text));
	buffer_release(&text);
	return copy;
}

static inline bool fixture_exists(struct fixture *fixture, const char *path)
{
	return path_exists(fixture_path(fixture, path));
}

static inline int fixture_set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	fixture_open(fixture);
	*state = fixture;
	return 0;
}

static inline int fixture_tear_down(void **state)
{
	fixture_close(*state);
	free(*state);
	return 0;
}

#define FIXTURE_TEST(function)                                                                     \
	cmocka_unit_test_setup_teardown(function, fixture_set_up, fixture_tear_down)

#endif
