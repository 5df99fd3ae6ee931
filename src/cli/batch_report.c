#include "cli/batch_report.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/file_writer.h"
#include "base/text.h"
#include "cli/report_mask.h"
#include "publish/workflow_commands.h"
#include "run/artifact.h"

#define LAST_REPORT "junit.xml" /* of those that report_write() writes */

#define PUSH_FINISH_MS 30000
/* Whoever interrupts kills soon: 7 s after SIGINT, 2 s after SIGTERM everything is to be done. */
#define INTERRUPTED_PUSH_MS 250
#define INTERRUPTED_PUBLISH_MS 800

bool batch_previous_run(
	struct cli *cli, struct record *record, const struct run *run, struct run *previous)
{
	struct run *runs;
	uint32_t count;
	struct error ignored;
	bool passed = false;
	if (!record_list_runs(record, cli->arena, &runs, &count, &ignored))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		if (passed && text_equal(runs[i].pipeline_name, run->pipeline_name))
			return record_read_run(record, runs[i].id, cli->arena, previous, &ignored);
		passed = passed || text_equal(runs[i].id, run->id);
	}
	return false;
}

/* Artifact uploads skip folders that begin with a dot, so in CI the reports lie in the open. */
static const char *report_folder(const struct batch *batch)
{
	struct arena *arena = batch->cli->arena;
	if (batch->choices->report_folder)
		return path_absolute(arena, batch->choices->report_folder);
	if (batch->ci.github_actions)
		return path_join(arena, batch->project.root, "wavetrain-report");
	return path_join(arena, batch->run_folder, "report");
}

static bool may_be_folder(
	const char *option, const char *path, bool must_exist, struct error *error)
{
	if (!path || path_is_folder(path) || (!must_exist && !path_exists(path)))
		return true;
	error_set(error, ERROR_USAGE, "--%s takes a folder, and '%s' is %s", option, path,
		path_exists(path) ? "none" : "not there");
	return error_hint(error, "name a folder, or leave the option out");
}

bool batch_report_check(const char *folder, const char *templates, struct error *error)
{
	return may_be_folder("report-dir", folder, false, error) &&
	       may_be_folder("templates", templates, true, error);
}

bool batch_report_folder(const char *folder, struct arena *arena, struct error *error)
{
	/* A folder that was there may hold files somebody wants: only ours are named then. */
	static const char everything[] = "*\n";
	static const char ours[] =
		"/.gitignore\n/artifacts/\n/dag.dot\n/dag.mmd\n/junit.xml\n/report.html\n"
		"/report.json\n/summary.md\n/timeline.txt\n";
	const char *path = path_join(arena, folder, ".gitignore");
	const char *lines = path_exists(folder) ? ours : everything;
	file_writer_tidy(folder);
	return folder_make(folder, error) &&
	       (path_exists(path) || file_write_atomic(path, lines, strlen(lines), error));
}

static void write_summary(
	struct batch *batch, const struct run *run, const struct markdown_context *markdown)
{
	CLEANUP(buffer_release) struct buffer summary = BUFFER_INIT;
	struct error error;
	if (!batch->ci.step_summary_path)
		return;
	summary_append(run, markdown, &summary);
	report_mask_buffer(batch->mask, &summary);
	if (!step_summary_append(
		    batch->ci.step_summary_path, buffer_text(&summary), summary.size, &error))
		cli_print_note(batch->cli, "the step summary was not written: %s", error.text);
}

static void write_outputs(struct batch *batch, const struct run *run, const char *folder)
{
	CLEANUP(buffer_release) struct buffer failed = BUFFER_INIT;
	uint32_t failures[100];
	struct error error;
	if (!batch->ci.output_path)
		return;
	uint32_t count = run_failures(run, failures, 100);
	for (uint32_t i = 0; i < count && i < 100; i++)
		buffer_printf(&failed, "%s%s", i ? "\n" : "", run->steps[failures[i]].id);
	const char *commit = NULL;
	for (uint32_t i = 0; i < run->checkpoint_count; i++)
		commit = run->checkpoints[i].commit ? run->checkpoints[i].commit : commit;
	const char *result = run->state == STATE_DONE          ? "success"
			     : run->state == STATE_INTERRUPTED ? "interrupted"
							       : "failure";
	const char *reference = arena_format(batch->cli->arena, "refs/wavetrain/runs/%s", run->id);
	const struct github_output outputs[] = {{"result", result}, {"run-id", run->id},
		{"failed", buffer_text(&failed)}, {"report", folder},
		{"resume-ref", commit ? reference : ""}, {"commit", commit ? commit : ""}};
	if (!github_outputs_append(batch->ci.output_path, outputs, ARRAY_LENGTH(outputs), &error))
		cli_print_note(batch->cli, "the step outputs were not written: %s", error.text);
}

