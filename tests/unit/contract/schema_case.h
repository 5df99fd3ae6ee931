/* What the tests of the schema files share: a schema from a text, its errors as lines. */
#ifndef TESTS_SCHEMA_CASE_H
#define TESTS_SCHEMA_CASE_H

#include "cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "contract/schema.h"

static inline bool try_compile(const char *text, struct schema **schema, struct error *error)
{
	const struct schema_source source = {.text = text, .size = strlen(text)};
	*error = (struct error){0};
	return schema_compile(&source, schema, error);
}

static inline struct schema *must_compile(const char *text)
{
	struct schema *schema;
	struct error error;
	if (!try_compile(text, &schema, &error))
		fail_msg("%s: %s", text, error.text);
	return schema;
}

static inline json_t *must_read(const char *text)
{
	struct error error = {0};
	json_t *value = json_read(text, strlen(text), &error);
	if (!value)
		fail_msg("%.200s: %s", text, error.text);
	return value;
}

/* "POINTER KEYWORD: expected EXPECTED, got ACTUAL\n" of each error. */
static inline void append_errors(struct buffer *lines, const struct schema_verdict *verdict)
{
	for (uint32_t i = 0; i < verdict->error_count; i++) {
		const struct contract_error *error = &verdict->errors[i];
		buffer_printf(lines, "%s %s: expected %s, got %s\n", error->pointer, error->keyword,
			error->expected, error->actual);
	}
}

/* Both ways of validating agree; the caller compares the lines. */
static inline void validate_lines(
	const struct schema *schema, const json_t *value, struct buffer *lines)
{
	struct arena arena = {0};
	struct schema_verdict quick;
	struct schema_verdict full;
	schema_validate(schema, value, 0, &arena, &quick);
	schema_validate(schema, value, 50, &arena, &full);
	assert_int_equal(quick.is_valid, full.is_valid);
	assert_int_equal(quick.error_count, 0);
	assert_int_equal(full.is_valid, full.error_total == 0);
	append_errors(lines, &full);
	arena_release(&arena);
}

#endif
