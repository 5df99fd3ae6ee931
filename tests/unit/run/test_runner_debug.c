#include "run/run_fixture.h"

#include <fcntl.h>
#include <sys/timerfd.h>

#include "base/cleanup.h"
#include "run/step_environment.h"

/* Somebody who answers as told, and writes down where he was asked. */
struct person {
	struct fixture fixture; /* the services' context */
	struct breakpoints breakpoints;
	const enum debug_answer *answers; /* the last one is given again and again */
	uint32_t answer_count;
	uint32_t asked_count;
	struct buffer stops; /* "before a.1 " */
	void (*look)(struct person *person, const struct debug_stop *stop);
};

static enum debug_answer answer(void *context, const struct debug_stop *stop)
{
	struct person *person = context;
	uint32_t place = person->asked_count++;
	assert_int_equal(person->fixture.flushed.size, person->fixture.events.size);
	buffer_printf(&person->stops, "%s %s.%u%s ",
		stop->moment == DEBUG_BEFORE ? "before" : "after",
		person->fixture.steps[stop->step].id, stop->attempt, stop->has_failed ? "!" : "");
	if (person->look)
		person->look(person, stop);
	return person->answers[place < person->answer_count ? place : person->answer_count - 1];
}

static int set_up(void **state)
{
	struct person *person = calloc(1, sizeof *person);
	static const enum debug_answer go_on[] = {DEBUG_CONTINUE};
	fixture_open(&person->fixture);
	person->answers = go_on;
	person->answer_count = 1;
	person->fixture.services.ask_debugger = answer;
	person->fixture.settings.breakpoints = &person->breakpoints;
	*state = person;
	return 0;
}

static int tear_down(void **state)
{
	struct person *person = *state;
	breakpoints_release(&person->breakpoints);
	buffer_release(&person->stops);
	fixture_close(&person->fixture);
	free(person);
	return 0;
}

#define answers_are(person, ...)                                                                   \
	do {                                                                                       \
		static const enum debug_answer given[] = {__VA_ARGS__};                            \
		(person)->answers = given;                                                         \
		(person)->answer_count = ARRAY_LENGTH(given);                                      \
	} while (0)

static void run(struct person *person)
{
	breakpoints_adopt(&person->breakpoints, &person->fixture.pipeline);
	assert_true(fixture_run(&person->fixture));
}

static void make_pair(struct fixture *fixture, const char *first, const char *second)
{
	fixture_step(fixture, "a", first);
	fixture_step(fixture, "b", second);
	fixture_need(fixture, "b", "a");
	fixture_plan(fixture);
}

static void nobody_is_asked_without_a_breakpoint(void **state)
{
	struct person *person = *state;
	make_pair(&person->fixture, "true", "true");
	run(person);
	assert_int_equal(person->asked_count, 0);
	assert_int_equal(person->fixture.outcome, RUN_COMPLETED);
}

static void a_stop_is_before_the_start_and_after_the_verdict(void **state)
{
	struct person *person = *state;
	make_pair(&person->fixture, "exit 3", "true");
	person->fixture.steps[0].breakpoint = DEBUG_BEFORE | DEBUG_AFTER;
	run(person);
	assert_string_equal(buffer_text(&person->stops), "before a.1 after a.1! ");
	assert_event(&person->fixture, "step_skipped b <a>");
	assert_int_equal(person->fixture.outcome, RUN_FAILED);
}

static void stepping_stops_before_each(void **state)
{
	struct person *person = *state;
	make_pair(&person->fixture, "true", "true");
	person->breakpoints.is_stepping = true;
	run(person);
	/* It is the one who is asked that takes it back. */
	assert_string_equal(buffer_text(&person->stops), "before a.1 before b.1 ");
}

static void quit_leaves_the_step_pending(void **state)
{
	struct person *person = *state;
	answers_are(person, DEBUG_QUIT);
	make_pair(&person->fixture, "true", "true");
	person->fixture.steps[1].breakpoint = DEBUG_BEFORE;
	run(person);
	assert_event(&person->fixture, "step_completed a.1");
	assert_no_event(&person->fixture, "step_started b");
	assert_event(&person->fixture, "pipeline_interrupted: ended in the debugger\n");
	assert_int_equal(person->fixture.outcome, RUN_INTERRUPTED);
}

