#ifndef WAVETRAIN_LOAD_SCHEMA_REFERENCE_H
#define WAVETRAIN_LOAD_SCHEMA_REFERENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

/*
 * A schema's name and versions: "finding:1.0.0" is exactly one; "finding:^1.0", "finding:~1.2",
 * "finding:1.x", "finding:>=1.0 <2.1" and "finding" are ranges, with the meanings they have in
 * npm: ^ keeps the first number that is not 0, ~ the first two, a number left out is any. There
 * are no pre-releases.
 */
#define SCHEMA_FOLDER ".wavetrain/schemas"
#define VERSION_NUMBER_LIMIT 999999u

struct schema_version {
	uint32_t numbers[3]; /* major, minor, patch */
};

struct schema_reference {
	const char *name;
	bool is_exact; /* minimum is the version */
	struct schema_version minimum;
	struct schema_version limit; /* the first version beyond; when has_limit */
	bool has_limit;
};

/* NULL, or what is wrong, as the end of "'x' … ". The name belongs to the arena. */
const char *schema_reference_parse(
	const char *text, struct arena *arena, struct schema_reference *reference);

/* Whether an exact reference is one of those that wanted names. */
bool schema_reference_accepts(
	const struct schema_reference *wanted, const struct schema_reference *given);

enum schema_file {
	SCHEMA_FILE_NONE,     /* nobody keeps schemas of that name */
	SCHEMA_FILE_FOUND,    /* path is set, relative to folder */
	SCHEMA_FILE_MISSING,  /* there are other versions; versions says which, "1.0.0, 1.1.0" */
	SCHEMA_FILE_AMBIGUOUS /* path is the folder with several .json files, none NAME.json */
};

struct schema_place {
	enum schema_file result;
	const char *path;
	const char *versions;
};

/*
 * Looks for FOLDER/.wavetrain/schemas/NAME/VERSION/NAME.json, or the one .json file there. The
 * reference must be exact; texts are the arena's.
 */
struct schema_place schema_file_find(
	const char *folder, const struct schema_reference *reference, struct arena *arena);

#endif
