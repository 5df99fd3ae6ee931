#ifndef WAVETRAIN_CHECKPOINT_BLOB_H
#define WAVETRAIN_CHECKPOINT_BLOB_H

#include <git2.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/error.h"

/* A file or symbolic link of the work tree whose content is wanted as git would store it. */
struct blob_source {
	git_repository *repository;
	int root;         /* the work tree; borrowed */
	const char *path; /* relative to it */
	uint32_t mode;    /* git's: a link or a file */
	bool filtered;    /* attributes may say something of it: asked, and done as git does */
	uint64_t max_bytes;
};

/*
 * Replaces content by what a blob of the path would hold: of one moment, so a file that is
 * written to meanwhile is read again, a few times, and then refused (number EBUSY). *status becomes what stat(2)
 * said of it at that moment. Never follows a link, never reads more than max_bytes.
 */
bool blob_read(const struct blob_source *source, struct stat *status, struct buffer *content,
	struct error *error);

#endif
