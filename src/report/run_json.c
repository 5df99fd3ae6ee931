/* The one shape of a run for machines; docs/reference describes it. Version 1. */
#include "base/index.h"
#include "base/text.h"
#include "model/containment.h"
#include "report/json_writer.h"
#include "report/report.h"

static void open_item(struct buffer *buffer, uint32_t index)
{
	buffer_append_text(buffer, index > 0 ? ",\n{" : "\n{");
}

static void open_array(struct buffer *buffer, const char *key)
{
	json_key(buffer, key);
	buffer_append_byte(buffer, '[');
}

static void append_id(const struct run *run, uint32_t step, struct buffer *buffer)
{
	json_separate(buffer);
	json_append_text(buffer, run->steps[step].id);
	buffer_drain(buffer);
}

static void append_attempt(const struct run_attempt *attempt, struct buffer *buffer)
{
	json_separate(buffer);
	buffer_append_byte(buffer, '{');
	json_add_number(buffer, "number", attempt->number);
	json_add_text(buffer, "state", state_name(attempt->state));
	json_add_text(buffer, "failure",
		attempt->failure == FAILURE_NONE ? NULL : failure_class_name(attempt->failure));
	json_add_time(buffer, "started", attempt->started_ms);
	json_add_time(buffer, "ended", attempt->ended_ms);
	json_add_span(buffer, "duration_ms", attempt->started_ms, attempt->ended_ms);
	json_add_number(buffer, "queue_ms", attempt->queue_ms);
	json_key(buffer, "exit_status");
	if (attempt->exit_status < 0)
		buffer_append_text(buffer, "null");
	else
		buffer_append_signed(buffer, attempt->exit_status);
	json_add_number(buffer, "signal", attempt->signal);
	json_add_number(buffer, "cpu_ms", attempt->cpu_ms);
	json_add_number(buffer, "peak_rss_bytes", (int64_t)attempt->peak_rss_bytes);
	json_add_number(buffer, "log_bytes", (int64_t)attempt->log_bytes);
	json_add_boolean(buffer, "log_truncated", attempt->log_truncated);
	json_add_text(buffer, "log", attempt->log_path);
	json_add_text(buffer, "reason", attempt->reason);
	json_key(buffer, "containment");
	containment_append_json(attempt->containment, buffer);
	buffer_append_byte(buffer, '}');
}

static void append_artifact(const struct artifact *artifact, struct buffer *buffer)
{
	json_separate(buffer);
	buffer_append_byte(buffer, '{');
	json_add_text(buffer, "name", artifact->name);
	json_add_text(buffer, "path", artifact->path);
	json_add_number(buffer, "files", artifact->file_count);
	json_add_boolean(buffer, "folder", artifact->is_folder);
	json_add_number(buffer, "size_bytes", (int64_t)artifact->size_bytes);
	json_add_text(buffer, "sha256", artifact->sha256);
	buffer_append_byte(buffer, '}');
}

static void append_error(const struct contract_error *error, struct buffer *buffer)
{
	json_separate(buffer);
	buffer_append_byte(buffer, '{');
	json_add_text(buffer, "pointer", error->pointer);
	json_add_text(buffer, "keyword", error->keyword);
	json_add_text(buffer, "expected", error->expected);
	json_add_text(buffer, "actual", error->actual);
	buffer_append_byte(buffer, '}');
}

static void append_contract(const struct run_contract *contract, struct buffer *buffer)
{
	json_separate(buffer);
	buffer_append_byte(buffer, '{');
	json_add_number(buffer, "attempt", contract->attempt);
	json_add_text(buffer, "subject", contract->subject);
	json_add_boolean(buffer, "passed", contract->passed);
	json_add_text(buffer, "reason", contract->reason);
	json_add_number(buffer, "duration_ms", contract->duration_ms);
	json_add_boolean(buffer, "was_known", contract->was_known);
	json_add_number(buffer, "error_total", contract->error_total);
	open_array(buffer, "errors");
	for (uint32_t i = 0; i < contract->error_count; i++)
		append_error(&contract->errors[i], buffer);
	buffer_append_text(buffer, "]}");
}

static void add_step_parts(
	const struct run *run, const struct run_step *step, struct buffer *buffer)
{
	open_array(buffer, "attempts");
	for (uint32_t i = 0; i < step->attempts.count; i++)
		append_attempt(&run->attempts[step->attempts.first + i], buffer);
	buffer_append_byte(buffer, ']');
	open_array(buffer, "artifacts");
	for (uint32_t i = 0; i < step->artifacts.count; i++)
		append_artifact(&run->artifacts[step->artifacts.first + i].artifact, buffer);
	buffer_append_byte(buffer, ']');
	open_array(buffer, "contracts");
	for (uint32_t i = 0; i < step->contracts.count; i++)
		append_contract(&run->contracts[step->contracts.first + i], buffer);
	buffer_append_byte(buffer, ']');
}

