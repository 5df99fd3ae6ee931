#ifndef WAVETRAIN_LOAD_FAN_OUT_TEXT_H
#define WAVETRAIN_LOAD_FAN_OUT_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "load/matrix.h"
#include "model/pipeline.h"

/* What the copies that instances are made of may take, in one pipeline in all. */
struct fan_out_budget {
	struct arena *arena;
	uint64_t bytes_left; /* of texts */
	uint64_t items_left; /* of lists */
	uint64_t work_left;  /* of looking for keys */
};
#define FAN_OUT_BYTE_LIMIT ((uint64_t)256 << 20)
#define FAN_OUT_ITEM_LIMIT 4000000u
#define FAN_OUT_WORK_LIMIT 16000000u

/*
 * Makes *step, a copy of the step as written, into one of its instances: {KEY} becomes the key's
 * value in name, description, task, the elements of a command list, env values, workdir, paths of
 * outputs and cache, and in paths, sources and commands of contracts. Scripts stay as they are.
 * What changes is copied into the budget's arena; the original is left alone. A name that stays
 * the same as the others' gets suffix ("[os=a]") behind it. False: the budget is used up.
 */
bool fan_out_text_put(struct step *step, const struct matrix_value *values, uint32_t count,
	const char *suffix, struct fan_out_budget *budget);

#endif
