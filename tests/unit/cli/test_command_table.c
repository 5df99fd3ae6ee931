#include <string.h>

#include "base/cleanup.h"
#include "base/index.h"
#include "base/text.h"
#include "cli/batch.h"
#include "cli/command.h"
#include "cmocka_all.h"

static void every_command_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < command_table_length; i++) {
		const struct cli_command *command = command_table[i];
		struct error error = {0};
		assert_ptr_equal(command_find(command->name, &error), command);
		if (command->alias)
			assert_ptr_equal(command_find(command->alias, &error), command);
	}
}

static void the_nearest_command_is_named(void **state)
{
	static const struct {
		const char *typed;
		const char *hint;
	} cases[] = {
		{"stauts", "did you mean 'status'?"},
		{"rnu", "did you mean 'run'?"},
		{"validte", "did you mean 'validate'?"},
		{"RESUME", "'wavetrain help' lists the commands"},
		{"frobnicate", "'wavetrain help' lists the commands"},
		{"", "'wavetrain help' lists the commands"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct error error = {0};
		CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
		assert_null(command_find(cases[i].typed, &error));
		buffer_printf(&text, "there is no command '%s'", cases[i].typed);
		assert_string_equal(error.text, buffer_text(&text));
		assert_string_equal(error.hint, cases[i].hint);
		assert_int_equal(error.code, ERROR_USAGE);
	}
}

static void names_and_aliases_are_unique(void **state)
{
	(void)state;
	for (size_t i = 0; i < command_table_length; i++)
		for (size_t j = 0; j < command_table_length; j++) {
			const struct cli_command *one = command_table[i], *other = command_table[j];
			assert_false(i != j && text_equal(one->name, other->name));
			assert_false(text_equal(one->name, other->alias));
			assert_false(i != j && one->alias && text_equal(one->alias, other->alias));
		}
}

/* A sentence: begins with a capital, ends without a full stop, is one line. */
static void assert_sentence(const char *owner, const char *sentence)
{
	size_t length = sentence ? strlen(sentence) : 0;
	if (length < 8 || sentence[length - 1] == '.' || sentence[length - 1] == ' ')
		fail_msg("%s: '%s'", owner, sentence ? sentence : "(none)");
	if (sentence[0] < 'A' || sentence[0] > 'Z' || strpbrk(sentence, "\n\t"))
		fail_msg("%s: '%s'", owner, sentence);
}

static void assert_row(const char *command, const struct option *option)
{
	if (!option->name || !option->name[0])
		fail_msg("%s: a row without a name: its count is wrong", command);
	assert_sentence(option->name, option->help);
	if (option->name[strspn(option->name, "abcdefghijklmnopqrstuvwxyz-")])
		fail_msg("%s --%s: not in small letters", command, option->name);
	if ((option->kind == OPTION_FLAG) != !option->value_name)
		fail_msg("%s --%s: a value's name for all but flags", command, option->name);
	if ((option->kind == OPTION_CHOICE) != (option->choices != NULL))
		fail_msg("%s --%s: choices for a choice alone", command, option->name);
	if (option->limit && option->kind != OPTION_COUNT)
		fail_msg("%s --%s: a limit for a count alone", command, option->name);
}

static size_t kind_size(enum option_kind kind)
{
	switch (kind) {
	case OPTION_FLAG:
		return sizeof(bool);
	case OPTION_TEXT:
		return sizeof(const char *);
	case OPTION_COUNT:
	case OPTION_CHOICE:
		return sizeof(uint32_t);
	case OPTION_DURATION:
		return sizeof(int64_t);
	case OPTION_TEXTS:
		return sizeof(struct word_list);
	case OPTION_ASSIGNMENT:
		return sizeof(struct assignment_list);
	}
	return SIZE_MAX;
}

/* The fields that options fill lie within the struct and not upon one another. */
static void assert_places(const struct cli_command *command)
{
	for (size_t i = 0; i < command->option_count; i++) {
		const struct option *one = &command->options[i];
		size_t end = one->offset + kind_size(one->kind);
		if (end > command->options_size)
			fail_msg("%s --%s: outside of its struct", command->name, one->name);
		for (size_t j = 0; j < command->option_count; j++) {
			const struct option *other = &command->options[j];
			if (i != j && one->offset < other->offset + kind_size(other->kind) &&
				other->offset < end)
				fail_msg("%s: --%s and --%s share a field", command->name,
					one->name, other->name);
		}
	}
}

static void every_option_is_a_whole_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < command_table_length; i++) {
		const struct cli_command *command = command_table[i];
		assert_int_equal(command->options != NULL, command->option_count != 0);
		assert_true(command->option_count <= 64);
		for (size_t j = 0; j < command->option_count; j++)
			assert_row(command->name, &command->options[j]);
		assert_places(command);
	}
	for (size_t j = 0; j < common_option_count; j++)
		assert_row("common", &common_options[j]);
}

