#include "run/doomed.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"

#define NS_PER_MS 1000000

void doomed_add(struct doomed *doomed, int descriptor)
{
	doomed->total++;
	if (descriptor < 0)
		return;
	GROW(doomed->descriptors, doomed->count, doomed->capacity);
	doomed->descriptors[doomed->count++] = descriptor;
}

void doomed_await(struct doomed *doomed, int64_t deadline_ns)
{
	for (uint32_t i = 0; i < doomed->count; i++) {
		struct pollfd wanted = {.fd = doomed->descriptors[i], .events = POLLIN};
		int64_t left_ns = deadline_ns - clock_monotonic_ns();
		poll(&wanted, 1, left_ns > 0 ? (int)(left_ns / NS_PER_MS) + 1 : 0);
		close(wanted.fd);
	}
	free(doomed->descriptors);
	*doomed = (struct doomed){0};
}

int doomed_open(pid_t id)
{
	return (int)syscall(SYS_pidfd_open, id, 0);
}
