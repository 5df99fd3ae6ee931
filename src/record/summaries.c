#include "record/summaries.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/map.h"
#include "base/parse.h"
#include "base/text.h"

#define ENDING ".summary.md"

struct note {
	uint32_t step;
	uint32_t attempt;
	const char *name; /* in the folder */
};

struct summaries {
	struct run *run;
	struct arena *arena;
	struct arena scratch;
	struct map places;  /* id to step */
	struct note *notes; /* heap */
	size_t count;
	size_t capacity;
	char *text; /* room for one summary */
	size_t left_bytes;
};

/* "build[os=a].2.summary.md": the step and the attempt. */
static bool read_name(struct summaries *summaries, const char *name, struct note *note)
{
	uint64_t number;
	if (!text_ends_with(name, ENDING))
		return false;
	char *id = arena_copy_bytes(&summaries->scratch, name, strlen(name) - (sizeof ENDING - 1));
	char *dot = strrchr(id, '.');
	if (!dot || !parse_unsigned(dot + 1, UINT32_MAX, &number))
		return false;
	*dot = '\0';
	note->step = map_find(&summaries->places, id);
	note->attempt = (uint32_t)number;
	if (note->step == INDEX_NONE)
		return false;
	note->name = arena_copy_text(&summaries->scratch, name);
	return true;
}

/* Steps in order, of each the last attempt first. */
static int compare_notes(const void *left, const void *right)
{
	const struct note *one = left;
	const struct note *other = right;
	if (one->step != other->step)
		return one->step < other->step ? -1 : 1;
	return (one->attempt < other->attempt) - (one->attempt > other->attempt);
}

static void list_notes(struct summaries *summaries, DIR *entries)
{
	struct note note;
	for (struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
		if (!read_name(summaries, entry->d_name, &note))
			continue;
		GROW(summaries->notes, summaries->count, summaries->capacity);
		summaries->notes[summaries->count++] = note;
	}
	if (summaries->count > 0)
		qsort(summaries->notes, summaries->count, sizeof(struct note), compare_notes);
}

/* Descriptors of files that a step made are opened with care: a link or FIFO is none. */
static void read_one(struct summaries *summaries, int folder, const struct note *note)
{
	CLEANUP(close_descriptor) int file = open_beneath(folder, note->name, O_RDONLY);
	if (file < 0)
		return;
	size_t limit = summaries->left_bytes < SUMMARY_LIMIT_BYTES ? summaries->left_bytes
								   : SUMMARY_LIMIT_BYTES;
	size_t size = 0;
	ssize_t part = 1;
	/* One byte more tells whether a character stands across the limit. */
	while (size <= limit && (part = read(file, summaries->text + size, limit + 1 - size)) > 0)
		size += (size_t)part;
	size = strnlen(summaries->text, utf8_cut(summaries->text, size, limit));
	summaries->left_bytes -= size;
	if (size > 0)
		summaries->run->steps[note->step].summary =
			arena_copy_bytes(summaries->arena, summaries->text, size);
}

void summaries_read(struct run *run, struct arena *arena)
{
	struct summaries summaries = {
		.run = run, .arena = arena, .left_bytes = SUMMARIES_LIMIT_BYTES};
	CLEANUP(close_folder)
	DIR *entries = opendir(path_join(&summaries.scratch, run->folder, "notes"));
	if (entries) {
		map_reserve(&summaries.places, run->step_count);
		for (uint32_t i = 0; i < run->step_count; i++)
			map_add(&summaries.places, run->steps[i].id, i);
		list_notes(&summaries, entries);
		summaries.text = ARENA_ARRAY(&summaries.scratch, char, SUMMARY_LIMIT_BYTES + 1);
		for (size_t i = 0; i < summaries.count; i++)
			if (!run->steps[summaries.notes[i].step].summary)
				read_one(&summaries, dirfd(entries), &summaries.notes[i]);
		map_release(&summaries.places);
		free(summaries.notes);
	}
	arena_release(&summaries.scratch);
}
