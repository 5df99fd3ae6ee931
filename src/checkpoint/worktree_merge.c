/*
 * The trees are merged one after the other onto what a checkpoint would commit now, each against
 * the tree its own checkout began with. Only when none is in conflict with what stands before it
 * are files written: those that differ at the end, by a transition whose X is the merge, so that
 * a merge cut short by a kill is taken back and can be done again. Once it is done, and until a
 * checkpoint has it, the reference `merged` says so: the same merge is not done twice.
 */
#include "checkpoint/worktree_merge.h"

#include <git2/sys/index.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/index.h"
#include "base/map.h"
#include "base/text.h"
#include "checkpoint/git_failure.h"
#include "checkpoint/kept_commit.h"
#include "checkpoint/transition.h"

/* Who changed a path last, of the steps merged so far. */
struct owner {
	const char *path;
	uint32_t step;
};

struct merging {
	struct checkpointer *checkpointer;
	const struct worktree_merge *merge;
	git_oid *changes; /* the commits of merge->trees; in texts */
	struct present present;
	git_tree *before;     /* the work tree's */
	git_tree *merged;     /* so far */
	struct owner *owners; /* heap */
	size_t owner_count;
	size_t owner_capacity;
	struct map places;                   /* from path to owner */
	struct worktree_conflict *conflicts; /* heap */
	size_t conflict_count;
	size_t conflict_capacity;
	struct arena texts;
	struct arena *arena; /* of what is given back */
	struct error *error;
};

static void merging_release(struct merging *merging)
{
	git_tree_free(merging->before);
	git_tree_free(merging->merged);
	present_release(&merging->present);
	map_release(&merging->places);
	arena_release(&merging->texts);
	free(merging->owners);
	free(merging->conflicts);
}

static git_repository *repository_of(const struct merging *merging)
{
	return merging->checkpointer->repository;
}

static void note_owner(struct merging *merging, const char *path, uint32_t step)
{
	uint32_t place = map_find(&merging->places, path);

	if (place != INDEX_NONE) {
		merging->owners[place].step = step;
		return;
	}
	path = arena_copy_text(&merging->texts, path);
	map_add(&merging->places, path, (uint32_t)merging->owner_count);
	GROW(merging->owners, merging->owner_count, merging->owner_capacity);
	merging->owners[merging->owner_count++] = (struct owner){.path = path, .step = step};
}

/* True when one is a folder of the other. */
static bool are_in_line(const char *left, const char *right)
{
	size_t left_size = strlen(left);
	size_t right_size = strlen(right);

	if (left_size > right_size)
		return text_starts_with(left, right) && left[right_size] == '/';
	return text_starts_with(right, left) && right[left_size] == '/';
}

/* A file may stand where another step made a folder: then that step is meant. */
static uint32_t find_owner(const struct merging *merging, const char *path)
{
	uint32_t place = map_find(&merging->places, path);

	if (place != INDEX_NONE)
		return merging->owners[place].step;
	for (size_t i = merging->owner_count; i > 0; i--)
		if (are_in_line(merging->owners[i - 1].path, path))
			return merging->owners[i - 1].step;
	return INDEX_NONE;
}

static void add_conflict(struct merging *merging, const char *path, uint32_t first, uint32_t second)
{
	GROW(merging->conflicts, merging->conflict_count, merging->conflict_capacity);
	merging->conflicts[merging->conflict_count++] = (struct worktree_conflict){
		.path = arena_copy_text(merging->arena, path), .steps = {first, second}};
}

static bool read_trees(struct merging *merging, uint32_t place, git_tree **base, git_tree **tree)
{
	const git_oid *id = &merging->changes[place];
	git_commit *commit = NULL;
	int result = git_commit_lookup(&commit, repository_of(merging), id);
	bool done = false;

	if (result < 0)
		return git_failure(merging->error, result,
			"the changes %s of a step are not in this clone",
			merging->merge->trees[place]);
	*tree = commit_tree(repository_of(merging), id, merging->error);
	if (git_commit_parentcount(commit) == 0)
		error_set(merging->error, ERROR_GIT, "%s is not what a step has changed",
			merging->merge->trees[place]);
	else if (*tree)
		*base = commit_tree(
			repository_of(merging), git_commit_parent_id(commit, 0), merging->error);
	done = *base != NULL;
	git_commit_free(commit);
	return done;
}

