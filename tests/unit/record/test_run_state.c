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

static const struct run_state_extras no_extras;

/* Of a record of its own each: what names it is taken out. */
static const char *without_record(struct fixture *fixture, const char *text)
{
	size_t head = strcspn(text, "\n");

	assert_true(head > 17 && text[head - 17] == ' ');
	return arena_format(&fixture->arena, "%.*s%s", (int)head - 17, text, text + head);
}

static const char *state_with(struct fixture *fixture, struct record *record, uint32_t number,
	const struct run_state_extras *extras)
{
	struct checkpoint_request request = {
		.trigger = TRIGGER_WAVE, .number = number, .wave = number - 1, .run_id = "run_1"};
	struct buffer text = BUFFER_INIT;
	const char *copy;

	must(fixture, record_append_state(record, &request, extras, &text, &fixture->error));
	copy = arena_copy_text(&fixture->arena, buffer_text(&text));
	buffer_release(&text);
	return copy;
}

static const char *state_of(struct fixture *fixture, struct record *record, uint32_t number)
{
	return state_with(fixture, record, number, &no_extras);
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
	struct run_state_origin origin = {.previous_commit = ""};

	make_pieces(fixture, pieces);
	assert_string_equal(without_record(fixture, pieces[0].text),
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
	assert_string_equal(without_record(fixture, pieces[1].text),
		"state 1 run_1 " FIRST "\ncheckpoint 2 wave 1 0\nundone step-2\n"
		"done step-3 0000000000000000000000000000000000000000000000000000000000000003 "
		"1765290622013 1765290622103\n");
	assert_true(record_state_origin(pieces[0].text, &fixture->arena, &origin));
	assert_string_equal(origin.run_id, "run_1");
	assert_null(origin.previous_commit);
	assert_int_equal(strlen(origin.record), 16);
	assert_true(record_state_origin(pieces[1].text, &fixture->arena, &origin));
	assert_string_equal(origin.previous_commit, FIRST);
	assert_true(record_state_origin("state 1 run_1 -", &fixture->arena, &origin));
	assert_null(origin.record);
	assert_false(record_state_origin("state 2 run_1 -", &fixture->arena, &origin));
	assert_false(record_state_origin("", &fixture->arena, &origin));
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
	assert_non_null(strstr(without_record(fixture, text), "state 1 run_1 -\nrun books"));
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
	assert_non_null(
		strstr(without_record(fixture, state_of(fixture, record, 3)), "state 1 run_1 -\n"));
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

/* Whatever of it: a text of our own with another line in it, as of a record of its own. */
static bool rebuild_with(struct fixture *fixture, const char *text, struct run *run)
{
	const struct run_state_piece piece = {FIRST, "0", "one", text};
	struct rebuilt_run rebuilt;
	struct run_verdict verdict;
	struct record *record;
	bool done;

	fixture->state = path_join(&fixture->arena, fixture->folder, "changed");
	path_remove(fixture->state, &fixture->error);
	record = open_record(fixture, RECORD_MEND);
	done = record_rebuild_run(record, &piece, 1, &fixture->arena, &rebuilt, &fixture->error);
	if (done) {
		read_run(fixture, record, run);
		must(fixture, record_check_run(record, "run_1", &verdict, &fixture->error));
		assert_null(verdict.what);
	}
	record_close(record);
	return done;
}

#define DONE " 0000000000000000000000000000000000000000000000000000000000000007 1 2\n"
#define HEAD "state 1 run_1 -\nrun books pipeline.yaml steps waves 4 1 abc main 6\n"

static void test_unreadable_lines_lose_their_step(void **state)
{
	static const struct {
		const char *lines;
		uint32_t done_count;
	} cases[] = {
		{"done a" DONE "done b" DONE, 2},
		{"done a" DONE "done b 00 1 2\ndone c" DONE, 2},
		{"done a" DONE "done b\n", 1},
		{"done a" DONE "*** b" DONE, 1},
		{"done a" DONE "done\nartifact x y 1 0 1 00\n", 1},
		{"done a" DONE "done b" DONE "artifact x y 1 0 1 00\n", 1},
		{"done a" DONE "done b" DONE "artifact x\n", 1},
		{"done a" DONE "artifact x\ndone b" DONE, 1},
		/* What it was before is not true any more either. */
		{"done a" DONE "done b" DONE "done a 00 1 2\n", 1},
		{"checkpoint 1\ndone a" DONE, 1},
	};
	struct fixture *fixture = *state;
	struct run run;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *text = arena_format(&fixture->arena, HEAD "%s", cases[i].lines);

		if (!rebuild_with(fixture, text, &run))
			fail_msg("%s: %s", text, fixture->error.text);
		if (run.step_count != cases[i].done_count)
			fail_msg("%s: %u steps", text, run.step_count);
		assert_string_equal(run.steps[0].name, run.steps[0].id);
	}
	assert_false(rebuild_with(fixture, HEAD "done a" DONE "undone\n", &run));
	assert_int_equal(fixture->error.code, ERROR_RUN_UNKNOWN);
	assert_false(rebuild_with(fixture, "state 1 run_1 -\nrun books\ndone a" DONE, &run));
}

/* Secrets go out of names; words of the format, numbers and hashes stay whatever they are. */
static void test_only_names_are_masked(void **state)
{
	struct fixture *fixture = *state;
	struct mask_secret secrets[] = {{.value = "done"}, {.value = "step"}, {.value = "0000"},
		{.value = "pipeline"}, {.value = "main"}, {.value = "a name%\n"}};
	struct mask *mask = mask_new(secrets, sizeof secrets / sizeof *secrets);
	struct state_parameter parameter;
	struct run_state_extras extras = {mask, &parameter, 1};
	struct state_parameter *told;
	struct record *record = open_record(fixture, RECORD_WRITE);
	const char *text;

	state_parameter_fill(&parameter, "run_1", "a b", "secret");
	begin_run(fixture, record, "run_1");
	must(fixture, take_plain(fixture, record, EVENT_PIPELINE_STARTED, 0));
	do_step(fixture, record, 1);
	must(fixture, record_flush(record, false, &fixture->error));
	text = state_with(fixture, record, 1, &extras);
	assert_string_equal(without_record(fixture, text),
		arena_format(&fixture->arena,
			"state 1 run_1 -\n"
			"run books pipeline.yaml steps waves 4 1765290622000 abc *** 6\n"
			"parameter a%%20b %s\n"
			"checkpoint 1 wave 0 0\n"
			"done ***-1 0000000000000000000000000000000000000000000000000000000000000001 "
			"1765290622011 1765290622101\n"
			"artifact *** ***-1/- 2 1 7 "
			"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n",
			parameter.digest));
	assert_int_equal(record_state_parameters(text, &fixture->arena, &told), 1);
	assert_string_equal(told[0].name, "a b");
	assert_string_equal(told[0].digest, parameter.digest);
	state_parameter_fill(&parameter, "run_2", "a b", "secret");
	assert_string_not_equal(told[0].digest, parameter.digest);
	record_close(record);
	mask_free(mask);
}

static const char *author_of(struct fixture *fixture, struct record *record)
{
	struct run_state_origin origin;
	const char *text = state_of(fixture, record, 9);

	assert_true(record_state_origin(text, &fixture->arena, &origin));
	return origin.record;
}

static bool is_author(struct fixture *fixture, struct record *record, const char *identity)
{
	bool is = false;

	must(fixture, record_is_author(record, identity, &is, &fixture->error));
	return is;
}

static void copy_file(struct fixture *fixture, const char *to, const char *name)
{
	const char *from = path_join(&fixture->arena, fixture->state, name);
	struct buffer bytes = BUFFER_INIT;

	must(fixture, folder_make(to, &fixture->error));
	must(fixture, file_read(from, 1 << 24, &bytes, &fixture->error));
	must(fixture, file_write_atomic(path_join(&fixture->arena, to, name), bytes.bytes,
			      bytes.size, &fixture->error));
	buffer_release(&bytes);
}

static void test_a_copy_is_another_record(void **state)
{
	struct fixture *fixture = *state;
	struct record *record = open_record(fixture, RECORD_WRITE);
	const char *first, *second;
	const char *copy = path_join(&fixture->arena, fixture->folder, "copy");

	begin_run(fixture, record, "run_1");
	assert_false(is_author(fixture, record, NULL));
	assert_false(is_author(fixture, record, ""));
	first = author_of(fixture, record);
	assert_true(is_author(fixture, record, first));
	record_close(record);
	copy_file(fixture, copy, "state.db");
	copy_file(fixture, copy, "state.db.id");
	record = open_record(fixture, RECORD_WRITE);
	assert_true(is_author(fixture, record, first));
	assert_string_equal(author_of(fixture, record), first);
	record_close(record);
	fixture->state = copy;
	record = open_record(fixture, RECORD_WRITE);
	assert_false(is_author(fixture, record, first));
	second = author_of(fixture, record);
	assert_string_not_equal(first, second);
	record_close(record);
	/* Moved, it stays who it is. */
	fixture->state = path_join(&fixture->arena, fixture->folder, "moved");
	assert_int_equal(rename(copy, fixture->state), 0);
	record = open_record(fixture, RECORD_MEND);
	assert_true(is_author(fixture, record, second));
	/* One that is begun in the place of a damaged one is not who that was. */
	must(fixture, record_set_aside(record, "damaged", &fixture->error));
	assert_false(is_author(fixture, record, second));
	record_close(record);
}

/* A run that went on elsewhere: what was on record keeps its rows, and all of it fits its seals. */
static void test_a_run_that_is_on_record(void **state)
{
	struct fixture *fixture = *state;
	struct run_state_piece pieces[2];
	struct rebuilt_run rebuilt;
	struct run_verdict verdict;
	struct record *record;
	struct run run;
	struct run_state_piece broken = {FIRST, "0", "one", "state 1 run_1 -\nrun books\n"};
	static const char *const ids[] = {"run_1", "run_1_before", "run_1_before_2"};

	make_pieces(fixture, pieces);
	record = open_record(fixture, RECORD_MEND);
	assert_false(
		record_rebuild_run(record, &broken, 1, &fixture->arena, &rebuilt, &fixture->error));
	must(fixture, record_read_run(record, "run_1", &fixture->arena, &run, &fixture->error));
	assert_int_equal(run.state, STATE_RUNNING);
	for (size_t i = 1; i < 3; i++) {
		must(fixture, record_rebuild_run(record, pieces, 2, &fixture->arena, &rebuilt,
				      &fixture->error));
		assert_string_equal(rebuilt.former_id, ids[i]);
	}
	for (size_t i = 0; i < 3; i++) {
		must(fixture, record_check_run(record, ids[i], &verdict, &fixture->error));
		assert_null(verdict.what);
	}
	must(fixture,
		record_read_run(record, "run_1_before", &fixture->arena, &run, &fixture->error));
	assert_int_equal(run.step_count, 6);
	read_run(fixture, record, &run);
	assert_int_equal(run.step_count, 3);
	assert_int_equal(run.state, STATE_INTERRUPTED);
	record_close(record);
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
		cmocka_unit_test_setup_teardown(
			test_unreadable_lines_lose_their_step, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			test_only_names_are_masked, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			test_a_copy_is_another_record, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			test_a_run_that_is_on_record, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
