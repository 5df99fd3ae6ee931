/* The part of result_cache.h that puts an entry's files in place. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/index.h"
#include "base/text.h"
#include "run/artifact_copy.h"
#include "run/result_cache_internal.h"

struct taking {
	struct result_cache *cache;
	const struct cache_take_request *request;
	struct cache_manifest manifest;
	int entry;
	struct arena *arena;
	struct artifact *artifacts;
	struct error *error;
};

/* --- reading the entry --- */

static int open_source(const struct taking *taking, uint32_t place)
{
	char name[CACHE_FILE_NAME_SIZE];
	cache_file_name(place, name);
	return open_beneath(taking->entry, name, O_RDONLY);
}

static bool is_same(const struct cache_file *file, const char *sha256, uint64_t size_bytes)
{
	return file->size_bytes == size_bytes && strcmp(file->sha256, sha256) == 0;
}

/* CACHE_MISS: the entry's file is not what it was. */
static enum cache_answer copy_checked(
	const struct taking *taking, uint32_t place, const char *target)
{
	struct copy_result copy;
	CLEANUP(close_descriptor) int source = open_source(taking, place);
	if (source < 0)
		return CACHE_MISS;
	if (!artifact_copy(source, target, &copy, taking->error))
		return CACHE_REFUSED;
	return is_same(&taking->manifest.files[place], copy.sha256, copy.size_bytes) ? CACHE_TAKEN
										     : CACHE_MISS;
}

static enum cache_answer check_paths(const struct taking *taking)
{
	for (uint32_t i = 0; i < taking->manifest.file_count; i++) {
		char sha256[HASH_TEXT_SIZE];
		uint64_t size_bytes;
		if (!taking->manifest.files[i].is_path)
			continue;
		CLEANUP(close_descriptor) int source = open_source(taking, i);
		if (source < 0 || !hash_descriptor(source, sha256, &size_bytes, taking->error) ||
			!is_same(&taking->manifest.files[i], sha256, size_bytes))
			return CACHE_MISS;
	}
	return CACHE_TAKEN;
}

/* --- outputs --- */

/* Where an output lies until everything has been checked. */
static const char *staging_path(const struct taking *taking, uint32_t output)
{
	return arena_format(taking->arena, "%s/%s/.%s.cached", taking->request->artifacts_folder,
		taking->request->step->id, taking->manifest.outputs[output].name);
}

static enum cache_answer stage_file(const struct taking *taking, uint32_t place)
{
	const struct cache_file *file = &taking->manifest.files[place];
	const struct cache_output *output = &taking->manifest.outputs[file->output];
	const char *target = staging_path(taking, file->output);
	if (output->is_folder)
		target = path_join(taking->arena, target, file->path + strlen(output->path) + 1);
	if (!folder_make(path_folder(taking->arena, target), taking->error))
		return CACHE_REFUSED;
	return copy_checked(taking, place, target);
}

static void remove_staged(const struct taking *taking)
{
	struct error ignored;
	for (uint32_t i = 0; i < taking->manifest.output_count; i++)
		path_remove(staging_path(taking, i), &ignored);
}

static enum cache_answer stage_outputs(const struct taking *taking)
{
	enum cache_answer answer = CACHE_TAKEN;
	remove_staged(taking);
	for (uint32_t i = 0; answer == CACHE_TAKEN && i < taking->manifest.file_count; i++) {
		if (!taking->manifest.files[i].is_path)
			answer = stage_file(taking, i);
	}
	return answer;
}

static bool place_output(const struct taking *taking, uint32_t place)
{
	const struct cache_output *output = &taking->manifest.outputs[place];
	const char *path =
		arena_format(taking->arena, "%s/%s", taking->request->step->id, output->path);
	const char *target = path_join(taking->arena, taking->request->artifacts_folder, path);
	if ((output->is_folder || path_is_folder(target)) && !path_remove(target, taking->error))
		return false;
	if (rename(staging_path(taking, place), target) < 0)
		return error_set_errno(
			taking->error, ERROR_FILE, "cannot put output '%s' in place", output->name);
	struct artifact *artifact = &taking->artifacts[place];
	*artifact = (struct artifact){.name = taking->request->step->outputs[place].name,
		.path = path,
		.file_count = output->file_count,
		.is_folder = output->is_folder,
		.size_bytes = output->size_bytes};
	memcpy(artifact->sha256, output->sha256, sizeof artifact->sha256);
	return true;
}

static bool place_outputs(const struct taking *taking)
{
	for (uint32_t i = 0; i < taking->manifest.output_count; i++) {
		if (!place_output(taking, i))
			return false;
	}
	return true;
}

/* --- the rule's paths --- */

