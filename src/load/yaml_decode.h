#ifndef WAVETRAIN_LOAD_YAML_DECODE_H
#define WAVETRAIN_LOAD_YAML_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "load/substitution.h"
#include "load/yaml_tree.h"
#include "model/diagnostic.h"
#include "model/pipeline.h"

/*
 * From a tree to structs, by tables: a key of the file is a row. The same rows make the error
 * texts and the reference page, so their words are written for users.
 */

enum field_kind {
	FIELD_TEXT,        /* const char *; numbers and booleans as they are written */
	FIELD_BOOLEAN,     /* bool */
	FIELD_UNSIGNED,    /* uint32_t, minimum to maximum */
	FIELD_NUMBER,      /* double, minimum to maximum */
	FIELD_DURATION,    /* int64_t in milliseconds, minimum to maximum */
	FIELD_SIZE,        /* uint64_t in bytes */
	FIELD_ENUM,        /* an int-sized enum: the place in words */
	FIELD_TEXT_LIST,   /* struct text_list; one text is a list of one */
	FIELD_ENVIRONMENT, /* struct environment */
	FIELD_COMMAND,  /* struct command, without its shell; a text is a script, a list a vector */
	FIELD_MAPPING,  /* a struct described by table, in place */
	FIELD_SEQUENCE, /* pointer to structs described by table, and a uint32_t count */
	FIELD_NAMED,    /* the same from a mapping of names to structs: the table's name_offset */
	FIELD_CUSTOM,   /* whatever decode() does */
	FIELD_KIND_COUNT
};

#define FIELD_REQUIRED 1u
#define FIELD_LITERAL 2u       /* ${VAR} stays as it is */
#define FIELD_PARAMETERS 4u    /* {parameter} is replaced */
#define FIELD_ONE_OR_MANY 8u   /* of a sequence: one item may stand without a list */
#define FIELD_WIDE_NUMBERS 16u /* of decode_json(): integers beyond 64 bits are doubles */

/* Names that may be compared for hints, by each who gives them: a long file is not slow then. */
#define COMPARISON_LIMIT 500000u

/* The longest duration that a file may name: longer than any run. */
#define YEAR_MS ((int64_t)366 * 24 * 3600 * 1000)

struct fan_out_list;

struct decoder {
	const struct yaml_tree *tree;
	struct arena *arena;
	struct diagnostics *diagnostics;
	struct substitution *substitution;
	const struct pipeline *pipeline; /* its parameters are there; the rest is being made */
	struct fan_out_list *fan_outs;   /* steps with a matrix as they are met; load/fan_out.h */
};

struct yaml_table;
struct yaml_field;

/* Decodes node into owner, the struct that the field's table describes. */
typedef void decode_function(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner);

/* An enum's words, in its order; NULL after the last. */
typedef const char *word_function(size_t place);

struct yaml_field {
	const char *key;
	const char *alias; /* NULL: none */
	enum field_kind kind;
	unsigned flags;
	size_t offset;       /* in the table's struct */
	size_t count_offset; /* of FIELD_SEQUENCE, FIELD_NAMED */
	int64_t minimum;     /* of numbers and durations */
	int64_t maximum;
	word_function *word;            /* of FIELD_ENUM; of FIELD_CUSTOM for one of these words */
	const struct yaml_table *table; /* of FIELD_MAPPING, _SEQUENCE, _NAMED; of FIELD_CUSTOM for
					   the reference page, or NULL */
	decode_function *decode;        /* of FIELD_CUSTOM */
	const char *expected;           /* of FIELD_CUSTOM: "a list of step ids" */
	const char *json_schema;        /* of FIELD_CUSTOM: the values as JSON Schema, which may
					   refer to #/$defs/text; NULL: see
					   table or word, or anything */
	const char *shown_default;      /* for the reference page; NULL: none */
	const char *description;        /* one line for users */
};

struct yaml_table {
	const char *noun;  /* "step", as in "this step has no …" */
	const char *title; /* of the section in the reference page */
	const struct yaml_field *fields;
	uint32_t field_count; /* at most TABLE_FIELD_LIMIT */
	size_t item_bytes;
	size_t name_offset;     /* of the const char * that FIELD_NAMED fills with an item's key */
	const char *short_name; /* what a fault of that value calls it; NULL: the key */
	const char *short_key;  /* a scalar in place of the mapping is this key's value; NULL: no */
	void (*start)(void *item); /* sets what holds when keys are not given; NULL: zeros do */
	/* Looks at the whole; NULL: nothing to do. node is what the item was decoded from. */
	void (*finish)(struct decoder *decoder, uint32_t node, void *item);
};
#define TABLE_FIELD_LIMIT 40u

/* Calls start, decodes every key, reports what is unknown, doubled or missing, calls finish. */
void decode_mapping(
	struct decoder *decoder, const struct yaml_table *table, uint32_t node, void *item);

/* Does nothing: for a key that its reader looks at by itself, in an order of its own. */
decode_function decode_elsewhere;

/* Decodes a value by the field's kind. */
void decode_value(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner);

/* A scalar's text with variables put in; the arena's. NULL with a finding: not a text. */
const char *decode_text(struct decoder *decoder, const struct yaml_field *field, uint32_t node);

/*
 * The place of a scalar's text in the field's words (field->word). False with a finding that names
 * the nearest one: it is none of them.
 */
bool decode_word(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, size_t *place);

/* True or false. False with a finding: neither of the two. */
bool decode_flag(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, bool *is_set);

/*
 * A whole value as JSON on one line; the arena's. Variables (and parameters, if the field says so)
 * are put into texts; a text without quotes then has the type it would have had if it had been
 * written like that. Numbers that JSON has no word for are texts. NULL with a finding: something
 * has no value, or is a number that no JSON reader holds.
 */
const char *decode_json(struct decoder *decoder, const struct yaml_field *field, uint32_t node);

/* What a key of a free mapping says; NULL for one that was reported as it was read. */
const char *decode_key(struct decoder *decoder, uint32_t node);

/* A list's items, or the one scalar in place of a list; 0 with a finding for anything else. */
uint32_t decode_item_count(struct decoder *decoder, const struct yaml_field *field, uint32_t node);
uint32_t decode_item(const struct decoder *decoder, uint32_t node, uint32_t i);

/* "'jobs' must be a whole number from 1 to 4096, not the text 'four'" */
void report_wrong_type(struct decoder *decoder, const struct yaml_field *field, uint32_t node);
void report_bad_value(struct decoder *decoder, const struct yaml_field *field, uint32_t node);

/* Null, which means "not given" for lists and mappings. */
bool node_is_null(const struct decoder *decoder, uint32_t node);

/* "a whole number from 1 to 4096" */
void field_append_expected(const struct yaml_field *field, struct buffer *buffer);

/* At most 60 columns of a text of the file, for a message; the arena's. */
const char *shorten(struct arena *arena, const char *text);

/* "## title", the keys as a Markdown table. */
void table_append_reference(const struct yaml_table *table, struct buffer *buffer);

#endif
