#include "checkpoint/restoration.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/index.h"
#include "base/text.h"
#include "checkpoint/content.h"
#include "checkpoint/git_failure.h"

#define NAMES_MAXIMUM 5

/* What is to be found at a path. */
enum place_state {
	PLACE_HELD,
	PLACE_MISSING,
	PLACE_CHANGED,
	PLACE_SPECIAL, /* and only git can write what the commit has there */
};

/* One path that differs between the two commits. */
struct place {
	const char *path;
	const git_diff_file *old; /* NULL: `from` does not have it */
	const git_diff_file *new; /* NULL: `to` does not have it */
	enum content_kind kind;   /* of new */
	enum place_state state;
};

struct comparison {
	struct checkpointer *checkpointer;
	struct restoration *restoration;
	git_tree *old;    /* NULL: nothing */
	git_index *index; /* the user's; NULL: does not count */
	struct error *error;
};

void restoration_release(struct restoration *restoration)
{
	free(restoration->missing);
	free(restoration->blocked_paths);
	buffer_release(&restoration->blocked_names);
	arena_release(&restoration->arena);
	*restoration = (struct restoration){0};
}

static void add_missing(struct restoration *restoration, const char *path)
{
	GROW(restoration->missing, restoration->missing_count, restoration->missing_capacity);
	restoration->missing[restoration->missing_count++] =
		arena_copy_text(&restoration->arena, path);
}

static void add_blocked(struct restoration *restoration, const char *path)
{
	GROW(restoration->blocked_paths, restoration->blocked, restoration->blocked_capacity);
	restoration->blocked_paths[restoration->blocked++] =
		arena_copy_text(&restoration->arena, path);
	if (restoration->blocked > NAMES_MAXIMUM)
		return;
	if (restoration->blocked > 1)
		buffer_append_text(&restoration->blocked_names, ", ");
	text_append_visible(&restoration->blocked_names, path, strlen(path));
}

static bool refuse_special(
	const struct restoration *restoration, const char *commit, struct error *error)
{
	struct buffer path = BUFFER_INIT;

	text_append_visible(&path, restoration->special, strlen(restoration->special));
	error_set(error, ERROR_GIT,
		"the files of the run's last commit %.12s cannot be brought here: %s %s", commit,
		buffer_text(&path), restoration->reason);
	buffer_release(&path);
	return error_hint(
		error, "run `git merge --ff-only %.12s` and then `wavetrain resume`", commit);
}

static bool refuse_blocked(const struct restoration *restoration, struct error *error)
{
	char commit[GIT_OID_HEXSZ + 1];
	char more[40] = "";

	git_oid_tostr(commit, sizeof(commit), restoration->to);
	if (restoration->special)
		return refuse_special(restoration, commit, error);
	if (restoration->blocked > NAMES_MAXIMUM)
		snprintf(more, sizeof(more), " and %zu more", restoration->blocked - NAMES_MAXIMUM);
	error_set(error, ERROR_WORK_TREE_DIRTY,
		"local changes stand in the way of the run's last commit %.12s: %s%s", commit,
		buffer_text(&restoration->blocked_names), more);
	return error_hint(error, "move them away, for instance with `git stash -u`, and then run "
				 "`wavetrain resume`");
}

static bool entry_equals(const git_index_entry *entry, const git_diff_file *file)
{
	if (!entry || !file)
		return !entry && !file;
	return entry->mode == file->mode && git_oid_equal(&entry->id, &file->id);
}

static bool file_equals(const struct checkpointer *checkpointer, const git_diff_file *file,
	uint32_t mode, const git_oid *id)
{
	bool same_mode =
		file && (file->mode == mode ||
				(!checkpointer->file_mode && S_ISREG(mode) && S_ISREG(file->mode)));

	return same_mode && git_oid_equal(&file->id, id);
}

static bool look_at_special(const struct comparison *comparison, struct place *place)
{
	git_index_entry entry = {
		.path = place->path, .mode = place->new->mode, .id = place->new->id};
	bool unchanged;

	if (!content_special_is_unchanged(comparison->checkpointer->repository,
		    comparison->checkpointer->facts.work_tree, &entry, place->kind, &unchanged,
		    comparison->error))
		return false;
	place->state = unchanged ? PLACE_HELD : PLACE_SPECIAL;
	return true;
}

static bool look_at_file(
	const struct comparison *comparison, struct place *place, const struct stat *status)
{
	const struct checkpointer *checkpointer = comparison->checkpointer;
	uint32_t mode = work_tree_mode(status);
	git_oid id;

	place->state = PLACE_CHANGED;
	if (mode == 0)
		return true;
	if (!content_identify(checkpointer->repository, place->path, mode, &id, comparison->error))
		return false;
	if (file_equals(checkpointer, place->new, mode, &id))
		place->state = PLACE_HELD;
	else if (file_equals(checkpointer, place->old, mode, &id))
		place->state = PLACE_MISSING;
	return true;
}