/* One path that git could not merge; either may be missing. */
struct clash {
	const char *path;
	git_index_entry ours; /* mode 0: none */
};

static int list_clashes(
	struct merging *merging, git_index *index, struct clash **clashes, size_t *count)
{
	git_index_conflict_iterator *iterator = NULL;
	const git_index_entry *sides[3];
	size_t capacity = 0;
	int result = git_index_conflict_iterator_new(&iterator, index);

	*clashes = NULL;
	*count = 0;
	while (result == 0 && (result = git_index_conflict_next(
				       &sides[0], &sides[1], &sides[2], iterator)) == 0) {
		struct clash clash = {0};

		for (int i = 0; i < 3 && !clash.path; i++)
			if (sides[i])
				clash.path = arena_copy_text(&merging->texts, sides[i]->path);
		if (sides[1])
			clash.ours = (git_index_entry){
				.path = clash.path, .mode = sides[1]->mode, .id = sides[1]->id};
		GROW(*clashes, *count, capacity);
		(*clashes)[(*count)++] = clash;
	}
	git_index_conflict_iterator_free(iterator);
	return result == GIT_ITEROVER ? 0 : result;
}

/* Where ours stands, neither a folder may be nor, on the way to it, a file. */
static int make_room(git_index *index, const char *path)
{
	int result = git_index_remove_directory(index, path, 0);
	char folder[PATH_MAX];

	for (const char *slash = strchr(path, '/'); slash && result == 0;
		slash = strchr(slash + 1, '/')) {
		snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
		if (git_index_get_bypath(index, folder, 0))
			result = git_index_remove(index, folder, 0);
	}
	return result;
}

/* Goes on with what stood there before, so that later conflicts are found as well. */
static int keep_ours(git_index *index, const struct clash *clash)
{
	int result = git_index_conflict_remove(index, clash->path);

	if (result == 0 && clash->ours.mode != 0)
		result = make_room(index, clash->path);
	if (result == 0 && clash->ours.mode != 0)
		result = git_index_add(index, &clash->ours);
	return result;
}

/* The new name that a step gave a file is nobody's yet: then who changed that file is meant. */
static uint32_t find_opponent(const struct merging *merging, git_index *index, const char *path)
{
	uint32_t owner = find_owner(merging, path);

	for (size_t i = 0; owner == INDEX_NONE && i < git_index_name_entrycount(index); i++) {
		const git_index_name_entry *renamed = git_index_name_get_byindex(index, i);

		if (renamed->ancestor && text_equal(renamed->theirs, path))
			owner = find_owner(merging, renamed->ancestor);
	}
	return owner;
}

static int settle_clashes(struct merging *merging, git_index *index, uint32_t step)
{
	struct clash *clashes;
	size_t count;
	int result = list_clashes(merging, index, &clashes, &count);

	for (size_t i = 0; result == 0 && i < count; i++) {
		add_conflict(merging, clashes[i].path,
			find_opponent(merging, index, clashes[i].path), step);
		result = keep_ours(index, &clashes[i]);
	}
	free(clashes);
	return result;
}

static int note_owners(struct merging *merging, git_tree *next, uint32_t step)
{
	git_diff_options options;
	git_diff *difference = NULL;
	int result;

	git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
	options.flags = GIT_DIFF_INCLUDE_TYPECHANGE;
	result = git_diff_tree_to_tree(
		&difference, repository_of(merging), merging->merged, next, &options);
	for (size_t i = 0; result == 0 && i < git_diff_num_deltas(difference); i++)
		note_owner(merging, git_diff_get_delta(difference, i)->new_file.path, step);
	git_diff_free(difference);
	return result;
}

