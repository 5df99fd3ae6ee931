#include "run/jobserver.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"

#define TOKEN '+'
#define TOKEN_LIMIT 4095u /* a pipe holds a page at least */

/* Shells save descriptors from 10 on, and scripts use those below. */
#define FIRST_PASSED 100

/* --- tokens --- */

/* They fit: there are never more of them than the pipe holds. */
static void put_tokens(const struct jobserver *jobserver, uint32_t count)
{
	char tokens[TOKEN_LIMIT];
	memset(tokens, TOKEN, count);
	for (uint32_t done = 0; done < count;) {
		ssize_t written = write(jobserver->own, tokens + done, count - done);
		if (written < 0 && errno != EINTR)
			return;
		done += written > 0 ? (uint32_t)written : 0;
	}
}

static uint32_t take_tokens(const struct jobserver *jobserver, uint32_t count)
{
	char tokens[TOKEN_LIMIT];
	ssize_t got;
	do
		got = read(jobserver->own, tokens, count < TOKEN_LIMIT ? count : TOKEN_LIMIT);
	while (got < 0 && errno == EINTR);
	return got > 0 ? (uint32_t)got : 0;
}

/* No step runs, and we hold none: all of them should be in the pipe. */
static uint32_t restore(const struct jobserver *jobserver)
{
	int there = 0;
	if (ioctl(jobserver->own, FIONREAD, &there) < 0)
		return 0;
	uint32_t count = (uint32_t)there;
	if (count > jobserver->token_count)
		take_tokens(jobserver, count - jobserver->token_count);
	if (count >= jobserver->token_count)
		return 0;
	put_tokens(jobserver, jobserver->token_count - count);
	return jobserver->token_count - count;
}

bool jobserver_has_slot(struct jobserver *jobserver)
{
	if (!jobserver->style || !jobserver->running_count || jobserver->has_spare)
		return true;
	jobserver->has_spare = take_tokens(jobserver, 1) == 1;
	jobserver->is_wanted = !jobserver->has_spare;
	return jobserver->has_spare;
}

void jobserver_settle(struct jobserver *jobserver)
{
	struct error ignored;
	if (jobserver->has_spare)
		put_tokens(jobserver, 1);
	jobserver->has_spare = false;
	if (jobserver->is_wanted && !jobserver->watch.active)
		event_loop_watch(jobserver->loop, &jobserver->watch, jobserver->own, &ignored);
	else if (!jobserver->is_wanted && jobserver->watch.active)
		event_loop_unwatch(jobserver->loop, &jobserver->watch);
	jobserver->is_wanted = false;
}

void jobserver_step_starts(struct jobserver *jobserver)
{
	jobserver->running_count++;
	jobserver->has_spare = false;
}

uint32_t jobserver_step_ends(struct jobserver *jobserver)
{
	jobserver->running_count--;
	if (!jobserver->style)
		return 0;
	if (!jobserver->running_count) {
		/* The first step needs none. */
		if (jobserver->has_spare)
			put_tokens(jobserver, 1);
		jobserver->has_spare = false;
		return restore(jobserver);
	}
	put_tokens(jobserver, 1);
	return 0;
}

/* --- what children are told --- */

/* A path as one word of MAKEFLAGS, which make expands and splits. */
static void append_path(struct buffer *flags, const char *path)
{
	for (; *path; path++) {
		if (*path == ' ' || *path == '\t' || *path == '\\')
			buffer_append_byte(flags, '\\');
		else if (*path == '$')
			buffer_append_byte(flags, '$');
		buffer_append_byte(flags, *path);
	}
}

/* Where the options end: variables follow behind " -- ". */
static size_t options_length(const char *flags)
{
	const char *variables = strncmp(flags, "-- ", 3) == 0 ? flags : strstr(flags, " -- ");
	return variables ? (size_t)(variables - flags) : strlen(flags);
}

/* Ours behind the options that were there, but for those of another jobserver: it is out of reach. */
static const char *make_flags(const struct jobserver *jobserver,
	const struct jobserver_request *request, struct arena *arena)
{
	CLEANUP(buffer_release) struct buffer flags = BUFFER_INIT;
	const char *inherited = request->inherited_flags;
	if (!inherited || strstr(inherited, "--jobserver"))
		inherited = "";
	size_t length = options_length(inherited);
	buffer_append(&flags, inherited, length);
	buffer_printf(&flags, "%s-j%u --jobserver-auth=", length ? " " : "", request->slot_count);
	if (jobserver->style == JOBSERVER_FIFO) {
		buffer_append_text(&flags, "fifo:");
		append_path(&flags, path_join(arena, request->run_folder_path, JOBSERVER_FILE));
	} else {
		buffer_printf(&flags, "%d,%d", jobserver->passed[0], jobserver->passed[1]);
	}
	buffer_append_text(&flags, inherited + length);
	return arena_copy_text(arena, buffer_text(&flags));
}

