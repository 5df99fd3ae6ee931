/*
 * First everything is decided by reading. Then the order is: files, baseline, references, index.
 * The run's reference is what says that this is the run's clone, so a kill before it leads to the
 * same decision again, with the files found in place.
 */
#include "checkpoint/carried.h"

#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "checkpoint/change_set.h"
#include "checkpoint/git_failure.h"
#include "checkpoint/publish.h"
#include "checkpoint/restoration.h"
#include "checkpoint/unpublished.h"

#define BRANCH_PREFIX "refs/heads/"

struct carried {
	struct checkpointer *checkpointer;
	git_oid wanted; /* the run's newest commit */
	bool has_wanted;
	bool unpublished;  /* wanted is one that a killed run had not published */
	bool branch_holds; /* the current branch is at wanted or beyond */
};

static bool is_here(const struct checkpointer *checkpointer, const git_oid *id)
{
	git_commit *commit = NULL;
	bool found = git_commit_lookup(&commit, checkpointer->repository, id) == 0;

	git_commit_free(commit);
	return found;
}

/* Read from the configuration: looking up the remote leaks in libgit2 1.5. */
static bool has_origin(const struct checkpointer *checkpointer)
{
	git_config *configuration = NULL;
	git_config_entry *entry = NULL;
	bool found;

	if (git_repository_config(&configuration, checkpointer->repository) < 0)
		return false;
	found = git_config_get_entry(&entry, configuration, "remote.origin.url") == 0;
	git_config_entry_free(entry);
	git_config_free(configuration);
	return found;
}

/* The command that brings the run's commits here. */
static void hint_fetch(const struct checkpointer *checkpointer, struct error *error)
{
	CLEANUP(buffer_release) struct buffer name = BUFFER_INIT;
	const char *target = checkpointer->target.name;

	if (target && text_starts_with(target, BRANCH_PREFIX))
		target += sizeof(BRANCH_PREFIX) - 1;
	shell_quote_append(&name, target ? target : checkpointer->run.name);
	if (target && has_origin(checkpointer))
		error_hint(error,
			"run `git fetch %sorigin %s` (or fetch it from the clone the run was in) "
			"and then `wavetrain resume`",
			checkpointer->facts.shallow ? "--unshallow " : "", buffer_text(&name));
	else
		error_hint(error,
			"run `git fetch FOLDER %s`, FOLDER being the clone the run was in, and "
			"then `wavetrain resume`",
			buffer_text(&name));
}

static bool refuse_absent(
	const struct carried *carried, const char *what, const git_oid *id, struct error *error)
{
	char text[GIT_OID_HEXSZ + 1];

	git_oid_tostr(text, sizeof(text), id);
	error_set(error, ERROR_GIT,
		"the run's %s commit %.12s is not in this clone, so what its finished steps made "
		"is missing",
		what, text);
	if (carried->unpublished)
		return error_hint(error,
			"no branch holds it: resume in the clone the run was in, or begin anew "
			"with `wavetrain run`");
	hint_fetch(carried->checkpointer, error);
	return false;
}

static bool refuse_diverged(const struct carried *carried, const char *name, struct error *error)
{
	const struct checkpointer *checkpointer = carried->checkpointer;
	char text[GIT_OID_HEXSZ + 1];

	git_oid_tostr(text, sizeof(text), &carried->wanted);
	if (checkpointer->facts.shallow && has_origin(checkpointer)) {
		error_set(error, ERROR_GIT,
			"this clone is too shallow to tell whether %s leads to the run's last "
			"commit %.12s",
			name, text);
		hint_fetch(checkpointer, error);
		return false;
	}
	error_set(error, ERROR_GIT, "%s has gone another way than the run's last commit %.12s",
		name, text);
	return error_hint(error, "run `git merge %.12s` there and then `wavetrain resume`", text);
}

static bool read_id(const char *text, git_oid *id)
{
	return text && git_oid_fromstr(id, text) == 0;
}

/* A later commit went on from before it: the prepared one was given up. */
static bool is_superseded(
	const struct carried *carried, const struct checkpoint *unpublished, const git_oid *last)
{
	git_oid parent;

	return read_id(unpublished->parent, &parent) && !git_oid_equal(&parent, last) &&
	       is_here(carried->checkpointer, &parent) &&
	       !commit_descends(carried->checkpointer->repository, &parent, last);
}