/* Takes the index over as what is merged so far. */
static int take_index(struct merging *merging, git_index *index, uint32_t step)
{
	git_tree *next = NULL;
	git_oid id;
	int result = git_index_write_tree_to(&id, index, repository_of(merging));

	if (result == 0)
		result = git_tree_lookup(&next, repository_of(merging), &id);
	if (result == 0)
		result = note_owners(merging, next, step);
	if (result < 0) {
		git_tree_free(next);
		return result;
	}
	git_tree_free(merging->merged);
	merging->merged = next;
	return 0;
}

static bool merge_one(struct merging *merging, uint32_t place)
{
	uint32_t step = merging->merge->steps[place];
	git_merge_options options;
	git_tree *base = NULL;
	git_tree *tree = NULL;
	git_index *index = NULL;
	bool done = read_trees(merging, place, &base, &tree);
	int result = git_merge_options_init(&options, GIT_MERGE_OPTIONS_VERSION);

	if (done) {
		result = git_merge_trees(
			&index, repository_of(merging), base, merging->merged, tree, &options);
		if (result == 0)
			result = settle_clashes(merging, index, step);
		if (result == 0)
			result = take_index(merging, index, step);
		done = result == 0 || git_failure(merging->error, result,
					      "the changes of a step cannot be merged");
	}
	git_index_free(index);
	git_tree_free(base);
	git_tree_free(tree);
	return done;
}

static bool read_changes(struct merging *merging)
{
	const struct worktree_merge *merge = merging->merge;

	merging->changes = ARENA_ARRAY(&merging->texts, git_oid, merge->count + 1);
	for (uint32_t i = 0; i < merge->count; i++)
		if (git_oid_fromstr(&merging->changes[i], merge->trees[i]) < 0)
			return error_set(merging->error, ERROR_GIT,
				"\"%s\" is no object of the repository", merge->trees[i]);
	return true;
}

/* True when the last merge, of which no checkpoint is made yet, was this one. */
static bool find_done(struct merging *merging, bool *is_done)
{
	const struct worktree_merge *merge = merging->merge;
	git_oid id;
	git_commit *commit = NULL;
	bool found;

	*is_done = false;
	if (!kept_reference_find(merging->checkpointer,
		    kept_name(merging->checkpointer, &merging->texts, "merged"), &id, &found,
		    merging->error))
		return false;
	if (!found || git_commit_lookup(&commit, repository_of(merging), &id) < 0)
		return true;
	*is_done = git_commit_parentcount(commit) == merge->count + 1;
	for (uint32_t i = 0; i < merge->count && *is_done; i++)
		*is_done = git_oid_equal(git_commit_parent_id(commit, i + 1), &merging->changes[i]);
	git_commit_free(commit);
	return true;
}

static bool read_present(struct merging *merging)
{
	struct present *present = &merging->present;
	git_repository *repository = repository_of(merging);
	int result;

	if (!target_follow(merging->checkpointer, merging->error) ||
		!present_open(merging->checkpointer, present, merging->error) ||
		!object_store_finish(present->store, merging->error))
		return false;
	result = git_tree_lookup(&merging->before, repository, &present->tree);
	if (result == 0)
		result = git_tree_lookup(&merging->merged, repository, &present->tree);
	return result == 0 ||
	       git_failure(merging->error, result, "cannot read the work tree's files");
}

/* The commits that the transition is between. */
static bool write_commits(struct merging *merging, struct transition *transition)
{
	struct checkpointer *checkpointer = merging->checkpointer;
	const git_oid **parents =
		ARENA_ARRAY(&merging->texts, const git_oid *, merging->merge->count + 1);
	struct kept_commit before = {.tree = &merging->present.tree,
		.parents = (const git_oid *[]){&checkpointer->tip},
		.parent_count = checkpointer->has_tip ? 1 : 0,
		.message = "wavetrain: the work tree before a merge\n"};
	struct kept_commit after = {.tree = git_tree_id(merging->merged),
		.parents = parents,
		.parent_count = merging->merge->count + 1,
		.message = "wavetrain: the changes of a stage's checkouts\n"};

	parents[0] = &transition->from;
	for (uint32_t i = 0; i < merging->merge->count; i++)
		parents[i + 1] = &merging->changes[i];
	return kept_commit_write(checkpointer, merging->present.store, &before, &transition->from,
		       merging->error) &&
	       kept_commit_write(checkpointer, merging->present.store, &after, &transition->to,
		       merging->error) &&
	       object_store_finish(merging->present.store, merging->error);
}

