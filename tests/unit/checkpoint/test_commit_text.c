/* What a commit says of its run's state goes with it and is read back, by nobody by accident. */
#include "checkpoint/checkpoint_run.h"
#include "checkpoint/commit_text.h"

#define LINES "state 1 run-1 -\n done one\nwith spaces  and \xc3\xa9\n\nlast"

struct telling {
	const char *lines;
	unsigned calls;
};

static bool append(void *context, const struct checkpoint_request *request, struct buffer *lines,
	struct error *error)
{
	struct telling *telling = context;

	telling->calls++;
	ASSERT_TEXT(request->run_id, "run-1");
	if (!telling->lines)
		return error_set(error, ERROR_DATABASE, "nothing is known");
	buffer_append_text(lines, telling->lines);
	return true;
}

static bool save(struct checkpointer *checkpointer, struct telling *telling,
	struct checkpoint *checkpoint, struct error *error)
{
	struct checkpoint_request request = {.trigger = TRIGGER_WAVE,
		.number = 1,
		.wave = 0,
		.run_id = "run-1",
		.subject = "one wave",
		.append_state = append,
		.state_context = telling};

	return checkpointer_prepare(checkpointer, &request, checkpoint, error) &&
	       checkpointer_publish(checkpointer, checkpoint, error);
}

static void test_round_trip(void **state)
{
	struct rig rig;
	struct telling telling = {LINES "\n", 0};
	struct checkpoint checkpoint = {0};
	struct checkpointer *checkpointer;
	struct commit_reader *reader = NULL;
	struct commit_words words;
	struct error error = {0};

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	checkpointer = run_open(&rig, &(struct run_options){0});
	rig_shell(&rig, "repo", "echo changed >src/one.txt");
	assert_true(save(checkpointer, &telling, &checkpoint, &error));
	ASSERT_TEXT(rig_shell(&rig, "repo", "git log -1 --format=%%B"),
		"one wave\n\nWavetrain-Run: run-1\nWavetrain-Wave: 0\nWavetrain-Trigger: wave");
	assert_true(
		commit_reader_open(path_join(&rig.arena, rig.folder, "repo/src"), &reader, &error));
	assert_true(commit_reader_run(reader, "run-1", &rig.arena, &words));
	ASSERT_TEXT(words.state, LINES);
	ASSERT_TEXT(words.subject, "one wave");
	ASSERT_TEXT(words.id, rig_shell(&rig, "repo", "git rev-parse main"));
	ASSERT_TEXT(words.parent, rig_shell(&rig, "repo", "git rev-parse main~1"));
	assert_true(commit_reader_commit(reader, words.parent, &rig.arena, &words));
	assert_null(words.state);
	assert_null(words.parent);
	assert_false(commit_reader_run(reader, "run-2", &rig.arena, &words));
	assert_false(commit_reader_run(reader, "../../heads/ma in", &rig.arena, &words));
	assert_false(commit_reader_commit(reader, "abc", &rig.arena, &words));
	commit_reader_close(reader);
	checkpoint.commit = arena_copy_text(&rig.arena, checkpoint.commit);
	checkpointer_close(checkpointer);
	/* Another clone has it too. */
	rig_shell(&rig, "", "git clone -q repo other");
	assert_true(
		commit_reader_open(path_join(&rig.arena, rig.folder, "other"), &reader, &error));
	assert_true(commit_reader_commit(reader, checkpoint.commit, &rig.arena, &words));
	ASSERT_TEXT(words.state, LINES);
	commit_reader_close(reader);
	rig_close(&rig);
}

/* Asked only when there is something to commit; what cannot be told is no commit. */
static void test_when_it_is_asked(void **state)
{
	struct rig rig;
	struct telling telling = {NULL, 0};
	struct checkpoint checkpoint = {0};
	struct checkpointer *checkpointer;
	struct error error = {0};

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	checkpointer = run_open(&rig, &(struct run_options){0});
	assert_true(save(checkpointer, &telling, &checkpoint, &error));
	assert_null(checkpoint.commit);
	assert_int_equal(telling.calls, 0);
	rig_shell(&rig, "repo", "echo changed >src/one.txt");
	assert_false(save(checkpointer, &telling, &checkpoint, &error));
	assert_int_equal(error.code, ERROR_DATABASE);
	ASSERT_TEXT(rig_shell(&rig, "repo", "git rev-list --count HEAD"), "1");
	telling.lines = "";
	assert_true(save(checkpointer, &telling, &checkpoint, &error));
	ASSERT_TEXT(rig_shell(&rig, "repo", "git cat-file -p HEAD | grep -c wavetrain-state || :"),
		"0");
	checkpointer_close(checkpointer);
	rig_close(&rig);
}

static void test_no_repository(void **state)
{
	struct rig rig;
	struct commit_reader *reader = NULL;
	struct commit_words words;
	struct error error = {0};

	(void)state;
	rig_open(&rig);
	setenv("GIT_CEILING_DIRECTORIES", rig.folder, 1);
	assert_true(commit_reader_open(path_join(&rig.arena, rig.folder, "run"), &reader, &error));
	assert_null(reader);
	assert_false(commit_reader_run(reader, "run-1", &rig.arena, &words));
	commit_reader_close(reader);
	unsetenv("GIT_CEILING_DIRECTORIES");
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_when_it_is_asked),
		cmocka_unit_test(test_no_repository),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
