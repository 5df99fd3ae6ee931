#include "contract/schema_documents.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "contract/schema_limits.h"
#include "contract/schema_uri.h"

#define URI_OF_TEXT "schema:///"
#define METASCHEMA_DEPTH 8u /* schemas that describe one another's words */

static bool read_beneath(
	const char *folder_path, const char *path, struct buffer *text, struct error *error)
{
	CLEANUP(close_descriptor) int folder = open(folder_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return error_set_errno(error, ERROR_FILE, "cannot open '%s'", folder_path);
	CLEANUP(close_descriptor) int file = open_beneath(folder, path, O_RDONLY);
	if (file < 0 && errno == EXDEV)
		return error_set(error, ERROR_FILE,
			"'%s' lies outside the folder that schemas may come from", path);
	if (file < 0 && errno == ELOOP)
		return error_set(error, ERROR_FILE,
			"'%s' is or lies behind a symbolic link, which is not followed", path);
	if (file < 0)
		return error_set_errno(error, ERROR_FILE, "cannot open '%s'", path);
	for (;;) {
		ssize_t size = read(file, buffer_reserve(text, 65536), 65536);
		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return error_set_errno(error, ERROR_FILE, "cannot read '%s'", path);
		text->size += (size_t)size;
		if (size == 0)
			return true;
		if (text->size > SCHEMA_BYTES_LIMIT)
			return error_set(error, ERROR_FILE, "'%s' has more than %u bytes", path,
				SCHEMA_BYTES_LIMIT);
	}
}

/* The path beneath the root folder that a URI names; NULL: it names none. */
static const char *path_beneath(struct schema_loader *loader, const char *uri)
{
	const char *root = loader->source->root_folder;
	const char *path = schema_uri_file(&loader->schema->arena, uri);
	size_t size = root ? strlen(root) : 0;
	while (size && root[size - 1] == '/')
		size--;
	if (!root || !path || strncmp(path, root, size) != 0 || path[size] != '/')
		return NULL;
	return path + size + 1;
}

static bool add_file(struct schema_loader *loader, const char *uri, enum schema_draft draft,
	uint32_t *resource, struct error *error)
{
	struct buffer text CLEANUP(buffer_release) = BUFFER_INIT;
	const char *path = path_beneath(loader, uri);
	if (text_starts_with(uri, "http:") || text_starts_with(uri, "https:"))
		return error_set(error, ERROR_PIPELINE_INVALID,
			"'%.200s' is the $id of no schema that was loaded; nothing is fetched",
			uri);
	if (text_starts_with(uri, URI_OF_TEXT))
		return error_set(error, ERROR_PIPELINE_INVALID, "there is no schema '%.200s' here",
			uri + strlen(URI_OF_TEXT));
	if (!path && text_starts_with(uri, "file:"))
		return error_set(error, ERROR_PIPELINE_INVALID,
			"'%.200s' lies outside the folder that schemas may come from",
			path_file_name(uri));
	if (!path)
		return error_set(error, ERROR_PIPELINE_INVALID,
			"'%.200s' is the $id of no schema that was loaded", uri);
	if (!read_beneath(loader->source->root_folder, path, &text, error))
		return false;
	const struct schema_text found = {buffer_text(&text), text.size};
	return schema_loader_add(loader, uri, &found, draft, resource, error) ||
	       error_context(error, "%.200s", path);
}

bool schema_loader_find(struct schema_loader *loader, const char *uri, enum schema_draft draft,
	uint32_t *resource, struct error *error)
{
	const struct schema_source *source = loader->source;
	struct schema_text text;
	*resource = map_find(&loader->uris, uri);
	if (*resource != INDEX_NONE)
		return true;
	text.bytes = schema_metaschema(uri, &text.size);
	if (text.bytes)
		return schema_loader_add(loader, uri, &text, DRAFT_2020_12, resource, error);
	for (uint32_t i = 0; i < source->document_count; i++) {
		if (!text_equal(source->documents[i].uri, uri))
			continue;
		text = (struct schema_text){source->documents[i].text, source->documents[i].size};
		return schema_loader_add(loader, uri, &text, draft, resource, error) ||
		       error_context(error, "%.200s", uri);
	}
	return add_file(loader, uri, draft, resource, error);
}

bool schema_loader_add_main(struct schema_loader *loader, struct error *error)
{
	const struct schema_source *source = loader->source;
	struct buffer text CLEANUP(buffer_release) = BUFFER_INIT;
	struct schema_text found = {source->text, source->size};
	const char *uri = URI_OF_TEXT;
	uint32_t resource;
	if (source->file) {
		uri = schema_uri_of_file(&loader->schema->arena, source->file);
		if (!source->text) {
			if (!file_read(source->file, SCHEMA_BYTES_LIMIT, &text, error))
				return false;
			found = (struct schema_text){buffer_text(&text), text.size};
		}
	}
	return schema_loader_add(loader, uri, &found, DRAFT_2020_12, &resource, error);
}

static bool apply_vocabularies(
	const json_t *root, struct schema_resource *resource, struct error *error)
{
	static const struct {
		const char *name;
		uint8_t bits;
	} known[] = {
		{"core", VOCABULARY_CORE},
		{"applicator", VOCABULARY_APPLICATOR},
		{"unevaluated", VOCABULARY_UNEVALUATED},
		{"validation", VOCABULARY_VALIDATION},
		{"meta-data", 0},
		{"format-annotation", 0},
		{"format-assertion", 0},
		{"content", 0},
	};
	static const char prefix[] = "https://json-schema.org/draft/2020-12/vocab/";
	json_t *vocabularies = json_object_get(root, "$vocabulary");
	const char *uri;
	json_t *is_needed;
	if (!json_is_object(vocabularies))
		return true;
	resource->vocabularies = VOCABULARY_CORE;
	json_object_foreach(vocabularies, uri, is_needed)
	{
		bool is_known = false;
		for (size_t i = 0; i < ARRAY_LENGTH(known); i++) {
			if (text_starts_with(uri, prefix) &&
				text_equal(uri + strlen(prefix), known[i].name)) {
				resource->vocabularies |= known[i].bits;
				is_known = true;
			}
		}
		if (!is_known && json_is_true(is_needed))
			return error_set(error, ERROR_PIPELINE_INVALID,
				"$schema needs the vocabulary '%.200s', which is not known", uri);
	}
	return true;
}

bool schema_loader_draft(struct schema_loader *loader, const char *name,
	struct schema_resource *resource, struct error *error)
{
	static const struct {
		const char *uri;
		enum schema_draft draft;
	} drafts[] = {
		{"https://json-schema.org/draft/2020-12/schema", DRAFT_2020_12},
		{"http://json-schema.org/draft/2020-12/schema", DRAFT_2020_12},
		{"http://json-schema.org/draft-07/schema", DRAFT_7},
		{"https://json-schema.org/draft-07/schema", DRAFT_7},
	};
	const char *fragment;
	uint32_t found;
	if (strlen(name) > SCHEMA_URI_LIMIT)
		return error_set(error, ERROR_PIPELINE_INVALID, "$schema has more than %u bytes",
			SCHEMA_URI_LIMIT);
	const char *uri = schema_loader_uri(
		loader, &loader->schema->arena, resource->uri, name, &fragment, error);
	if (!uri)
		return false;
	for (size_t i = 0; i < ARRAY_LENGTH(drafts); i++) {
		if (text_equal(uri, drafts[i].uri)) {
			resource->draft = drafts[i].draft;
			resource->vocabularies = VOCABULARY_ALL;
			return true;
		}
	}
	if (strstr(uri, "//json-schema.org/"))
		return error_set(error, ERROR_PIPELINE_INVALID,
			"$schema '%.200s' is not supported; 2020-12 and draft 7 are", name);
	if (++loader->metaschema_depth > METASCHEMA_DEPTH)
		return error_set(error, ERROR_PIPELINE_INVALID,
			"$schema leads through more than %u schemas", METASCHEMA_DEPTH);
	if (!schema_loader_find(loader, uri, DRAFT_2020_12, &found, error))
		return error_context(error, "$schema");
	loader->metaschema_depth--;
	resource->draft = loader->resources.items[found].draft;
	resource->vocabularies = VOCABULARY_ALL;
	return apply_vocabularies(loader->resources.items[found].root, resource, error);
}
