#include "cli/help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/index.h"
#include "base/text.h"
#include "cmocka_all.h"

static void append_file(FILE *file, struct buffer *text)
{
	char part[4096];
	size_t size;
	rewind(file);
	while ((size = fread(part, 1, sizeof(part), file)) > 0)
		buffer_append(text, part, size);
}

/* Standard output goes to a file until the command returns. */
static int capture(const char *command, const char *const *arguments, struct buffer *text)
{
	struct error error = {0};
	struct cli cli = {0};
	unsigned char values[256] = {0};
	FILE *file = tmpfile();
	assert_non_null(file);
	fflush(stdout);
	int saved = dup(STDOUT_FILENO);
	assert_true(saved >= 0 && dup2(fileno(file), STDOUT_FILENO) >= 0);
	int status = command_find(command, &error)->run(&cli, values, arguments, &error);
	fflush(stdout);
	assert_true(dup2(saved, STDOUT_FILENO) >= 0);
	close(saved);
	append_file(file, text);
	fclose(file);
	if (status < 0)
		buffer_append_text(text, error.text);
	return status;
}

static void assert_contains(const struct buffer *text, const char *part)
{
	if (!strstr(buffer_text(text), part))
		fail_msg("'%s' is missing in:\n%s", part, buffer_text(text));
}

static void help_names_every_option(void **state)
{
	(void)state;
	for (size_t i = 0; i < command_table_length; i++) {
		const struct cli_command *command = command_table[i];
		const char *const arguments[] = {command->name, NULL};
		CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
		assert_int_equal(capture("help", arguments, &text), 0);
		assert_contains(&text, command->summary);
		for (size_t j = 0; j < command->option_count; j++) {
			CLEANUP(buffer_release) struct buffer form = BUFFER_INIT;
			buffer_printf(&form, "--%s", command->options[j].name);
			assert_contains(&text, buffer_text(&form));
			assert_contains(&text, command->options[j].help);
		}
		for (size_t j = 0; j < common_option_count; j++)
			assert_contains(&text, common_options[j].help);
	}
}

static void forms_are_written_as_they_are_typed(void **state)
{
	static const char *const run[] = {"run", NULL};
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	(void)state;
	assert_int_equal(capture("help", run, &text), 0);
	assert_contains(&text, "usage: wavetrain run [options] [PIPELINE]\n");
	assert_contains(&text, "  -j, --jobs N ");
	assert_contains(&text, "--resume[=WHEN]");
	assert_contains(&text, "  -p, --param NAME=VALUE ");
	assert_contains(&text, "(auto, never)\n");
	assert_contains(&text, "  -q, --quiet ");
}

static void the_overview_has_commands_and_exit_codes(void **state)
{
	static const char *const none[] = {NULL};
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	(void)state;
	assert_int_equal(capture("help", none, &text), 0);
	for (size_t i = 0; i < command_table_length; i++) {
		if (!command_table[i]->is_internal)
			assert_contains(&text, command_table[i]->summary);
		else
			assert_null(strstr(buffer_text(&text), command_table[i]->summary));
	}
	assert_contains(&text, "  75           stopped but resumable");
}

static void help_of_nothing_known_is_an_error(void **state)
{
	static const char *const words[] = {"rum", NULL};
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	(void)state;
	assert_int_equal(capture("help", words, &text), -1);
	assert_string_equal(buffer_text(&text), "there is no command 'rum'");
}

/* A cell's '|' is escaped: every row of a table has as many cells as its head. */
static void markdown_tables_are_whole(void **state)
{
	CLEANUP(buffer_release) struct buffer page = BUFFER_INIT;
	uint32_t rows = 0;
	(void)state;
	help_append_markdown(&page);
	for (char *line = strtok(page.bytes, "\n"); line; line = strtok(NULL, "\n")) {
		uint32_t bars = 0;
		if (line[0] != '|')
			continue;
		for (const char *at = line; *at; at++)
			bars += *at == '|' && (at == line || at[-1] != '\\');
		if (bars != 3)
			fail_msg("%u bars: %s", bars, line);
		rows++;
	}
	assert_true(rows > common_option_count);
}

/* A text line that begins with a '.' would be a request to the formatter. */
static void man_page_has_known_requests_only(void **state)
{
	static const char *const known[] = {".TH ", ".SH ", ".SS ", ".TP", ".B ", ".I "};
	CLEANUP(buffer_release) struct buffer page = BUFFER_INIT;
	(void)state;
	help_append_man(&page);
	for (char *line = strtok(page.bytes, "\n"); line; line = strtok(NULL, "\n")) {
		bool found = line[0] != '.' && line[0] != '\'';
		for (size_t i = 0; !found && i < ARRAY_LENGTH(known); i++)
			found = text_starts_with(line, known[i]);
		if (!found)
			fail_msg("not a request we use: %s", line);
	}
}

