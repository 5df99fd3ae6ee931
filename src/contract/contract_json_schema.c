#include "contract/contract_json_schema.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/index.h"
#include "base/json_measure.h"
#include "base/text.h"
#include "contract/schema_describe.h"
#include "contract/subject_files.h"

#define READ_BYTES ((size_t)64 * 1024)

static const char *const members[] = {"schema", "content", "metadata"};

struct work {
	const struct json_schema_check *check;
	struct arena *arena;
	struct contract_findings findings;
	const char *prefix;       /* of every pointer of the file that is looked at */
	char key[HASH_TEXT_SIZE]; /* what the files are checked for */
	bool is_all_known;
};

static bool add(struct work *work, const struct contract_error *found)
{
	struct contract_error placed = *found;
	placed.pointer = arena_format(work->arena, "%s%s", work->prefix, found->pointer);
	contract_findings_add(&work->findings, &placed);
	return false;
}

/*
 * The same schema for messages of another name is another contract, a folder's hash another text, and another
 * version of this program may judge otherwise.
 */
static void make_key(struct work *work, bool is_folder)
{
	const struct contract *contract = work->check->contract;
	struct hash hash;
	hash_start(&hash);
	hash_add_text(&hash, WAVETRAIN_VERSION);
	hash_add_text(&hash, schema_hash(work->check->schema));
	hash_add_text(&hash, contract->is_message ? "message" : "document");
	hash_add_text(&hash, contract->is_message ? contract->schema_name : NULL);
	hash_add_text(&hash, is_folder ? "folder" : "file");
	hash_finish(&hash, work->key);
}

static bool read_file(struct work *work, int folder, const char *path, struct buffer *text)
{
	CLEANUP(close_descriptor) int file = open_beneath(folder, path, O_RDONLY);
	struct contract_error found = {"", "exists", "a file", NULL};
	if (file < 0) {
		found.actual = arena_copy_text(work->arena, subject_file_fault(errno));
		return add(work, &found);
	}
	for (;;) {
		ssize_t count = read(file, buffer_reserve(text, READ_BYTES), READ_BYTES);
		if (count == 0)
			return true;
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0) {
			found.actual = arena_copy_text(work->arena, strerror(errno));
			return add(work, &found);
		}
		text->size += (size_t)count;
		if (text->size > JSON_BYTE_LIMIT)
			return add(work, &(struct contract_error){"", "json",
						 arena_format(work->arena, "at most %zu bytes",
							 JSON_BYTE_LIMIT),
						 "more"});
	}
}

static void check_value(struct work *work, const json_t *value)
{
	struct schema_verdict verdict;
	schema_validate(work->check->schema, value, CONTRACT_ERROR_LIMIT, work->arena, &verdict);
	for (uint32_t i = 0; i < verdict.error_count; i++)
		add(work, &verdict.errors[i]);
	if (verdict.error_total > verdict.error_count)
		work->findings.result->error_total += verdict.error_total - verdict.error_count;
}

static bool is_member(const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(members); i++) {
		if (text_equal(name, members[i]))
			return true;
	}
	return false;
}

static void check_members(struct work *work, json_t *message)
{
	const char *name;
	json_t *value;
	json_object_foreach(message, name, value)
	{
		if (!is_member(name))
			add(work, &(struct contract_error){"", "message",
					  "the members schema, content and metadata",
					  arena_format(work->arena, "member '%s'", name)});
	}
	const char *wanted = work->check->contract->schema_name;
	value = json_object_get(message, "schema");
	if (!wanted || text_equal(json_string_value(value), wanted))
		return;
	const char *found = json_string_value(value);
	add(work, &(struct contract_error){"/schema", "schema",
			  arena_format(work->arena, "'%s'", wanted),
			  found ? arena_format(work->arena, "'%s'", found) : "none"});
}

static void check_message(struct work *work, json_t *message)
{
	json_t *content = json_object_get(message, "content");
	if (!content) {
		add(work, &(struct contract_error){"", "message",
				  "a message, {schema, content, metadata}",
				  json_is_object(message)
					  ? "an object without 'content'"
					  : schema_describe_value(work->arena, message)});
		return;
	}
	check_members(work, message);
	work->prefix = arena_format(work->arena, "%s/content", work->prefix);
	check_value(work, content);
}

