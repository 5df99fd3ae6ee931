/*
 * A document is walked once when it is loaded: every place where a schema may stand is looked at
 * for $id and anchors, so that a reference finds them by name wherever they are.
 */
#include "contract/schema_load.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "contract/schema_documents.h"
#include "contract/schema_limits.h"
#include "contract/schema_uri.h"

/* A place that is still to be looked at. */
struct place {
	json_t *value;
	uint32_t resource;
};

struct places {
	struct place *items;
	uint32_t count;
	uint32_t capacity;
};

enum schema_keyword schema_loader_keyword(const struct schema_loader *loader,
	const struct schema_resource *resource, const char *name)
{
	uint32_t keyword = map_find(&loader->keywords, name);
	if (keyword == INDEX_NONE || !schema_keywords[keyword].kinds[resource->draft])
		return KEYWORD_COUNT;
	if (!(schema_keywords[keyword].vocabulary & resource->vocabularies))
		return KEYWORD_COUNT;
	return (enum schema_keyword)keyword;
}

static uint32_t add_resource(struct schema_loader *loader, const struct schema_resource *resource)
{
	uint32_t index = loader->resources.count;
	GROW(loader->resources.items, loader->resources.count, loader->resources.capacity);
	loader->resources.items[loader->resources.count++] = *resource;
	map_add(&loader->uris, resource->uri, index);
	if (json_is_object(resource->root))
		value_map_set(&loader->roots, resource->root, index);
	return index;
}

static void add_anchor(
	struct schema_loader *loader, const char *name, const struct place *place, bool is_dynamic)
{
	const char *key = arena_format(&loader->schema->arena, "%u#%s", place->resource, name);
	uint32_t index = loader->anchors.count;
	if (!map_add(&loader->anchor_keys, key, index))
		return;
	GROW(loader->anchors.items, loader->anchors.count, loader->anchors.capacity);
	loader->anchors.items[loader->anchors.count++] =
		(struct schema_anchor){name, place->value, place->resource, is_dynamic};
}

/* A resource of its own; of a document's root, the document is it. */
static bool note_resource(struct schema_loader *loader, struct place *place, const char *id,
	const char **fragment, struct error *error)
{
	struct schema_resource *parent = &loader->resources.items[place->resource];
	struct schema_resource resource = *parent;
	resource.uri =
		schema_loader_uri(loader, &loader->schema->arena, parent->uri, id, fragment, error);
	if (!resource.uri)
		return false;
	if (strlen(resource.uri) > SCHEMA_URI_LIMIT)
		return error_set(error, ERROR_PIPELINE_INVALID,
			"a $id leads to a URI of more than %u bytes", SCHEMA_URI_LIMIT);
	resource.root = place->value;
	if (value_map_find(&loader->roots, place->value) == place->resource) {
		parent->uri = resource.uri;
		map_add(&loader->uris, resource.uri, place->resource);
		return true;
	}
	const json_t *draft = json_object_get(place->value, "$schema");
	if (json_is_string(draft) &&
		!schema_loader_draft(loader, json_string_value(draft), &resource, error))
		return false;
	place->resource = add_resource(loader, &resource);
	return true;
}

/* $id: a resource, or in draft 7 also an anchor. */
static bool note_id(struct schema_loader *loader, struct place *place, struct error *error)
{
	const char *id = json_string_value(json_object_get(place->value, "$id"));
	enum schema_draft draft = loader->resources.items[place->resource].draft;
	const char *fragment = "";
	if (!id || (draft == DRAFT_7 && json_object_get(place->value, "$ref")))
		return true;
	if (strlen(id) > SCHEMA_URI_LIMIT)
		return error_set(error, ERROR_PIPELINE_INVALID, "a $id has more than %u bytes",
			SCHEMA_URI_LIMIT);
	if (*id == '#')
		fragment = id + 1;
	else if (!note_resource(loader, place, id, &fragment, error))
		return false;
	if (loader->resources.items[place->resource].draft == DRAFT_7 && *fragment)
		add_anchor(loader, fragment, place, false);
	return true;
}

static void push(struct places *places, json_t *value, uint32_t resource)
{
	if (!json_is_object(value))
		return;
	GROW(places->items, places->count, places->capacity);
	places->items[places->count++] = (struct place){value, resource};
}

