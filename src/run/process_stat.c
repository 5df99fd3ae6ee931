#include "run/process_stat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"

#define STAT_LIMIT_BYTES 4096

/* Numbers behind "ID (NAME) STATE", where the name may hold anything. */
enum stat_number {
	STAT_PARENT = 0,
	STAT_SESSION = 2,
	STAT_UTIME = 10,
	STAT_CSTIME = 13,
	STAT_NUMBER_COUNT
};

static bool read_numbers(const char *line, long long numbers[STAT_NUMBER_COUNT])
{
	const char *end = strrchr(line, ')');
	if (!end || strlen(end) < 4)
		return false;
	const char *rest = end + 3;
	for (int i = 0; i < STAT_NUMBER_COUNT; i++) {
		char *behind;
		numbers[i] = strtoll(rest, &behind, 10);
		rest = behind;
	}
	return true;
}

bool process_stat_read(pid_t id, struct process_stat *stat)
{
	CLEANUP(buffer_release) struct buffer line = BUFFER_INIT;
	char path[64];
	long long numbers[STAT_NUMBER_COUNT];
	struct error gone;
	*stat = (struct process_stat){.id = id};
	snprintf(path, sizeof path, "/proc/%d/stat", (int)id);
	if (!file_read(path, STAT_LIMIT_BYTES, &line, &gone) ||
		!read_numbers(buffer_text(&line), numbers))
		return false;
	stat->parent = (pid_t)numbers[STAT_PARENT];
	stat->session = (pid_t)numbers[STAT_SESSION];
	for (int i = STAT_UTIME; i <= STAT_CSTIME; i++)
		stat->ticks += (uint64_t)numbers[i];
	return true;
}
