#include "run/leftovers.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "run/doomed.h"
#include "run/process_stat.h"

#define NS_PER_MS 1000000
#define SWEEP_ROUNDS 64
#define LIST_CHUNK_BYTES 4096

/* Puts this process's children there, "12 34 "; nothing where the kernel does not tell. */
static void list_children(struct leftovers *leftovers, struct buffer *list)
{
	ssize_t size;
	buffer_clear(list);
	if (leftovers->children < 0)
		leftovers->children = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
	do {
		char *room = buffer_reserve(list, LIST_CHUNK_BYTES);
		size = pread(leftovers->children, room, LIST_CHUNK_BYTES, (off_t)list->size);
		list->size += size > 0 ? (size_t)size : 0;
	} while (size > 0);
	buffer_append_text(list, "");
}

/* The next number of the list; 0: no more. */
static pid_t next_child(const char **rest)
{
	uint64_t id = 0;
	for (; **rest == ' '; (*rest)++)
		;
	for (; **rest >= '0' && **rest <= '9'; (*rest)++)
		id = id * 10 + (uint64_t)(**rest - '0');
	return (pid_t)id;
}

void leftovers_init(struct leftovers *leftovers)
{
	struct buffer list = BUFFER_INIT;
	*leftovers = (struct leftovers){.children = -1};
	list_children(leftovers, &list);
	const char *rest = buffer_text(&list);
	for (pid_t id = next_child(&rest); id; id = next_child(&rest)) {
		GROW(leftovers->spared, leftovers->spared_count, leftovers->spared_capacity);
		leftovers->spared[leftovers->spared_count++] = id;
	}
	close_descriptor(&leftovers->children);
	leftovers->children = -1;
	buffer_release(&list);
}

void leftovers_release(struct leftovers *leftovers)
{
	free(leftovers->spared);
	close_descriptor(&leftovers->children);
	*leftovers = (struct leftovers){.children = -1};
}

static bool is_spared(const struct leftovers *leftovers, pid_t id)
{
	for (uint32_t i = 0; i < leftovers->spared_count; i++) {
		if (leftovers->spared[i] == id)
			return true;
	}
	return getsid(id) == getsid(0);
}

/* False: there was nothing to end. */
static bool end_once(struct leftovers *leftovers, struct buffer *list, int64_t deadline_ns)
{
	struct doomed doomed = {0};
	list_children(leftovers, list);
	const char *rest = buffer_text(list);
	for (pid_t id = next_child(&rest); id; id = next_child(&rest)) {
		if (is_spared(leftovers, id) || waitpid(id, NULL, WNOHANG) != 0)
			continue;
		int descriptor = doomed_open(id);
		kill(id, SIGKILL);
		doomed_add(&doomed, descriptor);
	}
	bool has_found = doomed.total > 0;
	doomed_await(&doomed, deadline_ns);
	return has_found;
}

/* One call instead of a walk through /proc, where there is nothing to end: after most stages. */
static bool has_children(void)
{
	siginfo_t ignored;
	return waitid(P_ALL, 0, &ignored, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

void leftovers_end(struct leftovers *leftovers)
{
	struct buffer list = BUFFER_INIT;
	int64_t deadline_ns = clock_monotonic_ns() + (int64_t)LEFTOVERS_WAIT_MS * NS_PER_MS;
	if (!has_children())
		return;
	/*
	 * Ending one makes its own children ours, and those that were ended are reaped when they
	 * are looked at again; so look until nothing new turns up.
	 */
	for (int round = 0; round < SWEEP_ROUNDS; round++) {
		if (!end_once(leftovers, &list, deadline_ns))
			break;
	}
	buffer_release(&list);
}

static uint32_t count_children(const char *list)
{
	uint32_t count = 0;
	while (next_child(&list))
		count++;
	return count;
}

bool leftovers_signal(
	struct leftovers *leftovers, const struct leftovers_search *search, int signal)
{
	CLEANUP(buffer_release) struct buffer list = BUFFER_INIT;
	bool has_found = false;
	list_children(leftovers, &list);
	const char *rest = buffer_text(&list);
	if (count_children(rest) <= search->running_count)
		return false;
	for (pid_t id = next_child(&rest); id; id = next_child(&rest)) {
		if (search->is_running(search->context, id) || is_spared(leftovers, id) ||
			waitpid(id, NULL, WNOHANG) != 0)
			continue;
		if (search->marker && !process_carries_marker(id, search->marker))
			continue;
		has_found = true;
		if (signal)
			kill(id, signal);
	}
	return has_found;
}
