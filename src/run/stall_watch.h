#ifndef WAVETRAIN_RUN_STALL_WATCH_H
#define WAVETRAIN_RUN_STALL_WATCH_H

#include <stdint.h>
#include <sys/types.h>

#include "run/event_loop.h"
#include "run/step_log.h"

/*
 * Tells when a process neither prints nor uses processor time, nor does anything in its session or
 * below it.
 * It looks STALL_LOOKS times in the limit; after so many looks in a row without a change it is
 * stalled. So it is told between 1 and 1 + 1/STALL_LOOKS times the limit, and a runner that was
 * stopped for a while itself takes nobody for stalled.
 */
#define STALL_LOOKS 4u

struct stall_watch {
	struct event_loop *loop;
	const struct step_log *log;
	pid_t session;
	int64_t limit_ms;
	void (*stalled)(void *owner); /* called once */
	void *owner;

	struct timer look;
	uint64_t output_bytes; /* at the last look */
	uint64_t ticks;
	uint32_t quiet_looks;
};

/* The upper fields are set. Must stay in place until stall_watch_end(). */
void stall_watch_begin(struct stall_watch *watch);

/* Zeroed or ended: nothing happens. */
void stall_watch_end(struct stall_watch *watch);

#endif
