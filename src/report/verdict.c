#include "report/verdict.h"

#include "base/text.h"
#include "report/palette.h"
#include "report/report.h"
#include "report/text_layout.h"

int64_t verdict_wall_ms(const struct run *run, int64_t now_ms)
{
	if (run->started_ms == TIME_NONE)
		return 0;
	if (run->ended_ms != TIME_NONE || run->state != STATE_RUNNING)
		return run->totals.wall_ms;
	int64_t wall_ms = now_ms - run->started_ms - run->paused_ms;
	return wall_ms > 0 ? wall_ms : 0;
}

int64_t verdict_work_ms(const struct run *run, int64_t now_ms)
{
	if (run->totals.by_state[STATE_RUNNING] == 0)
		return run->totals.work_ms;
	int64_t work_ms = 0;
	for (uint32_t step = 0; step < run->step_count; step++) {
		int64_t duration_ms = run_step_duration_ms(run, step, now_ms);
		work_ms += duration_ms > 0 ? duration_ms : 0;
	}
	return work_ms;
}

int64_t verdict_attempt_end_ms(
	const struct run *run, const struct run_attempt *attempt, int64_t now_ms)
{
	if (attempt->ended_ms != TIME_NONE)
		return attempt->ended_ms;
	bool runs = attempt->state == STATE_RUNNING && run->state == STATE_RUNNING;
	return runs && now_ms > attempt->started_ms ? now_ms : attempt->started_ms;
}

uint32_t verdict_attempt_count(const struct run *run, uint32_t step)
{
	return run->steps[step].attempts.count;
}

const char *verdict_step_reason(const struct run *run, uint32_t step)
{
	if (!text_is_empty(run->steps[step].reason))
		return run->steps[step].reason;
	const struct run_attempt *attempt = run_last_attempt(run, step);
	return attempt && !text_is_empty(attempt->reason) ? attempt->reason : NULL;
}

uint32_t verdict_optional_failures(const struct run *run)
{
	uint32_t count = 0;
	/* In a run that is done every failure was an optional one; a list of runs has no steps. */
	if (run->state == STATE_DONE || !run->steps)
		return run->state == STATE_DONE ? run->totals.by_state[STATE_FAILED] : 0;
	for (uint32_t step = 0; step < run->step_count; step++)
		count += run->steps[step].state == STATE_FAILED && run->steps[step].is_optional;
	return count;
}

static void append_other(struct buffer *buffer, uint32_t count, const char *word)
{
	if (count > 0)
		buffer_printf(buffer, ", %u %s", count, word);
}

/* "1 of 240 steps failed"; what failed and is optional does not make the run a failed one. */
static void append_outcome(const struct run *run, struct buffer *buffer)
{
	uint32_t failed = run->totals.by_state[STATE_FAILED];
	uint32_t done = run->totals.by_state[STATE_DONE];
	uint32_t optional = failed > 0 ? verdict_optional_failures(run) : 0;
	bool is_bad = failed > optional;
	if (is_bad || done < run->step_count)
		buffer_printf(buffer, "%u of ", is_bad ? failed : done);
	else if (run->step_count > 1)
		buffer_append_text(buffer, "all ");
	layout_count(buffer, run->step_count, "step");
	buffer_append_text(buffer, is_bad ? " failed" : " done");
	if (is_bad && optional > 0)
		buffer_printf(buffer, " (%u optional)", optional);
	else
		append_other(buffer, optional, "failed (optional)");
}

void verdict_counts_append(const struct run *run, struct buffer *buffer)
{
	const uint32_t *by_state = run->totals.by_state;
	if (run->step_count == 0) {
		buffer_append_text(buffer, "no steps");
		return;
	}
	append_outcome(run, buffer);
	append_other(buffer, by_state[STATE_SKIPPED], "skipped");
	append_other(buffer, by_state[STATE_RUNNING], "running");
	append_other(buffer, run->totals.undecided, "undecided");
	append_other(buffer, by_state[STATE_PENDING] - run->totals.undecided, "not run");
	append_other(buffer, run->totals.retried, "retried");
	append_other(buffer, run->totals.cached, "cached");
}

const struct run_gate *verdict_gate(const struct run *run, uint32_t *waiting)
{
	const struct run_gate *first = NULL;
	*waiting = 0;
	for (uint32_t i = 0; run->state == STATE_INTERRUPTED && i < run->gate_count; i++) {
		const struct run_gate *gate = &run->gates[i];
		bool is_new = gate->is_open && run->ended_ms != TIME_NONE &&
			      gate->opened_ms >= run->ended_ms;
		if (gate->is_open && !is_new)
			continue;
		if (!first || (first->is_open && !gate->is_open))
			first = gate;
		*waiting += !gate->is_open;
	}
	return first;
}

/* Why it was stopped; gates may have been opened since. */
static void append_reason(const struct run *run, struct buffer *buffer)
{
	uint32_t waiting;
	const struct run_gate *gate = verdict_gate(run, &waiting);
	if (!gate && text_is_empty(run->reason))
		return;
	buffer_append_text(buffer, "; ");
	if (!gate) {
		layout_phrase(buffer, run->reason);
	} else if (waiting > 1) {
		buffer_printf(buffer, "waiting for approval of %u steps", waiting);
	} else {
		buffer_append_text(buffer, waiting ? "waiting for approval of step "
						   : "approved and to be resumed: step ");
		layout_phrase(buffer, run->steps[gate->step].id);
	}
}

void verdict_append(const struct run *run, int64_t now_ms, struct buffer *buffer)
{
	buffer_append_text(buffer, palette_state_word(run->state));
	buffer_append_text(buffer, ": ");
	verdict_counts_append(run, buffer);
	if (run->totals.by_state[STATE_FAILED] == verdict_optional_failures(run) &&
		run->state != STATE_DONE)
		append_reason(run, buffer);
	if (run->started_ms == TIME_NONE)
		return;
	buffer_append_text(buffer, " — ");
	duration_append(buffer, verdict_wall_ms(run, now_ms));
	if (run->totals.critical_path_ms > 0) {
		buffer_append_text(buffer, " (critical path ");
		duration_append(buffer, run->totals.critical_path_ms);
		buffer_append_byte(buffer, ')');
	}
}
