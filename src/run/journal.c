#include "run/journal.h"

#include <stdlib.h>

#include "base/clock.h"

#define NS_PER_MS 1000000

static void flush_is_due(void *owner)
{
	journal_flush(owner, false);
}

void journal_init(
	struct journal *journal, const struct run_services *services, struct event_loop *loop)
{
	*journal = (struct journal){.services = services, .loop = loop};
	journal->flush_timer = (struct timer){.due = flush_is_due, .owner = journal};
}

void journal_release(struct journal *journal)
{
	event_loop_cancel_timer(journal->loop, &journal->flush_timer);
	arena_release(&journal->arena);
	free(journal->queue);
}

struct event *journal_event(struct journal *journal, enum event_type type)
{
	struct event *event = ARENA_NEW(&journal->arena, struct event);
	event->type = type;
	event->time_ms = clock_realtime_ms();
	event->step = event->wave = event->group = INDEX_NONE;
	return event;
}

void journal_record(struct journal *journal, const struct event *event)
{
	if (journal->is_broken)
		return;
	GROW(journal->queue, journal->queue_count, journal->queue_capacity);
	journal->queue[journal->queue_count++] = event;
	if (!journal->has_events)
		event_loop_set_timer(journal->loop, &journal->flush_timer,
			journal->loop->now_ns + (int64_t)JOURNAL_DELAY_MS * NS_PER_MS);
	journal->has_events = true;
}

void journal_pass(struct journal *journal)
{
	const struct run_services *services = journal->services;
	for (uint32_t i = 0; !journal->is_broken && i < journal->queue_count; i++) {
		if (!services->record(services->context, journal->queue[i], &journal->fault))
			journal->is_broken = true;
	}
	journal->queue_count = 0;
}

bool journal_flush(struct journal *journal, bool power_cut)
{
	const struct run_services *services = journal->services;
	journal_pass(journal);
	if (journal->is_broken)
		return false;
	if (!journal->has_events && !power_cut)
		return true;
	event_loop_cancel_timer(journal->loop, &journal->flush_timer);
	journal->has_events = false;
	journal->flush_count++;
	if (!services->flush(services->context, power_cut, &journal->fault)) {
		journal->is_broken = true;
		return false;
	}
	arena_reset(&journal->arena);
	return true;
}
