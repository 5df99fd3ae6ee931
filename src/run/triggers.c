#include "run/triggers.h"

#define NS_PER_MS 1000000

void triggers_init(struct triggers *triggers, const struct plan *plan, int64_t now_ns)
{
	const struct checkpoint_settings *settings = &plan->pipeline->checkpoint;
	bool is_default = !settings->has_every && plan->mode == MODE_FRONTIER;
	int64_t every_ms = is_default ? CHECKPOINT_FRONTIER_INTERVAL_MS : settings->every_ms;
	*triggers = (struct triggers){
		.every_ns = every_ms * NS_PER_MS,
		.every_percent = is_default ? CHECKPOINT_FRONTIER_PERCENT : settings->every_percent,
		.since_ns = now_ns,
	};
	for (uint32_t i = 0; i < plan->pipeline->step_count; i++)
		triggers->to_run += plan->steps[i].action == ACTION_RUN ||
				    plan->steps[i].action == ACTION_CACHED;
}

void triggers_step_done(struct triggers *triggers, const struct step *step)
{
	triggers->done++;
	triggers->has_milestone |= step->is_milestone;
}

void triggers_signalled(struct triggers *triggers)
{
	triggers->was_signalled = true;
}

void triggers_checkpoint_made(struct triggers *triggers, int64_t now_ns)
{
	triggers->held = triggers->done;
	triggers->since_ns = now_ns;
	triggers->was_signalled = false;
	triggers->has_milestone = false;
}

/* How many whole parts of every_percent that many steps are. */
static uint64_t parts_of(const struct triggers *triggers, uint32_t count)
{
	return (uint64_t)count * 100 / ((uint64_t)triggers->to_run * triggers->every_percent);
}

static bool has_progressed(const struct triggers *triggers)
{
	return triggers->every_percent && triggers->to_run &&
	       parts_of(triggers, triggers->done) > parts_of(triggers, triggers->held);
}

int64_t triggers_deadline_ns(const struct triggers *triggers)
{
	return triggers->every_ns && triggers->done > triggers->held
		       ? triggers->since_ns + triggers->every_ns
		       : 0;
}

bool triggers_due(const struct triggers *triggers, int64_t now_ns, enum checkpoint_trigger *trigger)
{
	int64_t deadline_ns = triggers_deadline_ns(triggers);
	if (triggers->was_signalled)
		*trigger = TRIGGER_SIGNAL;
	else if (triggers->has_milestone)
		*trigger = TRIGGER_MILESTONE;
	else if (has_progressed(triggers))
		*trigger = TRIGGER_PROGRESS;
	else if (deadline_ns && now_ns >= deadline_ns)
		*trigger = TRIGGER_TIME;
	else
		return false;
	return true;
}
