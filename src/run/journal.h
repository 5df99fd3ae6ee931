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
 * the oldest. A refusal of the record is kept in fault, and nothing is recorded after it.
 */
#define JOURNAL_DELAY_MS 50

struct journal {
	const struct run_services *services;
	struct event_loop *loop;
	struct arena arena; /* of events and their texts, until the next flush */
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
void journal_record(struct journal *journal, const struct event *event);

/* True: everything recorded is durable. */
bool journal_flush(struct journal *journal, bool power_cut);

#endif
