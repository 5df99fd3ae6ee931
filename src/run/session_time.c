#include "run/session_time.h"

#include <dirent.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/index.h"
#include "base/parse.h"
#include "run/process_stat.h"

struct member {
	struct process_stat stat;
	bool is_counted;
};

struct members {
	struct member *items; /* heap; all processes there are, by id */
	uint32_t count;
	uint32_t capacity;
};

static int compare_ids(const void *left, const void *right)
{
	const struct member *one = left;
	const struct member *other = right;
	return (one->stat.id > other->stat.id) - (one->stat.id < other->stat.id);
}

static void list_processes(struct members *members)
{
	CLEANUP(close_folder) DIR *processes = opendir("/proc");
	uint64_t id;
	if (!processes)
		return;
	for (struct dirent *entry = readdir(processes); entry; entry = readdir(processes)) {
		if (!parse_unsigned(entry->d_name, INT32_MAX, &id))
			continue;
		GROW(members->items, members->count, members->capacity);
		struct member *member = &members->items[members->count];
		*member = (struct member){0};
		members->count += process_stat_read((pid_t)id, &member->stat);
	}
	if (members->count)
		qsort(members->items, members->count, sizeof *members->items, compare_ids);
}

static bool is_of_session(const struct members *members, const struct member *member, pid_t session)
{
	const struct member wanted = {.stat = {.id = member->stat.parent}};
	if (member->stat.session == session)
		return true;
	const struct member *parent = bsearch(
		&wanted, members->items, members->count, sizeof *members->items, compare_ids);
	return parent && parent->is_counted;
}

uint64_t session_time_ticks(pid_t session)
{
	struct members members = {0};
	uint64_t ticks = 0;
	list_processes(&members);
	/* A child may have a lower number than its parent, so one round need not find all. */
	for (bool has_found = true; has_found;) {
		has_found = false;
		for (uint32_t i = 0; i < members.count; i++) {
			struct member *member = &members.items[i];
			if (member->is_counted || !is_of_session(&members, member, session))
				continue;
			member->is_counted = has_found = true;
			ticks += member->stat.ticks;
		}
	}
	free(members.items);
	return ticks;
}