static void skip_omits(void **state)
{
	struct person *person = *state;
	answers_are(person, DEBUG_SKIP);
	make_pair(&person->fixture, "true", "true");
	person->fixture.steps[0].breakpoint = DEBUG_BEFORE;
	run(person);
	assert_event(&person->fixture, "step_skipped a: left out by choice, in the debugger\n");
	assert_event(&person->fixture, "step_completed b.1");
	assert_int_equal(person->fixture.outcome, RUN_COMPLETED);
}

static void retry_takes_back_what_was_done(void **state)
{
	struct person *person = *state;
	answers_are(person, DEBUG_RETRY, DEBUG_CONTINUE);
	make_pair(&person->fixture, "true", "true");
	person->fixture.steps[0].breakpoint = DEBUG_AFTER;
	run(person);
	assert_string_equal(buffer_text(&person->stops), "after a.1 after a.2 ");
	assert_event(&person->fixture, "step_completed a.1 exit=0\n"
				       "step_rolled_back a: tried again in the debugger\n"
				       "step_started a.2\nstep_completed a.2 exit=0\n");
	assert_int_equal(fixture_count(&person->fixture, "step_started b"), 1);
	assert_int_equal(person->fixture.outcome, RUN_COMPLETED);
}

static void retry_after_a_failure_has_its_retries_again(void **state)
{
	struct person *person = *state;
	answers_are(person, DEBUG_RETRY, DEBUG_CONTINUE);
	make_pair(&person->fixture, "test $WAVETRAIN_ATTEMPT = 4", "true");
	person->fixture.steps[0].breakpoint = DEBUG_BEFORE | DEBUG_AFTER;
	person->fixture.steps[0].retry.max = 1;
	person->fixture.steps[0].retry.on = 1u << FAILURE_PERMANENT;
	answers_are(person, DEBUG_CONTINUE, DEBUG_RETRY, DEBUG_CONTINUE);
	run(person);
	assert_string_equal(buffer_text(&person->stops), "before a.1 after a.2! after a.4 ");
	assert_int_equal(person->fixture.outcome, RUN_COMPLETED);
}

/* --- while somebody thinks --- */

/* Waits as the debugger does until the other one has failed. */
static void wait_for_failure(struct person *person, const struct debug_stop *stop)
{
	struct itimerspec soon = {.it_value.tv_nsec = 1000000, .it_interval.tv_nsec = 1000000};
	uint64_t count;
	CLEANUP(close_descriptor) int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	assert_int_equal(timerfd_settime(timer, 0, &soon, NULL), 0);
	while (!fixture_count(&person->fixture, "step_failed a")) {
		assert_true(stop->wait(stop->engine, timer));
		assert_int_equal(read(timer, &count, sizeof count), sizeof count);
	}
}

static void make_failing_neighbour(struct person *person)
{
	struct fixture *fixture = &person->fixture;
	fixture_step(fixture, "a", "exit 1")->on_failure = REACTION_HALT;
	fixture_step(fixture, "b", "true")->breakpoint = DEBUG_BEFORE;
	fixture_plan(fixture);
	person->look = wait_for_failure;
}

static void a_failure_meanwhile_keeps_the_step_back(void **state)
{
	struct person *person = *state;
	make_failing_neighbour(person);
	run(person);
	assert_int_equal(person->asked_count, 1);
	assert_no_event(&person->fixture, "step_started b");
	assert_int_equal(person->fixture.outcome, RUN_FAILED);
}

static void what_runs_for_a_failure_starts_all_the_same(void **state)
{
	struct person *person = *state;
	make_failing_neighbour(person);
	person->fixture.plan.steps[1].run_if = RUN_IF_SUCCESS | RUN_IF_FAILURE;
	run(person);
	assert_event(&person->fixture, "step_completed b.1");
}

static void wait_for_file(struct person *person, const struct debug_stop *stop)
{
	CLEANUP(close_descriptor)
	int file = open(fixture_path(&person->fixture, "script"), O_RDWR | O_CREAT, 0666);
	assert_true(file >= 0);
	assert_true(stop->wait(stop->engine, file));
}

static void a_plain_file_can_be_read_at_once(void **state)
{
	struct person *person = *state;
	make_pair(&person->fixture, "true", "true");
	person->fixture.steps[0].breakpoint = DEBUG_BEFORE;
	person->look = wait_for_file;
	run(person);
	assert_int_equal(person->fixture.outcome, RUN_COMPLETED);
}

