#include "component_rig.h"

#define SHAPE                                                                                      \
	"{\"schema\": \"NAME:1.0.0\", \"content\": \xe2\x80\xa6, \"metadata\": {\xe2\x80\xa6}}"

struct kept_case {
	const char *script;
	bool is_message;
	const char *schema;
	int status;
	const char *kept; /* output/result.json; NULL: none */
	const char *complaint;
};

static const struct kept_case kept_cases[] = {
	{"printf '{\"a\": 1.10}\\n'", false, NULL, 0, "{\"a\": 1.10}\n", ""},
	{"printf 12", false, NULL, 0, "12", ""},
	{"printf hello", false, NULL, 1, NULL,
		"wavetrain: the program's standard output is not JSON: line 1, column 5: invalid "
		"token near 'hello'\n"},
	{"exit 0", false, NULL, 1, NULL,
		"wavetrain: the program's standard output is not JSON: it is empty\n"},
	{"printf '{\"a\":1,\"a\":2}'", false, NULL, 1, NULL,
		"wavetrain: the program's standard output is JSON that cannot be read: line 1, column 10: "
		"duplicate object key near '\"a\"'\n"},
	{"printf '[1'; exit 3", false, NULL, 3, NULL, ""},
	{"echo '{\"schema\":\"s:1.0.0\",\"content\":[1.50]}'", true, "t:1.0.0", 0,
		"{\"schema\":\"s:1.0.0\",\"content\":[1.50]}\n", ""},
	{"echo '{\"content\":[1]}'", true, "t:1.0.0", 0,
		"{\"content\":[1],\"schema\":\"t:1.0.0\"}\n", ""},
	{"echo '{\"content\":null}'", true, NULL, 0, "{\"content\":null}\n", ""},
	{"echo '[1]'", true, NULL, 1, NULL,
		"wavetrain: the program's standard output must be a message, " SHAPE
		", and is an array\n"},
	{"echo '{\"rows\": 1}'", true, NULL, 1, NULL,
		"wavetrain: the program's standard output must be a message, " SHAPE
		", and is an object without 'content'\n"},
	{"echo '{\"content\": 1, \"metdata\": {}}'", true, NULL, 1, NULL,
		"wavetrain: the program's standard output must be a message, " SHAPE
		", and has 'metdata' beside them (did you mean 'metadata'?)\n"},
	{"echo '{\"content\": 1, \"schema\": 2}'", true, NULL, 1, NULL,
		"wavetrain: 'schema' of the program's standard output must be a text and is a "
		"number\n"},
	{"echo '{\"content\": 1, \"metadata\": []}'", true, NULL, 1, NULL,
		"wavetrain: 'metadata' of the program's standard output must be an object and is "
		"an array\n"},
	/* The program's own file wins: what it prints is only log. */
	{"echo log; echo '{\"content\":2}' >$WAVETRAIN_OUTPUT/result.json", true, NULL, 0,
		"{\"content\":2}\n", ""},
	{"echo log; echo '{\"content\":2}' >$WAVETRAIN_OUTPUT/result.json", true, "t:1.0.0", 0,
		"{\"content\":2,\"schema\":\"t:1.0.0\"}\n", ""},
	{"echo log; echo '3' >$WAVETRAIN_OUTPUT/result.json", true, NULL, 1, "3\n",
		"wavetrain: 'result.json' must be a message, " SHAPE ", and is a number\n"},
	{"echo log; echo '{' >$WAVETRAIN_OUTPUT/result.json", false, NULL, 1, "{\n",
		"wavetrain: 'result.json' is not JSON: line 2, column 0: string or '}' expected "
		"near end of file\n"},
	{"echo log; echo text >$WAVETRAIN_OUTPUT/result.txt", false, NULL, 0, NULL, ""},
	{"echo log; echo text >$WAVETRAIN_OUTPUT/result", false, NULL, 0, NULL, ""},
	/* Another output's file is not this one's. */
	{"echo 1; echo text >$WAVETRAIN_OUTPUT/results.json", false, NULL, 0, "1\n", ""},
};

static void what_a_program_prints_is_kept_when_it_is_what_was_promised(void **state)
{
	for (size_t i = 0; i < ARRAY_LENGTH(kept_cases); i++) {
		const struct kept_case *now = &kept_cases[i];
		rig_set_up(state);
		struct rig *rig = *state;
		int status = rig_shell(rig, now->script,
			(struct component_call){.kept_output = "result",
				.output_is_message = now->is_message,
				.schema = now->schema});
		assert_output(rig, "stderr", now->complaint);
		assert_int_equal(status, now->status);
		const char *kept = rig_get(rig, "output/result.json");
		if (now->kept)
			assert_string_equal(kept, now->kept);
		else
			assert_null(kept);
		rig_tear_down(state);
	}
}

