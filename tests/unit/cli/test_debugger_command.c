#include "cli/debugger_command.h"

#include <string.h>

#include "base/arena.h"
#include "base/index.h"
#include "base/text.h"
#include "cmocka_all.h"

#define BOTH (DEBUG_BEFORE | DEBUG_AFTER)

static void test_what_is_understood(void **state)
{
	static const struct {
		const char *line;
		enum debug_moment moment;
		enum debugger_verb verb;
		const char *argument;
		uint8_t moments;
	} cases[] = {
		{"continue", DEBUG_BEFORE, VERB_CONTINUE, NULL, 0},
		{"  c\t", DEBUG_AFTER, VERB_CONTINUE, NULL, 0},
		{"step", DEBUG_BEFORE, VERB_NEXT, NULL, 0},
		{"n", DEBUG_BEFORE, VERB_NEXT, NULL, 0},
		{"inspect", DEBUG_AFTER, VERB_INSPECT, NULL, 0},
		{"i build.all the rest ", DEBUG_AFTER, VERB_INSPECT, "build.all the rest", 0},
		{"skip", DEBUG_BEFORE, VERB_SKIP, NULL, 0},
		{"retry", DEBUG_AFTER, VERB_RETRY, NULL, 0},
		{"shell", DEBUG_AFTER, VERB_SHELL, NULL, 0},
		{"sh  echo 'a  b' \r", DEBUG_AFTER, VERB_SHELL, "echo 'a  b'", 0},
		{"break a", DEBUG_BEFORE, VERB_BREAK, "a", BOTH},
		{"b a  both", DEBUG_BEFORE, VERB_BREAK, "a", BOTH},
		{"b a before", DEBUG_BEFORE, VERB_BREAK, "a", DEBUG_BEFORE},
		{"delete a\tafter ", DEBUG_AFTER, VERB_DELETE, "a", DEBUG_AFTER},
		{"?", DEBUG_AFTER, VERB_HELP, NULL, 0},
		{"q", DEBUG_AFTER, VERB_QUIT, NULL, 0},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct arena arena = {0};
		struct debugger_command command;
		struct error error = {0};
		assert_true(debugger_command_parse(
			cases[i].line, cases[i].moment, &arena, &command, &error));
		assert_int_equal(command.verb, cases[i].verb);
		assert_int_equal(command.moments, cases[i].moments);
		assert_true(text_equal(command.argument, cases[i].argument));
		arena_release(&arena);
	}
}

static void test_what_is_refused(void **state)
{
	static const struct {
		const char *line;
		enum debug_moment moment;
		const char *text;
		const char *hint;
	} cases[] = {
		{"contniue", DEBUG_BEFORE, "there is no command 'contniue'",
			"did you mean 'continue'?"},
		{"xyzzy", DEBUG_BEFORE, "there is no command 'xyzzy'", "'help' lists the commands"},
		{"skip", DEBUG_AFTER,
			"'skip' is for a stop before a step, and this one is after it",
			"'retry' runs it once more"},
		{"r", DEBUG_BEFORE, "'retry' is for a stop after a step, and this one is before it",
			"'skip' leaves the step out"},
		{"next 3", DEBUG_BEFORE, "'next' takes nothing behind it", ""},
		{"break ", DEBUG_BEFORE, "'break' needs the id of a step", ""},
		{"break a between", DEBUG_BEFORE,
			"a breakpoint is 'before', 'after' or 'both', not 'between'", ""},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct arena arena = {0};
		struct debugger_command command;
		struct error error = {0};
		assert_false(debugger_command_parse(
			cases[i].line, cases[i].moment, &arena, &command, &error));
		assert_int_equal(error.code, ERROR_USAGE);
		assert_string_equal(error.text, cases[i].text);
		assert_string_equal(error.hint, cases[i].hint);
		arena_release(&arena);
	}
}

static void test_nothing_to_do(void **state)
{
	(void)state;
	assert_true(debugger_line_is_empty(""));
	assert_true(debugger_line_is_empty(" \t\r"));
	assert_true(debugger_line_is_empty("  # next"));
	assert_false(debugger_line_is_empty("next # no"));
}

static const char *const steps[] = {"build", "build-all", "prüfen", "prügel"};
static const char *const artifacts[] = {"all", "build.all"};
static const struct debugger_names names = {
	steps, ARRAY_LENGTH(steps), artifacts, ARRAY_LENGTH(artifacts)};

static void test_completion(void **state)
{
	static const struct {
		const char *line;
		size_t start;
		uint32_t count;
		const char *becomes; /* the word, as far as it is sure */
	} cases[] = {
		{"", 0, VERB_COUNT, ""},
		{"con", 0, 1, "continue"},
		{" br", 1, 2, "break"},
		{"breakp", 0, 1, "breakpoints"},
		{"zzz", 0, 0, NULL},
		{"break ", 6, 4, ""},
		{"break  bui", 7, 2, "build"},
		{"d build-", 2, 1, "build-all"},
		{"d build-all b", 2, 0, NULL},
		{"i b", 2, 1, "build.all"},
		{"i ", 2, 2, ""},
		{"c b", 2, 0, NULL},
		/* ü is two bytes, f and g follow it. */
		{"break p", 6, 2, "prü"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct arena arena = {0};
		struct debugger_completion completion;
		debugger_complete(cases[i].line, &names, &arena, &completion);
		assert_int_equal(completion.start, cases[i].start);
		assert_int_equal(completion.count, cases[i].count);
		if (completion.count)
			assert_string_equal(
				arena_copy_bytes(&arena, completion.words[0], completion.common),
				cases[i].becomes);
		arena_release(&arena);
	}
}

static void test_completion_cuts_no_character(void **state)
{
	/* U+00FC and U+00FD share their first byte. */
	static const char *const alike[] = {"a\xc3\xbc", "a\xc3\xbd"};
	static const struct debugger_names few = {alike, 2, NULL, 0};
	struct arena arena = {0};
	struct debugger_completion completion;
	(void)state;
	debugger_complete("break a", &few, &arena, &completion);
	assert_int_equal(completion.count, 2);
	assert_int_equal(completion.common, 1);
	arena_release(&arena);
}

/* No word hides another: each name and alias means one command. */
static void test_words_are_unique(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < VERB_COUNT; i++) {
		const struct debugger_word *row = &debugger_words[i];
		const char *own[] = {row->name, row->aliases[0], row->aliases[1]};
		for (size_t j = 0; j < ARRAY_LENGTH(own); j++) {
			struct arena arena = {0};
			struct debugger_command command;
			struct error error = {0};
			if (!own[j])
				continue;
			const char *line = arena_format(&arena, "%s x", own[j]);
			enum debug_moment moment =
				row->moments & DEBUG_BEFORE ? DEBUG_BEFORE : DEBUG_AFTER;
			debugger_command_parse(line, moment, &arena, &command, &error);
			assert_int_equal(command.verb, i);
			arena_release(&arena);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_understood),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_nothing_to_do),
		cmocka_unit_test(test_completion),
		cmocka_unit_test(test_completion_cuts_no_character),
		cmocka_unit_test(test_words_are_unique),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
