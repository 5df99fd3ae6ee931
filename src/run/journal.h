#ifndef WAVETRAIN_RUN_JOURNAL_H
#define WAVETRAIN_RUN_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "model/event.h"
#include "model/services.h"
#include "run/event_loop.h"

/*
 * Events on their way to the record. They become durable before their consequence: whoever acts
 * on an event flushes first. Others are flushed together, at the latest JOURNAL_DELAY_MS after
 * the oldest. Until then they wait in a queue, so that the record's work is done while steps run
 * (journal_pass()) and not between the end of one and the start of the next. A refusal of the
 * record is kept in fault, and nothing is recorded after it.
 */
#define JOURNAL_DELAY_MS 50

/* So many at a time find the record's code and data in the processor's caches. */
#define JOURNAL_BATCH_EVENTS 32

struct journal {
	const struct run_services *services;
	struct event_loop *loop;
	struct arena arena;         /* of events and their texts, until the next flush */
	const struct event **queue; /* in order; what they point at lives until the next flush */
	uint32_t queue_count;
	uint32_t queue_capacity;
	struct timer flush_timer;
	uint32_t flush_count; /* grows with each flush */
	bool has_events;      /* something is not durable */
	bool is_broken;
	struct error fault;
};

void journal_init(
	struct journal *journal, const struct run_services *services, struct event_loop *loop);
void journal_release(struct journal *journal);

/* A new event of now that belongs to no step, wave or group; for journal_record(). */
struct event *journal_event(struct journal *journal, enum event_type type);

/* The event, made by journal_event(), and what it points at stay as they are until a flush. */
void journal_record(struct journal *journal, const struct event *event);

/* Gives the record what is queued; durable it is after a flush only. */
void journal_pass(struct journal *journal);

/* True: everything recorded is durable. */
bool journal_flush(struct journal *journal, bool power_cut);

#endif
