#include <string.h>

#include "base/cleanup.h"
#include "base/index.h"
#include "base/text.h"
#include "cli/command.h"

/* Words that a shell offers: for each command its long options, from the tables. */

static void append_words(struct buffer *text, const struct option *options, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buffer_printf(text, " --%s", options[i].name);
}

static void append_commands(struct buffer *text)
{
	const char *separator = "";
	for (size_t i = 0; i < command_table_length; i++) {
		if (command_table[i]->is_internal)
			continue;
		buffer_printf(text, "%s%s", separator, command_table[i]->name);
		separator = " ";
	}
}

static void append_bash(struct buffer *text)
{
	buffer_append_text(text,
		"# bash completion for wavetrain: source <(wavetrain completion bash)\n"
		"_wavetrain() {\n"
		"  local current=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} words=\n"
		"  if [ \"$COMP_CWORD\" -eq 1 ]; then\n    COMPREPLY=($(compgen -W '");
	append_commands(text);
	buffer_append_text(text, "' -- \"$current\"))\n    return\n  fi\n  case $command in\n");
	for (size_t i = 0; i < command_table_length; i++) {
		if (command_table[i]->is_internal)
			continue;
		buffer_printf(text, "  %s) words='", command_table[i]->name);
		append_words(text, command_table[i]->options, command_table[i]->option_count);
		append_words(text, common_options, common_option_count);
		buffer_append_text(text, "' ;;\n");
	}
	buffer_append_text(text, "  esac\n"
				 "  case $current in\n"
				 "  -*) COMPREPLY=($(compgen -W \"$words\" -- \"$current\")) ;;\n"
				 "  *) COMPREPLY=($(compgen -f -- \"$current\")) ;;\n"
				 "  esac\n}\ncomplete -F _wavetrain wavetrain\n");
}

/* In zsh's '…' a quote is written '\''; a colon or bracket would end the description. */
static void append_zsh_text(struct buffer *text, const char *words)
{
	for (; *words; words++) {
		if (*words == '\'')
			buffer_append_text(text, "'\\''");
		else if (strchr("[]:", *words))
			buffer_printf(text, "\\%c", *words);
		else
			buffer_append_byte(text, *words);
	}
}

static void append_zsh_options(struct buffer *text, const struct option *options, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		buffer_printf(text, " '--%s%s[", options[i].name,
			!options[i].value_name ? ""
			: options[i].implied   ? "=-"
					       : "=");
		append_zsh_text(text, options[i].help);
		buffer_append_byte(text, ']');
		if (options[i].value_name)
			buffer_printf(text, "%s:%s:", options[i].implied ? ":" : "",
				options[i].value_name);
		for (size_t j = 0; options[i].choices && options[i].choices[j]; j++)
			buffer_printf(text, "%s%s", j ? " " : "(", options[i].choices[j]);
		buffer_append_text(text, options[i].choices ? ")'" : "'");
	}
}

static void append_zsh(struct buffer *text)
{
	buffer_append_text(text,
		"#compdef wavetrain\n"
		"# zsh completion for wavetrain: source <(wavetrain completion zsh)\n"
		"_wavetrain() {\n  local -a commands\n  commands=(");
	for (size_t i = 0; i < command_table_length; i++) {
		if (command_table[i]->is_internal)
			continue;
		buffer_printf(text, "\n    '%s:", command_table[i]->name);
		append_zsh_text(text, command_table[i]->summary);
		buffer_append_byte(text, '\'');
	}
	buffer_append_text(text,
		")\n  if (( CURRENT == 2 )); then\n"
		"    _describe command commands\n    return\n  fi\n  case $words[2] in\n");
	for (size_t i = 0; i < command_table_length; i++) {
		if (command_table[i]->is_internal)
			continue;
		buffer_printf(text, "  %s) _arguments", command_table[i]->name);
		append_zsh_options(text, command_table[i]->options, command_table[i]->option_count);
		append_zsh_options(text, common_options, common_option_count);
		buffer_append_text(text, " '*:file:_files' ;;\n");
	}
	buffer_append_text(text, "  esac\n}\ncompdef _wavetrain wavetrain\n");
}

/* command NULL: of every command. */
static void append_fish_option(
	struct buffer *text, const char *command, const struct option *option)
{
	buffer_append_text(text, "complete -c wavetrain");
	if (command)
		buffer_printf(text, " -n '__fish_seen_subcommand_from %s'", command);
	buffer_printf(text, " -l %s", option->name);
	if (option->letter)
		buffer_printf(text, " -s %c", option->letter);
	if (option->value_name && !option->implied)
		buffer_append_text(text, option->choices ? " -x" : " -r");
	if (option->choices) {
		buffer_append_text(text, " -a '");
		for (size_t i = 0; option->choices[i]; i++)
			buffer_printf(text, "%s%s", i ? " " : "", option->choices[i]);
		buffer_append_byte(text, '\'');
	}
	buffer_append_text(text, " -d ");
	shell_quote_append(text, option->help);
	buffer_append_byte(text, '\n');
}

static void append_fish(struct buffer *text)
{
	buffer_append_text(
		text, "# fish completion for wavetrain: wavetrain completion fish | source\n");
	for (size_t i = 0; i < command_table_length; i++) {
		const struct cli_command *command = command_table[i];
		if (command->is_internal)
			continue;
		buffer_printf(text, "complete -c wavetrain -n __fish_use_subcommand -a %s -d ",
			command->name);
		shell_quote_append(text, command->summary);
		buffer_append_byte(text, '\n');
		for (size_t j = 0; j < command->option_count; j++)
			append_fish_option(text, command->name, &command->options[j]);
	}
	for (size_t i = 0; i < common_option_count; i++)
		append_fish_option(text, NULL, &common_options[i]);
}

static int completion(
	struct cli *cli, const void *values, const char *const *arguments, struct error *error)
{
	static const struct {
		const char *name;
		void (*append)(struct buffer *text);
	} shells[] = {{"bash", append_bash}, {"zsh", append_zsh}, {"fish", append_fish}};
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	(void)cli;
	(void)values;
	for (size_t i = 0; i < ARRAY_LENGTH(shells); i++)
		if (text_equal(arguments[0], shells[i].name)) {
			shells[i].append(&text);
			return cli_print(&text, error) ? 0 : -1;
		}
	error_set(error, ERROR_USAGE, "completion takes one of bash, zsh, fish%s%s%s",
		arguments[0] ? ", not '" : "", arguments[0] ? arguments[0] : "",
		arguments[0] ? "'" : "");
	return -1;
}

extern const struct cli_command cmd_completion;
const struct cli_command cmd_completion = {
	.name = "completion",
	.arguments = "bash|zsh|fish",
	.argument_limit = 1,
	.summary = "Print a shell's completion, made from the same tables as the help",
	.example = "wavetrain completion bash",
	.run = completion,
};
