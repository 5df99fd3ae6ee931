#include "run/artifact.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/file_match.h"
#include "base/hash.h"
#include "base/text.h"
#include "run/artifact_copy.h"

/* --- opening what a step has written --- */

static int open_folder(const char *path, const char *what, struct error *error)
{
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		error_set_errno(error, ERROR_FILE, "cannot open the %s '%s'", what, path);
	return folder;
}

/* The step may have put a link to some other folder in its place: that is not followed. */
static int open_output_folder(const char *path, struct error *error)
{
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0 && (errno == ENOTDIR || errno == ELOOP))
		error_set(error, ERROR_FILE,
			"$WAVETRAIN_OUTPUT is no longer a folder: the step has put something else "
			"in its place");
	else if (folder < 0)
		error_set_errno(error, ERROR_FILE, "cannot open the output folder '%s'", path);
	return folder;
}

/* A stream of its own over an open folder. */
static DIR *list_folder(int folder)
{
	int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = again < 0 ? NULL : fdopendir(again);
	if (!entries && again >= 0)
		close(again);
	return entries;
}

static int open_output(
	int folder, const struct output *output, const char *path, struct error *error)
{
	if (!path_stays_beneath(path)) {
		error_set(error, ERROR_FILE,
			"output '%s': '%s' must be relative, without '..' or '.git'", output->name,
			path);
		return -1;
	}
	int file = open_beneath(folder, path, O_RDONLY);
	if (file >= 0)
		return file;
	if (errno == ENOENT || errno == ENOTDIR)
		error_set(error, ERROR_FILE, "output '%s' is missing: there is no file '%s'",
			output->name, path);
	else if (errno == ELOOP || errno == EXDEV)
		error_set(error, ERROR_FILE, "output '%s': '%s' is or lies behind a symbolic link",
			output->name, path);
	else if (errno == EINVAL || errno == ENXIO)
		error_set(error, ERROR_FILE,
			"output '%s': '%s' is not a plain file (for a folder write '%s/**')",
			output->name, path, path);
	else
		error_set_errno(
			error, ERROR_FILE, "output '%s': cannot open '%s'", output->name, path);
	return -1;
}

/* --- collecting one file --- */

/* ".json" of "a/b.json", ".tar.gz" of "x.tar.gz", "" of ".profile". */
static const char *path_extension(const char *path)
{
	const char *name = path_file_name(path);
	const char *dot = strrchr(name, '.');
	if (!dot || dot == name)
		return "";
	if (dot - name > 4 && strncmp(dot - 4, ".tar", 4) == 0)
		return dot - 4;
	return dot;
}

static bool keep_file(const struct artifact_request *request, int source, const char *extension,
	struct arena *arena, struct artifact *artifact, struct error *error)
{
	const char *name = request->output->name;
	struct copy_result copy;
	const char *path = arena_format(arena, "%s/%s%s", request->step_id, name, extension);
	const char *target = path_join(arena, request->artifacts_folder, path);
	const char *temporary = arena_format(
		arena, "%s/%s/.%s.new", request->artifacts_folder, request->step_id, name);
	if (!folder_make(path_folder(arena, target), error) || !path_remove(temporary, error))
		return false;
	if (!artifact_copy(source, temporary, &copy, error)) {
		unlink(temporary);
		return error_context(error, "output '%s'", name);
	}
	if (path_is_folder(target) && !path_remove(target, error))
		return false;
	if (rename(temporary, target) < 0)
		return error_set_errno(error, ERROR_FILE, "cannot keep output '%s'", name);
	*artifact = (struct artifact){
		.name = name, .path = path, .file_count = 1, .size_bytes = copy.size_bytes};
	memcpy(artifact->sha256, copy.sha256, sizeof artifact->sha256);
	return true;
}

static bool collect_path(const struct artifact_request *request, struct arena *arena,
	struct artifact *artifact, struct error *error)
{
	const char *path = request->output->path;
	CLEANUP(close_descriptor)
	int folder = open_folder(request->work_folder, "working directory", error);
	if (folder < 0)
		return false;
	CLEANUP(close_descriptor) int file = open_output(folder, request->output, path, error);
	return file >= 0 && keep_file(request, file, path_extension(path), arena, artifact, error);
}

/* --- collecting NAME or NAME.* of the output folder --- */

static bool find_named(int folder, const struct artifact_request *request, struct arena *arena,
	const char **found, struct error *error)
{
	const char *name = request->output->name;
	size_t length = strlen(name);
	CLEANUP(close_folder) DIR *entries = list_folder(folder);
	*found = NULL;
	if (!entries)
		return error_set_errno(error, ERROR_FILE, "cannot list the output folder");
	for (struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
		const char *rest = entry->d_name + length;
		if (strncmp(entry->d_name, name, length) != 0 || (*rest && *rest != '.'))
			continue;
		if (*found)
			return error_set(error, ERROR_FILE,
				"output '%s' is ambiguous: '%s' and '%s' are in $WAVETRAIN_OUTPUT",
				name, strcmp(*found, entry->d_name) < 0 ? *found : entry->d_name,
				strcmp(*found, entry->d_name) < 0 ? entry->d_name : *found);
		*found = arena_copy_text(arena, entry->d_name);
	}
	if (!*found)
		return error_set(error, ERROR_FILE,
			"output '%s' is missing: there is no '%s' or '%s.*' in $WAVETRAIN_OUTPUT",
			name, name, name);
	return true;
}

