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

struct stage_count wave_events_count(const struct wave_events *events, uint32_t stage)
{
	struct stage_count count = {0};
	const uint32_t *steps = plan_stage_steps(events->plan, stage, &count.total);
	for (uint32_t i = 0; i < count.total; i++) {
		switch ((enum step_progress)events->scheduler->progress[steps[i]]) {
		case PROGRESS_DONE:
			count.done++;
			break;
		case PROGRESS_FAILED:
			count.failed++;
			break;
		case PROGRESS_SKIPPED:
			break;
		case PROGRESS_PENDING:
		case PROGRESS_READY:
		case PROGRESS_RUNNING:
			count.to_run++;
			break;
		}
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

void wave_events_step_ended(struct wave_events *events, uint32_t step, bool is_done)
{
	uint32_t group = events->plan->steps[step].group;
	if (group == INDEX_NONE || !events->groups[group].is_started)
		return;
	struct group_tally *tally = &events->groups[group];
	tally->broken += !is_done;
	if (--tally->open == 0 && !(events->is_interrupted && tally->broken))
		end_group(events, group);
}

static void start_group(struct wave_events *events, uint32_t group)
{
	const struct index_range *steps = &events->plan->groups[group].steps;
	struct group_tally *tally = &events->groups[group];
	*tally = (struct group_tally){.started_ns = events->stage_started_ns};
	for (uint32_t i = 0; i < steps->count; i++) {
		uint8_t progress = events->scheduler->progress[steps->first + i];
		tally->open += progress == PROGRESS_PENDING || progress == PROGRESS_READY;
		tally->broken += progress == PROGRESS_SKIPPED;
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
void wave_events_end(struct wave_events *events, uint32_t wave, const struct stage_count *count)
{
	const struct index_range *groups = &events->plan->waves[wave].groups;
	bool is_done = count->done == count->total;
	if (!is_done && events->is_interrupted)
		return;
	for (uint32_t i = 0; i < groups->count; i++) {
		struct group_tally *tally = &events->groups[groups->first + i];
		tally->broken += tally->open;
		if (tally->is_started)
			end_group(events, groups->first + i);
	}
	struct event *event =
		journal_event(events->journal, is_done ? EVENT_WAVE_COMPLETED : EVENT_WAVE_FAILED);
	event->wave = wave;
	event->duration_ms = (clock_monotonic_ns() - events->stage_started_ns) / NS_PER_MS;
	if (!is_done)
		event->reason = arena_format(&events->journal->arena,
			"%u of %u steps failed, %u not run", count->failed, count->total,
			count->total - count->failed - count->done);
	journal_record(events->journal, event);
}
