#ifndef WAVETRAIN_RUN_RUNNER_INTERNAL_H
#define WAVETRAIN_RUN_RUNNER_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "run/breakpoints.h"
#include "run/budget.h"
#include "run/checkpointing.h"
#include "run/event_loop.h"
#include "run/executor.h"
#include "run/gates.h"
#include "run/journal.h"
#include "run/leftovers.h"
#include "run/runner.h"
#include "run/scheduler.h"
#include "run/signals.h"
#include "run/triggers.h"
#include "run/undecided.h"
#include "run/wave_events.h"

#define NS_PER_MS 1000000

/* How a failure has changed the course of the stage that runs. */
enum stage_course {
	COURSE_ON,       /* nothing of the kind */
	COURSE_STOPPED,  /* what ran was ended; steps that run for a failure are still to come */
	COURSE_UNDO,     /* to its end; then files go back */
	COURSE_ABORTED,  /* what ran was ended, and that is all */
	COURSE_ROLL_BACK /* what ran was ended; then files go back, and that is all */
};

/* A step that has ended at a breakpoint: what follows from it waits for an answer. */
struct held_end {
	struct step_end end;    /* without its event */
	struct debug_stop stop; /* texts are kept's */
};

struct runner {
	const struct runner_settings *settings;
	const struct plan *plan;
	struct event_loop loop;
	struct signals signals;
	struct leftovers leftovers;
	struct journal journal;
	struct executor executor;
	struct scheduler scheduler;
	struct checkpointing checkpointing;
	struct triggers triggers;
	struct budget budget;
	struct wave_events waves;
	struct gates gates;
	int64_t *ended_ns;     /* of each step that ended in this run */
	uint32_t *ended_flush; /* journal.flush_count then */
	int64_t started_ns;
	uint32_t first_failed; /* INDEX_NONE: none */
	uint32_t hard_count;   /* failed steps that make the run fail */
	enum stage_course course;
	bool *has_handed_on; /* of each step: its handoff is in handoffs.md, if there is one */
	bool has_foreach;
	uint32_t expand_step;  /* its list is there; INDEX_NONE: none */
	uint32_t waiting_step; /* whose gate stays closed; INDEX_NONE: none */
	struct undecided undecided;
	const char
		*asked_reason;  /* why a person leaves a step out; kept's; NULL: in the debugger */
	const char *stage_flaw; /* why the stage fails besides its steps; kept's; NULL: nothing */
	const char *run_flaw;   /* the first of these */
	const char *roll_back_reason; /* files are to go back; kept's; NULL: they are not */
	bool has_workspaces;          /* some step has one of its own */
	struct timer idle_timer;      /* there is work for idle moments */
	bool was_signalled;
	bool is_killed;
	struct timer kill_timer;
	struct timer tick_timer;
	struct timer limit_timer;   /* the run's time limit */
	struct timer trigger_timer; /* a checkpoint by time; only ends the wait */
	struct watch background;
	struct held_end *held; /* owned; in the order they ended */
	uint32_t held_count;
	uint32_t held_capacity;
	struct attempt_mark admitted;  /* may start: it is not asked about again */
	const struct debug_stop *stop; /* the one that is asked about; NULL: none */
	struct error fault;            /* of the engine or a checkpoint */
	bool has_fault;
};

/* Nothing new starts, what is between two attempts stays there, what runs is told to end. */
void runner_end_everything(struct runner *runner, int64_t grace_ms, const char *reason);

/* Before the first stage: what is settled stays so, and what has lacked memory runs alone. */
void runner_adopt_record(struct runner *runner);

/* As SIGINT does. */
void runner_interrupt(struct runner *runner, const char *reason);

/* The descriptor may come, change and go while the run goes on. */
void runner_watch_background(struct runner *runner);

/* The executor's `ended`, `paused` and `again`. */
void runner_step_ended(void *owner, const struct step_end *end);
void runner_step_paused(void *owner, uint32_t step);
void runner_step_again(void *owner, uint32_t step, bool is_alone);

/* What follows from it, now. */
void runner_settle_end(struct runner *runner, const struct step_end *end);

/*
 * Breakpoints; all of this does nothing where nobody debugs. Before a step that was given out: false:
 * it does not start. An end that is held is settled by runner_debug_after(), which asks for each.
 */
bool runner_debug_before(struct runner *runner, uint32_t step);
bool runner_debug_hold(struct runner *runner, const struct step_end *end);
void runner_debug_after(struct runner *runner);

/* Its attempt was killed by nobody we know; it is pending. */
void runner_step_is_undecided(struct runner *runner, const struct step_end *end);

/* No step of the stage runs: asks what is to become of those of it. True: some are ready again. */
bool runner_ask_undecided(struct runner *runner);

/* All that is left of the stage waits for one of them. */
bool runner_is_held_up(const struct runner *runner);

/* At the stage's end: halts where what follows must wait for them. */
void runner_stop_at_undecided(struct runner *runner, uint32_t stage);

/* Puts on record what the scheduler has skipped or omitted. */
void runner_record_skipped(struct runner *runner);

/* At the stage's end, if there is anything new. False: it failed, and the run with it. */
bool runner_checkpoint_stage(
	struct runner *runner, uint32_t stage, const struct stage_count *count);

/*
 * While the stage runs: what triggers ask for, a milestone's before anything else starts, and the
 * one before a risky step that was given out.
 */
bool runner_checkpoint_if_due(struct runner *runner);
bool runner_checkpoint_milestone(struct runner *runner);
bool runner_checkpoint_before(struct runner *runner, uint32_t step);

/* False: the run does not go on after this stage. */
bool runner_run_stage(struct runner *runner, uint32_t stage);

/* It was done and is pending again. */
void runner_record_rolled_back(struct runner *runner, uint32_t step, const char *reason);

/* The step's failure asks for the files to go back at the stage's end, also after a kill. */
void runner_plan_roll_back(struct runner *runner, uint32_t failed_step);

/* At the beginning: what a killed predecessor had planned. False: the engine itself failed. */
bool runner_finish_roll_back(struct runner *runner);

/*
 * What failures and worktrees ask for once no step of the stage runs: files go back, or changes
 * are merged. False: the engine itself failed.
 */
bool runner_settle_files(struct runner *runner, uint32_t stage);

/*
 * Merges what the stage's steps that are done have changed in their worktrees, and was not merged
 * yet. Of two that do not agree the later one is rolled back, which is a flaw of the stage; the
 * others are merged. False: the engine itself failed.
 */
bool runner_merge_worktrees(struct runner *runner, uint32_t stage);

/* On resume: what was committed since it was collected is not merged again. */
void runner_forget_merged(struct runner *runner);

/* Handoffs at the beginning, and at the end of a stage. False: they could not be written. */
bool runner_start_notes(struct runner *runner);
bool runner_merge_notes(struct runner *runner, uint32_t stage);

/* In a frontier also before a step that needs others, which have ended in the same stage. */
bool runner_merge_notes_for(struct runner *runner, uint32_t step);

/* Workspaces ahead of time and those that are given up; as little as is not felt. */
void runner_idle(struct runner *runner);

#endif
