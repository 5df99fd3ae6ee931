#ifndef WAVETRAIN_BASE_STOP_SIGNALS_H
#define WAVETRAIN_BASE_STOP_SIGNALS_H

#include <signal.h>

/*
 * SIGINT, SIGTERM and SIGHUP: those that ask a run to stop. A SIGHUP that is ignored, as with
 * nohup(1), is left out: blocked it would wait for ever.
 */
void stop_signals_fill(sigset_t *set);

/*
 * A descriptor, readable while one of them is pending; the caller's to close, -1 on failure. They
 * must be blocked; reading it takes them away from whoever else waits for them.
 */
int stop_signals_watch(void);

#endif
