#ifndef WAVETRAIN_RUN_COMMAND_LINE_H
#define WAVETRAIN_RUN_COMMAND_LINE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "model/pipeline.h"
#include "run/program_search.h"

/* What is executed. Belongs to the arena it was made in, program perhaps to the search. */
struct command_line {
	const char *program;          /* path */
	const char *const *arguments; /* NULL after the last; [0] as the user wrote it */
};

struct command_place {
	struct program_search *search;
	const char *path_list; /* PATH of the step; NULL: the system's default */
	const char *folder;    /* absolute: working directory */
};

/*
 * The words of a script that a POSIX shell would do nothing with but execute: one line of plain
 * words, the first neither an assignment nor a word the shell knows itself. NULL-ended, in the
 * arena; NULL: it takes a shell.
 */
const char *const *command_line_simple_words(const char *script, struct arena *arena);

/*
 * Decides between executing words and SHELL -e -c SCRIPT, and finds the program. False with
 * "program 'x' not found in PATH".
 */
bool command_line_make(const struct command *command, const struct command_place *place,
	struct arena *arena, struct command_line *line, struct error *error);

#endif
