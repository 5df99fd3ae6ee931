/* From the text of a reference to the value it means. */
#include <string.h>

#include "base/parse.h"
#include "base/text.h"
#include "contract/schema_documents.h"
#include "contract/schema_limits.h"
#include "contract/schema_uri.h"

/* One part of a JSON pointer: "~1" is '/', "~0" is '~'. Ends the part in place, gives the next. */
static char *unescape(char *part)
{
	char *to = part;
	for (; *part && *part != '/'; part++) {
		if (part[0] == '~' && (part[1] == '0' || part[1] == '1'))
			*to++ = *++part == '0' ? '~' : '/';
		else
			*to++ = *part;
	}
	char *next = *part ? part + 1 : NULL;
	*to = '\0';
	return next;
}

static bool fail_at_part(json_t *value, const char *part, struct error *error)
{
	struct nearest nearest;
	const char *key;
	json_t *child;
	nearest_start(&nearest, part);
	if (json_is_object(value)) {
		json_object_foreach(value, key, child) nearest_offer(&nearest, key);
	}
	error_set(error, ERROR_PIPELINE_INVALID, "there is no '%.200s' on the way", part);
	if (nearest.best)
		error_hint(error, "did you mean '%.200s'?", nearest.best);
	return false;
}

static bool follow_pointer(
	struct schema_loader *loader, char *part, struct schema_target *target, struct error *error)
{
	for (char *next; part; part = next) {
		json_t *value = target->value;
		uint64_t position;
		next = unescape(part);
		target->value = NULL;
		if (json_is_object(value))
			target->value = json_object_get(value, part);
		else if (json_is_array(value) && parse_unsigned(part, UINT32_MAX, &position))
			target->value = json_array_get(value, (size_t)position);
		if (!target->value)
			return fail_at_part(value, part, error);
		uint32_t resource = value_map_find(&loader->roots, target->value);
		if (resource != INDEX_NONE)
			target->resource = resource;
	}
	return true;
}

static bool follow_fragment(struct schema_loader *loader, const char *fragment,
	struct schema_target *target, struct error *error)
{
	struct arena *arena = &loader->scratch;
	char *decoded = schema_uri_decode(arena, fragment);
	if (!*decoded)
		return true;
	if (*decoded == '/')
		return follow_pointer(loader, decoded + 1, target, error);
	uint32_t index = map_find(
		&loader->anchor_keys, arena_format(arena, "%u#%s", target->resource, decoded));
	if (index == INDEX_NONE)
		return error_set(
			error, ERROR_PIPELINE_INVALID, "there is no anchor '%.200s'", decoded);
	const struct schema_anchor *anchor = &loader->anchors.items[index];
	target->value = anchor->value;
	target->dynamic_name = anchor->is_dynamic ? anchor->name : NULL;
	return true;
}

const char *schema_loader_uri(struct schema_loader *loader, struct arena *arena, const char *base,
	const char *reference, const char **fragment, struct error *error)
{
	const char *uri = schema_uri_resolve(arena, base, reference, fragment);
	loader->uri_bytes += strlen(uri);
	if (loader->uri_bytes <= SCHEMA_URI_ROOM)
		return uri;
	error_set(error, ERROR_PIPELINE_INVALID,
		"$ref and $id lead to more than %u bytes of URIs together", SCHEMA_URI_ROOM);
	return NULL;
}

/* The resource of a reference without its fragment, which is most often its own. */
static bool find_resource(struct schema_loader *loader, uint32_t resource, const char *reference,
	uint32_t *found, const char **fragment, struct error *error)
{
	const struct schema_resource *from = &loader->resources.items[resource];
	*found = resource;
	*fragment = reference + 1;
	if (*reference == '#')
		return true;
	const char *uri =
		schema_loader_uri(loader, &loader->scratch, from->uri, reference, fragment, error);
	return uri && schema_loader_find(loader, uri, from->draft, found, error);
}

bool schema_loader_resolve(struct schema_loader *loader, uint32_t resource, const char *reference,
	struct schema_target *target, struct error *error)
{
	const char *fragment;
	*target = (struct schema_target){0};
	arena_reset(&loader->scratch);
	if (strlen(reference) > SCHEMA_URI_LIMIT)
		return error_set(error, ERROR_PIPELINE_INVALID, "it has more than %u bytes",
			SCHEMA_URI_LIMIT);
	if (!find_resource(loader, resource, reference, &target->resource, &fragment, error))
		return false;
	target->value = loader->resources.items[target->resource].root;
	if (!follow_fragment(loader, fragment, target, error))
		return error_context(error, "'%.200s'", reference);
	if (!json_is_object(target->value) && !json_is_boolean(target->value))
		return error_set(error, ERROR_PIPELINE_INVALID,
			"'%.200s' is no schema: expected an object, true or false", reference);
	return true;
}