static void the_log_has_both_streams_as_they_were(void **state)
{
	struct rig *rig = *state;
	int status = rig_shell(
		rig, "echo '[1,2]'; echo aside >&2", (struct component_call){.kept_output = "x"});
	assert_int_equal(status, 0);
	assert_output(rig, "stdout", "[1,2]\n");
	assert_output(rig, "stderr", "aside\n");
	assert_output(rig, "output/x.json", "[1,2]\n");
}

static void nothing_is_kept_where_nothing_is_asked_for(void **state)
{
	struct rig *rig = *state;
	assert_int_equal(rig_shell(rig, "echo no json; ls -A $WAVETRAIN_OUTPUT; exit 9",
				 (struct component_call){0}),
		9);
	assert_output(rig, "stdout", "no json\n");
	assert_output(rig, "stderr", "");
}

struct stdin_case {
	const char *properties;
	const char *file_content; /* NULL: no file */
	const char *expected;
};

static void standard_input_is_the_properties_or_the_file(void **state)
{
	static const struct stdin_case cases[] = {
		{"{\"a\": 1}", NULL, "{\"a\": 1}"},
		{"{\"a\": 1}", "the task", "the task"},
		{NULL, "the task", "the task"},
		{NULL, NULL, ""},
	};
	struct rig *rig = *state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		rig_put(rig, "task", cases[i].file_content ? cases[i].file_content : "");
		rig->properties = cases[i].properties;
		struct component_call call = {
			.stdin_file = cases[i].file_content
					      ? path_join(&rig->arena, rig->root, "task")
					      : NULL};
		assert_int_equal(rig_shell(rig, "cat", call), 0);
		assert_output(rig, "stdout", cases[i].expected);
	}
	struct component_call call = {.stdin_file = "missing"};
	assert_int_equal(rig_shell(rig, "cat", call), 126);
	assert_output(rig, "stderr",
		"wavetrain: cannot open 'missing' as the standard input: No such file or "
		"directory\n");
}

static void large_properties_do_not_stop_a_program_that_does_not_read(void **state)
{
	struct rig *rig = *state;
	struct buffer text = BUFFER_INIT;
	buffer_append_text(&text, "{\"a\":\"");
	buffer_append_repeated(&text, "x", 100000);
	buffer_append_text(&text, "\"}");
	rig->properties = arena_copy_text(&rig->arena, buffer_text(&text));
	buffer_release(&text);
	assert_int_equal(rig_shell(rig, "echo unread", (struct component_call){0}), 0);
	assert_int_equal(rig_shell(rig, "wc -c", (struct component_call){0}), 0);
	assert_output(rig, "stdout", "100008\n");
}

static void programs_that_cannot_be_started_are_named(void **state)
{
	static const char *const missing[] = {"no-such-program-at-all", NULL};
	static const char *const folder[] = {"./", NULL};
	static const char *const script[] = {"./script", "a b", NULL};
	struct rig *rig = *state;
	assert_int_equal(rig_run(rig, (struct component_call){.arguments = missing}), 127);
	assert_output(rig, "stderr",
		"wavetrain: cannot start 'no-such-program-at-all': No such file or directory\n");
	assert_int_equal(rig_run(rig, (struct component_call){.arguments = folder}), 126);
	assert_output(rig, "stderr", "wavetrain: cannot start './': Permission denied\n");
	rig_put(rig, "work/script", "echo \"[\\\"$1\\\"]\"\n");
	assert_int_equal(chmod(path_join(&rig->arena, rig->work, "script"), 0700), 0);
	assert_int_equal(
		rig_run(rig, (struct component_call){.arguments = script, .kept_output = "x"}), 0);
	assert_output(rig, "output/x.json", "[\"a b\"]\n");
}

static void a_signal_that_ended_the_program_ends_us_too(void **state)
{
	static const int numbers[] = {SIGKILL, SIGTERM, SIGSEGV, SIGPIPE};
	struct rig *rig = *state;
	for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
		const char *script =
			arena_format(&rig->arena, "echo '[]'; kill -%d $$", numbers[i]);
		rig_shell(rig, script, (struct component_call){.kept_output = "x"});
		assert_int_equal(rig->signal, numbers[i]);
		assert_null(rig_get(rig, "output/x.json"));
	}
}

