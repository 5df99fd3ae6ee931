/* What runs that are complete have left: references of their worktrees, and their claims. */
#include <dirent.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "checkpoint/kept_commit.h"
#include "checkpoint/run_claim.h"
#include "checkpoint/worktree.h"

#define NAMESPACE "refs/wavetrain/worktrees/"

bool checkpointer_forget_worktrees(struct checkpointer *checkpointer, struct error *error)
{
	struct arena arena = {0};
	const char *common = git_repository_commondir(checkpointer->repository);
	const char *own = kept_name(checkpointer, &arena, "");
	bool done = kept_reference_drop_all(checkpointer, own, NULL, error) &&
		    /* Locks of killed predecessors, and empty folders. */
		    path_remove(arena_format(&arena, "%s%.*s", common, (int)strlen(own) - 1, own),
			    error);

	arena_release(&arena);
	return done;
}

struct forgetting {
	git_repository *repository;
	const struct finished_runs *runs;
	struct arena arena;
};

static void forget(struct forgetting *forgetting, const char *run_id)
{
	struct checkpointer view = {.repository = forgetting->repository, .run_id = run_id};
	struct error ignored;

	if (forgetting->runs->is_finished(forgetting->runs->context, run_id))
		checkpointer_forget_worktrees(&view, &ignored);
}

/* Those of whose references no folder is left: a `git gc` has packed them. */
static void forget_packed(struct forgetting *forgetting)
{
	git_reference_iterator *iterator = NULL;
	const char *last = "";
	const char *name;

	if (git_reference_iterator_glob_new(&iterator, forgetting->repository, NAMESPACE "*") < 0)
		return;
	while (git_reference_next_name(&name, iterator) == 0) {
		const char *id = name + strlen(NAMESPACE);
		size_t size = strcspn(id, "/");

		if (strncmp(last, id, size) == 0 && !last[size])
			continue;
		last = arena_copy_bytes(&forgetting->arena, id, size);
		forget(forgetting, last);
	}
	git_reference_iterator_free(iterator);
}

static void forget_loose(struct forgetting *forgetting)
{
	const char *common = git_repository_commondir(forgetting->repository);
	CLEANUP(close_folder)
	DIR *folder = opendir(arena_format(&forgetting->arena, "%s" NAMESPACE, common));

	for (struct dirent *entry; folder && (entry = readdir(folder));)
		if (entry->d_name[0] != '.')
			forget(forgetting, entry->d_name);
}

static void forget_claims(struct forgetting *forgetting)
{
	const char *common = git_repository_commondir(forgetting->repository);
	CLEANUP(close_folder)
	DIR *folder = opendir(arena_format(&forgetting->arena, "%swavetrain", common));

	for (struct dirent *entry; folder && (entry = readdir(folder));) {
		struct checkpointer view = {
			.repository = forgetting->repository, .run_id = entry->d_name};

		if (entry->d_name[0] != '.' &&
			forgetting->runs->is_finished(forgetting->runs->context, view.run_id))
			run_claim_drop(&view);
		arena_release(&view.arena);
	}
}

void checkpointer_forget_finished(const char *folder, const struct finished_runs *runs)
{
	struct forgetting forgetting = {.runs = runs};

	/* Not shut down again: to start costs more than all of this, and there is more to come. */
	git_libgit2_init();
	if (git_repository_open_ext(&forgetting.repository, folder, 0, NULL) == 0) {
		forget_packed(&forgetting);
		forget_loose(&forgetting);
		forget_claims(&forgetting);
	}
	git_repository_free(forgetting.repository);
	arena_release(&forgetting.arena);
}
