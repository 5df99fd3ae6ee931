#include "run/attempt.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "run/artifact.h"
#include "run/command_line.h"
#include "run/executor.h"
#include "run/work_folder.h"

#define NS_PER_MS 1000000
#define EXIT_TRANSIENT 75 /* EX_TEMPFAIL of sysexits.h */
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND 127

/* Why something did not start, in the terms of an attempt that ended. */
struct refusal {
	enum failure_class failure;
	int exit_status;
	int error_number; /* errno, where that was it */
	struct error error;
};

static const struct step *step_of(const struct attempt *attempt)
{
	return &attempt->executor->settings->plan->pipeline->steps[attempt->step];
}

static void end_with(struct attempt *attempt, enum failure_class failure)
{
	executor_attempt_ended(attempt, failure, buffer_text(&attempt->reason));
}

/* scratch serves one start or one end; other attempts use it in between. */
static void renew_scratch(struct attempt *attempt)
{
	struct arena *scratch = &attempt->executor->scratch;
	const char *folder = attempt->executor->settings->plan->pipeline->folder;
	const char *below = step_of(attempt)->workdir;
	arena_reset(scratch);
	attempt->work_folder = below ? path_join(scratch, folder, below) : folder;
}

static bool lacks_resource(int error_number)
{
	return error_number == EAGAIN || error_number == ENOMEM || error_number == EMFILE ||
	       error_number == ENFILE || error_number == ENOSPC || error_number == EDQUOT ||
	       error_number == ETXTBSY;
}

/* --- starting a command --- */

static const char *attempt_folder(
	const struct attempt *attempt, const char *name, struct arena *arena)
{
	return arena_format(arena, "%s/work/%s.%u/%s", attempt->executor->settings->run_folder,
		step_of(attempt)->id, attempt->number, name);
}

static const char *const *make_environment(struct attempt *attempt)
{
	struct executor *executor = attempt->executor;
	const struct step *step = step_of(attempt);
	struct arena *scratch = &executor->scratch;
	struct environment_facts facts = {
		.step = step,
		.wave = executor->settings->plan->steps[attempt->step].wave,
		.attempt = attempt->number,
		.input_folder =
			step->input_count ? attempt_folder(attempt, "input", scratch) : NULL,
		.output_folder =
			step->output_count ? attempt_folder(attempt, "output", scratch) : NULL,
	};
	return step_environment_make(&executor->environment, &facts, scratch);
}

static void explain_program_fault(
	const struct command_line *line, int error_number, struct refusal *refusal)
{
	struct error *error = &refusal->error;
	const char *word = line->arguments[0];
	refusal->exit_status = EXIT_NOT_EXECUTABLE;
	if (error_number == ENOENT && line->program[0] == '/' && path_exists(line->program)) {
		error_set(error, ERROR_PROCESS, "the interpreter that '%s' names does not exist",
			word);
	} else if (error_number == ENOENT || error_number == ENOTDIR) {
		refusal->exit_status = EXIT_NOT_FOUND;
		error_set(error, ERROR_PROCESS, "program '%s' does not exist", word);
	} else if (error_number == EACCES) {
		error_set(error, ERROR_PROCESS, "program '%s' is not executable", word);
	} else {
		errno = error_number;
		error_set_errno(error, ERROR_PROCESS, "program '%s' could not be executed", word);
	}
}

static void explain_start_fault(const struct command_line *line, const char *folder,
	const struct start_result *start, struct refusal *refusal)
{
	refusal->exit_status = -1;
	refusal->failure =
		lacks_resource(start->error_number) ? FAILURE_RESOURCE : FAILURE_PERMANENT;
	switch (start->fault) {
	case START_OK:
		break;
	case START_FOLDER:
		if (start->error_number == ENOENT)
			error_set(&refusal->error, ERROR_PROCESS,
				"the working directory '%s' does not exist", folder);
		else
			error_set(&refusal->error, ERROR_PROCESS,
				"the working directory '%s' cannot be entered: %s", folder,
				strerror(start->error_number));
		break;
	case START_PROGRAM:
		explain_program_fault(line, start->error_number, refusal);
		break;
	case START_SYSTEM:
		error_set(&refusal->error, ERROR_PROCESS, "no process could be started: %s",
			strerror(start->error_number));
		break;
	}
}

