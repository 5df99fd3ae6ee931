#ifndef WAVETRAIN_RUN_EXECUTOR_H
#define WAVETRAIN_RUN_EXECUTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "run/attempt.h"
#include "run/child.h"
#include "run/confinement.h"
#include "run/jobserver.h"
#include "run/journal.h"
#include "run/notes.h"
#include "run/oom_watch.h"
#include "run/program_search.h"
#include "run/reaction.h"
#include "run/result_cache.h"
#include "run/runner.h"
#include "run/step_environment.h"
#include "run/workspace.h"

enum step_verdict {
	STEP_VERDICT_DONE,
	STEP_VERDICT_FAILED,
	STEP_VERDICT_CANCELLED,
};

struct step_end {
	uint32_t step;
	enum step_verdict verdict;
	enum reaction reaction; /* of FAILED: what follows; of CANCELLED: maybe REACT_DECIDE */
	int signal;             /* of the last attempt; 0: none */
	int64_t duration_ms;    /* of the last attempt */
	/* What goes on record of it, valid until the next flush; NULL: it was between two. */
	const struct event *event;
};

/* An attempt that a person deals with. attempt 0: none. */
struct attempt_mark {
	uint32_t step;
	uint32_t attempt;
};

/* A step between two attempts. */
struct retry_wait {
	struct executor *executor;
	struct retry_wait *next; /* in waiting or spare */
	struct timer timer;
	uint32_t step;
	bool is_alone;      /* nothing may run beside the next attempt */
	bool wants_end;     /* of something that runs, for what that gives back */
	bool is_due;        /* the delay is over, the end has not come */
	uint64_t end_count; /* the executor's as it began */
};

/* Attempts that a contract has asked for. */
struct contract_retry {
	struct contract_retry *next;
	uint32_t step;
	uint32_t contract;
	uint32_t count;
};

/*
 * Carries out what the scheduler decides: as many attempts at once as the plan allows, retries
 * after their delay. Knows nothing of waves. Everything that happens goes to the journal.
 */
struct executor {
	const struct runner_settings *settings;
	struct journal *journal;
	/* A step has ended for good, or is ready for its next attempt, which may have to run alone. */
	void (*ended)(void *owner, const struct step_end *end);
	void (*again)(void *owner, uint32_t step, bool is_alone);
	/* It waits for that one: nothing of it runs. */
	void (*paused)(void *owner, uint32_t step);
	void *owner;

	struct nursery nursery; /* its leftovers too are set before */
	struct confinement confinement;
	struct program_search search;
	struct jobserver jobserver;
	struct step_environment environment;
	struct workspaces workspaces;
	struct notes notes;
	struct result_cache cache;
	struct oom_watch oom;
	bool has_rooms;              /* these three are open */
	bool has_retired;            /* some workspace was given up since all were removed */
	struct arena scratch;        /* for one start */
	struct arena kept;           /* for the run */
	struct artifact **artifacts; /* of each step that is done; NULL: none */
	const char **trees;       /* changes in worktrees that are not merged; NULL: no worktrees */
	uint32_t *numbers;        /* of each step's last attempt, 0: none */
	uint32_t *tries;          /* attempts by this runner */
	uint32_t *waits;          /* those of them that came of REACT_WAIT */
	struct attempt *attempts; /* place_count places */
	uint32_t place_count;     /* plan->jobs, if the system bears so many */
	uint32_t *free_places;
	uint32_t free_count;
	uint32_t barred_count; /* so many places stay free, since the system lacked something */
	struct retry_wait *waiting;
	struct retry_wait *spare;
	uint64_t end_count; /* attempts that have ended */
	struct contract_retry *contract_retries;
	uint32_t retry_count;   /* of all steps, for execution.retry_budget */
	int run_folder;         /* descriptor */
	char *artifacts_folder; /* absolute; kept's */
	char *chunk;            /* for reading output */
	uint64_t random;        /* for the jitter of retries */
	bool is_stopping;
	const char *cancel_reason;
	struct attempt_mark visited;  /* its workspace is made already */
	struct attempt_mark repeated; /* it really runs, whatever is in the cache */
};

/* settings, journal, ended, again, paused, owner, nursery.loop and nursery.signals are set before. */
bool executor_open(struct executor *executor, struct error *error);

/* Ends what still runs at once. has_time: workspaces that were given up are removed. */
void executor_close(struct executor *executor, bool has_time);

/* Removes what was given up, which may take long. */
void executor_tidy(struct executor *executor);

bool executor_has_room(const struct executor *executor);
bool executor_is_idle(const struct executor *executor);

/*
 * False: the system lacks something that steps which run now will give back. Nothing was recorded,
 * the step is to be started later, and there is no room until another one has ended.
 */
bool executor_start(struct executor *executor, uint32_t step, int64_t ready_ns);

/* No retries from now on; SIGTERM to all, SIGKILL after grace_ms, or each step's own for -1. */
void executor_end_all(struct executor *executor, int64_t grace_ms, const char *reason);

/* Nothing runs any longer: what starts from now on is not ended, and may be retried. */
void executor_go_on(struct executor *executor);

/* After that: a step that is between two attempts will not get its next one. */
void executor_give_up(struct executor *executor, uint32_t step);
void executor_kill_all(struct executor *executor);
void executor_abandon_all(struct executor *executor);

/* SIGCHLD came. */
void executor_check_leftovers(struct executor *executor);

/* For attempt.c, while one is being started: are there others? */
bool executor_has_others(const struct executor *executor);

/* For attempt.c: its workspace is no longer needed. */
void executor_retire(struct attempt *attempt);

/* For attempt.c: the verdict; the place is then free. reason as in the event, NULL: none. */
void executor_attempt_ended(
	struct attempt *attempt, enum failure_class failure, const char *reason);

#endif
