/*
 * Ids are found by one map for steps and one for the ids that instances of a fan-out were written
 * with; instances of one step are chained in the order of the file.
 */
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/map.h"
#include "base/text.h"
#include "plan/graph_references.h"
#include "plan/wave.h"
#include "plan/wave_parts.h"

/* For hints: comparisons in all, so that a file of wrong ids costs no more than a right one. */
#define COMPARISON_LIMIT 500000u

struct declaration {
	struct plan *plan;
	struct diagnostics *diagnostics;
	struct arena scratch;    /* owned */
	struct map ids;          /* owned */
	struct map base_ids;     /* owned; to a place in instances */
	uint32_t *instances;     /* the first instance of each base id */
	uint32_t *next_instance; /* for each step; INDEX_NONE: the last, or none */
	uint32_t *in_file;       /* for each wave of the plan: its place in pipeline->waves */
	uint64_t comparisons_left;
	bool is_sound; /* nothing was reported */
};

static void declaration_release(struct declaration *declaration)
{
	map_release(&declaration->ids);
	map_release(&declaration->base_ids);
	arena_release(&declaration->scratch);
}

static void index_steps(struct declaration *declaration)
{
	const struct pipeline *pipeline = declaration->plan->pipeline;
	struct arena *scratch = &declaration->scratch;
	uint32_t *last = ARENA_ARRAY(scratch, uint32_t, pipeline->step_count);
	declaration->instances = ARENA_ARRAY(scratch, uint32_t, pipeline->step_count);
	declaration->next_instance = ARENA_ARRAY(scratch, uint32_t, pipeline->step_count);
	map_reserve(&declaration->ids, pipeline->step_count);
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		const struct step_instance *instance = pipeline->steps[i].instance;
		map_add(&declaration->ids, pipeline->steps[i].id, i);
		declaration->next_instance[i] = INDEX_NONE;
		if (!instance)
			continue;
		uint32_t place = declaration->base_ids.count;
		if (map_add(&declaration->base_ids, instance->base_id, place)) {
			declaration->instances[place] = i;
		} else {
			place = map_find(&declaration->base_ids, instance->base_id);
			declaration->next_instance[last[place]] = i;
		}
		last[place] = i;
	}
}

static void report_unknown(struct declaration *declaration, const struct text_item *item)
{
	const struct pipeline *pipeline = declaration->plan->pipeline;
	struct nearest nearest;
	nearest_start(&nearest, item->text);
	declaration->is_sound = false;
	if (declaration->comparisons_left >= pipeline->step_count) {
		declaration->comparisons_left -= pipeline->step_count;
		for (uint32_t i = 0; i < pipeline->step_count; i++)
			nearest_offer(&nearest, pipeline->steps[i].instance
							? pipeline->steps[i].instance->base_id
							: pipeline->steps[i].id);
	}
	diagnostics_add_near(declaration->diagnostics, FINDING_UNKNOWN_REFERENCE, item->where,
		nearest.best, "there is no step '%.120s'", item->text);
}

/* "wave 2 (line 7)", "wave 2 (tests, line 7)"; the arena's. */
static const char *wave_text(const struct declaration *declaration, uint32_t wave)
{
	const struct declared_wave *declared =
		&declaration->plan->pipeline->waves[declaration->in_file[wave]];
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	buffer_printf(&text, "wave %u (", wave + 1);
	if (declared->name)
		buffer_printf(&text, "%s, ", declared->name);
	buffer_printf(&text, "line %u)", declared->where.line);
	return arena_copy_text(declaration->diagnostics->arena, buffer_text(&text));
}

static void put_in_wave(struct declaration *declaration, uint32_t index, uint32_t wave,
	const struct text_item *item)
{
	struct plan_step *step = &declaration->plan->steps[index];
	if (step->wave == INDEX_NONE) {
		step->wave = wave;
		declaration->plan->waves[wave].steps.count++;
		return;
	}
	declaration->is_sound = false;
	const char *id = declaration->plan->pipeline->steps[index].id;
	if (step->wave == wave)
		diagnostics_add(declaration->diagnostics, FINDING_DUPLICATE_ID, item->where,
			"step '%s' is given twice in %s", id, wave_text(declaration, wave));
	else
		diagnostics_add(declaration->diagnostics, FINDING_DUPLICATE_ID, item->where,
			"step '%s' is in %s already, and stands here in %s", id,
			wave_text(declaration, step->wave), wave_text(declaration, wave));
}

static void read_item(struct declaration *declaration, const struct text_item *item, uint32_t wave)
{
	uint32_t step = map_find(&declaration->ids, item->text);
	uint32_t base = map_find(&declaration->base_ids, item->text);
	if (step != INDEX_NONE)
		put_in_wave(declaration, step, wave, item);
	else if (base == INDEX_NONE)
		report_unknown(declaration, item);
	else
		for (step = declaration->instances[base]; step != INDEX_NONE;
			step = declaration->next_instance[step])
			put_in_wave(declaration, step, wave, item);
}

static void read_waves(struct declaration *declaration, struct arena *arena)
{
	struct plan *plan = declaration->plan;
	const struct pipeline *pipeline = plan->pipeline;
	plan->waves = ARENA_ARRAY(arena, struct plan_wave, pipeline->wave_count);
	declaration->in_file = ARENA_ARRAY(&declaration->scratch, uint32_t, pipeline->wave_count);
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		plan->steps[i].wave = INDEX_NONE;
		plan->steps[i].group = INDEX_NONE;
	}
	for (uint32_t i = 0; i < pipeline->wave_count; i++) {
		const struct declared_wave *declared = &pipeline->waves[i];
		if (declared->steps.count == 0)
			continue;
		uint32_t wave = plan->wave_count++;
		declaration->in_file[wave] = i;
		plan->waves[wave].origin = WAVE_DECLARED;
		plan->waves[wave].name = declared->name;
		for (uint32_t k = 0; k < declared->steps.count; k++)
			read_item(declaration, &declared->steps.items[k], wave);
	}
}