static bool launch(struct attempt *attempt, const struct command *command, int64_t timeout_ms,
	struct refusal *refusal)
{
	struct executor *executor = attempt->executor;
	const struct step *step = step_of(attempt);
	struct arena *scratch = &executor->scratch;
	struct command_line line = {0};
	const char *pipeline_folder = executor->settings->plan->pipeline->folder;
	struct child_request request = {.timeout_ms = timeout_ms, .grace_ms = step->grace_ms};
	struct start_result start;
	request.process.environment = make_environment(attempt);
	request.process.folder = attempt->work_folder;
	struct command_place place = {
		.search = &executor->search,
		.path_list = environment_find(request.process.environment, "PATH"),
		.folder = attempt->work_folder,
	};
	*refusal = (struct refusal){.failure = FAILURE_PERMANENT, .exit_status = -1};
	if (!work_folder_stays_inside(pipeline_folder, step->workdir, &refusal->error))
		return false;
	refusal->exit_status = EXIT_NOT_FOUND;
	if (!command_line_make(command, &place, scratch, &line, &refusal->error))
		return false;
	request.process.program = line.program;
	request.process.arguments = line.arguments;
	if (child_start(&attempt->child, &request, &start, &refusal->error))
		return true;
	refusal->error_number = start.error_number;
	explain_start_fault(&line, attempt->work_folder, &start, refusal);
	return false;
}

/* --- contracts --- */

static const char *contract_subject_text(const struct contract *contract, struct arena *arena)
{
	if (contract->kind == CONTRACT_COMMAND)
		return arena_format(
			arena, "command %s", command_display(&contract->command, arena));
	struct buffer text = BUFFER_INIT;
	for (uint32_t i = 0; i < contract->file_count; i++)
		buffer_printf(&text, "%s%s", i ? ", " : "files ", contract->files[i].path);
	const char *copy = arena_copy_text(arena, buffer_text(&text));
	buffer_release(&text);
	return copy;
}

/* Tells of a contract; what does not hold is in attempt->reason. */
static void record_contract(struct attempt *attempt, bool is_kept)
{
	struct journal *journal = attempt->executor->journal;
	const struct plan_step *planned = &attempt->executor->settings->plan->steps[attempt->step];
	struct event *event =
		journal_event(journal, is_kept ? EVENT_CONTRACT_VALIDATED : EVENT_CONTRACT_FAILED);
	event->step = attempt->step;
	event->wave = planned->wave;
	event->group = planned->group;
	event->attempt = attempt->number;
	event->duration_ms = (clock_monotonic_ns() - attempt->contract_started_ns) / NS_PER_MS;
	event->subject = contract_subject_text(
		&step_of(attempt)->contracts[attempt->contract], &journal->arena);
	if (!is_kept)
		event->reason = arena_copy_text(&journal->arena, buffer_text(&attempt->reason));
	journal_record(journal, event);
}

static void fail_contract(struct attempt *attempt, enum failure_class failure)
{
	struct arena *arena = &attempt->executor->journal->arena;
	record_contract(attempt, false);
	const char *found = arena_copy_text(arena, buffer_text(&attempt->reason));
	buffer_clear(&attempt->reason);
	buffer_printf(&attempt->reason, "contract failed: %s: %s",
		contract_subject_text(&step_of(attempt)->contracts[attempt->contract], arena),
		found);
	end_with(attempt, failure);
}

static bool check_files(struct attempt *attempt, const struct contract *contract)
{
	const struct executor *executor = attempt->executor;
	struct contract_subject subject = {
		.step = step_of(attempt),
		.work_folder = attempt->work_folder,
		.artifacts_folder = executor->artifacts_folder,
		.artifacts = attempt->artifacts,
		.artifact_count = step_of(attempt)->output_count,
	};
	return executor->settings->check_contract(&subject, contract, &attempt->reason);
}

static bool start_contract_command(struct attempt *attempt, const struct contract *contract)
{
	struct refusal refusal;
	int64_t timeout_ms =
		contract->timeout_ms ? contract->timeout_ms : step_of(attempt)->timeout_ms;
	attempt->runs_contract = true;
	if (launch(attempt, &contract->command, timeout_ms, &refusal))
		return true;
	buffer_append_text(&attempt->reason, refusal.error.text);
	return false;
}

/* Goes through the contracts until one needs a process, one does not hold, or all do. */
static void check_contracts(struct attempt *attempt)
{
	const struct step *step = step_of(attempt);
	for (; attempt->contract < step->contract_count; attempt->contract++) {
		const struct contract *contract = &step->contracts[attempt->contract];
		attempt->contract_started_ns = clock_monotonic_ns();
		if (contract->kind == CONTRACT_COMMAND && attempt->executor->is_stopping) {
			end_with(attempt, FAILURE_CANCELLED);
			return;
		}
		if (contract->kind == CONTRACT_COMMAND) {
			if (!start_contract_command(attempt, contract))
				fail_contract(attempt, FAILURE_CONTRACT);
			return;
		}
		if (!check_files(attempt, contract)) {
			fail_contract(attempt, FAILURE_CONTRACT);
			return;
		}
		record_contract(attempt, true);
	}
	executor_attempt_ended(attempt, FAILURE_NONE, NULL);
}

