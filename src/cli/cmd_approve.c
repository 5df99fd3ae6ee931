#include <pwd.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/index.h"
#include "base/text.h"
#include "cli/project.h"

struct options {
	const char *approver;
};

static const struct option options[] = {
	{.name = "by",
		.kind = OPTION_TEXT,
		.offset = offsetof(struct options, approver),
		.value_name = "NAME",
		.help = "Who approves; by default GITHUB_ACTOR, else the user who runs this"},
};

static const char *approver(const struct options *chosen)
{
	static const char *const variables[] = {"GITHUB_ACTOR", "LOGNAME", "USER"};
	if (chosen->approver)
		return chosen->approver;
	for (size_t i = 0; i < ARRAY_LENGTH(variables); i++)
		if (!text_is_empty(getenv(variables[i])))
			return getenv(variables[i]);
	const struct passwd *user = getpwuid(geteuid());
	return user ? user->pw_name : "unknown";
}

static const struct run_gate *find_gate(const struct run *run, const char *id)
{
	for (uint32_t i = 0; i < run->gate_count; i++)
		if (text_equal(run->steps[run->gates[i].step].id, id))
			return &run->gates[i];
	return NULL;
}

/* A gate is only there when its step is done and the run stands before it. */
static bool refuse(const struct run *run, const char *id, struct error *error)
{
	struct nearest nearest;
	bool is_there = false;
	nearest_start(&nearest, id);
	for (uint32_t i = 0; i < run->step_count; i++)
		is_there |= text_equal(run->steps[i].id, id);
	for (uint32_t i = 0; i < run->gate_count; i++)
		if (!run->gates[i].is_open)
			nearest_offer(&nearest, run->steps[run->gates[i].step].id);
	if (is_there)
		error_set(error, ERROR_USAGE, "step '%s' of run '%s' does not wait for approval",
			id, run->id);
	else
		error_set(error, ERROR_USAGE, "run '%s' has no step '%s'", run->id, id);
	if (nearest.best)
		return error_hint(error, "did you mean '%s'?", nearest.best);
	return error_hint(error, "wavetrain status %s", run->id);
}

static bool open_gate(struct cli *cli, struct record *record, const struct run *run,
	const struct run_gate *gate, const char *name, struct error *error)
{
	struct event event = {
		.type = EVENT_GATE_OPENED,
		.time_ms = clock_realtime_ms(),
		.step = gate->step,
		.wave = run->steps[gate->step].wave,
		.group = run->steps[gate->step].group,
		.subject = name,
	};
	struct event_names names = {.run_id = run->id, .step_id = run->steps[gate->step].id};
	if (!record_event(record, run->id, &event, &names, error) ||
		!record_flush(record, true, error))
		return false;
	cli_print_note(cli,
		"step '%s' of run '%s' is approved by %s; 'wavetrain resume %s' goes on",
		names.step_id, run->id, name, run->id);
	return true;
}

static bool approve(struct cli *cli, struct record *record, const char *const *arguments,
	const char *name, struct error *error)
{
	const char *id;
	struct run run;
	if (!record_find_run(record, arguments[0], cli->arena, &id, error) ||
		!record_read_run(record, id, cli->arena, &run, error))
		return false;
	const struct run_gate *gate = find_gate(&run, arguments[1]);
	if (!gate)
		return refuse(&run, arguments[1], error);
	if (!gate->is_open)
		return open_gate(cli, record, &run, gate, name, error);
	cli_print_note(cli, "step '%s' of run '%s' was approved by %s before", arguments[1], run.id,
		gate->approved_by ? gate->approved_by : "somebody");
	return true;
}

static int approve_command(
	struct cli *cli, const void *values, const char *const *arguments, struct error *error)
{
	struct project project;
	struct record *record = NULL;
	if (!arguments[0] || !arguments[1]) {
		error_set(error, ERROR_USAGE, "approve needs a run and a step");
		error_hint(error, "wavetrain approve latest STEP");
		return -1;
	}
	/* Opened to be read first: where there is no record, none is made. */
	if (!project_find(cli, &project, error) ||
		!record_open(project.state_folder, RECORD_READ, &record, error))
		return -1;
	record_close(record);
	if (!record_open(project.state_folder, RECORD_WRITE, &record, error))
		return -1;
	bool done = approve(cli, record, arguments, approver(values), error);
	record_close(record);
	return done ? 0 : -1;
}

extern const struct cli_command cmd_approve;
const struct cli_command cmd_approve = {
	.name = "approve",
	.arguments = "RUN STEP",
	.argument_limit = 2,
	.summary = "Open the gate a run waits at",
	.description =
		"A step with 'gate: manual' stops the run once its wave is done and committed, with exit\n"
		"code 75. After this command 'wavetrain resume' goes on behind it.",
	.options = options,
	.option_count = ARRAY_LENGTH(options),
	.options_size = sizeof(struct options),
	.run = approve_command,
};
