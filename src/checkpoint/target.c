#include <git2.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "checkpoint/git_failure.h"
#include "checkpoint/repository.h"

#define BRANCH_PREFIX "refs/heads/"
#define FIRST_PARENTS_LIMIT 10000

bool reference_look_up(
	git_repository *repository, struct known_reference *reference, struct error *error)
{
	int result = git_reference_name_to_id(&reference->id, repository, reference->name);

	reference->exists = result == 0;
	if (result == 0 || result == GIT_ENOTFOUND)
		return true;
	return git_failure(error, result, "cannot read %s", reference->name);
}

/* Nearly always it is a first parent, and few of them back. */
static bool is_first_parent(
	git_repository *repository, const git_oid *commit, const git_oid *ancestor)
{
	git_oid at = *commit;

	for (int i = 0; i < FIRST_PARENTS_LIMIT; i++) {
		git_commit *object = NULL;
		const git_oid *parent;

		if (git_oid_equal(&at, ancestor))
			return true;
		/* A shallow clone ends somewhere: what is not here is no descent. */
		if (git_commit_lookup(&object, repository, &at) < 0)
			return false;
		parent = git_commit_parent_id(object, 0);
		if (parent)
			at = *parent;
		git_commit_free(object);
		if (!parent)
			return false;
	}
	return false;
}

bool commit_descends(git_repository *repository, const git_oid *commit, const git_oid *ancestor)
{
	if (is_first_parent(repository, commit, ancestor))
		return true;
	/* libgit2 1.5 does not know where a shallow history ends. */
	return git_repository_is_shallow(repository) != 1 &&
	       git_graph_descendant_of(repository, commit, ancestor) == 1;
}

const char *operation_name(git_repository *repository)
{
	switch ((git_repository_state_t)git_repository_state(repository)) {
	case GIT_REPOSITORY_STATE_NONE:
		return NULL;
	case GIT_REPOSITORY_STATE_MERGE:
		return "merge";
	case GIT_REPOSITORY_STATE_REVERT:
	case GIT_REPOSITORY_STATE_REVERT_SEQUENCE:
		return "revert";
	case GIT_REPOSITORY_STATE_CHERRYPICK:
	case GIT_REPOSITORY_STATE_CHERRYPICK_SEQUENCE:
		return "cherry-pick";
	case GIT_REPOSITORY_STATE_BISECT:
		return "bisect";
	case GIT_REPOSITORY_STATE_REBASE:
	case GIT_REPOSITORY_STATE_REBASE_INTERACTIVE:
	case GIT_REPOSITORY_STATE_REBASE_MERGE:
		return "rebase";
	case GIT_REPOSITORY_STATE_APPLY_MAILBOX:
	case GIT_REPOSITORY_STATE_APPLY_MAILBOX_OR_REBASE:
		return "am";
	}
	return NULL;
}

const char *operation_ending(const char *operation)
{
	return text_equal(operation, "bisect") ? "reset" : "--abort";
}

static bool refuse_dirty(const struct checkpointer *checkpointer, struct error *error)
{
	char paths[512] = "";
	size_t used = 0;
	size_t named = 0;
	size_t total = 0;

	for (size_t i = 0; i < checkpointer->baseline.count; i++) {
		const char *path = checkpointer->baseline.entries[i].path;
		if (!git_index_get_bypath(checkpointer->snapshot, path, 0))
			continue;
		total++;
		if (named == 5 || used + strlen(path) + 3 > sizeof(paths))
			continue;
		used += (size_t)snprintf(
			paths + used, sizeof(paths) - used, "%s%s", named ? ", " : "", path);
		named++;
	}
	if (total == 0)
		error_set(error, ERROR_WORK_TREE_DIRTY, "the index holds staged changes");
	else if (total > named)
		error_set(error, ERROR_WORK_TREE_DIRTY,
			"the work tree has uncommitted changes: %s and %zu more", paths,
			total - named);
	else
		error_set(error, ERROR_WORK_TREE_DIRTY, "the work tree has uncommitted changes: %s",
			paths);
	return error_hint(error, "commit or stash them, or allow it with --allow-dirty");
}

