/*
 * A schema, a NUL byte and a document: compiled and validated within its limits. The quick verdict
 * and the one with errors are the same.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "contract/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void validate(const struct schema *schema, const json_t *document)
{
	struct arena arena = {0};
	struct schema_verdict quick;
	struct schema_verdict full;
	schema_validate(schema, document, 0, &arena, &quick);
	schema_validate(schema, document, 20, &arena, &full);
	if (quick.is_valid != full.is_valid || full.is_valid != (full.error_total == 0))
		__builtin_trap();
	if (full.error_count > 20 || full.error_count > full.error_total)
		__builtin_trap();
	for (uint32_t i = 0; i < full.error_count; i++) {
		if (!*full.errors[i].expected || !*full.errors[i].actual)
			__builtin_trap();
	}
	arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const uint8_t *end = size ? memchr(bytes, 0, size) : NULL;
	struct schema *schema;
	struct error error;
	if (!end)
		return 0;
	const struct schema_source source = {
		.text = (const char *)bytes, .size = (size_t)(end - bytes)};
	if (!schema_compile(&source, &schema, &error))
		return 0;
	json_t *document =
		json_read((const char *)end + 1, (size_t)(bytes + size - end - 1), &error);
	if (document)
		validate(schema, document);
	json_decref(document);
	schema_free(schema);
	return 0;
}
