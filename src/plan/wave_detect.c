#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "plan/wave.h"

bool wave_has_groups(const struct pipeline *pipeline)
{
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		if (pipeline->steps[i].group)
			return true;
	}
	return false;
}

/* What begins with the step at this place. */
struct boundaries {
	bool stage;
	bool wave;
	bool group;
};

static struct boundaries boundaries_at(const struct pipeline *pipeline, uint32_t step)
{
	const char *group = pipeline->steps[step].group;
	const char *before = step > 0 ? pipeline->steps[step - 1].group : NULL;
	return (struct boundaries){
		.stage = !group || !before,
		.wave = group && !before,
		.group = group && !text_equal(group, before),
	};
}

static void allocate(struct plan *plan, struct arena *arena)
{
	uint32_t step_count = plan->pipeline->step_count;
	uint32_t waves = 0;
	uint32_t groups = 0;
	uint32_t stages = 0;
	for (uint32_t i = 0; i < step_count; i++) {
		struct boundaries begins = boundaries_at(plan->pipeline, i);
		waves += begins.wave;
		groups += begins.group;
		stages += begins.stage;
	}
	plan->waves = ARENA_ARRAY(arena, struct plan_wave, waves);
	plan->groups = ARENA_ARRAY(arena, struct plan_group, groups);
	plan->stages = ARENA_ARRAY(arena, struct plan_stage, stages);
	plan->wave_steps = ARENA_ARRAY(arena, uint32_t, step_count);
}

/* Adds the step to the last group and wave, or makes it a stage of its own. */
static void place_step(struct plan *plan, uint32_t index, uint32_t *wave_step_count)
{
	const char *group = plan->pipeline->steps[index].group;
	struct boundaries begins = boundaries_at(plan->pipeline, index);
	struct plan_step *step = &plan->steps[index];
	if (begins.stage)
		plan->stages[plan->stage_count++] = (struct plan_stage){
			.wave = begins.wave ? plan->wave_count : INDEX_NONE,
			.step = begins.wave ? INDEX_NONE : index,
		};
	step->stage = plan->stage_count - 1;
	step->wave = INDEX_NONE;
	step->group = INDEX_NONE;
	if (!group)
		return;
	if (begins.wave)
		plan->waves[plan->wave_count++] = (struct plan_wave){
			.origin = WAVE_DETECTED,
			.groups = {plan->group_count, 0},
			.steps = {*wave_step_count, 0},
		};
	struct plan_wave *wave = &plan->waves[plan->wave_count - 1];
	if (begins.group) {
		plan->groups[plan->group_count++] = (struct plan_group){
			.name = group, .wave = plan->wave_count - 1, .steps = {index, 0}};
		wave->groups.count++;
	}
	step->wave = plan->wave_count - 1;
	step->group = plan->group_count - 1;
	plan->groups[step->group].steps.count++;
	plan->wave_steps[wave->steps.first + wave->steps.count++] = index;
	(*wave_step_count)++;
}

static void name_waves(struct plan *plan, struct arena *arena)
{
	CLEANUP(buffer_release) struct buffer name = BUFFER_INIT;
	for (uint32_t i = 0; i < plan->wave_count; i++) {
		struct index_range groups = plan->waves[i].groups;
		buffer_clear(&name);
		for (uint32_t k = 0; k < groups.count; k++) {
			buffer_append_text(&name, k > 0 ? " + " : "");
			buffer_append_text(&name, plan->groups[groups.first + k].name);
		}
		plan->waves[i].name = arena_copy_text(arena, buffer_text(&name));
	}
}

/* Where the step's file says that it needs the other one. */
static struct source_position need_position(const struct step *step, uint32_t need)
{
	for (uint32_t k = 0; k < step->need_count; k++) {
		if (step->needs[k].step == need)
			return step->needs[k].where;
	}
	for (uint32_t k = 0; k < step->input_count; k++) {
		if (step->inputs[k].step == need)
			return step->inputs[k].where;
	}
	return step->where;
}

static void report_late_need(
	const struct plan *plan, uint32_t index, uint32_t need, struct diagnostics *diagnostics)
{
	const struct step *step = &plan->pipeline->steps[index];
	const char *later = plan->pipeline->steps[need].id;
	const struct plan_stage *stage = &plan->stages[plan->steps[need].stage];
	struct source_position where = need_position(step, need);
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
			if (plan->steps[need].stage <= step->stage)
				continue;
			report_late_need(plan, i, need, diagnostics);
			in_order = false;
		}
	}
	return in_order;
}

bool wave_detect(struct plan *plan, struct arena *arena, struct diagnostics *diagnostics)
{
	uint32_t wave_step_count = 0;
	allocate(plan, arena);
	for (uint32_t i = 0; i < plan->pipeline->step_count; i++)
		place_step(plan, i, &wave_step_count);
	name_waves(plan, arena);
	return check_needs(plan, diagnostics);
}
