#ifndef WAVETRAIN_COMPONENT_INPUT_FILES_H
#define WAVETRAIN_COMPONENT_INPUT_FILES_H

#include <stdbool.h>

#include "base/arena.h"

/* The files that a built-in component reads, as its properties name them. */
struct input_files {
	const char *path;           /* of a file or folder, from where the step works */
	const char *const *include; /* patterns from that folder, NULL after the last; none: all */
	const char *const *exclude;
};

/*
 * type: a built-in's; properties: its JSON object. Texts are the arena's. False: it reads none, or
 * the properties are not what it takes.
 */
bool input_files_read(
	const char *type, const char *properties, struct arena *arena, struct input_files *files);

/* Whether a path, relative to the folder, is one of them: a file, or a folder to be entered. */
bool input_files_take(const struct input_files *files, const char *path);
bool input_files_enter(const struct input_files *files, const char *path);

#endif
