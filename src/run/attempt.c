#include "run/attempt.h"

#include <errno.h>

#include "base/clock.h"
#include "base/file.h"
#include "run/artifact.h"
#include "run/attempt_internal.h"
#include "run/step_item.h"

#define NS_PER_MS 1000000

const struct step *attempt_step(const struct attempt *attempt)
{
	return &attempt->executor->settings->plan->pipeline->steps[attempt->step];
}

void attempt_end_with(struct attempt *attempt, enum failure_class failure)
{
	executor_attempt_ended(attempt, failure, buffer_text(&attempt->reason));
}

/* It needs an input folder whatever its kind calls for. */
static bool has_odd_inputs(const struct step *step)
{
	return step_has_item(step) || step->empty_inputs;
}

/* It has no folder of its own and needs none of its paths. */
static bool is_plain(const struct attempt *attempt)
{
	const struct step *step = attempt_step(attempt);
	return step->workspace == WORKSPACE_SHARED && !step->input_count && !step->output_count &&
	       !step->agent && !has_odd_inputs(step) &&
	       step_isolation(attempt->executor->settings->plan->pipeline, step) !=
		       ISOLATION_REQUIRE;
}

static void add_input_folder(struct attempt *attempt)
{
	struct workspace *workspace = &attempt->workspace;
	if (has_odd_inputs(attempt_step(attempt)) && !workspace->input_folder)
		workspace->input_folder =
			path_join(&attempt->executor->scratch, workspace->attempt_folder, "input");
}

void attempt_renew_scratch(struct attempt *attempt)
{
	struct executor *executor = attempt->executor;
	struct arena *scratch = &executor->scratch;
	struct workspace *workspace = &attempt->workspace;
	const struct step *step = attempt_step(attempt);
	arena_reset(scratch);
	if (is_plain(attempt)) {
		const char *folder = executor->settings->plan->pipeline->folder;
		*workspace = (struct workspace){.base_folder = folder};
		workspace->work_folder =
			step->workdir ? path_join(scratch, folder, step->workdir) : folder;
		workspace->paths_folder = workspace->work_folder;
		return;
	}
	workspace_describe(&executor->workspaces,
		&(struct workspace_request){.step = step, .attempt = attempt->number}, scratch,
		workspace);
	workspace->has_folder |= attempt->has_folder;
	add_input_folder(attempt);
}

bool attempt_require_folder(struct attempt *attempt, struct error *error)
{
	attempt->has_folder = workspace_require_folder(
		&attempt->executor->workspaces, &attempt->workspace, error);
	return attempt->has_folder;
}

bool attempt_lacks_resource(int error_number)
{
	return error_number == EAGAIN || error_number == ENOMEM || error_number == EMFILE ||
	       error_number == ENFILE || error_number == ENOSPC || error_number == EDQUOT ||
	       error_number == ETXTBSY;
}

static bool put_inputs(struct attempt *attempt, struct error *error)
{
	const struct executor *executor = attempt->executor;
	const struct step *step = attempt_step(attempt);
	const struct step *steps = executor->settings->plan->pipeline->steps;
	for (uint32_t i = 0; i < step->input_count; i++) {
		const struct input *input = &step->inputs[i];
		const struct artifact *artifacts = executor->artifacts[input->step];
		if (!artifacts)
			return error_set(
				error, ERROR_FILE, "there is no artifact '%s'", input->reference);
		struct artifact_delivery delivery = {
			.artifacts_folder = executor->artifacts_folder,
			.artifact = &artifacts[input->output],
			.input_folder = attempt->workspace.input_folder,
			.instance = input->of_fan_out ? steps[input->step].id : NULL,
		};
		if (!artifact_deliver(&delivery, error))
			return false;
	}
	return true;
}

/* What is no artifact: an item, and folders for instances that there are none of. */
static bool put_odd_inputs(struct attempt *attempt, struct error *error)
{
	const struct step *step = attempt_step(attempt);
	struct arena *scratch = &attempt->executor->scratch;
	if (!has_odd_inputs(step))
		return true;
	add_input_folder(attempt);
	const char *folder = attempt->workspace.input_folder;
	if (!attempt_require_folder(attempt, error) || !folder_make(folder, error))
		return false;
	for (uint32_t i = 0; step->empty_inputs && i < step->empty_inputs->count; i++) {
		const char *name = step->empty_inputs->items[i].text;
		if (!folder_make(path_join(scratch, folder, name), error))
			return false;
	}
	return !step_has_item(step) || step_item_write(step, folder, error);
}

