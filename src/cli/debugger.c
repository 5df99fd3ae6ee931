#include "cli/debugger.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/debugger_input.h"
#include "cli/debugger_shell.h"
#include "cli/debugger_show.h"
#include "cli/inspect.h"
#include "cli/wiring.h"

struct debugger {
	struct batch *batch;
	struct breakpoints breakpoints;
	struct debugger_input input;
	struct debugger_names names;
	struct arena arena;            /* of one command */
	const struct debug_stop *stop; /* NULL: nobody is asked */
	bool has_terminal_away;        /* a shell has it */
	bool is_first;                 /* nobody was asked yet, and there is no breakpoint */
};

/* --- what is said --- */

/* Answers are for people: where stdout is for programs they go beside it. */
static void say(const struct debugger *debugger, struct buffer *text)
{
	struct console *console = &debugger->batch->console;
	enum console_format format = console->settings.format;
	if (format == CONSOLE_JSON || format == CONSOLE_COMMENT) {
		cli_print_aside(text);
	} else {
		if (format == CONSOLE_GITHUB)
			console_github_disarm(text);
		console_put(console, text);
	}
	buffer_clear(text);
}

static void say_error(const struct debugger *debugger, const struct error *error)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	debugger_show_error(error, &text);
	say(debugger, &text);
}

void debugger_flush_console(struct debugger *debugger)
{
	struct console *console = &debugger->batch->console;
	if (!console->text.size || debugger->has_terminal_away)
		return;
	debugger_input_hide(&debugger->input);
	console_flush(console);
	debugger_input_show(&debugger->input);
}

bool debugger_is_asking(const struct debugger *debugger)
{
	return debugger->stop != NULL;
}

/* --- names, for completion --- */

/* The run as it stands on record now. */
static bool read_run(struct debugger *debugger, struct run *run, struct error *error)
{
	const struct batch *batch = debugger->batch;
	*run = (struct run){0};
	if (!record_read_run(batch->record, batch->run_id, &debugger->arena, run, error))
		return false;
	run->folder = batch->run_folder;
	return true;
}

static void name_artifacts(struct debugger *debugger)
{
	struct arena *arena = &debugger->arena;
	struct error ignored;
	struct run run;
	if (!read_run(debugger, &run, &ignored))
		return;
	const char **names = ARENA_ARRAY(arena, const char *, 2 * (size_t)run.artifact_count + 1);
	uint32_t count = 0;
	for (uint32_t i = 0; i < run.artifact_count; i++) {
		const struct run_artifact *item = &run.artifacts[i];
		names[count++] = item->artifact.name;
		names[count++] =
			arena_format(arena, "%s.%s", run.steps[item->step].id, item->artifact.name);
	}
	debugger->names.artifacts = names;
	debugger->names.artifact_count = count;
}

static const struct debugger_names *names(void *context)
{
	struct debugger *debugger = context;
	const struct pipeline *pipeline = &debugger->batch->pipeline;
	uint32_t count = 0;
	arena_reset(&debugger->arena);
	const char **steps =
		ARENA_ARRAY(&debugger->arena, const char *, 2 * (size_t)pipeline->step_count + 1);
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		const struct step_instance *instance = pipeline->steps[i].instance;
		if (instance && instance->number == 0)
			steps[count++] = instance->base_id;
		steps[count++] = pipeline->steps[i].id;
	}
	debugger->names = (struct debugger_names){.steps = steps, .step_count = count};
	name_artifacts(debugger);
	return &debugger->names;
}

static bool wait_for_input(void *context)
{
	const struct debugger *debugger = context;
	return debugger->stop->wait(debugger->stop->engine, STDIN_FILENO);
}

/* --- life --- */

static bool set_all(struct debugger *debugger, const struct word_list *ids, uint8_t moments,
	struct error *error)
{
	for (uint32_t i = 0; i < ids->count; i++) {
		struct breakpoint_wish wish = {.id = ids->items[i], .moments = moments};
		if (!breakpoints_set(&debugger->breakpoints, &wish, error))
			return false;
	}
	return true;
}

