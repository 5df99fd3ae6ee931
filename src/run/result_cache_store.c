/* The part of result_cache.h that keeps what a step has left. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/index.h"
#include "base/map.h"
#include "base/text.h"
#include "run/artifact_copy.h"
#include "run/result_cache_internal.h"

struct storing {
	const struct result_cache *cache;
	const struct cache_store_request *request;
	struct cache_manifest manifest;
	struct map known_paths; /* of the rule's, so that two globs may match one file */
	struct arena arena;
	bool is_too_large;
	struct error *error;
};

static bool is_too_large(struct storing *storing, uint64_t size_bytes)
{
	uint64_t room = storing->cache->byte_limit - storing->manifest.total_bytes;
	storing->is_too_large = size_bytes > room;
	return storing->is_too_large;
}

/* From an open file into the entry; file is the one it is for. */
static bool keep_file(struct storing *storing, int source, struct cache_file *file)
{
	char name[CACHE_FILE_NAME_SIZE];
	struct stat facts;
	struct copy_result copy;
	if (fstat(source, &facts) < 0)
		return error_set_errno(storing->error, ERROR_FILE, "'%s'", file->path);
	if (is_too_large(storing, (uint64_t)facts.st_size))
		return false;
	cache_file_name((uint32_t)(file - storing->manifest.files), name);
	const char *target = arena_format(
		&storing->arena, "%s/" CACHE_NEW_NAME "/%s", storing->cache->path, name);
	if (!artifact_copy(source, target, &copy, storing->error))
		return error_context(storing->error, "'%s'", file->path);
	file->mode = facts.st_mode & 0777;
	file->size_bytes = copy.size_bytes;
	memcpy(file->sha256, copy.sha256, sizeof file->sha256);
	storing->manifest.total_bytes += copy.size_bytes;
	return true;
}

/* --- outputs --- */

static struct cache_file *add_member(struct storing *storing, const char *path)
{
	struct cache_file *file = cache_manifest_add_file(&storing->manifest);
	file->output = storing->manifest.output_count - 1;
	file->path = path;
	return file;
}

static bool keep_output_file(
	struct storing *storing, const struct artifact *artifact, const char *path)
{
	CLEANUP(close_descriptor) int source = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (source < 0)
		return error_set_errno(storing->error, ERROR_FILE, "cannot open '%s'", path);
	struct cache_file *file = add_member(storing, path_file_name(artifact->path));
	if (!keep_file(storing, source, file))
		return false;
	return strcmp(file->sha256, artifact->sha256) == 0 ||
	       error_set(storing->error, ERROR_FILE,
		       "artifact '%s' was changed after its step had ended", artifact->name);
}

static bool keep_member(
	struct storing *storing, int folder, const char *path, const char *output_path)
{
	CLEANUP(close_descriptor) int source = open_beneath(folder, path, O_RDONLY);
	if (source < 0)
		return error_set_errno(storing->error, ERROR_FILE, "cannot open '%s'", path);
	return keep_file(storing, source,
		add_member(storing, path_join(&storing->arena, output_path, path)));
}

/* As the artifact's own checksum was made. */
static void hash_members(const struct storing *storing, uint32_t first, size_t prefix_length,
	char sha256[HASH_TEXT_SIZE])
{
	struct hash hash;
	hash_start(&hash);
	for (uint32_t i = first; i < storing->manifest.file_count; i++) {
		const struct cache_file *file = &storing->manifest.files[i];
		const char *path = file->path + prefix_length;
		hash_add(&hash, file->sha256, HASH_TEXT_SIZE - 1);
		hash_add(&hash, "  ", 2);
		hash_add(&hash, path, strlen(path));
		hash_add(&hash, "\n", 1);
	}
	hash_finish(&hash, sha256);
}

static bool keep_output_folder(
	struct storing *storing, const struct artifact *artifact, const char *path)
{
	struct file_matches matches;
	const char *name = path_file_name(artifact->path);
	uint32_t first = storing->manifest.file_count;
	char sha256[HASH_TEXT_SIZE];
	CLEANUP(close_descriptor)
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0)
		return error_set_errno(storing->error, ERROR_FILE, "cannot open '%s'", path);
	if (!file_match_all(folder, &storing->arena, &matches, storing->error))
		return false;
	for (uint32_t i = 0; i < matches.count; i++) {
		if (!keep_member(storing, folder, matches.paths[i], name))
			return false;
	}
	hash_members(storing, first, strlen(name) + 1, sha256);
	return strcmp(sha256, artifact->sha256) == 0 ||
	       error_set(storing->error, ERROR_FILE,
		       "artifact '%s' was changed after its step had ended", artifact->name);
}

