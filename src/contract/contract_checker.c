#include "contract/contract_checker.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/index.h"
#include "base/map.h"
#include "base/text.h"
#include "contract/contract_diff_scope.h"
#include "contract/contract_files.h"
#include "contract/contract_json_schema.h"
#include "contract/contract_memory.h"
#include "contract/schema.h"
#include "contract/schema_mock.h"
#include "contract/schema_uri.h"

/* Compiled, or what is wrong with it: either is found out once. */
struct known_schema {
	struct schema *schema; /* NULL: it is none */
	const char *fault;     /* the arena's */
};

struct contract_checker {
	struct arena arena;
	struct contract_memory *memory;
	struct map places;            /* by the file's path, or by the hash of the text */
	struct known_schema *schemas; /* heap */
	uint32_t count;
	uint32_t capacity;
};

struct contract_checker *contract_checker_new(const char *memory_file)
{
	struct contract_checker *checker = heap_allocate(1, sizeof *checker);
	checker->memory = contract_memory_new(memory_file);
	return checker;
}

void contract_checker_free(struct contract_checker *checker)
{
	if (!checker)
		return;
	for (uint32_t i = 0; i < checker->count; i++)
		schema_free(checker->schemas[i].schema);
	free(checker->schemas);
	map_release(&checker->places);
	contract_memory_free(checker->memory);
	arena_release(&checker->arena);
	free(checker);
}

static struct schema_source source_of(
	const struct contract *contract, const char *pipeline_folder, struct arena *arena)
{
	struct schema_source source = {.root_folder = pipeline_folder};
	if (contract->schema) {
		source.file = path_join(arena, pipeline_folder, contract->schema);
	} else {
		source.text = contract->schema_text ? contract->schema_text : "";
		source.size = strlen(source.text);
	}
	return source;
}

static const char *key_of(const struct schema_source *source, struct arena *arena)
{
	char text[HASH_TEXT_SIZE];
	struct hash hash;
	if (source->file)
		return source->file;
	hash_start(&hash);
	hash_add(&hash, source->text, source->size);
	hash_finish(&hash, text);
	return arena_copy_text(arena, text);
}

static void compile(struct contract_checker *checker, const struct schema_source *source)
{
	struct error error = {0};
	GROW(checker->schemas, checker->count, checker->capacity);
	struct known_schema *known = &checker->schemas[checker->count];
	if (!schema_compile(source, &known->schema, &error)) {
		known->schema = NULL;
		known->fault = arena_copy_text(&checker->arena, error.text);
	}
}

static const struct known_schema *find_schema(struct contract_checker *checker,
	const struct contract *contract, const char *pipeline_folder)
{
	struct arena scratch CLEANUP(arena_release) = {0};
	const struct schema_source source = source_of(contract, pipeline_folder, &scratch);
	const char *key = key_of(&source, &scratch);
	uint32_t place = map_find(&checker->places, key);
	if (place == INDEX_NONE) {
		place = checker->count;
		compile(checker, &source);
		map_add(&checker->places, arena_copy_text(&checker->arena, key), place);
		checker->count++;
	}
	return &checker->schemas[place];
}

const char *contract_checker_schema_hash(struct contract_checker *checker,
	const struct contract *contract, const char *pipeline_folder)
{
	const struct known_schema *known = find_schema(checker, contract, pipeline_folder);
	return known->schema ? schema_hash(known->schema) : NULL;
}

static void prepare_step(struct contract_checker *checker, const struct pipeline *pipeline,
	const struct step *step, struct diagnostics *diagnostics)
{
	for (uint32_t i = 0; i < step->contract_count; i++) {
		const struct contract *contract = &step->contracts[i];
		bool is_there = contract->schema || contract->schema_text;
		if (contract->kind != CONTRACT_JSON_SCHEMA || !is_there)
			continue; /* a schema that is missing was reported by the reader */
		const struct known_schema *known = find_schema(checker, contract, pipeline->folder);
		if (!known->schema)
			diagnostics_add(diagnostics, FINDING_SCHEMA,
				contract->schema_where.line ? contract->schema_where
							    : contract->where,
				"%s", known->fault);
	}
}

