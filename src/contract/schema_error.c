#include "contract/schema_error.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "contract/schema_describe.h"

#define STEPS_AN_ERROR 100 /* writing one takes longer than looking at a property */
#define NAMED_LIMIT 8u     /* properties that a message lists */

void schema_errors_release(struct schema_errors *errors)
{
	free(errors->found.items);
	arena_release(&errors->arena);
}

const char *schema_error_text(struct schema_run *run, const char *format, ...)
{
	struct buffer visible CLEANUP(buffer_release) = BUFFER_INIT;
	char bytes[512];
	va_list arguments;
	if (!run->errors)
		return "";
	va_start(arguments, format);
	int size = vsnprintf(bytes, sizeof bytes, format, arguments);
	va_end(arguments);
	size_t length = size < 0 ? 0 : strlen(bytes);
	text_append_visible(&visible, bytes, utf8_cut(bytes, length, length));
	return arena_copy_text(&run->errors->arena, buffer_text(&visible));
}

/* The JSON pointer of the value at hand. */
static const char *pointer_of(struct schema_run *run)
{
	struct buffer pointer CLEANUP(buffer_release) = BUFFER_INIT;
	for (uint32_t i = 0; i < run->path_depth; i++) {
		const struct schema_path_part *part = &run->path[i];
		buffer_append_text(&pointer, "/");
		if (!part->key)
			buffer_append_unsigned(&pointer, part->position);
		for (const char *at = part->key; at && *at; at++) {
			if (*at == '~' || *at == '/')
				buffer_append_text(&pointer, *at == '~' ? "~0" : "~1");
			else
				buffer_append_byte(&pointer, *at);
		}
		/* A document may be deep and its names long: what is kept of them all is bounded. */
		run->steps -= (int64_t)(pointer.size / 64);
		if (run->steps < 0)
			break;
	}
	return arena_copy_text(&run->errors->arena, buffer_text(&pointer));
}

static bool is_collecting(const struct schema_run *run)
{
	return run->errors && !run->is_quiet;
}

static void add(struct schema_run *run, enum schema_keyword keyword, const char *expected,
	const char *actual)
{
	struct schema_errors *errors = run->errors;
	run->steps -= STEPS_AN_ERROR;
	GROW(errors->found.items, errors->found.count, errors->found.capacity);
	errors->found.items[errors->found.count++] = (struct schema_found){
		.error = {pointer_of(run), schema_keywords[keyword].name, expected, actual},
		.depth = run->path_depth,
	};
}

bool schema_fail(struct schema_run *run, enum schema_keyword keyword, const char *expected,
	const char *actual)
{
	/* That a limit was met is told wherever it happened. */
	if (is_collecting(run) || (run->errors && keyword == KEYWORD_LIMIT))
		add(run, keyword, expected, actual);
	return false;
}

static const char *describe(struct schema_run *run, const json_t *value)
{
	const char *text = schema_describe_value(&run->errors->arena, value);
	if (run->is_name && json_is_string(value))
		return arena_format(&run->errors->arena, "the name %s", text + strlen("the text "));
	return text;
}

bool schema_fail_instruction(
	struct schema_run *run, const struct schema_instruction *instruction, const json_t *value)
{
	if (!is_collecting(run))
		return false;
	struct arena *arena = &run->errors->arena;
	const char *actual = describe(run, value);
	if (instruction->keyword == KEYWORD_MIN_LENGTH ||
		instruction->keyword == KEYWORD_MAX_LENGTH) {
		size_t length =
			schema_text_length(json_string_value(value), json_string_length(value));
		actual = arena_format(
			arena, "%s of %zu character%s", actual, length, length == 1 ? "" : "s");
	}
	return schema_fail(run, (enum schema_keyword)instruction->keyword,
		schema_describe_instruction(arena, run->schema, instruction), actual);
}

bool schema_fail_type(struct schema_run *run, const struct schema_node *node, const json_t *value)
{
	if (!is_collecting(run))
		return false;
	if (!node->types)
		return schema_fail(run, KEYWORD_FALSE, "nothing here", describe(run, value));
	return schema_fail(run, KEYWORD_TYPE,
		schema_describe_types(&run->errors->arena, node->types, node->allows_whole_real),
		describe(run, value));
}

