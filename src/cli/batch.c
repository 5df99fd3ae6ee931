/*
 * The main job. Everything that can refuse is opened before anything runs: pipeline, record
 * (with its lock), plan, repository. What comes after the engine (reports, GitHub) may fail
 * without changing the result.
 */
#include "cli/batch.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/file_writer.h"
#include "base/stop_signals.h"
#include "base/text.h"
#include "checkpoint/worktree.h"
#include "cli/batch_expand.h"
#include "cli/batch_parameters.h"
#include "cli/batch_record.h"
#include "cli/batch_report.h"
#include "cli/batch_resume.h"
#include "cli/batch_secrets.h"
#include "cli/plan_checks.h"
#include "cli/plan_why.h"
#include "cli/wiring.h"
#include "load/ci_context_load.h"
#include "run/confinement.h"
#include "run/runner.h"

#define PATH_LIMIT 4096
#define PUSH_DEADLINE_MS 60000
#define PUBLISH_LIMIT_MS 30000

/* Steps whose protocol this program carries out start it anew. */
static const char *own_program(struct arena *arena)
{
	char path[PATH_LIMIT];
	ssize_t size = readlink("/proc/self/exe", path, sizeof path);
	return size > 0 && (size_t)size < sizeof path ? arena_copy_bytes(arena, path, (size_t)size)
						      : "wavetrain";
}

void batch_choices_apply(const struct batch_choices *choices, struct pipeline *pipeline)
{
	if (choices->mode)
		pipeline->execution.mode = (enum execution_mode)(choices->mode - 1);
	if (choices->budget_ms)
		pipeline->execution.budget_ms = choices->budget_ms;
	if (choices->push)
		pipeline->checkpoint.push = (enum push_policy)(choices->push - 1);
	if (choices->stop_on_failure)
		pipeline->execution.on_failure = ON_FAILURE_STOP;
}

/* An id that neither the record knows nor a reference or a worktree of the repository holds. */
static bool choose_run_id(struct batch *batch, const char **id, struct error *error)
{
	int64_t time_ms = clock_realtime_ms();
	do {
		if (!record_new_run_id(batch->record, time_ms, batch->cli->arena, id, error))
			return false;
		time_ms += 1000;
	} while (checkpointer_run_id_is_taken(batch->project.root, *id));
	return true;
}

static bool begin_new_run(struct batch *batch, struct error *error)
{
	struct plan_choices choices = {.jobs = batch->choices->jobs,
		.record = batch->record,
		.cache_folder = batch_cache_folder(batch),
		.left_out = {&batch->choices->left_out, &batch->choices->taken_back}};
	const char *id;
	if (!project_plan(&batch->planning, &batch->pipeline, &choices, &batch->plan, error) ||
		!choose_run_id(batch, &id, error))
		return false;
	batch->run_id = id;
	batch->run = (struct run){.id = id};
	return true;
}

/* The newest commit of the run that the record calls published. */
static const char *last_commit(const struct run *run)
{
	for (uint32_t i = run->checkpoint_count; i-- > 0;)
		if (run->checkpoints[i].commit)
			return run->checkpoints[i].commit;
	return NULL;
}

/* The folder that steps run in, from the project's root; "": it is that; NULL: it is elsewhere. */
static const char *folder_in_tree(const struct batch *batch)
{
	size_t length = strlen(batch->project.root);
	const char *folder = batch->pipeline.folder;
	if (!text_starts_with(folder, batch->project.root))
		return NULL;
	return folder[length] == '/' ? folder + length + 1 : folder[length] ? NULL : "";
}

static bool open_repository(
	struct batch *batch, const struct checkpoint *unpublished, struct error *error)
{
	struct checkpointer_settings settings = {
		.folder = batch->project.root,
		.work_folder = folder_in_tree(batch) ? batch->pipeline.folder : NULL,
		.run_folder = batch->run_folder,
		.run_id = batch->run_id,
		.settings = &batch->pipeline.checkpoint,
		.allow_dirty = batch->choices->allow_dirty,
		.resumed = batch->resumed,
		.environment = batch->cli->environment,
		.mask = batch->mask,
		.unpublished = unpublished,
		.last_commit = batch->resumed ? last_commit(&batch->run) : NULL,
	};
	if (!checkpointer_open(&settings, &batch->checkpointer, error))
		return false;
	if (!batch->checkpointer && batch->pipeline.checkpoint.commit && !batch->resumed)
		cli_print_note(batch->cli, "'%s' is no git repository: nothing will be committed",
			batch->project.root);
	if (batch->checkpointer && checkpointer_facts(batch->checkpointer)->note)
		cli_print_note(batch->cli, "%s", checkpointer_facts(batch->checkpointer)->note);
	return true;
}

