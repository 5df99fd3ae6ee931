#include "plan/simulation.h"

#include <string.h>

#include "base/cleanup.h"
#include "plan/critical_path.h"
#include "plan/list_schedule.h"

/* What the steps of a plan ask for when everything succeeds. */
struct workload {
	const struct plan *plan;
	int64_t *durations_ms;
	uint8_t *loads;         /* enum step_load */
	uint32_t stages_in_use; /* stages of which some step runs */
};

/* Its input comes from a step that does not run, nor did before. */
static bool misses_input(const struct workload *workload, const struct step *step)
{
	const struct plan_step *steps = workload->plan->steps;
	for (uint32_t i = 0; i <= step->input_count; i++) {
		uint32_t producer = INDEX_NONE;
		if (i < step->input_count)
			producer = step->inputs[i].step;
		else if (step->foreach)
			producer = step->foreach->from.step;
		if (producer < workload->plan->pipeline->step_count &&
			workload->loads[producer] != LOAD_RUNS &&
			steps[producer].action != ACTION_SKIP)
			return true;
	}
	return false;
}

static enum step_load load_of(const struct workload *workload, uint32_t step)
{
	const struct plan_step *planned = &workload->plan->steps[step];
	if (planned->action == ACTION_SKIP || planned->action == ACTION_OMIT)
		return LOAD_SETTLED;
	bool runs = (planned->run_if & RUN_IF_SUCCESS) &&
		    !misses_input(workload, &workload->plan->pipeline->steps[step]);
	return runs ? LOAD_RUNS : LOAD_PASSES;
}

static void count_step(
	struct simulation *simulation, const struct workload *workload, uint32_t step)
{
	const struct plan *plan = workload->plan;
	if (workload->loads[step] != LOAD_RUNS) {
		simulation->omitted_count++;
		return;
	}
	if (plan->steps[step].action == ACTION_CACHED) {
		simulation->cached_count++;
		return;
	}
	simulation->run_count++;
	simulation->foreach_count += plan->pipeline->steps[step].foreach != NULL;
	simulation->estimate_counts[plan->steps[step].estimate_from]++;
	simulation->work_ms += workload->durations_ms[step];
}

static void count_stages(struct workload *workload)
{
	const struct plan *plan = workload->plan;
	for (uint32_t stage = 0; stage < plan->stage_count; stage++) {
		uint32_t count;
		const uint32_t *steps = plan_stage_steps(plan, stage, &count);
		bool is_used = false;
		for (uint32_t i = 0; i < count && !is_used; i++)
			is_used = workload->loads[steps[i]] == LOAD_RUNS;
		workload->stages_in_use += is_used;
	}
}

static void workload_init(struct workload *workload, const struct plan *plan,
	struct simulation *simulation, struct arena *scratch)
{
	uint32_t step_count = plan->pipeline->step_count;
	*workload = (struct workload){
		.plan = plan,
		.durations_ms = ARENA_ARRAY(scratch, int64_t, step_count),
		.loads = ARENA_ARRAY(scratch, uint8_t, step_count),
	};
	for (uint32_t i = 0; i < step_count; i++) {
		uint32_t step = plan->order[i];
		const struct plan_step *planned = &plan->steps[step];
		workload->loads[step] = (uint8_t)load_of(workload, step);
		if (workload->loads[step] == LOAD_RUNS && planned->action != ACTION_CACHED)
			workload->durations_ms[step] = planned->estimate_ms;
		count_step(simulation, workload, step);
	}
	count_stages(workload);
}

/* Takes the settled steps out of a range of edges. */
static void drop_settled(
	const struct workload *workload, uint32_t *edges, struct index_range *range)
{
	uint32_t kept_count = 0;
	for (uint32_t k = 0; k < range->count; k++) {
		uint32_t step = edges[range->first + k];
		if (workload->loads[step] != LOAD_SETTLED)
			edges[range->first + kept_count++] = step;
	}
	range->count = kept_count;
}

