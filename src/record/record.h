#ifndef WAVETRAIN_RECORD_RECORD_H
#define WAVETRAIN_RECORD_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/mask.h"
#include "model/checkpoint.h"
#include "model/event.h"
#include "model/history.h"
#include "model/plan.h"
#include "model/run.h"

/*
 * The record of all runs: SQLite in WAL mode at STATE/state.db, one writer, any readers.
 * Rows are made from events; reading a run gives the struct run that they add up to.
 */
struct record;

enum record_access {
	RECORD_WRITE, /* takes the state folder's lock; makes folder and database when missing */
	RECORD_MEND,  /* the same, but a damaged database is set aside and begun anew */
	RECORD_READ,  /* fails with ERROR_RUN_UNKNOWN when there is no record yet */
	RECORD_LOOK,  /* the same, and no file is made beside the database where nobody writes */
};

/*
 * state_folder is absolute (".../.wavetrain"). For RECORD_WRITE a second holder is refused at
 * once with ERROR_STATE_LOCKED and the other's pid and host; a dead holder does not count.
 */
bool record_open(const char *state_folder, enum record_access access, struct record **record,
	struct error *error);
void record_close(struct record *record); /* NULL is fine; gives the lock back */

/*
 * What was found damaged and set aside since this record was opened to mend: a sentence, and where
 * the file lies now. what is NULL when nothing was.
 */
struct record_damage {
	const char *what;
	const char *moved_to;
};
struct record_damage record_damage(const struct record *record);

/*
 * Reads the whole database: ERROR_RECORD_DAMAGED with the first thing that SQLite finds wrong.
 * Needs time in proportion to the file.
 */
bool record_check_file(struct record *record, struct error *error);

/*
 * Sets the database aside (never removes it) as state.db.damaged-TIME, with the files that belong
 * to it, and begins an empty one; the lock is held all the while. what: the damage. Only of a record
 * that was opened to mend.
 */
bool record_set_aside(struct record *record, const char *what, struct error *error);

/* "run_20251209_143022", with _2, _3 … when taken (on record or as a folder). */
bool record_new_run_id(struct record *record, int64_t now_ms, struct arena *arena, const char **id,
	struct error *error);

/* Writes all rows of a run in which nothing has happened yet (run_from_plan()). */
bool record_begin_run(struct record *record, const struct run *run, struct error *error);

/*
 * Adapts the rows of a run that is continued to its new plan: steps that run again become
 * pending, new ones are added, ones that are gone are marked skipped "no longer in the pipeline".
 * Attempts that a killed runner left running become failed, cancelled, "runner ended". Events
 * name steps by their index in the new plan from here on. Read the run again afterwards.
 */
bool record_continue_run(
	struct record *record, const struct run *run, const struct plan *plan, struct error *error);

/*
 * Takes one event into the open transaction, opened by the first event after a flush, and gives
 * it its sequence number. A move that state_may_follow() does not allow is an error that names
 * event and step, and changes nothing.
 */
bool record_event(struct record *record, const char *run_id, struct event *event,
	const struct event_names *names, struct error *error);

/*
 * Commits. A plain flush is a write(2) without fsync: it survives the end of the process. With
 * power_cut it, and all before it, is on the disk. After a failed flush nothing more is taken.
 */
bool record_flush(struct record *record, bool power_cut, struct error *error);

/* WORD is an id, a unique prefix, or NULL or "latest". Unknown: ERROR_RUN_UNKNOWN, nearest id. */
bool record_find_run(struct record *record, const char *word, struct arena *arena, const char **id,
	struct error *error);

/*
 * The run with its steps in the order of the present plan (steps that are no longer in it stand
 * last, in a stage of their own) and its published checkpoints; run_summarise() is called.
 */
bool record_read_run(struct record *record, const char *id, struct arena *arena, struct run *run,
	struct error *error);

/*
 * The last checkpoint, when its commit was prepared and not published: what a killed runner left,
 * or one whose branch could not be moved. *found is false when there is none, and *checkpoint
 * untouched then.
 */
bool record_read_unpublished(struct record *record, const char *run_id, struct arena *arena,
	struct checkpoint *checkpoint, bool *found, struct error *error);

/* One line a run, the newest first; *runs is the arena's. Only the scalar fields and totals are set. */
bool record_list_runs(struct record *record, struct arena *arena, struct run **runs,
	uint32_t *count, struct error *error);

/*
 * Calls visit for every event of the run in order with its JSON; false from it ends the walk. Of
 * the event's fields artifact, checkpoint and an attempt's measures (queue, cpu, memory, log) are
 * left empty: they stand in the JSON and in the struct run. Texts are valid during the visit.
 */