/* --- life --- */

/* Runs lie beside one another, and one of them at most has a runner: what others have is left over. */
static void remove_left(const struct jobserver *jobserver)
{
	int runs = openat(jobserver->run_folder, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = runs < 0 ? NULL : fdopendir(runs);
	if (!listing) {
		if (runs >= 0)
			close(runs);
		return;
	}
	for (struct dirent *entry; (entry = readdir(listing));) {
		char name[sizeof entry->d_name + sizeof JOBSERVER_FILE + 1];
		struct stat facts;
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof name, "%s/" JOBSERVER_FILE, entry->d_name);
		if (fstatat(runs, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 &&
			S_ISFIFO(facts.st_mode))
			unlinkat(runs, name, 0);
	}
	closedir(listing);
}

static bool open_fifo(struct jobserver *jobserver, struct error *error)
{
	remove_left(jobserver);
	bool is_made = mkfifoat(jobserver->run_folder, JOBSERVER_FILE, 0600) == 0;
	/* For writing too, so that it neither waits for others nor ends when they close it. */
	if (is_made)
		jobserver->own = openat(jobserver->run_folder, JOBSERVER_FILE,
			O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	return jobserver->own >= 0 ||
	       error_set_errno(error, ERROR_PROCESS, "cannot make the jobserver's fifo");
}

/* To high numbers, where the limit of open files bears them; the lower one stays the first. */
static void move_up(int passed[2])
{
	int moved[2];
	moved[0] = fcntl(passed[0], F_DUPFD_CLOEXEC, FIRST_PASSED);
	moved[1] = fcntl(passed[1], F_DUPFD_CLOEXEC, FIRST_PASSED);
	bool are_moved = moved[0] >= 0 && moved[1] >= 0;
	for (uint32_t i = 0; i < 2; i++) {
		int unused = are_moved ? passed[i] : moved[i];
		if (unused >= 0)
			close(unused);
		if (are_moved)
			passed[i] = moved[i];
	}
}

/* What children get waits for a token; we must not, so ours is opened anew. */
static bool open_pipe(struct jobserver *jobserver, struct error *error)
{
	char path[64];
	if (pipe2(jobserver->passed, O_CLOEXEC) < 0) {
		jobserver->passed[0] = jobserver->passed[1] = 0;
		return error_set_errno(error, ERROR_PROCESS, "cannot make the jobserver's pipe");
	}
	move_up(jobserver->passed);
	snprintf(path, sizeof path, "/proc/self/fd/%d", jobserver->passed[0]);
	jobserver->own = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return jobserver->own >= 0 || error_set_errno(error, ERROR_PROCESS,
					      "cannot open the jobserver's pipe by '%s'", path);
}

/* The runner looks for itself when its turn is over. */
static void token_is_back(void *owner)
{
	(void)owner;
}

bool jobserver_open(struct jobserver *jobserver, const struct jobserver_request *request,
	struct arena *arena, struct error *error)
{
	*jobserver = (struct jobserver){.style = request->style,
		.own = -1,
		.run_folder = request->run_folder,
		.loop = request->loop,
		.watch = {.ready = token_is_back}};
	/* Of this run, before it was resumed. */
	unlinkat(request->run_folder, JOBSERVER_FILE, 0);
	if (!jobserver->style)
		return true;
	bool is_open = jobserver->style == JOBSERVER_FIFO ? open_fifo(jobserver, error)
							  : open_pipe(jobserver, error);
	if (!is_open)
		return false;
	jobserver->token_count =
		request->slot_count - 1 < TOKEN_LIMIT ? request->slot_count - 1 : TOKEN_LIMIT;
	put_tokens(jobserver, jobserver->token_count);
	jobserver->make_flags = make_flags(jobserver, request, arena);
	return true;
}

void jobserver_close(struct jobserver *jobserver)
{
	if (!jobserver->style)
		return;
	event_loop_unwatch(jobserver->loop, &jobserver->watch);
	if (jobserver->own >= 0)
		close(jobserver->own);
	for (uint32_t i = 0; i < 2; i++) {
		if (jobserver->passed[i])
			close(jobserver->passed[i]);
	}
	if (jobserver->style == JOBSERVER_FIFO)
		unlinkat(jobserver->run_folder, JOBSERVER_FILE, 0);
	*jobserver = (struct jobserver){0};
}
