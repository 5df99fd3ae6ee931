#include "run/gates.h"

#include <string.h>

void gates_init(
	struct gates *gates, const struct runner_settings *settings, struct journal *journal)
{
	const struct pipeline *pipeline = settings->plan->pipeline;
	*gates = (struct gates){.settings = settings, .journal = journal};
	for (uint32_t i = 0; i < pipeline->step_count; i++)
		gates->has_any |= pipeline->steps[i].needs_approval;
}

/* What the record says of it, the newest last; NULL: nothing, or of an earlier result. */
static const struct run_gate *find_record(const struct gates *gates, uint32_t step)
{
	const struct run *run = gates->settings->run;
	const struct plan *plan = gates->settings->plan;
	const struct run_gate *found = NULL;
	if (plan->steps[step].action != ACTION_SKIP)
		return NULL;
	for (uint32_t i = 0; i < run->gate_count; i++) {
		const struct run_step *gated = &run->steps[run->gates[i].step];
		if (strcmp(gated->id, plan->pipeline->steps[step].id) == 0)
			found = &run->gates[i];
	}
	return found;
}

static bool is_closed(const struct gates *gates, uint32_t step)
{
	if (!gates->settings->plan->pipeline->steps[step].needs_approval ||
		gates->scheduler->progress[step] != PROGRESS_DONE)
		return false;
	const struct run_gate *record = find_record(gates, step);
	return !record || !record->is_open;
}

uint32_t gates_find_closed(const struct gates *gates, uint32_t stage)
{
	uint32_t count;
	const uint32_t *steps = plan_stage_steps(gates->settings->plan, stage, &count);
	for (uint32_t i = 0; gates->has_any && i < count; i++) {
		if (is_closed(gates, steps[i]))
			return steps[i];
	}
	return INDEX_NONE;
}

static struct event *gate_event(const struct gates *gates, enum event_type type, uint32_t step)
{
	const struct plan_step *planned = &gates->settings->plan->steps[step];
	struct event *event = journal_event(gates->journal, type);
	event->step = step;
	event->wave = planned->wave;
	event->group = planned->group;
	return event;
}

static void record_waiting(const struct gates *gates, uint32_t step)
{
	struct event *event = gate_event(gates, EVENT_GATE_WAITING, step);
	event->reason = "done, and waiting for approval";
	journal_record(gates->journal, event);
}

/* True: a person has approved. */
static bool ask(const struct gates *gates, uint32_t step)
{
	const struct run_services *services = gates->settings->services;
	const char *approved_by = NULL;
	if (!services->ask_gate || !services->ask_gate(services->context, step, &approved_by))
		return false;
	struct event *event = gate_event(gates, EVENT_GATE_OPENED, step);
	if (approved_by)
		event->subject = arena_copy_text(&gates->journal->arena, approved_by);
	journal_record(gates->journal, event);
	return journal_flush(gates->journal, false);
}

uint32_t gates_ask(const struct gates *gates, uint32_t stage, bool may_ask)
{
	uint32_t count;
	uint32_t first_closed = INDEX_NONE;
	const uint32_t *steps = plan_stage_steps(gates->settings->plan, stage, &count);
	for (uint32_t i = 0; gates->has_any && i < count; i++) {
		if (is_closed(gates, steps[i]))
			record_waiting(gates, steps[i]);
	}
	/* Whoever answers from elsewhere finds them all on record. */
	if (!gates->has_any || !journal_flush(gates->journal, false))
		return first_closed;
	for (uint32_t i = 0; i < count; i++) {
		if (!is_closed(gates, steps[i]) || (may_ask && ask(gates, steps[i])))
			continue;
		if (first_closed == INDEX_NONE)
			first_closed = steps[i];
	}
	return first_closed;
}
