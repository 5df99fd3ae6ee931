/*
 * The expression is evaluated twice, once for each outcome of the needs. The tree's depth is
 * bounded by its reader, so walking it by recursion is too.
 */
#include "model/condition.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/text.h"

void condition_each_operand(const struct condition *condition,
	void (*visit)(void *context, const struct operand *operand), void *context)
{
	if (condition->left)
		condition_each_operand(condition->left, visit, context);
	if (condition->right)
		condition_each_operand(condition->right, visit, context);
	if (condition->kind == CONDITION_COMPARE || condition->kind == CONDITION_TRUE)
		visit(context, &condition->operands[0]);
	if (condition->kind == CONDITION_COMPARE)
		visit(context, &condition->operands[1]);
}

struct evaluation {
	const struct condition_facts *facts;
	struct arena *arena;
	bool needs_failed;
	const struct condition *first_false; /* of the leaves; NULL: none was false */
};

/* The value of NAME in "NAME=VALUE"; NULL: not set. */
static const char *find_in_process(const char *const *environment, const char *name)
{
	size_t length = strlen(name);
	for (size_t i = 0; environment && environment[i]; i++) {
		if (strncmp(environment[i], name, length) == 0 && environment[i][length] == '=')
			return environment[i] + length + 1;
	}
	return NULL;
}

static const char *find_in(const struct environment *environment, const char *name)
{
	for (uint32_t i = 0; i < environment->count; i++) {
		if (text_equal(environment->variables[i].name, name))
			return environment->variables[i].value;
	}
	return NULL;
}

/* As the step will see it: its own variables before the pipeline's before the process's. */
static const char *environment_value(const struct condition_facts *facts, const char *name)
{
	const char *value = find_in(&facts->step->env, name);
	if (!value)
		value = find_in(&facts->pipeline->env, name);
	return value ? value : find_in_process(facts->environment, name);
}

static char variable_character(char character)
{
	if (character >= 'a' && character <= 'z')
		return (char)(character - 'a' + 'A');
	return character == '-' || character == '.' ? '_' : character;
}

/* True when the variable is how the environment spells the key: "MATRIX_NODE_VERSION". */
static bool is_matrix_variable(const char *variable, const char *key)
{
	static const char prefix[] = "MATRIX_";
	if (!text_starts_with(variable, prefix))
		return false;
	variable += sizeof prefix - 1;
	while (*key && variable_character(*key) == variable_character(*variable)) {
		key++;
		variable++;
	}
	return *key == '\0' && *variable == '\0';
}

static const char *matrix_value(const struct condition_facts *facts, const char *name)
{
	const struct environment *environment = &facts->step->env;
	for (uint32_t i = 0; i < environment->count; i++) {
		if (is_matrix_variable(environment->variables[i].name, name))
			return environment->variables[i].value;
	}
	return NULL;
}

static const char *parameter_value(const struct condition_facts *facts, const char *name)
{
	for (uint32_t i = 0; i < facts->pipeline->parameter_count; i++) {
		if (text_equal(facts->pipeline->parameters[i].name, name))
			return facts->pipeline->parameters[i].value;
	}
	return NULL;
}

/* As a text; what is not set is the empty one. */
static const char *operand_text(const struct evaluation *evaluation, const struct operand *operand)
{
	const char *value = NULL;
	switch (operand->kind) {
	case OPERAND_TEXT:
		value = operand->text;
		break;
	case OPERAND_NUMBER:
		return arena_format(evaluation->arena, "%.17g", operand->number);
	case OPERAND_BOOLEAN:
		return operand->truth ? "true" : "false";
	case OPERAND_PARAMETER:
		value = parameter_value(evaluation->facts, operand->text);
		break;
	case OPERAND_ENVIRONMENT:
		value = environment_value(evaluation->facts, operand->text);
		break;
	case OPERAND_MATRIX:
		value = matrix_value(evaluation->facts, operand->text);
		break;
	}
	return value ? value : "";
}

static bool operand_number(
	const struct evaluation *evaluation, const struct operand *operand, double *number)
{
	*number = operand->number;
	return operand->kind == OPERAND_NUMBER ||
	       parse_number(operand_text(evaluation, operand), number);
}

static bool compare_numbers(enum comparison comparison, double left, double right)
{
	switch (comparison) {
	case COMPARE_EQUAL:
		return !islessgreater(left, right);
	case COMPARE_DIFFERENT:
		return islessgreater(left, right);
	case COMPARE_LESS:
		return left < right;
	case COMPARE_LESS_EQUAL:
		return left <= right;
	case COMPARE_GREATER:
		return left > right;
	case COMPARE_GREATER_EQUAL:
		break;
	}
	return left >= right;
}