static void append_step(const struct run *run, uint32_t index, struct buffer *buffer)
{
	const struct run_step *step = &run->steps[index];
	open_item(buffer, index);
	json_add_text(buffer, "id", step->id);
	json_add_text(buffer, "name", step->name);
	json_add_text(buffer, "command", step->command);
	json_add_text(buffer, "state", state_name(step->state));
	json_add_text(buffer, "reason", step->reason);
	json_add_index(buffer, "wave", step->wave);
	json_add_text(
		buffer, "group", step->group == INDEX_NONE ? NULL : run->groups[step->group].name);
	json_add_index(buffer, "stage", step->stage);
	open_array(buffer, "needs");
	for (uint32_t i = 0; i < step->needs.count; i++)
		append_id(run, run->edges[step->needs.first + i], buffer);
	buffer_append_byte(buffer, ']');
	json_add_number(buffer, "estimate_ms", step->estimate_ms);
	json_add_boolean(buffer, "critical", step->critical);
	json_add_time(buffer, "started", step->started_ms);
	json_add_time(buffer, "ended", step->ended_ms);
	json_key(buffer, "duration_ms");
	if (step->started_ms == TIME_NONE || step->ended_ms == TIME_NONE)
		buffer_append_text(buffer, "null");
	else
		buffer_append_signed(buffer, run_step_duration_ms(run, index, step->ended_ms));
	json_add_text(buffer, "fingerprint", step->fingerprint);
	json_add_text(buffer, "summary", step->summary);
	json_add_text(buffer, "cache_key", step->cache_key);
	json_add_text(buffer, "instance_of", step->base_id);
	json_add_boolean(buffer, "optional", step->is_optional);
	add_step_parts(run, step, buffer);
	buffer_append_byte(buffer, '}');
	buffer_drain(buffer);
}

static void append_wave(const struct run *run, uint32_t index, struct buffer *buffer)
{
	const struct run_wave *wave = &run->waves[index];
	open_item(buffer, index);
	json_add_number(buffer, "index", index);
	json_add_text(buffer, "name", wave->name);
	json_add_text(buffer, "origin", wave_origin_name(wave->origin));
	json_add_number(buffer, "stage", wave->stage);
	json_add_text(buffer, "state", state_name(wave->state));
	json_add_time(buffer, "started", wave->started_ms);
	json_add_time(buffer, "ended", wave->ended_ms);
	json_add_span(buffer, "duration_ms", wave->started_ms, wave->ended_ms);
	json_add_number(buffer, "idle_ms", wave->idle_ms);
	json_add_number(buffer, "steps", wave->step_count);
	json_add_text(buffer, "checkpoint",
		wave->checkpoint == INDEX_NONE ? NULL : run->checkpoints[wave->checkpoint].commit);
	buffer_append_byte(buffer, '}');
	buffer_drain(buffer);
}

static void append_group(const struct run *run, uint32_t index, struct buffer *buffer)
{
	const struct run_group *group = &run->groups[index];
	open_item(buffer, index);
	json_add_text(buffer, "name", group->name);
	json_add_index(buffer, "wave", group->wave);
	json_add_text(buffer, "state", state_name(group->state));
	json_add_time(buffer, "started", group->started_ms);
	json_add_time(buffer, "ended", group->ended_ms);
	json_add_span(buffer, "duration_ms", group->started_ms, group->ended_ms);
	open_array(buffer, "steps");
	for (uint32_t i = 0; i < group->steps.count; i++)
		append_id(run, group->steps.first + i, buffer);
	buffer_append_text(buffer, "]}");
}

static void append_checkpoint(const struct run *run, uint32_t index, struct buffer *buffer)
{
	const struct checkpoint *checkpoint = &run->checkpoints[index];
	open_item(buffer, index);
	json_add_number(buffer, "number", checkpoint->number);
	json_add_text(buffer, "trigger", checkpoint_trigger_name(checkpoint->trigger));
	json_add_index(buffer, "wave", checkpoint->wave);
	json_add_boolean(buffer, "partial", checkpoint->partial);
	json_add_time(buffer, "time", checkpoint->time_ms);
	json_add_number(buffer, "duration_ms", checkpoint->duration_ms);
	json_add_text(buffer, "commit", checkpoint->commit);
	json_add_text(buffer, "parent", checkpoint->parent);
	json_add_text(buffer, "reference", checkpoint->reference);
	json_add_number(buffer, "files_changed", checkpoint->files_changed);
	json_add_number(buffer, "bytes", (int64_t)checkpoint->bytes);
	json_add_text(buffer, "subject", checkpoint->subject);
	buffer_append_byte(buffer, '}');
}

static void append_gate(const struct run *run, uint32_t index, struct buffer *buffer)
{
	const struct run_gate *gate = &run->gates[index];
	open_item(buffer, index);
	json_add_text(buffer, "step", run->steps[gate->step].id);
	json_add_boolean(buffer, "open", gate->is_open);
	json_add_text(buffer, "approved_by", gate->approved_by);
	json_add_time(buffer, "waiting", gate->waiting_ms);
	json_add_time(buffer, "opened", gate->opened_ms);
	buffer_append_byte(buffer, '}');
}