/* The newest commit on record: the unpublished one, when there is one, else the last. */
static bool find_wanted(
	struct carried *carried, const struct checkpointer_settings *settings, struct error *error)
{
	const struct checkpoint *unpublished = settings->unpublished;
	git_oid id;
	git_oid last = {{0}};
	bool has_last = read_id(settings->last_commit, &last);

	if (unpublished && read_id(unpublished->commit, &id) &&
		!(has_last && is_superseded(carried, unpublished, &last))) {
		carried->unpublished = true;
		last = id;
	}
	carried->has_wanted = has_last || carried->unpublished;
	carried->wanted = last;
	return !carried->has_wanted || is_here(carried->checkpointer, &last) ||
	       refuse_absent(carried, "last", &last, error);
}

/* Where nothing was committed the commit the run began on must do. */
static bool check_start(const struct carried *carried, struct error *error)
{
	const git_oid *start = &carried->checkpointer->baseline.start;

	return git_oid_is_zero(start) || is_here(carried->checkpointer, start) ||
	       refuse_absent(carried, "first", start, error);
}

static void say_restored(const struct carried *carried, const struct restoration *restoration)
{
	struct checkpointer *checkpointer = carried->checkpointer;
	char text[GIT_OID_HEXSZ + 1];

	if (restoration->missing_count == 0)
		return;
	git_oid_tostr(text, sizeof(text), restoration->to);
	checkpointer->facts.note = arena_format(&checkpointer->arena,
		"%zu file%s of the run's finished steps %s not here and %s brought from its last "
		"commit %.12s",
		restoration->missing_count, restoration->missing_count == 1 ? "" : "s",
		restoration->missing_count == 1 ? "was" : "were",
		restoration->missing_count == 1 ? "was" : "were", text);
}

/*
 * Decides what the work tree should have been checked out from: the current branch's tip, or,
 * where the run's commits are on another branch or none, the commit the run began on.
 */
static bool find_from(struct carried *carried, const git_oid **from, struct error *error)
{
	struct checkpointer *checkpointer = carried->checkpointer;
	struct known_reference *target = &checkpointer->target;
	git_repository *repository = checkpointer->repository;

	if (checkpointer->target_kind == TARGET_CURRENT && !target_check_head(checkpointer, error))
		return false;
	if (checkpointer->run.exists &&
		!commit_descends(repository, &carried->wanted, &checkpointer->run.id))
		return refuse_diverged(carried, checkpointer->run.name, error);
	if (checkpointer->target_kind == TARGET_CURRENT && target->exists &&
		commit_descends(repository, &target->id, &carried->wanted)) {
		carried->branch_holds = true;
		return true;
	}
	if (target->exists && !commit_descends(repository, &carried->wanted, &target->id))
		return refuse_diverged(carried, target->name, error);
	if (checkpointer->target_kind == TARGET_CURRENT) {
		*from = target->exists ? &target->id : NULL;
		return true;
	}
	*from = git_oid_is_zero(&checkpointer->baseline.start) ? NULL
							       : &checkpointer->baseline.start;
	return check_start(carried, error);
}

/*
 * *is_own: nothing but this clone can have made what is here. A run killed before its first
 * commit was published has no reference, and its files lie in the work tree.
 */
static bool bring_files(
	struct carried *carried, const git_oid *from, bool *is_own, struct error *error)
{
	struct checkpointer *checkpointer = carried->checkpointer;
	struct restoration restoration = {
		.from = from,
		.to = &carried->wanted,
		.with_index = checkpointer->target_kind == TARGET_CURRENT,
	};
	bool done = restoration_compare(checkpointer, &restoration, error);

	*is_own = done && carried->unpublished && restoration.missing_count == 0 &&
		  restoration.held > 0;
	if (done && !*is_own)
		done = restoration_apply(checkpointer, &restoration, error);
	if (done && !*is_own)
		say_restored(carried, &restoration);
	restoration_release(&restoration);
	return done;
}

