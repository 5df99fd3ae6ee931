#include "run/wave_events.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"

#define NS_PER_MS 1000000

void wave_events_init(
	struct wave_events *events, const struct scheduler *scheduler, struct journal *journal)
{
	*events = (struct wave_events){
		.plan = scheduler->plan,
		.journal = journal,
		.scheduler = scheduler,
		.groups = heap_allocate(scheduler->plan->group_count, sizeof *events->groups),
	};
}

void wave_events_release(struct wave_events *events)
{
	free(events->groups);
	*events = (struct wave_events){0};
}

/* Failed, or skipped for such a failure, where the pipeline says that it does not matter. */
static bool is_harmless(const struct wave_events *events, uint32_t step)
{
	const struct scheduler *scheduler = events->scheduler;
	uint32_t cause = step;
	if (scheduler->progress[step] == PROGRESS_SKIPPED)
		cause = scheduler->cause[step];
	return scheduler->progress[cause] == PROGRESS_FAILED &&
	       events->plan->pipeline->steps[cause].is_optional;
}

static bool is_fine(const struct wave_events *events, uint32_t step)
{
	switch ((enum step_progress)events->scheduler->progress[step]) {
	case PROGRESS_DONE:
	case PROGRESS_OMITTED:
		return true;
	case PROGRESS_FAILED:
	case PROGRESS_SKIPPED:
		return is_harmless(events, step);
	case PROGRESS_PENDING:
	case PROGRESS_READY:
	case PROGRESS_RUNNING:
	case PROGRESS_BARRED:
		break;
	}
	return false;
}

struct stage_count wave_events_count(const struct wave_events *events, uint32_t stage)
{
	struct stage_count count = {0};
	const uint32_t *steps = plan_stage_steps(events->plan, stage, &count.total);
	for (uint32_t i = 0; i < count.total; i++) {
		uint8_t progress = events->scheduler->progress[steps[i]];
		bool is_good = is_fine(events, steps[i]);
		count.fine += is_good;
		count.failed += progress == PROGRESS_FAILED && !is_good;
		count.to_run += progress == PROGRESS_PENDING || progress == PROGRESS_READY ||
				progress == PROGRESS_RUNNING;
	}
	return count;
}

static struct event *group_event(struct wave_events *events, enum event_type type, uint32_t group)
{
	struct event *event = journal_event(events->journal, type);
	event->group = group;
	event->wave = events->plan->groups[group].wave;
	return event;
}

static void end_group(struct wave_events *events, uint32_t group)
{
	struct group_tally *tally = &events->groups[group];
	struct event *event = group_event(
		events, tally->broken ? EVENT_GROUP_FAILED : EVENT_GROUP_COMPLETED, group);
	event->duration_ms = (clock_monotonic_ns() - tally->started_ns) / NS_PER_MS;
	if (tally->broken)
		event->reason = arena_format(&events->journal->arena, "%u of %u steps not done",
			tally->broken, events->plan->groups[group].steps.count);
	journal_record(events->journal, event);
	tally->is_started = false;
}

void wave_events_step_ended(struct wave_events *events, uint32_t step)
{
	uint32_t group = events->plan->steps[step].group;
	if (group == INDEX_NONE || !events->groups[group].is_started)
		return;
	struct group_tally *tally = &events->groups[group];
	tally->broken += !is_fine(events, step);
	if (--tally->open == 0 && !(events->is_interrupted && tally->broken))
		end_group(events, group);
}

static void start_group(struct wave_events *events, uint32_t group)
{
	const struct index_range *steps = &events->plan->groups[group].steps;
	struct group_tally *tally = &events->groups[group];
	*tally = (struct group_tally){.started_ns = events->stage_started_ns};
	for (uint32_t i = 0; i < steps->count; i++) {
		uint32_t step = steps->first + i;
		uint8_t progress = events->scheduler->progress[step];
		bool is_open = progress == PROGRESS_PENDING || progress == PROGRESS_READY;
		tally->open += is_open;
		tally->broken += !is_open && !is_fine(events, step);
	}
	tally->is_started = tally->open > 0;
	if (tally->is_started)
		journal_record(events->journal, group_event(events, EVENT_GROUP_STARTED, group));
}

void wave_events_start(struct wave_events *events, uint32_t wave)
{
	const struct index_range *groups = &events->plan->waves[wave].groups;
	struct event *event = journal_event(events->journal, EVENT_WAVE_STARTED);
	event->wave = wave;
	journal_record(events->journal, event);
	for (uint32_t i = 0; i < groups->count; i++)
		start_group(events, groups->first + i);
}

/* An interrupted wave neither completes nor fails: it goes on when the run is continued. */
void wave_events_end(struct wave_events *events, const struct wave_end *end)
{
	const struct stage_count *count = &end->count;
	const struct index_range *groups = &events->plan->waves[end->wave].groups;
	bool is_done = count->fine == count->total && !end->flaw;
	bool waits = events->has_undecided && !count->failed && !end->flaw;
	if (!is_done && (events->is_interrupted || waits))
		return;
	for (uint32_t i = 0; i < groups->count; i++) {
		struct group_tally *tally = &events->groups[groups->first + i];
		tally->broken += tally->open;
		if (tally->is_started)
			end_group(events, groups->first + i);
	}
	struct event *event =
		journal_event(events->journal, is_done ? EVENT_WAVE_COMPLETED : EVENT_WAVE_FAILED);
	event->wave = end->wave;
	event->duration_ms = (clock_monotonic_ns() - events->stage_started_ns) / NS_PER_MS;
	if (end->flaw)
		event->reason = arena_copy_text(&events->journal->arena, end->flaw);
	else if (!is_done)
		event->reason = arena_format(&events->journal->arena,
			"%u of %u steps failed, %u not run", count->failed, count->total,
			count->total - count->failed - count->fine);
	journal_record(events->journal, event);
}
