#ifndef WAVETRAIN_BASE_FILE_H
#define WAVETRAIN_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"

/*
 * Appends the whole file to buffer. More than limit_bytes: ERROR_FILE that names the limit. Never
 * waits: a pipe is refused.
 */
bool file_read(const char *path, size_t limit_bytes, struct buffer *buffer, struct error *error);

/* The same for what a user names: of a pipe all that is written, unless 10 s bring nothing. */
bool file_read_or_pipe(
	const char *path, size_t limit_bytes, struct buffer *buffer, struct error *error);

/* Appends the last bytes of the file, at most limit_bytes, starting after a line end. */
bool file_read_tail(
	const char *path, size_t limit_bytes, struct buffer *buffer, struct error *error);

/*
 * Replaces path by the bytes as one step: written to a temporary file beside it, flushed to
 * disk, renamed. On failure the old file is as it was and the temporary one is gone.
 */
bool file_write_atomic(const char *path, const void *bytes, size_t size, struct error *error);

/* Writes all bytes, going on after EINTR and short writes. */
bool descriptor_write_all(int descriptor, const void *bytes, size_t size, struct error *error);

/*
 * Makes the folder and those above it, mode 0777 less umask. An existing folder is success; an
 * error names the first one that could not be made.
 */
bool folder_make(const char *path, struct error *error);

/* Removes a file or a whole folder; nothing there is success. Never follows a symbolic link. */
bool path_remove(const char *path, struct error *error);

bool path_exists(const char *path); /* follows links */
bool path_is_folder(const char *path);

/* folder + "/" + name; name alone when it is absolute or folder is NULL, "" or ".". */
char *path_join(struct arena *arena, const char *folder, const char *name);
const char *path_file_name(const char *path);               /* what follows the last '/' */
char *path_folder(struct arena *arena, const char *path);   /* "." where there is no '/' */
char *path_absolute(struct arena *arena, const char *path); /* against the working directory */

/* True for a relative path without "..", ".git" or empty components. */
bool path_stays_beneath(const char *path);

/*
 * Opens path beneath the folder descriptor: no symbolic link on the way, no "..", no other
 * device's magic link, never blocking on a FIFO. Only regular files are opened; anything else is
 * EINVAL. Returns -1 with errno set. (openat2(2), Linux 5.6.)
 */
int open_beneath(int folder, const char *path, int flags);

#endif
