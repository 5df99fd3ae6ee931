#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/index.h"
#include "base/text.h"
#include "checkpoint/git_memory.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/help.h"

struct common {
	const char *folder;
	bool quiet;
	bool verbose;
	bool help;
	bool no_color;
};

const struct option common_options[] = {
	{.name = "directory",
		.letter = 'C',
		.kind = OPTION_TEXT,
		.offset = offsetof(struct common, folder),
		.value_name = "DIR",
		.help = "Work as if started in DIR"},
	{.name = "quiet",
		.letter = 'q',
		.kind = OPTION_FLAG,
		.offset = offsetof(struct common, quiet),
		.help = "Print only failures and the result"},
	{.name = "verbose",
		.letter = 'v',
		.kind = OPTION_FLAG,
		.offset = offsetof(struct common, verbose),
		.help = "Print more: every attempt's start too"},
	{.name = "no-color",
		.kind = OPTION_FLAG,
		.offset = offsetof(struct common, no_color),
		.help = "No colours; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed too"},
	{.name = "help",
		.letter = 'h',
		.kind = OPTION_FLAG,
		.offset = offsetof(struct common, help),
		.help = "Show this help"},
};
const size_t common_option_count = ARRAY_LENGTH(common_options);

bool cli_print(const struct buffer *buffer, struct error *error)
{
	if (fwrite(buffer_text(buffer), 1, buffer->size, stdout) == buffer->size &&
		fflush(stdout) == 0)
		return true;
	return error_set_errno(error, ERROR_FILE, "cannot write to standard output");
}

void cli_print_aside(struct buffer *text)
{
	if (text_equal(getenv("GITHUB_ACTIONS"), "true"))
		console_github_disarm(text);
	fflush(stdout);
	fwrite(buffer_text(text), 1, text->size, stderr);
}

/* The words may be a caller's: none of them commands the terminal or begins a line of its own. */
static void append_line(struct buffer *text, const char *words)
{
	text_append_visible(text, words, strlen(words));
	buffer_append_byte(text, '\n');
}

void cli_print_error(const struct error *error)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	buffer_append_text(&text, "wavetrain: ");
	text_append_visible(&text, error->text, strlen(error->text));
	buffer_printf(&text, " [%s]\n", error_code_name(error->code));
	if (error->hint[0]) {
		buffer_append_text(&text, "  → ");
		append_line(&text, error->hint);
	}
	cli_print_aside(&text);
}

void cli_print_note(const struct cli *cli, const char *format, ...)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	char *sentence = NULL;
	va_list arguments;
	if (cli->quiet)
		return;
	va_start(arguments, format);
	int size = vasprintf(&sentence, format, arguments);
	va_end(arguments);
	if (size < 0)
		return;
	buffer_append_text(&text, "wavetrain: ");
	append_line(&text, sentence);
	free(sentence);
	cli_print_aside(&text);
}

static bool locale_is_utf8(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		const char *value = getenv(names[i]);
		if (!text_is_empty(value))
			return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
	}
	/* GitHub's log and most CI logs are UTF-8 and set no locale. */
	return !isatty(STDOUT_FILENO);
}

static bool wants_color(bool refused)
{
	const char *force = getenv("CLICOLOR_FORCE");
	if (refused || !text_is_empty(getenv("NO_COLOR")))
		return false;
	if (!text_is_empty(force) && !text_equal(force, "0"))
		return true;
	return isatty(STDOUT_FILENO) && !text_is_empty(getenv("TERM")) &&
	       !text_equal(getenv("TERM"), "dumb");
}

static struct text_style style_detect(const struct common *common)
{
	struct winsize window;
	struct text_style style = {
		.color = wants_color(common->no_color),
		.ascii = !locale_is_utf8(),
	};
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0)
		style.columns = window.ws_col;
	return style;
}

