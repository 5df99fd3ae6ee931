/*
 * One poll(2) over three descriptors: inotify, the signals and the child's pidfd. Events of inotify
 * only wake us; what has changed is read off the files themselves, so that neither an overflow nor
 * the way an editor saves matters.
 */
#include "cli/watch.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/stop_signals.h"
#include "base/text.h"
#include "cli/watch_child.h"
#include "cli/watch_decision.h"
#include "cli/watch_source.h"

enum { STATUS_STOPPED = 75, STATUS_BROKEN = 4 };

struct watcher {
	struct cli *cli;
	const struct batch_choices *choices;
	const char *const *first_words; /* of the first run */
	const char *const *words;
	struct signals_before before;
	int signals;
	struct watch_child child;
	struct watch_source source;
	struct change_memory memory; /* of the runs since a person was the cause */
	enum change_moment moment;   /* of what changes during the present run */
	bool is_ending;              /* a signal said so */
	int status;                  /* of the last run */
};

/* --- what comes in --- */

/* What a terminal sends goes to the whole group: the run has got it as well. */
static void take_signals(struct watcher *watcher)
{
	struct signalfd_siginfo info;
	while (read(watcher->signals, &info, sizeof info) == sizeof info) {
		if (info.ssi_signo != SIGUSR1)
			watcher->is_ending = true;
		if (watcher->child.id && info.ssi_code != SI_KERNEL)
			kill(watcher->child.id, (int)info.ssi_signo);
	}
}

static bool take_events(struct watcher *watcher)
{
	char events[16 * 1024];
	bool came = false;
	while (read(watcher->source.inotify, events, sizeof events) > 0)
		came = true;
	return came;
}

static int milliseconds_until(int64_t deadline_ns)
{
	int64_t left_ns = deadline_ns - clock_monotonic_ns();
	if (deadline_ns == INT64_MAX)
		return -1;
	return left_ns <= 0 ? 0 : (int)(left_ns / 1000000) + 1;
}

static bool wait_for(struct pollfd *descriptors, nfds_t count, int limit_ms, struct error *error)
{
	if (poll(descriptors, count, limit_ms) >= 0 || errno == EINTR)
		return true;
	return error_set_errno(error, ERROR_PROCESS, "cannot wait for changes");
}

/* Until a save is over; at once where nothing came and nothing is waited for. */
static bool settle(struct watcher *watcher, bool waits_for_first, struct error *error)
{
	struct settling settling = {0};
	struct pollfd descriptors[] = {{.fd = watcher->source.inotify, .events = POLLIN},
		{.fd = watcher->signals, .events = POLLIN}};
	if (!waits_for_first)
		settling_note(&settling, clock_monotonic_ns());
	while (!watcher->is_ending) {
		int64_t deadline_ns = settling_deadline_ns(&settling);
		if (deadline_ns <= clock_monotonic_ns())
			return true;
		if (!wait_for(descriptors, 2, milliseconds_until(deadline_ns), error))
			return false;
		if (take_events(watcher))
			settling_note(&settling, clock_monotonic_ns());
		take_signals(watcher);
	}
	return true;
}

/* --- what is said --- */

static const char *shown(const struct watcher *watcher, const char *path)
{
	size_t length = strlen(watcher->source.current_folder);
	bool is_beneath = strncmp(path, watcher->source.current_folder, length) == 0;
	return is_beneath && path[length] == '/' ? path + length + 1 : path;
}

static const char *list(const struct watcher *watcher, const struct file_change *changes,
	uint32_t count, struct arena *arena)
{
	const char *first = shown(watcher, changes->path);
	return count > 1 ? arena_format(arena, "%s and %u more", first, count - 1) : first;
}

static void say_changes(const struct watcher *watcher, const struct file_changes *changes,
	uint32_t starting, struct arena *arena)
{
	uint32_t others = changes->count - starting;
	if (others)
		cli_print_note(watcher->cli, "%s: counts as written by the run, starts nothing",
			list(watcher, changes->items + starting, others, arena));
	if (starting)
		cli_print_note(watcher->cli, "changed: %s, running again",
			list(watcher, changes->items, starting, arena));
}

/* --- runs --- */

static void take_status(struct watcher *watcher)
{
	int status = watch_child_reap(&watcher->child);
	watcher->status = status;
	if (status < 256)
		return;
	/* Asked to stop before it could take notice of it. */
	watcher->status = watcher->is_ending ? STATUS_STOPPED : STATUS_BROKEN;
	if (!watcher->is_ending)
		cli_print_note(watcher->cli, "the run was ended by signal %d", status - 256);
}