/* The signals arrive while the program writes: it says where it is through a FIFO. */
static void a_stop_signal_loses_nothing_of_a_program_that_finishes(void **state)
{
	struct rig *rig = *state;
	static const char *const arguments[] = {"sh", "-c",
		"trap 'echo 2]; exit 0' TERM; echo [1,; echo $$ $PPID >ready; "
		"while :; do read x <go; done",
		NULL};
	int program = 0;
	int component = 0;
	const char *go = path_join(&rig->arena, rig->work, "go");
	const char *ready = path_join(&rig->arena, rig->work, "ready");
	assert_int_equal(mkfifo(ready, 0600), 0);
	assert_int_equal(mkfifo(go, 0600), 0);
	int gate = open(go, O_RDWR | O_CLOEXEC);
	pid_t id =
		rig_start(rig, (struct component_call){.arguments = arguments, .kept_output = "x"});
	FILE *facts = fopen(ready, "r");
	assert_non_null(facts);
	assert_int_equal(fscanf(facts, "%d %d", &program, &component), 2);
	fclose(facts);
	assert_int_equal(component, id);
	kill(component, SIGTERM);
	kill(component, SIGINT);
	kill(component, SIGHUP);
	kill(program, SIGTERM);
	assert_int_equal(rig_wait(rig, id), 0);
	close(gate);
	assert_output(rig, "output/x.json", "[1,\n2]\n");
}

static void what_stays_in_the_background_is_not_waited_for(void **state)
{
	struct rig *rig = *state;
	int background = 0;
	assert_int_equal(mkfifo(path_join(&rig->arena, rig->work, "never"), 0600), 0);
	/* It holds the output open, and waits for what nobody writes. */
	assert_int_equal(rig_shell(rig, "sh -c 'exec 3<>never; read x <&3' & echo $! >id; echo [3]",
				 (struct component_call){.kept_output = "x"}),
		0);
	assert_output(rig, "output/x.json", "[3]\n");
	assert_int_equal(sscanf(rig_get(rig, "work/id"), "%d", &background), 1);
	assert_int_equal(kill(background, SIGKILL), 0);
}

static void too_much_output_is_an_error_only_when_it_is_the_result(void **state)
{
	struct rig *rig = *state;
	const char *much = "head -c 67108865 /dev/zero | tr '\\0' 1";
	assert_int_equal(rig_shell(rig, much, (struct component_call){.kept_output = "x"}), 1);
	assert_output(rig, "stderr",
		"wavetrain: the program printed more than 64 MiB: a larger result goes into "
		"$WAVETRAIN_OUTPUT/x.json\n");
	struct stat log;
	assert_int_equal(stat(path_join(&rig->arena, rig->root, "stdout"), &log), 0);
	assert_int_equal(log.st_size, 67108865);
	much = "echo '[]' >$WAVETRAIN_OUTPUT/x.json; head -c 67108865 /dev/zero";
	assert_int_equal(rig_shell(rig, much, (struct component_call){.kept_output = "x"}), 0);
}

static void inputs_are_merged_before_the_program_starts(void **state)
{
	static const char *const names[] = {"b", "a", NULL};
	struct rig *rig = *state;
	rig_put(rig, "input/a.json", "{\"schema\":\"s:1.0.0\",\"content\":[1]}");
	rig_put(rig, "input/b.json", "{\"schema\":\"s:1.0.0\",\"content\":[2,3]}");
	assert_int_equal(rig_shell(rig, "cat $WAVETRAIN_INPUT/merged.json",
				 (struct component_call){.merged_inputs = names}),
		0);
	assert_output(rig, "stdout",
		"{\"schema\":\"s:1.0.0\",\"content\":[2,3,1],\"metadata\":{\"merged_from\":"
		"[\"b\",\"a\"]}}\n");
	assert_int_equal(
		rig_shell(rig, "echo ran", (struct component_call){.merged_inputs = names}), 1);
	assert_output(rig, "stderr",
		"wavetrain: an input is called 'merged', which is the name of the merged inputs\n");
	assert_output(rig, "stdout", "");
}

static void without_an_output_folder_nothing_is_run(void **state)
{
	struct rig *rig = *state;
	rig->output = "";
	assert_int_equal(
		rig_shell(rig, "echo ran", (struct component_call){.kept_output = "x"}), 2);
	assert_output(
		rig, "stderr", "wavetrain: 'x' is to be kept, and $WAVETRAIN_OUTPUT is not set\n");
	assert_output(rig, "stdout", "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_program_prints_is_kept_when_it_is_what_was_promised),
		TEST(the_log_has_both_streams_as_they_were),
		TEST(nothing_is_kept_where_nothing_is_asked_for),
		TEST(standard_input_is_the_properties_or_the_file),
		TEST(large_properties_do_not_stop_a_program_that_does_not_read),
		TEST(programs_that_cannot_be_started_are_named),
		TEST(a_signal_that_ended_the_program_ends_us_too),
		TEST(a_stop_signal_loses_nothing_of_a_program_that_finishes),
		TEST(what_stays_in_the_background_is_not_waited_for),
		TEST(too_much_output_is_an_error_only_when_it_is_the_result),
		TEST(inputs_are_merged_before_the_program_starts),
		TEST(without_an_output_folder_nothing_is_run),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
