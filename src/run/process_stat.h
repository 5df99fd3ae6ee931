#ifndef WAVETRAIN_RUN_PROCESS_STAT_H
#define WAVETRAIN_RUN_PROCESS_STAT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What the kernel tells of a process in /proc/PID/stat: proc(5), fields 4, 6 and 14 to 17. */
struct process_stat {
	pid_t id;
	pid_t parent; /* 0: it has none */
	pid_t session;
	uint64_t ticks; /* processor time with that of children it has waited for, in clock ticks */
};

/* False: it is gone; all but the id is then zero. */
bool process_stat_read(pid_t id, struct process_stat *stat);

#endif
