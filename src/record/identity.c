/*
 * Who a record is, so that a commit that it does not know can be told from one that it has lost.
 * Kept in a file beside the database: with the end of a -wal file it is not lost.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "record/record_internal.h"

#define PLACE_SIZE 64

/* "IDENTITY PLACE" and the end of the line. */
#define TEXT_SIZE (IDENTITY_SIZE + PLACE_SIZE + 1)

/* Of the state folder: a copy has another inode, or the same one made at another time. */
static bool find_place(const char *folder, char place[PLACE_SIZE], struct error *error)
{
	struct statx facts = {0};

	if (statx(AT_FDCWD, folder, 0, STATX_INO | STATX_BTIME, &facts) != 0)
		return error_set_errno(error, ERROR_FILE, "%s cannot be looked at", folder);
	if (!(facts.stx_mask & STATX_BTIME))
		facts.stx_btime = (struct statx_timestamp){0};
	snprintf(place, PLACE_SIZE, "%" PRIx64 ".%" PRIx64 ".%" PRIx32, (uint64_t)facts.stx_ino,
		(uint64_t)facts.stx_btime.tv_sec, (uint32_t)facts.stx_btime.tv_nsec);
	return true;
}

static const char *identity_path(const struct record *record, struct arena *arena)
{
	return path_join(arena, record->state_folder, "state.db" IDENTITY_ENDING);
}

/* Of another place it is that of a copied record; what cannot be read is written anew. */
static void read_identity(struct record *record, const char *place)
{
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer bytes = BUFFER_INIT;
	struct error ignored;
	const char *text;

	if (!file_read(identity_path(record, &arena), TEXT_SIZE, &bytes, &ignored))
		return;
	text = buffer_text(&bytes);
	if (strspn(text, "0123456789abcdef") == IDENTITY_SIZE - 1 &&
		strcmp(text + IDENTITY_SIZE - 1, arena_format(&arena, " %s\n", place)) == 0)
		memcpy(record->identity, text, IDENTITY_SIZE - 1);
}

static bool write_identity(struct record *record, const char *place, struct error *error)
{
	CLEANUP(arena_release) struct arena arena = {0};
	char identity[IDENTITY_SIZE];
	const char *text;
	uint64_t number;

	if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
		return error_set_errno(error, ERROR_PROCESS, "the system has no random numbers");
	snprintf(identity, sizeof identity, "%016" PRIx64, number);
	text = arena_format(&arena, "%s %s\n", identity, place);
	if (!file_write_atomic(identity_path(record, &arena), text, strlen(text), error))
		return false;
	memcpy(record->identity, identity, sizeof identity);
	return true;
}

static bool look_up(struct record *record, char place[PLACE_SIZE], struct error *error)
{
	if (!find_place(record->state_folder, place, error))
		return false;
	read_identity(record, place);
	return true;
}

bool record_identify(struct record *record, struct error *error)
{
	char place[PLACE_SIZE];

	return *record->identity ||
	       (look_up(record, place, error) &&
		       (*record->identity || write_identity(record, place, error)));
}

bool record_is_author(
	struct record *record, const char *identity, bool *is_author, struct error *error)
{
	char place[PLACE_SIZE];

	if (!*record->identity && !look_up(record, place, error))
		return false;
	*is_author = identity && *record->identity && strcmp(identity, record->identity) == 0;
	return true;
}