static int command_run(struct cli *cli, const struct cli_command *command, const char **arguments,
	uint32_t count, struct error *error)
{
	struct common common = {0};
	void *own = arena_allocate(cli->arena, command->options_size + 1);
	const struct option_table tables[] = {
		{command->options, command->option_count}, {common_options, common_option_count}};
	void *const targets[] = {own, &common};
	struct option_request request = {.command = command->name,
		.tables = tables,
		.targets = targets,
		.table_count = 2,
		.arena = cli->arena};
	if (command->takes_parameters) {
		void *list = (unsigned char *)own + command->parameters_offset;
		request.parameters = list;
	}
	if (!option_parse(&request, arguments, &count, error))
		return -1;
	if (common.help)
		return help_print_command(command, error) ? 0 : -1;
	if (count > command->argument_limit) {
		error_set(error, ERROR_USAGE, "'%s' takes no argument '%s'", command->name,
			arguments[command->argument_limit]);
		error_hint(error, "'wavetrain %s --help' shows what it takes", command->name);
		return -1;
	}
	if (common.folder && chdir(common.folder) != 0) {
		error_set_errno(error, ERROR_FILE, "cannot go to the folder '%s'", common.folder);
		return -1;
	}
	cli->quiet = common.quiet;
	cli->verbose = common.verbose;
	cli->style = style_detect(&common);
	arguments[count] = NULL;
	return command->run(cli, own, arguments, error);
}

static bool refuse_leading(const char *word, struct error *error)
{
	static const char *const known[] = {"--help", "--version"};
	const char *near = text_nearest(word, known, ARRAY_LENGTH(known));
	if (text_equal(word, "-C"))
		return error_set(error, ERROR_USAGE, "-C needs a value (DIR)");
	error_set(error, ERROR_USAGE, "there is no option '%s' before the command", word);
	if (near)
		return error_hint(error, "did you mean '%s'?", near);
	return error_hint(error, "only -C DIR, -q, -v, --help and --version stand before it; all "
				 "others behind it");
}

/* What stands before the command: only -C, -q, -v, --help and --version, as in git. */
static bool leading_options(
	const char **words, uint32_t count, uint32_t *command_at, struct error *error)
{
	uint32_t at = 0;
	while (at < count && words[at][0] == '-') {
		if (text_equal(words[at], "--version") || text_equal(words[at], "-V"))
			words[at] = "version";
		else if (text_equal(words[at], "--help") || text_equal(words[at], "-h"))
			words[at] = "help";
		else if (text_equal(words[at], "-C") && at + 1 < count)
			at += 2;
		else if (text_equal(words[at], "-q") || text_equal(words[at], "-v"))
			at++;
		else
			return refuse_leading(words[at], error);
	}
	*command_at = at;
	return true;
}

static int cli_dispatch(struct cli *cli, const char **words, uint32_t count, struct error *error)
{
	uint32_t at = 0;
	if (!leading_options(words, count, &at, error))
		return -1;
	const struct cli_command *command = command_find(at < count ? words[at] : "help", error);
	if (!command)
		return -1;
	/* Leading options go behind the command, where its parser knows them. */
	if (at < count)
		memmove(words + at, words + at + 1, (count - at) * sizeof(*words));
	return command_run(cli, command, words, count - (at < count), error);
}

int cli_main(int argument_count, char **arguments, char **environment)
{
	CLEANUP(arena_release) struct arena arena = {0};
	struct error error = {0};
	struct cli cli = {.environment = (const char *const *)environment, .arena = &arena};
	uint32_t count = argument_count > 0 ? (uint32_t)argument_count - 1 : 0;
	const char **words = ARENA_ARRAY(&arena, const char *, count + 2);
	for (uint32_t i = 0; i < count; i++)
		words[i] = arguments[i + 1];
	git_memory_guard();
	int status = cli_dispatch(&cli, words, count, &error);
	if (status >= 0)
		return status;
	cli_print_error(&error);
	return error_code_exit_status(error.code);
}
