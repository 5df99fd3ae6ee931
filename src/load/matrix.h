#ifndef WAVETRAIN_LOAD_MATRIX_H
#define WAVETRAIN_LOAD_MATRIX_H

#include <stdbool.h>
#include <stdint.h>

#include "load/yaml_decode.h"

/*
 * `matrix` of a step: which combinations of values it has, by the rules of GitHub's workflow
 * syntax (jobs.<job_id>.strategy.matrix): the product of the lists, the first list changing
 * slowest; less those that fit an `exclude`; then each `include` adds its further values to all of
 * them that it fits without changing a value of the lists, and is one more where it fits none.
 */
#define MATRIX_INSTANCE_LIMIT 10000u

/* Names of values, in its lists or in all that one combination has. */
#define MATRIX_KEY_LIMIT 64u

/* Combinations compared with values of include and exclude, in one file in all. */
#define MATRIX_WORK_LIMIT 4000000u

/* Instances in one file in all. */
#define MATRIX_TOTAL_LIMIT 100000u

struct matrix_budget {
	uint64_t work_left;      /* of MATRIX_WORK_LIMIT */
	uint64_t instances_left; /* of MATRIX_TOTAL_LIMIT */
	bool is_over;            /* which was reported */
};

struct matrix_value {
	const char *key;
	const char *value;
};

/* In the order of the keys; those of include come last. */
struct matrix_combination {
	struct matrix_value *values;
	uint32_t count;
	uint32_t capacity;
};

struct matrix {
	struct matrix_combination *combinations; /* the arena's, like all of it */
	uint32_t count;                          /* 0: a fault that was reported */
	uint32_t capacity;
};

void matrix_read(struct decoder *decoder, uint32_t node, struct matrix_budget *budget,
	struct matrix *matrix);

/* MATRIX_OS of "os": upper case, '-' as '_'. The arena's. */
const char *matrix_variable(struct arena *arena, const char *key);

/* Reports what cannot name a value of a fan-out: a wrong shape, or a parameter's name. */
void check_fan_out_name(struct decoder *decoder, const char *name, struct source_position where);

#endif
