#include "checkpoint/run_claim.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"

static const char *claim_folder(git_repository *repository, struct arena *arena)
{
	return arena_format(arena, "%swavetrain", git_repository_commondir(repository));
}

static bool refuse_taken(const struct checkpointer *checkpointer, struct error *error)
{
	error_set(error, ERROR_GIT,
		"another run of this repository is called %s, perhaps one in another work tree",
		checkpointer->run_id);
	return error_hint(error, "start it again: it then gets another name");
}

bool run_claim_take(struct checkpointer *checkpointer, struct error *error)
{
	const char *folder = claim_folder(checkpointer->repository, &checkpointer->arena);
	const char *path = path_join(&checkpointer->arena, folder, checkpointer->run_id);
	int claim;

	if (!reference_look_up(checkpointer->repository, &checkpointer->run, error))
		return false;
	if (checkpointer->run.exists)
		return refuse_taken(checkpointer, error);
	do {
		/* Another run that ends may remove the folder in between. */
		if (!folder_make(folder, error))
			return false;
		claim = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	} while (claim < 0 && errno == ENOENT);
	if (claim < 0 && errno == EEXIST)
		return refuse_taken(checkpointer, error);
	if (claim < 0)
		return error_set_errno(error, ERROR_FILE, "cannot make %s", path);
	close(claim);
	checkpointer->claimed = true;
	return true;
}

void run_claim_drop(struct checkpointer *checkpointer)
{
	const char *folder = claim_folder(checkpointer->repository, &checkpointer->arena);

	unlink(path_join(&checkpointer->arena, folder, checkpointer->run_id));
	/* Only the last one's succeeds. */
	rmdir(folder);
	checkpointer->claimed = false;
}

bool checkpointer_run_id_is_taken(const char *folder, const char *run_id)
{
	struct arena arena = {0};
	git_repository *repository = NULL;
	git_oid id;
	bool taken = false;

	git_libgit2_init();
	if (git_repository_open_ext(&repository, folder, 0, NULL) == 0)
		taken = git_reference_name_to_id(&id, repository,
				arena_format(&arena, "refs/wavetrain/runs/%s", run_id)) == 0 ||
			path_exists(path_join(&arena, claim_folder(repository, &arena), run_id));
	git_repository_free(repository);
	git_libgit2_shutdown();
	arena_release(&arena);
	return taken;
}
