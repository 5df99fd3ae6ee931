/* What it means that a process has ended, and what it has left. */
#include "run/attempt_internal.h"

#include <signal.h>
#include <string.h>

#include "base/index.h"
#include "base/text.h"
#include "run/artifact.h"
#include "run/attempt_isolation.h"
#include "run/work_folder.h"

#define EXIT_KILLED 137 /* of a shell whose command SIGKILL has ended */

/* Brought about by the program itself, its timers or its limits. */
static bool is_own_fault(int signal)
{
	static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP,
		SIGPIPE, SIGXCPU, SIGXFSZ, SIGALRM, SIGVTALRM, SIGPROF};
	for (size_t i = 0; i < ARRAY_LENGTH(own); i++)
		if (own[i] == signal)
			return true;
	return false;
}

static bool was_short_of_memory(struct attempt *attempt)
{
	const struct process_result *result = &attempt->child.result;
	struct buffer *reason = &attempt->reason;
	if (result->signal != SIGKILL && result->exit_status != EXIT_KILLED)
		return false;
	attempt->lacked_memory = oom_watch_claim(&attempt->executor->oom, &attempt->oom);
	if (!attempt->lacked_memory)
		return false;
	buffer_append_text(reason, REASON_NO_MEMORY);
	if (result->peak_rss_bytes > 0) {
		buffer_append_text(reason, ", at a peak of ");
		size_append(reason, (int64_t)result->peak_rss_bytes);
	}
	return true;
}

static enum failure_class judge_signal(struct attempt *attempt)
{
	int signal = attempt->child.result.signal;
	bool is_own = is_own_fault(signal);
	const char *name = sigabbrev_np(signal);
	buffer_printf(&attempt->reason, "killed by SIG%s%s%s", name ? name : "?",
		is_own ? "" : ", not by wavetrain",
		signal == SIGKILL ? "; perhaps for lack of memory" : "");
	return is_own ? FAILURE_SIGNAL : FAILURE_UNKNOWN;
}

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
	if (was_short_of_memory(attempt))
		return FAILURE_RESOURCE;
	if (result->signal)
		return judge_signal(attempt);
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
	attempt_unhold(attempt);
	add_measures(attempt);
	if (attempt->runs_contract) {
		attempt_contract_ended(attempt);
		return;
	}
	enum failure_class failure = attempt_judge_process(attempt, step->timeout_ms);
	if (failure == FAILURE_PERMANENT)
		attempt_explain_refusals(attempt);
	bool is_kept = failure == FAILURE_NONE &&
		       (!step->output_count || collect_outputs(attempt, &failure)) &&
		       attempt_collect_changes(attempt, &failure);
	if (is_kept)
		attempt_check_contracts(attempt);
	else
		attempt_end_with(attempt, failure);
}
