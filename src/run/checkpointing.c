#include "run/checkpointing.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/mask.h"
#include "base/text.h"
#include "run/checkpoint_message.h"

#define BODY_LINE_LIMIT 200

/* Steps of an earlier start are found by their id: the pipeline may have changed since. */
static void look_back(struct checkpointing *checkpointing)
{
	const struct run *run = checkpointing->settings->run;
	const struct pipeline *pipeline = checkpointing->settings->plan->pipeline;
	struct map places = {0};
	for (uint32_t i = 0; i < run->checkpoint_count; i++) {
		if (run->checkpoints[i].number > checkpointing->number)
			checkpointing->number = run->checkpoints[i].number;
	}
	map_reserve(&places, run->step_count);
	for (uint32_t i = 0; i < run->step_count; i++)
		map_add(&places, run->steps[i].id, i);
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		uint32_t place = map_find(&places, pipeline->steps[i].id);
		const struct run_step *step = place == INDEX_NONE ? NULL : &run->steps[place];
		checkpointing->is_left[i] = step && step->state == STATE_DONE && !step->is_kept;
		if (checkpointing->is_left[i])
			checkpointing->durations_ms[i] =
				run_step_duration_ms(run, place, step->ended_ms);
	}
	map_release(&places);
}

void checkpointing_init(struct checkpointing *checkpointing, const struct runner_settings *settings,
	struct journal *journal)
{
	size_t count = settings->plan->pipeline->step_count;
	*checkpointing = (struct checkpointing){
		.settings = settings,
		.journal = journal,
		.is_new = heap_allocate(count, sizeof *checkpointing->is_new),
		.durations_ms = heap_allocate(count, sizeof *checkpointing->durations_ms),
		.is_left = heap_allocate(count, sizeof *checkpointing->is_left),
	};
	if (settings->resumed || settings->expanded)
		look_back(checkpointing);
}

void checkpointing_release(struct checkpointing *checkpointing)
{
	free(checkpointing->is_new);
	free(checkpointing->durations_ms);
	free(checkpointing->is_left);
	*checkpointing = (struct checkpointing){0};
}

void checkpointing_step_done(
	struct checkpointing *checkpointing, uint32_t step, int64_t duration_ms)
{
	checkpointing->new_count += !checkpointing->is_new[step];
	checkpointing->is_new[step] = 1;
	checkpointing->durations_ms[step] = duration_ms;
}

void checkpointing_step_undone(struct checkpointing *checkpointing, uint32_t step)
{
	checkpointing->new_count -= checkpointing->is_new[step];
	checkpointing->is_new[step] = 0;
	checkpointing->is_left[step] = 0;
}

bool checkpointing_holds(const struct checkpointing *checkpointing, uint32_t step)
{
	if (checkpointing->is_new[step])
		return false;
	return checkpointing->settings->plan->steps[step].action != ACTION_SKIP ||
	       !checkpointing->is_left[step];
}

bool checkpointing_is_due(const struct checkpointing *checkpointing, uint32_t stage)
{
	const struct plan *plan = checkpointing->settings->plan;
	uint32_t count;
	const uint32_t *steps = plan_stage_steps(plan, stage, &count);
	if (!checkpointing->settings->services->prepare_checkpoint)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		if (!checkpointing_holds(checkpointing, steps[i]))
			return true;
	}
	return checkpointing->new_count > 0;
}

/* What an earlier start left of the stage belongs to it as well. */
static void adopt_left(struct checkpointing *checkpointing, uint32_t stage)
{
	uint32_t count;
	const uint32_t *steps = plan_stage_steps(checkpointing->settings->plan, stage, &count);
	for (uint32_t i = 0; i < count; i++) {
		if (!checkpointing_holds(checkpointing, steps[i]) &&
			!checkpointing->is_new[steps[i]])
			checkpointing_step_done(
				checkpointing, steps[i], checkpointing->durations_ms[steps[i]]);
	}
}

static void append_running(const struct checkpointing *checkpointing,
	const struct checkpoint_occasion *occasion, struct buffer *body)
{
	const struct step *steps = checkpointing->settings->plan->pipeline->steps;
	if (occasion->running_count)
		buffer_append_text(body, "\nStill running, and not done:\n");
	for (uint32_t i = 0; i < occasion->running_count && i < BODY_LINE_LIMIT; i++)
		buffer_printf(body, "- %s\n", steps[occasion->running[i]].id);
	if (occasion->running_count > BODY_LINE_LIMIT)
		buffer_printf(body, "- and %u more\n", occasion->running_count - BODY_LINE_LIMIT);
}