static bool keep_outputs(struct storing *storing)
{
	const struct cache_store_request *request = storing->request;
	for (uint32_t i = 0; i < request->step->output_count; i++) {
		const struct artifact *artifact = &request->artifacts[i];
		if (!artifact->path)
			return error_set(storing->error, ERROR_FILE, "artifact '%s' was not kept",
				request->step->outputs[i].name);
		struct cache_output *output = cache_manifest_add_output(&storing->manifest);
		*output = (struct cache_output){.is_folder = artifact->is_folder,
			.file_count = artifact->file_count,
			.size_bytes = artifact->size_bytes,
			.name = request->step->outputs[i].name,
			.path = path_file_name(artifact->path)};
		memcpy(output->sha256, artifact->sha256, sizeof output->sha256);
		const char *path =
			path_join(&storing->arena, request->artifacts_folder, artifact->path);
		if (artifact->is_folder ? !keep_output_folder(storing, artifact, path)
					: !keep_output_file(storing, artifact, path))
			return false;
	}
	return true;
}

/* --- the rule's paths --- */

static bool keep_path(struct storing *storing, int folder, const char *path)
{
	if (!map_add(&storing->known_paths, path, 0))
		return true;
	CLEANUP(close_descriptor) int source = open_beneath(folder, path, O_RDONLY);
	if (source < 0)
		return error_set_errno(storing->error, ERROR_FILE, "cannot open '%s'", path);
	struct cache_file *file = cache_manifest_add_file(&storing->manifest);
	*file = (struct cache_file){.is_path = true, .output = INDEX_NONE, .path = path};
	return keep_file(storing, source, file);
}

static bool keep_paths(struct storing *storing)
{
	const struct text_list *globs = &storing->request->step->cache->paths;
	const char *path = storing->request->folder;
	struct file_matches matches;
	if (!path || !globs->count)
		return true;
	CLEANUP(close_descriptor) int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return error_set_errno(storing->error, ERROR_FILE, "cannot open '%s'", path);
	for (uint32_t i = 0; i < globs->count; i++) {
		if (!cache_glob(folder, globs->items[i].text, &storing->arena, &matches,
			    storing->error))
			return false;
		for (uint32_t j = 0; j < matches.count; j++) {
			if (!keep_path(storing, folder, matches.paths[j]))
				return false;
		}
	}
	return true;
}

/* --- the entry --- */

static bool open_cache(struct result_cache *cache, struct error *error)
{
	if (cache->folder >= 0)
		return true;
	if (!folder_make(cache->path, error))
		return false;
	cache->folder = open(cache->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return cache->folder >= 0 ||
	       error_set_errno(error, ERROR_FILE, "cannot open '%s'", cache->path);
}

static bool make_entry(struct storing *storing)
{
	int folder = storing->cache->folder;
	if (mkdirat(folder, CACHE_NEW_NAME, 0777) < 0)
		return error_set_errno(storing->error, ERROR_FILE, "cannot make a folder in '%s'",
			storing->cache->path);
	CLEANUP(close_descriptor)
	int entry = openat(folder, CACHE_NEW_NAME, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (entry < 0)
		return error_set_errno(
			storing->error, ERROR_FILE, "cannot open '%s'", storing->cache->path);
	if (!keep_outputs(storing) || !keep_paths(storing) ||
		!cache_manifest_write(&storing->manifest, entry, storing->error))
		return false;
	/* One that is there is no worse, and somebody may be reading it. */
	return renameat(folder, CACHE_NEW_NAME, folder, storing->request->key) == 0 ||
	       errno == ENOTEMPTY || errno == EEXIST ||
	       error_set_errno(storing->error, ERROR_FILE, "cannot make an entry in '%s'",
		       storing->cache->path);
}

bool result_cache_store(
	struct result_cache *cache, const struct cache_store_request *request, struct error *error)
{
	struct storing storing = {.cache = cache, .request = request, .error = error};
	if (!open_cache(cache, error))
		return error_context(error, "cannot keep the result");
	result_cache_drop(cache, CACHE_NEW_NAME);
	bool is_kept = make_entry(&storing);
	bool is_fine = is_kept || storing.is_too_large;
	result_cache_drop(cache, CACHE_NEW_NAME);
	if (is_kept)
		result_cache_shrink(cache, request->key);
	cache_manifest_release(&storing.manifest);
	map_release(&storing.known_paths);
	arena_release(&storing.arena);
	return is_fine || error_context(error, "cannot keep the result");
}
