#include "run/executor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

#define NS_PER_MS 1000000
#define ENGINE_DESCRIPTORS 64 /* of everything that is not an attempt */
#define TIDY_ENTRIES 256u
#define ATTEMPT_DESCRIPTORS 8 /* a pipe, a pidfd, two log files, a copied file, two of a cgroup */

/* --- what earlier attempts of a continued run have left --- */

static void adopt_artifacts(
	struct executor *executor, uint32_t index, const struct run_step *before)
{
	const struct run *run = executor->settings->run;
	const struct step *step = &executor->settings->plan->pipeline->steps[index];
	if (!step->output_count)
		return;
	struct artifact *artifacts =
		ARENA_ARRAY(&executor->kept, struct artifact, step->output_count);
	for (uint32_t i = 0; i < before->artifacts.count; i++) {
		const struct artifact *kept = &run->artifacts[before->artifacts.first + i].artifact;
		for (uint32_t j = 0; j < step->output_count; j++) {
			if (strcmp(step->outputs[j].name, kept->name) == 0)
				artifacts[j] = *kept;
		}
	}
	executor->artifacts[index] = artifacts;
}

/* A runner that was killed did not get to giving up its folder. One that failed stays. */
static void retire_left(
	struct executor *executor, const char *step_id, const struct run_attempt *attempt)
{
	struct arena *scratch = &executor->scratch;
	bool is_over = attempt->failure == FAILURE_NONE || attempt->failure == FAILURE_CANCELLED;
	if (!is_over || executor->workspaces.folder < 0)
		return;
	const char *name = arena_format(scratch, "%s.%u", step_id, attempt->number);
	struct workspace left = {.name = name, .has_folder = true, .tree_folder = name};
	workspace_retire(&executor->workspaces, &left);
	executor->has_retired = true;
	arena_reset(scratch);
}

static void adopt_step(struct executor *executor, uint32_t index, const struct run_step *before)
{
	const struct run *run = executor->settings->run;
	for (uint32_t i = 0; i < before->attempts.count; i++) {
		uint32_t number = run->attempts[before->attempts.first + i].number;
		if (number > executor->numbers[index])
			executor->numbers[index] = number;
		retire_left(executor, before->id, &run->attempts[before->attempts.first + i]);
	}
	if (executor->settings->expanded && before->attempts.count > 1)
		executor->retry_count += before->attempts.count - 1;
	if (executor->settings->plan->steps[index].action != ACTION_SKIP)
		return;
	adopt_artifacts(executor, index, before);
	if (executor->trees)
		executor->trees[index] = before->tree;
}

/* The record may hold steps that are no longer in the pipeline, so they are matched by id. */
static void adopt_run(struct executor *executor)
{
	const struct run *run = executor->settings->run;
	const struct pipeline *pipeline = executor->settings->plan->pipeline;
	struct map places = {0};
	if (!run->attempt_count && !run->artifact_count && !executor->trees)
		return;
	map_reserve(&places, run->step_count);
	for (uint32_t i = 0; i < run->step_count; i++)
		map_add(&places, run->steps[i].id, i);
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		uint32_t place = map_find(&places, pipeline->steps[i].id);
		if (place != INDEX_NONE)
			adopt_step(executor, i, &run->steps[place]);
	}
	map_release(&places);
}

/* --- life --- */

/* More places than steps would never be used, nor more than there are descriptors for. */
static uint32_t count_places(struct executor *executor)
{
	uint32_t jobs = executor->settings->plan->jobs;
	uint32_t steps = executor->settings->plan->pipeline->step_count;
	uint64_t wanted = jobs < steps ? jobs : steps;
	uint64_t allowed = process_launcher_reserve(
		&executor->nursery.launcher, ENGINE_DESCRIPTORS + wanted * ATTEMPT_DESCRIPTORS);
	if (allowed < ENGINE_DESCRIPTORS + 2 * ATTEMPT_DESCRIPTORS)
		return wanted ? 1 : 0;
	uint64_t possible = (allowed - ENGINE_DESCRIPTORS) / ATTEMPT_DESCRIPTORS;
	return (uint32_t)(possible < wanted ? possible : wanted);
}

static void make_places(struct executor *executor)
{
	uint32_t jobs = count_places(executor);
	executor->place_count = jobs;
	executor->attempts = ARENA_ARRAY(&executor->kept, struct attempt, jobs);
	executor->free_places = ARENA_ARRAY(&executor->kept, uint32_t, jobs);
	for (uint32_t i = 0; i < jobs; i++) {
		struct attempt *attempt = &executor->attempts[i];
		attempt->executor = executor;
		attempt->step = INDEX_NONE;
		attempt->child.nursery = &executor->nursery;
		attempt->child.process.descriptor = -1;
		attempt->child.capture.loop = executor->nursery.loop;
		attempt->child.capture.services = executor->settings->services;
		attempt->child.capture.mask = executor->settings->plan->pipeline->mask;
		attempt->child.capture.chunk = executor->chunk;
		attempt->child.capture.descriptor = -1;
		attempt->child.capture.writer = -1;
		executor->free_places[executor->free_count++] = jobs - 1 - i;
	}
}