/* Whatever may be a schema in the value of a keyword. */
static void push_schemas(
	struct places *places, enum schema_value_kind kind, json_t *value, uint32_t resource)
{
	const char *key;
	json_t *child;
	size_t i;
	bool is_map = kind == VALUE_SCHEMA_MAP || kind == VALUE_DEPENDENCIES;
	bool is_list = kind == VALUE_SCHEMAS || kind == VALUE_SCHEMA_OR_LIST;
	if (kind == VALUE_SCHEMA || kind == VALUE_SCHEMA_OR_LIST)
		push(places, value, resource);
	if (is_map && json_is_object(value)) {
		json_object_foreach(value, key, child) push(places, child, resource);
	}
	if (is_list && json_is_array(value)) {
		json_array_foreach(value, i, child) push(places, child, resource);
	}
}

static bool scan_place(struct schema_loader *loader, struct place place, struct places *places,
	struct error *error)
{
	static const char *const names[] = {"$anchor", "$dynamicAnchor"};
	const char *key;
	json_t *value;
	if (!note_id(loader, &place, error))
		return false;
	const struct schema_resource *resource = &loader->resources.items[place.resource];
	for (size_t i = 0; i < ARRAY_LENGTH(names) && resource->draft != DRAFT_7; i++) {
		const char *name = json_string_value(json_object_get(place.value, names[i]));
		if (name && strlen(name) <= SCHEMA_URI_LIMIT)
			add_anchor(loader, name, &place, i == 1);
	}
	json_object_foreach(place.value, key, value)
	{
		uint32_t keyword = map_find(&loader->keywords, key);
		if (keyword != INDEX_NONE)
			push_schemas(places, schema_keywords[keyword].kinds[resource->draft], value,
				place.resource);
	}
	return true;
}

static bool scan(struct schema_loader *loader, struct place root, struct error *error)
{
	struct places places = {0};
	bool is_good = true;
	push(&places, root.value, root.resource);
	while (is_good && places.count) {
		struct place place = places.items[--places.count];
		if (++loader->scanned_count > SCHEMA_NODE_LIMIT)
			is_good = error_set(error, ERROR_PIPELINE_INVALID,
				"more than %u subschemas", SCHEMA_NODE_LIMIT);
		else
			is_good = scan_place(loader, place, &places, error);
	}
	free(places.items);
	return is_good;
}

bool schema_loader_add(struct schema_loader *loader, const char *uri,
	const struct schema_text *text, enum schema_draft draft, uint32_t *added,
	struct error *error)
{
	struct schema *schema = loader->schema;
	if (text->size > SCHEMA_BYTES_LIMIT || schema->documents.count >= SCHEMA_DOCUMENT_LIMIT)
		return error_set(error, ERROR_PIPELINE_INVALID,
			"a schema has at most %u bytes and %u documents", SCHEMA_BYTES_LIMIT,
			SCHEMA_DOCUMENT_LIMIT);
	json_t *root = json_read(text->bytes, text->size, error);
	if (!root)
		return false;
	GROW(schema->documents.items, schema->documents.count, schema->documents.capacity);
	schema->documents.items[schema->documents.count++] = root;
	uint64_t size = text->size;
	hash_add(&loader->hash, &size, sizeof size);
	hash_add(&loader->hash, text->bytes, text->size);

	uri = arena_copy_text(&schema->arena, uri);
	struct schema_resource resource = {uri, root, draft, VOCABULARY_ALL};
	*added = add_resource(loader, &resource);
	const json_t *wanted = json_object_get(root, "$schema");
	if (!json_is_object(root) && !json_is_boolean(root))
		return error_set(error, ERROR_PIPELINE_INVALID,
			"is no schema: expected an object, true or false");
	if (json_is_string(wanted)) {
		if (!schema_loader_draft(loader, json_string_value(wanted), &resource, error))
			return false;
		loader->resources.items[*added] = resource;
	}
	return scan(loader, (struct place){root, *added}, error);
}

bool schema_loader_start(struct schema_loader *loader, struct schema *schema,
	const struct schema_source *source, struct error *error)
{
	*loader = (struct schema_loader){.schema = schema, .source = source};
	for (uint32_t i = 0; i < KEYWORD_WORD_COUNT; i++)
		map_add(&loader->keywords, schema_keywords[i].name, i);
	hash_start(&loader->hash);
	hash_add_text(&loader->hash, "schema 1");
	return schema_loader_add_main(loader, error);
}

void schema_loader_release(struct schema_loader *loader)
{
	hash_release(&loader->hash);
	free(loader->resources.items);
	free(loader->anchors.items);
	map_release(&loader->keywords);
	map_release(&loader->uris);
	map_release(&loader->anchor_keys);
	arena_release(&loader->scratch);
	value_map_release(&loader->roots);
}