static void wait_for_the_other(struct person *person, const struct debug_stop *stop)
{
	struct itimerspec soon = {.it_value.tv_nsec = 1000000, .it_interval.tv_nsec = 1000000};
	uint64_t count;
	CLEANUP(close_descriptor) int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	assert_int_equal(timerfd_settime(timer, 0, &soon, NULL), 0);
	while (stop->moment == DEBUG_BEFORE &&
		!fixture_count(&person->fixture, "step_completed a.1")) {
		assert_true(stop->wait(stop->engine, timer));
		assert_int_equal(read(timer, &count, sizeof count), sizeof count);
	}
}

/* What is tried again meanwhile has the slot that was kept for the step: it takes another. */
static void the_slot_may_go_while_it_is_asked(void **state)
{
	struct person *person = *state;
	struct fixture *fixture = &person->fixture;
	answers_are(person, DEBUG_CONTINUE, DEBUG_RETRY, DEBUG_CONTINUE);
	person->look = wait_for_the_other;
	fixture->pipeline.execution.jobserver = JOBSERVER_FIFO;
	fixture_step(fixture, "a",
		"test $WAVETRAIN_ATTEMPT = 1 || until test -e looked; do sleep 0.01; done")
		->breakpoint = DEBUG_AFTER;
	fixture_step(fixture, "b",
		"fifo=${MAKEFLAGS#*--jobserver-auth=fifo:}\n"
		"dd if=\"${fifo%% *}\" iflag=nonblock bs=1 count=1 2>/dev/null > free || true\n"
		"touch looked; ! test -s free")
		->breakpoint = DEBUG_BEFORE;
	fixture_plan(fixture);
	run(person);
	assert_string_equal(buffer_text(&person->stops), "before b.1 after a.1 after a.2 ");
	assert_event(fixture, "step_completed b.1 exit=0");
	assert_int_equal(fixture->outcome, RUN_COMPLETED);
}

/* --- where the step works --- */

static void leave_a_note(struct person *person, const struct debug_stop *stop)
{
	struct arena *arena = &person->fixture.arena;
	struct debug_place place;
	struct error error;
	for (uint32_t i = 0; i < 2; i++)
		assert_true(stop->visit(stop->engine, arena, &place, &error));
	assert_string_equal(environment_find(place.environment, "WAVETRAIN_ATTEMPT"), "1");
	assert_string_equal(place.folder, fixture_path(&person->fixture, "run/work/a.1/workspace"));
	assert_true(file_write_atomic(path_join(arena, place.folder, "note"), "x", 1, &error));
}

static void the_attempt_finds_its_workspace_as_it_was_left(void **state)
{
	struct person *person = *state;
	make_pair(&person->fixture, "test -e note", "true");
	person->fixture.steps[0].workspace = WORKSPACE_FRESH;
	person->fixture.steps[0].breakpoint = DEBUG_BEFORE;
	person->look = leave_a_note;
	run(person);
	assert_int_equal(person->fixture.outcome, RUN_COMPLETED);
	assert_false(fixture_exists(&person->fixture, "run/work/a.1"));
}

static void a_step_that_is_left_out_leaves_no_workspace(void **state)
{
	struct person *person = *state;
	answers_are(person, DEBUG_SKIP);
	make_pair(&person->fixture, "true", "true");
	person->fixture.steps[0].workspace = WORKSPACE_FRESH;
	person->fixture.steps[0].breakpoint = DEBUG_BEFORE;
	person->look = leave_a_note;
	run(person);
	assert_false(fixture_exists(&person->fixture, "run/work/a.1"));
}

#define PERSON_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PERSON_TEST(nobody_is_asked_without_a_breakpoint),
		PERSON_TEST(a_stop_is_before_the_start_and_after_the_verdict),
		PERSON_TEST(stepping_stops_before_each),
		PERSON_TEST(quit_leaves_the_step_pending),
		PERSON_TEST(skip_omits),
		PERSON_TEST(retry_takes_back_what_was_done),
		PERSON_TEST(retry_after_a_failure_has_its_retries_again),
		PERSON_TEST(a_failure_meanwhile_keeps_the_step_back),
		PERSON_TEST(what_runs_for_a_failure_starts_all_the_same),
		PERSON_TEST(the_slot_may_go_while_it_is_asked),
		PERSON_TEST(a_plain_file_can_be_read_at_once),
		PERSON_TEST(the_attempt_finds_its_workspace_as_it_was_left),
		PERSON_TEST(a_step_that_is_left_out_leaves_no_workspace),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
