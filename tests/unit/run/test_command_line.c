#include "run/command_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/index.h"

struct word_case {
	const char *script;
	const char *words; /* joined with '|'; NULL: it takes a shell */
};

static const struct word_case word_cases[] = {
	{"/bin/true", "/bin/true"},
	{"make -j4 all", "make|-j4|all"},
	{"  make\tall \n", "make|all"},
	{"./run.sh a=b --c=d,e x@y:z %1 +2", "./run.sh|a=b|--c=d,e|x@y:z|%1|+2"},
	{"true", "true"},
	{"", NULL},
	{" \n", NULL},
	{"make; make", NULL},
	{"make\nmake", NULL},
	{"A=1 make", NULL},
	{"make $X", NULL},
	{"make *", NULL},
	{"make 'x'", NULL},
	{"make \"x\"", NULL},
	{"make > x", NULL},
	{"make ~", NULL},
	{"make # x", NULL},
	{"make {a,b}", NULL},
	{"make \\x", NULL},
	{"! make", NULL},
	{"echo x", NULL},
	{"cd x", NULL},
	{"exit 3", NULL},
	{".", NULL},
	{":", NULL},
	{"while", NULL},
	{"m\xc3\xa4ke", NULL},
};

static void only_plain_words_go_without_a_shell(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(word_cases); i++) {
		struct arena arena = {0};
		struct buffer joined = BUFFER_INIT;
		const char *const *words = command_line_simple_words(word_cases[i].script, &arena);
		for (size_t j = 0; words && words[j]; j++)
			buffer_printf(&joined, "%s%s", j ? "|" : "", words[j]);
		if (word_cases[i].words)
			assert_string_equal(buffer_text(&joined), word_cases[i].words);
		else if (words)
			fail_msg("'%s' was not left to the shell", word_cases[i].script);
		buffer_release(&joined);
		arena_release(&arena);
	}
}

struct place_case {
	const char *script;
	const char *shell;
	const char *arguments; /* joined with '|' */
};

static const struct place_case place_cases[] = {
	{"ls -l", "sh", "ls|-l"},
	{"ls -l", NULL, "ls|-l"},
	{"ls -l", "bash", "bash|-e|-c|ls -l"},
	{"ls | wc", "sh", "sh|-e|-c|ls | wc"},
	{"x", "bash -u -x", "bash|-u|-x|-e|-c|x"},
};

static void a_script_goes_to_its_shell(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(place_cases); i++) {
		struct arena arena = {0};
		struct program_search search = {0};
		struct command_line line;
		struct error error;
		struct buffer joined = BUFFER_INIT;
		struct command command = {
			.script = place_cases[i].script, .shell = place_cases[i].shell};
		struct command_place place = {
			.search = &search, .path_list = "/usr/bin:/bin", .folder = "/"};
		assert_true(command_line_make(&command, &place, &arena, &line, &error));
		assert_int_equal(line.program[0], '/');
		for (size_t j = 0; line.arguments[j]; j++)
			buffer_printf(&joined, "%s%s", j ? "|" : "", line.arguments[j]);
		assert_string_equal(buffer_text(&joined), place_cases[i].arguments);
		buffer_release(&joined);
		program_search_release(&search);
		arena_release(&arena);
	}
}

static void a_missing_program_is_named(void **state)
{
	struct arena arena = {0};
	struct program_search search = {0};
	struct command_line line;
	struct error error;
	struct command command = {.script = "wavetrain-no-such-thing 1", .shell = "sh"};
	struct command_place place = {.search = &search, .path_list = "/bin", .folder = "/"};
	(void)state;
	assert_false(command_line_make(&command, &place, &arena, &line, &error));
	assert_string_equal(error.text, "program 'wavetrain-no-such-thing' not found in PATH");
	program_search_release(&search);
	arena_release(&arena);
}

static void put_program(struct arena *arena, const char *folder, const char *path, mode_t mode)
{
	struct error error;
	const char *full = path_join(arena, folder, path);
	assert_true(folder_make(path_folder(arena, full), &error));
	assert_true(file_write_atomic(full, "#!/bin/sh\n", 10, &error));
	assert_int_equal(chmod(full, mode), 0);
}

/* A program that appears earlier in PATH is found after forgetting, not before. */
static void places_are_remembered_until_forgotten(void **state)
{
	char folder[] = "/tmp/wavetrain-path-XXXXXX";
	struct arena arena = {0};
	struct program_search search = {0};
	struct error error;
	(void)state;
	assert_non_null(mkdtemp(folder));
	put_program(&arena, folder, "second/tool", 0755);
	put_program(&arena, folder, "first/plain", 0644);
	const char *list = arena_format(&arena, "%s/first:%s/second", folder, folder);
	const char *found = program_search_find(&search, "tool", list, "/", &arena);
	assert_string_equal(found, path_join(&arena, folder, "second/tool"));
	assert_null(program_search_find(&search, "plain", list, "/", &arena));
	put_program(&arena, folder, "first/tool", 0755);
	found = program_search_find(&search, "tool", list, "/", &arena);
	assert_string_equal(found, path_join(&arena, folder, "second/tool"));
	program_search_forget(&search);
	found = program_search_find(&search, "tool", list, "/", &arena);
	assert_string_equal(found, path_join(&arena, folder, "first/tool"));
	found = program_search_find(&search, "tool", "second:first", folder, &arena);
	assert_string_equal(found, path_join(&arena, folder, "second/tool"));
	assert_true(path_remove(folder, &error));
	program_search_release(&search);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_plain_words_go_without_a_shell),
		cmocka_unit_test(a_script_goes_to_its_shell),
		cmocka_unit_test(a_missing_program_is_named),
		cmocka_unit_test(places_are_remembered_until_forgotten),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