typedef bool record_event_visitor(void *context, const struct event *event, const char *json);
bool record_read_events(struct record *record, const char *id, record_event_visitor *visit,
	void *context, struct error *error);

/*
 * Whether a run is as it was written: its events fit their seals, the rows that its start wrote
 * fit theirs, and nothing in the rows contradicts the events. Reads all of the run's events.
 */
struct run_verdict {
	const char *what; /* NULL: it is; else what does not fit, a phrase */
	uint64_t first;   /* the events among which the first misfit is; 0: no event, the rows */
	uint64_t last;
	uint64_t event_count;
	uint64_t unsealed_count; /* the first events, of a version that did not seal */
};
bool record_check_run(struct record *record, const char *run_id, struct run_verdict *verdict,
	struct error *error);

/* ERROR_RECORD_DAMAGED with the verdict in words, unless all fits. */
bool run_verdict_require(const struct record *record, const char *run_id,
	const struct run_verdict *verdict, struct error *error);

/*
 * Fills run->flaky of a run that was read. Looks at no more than the last FLAKY_RUNS runs of the
 * pipeline that began at the same commit with nothing changed and were never resumed, and at
 * FLAKY_ROWS attempts of them.
 */
bool record_read_flaky(
	struct record *record, struct arena *arena, struct run *run, struct error *error);
#define FLAKY_RUNS 20
#define FLAKY_ROWS 200000

/* Whether a commit of the run is on record: as published, or as prepared at least. */
bool record_knows_commit(struct record *record, const char *run_id, const char *commit, bool *known,
	struct error *error);

/*
 * Appends what a checkpoint's commit is to say of the run, so that the run can be continued where
 * there is no record: the steps that are done and what they left. The first commit of a start
 * tells all of it, each later one what is new since the last commit that was published. Cost: in
 * proportion to the events since. Everything must have been flushed.
 */
struct run_state_extras {
	const struct mask *mask; /* of what names and paths may hold; NULL: nothing is masked */
	const struct state_parameter *parameters; /* that the run has values of its own for */
	uint32_t parameter_count;
};
bool record_append_state(struct record *record, const struct checkpoint_request *request,
	const struct run_state_extras *extras, struct buffer *text, struct error *error);

/*
 * A parameter by a digest of run, name and value. So short that it tells a wrong value from the
 * right one, and nobody who reads commits which of many values was the right one.
 */
#define STATE_DIGEST_SIZE 7
struct state_parameter {
	const char *name;
	char digest[STATE_DIGEST_SIZE]; /* hexadecimal */
};
void state_parameter_fill(
	struct state_parameter *parameter, const char *run_id, const char *name, const char *value);

/* One commit that says something of a run's state. Texts are the caller's. */
struct run_state_piece {
	const char *commit;
	const char *parent;  /* NULL: none */
	const char *subject; /* its message's first line */
	const char *text;    /* what record_append_state() made */
};

/* Where a text comes from; the arena's. False: it is of no form that is known here. */
struct run_state_origin {
	const char *run_id;
	const char *previous_commit; /* whose text comes before it; NULL: none does */
	const char *record;          /* whose commit it is; NULL: not told */
};
bool record_state_origin(const char *text, struct arena *arena, struct run_state_origin *origin);

/* The parameters that a first piece tells of; *parameters is the arena's. Returns their count. */
uint32_t record_state_parameters(
	const char *text, struct arena *arena, struct state_parameter **parameters);

/*
 * Whether a commit's record is this one, in this state folder. False for what a copy of the folder
 * has made since, or the folder that this one was copied from. identity may be NULL.
 */
bool record_is_author(
	struct record *record, const char *identity, bool *is_author, struct error *error);

struct rebuilt_run {
	const char *id; /* the arena's */
	uint32_t done_count;
	uint32_t step_count;   /* in all, as the last piece knew it */
	const char *former_id; /* of what was on record of it, the arena's; NULL: nothing was */
};

/*
 * Puts a run on record that was lost from it, or went on elsewhere: pieces from the first (which
 * tells all) to the newest. Steps that they call done are done, by one attempt each; the run is
 * interrupted and is continued as any other. What is on record of it keeps its rows under another
 * id. All or nothing: ERROR_RUN_UNKNOWN when the pieces make no run.
 */
bool record_rebuild_run(struct record *record, const struct run_state_piece *pieces, uint32_t count,
	struct arena *arena, struct rebuilt_run *rebuilt, struct error *error);

/* What successful attempts of this pipeline's steps took in earlier runs. */
bool record_read_history(struct record *record, const char *pipeline_name, struct arena *arena,
	struct history *history, struct error *error);

#endif
