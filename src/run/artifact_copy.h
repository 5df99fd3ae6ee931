#ifndef WAVETRAIN_RUN_ARTIFACT_COPY_H
#define WAVETRAIN_RUN_ARTIFACT_COPY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/hash.h"

struct copy_result {
	char sha256[HASH_TEXT_SIZE]; /* of what lies at the target */
	uint64_t size_bytes;
};

/*
 * Copies an open regular file to target, which must not exist, sharing blocks where the file
 * system can. The checksum is that of the bytes written. False also when the source was changed
 * meanwhile; the target may then be there in part.
 */
bool artifact_copy(int source, const char *target, struct copy_result *result, struct error *error);

#endif
