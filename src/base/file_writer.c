#include "base/file_writer.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

#define MARK ".wavetrain-unfinished-"
#define RANDOM "XXXXXX"

static void take(void *context, const char *bytes, size_t size)
{
	struct file_writer *writer = context;
	if (!writer->failed)
		writer->failed =
			!descriptor_write_all(writer->descriptor, bytes, size, &writer->error);
}

bool file_writer_open(struct file_writer *writer, const char *path, struct error *error)
{
	*writer = (struct file_writer){.outlet = {take, writer}, .descriptor = -1};
	writer->text.outlet = &writer->outlet;
	writer->path = arena_copy_text(&writer->arena, path);
	writer->temporary = arena_format(&writer->arena, "%s" MARK RANDOM, path);
	writer->descriptor = mkostemp(writer->temporary, O_CLOEXEC);
	if (writer->descriptor >= 0) {
		/* Held as long as we live: how file_writer_tidy() knows. */
		flock(writer->descriptor, LOCK_EX | LOCK_NB);
		return true;
	}
	error_set_errno(error, ERROR_FILE, "cannot write '%s'", path);
	writer->temporary = NULL;
	file_writer_close(writer);
	return false;
}

/* The mode that open(2) would have given. */
static bool set_mode(const struct file_writer *writer, struct error *error)
{
	mode_t mask = umask(0);
	umask(mask);
	return fchmod(writer->descriptor, 0666 & ~mask) == 0 ||
	       error_set_errno(error, ERROR_FILE, "cannot set the mode");
}

static bool finish(struct file_writer *writer, struct error *error)
{
	take(writer, buffer_text(&writer->text), writer->text.size);
	buffer_clear(&writer->text);
	if (writer->failed) {
		*error = writer->error;
		return false;
	}
	if (fsync(writer->descriptor) != 0)
		return error_set_errno(error, ERROR_FILE, "cannot flush");
	return set_mode(writer, error);
}

bool file_writer_commit(struct file_writer *writer, struct error *error)
{
	if (!finish(writer, error))
		return error_context(error, "'%s'", writer->path);
	if (rename(writer->temporary, writer->path) != 0)
		return error_set_errno(error, ERROR_FILE, "cannot replace '%s'", writer->path);
	writer->temporary = NULL;
	return true;
}

void file_writer_close(struct file_writer *writer)
{
	if (writer->temporary)
		unlink(writer->temporary);
	writer->temporary = NULL;
	close_descriptor(&writer->descriptor);
	writer->descriptor = -1;
	buffer_release(&writer->text);
	arena_release(&writer->arena);
}

bool file_write_atomic(const char *path, const void *bytes, size_t size, struct error *error)
{
	CLEANUP(file_writer_close) struct file_writer writer;
	if (!file_writer_open(&writer, path, error))
		return false;
	take(&writer, bytes, size);
	return file_writer_commit(&writer, error);
}

static bool is_temporary(const char *name)
{
	size_t tail = strlen(MARK RANDOM);
	size_t size = strlen(name);
	return size > tail && memcmp(name + size - tail, MARK, strlen(MARK)) == 0;
}

static void remove_abandoned(int folder, const char *name)
{
	CLEANUP(close_descriptor)
	int file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat status;
	if (file >= 0 && fstat(file, &status) == 0 && S_ISREG(status.st_mode) &&
		flock(file, LOCK_EX | LOCK_NB) == 0)
		unlinkat(folder, name, 0);
}

void file_writer_tidy(const char *folder)
{
	DIR *listing = opendir(folder);
	if (!listing)
		return;
	for (const struct dirent *entry = readdir(listing); entry; entry = readdir(listing))
		if (is_temporary(entry->d_name))
			remove_abandoned(dirfd(listing), entry->d_name);
	closedir(listing);
}
