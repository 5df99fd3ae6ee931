#ifndef WAVETRAIN_CONTRACT_SCHEMA_PROGRAM_H
#define WAVETRAIN_CONTRACT_SCHEMA_PROGRAM_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/index.h"
#include "contract/schema_keyword.h"
#include "contract/schema_value.h"

/*
 * What a schema is compiled to: arrays that name one another by place. A node is one subschema;
 * its instructions lie together, ordered by the kind of value they look at, so that a value meets
 * only what concerns it.
 */

#define SCHEMA_TYPES_ALL 0xffu /* a bit for each json_type */

/* The two nodes that every schema has. */
#define SCHEMA_NODE_TRUE 0u
#define SCHEMA_NODE_FALSE 1u

struct schema_node {
	uint8_t types;          /* bits 1 << json_type that are allowed */
	uint8_t accepted;       /* of these: those of which nothing else is asked */
	uint8_t quick;          /* of these: those whose schema_quick tells most often */
	bool allows_whole_real; /* "integer" without "number": 1.0 is one */
	bool has_late;          /* has unevaluated*: what its keywords look at is noted */
	bool is_reference;      /* nothing but a $ref */
	uint32_t resource;      /* where $dynamicRef looks */
	uint32_t start[GROUP_COUNT + 1];
};

/*
 * Of a node, the bounds within which a value is accepted without running its instructions; what
 * lies outside is not wrong yet.
 */
struct schema_quick {
	json_int_t integer_least;
	json_int_t integer_most;
	double real_least;
	double real_most;
	size_t size_least; /* bytes of a text: with so many it has characters enough */
	size_t size_most;
	uint32_t name_first; /* in names: the texts that are allowed */
	uint32_t name_count; /* 0: any */
};

struct schema_instruction {
	uint8_t keyword; /* enum schema_keyword; keywords of one pass share KEYWORD_PROPERTIES */
	uint32_t index;  /* a node, or the first place in the array of the keyword */
	union {
		uint64_t limit; /* of minLength, maxItems and their like */
		struct {
			uint32_t count; /* places from index on; of contains the least number */
			uint32_t extra; /* node of the rest; of contains the greatest number */
		};
	};
};

struct schema_property {
	const char *name; /* a key of a document */
	uint32_t size;
	uint32_t hash;
	uint32_t node;      /* INDEX_NONE: only required */
	uint32_t slot_next; /* property that had the same slot; INDEX_NONE: none */
	bool is_required;
};

/* One pass over an object: properties, patternProperties, additionalProperties, propertyNames,
 * required. */
struct schema_object {
	uint32_t first; /* properties */
	uint32_t count;
	uint32_t slot_first; /* slots hold a place in properties or INDEX_NONE */
	uint32_t slot_mask;
	bool hashes_whole_name; /* the quick hash would send too many names to one slot */
	uint32_t required_count;
	uint32_t pattern_first; /* pairs of pattern and node in children */
	uint32_t pattern_count;
	uint32_t additional; /* node; INDEX_NONE: others are not looked at */
	uint32_t names;      /* node of propertyNames; INDEX_NONE */
	bool is_plain;       /* only properties, required and additionalProperties */
};

/* dependentRequired, dependentSchemas, dependencies: one row a property. */
struct schema_dependency {
	const char *name;
	size_t size;
	uint32_t node;  /* INDEX_NONE: names are wanted */
	uint32_t first; /* in names */
	uint32_t count;
};

struct schema_name {
	const char *text;
	size_t size;
};

struct schema_enum {
	uint32_t first; /* in values */
	uint32_t count;
	uint32_t slot_first; /* in enum_slots; only of many */
	uint32_t slot_mask;  /* 0: few, compared one after another */
	uint8_t types;
};

struct schema_dynamic_anchor {
	const char *name;
	uint32_t resource;
	uint32_t node;
};

struct schema_enum_slot {
	uint64_t hash;
	uint32_t value; /* INDEX_NONE: empty */
};

/* Grown with GROW(). */
#define SCHEMA_ARRAY(type)                                                                         \
	struct {                                                                                   \
		type *items;                                                                       \
		uint32_t count;                                                                    \
		uint32_t capacity;                                                                 \
	}

struct schema {
	struct arena arena;               /* texts */
	SCHEMA_ARRAY(json_t *) documents; /* owned; names and values point into them */
	SCHEMA_ARRAY(struct schema_node) nodes;
	struct schema_quick *quicks; /* one a node */
	SCHEMA_ARRAY(struct schema_instruction) instructions;
	SCHEMA_ARRAY(uint32_t) children;
	SCHEMA_ARRAY(struct schema_property) properties;
	SCHEMA_ARRAY(uint32_t) slots;
	SCHEMA_ARRAY(struct schema_object) objects;
	SCHEMA_ARRAY(struct schema_dependency) dependencies;
	SCHEMA_ARRAY(struct schema_name) names;
	SCHEMA_ARRAY(struct schema_number) numbers;
	SCHEMA_ARRAY(struct schema_pattern *) patterns; /* owned */
	SCHEMA_ARRAY(json_t *) values;                  /* of enum and const; belong to documents */
	SCHEMA_ARRAY(struct schema_enum) enums;
	SCHEMA_ARRAY(struct schema_enum_slot) enum_slots;
	SCHEMA_ARRAY(struct schema_dynamic_anchor) dynamic_anchors;
	uint32_t root;
	char hash[HASH_TEXT_SIZE];
};

/* The hash of a property's name: of its ends, or of all of it and then the process's own. */
uint32_t schema_name_hash(const char *name, size_t size, bool is_whole);

/* References that lead on at once are followed here rather than in each validation. */
void schema_link(struct schema *schema);

/* Fills quicks and what nodes say of them; after schema_link(). */
void schema_make_quick(struct schema *schema);

#endif