static bool collect_named(const struct artifact_request *request, struct arena *arena,
	struct artifact *artifact, struct error *error)
{
	const char *found;
	if (!request->output_folder)
		return error_set(
			error, ERROR_FILE, "output '%s': no output folder", request->output->name);
	CLEANUP(close_descriptor)
	int folder = open_output_folder(request->output_folder, error);
	if (folder < 0)
		return error_context(error, "output '%s'", request->output->name);
	if (!find_named(folder, request, arena, &found, error))
		return false;
	CLEANUP(close_descriptor) int file = open_output(folder, request->output, found, error);
	const char *extension = found + strlen(request->output->name);
	return file >= 0 && keep_file(request, file, extension, arena, artifact, error);
}

/* --- collecting a pattern into a folder --- */

struct folder_copy {
	const struct artifact_request *request;
	int source;         /* the folder the paths count from */
	const char *target; /* the folder that is filled */
	struct arena *arena;
	struct hash listing; /* "sha256  path\n" of every file */
	struct artifact *artifact;
};

static bool copy_member(
	struct folder_copy *copy, const char *path, size_t fixed, struct error *error)
{
	struct copy_result result;
	const char *target = path_join(copy->arena, copy->target, path + fixed);
	CLEANUP(close_descriptor)
	int file = open_output(copy->source, copy->request->output, path, error);
	if (file < 0 || !folder_make(path_folder(copy->arena, target), error))
		return false;
	if (!artifact_copy(file, target, &result, error))
		return error_context(error, "output '%s': '%s'", copy->request->output->name, path);
	hash_add(&copy->listing, result.sha256, HASH_TEXT_SIZE - 1);
	hash_add(&copy->listing, "  ", 2);
	hash_add(&copy->listing, path + fixed, strlen(path + fixed));
	hash_add(&copy->listing, "\n", 1);
	copy->artifact->size_bytes += result.size_bytes;
	copy->artifact->file_count++;
	return true;
}

static bool copy_members(
	struct folder_copy *copy, const struct file_matches *matches, struct error *error)
{
	size_t fixed = pattern_fixed_length(copy->request->output->path);
	bool is_done = true;
	if (strncmp(copy->request->output->path, "./", 2) == 0)
		fixed -= 2; /* matches come without it */
	hash_start(&copy->listing);
	for (uint32_t i = 0; is_done && i < matches->count; i++)
		is_done = copy_member(copy, matches->paths[i], fixed, error);
	hash_finish(&copy->listing, copy->artifact->sha256);
	return is_done;
}

static bool collect_pattern(const struct artifact_request *request, struct arena *arena,
	struct artifact *artifact, struct error *error)
{
	const struct output *output = request->output;
	struct file_matches matches;
	CLEANUP(close_descriptor)
	int folder = open_folder(request->work_folder, "working directory", error);
	if (folder < 0)
		return false;
	if (!file_match(folder, output->path, arena, &matches, error))
		return error_context(error, "output '%s'", output->name);
	if (!matches.count)
		return error_set(error, ERROR_FILE, "output '%s' is missing: no file matches '%s'",
			output->name, output->path);
	const char *path = arena_format(arena, "%s/%s", request->step_id, output->name);
	const char *target = path_join(arena, request->artifacts_folder, path);
	struct folder_copy copy = {.request = request,
		.source = folder,
		.target = arena_format(arena, "%s/%s/.%s.new", request->artifacts_folder,
			request->step_id, output->name),
		.arena = arena,
		.artifact = artifact};
	*artifact = (struct artifact){.name = output->name, .path = path, .is_folder = true};
	if (!path_remove(copy.target, error) || !copy_members(&copy, &matches, error))
		return false;
	if (!path_remove(target, error))
		return false;
	return rename(copy.target, target) == 0 ||
	       error_set_errno(error, ERROR_FILE, "cannot keep output '%s'", output->name);
}

bool artifact_collect(const struct artifact_request *request, struct arena *arena,
	struct artifact *artifact, struct error *error)
{
	if (!request->output->path)
		return collect_named(request, arena, artifact, error);
	if (path_is_pattern(request->output->path))
		return collect_pattern(request, arena, artifact, error);
	return collect_path(request, arena, artifact, error);
}

/* --- giving it to a consumer, and looking whether it is still what it was --- */