struct debugger *debugger_new(struct batch *batch, struct error *error)
{
	const struct batch_choices *choices = batch->choices;
	struct debugger *debugger = heap_allocate(1, sizeof *debugger);
	*debugger = (struct debugger){.batch = batch};
	breakpoints_adopt(&debugger->breakpoints, &batch->pipeline);
	if (!set_all(debugger, &choices->break_before, DEBUG_BEFORE, error) ||
		!set_all(debugger, &choices->break_after, DEBUG_AFTER, error)) {
		debugger_free(debugger);
		return NULL;
	}
	debugger->is_first = !breakpoints_has_any(&debugger->breakpoints);
	debugger->breakpoints.is_stepping = debugger->is_first;
	debugger_input_open(&debugger->input,
		&(struct editor_owner){
			.context = debugger, .wait = wait_for_input, .names = names});
	return debugger;
}

void debugger_free(struct debugger *debugger)
{
	if (!debugger)
		return;
	debugger_input_close(&debugger->input);
	breakpoints_release(&debugger->breakpoints);
	arena_release(&debugger->arena);
	free(debugger);
}

struct breakpoints *debugger_adopt_pipeline(struct debugger *debugger)
{
	breakpoints_adopt(&debugger->breakpoints, &debugger->batch->pipeline);
	return &debugger->breakpoints;
}

/* --- commands that are not an answer yet --- */

static void inspect(struct debugger *debugger, const char *word)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	struct cli own = *debugger->batch->cli;
	struct error error = {0};
	struct run run;
	own.arena = &debugger->arena;
	if (read_run(debugger, &run, &error) && inspect_append(&own, &run, word, &text, &error))
		say(debugger, &text);
	else
		say_error(debugger, &error);
}

static void change_breakpoint(struct debugger *debugger, const struct debugger_command *command)
{
	struct error error = {0};
	struct breakpoint_wish wish = {.id = command->argument,
		.moments = command->moments,
		.is_removal = command->verb == VERB_DELETE};
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	if (breakpoints_set(&debugger->breakpoints, &wish, &error))
		debugger_show_breakpoints(&debugger->breakpoints, &text);
	else
		debugger_show_error(&error, &text);
	say(debugger, &text);
}

static void take_output(void *context, const char *bytes, size_t size)
{
	struct buffer text = BUFFER_INIT;
	buffer_append(&text, bytes, size);
	say(context, &text);
	buffer_release(&text);
}

static void feed_mask(void *context, const char *bytes, size_t size)
{
	mask_feed(context, bytes, size);
}

/* What a script prints goes where the run's own words go, so secrets are kept out of it. */
static bool run_masked(
	struct debugger *debugger, struct debugger_shell *shell, int *status, struct error *error)
{
	struct buffer_outlet said = {.take = take_output, .context = debugger};
	struct mask_stream stream = {0};
	struct buffer_outlet output = {.take = feed_mask, .context = &stream};
	shell->output = &output;
	mask_begin(&stream, debugger->batch->mask, &said);
	bool is_started = debugger_shell_run(shell, status, error);
	mask_finish(&stream);
	mask_release(&stream);
	return is_started;
}

static void say_status(const struct debugger *debugger, int status)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	if (WIFSIGNALED(status))
		buffer_printf(&text, "the shell was ended by signal %d\n", WTERMSIG(status));
	else if (WEXITSTATUS(status))
		buffer_printf(&text, "the shell ended with status %d\n", WEXITSTATUS(status));
	say(debugger, &text);
}

