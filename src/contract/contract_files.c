#include "contract/contract_files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "base/file_match.h"
#include "base/hash.h"
#include "base/index.h"
#include "base/text.h"

#define NAMED_LIMIT 5 /* files a sentence names before it counts the rest */

/* The files of one rule, and what people call them. */
struct rule_files {
	const struct file_rule *rule;
	int folder;
	struct file_matches matches;
	bool is_counted; /* a pattern or a folder artifact: the number of files is checked */
};

/* Every complaint is a sentence of its own. */
static void begin_complaint(struct buffer *reason)
{
	if (reason->size)
		buffer_append_text(reason, "; ");
}

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

static bool find_in_artifact(const struct contract_subject *subject,
	const struct artifact *artifact, struct rule_files *files, struct arena *arena,
	struct error *error)
{
	const char *path = path_join(arena, subject->artifacts_folder, artifact->path);
	files->is_counted = artifact->is_folder;
	files->folder = open(artifact->is_folder ? path : path_folder(arena, path),
		O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (files->folder < 0)
		return error_set_errno(
			error, ERROR_FILE, "cannot open the artifact '%s'", artifact->name);
	if (artifact->is_folder)
		return file_match_all(files->folder, arena, &files->matches, error);
	files->matches.paths = ARENA_ARRAY(arena, const char *, 1);
	files->matches.paths[0] = path_file_name(artifact->path);
	files->matches.count = 1;
	return true;
}

static bool find_files(const struct contract_subject *subject, struct rule_files *files,
	struct arena *arena, struct error *error)
{
	const char *path = files->rule->path;
	const struct artifact *artifact = find_artifact(subject, path);
	if (artifact)
		return find_in_artifact(subject, artifact, files, arena, error);
	if (!path_stays_beneath(path))
		return error_set(
			error, ERROR_FILE, "'%s' must be relative, without '..' or '.git'", path);
	files->folder = open(subject->work_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (files->folder < 0)
		return error_set_errno(error, ERROR_FILE, "cannot open the working directory");
	files->is_counted = path_is_pattern(path);
	if (files->is_counted)
		return file_match(files->folder, path, arena, &files->matches, error);
	files->matches.paths = ARENA_ARRAY(arena, const char *, 1);
	files->matches.paths[0] = path;
	files->matches.count = 1;
	return true;
}

static bool check_count(const struct rule_files *files, struct buffer *reason)
{
	const struct file_rule *rule = files->rule;
	uint32_t found = files->matches.count;
	if (!files->is_counted || (found >= rule->min_count && found <= rule->max_count))
		return true;
	begin_complaint(reason);
	buffer_printf(reason, "'%s': expected ", rule->path);
	if (rule->min_count == rule->max_count)
		buffer_printf(reason, "%u", rule->min_count);
	else if (rule->max_count == UINT32_MAX)
		buffer_printf(reason, "at least %u", rule->min_count);
	else
		buffer_printf(reason, "%u to %u", rule->min_count, rule->max_count);
	buffer_printf(reason, " files, found %u", found);
	return false;
}

static const char *open_fault(int error_number)
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

/* False: the complaint is in reason, unless enough files have been named. */
static bool check_file(const struct rule_files *files, const char *path, struct buffer *complaint)
{
	const struct file_rule *rule = files->rule;
	char sha256[HASH_TEXT_SIZE];
	struct error error;
	struct stat facts;
	uint64_t size;
	CLEANUP(close_descriptor) int file = open_beneath(files->folder, path, O_RDONLY);
	if (file < 0 || fstat(file, &facts) < 0) {
		buffer_printf(complaint, "'%s': expected a file, it %s", path, open_fault(errno));
		return false;
	}
	if (rule->non_empty && facts.st_size == 0) {
		buffer_printf(complaint, "'%s': expected content, it is empty", path);
		return false;
	}
	if (!rule->sha256)
		return true;
	if (!hash_descriptor(file, sha256, &size, &error)) {
		buffer_printf(complaint, "'%s': %s", path, error.text);
		return false;
	}
	if (strcmp(sha256, rule->sha256) == 0)
		return true;
	buffer_printf(complaint, "'%s': expected sha256 %s, found %s", path, rule->sha256, sha256);
	return false;
}

static bool check_each(const struct rule_files *files, struct buffer *reason)
{
	uint32_t bad_count = 0;
	struct buffer complaint CLEANUP(buffer_release) = BUFFER_INIT;
	for (uint32_t i = 0; i < files->matches.count; i++) {
		buffer_clear(&complaint);
		if (check_file(files, files->matches.paths[i], &complaint))
			continue;
		if (++bad_count > NAMED_LIMIT)
			continue;
		begin_complaint(reason);
		buffer_append(reason, complaint.bytes, complaint.size);
	}
	if (bad_count > NAMED_LIMIT)
		buffer_printf(reason, "; and %u more files of '%s'", bad_count - NAMED_LIMIT,
			files->rule->path);
	return bad_count == 0;
}

static bool check_rule(
	const struct contract_subject *subject, const struct file_rule *rule, struct buffer *reason)
{
	struct arena arena CLEANUP(arena_release) = {0};
	struct rule_files files = {.rule = rule, .folder = -1};
	struct error error;
	bool is_kept = true;
	if (!find_files(subject, &files, &arena, &error)) {
		begin_complaint(reason);
		buffer_append_text(reason, error.text);
		is_kept = false;
	} else {
		bool is_number_right = check_count(&files, reason);
		is_kept = check_each(&files, reason) && is_number_right;
	}
	close_descriptor(&files.folder);
	return is_kept;
}

bool contract_files_check(const struct contract_subject *subject, const struct contract *contract,
	struct buffer *reason)
{
	bool is_kept = true;
	for (uint32_t i = 0; i < contract->file_count; i++) {
		if (!check_rule(subject, &contract->files[i], reason))
			is_kept = false;
	}
	return is_kept;
}
