#include "run/artifact_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

#define COPY_BYTES 65536

static bool copy_bytes(int source, int target, struct copy_result *result, struct error *error)
{
	char bytes[COPY_BYTES];
	struct hash hash;
	bool is_done = false;
	hash_start(&hash);
	while (!is_done) {
		ssize_t count = read(source, bytes, sizeof bytes);
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			error_set_errno(error, ERROR_FILE, "cannot read");
		if (count < 0 ||
			(count && !descriptor_write_all(target, bytes, (size_t)count, error)))
			break;
		hash_add(&hash, bytes, (size_t)count);
		result->size_bytes += (uint64_t)count;
		is_done = count == 0;
	}
	hash_finish(&hash, result->sha256);
	return is_done;
}

static bool is_same(const struct stat *left, const struct stat *right)
{
	return left->st_size == right->st_size && left->st_mtim.tv_sec == right->st_mtim.tv_sec &&
	       left->st_mtim.tv_nsec == right->st_mtim.tv_nsec &&
	       left->st_ctim.tv_sec == right->st_ctim.tv_sec &&
	       left->st_ctim.tv_nsec == right->st_ctim.tv_nsec;
}

bool artifact_copy(int source, const char *target, struct copy_result *result, struct error *error)
{
	struct stat before, after;
	*result = (struct copy_result){0};
	if (fstat(source, &before) < 0)
		return error_set_errno(error, ERROR_FILE, "cannot read");
	mode_t mode = before.st_mode & 0111 ? 0777 : 0666;
	CLEANUP(close_descriptor)
	int copy = open(target, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (copy < 0)
		return error_set_errno(error, ERROR_FILE, "cannot write '%s'", target);
	/* A clone may share blocks with a file that changes later, never its changes. */
	bool is_cloned = ioctl(copy, FICLONE, source) == 0;
	if (is_cloned ? !hash_descriptor(copy, result->sha256, &result->size_bytes, error)
		      : !copy_bytes(source, copy, result, error))
		return false;
	if (fstat(source, &after) < 0 || !is_same(&before, &after))
		return error_set(error, ERROR_FILE, "the file was changed while it was copied");
	return true;
}
