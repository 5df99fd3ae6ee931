#include "run/result_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/index.h"
#include "base/text.h"
#include "run/removal.h"
#include "run/result_cache_internal.h"

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* Changes when what is hashed changes, so that old keys never match by accident. */
#define KEY_FORM "wavetrain result 2"

void result_cache_open(struct result_cache *cache, const char *folder)
{
	size_t size = strlen(folder) + 1;
	*cache = (struct result_cache){
		.folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.path = memcpy(heap_allocate(size, 1), folder, size),
		.byte_limit = RESULT_CACHE_DEFAULT_BYTES,
		.entry_limit = RESULT_CACHE_DEFAULT_ENTRIES,
	};
}

void result_cache_close(struct result_cache *cache)
{
	if (!cache->path)
		return;
	close_descriptor(&cache->folder);
	free(cache->path);
	*cache = (struct result_cache){.folder = -1};
}

/* --- the key --- */

static void add_number(struct hash *hash, uint64_t number)
{
	char text[24];
	snprintf(text, sizeof text, "%llu", (unsigned long long)number);
	hash_add_text(hash, text);
}

static void add_list(struct hash *hash, const struct text_list *list)
{
	add_number(hash, list->count);
	for (uint32_t i = 0; i < list->count; i++)
		hash_add_text(hash, list->items[i].text);
}

/* What a key is made from besides the definition of the step. */
struct ingredients {
	struct hash hash;
	struct buffer *lines; /* NULL: nobody wants to read them */
};

static void add_line(
	struct ingredients *ingredients, const char *kind, const char *name, const char *sha256)
{
	if (!ingredients->lines)
		return;
	buffer_printf(ingredients->lines, "%s %s ", sha256, kind);
	text_append_visible(ingredients->lines, name, strlen(name));
	buffer_append_byte(ingredients->lines, '\n');
}

static bool add_key_file(
	struct ingredients *ingredients, int folder, const char *path, struct error *error)
{
	char sha256[HASH_TEXT_SIZE];
	uint64_t size;
	struct stat facts;
	struct hash *hash = &ingredients->hash;
	CLEANUP(close_descriptor) int file = open_beneath(folder, path, O_RDONLY);
	if (file < 0 || fstat(file, &facts) < 0)
		return error_set_errno(error, ERROR_FILE, "cannot open '%s'", path);
	if (!hash_descriptor(file, sha256, &size, error))
		return error_context(error, "'%s'", path);
	hash_add_text(hash, path);
	hash_add_text(hash, facts.st_mode & 0111 ? "x" : NULL);
	hash_add_text(hash, sha256);
	add_line(ingredients, facts.st_mode & 0111 ? "program" : "file", path, sha256);
	return true;
}

static bool add_glob(
	struct ingredients *ingredients, int folder, const char *glob, struct error *error)
{
	struct arena arena CLEANUP(arena_release) = {0};
	struct file_matches matches;
	if (!cache_glob(folder, glob, &arena, &matches, error))
		return false;
	hash_add_text(&ingredients->hash, glob);
	add_number(&ingredients->hash, matches.count);
	for (uint32_t i = 0; i < matches.count; i++) {
		if (!add_key_file(ingredients, folder, matches.paths[i], error))
			return false;
	}
	return true;
}

