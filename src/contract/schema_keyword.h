#ifndef WAVETRAIN_CONTRACT_SCHEMA_KEYWORD_H
#define WAVETRAIN_CONTRACT_SCHEMA_KEYWORD_H

#include <stdint.h>

enum schema_draft { DRAFT_7, DRAFT_2020_12, DRAFT_COUNT };

/* What stands behind a keyword. */
enum schema_value_kind {
	VALUE_NONE, /* not a keyword of this draft */
	VALUE_ANY,
	VALUE_TEXT,
	VALUE_NUMBER,
	VALUE_POSITIVE, /* a number above 0 */
	VALUE_COUNT,    /* a whole number from 0 on */
	VALUE_FLAG,
	VALUE_TYPES, /* the name of a type, or a list of them */
	VALUE_LIST,
	VALUE_NAMES,     /* a list of texts */
	VALUE_NAMES_MAP, /* an object of such lists */
	VALUE_SCHEMA,
	VALUE_SCHEMAS, /* a list of at least one */
	VALUE_SCHEMA_MAP,
	VALUE_SCHEMA_OR_LIST,
	VALUE_DEPENDENCIES, /* an object of schemas and lists of texts */
	VALUE_KIND_COUNT
};

/* The kind of value that a keyword's instruction looks at; in the order they are run. */
enum schema_group {
	GROUP_NUMBER,
	GROUP_STRING,
	GROUP_ARRAY,
	GROUP_OBJECT,
	GROUP_ANY,  /* of every value: enum, references, allOf … */
	GROUP_LATE, /* unevaluated*: after all the others */
	GROUP_COUNT
};

/* Bits: the vocabulary a keyword belongs to. */
enum schema_vocabulary {
	VOCABULARY_CORE = 1,
	VOCABULARY_APPLICATOR = 2,
	VOCABULARY_UNEVALUATED = 4,
	VOCABULARY_VALIDATION = 8,
	VOCABULARY_ALL = 15
};

/* In the order of the table. Those before KEYWORD_WORD_COUNT are words of a schema. */
enum schema_keyword {
	KEYWORD_ID,
	KEYWORD_SCHEMA,
	KEYWORD_ANCHOR,
	KEYWORD_DYNAMIC_ANCHOR,
	KEYWORD_VOCABULARY,
	KEYWORD_DEFS,
	KEYWORD_DEFINITIONS,
	KEYWORD_REF,
	KEYWORD_DYNAMIC_REF,
	KEYWORD_TYPE,
	KEYWORD_ENUM,
	KEYWORD_CONST,
	KEYWORD_MULTIPLE_OF,
	KEYWORD_MINIMUM,
	KEYWORD_MAXIMUM,
	KEYWORD_EXCLUSIVE_MINIMUM,
	KEYWORD_EXCLUSIVE_MAXIMUM,
	KEYWORD_MIN_LENGTH,
	KEYWORD_MAX_LENGTH,
	KEYWORD_PATTERN,
	KEYWORD_PREFIX_ITEMS,
	KEYWORD_ITEMS,
	KEYWORD_ADDITIONAL_ITEMS,
	KEYWORD_CONTAINS,
	KEYWORD_MIN_CONTAINS,
	KEYWORD_MAX_CONTAINS,
	KEYWORD_MIN_ITEMS,
	KEYWORD_MAX_ITEMS,
	KEYWORD_UNIQUE_ITEMS,
	KEYWORD_REQUIRED,
	KEYWORD_PROPERTIES,
	KEYWORD_PATTERN_PROPERTIES,
	KEYWORD_ADDITIONAL_PROPERTIES,
	KEYWORD_PROPERTY_NAMES,
	KEYWORD_MIN_PROPERTIES,
	KEYWORD_MAX_PROPERTIES,
	KEYWORD_DEPENDENT_REQUIRED,
	KEYWORD_DEPENDENT_SCHEMAS,
	KEYWORD_DEPENDENCIES,
	KEYWORD_ALL_OF,
	KEYWORD_ANY_OF,
	KEYWORD_ONE_OF,
	KEYWORD_NOT,
	KEYWORD_IF,
	KEYWORD_THEN,
	KEYWORD_ELSE,
	KEYWORD_UNEVALUATED_ITEMS,
	KEYWORD_UNEVALUATED_PROPERTIES,
	KEYWORD_WORD_COUNT,
	KEYWORD_FALSE = KEYWORD_WORD_COUNT, /* the schema `false` */
	KEYWORD_LIMIT,
	KEYWORD_COUNT
};

struct schema_keyword_row {
	const char *name;
	uint8_t kinds[DRAFT_COUNT]; /* enum schema_value_kind */
	uint8_t group;              /* enum schema_group; GROUP_COUNT: no instruction of its own */
	uint8_t vocabulary;
};

extern const struct schema_keyword_row schema_keywords[KEYWORD_COUNT];

/* "a whole number from 0 on": what a keyword's value must be. */
const char *schema_value_kind_text(enum schema_value_kind kind);

#endif
