#ifndef WAVETRAIN_LOAD_FAN_OUT_H
#define WAVETRAIN_LOAD_FAN_OUT_H

#include <stdint.h>

#include "load/matrix.h"
#include "load/yaml_decode.h"
#include "model/pipeline.h"

/* Steps with a matrix, as they are met while the pipeline is decoded. */
struct fan_out {
	const struct step *step; /* as written, in the array that is being decoded */
	struct matrix matrix;    /* without combinations: a fault that was reported */
};

struct fan_out_list {
	struct fan_out *items; /* owned: fan_out_list_release() */
	uint32_t count;
	uint32_t capacity;
	struct matrix_budget budget;
};

#define FAN_OUT_LIST_INIT                                                                          \
	{                                                                                          \
		.budget = {.work_left = MATRIX_WORK_LIMIT, .instances_left = MATRIX_TOTAL_LIMIT }  \
	}

/* Needs and inputs that fan-outs may add to those that are written, in one pipeline. */
#define FAN_OUT_EDGE_LIMIT 1000000u

void fan_out_list_release(struct fan_out_list *list);

/* Reads `matrix` into decoder->fan_outs; the owner is the step. */
decode_function decode_matrix;

/*
 * Whether the step's `if` (at where) asks only for values that its matrix has, and its env sets
 * none of the matrix's variables. For the step that is being decoded.
 */
void fan_out_check_names(
	struct decoder *decoder, const struct step *step, struct source_position where);

/*
 * Puts the instances in the place of each step that has a matrix: "id[os=a,arch=x]" with env
 * MATRIX_OS and so on. Needs and declared waves that name such a step then name all of them. All
 * instances of a step share one array of needs and one of inputs.
 */
void fan_out_expand(struct decoder *decoder, struct pipeline *pipeline);

/* Whether two places are the same step as written, or instances of it. */
bool is_same_fan_out(const struct step *left, const struct step *right);

/* The id as written: of an instance, that of the step it comes from. */
const char *step_base_id(const struct step *step);

#endif
