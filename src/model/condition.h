#ifndef WAVETRAIN_MODEL_CONDITION_H
#define WAVETRAIN_MODEL_CONDITION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "model/pipeline.h"

/*
 * What stands in a step's `if`: a small typed expression, no code. Read by load/condition_read.h,
 * decided before a run by condition_decide(), so that a step only carries for which outcome of
 * its needs it runs. Grammar, weakest binding first: a || b, a && b, !a, (a), success(),
 * failure(), always(), changed('GLOB', …), x == y, x != y, and x < y, <=, >, >= on numbers;
 * x and y: params.NAME, env.NAME, matrix.NAME, 'text', a number, true, false.
 */
enum condition_kind {
	CONDITION_AND,
	CONDITION_OR,
	CONDITION_NOT, /* of left */
	CONDITION_SUCCESS,
	CONDITION_FAILURE,
	CONDITION_ALWAYS,
	CONDITION_CHANGED,
	CONDITION_COMPARE,
	CONDITION_TRUE, /* a constant, or a parameter or variable that is "true" */
};

enum comparison {
	COMPARE_EQUAL,
	COMPARE_DIFFERENT,
	COMPARE_LESS,
	COMPARE_LESS_EQUAL,
	COMPARE_GREATER,
	COMPARE_GREATER_EQUAL
};

enum operand_kind {
	OPERAND_TEXT,
	OPERAND_NUMBER,
	OPERAND_BOOLEAN,
	OPERAND_PARAMETER,
	OPERAND_ENVIRONMENT,
	OPERAND_MATRIX
};

struct operand {
	enum operand_kind kind;
	const char *text; /* the text, or the name */
	double number;
	bool truth;
};

struct condition {
	enum condition_kind kind;
	const struct condition *left; /* of AND, OR, NOT */
	const struct condition *right;
	struct text_list globs; /* of CHANGED: any of them, from pipeline->folder */
	enum comparison comparison;
	struct operand operands[2]; /* of COMPARE; TRUE has one */
	const char *source;         /* of the root: the expression as written */
};

/* Calls visit for every operand of an expression, from left to right. */
void condition_each_operand(const struct condition *condition,
	void (*visit)(void *context, const struct operand *operand), void *context);

struct condition_facts {
	const struct pipeline *pipeline; /* parameters */
	const struct step *step;         /* its matrix values are in env as MATRIX_NAME */
	const char *const *environment;  /* "NAME=VALUE", NULL after the last */
	/* Whether a path that matches has changed; NULL: nobody knows, then it has. */
	bool (*is_changed)(void *context, const char *glob);
	void *context;
};

/*
 * Bits of enum run_condition: for which outcome of its needs the step runs. An expression that
 * asks neither success(), failure() nor always() holds only when the needs succeeded. When the
 * answer is 0 *reason is one phrase for people, the arena's.
 */
uint8_t condition_decide(const struct condition *condition, const struct condition_facts *facts,
	struct arena *arena, const char **reason);

#endif