static bool has_worktrees(const struct pipeline *pipeline)
{
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		if (pipeline->steps[i].workspace == WORKSPACE_WORKTREE)
			return true;
	}
	return false;
}

/* Places for what steps leave that is no artifact. */
static bool open_rooms(struct executor *executor, struct error *error)
{
	const struct runner_settings *settings = executor->settings;
	struct workspace_settings workspaces = {
		.run_folder = settings->run_folder,
		.pipeline_folder = settings->plan->pipeline->folder,
		.folder_in_tree = settings->folder_in_tree,
		.worktrees = settings->services->worktrees,
		.context = settings->services->context,
		.reserve_bytes = WORKSPACE_DEFAULT_RESERVE_BYTES,
	};
	executor->has_rooms = true;
	executor->notes = (struct notes){.folder = -1};
	if (settings->state_folder) {
		result_cache_open(&executor->cache,
			path_join(&executor->kept, settings->state_folder, "cache"));
		result_cache_tidy(&executor->cache);
	}
	return workspaces_open(&executor->workspaces, &workspaces, error) &&
	       notes_open(&executor->notes, settings->run_folder, settings->plan->pipeline->mask,
		       error);
}

/* What is not removed now is removed when the run is continued. */
static void close_rooms(struct executor *executor, bool has_time)
{
	struct error ignored;
	if (!executor->has_rooms)
		return;
	workspaces_close(&executor->workspaces, has_time, &ignored);
	notes_close(&executor->notes);
	if (executor->settings->state_folder)
		result_cache_close(&executor->cache);
}

void executor_tidy(struct executor *executor)
{
	while (workspaces_tidy(&executor->workspaces, TIDY_ENTRIES))
		;
}

static void open_confinement(struct executor *executor)
{
	const struct runner_settings *settings = executor->settings;
	const char *state_folder = settings->state_folder;
	struct confinement_request request = {
		.run_id = settings->run->id,
		.state_folder = state_folder ? state_folder : settings->run_folder,
		.pipeline_folder = settings->plan->pipeline->folder,
		.folder_in_tree = settings->folder_in_tree,
		.arena = &executor->kept,
	};
	confinement_open(&executor->confinement, &request);
	executor->nursery.cgroups = &executor->confinement.cgroups;
}

static bool open_jobserver(struct executor *executor, struct error *error)
{
	const struct runner_settings *settings = executor->settings;
	struct jobserver_request request = {
		.style = settings->plan->pipeline->execution.jobserver,
		.slot_count = settings->plan->jobs,
		.run_folder_path = settings->run_folder,
		.run_folder = executor->run_folder,
		.inherited_flags = environment_find(settings->environment, "MAKEFLAGS"),
		.loop = executor->nursery.loop,
	};
	return jobserver_open(&executor->jobserver, &request, &executor->kept, error);
}