static void publish(
	struct batch *batch, const struct run *run, const struct markdown_context *markdown)
{
	CLEANUP(buffer_release) struct buffer comment = BUFFER_INIT;
	CLEANUP(buffer_release) struct buffer verdict = BUFFER_INIT;
	if (!batch->publication)
		return;
	comment_append(run, markdown, &comment);
	report_mask_buffer(batch->mask, &comment);
	verdict_append(run, clock_realtime_ms(), &verdict);
	report_mask_buffer(batch->mask, &verdict);
	if (verdict.size && verdict.bytes[verdict.size - 1] == '\n')
		verdict.bytes[--verdict.size] = '\0';
	bool interrupted = run->state == STATE_INTERRUPTED;
	struct publication_result result = {
		.state = run->state == STATE_DONE ? "success"
			 : interrupted            ? "pending"
						  : "failure",
		.description = buffer_text(&verdict),
		.pushed_commit = batch->sync ? sync_pushed_commit(batch->sync) : NULL,
		.comment_body = interrupted ? NULL : buffer_text(&comment),
		.time_limit_ms = interrupted ? INTERRUPTED_PUBLISH_MS : 0,
		.failed = run->state != STATE_DONE,
	};
	publication_finished(batch->publication, &result);
}

/* False when not all of them were written. */
static bool write_reports(struct batch *batch, const struct run *run, const char *folder,
	const struct markdown_context *markdown)
{
	struct run previous;
	struct error error;
	bool compared = batch_previous_run(batch->cli, batch->record, run, &previous);
	struct report_settings settings = {
		.folder = folder,
		.templates = batch->choices->templates,
		.markdown = *markdown,
		.previous = compared ? &previous : NULL,
	};
	bool is_written = batch_report_folder(folder, batch->cli->arena, &error) &&
			  report_write(run, &settings, &error);
	if (!is_written)
		cli_print_note(batch->cli, "a report was not written: %s", error.text);
	if (!report_mask_folder(batch->mask, folder, &error))
		cli_print_note(batch->cli, "a report is missing: %s", error.text);
	return is_written;
}

static const char *push_message(const struct batch *batch)
{
	if (!batch->sync || sync_state(batch->sync) == SYNC_IDLE)
		return NULL;
	return mask_message(batch->mask, sync_message(batch->sync), batch->cli->arena);
}

static void note_exports(struct batch *batch)
{
	const struct pipeline *pipeline = &batch->pipeline;
	batch->export_count = 0;
	for (uint32_t i = 0; i < pipeline->step_count; i++)
		batch->export_count += pipeline->steps[i].is_exported;
	batch->exports = ARENA_ARRAY(batch->cli->arena, const char *, batch->export_count);
	uint32_t count = 0;
	for (uint32_t i = 0; i < pipeline->step_count; i++)
		if (pipeline->steps[i].is_exported)
			batch->exports[count++] =
				arena_copy_text(batch->cli->arena, pipeline->steps[i].id);
}

/* Artifacts that the pipeline marks as its output lie with the reports. */
static void export_step(
	struct batch *batch, const struct run *run, const struct run_step *step, const char *folder)
{
	struct arena *arena = batch->cli->arena;
	struct error error;
	const char *from = path_join(arena, batch->run_folder, "artifacts");
	const char *to = path_join(arena, folder, "artifacts");
	for (uint32_t i = 0; i < step->artifacts.count; i++) {
		const struct artifact *artifact =
			&run->artifacts[step->artifacts.first + i].artifact;
		if (!folder_make(to, &error) || !artifact_inject(from, artifact, to, &error))
			cli_print_note(batch->cli, "the output '%s' was not exported: %s",
				artifact->name, error.text);
	}
}

static void export_artifacts(struct batch *batch, const struct run *run, const char *folder)
{
	struct error error;
	if (!batch->export_count)
		return;
	if (!path_remove(path_join(batch->cli->arena, folder, "artifacts"), &error))
		cli_print_note(batch->cli, "old outputs were not removed: %s", error.text);
	for (uint32_t i = 0; i < run->step_count; i++) {
		const struct run_step *step = &run->steps[i];
		for (uint32_t k = 0; step->state == STATE_DONE && k < batch->export_count; k++)
			if (text_equal(step->id, batch->exports[k]))
				export_step(batch, run, step, folder);
	}
}

