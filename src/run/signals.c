#include "run/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

/* With nohup(1) a hang-up is ignored, and stays so. */
static void make_set(const struct signals *signals, sigset_t *set, bool with_children)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	if (!signals->ignores_hangup)
		sigaddset(set, SIGHUP);
	sigaddset(set, SIGUSR1);
	if (with_children)
		sigaddset(set, SIGCHLD);
}

static void signals_are_there(void *owner)
{
	struct signals *signals = owner;
	struct signalfd_siginfo info;
	while (read(signals->descriptor, &info, sizeof info) == sizeof info) {
		if (info.ssi_signo == SIGCHLD)
			signals->child(signals->owner);
		else if (info.ssi_signo == SIGUSR1)
			signals->checkpoint(signals->owner);
		else
			signals->stop(signals->owner, (int)info.ssi_signo);
	}
}

static void restore(const struct signals *signals)
{
	sigaction(SIGCHLD, &signals->previous_child_action, NULL);
	sigprocmask(SIG_SETMASK, &signals->previous, NULL);
}

bool signals_open(struct signals *signals, struct error *error)
{
	sigset_t set;
	struct sigaction hangup;
	/* Where SIGCHLD is ignored the kernel throws exit statuses away. */
	struct sigaction plain = {.sa_handler = SIG_DFL};
	sigaction(SIGCHLD, &plain, &signals->previous_child_action);
	signals->ignores_hangup =
		sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler == SIG_IGN;
	make_set(signals, &set, true);
	sigprocmask(SIG_BLOCK, &set, &signals->previous);
	make_set(signals, &set, false);
	signals->takes_children = false;
	signals->watch = (struct watch){.ready = signals_are_there, .owner = signals};
	signals->descriptor = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals->descriptor < 0) {
		restore(signals);
		return error_set_errno(error, ERROR_PROCESS, "cannot wait for signals");
	}
	if (event_loop_watch(signals->loop, &signals->watch, signals->descriptor, error))
		return true;
	signals_close(signals);
	return false;
}

void signals_close(struct signals *signals)
{
	if (signals->descriptor < 0)
		return;
	event_loop_unwatch(signals->loop, &signals->watch);
	close(signals->descriptor);
	signals->descriptor = -1;
	restore(signals);
}

void signals_poll(struct signals *signals)
{
	signals_are_there(signals);
}

void signals_take_children(struct signals *signals, bool wanted)
{
	sigset_t set;
	if (signals->takes_children == wanted)
		return;
	signals->takes_children = wanted;
	make_set(signals, &set, wanted);
	signalfd(signals->descriptor, &set, 0);
}