static bool run_once(struct watcher *watcher, const char *const *words, struct error *error)
{
	if (!watch_source_begin(&watcher->source, error) ||
		!watch_child_start(&watcher->child, words, &watcher->before, error))
		return false;
	struct pollfd descriptors[] = {{.fd = watcher->child.descriptor, .events = POLLIN},
		{.fd = watcher->signals, .events = POLLIN}};
	bool goes_on = true;
	while (goes_on && !(descriptors[0].revents & POLLIN)) {
		goes_on = wait_for(descriptors, 2, -1, error);
		take_signals(watcher);
	}
	if (!goes_on)
		kill(watcher->child.id, SIGTERM);
	take_status(watcher);
	return goes_on;
}

/* *starts: something has changed since we looked last that begins a run. */
static bool decide(
	struct watcher *watcher, enum change_moment moment, bool *starts, struct error *error)
{
	CLEANUP(arena_release) struct arena arena = {0};
	struct file_changes changes;
	if (!watch_source_changes(&watcher->source, &arena, &changes, error))
		return false;
	uint32_t starting =
		changes_that_start(&changes, moment, &watcher->source.inputs, &watcher->memory);
	say_changes(watcher, &changes, starting, &arena);
	*starts = starting > 0;
	return true;
}

/* After a run: what is to be run again at once, or what somebody changes later. */
static bool wait_for_cause(struct watcher *watcher, struct error *error)
{
	bool starts = false;
	if (!decide(watcher, watcher->moment, &starts, error))
		return false;
	if (starts) {
		watcher->moment = CHANGED_IN_ECHO;
		return settle(watcher, false, error);
	}
	cli_print_note(watcher->cli, "waiting for changes (Ctrl-C ends)");
	while (!starts && !watcher->is_ending) {
		if (!settle(watcher, true, error))
			return false;
		if (!watcher->is_ending && !decide(watcher, CHANGED_WAITING, &starts, error))
			return false;
	}
	watcher->moment = CHANGED_IN_RUN;
	return true;
}

static bool go_round(struct watcher *watcher, struct error *error)
{
	const char *const *words = watcher->first_words;
	while (!watcher->is_ending) {
		if (!run_once(watcher, words, error))
			return false;
		if (!watcher->is_ending && !wait_for_cause(watcher, error))
			return false;
		words = watcher->words;
	}
	return true;
}

/* --- opening and closing --- */

static bool refuse(const struct batch_choices *choices, struct error *error)
{
	if (choices->dry_run) {
		error_set(error, ERROR_USAGE, "'--watch' and '--dry-run' exclude one another");
		return error_hint(error, "wavetrain run --dry-run");
	}
	if (!text_equal(getenv("GITHUB_ACTIONS"), "true"))
		return true;
	error_set(error, ERROR_USAGE,
		"'--watch' waits for changes, and in a GitHub job nobody makes any");
	return error_hint(error, "wavetrain run");
}

static bool open_signals(struct watcher *watcher, struct error *error)
{
	struct sigaction ignored = {.sa_handler = SIG_IGN};
	struct sigaction plain = {.sa_handler = SIG_DFL};
	sigset_t set;
	sigaction(SIGPIPE, &ignored, &watcher->before.pipe);
	/* Where it is ignored the kernel throws exit statuses away. */
	sigaction(SIGCHLD, &plain, &watcher->before.child);
	stop_signals_fill(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, &watcher->before.mask);
	watcher->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return watcher->signals >= 0 ||
	       error_set_errno(error, ERROR_PROCESS, "cannot wait for signals");
}

static bool watcher_open(struct watcher *watcher, struct error *error)
{
	struct batch_choices later = *watcher->choices;
	struct arena *arena = watcher->cli->arena;
	later.resume = 0;
	watcher->first_words = watch_child_words(watcher->cli, watcher->choices, arena);
	watcher->words = watch_child_words(watcher->cli, &later, arena);
	return watch_source_open(&watcher->source, watcher->cli, watcher->choices, error) &&
	       open_signals(watcher, error);
}

static void watcher_close(struct watcher *watcher)
{
	close_descriptor(&watcher->signals);
	watch_source_close(&watcher->source);
	change_memory_release(&watcher->memory);
}

int watch_run(struct cli *cli, const struct batch_choices *choices, struct error *error)
{
	CLEANUP(watcher_close)
	struct watcher watcher = {.cli = cli,
		.choices = choices,
		.signals = -1,
		.source.inotify = -1,
		.child.descriptor = -1,
		.moment = CHANGED_IN_RUN};
	if (!refuse(choices, error) || !watcher_open(&watcher, error) || !go_round(&watcher, error))
		return -1;
	return watcher.status;
}
