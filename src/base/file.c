#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

/* Whoever writes to a pipe that a user names has so long for each part. */
#define PIPE_SILENCE_MS 10000

/* A FIFO that nobody has opened to write looks as if it had ended: poll(2) knows better. */
static bool wait_for_bytes(int descriptor)
{
	struct pollfd pipe = {.fd = descriptor, .events = POLLIN};
	int ready;
	do {
		ready = poll(&pipe, 1, PIPE_SILENCE_MS);
	} while (ready < 0 && errno == EINTR);
	if (ready == 0)
		errno = ETIMEDOUT;
	return ready > 0;
}

/* Reads up to the end of the file or limit_bytes + 1, whichever comes first. */
static bool descriptor_read(int descriptor, bool is_pipe, size_t limit_bytes, struct buffer *buffer)
{
	size_t start = buffer->size;
	for (;;) {
		size_t left = limit_bytes + 1 - (buffer->size - start);
		size_t chunk = left < 65536 ? left : 65536;
		if (!chunk)
			return true;
		if (is_pipe && !wait_for_bytes(descriptor))
			return false;
		ssize_t count = read(descriptor, buffer_reserve(buffer, chunk), chunk);
		if (count < 0 && (errno == EINTR || (is_pipe && errno == EAGAIN)))
			continue;
		if (count <= 0)
			return count == 0;
		buffer->size += (size_t)count;
		buffer->bytes[buffer->size] = '\0';
	}
}

static bool read_whole(const char *path, bool may_be_pipe, size_t limit_bytes,
	struct buffer *buffer, struct error *error)
{
	CLEANUP(close_descriptor) int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t start = buffer->size;
	struct stat facts;
	if (descriptor < 0 || fstat(descriptor, &facts) != 0)
		return error_set_errno(error, ERROR_FILE, "cannot open '%s'", path);
	bool is_pipe = S_ISFIFO(facts.st_mode);
	if (is_pipe && !may_be_pipe)
		return error_set(error, ERROR_FILE, "'%s' is a pipe, not a file", path);
	if (!descriptor_read(descriptor, is_pipe, limit_bytes, buffer))
		return error_set_errno(error, ERROR_FILE, "cannot read '%s'", path);
	if (buffer->size - start > limit_bytes)
		return error_set(error, ERROR_FILE, "'%s' is larger than the limit of %zu bytes",
			path, limit_bytes);
	return true;
}

bool file_read(const char *path, size_t limit_bytes, struct buffer *buffer, struct error *error)
{
	return read_whole(path, false, limit_bytes, buffer, error);
}

bool file_read_or_pipe(
	const char *path, size_t limit_bytes, struct buffer *buffer, struct error *error)
{
	return read_whole(path, true, limit_bytes, buffer, error);
}

bool file_read_tail(
	const char *path, size_t limit_bytes, struct buffer *buffer, struct error *error)
{
	CLEANUP(close_descriptor) int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat facts;
	if (descriptor < 0 || fstat(descriptor, &facts) != 0)
		return error_set_errno(error, ERROR_FILE, "cannot open '%s'", path);
	bool cut = facts.st_size > (off_t)limit_bytes;
	if (cut && lseek(descriptor, facts.st_size - (off_t)limit_bytes, SEEK_SET) < 0)
		return error_set_errno(error, ERROR_FILE, "cannot read '%s'", path);
	struct buffer tail CLEANUP(buffer_release) = BUFFER_INIT;
	if (!descriptor_read(descriptor, false, limit_bytes, &tail))
		return error_set_errno(error, ERROR_FILE, "cannot read '%s'", path);
	const char *first = tail.bytes;
	const char *line_end = cut && tail.size ? memchr(tail.bytes, '\n', tail.size) : NULL;
	if (line_end && line_end + 1 < tail.bytes + tail.size)
		first = line_end + 1;
	if (tail.size)
		buffer_append(buffer, first, tail.size - (size_t)(first - tail.bytes));
	return true;
}

bool descriptor_write_all(int descriptor, const void *bytes, size_t size, struct error *error)
{
	const char *from = bytes;
	while (size) {
		ssize_t count = write(descriptor, from, size);
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return error_set_errno(error, ERROR_FILE, "cannot write");
		from += count;
		size -= (size_t)count;
	}
	return true;
}

bool path_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

bool path_is_folder(const char *path)
{
	struct stat facts;
	return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
}
