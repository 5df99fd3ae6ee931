#include "report/simulation_report.h"

#include "base/text.h"
#include "report/json_writer.h"

static void add_counts(const struct simulation *simulation, struct buffer *buffer)
{
	json_key(buffer, "steps");
	buffer_append_byte(buffer, '{');
	json_add_number(buffer, "run", simulation->run_count);
	json_add_number(buffer, "cached", simulation->cached_count);
	json_add_number(buffer, "omitted", simulation->omitted_count);
	json_add_number(buffer, "foreach", simulation->foreach_count);
	buffer_append_byte(buffer, '}');
	json_key(buffer, "estimates");
	buffer_append_byte(buffer, '{');
	for (uint32_t i = 0; i < ESTIMATE_ORIGIN_COUNT; i++)
		json_add_number(buffer, estimate_origin_name((enum estimate_origin)i),
			simulation->estimate_counts[i]);
	buffer_append_byte(buffer, '}');
}

static void add_critical_path(const struct simulation *simulation, struct buffer *buffer)
{
	json_key(buffer, "critical_path");
	buffer_append_byte(buffer, '[');
	for (uint32_t i = 0; i < simulation->critical_path_count; i++) {
		uint32_t step = simulation->critical_path[i];
		json_separate(buffer);
		json_append_text(buffer, simulation->plan->pipeline->steps[step].id);
	}
	buffer_append_byte(buffer, ']');
}

static void add_outcome(const struct simulation_outcome *outcome, struct buffer *buffer)
{
	json_add_number(buffer, "makespan_ms", outcome->makespan_ms);
	json_key(buffer, "utilisation");
	buffer_printf(buffer, "%u.%04u", outcome->used_per_10000 / 10000,
		outcome->used_per_10000 % 10000);
	json_add_number(buffer, "idle_ms", outcome->idle_ms);
	json_add_number(buffer, "checkpoint_count", outcome->checkpoint_count);
}

static void add_stages(const struct simulation *simulation, const struct simulation_result *result,
	struct buffer *buffer)
{
	const struct plan *plan = simulation->plan;
	int64_t start_ms = 0;
	json_key(buffer, "stages");
	buffer_append_byte(buffer, '[');
	for (uint32_t i = 0; i < plan->stage_count; i++) {
		const struct plan_stage *stage = &plan->stages[i];
		json_separate(buffer);
		buffer_append_byte(buffer, '{');
		json_add_index(buffer, "wave", stage->wave);
		json_add_text(buffer, "step",
			stage->wave == INDEX_NONE ? plan->pipeline->steps[stage->step].id : NULL);
		json_add_number(buffer, "start_ms", start_ms);
		json_add_number(buffer, "end_ms", result->stage_end_ms[i]);
		json_add_number(buffer, "idle_ms", result->stage_idle_ms[i]);
		buffer_append_byte(buffer, '}');
		start_ms = result->stage_end_ms[i];
	}
	buffer_append_byte(buffer, ']');
}

static void append_result(const struct simulation *simulation,
	const struct simulation_result *result, struct buffer *buffer)
{
	json_add_number(buffer, "jobs", result->jobs);
	json_add_number(buffer, "lower_bound_ms", result->lower_bound_ms);
	json_add_number(buffer, "barrier_cost_ms", result->barrier_cost_ms);
	for (uint32_t mode = 0; mode < SIMULATION_MODE_COUNT; mode++) {
		json_key(buffer, simulation_mode_name((enum simulation_mode)mode));
		buffer_append_byte(buffer, '{');
		add_outcome(&result->outcomes[mode], buffer);
		if (mode == SIMULATION_WAVES)
			add_stages(simulation, result, buffer);
		buffer_append_byte(buffer, '}');
	}
}

static void add_best(const struct simulation *simulation, struct buffer *buffer)
{
	json_key(buffer, "best_jobs");
	buffer_append_byte(buffer, '{');
	for (uint32_t mode = 0; mode < SIMULATION_MODE_COUNT; mode++) {
		uint32_t jobs = simulation->best_jobs[mode];
		json_add_index(buffer, simulation_mode_name((enum simulation_mode)mode),
			jobs > 0 ? jobs : INDEX_NONE);
	}
	buffer_append_byte(buffer, '}');
}

void simulation_json_append(const struct simulation *simulation, struct buffer *buffer)
{
	buffer_append_text(buffer, "{\"v\":1");
	json_add_text(buffer, "name", simulation->plan->pipeline->name);
	add_counts(simulation, buffer);
	json_add_number(buffer, "work_ms", simulation->work_ms);
	add_critical_path(simulation, buffer);
	json_add_number(buffer, "critical_path_ms", simulation->critical_path_ms);
	json_add_boolean(buffer, "keeps_barriers", simulation->keeps_barriers);
	json_key(buffer, "results");
	buffer_append_byte(buffer, '[');
	for (uint32_t i = 0; i < simulation->result_count; i++) {
		buffer_append_text(buffer, i > 0 ? ",\n{" : "\n{");
		append_result(simulation, &simulation->results[i], buffer);
		buffer_append_byte(buffer, '}');
	}
	buffer_append_byte(buffer, ']');
	add_best(simulation, buffer);
	buffer_append_text(buffer, "}\n");
}
