#include "component_rig.h"

struct property_case {
	const char *type;
	const char *properties;
	const char *complaint; /* NULL: they are right */
	const char *hint;
};

static const struct property_case property_cases[] = {
	{"filesystem", "{\"path\": \"src\"}", NULL, ""},
	{"filesystem",
		"{\"path\": \"src\", \"include\": \"*.c\", \"exclude\": [\"a\", \"b\"], "
		"\"max_files\": \"10\", \"max_bytes\": \"10MB\"}",
		NULL, ""},
	{"filesystem", "{\"path\": \"x\", \"max_files\": 3, \"max_bytes\": 4}", NULL, ""},
	{"filesystem", "{}", "'filesystem' needs the property 'path'", ""},
	{"filesystem", NULL, "'filesystem' needs the property 'path'", ""},
	{"filesystem", "[]", "'properties' of 'filesystem' must be an object", ""},
	{"filesystem", "{",
		"'properties' is not JSON: line 1, column 1: string or '}' expected "
		"near end of file",
		""},
	{"filesystem", "{\"path\": \"\"}", "'path' of 'filesystem' must be a text", ""},
	{"filesystem", "{\"path\": \"x\", \"include\": [1]}",
		"'include' of 'filesystem' must be a text or a list of texts", ""},
	{"filesystem", "{\"path\": \"x\", \"include\": []}",
		"'include' of 'filesystem' must be a text or a list of texts", ""},
	{"filesystem", "{\"path\": \"x\", \"max_files\": 0}",
		"'max_files' of 'filesystem' must be a whole number from 1", ""},
	{"filesystem", "{\"path\": \"x\", \"max_bytes\": \"many\"}",
		"'max_bytes' of 'filesystem' must be a size such as 10MB", ""},
	{"filesystem", "{\"path\": \"x\", \"max_file\": 1}",
		"'filesystem' has no property 'max_file', it takes path, include, exclude, "
		"max_files, max_bytes, encoding",
		"did you mean 'max_files'?"},
	{"json", "{\"value\": null}", NULL, ""},
	{"json", "{\"path\": \"x.json\"}", NULL, ""},
	{"json", "{}", "'json' needs one of the properties 'path' and 'value'", ""},
	{"json", "{\"path\": \"x\", \"value\": 1}",
		"'json' needs one of the properties 'path' and 'value'", ""},
	{"command", "{\"run\": [\"ls\", \"-l\"]}", NULL, ""},
	{"command", "{\"runs\": \"ls\"}", "'command' has no property 'runs', it takes run",
		"did you mean 'run'?"},
	{"merge", "{}", NULL, ""},
	{"merg", "{}", "there is no built-in component 'merg'", "did you mean 'merge'?"},
	{"database", "{}", "there is no built-in component 'database'", ""},
};

static void wrong_properties_are_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(property_cases); i++) {
		const struct property_case *now = &property_cases[i];
		struct error error = {0};
		bool is_right = component_builtin_check(now->type, now->properties, &error);
		assert_string_equal(error.text, now->complaint ? now->complaint : "");
		assert_string_equal(error.hint, now->hint);
		assert_int_equal(is_right, now->complaint == NULL);
	}
}

static void every_built_in_says_what_it_does(void **state)
{
	(void)state;
	for (size_t i = 0; component_builtin_names[i]; i++)
		assert_non_null(component_builtin_summary(component_builtin_names[i]));
	assert_null(component_builtin_summary("database"));
}

struct run_case {
	const char *type;
	const char *properties;
	int status;
	const char *message; /* output/x.json; NULL: none */
	const char *complaint;
};

#define FILES(count, rest, list)                                                                   \
	"{\"schema\":\"s:1.0.0\",\"content\":[" list "],\"metadata\":{\"file_count\":" count       \
	",\"left_out\":" rest "}}\n"
