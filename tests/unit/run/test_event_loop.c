#include "run/event_loop.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/index.h"

#define NS_PER_MS 1000000
#define PIPE_COUNT 200
#define TURN_LIMIT 1000

/* Pipes whose bytes are taken or left, and a timer that says how many had been heard by then. */
struct world {
	struct event_loop loop;
	struct watch watches[PIPE_COUNT];
	int ends[PIPE_COUNT][2];
	uint32_t heard;
	struct timer timer;
	bool is_due;
	uint32_t heard_then;
};

static void byte_is_there(void *owner)
{
	((struct world *)owner)->heard++;
}

static void timer_is_due(void *owner)
{
	struct world *world = owner;
	world->is_due = true;
	world->heard_then = world->heard;
}

static void open_pipes(struct world *world, uint32_t count)
{
	struct error error;
	assert_true(event_loop_open(&world->loop, &error));
	world->timer = (struct timer){.due = timer_is_due, .owner = world};
	for (uint32_t i = 0; i < count; i++) {
		assert_int_equal(pipe(world->ends[i]), 0);
		world->watches[i] = (struct watch){.ready = byte_is_there, .owner = world};
		assert_true(event_loop_watch(
			&world->loop, &world->watches[i], world->ends[i][0], &error));
	}
}

static void close_pipes(struct world *world, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		event_loop_unwatch(&world->loop, &world->watches[i]);
		close(world->ends[i][0]);
		close(world->ends[i][1]);
	}
	event_loop_close(&world->loop);
}

static uint32_t turns_until_due(struct world *world)
{
	struct error error;
	uint32_t turns = 0;
	while (!world->is_due && turns < TURN_LIMIT) {
		assert_true(event_loop_turn(&world->loop, &error));
		turns++;
	}
	return turns;
}

static int written_end;
static int64_t deadline_ns;

/* As after a stop: while nobody looked, something happened in time and the deadline passed. */
static void let_time_pass(int signal)
{
	(void)signal;
	(void)!write(written_end, "x", 1);
	while (clock_monotonic_ns() <= deadline_ns)
		;
}

static void an_interruption_does_not_make_timers_overtake_events(void **state)
{
	struct world world = {0};
	struct sigaction action = {.sa_handler = let_time_pass};
	struct itimerval soon = {.it_value.tv_usec = 20000};
	struct itimerval never = {0};
	(void)state;
	open_pipes(&world, 1);
	written_end = world.ends[0][1];
	deadline_ns = clock_monotonic_ns() + 60 * (int64_t)NS_PER_MS;
	event_loop_set_timer(&world.loop, &world.timer, deadline_ns);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	turns_until_due(&world);
	setitimer(ITIMER_REAL, &never, NULL);
	signal(SIGALRM, SIG_DFL);
	assert_true(world.is_due);
	assert_true(world.heard_then > 0);
	close_pipes(&world, 1);
}

static void timers_wait_until_every_event_was_heard(void **state)
{
	struct world world = {0};
	(void)state;
	open_pipes(&world, PIPE_COUNT);
	for (uint32_t i = 0; i < PIPE_COUNT; i++)
		assert_int_equal(write(world.ends[i][1], "x", 1), 1);
	event_loop_set_timer(&world.loop, &world.timer, clock_monotonic_ns() - 1);
	turns_until_due(&world);
	assert_true(world.is_due);
	assert_true(world.heard_then >= PIPE_COUNT);
	close_pipes(&world, PIPE_COUNT);
}

static void events_without_an_end_do_not_keep_timers_off(void **state)
{
	struct world world = {0};
	(void)state;
	open_pipes(&world, 64);
	for (uint32_t i = 0; i < 64; i++)
		assert_int_equal(write(world.ends[i][1], "x", 1), 1);
	event_loop_set_timer(&world.loop, &world.timer, clock_monotonic_ns() - 1);
	assert_true(turns_until_due(&world) < TURN_LIMIT);
	assert_true(world.is_due);
	close_pipes(&world, 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_interruption_does_not_make_timers_overtake_events),
		cmocka_unit_test(timers_wait_until_every_event_was_heard),
		cmocka_unit_test(events_without_an_end_do_not_keep_timers_off),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