/*
 * True when something other than a folder lies where the path has one: a link would lead out of
 * the tree. What `from` has there itself is looked at as a path of its own. path has prefix bytes
 * of the work tree's folder.
 */
static bool parent_is_taken(const git_tree *old, char *path, size_t prefix)
{
	for (char *slash = strchr(path + prefix, '/'); slash; slash = strchr(slash + 1, '/')) {
		git_tree_entry *entry = NULL;
		struct stat status;
		bool taken;

		*slash = '\0';
		taken = lstat(path, &status) == 0 && !S_ISDIR(status.st_mode);
		if (taken && old && git_tree_entry_bypath(&entry, old, path + prefix) == 0)
			taken = git_tree_entry_type(entry) == GIT_OBJECT_TREE;
		git_tree_entry_free(entry);
		*slash = '/';
		if (taken)
			return true;
	}
	return false;
}

/*
 * A folder where the commit has a file may hold what `from` has in it, each a path of its own,
 * and nothing else, not even something ignored.
 */
static bool look_at_folder(const struct comparison *comparison, struct place *place)
{
	git_diff_options options;
	git_diff *difference = NULL;
	char *path = arena_copy_text(&comparison->restoration->arena, place->path);
	int result;

	git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
	options.flags = GIT_DIFF_INCLUDE_UNTRACKED | GIT_DIFF_RECURSE_UNTRACKED_DIRS |
			GIT_DIFF_INCLUDE_IGNORED | GIT_DIFF_RECURSE_IGNORED_DIRS |
			GIT_DIFF_DISABLE_PATHSPEC_MATCH;
	options.pathspec = (git_strarray){.strings = &path, .count = 1};
	result = git_diff_tree_to_workdir(
		&difference, comparison->checkpointer->repository, comparison->old, &options);
	place->state = PLACE_MISSING;
	for (size_t i = 0; result == 0 && i < git_diff_num_deltas(difference); i++) {
		git_delta_t status = git_diff_get_delta(difference, i)->status;
		if (status == GIT_DELTA_UNTRACKED || status == GIT_DELTA_IGNORED)
			place->state = PLACE_CHANGED;
	}
	git_diff_free(difference);
	return result == 0 || git_failure(comparison->error, result,
				      "cannot look into the folder %s", place->path);
}

static bool look_at_absent(struct place *place)
{
	if (!place->new)
		place->state = PLACE_HELD;
	else if (place->old && (place->old->mode & S_IFMT) != (place->new->mode &S_IFMT))
		place->state = PLACE_CHANGED; /* libgit2 does not make these again */
	else
		place->state = place->kind == CONTENT_PLAIN ? PLACE_MISSING : PLACE_SPECIAL;
	return true;
}

static bool look(const struct comparison *comparison, struct place *place)
{
	git_repository *repository = comparison->checkpointer->repository;
	const char *folder = comparison->checkpointer->facts.work_tree;
	char path[PATH_MAX];
	struct stat status;

	if (snprintf(path, sizeof(path), "%s/%s", folder, place->path) >= (int)sizeof(path))
		return error_set(
			comparison->error, ERROR_FILE, "%s is too long a path", place->path);
	if (place->new && !content_classify(repository, place->path, place->new->mode, &place->kind,
				  comparison->error))
		return false;
	if (parent_is_taken(comparison->old, path, strlen(folder) + 1)) {
		place->state = PLACE_CHANGED;
		return true;
	}
	if (lstat(path, &status) != 0 || (S_ISDIR(status.st_mode) && !place->new))
		return look_at_absent(place);
	if (S_ISDIR(status.st_mode))
		return look_at_folder(comparison, place);
	return place->kind == CONTENT_PLAIN ? look_at_file(comparison, place, &status)
					    : look_at_special(comparison, place);
}

static void note_place(const struct comparison *comparison, const struct place *place)
{
	struct restoration *restoration = comparison->restoration;

	switch (place->state) {
	case PLACE_HELD:
		restoration->held++;
		return;
	case PLACE_MISSING:
		add_missing(restoration, place->path);
		return;
	case PLACE_SPECIAL:
		restoration->special = arena_copy_text(&restoration->arena, place->path);
		restoration->reason = content_kind_sentence(place->kind);
		add_blocked(restoration, place->path);
		return;
	case PLACE_CHANGED:
		add_blocked(restoration, place->path);
		return;
	}
}

