#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "checkpoint/publish.h"

#define LOCK_WAIT_NS 1000000000
#define LOCK_POLL_NS 10000000
/* The mark is made just before the locks; nothing between them takes seconds. */
#define LOCK_WINDOW_S 10

bool lock_wait(int64_t *started_ns)
{
	struct timespec pause = {.tv_nsec = LOCK_POLL_NS};

	if (*started_ns == 0)
		*started_ns = clock_monotonic_ns();
	if (clock_monotonic_ns() - *started_ns >= LOCK_WAIT_NS)
		return false;
	nanosleep(&pause, NULL);
	return true;
}

static const char *mark_path(const struct checkpointer *checkpointer, struct arena *arena)
{
	return path_join(arena, checkpointer->run_folder, "publishing");
}

bool publish_begin(const struct checkpointer *checkpointer, struct error *error)
{
	struct arena arena = {0};
	const char *path = mark_path(checkpointer, &arena);
	FILE *mark = fopen(path, "we");
	bool made = mark && fclose(mark) == 0;

	if (!made)
		error_set_errno(error, ERROR_FILE, "cannot write %s", path);
	arena_release(&arena);
	return made;
}

void publish_end(const struct checkpointer *checkpointer)
{
	struct arena arena = {0};

	unlink(mark_path(checkpointer, &arena));
	arena_release(&arena);
}

/* The lock is ours when it was made right after the mark and stays as it is. */
static bool clear_marked(const char *path, const struct stat *mark, struct error *error)
{
	struct stat first;
	struct stat now;
	int64_t started_ns = 0;
	int64_t age_s;

	if (lstat(path, &first) != 0)
		return true;
	age_s = first.st_mtim.tv_sec - mark->st_mtim.tv_sec;
	if (age_s < 0 || age_s > LOCK_WINDOW_S)
		return true;
	while (lock_wait(&started_ns))
		if (lstat(path, &now) != 0 || now.st_ino != first.st_ino ||
			now.st_size != first.st_size)
			return true;
	return path_remove(path, error);
}

bool locks_clear_stale(const struct checkpointer *checkpointer, struct error *error)
{
	struct arena arena = {0};
	struct stat mark;
	const char *common = git_repository_commondir(checkpointer->repository);
	bool done = path_remove(
		arena_format(&arena, "%s%s.lock", common, checkpointer->run.name), error);

	if (done && stat(mark_path(checkpointer, &arena), &mark) == 0) {
		if (checkpointer->target.name)
			done = clear_marked(arena_format(&arena, "%s%s.lock", common,
						    checkpointer->target.name),
				&mark, error);
		done = done && clear_marked(arena_format(&arena, "%s.lock",
						    index_path(checkpointer, &arena)),
				       &mark, error);
		publish_end(checkpointer);
	}
	arena_release(&arena);
	return done;
}
