#include "record/summaries.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/map.h"
#include "base/parse.h"
#include "base/text.h"

#define ENDING ".summary.md"

struct summaries {
	struct run *run;
	struct arena *arena;
	struct arena scratch;
	struct map places;  /* id to step */
	uint32_t *attempts; /* of each step: whose summary it has; 0: none */
	size_t left_bytes;
};

/* "build[os=a].2.summary.md": the step and the attempt. */
static bool read_name(
	struct summaries *summaries, const char *name, uint32_t *step, uint32_t *attempt)
{
	uint64_t number;
	if (!text_ends_with(name, ENDING))
		return false;
	char *id = arena_copy_bytes(&summaries->scratch, name, strlen(name) - (sizeof ENDING - 1));
	char *dot = strrchr(id, '.');
	if (!dot || !parse_unsigned(dot + 1, UINT32_MAX, &number))
		return false;
	*dot = '\0';
	*step = map_find(&summaries->places, id);
	*attempt = (uint32_t)number;
	return *step != INDEX_NONE;
}

/* Descriptors of files that a step made are opened with care: a link or FIFO is none. */
static void read_one(struct summaries *summaries, int folder, const char *name)
{
	uint32_t step;
	uint32_t attempt;
	if (!read_name(summaries, name, &step, &attempt) || attempt <= summaries->attempts[step])
		return;
	CLEANUP(close_descriptor) int file = open_beneath(folder, name, O_RDONLY);
	if (file < 0)
		return;
	size_t limit = summaries->left_bytes < SUMMARY_LIMIT_BYTES ? summaries->left_bytes
								   : SUMMARY_LIMIT_BYTES;
	/* One byte more tells whether a character stands across the limit. */
	char *text = ARENA_ARRAY(summaries->arena, char, limit + 2);
	size_t size = 0;
	ssize_t part = 1;
	while (size <= limit && (part = read(file, text + size, limit + 1 - size)) > 0)
		size += (size_t)part;
	size = utf8_cut(text, size, limit);
	text[size] = '\0';
	summaries->left_bytes -= size;
	summaries->attempts[step] = attempt;
	if (*text)
		summaries->run->steps[step].summary = text;
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
		summaries.attempts = ARENA_ARRAY(&summaries.scratch, uint32_t, run->step_count);
		for (struct dirent *entry = readdir(entries); entry; entry = readdir(entries))
			read_one(&summaries, dirfd(entries), entry->d_name);
		map_release(&summaries.places);
	}
	arena_release(&summaries.scratch);
}
