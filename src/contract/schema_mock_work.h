#ifndef WAVETRAIN_CONTRACT_SCHEMA_MOCK_WORK_H
#define WAVETRAIN_CONTRACT_SCHEMA_MOCK_WORK_H

#include <jansson.h>

#include "base/map.h"
#include "contract/schema_load.h"

/* What the files of schema_mock share. Part of schema_mock.h, for its own files. */

/* Beyond these, only what is required is made. */
#define MOCK_OPTIONAL_DEPTH 4u
#define MOCK_OPTIONAL_VALUES 3000u
/* Beyond these, nothing is. */
#define MOCK_DEPTH_LIMIT 48u
#define MOCK_VALUE_LIMIT 100000u

/* One subschema of the several that hold at a place of the document. */
struct mock_part {
	json_t *schema; /* an object */
	uint32_t resource;
};

struct mock_parts {
	struct mock_part *items; /* the arena's */
	uint32_t count;
	uint32_t capacity;
	bool is_impossible; /* `false` is among them */
};

/* Where there is more than one way: which was taken. Found again by its key in the next attempt. */
struct mock_choice {
	const char *key;     /* the place and the keyword */
	const char *pointer; /* the place */
	uint32_t count;
	uint32_t chosen;
	uint32_t rank; /* what is tried last: members left out, another type than the keywords' */
};

struct mock_choices {
	struct arena arena;
	SCHEMA_ARRAY(struct mock_choice) list;
	struct map places;
};

/* One attempt at a document. */
struct mock {
	struct schema_loader *loader;
	struct mock_choices *choices;
	struct arena *arena; /* of this attempt */
	uint32_t variant;    /* items of an array that must differ count it up */
	uint32_t value_count;
	const char *fault_pointer; /* why there is no document; NULL: nothing was in the way */
	const char *fault_keyword;
};

/* A place in the document. */
struct mock_place {
	const char *pointer;
	uint32_t depth;
};

/*
 * Choices that no keyword asks for: whether a member or an item is there, how large
 * a value is, and of what type. */
#define MOCK_CHOICE_MEMBER "a member"
#define MOCK_CHOICE_ITEMS "some items"
#define MOCK_CHOICE_SIZE "any size"
#define MOCK_CHOICE_KIND "any type"

/* 0 unless the choice of that key was set to another; count must be above 0. */
uint32_t mock_choose(struct mock *mock, const char *pointer, const char *keyword, uint32_t count);

/* Says what stands in the way; returns NULL. The first to say so is right. */
json_t *mock_fail(struct mock *mock, const char *pointer, const char *keyword);

/* Adds a schema and all that it brings with it to the same place of the document. */
void mock_collect(struct mock *mock, const struct mock_place *place, struct mock_part part,
	struct mock_parts *parts);

/* The same for what is not known to be a schema: NULL or anything. */
void mock_collect_value(struct mock *mock, const struct mock_place *place, json_t *schema,
	uint32_t resource, struct mock_parts *parts);

/* What holds for a member of that name. */
void mock_collect_member(struct mock *mock, const struct mock_place *place,
	const struct mock_parts *parent, const char *name, struct mock_parts *parts);

bool mock_has_keyword(const struct mock_parts *parts, const char *keyword);

/* The greatest, or least, number among the keyword's values; false: there is none. */
bool mock_number(
	const struct mock_parts *parts, const char *keyword, bool is_greatest, double *number);

/* A new reference; NULL: mock_fail() has been called. */
json_t *mock_value(
	struct mock *mock, const struct mock_place *place, const struct mock_parts *parts);
json_t *mock_object(
	struct mock *mock, const struct mock_place *place, const struct mock_parts *parts);
json_t *mock_array(
	struct mock *mock, const struct mock_place *place, const struct mock_parts *parts);
json_t *mock_text(
	struct mock *mock, const struct mock_place *place, const struct mock_parts *parts);
json_t *mock_numeral(struct mock *mock, const struct mock_place *place,
	const struct mock_parts *parts, bool is_integer);

#endif
