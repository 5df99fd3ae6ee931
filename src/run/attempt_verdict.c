/* What it means that a process has ended, and what it has left. */
#include "run/attempt_internal.h"

#include <signal.h>
#include <string.h>

#include "base/text.h"
#include "run/artifact.h"
#include "run/work_folder.h"

enum failure_class attempt_judge_process(struct attempt *attempt, int64_t timeout_ms)
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
	if (child->has_stalled) {
		buffer_append_text(reason, "no output and no processor time for ");
		duration_append(reason, attempt_step(attempt)->stall_ms);
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

static bool collect_outputs(struct attempt *attempt, enum failure_class *failure)
{
	struct executor *executor = attempt->executor;
	const struct step *step = attempt_step(attempt);
	const struct workspace *workspace = &attempt->workspace;
	struct error error = {0};
	struct output output;
	struct artifact_request request = {
		.step_id = step->id,
		.output = &output,
		.work_folder = workspace->paths_folder,
		.output_folder = workspace->output_folder,
		.artifacts_folder = executor->artifacts_folder,
	};
	*failure = FAILURE_OUTPUT;
	bool is_kept = work_folder_stays_inside(workspace->base_folder, step->workdir, &error);
	attempt->artifacts = ARENA_ARRAY(&executor->kept, struct artifact, step->output_count);
	for (uint32_t i = 0; is_kept && i < step->output_count; i++) {
		output = step->outputs[i];
		if (output.path)
			output.path = workspace_path(workspace, output.path, &executor->scratch);
		is_kept =
			artifact_collect(&request, &executor->kept, &attempt->artifacts[i], &error);
		if (!is_kept && attempt_lacks_resource(error.number))
			*failure = FAILURE_RESOURCE;
	}
	if (!is_kept)
		buffer_append_text(&attempt->reason, error.text);
	return is_kept;
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

void attempt_process_ended(void *owner)
{
	struct attempt *attempt = owner;
	const struct step *step = attempt_step(attempt);
	attempt_renew_scratch(attempt);
	add_measures(attempt);
	if (attempt->runs_contract) {
		attempt_contract_ended(attempt);
		return;
	}
	enum failure_class failure = attempt_judge_process(attempt, step->timeout_ms);
	bool is_kept = failure == FAILURE_NONE &&
		       (!step->output_count || collect_outputs(attempt, &failure)) &&
		       attempt_collect_changes(attempt, &failure);
	if (is_kept)
		attempt_check_contracts(attempt);
	else
		attempt_end_with(attempt, failure);
}
