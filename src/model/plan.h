#ifndef WAVETRAIN_MODEL_PLAN_H
#define WAVETRAIN_MODEL_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/index.h"
#include "model/pipeline.h"

/*
 * What will be run, in which order, and why. Made by plan/ from a pipeline, then never changed.
 * plan->steps[i] belongs to pipeline->steps[i]; the rest are indices into the plan's arrays.
 * Times are milliseconds from the start of the run, in a world where every slot is free at once.
 */

enum wave_origin {
	WAVE_DERIVED,  /* steps that are equally far from a beginning */
	WAVE_DETECTED, /* groups that stand together */
	WAVE_DECLARED, /* by the file's `waves` */
	WAVE_ROLLING,  /* frontier mode: all steps up to the next gate or merge */
	WAVE_ORIGIN_COUNT
};
const char *wave_origin_name(enum wave_origin origin);

/* True where only needs order the steps: a failure holds up what needs it, and nothing else. */
bool wave_origin_is_by_needs(enum wave_origin origin);

enum estimate_origin {
	ESTIMATE_HISTORY,
	ESTIMATE_EFFORT,
	ESTIMATE_TIMEOUT,
	ESTIMATE_PIPELINE,
	ESTIMATE_DEFAULT,
	ESTIMATE_ORIGIN_COUNT
};
const char *estimate_origin_name(enum estimate_origin origin);

/* Where the amount of the pool `memory` comes from that a step is given out with. */
enum memory_origin {
	MEMORY_NONE,     /* nothing is known: it claims none */
	MEMORY_DECLARED, /* by the step's own `resources` */
	MEMORY_LEARNED,  /* from its earlier attempts */
	MEMORY_ORIGIN_COUNT
};
const char *memory_origin_name(enum memory_origin origin);

/* What a step takes of the pools while it runs, in their order. */
struct step_claims {
	const struct resource_claim *items;
	uint32_t count;
	enum memory_origin memory_from;
	uint64_t memory_bytes; /* 0 with MEMORY_NONE */
};

/* With no history and no hint at all a step counts as one second. */
#define ESTIMATE_DEFAULT_MS 1000

enum plan_action {
	ACTION_RUN,
	ACTION_SKIP,   /* done in this run before: its outputs are there */
	ACTION_OMIT,   /* its `if` does not hold whatever happens; shown as "skip" */
	ACTION_CACHED, /* its result is in the cache: it is taken from there when its turn comes */
	ACTION_COUNT
};
const char *plan_action_name(enum plan_action action);

struct plan_step {
	struct index_range needs;      /* in plan->edges: what it waits for, each once, ascending;
					  a wave's checks need all its steps, and one another */
	struct index_range dependents; /* in plan->edges: what waits for it, ascending */
	uint32_t stage;                /* in plan->stages */
	uint32_t wave;                 /* INDEX_NONE: a serial step */
	uint32_t group;                /* in plan->groups; INDEX_NONE: none */
	enum estimate_origin estimate_from;
	int64_t estimate_ms;
	int64_t ninth_decile_ms; /* nine in ten of its own runs took no longer; 0: not known */
	int64_t earliest_ms;     /* start, by the forward pass */
	int64_t latest_ms;       /* start, by the backward pass */
	int64_t slack_ms;        /* latest - earliest */
	int64_t tail_ms;         /* the longest path from its start to the end, itself included */
	bool critical;           /* slack 0 */
	uint32_t rank;           /* with plan->is_ranked: of ready steps the lowest starts first */
	uint8_t run_if;          /* bits of enum run_condition; 0: never, action is ACTION_OMIT */
	enum plan_action action;
	const char *reason;   /* why that action: one phrase, never NULL */
	char fingerprint[65]; /* SHA-256 of what it would do, hexadecimal */
};

/* A maximal run of consecutive steps of one group (a span). */
struct plan_group {
	const char *name;
	uint32_t wave;
	struct index_range steps; /* consecutive places in pipeline->steps */
	int64_t estimate_ms;
};

struct plan_wave {
	const char *name; /* groups joined with " + "; NULL for a derived wave */
	enum wave_origin origin;
	struct index_range groups; /* in plan->groups; count 0: none */
	struct index_range steps;  /* in plan->wave_steps; its checks stand last, in row order */
	uint32_t check_count;      /* how many of steps are checks */
	int64_t estimate_ms;
};

/* Stages run one after another: a wave, or one serial step. There is a checkpoint after each. */
struct plan_stage {
	uint32_t wave; /* INDEX_NONE: a serial step */
	uint32_t step; /* of a serial stage; else INDEX_NONE */
};

struct plan_totals {
	int64_t steps_serial_ms;  /* every step after the other */
	int64_t groups_serial_ms; /* serial steps and groups after one another */
	int64_t waves_ms;         /* stage after stage, each as long as its longest step or group */
	int64_t frontier_ms;      /* list schedule without barriers for this many jobs */
	int64_t lower_bound_ms;   /* max(critical path, work / jobs) */
};

struct plan {
	const struct pipeline *pipeline;
	enum execution_mode mode;
	uint32_t jobs;  /* at least 1 */
	bool is_ranked; /* value, effort and risk decide before the longest remaining path */
	struct plan_step *steps;
	uint32_t *edges;
	bool *edge_is_soft;  /* for each of edges; NULL: none is */
	uint32_t edge_count; /* length of edges: every edge is there twice, as need and dependent */
	struct plan_wave *waves;
	uint32_t wave_count;
	uint32_t *wave_steps; /* step indices, wave after wave, ascending within one */
	struct plan_group *groups;
	uint32_t group_count;
	struct plan_stage *stages;
	uint32_t stage_count;
	uint32_t *order;         /* a topological order of all steps; ties by declaration */
	uint32_t *critical_path; /* one of them, from first to last */
	uint32_t critical_path_count;
	int64_t critical_path_ms;
	struct plan_totals totals;
	struct step_claims *claims; /* of each step; NULL: those it is written with, as without a
				       pool `memory` */
};

/* memory_from is only set where the plan has claims of its own. */
static inline struct step_claims plan_step_claims(const struct plan *plan, uint32_t step)
{
	const struct step *found = &plan->pipeline->steps[step];
	if (plan->claims)
		return plan->claims[step];
	return (struct step_claims){.items = found->claims, .count = found->claim_count};
}

/* Of ready steps the one with the smallest key starts first, ties by place in the file. */
static inline int64_t plan_step_key(const struct plan *plan, uint32_t step)
{
	return plan->is_ranked ? plan->steps[step].rank : -plan->steps[step].tail_ms;
}

/* By a person: the decision stays with the run. */
bool plan_step_is_left_out(const struct plan_step *step);

/* The steps of a stage: one for a serial stage, else the wave's. */
const uint32_t *plan_stage_steps(const struct plan *plan, uint32_t stage, uint32_t *count);

/* What people call a stage: "wave 2", "wave 2 (backend + web)" or "step deploy"; the arena's. */
const char *plan_stage_title(const struct plan *plan, uint32_t stage, struct arena *arena);

#endif