static void report_missing(struct declaration *declaration)
{
	const struct plan *plan = declaration->plan;
	for (uint32_t i = 0; i < plan->pipeline->step_count; i++) {
		if (plan->steps[i].wave != INDEX_NONE)
			continue;
		declaration->is_sound = false;
		diagnostics_add(declaration->diagnostics, FINDING_WAVE_ORDER,
			plan->pipeline->steps[i].where, "step '%s' is in none of the waves",
			plan->pipeline->steps[i].id)
			->hint = "with 'waves' every step is in exactly one of them";
	}
}

static bool begins_group(const struct plan *plan, const struct plan_wave *wave, uint32_t step)
{
	const struct step *steps = plan->pipeline->steps;
	if (wave->groups.count == 0)
		return true;
	const struct plan_group *last = &plan->groups[plan->group_count - 1];
	return last->steps.first + last->steps.count != step ||
	       !text_equal(last->name, steps[step].group);
}

/* Spans of a wave: consecutive steps of the file that are of one group. */
static void find_groups(struct plan *plan, uint32_t place)
{
	struct plan_wave *wave = &plan->waves[place];
	wave->groups.first = plan->group_count;
	for (uint32_t k = 0; k < wave->steps.count; k++) {
		uint32_t index = plan->wave_steps[wave->steps.first + k];
		const struct step *step = &plan->pipeline->steps[index];
		wave->check_count += step->is_check;
		if (!step->group || step->is_check)
			continue;
		if (begins_group(plan, wave, index)) {
			plan->groups[plan->group_count++] = (struct plan_group){
				.name = step->group, .wave = place, .steps = {index, 0}};
			wave->groups.count++;
		}
		plan->groups[plan->group_count - 1].steps.count++;
		plan->steps[index].group = plan->group_count - 1;
	}
}

static void arrange_waves(struct plan *plan, struct arena *arena)
{
	uint32_t step_count = plan->pipeline->step_count;
	plan->stage_count = plan->wave_count;
	plan->stages = ARENA_ARRAY(arena, struct plan_stage, plan->stage_count);
	plan->wave_steps = ARENA_ARRAY(arena, uint32_t, step_count);
	plan->groups = ARENA_ARRAY(arena, struct plan_group, step_count);
	uint32_t first = 0;
	for (uint32_t i = 0; i < plan->wave_count; i++) {
		struct index_range *steps = &plan->waves[i].steps;
		plan->stages[i] = (struct plan_stage){.wave = i, .step = INDEX_NONE};
		steps->first = first;
		first += steps->count;
		steps->count = 0;
	}
	for (uint32_t i = 0; i < step_count; i++) {
		struct index_range *steps = &plan->waves[plan->steps[i].wave].steps;
		plan->steps[i].stage = plan->steps[i].wave;
		plan->wave_steps[steps->first + steps->count++] = i;
	}
	for (uint32_t i = 0; i < plan->wave_count; i++)
		find_groups(plan, i);
}

static void check_need(struct declaration *declaration, uint32_t index, uint32_t need)
{
	const struct plan *plan = declaration->plan;
	const struct step *step = &plan->pipeline->steps[index];
	uint32_t own = plan->steps[index].wave;
	uint32_t its = plan->steps[need].wave;
	if (its < own)
		return;
	if (wave_check_is_late(plan, index, need, declaration->diagnostics)) {
		declaration->is_sound = false;
		return;
	}
	if (its == own && step->is_check)
		return;
	declaration->is_sound = false;
	struct source_position where = reference_where(step, need);
	const char *other = plan->pipeline->steps[need].id;
	if (its > own)
		diagnostics_add(declaration->diagnostics, FINDING_WAVE_ORDER, where,
			"step '%s' of %s needs '%s' of %s, which runs later", step->id,
			wave_text(declaration, own), other, wave_text(declaration, its));
	else
		diagnostics_add(declaration->diagnostics, FINDING_WAVE_ORDER, where,
			"step '%s' needs '%s', and both are in %s", step->id, other,
			wave_text(declaration, own))
			->hint = arena_format(declaration->diagnostics->arena,
			"move '%s' to an earlier wave, or '%s' to a later one", other, step->id);
}

static void check_needs(struct declaration *declaration)
{
	const struct plan *plan = declaration->plan;
	for (uint32_t i = 0; i < plan->pipeline->step_count; i++) {
		struct index_range needs = plan->steps[i].needs;
		for (uint32_t k = 0; k < needs.count; k++)
			check_need(declaration, i, plan->edges[needs.first + k]);
	}
}

bool wave_declare(struct plan *plan, struct arena *arena, struct diagnostics *diagnostics)
{
	CLEANUP(declaration_release)
	struct declaration declaration = {.plan = plan,
		.diagnostics = diagnostics,
		.comparisons_left = COMPARISON_LIMIT,
		.is_sound = true};
	index_steps(&declaration);
	read_waves(&declaration, arena);
	report_missing(&declaration);
	if (!declaration.is_sound)
		return false;
	arrange_waves(plan, arena);
	check_needs(&declaration);
	if (!declaration.is_sound)
		return false;
	wave_checks_move_last(plan);
	wave_name_after_groups(plan, arena);
	return true;
}