static void errors_page_has_every_word(void **state)
{
	CLEANUP(buffer_release) struct buffer page = BUFFER_INIT;
	(void)state;
	help_append_errors(&page);
	for (int code = ERROR_NONE + 1; code < ERROR_CODE_COUNT; code++) {
		CLEANUP(buffer_release) struct buffer row = BUFFER_INIT;
		buffer_printf(&row, "| `%s` | %d | ", error_code_name((enum error_code)code),
			error_code_exit_status((enum error_code)code));
		assert_contains(&page, buffer_text(&row));
	}
}

/* Each shell's text offers every command and every option of it. */
static void completion_offers_everything(void **state)
{
	static const struct {
		const char *shell;
		const char *form;
	} shells[] = {{"bash", "--"}, {"zsh", "'--"}, {"fish", "-l "}};
	(void)state;
	for (size_t s = 0; s < ARRAY_LENGTH(shells); s++) {
		const char *const arguments[] = {shells[s].shell, NULL};
		CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
		assert_int_equal(capture("completion", arguments, &text), 0);
		for (size_t i = 0; i < command_table_length; i++) {
			const struct cli_command *command = command_table[i];
			if (command->is_internal)
				continue;
			assert_contains(&text, command->name);
			for (size_t j = 0; j < command->option_count; j++) {
				CLEANUP(buffer_release) struct buffer form = BUFFER_INIT;
				buffer_printf(
					&form, "%s%s", shells[s].form, command->options[j].name);
				assert_contains(&text, buffer_text(&form));
			}
		}
		for (size_t j = 0; j < common_option_count; j++)
			assert_contains(&text, common_options[j].name);
	}
}

/* bash itself reads the text and offers words. */
static void bash_completes(void **state)
{
	static const char *const bash[] = {"bash", NULL};
	static const struct {
		const char *words;
		uint32_t place;
		const char *expected;
	} cases[] = {
		{"wavetrain sta", 1, "status\n"},
		{"wavetrain resu", 1, "resume\n"},
		{"wavetrain run --jo", 2, "--jobs\n"},
		{"wavetrain run --no-c", 2, "--no-color\n"},
		{"wavetrain resume --par", 2, "--param\n"},
		{"wavetrain resume --mod", 2, ""},
		{"wavetrain timeline --cri", 2, "--critical\n"},
	};
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	char path[] = "/tmp/wavetrain-completion-XXXXXX";
	(void)state;
	assert_int_equal(capture("completion", bash, &text), 0);
	int descriptor = mkstemp(path);
	assert_true(descriptor >= 0);
	assert_int_equal(write(descriptor, text.bytes, text.size), (ssize_t)text.size);
	close(descriptor);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		CLEANUP(buffer_release) struct buffer command = BUFFER_INIT;
		char offered[512];
		buffer_printf(&command,
			"bash --norc -c '. %s; COMP_WORDS=(%s); COMP_CWORD=%u; _wavetrain; "
			"[ ${#COMPREPLY[@]} = 0 ] || printf \"%%s\\n\" \"${COMPREPLY[@]}\"'",
			path, cases[i].words, cases[i].place);
		FILE *shell = popen(buffer_text(&command), "r");
		assert_non_null(shell);
		size_t size = fread(offered, 1, sizeof(offered) - 1, shell);
		offered[size] = '\0';
		assert_int_equal(pclose(shell), 0);
		assert_string_equal(offered, cases[i].expected);
	}
	unlink(path);
}

static void an_unknown_shell_is_an_error(void **state)
{
	static const char *const words[] = {"tcsh", NULL};
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	(void)state;
	assert_int_equal(capture("completion", words, &text), -1);
	assert_string_equal(
		buffer_text(&text), "completion takes one of bash, zsh, fish, not 'tcsh'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(help_names_every_option),
		cmocka_unit_test(forms_are_written_as_they_are_typed),
		cmocka_unit_test(the_overview_has_commands_and_exit_codes),
		cmocka_unit_test(help_of_nothing_known_is_an_error),
		cmocka_unit_test(markdown_tables_are_whole),
		cmocka_unit_test(man_page_has_known_requests_only),
		cmocka_unit_test(errors_page_has_every_word),
		cmocka_unit_test(completion_offers_everything),
		cmocka_unit_test(bash_completes),
		cmocka_unit_test(an_unknown_shell_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
