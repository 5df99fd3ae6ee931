#include "run/session_time.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"

#define STAT_LIMIT_BYTES 4096

/* Numbers behind "ID (NAME) STATE", where the name may hold anything. */
enum stat_number { STAT_SESSION = 2, STAT_UTIME = 10, STAT_CSTIME = 13, STAT_NUMBER_COUNT };

static uint64_t ticks_in(const char *stat, pid_t session)
{
	const char *end = strrchr(stat, ')');
	if (!end || strlen(end) < 4)
		return 0;
	const char *rest = end + 3;
	uint64_t ticks = 0;
	for (int i = 0; i < STAT_NUMBER_COUNT; i++) {
		char *behind;
		long long number = strtoll(rest, &behind, 10);
		rest = behind;
		if (i == STAT_SESSION && number != session)
			return 0;
		if (i >= STAT_UTIME)
			ticks += (uint64_t)number;
	}
	return ticks;
}

uint64_t session_time_ticks(pid_t session)
{
	CLEANUP(close_folder) DIR *processes = opendir("/proc");
	CLEANUP(buffer_release) struct buffer stat = BUFFER_INIT;
	uint64_t ticks = 0;
	if (!processes)
		return 0;
	for (struct dirent *entry = readdir(processes); entry; entry = readdir(processes)) {
		char path[sizeof "/proc//stat" + sizeof entry->d_name];
		struct error gone;
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
		buffer_clear(&stat);
		if (file_read(path, STAT_LIMIT_BYTES, &stat, &gone))
			ticks += ticks_in(buffer_text(&stat), session);
	}
	return ticks;
}
