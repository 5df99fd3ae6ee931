/*
 * Opening looks at everything that could refuse later: the folder, its owner, HEAD, the index,
 * the branch, the identity; so that a run either begins with all of them in order or not at all.
 */
#include "checkpoint/repository.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "checkpoint/carried.h"
#include "checkpoint/change_set.h"
#include "checkpoint/git_failure.h"
#include "checkpoint/publish.h"

static bool refuse_owner(const char *folder, struct error *error)
{
	error_set(error, ERROR_GIT,
		"the repository at %s belongs to another user, so git refuses it", folder);
	return error_hint(error, "run `git config --global --add safe.directory %s`", folder);
}

/* libgit2 1.5 says "not found" of the exception it looked for instead of naming the owner. */
static bool is_owner_failure(int result)
{
	const git_error *last = git_error_last();

	return result == GIT_EOWNER ||
	       (result < 0 && last && last->message && strstr(last->message, "safe.directory"));
}

static bool is_asked_for(const struct checkpointer_settings *settings)
{
	return settings->settings->branch != NULL;
}

/* *found stays false, without an error, where commits were not asked for. */
static bool open_repository(struct checkpointer *checkpointer,
	const struct checkpointer_settings *settings, bool *found, struct error *error)
{
	int result = git_repository_open_ext(&checkpointer->repository, settings->folder, 0, NULL);

	*found = result == 0 && !git_repository_is_bare(checkpointer->repository);
	if (*found)
		return true;
	if (is_owner_failure(result))
		return refuse_owner(settings->folder, error);
	if (result < 0 && result != GIT_ENOTFOUND)
		return git_failure(
			error, result, "cannot open the repository of %s", settings->folder);
	if (!is_asked_for(settings))
		return true;
	error_set(error, ERROR_NOT_A_REPOSITORY, "%s %s", settings->folder,
		result == 0 ? "is in a bare repository, which has no files to commit"
			    : "is not in a git repository, so nothing can be committed");
	return error_hint(error, "%s, or set `checkpoint.commit: false`",
		result == 0 ? "run in a clone with a work tree" : "run `git init`");
}

static char *without_slash(struct arena *arena, const char *path)
{
	size_t length = strlen(path);

	while (length > 1 && path[length - 1] == '/')
		length--;
	return arena_copy_bytes(arena, path, length);
}

/* HEAD's commit and branch; an unborn branch has a name and no commit. */
static bool read_head(struct checkpointer *checkpointer, struct error *error)
{
	git_reference *head = NULL;
	int result = git_reference_lookup(&head, checkpointer->repository, "HEAD");
	const char *target = result == 0 ? git_reference_symbolic_target(head) : NULL;
	char text[GIT_OID_HEXSZ + 1];

	if (result < 0)
		return git_failure(error, result, "cannot read HEAD");
	if (target && text_starts_with(target, "refs/heads/"))
		checkpointer->facts.branch =
			arena_copy_text(&checkpointer->arena, target + sizeof("refs/heads/") - 1);
	git_reference_free(head);
	result = git_reference_name_to_id(&checkpointer->tip, checkpointer->repository, "HEAD");
	checkpointer->has_tip = result == 0;
	if (result == 0)
		checkpointer->facts.head_commit = arena_copy_text(&checkpointer->arena,
			git_oid_tostr(text, sizeof(text), &checkpointer->tip));
	return result == 0 || result == GIT_ENOTFOUND ||
	       git_failure(error, result, "cannot read HEAD");
}

static bool read_facts(struct checkpointer *checkpointer, struct error *error)
{
	git_repository *repository = checkpointer->repository;
	struct repository_facts *facts = &checkpointer->facts;
	git_config *configuration = NULL;
	int file_mode = 1;

	facts->work_tree = without_slash(&checkpointer->arena, git_repository_workdir(repository));
	facts->git_folder = without_slash(&checkpointer->arena, git_repository_path(repository));
	facts->shallow = git_repository_is_shallow(repository) == 1;
	if (git_repository_config_snapshot(&configuration, repository) == 0)
		git_config_get_bool(&file_mode, configuration, "core.filemode");
	git_config_free(configuration);
	checkpointer->file_mode = file_mode != 0;
	return read_head(checkpointer, error);
}

static const char *baseline_path(struct checkpointer *checkpointer)
{
	return path_join(&checkpointer->arena, checkpointer->run_folder, "baseline");
}

static bool start_first(struct checkpointer *checkpointer,
	const struct checkpointer_settings *settings, struct error *error)
{
	struct baseline *baseline = &checkpointer->baseline;
	bool staged;

	if (!snapshot_open(checkpointer, &staged, error))
		return false;
	checkpointer->facts.dirty = staged;
	if (!change_set_record_baseline(checkpointer, error) ||
		!target_choose(checkpointer, settings, error))
		return false;
	if (checkpointer->has_tip)
		baseline->start = checkpointer->tip;
	baseline->target = checkpointer->target.name;
	baseline->target_is_head = checkpointer->target_kind == TARGET_CURRENT;
	return locks_clear_stale(checkpointer, error) &&
	       baseline_write(baseline, baseline_path(checkpointer), error);
}

/* The commit a killed run had made but not published, when it is still there. */
static bool find_unpublished(const struct checkpointer *checkpointer,
	const struct checkpoint *unpublished, git_oid *commit)
{
	git_commit *object = NULL;
	bool found;

	if (!unpublished || !unpublished->commit ||
		git_oid_fromstr(commit, unpublished->commit) < 0)
		return false;
	found = git_commit_lookup(&object, checkpointer->repository, commit) == 0;
	git_commit_free(object);
	return found;
}