static void append_flaky(const struct run *run, uint32_t index, struct buffer *buffer)
{
	const struct run_flaky *flaky = &run->flaky[index];
	open_item(buffer, index);
	json_add_text(buffer, "step", run->steps[flaky->step].id);
	json_add_text(buffer, "fingerprint", run->steps[flaky->step].fingerprint);
	json_add_number(buffer, "attempts", flaky->attempts);
	json_add_number(buffer, "failed", flaky->failed);
	json_add_number(buffer, "runs", flaky->run_count);
	json_add_text(buffer, "last_failure", failure_class_name(flaky->last_failure));
	json_add_text(buffer, "last_reason", flaky->last_reason);
	json_add_text(buffer, "last_run", flaky->last_run);
	json_add_time(buffer, "last_failed", flaky->last_failed_ms);
	buffer_append_byte(buffer, '}');
}

/* measured: with what only the attempts tell, which a list of runs has not read. */
static void add_totals(const struct run *run, bool measured, struct buffer *buffer)
{
	const struct run_totals *totals = &run->totals;
	json_key(buffer, "totals");
	buffer_append_byte(buffer, '{');
	json_add_number(buffer, "steps", run->step_count);
	for (enum state state = 0; state < STATE_COUNT; state++)
		if (state != STATE_INTERRUPTED)
			json_add_number(buffer, state_name(state), totals->by_state[state]);
	json_add_number(buffer, "retried", totals->retried);
	json_add_number(buffer, "cached", totals->cached);
	json_add_number(buffer, "wall_ms", totals->wall_ms);
	if (measured) {
		json_add_number(buffer, "work_ms", totals->work_ms);
		json_add_number(buffer, "peak_concurrency", totals->peak_concurrency);
		json_add_number(buffer, "critical_path_ms", totals->critical_path_ms);
	}
	buffer_append_byte(buffer, '}');
}

static void add_facts(const struct run *run, struct buffer *buffer)
{
	json_add_text(buffer, "id", run->id);
	json_add_text(buffer, "pipeline", run->pipeline_name);
	json_add_text(buffer, "pipeline_file", run->pipeline_file);
	json_add_text(buffer, "format", pipeline_format_name(run->format));
	json_add_text(buffer, "mode", execution_mode_name(run->mode));
	json_add_number(buffer, "jobs", run->jobs);
	json_add_text(buffer, "state", state_name(run->state));
	json_add_text(buffer, "reason", run->reason);
	json_add_time(buffer, "started", run->started_ms);
	json_add_time(buffer, "ended", run->ended_ms);
	json_add_number(buffer, "resumed", run->resume_count);
	json_add_number(buffer, "paused_ms", run->paused_ms);
	json_add_text(buffer, "version", run->version);
	json_add_text(buffer, "host", run->host);
	json_add_text(buffer, "base_commit", run->base_commit);
	json_add_text(buffer, "branch", run->branch);
}

static void open_run(const struct run *run, struct buffer *buffer)
{
	buffer_append_text(buffer, "{\"v\":1");
	add_facts(run, buffer);
}

static void append_run(const struct run *run, struct buffer *buffer)
{
	open_run(run, buffer);
	add_totals(run, true, buffer);
	open_array(buffer, "critical_path");
	for (uint32_t i = 0; i < run->critical_path_count; i++)
		append_id(run, run->critical_path[i], buffer);
	buffer_append_byte(buffer, ']');
	open_array(buffer, "waves");
	for (uint32_t i = 0; i < run->wave_count; i++)
		append_wave(run, i, buffer);
	buffer_append_byte(buffer, ']');
	open_array(buffer, "groups");
	for (uint32_t i = 0; i < run->group_count; i++)
		append_group(run, i, buffer);
	buffer_append_byte(buffer, ']');
	open_array(buffer, "steps");
	for (uint32_t i = 0; i < run->step_count; i++)
		append_step(run, i, buffer);
	buffer_append_byte(buffer, ']');
	open_array(buffer, "gates");
	for (uint32_t i = 0; i < run->gate_count; i++)
		append_gate(run, i, buffer);
	buffer_append_byte(buffer, ']');
	open_array(buffer, "flaky");
	for (uint32_t i = 0; i < run->flaky_count; i++)
		append_flaky(run, i, buffer);
	buffer_append_byte(buffer, ']');
	open_array(buffer, "checkpoints");
	for (uint32_t i = 0; i < run->checkpoint_count; i++)
		append_checkpoint(run, i, buffer);
	buffer_append_text(buffer, "]}");
}

void run_json_append(const struct run *run, struct buffer *buffer)
{
	append_run(run, buffer);
	buffer_append_byte(buffer, '\n');
}

void runs_json_append(const struct run *runs, uint32_t count, struct buffer *buffer)
{
	buffer_append_text(buffer, "{\"v\":1,\"runs\":[");
	for (uint32_t i = 0; i < count; i++) {
		buffer_append_text(buffer, i > 0 ? ",\n" : "\n");
		open_run(&runs[i], buffer);
		add_totals(&runs[i], false, buffer);
		buffer_append_byte(buffer, '}');
	}
	buffer_append_text(buffer, "]}\n");
}
