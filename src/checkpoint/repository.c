/*
 * Opening looks at everything that could refuse later: the folder, its owner, HEAD, the index,
 * the branch, the identity; so that a run either begins with all of them in order or not at all.
 */
#include "checkpoint/repository.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "checkpoint/change_set.h"
#include "checkpoint/git_failure.h"
#include "checkpoint/run_claim.h"
#include "checkpoint/start.h"
#include "checkpoint/transition.h"

static bool refuse_owner(const char *folder, struct error *error)
{
	CLEANUP(buffer_release) struct buffer quoted = BUFFER_INIT;

	shell_quote_append(&quoted, folder);
	error_set(error, ERROR_GIT,
		"the repository at %s belongs to another user, so git refuses it", folder);
	return error_hint(
		error, "run `git config --global --add safe.directory %s`", buffer_text(&quoted));
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

static bool was_in_repository(
	struct checkpointer *checkpointer, const struct checkpointer_settings *settings)
{
	return settings->resumed &&
	       (settings->last_commit || path_exists(baseline_path(checkpointer)));
}

static bool refuse_gone(const struct checkpointer_settings *settings, struct error *error)
{
	error_set(error, ERROR_NOT_A_REPOSITORY,
		"the run %s began in a git repository, and %s is in none any more",
		settings->run_id, settings->folder);
	return error_hint(error, "bring its .git folder back, or begin anew with `wavetrain run`");
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
	if (was_in_repository(checkpointer, settings))
		return refuse_gone(settings, error);
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

static bool read_prefix(struct checkpointer *checkpointer,
	const struct checkpointer_settings *settings, struct error *error)
{
	const char *wanted = settings->work_folder ? settings->work_folder : settings->folder;
	const char *work_tree = checkpointer->facts.work_tree;
	const char *prefix = work_tree_prefix(work_tree, wanted, &checkpointer->arena);

	checkpointer->facts.prefix = prefix ? prefix : "";
	return prefix ||
	       error_set(error, ERROR_FILE, "%s is not in the work tree %s", wanted, work_tree);
}

static bool start(struct checkpointer *checkpointer, const struct checkpointer_settings *settings,
	struct error *error)
{
	bool started;

	if (!read_facts(checkpointer, error) || !read_prefix(checkpointer, settings, error) ||
		!identity_read(checkpointer, settings->environment, error))
		return false;
	if (settings->resumed)
		run_claim_drop(checkpointer);
	if (!settings->resumed)
		started = start_first(checkpointer, settings, error);
	else if (path_exists(baseline_path(checkpointer)))
		started = start_again(checkpointer, settings, error);
	else
		started = start_without_baseline(checkpointer, settings, error);
	checkpointer->facts.target = checkpointer->target.name;
	return started && (!settings->resumed || transition_recover(checkpointer, error));
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
	new->mask = settings->mask;
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
	if (checkpointer->claimed)
		run_claim_drop(checkpointer);
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
