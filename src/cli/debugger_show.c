#include "cli/debugger_show.h"

#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/debugger_command.h"
#include "report/log_tail.h"
#include "report/text_layout.h"

#define PROMPT_COLUMNS 30u
#define SHOWN_LINES 10u
#define LINE_BYTES ((size_t)4096)
#define TAIL_BYTES ((size_t)64 * 1024)
#define HELP_COLUMNS 30u

static const char *moment_word(enum debug_moment moment)
{
	return moment == DEBUG_BEFORE ? "before" : "after";
}

static const char *verdict_word(const struct debug_stop *stop)
{
	if (stop->is_undecided)
		return "undecided";
	return stop->has_failed ? "failed" : "done";
}

static void append_how(const struct debug_stop *stop, struct buffer *text)
{
	bool has_status = stop->exit_status >= 0 && !stop->is_cached;
	buffer_printf(text, ": %s", verdict_word(stop));
	if (has_status)
		buffer_printf(text, ", exit status %d", stop->exit_status);
	buffer_append_text(text, ", ");
	duration_append(text, stop->duration_ms);
	if (!stop->reason || (has_status && text_starts_with(stop->reason, "exit status")))
		return;
	buffer_append_text(text, ", ");
	layout_phrase(text, stop->reason);
}

static void append_tail(const char *path, struct buffer *text)
{
	static const struct log_tail_limits limits = {
		.lines = SHOWN_LINES, .line_bytes = LINE_BYTES};
	CLEANUP(buffer_release) struct buffer log = BUFFER_INIT;
	CLEANUP(buffer_release) struct buffer tail = BUFFER_INIT;
	struct error ignored;
	if (!file_read_tail(path, TAIL_BYTES, &log, &ignored) || !log.size)
		return;
	log_text_append(log.bytes, log.size, &limits, &tail);
	for (const char *line = buffer_text(&tail); *line;) {
		size_t length = strcspn(line, "\n");
		buffer_append_text(text, "  │ ");
		buffer_append(text, line, length);
		buffer_append_byte(text, '\n');
		line += length + (line[length] == '\n');
	}
}

void debugger_show_stop(const struct debug_stop *stop, const struct plan *plan,
	const char *run_folder, struct buffer *text)
{
	CLEANUP(arena_release) struct arena arena = {0};
	uint32_t wave = plan->steps[stop->step].wave;
	buffer_printf(text, "stopped %s ", moment_word(stop->moment));
	layout_phrase(text, plan->pipeline->steps[stop->step].id);
	if (wave != INDEX_NONE)
		buffer_printf(text, ", wave %u of %u", wave + 1, plan->wave_count);
	if (stop->attempt > 1)
		buffer_printf(text, ", attempt %u", stop->attempt);
	if (stop->moment == DEBUG_AFTER)
		append_how(stop, text);
	buffer_append_byte(text, '\n');
	if (stop->moment == DEBUG_AFTER && stop->log_path)
		append_tail(path_join(&arena, run_folder, stop->log_path), text);
	if (!stop->remark)
		return;
	buffer_append_text(text, stop->remark);
	buffer_append_byte(text, '\n');
}

void debugger_show_prompt(
	const struct debug_stop *stop, const struct plan *plan, struct buffer *text)
{
	CLEANUP(buffer_release) struct buffer name = BUFFER_INIT;
	layout_phrase(&name, plan->pipeline->steps[stop->step].id);
	buffer_printf(text, "%s ", moment_word(stop->moment));
	text_append_shortened(text, buffer_text(&name), PROMPT_COLUMNS);
	buffer_append_text(text, "> ");
}

static const char *base_id(const struct step *step)
{
	return step->instance ? step->instance->base_id : step->id;
}

/* So many from there on are instances of one step and are stopped at alike. */
static uint32_t count_alike(const struct breakpoints *breakpoints, uint32_t first)
{
	const struct pipeline *pipeline = breakpoints->pipeline;
	uint32_t end = first + 1;
	while (end < pipeline->step_count && pipeline->steps[end].instance &&
		breakpoints->moments[end] == breakpoints->moments[first] &&
		text_equal(base_id(&pipeline->steps[end]), base_id(&pipeline->steps[first])))
		end++;
	return end - first;
}

void debugger_show_breakpoints(const struct breakpoints *breakpoints, struct buffer *text)
{
	static const char *const words[] = {
		"", "before          ", "after           ", "before and after"};
	const struct pipeline *pipeline = breakpoints->pipeline;
	uint32_t count;
	for (uint32_t i = 0; i < pipeline->step_count; i += count) {
		count = count_alike(breakpoints, i);
		if (!breakpoints->moments[i])
			continue;
		buffer_printf(text, "  %s  ", words[breakpoints->moments[i]]);
		const struct step *step = &pipeline->steps[i];
		layout_phrase(text, count > 1 ? base_id(step) : step->id);
		if (count > 1)
			buffer_printf(text, " (%u steps)", count);
		buffer_append_byte(text, '\n');
	}
	if (!breakpoints_has_any(breakpoints))
		buffer_append_text(text, "there are no breakpoints; 'break ID' sets one\n");
}

void debugger_show_help(enum debug_moment moment, struct buffer *text)
{
	for (size_t i = 0; i < VERB_COUNT; i++) {
		const struct debugger_word *word = &debugger_words[i];
		if (!(word->moments & moment))
			continue;
		size_t start = text->size;
		buffer_printf(text, "  %s", word->name);
		for (size_t j = 0; j < 2 && word->aliases[j]; j++)
			buffer_printf(text, ", %s", word->aliases[j]);
		buffer_printf(text, " %s", word->shown);
		layout_pad(text, start, HELP_COLUMNS);
		buffer_printf(text, "  %s\n", word->help);
	}
}

void debugger_show_error(const struct error *error, struct buffer *text)
{
	buffer_append_text(text, "error: ");
	text_append_visible(text, error->text, strlen(error->text));
	if (error->hint[0]) {
		buffer_append_text(text, "\n  hint: ");
		text_append_visible(text, error->hint, strlen(error->hint));
	}
	buffer_append_byte(text, '\n');
}
