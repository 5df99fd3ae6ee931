#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/index.h"
#include "cli/command.h"
#include "cmocka_all.h"

extern const struct cli_command cmd_component;

struct usage_case {
	const char *arguments[4];
	const char *complaint;
};

static const struct usage_case usage_cases[] = {
	{{NULL}, "component takes 'run' or the name of a built-in"},
	{{"run"}, "component run takes a program after '--'"},
	{{"json", "x"}, "component json takes no argument 'x'"},
};

/* The options as they are typed go into the command's own struct. */
static int run_command(const char *const *words, uint32_t count, const char *const *environment,
	struct arena *arena, struct error *error)
{
	void *values = arena_allocate(arena, cmd_component.options_size);
	const struct option_table table = {cmd_component.options, cmd_component.option_count};
	const struct option_request request = {.command = "component",
		.tables = &table,
		.targets = &values,
		.table_count = 1,
		.arena = arena};
	struct cli cli = {.environment = environment, .arena = arena};
	const char **arguments = ARENA_ARRAY(arena, const char *, count + 1);
	if (count)
		memcpy(arguments, words, count * sizeof *words);
	if (!option_parse(&request, arguments, &count, error))
		return -1;
	arguments[count] = NULL;
	return cmd_component.run(&cli, values, arguments, error);
}

static void wrong_words_are_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(usage_cases); i++) {
		static const char *const environment[] = {NULL};
		struct arena arena = {0};
		struct error error = {0};
		uint32_t count = 0;
		while (usage_cases[i].arguments[count])
			count++;
		assert_int_equal(
			run_command(usage_cases[i].arguments, count, environment, &arena, &error),
			-1);
		assert_int_equal(error.code, ERROR_USAGE);
		assert_string_equal(error.text, usage_cases[i].complaint);
		arena_release(&arena);
	}
}

static void every_option_reaches_the_program(void **state)
{
	char root[] = "/tmp/wavetrain-command-XXXXXX";
	struct arena arena = {0};
	struct error error = {0};
	struct buffer kept = BUFFER_INIT;
	(void)state;
	assert_non_null(mkdtemp(root));
	const char *input = arena_format(&arena, "%s/a.json", root);
	const char *environment[] = {arena_format(&arena, "WAVETRAIN_INPUT=%s", root),
		arena_format(&arena, "WAVETRAIN_OUTPUT=%s", root), "PATH=/usr/bin:/bin", NULL};
	const char *const words[] = {"run", "--keep", "x", "--message", "--schema", "s:1.0.0",
		"--merge", "b,a", "--stdin", input, "--", "sh", "-c",
		"read line; test \"$line\" = '[1]' && test \"$1\" = --keep && exec >&2 && "
		"cp $WAVETRAIN_INPUT/merged.json $WAVETRAIN_OUTPUT/x.json",
		"sh", "--keep"};
	assert_true(file_write_atomic(input, "[1]\n", 4, &error));
	assert_true(file_write_atomic(arena_format(&arena, "%s/b.json", root), "[2]\n", 4, &error));
	assert_int_equal(run_command(words, ARRAY_LENGTH(words), environment, &arena, &error), 0);
	assert_true(file_read(arena_format(&arena, "%s/x.json", root), 1000, &kept, &error));
	assert_string_equal(buffer_text(&kept),
		"{\"schema\":\"s:1.0.0\",\"content\":[2,1],\"metadata\":{\"merged_from\":[\"b\","
		"\"a\"]}}\n");
	buffer_release(&kept);
	assert_true(path_remove(root, &error));
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_words_are_named),
		cmocka_unit_test(every_option_reaches_the_program),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
