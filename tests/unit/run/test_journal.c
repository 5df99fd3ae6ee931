#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "run/journal.h"

/* A record that notes which events came, and what was said when. */
struct world {
	struct run_services services;
	struct event_loop loop;
	struct journal journal;
	enum event_type seen[8];
	uint32_t seen_count;
	uint32_t refuse_at; /* record() fails at so many events; 0: never */
	uint32_t flushed_count;
	uint32_t flushes;
};

static bool take(void *context, const struct event *event, struct error *error)
{
	struct world *world = context;
	if (world->refuse_at && world->seen_count + 1 == world->refuse_at)
		return error_set(error, ERROR_DATABASE, "the record is full");
	world->seen[world->seen_count++] = event->type;
	return true;
}

static bool flush(void *context, bool power_cut, struct error *error)
{
	struct world *world = context;
	(void)power_cut;
	(void)error;
	world->flushed_count = world->seen_count;
	world->flushes++;
	return true;
}

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof *world);
	struct error error;
	world->services = (struct run_services){.context = world, .record = take, .flush = flush};
	assert_true(event_loop_open(&world->loop, &error));
	journal_init(&world->journal, &world->services, &world->loop);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;
	journal_release(&world->journal);
	event_loop_close(&world->loop);
	free(world);
	return 0;
}

static void say(struct world *world, enum event_type type)
{
	journal_record(&world->journal, journal_event(&world->journal, type));
}

static void events_wait_until_they_are_passed(void **state)
{
	struct world *world = *state;
	say(world, EVENT_WAVE_STARTED);
	say(world, EVENT_STEP_STARTED);
	assert_int_equal(world->seen_count, 0);
	journal_pass(&world->journal);
	journal_pass(&world->journal);
	assert_int_equal(world->seen_count, 2);
	assert_int_equal(world->seen[0], EVENT_WAVE_STARTED);
	assert_int_equal(world->seen[1], EVENT_STEP_STARTED);
	assert_int_equal(world->flushes, 0);
	assert_true(world->journal.has_events);
}

static void a_flush_leaves_nothing_behind(void **state)
{
	struct world *world = *state;
	say(world, EVENT_STEP_STARTED);
	journal_pass(&world->journal);
	say(world, EVENT_STEP_COMPLETED);
	assert_true(journal_flush(&world->journal, false));
	assert_int_equal(world->flushed_count, 2);
	assert_false(world->journal.has_events);
	assert_true(journal_flush(&world->journal, false));
	assert_int_equal(world->flushes, 1);
}

static void what_waits_is_flushed_in_time(void **state)
{
	struct world *world = *state;
	struct error error;
	say(world, EVENT_STEP_STARTED);
	while (!world->flushes)
		assert_true(event_loop_turn(&world->loop, &error));
	assert_int_equal(world->flushed_count, 1);
}

static void nothing_follows_a_refused_event(void **state)
{
	struct world *world = *state;
	world->refuse_at = 2;
	say(world, EVENT_STEP_STARTED);
	say(world, EVENT_STEP_COMPLETED);
	say(world, EVENT_WAVE_COMPLETED);
	assert_false(journal_flush(&world->journal, false));
	assert_int_equal(world->journal.fault.code, ERROR_DATABASE);
	say(world, EVENT_PIPELINE_FAILED);
	assert_false(journal_flush(&world->journal, true));
	assert_int_equal(world->seen_count, 1);
	assert_int_equal(world->flushes, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(events_wait_until_they_are_passed),
		TEST(a_flush_leaves_nothing_behind),
		TEST(what_waits_is_flushed_in_time),
		TEST(nothing_follows_a_refused_event),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
