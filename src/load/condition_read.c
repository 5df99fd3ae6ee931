/*
 * Recursive descent. It goes down only at '(' and '!', at most CONDITION_NESTING_LIMIT times;
 * chains of && and || are loops, and the number of parts bounds the depth of the tree they make.
 */
#include "load/condition_read.h"

#include <string.h>

#include "base/index.h"
#include "base/text.h"
#include "load/condition_text.h"
#include "load/yaml_decode.h"

struct condition_reader {
	struct condition_text text;
	uint32_t nesting;
	uint32_t parts;
};

static struct condition *read_either(struct condition_reader *reader);

static struct condition *part_new(
	struct condition_reader *reader, enum condition_kind kind, const char *at)
{
	if (++reader->parts > CONDITION_TERM_LIMIT) {
		condition_fault(&reader->text, at, NULL, "the condition has more than %u parts",
			CONDITION_TERM_LIMIT);
		return NULL;
	}
	struct condition *condition = ARENA_NEW(reader->text.diagnostics->arena, struct condition);
	condition->kind = kind;
	return condition;
}

static bool enter(struct condition_reader *reader, const char *at)
{
	return ++reader->nesting <= CONDITION_NESTING_LIMIT ||
	       condition_fault(&reader->text, at, NULL,
		       "the condition is nested deeper than %u levels", CONDITION_NESTING_LIMIT);
}

/* A path relative to the pipeline's folder, for changed(). */
static bool read_glob(struct condition_reader *reader, struct text_item *item)
{
	struct condition_text *text = &reader->text;
	condition_skip_blanks(text);
	const char *start = text->at;
	if (*start != '\'')
		return condition_unexpected(text, "a glob in single quotes");
	if (!condition_read_text(text, &item->text))
		return false;
	item->where = text->where;
	if (*item->text == '\0' || *item->text == '/')
		return condition_fault(text, start, NULL,
			"a glob is relative to the pipeline's folder, as in changed('src/**')");
	return true;
}

static bool read_globs(struct condition_reader *reader, struct text_list *globs)
{
	struct text_item items[CONDITION_TERM_LIMIT];
	uint32_t count = 0;
	do {
		const char *at = reader->text.at;
		if (count == CONDITION_TERM_LIMIT)
			return condition_fault(&reader->text, at, NULL,
				"changed() takes at most %u globs", CONDITION_TERM_LIMIT);
		if (!read_glob(reader, &items[count]))
			return false;
		count++;
	} while (condition_take(&reader->text, ","));
	globs->items = ARENA_ARRAY(reader->text.diagnostics->arena, struct text_item, count);
	globs->count = count;
	memcpy(globs->items, items, count * sizeof *items);
	return condition_take(&reader->text, ")") ||
	       condition_unexpected(&reader->text, "',' or ')'");
}

static const struct {
	const char *name;
	enum condition_kind kind;
} functions[] = {
	{"success", CONDITION_SUCCESS},
	{"failure", CONDITION_FAILURE},
	{"always", CONDITION_ALWAYS},
	{"changed", CONDITION_CHANGED},
};

/* At the '(' behind the word that begins at start. */
static struct condition *read_function(struct condition_reader *reader, const char *start)
{
	struct condition_text *text = &reader->text;
	const char *word =
		arena_copy_bytes(text->diagnostics->arena, start, (size_t)(text->at - start));
	struct nearest nearest;
	nearest_start(&nearest, word);
	for (size_t i = 0; i < ARRAY_LENGTH(functions); i++) {
		nearest_offer(&nearest, functions[i].name);
		if (!text_equal(word, functions[i].name))
			continue;
		text->at++;
		struct condition *condition = part_new(reader, functions[i].kind, start);
		if (!condition)
			return NULL;
		if (condition->kind == CONDITION_CHANGED)
			return read_globs(reader, &condition->globs) ? condition : NULL;
		if (condition_take(text, ")"))
			return condition;
		condition_fault(
			text, text->at, NULL, "%s() is asked for nothing: expected ')'", word);
		return NULL;
	}
	condition_fault(text, start, nearest.best, "there is no function '%s'",
		shorten(text->diagnostics->arena, word));
	return NULL;
}

static bool finish_comparison(
	struct condition_reader *reader, struct condition *condition, const char *sign_at)
{
	struct condition_text *text = &reader->text;
	enum comparison again;
	bool is_there;
	if (!condition_read_operand(text, &condition->operands[1]) ||
		!condition_check_operands(text, condition, sign_at))
		return false;
	condition_skip_blanks(text);
	const char *next = text->at;
	if (!condition_take_comparison(text, &again, &is_there))
		return false;
	return !is_there || condition_fault(text, next, NULL,
				    "a comparison cannot be compared; join two with && or ||");
}