/* A person has been there before, and it stays as it was left. */
static bool was_visited(struct attempt *attempt)
{
	struct attempt_mark *visited = &attempt->executor->visited;
	if (!visited->attempt || visited->step != attempt->step ||
		visited->attempt != attempt->number)
		return false;
	*visited = (struct attempt_mark){0};
	attempt->has_folder = path_is_folder(attempt->workspace.attempt_folder);
	attempt->workspace.has_folder |= attempt->has_folder;
	return true;
}

bool attempt_prepare(struct attempt *attempt, struct refusal *refusal)
{
	struct executor *executor = attempt->executor;
	const struct step *step = attempt_step(attempt);
	struct error *error = &refusal->error;
	*refusal = (struct refusal){.failure = FAILURE_PERMANENT, .exit_status = -1};
	if (is_plain(attempt) || was_visited(attempt))
		return true;
	struct workspace_request request = {.step = step, .attempt = attempt->number};
	error->number = 0;
	bool is_ready = workspace_make(&executor->workspaces, &request, &executor->scratch,
				&attempt->workspace, error) &&
			put_odd_inputs(attempt, error) && put_inputs(attempt, error);
	refusal->error_number = is_ready ? 0 : error->number;
	if (attempt_lacks_resource(refusal->error_number))
		refusal->failure = FAILURE_RESOURCE;
	return is_ready;
}

static void record_start(struct attempt *attempt, bool has_inputs)
{
	const struct executor *executor = attempt->executor;
	struct journal *journal = executor->journal;
	const struct plan_step *planned = &executor->settings->plan->steps[attempt->step];
	const struct step *step = attempt_step(attempt);
	struct event *event = journal_event(journal, EVENT_STEP_STARTED);
	event->time_ms = attempt->started_ms;
	event->step = attempt->step;
	event->wave = planned->wave;
	event->group = planned->group;
	event->attempt = attempt->number;
	event->queue_ms = attempt->queue_ms;
	event->process_id = attempt->process_id;
	event->containment = attempt->child.containment;
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

static void begin(struct attempt *attempt, int64_t ready_ns)
{
	attempt->started_ns = clock_monotonic_ns();
	attempt->started_ms = clock_realtime_ms();
	attempt->queue_ms = (attempt->started_ns - ready_ns) / NS_PER_MS;
	attempt->process_id = 0;
	attempt->runs_contract = false;
	attempt->contract = 0;
	attempt->result = (struct process_result){.exit_status = -1};
	attempt->artifacts = NULL;
	attempt->has_folder = attempt->is_cached = attempt->lacked_memory = false;
	attempt->oom = oom_watch_begin(&attempt->executor->oom, attempt->started_ns);
	attempt->tree = NULL;
	attempt->changed_paths = NULL;
	attempt->changed_count = 0;
	attempt->cache_key[0] = '\0';
	buffer_clear(&attempt->reason);
	attempt->child.ended = attempt_process_ended;
	attempt->child.owner = attempt;
	attempt->child.containment = 0;
	attempt->child.step_id = attempt_step(attempt)->id;
	attempt->child.capture.step = attempt->step;
	attempt->child.capture.log = &attempt->log;
	step_log_begin(&attempt->log, attempt->executor->run_folder, attempt_step(attempt)->id,
		attempt->number);
	attempt_renew_scratch(attempt);
	if (attempt->executor->settings->resumed)
		notes_forget(&attempt->executor->notes, attempt_step(attempt)->id, attempt->number);
}

bool attempt_start(struct attempt *attempt, uint32_t step, uint32_t number, int64_t ready_ns)
{
	struct refusal refusal;
	attempt->step = step;
	attempt->number = number;
	begin(attempt, ready_ns);
	bool is_prepared = attempt_prepare(attempt, &refusal);
	if (is_prepared && attempt_take_cached(attempt))
		return true;
	bool is_started = is_prepared && attempt_launch_step(attempt, &refusal);
	if (is_started) {
		attempt->process_id = (uint32_t)attempt->child.process.id;
	} else if (may_start_later(attempt, refusal.error_number)) {
		executor_retire(attempt);
		return false;
	}
	record_start(attempt, is_prepared);
	if (is_started)
		return true;
	attempt->result.exit_status = refusal.exit_status;
	buffer_append_text(&attempt->reason, refusal.error.text);
	attempt_end_with(attempt, refusal.failure);
	return true;
}
