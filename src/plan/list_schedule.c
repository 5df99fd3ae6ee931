#include "plan/list_schedule.h"

#include "model/ready_queue.h"
#include "plan/heap.h"

struct progress {
	struct list_schedule *schedule;
	struct heap passing; /* ready, and take neither time nor slot; by place */
	struct ready_queue ready;
	struct heap running;  /* by end */
	uint32_t *waiting;    /* needs that are not settled, and one more until its stage begins */
	uint32_t *stage_left; /* steps that are not settled */
	uint32_t stage;       /* with barriers: the one that is run */
	int64_t now_ms;
};

static enum step_load load_of(const struct list_schedule *schedule, uint32_t step)
{
	return schedule->loads ? (enum step_load)schedule->loads[step] : LOAD_RUNS;
}

static int64_t duration_of(const struct list_schedule *schedule, uint32_t step)
{
	return schedule->durations_ms ? schedule->durations_ms[step]
				      : schedule->plan->steps[step].estimate_ms;
}

static void satisfy_one(struct progress *progress, uint32_t step)
{
	const struct list_schedule *schedule = progress->schedule;
	enum step_load load = load_of(schedule, step);
	if (load == LOAD_SETTLED || --progress->waiting[step] > 0)
		return;
	if (load == LOAD_PASSES)
		heap_push(&progress->passing, 0, step);
	else
		ready_queue_push(&progress->ready, step);
}

static void begin_stage(struct progress *progress)
{
	uint32_t count;
	const uint32_t *steps = plan_stage_steps(progress->schedule->plan, progress->stage, &count);
	for (uint32_t i = 0; i < count; i++)
		satisfy_one(progress, steps[i]);
}

/* Goes on to the first stage with something left to do. */
static void leave_stages(struct progress *progress)
{
	const struct list_schedule *schedule = progress->schedule;
	uint32_t stage_count = schedule->plan->stage_count;
	while (progress->stage < stage_count && progress->stage_left[progress->stage] == 0) {
		if (schedule->stage_ends_ms)
			schedule->stage_ends_ms[progress->stage] = progress->now_ms;
		if (++progress->stage < stage_count)
			begin_stage(progress);
	}
}

static void count_waiting(struct progress *progress)
{
	const struct list_schedule *schedule = progress->schedule;
	const struct plan *plan = schedule->plan;
	for (uint32_t i = 0; i < plan->pipeline->step_count; i++) {
		const struct plan_step *step = &plan->steps[i];
		if (load_of(schedule, i) == LOAD_SETTLED)
			continue;
		progress->stage_left[step->stage]++;
		progress->waiting[i] = 1;
		for (uint32_t k = 0; k < step->needs.count; k++) {
			uint32_t need = plan->edges[step->needs.first + k];
			progress->waiting[i] += load_of(schedule, need) != LOAD_SETTLED;
		}
	}
}

static void begin(struct progress *progress)
{
	const struct plan *plan = progress->schedule->plan;
	count_waiting(progress);
	if (progress->schedule->has_barriers && plan->stage_count > 0) {
		begin_stage(progress);
		leave_stages(progress);
		return;
	}
	for (uint32_t i = 0; i < plan->pipeline->step_count; i++)
		satisfy_one(progress, i);
}

static void finish_step(struct progress *progress, uint32_t index)
{
	const struct plan *plan = progress->schedule->plan;
	const struct plan_step *step = &plan->steps[index];
	for (uint32_t k = 0; k < step->dependents.count; k++)
		satisfy_one(progress, plan->edges[step->dependents.first + k]);
	progress->stage_left[step->stage]--;
	if (progress->schedule->has_barriers)
		leave_stages(progress);
}

static void note_start(const struct progress *progress, uint32_t step)
{
	if (progress->schedule->starts_ms)
		progress->schedule->starts_ms[step] = progress->now_ms;
}

/* What passes comes first: when it became ready a step had just ended, so it finds the slot free. */
static bool start_next(struct progress *progress)
{
	const struct list_schedule *schedule = progress->schedule;
	uint32_t step;
	if (progress->passing.count > 0) {
		step = heap_pop(&progress->passing).value;
		note_start(progress, step);
		finish_step(progress, step);
		return true;
	}
	if (!ready_queue_take(&progress->ready, &step))
		return false;
	note_start(progress, step);
	heap_push(&progress->running, progress->now_ms + duration_of(schedule, step), step);
	return true;
}

static void start_steps(struct progress *progress)
{
	while (progress->running.count < progress->schedule->jobs && start_next(progress))
		;
}

int64_t list_schedule_run(struct list_schedule *schedule, struct arena *scratch)
{
	const struct plan *plan = schedule->plan;
	uint32_t step_count = plan->pipeline->step_count;
	struct progress progress = {
		.schedule = schedule,
		.waiting = ARENA_ARRAY(scratch, uint32_t, step_count),
		.stage_left = ARENA_ARRAY(scratch, uint32_t, plan->stage_count),
	};
	heap_init(&progress.passing, scratch, step_count);
	ready_queue_init(&progress.ready, plan);
	heap_init(&progress.running, scratch, step_count);
	schedule->ended_count = 0;
	begin(&progress);
	for (start_steps(&progress); progress.running.count > 0; start_steps(&progress)) {
		progress.now_ms = progress.running.items[0].key;
		while (progress.running.count > 0 &&
			progress.running.items[0].key == progress.now_ms) {
			uint32_t step = heap_pop(&progress.running).value;
			if (schedule->ended)
				schedule->ended[schedule->ended_count++] = step;
			ready_queue_give_back(&progress.ready, step);
			finish_step(&progress, step);
		}
	}
	ready_queue_release(&progress.ready);
	return progress.now_ms;
}
