#include "run/event_loop.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"

#define EVENTS_PER_TURN 64
#define FULL_TURNS 256 /* after so many in a row timers run nevertheless */
#define NS_PER_MS 1000000

bool event_loop_open(struct event_loop *loop, struct error *error)
{
	*loop = (struct event_loop){.epoll = epoll_create1(EPOLL_CLOEXEC)};
	if (loop->epoll < 0)
		return error_set_errno(error, ERROR_PROCESS, "no event queue");
	loop->now_ns = clock_monotonic_ns();
	return true;
}

void event_loop_close(struct event_loop *loop)
{
	if (loop->epoll >= 0)
		close(loop->epoll);
	free(loop->timers);
	*loop = (struct event_loop){.epoll = -1};
}

bool event_loop_watch(
	struct event_loop *loop, struct watch *watch, int descriptor, struct error *error)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = watch};
	if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, descriptor, &event) < 0)
		return error_set_errno(error, ERROR_PROCESS, "cannot wait for a descriptor");
	watch->descriptor = descriptor;
	watch->active = true;
	return true;
}

void event_loop_unwatch(struct event_loop *loop, struct watch *watch)
{
	if (!watch->active)
		return;
	watch->active = false;
	/* The owner may have closed it already; then the kernel has forgotten it by itself. */
	epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->descriptor, NULL);
}

static void timer_put(struct event_loop *loop, struct timer *timer, uint32_t place)
{
	loop->timers[place - 1] = timer;
	timer->place = place;
}

static void timer_rise(struct event_loop *loop, struct timer *timer)
{
	uint32_t place = timer->place;
	while (place > 1) {
		struct timer *above = loop->timers[place / 2 - 1];
		if (above->deadline_ns <= timer->deadline_ns)
			break;
		timer_put(loop, above, place);
		place /= 2;
	}
	timer_put(loop, timer, place);
}

static void timer_sink(struct event_loop *loop, struct timer *timer)
{
	uint32_t place = timer->place;
	while (place * 2 <= loop->timer_count) {
		uint32_t below = place * 2;
		if (below < loop->timer_count &&
			loop->timers[below]->deadline_ns < loop->timers[below - 1]->deadline_ns)
			below++;
		if (loop->timers[below - 1]->deadline_ns >= timer->deadline_ns)
			break;
		timer_put(loop, loop->timers[below - 1], place);
		place = below;
	}
	timer_put(loop, timer, place);
}

void event_loop_set_timer(struct event_loop *loop, struct timer *timer, int64_t deadline_ns)
{
	timer->deadline_ns = deadline_ns;
	if (!timer->place) {
		GROW(loop->timers, loop->timer_count, loop->timer_capacity);
		timer_put(loop, timer, ++loop->timer_count);
	}
	timer_rise(loop, timer);
	timer_sink(loop, timer);
}

void event_loop_cancel_timer(struct event_loop *loop, struct timer *timer)
{
	if (!timer->place)
		return;
	struct timer *last = loop->timers[--loop->timer_count];
	uint32_t place = timer->place;
	timer->place = 0;
	if (last == timer)
		return;
	timer_put(loop, last, place);
	timer_rise(loop, last);
	timer_sink(loop, last);
}

/* Rounded up: waking early would only mean to wait again. */
static int wait_ms(const struct event_loop *loop)
{
	if (!loop->timer_count)
		return -1;
	int64_t left_ns = loop->timers[0]->deadline_ns - clock_monotonic_ns();
	if (left_ns <= 0)
		return 0;
	int64_t left_ms = (left_ns + NS_PER_MS - 1) / NS_PER_MS;
	return left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}

static void run_due_timers(struct event_loop *loop)
{
	while (loop->timer_count && loop->timers[0]->deadline_ns <= loop->now_ns) {
		struct timer *timer = loop->timers[0];
		event_loop_cancel_timer(loop, timer);
		timer->due(timer->owner);
	}
}

bool event_loop_turn(struct event_loop *loop, struct error *error)
{
	struct epoll_event events[EVENTS_PER_TURN];
	int count = epoll_wait(loop->epoll, events, EVENTS_PER_TURN, wait_ms(loop));
	/* After a stop (SIGSTOP, Ctrl-Z) timers are due, but what ended in time comes first. */
	if (count < 0 && errno == EINTR)
		return true;
	if (count < 0)
		return error_set_errno(error, ERROR_PROCESS, "cannot wait for events");
	loop->now_ns = clock_monotonic_ns();
	for (int i = 0; i < count; i++) {
		struct watch *watch = events[i].data.ptr;
		if (watch->active)
			watch->ready(watch->owner);
	}
	bool may_be_more = count == EVENTS_PER_TURN;
	loop->full_turn_count = may_be_more ? loop->full_turn_count + 1 : 0;
	if (may_be_more && loop->full_turn_count < FULL_TURNS)
		return true;
	loop->full_turn_count = 0;
	run_due_timers(loop);
	return true;
}
