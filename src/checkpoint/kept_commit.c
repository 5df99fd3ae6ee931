#include "checkpoint/kept_commit.h"

#include <git2/sys/commit.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "checkpoint/git_failure.h"

bool kept_commit_write(const struct checkpointer *checkpointer, struct object_store *store,
	const struct kept_commit *commit, git_oid *id, struct error *error)
{
	const struct identity *identity = &checkpointer->identity;
	int64_t time_s = identity->time_s >= 0 ? identity->time_s : clock_realtime_ms() / 1000;
	git_signature *signature = NULL;
	int result = git_signature_new(
		&signature, identity->committer_name, identity->committer_email, time_s, 0);

	if (result == 0)
		result = git_commit_create_from_ids(id, object_store_sink(store), NULL, signature,
			signature, NULL, commit->message, commit->tree, commit->parent_count,
			commit->parents);
	git_signature_free(signature);
	return result == 0 || git_failure(error, result, "cannot write a commit");
}

const char *kept_name(
	const struct checkpointer *checkpointer, struct arena *arena, const char *suffix)
{
	return arena_format(arena, "refs/wavetrain/worktrees/%s/%s", checkpointer->run_id, suffix);
}

static void drop_lock(const struct checkpointer *checkpointer, const char *name)
{
	struct arena arena = {0};

	unlink(arena_format(
		&arena, "%s%s.lock", git_repository_commondir(checkpointer->repository), name));
	arena_release(&arena);
}

bool kept_reference_set(const struct checkpointer *checkpointer, const char *name,
	const git_oid *id, struct error *error)
{
	git_reference *reference = NULL;
	int result = GIT_ELOCKED;

	for (int i = 0; i < 2 && result == GIT_ELOCKED; i++) {
		if (i > 0)
			drop_lock(checkpointer, name);
		result = git_reference_create(
			&reference, checkpointer->repository, name, id, 1, NULL);
	}
	git_reference_free(reference);
	return result == 0 || git_failure(error, result, "cannot set %s", name);
}

bool kept_reference_drop(
	const struct checkpointer *checkpointer, const char *name, struct error *error)
{
	int result = GIT_ELOCKED;

	for (int i = 0; i < 2 && result == GIT_ELOCKED; i++) {
		if (i > 0)
			drop_lock(checkpointer, name);
		result = git_reference_remove(checkpointer->repository, name);
	}
	return result == 0 || result == GIT_ENOTFOUND ||
	       git_failure(error, result, "cannot remove %s", name);
}

/* Returns a libgit2 result; the names are the arena's. */
static int list_references(const struct checkpointer *checkpointer, const char *folder,
	const git_oid *id, struct arena *arena, struct buffer *names)
{
	git_reference_iterator *iterator = NULL;
	git_reference *reference = NULL;
	int result = git_reference_iterator_glob_new(
		&iterator, checkpointer->repository, arena_format(arena, "%s*", folder));

	while (result == 0 && (result = git_reference_next(&reference, iterator)) == 0) {
		const git_oid *target = git_reference_target(reference);

		if (!id || (target && git_oid_equal(target, id)))
			buffer_append(names, git_reference_name(reference),
				strlen(git_reference_name(reference)) + 1);
		git_reference_free(reference);
	}
	git_reference_iterator_free(iterator);
	return result == GIT_ITEROVER ? 0 : result;
}

bool kept_reference_drop_all(const struct checkpointer *checkpointer, const char *folder,
	const git_oid *id, struct error *error)
{
	CLEANUP(buffer_release) struct buffer names = BUFFER_INIT;
	struct arena arena = {0};
	int result = list_references(checkpointer, folder, id, &arena, &names);
	bool done = result == 0 || git_failure(error, result, "cannot list %s", folder);

	for (size_t at = 0; done && at < names.size; at += strlen(names.bytes + at) + 1)
		done = kept_reference_drop(checkpointer, names.bytes + at, error);
	arena_release(&arena);
	return done;
}

bool kept_reference_find(const struct checkpointer *checkpointer, const char *name, git_oid *id,
	bool *found, struct error *error)
{
	struct known_reference reference = {.name = name};

	if (!reference_look_up(checkpointer->repository, &reference, error))
		return false;
	*found = reference.exists;
	*id = reference.id;
	return true;
}

bool present_write_tree(const struct checkpointer *checkpointer, const struct change_set *set,
	struct object_store *store, git_oid *tree, struct error *error)
{
	git_tree *parent = NULL;
	bool done;

	if (checkpointer->has_tip) {
		parent = commit_tree(checkpointer->repository, &checkpointer->tip, error);
		if (!parent)
			return false;
	}
	done = change_set_write_tree(set, store, parent, tree, error);
	git_tree_free(parent);
	return done;
}

bool present_open(struct checkpointer *checkpointer, struct present *present, struct error *error)
{
	return object_store_open(&present->store, checkpointer->repository, error) &&
	       change_set_collect(
		       checkpointer, &present->arena, present->store, &present->set, error) &&
	       present_write_tree(
		       checkpointer, &present->set, present->store, &present->tree, error);
}

void present_release(struct present *present)
{
	object_store_close(present->store);
	change_set_release(&present->set);
	arena_release(&present->arena);
	*present = (struct present){0};
}
