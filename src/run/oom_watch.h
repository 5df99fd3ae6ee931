#ifndef WAVETRAIN_RUN_OOM_WATCH_H
#define WAVETRAIN_RUN_OOM_WATCH_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether the kernel's OOM killer has been at work: it sends SIGKILL and tells nobody who is not
 * privileged to read the kernel's log, but it counts. Two counters are looked at: that of our own
 * control group (memory.events of version 2, memory.oom_control of version 1), and that of the
 * machine (/proc/vmstat), since version 1 does not count what happens in groups below ours.
 */
#define REASON_NO_MEMORY "killed by the system for lack of memory" /* or begins so */

enum oom_counter { OOM_OF_GROUP, OOM_OF_MACHINE, OOM_COUNTER_COUNT };

/* Kills so far, less those that are accounted for. */
struct oom_count {
	uint64_t kills[OOM_COUNTER_COUNT];
};

struct oom_watch {
	int descriptors[OOM_COUNTER_COUNT]; /* -1: there is none */
	bool is_open;
	int64_t sampled_ns;         /* clock_monotonic_ns() of last */
	struct oom_count last;      /* as counted */
	struct oom_count accounted; /* kills that an attempt has been told of */
};
#define OOM_SAMPLE_NS 100000000 /* what began within this time has the same sample */

/* Zeroed, it opens itself when it is first asked; a counter that is missing never rises. */
void oom_watch_close(struct oom_watch *watch);

/* Takes these files in place of the system's; NULL: none. */
void oom_watch_open(struct oom_watch *watch, const char *group_path, const char *machine_path);

/* The count as something begins, taken at most OOM_SAMPLE_NS before now_ns. */
struct oom_count oom_watch_begin(struct oom_watch *watch, int64_t now_ns);

/*
 * True: a counter has risen since begin by a kill that nobody has been told of; it is accounted for
 * now. For what was ended by a SIGKILL of unknown origin.
 */
bool oom_watch_claim(struct oom_watch *watch, const struct oom_count *begin);

#endif
