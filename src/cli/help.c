#include "cli/help.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/index.h"
#include "base/text.h"

struct exit_row {
	int status;
	const char *meaning;
};

static const struct exit_row exit_rows[] = {
	{0, "all done"},
	{1, "a step, contract or gate failed"},
	{2, "wrong usage"},
	{3, "invalid pipeline"},
	{4, "system, git, database or network refused"},
	{75, "stopped but resumable: a signal, the time limit or budget, quit in the debugger; or, if no step failed, a gate or a step waits for a decision"},
};

/* "-j, --jobs N" */
static void option_append_form(struct buffer *buffer, const struct option *option)
{
	if (option->letter)
		buffer_printf(buffer, "-%c, ", option->letter);
	buffer_printf(buffer, "--%s", option->name);
	if (option->value_name && option->implied)
		buffer_printf(buffer, "[=%s]", option->value_name);
	else if (option->value_name)
		buffer_printf(buffer, " %s", option->value_name);
}

static void option_append_help(struct buffer *buffer, const struct option *option)
{
	buffer_append_text(buffer, option->help);
	for (size_t i = 0; option->choices && option->choices[i]; i++)
		buffer_printf(buffer, "%s%s", i ? ", " : " (", option->choices[i]);
	if (option->choices)
		buffer_append_byte(buffer, ')');
}

static void options_append_text(struct buffer *buffer, const struct option *options, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		CLEANUP(buffer_release) struct buffer form = BUFFER_INIT;
		option_append_form(&form, &options[i]);
		buffer_printf(buffer, "  %-28s", buffer_text(&form));
		if (form.size > 28)
			buffer_printf(buffer, "\n  %-28s", "");
		option_append_help(buffer, &options[i]);
		buffer_append_byte(buffer, '\n');
	}
}

static void command_append_usage(struct buffer *buffer, const struct cli_command *command)
{
	buffer_printf(buffer, "wavetrain %s [options]%s%s", command->name,
		*command->arguments ? " " : "", command->arguments);
}

bool help_print_command(const struct cli_command *command, struct error *error)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	buffer_append_text(&text, "usage: ");
	command_append_usage(&text, command);
	buffer_printf(&text, "\n\n%s.\n", command->summary);
	if (command->description)
		buffer_printf(&text, "\n%s\n", command->description);
	if (command->alias)
		buffer_printf(&text, "\nAlso called '%s'.\n", command->alias);
	if (command->option_count)
		buffer_append_text(&text, "\noptions:\n");
	options_append_text(&text, command->options, command->option_count);
	buffer_append_text(&text, "\ncommon options:\n");
	options_append_text(&text, common_options, common_option_count);
	if (command->example)
		buffer_printf(&text, "\nexample:\n  %s\n", command->example);
	return cli_print(&text, error);
}

bool help_print_overview(struct error *error)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	buffer_append_text(&text,
		"usage: wavetrain COMMAND [options] [arguments]\n\n"
		"Runs a batch in waves and leaves a git commit behind every wave.\n\ncommands:\n");
	for (size_t i = 0; i < command_table_length; i++) {
		if (!command_table[i]->is_internal)
			buffer_printf(&text, "  %-12s %s\n", command_table[i]->name,
				command_table[i]->summary);
	}
	buffer_append_text(&text, "\nexit codes:\n");
	for (size_t i = 0; i < ARRAY_LENGTH(exit_rows); i++)
		buffer_printf(&text, "  %-12d %s\n", exit_rows[i].status, exit_rows[i].meaning);
	buffer_append_text(&text, "\n'wavetrain COMMAND --help' tells more; "
				  "'wavetrain init' writes a pipeline to start from.\n");
	return cli_print(&text, error);
}

/* A '|' would end a Markdown table's cell. */
static void append_cell(struct buffer *buffer, const char *text)
{
	for (; *text; text++) {
		if (*text == '|')
			buffer_append_byte(buffer, '\\');
		buffer_append_byte(buffer, *text);
	}
}

static void options_append_markdown(
	struct buffer *buffer, const struct option *options, size_t count)
{
	if (!count)
		return;
	buffer_append_text(buffer, "\n| option | meaning |\n|---|---|\n");
	for (size_t i = 0; i < count; i++) {
		CLEANUP(buffer_release) struct buffer part = BUFFER_INIT;
		option_append_form(&part, &options[i]);
		buffer_append_text(buffer, "| `");
		append_cell(buffer, buffer_text(&part));
		buffer_append_text(buffer, "` | ");
		buffer_clear(&part);
		option_append_help(&part, &options[i]);
		append_cell(buffer, buffer_text(&part));
		buffer_append_text(buffer, " |\n");
	}
}

