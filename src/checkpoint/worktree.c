#include "checkpoint/worktree.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "checkpoint/checkout.h"
#include "checkpoint/git_failure.h"
#include "checkpoint/kept_commit.h"
#include "checkpoint/transition.h"
#include "checkpoint/worktree_merge.h"

/* The reference of a checkout: named by where it is in the run's folder. */
static const char *reference_of(const struct checkpointer *checkpointer, struct arena *arena,
	const char *kind, const char *folder)
{
	size_t length = strlen(checkpointer->run_folder);
	char name[HASH_TEXT_SIZE];
	struct hash hash;

	if (text_starts_with(folder, checkpointer->run_folder) && folder[length] == '/')
		folder += length + 1;
	hash_start(&hash);
	hash_add_text(&hash, folder);
	hash_finish(&hash, name);
	return kept_name(checkpointer, arena, arena_format(arena, "%s/%.32s", kind, name));
}

static bool is_in_run_folder(const struct checkpointer *checkpointer, const char *folder)
{
	size_t length = strlen(checkpointer->run_folder);

	return text_starts_with(folder, checkpointer->run_folder) && folder[length] == '/' &&
	       path_stays_beneath(folder + length + 1);
}

/* What a killed predecessor has left goes; anything else outside the run's folder does not. */
static bool make_way(
	const struct checkpointer *checkpointer, const char *folder, struct error *error)
{
	if (!path_exists(folder))
		return true;
	if (is_in_run_folder(checkpointer, folder))
		return path_remove(folder, error);
	return error_set(error, ERROR_FILE, "%s is there already", folder);
}

/* The commit a checkout begins with: the tip, or the work tree's changes upon it. */
static bool make_base(struct checkpointer *checkpointer, struct present *present, git_oid *base,
	struct error *error)
{
	struct kept_commit commit = {.tree = &present->tree,
		.parents = (const git_oid *[]){&checkpointer->tip},
		.parent_count = checkpointer->has_tip ? 1 : 0,
		.message = "wavetrain: the work tree as steps had left it\n"};

	if (checkpointer->has_tip && present->set.count == 0) {
		*base = checkpointer->tip;
		return change_set_apply(&present->set, checkpointer->snapshot, error);
	}
	return kept_commit_write(checkpointer, present->store, &commit, base, error) &&
	       object_store_finish(present->store, error);
}

/* The base's entries, each with what stat(2) said of the file of the work tree that it is. */
static bool list_entries(const struct checkpointer *checkpointer, const struct present *present,
	git_index **index, struct error *error)
{
	int result = git_index_new(index);

	for (size_t i = 0; result == 0 && i < git_index_entrycount(checkpointer->snapshot); i++)
		result = git_index_add(*index, git_index_get_byindex(checkpointer->snapshot, i));
	if (result < 0)
		return git_failure(error, result, "cannot list the files of a checkout");
	return change_set_apply(&present->set, *index, error);
}

static bool provision(void *context, const char *folder, struct error *error)
{
	struct checkpointer *checkpointer = context;
	struct checkout checkout = {.folder = folder};
	struct present present = {0};
	struct arena arena = {0};
	bool done = make_way(checkpointer, folder, error) && target_follow(checkpointer, error) &&
		    present_open(checkpointer, &present, error) &&
		    make_base(checkpointer, &present, &checkout.base, error) &&
		    kept_reference_set(checkpointer,
			    reference_of(checkpointer, &arena, "checkouts", folder), &checkout.base,
			    error) &&
		    list_entries(checkpointer, &present, &checkout.index, error) &&
		    checkout_make(checkpointer, &checkout, error);

	git_index_free(checkout.index);
	present_release(&present);
	arena_release(&arena);
	return done || error_context(error, "no checkout for a step");
}

static bool find_base(
	struct checkpointer *checkpointer, const char *folder, git_oid *base, struct error *error)
{
	struct arena arena = {0};
	bool found = false;
	bool done = kept_reference_find(checkpointer,
		reference_of(checkpointer, &arena, "checkouts", folder), base, &found, error);

	arena_release(&arena);
	if (done && !found)
		return error_set(error, ERROR_GIT, "%s is no checkout of this run", folder);
	return done;
}

static const char *copy_id(struct arena *arena, const git_oid *id)
{
	char text[GIT_OID_HEXSZ + 1];

	return arena_copy_text(arena, git_oid_tostr(text, sizeof(text), id));
}

static void fill_change(const struct change_set *set, const git_oid *commit, const git_tree *base,
	struct arena *arena, struct worktree_change *change)
{
	const char **paths = ARENA_ARRAY(arena, const char *, set->count + 1);

