#ifndef WAVETRAIN_PUBLISH_WORKFLOW_COMMANDS_H
#define WAVETRAIN_PUBLISH_WORKFLOW_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

/*
 * What a job says to its runner: commands in the log, and the files GITHUB_OUTPUT and
 * GITHUB_STEP_SUMMARY. The escapes are those of the runner's ActionCommand.
 */

/*
 * "::command name=value,name=value::message\n". properties: names and values by turns, ended by
 * NULL (or NULL itself: none); a pair whose value is NULL is left out. message: NULL counts as "".
 */
void workflow_command_append(struct buffer *buffer, const char *command,
	const char *const properties[], const char *message);

/*
 * 128 random bits as hexadecimal: nobody who writes to the log can guess it. For
 * "::stop-commands::TOKEN" and "::TOKEN::". Ends the program if the system has no random bits.
 */
#define STOP_COMMANDS_TOKEN_SIZE 33
void stop_commands_token(char token[STOP_COMMANDS_TOKEN_SIZE]);

#define LOG_LINE_LIMIT_BYTES 4096

/*
 * A step's raw output as lines that no runner takes for a command: "##[" and a "::" at the start
 * of a line get U+200B inside, other control characters than tab and ESC become pictures
 * (CR: ␍), invalid UTF-8 becomes U+FFFD, and what a line has above LOG_LINE_LIMIT_BYTES becomes
 * "… (+N bytes, full log in LOG_PATH)". bytes begin at the start of a line; the result ends with
 * a line end. CR LF is one line end. log_path: NULL leaves its mention out.
 */
void log_append_harmless(
	struct buffer *buffer, const char *bytes, size_t size, const char *log_path);

struct github_output {
	const char *name;  /* letters, digits, '-' and '_', not starting with a digit or '-' */
	const char *value; /* NULL: left out; may have several lines */
};

/* Appends the outputs to the file that GITHUB_OUTPUT names, all in one write. */
bool github_outputs_append(
	const char *path, const struct github_output *outputs, size_t count, struct error *error);

#define STEP_SUMMARY_LIMIT_BYTES ((size_t)900 * 1000)

/*
 * Appends to the file that GITHUB_STEP_SUMMARY names. The file never gets larger than
 * STEP_SUMMARY_LIMIT_BYTES (above 1 MiB GitHub shows nothing of it): what does not fit is cut
 * after a line, and a line says so.
 */
bool step_summary_append(const char *path, const char *bytes, size_t size, struct error *error);

#endif
