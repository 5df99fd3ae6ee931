/*
 * schema_suite FOLDER: every mandatory case of JSON Schema's own test suite (its folders tests/
 * and remotes/ are in FOLDER), drafts 2020-12 and 7. Prints each case that comes out wrong.
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "contract/schema.h"

#define REMOTE_URI "http://localhost:1234/"
#define LEAST_CASES 500u /* of a draft: fewer means that the suite is not all there */

struct suite {
	struct arena arena;
	const char *folder;
	const char *draft_folder; /* "draft2020-12" */
	const char *draft_uri;
	struct schema_document *documents;
	uint32_t document_count;
	uint32_t document_capacity;
	uint32_t case_count;
	uint32_t fault_count;
};

static void fault(struct suite *suite, const char *place, const char *sentence)
{
	suite->fault_count++;
	printf("%s/%s: %s\n", suite->draft_folder, place, sentence);
}

static char *read_text(struct suite *suite, const char *path, size_t *size)
{
	struct buffer text CLEANUP(buffer_release) = BUFFER_INIT;
	struct error error;
	if (!file_read(path, (size_t)16 << 20, &text, &error)) {
		fprintf(stderr, "schema_suite: %s\n", error.text);
		exit(2);
	}
	*size = text.size;
	return arena_copy_bytes(&suite->arena, buffer_text(&text), text.size);
}

/* What the suite expects at REMOTE_URI: remotes/PATH is found as REMOTE_URI PATH. */
static void add_remotes(struct suite *suite, const char *folder, const char *uri, unsigned depth)
{
	CLEANUP(close_folder) DIR *entries = opendir(folder);
	for (struct dirent *entry = NULL; entries && depth < 8 && (entry = readdir(entries));) {
		if (entry->d_name[0] == '.')
			continue;
		const char *path = path_join(&suite->arena, folder, entry->d_name);
		const char *name = arena_format(&suite->arena, "%s%s", uri, entry->d_name);
		if (path_is_folder(path)) {
			add_remotes(
				suite, path, arena_format(&suite->arena, "%s/", name), depth + 1);
			continue;
		}
		GROW(suite->documents, suite->document_count, suite->document_capacity);
		struct schema_document *document = &suite->documents[suite->document_count++];
		document->uri = name;
		document->text = read_text(suite, path, &document->size);
	}
}

/* The suite's schemas of draft 7 name no draft: theirs is what the folder says. */
static json_t *with_draft(const struct suite *suite, const json_t *schema)
{
	json_t *copy = json_copy((json_t *)(uintptr_t)schema);
	if (json_is_object(copy) && !json_object_get(copy, "$schema"))
		json_object_set_new(copy, "$schema", json_string(suite->draft_uri));
	return copy;
}

static struct schema *compile(struct suite *suite, const char *place, const json_t *schema_value)
{
	struct schema *schema = NULL;
	struct error error;
	json_t *value = with_draft(suite, schema_value);
	char *text = json_dumps(value, JSON_ENCODE_ANY);
	const struct schema_source source = {
		.text = text,
		.size = strlen(text),
		.documents = suite->documents,
		.document_count = suite->document_count,
	};
	if (!schema_compile(&source, &schema, &error))
		fault(suite, place,
			arena_format(&suite->arena, "does not compile: %s", error.text));
	free(text);
	json_decref(value);
	return schema;
}

static void run_case(
	struct suite *suite, const struct schema *schema, const char *place, const json_t *item)
{
	struct schema_verdict quick;
	struct schema_verdict full;
	struct arena arena CLEANUP(arena_release) = {0};
	const json_t *data = json_object_get(item, "data");
	bool is_valid = json_is_true(json_object_get(item, "valid"));
	const char *where = arena_format(
		&arena, "%s / %s", place, json_string_value(json_object_get(item, "description")));
	suite->case_count++;
	schema_validate(schema, data, 0, &arena, &quick);
	schema_validate(schema, data, 100, &arena, &full);
	if (quick.is_valid != is_valid)
		fault(suite, where, is_valid ? "is refused" : "is accepted");
	if (full.is_valid != quick.is_valid || (full.error_count == 0) != full.is_valid)
		fault(suite, where, "its errors do not fit its verdict");
	for (uint32_t i = 0; i < full.error_count; i++) {
		const struct contract_error *error = &full.errors[i];
		if (is_valid)
			fault(suite, where,
				arena_format(&suite->arena, "%s: expected %s, it is %s",
					error->keyword, error->expected, error->actual));
		if (text_equal(error->keyword, "$limit"))
			fault(suite, where, "met a limit");
	}
}

static void run_file(struct suite *suite, const char *path, const char *name)
{
	size_t size;
	size_t i;
	size_t j;
	json_t *group;
	json_t *item;
	json_error_t parse_error;
	const char *text = read_text(suite, path, &size);
	json_t *groups = json_loadb(text, size, JSON_ALLOW_NUL, &parse_error);
	if (!groups) {
		fault(suite, name, parse_error.text);
		return;
	}
	json_array_foreach(groups, i, group)
	{
		const char *place = arena_format(&suite->arena, "%s: %s", name,
			json_string_value(json_object_get(group, "description")));
		struct schema *schema = compile(suite, place, json_object_get(group, "schema"));
		json_array_foreach(json_object_get(group, "tests"), j, item)
		{
			if (schema)
				run_case(suite, schema, place, item);
		}
		schema_free(schema);
	}
	json_decref(groups);
}

static bool run_draft(const char *folder, const char *draft_folder, const char *draft_uri)
{
	struct suite suite = {
		.folder = folder, .draft_folder = draft_folder, .draft_uri = draft_uri};
	struct arena *arena = &suite.arena;
	add_remotes(&suite, path_join(arena, folder, "remotes"), REMOTE_URI, 0);
	const char *tests = path_join(arena, path_join(arena, folder, "tests"), draft_folder);
	CLEANUP(close_folder) DIR *entries = opendir(tests);
	for (struct dirent *entry = NULL; entries && (entry = readdir(entries));) {
		if (text_ends_with(entry->d_name, ".json"))
			run_file(&suite, path_join(arena, tests, entry->d_name), entry->d_name);
	}
	printf("%s: %" PRIu32 " cases, %" PRIu32 " faults\n", draft_folder, suite.case_count,
		suite.fault_count);
	if (suite.case_count < LEAST_CASES)
		printf("expected at least %u cases in %s: run .ci/setup\n", LEAST_CASES, tests);
	bool is_good = suite.fault_count == 0 && suite.case_count >= LEAST_CASES;
	free(suite.documents);
	arena_release(&suite.arena);
	return is_good;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: schema_suite FOLDER\n");
		return 2;
	}
	bool is_new_good =
		run_draft(argv[1], "draft2020-12", "https://json-schema.org/draft/2020-12/schema");
	bool is_old_good = run_draft(argv[1], "draft7", "http://json-schema.org/draft-07/schema#");
	return is_new_good && is_old_good ? 0 : 1;
}
