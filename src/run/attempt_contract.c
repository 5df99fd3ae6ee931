#include "run/attempt_internal.h"

#include "base/clock.h"
#include "base/text.h"
#include "model/services.h"

#define NS_PER_MS 1000000

static const char *list_texts(const char *head, const struct text_list *list, struct arena *arena)
{
	struct buffer text = BUFFER_INIT;
	for (uint32_t i = 0; i < list->count; i++)
		buffer_printf(&text, "%s%s", i ? ", " : head, list->items[i].text);
	const char *copy = arena_copy_text(arena, buffer_text(&text));
	buffer_release(&text);
	return copy;
}

static const char *list_files(const struct contract *contract, struct arena *arena)
{
	struct buffer text = BUFFER_INIT;
	for (uint32_t i = 0; i < contract->file_count; i++)
		buffer_printf(&text, "%s%s", i ? ", " : "files ", contract->files[i].path);
	const char *copy = arena_copy_text(arena, buffer_text(&text));
	buffer_release(&text);
	return copy;
}

static const char *schema_text(const struct contract *contract, struct arena *arena)
{
	const char *schema = contract->schema_name ? contract->schema_name : contract->schema;
	const char *source = contract->source ? contract->source : "";
	return schema ? arena_format(arena, "json_schema %s of %s", schema, source)
		      : arena_format(arena, "json_schema of %s", source);
}

static const char *contract_subject_text(const struct contract *contract, struct arena *arena)
{
	switch (contract->kind) {
	case CONTRACT_JSON_SCHEMA:
		return schema_text(contract, arena);
	case CONTRACT_COMMAND:
		return arena_format(
			arena, "command %s", command_display(&contract->command, arena));
	case CONTRACT_FILES:
		return list_files(contract, arena);
	case CONTRACT_DIFF_SCOPE:
		return list_texts("diff_scope ", &contract->paths, arena);
	case CONTRACT_KIND_COUNT:
		break;
	}
	return contract_kind_name(contract->kind);
}

/* Tells of a contract; what does not hold is in attempt->reason. */
static void record_contract(struct attempt *attempt, const struct contract_result *result)
{
	struct journal *journal = attempt->executor->journal;
	const struct plan_step *planned = &attempt->executor->settings->plan->steps[attempt->step];
	struct event *event = journal_event(
		journal, result->is_kept ? EVENT_CONTRACT_VALIDATED : EVENT_CONTRACT_FAILED);
	event->step = attempt->step;
	event->wave = planned->wave;
	event->group = planned->group;
	event->attempt = attempt->number;
	event->duration_ms = (clock_monotonic_ns() - attempt->contract_started_ns) / NS_PER_MS;
	event->subject = contract_subject_text(
		&attempt_step(attempt)->contracts[attempt->contract], &journal->arena);
	event->was_known = result->was_known;
	event->errors = result->errors;
	event->error_count = result->error_count;
	event->count = result->error_total;
	if (!result->is_kept)
		event->reason = arena_copy_text(&journal->arena, buffer_text(&attempt->reason));
	journal_record(journal, event);
}

static void keep_contract(struct attempt *attempt)
{
	record_contract(attempt, &(struct contract_result){.is_kept = true});
}

static void fail_contract(struct attempt *attempt, const struct contract_result *result)
{
	struct arena *arena = &attempt->executor->journal->arena;
	record_contract(attempt, result);
	const char *found = arena_copy_text(arena, buffer_text(&attempt->reason));
	buffer_clear(&attempt->reason);
	buffer_printf(&attempt->reason, "contract failed: %s: %s",
		contract_subject_text(&attempt_step(attempt)->contracts[attempt->contract], arena),
		found);
	attempt_end_with(attempt, FAILURE_CONTRACT);
}

/* False: it does not hold, and the attempt has ended. */
static bool check_without_process(struct attempt *attempt, const struct contract *contract)
{
	struct executor *executor = attempt->executor;
	const struct run_services *services = executor->settings->services;
	struct contract_result result = {0};
	const struct workspace *workspace = &attempt->workspace;
	struct contract_subject subject = {
		.step = attempt_step(attempt),
		.pipeline_folder = executor->settings->plan->pipeline->folder,
		.work_folder = workspace->paths_folder,
		.artifacts_folder = executor->artifacts_folder,
		.artifacts = attempt->artifacts,
		.artifact_count = attempt_step(attempt)->output_count,
		.changed_paths = attempt->changed_paths,
		.changed_count = attempt->changed_count,
	};
	if (workspace->kind == WORKSPACE_FRESH)
		contract = workspace_contract(
			workspace, subject.step, contract, &executor->journal->arena);
	services->check_contract(
		services->context, &subject, contract, &executor->journal->arena, &result);
	if (result.is_kept) {
		record_contract(attempt, &result);
		return true;
	}
	buffer_append_text(&attempt->reason, result.reason ? result.reason : "it does not hold");
	fail_contract(attempt, &result);
	return false;
}

static void start_command(struct attempt *attempt, const struct contract *contract)
{
	struct refusal refusal;
	if (attempt->executor->is_stopping) {
		attempt_end_with(attempt, FAILURE_CANCELLED);
		return;
	}
	if (attempt_launch_contract(attempt, contract, &refusal))
		return;
	buffer_append_text(&attempt->reason, refusal.error.text);
	fail_contract(attempt, &(struct contract_result){0});
}

void attempt_check_contracts(struct attempt *attempt)
{
	const struct step *step = attempt_step(attempt);
	for (; attempt->contract < step->contract_count; attempt->contract++) {
		const struct contract *contract = &step->contracts[attempt->contract];
		attempt->contract_started_ns = clock_monotonic_ns();
		if (contract->kind == CONTRACT_COMMAND) {
			start_command(attempt, contract);
			return;
		}
		if (!check_without_process(attempt, contract))
			return;
	}
	executor_attempt_ended(attempt, FAILURE_NONE, NULL);
}

void attempt_contract_ended(struct attempt *attempt)
{
	const struct step *step = attempt_step(attempt);
	const struct contract *contract = &step->contracts[attempt->contract];
	int64_t timeout_ms = contract->timeout_ms ? contract->timeout_ms : step->timeout_ms;
	enum failure_class failure = attempt_judge_process(attempt, timeout_ms);
	if (failure == FAILURE_CANCELLED || failure == FAILURE_RESOURCE) {
		attempt_end_with(attempt, failure);
	} else if (failure != FAILURE_NONE) {
		fail_contract(attempt, &(struct contract_result){0});
	} else {
		keep_contract(attempt);
		attempt->contract++;
		attempt_check_contracts(attempt);
	}
}