static bool consider(const struct comparison *comparison, const git_diff_delta *delta)
{
	struct place place = {
		.path = delta->new_file.path,
		.old = delta->status == GIT_DELTA_ADDED ? NULL : &delta->old_file,
		.new = delta->status == GIT_DELTA_DELETED ? NULL : &delta->new_file,
		.kind = CONTENT_PLAIN,
	};

	/* Git itself leaves the work trees of submodules where they are. */
	if (delta->old_file.mode == GIT_FILEMODE_COMMIT ||
		delta->new_file.mode == GIT_FILEMODE_COMMIT)
		return true;
	if (!look(comparison, &place))
		return false;
	if (comparison->index) {
		const git_index_entry *entry =
			git_index_get_bypath(comparison->index, place.path, 0);
		if (!entry_equals(entry, place.old) && !entry_equals(entry, place.new))
			place.state = PLACE_CHANGED;
	}
	note_place(comparison, &place);
	return place.state != PLACE_MISSING || !comparison->restoration->visit ||
	       comparison->restoration->visit(
		       comparison->restoration->context, place.path, place.new, comparison->error);
}

bool restoration_compare(
	struct checkpointer *checkpointer, struct restoration *restoration, struct error *error)
{
	git_repository *repository = checkpointer->repository;
	git_diff_options options;
	git_diff *difference = NULL;
	git_index *index = NULL;
	struct comparison comparison = {
		.checkpointer = checkpointer, .restoration = restoration, .error = error};
	git_tree *new = commit_tree(repository, restoration->to, error);
	git_tree *old = NULL;
	bool done = false;
	int result = 0;

	if (!new)
		return false;
	if (restoration->from) {
		old = commit_tree(repository, restoration->from, error);
		if (!old)
			goto done;
	}
	git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
	options.flags = GIT_DIFF_INCLUDE_TYPECHANGE;
	if (restoration->with_index)
		result = git_repository_index(&index, repository);
	if (result == 0)
		result = git_diff_tree_to_tree(&difference, repository, old, new, &options);
	done = result == 0 || git_failure(error, result, "cannot compare the run's commits");
	comparison.old = old;
	comparison.index = index;
	for (size_t i = 0; done && i < git_diff_num_deltas(difference); i++)
		done = consider(&comparison, git_diff_get_delta(difference, i));
done:
	git_diff_free(difference);
	git_index_free(index);
	git_tree_free(old);
	git_tree_free(new);
	return done;
}

static int note_conflict(git_checkout_notify_t why, const char *path, const git_diff_file *baseline,
	const git_diff_file *target, const git_diff_file *work, void *payload)
{
	(void)why;
	(void)baseline;
	(void)target;
	(void)work;
	add_blocked(payload, path);
	return 0;
}

static int check_out(struct checkpointer *checkpointer, struct restoration *restoration,
	git_tree *old, git_tree *new)
{
	git_checkout_options options;

	git_checkout_options_init(&options, GIT_CHECKOUT_OPTIONS_VERSION);
	options.checkout_strategy =
		GIT_CHECKOUT_SAFE | GIT_CHECKOUT_RECREATE_MISSING | GIT_CHECKOUT_DONT_UPDATE_INDEX |
		GIT_CHECKOUT_DONT_OVERWRITE_IGNORED | GIT_CHECKOUT_DISABLE_PATHSPEC_MATCH;
	options.notify_flags = GIT_CHECKOUT_NOTIFY_CONFLICT;
	options.notify_cb = note_conflict;
	options.notify_payload = restoration;
	options.paths = (git_strarray){
		.strings = restoration->missing, .count = restoration->missing_count};
	options.baseline = old;
	return git_checkout_tree(checkpointer->repository, (git_object *)new, &options);
}

bool restoration_apply(
	struct checkpointer *checkpointer, struct restoration *restoration, struct error *error)
{
	git_tree *new;
	git_tree *old = NULL;
	int result;

	if (restoration->blocked > 0)
		return refuse_blocked(restoration, error);
	if (restoration->missing_count == 0)
		return true;
	new = commit_tree(checkpointer->repository, restoration->to, error);
	if (!new)
		return false;
	if (restoration->from) {
		old = commit_tree(checkpointer->repository, restoration->from, error);
		if (!old) {
			git_tree_free(new);
			return false;
		}
	}
	result = check_out(checkpointer, restoration, old, new);
	git_tree_free(old);
	git_tree_free(new);
	if (restoration->blocked > 0)
		return refuse_blocked(restoration, error);
	return result == 0 || git_failure(error, result, "cannot bring the run's files here");
}
