/* What commits say of a run makes the same run again, in a record that knows nothing of it. */
#include "record/record_fixture.h"

#define FIRST "1111111111111111111111111111111111111111"
#define SECOND "2222222222222222222222222222222222222222"

static const struct artifact odd = {.name = "a name%\n",
	.path = "step-1/-",
	.file_count = 2,
	.is_folder = true,
	.size_bytes = 7,
	.sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"};

static const char *state_of(struct fixture *fixture, struct record *record, uint32_t number)
{
	struct checkpoint_request request = {
		.trigger = TRIGGER_WAVE, .number = number, .wave = number - 1, .run_id = "run_1"};
	struct buffer text = BUFFER_INIT;
	const char *copy;

	must(fixture, record_append_state(record, &request, &text, &fixture->error));
	copy = arena_copy_text(&fixture->arena, buffer_text(&text));
	buffer_release(&text);
	return copy;
}

static void commit(
	struct fixture *fixture, struct record *record, uint32_t number, const char *commit_id)
{
	struct event event = event_of(EVENT_CHECKPOINT_CREATED, 500 * number);
	struct checkpoint checkpoint = {.number = number, .wave = number - 1, .commit = commit_id};

	event.wave = number - 1;
	event.checkpoint = &checkpoint;
	must(fixture, take(fixture, record, event));
	must(fixture, record_flush(record, false, &fixture->error));
}

static void do_step(struct fixture *fixture, struct record *record, uint32_t step)
{
	must(fixture, take_step(fixture, record, EVENT_STEP_STARTED, step, 10 + step));
	if (step == 1) {
		struct event event = event_of(EVENT_ARTIFACT_CREATED, 50);

		event.step = step;
		event.artifact = &odd;
		must(fixture, take(fixture, record, event));
	}
	must(fixture, take_step(fixture, record, EVENT_STEP_COMPLETED, step, 100 + step));
}

/* Two commits of one start: steps 0 to 2, then 3; step 2 is not done any more in the second. */
static void make_pieces(struct fixture *fixture, struct run_state_piece pieces[2])
{
	struct record *record = open_record(fixture, RECORD_WRITE);

	begin_run(fixture, record, "run_1");
	must(fixture, take_plain(fixture, record, EVENT_PIPELINE_STARTED, 0));
	for (uint32_t step = 0; step < 3; step++)
		do_step(fixture, record, step);
	must(fixture, record_flush(record, false, &fixture->error));
	pieces[0] = (struct run_state_piece){FIRST, "0", "one", state_of(fixture, record, 1)};
	commit(fixture, record, 1, FIRST);
	do_step(fixture, record, 3);
	must(fixture, take_step(fixture, record, EVENT_STEP_ROLLED_BACK, 2, 300));
	must(fixture, record_flush(record, false, &fixture->error));
	pieces[1] = (struct run_state_piece){SECOND, FIRST, "two", state_of(fixture, record, 2)};
	record_close(record);
}

static void test_texts(void **state)
{
	struct fixture *fixture = *state;
	struct run_state_piece pieces[2];
	const char *run_id = NULL;
	const char *previous = "";

	make_pieces(fixture, pieces);
	assert_string_equal(pieces[0].text,
		"state 1 run_1 -\n"
		"run books pipeline.yaml steps waves 4 1765290622000 abc main 6\n"
		"checkpoint 1 wave 0 0\n"
		"done step-0 0000000000000000000000000000000000000000000000000000000000000000 "
		"1765290622010 1765290622100\n"
		"done step-1 0000000000000000000000000000000000000000000000000000000000000001 "
		"1765290622011 1765290622101\n"
		"artifact a%20name%25%0A step-1/- 2 1 7 "
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n"
		"done step-2 0000000000000000000000000000000000000000000000000000000000000002 "
		"1765290622012 1765290622102\n");
	assert_string_equal(pieces[1].text,
		"state 1 run_1 " FIRST "\ncheckpoint 2 wave 1 0\nundone step-2\n"
		"done step-3 0000000000000000000000000000000000000000000000000000000000000003 "
		"1765290622013 1765290622103\n");
	assert_true(record_state_origin(pieces[0].text, &fixture->arena, &run_id, &previous));
	assert_string_equal(run_id, "run_1");
	assert_null(previous);
	assert_true(record_state_origin(pieces[1].text, &fixture->arena, &run_id, &previous));
	assert_string_equal(previous, FIRST);
	assert_false(record_state_origin("state 2 run_1 -", &fixture->arena, &run_id, &previous));
	assert_false(record_state_origin("", &fixture->arena, &run_id, &previous));
}

/* The first commit of another start tells all that is done again. */
static void test_every_start_tells_all(void **state)
{
	struct fixture *fixture = *state;
	struct run_state_piece pieces[2];
	struct record *record;
	const char *text;

	make_pieces(fixture, pieces);
	record = open_record(fixture, RECORD_WRITE);
	text = state_of(fixture, record, 3);
	assert_non_null(strstr(text, "state 1 run_1 -\nrun books"));
	assert_non_null(strstr(text, "\ndone step-0 "));
	assert_non_null(strstr(text, "\nundone step-2\n"));
	assert_non_null(strstr(text, "\ndone step-3 "));
	record_close(record);
}

static void test_the_same_run_again(void **state)
{
	struct fixture *fixture = *state;
	struct run_state_piece pieces[2];
	struct rebuilt_run rebuilt;
	struct run_verdict verdict;
	struct record *record;
	struct run run;

	make_pieces(fixture, pieces);
	fixture->state = path_join(&fixture->arena, fixture->folder, "another");
	record = open_record(fixture, RECORD_MEND);
	must(fixture,
		record_rebuild_run(record, pieces, 2, &fixture->arena, &rebuilt, &fixture->error));
	assert_string_equal(rebuilt.id, "run_1");
	assert_int_equal(rebuilt.done_count, 3);
	assert_int_equal(rebuilt.step_count, 6);
	read_run(fixture, record, &run);
	assert_int_equal(run.state, STATE_INTERRUPTED);
	assert_string_equal(run.pipeline_file, "pipeline.yaml");
	assert_string_equal(run.base_commit, "abc");
	assert_int_equal(run.jobs, 4);
	assert_int_equal(run.checkpoint_count, 2);
	assert_string_equal(run.checkpoints[1].commit, SECOND);
	assert_int_equal(run.step_count, 3);
	assert_string_equal(run.steps[2].id, "step-3");
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(run.steps[i].state, STATE_DONE);
	assert_int_equal(run.steps[1].fingerprint[63], '1');
	assert_int_equal(run.artifact_count, 1);
	assert_string_equal(run.artifacts[0].artifact.name, odd.name);
	assert_string_equal(run.artifacts[0].artifact.path, odd.path);
	assert_string_equal(run.artifacts[0].artifact.sha256, odd.sha256);
	must(fixture, record_check_run(record, "run_1", &verdict, &fixture->error));
	assert_null(verdict.what);
	/* It goes on as any other, and its next commit tells all of it. */
	must(fixture, record_continue_run(record, &run, &fixture->plan, &fixture->error));
	must(fixture, take_plain(fixture, record, EVENT_PIPELINE_RESUMED, 900));
	must(fixture, record_flush(record, false, &fixture->error));
	assert_non_null(strstr(state_of(fixture, record, 3), "state 1 run_1 -\n"));
	record_close(record);
}

/* Whatever stands there: a run or a refusal, and a record that is whole. */
static void test_broken_texts(void **state)
{
	struct fixture *fixture = *state;
	struct run_state_piece pieces[2];
	struct rebuilt_run rebuilt;
	size_t size;

	make_pieces(fixture, pieces);
	size = strlen(pieces[0].text);
	for (size_t cut = 0; cut < size; cut += 7) {
		struct run_state_piece piece = pieces[0];
		struct record *record;

		piece.text = arena_copy_bytes(&fixture->arena, pieces[0].text, cut);
		fixture->state = arena_format(&fixture->arena, "%s/cut-%zu", fixture->folder, cut);
		record = open_record(fixture, RECORD_MEND);
		if (!record_rebuild_run(
			    record, &piece, 1, &fixture->arena, &rebuilt, &fixture->error))
			assert_int_equal(fixture->error.code, ERROR_RUN_UNKNOWN);
		else
			assert_true(cut > 76); /* all but the last word of the head */
		must(fixture, record_check_file(record, &fixture->error));
		record_close(record);
		must(fixture, path_remove(fixture->state, &fixture->error));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_texts, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			test_every_start_tells_all, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			test_the_same_run_again, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_broken_texts, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
