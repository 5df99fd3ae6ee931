#ifndef WAVETRAIN_REPORT_VERDICT_H
#define WAVETRAIN_REPORT_VERDICT_H

#include <stdint.h>

#include "base/buffer.h"
#include "model/run.h"

/* Wall time without pauses; up to now_ms while the run goes on. */
int64_t verdict_wall_ms(const struct run *run, int64_t now_ms);

/* Sum of all attempts; up to now_ms for those that run. */
int64_t verdict_work_ms(const struct run *run, int64_t now_ms);

/* "1 of 240 steps failed, 37 skipped, 2 retried": the counts of verdict_append() alone. */
void verdict_counts_append(const struct run *run, struct buffer *buffer);

/* Steps that failed and are optional: the run goes on and can be done all the same. */
uint32_t verdict_optional_failures(const struct run *run);

/*
 * The gate that an interrupted run waits at: the first closed one, else one that was opened since.
 * NULL: none. *waiting: how many are closed.
 */
const struct run_gate *verdict_gate(const struct run *run, uint32_t *waiting);

/* Why the step is in its state: its reason, else its last attempt's. NULL: nothing to say. */
const char *verdict_step_reason(const struct run *run, uint32_t step);

/*
 * When the attempt ended; now_ms for one that runs. One that lost its end together with the
 * runner counts as ended at once.
 */
int64_t verdict_attempt_end_ms(
	const struct run *run, const struct run_attempt *attempt, int64_t now_ms);

/* How many attempts the step had. */
uint32_t verdict_attempt_count(const struct run *run, uint32_t step);

#endif
