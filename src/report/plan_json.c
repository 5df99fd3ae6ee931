#include "report/json_writer.h"
#include "report/report.h"

#include "base/index.h"
#include "base/text.h"

static void append_id(const struct plan *plan, uint32_t step, struct buffer *buffer)
{
	json_append_text(buffer, plan->pipeline->steps[step].id);
}

static void add_ids(const struct plan *plan, const char *key, const uint32_t *steps, uint32_t count,
	struct buffer *buffer)
{
	json_key(buffer, key);
	buffer_append_byte(buffer, '[');
	for (uint32_t i = 0; i < count; i++) {
		json_separate(buffer);
		append_id(plan, steps[i], buffer);
	}
	buffer_append_byte(buffer, ']');
}

/* Of a table a row's number, else the step's id. */
static void add_place(
	const struct plan *plan, const char *key, uint32_t step, struct buffer *buffer)
{
	if (plan->pipeline->format == FORMAT_TABLE) {
		json_add_number(buffer, key, (int64_t)step + 1);
		return;
	}
	json_key(buffer, key);
	append_id(plan, step, buffer);
}

static void append_group(
	const struct plan *plan, const struct plan_group *group, struct buffer *buffer)
{
	json_separate(buffer);
	buffer_append_byte(buffer, '{');
	json_add_text(buffer, "name", group->name);
	add_place(plan, "first", group->steps.first, buffer);
	add_place(plan, "last", group->steps.first + group->steps.count - 1, buffer);
	json_key(buffer, "steps");
	buffer_append_byte(buffer, '[');
	for (uint32_t i = 0; i < group->steps.count; i++) {
		json_separate(buffer);
		append_id(plan, group->steps.first + i, buffer);
	}
	buffer_append_byte(buffer, ']');
	json_add_number(buffer, "estimate_ms", group->estimate_ms);
	buffer_append_byte(buffer, '}');
}

static void append_wave(const struct plan *plan, uint32_t index, struct buffer *buffer)
{
	const struct plan_wave *wave = &plan->waves[index];
	buffer_append_text(buffer, index > 0 ? ",\n{" : "\n{");
	json_add_number(buffer, "index", index);
	json_add_text(buffer, "name", wave->name);
	json_add_text(buffer, "origin", wave_origin_name(wave->origin));
	json_key(buffer, "groups");
	buffer_append_byte(buffer, '[');
	for (uint32_t i = 0; i < wave->groups.count; i++)
		append_group(plan, &plan->groups[wave->groups.first + i], buffer);
	buffer_append_byte(buffer, ']');
	uint32_t check_count = wave->check_count;
	uint32_t step_count = wave->steps.count - check_count;
	const uint32_t *steps = plan->wave_steps + wave->steps.first;
	add_ids(plan, "steps", steps, step_count, buffer);
	add_ids(plan, "checks", steps + step_count, check_count, buffer);
	json_add_number(buffer, "estimate_ms", wave->estimate_ms);
	buffer_append_byte(buffer, '}');
}

static void add_serial(const struct plan *plan, struct buffer *buffer)
{
	uint32_t after_wave = INDEX_NONE;
	json_key(buffer, "serial");
	buffer_append_byte(buffer, '[');
	for (uint32_t i = 0; i < plan->stage_count; i++) {
		if (plan->stages[i].wave != INDEX_NONE) {
			after_wave = plan->stages[i].wave;
			continue;
		}
		json_separate(buffer);
		buffer_append_byte(buffer, '{');
		json_key(buffer, "step");
		append_id(plan, plan->stages[i].step, buffer);
		json_add_index(buffer, "after_wave", after_wave);
		buffer_append_byte(buffer, '}');
	}
	buffer_append_byte(buffer, ']');
}

static void add_needs(const struct plan *plan, const char *key, const struct plan_step *step,
	bool soft, struct buffer *buffer)
{
	json_key(buffer, key);
	buffer_append_byte(buffer, '[');
	for (uint32_t i = 0; i < step->needs.count; i++) {
		uint32_t edge = step->needs.first + i;
		if ((plan->edge_is_soft && plan->edge_is_soft[edge]) != soft)
			continue;
		json_separate(buffer);
		append_id(plan, plan->edges[edge], buffer);
	}
	buffer_append_byte(buffer, ']');
}

static void append_step(const struct plan *plan, uint32_t index, struct buffer *buffer)
{
	const struct plan_step *step = &plan->steps[index];
	struct step_claims claims = plan_step_claims(plan, index);
	buffer_append_text(buffer, index > 0 ? ",\n{" : "\n{");
	json_key(buffer, "id");
	append_id(plan, index, buffer);
	add_needs(plan, "needs", step, false, buffer);
	add_needs(plan, "soft_needs", step, true, buffer);
	json_add_index(buffer, "wave", step->wave);
	json_add_text(
		buffer, "group", step->group == INDEX_NONE ? NULL : plan->groups[step->group].name);
	json_add_number(buffer, "estimate_ms", step->estimate_ms);
	json_add_text(buffer, "estimate_from", estimate_origin_name(step->estimate_from));
	json_add_number(buffer, "memory_bytes", (int64_t)claims.memory_bytes);
	json_add_text(buffer, "memory_from", memory_origin_name(claims.memory_from));
	json_add_number(buffer, "earliest_ms", step->earliest_ms);
	json_add_number(buffer, "latest_ms", step->latest_ms);
	json_add_number(buffer, "slack_ms", step->slack_ms);
	json_add_boolean(buffer, "critical", step->critical);
	json_add_text(buffer, "action", plan_action_name(step->action));
	json_add_text(buffer, "reason", step->reason);
	buffer_append_byte(buffer, '}');
}

static void add_totals(const struct plan_totals *totals, struct buffer *buffer)
{
	json_key(buffer, "totals");
	buffer_append_byte(buffer, '{');
	json_add_number(buffer, "steps_serial_ms", totals->steps_serial_ms);
	json_add_number(buffer, "groups_serial_ms", totals->groups_serial_ms);
	json_add_number(buffer, "waves_ms", totals->waves_ms);
	json_add_number(buffer, "frontier_ms", totals->frontier_ms);
	json_add_number(buffer, "lower_bound_ms", totals->lower_bound_ms);
	buffer_append_byte(buffer, '}');
}

void plan_json_append(const struct plan *plan, struct buffer *buffer)
{
	const struct pipeline *pipeline = plan->pipeline;
	buffer_append_text(buffer, "{\"v\":1");
	json_add_text(buffer, "name", pipeline->name);
	json_add_text(buffer, "format", pipeline_format_name(pipeline->format));
	json_add_text(buffer, "mode", execution_mode_name(plan->mode));
	json_add_number(buffer, "jobs", plan->jobs);
	json_key(buffer, "waves");
	buffer_append_byte(buffer, '[');
	for (uint32_t i = 0; i < plan->wave_count; i++)
		append_wave(plan, i, buffer);
	buffer_append_byte(buffer, ']');
	add_serial(plan, buffer);
	json_key(buffer, "steps");
	buffer_append_byte(buffer, '[');
	for (uint32_t i = 0; i < pipeline->step_count; i++)
		append_step(plan, i, buffer);
	buffer_append_byte(buffer, ']');
	add_ids(plan, "order", plan->order, pipeline->step_count, buffer);
	add_ids(plan, "critical_path", plan->critical_path, plan->critical_path_count, buffer);
	add_totals(&plan->totals, buffer);
	buffer_append_text(buffer, "}\n");
}
