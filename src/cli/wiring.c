#include "cli/wiring.h"

#include "base/cleanup.h"
#include "checkpoint/worktree.h"
#include "cli/batch_parameters.h"
#include "cli/batch_secrets.h"
#include "cli/gate_prompt.h"

static struct event_names names_of(const struct batch *batch, const struct event *event)
{
	const struct plan *plan = &batch->plan;
	return (struct event_names){
		.run_id = batch->run.id,
		.step_id = event->step < plan->pipeline->step_count
				   ? plan->pipeline->steps[event->step].id
				   : NULL,
		.group_name =
			event->group < plan->group_count ? plan->groups[event->group].name : NULL,
	};
}

static bool record_one(void *context, const struct event *event, struct error *error)
{
	struct batch *batch = context;
	struct event numbered = *batch_secrets_mask(batch, event);
	struct event_names names = names_of(batch, event);
	if (!record_event(batch->record, batch->run.id, &numbered, &names, error))
		return false;
	/* The console holds back what it shows until flush(). */
	console_event(&batch->console, &numbered, &names);
	return true;
}

static bool flush(void *context, bool power_cut, struct error *error)
{
	struct batch *batch = context;
	if (!record_flush(batch->record, power_cut, error))
		return false;
	if (batch->debugger)
		debugger_flush_console(batch->debugger);
	else
		console_flush(&batch->console);
	arena_reset(&batch->masked);
	return true;
}

static bool append_state(void *context, const struct checkpoint_request *request,
	struct buffer *lines, struct error *error)
{
	struct batch *batch = context;
	CLEANUP(arena_release) struct arena arena = {0};
	struct state_parameter *parameters;
	uint32_t count = batch_tell_parameters(batch, &arena, &parameters);
	const struct run_state_extras extras = {batch->mask, parameters, count};
	return record_append_state(batch->record, request, &extras, lines, error);
}

static bool prepare_checkpoint(void *context, const struct checkpoint_request *request,
	struct checkpoint *checkpoint, struct error *error)
{
	struct batch *batch = context;
	struct checkpoint_request stated = *request;
	stated.append_state = append_state;
	stated.state_context = batch;
	return checkpointer_prepare(batch->checkpointer, &stated, checkpoint, error);
}

static bool publish_checkpoint(void *context, struct checkpoint *checkpoint, struct error *error)
{
	struct batch *batch = context;
	if (!checkpointer_publish(batch->checkpointer, checkpoint, error))
		return false;
	/* The parent may be new itself (a new branch, a run that went on): nothing is presumed. */
	if (batch->sync && checkpoint->trigger == TRIGGER_INTERRUPTION)
		sync_steps_are_over(batch->sync);
	if (batch->sync && checkpoint->commit)
		sync_push(batch->sync, checkpoint->commit, NULL);
	return true;
}

static void check_contract(void *context, const struct contract_subject *subject,
	const struct contract *contract, struct arena *arena, struct contract_result *result)
{
	struct batch *batch = context;
	contract_checker_check(batch->checker, subject, contract, arena, result);
}

static const char *hash_schema(
	void *context, const struct contract *contract, const char *pipeline_folder)
{
	struct batch *batch = context;
	return contract_checker_schema_hash(batch->checker, contract, pipeline_folder);
}

static bool roll_back(void *context, struct error *error)
{
	struct batch *batch = context;
	return checkpointer_roll_back(batch->checkpointer, error);
}

static bool changed_paths(void *context, struct arena *arena, const char *const **paths,
	uint32_t *count, struct error *error)
{
	struct batch *batch = context;
	return checkpointer_changed_paths(batch->checkpointer, arena, paths, count, error);
}

static bool provision(void *context, const char *folder, struct error *error)
{
	struct batch *batch = context;
	return checkpointer_worktrees.provision(batch->checkpointer, folder, error);
}

static bool collect(void *context, const char *folder, struct arena *arena,
	struct worktree_change *change, struct error *error)
{
	struct batch *batch = context;
	return checkpointer_worktrees.collect(batch->checkpointer, folder, arena, change, error);
}

static bool merge(void *context, const struct worktree_merge *wanted, struct arena *arena,
	struct worktree_conflict **conflicts, uint32_t *conflict_count, struct error *error)
{
	struct batch *batch = context;
	return checkpointer_worktrees.merge(
		batch->checkpointer, wanted, arena, conflicts, conflict_count, error);
}

static bool remove_worktree(void *context, const char *folder, struct error *error)
{
	struct batch *batch = context;
	return checkpointer_worktrees.remove(batch->checkpointer, folder, error);
}

static const struct worktree_services worktrees = {
	.provision = provision,
	.collect = collect,
	.merge = merge,
	.remove = remove_worktree,
};

static void show_output(void *context, uint32_t step, const char *line, size_t size)
{
	struct batch *batch = context;
	console_output(&batch->console, step, line, size);
}

static void stopping(void *context)
{
	struct batch *batch = context;
	console_stopping(&batch->console);
}

static void tick(void *context)
{
	struct batch *batch = context;
	if (!batch->debugger || !debugger_is_asking(batch->debugger))
		console_tick(&batch->console);
}

static void advance_background(void *context)
{
	struct batch *batch = context;
	sync_advance(batch->sync);
}

void wiring_connect(struct batch *batch)
{
	uint32_t tick_ms = console_tick_ms(&batch->console);
	batch->services = (struct run_services){
		.context = batch,
		.record = record_one,
		.flush = flush,
		.prepare_checkpoint = batch->checkpointer ? prepare_checkpoint : NULL,
		.publish_checkpoint = batch->checkpointer ? publish_checkpoint : NULL,
		.check_contract = check_contract,
		.hash_schema = hash_schema,
		.ask_gate = gate_prompt,
		.ask_debugger = batch->debugger ? debugger_ask : NULL,
		.ask_undecided = undecided_prompt,
		.worktrees = batch->checkpointer ? &worktrees : NULL,
		.roll_back = batch->checkpointer ? roll_back : NULL,
		.changed_paths = batch->checkpointer ? changed_paths : NULL,
		.show_output = batch->console.settings.format == CONSOLE_TTY ? show_output : NULL,
		.stopping = tick_ms ? stopping : NULL,
		.tick = tick_ms ? tick : NULL,
		.tick_ms = tick_ms,
		.advance_background = batch->sync ? advance_background : NULL,
		.background_descriptor = batch->sync ? sync_descriptor(batch->sync) : -1,
	};
}
