#ifndef WAVETRAIN_LOAD_TABLE_ROW_H
#define WAVETRAIN_LOAD_TABLE_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/diagnostic.h"
#include "model/pipeline.h"

/* The columns of a table in their order; their titles are in table_row.c. */
enum table_column {
	COLUMN_NUM,
	COLUMN_AGENT,
	COLUMN_CLI,
	COLUMN_GATE,
	COLUMN_PARALLEL_GROUP,
	COLUMN_TIMEOUT_MIN,
	COLUMN_PROMPT,
	COLUMN_COUNT
};

/* As it stands in the line, without the blanks around it; `\|` is still two characters. */
struct table_cell {
	const char *bytes;
	size_t size;
};

struct table_row {
	const char *line; /* without its end */
	size_t size;
	uint32_t line_number;
	struct table_cell cells[COLUMN_COUNT];
	uint32_t cell_count; /* at most COLUMN_COUNT: PROMPT is the rest of the line */
};

/* What holds for all rows. */
struct table_settings {
	struct diagnostics *diagnostics;
	int64_t timeout_ms;
	bool shell;              /* every PROMPT is a command */
	uint32_t row_number;     /* of the row that comes next, from 1 */
	uint64_t last_number;    /* the NUM of the row before, right or wrong; 0: none */
	uint32_t first_row_line; /* 0: no row so far */
};

/* Cuts the line at its pipes, and drops one at its end. */
void table_row_split(struct table_row *row);

/* True when the first cell is a title; faults of the other titles are reported. */
bool table_row_is_title(const struct table_row *row, struct table_settings *settings);

/* Fills *step from a row; what is wrong with it is reported. */
void table_row_read(
	const struct table_row *row, struct table_settings *settings, struct step *step);

/* Whole minutes from 1 to TABLE_MAXIMUM_TIMEOUT_MIN, or a finding. */
bool table_read_minutes(const char *name, const char *text, struct source_position where,
	struct diagnostics *diagnostics, int64_t *minutes_ms);

/* The position of a byte of the line. */
struct source_position table_row_where(const struct table_row *row, const char *at);

bool is_table_blank(char byte);

#endif