/* At the time it was prepared: what ran then did not end later because of it. */
static bool record_published(
	struct batch *batch, const struct checkpoint *checkpoint, struct error *error)
{
	struct event event = {
		.type = EVENT_CHECKPOINT_CREATED,
		.time_ms = checkpoint->time_ms,
		.step = INDEX_NONE,
		.wave = checkpoint->wave,
		.group = INDEX_NONE,
		.duration_ms = checkpoint->duration_ms,
		.checkpoint = checkpoint,
	};
	const struct event_names names = {.run_id = batch->run.id};
	if (!batch->checkpointer || !checkpointer_facts(batch->checkpointer)->has_published)
		return true;
	return record_event(batch->record, batch->run.id, &event, &names, error) &&
	       record_flush(batch->record, false, error);
}

/* What the run's row says of its surroundings. */
static void fill_facts(const struct batch *batch, struct run *run)
{
	char host[256] = "";
	run->pipeline_file = batch->pipeline.file;
	run->version = WAVETRAIN_VERSION;
	run->started_ms = clock_realtime_ms();
	if (gethostname(host, sizeof(host) - 1) == 0)
		run->host = arena_copy_text(batch->cli->arena, host);
	if (batch->checkpointer) {
		const struct repository_facts *facts = checkpointer_facts(batch->checkpointer);
		run->base_commit = facts->head_commit;
		run->branch = facts->branch;
	}
}

/* The rows of steps that are only pending are the record's: from here on the plan says as much. */
static bool begin_record(struct batch *batch, struct error *error)
{
	CLEANUP(arena_release) struct arena rows = {0};
	struct run run;
	run_from_plan(&batch->plan, batch->run_id, &rows, &run);
	fill_facts(batch, &run);
	bool is_begun = record_begin_run(batch->record, &run, error);
	run.step_count = run.edge_count = run.wave_count = run.group_count = 0;
	run.critical_path_count = 0;
	run.steps = NULL;
	run.waves = NULL;
	run.groups = NULL;
	run.edges = run.critical_path = NULL;
	run.stage_idle_ms = NULL;
	batch->run = run;
	return is_begun;
}

static bool open_sync(struct batch *batch, struct error *error)
{
	const struct repository_facts *facts =
		batch->checkpointer ? checkpointer_facts(batch->checkpointer) : NULL;
	bool wanted = batch->pipeline.checkpoint.push == PUSH_AUTO &&
		      (batch->ci.github_actions || batch->ci.token);
	if (!wanted || !facts || !facts->target)
		return true;
	struct sync_settings settings = {
		.git_folder = facts->git_folder,
		.own_folder = path_join(batch->cli->arena, batch->run_folder, "push.git"),
		.remote_name = "origin",
		.branch = facts->target,
		.token = batch->ci.token,
		.server_url = batch->ci.server_url,
		.deadline_ms = PUSH_DEADLINE_MS,
	};
	return sync_open(&settings, &batch->sync, error);
}

static void warn(void *context, const char *sentence)
{
	const struct batch *batch = context;
	cli_print_note(batch->cli, "%s", sentence);
}

static void open_publication(struct batch *batch)
{
	const struct batch_choices *choices = batch->choices;
	struct publication_settings settings = {
		.context = &batch->ci,
		.pipeline_name = arena_copy_text(batch->cli->arena, batch->pipeline.name),
		.status = choices->status != 2,
		.comment = choices->comment ? (enum comment_policy)(choices->comment - 1)
					    : COMMENT_ALWAYS,
		.time_limit_ms = PUBLISH_LIMIT_MS,
		.warn = warn,
		.warn_context = batch,
	};
	if (!batch->ci.github_actions && !batch->ci.token)
		return;
	publication_open(&settings, &batch->publication);
}

/* A prompt and a live display would write over each other. */
static enum console_format choose_format(const struct batch *batch)
{
	uint32_t choice = batch->choices->format;
	enum console_format format = choice ? (enum console_format)(choice - 1) : CONSOLE_AUTO;
	bool is_live =
		format == CONSOLE_TTY || (format == CONSOLE_AUTO && !batch->ci.github_actions);
	return batch->debugger && is_live ? CONSOLE_PLAIN : format;
}

static void open_console(struct batch *batch)
{
	struct console_settings settings = {
		.format = choose_format(batch),
		.plan = &batch->plan,
		.run = &batch->run,
		.run_folder = batch->run_folder,
		.style = batch->cli->style,
		.quiet = batch->cli->quiet,
		.verbose = batch->cli->verbose,
		.github_actions = batch->ci.github_actions,
	};
	console_init(&batch->console, &settings);
}

/* The record's list of runs, read when first asked for. */
struct known_runs {
	struct batch *batch;
	struct run *runs;
	uint32_t count;
};

