#include "checkpoint/content.h"

#include <assert.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/index.h"
#include "base/text.h"
#include "checkpoint/git_failure.h"

static const struct kind_words {
	const char *sentence;
	const char *hint;
} kind_words[] = {
	[CONTENT_PLAIN] = {"is a plain file", ""},
	[CONTENT_LFS] = {"goes through Git LFS, which a checkpoint cannot do",
		"commit it by hand, write it to an ignored path, or take filter=lfs off it"},
	[CONTENT_FILTERED] = {"goes through a filter program of git, which a checkpoint never runs",
		"commit it by hand, or write it to an ignored path"},
	[CONTENT_SUBMODULE] = {"is another repository, and a checkpoint does not move submodules",
		"commit it by hand, or add it to .gitignore"},
};
static_assert(ARRAY_LENGTH(kind_words) == CONTENT_KIND_COUNT, "a row for every kind");

const char *content_kind_sentence(enum content_kind kind)
{
	return kind_words[kind].sentence;
}

const char *content_kind_hint(enum content_kind kind)
{
	return kind_words[kind].hint;
}

/* A filter that nobody configured does nothing in git either. */
static bool filter_is_configured(git_repository *repository, const char *name)
{
	git_config *configuration = NULL;
	git_config_entry *entry = NULL;
	char key[256];
	bool found = false;

	if (git_repository_config(&configuration, repository) < 0)
		return true;
	for (int i = 0; i < 2 && !found; i++) {
		snprintf(key, sizeof(key), "filter.%s.%s", name, i == 0 ? "clean" : "process");
		found = git_config_get_entry(&entry, configuration, key) == 0;
		git_config_entry_free(entry);
		entry = NULL;
	}
	git_config_free(configuration);
	return found;
}

bool content_classify(git_repository *repository, const char *path, uint32_t mode,
	enum content_kind *kind, struct error *error)
{
	const char *filter = NULL;
	int result;

	*kind = mode == GIT_FILEMODE_COMMIT ? CONTENT_SUBMODULE : CONTENT_PLAIN;
	if (!S_ISREG(mode))
		return true;
	result = git_attr_get(&filter, repository, GIT_ATTR_CHECK_FILE_THEN_INDEX, path, "filter");
	if (result < 0)
		return git_failure(error, result, "cannot read the attributes of %s", path);
	if (git_attr_value(filter) != GIT_ATTR_VALUE_STRING)
		return true;
	if (text_equal(filter, "lfs"))
		*kind = CONTENT_LFS;
	else if (filter_is_configured(repository, filter))
		*kind = CONTENT_FILTERED;
	return true;
}

/* The commit a submodule has checked out; a zero id when there is none. */
static void identify_submodule(git_repository *repository, const char *path, git_oid *id)
{
	char folder[PATH_MAX];
	git_repository *inner = NULL;

	*id = (git_oid){{0}};
	if (snprintf(folder, sizeof(folder), "%s%s", git_repository_workdir(repository), path) >=
		(int)sizeof(folder))
		return;
	if (git_repository_open_ext(&inner, folder, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL) == 0 &&
		git_reference_name_to_id(id, inner, "HEAD") < 0)
		*id = (git_oid){{0}};
	git_repository_free(inner);
}

static bool identify_link(
	git_repository *repository, const char *path, git_oid *id, struct error *error)
{
	char full[PATH_MAX];
	char target[PATH_MAX];
	ssize_t length = -1;

	if (snprintf(full, sizeof(full), "%s%s", git_repository_workdir(repository), path) <
		(int)sizeof(full))
		length = readlink(full, target, sizeof(target));
	if (length < 0)
		return error_set_errno(error, ERROR_FILE, "cannot read the link %s", path);
	return git_odb_hash(id, target, (size_t)length, GIT_OBJECT_BLOB) == 0 ||
	       git_failure(error, -1, "cannot hash %s", path);
}

bool content_identify(git_repository *repository, const char *path, uint32_t mode, git_oid *id,
	struct error *error)
{
	int result;

	if (mode == GIT_FILEMODE_COMMIT) {
		identify_submodule(repository, path, id);
		return true;
	}
	if (mode == GIT_FILEMODE_LINK)
		return identify_link(repository, path, id, error);
	result = git_repository_hashfile(id, repository, path, GIT_OBJECT_BLOB, path);
	return result == 0 || git_failure(error, result, "cannot hash %s", path);
}

/* True when the pointer's text names the SHA-256 of the file. */
static bool pointer_names(const char *pointer, size_t size, const char hash[HASH_TEXT_SIZE])
{
	static const char key[] = "\noid sha256:";
	const char *found = memmem(pointer, size, key, sizeof(key) - 1);

	if (!found || size - (size_t)(found - pointer) < sizeof(key) - 1 + HASH_TEXT_SIZE - 1)
		return false;
	return strncmp(found + sizeof(key) - 1, hash, HASH_TEXT_SIZE - 1) == 0;
}

static bool large_file_is_unchanged(git_repository *repository, const char *work_tree,
	const git_index_entry *entry, bool *unchanged, struct error *error)
{
	char path[PATH_MAX];
	char hash[HASH_TEXT_SIZE];
	uint64_t size;
	git_oid raw;
	git_blob *pointer = NULL;
	CLEANUP(close_descriptor) int file = -1;

	snprintf(path, sizeof(path), "%s/%s", work_tree, entry->path);
	/* Without git-lfs the pointer itself is what is checked out. */
	if (git_odb_hashfile(&raw, path, GIT_OBJECT_BLOB) == 0 && git_oid_equal(&raw, &entry->id)) {
		*unchanged = true;
		return true;
	}
	file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (file < 0)
		return error_set_errno(error, ERROR_FILE, "cannot read %s", path);
	if (!hash_descriptor(file, hash, &size, error))
		return error_context(error, "cannot read %s", path);
	*unchanged = git_blob_lookup(&pointer, repository, &entry->id) == 0 &&
		     pointer_names(
			     git_blob_rawcontent(pointer), (size_t)git_blob_rawsize(pointer), hash);
	git_blob_free(pointer);
	return true;
}

bool content_special_is_unchanged(git_repository *repository, const char *work_tree,
	const git_index_entry *entry, enum content_kind kind, bool *unchanged, struct error *error)
{
	git_oid id;

	*unchanged = false;
	if (!entry)
		return true;
	if (kind == CONTENT_LFS)
		return large_file_is_unchanged(repository, work_tree, entry, unchanged, error);
	if (kind == CONTENT_SUBMODULE && entry->mode == GIT_FILEMODE_COMMIT) {
		identify_submodule(repository, entry->path, &id);
		/* Not initialised: nothing there that could have changed. */
		*unchanged = git_oid_is_zero(&id) || git_oid_equal(&id, &entry->id);
	}
	return true;
}