/* What the user has changed and no checkpoint would commit, or changed since the merge began. */
static bool find_local(struct merging *merging, const struct transition *transition)
{
	struct restoration restoration = {0};
	bool done =
		transition_compare(merging->checkpointer, transition, &restoration, merging->error);

	for (size_t i = 0; done && i < restoration.blocked; i++)
		add_conflict(merging, restoration.blocked_paths[i], INDEX_NONE,
			find_owner(merging, restoration.blocked_paths[i]));
	restoration_release(&restoration);
	return done;
}

static bool write_files(struct merging *merging)
{
	struct checkpointer *checkpointer = merging->checkpointer;
	struct transition transition = {.all_or_none = true};
	struct error ignored;

	if (!write_commits(merging, &transition) || !find_local(merging, &transition))
		return false;
	if (merging->conflict_count > 0)
		return true;
	transition.pending = transition.to;
	transition.done = kept_name(checkpointer, &merging->texts, "merged");
	if (transition_run(checkpointer, &transition, merging->error))
		return true;
	/* What is half done must not be committed; where this fails too, the next start does it. */
	transition_recover(checkpointer, &ignored);
	return false;
}

static bool merge_all(struct merging *merging)
{
	bool is_done;

	if (!read_changes(merging) || !find_done(merging, &is_done))
		return false;
	if (is_done)
		return true;
	if (!read_present(merging))
		return false;
	for (uint32_t i = 0; i < merging->merge->count; i++)
		if (!merge_one(merging, i))
			return false;
	return merging->conflict_count > 0 || write_files(merging);
}

bool worktree_merge(void *context, const struct worktree_merge *merge, struct arena *arena,
	struct worktree_conflict **conflicts, uint32_t *conflict_count, struct error *error)
{
	struct merging merging = {
		.checkpointer = context, .merge = merge, .arena = arena, .error = error};
	bool done = merge_all(&merging);

	*conflict_count = done ? (uint32_t)merging.conflict_count : 0;
	*conflicts = ARENA_ARRAY(arena, struct worktree_conflict, merging.conflict_count + 1);
	for (uint32_t i = 0; i < *conflict_count; i++)
		(*conflicts)[i] = merging.conflicts[i];
	merging_release(&merging);
	return done || error_context(error, "the steps' checkouts are not merged");
}

/* The changes that the merge took in, whatever their names are. */
static bool drop_changes(
	const struct checkpointer *checkpointer, const git_oid *merged, struct error *error)
{
	struct arena arena = {0};
	const char *folder = kept_name(checkpointer, &arena, "changes/");
	git_commit *commit = NULL;
	bool done = true;

	if (git_commit_lookup(&commit, checkpointer->repository, merged) < 0)
		commit = NULL;
	for (unsigned i = 1; commit && done && i < git_commit_parentcount(commit); i++)
		done = kept_reference_drop_all(
			checkpointer, folder, git_commit_parent_id(commit, i), error);
	git_commit_free(commit);
	arena_release(&arena);
	return done;
}

bool worktree_merge_settle(struct checkpointer *checkpointer, struct error *error)
{
	struct arena arena = {0};
	const char *name = kept_name(checkpointer, &arena, "merged");
	git_oid merged;
	bool found;
	bool done = kept_reference_find(checkpointer, name, &merged, &found, error);

	if (done && found)
		done = drop_changes(checkpointer, &merged, error) &&
		       kept_reference_drop(checkpointer, name, error);
	arena_release(&arena);
	return done;
}
