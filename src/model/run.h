#ifndef WAVETRAIN_MODEL_RUN_H
#define WAVETRAIN_MODEL_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/index.h"
#include "model/checkpoint.h"
#include "model/event.h"
#include "model/plan.h"
#include "model/state.h"

/*
 * A run as it is on record: the one shape that status, trace, timeline, audit, graph, runs and
 * every report are written from. Read by record/, or made from a plan before anything has run.
 * Everything belongs to one arena. Times are milliseconds since 1970 UTC; TIME_NONE: not yet.
 */
#define TIME_NONE INT64_MIN

struct run_attempt {
	uint32_t step;
	uint32_t number; /* 1, 2, … */
	enum state state;
	enum failure_class failure;
	int64_t started_ms;
	int64_t ended_ms; /* TIME_NONE: running */
	int64_t queue_ms;
	int exit_status; /* -1: none */
	int signal;      /* 0: none */
	int64_t cpu_ms;
	uint64_t peak_rss_bytes;
	uint64_t log_bytes;
	bool log_truncated;
	const char *log_path; /* relative to the run's folder; NULL: no output */
	uint8_t containment;  /* enum containment bits; 0: not known */
	const char *reason;
};

struct run_artifact {
	uint32_t step;
	struct artifact artifact;
};

struct run_contract {
	uint32_t step;
	uint32_t attempt;
	bool passed;
	const char *subject; /* "command ./check.sh", "files report.json" */
	const char *reason;  /* what was expected and found; NULL when passed */
	int64_t duration_ms;
	bool was_known; /* the same content had passed before */
	const struct contract_error *errors;
	uint32_t error_count;
	uint32_t error_total;
};

/* A step that waits, or waited, for approval after it was done. */
struct run_gate {
	uint32_t step;
	bool is_open;
	const char *approved_by; /* NULL: waiting */
	int64_t waiting_ms;      /* since when it waits or waited */
	int64_t opened_ms;       /* TIME_NONE: waiting */
};

struct run_step {
	const char *id;
	const char *name;
	const char *command; /* as one line for people */
	enum state state;
	const char *reason; /* of skipped and failed, and of pending: REASON_LEFT_OUT; NULL: none */
	uint32_t wave;      /* INDEX_NONE: a serial step */
	uint32_t group;     /* INDEX_NONE: none */
	uint32_t stage;
	struct index_range needs; /* in run->edges: indices of steps */
	int64_t estimate_ms;
	bool critical;                /* on critical_path; in a plan: no slack by the estimates */
	int64_t started_ms;           /* of the first attempt in this run */
	int64_t ended_ms;             /* of the last one */
	struct index_range attempts;  /* in run->attempts */
	struct index_range artifacts; /* in run->artifacts */
	struct index_range contracts; /* in run->contracts */
	const char *cache_key;        /* taken from the cache under this key; NULL: it ran */
	const char *tree; /* changes of its worktree, kept for the merge; object id; NULL: none */
	const char *summary; /* Markdown its last attempt wrote for people; NULL: none */
	const char *base_id; /* of an instance of a fan-out: the step as written; NULL: none */
	bool is_optional;
	bool is_kept; /* it has ended, and a checkpoint was made since */
	char fingerprint[65];
};

struct run_group {
	const char *name;
	uint32_t wave;
	struct index_range steps; /* consecutive steps */
	enum state state;
	int64_t started_ms;
	int64_t ended_ms;
};

struct run_wave {
	const char *name; /* NULL: unnamed */
	enum wave_origin origin;
	uint32_t stage;
	enum state state;
	int64_t started_ms;
	int64_t ended_ms;
	int64_t idle_ms; /* run->stage_idle_ms of its stage */
	uint32_t step_count;
	uint32_t checkpoint; /* in run->checkpoints, the last one of this wave; INDEX_NONE: none */
};

/*
 * A step that has given different verdicts with the same inputs: it failed and was tried again with
 * success, or did the one here and the other in an earlier run of the same commit. Attempts that
 * were cancelled, lacked a resource or were killed from elsewhere are no verdict.
 */
struct run_flaky {
	uint32_t step;
	uint32_t
		attempts; /* with these inputs that succeeded or failed, here and in earlier runs */
	uint32_t failed;  /* those of them that failed, at least 1 and not all */
	uint32_t run_count;              /* runs they were in, this one included */
	enum failure_class last_failure; /* of the newest of them that failed */
	const char *last_reason;         /* NULL: none */
	const char *last_run;            /* id */
	int64_t last_failed_ms;
};

/* How many steps could run at once from a moment on, until the next of these. */
struct run_slots {
	int64_t from_ms;
	uint32_t jobs;
	const char *reason; /* what was not as usual then: REASON_…; NULL: nothing */
};