static void append_body(const struct checkpointing *checkpointing,
	const struct checkpoint_occasion *occasion, struct buffer *body)
{
	const struct plan *plan = checkpointing->settings->plan;
	uint32_t count;
	uint32_t line_count = 0;
	const uint32_t *steps = plan_stage_steps(plan, occasion->stage, &count);
	for (uint32_t i = 0; i < count; i++) {
		bool is_new = checkpointing->is_new[steps[i]];
		if (!is_new && (occasion->partial || plan->steps[steps[i]].action != ACTION_SKIP))
			continue;
		if (++line_count > BODY_LINE_LIMIT)
			continue;
		buffer_printf(body, "- %s", plan->pipeline->steps[steps[i]].id);
		if (is_new) {
			buffer_append_text(body, ": ");
			duration_append(body, checkpointing->durations_ms[steps[i]]);
		}
		buffer_append_byte(body, '\n');
	}
	if (line_count > BODY_LINE_LIMIT)
		buffer_printf(body, "- and %u more\n", line_count - BODY_LINE_LIMIT);
	append_running(checkpointing, occasion, body);
}

static void keep_text(const char **text, struct arena *arena)
{
	if (*text)
		*text = arena_copy_text(arena, *text);
}

static void record_checkpoint(struct checkpointing *checkpointing, enum event_type type,
	const struct checkpoint *checkpoint, const char *reason)
{
	struct journal *journal = checkpointing->journal;
	struct event *event = journal_event(journal, type);
	struct checkpoint *copy = ARENA_NEW(&journal->arena, struct checkpoint);
	*copy = *checkpoint;
	keep_text(&copy->commit, &journal->arena);
	keep_text(&copy->parent, &journal->arena);
	keep_text(&copy->reference, &journal->arena);
	keep_text(&copy->subject, &journal->arena);
	event->wave = checkpoint->wave;
	event->duration_ms = checkpoint->duration_ms;
	event->checkpoint = copy;
	event->reason = reason ? arena_copy_text(&journal->arena, reason) : NULL;
	journal_record(journal, event);
}

static bool journal_fault(const struct journal *journal, struct error *error)
{
	*error = journal->fault;
	return false;
}

/* What the services filled in, and what only we know. */
static void complete(
	struct checkpoint *checkpoint, const struct checkpoint_request *request, int64_t started_ns)
{
	checkpoint->number = request->number;
	checkpoint->trigger = request->trigger;
	checkpoint->wave = request->wave;
	checkpoint->partial = request->partial;
	checkpoint->subject = request->subject;
	checkpoint->time_ms = clock_realtime_ms();
	checkpoint->duration_ms = (clock_monotonic_ns() - started_ns) / 1000000;
}

static bool commit(struct checkpointing *checkpointing, const struct checkpoint_request *request,
	struct checkpoint *checkpoint, struct error *error)
{
	const struct run_services *services = checkpointing->settings->services;
	struct journal *journal = checkpointing->journal;
	int64_t started_ns = clock_monotonic_ns();
	bool is_made = services->prepare_checkpoint(services->context, request, checkpoint, error);
	complete(checkpoint, request, started_ns);
	if (!is_made)
		return false;
	if (checkpoint->commit) {
		record_checkpoint(checkpointing, EVENT_CHECKPOINT_PREPARED, checkpoint, NULL);
		if (!journal_flush(journal, true))
			return journal_fault(journal, error);
		if (!services->publish_checkpoint(services->context, checkpoint, error))
			return false;
		complete(checkpoint, request, started_ns);
	}
	record_checkpoint(checkpointing, EVENT_CHECKPOINT_CREATED, checkpoint, NULL);
	/* Where nothing was committed nothing follows from it: it goes with the next flush. */
	return !checkpoint->commit || journal_flush(journal, false) ||
	       journal_fault(journal, error);
}

bool checkpointing_make(struct checkpointing *checkpointing,
	const struct checkpoint_occasion *occasion, struct error *error)
{
	const struct runner_settings *settings = checkpointing->settings;
	struct checkpoint checkpoint = {0};
	struct arena arena CLEANUP(arena_release) = {0};
	struct buffer subject CLEANUP(buffer_release) = BUFFER_INIT;
	struct buffer body CLEANUP(buffer_release) = BUFFER_INIT;
	if (!journal_flush(checkpointing->journal, false))
		return journal_fault(checkpointing->journal, error);
	adopt_left(checkpointing, occasion->stage);
	checkpoint_subject_append(
		&(struct checkpoint_words){
			.plan = settings->plan,
			.stage = occasion->stage,
			.partial = occasion->partial,
			.run_id = settings->run->id,
			.included = checkpointing->is_new,
		},
		&subject);
	append_body(checkpointing, occasion, &body);
	struct checkpoint_request request = {
		.trigger = occasion->trigger,
		.number = ++checkpointing->number,
		.wave = settings->plan->stages[occasion->stage].wave,
		.partial = occasion->partial,
		.steps_run = occasion->running_count > 0,
		.run_id = settings->run->id,
		.subject = mask_text(settings->plan->pipeline->mask, buffer_text(&subject), &arena),
		.body = buffer_text(&body),
	};
	if (!commit(checkpointing, &request, &checkpoint, error)) {
		record_checkpoint(checkpointing, EVENT_CHECKPOINT_FAILED, &checkpoint, error->text);
		journal_flush(checkpointing->journal, false);
		return false;
	}
	memset(checkpointing->is_new, 0, settings->plan->pipeline->step_count);
	memset(checkpointing->is_left, 0, settings->plan->pipeline->step_count);
	checkpointing->new_count = 0;
	return true;
}
