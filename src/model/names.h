#ifndef WAVETRAIN_MODEL_NAMES_H
#define WAVETRAIN_MODEL_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Looks a word up in an enum's table of names. The tables stand in the enum's own .c file with a
 * static assertion of their length.
 */
bool name_find(const char *const *names, size_t count, const char *name, size_t *index);

#endif
