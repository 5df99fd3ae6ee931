#ifndef WAVETRAIN_RECORD_RECORD_H
#define WAVETRAIN_RECORD_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
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

/* What successful attempts of this pipeline's steps took in earlier runs. */
bool record_read_history(struct record *record, const char *pipeline_name, struct arena *arena,
	struct history *history, struct error *error);

#endif
