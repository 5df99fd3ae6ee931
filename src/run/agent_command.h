#ifndef WAVETRAIN_RUN_AGENT_COMMAND_H
#define WAVETRAIN_RUN_AGENT_COMMAND_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "model/pipeline.h"

/*
 * The argument vector of an agent step, made from its adapter, persona and task. No shell sees any
 * of it. In the adapter's arguments these are replaced, each within the argument it stands in, from
 * left to right and once: what was put in is never looked at again.
 *
 *   {task}                the task
 *   {task_file}           path of a file that holds it
 *   {system_prompt_file}  path of a file that holds the persona's system prompt
 *   {workspace}           the step's working directory
 *   {model}               the persona's model
 *   {allow} {deny}        the persona's permissions, joined with the adapter's separator; what deny
 *                         names is taken out of allow
 *   {handoffs_file}       path of what earlier steps handed on; see notes.h
 *
 * Any other {word} stays as it is. One without a value is the empty text; in an optional part the
 * whole part is left out then. No value: no system prompt, model, list or handoffs; an empty one
 * counts as none. The task, its file and the workspace always have one.
 *
 * With `stdin: task` or `result: json` the program runs within
 *   OWN_PROGRAM component run [--keep result] [--stdin TASK_FILE] -- PROGRAM ARGUMENT…
 */
struct agent_request {
	const struct pipeline *pipeline;
	const struct step *step;    /* step->agent is not NULL */
	const char *own_program;    /* absolute path of wavetrain */
	const char *work_folder;    /* absolute */
	const char *attempt_folder; /* absolute; exists if agent_command_needs_folder() */
	const char *handoffs_file;  /* absolute; NULL: there is none */
};

/*
 * True when agent_command_make() will write into attempt_folder: a part of the adapter's command
 * asks for the file of the task, or of a system prompt that there is, or the task is standard
 * input. Call workspace_require_folder() first.
 */
bool agent_command_needs_folder(const struct agent_request *request);

/*
 * Fills command->arguments, the arena's (texts may be the pipeline's); the program is not searched
 * for. Files: attempt_folder/task.md and system-prompt.md, both replaced when they are there,
 * never through a link. False: the adapter is not declared, an argument is longer than the system
 * takes (AGENT_ARGUMENT_LIMIT_PAGES), or a file cannot be written (number: errno).
 */
bool agent_command_make(const struct agent_request *request, struct arena *arena,
	struct command *command, struct error *error);

/* One argument or environment variable with its NUL, in pages: MAX_ARG_STRLEN of execve(2). */
#define AGENT_ARGUMENT_LIMIT_PAGES 32u

/* "WAVETRAIN_TASK=…" for the step's environment, the arena's; NULL: longer than that limit. */
const char *agent_task_variable(const struct step *step, struct arena *arena);

/* The persona's own env, between the pipeline's and the step's; NULL: no persona declared. */
const struct environment *agent_environment(
	const struct pipeline *pipeline, const struct step *step);

#endif