static void check_text(struct work *work, const struct buffer *text)
{
	struct error error;
	json_t *value = json_read(buffer_text(text), text->size, &error);
	if (!value)
		add(work, &(struct contract_error){"", "json", "JSON",
				  arena_format(work->arena, "none: %s", error.text)});
	else if (work->check->contract->is_message)
		check_message(work, value);
	else
		check_value(work, value);
	json_decref(value);
}

static void check_file(struct work *work, int folder, const char *path)
{
	struct buffer text CLEANUP(buffer_release) = BUFFER_INIT;
	char content[HASH_TEXT_SIZE];
	struct hash hash;
	struct contract_memory *memory = work->check->memory;
	uint32_t faults_before = work->findings.result->error_total;
	if (!read_file(work, folder, path, &text))
		return;
	hash_start(&hash);
	hash_add(&hash, buffer_text(&text), text.size);
	hash_finish(&hash, content);
	if (contract_memory_has(memory, work->key, content))
		return;
	work->is_all_known = false;
	check_text(work, &text);
	if (work->findings.result->error_total == faults_before)
		contract_memory_add(memory, work->key, content);
}

/* NULL: it must have been named, and is not. */
static const char *source_of(const struct json_schema_check *check)
{
	if (check->contract->source)
		return check->contract->source;
	return check->subject->artifact_count == 1 ? check->subject->artifacts[0].name : NULL;
}

static void check_files(struct work *work, const char *source, const struct subject_files *files)
{
	const struct artifact *artifact = files->artifact;
	bool is_folder = artifact && artifact->is_folder;
	make_key(work, is_folder);
	work->is_all_known =
		artifact && contract_memory_has(work->check->memory, work->key, artifact->sha256);
	if (work->is_all_known)
		return;
	make_key(work, false);
	work->is_all_known = files->matches.count > 0;
	for (uint32_t i = 0; i < files->matches.count; i++) {
		const char *path = files->matches.paths[i];
		work->prefix = files->is_many ? arena_format(work->arena, "%s#", path) : "";
		check_file(work, files->folder, path);
	}
	work->prefix = "";
	if (!files->matches.count)
		add(work, &(struct contract_error){source, "count", "at least one file", "none"});
	else if (is_folder && work->findings.result->error_total == 0) {
		make_key(work, true);
		contract_memory_add(work->check->memory, work->key, artifact->sha256);
	}
}

static const char *reason_text(
	const struct contract_result *result, const char *source, struct arena *arena)
{
	const struct contract_error *first = &result->errors[0];
	const char *more = "";
	if (result->error_total > 1)
		more = arena_format(arena, ", and %u more error%s", result->error_total - 1,
			result->error_total > 2 ? "s" : "");
	const char *where = *first->pointer && !text_equal(first->pointer, source)
				    ? arena_format(arena, "%s: %s", source, first->pointer)
				    : source;
	const char *joint = text_equal(first->keyword, "exists") ? "it" : "found";
	return arena_format(arena, "%s: expected %s, %s %s%s", where, first->expected, joint,
		first->actual, more);
}

void contract_json_schema_check(
	const struct json_schema_check *check, struct arena *arena, struct contract_result *result)
{
	struct work work = {.check = check,
		.arena = arena,
		.findings = {.arena = arena, .result = result},
		.prefix = ""};
	struct subject_files files;
	struct error error;
	const char *source = source_of(check);
	*result = (struct contract_result){0};
	if (!source) {
		result->reason = "the contract names no source, and the step has not one output";
		return;
	}
	if (!subject_files_find(check->subject, source, &files, arena, &error)) {
		add(&work, &(struct contract_error){
				   source, "path", "a file", arena_copy_text(arena, error.text)});
	} else {
		check_files(&work, source, &files);
		subject_files_release(&files);
	}
	result->is_kept = result->error_total == 0;
	result->was_known = result->is_kept && work.is_all_known;
	if (!result->is_kept)
		result->reason = reason_text(result, source, arena);
}