bool schema_fail_required(
	struct schema_run *run, enum schema_keyword keyword, const char *name, const char *because)
{
	if (!is_collecting(run))
		return false;
	struct arena *arena = &run->errors->arena;
	const char *quoted = schema_describe_text(arena, name, strlen(name));
	const char *expected = arena_format(arena, "the property %s", quoted);
	if (because)
		expected = arena_format(arena, "the property %s beside %s", quoted,
			schema_describe_text(arena, because, strlen(because)));
	return schema_fail(run, keyword, expected, "nothing");
}

static const char *describe_known(
	struct schema_run *run, const struct schema_object *object, const char *name)
{
	struct buffer text CLEANUP(buffer_release) = BUFFER_INIT;
	struct arena *arena = &run->errors->arena;
	struct nearest nearest;
	uint32_t known = 0;
	nearest_start(&nearest, name);
	buffer_append_text(&text, "none but ");
	for (uint32_t i = object->first; i < object->first + object->count; i++) {
		const struct schema_property *property = &run->schema->properties.items[i];
		if (property->node == INDEX_NONE)
			continue;
		if (known < 1000)
			nearest_offer(&nearest, property->name);
		run->steps--;
		if (++known > NAMED_LIMIT)
			continue;
		buffer_append_text(&text, known > 1 ? ", " : "");
		buffer_append_text(
			&text, schema_describe_text(arena, property->name, property->size));
	}
	if (!known)
		return object->pattern_count ? "none but those with a name of a pattern"
					     : "no property";
	if (known > NAMED_LIMIT)
		buffer_printf(&text, " and %u more", known - NAMED_LIMIT);
	if (nearest.best)
		buffer_printf(&text, "; did you mean %s?",
			schema_describe_text(arena, nearest.best, strlen(nearest.best)));
	return arena_copy_text(arena, buffer_text(&text));
}

bool schema_fail_additional(struct schema_run *run, enum schema_keyword keyword,
	const struct schema_object *object, const char *name)
{
	if (!is_collecting(run) || run->path_depth >= SCHEMA_DEPTH_LIMIT)
		return false;
	struct arena *arena = &run->errors->arena;
	const char *expected = object ? describe_known(run, object, name)
				      : "no property that the schema does not describe";
	run->path[run->path_depth++] = (struct schema_path_part){name, 0};
	schema_fail(run, keyword, expected,
		arena_format(
			arena, "the property %s", schema_describe_text(arena, name, strlen(name))));
	run->path_depth--;
	return false;
}

bool schema_fail_item(struct schema_run *run, enum schema_keyword keyword, uint32_t position)
{
	if (!is_collecting(run) || run->path_depth >= SCHEMA_DEPTH_LIMIT)
		return false;
	run->path[run->path_depth++] = (struct schema_path_part){NULL, position};
	schema_fail(run, keyword, "no item that the schema does not describe",
		arena_format(&run->errors->arena, "item %u", position));
	run->path_depth--;
	return false;
}

void schema_branches_start(struct schema_run *run, struct schema_branches *branches)
{
	*branches = (struct schema_branches){.best = INDEX_NONE};
	if (!is_collecting(run))
		return;
	branches->start = run->errors->found.count;
	add(run, KEYWORD_ANY_OF, "", "");
}

void schema_branches_end_one(
	struct schema_run *run, struct schema_branches *branches, uint32_t branch)
{
	if (!is_collecting(run))
		return;
	struct schema_found *found = run->errors->found.items;
	uint32_t first = branches->start + 1 + branches->kept;
	uint32_t count = run->errors->found.count - first;
	uint32_t depth = 0;
	for (uint32_t i = first; i < first + count; i++)
		depth = found[i].depth > depth ? found[i].depth : depth;
	/* The fewest errors; of as many, those deeper in the document: more of it fits. */
	bool is_better = branches->best == INDEX_NONE || count < branches->kept ||
			 (count == branches->kept && depth > branches->depth);
	if (is_better) {
		memmove(&found[branches->start + 1], &found[first], count * sizeof *found);
		branches->best = branch;
		branches->kept = count;
		branches->depth = depth;
	}
	run->errors->found.count = branches->start + 1 + branches->kept;
}

void schema_branches_forget(struct schema_run *run, const struct schema_branches *branches)
{
	if (is_collecting(run))
		run->errors->found.count = branches->start;
}

bool schema_branches_fail(struct schema_run *run, const struct schema_branches *branches,
	enum schema_keyword keyword, const char *expected, const char *actual)
{
	if (!is_collecting(run))
		return false;
	struct contract_error *error = &run->errors->found.items[branches->start].error;
	error->keyword = schema_keywords[keyword].name;
	error->expected = expected;
	error->actual = actual;
	return false;
}
