#ifndef WAVETRAIN_RUN_STEP_ITEM_H
#define WAVETRAIN_RUN_STEP_ITEM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "model/pipeline.h"

/* What an instance of a foreach gets to know of its item. */
#define STEP_ITEM_VARIABLE_COUNT 3
#define STEP_ITEM_VARIABLE_LIMIT_BYTES (32u << 10)

/* True for an instance that has an item: its input folder is there also without inputs. */
bool step_has_item(const struct step *step);

/*
 * WAVETRAIN_ITEM_INDEX, _ITEM_FILE (INPUT_FOLDER/NAME.json) and, where it is not longer than the
 * limit and holds no NUL, _ITEM: a text as it is, anything else as JSON. Returns how many.
 */
uint32_t step_item_variables(const struct step *step, const char *input_folder, struct arena *arena,
	const char **variables);

/* Writes the item's JSON into that file. */
bool step_item_write(const struct step *step, const char *input_folder, struct error *error);

#endif