static void use_current(struct checkpointer *checkpointer)
{
	checkpointer->target_kind = TARGET_CURRENT;
	checkpointer->target.name =
		arena_format(&checkpointer->arena, BRANCH_PREFIX "%s", checkpointer->facts.branch);
	checkpointer->target.exists = checkpointer->has_tip;
	checkpointer->target.id = checkpointer->tip;
}

static bool choose_current(struct checkpointer *checkpointer,
	const struct checkpointer_settings *settings, struct error *error)
{
	const char *operation = operation_name(checkpointer->repository);

	if (!checkpointer->facts.branch) {
		error_set(error, ERROR_GIT,
			"checkpoint.branch is current, but HEAD is on no branch (detached)");
		return error_hint(error, "run `git switch BRANCH`, or name a branch to commit to");
	}
	if (operation) {
		error_set(error, ERROR_GIT, "`git %s` is in progress", operation);
		return error_hint(error, "finish it or end it with `git %s %s`", operation,
			operation_ending(operation));
	}
	if (checkpointer->facts.dirty && !settings->allow_dirty)
		return refuse_dirty(checkpointer, error);
	use_current(checkpointer);
	return true;
}

static bool is_checked_out(git_repository *repository, const char *name)
{
	git_reference *reference = NULL;
	bool checked_out = false;

	if (git_reference_lookup(&reference, repository, name) == 0)
		checked_out = git_branch_is_checked_out(reference) == 1;
	git_reference_free(reference);
	return checked_out;
}

static bool choose_named(struct checkpointer *checkpointer, const char *name, struct error *error)
{
	int valid = 0;
	char *full;

	if (text_starts_with(name, BRANCH_PREFIX))
		name += sizeof(BRANCH_PREFIX) - 1;
	full = arena_format(&checkpointer->arena, BRANCH_PREFIX "%s", name);
	if (git_branch_name_is_valid(&valid, name) < 0 || !valid) {
		error_set(error, ERROR_GIT, "\"%s\" is no name for a branch", name);
		return error_hint(
			error, "set checkpoint.branch to current, none or a branch's name");
	}
	if (is_checked_out(checkpointer->repository, full)) {
		error_set(error, ERROR_GIT, "the branch %s is checked out in another work tree",
			name);
		return error_hint(error, "see `git worktree list`, or name another branch");
	}
	checkpointer->target_kind = TARGET_NAMED;
	checkpointer->target.name = full;
	return reference_look_up(checkpointer->repository, &checkpointer->target, error);
}

/* A named branch goes on from where it is; HEAD becomes a second parent when it is not in it. */
static void join_named(struct checkpointer *checkpointer)
{
	git_repository *repository = checkpointer->repository;
	const struct known_reference *target = &checkpointer->target;

	if (checkpointer->target_kind != TARGET_NAMED || !target->exists ||
		(checkpointer->has_tip &&
			commit_descends(repository, &checkpointer->tip, &target->id)))
		return;
	checkpointer->has_extra_parent = true;
	checkpointer->extra_parent = target->id;
}

bool target_choose(struct checkpointer *checkpointer, const struct checkpointer_settings *settings,
	struct error *error)
{
	const char *branch = settings->settings->branch;
	const struct repository_facts *facts = &checkpointer->facts;

	if (branch && facts->branch && text_equal(branch, facts->branch))
		branch = "current";
	if (!branch) {
		if (facts->branch && !facts->dirty && !operation_name(checkpointer->repository))
			use_current(checkpointer);
		return true;
	}
	if (text_equal(branch, "none"))
		return true;
	if (text_equal(branch, "current"))
		return choose_current(checkpointer, settings, error);
	if (!choose_named(checkpointer, branch, error))
		return false;
	join_named(checkpointer);
	return true;
}