/* The folder that holds path, made where it is missing; no link on the way. -1: *error. */
static int open_parent(const struct taking *taking, int root, const char *path)
{
	char *rest = arena_copy_text(taking->arena, path);
	int folder = openat(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (char *end = strchr(rest, '/'); folder >= 0 && end; end = strchr(rest, '/')) {
		*end = '\0';
		if (mkdirat(folder, rest, 0777) < 0 && errno != EEXIST) {
			close_descriptor(&folder);
			folder = -1;
			break;
		}
		int inner = openat(folder, rest, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		int number = errno;
		close(folder);
		errno = number;
		folder = inner;
		rest = end + 1;
	}
	if (folder < 0 && (errno == ENOTDIR || errno == ELOOP))
		error_set(taking->error, ERROR_FILE,
			"cannot put '%s' back: a link or a file is in the way", path);
	else if (folder < 0)
		error_set_errno(taking->error, ERROR_FILE, "cannot put '%s' back", path);
	return folder;
}

/* A checked copy with the file's mode, as name in folder, an open one. */
static bool stage_path(const struct taking *taking, uint32_t place, int folder)
{
	const char *staged =
		arena_format(taking->arena, "/proc/self/fd/%d/" CACHE_RESTORED_NAME, folder);
	unlinkat(folder, CACHE_RESTORED_NAME, 0);
	enum cache_answer answer = copy_checked(taking, place, staged);
	if (answer == CACHE_MISS)
		error_set(taking->error, ERROR_FILE, "the cache was changed meanwhile");
	if (answer != CACHE_TAKEN)
		return false;
	return fchmodat(folder, CACHE_RESTORED_NAME, taking->manifest.files[place].mode,
		       AT_SYMLINK_NOFOLLOW) == 0 ||
	       error_set_errno(taking->error, ERROR_FILE, "cannot set the mode");
}

/*
 * The copy is made in the cache's folder, so that nothing half made is ever in the work tree; only
 * where that is another file system it is made beside the target.
 */
static bool put_file(const struct taking *taking, uint32_t place, int folder, const char *name)
{
	const int rooms[] = {taking->cache->folder, folder};
	for (size_t i = 0; i < ARRAY_LENGTH(rooms); i++) {
		bool is_staged = stage_path(taking, place, rooms[i]);
		if (is_staged && renameat(rooms[i], CACHE_RESTORED_NAME, folder, name) == 0)
			return true;
		int number = errno;
		unlinkat(rooms[i], CACHE_RESTORED_NAME, 0);
		if (!is_staged)
			return false;
		errno = number;
		if (errno != EXDEV)
			break;
	}
	if (errno == EISDIR)
		return error_set(taking->error, ERROR_FILE, "a folder is in the way");
	return error_set_errno(taking->error, ERROR_FILE, "cannot replace it");
}

static bool put_back(const struct taking *taking, int root, uint32_t place)
{
	const char *path = taking->manifest.files[place].path;
	CLEANUP(close_descriptor) int folder = open_parent(taking, root, path);
	if (folder < 0)
		return false;
	return put_file(taking, place, folder, path_file_name(path)) ||
	       error_context(taking->error, "cannot put '%s' back", path);
}

static bool put_paths_back(const struct taking *taking)
{
	CLEANUP(close_descriptor) int root = -1;
	if (!taking->request->folder)
		return true;
	for (uint32_t i = 0; i < taking->manifest.file_count; i++) {
		if (!taking->manifest.files[i].is_path)
			continue;
		if (root < 0)
			root = open(taking->request->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (root < 0)
			return error_set_errno(taking->error, ERROR_FILE, "cannot open '%s'",
				taking->request->folder);
		if (!put_back(taking, root, i))
			return false;
	}
	return true;
}

/* --- all of it --- */

static enum cache_answer put_in_place(const struct taking *taking)
{
	enum cache_answer answer = stage_outputs(taking);
	if (answer == CACHE_TAKEN)
		answer = check_paths(taking);
	if (answer == CACHE_TAKEN && (!place_outputs(taking) || !put_paths_back(taking)))
		answer = CACHE_REFUSED;
	if (answer != CACHE_TAKEN)
		remove_staged(taking);
	if (answer == CACHE_REFUSED)
		error_context(taking->error, "the cached result cannot be used");
	return answer;
}

enum cache_answer result_cache_take(struct result_cache *cache,
	const struct cache_take_request *request, struct arena *arena, struct artifact *artifacts,
	struct error *error)
{
	CLEANUP(close_descriptor) int entry = result_cache_open_entry(cache, request->key);
	struct taking taking = {.cache = cache,
		.request = request,
		.entry = entry,
		.arena = arena,
		.artifacts = artifacts,
		.error = error};
	enum cache_answer answer = CACHE_MISS;
	bool is_there = entry >= 0;
	if (!is_there)
		return CACHE_MISS;
	if (cache_manifest_read(entry, arena, &taking.manifest)) {
		/* One of another step's shape is whole, and none of this one's. */
		if (result_cache_is_of_step(&taking.manifest, request->step))
			answer = put_in_place(&taking);
		else
			is_there = false;
	}
	if (answer == CACHE_TAKEN)
		utimensat(entry, CACHE_MANIFEST_NAME, NULL, AT_SYMLINK_NOFOLLOW);
	else if (answer == CACHE_MISS && is_there)
		result_cache_drop(cache, request->key);
	cache_manifest_release(&taking.manifest);
	return answer;
}