/* No step has run here yet: what differs from the run's commits is the user's. */
static bool renew_baseline(struct carried *carried, struct error *error)
{
	struct checkpointer *checkpointer = carried->checkpointer;
	struct baseline *baseline = &checkpointer->baseline;
	struct baseline new = {.start = baseline->start,
		.since = carried->wanted,
		.target_is_head = baseline->target_is_head};

	if (baseline->target)
		new.target = arena_copy_text(&checkpointer->arena, baseline->target);
	if (checkpointer->target_kind == TARGET_CURRENT)
		new.start = carried->wanted;
	baseline_release(baseline);
	*baseline = new;
	checkpointer->target.name = new.target;
	return change_set_record_baseline(checkpointer, error) &&
	       baseline_write(baseline,
		       path_join(&checkpointer->arena, checkpointer->run_folder, "baseline"),
		       error);
}

static bool take_wanted(struct carried *carried, struct error *error)
{
	struct checkpointer *checkpointer = carried->checkpointer;
	bool staged;

	checkpointer->tip = carried->wanted;
	checkpointer->has_tip = true;
	if (!snapshot_open(checkpointer, &staged, error) ||
		(carried->branch_holds && !target_follow(checkpointer, error)))
		return false;
	checkpointer->facts.dirty = staged;
	return renew_baseline(carried, error);
}

static bool move_references(struct carried *carried, struct error *error)
{
	struct checkpointer *checkpointer = carried->checkpointer;
	struct known_reference *target = &checkpointer->target;
	git_oid tip = target->id;
	bool moved;

	if (carried->branch_holds)
		target->id = carried->wanted; /* it stays where it is */
	if (!locks_clear_stale(checkpointer, error) || !publish_begin(checkpointer, error))
		return false;
	moved = references_move(
		checkpointer, &carried->wanted, "wavetrain: resumed in this clone", error);
	publish_end(checkpointer);
	if (carried->branch_holds)
		target->id = tip;
	return moved && user_index_heal(checkpointer, error);
}

/*
 * The run's reference is here. Its commits need not be checked out though: it may have been
 * fetched, or everything was stashed. Single files are another matter: steps and users remove
 * those.
 */
static bool check_files(struct carried *carried, struct error *error)
{
	struct checkpointer *checkpointer = carried->checkpointer;
	const git_oid *start = &checkpointer->baseline.start;
	struct restoration restoration = {.to = &checkpointer->run.id};
	bool done;

	if (!checkpointer->run.exists || checkpointer->target_kind == TARGET_CURRENT ||
		git_oid_is_zero(start) || !is_here(checkpointer, start))
		return true;
	restoration.from = start;
	done = restoration_compare(checkpointer, &restoration, error);
	if (done && restoration.held == 0 && restoration.blocked == 0 &&
		restoration.missing_count > 0) {
		done = restoration_apply(checkpointer, &restoration, error);
		if (done)
			say_restored(carried, &restoration);
	}
	restoration_release(&restoration);
	return done;
}

bool carried_adopt(struct checkpointer *checkpointer, const struct checkpointer_settings *settings,
	bool *adopted, struct error *error)
{
	struct carried carried = {.checkpointer = checkpointer};
	const git_oid *from = NULL;
	bool is_own = false;
	git_oid last;

	*adopted = false;
	if (checkpointer->run.exists &&
		(!read_id(settings->last_commit, &last) ||
			commit_descends(checkpointer->repository, &checkpointer->run.id, &last)))
		return check_files(&carried, error);
	if (!find_wanted(&carried, settings, error))
		return false;
	if (!carried.has_wanted)
		return check_start(&carried, error);
	/* The first commit, never published: only the clone that made it has it. */
	if (carried.unpublished && !settings->last_commit &&
		unpublished_is_passed_by(checkpointer, settings->unpublished, &carried.wanted))
		return true;
	if (!find_from(&carried, &from, error) ||
		(!carried.branch_holds && !bring_files(&carried, from, &is_own, error)))
		return false;
	if (is_own)
		return true;
	if (!take_wanted(&carried, error) || !move_references(&carried, error))
		return false;
	*adopted = true;
	return true;
}