/* --- what a process that ended means --- */

static enum failure_class judge_process(struct attempt *attempt, int64_t timeout_ms)
{
	const struct child *child = &attempt->child;
	const struct process_result *result = &child->result;
	struct buffer *reason = &attempt->reason;
	if (child->timed_out) {
		buffer_append_text(reason, "no end after ");
		duration_append(reason, timeout_ms);
		buffer_append_text(reason, ", its timeout");
		return FAILURE_TIMEOUT;
	}
	if (child->is_cancelled)
		return FAILURE_CANCELLED;
	if (result->is_lost) {
		buffer_append_text(reason, "its exit status is unknown: another part of this "
					   "process has taken it");
		return FAILURE_PERMANENT;
	}
	if (result->signal) {
		buffer_printf(reason, "killed by SIG%s%s",
			sigabbrev_np(result->signal) ? sigabbrev_np(result->signal) : "?",
			result->signal == SIGKILL ? ", not by wavetrain; perhaps for lack of memory"
						  : "");
		return FAILURE_SIGNAL;
	}
	if (result->exit_status == 0)
		return FAILURE_NONE;
	buffer_printf(reason, "exit status %d", result->exit_status);
	if (result->exit_status == EXIT_NOT_FOUND)
		buffer_append_text(reason, " (a command was not found)");
	return result->exit_status == EXIT_TRANSIENT ? FAILURE_TRANSIENT : FAILURE_PERMANENT;
}

static void collect_outputs(struct attempt *attempt, enum failure_class *failure)
{
	struct executor *executor = attempt->executor;
	const struct step *step = step_of(attempt);
	struct error error = {0};
	struct artifact_request request = {
		.step_id = step->id,
		.work_folder = attempt->work_folder,
		.output_folder = attempt_folder(attempt, "output", &executor->scratch),
		.artifacts_folder = executor->artifacts_folder,
	};
	if (!work_folder_stays_inside(
		    executor->settings->plan->pipeline->folder, step->workdir, &error)) {
		buffer_append_text(&attempt->reason, error.text);
		*failure = FAILURE_OUTPUT;
		return;
	}
	attempt->artifacts = ARENA_ARRAY(&executor->kept, struct artifact, step->output_count);
	for (uint32_t i = 0; i < step->output_count; i++) {
		request.output = &step->outputs[i];
		if (artifact_collect(&request, &executor->kept, &attempt->artifacts[i], &error))
			continue;
		buffer_append_text(&attempt->reason, error.text);
		*failure = lacks_resource(error.number) ? FAILURE_RESOURCE : FAILURE_OUTPUT;
		return;
	}
}

static void add_measures(struct attempt *attempt)
{
	const struct process_result *last = &attempt->child.result;
	if (!attempt->runs_contract) {
		attempt->result = *last;
		return;
	}
	attempt->result.cpu_ms += last->cpu_ms;
	if (last->peak_rss_bytes > attempt->result.peak_rss_bytes)
		attempt->result.peak_rss_bytes = last->peak_rss_bytes;
}

static void contract_command_ended(struct attempt *attempt)
{
	const struct contract *contract = &step_of(attempt)->contracts[attempt->contract];
	int64_t timeout_ms =
		contract->timeout_ms ? contract->timeout_ms : step_of(attempt)->timeout_ms;
	enum failure_class failure = judge_process(attempt, timeout_ms);
	if (failure == FAILURE_CANCELLED) {
		end_with(attempt, failure);
	} else if (failure != FAILURE_NONE) {
		fail_contract(attempt, FAILURE_CONTRACT);
	} else {
		record_contract(attempt, true);
		attempt->contract++;
		check_contracts(attempt);
	}
}

static void process_ended(void *owner)
{
	struct attempt *attempt = owner;
	const struct step *step = step_of(attempt);
	renew_scratch(attempt);
	add_measures(attempt);
	if (attempt->runs_contract) {
		contract_command_ended(attempt);
		return;
	}
	enum failure_class failure = judge_process(attempt, step->timeout_ms);
	if (failure == FAILURE_NONE && step->output_count)
		collect_outputs(attempt, &failure);
	if (failure == FAILURE_NONE)
		check_contracts(attempt);
	else
		end_with(attempt, failure);
}

