#ifndef WAVETRAIN_TEST_RUN_FOLDER_FIXTURE_H
#define WAVETRAIN_TEST_RUN_FOLDER_FIXTURE_H

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/file.h"
#include "base/index.h"
#include "base/text.h"

/* A temporary folder with real files in it. */
struct place {
	struct arena arena;
	char root[64];
	struct error error;
};

static inline int place_open(void **state)
{
	struct place *place = calloc(1, sizeof *place);
	*state = place;
	strncpy(place->root, "/tmp/wavetrain-unit-XXXXXX", sizeof place->root - 1);
	assert_non_null(mkdtemp(place->root));
	return 0;
}

static inline int place_close(void **state)
{
	struct place *place = *state;
	assert_true(path_remove(place->root, &place->error));
	arena_release(&place->arena);
	free(place);
	return 0;
}

static inline const char *at(struct place *place, const char *path)
{
	return path_join(&place->arena, place->root, path);
}

static inline void put_folder(struct place *place, const char *path)
{
	assert_true(folder_make(at(place, path), &place->error));
}

static inline void put_bytes(struct place *place, const char *path, const void *bytes, size_t size)
{
	const char *full = at(place, path);
	assert_true(folder_make(path_folder(&place->arena, full), &place->error));
	int file = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	assert_true(file >= 0);
	assert_true(descriptor_write_all(file, bytes, size, &place->error));
	assert_int_equal(close(file), 0);
}

static inline void put(struct place *place, const char *path, const char *text)
{
	put_bytes(place, path, text, strlen(text));
}

static inline void put_link(struct place *place, const char *path, const char *target)
{
	const char *full = at(place, path);
	assert_true(folder_make(path_folder(&place->arena, full), &place->error));
	assert_int_equal(symlink(target, full), 0);
}

/* NULL: there is no such file. */
static inline const char *content(struct place *place, const char *path)
{
	struct buffer text = BUFFER_INIT;
	const char *copy = NULL;
	if (file_read(at(place, path), 64 << 20, &text, &place->error))
		copy = arena_copy_text(&place->arena, buffer_text(&text));
	buffer_release(&text);
	return copy;
}

static inline bool there_is(struct place *place, const char *path)
{
	struct stat facts;
	return lstat(at(place, path), &facts) == 0;
}

static inline mode_t mode_of(struct place *place, const char *path)
{
	struct stat facts;
	assert_int_equal(lstat(at(place, path), &facts), 0);
	return facts.st_mode & 07777;
}

/*
 * Runs what() in a process that permissions hold for, and says whether it was fine. Also as root,
 * for whom they do not: everything in the folder then belongs to nobody.
 */
static inline bool run_as_nobody(struct place *place, bool (*what)(struct place *))
{
	static const uid_t nobody = 65534;
	int status;
	fflush(NULL);
	if (geteuid() == 0)
		assert_int_equal(chown(place->root, nobody, nobody), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (geteuid() == 0 && (setgroups(0, NULL) || setgid(nobody) || setuid(nobody)))
			_exit(2);
		_exit(what(place) ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

#define assert_contains(text, part)                                                                \
	do {                                                                                       \
		if (!strstr(text, part))                                                           \
			fail_msg("no '%s' in: %s", part, text);                                    \
	} while (0)

#endif
