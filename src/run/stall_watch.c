#include "run/stall_watch.h"

#include "base/clock.h"
#include "run/session_time.h"

#define NS_PER_MS 1000000

static void arm(struct stall_watch *watch)
{
	event_loop_set_timer(watch->loop, &watch->look,
		clock_monotonic_ns() + watch->limit_ms * NS_PER_MS / STALL_LOOKS);
}

static void look(void *owner)
{
	struct stall_watch *watch = owner;
	uint64_t output_bytes = step_log_step_bytes(watch->log);
	uint64_t ticks = session_time_ticks(watch->session);
	if (output_bytes != watch->output_bytes || ticks != watch->ticks)
		watch->quiet_looks = 0;
	else
		watch->quiet_looks++;
	watch->output_bytes = output_bytes;
	watch->ticks = ticks;
	if (watch->quiet_looks < STALL_LOOKS)
		arm(watch);
	else
		watch->stalled(watch->owner);
}

void stall_watch_begin(struct stall_watch *watch)
{
	watch->look = (struct timer){.due = look, .owner = watch};
	watch->output_bytes = step_log_step_bytes(watch->log);
	watch->ticks = 0;
	watch->quiet_looks = 0;
	arm(watch);
}

void stall_watch_end(struct stall_watch *watch)
{
	if (watch->loop)
		event_loop_cancel_timer(watch->loop, &watch->look);
}
