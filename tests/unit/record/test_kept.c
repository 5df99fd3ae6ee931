/* Which steps a checkpoint holds is told by the order of events. */
#include "record_fixture.h"

static void run_step(
	struct fixture *fixture, struct record *record, uint32_t step, enum event_type end)
{
	must(fixture, take_step(fixture, record, EVENT_STEP_STARTED, step, 30));
	must(fixture, take_step(fixture, record, end, step, 30));
}

static void make_checkpoint(struct fixture *fixture, struct record *record, uint32_t number)
{
	struct checkpoint checkpoint = {.number = number, .wave = INDEX_NONE, .time_ms = 30};
	struct event event = event_of(EVENT_CHECKPOINT_CREATED, 30);

	event.checkpoint = &checkpoint;
	must(fixture, take(fixture, record, event));
}

/* All at one millisecond: times say nothing. */
static void what_ended_before_is_kept(void **state)
{
	struct fixture *fixture = *state;
	struct record *record = open_record(fixture, RECORD_WRITE);
	struct run run;

	begin_run(fixture, record, "run_1");
	run_step(fixture, record, 0, EVENT_STEP_COMPLETED);
	read_run(fixture, record, &run);
	assert_false(run.steps[0].is_kept);
	run_step(fixture, record, 1, EVENT_STEP_FAILED);
	make_checkpoint(fixture, record, 1);
	run_step(fixture, record, 2, EVENT_STEP_COMPLETED);
	read_run(fixture, record, &run);
	assert_true(run.steps[0].is_kept);
	assert_true(run.steps[1].is_kept);
	assert_false(run.steps[2].is_kept);
	assert_false(run.steps[3].is_kept); /* it has not run */
	make_checkpoint(fixture, record, 2);
	read_run(fixture, record, &run);
	assert_true(run.steps[2].is_kept);
	record_close(record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(
		what_ended_before_is_kept, fixture_setup, fixture_teardown)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
