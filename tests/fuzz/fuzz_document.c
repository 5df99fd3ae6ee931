/* Any bytes as a JSON document: read or refused, and validated against one schema of many words. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "contract/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const char schema_text[] =
	"{\"type\":[\"object\",\"array\",\"string\",\"number\"],\"properties\":{"
	"\"id\":{\"type\":\"integer\",\"minimum\":1,\"multipleOf\":0.5},"
	"\"name\":{\"minLength\":2,\"maxLength\":9,\"pattern\":\"^[a-z]+$\"},"
	"\"kind\":{\"enum\":[\"a\",\"b\",1,null,[1],{\"x\":1},2,3,4,5]},"
	"\"parts\":{\"items\":{\"$ref\":\"#\"},\"uniqueItems\":true,\"contains\":{\"type\":\"object\"}}"
	"},\"patternProperties\":{\"^x-\":{\"anyOf\":[{\"$ref\":\"#\"},{\"type\":\"null\"}]}},"
	"\"propertyNames\":{\"maxLength\":30},\"dependentRequired\":{\"id\":[\"name\"]},"
	"\"if\":{\"required\":[\"kind\"]},\"then\":{\"required\":[\"id\"]},"
	"\"oneOf\":[{\"type\":\"object\"},{\"maxItems\":3},{\"exclusiveMaximum\":7}],"
	"\"unevaluatedProperties\":false,\"unevaluatedItems\":{\"type\":\"number\"}}";

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const struct schema_source source = {.text = schema_text, .size = sizeof schema_text - 1};
	struct arena arena = {0};
	struct schema *schema;
	struct schema_verdict quick;
	struct schema_verdict full;
	struct error error;
	json_t *document = json_read((const char *)bytes, size, &error);
	if (!document)
		return 0;
	if (!schema_compile(&source, &schema, &error))
		__builtin_trap();
	schema_validate(schema, document, 0, &arena, &quick);
	schema_validate(schema, document, 50, &arena, &full);
	if (quick.is_valid != full.is_valid)
		__builtin_trap();
	json_decref(document);
	schema_free(schema);
	arena_release(&arena);
	return 0;
}
