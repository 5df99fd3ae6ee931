#ifndef WAVETRAIN_LOAD_OLD_LAYOUT_PARTS_H
#define WAVETRAIN_LOAD_OLD_LAYOUT_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/map.h"
#include "load/yaml_decode.h"
#include "load/yaml_tree.h"
#include "model/diagnostic.h"

/* A runbook of the older layout, between old_layout.c that reads and old_layout_write.c. */

/* An item of `connectors` or `analysers`. Texts are the tree's or the arena's. */
struct old_part {
	const char *name;
	const char *type;
	uint32_t node;
	bool is_used;
	const char *id;        /* of a connector: the artifact it becomes */
	const char *component; /* the type as a component's name */
	const char *step;      /* of type "artifact": the entry it takes the result of; else NULL */
};

struct old_parts {
	struct old_part *items;
	uint32_t count;
	struct map by_name; /* owned */
};

/* An item of `execution`. */
struct old_entry {
	uint32_t node; /* INDEX_NONE: a name of `execution_order` */
	const char *id;
	const char *name;   /* NULL: none */
	uint32_t connector; /* in connectors; INDEX_NONE: it reads from another entry */
	uint32_t analyser;  /* in analysers; INDEX_NONE: what is read is the result */
	const char *from;   /* id of an entry as written; NULL: none */
	struct source_position from_where;
	const char *input;         /* id of the artifact it reads */
	const char *input_schema;  /* "name:1.0.0"; NULL: none */
	const char *output_schema; /* the same */
	bool is_kept_back;         /* its result is for other entries alone */
};

struct old_layout {
	const struct yaml_tree *tree;
	uint32_t root;
	struct arena *arena;
	struct diagnostics *diagnostics;
	struct old_parts connectors;
	struct old_parts analysers;
	struct old_entry *entries;
	uint32_t entry_count;
	struct map entry_ids;   /* owned; ids as written, to the entry */
	struct map ids;         /* owned; of the new artifacts */
	struct map components;  /* owned; names of components, to 1 when built in */
	struct map id_bases;    /* owned; to the place in next_numbers */
	uint32_t *next_numbers; /* owned; for ids that are alike */
	uint32_t base_count;
	uint32_t base_capacity;
	uint64_t comparisons_left;
};

void old_layout_write(struct old_layout *layout, const char *name, struct buffer *yaml);

#endif