#define A_TXT "{\"path\":\"a.txt\",\"size_bytes\":5,\"content\":\"na\xc3\xafv\"}"
#define B_BIN "{\"path\":\"b.bin\",\"size_bytes\":3,\"base64\":\"/wAK\"}"
#define D_MD "{\"path\":\"d/e/x.md\",\"size_bytes\":0,\"content\":\"\"}"
#define ENV "{\"path\":\".env\",\"size_bytes\":2,\"content\":\"A\\n\"}"
#define MESSAGE(content) "{\"schema\":\"s:1.0.0\",\"content\":" content ",\"metadata\":{}}\n"

#define TEN_BRACKETS "[[[[[[[[[["
#define HUNDRED_BRACKETS                                                                           \
	TEN_BRACKETS TEN_BRACKETS TEN_BRACKETS TEN_BRACKETS TEN_BRACKETS TEN_BRACKETS TEN_BRACKETS \
		TEN_BRACKETS TEN_BRACKETS TEN_BRACKETS
#define MANY_BRACKETS                                                                              \
	HUNDRED_BRACKETS HUNDRED_BRACKETS HUNDRED_BRACKETS HUNDRED_BRACKETS HUNDRED_BRACKETS       \
		HUNDRED_BRACKETS

static const struct run_case run_cases[] = {
	{"filesystem", "{\"path\":\"tree\"}", 0, FILES("4", "0", ENV "," A_TXT "," B_BIN "," D_MD),
		""},
	{"filesystem", "{\"path\":\"tree\",\"include\":[\"*.txt\",\"**/*.md\"]}", 0,
		FILES("2", "0", A_TXT "," D_MD), ""},
	{"filesystem", "{\"path\":\"tree\",\"include\":\"*\"}", 0, FILES("2", "0", A_TXT "," B_BIN),
		""},
	{"filesystem", "{\"path\":\"tree\",\"include\":\".e*\"}", 0, FILES("1", "0", ENV), ""},
	{"filesystem", "{\"path\":\"tree\",\"exclude\":[\"d\",\".*\"]}", 0,
		FILES("2", "0", A_TXT "," B_BIN), ""},
	{"filesystem", "{\"path\":\"tree\",\"exclude\":\"**/x.*\",\"max_files\":2}", 0,
		FILES("2", "1", ENV "," A_TXT), ""},
	{"filesystem", "{\"path\":\"tree\",\"include\":\"none/*\"}", 0, FILES("0", "0", ""), ""},
	{"filesystem", "{\"path\":\"tree/a.txt\"}", 0, FILES("1", "0", A_TXT), ""},
	{"filesystem", "{\"path\":\"tree\",\"max_bytes\":10}", 0,
		FILES("4", "0", ENV "," A_TXT "," B_BIN "," D_MD), ""},
	{"filesystem", "{\"path\":\"tree\",\"max_bytes\":9}", 1, NULL,
		"wavetrain: the files are more than 9 bytes together, reached at 'b.bin': narrow "
		"'include', or raise 'max_bytes'\n"},
	{"filesystem", "{\"path\":\"nowhere\"}", 1, NULL,
		"wavetrain: cannot open 'nowhere': No such file or directory\n"},
	{"filesystem", "{\"root\":\"tree\"}", 2, NULL,
		"wavetrain: 'filesystem' has no property 'root', it takes path, include, exclude, "
		"max_files, max_bytes, encoding\n"},
	{"json", "{\"path\":\"data.json\"}", 0, MESSAGE("{\"rows\":[1,2]}"), ""},
	{"json", "{\"value\":\"inline\"}", 0, MESSAGE("\"inline\""), ""},
	{"json", "{\"path\":\"tree/a.txt\"}", 1, NULL,
		"wavetrain: 'tree/a.txt' is not JSON: line 1, column 2: invalid token near "
		"'na'\n"},
	{"json", "{\"path\":\"none.json\"}", 1, NULL,
		"wavetrain: cannot open 'none.json': No such file or directory\n"},
	{"command", "{\"run\":\"echo '{\\\"a\\\": 1}'\"}", 0, MESSAGE("{\"a\":1}"), ""},
	{"command", "{\"run\":\"echo two; echo lines; echo\"}", 0, MESSAGE("\"two\\nlines\""), ""},
	/* What is JSON never becomes a text. */
	{"command", "{\"run\":\"echo '{\\\"id\\\": 12345678901234567890}'\"}", 1, NULL,
		"wavetrain: the standard output is JSON that cannot be read: line 1, column 27: "
		"too big integer near '12345678901234567890'\n"},
	{"command", "{\"run\":\"echo '{\\\"a\\\": 1, \\\"a\\\": 2}'\"}", 1, NULL,
		"wavetrain: the standard output is JSON that cannot be read: line 1, column 12: "
		"duplicate object key near '\"a\"'\n"},
	{"command", "{\"run\":\"head -c 600 /dev/zero | tr '\\\\0' '['\"}", 1, NULL,
		"wavetrain: the standard output: line 1, column 513: nested more than 512 deep\n"},
	{"command", "{\"run\":\"printf '[INFO] '; head -c 600 /dev/zero | tr '\\\\0' '['\"}", 0,
		MESSAGE("\"[INFO] " MANY_BRACKETS "\""), ""},
	{"command", "{\"run\":\"echo 12345678901234567890 bottles\"}", 0,
		MESSAGE("\"12345678901234567890 bottles\""), ""},
	{"command",
		"{\"run\":\"echo no; head -c 600 /dev/zero | tr '\\\\0' '[' | wc -c; echo '{'\"}",
		0, MESSAGE("\"no\\n600\\n{\""), ""},
	{"command", "{\"run\":[\"printf\",\"%s\",\"$HOME a\"]}", 0, MESSAGE("\"$HOME a\""), ""},
	{"command", "{\"run\":\"cat; true\"}", 0, MESSAGE("\"\""), ""},
	{"command", "{\"run\":\"false; echo not reached\"}", 1, NULL,
		"wavetrain: the command ended with exit status 1\n"},
	{"command", "{\"run\":\"exit 75\"}", 75, NULL,
		"wavetrain: the command ended with exit status 75\n"},
	{"command", "{\"run\":\"kill -9 $$\"}", 1, NULL,
		"wavetrain: the command was ended by signal 9\n"},
	{"command", "{\"run\":[\"no-such-program-at-all\"]}", 127, NULL,
		"wavetrain: cannot start 'no-such-program-at-all': No such file or directory\n"},
	{"command", "{\"run\":\"printf '\\\\377\\\\376'\"}", 1, NULL,
		"wavetrain: the standard output of the command is neither JSON nor text in "
		"UTF-8\n"},
	{"command", "{\"run\":\"echo '{\\\"content\\\":7}' >$WAVETRAIN_OUTPUT/x.json\"}", 0,
		"{\"content\":7,\"schema\":\"s:1.0.0\"}\n", ""},
	{"merge", "{}", 0,
		"{\"schema\":\"s:1.0.0\",\"content\":[1,2,3],\"metadata\":{\"merged_from\":[\"one\","
		"\"two\"]}}\n",
		""},
	{"merge", "{\"inputs\":[\"two\"]}", 0,
		"{\"schema\":\"s:1.0.0\",\"content\":[2,3],\"metadata\":{\"merged_from\":[\"two\"]}}\n",
		""},
	{"merge", "{\"inputs\":\"three\"}", 1, NULL,
		"wavetrain: the input 'three' is not there (inputs are files of "
		"$WAVETRAIN_INPUT)\n"},
};

