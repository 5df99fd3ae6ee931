/*
 * GitHub's log: a step's output is printed whole when the step ends, folded into a group, so that
 * nothing interleaves. It is printed with workflow commands stopped under a random token, and
 * made harmless besides, because "##[command]" is obeyed even then.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/console.h"
#include "publish/workflow_commands.h"

/* What is printed of one log: its start and its end, when it is longer than both. */
#define SHOWN_BYTES ((size_t)512 * 1024)

/* Ten annotations of a kind a step are shown by GitHub: nine failures and a line for the rest. */
#define ANNOTATION_LIMIT 9

static void append_log(struct buffer *text, const char *path, uint64_t log_bytes)
{
	CLEANUP(buffer_release) struct buffer log = BUFFER_INIT;
	struct error error;
	char token[STOP_COMMANDS_TOKEN_SIZE];
	if (!file_read_tail(path, SHOWN_BYTES, &log, &error)) {
		buffer_printf(text, "%s\n", error.text);
		return;
	}
	stop_commands_token(token);
	buffer_printf(text, "::stop-commands::%s\n", token);
	if (log.size < log_bytes)
		buffer_printf(text, "… the last %zu of %llu bytes; the whole log is in %s\n",
			log.size, (unsigned long long)log_bytes, path);
	log_append_harmless(text, buffer_text(&log), log.size, path);
	buffer_printf(text, "::%s::\n", token);
}

void console_github_step(struct console *console, const struct event *event)
{
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer title = BUFFER_INIT;
	if (!event->log_path || console->settings.quiet)
		return;
	buffer_append_text(&title, console_step_name(console, event->step));
	if (event->attempt > 1)
		buffer_printf(&title, " (attempt %u)", event->attempt);
	workflow_command_append(&console->text, "group", NULL, buffer_text(&title));
	append_log(&console->text, path_join(&arena, console->settings.run_folder, event->log_path),
		event->log_bytes);
	buffer_append_text(&console->text, "::endgroup::\n");
}

void console_github_disarm(struct buffer *text)
{
	CLEANUP(buffer_release) struct buffer clean = BUFFER_INIT;
	const char *from = buffer_text(text);
	for (const char *found; (found = strstr(from, "##[")); from = found + 2) {
		buffer_append(&clean, from, (size_t)(found + 2 - from));
		buffer_append_text(&clean, "\xE2\x80\x8B"); /* a space of no width */
	}
	if (!clean.size)
		return;
	buffer_append_text(&clean, from);
	buffer_clear(text);
	buffer_append(text, clean.bytes, clean.size);
}

void console_github_end(struct console *console)
{
	for (uint32_t i = 0; i < console->failure_count && i < ANNOTATION_LIMIT; i++) {
		const struct console_failure *failure = &console->failures[i];
		CLEANUP(buffer_release) struct buffer title = BUFFER_INIT;
		buffer_printf(&title, "step %s failed", failure->name);
		const char *properties[] = {"title", buffer_text(&title), NULL};
		workflow_command_append(&console->text, "error", properties,
			failure->reason ? failure->reason : "failed");
	}
	if (console->failure_count > ANNOTATION_LIMIT) {
		CLEANUP(buffer_release) struct buffer more = BUFFER_INIT;
		buffer_printf(&more, "%u more steps failed, see the report",
			console->failure_count - ANNOTATION_LIMIT);
		workflow_command_append(&console->text, "error", NULL, buffer_text(&more));
	}
}