static struct condition *read_comparison(struct condition_reader *reader)
{
	struct condition_text *text = &reader->text;
	const char *start = text->at;
	struct condition *condition = part_new(reader, CONDITION_TRUE, start);
	bool is_there;
	if (!condition || !condition_read_operand(text, &condition->operands[0]))
		return NULL;
	condition_skip_blanks(text);
	const char *sign_at = text->at;
	if (!condition_take_comparison(text, &condition->comparison, &is_there))
		return NULL;
	if (is_there) {
		condition->kind = CONDITION_COMPARE;
		return finish_comparison(reader, condition, sign_at) ? condition : NULL;
	}
	if (condition->operands[0].kind != OPERAND_TEXT &&
		condition->operands[0].kind != OPERAND_NUMBER)
		return condition;
	condition_fault(text, start, NULL, "a %s alone is neither true nor false; compare it",
		condition->operands[0].kind == OPERAND_TEXT ? "text" : "number");
	return NULL;
}

static struct condition *read_parenthesis(struct condition_reader *reader)
{
	struct condition_text *text = &reader->text;
	if (!enter(reader, text->at))
		return NULL;
	text->at++;
	struct condition *condition = read_either(reader);
	reader->nesting--;
	if (!condition || condition_take(text, ")"))
		return condition;
	condition_unexpected(text, "'&&', '||' or ')'");
	return NULL;
}

static struct condition *read_part(struct condition_reader *reader)
{
	struct condition_text *text = &reader->text;
	condition_skip_blanks(text);
	const char *start = text->at;
	if (*start == '(')
		return read_parenthesis(reader);
	if (*start == '!' && start[1] != '=') {
		struct condition *negation = part_new(reader, CONDITION_NOT, start);
		if (!negation || !enter(reader, start))
			return NULL;
		text->at++;
		negation->left = read_part(reader);
		reader->nesting--;
		return negation->left ? negation : NULL;
	}
	size_t length = condition_word_length(start, false);
	if (length > 0 && start[length] == '(') {
		text->at += length;
		return read_function(reader, start);
	}
	if (length > 0 || (*start && strchr("'0123456789.-", *start)))
		return read_comparison(reader);
	condition_unexpected(text, "a condition");
	return NULL;
}

/* left && right && …, or with ||, as they are taken by next. */
static struct condition *read_chain(struct condition_reader *reader, enum condition_kind kind,
	struct condition *(*next)(struct condition_reader *reader))
{
	struct condition *left = next(reader);
	while (left && condition_take(&reader->text, kind == CONDITION_AND ? "&&" : "||")) {
		struct condition *chain = part_new(reader, kind, reader->text.at - 2);
		if (!chain)
			return NULL;
		chain->left = left;
		chain->right = next(reader);
		left = chain->right ? chain : NULL;
	}
	return left;
}

static struct condition *read_both(struct condition_reader *reader)
{
	return read_chain(reader, CONDITION_AND, read_part);
}

static struct condition *read_either(struct condition_reader *reader)
{
	return read_chain(reader, CONDITION_OR, read_both);
}

const struct condition *condition_read(
	const char *text, struct source_position where, struct diagnostics *diagnostics)
{
	struct condition_reader reader = {
		.text = {.text = text, .at = text, .where = where, .diagnostics = diagnostics}};
	if (strlen(text) > CONDITION_LIMIT_BYTES) {
		condition_fault(&reader.text, text, NULL, "the condition is longer than %u bytes",
			CONDITION_LIMIT_BYTES);
		return NULL;
	}
	condition_skip_blanks(&reader.text);
	if (text_starts_with(reader.text.at, "${{")) {
		condition_fault(&reader.text, reader.text.at, NULL,
			"a condition stands without ${{ and }}");
		return NULL;
	}
	struct condition *condition = read_either(&reader);
	if (!condition)
		return NULL;
	condition_skip_blanks(&reader.text);
	if (*reader.text.at) {
		condition_unexpected(&reader.text, "'&&', '||' or the end");
		return NULL;
	}
	condition->source = arena_copy_text(diagnostics->arena, text);
	return condition;
}

struct parameter_check {
	struct substitution *substitution;
	struct source_position where;
};

static void check_parameter(void *context, const struct operand *operand)
{
	const struct parameter_check *check = context;
	struct substitution *substitution = check->substitution;
	struct nearest nearest;
	if (operand->kind != OPERAND_PARAMETER ||
		map_find(&substitution->parameter_names, operand->text) != INDEX_NONE)
		return;
	nearest_start(&nearest, operand->text);
	substitution_offer_parameters(substitution, &nearest);
	diagnostics_add_near(substitution->diagnostics, FINDING_CONDITION, check->where,
		nearest.best, "the pipeline has no parameter '%s'",
		shorten(substitution->arena, operand->text));
}

void condition_check(const struct condition *condition, struct substitution *substitution,
	struct source_position where)
{
	struct parameter_check check = {substitution, where};
	condition_each_operand(condition, check_parameter, &check);
}
