#ifndef WAVETRAIN_RUN_CACHE_MANIFEST_H
#define WAVETRAIN_RUN_CACHE_MANIFEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/file_match.h"
#include "base/hash.h"

/*
 * What an entry of the result cache holds: lines of words with single spaces between them, paths
 * and names with % and two digits for what a word cannot hold.
 *
 *   wavetrain-cache 1 BYTES
 *   output file|folder FILES BYTES SHA256 NAME PATH
 *   file MODE BYTES SHA256 PATH        a file of the output before it
 *   path MODE BYTES SHA256 PATH        a file of the rule's paths
 *   end SHA256                         of everything before this line
 *
 * The n-th file or path, from 0, is the entry's file n. A manifest that reads has no path that
 * leads out of where it counts from.
 */
#define CACHE_MANIFEST_NAME "manifest"
#define CACHE_MANIFEST_LIMIT_BYTES ((size_t)64 << 20)

struct cache_file {
	bool is_path;    /* of the rule's paths, and not of an output */
	uint32_t output; /* in outputs; INDEX_NONE: is_path */
	uint32_t mode;   /* permission bits */
	uint64_t size_bytes;
	char sha256[HASH_TEXT_SIZE];
	const char *path; /* below the step's artifacts, or below its folder */
};

struct cache_output {
	bool is_folder;
	uint32_t file_count;
	uint64_t size_bytes;
	char sha256[HASH_TEXT_SIZE];
	const char *name;
	const char *path; /* below the step's artifacts: "report.json" */
};

/* Zeroed memory is an empty one. Texts are not the manifest's own. */
struct cache_manifest {
	struct cache_output *outputs; /* heap */
	uint32_t output_count;
	uint32_t output_capacity;
	struct cache_file *files; /* heap; those of outputs first */
	uint32_t file_count;
	uint32_t file_capacity;
	uint64_t total_bytes;
};

void cache_manifest_release(struct cache_manifest *manifest);
struct cache_output *cache_manifest_add_output(struct cache_manifest *manifest);
struct cache_file *cache_manifest_add_file(struct cache_manifest *manifest);

/* Makes the file in the entry's folder. */
bool cache_manifest_write(const struct cache_manifest *manifest, int entry, struct error *error);

/* Texts are the arena's. False: there is none, or it is damaged. Released in any case. */
bool cache_manifest_read(int entry, struct arena *arena, struct cache_manifest *manifest);

/* Its total_bytes alone; false: none that could be read. */
bool cache_manifest_size(int entry, uint64_t *total_bytes);

/*
 * Files of one of a rule's globs: as file_match(), but a path without a pattern that is a folder
 * stands for all that is in it, hidden files too.
 */
bool cache_glob(int folder, const char *glob, struct arena *arena, struct file_matches *matches,
	struct error *error);

/* The name of the entry's file. */
#define CACHE_FILE_NAME_SIZE 12
void cache_file_name(uint32_t place, char name[CACHE_FILE_NAME_SIZE]);

#endif
