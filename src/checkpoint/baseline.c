/*
 * The file: a line of version, a line "start OID", a line "since OID" (not in version 1, whose
 * entries are as old as the run), a line "target REFERENCE|-", a line "head yes|no", then one
 * record an entry, "MODE OID SIZE CHANGED PATH", each closed by a NUL since paths may hold line
 * ends.
 */
#include "checkpoint/baseline.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/index.h"
#include "base/parse.h"
#include "base/text.h"

#define BASELINE_TITLE "wavetrain baseline 2"
#define BASELINE_TITLE_1 "wavetrain baseline 1"
#define BASELINE_LIMIT_BYTES (1u << 30)

void baseline_release(struct baseline *baseline)
{
	free(baseline->entries);
	map_release(&baseline->places);
	arena_release(&baseline->arena);
	*baseline = (struct baseline){0};
}

void baseline_add(struct baseline *baseline, const struct baseline_entry *entry)
{
	struct baseline_entry *copy;

	if (!map_add(&baseline->places, entry->path, (uint32_t)baseline->count))
		return;
	GROW(baseline->entries, baseline->count, baseline->capacity);
	copy = &baseline->entries[baseline->count++];
	*copy = *entry;
}

void baseline_set(struct baseline *baseline, const struct baseline_entry *entry)
{
	uint32_t place = map_find(&baseline->places, entry->path);

	if (place == INDEX_NONE)
		baseline_add(baseline, entry);
	else
		baseline->entries[place] = *entry;
}

const struct baseline_entry *baseline_find(const struct baseline *baseline, const char *path)
{
	uint32_t place = map_find(&baseline->places, path);

	if (place == INDEX_NONE || !baseline->entries[place].path)
		return NULL;
	return &baseline->entries[place];
}

void baseline_drop(struct baseline *baseline, const char *path)
{
	uint32_t place = map_find(&baseline->places, path);

	if (place != INDEX_NONE)
		baseline->entries[place].path = NULL;
}

bool baseline_write(const struct baseline *baseline, const char *file, struct error *error)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	char id[GIT_OID_HEXSZ + 1];
	char since[GIT_OID_HEXSZ + 1];
	bool written;

	buffer_printf(&text, "%s\nstart %s\nsince %s\ntarget %s\nhead %s\n", BASELINE_TITLE,
		git_oid_tostr(id, sizeof(id), &baseline->start),
		git_oid_tostr(since, sizeof(since), &baseline->since),
		baseline->target ? baseline->target : "-", baseline->target_is_head ? "yes" : "no");
	for (size_t i = 0; i < baseline->count; i++) {
		const struct baseline_entry *entry = &baseline->entries[i];
		if (!entry->path)
			continue;
		buffer_printf(&text, "%" PRIu32 " %s %" PRIu64 " %" PRId64 " %s", entry->mode,
			git_oid_tostr(id, sizeof(id), &entry->id), entry->size_bytes,
			entry->changed_ns, entry->path);
		buffer_append_byte(&text, '\0');
	}
	written = file_write_atomic(file, text.bytes, text.size, error);
	return written;
}

/* Cuts the next word or line off *rest; NULL when the separator is missing. */
static char *cut(char **rest, char separator)
{
	char *start = *rest;
	char *end = start ? strchr(start, separator) : NULL;

	if (!end)
		return NULL;
	*end = '\0';
	*rest = end + 1;
	return start;
}

/* The text after "KEY " on the next line, or NULL. */
static char *cut_field(char **rest, const char *key)
{
	char *line = cut(rest, '\n');
	size_t length = strlen(key);

	if (!line || strncmp(line, key, length) != 0 || line[length] != ' ')
		return NULL;
	return line + length + 1;
}

static bool read_head(struct baseline *baseline, char **rest)
{
	char *title = cut(rest, '\n');
	bool is_first = text_equal(title, BASELINE_TITLE_1);
	char *start = cut_field(rest, "start");
	char *since = is_first ? start : cut_field(rest, "since");
	char *target = cut_field(rest, "target");
	char *head = cut_field(rest, "head");

	if (!is_first && !text_equal(title, BASELINE_TITLE))
		return false;
	if (!start || !since || !target || !head)
		return false;
	baseline->target = text_equal(target, "-") ? NULL : target;
	baseline->target_is_head = text_equal(head, "yes");
	return git_oid_fromstr(&baseline->start, start) == 0 &&
	       git_oid_fromstr(&baseline->since, since) == 0;
}

static bool read_entry(struct baseline *baseline, char *record)
{
	struct baseline_entry entry = {0};
	char *mode = cut(&record, ' ');
	char *id = cut(&record, ' ');
	char *size = cut(&record, ' ');
	char *changed = cut(&record, ' ');
	uint64_t number;

	if (!changed || !parse_unsigned(mode, UINT32_MAX, &number) ||
		git_oid_fromstr(&entry.id, id) != 0 ||
		!parse_unsigned(size, UINT64_MAX, &entry.size_bytes) ||
		!parse_signed(changed, &entry.changed_ns) || *record == '\0')
		return false;
	entry.mode = (uint32_t)number;
	entry.path = record;
	baseline_add(baseline, &entry);
	return true;
}

bool baseline_read(struct baseline *baseline, const char *file, struct error *error)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	char *rest;
	char *end;

	if (!file_read(file, BASELINE_LIMIT_BYTES, &text, error))
		return error_context(error, "cannot tell what was changed before the run");
	rest = arena_copy_bytes(&baseline->arena, buffer_text(&text), text.size);
	end = rest + text.size;
	if (!read_head(baseline, &rest))
		goto damaged;
	while (rest < end) {
		char *next = rest + strlen(rest) + 1;
		if (!read_entry(baseline, rest))
			goto damaged;
		rest = next;
	}
	return true;
damaged:
	error_set(error, ERROR_FILE, "the baseline %s is damaged", file);
	return error_hint(error, "start a new run with `wavetrain run`");
}
