/*
 * Only the folders with changes are read and written: each is a treebuilder over the old folder,
 * and one level of recursion is one component of a path (at most PATH_MAX / 2).
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoint/change_set.h"
#include "checkpoint/git_failure.h"

struct tree_writer {
	git_repository *repository; /* old trees are read from it */
	git_repository *sink;       /* new ones are written to it */
	const struct change_set *set;
	struct error *error;
};

/* The changes [first, end) share the first prefix bytes of their paths. */
struct tree_part {
	size_t first;
	size_t end;
	size_t prefix;
};

static bool write_folder(struct tree_writer *writer, const git_tree *old,
	const struct tree_part *part, git_oid *id, bool *empty);

/* Puts a file in, or takes it out; a folder of that name is not touched by taking out. */
static bool put_file(struct tree_writer *writer, git_treebuilder *builder, const char *name,
	const git_index_entry *entry)
{
	const git_tree_entry *known = git_treebuilder_get(builder, name);
	int result = 0;

	if (entry->mode != 0)
		result = git_treebuilder_insert(
			NULL, builder, name, &entry->id, (git_filemode_t)entry->mode);
	else if (known && git_tree_entry_filemode(known) != GIT_FILEMODE_TREE)
		result = git_treebuilder_remove(builder, name);
	return result == 0 ||
	       git_failure(writer->error, result, "cannot put %s into a tree", entry->path);
}

static bool put_folder(struct tree_writer *writer, git_treebuilder *builder, const char *name,
	const struct tree_part *part)
{
	const git_tree_entry *known = git_treebuilder_get(builder, name);
	bool known_folder = known && git_tree_entry_filemode(known) == GIT_FILEMODE_TREE;
	git_tree *old = NULL;
	git_oid id;
	bool empty = false;
	bool written;
	int result = 0;

	if (known_folder)
		result = git_tree_lookup(&old, writer->repository, git_tree_entry_id(known));
	if (result < 0)
		return git_failure(writer->error, result, "cannot read the tree of %s", name);
	written = write_folder(writer, old, part, &id, &empty);
	git_tree_free(old);
	if (!written)
		return false;
	if (!empty)
		result = git_treebuilder_insert(NULL, builder, name, &id, GIT_FILEMODE_TREE);
	else if (known_folder)
		result = git_treebuilder_remove(builder, name);
	return result == 0 ||
	       git_failure(writer->error, result, "cannot put the folder %s into a tree", name);
}

static bool put_all(
	struct tree_writer *writer, git_treebuilder *builder, const struct tree_part *part)
{
	const struct change *items = writer->set->items;
	char name[NAME_MAX + 1];
	size_t at = part->first;

	while (at < part->end) {
		const char *rest = items[at].entry.path + part->prefix;
		const char *slash = strchr(rest, '/');
		struct tree_part inner = {.first = at, .end = at + 1};

		if (!slash) {
			if (!put_file(writer, builder, rest, &items[at].entry))
				return false;
			at++;
			continue;
		}
		inner.prefix = part->prefix + (size_t)(slash - rest) + 1;
		while (inner.end < part->end && strncmp(items[inner.end].entry.path + part->prefix,
							rest, inner.prefix - part->prefix) == 0)
			inner.end++;
		snprintf(name, sizeof(name), "%.*s", (int)(slash - rest), rest);
		if (!put_folder(writer, builder, name, &inner))
			return false;
		at = inner.end;
	}
	return true;
}

static bool write_folder(struct tree_writer *writer, const git_tree *old,
	const struct tree_part *part, git_oid *id, bool *empty)
{
	git_treebuilder *builder = NULL;
	int result = git_treebuilder_new(&builder, writer->sink, old);
	bool done;

	if (result < 0)
		return git_failure(writer->error, result, "cannot begin a tree");
	done = put_all(writer, builder, part);
	if (done) {
		*empty = git_treebuilder_entrycount(builder) == 0;
		result = *empty && part->prefix > 0 ? 0 : git_treebuilder_write(id, builder);
		if (result < 0)
			done = git_failure(writer->error, result, "cannot write a tree");
	}
	git_treebuilder_free(builder);
	return done;
}

bool change_set_write_tree(const struct change_set *set, struct object_store *store,
	const git_tree *parent, git_oid *tree, struct error *error)
{
	struct tree_writer writer = {
		.repository = object_store_repository(store),
		.sink = object_store_sink(store),
		.set = set,
		.error = error,
	};
	struct tree_part whole = {.first = 0, .end = set->count, .prefix = 0};
	bool empty;

	return write_folder(&writer, parent, &whole, tree, &empty);
}

bool change_set_apply(const struct change_set *set, git_index *index, struct error *error)
{
	for (size_t i = 0; i < set->count + set->refreshed_count; i++) {
		bool refreshed = i >= set->count;
		const git_index_entry *entry =
			refreshed ? &set->refreshed[i - set->count].entry : &set->items[i].entry;
		const git_index_entry *known = git_index_get_bypath(index, entry->path, 0);
		int result = 0;

		/* Another index may hold something else there, which is not ours to refresh. */
		if (refreshed && (!known || !git_oid_equal(&known->id, &entry->id)))
			continue;
		if (entry->mode != 0)
			result = git_index_add(index, entry);
		else if (known)
			result = git_index_remove(index, entry->path, 0);
		if (result < 0)
			return git_failure(error, result, "cannot note %s", entry->path);
	}
	return true;
}