/* --- the beginning --- */

static bool put_inputs(struct attempt *attempt, struct error *error)
{
	const struct executor *executor = attempt->executor;
	const struct step *step = step_of(attempt);
	const char *folder = attempt_folder(attempt, "input", &attempt->executor->scratch);
	if (!path_remove(folder, error) || !folder_make(folder, error))
		return false;
	for (uint32_t i = 0; i < step->input_count; i++) {
		const struct input *input = &step->inputs[i];
		const struct artifact *artifacts = executor->artifacts[input->step];
		if (!artifacts)
			return error_set(
				error, ERROR_FILE, "there is no artifact '%s'", input->reference);
		if (!artifact_inject(
			    executor->artifacts_folder, &artifacts[input->output], folder, error))
			return false;
	}
	return true;
}

static bool prepare_folders(struct attempt *attempt, struct refusal *refusal)
{
	const struct step *step = step_of(attempt);
	struct error *error = &refusal->error;
	*refusal = (struct refusal){.failure = FAILURE_PERMANENT, .exit_status = -1};
	bool is_ready = !step->input_count || put_inputs(attempt, error);
	if (is_ready && step->output_count) {
		const char *folder = attempt_folder(attempt, "output", &attempt->executor->scratch);
		is_ready = path_remove(folder, error) && folder_make(folder, error);
	}
	refusal->error_number = is_ready ? 0 : error->number;
	if (lacks_resource(refusal->error_number))
		refusal->failure = FAILURE_RESOURCE;
	return is_ready;
}

static void record_start(struct attempt *attempt, bool has_inputs)
{
	const struct executor *executor = attempt->executor;
	struct journal *journal = executor->journal;
	const struct plan_step *planned = &executor->settings->plan->steps[attempt->step];
	const struct step *step = step_of(attempt);
	struct event *event = journal_event(journal, EVENT_STEP_STARTED);
	event->step = attempt->step;
	event->wave = planned->wave;
	event->group = planned->group;
	event->attempt = attempt->number;
	event->queue_ms = attempt->queue_ms;
	event->process_id = attempt->process_id;
	journal_record(journal, event);
	for (uint32_t i = 0; has_inputs && i < step->input_count; i++) {
		const struct input *input = &step->inputs[i];
		struct event *injected = journal_event(journal, EVENT_ARTIFACT_INJECTED);
		injected->step = attempt->step;
		injected->wave = planned->wave;
		injected->group = planned->group;
		injected->attempt = attempt->number;
		injected->subject = executor->settings->plan->pipeline->steps[input->step].id;
		injected->artifact = &executor->artifacts[input->step][input->output];
		journal_record(journal, injected);
	}
}

/* Others hold what is missing and will give it back. */
static bool may_start_later(const struct attempt *attempt, int error_number)
{
	return executor_has_others(attempt->executor) &&
	       (error_number == EMFILE || error_number == ENFILE || error_number == EAGAIN ||
		       error_number == ENOMEM);
}

bool attempt_start(struct attempt *attempt, uint32_t step, uint32_t number, int64_t ready_ns)
{
	struct executor *executor = attempt->executor;
	struct refusal refusal;
	attempt->step = step;
	attempt->number = number;
	attempt->started_ns = clock_monotonic_ns();
	attempt->queue_ms = (attempt->started_ns - ready_ns) / NS_PER_MS;
	attempt->process_id = 0;
	attempt->runs_contract = false;
	attempt->contract = 0;
	attempt->result = (struct process_result){.exit_status = -1};
	attempt->artifacts = NULL;
	buffer_clear(&attempt->reason);
	attempt->child.ended = process_ended;
	attempt->child.owner = attempt;
	attempt->child.capture.step = step;
	attempt->child.capture.log = &attempt->log;
	step_log_begin(&attempt->log, executor->run_folder, step_of(attempt)->id, number);
	renew_scratch(attempt);
	bool is_prepared = prepare_folders(attempt, &refusal);
	bool is_started = is_prepared && launch(attempt, &step_of(attempt)->command,
						 step_of(attempt)->timeout_ms, &refusal);
	if (is_started)
		attempt->process_id = (uint32_t)attempt->child.process.id;
	else if (may_start_later(attempt, refusal.error_number))
		return false;
	record_start(attempt, is_prepared);
	if (is_started)
		return true;
	attempt->result.exit_status = refusal.exit_status;
	buffer_append_text(&attempt->reason, refusal.error.text);
	end_with(attempt, refusal.failure);
	return true;
}
