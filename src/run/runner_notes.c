/* What steps hand on to later stages. */
#include <sys/stat.h>

#include "run/runner_internal.h"

static void describe_note(const struct runner *runner, uint32_t step, struct note_source *source)
{
	const struct step *found = &runner->plan->pipeline->steps[step];
	*source = (struct note_source){.step_id = found->id,
		.step_name = found->name ? found->name : found->id,
		.attempt = runner->executor.numbers[step]};
}

/* Of the stage's steps that are done, those that have not handed on yet; from now on they have. */
static uint32_t list_notes(struct runner *runner, uint32_t stage, struct note_source *sources)
{
	uint32_t step_count;
	uint32_t count = 0;
	const uint32_t *steps = plan_stage_steps(runner->plan, stage, &step_count);
	for (uint32_t i = 0; i < step_count; i++) {
		uint32_t step = steps[i];
		if (runner->scheduler.progress[step] != PROGRESS_DONE ||
			runner->has_handed_on[step])
			continue;
		runner->has_handed_on[step] = true;
		describe_note(runner, step, &sources[count++]);
	}
	return count;
}

/*
 * As long as nobody writes a note, a stage costs one look at the folder, whose time of change is
 * set to where no writer would leave it.
 */
static void mark_seen(const struct runner *runner)
{
	static const struct timespec epoch[2] = {{0, 0}, {0, 0}};
	futimens(runner->executor.notes.folder, epoch);
}

static bool has_new_notes(const struct runner *runner)
{
	struct stat facts;
	return fstat(runner->executor.notes.folder, &facts) < 0 || facts.st_mtim.tv_sec != 0;
}

/* Some of its steps were done before this runner looked at the folder. */
static bool was_begun_before(const struct runner *runner, uint32_t stage)
{
	uint32_t count;
	const uint32_t *steps = plan_stage_steps(runner->plan, stage, &count);
	for (uint32_t i = 0; i < count; i++) {
		if (runner->plan->steps[steps[i]].action == ACTION_SKIP)
			return true;
	}
	return false;
}

bool runner_merge_notes(struct runner *runner, uint32_t stage)
{
	struct arena *scratch = &runner->executor.scratch;
	uint32_t count;
	if (!has_new_notes(runner) && !was_begun_before(runner, stage))
		return true;
	arena_reset(scratch);
	plan_stage_steps(runner->plan, stage, &count);
	struct note_source *sources = ARENA_ARRAY(scratch, struct note_source, count);
	count = list_notes(runner, stage, sources);
	runner->has_fault = !notes_merge(&runner->executor.notes, sources, count, &runner->fault);
	mark_seen(runner);
	return !runner->has_fault;
}

static bool is_rolling(const struct runner *runner, uint32_t stage)
{
	uint32_t wave = runner->plan->stages[stage].wave;
	return wave != INDEX_NONE && runner->plan->waves[wave].origin == WAVE_ROLLING;
}

bool runner_merge_notes_for(struct runner *runner, uint32_t step)
{
	uint32_t stage = runner->plan->steps[step].stage;
	bool is_needed = runner->plan->steps[step].needs.count > 0 && is_rolling(runner, stage);
	return !is_needed || !has_new_notes(runner) || runner_merge_notes(runner, stage);
}

static bool rebuild_notes(struct runner *runner)
{
	struct arena *scratch = &runner->executor.scratch;
	struct note_source *sources =
		ARENA_ARRAY(scratch, struct note_source, runner->plan->pipeline->step_count);
	uint32_t count = 0;
	for (uint32_t i = 0; i < runner->plan->stage_count; i++) {
		if (is_rolling(runner, i) || !wave_events_count(&runner->waves, i).to_run)
			count += list_notes(runner, i, sources + count);
	}
	return notes_rebuild(&runner->executor.notes, sources, count, &runner->fault);
}

bool runner_start_notes(struct runner *runner)
{
	bool is_continued = runner->settings->resumed || runner->settings->expanded;
	/* A runner that was killed has not got to those of the attempts that it left. */
	if (runner->settings->resumed)
		notes_mask_all(&runner->executor.notes);
	runner->has_fault = is_continued && !rebuild_notes(runner);
	mark_seen(runner);
	return !runner->has_fault;
}