	for (size_t i = 0; i < set->count; i++)
		paths[i] = arena_copy_text(arena, set->items[i].entry.path);
	*change = (struct worktree_change){
		.tree = copy_id(arena, commit),
		.base = copy_id(arena, git_tree_id(base)),
		.paths = paths,
		.path_count = (uint32_t)set->count,
	};
}

/* A checkout at its end: what differs, and its commit. */
struct collecting {
	struct checkpointer *checkpointer;
	struct checkout checkout;
	struct checkpointer view;
	struct arena arena;
	struct change_set set;
	struct object_store *store;
	git_tree *base;
	git_oid commit;
};

static bool write_change(struct collecting *collecting, struct error *error)
{
	git_oid tree;
	struct kept_commit commit = {.tree = &tree,
		.parents = (const git_oid *[]){&collecting->checkout.base},
		.parent_count = 1,
		.message = "wavetrain: what a step has made of its checkout\n"};

	collecting->base =
		commit_tree(collecting->view.repository, &collecting->checkout.base, error);
	return collecting->base &&
	       change_set_write_tree(
		       &collecting->set, collecting->store, collecting->base, &tree, error) &&
	       kept_commit_write(collecting->checkpointer, collecting->store, &commit,
		       &collecting->commit, error) &&
	       object_store_finish(collecting->store, error) &&
	       kept_reference_set(collecting->checkpointer,
		       reference_of(collecting->checkpointer, &collecting->arena, "changes",
			       collecting->checkout.folder),
		       &collecting->commit, error);
}

static bool collect(void *context, const char *folder, struct arena *arena,
	struct worktree_change *change, struct error *error)
{
	struct collecting collecting = {.checkpointer = context, .checkout = {.folder = folder}};
	bool done =
		find_base(context, folder, &collecting.checkout.base, error) &&
		checkout_view(context, &collecting.checkout, &collecting.view, error) &&
		object_store_open(&collecting.store, collecting.checkpointer->repository, error) &&
		change_set_collect_for_commit(&collecting.view, &collecting.arena, collecting.store,
			&collecting.set, error) &&
		write_change(&collecting, error);

	if (done)
		fill_change(&collecting.set, &collecting.commit, collecting.base, arena, change);
	git_tree_free(collecting.base);
	object_store_close(collecting.store);
	checkout_view_release(&collecting.view);
	change_set_release(&collecting.set);
	arena_release(&collecting.arena);
	return done || error_context(error, "the changes in a step's checkout cannot be taken");
}

/* What was collected stays kept until a checkpoint has it. */
static bool remove_checkout(void *context, const char *folder, struct error *error)
{
	struct checkpointer *checkpointer = context;
	struct arena arena = {0};
	bool done = path_remove(folder, error) &&
		    kept_reference_drop(checkpointer,
			    reference_of(checkpointer, &arena, "checkouts", folder), error);

	arena_release(&arena);
	return done;
}

const struct worktree_services checkpointer_worktrees = {
	.provision = provision,
	.collect = collect,
	.merge = worktree_merge,
	.remove = remove_checkout,
};

/* From the work tree's root to the pipeline's folder. */
static const char *path_from_prefix(struct arena *arena, const char *prefix, const char *path)
{
	const char *up = "";

	while (*prefix && !text_starts_with(path, prefix)) {
		size_t length = strlen(prefix) - 1;

		while (length > 0 && prefix[length - 1] != '/')
			length--;
		prefix = arena_copy_bytes(arena, prefix, length);
		up = arena_format(arena, "../%s", up);
	}
	return arena_format(arena, "%s%s", up, path + strlen(prefix));
}

bool checkpointer_changed_paths(void *context, struct arena *arena, const char *const **paths,
	uint32_t *count, struct error *error)
{
	struct checkpointer *checkpointer = context;
	struct change_set set = {0};
	struct arena scratch = {0};
	bool done = target_follow(checkpointer, error) &&
		    change_set_collect(checkpointer, &scratch, NULL, &set, error);
	const char **names = ARENA_ARRAY(arena, const char *, set.count + 1);

	for (size_t i = 0; done && i < set.count; i++)
		names[i] = path_from_prefix(
			arena, checkpointer->facts.prefix, set.items[i].entry.path);
	*paths = names;
	*count = done ? (uint32_t)set.count : 0;
	change_set_release(&set);
	arena_release(&scratch);
	return done || error_context(error, "cannot tell which files have changed");
}
