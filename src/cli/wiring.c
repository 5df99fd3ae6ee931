#include "cli/wiring.h"

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
	struct event numbered = *event;
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
	console_flush(&batch->console);
	return true;
}

static bool prepare_checkpoint(void *context, const struct checkpoint_request *request,
	struct checkpoint *checkpoint, struct error *error)
{
	struct batch *batch = context;
	return checkpointer_prepare(batch->checkpointer, request, checkpoint, error);
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

static void show_output(void *context, uint32_t step, const char *line, size_t size)
{
	struct batch *batch = context;
	console_output(&batch->console, step, line, size);
}

static void tick(void *context)
{
	struct batch *batch = context;
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
		.show_output = batch->console.settings.format == CONSOLE_TTY ? show_output : NULL,
		.tick = tick_ms ? tick : NULL,
		.tick_ms = tick_ms,
		.advance_background = batch->sync ? advance_background : NULL,
		.background_descriptor = batch->sync ? sync_descriptor(batch->sync) : -1,
	};
}