static void run_shell(struct debugger *debugger, const char *command)
{
	const char *program = getenv("SHELL");
	bool is_script = debugger->input.kind == INPUT_SCRIPT;
	struct debug_place place;
	struct error error = {0};
	int status = 0;
	struct debugger_shell shell = {.stop = debugger->stop,
		.place = &place,
		.program = text_is_empty(program) ? "/bin/sh" : program,
		.command = command};
	bool is_ready =
		debugger->stop->visit(debugger->stop->engine, &debugger->arena, &place, &error);
	if (is_ready && is_script && command) {
		is_ready = run_masked(debugger, &shell, &status, &error);
	} else if (is_ready) {
		debugger->has_terminal_away = true;
		is_ready = debugger_shell_run(&shell, &status, &error);
		debugger->has_terminal_away = false;
	}
	if (is_ready)
		say_status(debugger, status);
	else
		say_error(debugger, &error);
	debugger_flush_console(debugger);
}

/* --- the question --- */

/* True: *answer is what the run goes on with. */
static bool carry_out(struct debugger *debugger, const struct debugger_command *command,
	enum debug_answer *answer)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	switch (command->verb) {
	case VERB_NEXT:
		debugger->breakpoints.is_stepping = true;
		*answer = DEBUG_CONTINUE;
		return true;
	case VERB_CONTINUE:
		*answer = DEBUG_CONTINUE;
		return true;
	case VERB_SKIP:
		*answer = DEBUG_SKIP;
		return true;
	case VERB_RETRY:
		*answer = DEBUG_RETRY;
		return true;
	case VERB_INSPECT:
		inspect(debugger, command->argument);
		return false;
	case VERB_SHELL:
		run_shell(debugger, command->argument);
		return false;
	case VERB_BREAK:
	case VERB_DELETE:
		change_breakpoint(debugger, command);
		return false;
	case VERB_BREAKPOINTS:
		debugger_show_breakpoints(&debugger->breakpoints, &text);
		break;
	case VERB_HELP:
		debugger_show_help(debugger->stop->moment, &text);
		break;
	case VERB_QUIT:
	case VERB_COUNT:
		*answer = DEBUG_QUIT;
		return true;
	}
	say(debugger, &text);
	return false;
}

static void say_stop(struct debugger *debugger)
{
	const struct batch *batch = debugger->batch;
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	if (debugger->is_first)
		buffer_append_text(&text,
			"there is no breakpoint: the run stops before its first step; 'help' lists "
			"the commands\n");
	debugger->is_first = false;
	debugger_show_stop(debugger->stop, &batch->plan, batch->run_folder, &text);
	say(debugger, &text);
}

/* In a script's output the command stands where a person would have typed it. */
static void echo(const struct debugger *debugger, const char *prompt, const char *line)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	CLEANUP(buffer_release) struct buffer masked = BUFFER_INIT;
	if (debugger->input.kind != INPUT_SCRIPT)
		return;
	buffer_append_text(&text, prompt);
	if (!line)
		line = "quit (end of input)";
	mask_append(debugger->batch->mask, &masked, line, strlen(line));
	text_append_visible(&text, buffer_text(&masked), masked.size);
	buffer_append_byte(&text, '\n');
	say(debugger, &text);
}

static enum debug_answer ask(struct debugger *debugger, const char *prompt)
{
	for (;;) {
		struct debugger_command command;
		struct error error = {0};
		enum debug_answer answer;
		const char *line = debugger_input_read(&debugger->input, prompt);
		if (line && debugger_line_is_empty(line))
			continue;
		echo(debugger, prompt, line);
		if (!line)
			return DEBUG_QUIT;
		arena_reset(&debugger->arena);
		if (!debugger_command_parse(
			    line, debugger->stop->moment, &debugger->arena, &command, &error))
			say_error(debugger, &error);
		else if (carry_out(debugger, &command, &answer))
			return answer;
	}
}

enum debug_answer debugger_ask(void *context, const struct debug_stop *stop)
{
	const struct batch *batch = context;
	struct debugger *debugger = batch->debugger;
	CLEANUP(buffer_release) struct buffer prompt = BUFFER_INIT;
	debugger->stop = stop;
	debugger->breakpoints.is_stepping = false;
	debugger_show_prompt(stop, &batch->plan, &prompt);
	say_stop(debugger);
	enum debug_answer answer = ask(debugger, buffer_text(&prompt));
	debugger->stop = NULL;
	return answer;
}