static void make_tree(struct rig *rig)
{
	rig_put(rig, "work/data.json", "{\"rows\": [1, 2]}");
	rig_put(rig, "work/tree/a.txt", "na\xc3\xafv");
	rig_put(rig, "work/tree/d/e/x.md", "");
	rig_put(rig, "work/tree/.env", "A\n");
	rig_put(rig, "work/tree/.git/config", "not looked at");
	rig_put(rig, "work/tree/d/.wavetrain/x", "not looked at");
	rig_put(rig, "work/outside/secret", "not looked at");
	rig_put(rig, "input/one.json", "{\"schema\":\"s:1.0.0\",\"content\":[1]}");
	rig_put(rig, "input/two.json", "{\"schema\":\"s:1.0.0\",\"content\":[2,3]}");
	struct error error;
	assert_true(file_write_atomic(
		path_join(&rig->arena, rig->work, "tree/b.bin"), "\xff\0\n", 3, &error));
	assert_int_equal(symlink("../outside", path_join(&rig->arena, rig->work, "tree/link")), 0);
	assert_int_equal(symlink("a.txt", path_join(&rig->arena, rig->work, "tree/same.txt")), 0);
	assert_int_equal(mkfifo(path_join(&rig->arena, rig->work, "tree/fifo"), 0600), 0);
}

