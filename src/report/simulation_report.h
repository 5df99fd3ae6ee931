#ifndef WAVETRAIN_REPORT_SIMULATION_REPORT_H
#define WAVETRAIN_REPORT_SIMULATION_REPORT_H

#include "base/buffer.h"
#include "model/simulation.h"
#include "report/report.h"

/*
 * A table with a row for each number of jobs and mode; below it the barriers that leave most slot
 * time unused, for the plan's own number of jobs or else the largest one. Ends with a line end.
 */
void simulation_text_append(
	const struct simulation *simulation, const struct text_style *style, struct buffer *buffer);

/* As docs/reference/simulate-json.md describes it. */
void simulation_json_append(const struct simulation *simulation, struct buffer *buffer);

#endif