/* The plan in which a step takes what it takes here, and nothing waits for what is settled. */
static void copy_plan(const struct workload *workload, struct arena *arena, struct plan *copy)
{
	const struct plan *plan = workload->plan;
	uint32_t step_count = plan->pipeline->step_count;
	*copy = *plan;
	copy->critical_path_count = 0;
	copy->steps = ARENA_ARRAY(arena, struct plan_step, step_count);
	copy->edges = ARENA_ARRAY(arena, uint32_t, plan->edge_count);
	if (step_count > 0)
		memcpy(copy->steps, plan->steps, step_count * sizeof *copy->steps);
	if (plan->edge_count > 0)
		memcpy(copy->edges, plan->edges, plan->edge_count * sizeof *copy->edges);
	for (uint32_t i = 0; i < step_count; i++) {
		struct plan_step *step = &copy->steps[i];
		step->estimate_ms = workload->durations_ms[i];
		if (workload->loads[i] == LOAD_SETTLED)
			step->needs.count = step->dependents.count = 0;
		drop_settled(workload, copy->edges, &step->needs);
		drop_settled(workload, copy->edges, &step->dependents);
	}
}

static void find_critical_path(
	const struct workload *workload, struct arena *arena, struct simulation *simulation)
{
	CLEANUP(arena_release) struct arena scratch = {0};
	struct plan copy;
	copy_plan(workload, &scratch, &copy);
	critical_path_find(&copy, &scratch);
	simulation->critical_path_ms = copy.critical_path_ms;
	simulation->critical_path = ARENA_ARRAY(arena, uint32_t, copy.critical_path_count);
	for (uint32_t i = 0; i < copy.critical_path_count; i++) {
		uint32_t step = copy.critical_path[i];
		if (workload->loads[step] == LOAD_RUNS && copy.steps[step].action == ACTION_RUN)
			simulation->critical_path[simulation->critical_path_count++] = step;
	}
}

static int64_t slot_time_ms(uint32_t jobs, int64_t duration_ms)
{
	int64_t product;
	return __builtin_mul_overflow((int64_t)jobs, duration_ms, &product) ? INT64_MAX : product;
}

static void measure(
	struct simulation_outcome *outcome, int64_t makespan_ms, int64_t work_ms, uint32_t jobs)
{
	int64_t slots_ms = slot_time_ms(jobs, makespan_ms);
	outcome->makespan_ms = makespan_ms;
	outcome->idle_ms = slots_ms == INT64_MAX ? INT64_MAX : slots_ms - work_ms;
	if (makespan_ms > 0)
		outcome->used_per_10000 =
			(uint32_t)((double)work_ms / jobs / (double)makespan_ms * 10000.0 + 0.5);
}

static void measure_stages(const struct workload *workload, struct simulation_result *result)
{
	const struct plan *plan = workload->plan;
	int64_t start_ms = 0;
	for (uint32_t stage = 0; stage < plan->stage_count; stage++) {
		uint32_t count;
		const uint32_t *steps = plan_stage_steps(plan, stage, &count);
		int64_t idle_ms =
			slot_time_ms(result->jobs, result->stage_end_ms[stage] - start_ms);
		for (uint32_t i = 0; i < count && idle_ms < INT64_MAX; i++)
			idle_ms -= workload->durations_ms[steps[i]];
		result->stage_idle_ms[stage] = idle_ms;
		start_ms = result->stage_end_ms[stage];
	}
}

static uint32_t parts_of(uint32_t ended_count, uint32_t all_count)
{
	return (uint32_t)((uint64_t)ended_count * SIMULATION_CHECKPOINT_PARTS / all_count);
}

/* At each part of the steps, and when the interval is over and something has ended in it. */
static uint32_t frontier_checkpoints(const struct list_schedule *schedule)
{
	uint32_t checkpoint_count = 0;
	uint32_t held = 0; /* of schedule->ended: what the last checkpoint holds */
	int64_t held_ms = 0;
	int64_t first_ms = 0; /* when the first ended that it does not hold */
	for (uint32_t i = 0; i < schedule->ended_count; i++) {
		uint32_t step = schedule->ended[i];
		int64_t end_ms = schedule->starts_ms[step] + schedule->durations_ms[step];
		int64_t due_ms = held_ms + SIMULATION_CHECKPOINT_INTERVAL_MS;
		if (i > held && end_ms > due_ms) {
			checkpoint_count++;
			held = i;
			held_ms = due_ms > first_ms ? due_ms : first_ms;
		}
		if (i == held)
			first_ms = end_ms;
		if (parts_of(i, schedule->ended_count) == parts_of(i + 1, schedule->ended_count))
			continue;
		checkpoint_count++;
		held = i + 1;
		held_ms = end_ms;
	}
	return checkpoint_count;
}