void contract_checker_prepare(struct contract_checker *checker, const struct pipeline *pipeline,
	struct diagnostics *diagnostics)
{
	for (uint32_t i = 0; i < pipeline->step_count; i++)
		prepare_step(checker, pipeline, &pipeline->steps[i], diagnostics);
}

static void check_schema(struct contract_checker *checker, const struct contract_subject *subject,
	const struct contract *contract, struct arena *arena, struct contract_result *result)
{
	const struct known_schema *known = find_schema(checker, contract, subject->pipeline_folder);
	const struct json_schema_check check = {
		.schema = known->schema,
		.memory = checker->memory,
		.subject = subject,
		.contract = contract,
	};
	if (known->schema) {
		contract_json_schema_check(&check, arena, result);
		return;
	}
	*result = (struct contract_result){.reason = arena_copy_text(arena, known->fault)};
}

void contract_checker_check(void *context, const struct contract_subject *subject,
	const struct contract *contract, struct arena *arena, struct contract_result *result)
{
	*result = (struct contract_result){.reason = "nobody checks contracts of this kind"};
	switch (contract->kind) {
	case CONTRACT_JSON_SCHEMA:
		check_schema(context, subject, contract, arena, result);
		break;
	case CONTRACT_FILES:
		contract_files_check(NULL, subject, contract, arena, result);
		break;
	case CONTRACT_DIFF_SCOPE:
		contract_diff_scope_check(NULL, subject, contract, arena, result);
		break;
	case CONTRACT_COMMAND:
	case CONTRACT_KIND_COUNT:
		break;
	}
}

/* As a component would hand it over. */
static const char *message_text(
	const struct contract *contract, const char *content, struct arena *arena)
{
	struct buffer text = BUFFER_INIT;
	buffer_append_text(&text, "{\"schema\":");
	json_append_text(&text, contract->schema_name);
	buffer_printf(&text, ",\"content\":%s,\"metadata\":{}}", content);
	const char *copy = arena_copy_text(arena, buffer_text(&text));
	buffer_release(&text);
	return copy;
}

static bool mock_one(struct contract_checker *checker, const struct mock_request *request,
	struct arena *arena, const char **text, struct error *error)
{
	const struct contract *contract = request->contracts[0];
	const struct known_schema *known = find_schema(checker, contract, request->pipeline_folder);
	if (!known->schema)
		return error_set(error, ERROR_PIPELINE_INVALID, "%s", known->fault);
	const struct schema_source source = source_of(contract, request->pipeline_folder, arena);
	return schema_mock(known->schema, &source, arena, text, error);
}

/* One schema that refers to each of them. */
static bool mock_several(const struct mock_request *request, struct arena *arena, const char **text,
	struct error *error)
{
	struct buffer all CLEANUP(buffer_release) = BUFFER_INIT;
	struct schema_document *documents =
		ARENA_ARRAY(arena, struct schema_document, request->count);
	struct schema_source source = {
		.root_folder = request->pipeline_folder, .documents = documents};
	struct schema *schema;
	buffer_append_text(&all, "{\"allOf\":[");
	for (uint32_t i = 0; i < request->count; i++) {
		const struct schema_source part =
			source_of(request->contracts[i], request->pipeline_folder, arena);
		const char *uri = part.file ? schema_uri_of_file(arena, part.file)
					    : arena_format(arena, "schema:///%u", i);
		if (!part.file)
			documents[source.document_count++] =
				(struct schema_document){uri, part.text, part.size};
		buffer_append_text(&all, i ? ",{\"$ref\":" : "{\"$ref\":");
		json_append_text(&all, uri);
		buffer_append_text(&all, "}");
	}
	buffer_append_text(&all, "]}");
	source.text = buffer_text(&all);
	source.size = all.size;
	if (!schema_compile(&source, &schema, error))
		return false;
	bool is_made = schema_mock(schema, &source, arena, text, error);
	schema_free(schema);
	return is_made;
}

bool contract_checker_mock(struct contract_checker *checker, const struct mock_request *request,
	struct arena *arena, const char **text, struct error *error)
{
	bool is_made = request->count == 1 ? mock_one(checker, request, arena, text, error)
					   : mock_several(request, arena, text, error);
	if (is_made && request->contracts[0]->is_message)
		*text = message_text(request->contracts[0], *text, arena);
	return is_made;
}
