#include "checkpoint/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "checkpoint/git_failure.h"

/* How often a file may have changed while it was read before it is refused. */
#define READ_ATTEMPTS 5

static bool cannot_read(const struct blob_source *source, struct error *error)
{
	return error_set_errno(error, ERROR_FILE, "cannot read %s", source->path);
}

static bool read_link(const struct blob_source *source, struct buffer *content, struct error *error)
{
	ssize_t length;

	buffer_clear(content);
	length =
		readlinkat(source->root, source->path, buffer_reserve(content, PATH_MAX), PATH_MAX);
	if (length < 0)
		return cannot_read(source, error);
	content->size = (size_t)length;
	return true;
}

static bool same_moment(const struct stat *left, const struct stat *right)
{
	return left->st_size == right->st_size && left->st_ino == right->st_ino &&
	       left->st_mtim.tv_sec == right->st_mtim.tv_sec &&
	       left->st_mtim.tv_nsec == right->st_mtim.tv_nsec &&
	       left->st_ctim.tv_sec == right->st_ctim.tv_sec &&
	       left->st_ctim.tv_nsec == right->st_ctim.tv_nsec;
}

/* Appends at most size bytes; fewer when the file ends. False with errno set. */
static bool read_up_to(int file, size_t size, struct buffer *content)
{
	char *room = buffer_reserve(content, size);
	size_t done = 0;
	ssize_t count;

	do {
		count = read(file, room + done, size - done);
		if (count > 0)
			done += (size_t)count;
	} while ((count > 0 && done < size) || (count < 0 && errno == EINTR));
	content->size += done;
	return count >= 0;
}

static bool refuse_grown(const struct blob_source *source, struct error *error)
{
	error_set(error, ERROR_FILE, "%s grew over the size limit while it was read", source->path);
	error->number = EBUSY;
	return error_hint(error, "let the step that writes it end before the checkpoint");
}

/* One attempt; *whole says whether the content is of one moment. */
static bool read_file(const struct blob_source *source, struct stat *status, struct buffer *content,
	bool *whole, struct error *error)
{
	CLEANUP(close_descriptor)
	int file = open_beneath(source->root, source->path, O_RDONLY | O_NOFOLLOW);
	struct stat after;

	if (file < 0 || fstat(file, status) != 0)
		return cannot_read(source, error);
	if ((uint64_t)status->st_size > source->max_bytes)
		return refuse_grown(source, error);
	buffer_clear(content);
	/* One byte more than there should be: its absence is the end, without another read. */
	if (!read_up_to(file, (size_t)status->st_size + 1, content) || fstat(file, &after) != 0)
		return cannot_read(source, error);
	*whole = content->size == (size_t)status->st_size && same_moment(status, &after);
	return true;
}

/* The same through git's filters; without any that apply the file is read as it is. */
static bool read_filtered(const struct blob_source *source, struct stat *status,
	struct buffer *content, bool *whole, struct error *error)
{
	git_filter_list *filters = NULL;
	git_buf text = {0};
	struct stat after;
	int result = git_filter_list_load(&filters, source->repository, NULL, source->path,
		GIT_FILTER_TO_ODB, GIT_FILTER_DEFAULT);

	if (result == 0 && !filters)
		return read_file(source, status, content, whole, error);
	if (result < 0 || fstatat(source->root, source->path, status, AT_SYMLINK_NOFOLLOW) != 0)
		goto done;
	result = git_filter_list_apply_to_file(&text, filters, source->repository, source->path);
	if (result < 0 || fstatat(source->root, source->path, &after, AT_SYMLINK_NOFOLLOW) != 0)
		goto done;
	buffer_clear(content);
	buffer_append(content, text.ptr, text.size);
	*whole = same_moment(status, &after);
	git_buf_dispose(&text);
	git_filter_list_free(filters);
	return true;
done:
	git_buf_dispose(&text);
	git_filter_list_free(filters);
	return result < 0 ? git_failure(error, result, "cannot store %s", source->path)
			  : cannot_read(source, error);
}

bool blob_read(const struct blob_source *source, struct stat *status, struct buffer *content,
	struct error *error)
{
	bool whole = false;

	if (source->mode == GIT_FILEMODE_LINK)
		return read_link(source, content, error);
	for (int i = 0; i < READ_ATTEMPTS; i++) {
		bool read = source->filtered ? read_filtered(source, status, content, &whole, error)
					     : read_file(source, status, content, &whole, error);

		if (!read || whole)
			return read;
	}
	error_set(error, ERROR_FILE, "%s changes while it is read", source->path);
	error->number = EBUSY;
	return error_hint(error, "let the step that writes it end before the checkpoint");
}
