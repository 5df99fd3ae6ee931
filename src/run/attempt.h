#ifndef WAVETRAIN_RUN_ATTEMPT_H
#define WAVETRAIN_RUN_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/hash.h"
#include "model/event.h"
#include "model/state.h"
#include "run/child.h"
#include "run/oom_watch.h"
#include "run/step_log.h"
#include "run/workspace.h"

struct executor;

/*
 * One attempt at a step: inputs put in place, process, outputs collected, contracts, verdict.
 * The place in executor->attempts is used again and again.
 */
struct attempt {
	struct executor *executor;
	struct child child;
	struct step_log log;
	uint32_t step;   /* INDEX_NONE: this place is free */
	uint32_t number; /* 1, 2, … over all runs and resumes */
	int64_t started_ns;
	int64_t started_ms; /* the same moment, since 1970 */
	int64_t queue_ms;
	uint32_t process_id;
	bool runs_contract; /* the child is a contract's command */
	uint32_t contract;  /* the one being checked */
	int64_t contract_started_ns;
	struct process_result result; /* of the step's own process; cpu and memory of all */
	struct artifact *artifacts;   /* one for each output; executor's */
	/* Only valid while it is started or judged, and for a plain step no more than work_folder. */
	struct workspace workspace;
	bool has_folder;  /* workspace.has_folder, beyond what the step's kind says */
	const char *tree; /* what a worktree was left as; executor's; NULL: none, or as it was */
	const char *const *changed_paths; /* for a contract on them; executor's */
	uint32_t changed_count;
	char cache_key[HASH_TEXT_SIZE]; /* "": nothing is cached */
	bool is_cached;                 /* taken from there */
	struct oom_count oom;           /* as it began */
	bool lacked_memory;             /* the OOM killer has ended it */
	struct buffer reason;           /* why it failed */
};

/*
 * The step is to run now; ready_ns: since when it could have. Ends in executor_attempt_ended().
 * False: for lack of something that others hold it did not start, and left no trace.
 */
bool attempt_start(struct attempt *attempt, uint32_t step, uint32_t number, int64_t ready_ns);

/*
 * Where the attempt works and with which environment, in texts of the arena. is_new: it is to come,
 * and its workspace is made as it will find it; else it has ended. Only step, number and executor of
 * *attempt are looked at.
 */
bool attempt_visit(struct attempt *attempt, bool is_new, struct arena *arena,
	struct debug_place *place, struct error *error);

/* After a visit to one that does not come, or that has ended: its workspace is given up. */
void attempt_leave(struct attempt *attempt);

#endif
