#ifndef WAVETRAIN_RECORD_RUN_READING_H
#define WAVETRAIN_RECORD_RUN_READING_H

#include "record/record_internal.h"

struct run_edge {
	uint32_t step; /* first: items are put in the order of their first field */
	uint32_t need;
};

/* Which contract a row of run->contracts came from, before they are put in order. */
struct contract_row {
	uint32_t step; /* number */
	int64_t sequence;
};

/* How the rows of one run become the struct run. */
struct run_reading {
	struct record *record;
	struct arena *arena;  /* what the run keeps */
	struct arena scratch; /* what the reading needs */
	struct run *run;
	int64_t number;
	uint32_t *places; /* by step number */
	struct run_edge *edges;
	bool edges_need_sorting;
	struct contract_row *contract_rows; /* of each of run->contracts */
	uint32_t error_count;               /* rows of contract_errors, of all contracts */
	struct contract_error *errors;
	uint32_t error_contract; /* place in contracts of the row read last */
	uint32_t result_count;
};

typedef bool row_reader(
	struct run_reading *reading, struct statement *row, uint32_t index, struct error *error);

/* Calls read for each row; there must be exactly count of them. */
bool read_rows(struct run_reading *reading, enum sql sql, uint32_t count, row_reader *read,
	struct error *error);

/* The place of the step that a column of the row names; INDEX_NONE: there is no such step. */
uint32_t row_place(struct run_reading *reading, struct statement *row, int column);

/* Gates, results and contracts' errors. Contracts stand in the order of their rows. */
bool read_rare_rows(struct run_reading *reading, struct error *error);

#endif
