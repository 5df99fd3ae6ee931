/* Any bytes as a schema: a document is made for it, or an error says why not. */
#include <stddef.h>
#include <stdint.h>

#include "contract/schema_mock.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const struct schema_source source = {.text = (const char *)bytes, .size = size};
	struct arena arena = {0};
	struct error error = {0};
	struct schema *schema;
	const char *text = NULL;
	if (size > 4096 || !schema_compile(&source, &schema, &error))
		return 0;
	if (!schema_mock(schema, &source, &arena, &text, &error) && !error.text[0])
		__builtin_trap();
	if (text) {
		struct schema_verdict verdict;
		json_t *value = json_read(text, strlen(text), &error);
		if (!value)
			__builtin_trap();
		schema_validate(schema, value, 0, &arena, &verdict);
		if (!verdict.is_valid)
			__builtin_trap();
		json_decref(value);
	}
	schema_free(schema);
	arena_release(&arena);
	return 0;
}
