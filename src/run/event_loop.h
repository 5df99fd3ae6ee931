#ifndef WAVETRAIN_RUN_EVENT_LOOP_H
#define WAVETRAIN_RUN_EVENT_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/*
 * One epoll set and one heap of deadlines. The wait lasts until the nearest deadline, so an idle
 * engine sleeps; nothing is polled. Owners must bear a call that turns out to be about nothing:
 * events of one turn may concern a descriptor that an earlier event of the turn has replaced.
 */

/* A descriptor somebody waits for. Belongs to the owner and must stay in place while watched. */
struct watch {
	void (*ready)(void *owner);
	void *owner;
	bool active;
	int descriptor; /* the owner's; valid while active */
};

/* A point in time somebody waits for. Zeroed: not set. Must stay in place while set. */
struct timer {
	void (*due)(void *owner);
	void *owner;
	int64_t deadline_ns; /* clock_monotonic_ns() */
	uint32_t place;      /* in the heap, counted from 1; 0: not set */
};

struct event_loop {
	int epoll;
	struct timer **timers; /* heap, the earliest first */
	uint32_t timer_count;
	uint32_t timer_capacity;
	int64_t now_ns;           /* when this turn's events were fetched */
	uint32_t full_turn_count; /* turns in a row that may have left events for the next */
};

bool event_loop_open(struct event_loop *loop, struct error *error);
void event_loop_close(struct event_loop *loop);

/* Calls watch->ready whenever the descriptor is readable or hung up. */
bool event_loop_watch(
	struct event_loop *loop, struct watch *watch, int descriptor, struct error *error);

/* Must come before the descriptor is closed. Not watched: nothing happens. */
void event_loop_unwatch(struct event_loop *loop, struct watch *watch);

/* Sets or moves the deadline. */
void event_loop_set_timer(struct event_loop *loop, struct timer *timer, int64_t deadline_ns);
void event_loop_cancel_timer(struct event_loop *loop, struct timer *timer);

/*
 * Waits for something to happen and calls its owner. Timers run after events: who did something in
 * time is heard before its deadline is. False: epoll itself failed.
 */
bool event_loop_turn(struct event_loop *loop, struct error *error);

#endif