static void each_makes_its_message(void **state)
{
	struct rig *rig = *state;
	make_tree(rig);
	for (size_t i = 0; i < ARRAY_LENGTH(run_cases); i++) {
		const struct run_case *now = &run_cases[i];
		struct error error;
		assert_true(path_remove(path_join(&rig->arena, rig->output, "x.json"), &error));
		rig->properties = now->properties;
		int status = rig_run(rig, (struct component_call){.type = now->type,
						  .kept_output = "x",
						  .output_is_message = true,
						  .schema = "s:1.0.0"});
		assert_output(rig, "stderr", now->complaint);
		assert_int_equal(status, now->status);
		const char *message = rig_get(rig, "output/x.json");
		if (now->message)
			assert_string_equal(message ? message : "", now->message);
		else
			assert_null(message);
	}
}

static void without_a_file_the_message_is_printed(void **state)
{
	struct rig *rig = *state;
	rig->properties = "{\"value\": [true]}";
	assert_int_equal(rig_run(rig, (struct component_call){.type = "json"}), 0);
	assert_output(rig, "stdout", "{\"schema\":null,\"content\":[true],\"metadata\":{}}\n");
	rig->properties = "{\"run\": \"echo 1\"}";
	assert_int_equal(rig_run(rig, (struct component_call){.type = "command"}), 0);
	assert_output(rig, "stdout", "{\"schema\":null,\"content\":1,\"metadata\":{}}\n");
	assert_int_equal(
		rig_run(rig, (struct component_call){.type = "command", .kept_output = "x"}), 0);
	assert_output(rig, "stdout", "1\n");
}

static void merge_takes_the_names_that_the_call_gives(void **state)
{
	static const char *const names[] = {"two", "one", NULL};
	struct rig *rig = *state;
	make_tree(rig);
	assert_int_equal(
		rig_run(rig, (struct component_call){.type = "merge", .merged_inputs = names}), 0);
	assert_output(rig, "stdout",
		"{\"schema\":\"s:1.0.0\",\"content\":[2,3,1],\"metadata\":{\"merged_from\":[\"two\","
		"\"one\"]}}\n");
	assert_null(rig_get(rig, "input/merged.json"));
	assert_int_equal(rig_run(rig, (struct component_call){.type = "merge",
					      .merged_inputs = names,
					      .schema = "declared:1.0.0"}),
		0);
	assert_output(rig, "stdout",
		"{\"schema\":\"s:1.0.0\",\"content\":[2,3,1],\"metadata\":{\"merged_from\":[\"two\","
		"\"one\"]}}\n");
	rig_put(rig, "input/one.json", "[1]");
	assert_int_equal(rig_run(rig, (struct component_call){.type = "merge",
					      .merged_inputs = names,
					      .schema = "declared:1.0.0"}),
		0);
	assert_output(rig, "stdout",
		"{\"schema\":\"declared:1.0.0\",\"content\":[2,3,1],\"metadata\":{\"merged_from\":"
		"[\"two\",\"one\"]}}\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_properties_are_named),
		cmocka_unit_test(every_built_in_says_what_it_does),
		TEST(each_makes_its_message),
		TEST(without_a_file_the_message_is_printed),
		TEST(merge_takes_the_names_that_the_call_gives),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
