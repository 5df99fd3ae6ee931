#ifndef WAVETRAIN_CONTRACT_SCHEMA_LOAD_H
#define WAVETRAIN_CONTRACT_SCHEMA_LOAD_H

#include "base/hash.h"
#include "base/map.h"
#include "contract/schema.h"
#include "contract/schema_keyword.h"
#include "contract/schema_program.h"
#include "contract/value_map.h"

/* A schema with a URI of its own: a document, or a part of one that has an $id. */
struct schema_resource {
	const char *uri;
	json_t *root; /* a document's */
	enum schema_draft draft;
	uint8_t vocabularies;
};

struct schema_anchor {
	const char *name;
	json_t *value;
	uint32_t resource;
	bool is_dynamic;
};

/* All documents of a schema as they are found; alive while it is compiled. */
struct schema_loader {
	struct schema *schema; /* takes the documents */
	const struct schema_source *source;
	struct hash hash;                               /* over all that was loaded */
	SCHEMA_ARRAY(struct schema_resource) resources; /* owned */
	SCHEMA_ARRAY(struct schema_anchor) anchors;     /* owned */
	struct map keywords;                            /* name: enum schema_keyword */
	struct map uris;                                /* resource */
	struct map anchor_keys;                         /* "resource#name": anchor */
	struct value_map roots;                         /* resource, of objects that begin one */
	struct arena scratch;                           /* of one reference */
	size_t uri_bytes; /* of the URIs that were resolved; whoever looks again sets it to 0 */
	uint32_t scanned_count;
	uint32_t metaschema_depth;
};

/* What a reference leads to. */
struct schema_target {
	json_t *value; /* an object, true or false */
	uint32_t resource;
	const char *dynamic_name; /* it was named by this $dynamicAnchor; NULL: otherwise */
};

/* The source's document becomes resource 0. The loader is to be released also on failure. */
bool schema_loader_start(struct schema_loader *loader, struct schema *schema,
	const struct schema_source *source, struct error *error);
void schema_loader_release(struct schema_loader *loader);

/* Loads what is not there yet, within what the source allows. */
bool schema_loader_resolve(struct schema_loader *loader, uint32_t resource, const char *reference,
	struct schema_target *target, struct error *error);

/*
 * A reference against a base, and its fragment; texts are the arena's. NULL: all that were resolved
 * have more bytes than SCHEMA_URI_ROOM.
 */
const char *schema_loader_uri(struct schema_loader *loader, struct arena *arena, const char *base,
	const char *reference, const char **fragment, struct error *error);

/* The keyword of that name in a draft; KEYWORD_COUNT: none. */
enum schema_keyword schema_loader_keyword(const struct schema_loader *loader,
	const struct schema_resource *resource, const char *name);

/* The text of a document that is built in, such as a draft's own schema; NULL: there is none. */
const char *schema_metaschema(const char *uri, size_t *size);

#endif
