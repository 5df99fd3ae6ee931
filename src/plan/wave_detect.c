#include "base/text.h"
#include "plan/graph_references.h"
#include "plan/wave.h"
#include "plan/wave_parts.h"

bool wave_is_detected(const struct pipeline *pipeline)
{
	if (pipeline->format == FORMAT_TABLE)
		return true;
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		if (pipeline->steps[i].group)
			return true;
	}
	return false;
}

/* A walk down the file. */
struct wave_walk {
	bool is_open;      /* the step before belongs to a wave */
	const char *group; /* of the step before; NULL: it is in no span */
};

/* What a step is, and what begins with it. */
struct wave_place {
	bool stage;
	bool wave;
	bool group;
	bool is_check; /* of the wave at hand */
};

static struct wave_place walk_on(struct wave_walk *walk, const struct step *step)
{
	struct wave_place place = {0};
	const char *group = step->is_check ? NULL : step->group;
	place.is_check = step->is_check && walk->is_open;
	place.stage = !place.is_check && (!group || !walk->is_open);
	place.wave = group && !walk->is_open;
	place.group = group && !text_equal(group, walk->group);
	walk->is_open = group || place.is_check;
	walk->group = group;
	return place;
}

static void allocate(struct plan *plan, struct arena *arena)
{
	uint32_t step_count = plan->pipeline->step_count;
	struct wave_walk walk = {0};
	uint32_t waves = 0;
	uint32_t groups = 0;
	uint32_t stages = 0;
	for (uint32_t i = 0; i < step_count; i++) {
		struct wave_place place = walk_on(&walk, &plan->pipeline->steps[i]);
		waves += place.wave;
		groups += place.group;
		stages += place.stage;
	}
	plan->waves = ARENA_ARRAY(arena, struct plan_wave, waves);
	plan->groups = ARENA_ARRAY(arena, struct plan_group, groups);
	plan->stages = ARENA_ARRAY(arena, struct plan_stage, stages);
	plan->wave_steps = ARENA_ARRAY(arena, uint32_t, step_count);
}

static void begin_stage(struct plan *plan, uint32_t index, bool is_wave, uint32_t wave_step_count)
{
	plan->stages[plan->stage_count++] = (struct plan_stage){
		.wave = is_wave ? plan->wave_count : INDEX_NONE,
		.step = is_wave ? INDEX_NONE : index,
	};
	if (is_wave)
		plan->waves[plan->wave_count++] = (struct plan_wave){
			.origin = WAVE_DETECTED,
			.groups = {plan->group_count, 0},
			.steps = {wave_step_count, 0},
		};
}

static void add_to_group(struct plan *plan, uint32_t index, bool begins)
{
	if (begins) {
		plan->groups[plan->group_count++] =
			(struct plan_group){.name = plan->pipeline->steps[index].group,
				.wave = plan->wave_count - 1,
				.steps = {index, 0}};
		plan->waves[plan->wave_count - 1].groups.count++;
	}
	plan->groups[plan->group_count - 1].steps.count++;
	plan->steps[index].group = plan->group_count - 1;
}

static void place_steps(struct plan *plan)
{
	struct wave_walk walk = {0};
	uint32_t wave_step_count = 0;
	for (uint32_t i = 0; i < plan->pipeline->step_count; i++) {
		struct wave_place place = walk_on(&walk, &plan->pipeline->steps[i]);
		struct plan_step *step = &plan->steps[i];
		if (place.stage)
			begin_stage(plan, i, place.wave, wave_step_count);
		step->stage = plan->stage_count - 1;
		step->wave = INDEX_NONE;
		step->group = INDEX_NONE;
		if (!walk.is_open)
			continue;
		step->wave = plan->wave_count - 1;
		struct plan_wave *wave = &plan->waves[step->wave];
		wave->check_count += place.is_check;
		plan->wave_steps[wave->steps.first + wave->steps.count++] = i;
		wave_step_count++;
		if (!place.is_check)
			add_to_group(plan, i, place.group);
	}
}

/* A title is of the wave that holds the row, or of the next one; of several the first inside. */
static void name_by_titles(struct plan *plan)
{
	const struct pipeline *pipeline = plan->pipeline;
	uint32_t title = 0;
	for (uint32_t i = 0; i < plan->wave_count; i++) {
		struct index_range steps = plan->waves[i].steps;
		uint32_t first = plan->wave_steps[steps.first];
		uint32_t end = first + steps.count;
		for (; title < pipeline->wave_title_count; title++) {
			const struct wave_title *found = &pipeline->wave_titles[title];
			if (found->step >= end)
				break;
			if (found->step <= first || !plan->waves[i].name)
				plan->waves[i].name = found->name;
		}
	}
}

static void report_late_need(
	const struct plan *plan, uint32_t index, uint32_t need, struct diagnostics *diagnostics)
{
	const struct step *step = &plan->pipeline->steps[index];
	const char *later = plan->pipeline->steps[need].id;
	const struct plan_stage *stage = &plan->stages[plan->steps[need].stage];
	struct source_position where = reference_where(step, need);
	const char *own = plan_stage_title(plan, plan->steps[index].stage, diagnostics->arena);
	const char *its = plan_stage_title(plan, plan->steps[need].stage, diagnostics->arena);
	struct finding *finding;
	if (stage->wave == INDEX_NONE)
		finding = diagnostics_add(diagnostics, FINDING_WAVE_ORDER, where,
			"step '%s' of %s needs '%s', a step on its own that runs later", step->id,
			own, later);
	else
		finding = diagnostics_add(diagnostics, FINDING_WAVE_ORDER, where,
			"step '%s' of %s needs '%s' of %s, which runs later", step->id, own, later,
			its);
	finding->hint = arena_format(
		diagnostics->arena, "move '%s' below '%s', or change its group", step->id, later);
}

static bool check_needs(const struct plan *plan, struct diagnostics *diagnostics)
{
	bool in_order = true;
	for (uint32_t i = 0; i < plan->pipeline->step_count; i++) {
		const struct plan_step *step = &plan->steps[i];
		for (uint32_t k = 0; k < step->needs.count; k++) {
			uint32_t need = plan->edges[step->needs.first + k];
			bool is_later = plan->steps[need].stage > step->stage;
			if (is_later)
				report_late_need(plan, i, need, diagnostics);
			if (is_later || wave_check_is_late(plan, i, need, diagnostics))
				in_order = false;
		}
	}
	return in_order;
}

bool wave_detect(struct plan *plan, struct arena *arena, struct diagnostics *diagnostics)
{
	allocate(plan, arena);
	place_steps(plan);
	name_by_titles(plan);
	wave_checks_move_last(plan);
	wave_name_after_groups(plan, arena);
	return check_needs(plan, diagnostics);
}