/* The row of a command's own and the common options together. */
static const struct option *row_of(const struct cli_command *command, size_t place)
{
	return place < command->option_count ? &command->options[place]
					     : &common_options[place - command->option_count];
}

static void names_and_letters_are_unique(void **state)
{
	(void)state;
	for (size_t i = 0; i < command_table_length; i++) {
		const struct cli_command *command = command_table[i];
		size_t count = command->option_count + common_option_count;
		for (size_t j = 0; j < count; j++)
			for (size_t k = 0; k < j; k++) {
				const struct option *one = row_of(command, j),
						    *other = row_of(command, k);
				if (text_equal(one->name, other->name))
					fail_msg("%s: two --%s", command->name, one->name);
				if (one->letter && one->letter == other->letter)
					fail_msg("%s: two -%c", command->name, one->letter);
			}
	}
}

/* A bare option must stand for one of its own choices. */
static void implied_values_are_choices(void **state)
{
	uint32_t seen = 0;
	(void)state;
	for (size_t i = 0; i < command_table_length; i++)
		for (size_t j = 0; j < command_table[i]->option_count; j++) {
			const struct option *option = &command_table[i]->options[j];
			bool found = !option->implied || option->kind != OPTION_CHOICE;
			for (size_t k = 0; !found && option->choices[k]; k++)
				found = text_equal(option->choices[k], option->implied);
			assert_true(found);
			seen += option->implied != NULL;
		}
	assert_true(seen > 0);
}

static uint32_t word_count(const char *text)
{
	uint32_t count = 0;
	for (const char *at = text; *at; at++)
		count += *at != ' ' && (at == text || at[-1] == ' ');
	return count;
}

static void every_command_says_what_it_takes(void **state)
{
	(void)state;
	for (size_t i = 0; i < command_table_length; i++) {
		const struct cli_command *command = command_table[i];
		assert_sentence(command->name, command->summary);
		assert_non_null(command->run);
		assert_true(strlen(command->summary) <= 80);
		if (!command->is_internal &&
			word_count(command->arguments) != command->argument_limit)
			fail_msg("%s: '%s' against %u arguments", command->name, command->arguments,
				command->argument_limit);
		if (command->takes_parameters)
			assert_true(command->parameters_offset + sizeof(struct assignment_list) <=
				    command->options_size);
		if (command->example)
			assert_true(text_starts_with(command->example, "wavetrain ") ||
				    strstr(command->example, " wavetrain "));
	}
}

static void assert_behind(const char *name, size_t first_rows, const char *left_out)
{
	struct error error = {0};
	const struct cli_command *command = command_find(name, &error);
	assert_ptr_equal(command->options, batch_options + first_rows);
	assert_int_equal(command->option_count, BATCH_OPTIONS - first_rows);
	for (size_t i = 0; i < first_rows; i++)
		assert_non_null(strstr(left_out, batch_options[i].name));
	for (size_t i = 0; i < command->option_count; i++) {
		char spaced[64];
		snprintf(spaced, sizeof spaced, " %s ", command->options[i].name);
		assert_null(strstr(left_out, spaced));
	}
}

/* What `debug` and `resume` take is `run`'s table without its first rows. */
static void others_take_what_is_not_of_run_alone(void **state)
{
	(void)state;
	assert_behind("run", 0, "");
	assert_behind("debug", BATCH_NOT_DEBUG_OPTIONS, " dry-run watch debug ");
	assert_behind("resume", BATCH_NOT_RESUME_OPTIONS,
		" dry-run watch debug break-before break-after mode resume ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_is_found),
		cmocka_unit_test(the_nearest_command_is_named),
		cmocka_unit_test(names_and_aliases_are_unique),
		cmocka_unit_test(every_option_is_a_whole_row),
		cmocka_unit_test(names_and_letters_are_unique),
		cmocka_unit_test(implied_values_are_choices),
		cmocka_unit_test(every_command_says_what_it_takes),
		cmocka_unit_test(others_take_what_is_not_of_run_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
