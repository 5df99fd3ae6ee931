#ifndef WAVETRAIN_CONTRACT_SUBJECT_FILES_H
#define WAVETRAIN_CONTRACT_SUBJECT_FILES_H

#include "base/arena.h"
#include "base/error.h"
#include "base/file_match.h"
#include "model/contract_check.h"

/* The files that a contract names by an output's name, a path or a glob. */
struct subject_files {
	int folder; /* open, that the paths count from; -1: none */
	struct file_matches matches;
	bool is_many; /* a glob or a folder artifact: any number may have matched */
	const struct artifact *artifact; /* NULL: named by a path */
};

/*
 * An output's name comes before a path, which counts from subject->work_folder. A single path is a
 * match whether or not there is such a file. False: *error; nothing is to be released.
 */
bool subject_files_find(const struct contract_subject *subject, const char *path,
	struct subject_files *files, struct arena *arena, struct error *error);
void subject_files_release(struct subject_files *files); /* closes the folder */

/* What people are told of an open_beneath() that failed: "does not exist". */
const char *subject_file_fault(int error_number);

/* Sums up what was found; its errors are the arena's, at most CONTRACT_ERROR_LIMIT are kept. */
struct contract_findings {
	struct arena *arena;
	struct contract_result *result;
	uint32_t capacity;
};
void contract_findings_add(struct contract_findings *findings, const struct contract_error *found);

#endif
