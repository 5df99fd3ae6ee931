#include "contract/schema_keyword.h"

#include <assert.h>

#include "base/index.h"

#define BOTH(kind)                                                                                 \
	{                                                                                          \
		kind, kind                                                                         \
	}
#define LATER(kind)                                                                                \
	{                                                                                          \
		VALUE_NONE, kind                                                                   \
	}
#define CORE GROUP_COUNT, VOCABULARY_CORE
#define APPLICATOR VOCABULARY_APPLICATOR
#define VALIDATION VOCABULARY_VALIDATION

/* clang-format off */
const struct schema_keyword_row schema_keywords[KEYWORD_COUNT] = {
	[KEYWORD_ID] = {"$id", BOTH(VALUE_TEXT), CORE},
	[KEYWORD_SCHEMA] = {"$schema", BOTH(VALUE_TEXT), CORE},
	[KEYWORD_ANCHOR] = {"$anchor", LATER(VALUE_TEXT), CORE},
	[KEYWORD_DYNAMIC_ANCHOR] = {"$dynamicAnchor", LATER(VALUE_TEXT), CORE},
	[KEYWORD_VOCABULARY] = {"$vocabulary", LATER(VALUE_ANY), CORE},
	[KEYWORD_DEFS] = {"$defs", LATER(VALUE_SCHEMA_MAP), CORE},
	[KEYWORD_DEFINITIONS] = {"definitions", BOTH(VALUE_SCHEMA_MAP), CORE},
	[KEYWORD_REF] = {"$ref", BOTH(VALUE_TEXT), GROUP_ANY, VOCABULARY_CORE},
	[KEYWORD_DYNAMIC_REF] = {"$dynamicRef", LATER(VALUE_TEXT), GROUP_ANY, VOCABULARY_CORE},
	[KEYWORD_TYPE] = {"type", BOTH(VALUE_TYPES), GROUP_COUNT, VALIDATION},
	[KEYWORD_ENUM] = {"enum", BOTH(VALUE_LIST), GROUP_ANY, VALIDATION},
	[KEYWORD_CONST] = {"const", BOTH(VALUE_ANY), GROUP_ANY, VALIDATION},
	[KEYWORD_MULTIPLE_OF] = {"multipleOf", BOTH(VALUE_POSITIVE), GROUP_NUMBER, VALIDATION},
	[KEYWORD_MINIMUM] = {"minimum", BOTH(VALUE_NUMBER), GROUP_NUMBER, VALIDATION},
	[KEYWORD_MAXIMUM] = {"maximum", BOTH(VALUE_NUMBER), GROUP_NUMBER, VALIDATION},
	[KEYWORD_EXCLUSIVE_MINIMUM] = {"exclusiveMinimum", BOTH(VALUE_NUMBER), GROUP_NUMBER, VALIDATION},
	[KEYWORD_EXCLUSIVE_MAXIMUM] = {"exclusiveMaximum", BOTH(VALUE_NUMBER), GROUP_NUMBER, VALIDATION},
	[KEYWORD_MIN_LENGTH] = {"minLength", BOTH(VALUE_COUNT), GROUP_STRING, VALIDATION},
	[KEYWORD_MAX_LENGTH] = {"maxLength", BOTH(VALUE_COUNT), GROUP_STRING, VALIDATION},
	[KEYWORD_PATTERN] = {"pattern", BOTH(VALUE_TEXT), GROUP_STRING, VALIDATION},
	[KEYWORD_PREFIX_ITEMS] = {"prefixItems", LATER(VALUE_SCHEMAS), GROUP_COUNT, APPLICATOR},
	[KEYWORD_ITEMS] = {"items", {VALUE_SCHEMA_OR_LIST, VALUE_SCHEMA}, GROUP_ARRAY, APPLICATOR},
	[KEYWORD_ADDITIONAL_ITEMS] = {"additionalItems", {VALUE_SCHEMA, VALUE_NONE}, GROUP_COUNT, APPLICATOR},
	[KEYWORD_CONTAINS] = {"contains", BOTH(VALUE_SCHEMA), GROUP_ARRAY, APPLICATOR},
	[KEYWORD_MIN_CONTAINS] = {"minContains", LATER(VALUE_COUNT), GROUP_COUNT, VALIDATION},
	[KEYWORD_MAX_CONTAINS] = {"maxContains", LATER(VALUE_COUNT), GROUP_COUNT, VALIDATION},
	[KEYWORD_MIN_ITEMS] = {"minItems", BOTH(VALUE_COUNT), GROUP_ARRAY, VALIDATION},
	[KEYWORD_MAX_ITEMS] = {"maxItems", BOTH(VALUE_COUNT), GROUP_ARRAY, VALIDATION},
	[KEYWORD_UNIQUE_ITEMS] = {"uniqueItems", BOTH(VALUE_FLAG), GROUP_ARRAY, VALIDATION},
	[KEYWORD_REQUIRED] = {"required", BOTH(VALUE_NAMES), GROUP_COUNT, VALIDATION},
	[KEYWORD_PROPERTIES] = {"properties", BOTH(VALUE_SCHEMA_MAP), GROUP_OBJECT, APPLICATOR},
	[KEYWORD_PATTERN_PROPERTIES] = {"patternProperties", BOTH(VALUE_SCHEMA_MAP), GROUP_COUNT, APPLICATOR},
	[KEYWORD_ADDITIONAL_PROPERTIES] = {"additionalProperties", BOTH(VALUE_SCHEMA), GROUP_COUNT, APPLICATOR},
	[KEYWORD_PROPERTY_NAMES] = {"propertyNames", BOTH(VALUE_SCHEMA), GROUP_COUNT, APPLICATOR},
	[KEYWORD_MIN_PROPERTIES] = {"minProperties", BOTH(VALUE_COUNT), GROUP_OBJECT, VALIDATION},
	[KEYWORD_MAX_PROPERTIES] = {"maxProperties", BOTH(VALUE_COUNT), GROUP_OBJECT, VALIDATION},
	[KEYWORD_DEPENDENT_REQUIRED] = {"dependentRequired", LATER(VALUE_NAMES_MAP), GROUP_OBJECT, VALIDATION},
	[KEYWORD_DEPENDENT_SCHEMAS] = {"dependentSchemas", LATER(VALUE_SCHEMA_MAP), GROUP_OBJECT, APPLICATOR},
	[KEYWORD_DEPENDENCIES] = {"dependencies", BOTH(VALUE_DEPENDENCIES), GROUP_OBJECT, APPLICATOR},
	[KEYWORD_ALL_OF] = {"allOf", BOTH(VALUE_SCHEMAS), GROUP_ANY, APPLICATOR},
	[KEYWORD_ANY_OF] = {"anyOf", BOTH(VALUE_SCHEMAS), GROUP_ANY, APPLICATOR},
	[KEYWORD_ONE_OF] = {"oneOf", BOTH(VALUE_SCHEMAS), GROUP_ANY, APPLICATOR},
	[KEYWORD_NOT] = {"not", BOTH(VALUE_SCHEMA), GROUP_ANY, APPLICATOR},
	[KEYWORD_IF] = {"if", BOTH(VALUE_SCHEMA), GROUP_ANY, APPLICATOR},
	[KEYWORD_THEN] = {"then", BOTH(VALUE_SCHEMA), GROUP_COUNT, APPLICATOR},
	[KEYWORD_ELSE] = {"else", BOTH(VALUE_SCHEMA), GROUP_COUNT, APPLICATOR},
	[KEYWORD_UNEVALUATED_ITEMS] = {"unevaluatedItems", LATER(VALUE_SCHEMA), GROUP_LATE, VOCABULARY_UNEVALUATED},
	[KEYWORD_UNEVALUATED_PROPERTIES] = {"unevaluatedProperties", LATER(VALUE_SCHEMA), GROUP_LATE, VOCABULARY_UNEVALUATED},
	[KEYWORD_FALSE] = {"false", BOTH(VALUE_NONE), CORE},
	[KEYWORD_LIMIT] = {"$limit", BOTH(VALUE_NONE), CORE},
};
/* clang-format on */

static const char *const kind_texts[] = {
	[VALUE_NONE] = "nothing",
	[VALUE_ANY] = "any value",
	[VALUE_TEXT] = "a text",
	[VALUE_NUMBER] = "a number",
	[VALUE_POSITIVE] = "a number above 0",
	[VALUE_COUNT] = "a whole number from 0 on",
	[VALUE_FLAG] = "true or false",
	[VALUE_TYPES] = "the name of a type or a list of such names",
	[VALUE_LIST] = "a list",
	[VALUE_NAMES] = "a list of texts",
	[VALUE_NAMES_MAP] = "an object of lists of texts",
	[VALUE_SCHEMA] = "a schema (an object, true or false)",
	[VALUE_SCHEMAS] = "a list of at least one schema",
	[VALUE_SCHEMA_MAP] = "an object of schemas",
	[VALUE_SCHEMA_OR_LIST] = "a schema or a list of schemas",
	[VALUE_DEPENDENCIES] = "an object of schemas and lists of texts",
};
static_assert(ARRAY_LENGTH(kind_texts) == VALUE_KIND_COUNT, "one text a kind");

const char *schema_value_kind_text(enum schema_value_kind kind)
{
	return kind_texts[kind];
}