static bool refuse_moved(struct checkpointer *checkpointer, const char *what, struct error *error)
{
	char tip[GIT_OID_HEXSZ + 1];

	git_oid_tostr(tip, sizeof(tip), &checkpointer->tip);
	error_set(error, ERROR_GIT, "%s no longer holds the run's last commit %.12s", what,
		checkpointer->has_tip ? tip : "(none)");
	return error_hint(error,
		"the work is safe in %s; run `git merge %.12s` there and then `wavetrain resume`",
		checkpointer->run.name, tip);
}

bool target_check_head(struct checkpointer *checkpointer, struct error *error)
{
	git_reference *head = NULL;
	struct known_reference *target = &checkpointer->target;
	int result = git_reference_lookup(&head, checkpointer->repository, "HEAD");
	const char *name = result == 0 ? git_reference_symbolic_target(head) : NULL;
	bool same = text_equal(name, target->name);

	git_reference_free(head);
	if (result < 0)
		return git_failure(error, result, "cannot read HEAD");
	if (!same) {
		error_set(error, ERROR_GIT, "HEAD has left the branch %s while the run is on it",
			target->name + sizeof(BRANCH_PREFIX) - 1);
		return error_hint(error, "run `git switch %s` and then `wavetrain resume`",
			target->name + sizeof(BRANCH_PREFIX) - 1);
	}
	return true;
}

bool target_follow(struct checkpointer *checkpointer, struct error *error)
{
	struct known_reference *target = &checkpointer->target;
	git_repository *repository = checkpointer->repository;

	if (checkpointer->target_kind == TARGET_NONE)
		return true;
	/* A named branch is compared when it is moved: nothing but us should touch it. */
	if (checkpointer->target_kind == TARGET_NAMED)
		return true;
	if (!target_check_head(checkpointer, error) ||
		!reference_look_up(repository, target, error))
		return false;
	if (target->exists == checkpointer->has_tip &&
		(!target->exists || git_oid_equal(&target->id, &checkpointer->tip)))
		return true;
	if (!target->exists || (checkpointer->has_tip && !commit_descends(repository, &target->id,
								 &checkpointer->tip)))
		return refuse_moved(checkpointer, target->name, error);
	return snapshot_move(checkpointer, &target->id, error);
}

bool target_recall(struct checkpointer *checkpointer, struct error *error)
{
	const struct baseline *baseline = &checkpointer->baseline;

	if (!baseline->target)
		return true;
	checkpointer->target.name = baseline->target;
	checkpointer->target_kind = baseline->target_is_head ? TARGET_CURRENT : TARGET_NAMED;
	return reference_look_up(checkpointer->repository, &checkpointer->target, error);
}

bool target_find_again(struct checkpointer *checkpointer,
	const struct checkpointer_settings *settings, struct error *error)
{
	const char *branch = settings->settings->branch;
	const struct repository_facts *facts = &checkpointer->facts;
	const struct known_reference *run = &checkpointer->run;

	if (branch && facts->branch && text_equal(branch, facts->branch))
		branch = "current";
	if (branch && text_equal(branch, "none"))
		return true;
	if (branch && !text_equal(branch, "current"))
		return choose_named(checkpointer, branch, error);
	if (!facts->branch)
		return !branch || choose_current(checkpointer, settings, error);
	if (!run->exists || (checkpointer->has_tip && commit_descends(checkpointer->repository,
							      &checkpointer->tip, &run->id))) {
		use_current(checkpointer);
		return true;
	}
	if (!branch)
		return true;
	checkpointer->tip = run->id;
	checkpointer->has_tip = true;
	return refuse_moved(checkpointer, facts->branch, error);
}

bool target_resume(struct checkpointer *checkpointer, struct error *error)
{
	const struct known_reference *target = &checkpointer->target;

	if (checkpointer->target_kind != TARGET_NAMED)
		return true;
	if (!checkpointer->run.exists)
		join_named(checkpointer);
	else if (target->exists &&
		 !commit_descends(checkpointer->repository, &checkpointer->tip, &target->id))
		return refuse_moved(checkpointer, target->name, error);
	return true;
}
