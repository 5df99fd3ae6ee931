#include "base/stop_signals.h"

#include <sys/signalfd.h>

void stop_signals_fill(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

int stop_signals_watch(void)
{
	sigset_t set;

	stop_signals_fill(&set);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}