static bool is_finished(void *context, const char *run_id)
{
	struct known_runs *known = context;
	struct error ignored;
	if (!known->runs && !record_list_runs(known->batch->record, known->batch->cli->arena,
				    &known->runs, &known->count, &ignored))
		return false;
	for (uint32_t i = 0; i < known->count; i++)
		if (text_equal(known->runs[i].id, run_id))
			return known->runs[i].state == STATE_DONE;
	return false;
}

/* One that was killed at its very end has left references that nobody needs. */
static void forget_finished(struct batch *batch)
{
	struct known_runs known = {.batch = batch};
	struct finished_runs runs = {.is_finished = is_finished, .context = &known};
	checkpointer_forget_finished(batch->project.root, &runs);
}

/* Everything before the first step. *nothing_to_do: a finished run was to be resumed. */
static bool batch_open(struct batch *batch, bool *nothing_to_do, struct error *error)
{
	struct checkpoint unpublished = {0};
	bool found_unpublished = false;
	const struct left_out_choices left_out = {
		&batch->choices->left_out, &batch->choices->taken_back};
	const char *path;
	/* Looked for before a state folder is made: nothing is left where there is no pipeline. */
	if (!batch->choices->must_resume &&
		!pipeline_find(path_absolute(batch->cli->arena, "."), batch->choices->pipeline,
			batch->cli->arena, &path, error))
		return false;
	if (!project_find(batch->cli, &batch->project, error) ||
		!batch_record_open(batch, nothing_to_do, error))
		return false;
	confinement_end_predecessor(batch->project.state_folder);
	forget_finished(batch);
	file_writer_tidy(batch->project.state_folder);
	if (batch->run_folder)
		file_writer_tidy(batch->run_folder);
	if (*nothing_to_do)
		return true;
	batch->checker = contract_checker_new(
		path_join(batch->cli->arena, batch->project.state_folder, "passed"));
	if (!batch_load_pipeline(batch, error))
		return false;
	batch_choices_apply(batch->choices, &batch->pipeline);
	batch_secrets_find(batch);
	bool planned =
		batch->resumed ? batch_resume_plan(batch, error) : begin_new_run(batch, error);
	if (!planned ||
		!left_out_check(batch->cli, &batch->plan, &left_out,
			batch->resumed ? &batch->run : NULL, error) ||
		!plan_can_run(&batch->plan, error) || !confinement_check(&batch->pipeline, error))
		return false;
	if (batch->choices->debug && !(batch->debugger = debugger_new(batch, error)))
		return false;
	batch->run_folder = project_run_folder(batch->cli, &batch->project, batch->run.id);
	if (!folder_make(batch->run_folder, error))
		return false;
	if (batch->resumed && !record_read_unpublished(batch->record, batch->run.id,
				      batch->cli->arena, &unpublished, &found_unpublished, error))
		return false;
	if (!open_repository(batch, found_unpublished ? &unpublished : NULL, error))
		return false;
	if (batch->resumed)
		return record_published(batch, &unpublished, error) &&
		       batch_resume_record(batch, error);
	batch->on_record = batch_save_parameters(batch, error) &&
			   definition_save(batch->cli, &batch->pipeline, &batch->written,
				   batch->run_folder, error) &&
			   begin_record(batch, error);
	return batch->on_record;
}

/* A list that is none, or too long, ends the run as a failed step would. */
static bool fail_expansion(struct batch *batch, struct error *error)
{
	struct error ignored;
	struct event event = {
		.type = EVENT_PIPELINE_FAILED,
		.time_ms = clock_realtime_ms(),
		.step = INDEX_NONE,
		.wave = INDEX_NONE,
		.group = INDEX_NONE,
		.reason = error->text,
	};
	error->code = ERROR_STEP_FAILED;
	if (batch->services.record(batch, &event, &ignored))
		batch->services.flush(batch, true, &ignored);
	return false;
}

/* What makes the run's verdicts no evidence for another one. */
static const char *start_reason(const struct batch *batch)
{
	bool is_as_committed = batch->resumed || !batch->checkpointer ||
			       checkpointer_facts(batch->checkpointer)->is_as_committed;
	if (batch->debugger)
		return REASON_DEBUGGED;
	return is_as_committed ? NULL : REASON_CHANGED_FILES;
}