/* Numbers where the expression says so, else texts, byte by byte. */
static bool compare(const struct evaluation *evaluation, const struct condition *condition)
{
	const struct operand *left = &condition->operands[0];
	const struct operand *right = &condition->operands[1];
	bool is_equality = condition->comparison == COMPARE_EQUAL ||
			   condition->comparison == COMPARE_DIFFERENT;
	double numbers[2];
	bool are_numbers = operand_number(evaluation, left, &numbers[0]) &&
			   operand_number(evaluation, right, &numbers[1]);
	bool wants_numbers =
		!is_equality || left->kind == OPERAND_NUMBER || right->kind == OPERAND_NUMBER;
	if (wants_numbers && are_numbers)
		return compare_numbers(condition->comparison, numbers[0], numbers[1]);
	if (wants_numbers)
		return condition->comparison == COMPARE_DIFFERENT;
	bool is_equal = text_equal(operand_text(evaluation, left), operand_text(evaluation, right));
	return is_equal == (condition->comparison == COMPARE_EQUAL);
}

static bool has_changed(const struct evaluation *evaluation, const struct text_list *globs)
{
	const struct condition_facts *facts = evaluation->facts;
	for (uint32_t i = 0; i < globs->count; i++) {
		if (!facts->is_changed || facts->is_changed(facts->context, globs->items[i].text))
			return true;
	}
	return false;
}

static bool holds(struct evaluation *evaluation, const struct condition *condition)
{
	bool is_true = true;
	switch (condition->kind) {
	case CONDITION_AND:
		return holds(evaluation, condition->left) && holds(evaluation, condition->right);
	case CONDITION_OR:
		return holds(evaluation, condition->left) || holds(evaluation, condition->right);
	case CONDITION_NOT:
		return !holds(evaluation, condition->left);
	case CONDITION_SUCCESS:
		return !evaluation->needs_failed;
	case CONDITION_FAILURE:
		return evaluation->needs_failed;
	case CONDITION_ALWAYS:
		return true;
	case CONDITION_CHANGED:
		is_true = has_changed(evaluation, &condition->globs);
		break;
	case CONDITION_COMPARE:
		is_true = compare(evaluation, condition);
		break;
	case CONDITION_TRUE:
		is_true = text_equal(operand_text(evaluation, &condition->operands[0]), "true");
		break;
	}
	if (!is_true && !evaluation->first_false)
		evaluation->first_false = condition;
	return is_true;
}

static bool asks_for_outcome(const struct condition *condition)
{
	switch (condition->kind) {
	case CONDITION_AND:
	case CONDITION_OR:
		return asks_for_outcome(condition->left) || asks_for_outcome(condition->right);
	case CONDITION_NOT:
		return asks_for_outcome(condition->left);
	case CONDITION_SUCCESS:
	case CONDITION_FAILURE:
	case CONDITION_ALWAYS:
		return true;
	case CONDITION_CHANGED:
	case CONDITION_COMPARE:
	case CONDITION_TRUE:
		break;
	}
	return false;
}

/* The value of an environment variable may be a secret: it is never repeated. */
static void append_operand_fact(
	const struct evaluation *evaluation, const struct operand *operand, struct buffer *text)
{
	const char *kind = NULL;
	const char *value = NULL;
	switch (operand->kind) {
	case OPERAND_PARAMETER:
		kind = "params";
		value = parameter_value(evaluation->facts, operand->text);
		break;
	case OPERAND_MATRIX:
		kind = "matrix";
		value = matrix_value(evaluation->facts, operand->text);
		break;
	case OPERAND_ENVIRONMENT:
		kind = "env";
		value = environment_value(evaluation->facts, operand->text);
		break;
	case OPERAND_TEXT:
	case OPERAND_NUMBER:
	case OPERAND_BOOLEAN:
		return;
	}
	if (!value)
		buffer_printf(text, ", %s.%s is not set", kind, operand->text);
	else if (operand->kind != OPERAND_ENVIRONMENT) {
		buffer_printf(text, ", %s.%s is '", kind, operand->text);
		text_append_cut(text, value, 40);
		buffer_append_byte(text, '\'');
	}
}

/* "its condition params.target == 'prod' does not hold, params.target is 'test'" */
static const char *explain(const struct evaluation *evaluation, const struct condition *condition)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	const struct condition *leaf = evaluation->first_false;
	buffer_append_text(&text, "its condition ");
	text_append_cut(&text, condition->source ? condition->source : "", 120);
	buffer_append_text(&text, " does not hold");
	if (leaf && leaf->kind == CONDITION_CHANGED)
		buffer_append_text(&text, ", nothing that matches has changed");
	if (leaf && leaf->kind != CONDITION_CHANGED)
		append_operand_fact(evaluation, &leaf->operands[0], &text);
	if (leaf && leaf->kind == CONDITION_COMPARE)
		append_operand_fact(evaluation, &leaf->operands[1], &text);
	return arena_copy_text(evaluation->arena, buffer_text(&text));
}

uint8_t condition_decide(const struct condition *condition, const struct condition_facts *facts,
	struct arena *arena, const char **reason)
{
	struct evaluation evaluation = {.facts = facts, .arena = arena, .needs_failed = true};
	uint8_t bits = 0;
	if (asks_for_outcome(condition) && holds(&evaluation, condition))
		bits |= RUN_IF_FAILURE;
	evaluation.first_false = NULL;
	evaluation.needs_failed = false;
	if (holds(&evaluation, condition))
		bits |= RUN_IF_SUCCESS;
	if (bits == 0)
		*reason = explain(&evaluation, condition);
	return bits;
}