bool executor_open(struct executor *executor, struct error *error)
{
	const struct runner_settings *settings = executor->settings;
	size_t step_count = settings->plan->pipeline->step_count;
	executor->run_folder = -1;
	if (!folder_make(settings->run_folder, error))
		return false;
	executor->run_folder = open(settings->run_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (executor->run_folder < 0)
		return error_set_errno(error, ERROR_FILE, "cannot open '%s'", settings->run_folder);
	if (!process_launcher_open(&executor->nursery.launcher, error) ||
		!open_rooms(executor, error) || !open_jobserver(executor, error))
		return false;
	open_confinement(executor);
	step_environment_init(
		&executor->environment, &(struct environment_sources){
						.environment = settings->environment,
						.hidden_variables = settings->hidden_variables,
						.pipeline = settings->plan->pipeline,
						.run_id = settings->run->id,
						.make_flags = executor->jobserver.make_flags,
					});
	executor->artifacts = ARENA_ARRAY(&executor->kept, struct artifact *, step_count);
	executor->numbers = ARENA_ARRAY(&executor->kept, uint32_t, step_count);
	executor->tries = ARENA_ARRAY(&executor->kept, uint32_t, step_count);
	executor->waits = ARENA_ARRAY(&executor->kept, uint32_t, step_count);
	if (has_worktrees(settings->plan->pipeline))
		executor->trees = ARENA_ARRAY(&executor->kept, const char *, step_count);
	executor->artifacts_folder = path_join(&executor->kept, settings->run_folder, "artifacts");
	executor->chunk = heap_allocate(CAPTURE_CHUNK_BYTES, 1);
	executor->random = (uint64_t)clock_monotonic_ns();
	make_places(executor);
	adopt_run(executor);
	return true;
}

void executor_close(struct executor *executor, bool has_time)
{
	executor_abandon_all(executor);
	close_rooms(executor, has_time);
	for (uint32_t i = 0; executor->attempts && i < executor->place_count; i++) {
		buffer_release(&executor->attempts[i].reason);
		output_capture_release(&executor->attempts[i].child.capture);
		child_release(&executor->attempts[i].child);
	}
	confinement_close(&executor->confinement);
	jobserver_close(&executor->jobserver);
	if (executor->run_folder >= 0)
		close(executor->run_folder);
	if (executor->nursery.launcher.stack)
		process_launcher_close(&executor->nursery.launcher);
	oom_watch_close(&executor->oom);
	program_search_release(&executor->search);
	step_environment_release(&executor->environment);
	free(executor->chunk);
	arena_release(&executor->scratch);
	arena_release(&executor->kept);
}

bool executor_has_room(const struct executor *executor)
{
	return executor->free_count > executor->barred_count;
}

bool executor_is_idle(const struct executor *executor)
{
	return executor->free_count == executor->place_count && !executor->waiting;
}

bool executor_start(struct executor *executor, uint32_t step, int64_t ready_ns)
{
	struct attempt *attempt =
		&executor->attempts[executor->free_places[--executor->free_count]];
	executor->tries[step]++;
	jobserver_step_starts(&executor->jobserver);
	if (attempt_start(attempt, step, ++executor->numbers[step], ready_ns))
		return true;
	/* As many as run now are what the system bears. */
	jobserver_step_ends(&executor->jobserver);
	executor->tries[step]--;
	executor->numbers[step]--;
	attempt->step = INDEX_NONE;
	executor->barred_count = ++executor->free_count;
	return false;
}

/* What only holds copies of inputs and outputs is removed for less than putting it aside costs. */
void executor_retire(struct attempt *attempt)
{
	struct executor *executor = attempt->executor;
	struct error ignored;
	if (!attempt->workspace.has_folder)
		return;
	if (attempt->workspace.kind == WORKSPACE_SHARED &&
		path_remove(attempt->workspace.attempt_folder, &ignored))
		return;
	executor->has_retired = true;
	workspace_retire(&executor->workspaces, &attempt->workspace);
}

bool executor_has_others(const struct executor *executor)
{
	return executor->place_count - executor->free_count > 1;
}

/* --- ending everything --- */

void executor_give_up(struct executor *executor, uint32_t step)
{
	const struct plan_step *planned = &executor->settings->plan->steps[step];
	struct event *event = journal_event(executor->journal, EVENT_STEP_CANCELLED);
	event->step = step;
	event->wave = planned->wave;
	event->group = planned->group;
	event->exit_status = -1;
	event->failure = FAILURE_CANCELLED;
	event->reason = executor->cancel_reason;
	journal_record(executor->journal, event);
	executor->tries[step] = 0; /* said once */
}

void executor_end_all(struct executor *executor, int64_t grace_ms, const char *reason)
{
	executor->is_stopping = true;
	executor->cancel_reason = reason;
	while (executor->waiting) {
		struct retry_wait *wait = executor->waiting;
		event_loop_cancel_timer(executor->nursery.loop, &wait->timer);
		executor->waiting = wait->next;
		executor_give_up(executor, wait->step);
		executor->ended(executor->owner,
			&(struct step_end){.step = wait->step, .verdict = STEP_VERDICT_CANCELLED});
	}
	for (uint32_t i = 0; i < executor->place_count; i++) {
		struct attempt *attempt = &executor->attempts[i];
		if (attempt->step == INDEX_NONE)
			continue;
		const struct step *step = &executor->settings->plan->pipeline->steps[attempt->step];
		child_end(&attempt->child, grace_ms < 0 ? step->grace_ms : grace_ms);
	}
}

void executor_go_on(struct executor *executor)
{
	executor->is_stopping = false;
}

void executor_kill_all(struct executor *executor)
{
	for (uint32_t i = 0; i < executor->place_count; i++)
		child_kill(&executor->attempts[i].child);
}

void executor_abandon_all(struct executor *executor)
{
	executor->is_stopping = true;
	for (uint32_t i = 0; executor->attempts && i < executor->place_count; i++)
		child_abandon(&executor->attempts[i].child);
}

void executor_check_leftovers(struct executor *executor)
{
	for (uint32_t i = 0; i < executor->place_count; i++)
		child_check_leftovers(&executor->attempts[i].child);
}