void help_append_markdown(struct buffer *buffer)
{
	buffer_append_text(buffer,
		"# Command line\n\n"
		"Made by `wavetrain help --format markdown` from the tables the program itself reads.\n\n"
		"`wavetrain COMMAND [options] [arguments]`. RUN is a run's id, a unique start of one, or\n"
		"`latest` (the default). PIPELINE is a path, or the name of a file in\n"
		"`.wavetrain/pipelines/`; without it `wavetrain.yml`, `wavetrain.yaml` or\n"
		"`.wavetrain/pipeline.yml` is looked for from the current folder up to the repository's root.\n");
	for (size_t i = 0; i < command_table_length; i++) {
		const struct cli_command *command = command_table[i];
		if (command->is_internal)
			continue;
		buffer_printf(
			buffer, "\n## %s\n\n%s.\n\n```text\n", command->name, command->summary);
		command_append_usage(buffer, command);
		buffer_append_text(buffer, "\n```\n");
		if (command->description)
			buffer_printf(buffer, "\n%s\n", command->description);
		if (command->alias)
			buffer_printf(buffer, "\nAlso called `%s`.\n", command->alias);
		options_append_markdown(buffer, command->options, command->option_count);
	}
	buffer_append_text(buffer, "\n## Options of every command\n");
	options_append_markdown(buffer, common_options, common_option_count);
	buffer_append_text(buffer, "\n## Exit codes\n\n| code | meaning |\n|---|---|\n");
	for (size_t i = 0; i < ARRAY_LENGTH(exit_rows); i++)
		buffer_printf(buffer, "| %d | %s |\n", exit_rows[i].status, exit_rows[i].meaning);
}

void help_append_errors(struct buffer *buffer)
{
	buffer_append_text(buffer,
		"# Errors and exit codes\n\n"
		"Made by `wavetrain help --format errors`. Every error is one sentence, the stable word of\n"
		"its kind in brackets, and where something can be done about it a line that says what.\n\n"
		"| exit code | meaning |\n|---|---|\n");
	for (size_t i = 0; i < ARRAY_LENGTH(exit_rows); i++)
		buffer_printf(buffer, "| %d | %s |\n", exit_rows[i].status, exit_rows[i].meaning);
	buffer_append_text(buffer, "\n| word | exit code | when |\n|---|---|---|\n");
	for (int code = ERROR_NONE + 1; code < ERROR_CODE_COUNT; code++)
		buffer_printf(buffer, "| `%s` | %d | %s |\n",
			error_code_name((enum error_code)code),
			error_code_exit_status((enum error_code)code),
			error_code_meaning((enum error_code)code));
	buffer_append_text(buffer,
		"\nA batch whose steps all succeeded exits 0 even when something around it was refused: a\n"
		"push, a status, a comment or a report that could not be written costs one line of warning.\n"
		"A run that was stopped, or waits for somebody, exits 75 after its checkpoint, so that a\n"
		"workflow can tell \"resume me\" from \"failed\". What waits beside a step that failed: 1.\n");
}

/* roff: a '-' that is to be copied is "\-", a line must not begin with '.' or '\''. */
static void append_roff(struct buffer *buffer, const char *text)
{
	bool line_start = true;
	for (; *text; text++) {
		if (line_start && (*text == '.' || *text == '\''))
			buffer_append_text(buffer, "\\&");
		if (*text == '\\')
			buffer_append_text(buffer, "\\e");
		else if (*text == '-')
			buffer_append_text(buffer, "\\-");
		else
			buffer_append_byte(buffer, *text);
		line_start = *text == '\n';
	}
}

static void options_append_man(struct buffer *buffer, const struct option *options, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		CLEANUP(buffer_release) struct buffer part = BUFFER_INIT;
		option_append_form(&part, &options[i]);
		buffer_append_text(buffer, ".TP\n.B ");
		append_roff(buffer, buffer_text(&part));
		buffer_append_byte(buffer, '\n');
		buffer_clear(&part);
		option_append_help(&part, &options[i]);
		append_roff(buffer, buffer_text(&part));
		buffer_append_text(buffer, ".\n");
	}
}

void help_append_man(struct buffer *buffer)
{
	buffer_append_text(buffer,
		".TH WAVETRAIN 1 \"\" \"wavetrain " WAVETRAIN_VERSION "\"\n.SH NAME\n"
		"wavetrain \\- runs a batch in waves and leaves a git commit behind every wave\n"
		".SH SYNOPSIS\n.B wavetrain\n.I COMMAND\n[options] [arguments]\n.SH COMMANDS\n");
	for (size_t i = 0; i < command_table_length; i++) {
		CLEANUP(buffer_release) struct buffer usage = BUFFER_INIT;
		if (command_table[i]->is_internal)
			continue;
		command_append_usage(&usage, command_table[i]);
		buffer_append_text(buffer, ".SS ");
		append_roff(buffer, buffer_text(&usage));
		buffer_append_byte(buffer, '\n');
		append_roff(buffer, command_table[i]->summary);
		buffer_append_text(buffer, ".\n");
		options_append_man(
			buffer, command_table[i]->options, command_table[i]->option_count);
	}
	buffer_append_text(buffer, ".SH COMMON OPTIONS\n");
	options_append_man(buffer, common_options, common_option_count);
	buffer_append_text(buffer, ".SH EXIT STATUS\n");
	for (size_t i = 0; i < ARRAY_LENGTH(exit_rows); i++)
		buffer_printf(
			buffer, ".TP\n.B %d\n%s\n", exit_rows[i].status, exit_rows[i].meaning);
}
