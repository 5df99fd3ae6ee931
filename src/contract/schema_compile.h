#ifndef WAVETRAIN_CONTRACT_SCHEMA_COMPILE_H
#define WAVETRAIN_CONTRACT_SCHEMA_COMPILE_H

#include "contract/schema_load.h"
#include "contract/schema_pattern.h"
#include "contract/schema_program.h"

/* One subschema, in the place of its node; and how it was come to, for a message. */
struct schema_job {
	json_t *value;
	uint32_t resource;
	uint32_t parent; /* job; INDEX_NONE: a root or the target of a reference */
	const char *keyword;
	const char *name;  /* of a property; NULL: none */
	uint32_t position; /* in a list; INDEX_NONE: none */
};

struct schema_compiler {
	struct schema *schema;
	struct schema_loader loader;
	SCHEMA_ARRAY(struct schema_job) jobs; /* owned; one a node */
	struct value_map nodes;
	struct map patterns; /* place in schema->patterns */
	struct schema_pattern_room pattern_room;
	uint32_t anchors_seen;
};

#define SCHEMA_DRAFT_INSTRUCTIONS 64

/* A node while it is filled: its instructions are sorted by group in the end. */
struct schema_draft_node {
	uint32_t job;
	struct schema_node node;
	json_t *values[KEYWORD_WORD_COUNT]; /* of the keywords that are there */
	struct schema_instruction instructions[SCHEMA_DRAFT_INSTRUCTIONS];
	uint32_t count;
};

/* The node of a subschema; it is filled later. keyword and name must live as long as schema. */
uint32_t schema_compiler_node(
	struct schema_compiler *compiler, json_t *value, const struct schema_job *origin);

/* The node of a keyword's value, or of a part of it. */
uint32_t schema_compiler_child(struct schema_compiler *compiler,
	const struct schema_draft_node *draft, enum schema_keyword keyword, json_t *value,
	const char *name, uint32_t position);

struct schema_instruction *schema_compiler_emit(
	struct schema_draft_node *draft, enum schema_keyword keyword, uint32_t index);

/* The place of a regular expression in schema->patterns. */
bool schema_compiler_pattern(struct schema_compiler *compiler, const char *text, size_t size,
	uint32_t *pattern, struct error *error);

uint32_t schema_compiler_push_child(struct schema *schema, uint32_t node);

/* The keywords of objects and of values in general; each a file of its own. */
bool schema_compile_objects(
	struct schema_compiler *compiler, struct schema_draft_node *draft, struct error *error);
void schema_compile_enums(struct schema_compiler *compiler, struct schema_draft_node *draft);

/* The value of a keyword is of its kind, in depth where it has no schemas. */
bool schema_check_value(enum schema_value_kind kind, const json_t *value, struct error *error);

#endif