/* From here on nothing needs them, and the reports need the room. */
static void forget_plan(struct batch *batch)
{
	note_exports(batch);
	console_forget_plan(&batch->console);
	batch->run = (struct run){0};
	batch->plan = (struct plan){0};
	batch->pipeline = batch->written = (struct pipeline){0};
	arena_release(&batch->planning_arena);
}

static void print_comment(
	struct batch *batch, const struct run *run, const struct markdown_context *markdown)
{
	CLEANUP(buffer_release) struct buffer comment = BUFFER_INIT;
	struct error error;
	comment_append(run, markdown, &comment);
	report_mask_buffer(batch->mask, &comment);
	if (!cli_print(&comment, &error))
		cli_print_note(batch->cli, "%s", error.text);
}

void batch_report(
	struct batch *batch, bool went, enum run_outcome outcome, const struct error *engine_error)
{
	struct run run;
	struct error error;
	const char *folder = report_folder(batch);
	forget_plan(batch);
	if (!record_read_run(batch->record, batch->run_id, batch->cli->arena, &run, &error)) {
		cli_print_note(batch->cli, "no report was written: %s", error.text);
		return;
	}
	if (!record_read_flaky(batch->record, batch->cli->arena, &run, &error))
		cli_print_note(batch->cli, "flaky steps are not known: %s", error.text);
	run.folder = batch->run_folder;
	if (run.state == STATE_RUNNING) {
		/* Its end is not on record: there was no room for it, or the record is broken. */
		run_end_lost(&run, STATE_FAILED, NULL, clock_realtime_ms());
		run_summarise(&run, batch->cli->arena);
	}
	if (engine_error && !run.reason)
		run.reason = mask_message(batch->mask, engine_error->text, batch->cli->arena);
	report_mask_run(batch->mask, &run, batch->cli->arena);
	const char *resume =
		went && outcome == RUN_COMPLETED
			? NULL
			: arena_format(batch->cli->arena, "wavetrain resume %s", run.id);
	struct markdown_context markdown = {
		.report_name = batch->choices->report_name,
		.run_url = batch->ci.run_url,
		.resume_command = resume,
	};
	/* First what only we can write: from here on a signal may end us. */
	bool is_written = write_reports(batch, &run, folder, &markdown);
	export_artifacts(batch, &run, folder);
	sigprocmask(SIG_SETMASK, &batch->signals_before, NULL);
	if (batch->sync)
		sync_finish(batch->sync,
			outcome == RUN_INTERRUPTED ? INTERRUPTED_PUSH_MS : PUSH_FINISH_MS);
	markdown.push_message = push_message(batch);
	if (markdown.push_message)
		is_written = write_reports(batch, &run, folder, &markdown);
	write_summary(batch, &run, &markdown);
	write_outputs(batch, &run, folder);
	publish(batch, &run, &markdown);
	if (batch->console.settings.format == CONSOLE_COMMENT)
		print_comment(batch, &run, &markdown);
	const char *page = path_join(batch->cli->arena, folder, "report.html");
	struct console_ending ending = {
		.run = &run,
		.resume_command = resume,
		.report_path = is_written && path_exists(page) ? page : NULL,
		.push_message = markdown.push_message,
	};
	console_end(&batch->console, &ending);
	if (batch->console.output_errno)
		cli_print_note(batch->cli, "the output of this run is not complete: %s",
			strerror(batch->console.output_errno));
}

void batch_report_missing(struct batch *batch)
{
	struct run run, previous;
	struct error error;
	const char *folder = report_folder(batch);
	if (path_exists(path_join(batch->cli->arena, folder, LAST_REPORT)))
		return;
	bool is_read =
		record_read_run(batch->record, batch->run_id, batch->cli->arena, &run, &error) &&
		record_read_flaky(batch->record, batch->cli->arena, &run, &error);
	run.folder = batch->run_folder;
	bool compared = is_read && batch_previous_run(batch->cli, batch->record, &run, &previous);
	struct report_settings settings = {
		.folder = folder,
		.templates = batch->choices->templates,
		.markdown = {.report_name = batch->choices->report_name,
			.run_url = batch->ci.run_url},
		.previous = compared ? &previous : NULL,
	};
	if (!is_read || !batch_report_folder(folder, batch->cli->arena, &error) ||
		!report_write(&run, &settings, &error))
		cli_print_note(batch->cli, "a report was not written: %s", error.text);
}
