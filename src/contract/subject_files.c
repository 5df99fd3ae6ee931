#include "contract/subject_files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

static const struct artifact *find_artifact(
	const struct contract_subject *subject, const char *name)
{
	for (uint32_t i = 0; i < subject->artifact_count; i++) {
		if (subject->artifacts && subject->artifacts[i].path &&
			text_equal(subject->artifacts[i].name, name))
			return &subject->artifacts[i];
	}
	return NULL;
}

static void take_one(struct subject_files *files, const char *path, struct arena *arena)
{
	files->matches.paths = ARENA_ARRAY(arena, const char *, 1);
	files->matches.paths[0] = path;
	files->matches.count = 1;
}

static bool find_in_artifact(const struct contract_subject *subject, struct subject_files *files,
	struct arena *arena, struct error *error)
{
	const struct artifact *artifact = files->artifact;
	const char *path = path_join(arena, subject->artifacts_folder, artifact->path);
	files->is_many = artifact->is_folder;
	files->folder = open(artifact->is_folder ? path : path_folder(arena, path),
		O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (files->folder < 0)
		return error_set_errno(
			error, ERROR_FILE, "cannot open the artifact '%s'", artifact->name);
	if (artifact->is_folder)
		return file_match_all(files->folder, arena, &files->matches, error);
	take_one(files, path_file_name(artifact->path), arena);
	return true;
}

static bool find_in_folder(const struct contract_subject *subject, const char *path,
	struct subject_files *files, struct arena *arena, struct error *error)
{
	if (!path_stays_beneath(path))
		return error_set(
			error, ERROR_FILE, "'%s' must be relative, without '..' or '.git'", path);
	files->folder = open(subject->work_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (files->folder < 0)
		return error_set_errno(error, ERROR_FILE, "cannot open the working directory");
	files->is_many = path_is_pattern(path);
	if (files->is_many)
		return file_match(files->folder, path, arena, &files->matches, error);
	take_one(files, path, arena);
	return true;
}

bool subject_files_find(const struct contract_subject *subject, const char *path,
	struct subject_files *files, struct arena *arena, struct error *error)
{
	*files = (struct subject_files){.folder = -1, .artifact = find_artifact(subject, path)};
	bool is_found = files->artifact ? find_in_artifact(subject, files, arena, error)
					: find_in_folder(subject, path, files, arena, error);
	if (!is_found)
		subject_files_release(files);
	return is_found;
}

void subject_files_release(struct subject_files *files)
{
	close_descriptor(&files->folder);
	files->folder = -1;
}

const char *subject_file_fault(int error_number)
{
	switch (error_number) {
	case ENOENT:
	case ENOTDIR:
		return "does not exist";
	case EINVAL:
	case ENXIO:
		return "is not a plain file";
	case ELOOP:
	case EXDEV:
		return "is or lies behind a symbolic link";
	default:
		return strerror(error_number);
	}
}

void contract_findings_add(struct contract_findings *findings, const struct contract_error *found)
{
	struct contract_result *result = findings->result;
	result->error_total++;
	if (result->error_count == CONTRACT_ERROR_LIMIT)
		return;
	if (result->error_count == findings->capacity) {
		findings->capacity = findings->capacity ? 2 * findings->capacity : 8;
		struct contract_error *grown =
			ARENA_ARRAY(findings->arena, struct contract_error, findings->capacity);
		if (result->error_count)
			memcpy(grown, result->errors, result->error_count * sizeof *grown);
		result->errors = grown;
	}
	result->errors[result->error_count++] = *found;
}