static bool add_key_files(struct ingredients *ingredients, const struct cache_key_request *request,
	struct error *error)
{
	const struct text_list *globs = &request->rule->key;
	add_number(&ingredients->hash, globs->count);
	if (!globs->count)
		return true;
	CLEANUP(close_descriptor)
	int folder = open(request->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return error_set_errno(error, ERROR_FILE, "cannot open '%s'", request->folder);
	for (uint32_t i = 0; i < globs->count; i++) {
		if (!add_glob(ingredients, folder, globs->items[i].text, error))
			return false;
	}
	return true;
}

/* A result that was good by one schema need not be by another. Inline ones are in the fingerprint. */
static bool add_schemas(struct ingredients *ingredients, const struct cache_key_request *request,
	struct error *error)
{
	for (uint32_t i = 0; i < request->contract_count; i++) {
		const struct contract *contract = &request->contracts[i];
		const char *sha256 = NULL;
		if (contract->kind != CONTRACT_JSON_SCHEMA || !contract->schema)
			continue;
		if (request->hash_schema)
			sha256 = request->hash_schema(
				request->schema_context, contract, request->pipeline_folder);
		if (!sha256)
			return error_set(error, ERROR_FILE, "the schema '%s' is not known",
				contract->schema);
		hash_add_text(&ingredients->hash, sha256);
		add_line(ingredients, "schema", contract->schema, sha256);
	}
	return true;
}

static void add_handoffs(struct ingredients *ingredients, const char *sha256)
{
	hash_add_text(&ingredients->hash, sha256);
	if (sha256)
		add_line(ingredients, CACHE_KIND_HANDOFFS, "handoffs.md", sha256);
}

bool result_cache_key(
	const struct cache_key_request *request, char key[HASH_TEXT_SIZE], struct error *error)
{
	struct ingredients ingredients = {.lines = request->ingredients};
	struct hash *hash = &ingredients.hash;
	hash_start(hash);
	hash_add_text(hash, KEY_FORM);
	hash_add_text(hash, request->fingerprint);
	add_number(hash, request->input_count);
	for (uint32_t i = 0; i < request->input_count; i++) {
		const struct artifact *input = request->inputs[i];
		hash_add_text(hash, input->name);
		hash_add_text(hash, input->sha256);
		add_line(&ingredients, "input", input->name, input->sha256);
	}
	add_handoffs(&ingredients, request->handoffs_sha256);
	add_list(hash, &request->rule->paths);
	bool is_known = add_schemas(&ingredients, request, error) &&
			add_key_files(&ingredients, request, error);
	hash_finish(hash, key);
	return is_known || error_context(error, "no cache key");
}

/* --- entries --- */

static bool is_key(const char *text)
{
	return strlen(text) == HASH_TEXT_SIZE - 1 &&
	       strspn(text, "0123456789abcdef") == HASH_TEXT_SIZE - 1;
}

int result_cache_open_entry(const struct result_cache *cache, const char *key)
{
	return cache->folder >= 0 && is_key(key) ? openat(cache->folder, key, FOLDER_FLAGS) : -1;
}

static bool is_there(int entry, uint32_t place, uint64_t size_bytes)
{
	char name[CACHE_FILE_NAME_SIZE];
	struct stat facts;
	cache_file_name(place, name);
	return fstatat(entry, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(facts.st_mode) &&
	       (uint64_t)facts.st_size == size_bytes;
}

bool result_cache_is_of_step(const struct cache_manifest *manifest, const struct step *step)
{
	if (manifest->output_count != step->output_count)
		return false;
	for (uint32_t i = 0; i < step->output_count; i++) {
		if (!text_equal(manifest->outputs[i].name, step->outputs[i].name))
			return false;
	}
	return true;
}

static void describe_outputs(const struct cache_manifest *manifest, struct artifact *artifacts)
{
	for (uint32_t i = 0; i < manifest->output_count; i++) {
		const struct cache_output *output = &manifest->outputs[i];
		artifacts[i] = (struct artifact){
			.name = output->name,
			.path = output->path,
			.file_count = output->file_count,
			.is_folder = output->is_folder,
			.size_bytes = output->size_bytes,
		};
		memcpy(artifacts[i].sha256, output->sha256, sizeof artifacts[i].sha256);
	}
}

bool result_cache_look(const struct result_cache *cache, const char *key, const struct step *step,
	struct arena *arena, struct artifact *artifacts)
{
	CLEANUP(cache_manifest_release) struct cache_manifest manifest = {0};
	CLEANUP(close_descriptor) int entry = result_cache_open_entry(cache, key);
	bool is_whole = entry >= 0 && cache_manifest_read(entry, arena, &manifest) &&
			result_cache_is_of_step(&manifest, step);
	for (uint32_t i = 0; is_whole && i < manifest.file_count; i++)
		is_whole = is_there(entry, i, manifest.files[i].size_bytes);
	if (is_whole)
		describe_outputs(&manifest, artifacts);
	return is_whole;
}

/* --- removing --- */

void result_cache_drop(const struct result_cache *cache, const char *name)
{
	struct removal removal;
	struct error ignored;
	if (!removal_open(&removal, cache->folder, CACHE_REMOVED_NAME, &ignored))
		return;
	if (!text_equal(name, CACHE_REMOVED_NAME))
		removal_take(&removal, cache->folder, name, &ignored);
	removal_finish(&removal, &ignored);
	removal_close(&removal);
	unlinkat(cache->folder, CACHE_REMOVED_NAME, AT_REMOVEDIR);
}

void result_cache_tidy(const struct result_cache *cache)
{
	static const char *const names[] = {
		CACHE_NEW_NAME, CACHE_RESTORED_NAME, CACHE_REMOVED_NAME};
	for (size_t i = 0; cache->folder >= 0 && i < ARRAY_LENGTH(names); i++) {
		if (faccessat(cache->folder, names[i], F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			result_cache_drop(cache, names[i]);
	}
}

struct entry {
	char key[HASH_TEXT_SIZE];
	struct timespec used;
	uint64_t bytes;
};

struct entries {
	struct entry *entries; /* heap */
	uint32_t count;
	uint32_t capacity;
	uint64_t bytes;
};

static int compare_use(const void *left, const void *right)
{
	const struct entry *one = left;
	const struct entry *other = right;
	if (one->used.tv_sec != other->used.tv_sec)
		return one->used.tv_sec < other->used.tv_sec ? -1 : 1;
	if (one->used.tv_nsec != other->used.tv_nsec)
		return one->used.tv_nsec < other->used.tv_nsec ? -1 : 1;
	return strcmp(one->key, other->key);
}

/* One that cannot be read is as old as can be. */
static void add_entry(const struct result_cache *cache, const char *key, struct entries *all)
{
	struct stat facts;
	CLEANUP(close_descriptor) int folder = result_cache_open_entry(cache, key);
	GROW(all->entries, all->count, all->capacity);
	struct entry *entry = &all->entries[all->count++];
	memcpy(entry->key, key, HASH_TEXT_SIZE);
	if (folder >= 0 && cache_manifest_size(folder, &entry->bytes) &&
		fstatat(folder, CACHE_MANIFEST_NAME, &facts, AT_SYMLINK_NOFOLLOW) == 0)
		entry->used = facts.st_mtim;
	all->bytes += entry->bytes;
}

static void list_entries(const struct result_cache *cache, struct entries *all)
{
	int copy = openat(cache->folder, ".", FOLDER_FLAGS);
	CLEANUP(close_folder) DIR *names = copy < 0 ? NULL : fdopendir(copy);
	if (!names) {
		close_descriptor(&copy);
		return;
	}
	for (struct dirent *name = readdir(names); name; name = readdir(names)) {
		if (is_key(name->d_name))
			add_entry(cache, name->d_name, all);
	}
}

void result_cache_shrink(const struct result_cache *cache, const char *kept_key)
{
	struct entries all = {0};
	list_entries(cache, &all);
	if (all.count)
		qsort(all.entries, all.count, sizeof *all.entries, compare_use);
	uint32_t left = all.count;
	for (uint32_t i = 0;
		i < all.count && (left > cache->entry_limit || all.bytes > cache->byte_limit);
		i++) {
		if (text_equal(all.entries[i].key, kept_key))
			continue;
		result_cache_drop(cache, all.entries[i].key);
		all.bytes -= all.entries[i].bytes;
		left--;
	}
	free(all.entries);
}
