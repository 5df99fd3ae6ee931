#include "run/oom_watch.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/parse.h"

#define GROUPS_PATH "/proc/self/cgroup"
#define MACHINE_PATH "/proc/vmstat"
#define PATH_BYTES 4096
#define FILE_BYTES 16384 /* /proc/vmstat has 4 to 5 KiB */

/* Where a line of /proc/self/cgroup may lead: the hierarchy's word, its mount, the file. */
struct place {
	const char *hierarchy;
	const char *mount;
	const char *file;
};

static const struct place places[] = {
	{"::", "/sys/fs/cgroup", "memory.events"},
	{"::", "/sys/fs/cgroup/unified", "memory.events"},
	{":memory:", "/sys/fs/cgroup/memory", "memory.oom_control"},
};

static int open_file(const char *path)
{
	return path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
}

/* The bytes of the file from its start, as a text. */
static bool read_text(int descriptor, char *text, size_t capacity)
{
	ssize_t size = pread(descriptor, text, capacity - 1, 0);
	if (size < 0)
		return false;
	text[size] = '\0';
	return true;
}

/* In a container the path may be one that is only seen outside: then the mount's root is ours. */
static int open_place(const struct place *place, const char *path, size_t length)
{
	char full[PATH_BYTES];
	snprintf(full, sizeof full, "%s%.*s/%s", place->mount, (int)length, path, place->file);
	int descriptor = open_file(full);
	if (descriptor >= 0)
		return descriptor;
	snprintf(full, sizeof full, "%s/%s", place->mount, place->file);
	return open_file(full);
}

static int open_group(void)
{
	char text[FILE_BYTES];
	int descriptor = open_file(GROUPS_PATH);
	bool is_read = descriptor >= 0 && read_text(descriptor, text, sizeof text);
	if (descriptor >= 0)
		close(descriptor);
	for (size_t i = 0; is_read && i < sizeof places / sizeof *places; i++) {
		const char *word = strstr(text, places[i].hierarchy);
		if (!word)
			continue;
		const char *path = word + strlen(places[i].hierarchy);
		int found = open_place(&places[i], path, strcspn(path, "\n"));
		if (found >= 0)
			return found;
	}
	return -1;
}

/* The number behind "oom_kill " at the start of a line; 0: there is none. */
static uint64_t read_counter(int descriptor)
{
	static const char word[] = "oom_kill ";
	char text[FILE_BYTES];
	uint64_t number = 0;
	if (descriptor < 0 || !read_text(descriptor, text, sizeof text))
		return 0;
	char *at = text;
	while (at && strncmp(at, word, sizeof word - 1) != 0) {
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	if (!at)
		return 0;
	at += sizeof word - 1;
	at[strcspn(at, "\n")] = '\0';
	return parse_unsigned(at, UINT64_MAX, &number) ? number : 0;
}

static void sample(struct oom_watch *watch)
{
	if (!watch->is_open) {
		watch->descriptors[OOM_OF_GROUP] = open_group();
		watch->descriptors[OOM_OF_MACHINE] = open_file(MACHINE_PATH);
		watch->is_open = true;
	}
	for (int i = 0; i < OOM_COUNTER_COUNT; i++)
		watch->last.kills[i] = read_counter(watch->descriptors[i]);
	watch->sampled_ns = clock_monotonic_ns();
}

static struct oom_count open_count(const struct oom_watch *watch)
{
	struct oom_count count;
	for (int i = 0; i < OOM_COUNTER_COUNT; i++)
		count.kills[i] = watch->last.kills[i] - watch->accounted.kills[i];
	return count;
}

void oom_watch_open(struct oom_watch *watch, const char *group_path, const char *machine_path)
{
	watch->descriptors[OOM_OF_GROUP] = open_file(group_path);
	watch->descriptors[OOM_OF_MACHINE] = open_file(machine_path);
	watch->is_open = true;
}

void oom_watch_close(struct oom_watch *watch)
{
	for (int i = 0; watch->is_open && i < OOM_COUNTER_COUNT; i++)
		if (watch->descriptors[i] >= 0)
			close(watch->descriptors[i]);
	*watch = (struct oom_watch){0};
}

struct oom_count oom_watch_begin(struct oom_watch *watch, int64_t now_ns)
{
	if (!watch->sampled_ns || now_ns - watch->sampled_ns > OOM_SAMPLE_NS)
		sample(watch);
	return open_count(watch);
}

/* One kill may have raised both counters. */
bool oom_watch_claim(struct oom_watch *watch, const struct oom_count *begin)
{
	bool has_risen = false;
	sample(watch);
	struct oom_count now = open_count(watch);
	for (int i = 0; i < OOM_COUNTER_COUNT; i++) {
		if (now.kills[i] <= begin->kills[i])
			continue;
		watch->accounted.kills[i]++;
		has_risen = true;
	}
	return has_risen;
}