struct run_totals {
	uint32_t by_state[STATE_COUNT]; /* steps */
	uint32_t retried;               /* steps with more than one attempt */
	uint32_t cached;                /* steps taken from the cache */
	uint32_t undecided;             /* of the pending: run_step_is_undecided() */
	int64_t wall_ms; /* start to end, pauses between a stop and a resume left out */
	int64_t work_ms; /* sum of all attempts */
	uint32_t peak_concurrency;
	int64_t critical_path_ms; /* the longest chain of measured durations */
};

struct run {
	const char *id; /* "run_20251209_143022" */
	const char *pipeline_name;
	const char *pipeline_file;
	enum pipeline_format format;
	enum execution_mode mode;
	uint32_t jobs;           /* since it was started or last continued */
	struct run_slots *slots; /* of each start and continuation, in order */
	uint32_t slots_count;    /* 0: `jobs` all the time */
	enum state state;
	const char *reason; /* of failed and interrupted; NULL: none */
	int64_t started_ms;
	int64_t ended_ms;
	uint32_t resume_count; /* how often it was continued */
	int64_t paused_ms;     /* between stops and resumes, in all */
	const char *version;   /* of wavetrain */
	const char *host;
	const char *base_commit; /* HEAD at the start; NULL: no repository or no commit */
	const char *branch;      /* HEAD's branch at the start; NULL: detached or none */
	const char *folder;      /* absolute path of the run's folder; NULL: a plan */

	struct run_step *steps;
	uint32_t step_count;
	uint32_t *edges;
	uint32_t edge_count;
	struct run_wave *waves;
	uint32_t wave_count;
	struct run_group *groups;
	uint32_t group_count;
	uint32_t stage_count;
	int64_t *stage_idle_ms; /* wave_idle_measure(): slots x time in which any step ran - work */
	uint32_t barrier_count; /* stages before the last one that ran: what these left idle is what
				   waiting for a whole stage cost */
	struct run_attempt *attempts; /* by step, then number */
	uint32_t attempt_count;
	struct run_artifact *artifacts; /* by step, then name */
	uint32_t artifact_count;
	struct run_contract *contracts; /* by step, then order of checking */
	uint32_t contract_count;
	struct run_gate *gates; /* in the order they began to wait */
	uint32_t gate_count;
	struct checkpoint *checkpoints; /* in order */
	uint32_t checkpoint_count;
	uint32_t *critical_path; /* by measured durations where there are some, else estimates */
	uint32_t critical_path_count;
	struct run_flaky *flaky; /* by step; record_read_flaky() */
	uint32_t flaky_count;
	struct run_totals totals; /* run_summarise() */
};

/* A run in which nothing has happened: for graphs of a plan, and to begin a record. */
void run_from_plan(const struct plan *plan, const char *id, struct arena *arena, struct run *run);

/*
 * Fills totals, critical_path, stage_idle_ms, barrier_count, the waves' idle_ms and, once something
 * has run, the steps' critical from the rest; called by whoever filled the rest.
 */
void run_summarise(struct run *run, struct arena *arena);

/*
 * Ends a run that nobody runs any more although it is on record as running: its running steps are
 * pending, their attempts cancelled, all at ended_ms. state: of the run; reason is borrowed.
 * Summaries are made after this.
 */
void run_end_lost(struct run *run, enum state state, const char *reason, int64_t ended_ms);

/* What a step shows as: its state, or a finer word. The palette has one entry each. */
enum step_look {
	LOOK_OK,
	LOOK_RETRIED,
	LOOK_CACHED,
	LOOK_FAILED,
	LOOK_RUNNING,
	LOOK_SKIPPED,
	LOOK_IDLE,
	LOOK_COUNT
};
enum step_look run_step_look(const struct run *run, uint32_t step);

/* The last attempt, or NULL. */
const struct run_attempt *run_last_attempt(const struct run *run, uint32_t step);

/* It was killed from elsewhere, and nobody has said what follows from that. */
bool run_step_is_undecided(const struct run *run, uint32_t step);

/* Sum of the step's attempts' durations; up to now_ms for one that runs. */
int64_t run_step_duration_ms(const struct run *run, uint32_t step, int64_t now_ms);

/*
 * Root failures first to last, optional ones after all others: steps that failed themselves.
 * Returns how many there are; writes at most capacity indices.
 */
uint32_t run_failures(const struct run *run, uint32_t *steps, uint32_t capacity);

/* How many steps were skipped because of this one, directly or not. */
uint32_t run_blocked_by(const struct run *run, uint32_t step, struct arena *arena);

#endif
