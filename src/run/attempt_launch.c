/* From what a step or a contract says to a process of it. */
#include "run/attempt_internal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "run/agent_command.h"
#include "run/attempt_isolation.h"
#include "run/command_line.h"
#include "run/component_command.h"
#include "run/step_item.h"
#include "run/work_folder.h"

/* What only some kinds of steps have; room for all of it is there. */
static bool add_extra(
	struct attempt *attempt, const char **extra, uint32_t *count, struct error *error)
{
	const struct step *step = attempt_step(attempt);
	struct arena *scratch = &attempt->executor->scratch;
	if (step_has_item(step))
		*count += step_item_variables(
			step, attempt->workspace.input_folder, scratch, extra + *count);
	if (step->agent && (extra[*count] = agent_task_variable(step, scratch)))
		++*count;
	if (!step->component)
		return true;
	extra[*count] = component_properties_variable(step, scratch, error);
	return extra[(*count)++] != NULL;
}

const char *const *attempt_environment(struct attempt *attempt, struct error *error)
{
	struct executor *executor = attempt->executor;
	const struct step *step = attempt_step(attempt);
	struct arena *scratch = &executor->scratch;
	const char *extra[STEP_ITEM_VARIABLE_COUNT + 2];
	struct environment_facts facts = {
		.step = step,
		.wave = executor->settings->plan->steps[attempt->step].wave,
		.attempt = attempt->number,
		.input_folder = attempt->workspace.input_folder,
		.output_folder = attempt->workspace.output_folder,
		.summary_path =
			notes_summary_path(&executor->notes, step->id, attempt->number, scratch),
		.handoff_path =
			notes_handoff_path(&executor->notes, step->id, attempt->number, scratch),
		.handoffs_path = notes_handoffs_path(&executor->notes, scratch),
		.extra = extra,
	};
	if (step->agent)
		facts.agent = agent_environment(executor->settings->plan->pipeline, step);
	if (!add_extra(attempt, extra, &facts.extra_count, error))
		return NULL;
	const char *const *environment =
		step_environment_make(&executor->environment, &facts, scratch);
	const char *temporary = attempt_own_temporary(attempt, environment);
	if (temporary)
		step_environment_set(
			&executor->environment, arena_format(scratch, "TMPDIR=%s", temporary));
	return environment;
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
		attempt_lacks_resource(start->error_number) ? FAILURE_RESOURCE : FAILURE_PERMANENT;
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
	case START_CGROUP:
		error_set(&refusal->error, ERROR_PROCESS,
			"it cannot be held as 'isolation: require' asks: its cgroup does not take it: %s",
			strerror(start->error_number));
		break;
	case START_NAMESPACE:
		error_set(&refusal->error, ERROR_PROCESS,
			"it cannot be held as 'isolation: require' asks: its process namespace could "
			"not be made: %s",
			strerror(start->error_number));
		break;
	case START_RULESET:
		error_set(&refusal->error, ERROR_PROCESS,
			"its writes cannot be held: %s ('isolation: none' does without)",
			strerror(start->error_number));
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
	const struct step *step = attempt_step(attempt);
	struct arena *scratch = &executor->scratch;
	struct command_line line = {0};
	struct child_request request = {
		.timeout_ms = timeout_ms, .stall_ms = step->stall_ms, .grace_ms = step->grace_ms};
	struct start_result start;
	request.process.folder = attempt->workspace.work_folder;
	request.process.passed[0] = executor->jobserver.passed[0];
	request.process.passed[1] = executor->jobserver.passed[1];
	*refusal = (struct refusal){.failure = FAILURE_PERMANENT, .exit_status = -1};
	request.process.environment = attempt_environment(attempt, &refusal->error);
	if (!request.process.environment ||
		!work_folder_stays_inside(
			attempt->workspace.base_folder, step->workdir, &refusal->error))
		return false;
	struct command_place place = {
		.search = &executor->search,
		.path_list = environment_find(request.process.environment, "PATH"),
		.folder = request.process.folder,
	};
	refusal->exit_status = EXIT_NOT_FOUND;
	if (!command_line_make(command, &place, scratch, &line, &refusal->error))
		return false;
	request.process.program = line.program;
	request.process.arguments = line.arguments;
	if (!attempt_hold(attempt, &request.process, refusal))
		return false;
	bool is_started = child_start(&attempt->child, &request, &start, &refusal->error);
	if (request.process.ruleset)
		close(request.process.ruleset);
	if (is_started)
		return true;
	refusal->error_number = start.error_number;
	explain_start_fault(&line, request.process.folder, &start, refusal);
	return false;
}

/* What the step runs, whichever kind it is. */
static bool make_command(struct attempt *attempt, struct command *command, struct error *error)
{
	struct executor *executor = attempt->executor;
	const struct runner_settings *settings = executor->settings;
	const struct step *step = attempt_step(attempt);
	*command = step->command;
	if (step->component)
		return component_command_make(
			&(struct component_request){.pipeline = settings->plan->pipeline,
				.step = step,
				.own_program = settings->own_program},
			&executor->scratch, command, error);
	if (!step->agent)
		return true;
	struct agent_request request = {.pipeline = settings->plan->pipeline,
		.step = step,
		.own_program = settings->own_program,
		.work_folder = attempt->workspace.work_folder,
		.attempt_folder = attempt->workspace.attempt_folder,
		.handoffs_file = notes_handoffs_path(&executor->notes, &executor->scratch)};
	if (agent_command_needs_folder(&request) && !attempt_require_folder(attempt, error))
		return false;
	return agent_command_make(&request, &executor->scratch, command, error);
}

bool attempt_launch_step(struct attempt *attempt, struct refusal *refusal)
{
	const struct step *step = attempt_step(attempt);
	struct command command;
	*refusal = (struct refusal){.failure = FAILURE_PERMANENT, .exit_status = -1};
	if (make_command(attempt, &command, &refusal->error))
		return launch(attempt, &command, step->timeout_ms, refusal);
	refusal->error_number = refusal->error.number;
	if (attempt_lacks_resource(refusal->error_number))
		refusal->failure = FAILURE_RESOURCE;
	return false;
}

bool attempt_launch_contract(
	struct attempt *attempt, const struct contract *contract, struct refusal *refusal)
{
	const struct step *step = attempt_step(attempt);
	int64_t timeout_ms = contract->timeout_ms ? contract->timeout_ms : step->timeout_ms;
	attempt->runs_contract = true;
	return launch(attempt, &contract->command, timeout_ms, refusal);
}
