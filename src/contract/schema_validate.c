/* A validation: once for the verdict; only what is wrong is looked at again, for its errors. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "contract/schema_error.h"
#include "contract/schema_pattern.h"

/* The values in a document, as far as it is not deeper than a validation goes. */
static uint64_t count_values(json_t *root)
{
	struct {
		json_t **items;
		uint32_t count;
		uint32_t capacity;
	} waiting = {0};
	uint64_t count = 0;
	const char *key;
	json_t *child;
	size_t i;
	for (json_t *value = root; value;
		value = waiting.count ? waiting.items[--waiting.count] : NULL) {
		count++;
		json_object_foreach(value, key, child)
		{
			GROW(waiting.items, waiting.count, waiting.capacity);
			waiting.items[waiting.count++] = child;
		}
		json_array_foreach(value, i, child)
		{
			GROW(waiting.items, waiting.count, waiting.capacity);
			waiting.items[waiting.count++] = child;
		}
	}
	free(waiting.items);
	return count;
}

static int64_t steps_for(json_t *value)
{
	uint64_t count = count_values(value);
	return count > SCHEMA_STEP_LIMIT / SCHEMA_STEPS_A_VALUE
		       ? (int64_t)(count * SCHEMA_STEPS_A_VALUE)
		       : SCHEMA_STEP_LIMIT;
}

static bool run_once(struct schema_run *run, json_t *value, int64_t steps)
{
	run->steps = steps;
	run->is_stopped = false;
	run->word_count = 0;
	run->path_depth = 0;
	run->depth = 0;
	return schema_run_node(run, run->schema->root, value, RECORD_NONE) && !run->is_stopped;
}

/* Where a limit was met, it is all that is known for sure. */
static void keep_limit_alone(struct schema_errors *errors)
{
	uint32_t last = errors->found.count - 1;
	for (uint32_t i = 0; i < errors->found.count; i++) {
		if (text_equal(errors->found.items[i].error.keyword,
			    schema_keywords[KEYWORD_LIMIT].name))
			last = i;
	}
	errors->found.items[0] = errors->found.items[last];
	errors->found.count = 1;
}

static void give_errors(const struct schema_errors *errors, uint32_t limit, struct arena *arena,
	struct schema_verdict *verdict)
{
	verdict->error_total = errors->found.count;
	verdict->error_count = errors->found.count < limit ? errors->found.count : limit;
	verdict->errors = ARENA_ARRAY(arena, struct contract_error, verdict->error_count);
	for (uint32_t i = 0; i < verdict->error_count; i++) {
		const struct contract_error *error = &errors->found.items[i].error;
		verdict->errors[i] = (struct contract_error){
			.pointer = arena_copy_text(arena, error->pointer),
			.keyword = error->keyword,
			.expected = arena_copy_text(arena, error->expected),
			.actual = arena_copy_text(arena, error->actual),
		};
	}
}

static uint32_t *new_followers(const struct schema *schema)
{
	size_t count = (size_t)schema->properties.count + schema->objects.count + 1;
	uint32_t *followers = heap_resize(NULL, count, sizeof *followers);
	memset(followers, 0xff, count * sizeof *followers);
	return followers;
}

void schema_validate(const struct schema *schema, const json_t *instance, uint32_t limit,
	struct arena *arena, struct schema_verdict *verdict)
{
	json_t *value =
		(json_t *)(uintptr_t)instance; /* only read; jansson's iterators want it so */
	struct schema_run run = {.schema = schema};
	struct schema_errors errors = {0};
	int64_t steps = SCHEMA_STEP_LIMIT;
	*verdict = (struct schema_verdict){0};
	run.path = heap_resize(NULL, SCHEMA_DEPTH_LIMIT, sizeof *run.path);
	run.followers = new_followers(schema);
	if (schema->patterns.count)
		run.match = schema_match_new();
	verdict->is_valid = run_once(&run, value, steps);
	/* What stopped may be no more than a large document. */
	if (run.is_stopped && run.steps < 0) {
		steps = steps_for(value);
		if (steps > SCHEMA_STEP_LIMIT)
			verdict->is_valid = run_once(&run, value, steps);
	}
	if (!verdict->is_valid && limit) {
		run.errors = &errors;
		run_once(&run, value, steps);
		if (run.is_stopped)
			keep_limit_alone(&errors);
		give_errors(&errors, limit, arena, verdict);
	}
	schema_errors_release(&errors);
	schema_match_free(run.match);
	free(run.followers);
	free(run.words);
	free(run.path);
}
