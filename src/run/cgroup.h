#ifndef WAVETRAIN_RUN_CGROUP_H
#define WAVETRAIN_RUN_CGROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/*
 * Cgroups (version 2) that hold the processes of steps: one of the run beneath our own, and in it
 * one for each place that steps run in, which is used again and again. No controller is needed:
 * they are there to find and to end processes that have left session, group and environment.
 */

/* The absolute path of the cgroup this process is in, the arena's. NULL: *error says why. */
const char *cgroup_find_own(struct arena *arena, struct error *error);

/* What cgroup_find_own() reads: /proc/self/mountinfo and /proc/self/cgroup, as texts. */
const char *cgroup_path_from(
	const char *mounts, const char *membership, struct arena *arena, struct error *error);

struct cgroup_run {
	char *path; /* heap: absolute; NULL: there is none */
	bool is_made;
	bool is_refused;
	int lock; /* descriptor of its folder, locked as long as we live; with is_made */
	uint32_t place_count; /* also those that were given up */
};

/* No other place is made: the system does not let us. What there is stays until the close. */
void cgroup_run_refuse(struct cgroup_run *run);

/* Nothing is made yet; name is the folder's, beneath own. Zeroed memory has no cgroup. */
void cgroup_run_init(struct cgroup_run *run, const char *own, const char *name);

/* Ends what is in it, removes it, and frees the memory. False: something in it does not end. */
bool cgroup_run_close(struct cgroup_run *run);

/* One for a place. Zeroed: none. */
struct cgroup_place {
	int folder; /* descriptor; 0: there is none */
	int events; /* of cgroup.events */
	uint32_t number;
	bool is_spent; /* it was ended: kernels kill what is born into such a one */
};

/*
 * Sees to it that the place has one that processes can be started in; *place is zeroed or has been
 * made before. False: it cannot be had (*error), and *place is zeroed.
 */
bool cgroup_place_make(struct cgroup_run *run, struct cgroup_place *place, struct error *error);
void cgroup_place_close(struct cgroup_place *place); /* the folder stays until the run's end */

/* One small read. */
bool cgroup_place_is_populated(const struct cgroup_place *place);

/* To every process in it; SIGKILL as one, in the cgroups beneath it too. */
void cgroup_place_signal(struct cgroup_place *place, int signal);

/*
 * Ends and removes the cgroups beneath own whose names begin with prefix, that are at least so old,
 * and whose runner does not live any longer.
 */
void cgroup_end_abandoned(const char *own, const char *prefix, int64_t age_ms);
#define CGROUP_ABANDONED_MS 60000 /* one that is younger may not be locked yet */

/*
 * Ends what is in the cgroup at path and beneath it, and removes it. False: something there did
 * not end in time, or it cannot be removed. A path where none is: true.
 */
bool cgroup_end(const char *path);

/* The same, but for one whose runner lives. */
void cgroup_end_left(const char *path);
#define CGROUP_END_WAIT_MS 2000

#endif