/* Paths that the run has committed are no longer the user's. */
static bool drop_committed(struct checkpointer *checkpointer, struct error *error)
{
	git_diff *difference = NULL;
	git_tree *old = NULL;
	git_tree *new = NULL;
	int result;

	if (!checkpointer->run.exists || checkpointer->baseline.count == 0)
		return true;
	if (!git_oid_is_zero(&checkpointer->baseline.start))
		old = commit_tree(checkpointer->repository, &checkpointer->baseline.start, error);
	new = commit_tree(checkpointer->repository, &checkpointer->run.id, error);
	result = new ? git_diff_tree_to_tree(&difference, checkpointer->repository, old, new, NULL)
		     : -1;
	for (size_t i = 0; result == 0 && i < git_diff_num_deltas(difference); i++)
		baseline_drop(
			&checkpointer->baseline, git_diff_get_delta(difference, i)->new_file.path);
	git_diff_free(difference);
	git_tree_free(old);
	git_tree_free(new);
	return result == 0 || git_failure(error, result, "cannot read what the run has committed");
}

static void take_tip(struct checkpointer *checkpointer)
{
	const git_oid *start = &checkpointer->baseline.start;

	if (checkpointer->run.exists)
		checkpointer->tip = checkpointer->run.id;
	else
		checkpointer->tip = *start;
	checkpointer->has_tip = checkpointer->run.exists || !git_oid_is_zero(start);
}

/* Publishing was cut short: both references are moved on where they stand at the old values. */
static bool finish_publishing(struct checkpointer *checkpointer,
	const struct checkpoint *unpublished, struct error *error)
{
	git_oid commit;

	if (!find_unpublished(checkpointer, unpublished, &commit))
		return true;
	if (checkpointer->target.exists &&
		commit_descends(checkpointer->repository, &checkpointer->target.id, &commit))
		checkpointer->target.id = commit; /* somebody went on from it */
	if (!publish_begin(checkpointer, error) ||
		!references_move(checkpointer, &commit, unpublished->subject, error))
		return false;
	publish_end(checkpointer);
	take_tip(checkpointer);
	return true;
}

static bool start_again(struct checkpointer *checkpointer,
	const struct checkpointer_settings *settings, struct error *error)
{
	bool staged;
	bool adopted;

	if (!reference_look_up(checkpointer->repository, &checkpointer->run, error) ||
		!target_recall(checkpointer, error) ||
		!carried_adopt(checkpointer, settings, &adopted, error))
		return false;
	if (adopted)
		return true;
	take_tip(checkpointer);
	if (!target_resume(checkpointer, error) || !locks_clear_stale(checkpointer, error) ||
		!finish_publishing(checkpointer, settings->unpublished, error) ||
		!user_index_heal(checkpointer, error) || !drop_committed(checkpointer, error) ||
		!snapshot_open(checkpointer, &staged, error))
		return false;
	checkpointer->facts.dirty = staged;
	return target_follow(checkpointer, error);
}

static bool start(struct checkpointer *checkpointer, const struct checkpointer_settings *settings,
	struct error *error)
{
	const char *baseline = baseline_path(checkpointer);

	if (!read_facts(checkpointer, error) ||
		!identity_read(checkpointer, settings->environment, error))
		return false;
	if (settings->resumed && path_exists(baseline)) {
		if (!baseline_read(&checkpointer->baseline, baseline, error) ||
			!start_again(checkpointer, settings, error))
			return false;
	} else if (!folder_make(checkpointer->run_folder, error) ||
		   !start_first(checkpointer, settings, error)) {
		return false;
	}
	checkpointer->facts.target = checkpointer->target.name;
	return true;
}

bool checkpointer_open(const struct checkpointer_settings *settings,
	struct checkpointer **checkpointer, struct error *error)
{
	struct checkpointer *new;
	bool found = false;

	*checkpointer = NULL;
	if (!settings->settings->commit)
		return true;
	git_libgit2_init();
	/* The ids that we put into trees and commits are those of objects just written or read. */
	git_libgit2_opts(GIT_OPT_ENABLE_STRICT_OBJECT_CREATION, 0);
	new = heap_allocate(1, sizeof(*new));
	new->prepared = heap_allocate(1, sizeof(*new->prepared));
	new->run_id = arena_copy_text(&new->arena, settings->run_id);
	new->run_folder = arena_copy_text(&new->arena, settings->run_folder);
	new->run.name = arena_format(&new->arena, "refs/wavetrain/runs/%s", settings->run_id);
	new->max_file_bytes = settings->settings->max_file_bytes
				      ? settings->settings->max_file_bytes
				      : CHECKPOINT_DEFAULT_MAX_FILE_BYTES;
	if (!open_repository(new, settings, &found, error) ||
		(found && !start(new, settings, error))) {
		checkpointer_close(new);
		return false;
	}
	if (!found)
		checkpointer_close(new);
	else
		*checkpointer = new;
	return true;
}

void checkpointer_close(struct checkpointer *checkpointer)
{
	if (!checkpointer)
		return;
	change_set_release(checkpointer->prepared);
	free(checkpointer->prepared);
	arena_release(&checkpointer->prepared_arena);
	baseline_release(&checkpointer->baseline);
	git_index_free(checkpointer->snapshot);
	git_repository_free(checkpointer->repository);
	arena_release(&checkpointer->arena);
	free(checkpointer);
	git_libgit2_shutdown();
}

const struct repository_facts *checkpointer_facts(const struct checkpointer *checkpointer)
{
	return &checkpointer->facts;
}
