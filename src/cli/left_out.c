#include "cli/left_out.h"

#include "base/cleanup.h"
#include "base/map.h"
#include "base/text.h"
#include "load/fan_out.h"

static bool is_meant(const struct step *step, const char *id)
{
	return text_equal(step->id, id) || text_equal(step_base_id(step), id);
}

static bool is_named(const struct word_list *ids, const struct step *step)
{
	for (uint32_t i = 0; ids && i < ids->count; i++)
		if (is_meant(step, ids->items[i]))
			return true;
	return false;
}

/* --- what the run remembers --- */

static bool has_any(const struct run *previous)
{
	for (uint32_t i = 0; previous && i < previous->step_count; i++)
		if (reason_is_left_out(previous->steps[i].reason))
			return true;
	return false;
}

/* Its own row, or that of the step which stood for it before its list was there. */
static const char *known_reason(
	const struct run *previous, const struct map *places, const struct step *step)
{
	uint32_t place = map_find(places, step->id);
	if (place == INDEX_NONE)
		place = map_find(places, step_base_id(step));
	if (place == INDEX_NONE || previous->steps[place].state == STATE_DONE)
		return NULL;
	const char *reason = previous->steps[place].reason;
	return reason_is_left_out(reason) ? reason : NULL;
}

const char *const *left_out_reasons(const struct pipeline *pipeline,
	const struct left_out_choices *choices, const struct run *previous, struct arena *arena)
{
	CLEANUP(map_release) struct map places = {0};
	bool remembers = has_any(previous);
	if (!remembers && (!choices->ids || !choices->ids->count))
		return NULL;
	const char **reasons = ARENA_ARRAY(arena, const char *, pipeline->step_count);
	for (uint32_t i = 0; remembers && i < previous->step_count; i++)
		map_add(&places, previous->steps[i].id, i);
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		const struct step *step = &pipeline->steps[i];
		if (remembers && !is_named(choices->back, step))
			reasons[i] = known_reason(previous, &places, step);
		if (is_named(choices->ids, step))
			reasons[i] = REASON_LEFT_OUT "--skip";
	}
	return reasons;
}

/* --- what a person has typed --- */

struct meant {
	uint32_t count;
	uint32_t done_count; /* those of them that stay done */
	uint32_t out_count;  /* those of them that the run has left out so far */
};

static struct meant find_meant(const struct plan *plan, const char *const *reasons, const char *id)
{
	struct meant meant = {0};
	for (uint32_t i = 0; i < plan->pipeline->step_count; i++) {
		if (!is_meant(&plan->pipeline->steps[i], id))
			continue;
		meant.count++;
		meant.done_count += plan->steps[i].action == ACTION_SKIP;
		meant.out_count += reasons && reasons[i];
	}
	return meant;
}

static bool refuse_unknown(
	const struct pipeline *pipeline, const char *option, const char *id, struct error *error)
{
	struct nearest nearest;
	nearest_start(&nearest, id);
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		nearest_offer(&nearest, step_base_id(&pipeline->steps[i]));
		nearest_offer(&nearest, pipeline->steps[i].id);
	}
	error_set(error, ERROR_USAGE, "%s: there is no step '%s'", option, id);
	return nearest.best && error_hint(error, "did you mean '%s'?", nearest.best);
}

static bool refuse_both(
	const struct plan *plan, const struct left_out_choices *choices, struct error *error)
{
	for (uint32_t i = 0; i < plan->pipeline->step_count; i++) {
		const struct step *step = &plan->pipeline->steps[i];
		if (!is_named(choices->ids, step) || !is_named(choices->back, step))
			continue;
		error_set(error, ERROR_USAGE,
			"step '%s' is named by --skip and by --no-skip: it is the one or the other",
			step->id);
		return false;
	}
	return true;
}

bool left_out_check(const struct cli *cli, const struct plan *plan,
	const struct left_out_choices *choices, const struct run *previous, struct error *error)
{
	const struct word_list *ids = choices->ids, *back = choices->back;
	const char *const *reasons = left_out_reasons(
		plan->pipeline, &(struct left_out_choices){0}, previous, cli->arena);
	for (uint32_t i = 0; i < ids->count; i++) {
		struct meant meant = find_meant(plan, reasons, ids->items[i]);
		if (!meant.count)
			return refuse_unknown(plan->pipeline, "--skip", ids->items[i], error);
		if (meant.done_count == meant.count)
			cli_print_note(cli, "--skip: step '%s' is done already", ids->items[i]);
	}
	for (uint32_t i = 0; i < back->count; i++) {
		struct meant meant = find_meant(plan, reasons, back->items[i]);
		if (!meant.count)
			return refuse_unknown(plan->pipeline, "--no-skip", back->items[i], error);
		if (!meant.out_count)
			cli_print_note(
				cli, "--no-skip: step '%s' was not left out", back->items[i]);
	}
	return refuse_both(plan, choices, error);
}
