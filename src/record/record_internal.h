#ifndef WAVETRAIN_RECORD_RECORD_INTERNAL_H
#define WAVETRAIN_RECORD_RECORD_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "record/database.h"
#include "record/record.h"
#include "record/seal.h"
#include "record/sql.h"

/*
 * Where the run stands that events are taken for: read once, then kept in step with the rows, so
 * that an event costs no query. A place is an index in the present plan.
 */
struct run_cursor {
	char *id; /* owned; NULL: no run yet */
	int64_t run;
	enum state state;
	uint64_t sequence;    /* of the last event; 0: none */
	int64_t last_time_ms; /* of the last event; TIME_NONE: none */
	uint32_t step_count;
	uint32_t *numbers;          /* by place: the step's number in the rows; owned */
	unsigned char *step_states; /* by place: enum state; owned, like the two below */
	uint32_t wave_count;
	unsigned char *wave_states;
	uint32_t group_count;
	unsigned char *group_states;
	struct seal seal;
	uint64_t stated;                    /* the last event that this start's commits tell of */
	uint64_t stating;                   /* the same once the commit in the making is there */
	char stated_commit[HASH_TEXT_SIZE]; /* "": none of this start */
};

/* An attempt that began in the open transaction, whose rows do not tell it yet. */
struct fresh_start {
	uint32_t step; /* number */
	uint32_t attempt;
	uint32_t process_id;
	int64_t started_ms;
	int64_t queue_ms;
	uint8_t containment;
};

/* 64 random bits in hexadecimal. */
#define IDENTITY_SIZE 17
#define IDENTITY_ENDING ".id" /* of the file beside the database */

struct record {
	char *state_folder; /* absolute; owned */
	struct database *database;
	int lock; /* descriptor; -1: a reader */
	enum record_access access;
	char *damage;   /* what was wrong with the one set aside; owned; NULL: none was */
	char *moved_to; /* owned */
	char identity[IDENTITY_SIZE]; /* "": not read yet, or it has none */
	bool is_broken;               /* a commit or a sync failed: nothing more is taken */
	bool is_unsynced;             /* commits since the last database_sync() */
	struct statement *statements[SQL_COUNT]; /* prepared when first used; NULL: not yet */
	struct run_cursor cursor;
	struct fresh_start *starts; /* of the cursor's run; empty outside a transaction; owned */
	uint32_t start_count;
	uint32_t start_capacity;
	struct buffer json; /* of the event at hand */
};

/* The prepared statement; NULL with *error on failure. */
struct statement *record_statement(struct record *record, enum sql sql, struct error *error);

/* Closes the database (abandon: leaves its files as they are); opens the one that is there then. */
void record_leave_database(struct record *record, bool abandon);
bool record_enter_database(struct record *record, struct error *error);

bool record_has_run(struct record *record, const char *id, bool *is_there, struct error *error);

/* The number of the run's row; ERROR_RUN_UNKNOWN when there is none. */
bool record_run_number(
	struct record *record, const char *run_id, int64_t *number, struct error *error);

/* Opens the writer's transaction unless it is open; refuses a reader's record. */
bool record_open_transaction(struct record *record, struct error *error);

/*
 * ERROR_RECORD_DAMAGED when nothing is left of the file, and of what was in it there is something:
 * its -wal file, or folders of runs.
 */
bool record_check_emptied(const struct record *record, const char *path, struct error *error);

/* Reads who the record is, and decides it when that is not known. */
bool record_identify(struct record *record, struct error *error);

/* Puts the cursor on the run, unless it stands there. */
bool cursor_move(struct record *record, const char *run_id, struct error *error);
void cursor_forget(struct run_cursor *cursor);

/* The rows of a step and its attempt for STEP_STARTED, and for the events that end an attempt. */
bool attempt_started(
	struct record *record, const struct event *event, enum state to, struct error *error);
bool attempt_ended(
	struct record *record, const struct event *event, enum state to, struct error *error);

/* Writes the starts that are only remembered; before rows are read. */
bool attempt_starts_settle(struct record *record, struct error *error);

/* The same, and seals the cursor's events: before a commit, and before the cursor is moved. */
bool record_settle(struct record *record, struct error *error);

/* The rows of a run in which nothing has happened, in the open transaction. */
bool record_add_run(struct record *record, const struct run *run, struct error *error);

/* Seals the rows that the start of a run has written, all its events being sealed. */
bool record_seal_start(struct record *record, int64_t run, struct error *error);

/* The number that the event's step has in the rows. */
uint32_t event_step_number(const struct record *record, const struct event *event);

/* The rows of what few steps have; rare_rows.c. */
bool contract_checked(
	struct record *record, const struct event *event, enum state to, struct error *error);
bool cache_was_hit(
	struct record *record, const struct event *event, enum state to, struct error *error);
bool step_expanded(
	struct record *record, const struct event *event, enum state to, struct error *error);
bool gate_waits(
	struct record *record, const struct event *event, enum state to, struct error *error);
bool gate_opened(
	struct record *record, const struct event *event, enum state to, struct error *error);
bool step_result_kept(struct record *record, const struct event *event, struct error *error);

/* Why the attempt ended as it did; an attempt that was ended by us is cancelled. */
enum failure_class attempt_failure(const struct event *event);

/* INDEX_NONE and TIME_NONE are NULL in the rows. */
void bind_index(struct statement *statement, int parameter, uint32_t index);
void bind_time(struct statement *statement, int parameter, int64_t time_ms);
uint32_t column_index(struct statement *statement, int column);
int64_t column_time(struct statement *statement, int column);

/* A state's word; anything else in the row is a damaged record. */
bool column_state(struct record *record, struct statement *statement, int column, enum state *state,
	struct error *error);

/* One row is wrong: names the file and what is wrong with it. Always false. */
bool record_refuse_row(struct record *record, const char *what, struct error *error);

#endif
