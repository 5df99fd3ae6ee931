#ifndef WAVETRAIN_TESTS_CHECKPOINT_DEATH_H
#define WAVETRAIN_TESTS_CHECKPOINT_DEATH_H

/*
 * A process that is killed just before it changes the disk for the Nth time. The functions here
 * stand before libc's for everything in the program; to be included by one file of it.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "checkpoint/rig.h"

static long changes_left = -1; /* negative: it lives on */

static void change_disk(void)
{
	if (changes_left == 0)
		raise(SIGKILL);
	if (changes_left > 0)
		changes_left--;
}

int rename(const char *from, const char *to)
{
	change_disk();
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
	change_disk();
	return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, 0);
}

int unlink(const char *path)
{
	change_disk();
	return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int unlinkat(int folder, const char *path, int flags)
{
	change_disk();
	return (int)syscall(SYS_unlinkat, folder, path, flags);
}

int mkdirat(int folder, const char *path, mode_t mode)
{
	change_disk();
	return (int)syscall(SYS_mkdirat, folder, path, mode);
}

ssize_t write(int file, const void *bytes, size_t size)
{
	change_disk();
	return syscall(SYS_write, file, bytes, size);
}

/* True when it was killed; false when it came to its end. */
static bool dies_at(long changes, void (*work)(void *context), void *context)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		changes_left = changes;
		work(context);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) ||
		    (WIFEXITED(status) && WEXITSTATUS(status) == 0));
	return WIFSIGNALED(status);
}

#endif