static void simulate(struct simulation *simulation, const struct workload *workload,
	struct simulation_result *result, struct arena *scratch)
{
	const struct plan *plan = workload->plan;
	uint32_t step_count = plan->pipeline->step_count;
	bool commits = plan->pipeline->checkpoint.commit;
	struct list_schedule schedule = {
		.plan = plan,
		.durations_ms = workload->durations_ms,
		.loads = workload->loads,
		.jobs = result->jobs,
		.has_barriers = true,
		.stage_ends_ms = result->stage_end_ms,
	};
	struct simulation_outcome *waves = &result->outcomes[SIMULATION_WAVES];
	measure(waves, list_schedule_run(&schedule, scratch), simulation->work_ms, result->jobs);
	waves->checkpoint_count = commits ? workload->stages_in_use : 0;
	measure_stages(workload, result);

	schedule.has_barriers = simulation->keeps_barriers;
	schedule.stage_ends_ms = NULL;
	schedule.starts_ms = ARENA_ARRAY(scratch, int64_t, step_count);
	schedule.ended = ARENA_ARRAY(scratch, uint32_t, step_count);
	struct simulation_outcome *frontier = &result->outcomes[SIMULATION_FRONTIER];
	measure(frontier, list_schedule_run(&schedule, scratch), simulation->work_ms, result->jobs);
	frontier->checkpoint_count = commits ? frontier_checkpoints(&schedule) : 0;

	result->barrier_cost_ms = waves->makespan_ms - frontier->makespan_ms;
	result->lower_bound_ms = simulation_lower_bound_ms(
		simulation->critical_path_ms, simulation->work_ms, result->jobs);
}

static uint32_t best_jobs(const struct simulation *simulation, enum simulation_mode mode)
{
	const struct simulation_result *results = simulation->results;
	uint32_t known_count = simulation->estimate_counts[ESTIMATE_HISTORY] +
			       simulation->estimate_counts[ESTIMATE_EFFORT] +
			       simulation->estimate_counts[ESTIMATE_TIMEOUT];
	uint32_t best = 0;
	if (simulation->result_count < 2 || known_count == 0)
		return 0;
	for (uint32_t i = 1; i < simulation->result_count; i++) {
		if (results[i].outcomes[mode].makespan_ms <
			results[best].outcomes[mode].makespan_ms)
			best = i;
	}
	bool is_shortest_of_all =
		results[best].outcomes[mode].makespan_ms == simulation->critical_path_ms;
	if (best + 1 == simulation->result_count && !is_shortest_of_all)
		return 0;
	return results[best].jobs;
}

int64_t simulation_lower_bound_ms(int64_t critical_path_ms, int64_t work_ms, uint32_t jobs)
{
	int64_t share_ms = work_ms / jobs + (work_ms % jobs > 0);
	return share_ms > critical_path_ms ? share_ms : critical_path_ms;
}

void simulation_build(const struct plan *plan, const uint32_t *jobs, uint32_t jobs_count,
	struct arena *arena, struct simulation *simulation)
{
	CLEANUP(arena_release) struct arena kept = {0};
	CLEANUP(arena_release) struct arena scratch = {0};
	struct workload workload;
	*simulation = (struct simulation){
		.plan = plan,
		.keeps_barriers = plan_has_barriers(plan),
		.results = ARENA_ARRAY(arena, struct simulation_result, jobs_count),
		.result_count = jobs_count,
	};
	workload_init(&workload, plan, simulation, &kept);
	find_critical_path(&workload, arena, simulation);
	for (uint32_t i = 0; i < jobs_count; i++) {
		simulation->results[i] = (struct simulation_result){
			.jobs = jobs[i],
			.stage_end_ms = ARENA_ARRAY(arena, int64_t, plan->stage_count),
			.stage_idle_ms = ARENA_ARRAY(arena, int64_t, plan->stage_count),
		};
		simulate(simulation, &workload, &simulation->results[i], &scratch);
		arena_reset(&scratch);
	}
	for (uint32_t mode = 0; mode < SIMULATION_MODE_COUNT; mode++)
		simulation->best_jobs[mode] = best_jobs(simulation, (enum simulation_mode)mode);
}
