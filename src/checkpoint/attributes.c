/*
 * Looking up the attributes of a file costs libgit2 some fifty system calls, and most files have
 * none. So it is found out once where rules are at all; what no rule can reach is not asked for.
 */
#include "checkpoint/attributes.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/text.h"
#include "checkpoint/git_failure.h"

#define ATTRIBUTES_FILE ".gitattributes"

/* Set to anything but a word for false. */
static bool converts_line_ends(git_config *settings)
{
	git_config_entry *entry = NULL;
	int value = 1;

	if (git_config_get_entry(&entry, settings, "core.autocrlf") < 0)
		return false;
	if (git_config_parse_bool(&value, entry->value) < 0)
		value = 1;
	git_config_entry_free(entry);
	return value != 0;
}

static bool names_attributes_file(git_config *settings)
{
	git_config_entry *entry = NULL;
	bool named = git_config_get_entry(&entry, settings, "core.attributesfile") == 0;

	git_config_entry_free(entry);
	return named;
}

/* Whether one of the folders in which libgit2 looks at that level has the file. */
static bool level_has_file(git_config_level_t level, const char *name)
{
	struct arena arena = {0};
	git_buf folders = {0};
	bool found = git_libgit2_opts(GIT_OPT_GET_SEARCH_PATH, level, &folders) < 0;
	const char *at = folders.ptr;

	while (!found && at && *at) {
		size_t length = strcspn(at, ":");
		found = access(arena_format(&arena, "%.*s/%s", (int)length, at, name), F_OK) == 0;
		at += length + (at[length] == ':');
	}
	git_buf_dispose(&folders);
	arena_release(&arena);
	return found;
}

static bool repository_has_file(git_repository *repository)
{
	struct arena arena = {0};
	git_buf folder = {0};
	bool found = git_repository_item_path(&folder, repository, GIT_REPOSITORY_ITEM_INFO) < 0 ||
		     access(arena_format(&arena, "%s/attributes", folder.ptr), F_OK) == 0;

	git_buf_dispose(&folder);
	arena_release(&arena);
	return found;
}

bool attributes_hold_everywhere(git_repository *repository)
{
	git_config *settings = NULL;
	bool hold = git_repository_config_snapshot(&settings, repository) < 0 ||
		    converts_line_ends(settings) || names_attributes_file(settings);

	git_config_free(settings);
	return hold || repository_has_file(repository) ||
	       level_has_file(GIT_CONFIG_LEVEL_XDG, "attributes") ||
	       level_has_file(GIT_CONFIG_LEVEL_SYSTEM, "gitattributes");
}

static bool is_snapshots_index(const struct checkpointer *checkpointer, const char *path)
{
	const struct stat *read = &checkpointer->index_status;
	struct stat now;

	return checkpointer->mirrors_index && stat(path, &now) == 0 && now.st_ino == read->st_ino &&
	       now.st_size == read->st_size && now.st_mtim.tv_sec == read->st_mtim.tv_sec &&
	       now.st_mtim.tv_nsec == read->st_mtim.tv_nsec;
}

static void add_from_index(git_index *index, struct arena *arena, struct candidate_list *list)
{
	for (size_t i = 0; i < git_index_entrycount(index); i++) {
		const char *path = git_index_get_byindex(index, i)->path;
		const char *slash = strrchr(path, '/');
		size_t folder = slash ? (size_t)(slash - path) + 1 : 0;

		if (text_equal(path + folder, ATTRIBUTES_FILE))
			candidate_list_add_attributes(list, arena_copy_bytes(arena, path, folder));
	}
}

bool attributes_find_staged(const struct checkpointer *checkpointer, struct arena *texts,
	struct candidate_list *list, struct error *error)
{
	struct arena arena = {0};
	const char *path = index_path(checkpointer, &arena);
	git_index *index = NULL;
	int result = 0;

	if (!is_snapshots_index(checkpointer, path))
		result = git_repository_index(&index, checkpointer->repository);
	if (index)
		result = git_index_read(index, false);
	if (index && result == 0)
		add_from_index(index, texts, list);
	git_index_free(index);
	arena_release(&arena);
	return result == 0 || git_failure(error, result, "cannot read the index");
}

bool attributes_reach(const struct candidate_list *list, const char *path)
{
	for (size_t i = 0; i < list->attribute_folder_count; i++)
		if (text_starts_with(path, list->attribute_folders[i]))
			return true;
	return false;
}