/* Every file of a folder artifact in byte order, with its checksum; copied when target is given. */
static bool walk_folder(
	const char *source, const char *target, struct artifact *found, struct error *error)
{
	struct arena arena CLEANUP(arena_release) = {0};
	struct file_matches matches;
	struct output output = {.name = found->name};
	struct artifact_request request = {.output = &output};
	CLEANUP(close_descriptor) int folder = open_folder(source, "artifact", error);
	if (folder < 0 || !file_match_all(folder, &arena, &matches, error))
		return false;
	struct folder_copy copy = {.request = &request,
		.source = folder,
		.target = target,
		.arena = &arena,
		.artifact = found};
	bool is_done = true;
	hash_start(&copy.listing);
	for (uint32_t i = 0; is_done && i < matches.count; i++)
		is_done = copy_member(&copy, matches.paths[i], 0, error);
	hash_finish(&copy.listing, found->sha256);
	return is_done;
}

static bool copy_file(
	const char *source, const char *target, struct artifact *found, struct error *error)
{
	struct copy_result result;
	CLEANUP(close_descriptor) int file = open(source, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (file < 0)
		return error_set_errno(error, ERROR_FILE, "cannot open '%s'", source);
	if (!artifact_copy(file, target, &result, error))
		return false;
	memcpy(found->sha256, result.sha256, sizeof found->sha256);
	return true;
}

/* Where the copy goes; the folder above it is there. NULL with *error: it cannot be made. */
static const char *make_target(
	const struct artifact_delivery *delivery, struct arena *arena, struct error *error)
{
	const struct artifact *artifact = delivery->artifact;
	const char *folder = delivery->input_folder;
	if (!delivery->instance)
		return path_join(arena, folder, path_file_name(artifact->path));
	const char *extension =
		artifact->is_folder ? "" : path_file_name(artifact->path) + strlen(artifact->name);
	folder = path_join(arena, folder, artifact->name);
	if (!folder_make(folder, error))
		return NULL;
	return arena_format(arena, "%s/%s%s", folder, delivery->instance, extension);
}

bool artifact_deliver(const struct artifact_delivery *delivery, struct error *error)
{
	struct arena arena CLEANUP(arena_release) = {0};
	const struct artifact *artifact = delivery->artifact;
	struct artifact found = {.name = artifact->name};
	if (!artifact->path)
		return error_set(error, ERROR_FILE, "the artifact was not kept");
	const char *source = path_join(&arena, delivery->artifacts_folder, artifact->path);
	const char *target = make_target(delivery, &arena, error);
	if (!target)
		return false;
	if (artifact->is_folder ? !walk_folder(source, target, &found, error)
				: !copy_file(source, target, &found, error))
		return error_context(error, "artifact '%s'", artifact->name);
	if (strcmp(found.sha256, artifact->sha256) != 0)
		return error_set(error, ERROR_FILE,
			"artifact '%s' was changed after its step had ended", artifact->name);
	return true;
}

bool artifact_inject(const char *artifacts_folder, const struct artifact *artifact,
	const char *input_folder, struct error *error)
{
	return artifact_deliver(&(struct artifact_delivery){.artifacts_folder = artifacts_folder,
					.artifact = artifact,
					.input_folder = input_folder},
		error);
}

static bool hash_file(const char *path, char sha256[HASH_TEXT_SIZE])
{
	uint64_t size;
	struct error ignored;
	CLEANUP(close_descriptor) int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return file >= 0 && hash_descriptor(file, sha256, &size, &ignored);
}

static bool hash_folder(const char *path, char sha256[HASH_TEXT_SIZE])
{
	struct arena arena CLEANUP(arena_release) = {0};
	struct file_matches matches;
	struct error ignored;
	struct hash listing;
	CLEANUP(close_descriptor) int folder = open_folder(path, "artifact", &ignored);
	if (folder < 0 || !file_match_all(folder, &arena, &matches, &ignored))
		return false;
	bool is_done = true;
	hash_start(&listing);
	for (uint32_t i = 0; is_done && i < matches.count; i++) {
		char member[HASH_TEXT_SIZE];
		is_done = hash_file(path_join(&arena, path, matches.paths[i]), member);
		hash_add(&listing, member, is_done ? HASH_TEXT_SIZE - 1 : 0);
		hash_add(&listing, "  ", 2);
		hash_add(&listing, matches.paths[i], strlen(matches.paths[i]));
		hash_add(&listing, "\n", 1);
	}
	hash_finish(&listing, sha256);
	return is_done;
}

bool artifact_is_intact(const struct run *run, const struct run_artifact *artifact)
{
	struct arena arena CLEANUP(arena_release) = {0};
	char sha256[HASH_TEXT_SIZE];
	if (!run->folder || !artifact->artifact.path)
		return false;
	const char *path = path_join(
		&arena, path_join(&arena, run->folder, "artifacts"), artifact->artifact.path);
	bool is_readable =
		artifact->artifact.is_folder ? hash_folder(path, sha256) : hash_file(path, sha256);
	return is_readable && strcmp(sha256, artifact->artifact.sha256) == 0;
}
