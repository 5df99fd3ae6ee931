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
};

/* One path that differs between the two commits; NULL: the commit does not have it. */
struct place {
	const char *path;
	const git_diff_file *old;
	const git_diff_file *new;
};

void restoration_release(struct restoration *restoration)
{
	free(restoration->missing);
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
	if (restoration->blocked++ >= NAMES_MAXIMUM)
		return;
	if (restoration->blocked > 1)
		buffer_append_text(&restoration->blocked_names, ", ");
	text_append_visible(&restoration->blocked_names, path, strlen(path));
}

static bool refuse_blocked(const struct restoration *restoration, struct error *error)
{
	struct buffer text = BUFFER_INIT;
	char commit[GIT_OID_HEXSZ + 1];

	git_oid_tostr(commit, sizeof(commit), restoration->to);
	buffer_append_text(&text, buffer_text(&restoration->blocked_names));
	if (restoration->blocked > NAMES_MAXIMUM)
		buffer_printf(&text, " and %zu more", restoration->blocked - NAMES_MAXIMUM);
	if (restoration->reason) {
		error_set(error, ERROR_GIT,
			"the files of the run's last commit %.12s cannot be brought here: %s %s",
			commit, buffer_text(&text), restoration->reason);
		error_hint(error, "run `git merge --ff-only %.12s` and then `wavetrain resume`",
			commit);
	} else {
		error_set(error, ERROR_WORK_TREE_DIRTY,
			"local changes stand in the way of the run's last commit %.12s: %s", commit,
			buffer_text(&text));
		error_hint(error, "move them away, for instance with `git stash -u`, and then run "
				  "`wavetrain resume`");
	}
	buffer_release(&text);
	return false;
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

/* A file that goes through LFS or a filter is told apart from others, but never written. */
static bool look_at_special(struct checkpointer *checkpointer, const struct place *place,
	enum content_kind kind, enum place_state *state, struct error *error)
{
	git_index_entry entry = {
		.path = place->path, .mode = place->new->mode, .id = place->new->id};
	bool unchanged;

	if (!content_special_is_unchanged(checkpointer->repository, checkpointer->facts.work_tree,
		    &entry, kind, &unchanged, error))
		return false;
	*state = unchanged ? PLACE_HELD : PLACE_CHANGED;
	return true;
}

static bool look_at_file(struct checkpointer *checkpointer, const struct place *place,
	const struct stat *status, enum place_state *state, struct error *error)
{
	uint32_t mode = work_tree_mode(status);
	git_oid id;

	*state = PLACE_CHANGED;
	if (mode == 0)
		return true;
	if (!content_identify(checkpointer->repository, place->path, mode, &id, error))
		return false;
	if (file_equals(checkpointer, place->new, mode, &id))
		*state = PLACE_HELD;
	else if (file_equals(checkpointer, place->old, mode, &id))
		*state = PLACE_MISSING;
	return true;
}

/* A folder where a file is to be counts as missing: what is in it, the checkout looks at. */
static bool look(struct checkpointer *checkpointer, struct restoration *restoration,
	const struct place *place, enum place_state *state, struct error *error)
{
	char path[PATH_MAX];
	struct stat status;
	enum content_kind kind = CONTENT_PLAIN;
	bool there;

	if (snprintf(path, sizeof(path), "%s/%s", checkpointer->facts.work_tree, place->path) >=
		(int)sizeof(path))
		return error_set(error, ERROR_FILE, "%s is too long a path", place->path);
	there = lstat(path, &status) == 0 && !S_ISDIR(status.st_mode);
	if (place->new && !content_classify(checkpointer->repository, place->path, place->new->mode,
				  &kind, error))
		return false;
	if (kind != CONTENT_PLAIN && !restoration->reason)
		restoration->reason = content_kind_sentence(kind);
	if (kind != CONTENT_PLAIN && there)
		return look_at_special(checkpointer, place, kind, state, error);
	if (there)
		return look_at_file(checkpointer, place, &status, state, error);
	*state = !place->new ? PLACE_HELD : kind != CONTENT_PLAIN ? PLACE_CHANGED : PLACE_MISSING;
	return true;
}

static bool consider(struct checkpointer *checkpointer, struct restoration *restoration,
	git_index *index, const git_diff_delta *delta, struct error *error)
{
	struct place place = {
		.path = delta->new_file.path,
		.old = delta->status == GIT_DELTA_ADDED ? NULL : &delta->old_file,
		.new = delta->status == GIT_DELTA_DELETED ? NULL : &delta->new_file,
	};
	enum place_state state = PLACE_HELD;
	const char *reason = restoration->reason;

	/* Git itself leaves the work trees of submodules where they are. */
	if (delta->old_file.mode == GIT_FILEMODE_COMMIT ||
		delta->new_file.mode == GIT_FILEMODE_COMMIT)
		return true;
	if (!look(checkpointer, restoration, &place, &state, error))
		return false;
	if (index) {
		const git_index_entry *entry = git_index_get_bypath(index, place.path, 0);
		if (!entry_equals(entry, place.old) && !entry_equals(entry, place.new))
			state = PLACE_CHANGED;
	}
	if (state != PLACE_CHANGED)
		restoration->reason = reason;
	if (state == PLACE_HELD)
		restoration->held++;
	else if (state == PLACE_MISSING)
		add_missing(restoration, place.path);
	else
		add_blocked(restoration, place.path);
	return true;
}

bool restoration_compare(
	struct checkpointer *checkpointer, struct restoration *restoration, struct error *error)
{
	git_repository *repository = checkpointer->repository;
	git_diff_options options;
	git_diff *difference = NULL;
	git_index *index = NULL;
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
	for (size_t i = 0; done && i < git_diff_num_deltas(difference); i++)
		done = consider(
			checkpointer, restoration, index, git_diff_get_delta(difference, i), error);
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