/* Again and again while steps become as many as their lists have items. */
static bool batch_execute(struct batch *batch, enum run_outcome *outcome, struct error *error)
{
	uint32_t expanded_step = INDEX_NONE;
	int64_t started_ns = clock_monotonic_ns();
	struct runner_settings settings = {
		.plan = &batch->plan,
		.run = &batch->run,
		.run_folder = batch->run_folder,
		.environment = batch->cli->environment,
		.hidden_variables = ci_token_variables,
		.on_failure = batch->pipeline.execution.on_failure,
		.resumed = batch->resumed,
		.start_reason = start_reason(batch),
		.die_with_parent = batch->ci.github_actions,
		.own_program = own_program(batch->cli->arena),
		.state_folder = batch->project.state_folder,
		.folder_in_tree = folder_in_tree(batch),
		.expand_step = &expanded_step,
		.services = &batch->services,
	};
	if (batch->debugger)
		settings.breakpoints = debugger_adopt_pipeline(batch->debugger);
	while (runner_run(&settings, outcome, error)) {
		if (*outcome != RUN_TO_EXPAND)
			return true;
		if (!batch_expand_step(batch, expanded_step, error))
			return fail_expansion(batch, error);
		if (batch->debugger)
			debugger_adopt_pipeline(batch->debugger);
		settings.expanded = true;
		settings.started_ns = started_ns;
	}
	return false;
}

static void batch_close(struct batch *batch)
{
	debugger_free(batch->debugger);
	publication_close(batch->publication);
	sync_close(batch->sync);
	checkpointer_close(batch->checkpointer);
	record_close(batch->record);
	contract_checker_free(batch->checker);
}

static void hold_signals(sigset_t *before)
{
	sigset_t held;
	stop_signals_fill(&held);
	sigprocmask(SIG_BLOCK, &held, before);
}

static bool forget_worktrees(struct batch *batch, struct error *error)
{
	return !batch->checkpointer || checkpointer_forget_worktrees(batch->checkpointer, error);
}

static int batch_go(struct batch *batch, struct error *error)
{
	static const int statuses[] = {
		[RUN_COMPLETED] = 0, [RUN_FAILED] = 1, [RUN_INTERRUPTED] = 75, [RUN_TO_EXPAND] = 4};
	enum run_outcome outcome = RUN_FAILED;
	struct error sync_error, left_error;
	if (!open_sync(batch, &sync_error))
		cli_print_note(batch->cli, "commits will not be pushed: %s", sync_error.text);
	open_publication(batch);
	open_console(batch);
	wiring_connect(batch);
	/* A signal that comes while GitHub is told waits for the engine, which knows what to do. */
	hold_signals(&batch->signals_before);
	if (batch->publication)
		publication_started(batch->publication, "running");
	bool went = batch_execute(batch, &outcome, error);
	bool is_over = went && outcome == RUN_COMPLETED;
	bool is_tidy = is_over ? forget_worktrees(batch, &left_error)
			       : checkpointer_finish(batch->checkpointer, &left_error);
	if (!is_tidy)
		cli_print_note(batch->cli, "%s", left_error.text);
	batch_report(batch, went, outcome, went ? NULL : error);
	console_release(&batch->console);
	return went ? statuses[outcome] : -1;
}

int batch_run(struct cli *cli, const struct batch_choices *choices, struct error *error)
{
	struct batch *batch = ARENA_NEW(cli->arena, struct batch);
	const char *warning = NULL;
	bool nothing_to_do = false;
	int status = -1;
	*batch = (struct batch){.cli = cli, .choices = choices, .planning = *cli};
	batch->planning.arena = &batch->planning_arena;
	/* A reader of our output that goes away must not end the batch. */
	signal(SIGPIPE, SIG_IGN);
	/* A file that may not grow (`ulimit -f`) is an error of the write, which is reported. */
	signal(SIGXFSZ, SIG_IGN);
	/* Asks the engine for a checkpoint; before and after it there is nothing to be committed. */
	signal(SIGUSR1, SIG_IGN);
	ci_context_load(cli->environment, cli->arena, &batch->ci, &warning);
	if (warning)
		cli_print_note(cli, "%s", warning);
	if (batch->ci.debug)
		cli->verbose = true;
	if (batch_report_check(choices->report_folder, choices->templates, error) &&
		batch_open(batch, &nothing_to_do, error))
		status = nothing_to_do ? 0 : batch_go(batch, error);
	if (nothing_to_do && status == 0)
		batch_report_missing(batch);
	if (status < 0 && batch->on_record && error->code == ERROR_DISK_FULL)
		error_hint(error, "free some space, then 'wavetrain resume %s'", batch->run_id);
	else if (status < 0 && !error->hint[0] && batch->on_record)
		error_hint(error, "wavetrain resume %s", batch->run_id);
	batch_close(batch);
	/* Of a run that was refused before it began nothing is left; what is not empty stays. */
	if (status < 0 && !batch->on_record && !batch->resumed && batch->run_folder)
		rmdir(batch->run_folder);
	batch_secrets_forget(batch, status < 0 ? error : NULL);
	arena_release(&batch->planning_arena);
	return status;
}
