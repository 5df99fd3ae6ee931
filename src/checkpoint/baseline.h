#ifndef WAVETRAIN_CHECKPOINT_BASELINE_H
#define WAVETRAIN_CHECKPOINT_BASELINE_H

#include <git2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/map.h"

/*
 * What differed from the last commit, or was untracked, before the run's first step: it is the
 * user's and is not committed as long as it stays as it was. Kept in RUN-FOLDER/baseline, so that
 * a resumed run knows it.
 */
struct baseline_entry {
	const char *path;
	uint32_t mode; /* 0: the file was missing */
	git_oid id;    /* of the content; zero: missing, or too large to be read */
	uint64_t size_bytes;
	int64_t changed_ns; /* stat(2)'s ctime: what a too large file is compared by */
};

struct baseline {
	struct baseline_entry *entries; /* heap */
	size_t count;
	size_t capacity;
	struct map places;   /* from path to entry */
	git_oid start;       /* the commit the run began on; zero: none */
	git_oid since;       /* what the run had committed when this was made; zero: nothing */
	const char *target;  /* full reference; NULL: only the run's own */
	bool target_is_head; /* the target was the current branch */
	struct arena arena;  /* of the texts */
};

void baseline_release(struct baseline *baseline);

/* Adds the entry, whose path must outlive the baseline; one of that path stays as it is. */
void baseline_add(struct baseline *baseline, const struct baseline_entry *entry);

/* The same, but the entry is what counts for its path from now on. */
void baseline_set(struct baseline *baseline, const struct baseline_entry *entry);

/* The entry for path, or NULL. */
const struct baseline_entry *baseline_find(const struct baseline *baseline, const char *path);

/* The path is the run's from now on: whatever is in it is committed. */
void baseline_drop(struct baseline *baseline, const char *path);

bool baseline_write(const struct baseline *baseline, const char *file, struct error *error);
bool baseline_read(struct baseline *baseline, const char *file, struct error *error);

#endif
