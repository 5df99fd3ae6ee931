#include "record/state_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"

#define HOLDER_LIMIT_BYTES 512

/* How often, a millisecond apart, readers that look at the lock are waited for. */
#define READER_LOOKS 2000

static bool refuse_second(int descriptor, const char *state_folder, struct error *error)
{
	char holder[HOLDER_LIMIT_BYTES] = "";
	char host[256] = "";
	long process_id = 0;
	ssize_t size = pread(descriptor, holder, sizeof holder - 1, 0);

	holder[size > 0 ? size : 0] = '\0';
	/* Between another's flock() and its write the file is empty, or still its predecessor's. */
	if (sscanf(holder, "pid %ld host %255s", &process_id, host) == 2)
		error_set(error, ERROR_STATE_LOCKED,
			"another wavetrain (pid %ld on %s) is running here", process_id, host);
	else
		error_set(error, ERROR_STATE_LOCKED, "another wavetrain is running here");
	return error_hint(error, "wait for it or end it; it holds %s", state_folder);
}

static bool write_holder(int descriptor, struct error *error)
{
	char host[256] = "unknown";
	char started[CLOCK_TEXT_SIZE];
	char text[HOLDER_LIMIT_BYTES];
	int size;

	gethostname(host, sizeof host - 1);
	clock_format(clock_realtime_ms(), started);
	size = snprintf(
		text, sizeof text, "pid %ld\nhost %s\nstarted %s\n", (long)getpid(), host, started);
	if (ftruncate(descriptor, 0) != 0)
		return error_set_errno(error, ERROR_FILE, "the lock cannot be written");
	return descriptor_write_all(descriptor, text, (size_t)size, error) ||
	       error_context(error, "the lock");
}

/* A reader shares the lock for a moment; where it can be shared no runner has it. */
static bool lock_alone(int descriptor)
{
	const struct timespec moment = {.tv_nsec = 1000000};

	for (int looks = 0; flock(descriptor, LOCK_EX | LOCK_NB) != 0; looks++) {
		if (looks == READER_LOOKS || errno != EWOULDBLOCK ||
			flock(descriptor, LOCK_SH | LOCK_NB) != 0)
			return false;
		nanosleep(&moment, NULL);
	}
	return true;
}

bool state_lock_take(const char *state_folder, int *result, struct error *error)
{
	struct arena arena = {0};
	const char *path = path_join(&arena, state_folder, "lock");
	int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
	bool done = false;

	*result = -1;
	if (descriptor < 0)
		error_set_errno(error, ERROR_FILE, "%s cannot be opened", path);
	else if (lock_alone(descriptor))
		done = write_holder(descriptor, error);
	else if (errno == EWOULDBLOCK)
		refuse_second(descriptor, state_folder, error);
	else
		error_set_errno(error, ERROR_FILE, "%s cannot be locked", path);
	if (done)
		*result = descriptor;
	else if (descriptor >= 0)
		close(descriptor);
	arena_release(&arena);
	return done;
}

bool state_lock_share(const char *state_folder, int *result)
{
	struct arena arena = {0};
	int descriptor =
		open(path_join(&arena, state_folder, "lock"), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	arena_release(&arena);
	*result = -1;
	if (descriptor < 0)
		return errno == ENOENT;
	if (flock(descriptor, LOCK_SH | LOCK_NB) != 0) {
		close(descriptor);
		return false;
	}
	*result = descriptor;
	return true;
}

bool state_lock_is_held(const char *state_folder)
{
	CLEANUP(close_descriptor) int descriptor = -1;

	return !state_lock_share(state_folder, &descriptor);
}
