#include "plan/estimate.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static int duration_compare(const void *left, const void *right)
{
	const int64_t *a = left;
	const int64_t *b = right;
	return *a < *b ? -1 : *a > *b;
}

/*
 * What instances of a fan-out took, by the id their step is written with: an instance that has
 * never run will take what the others did.
 */
struct instance_history {
	struct map bases;    /* owned; to a place in medians_ms */
	int64_t *medians_ms; /* of each base, the scratch arena's */
};

struct instance_duration {
	uint32_t base;
	int64_t duration_ms;
};

static int instance_compare(const void *left, const void *right)
{
	const struct instance_duration *a = left;
	const struct instance_duration *b = right;
	if (a->base != b->base)
		return a->base < b->base ? -1 : 1;
	return duration_compare(&a->duration_ms, &b->duration_ms);
}

static bool has_fan_out(const struct pipeline *pipeline)
{
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		if (pipeline->steps[i].instance || pipeline->steps[i].foreach)
			return true;
	}
	return false;
}

/* "test[os=linux]" is an instance of "test". */
static void instance_history_build(
	struct instance_history *instances, const struct history *history, struct arena *scratch)
{
	struct instance_duration *durations =
		ARENA_ARRAY(scratch, struct instance_duration, history->count);
	uint32_t count = 0;
	for (uint32_t i = 0; i < history->count; i++) {
		const char *id = history->entries[i].step_id;
		const char *bracket = strchr(id, '[');
		if (!bracket)
			continue;
		const char *base = arena_copy_bytes(scratch, id, (size_t)(bracket - id));
		map_add(&instances->bases, base, instances->bases.count);
		durations[count++] = (struct instance_duration){
			map_find(&instances->bases, base), history->entries[i].median_ms};
	}
	instances->medians_ms = ARENA_ARRAY(scratch, int64_t, instances->bases.count);
	qsort(durations, count, sizeof *durations, instance_compare);
	for (uint32_t first = 0; first < count;) {
		uint32_t end = first;
		while (end < count && durations[end].base == durations[first].base)
			end++;
		instances->medians_ms[durations[first].base] =
			durations[first + (end - first - 1) / 2].duration_ms;
		first = end;
	}
}

struct estimation {
	const struct history *history; /* NULL: none */
	struct instance_history instances;
};

static void estimation_release(struct estimation *estimation)
{
	map_release(&estimation->instances.bases);
}

/* From history; false: there is none of the step, nor of its like. */
static bool find_past(
	const struct estimation *estimation, const struct step *step, struct plan_step *planned)
{
	uint32_t place =
		estimation->history ? map_find(&estimation->history->by_id, step->id) : INDEX_NONE;
	if (place != INDEX_NONE) {
		const struct history_entry *entry = &estimation->history->entries[place];
		planned->estimate_ms = entry->median_ms;
		planned->ninth_decile_ms = entry->ninth_decile_ms;
		return true;
	}
	if (estimation->instances.bases.count > 0 && (step->instance || step->foreach))
		place = map_find(&estimation->instances.bases,
			step->instance ? step->instance->base_id : step->id);
	if (place == INDEX_NONE)
		return false;
	planned->estimate_ms = estimation->instances.medians_ms[place];
	return true;
}

/* True when something is known of the step itself. */
static bool estimate_step(
	const struct estimation *estimation, const struct step *step, struct plan_step *planned)
{
	if (find_past(estimation, step, planned)) {
		planned->estimate_from = ESTIMATE_HISTORY;
		return true;
	}
	if (step->effort_ms > 0) {
		planned->estimate_ms = step->effort_ms;
		planned->estimate_from = ESTIMATE_EFFORT;
		return true;
	}
	if (step->timeout_ms > 0) {
		planned->estimate_ms = step->timeout_ms;
		planned->estimate_from = ESTIMATE_TIMEOUT;
		return true;
	}
	return false;
}

void estimate_steps(struct plan *plan, const struct history *history, struct arena *scratch)
{
	uint32_t step_count = plan->pipeline->step_count;
	int64_t *known_ms = ARENA_ARRAY(scratch, int64_t, step_count);
	bool *is_known = ARENA_ARRAY(scratch, bool, step_count);
	uint32_t known_count = 0;
	CLEANUP(estimation_release) struct estimation estimation = {.history = history};
	if (history && has_fan_out(plan->pipeline))
		instance_history_build(&estimation.instances, history, scratch);
	for (uint32_t i = 0; i < step_count; i++) {
		is_known[i] =
			estimate_step(&estimation, &plan->pipeline->steps[i], &plan->steps[i]);
		/* A timeout says how long one step may take, not how long others do. */
		if (is_known[i] && plan->steps[i].estimate_from == ESTIMATE_HISTORY)
			known_ms[known_count++] = plan->steps[i].estimate_ms;
	}
	int64_t rest_ms = ESTIMATE_DEFAULT_MS;
	if (known_count > 0) {
		qsort(known_ms, known_count, sizeof *known_ms, duration_compare);
		rest_ms = known_ms[(known_count - 1) / 2];
	}
	for (uint32_t i = 0; i < step_count; i++) {
		if (is_known[i])
			continue;
		plan->steps[i].estimate_ms = rest_ms;
		plan->steps[i].estimate_from =
			known_count > 0 ? ESTIMATE_PIPELINE : ESTIMATE_DEFAULT;
	}
}

/* Checks come after the rest of their wave, one after another. */
static void add_checks(struct plan *plan, struct plan_wave *wave)
{
	uint32_t end = wave->steps.first + wave->steps.count;
	for (uint32_t k = end - wave->check_count; k < end; k++)
		wave->estimate_ms += plan->steps[plan->wave_steps[k]].estimate_ms;
}

/* Of a step in a wave: where no wave has checks they are steps like any other. */
static bool is_wave_check(const struct plan *plan, uint32_t step)
{
	return plan->waves[plan->steps[step].wave].check_count > 0 &&
	       plan->pipeline->steps[step].is_check;
}

void estimate_waves(struct plan *plan)
{
	for (uint32_t i = 0; i < plan->pipeline->step_count; i++) {
		const struct plan_step *step = &plan->steps[i];
		if (step->group != INDEX_NONE &&
			step->estimate_ms > plan->groups[step->group].estimate_ms)
			plan->groups[step->group].estimate_ms = step->estimate_ms;
		if (step->wave != INDEX_NONE && !is_wave_check(plan, i) &&
			step->estimate_ms > plan->waves[step->wave].estimate_ms)
			plan->waves[step->wave].estimate_ms = step->estimate_ms;
	}
	for (uint32_t i = 0; i < plan->wave_count; i++)
		add_checks(plan, &plan->waves[i]);
}
