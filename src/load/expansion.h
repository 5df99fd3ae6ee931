#ifndef WAVETRAIN_LOAD_EXPANSION_H
#define WAVETRAIN_LOAD_EXPANSION_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "model/diagnostic.h"
#include "model/pipeline.h"

/*
 * foreach at run time: a step that stands for many becomes its instances, "id[0]", "id[1]", …,
 * in its place; whoever needs it needs all of them, and whoever takes its output gets one file or
 * folder for each (input->of_fan_out). An empty list: no instance, who needs it waits for nothing.
 *
 * pipeline: complete and checked; becomes another one whose arrays are the arena's. list: the
 * artifact's bytes: a JSON array, or a text with an item on each line that is not empty. False
 * with *error: not a list, more instances than the step's limit, or an item that would lead a path
 * of the step out of its folder; *pipeline is then as it was.
 */
bool foreach_expand(struct pipeline *pipeline, uint32_t step, const char *list, size_t size,
	struct arena *arena, struct error *error);

#endif
