/* Results that an earlier run left in the cache. */
#include "run/attempt_internal.h"

#include "model/services.h"

static bool find_key(struct attempt *attempt)
{
	struct executor *executor = attempt->executor;
	const struct step *step = attempt_step(attempt);
	struct error ignored;
	const struct artifact **inputs =
		ARENA_ARRAY(&executor->scratch, const struct artifact *, step->input_count);
	for (uint32_t i = 0; i < step->input_count; i++)
		inputs[i] = &executor->artifacts[step->inputs[i].step][step->inputs[i].output];
	struct cache_key_request request = {
		.fingerprint = executor->settings->plan->steps[attempt->step].fingerprint,
		.inputs = inputs,
		.input_count = step->input_count,
		.rule = step->cache,
		.folder = attempt->workspace.work_folder,
	};
	if (result_cache_key(&request, attempt->cache_key, &ignored))
		return true;
	attempt->cache_key[0] = '\0';
	return false;
}

static void record_hit(struct attempt *attempt)
{
	struct journal *journal = attempt->executor->journal;
	const struct plan_step *planned = &attempt->executor->settings->plan->steps[attempt->step];
	struct event *event = journal_event(journal, EVENT_CACHE_HIT);
	event->step = attempt->step;
	event->wave = planned->wave;
	event->group = planned->group;
	event->attempt = attempt->number;
	event->key = arena_copy_text(&journal->arena, attempt->cache_key);
	journal_record(journal, event);
}

bool attempt_take_cached(struct attempt *attempt)
{
	struct executor *executor = attempt->executor;
	const struct step *step = attempt_step(attempt);
	enum failure_class failure = FAILURE_NONE;
	struct error error;
	if (!step->cache || !executor->settings->state_folder || !find_key(attempt))
		return false;
	struct artifact *artifacts =
		ARENA_ARRAY(&executor->kept, struct artifact, step->output_count);
	struct cache_take_request request = {
		.key = attempt->cache_key,
		.step = step,
		.artifacts_folder = executor->artifacts_folder,
		.folder = attempt->workspace.work_folder,
	};
	if (result_cache_take(&executor->cache, &request, &executor->kept, artifacts, &error) !=
		CACHE_TAKEN)
		return false;
	attempt->artifacts = artifacts;
	attempt->is_cached = true;
	attempt->result.exit_status = 0;
	record_hit(attempt);
	if (!attempt_collect_changes(attempt, &failure))
		attempt_end_with(attempt, failure);
	else
		executor_attempt_ended(attempt, FAILURE_NONE, "from the cache");
	return true;
}

void attempt_keep_cached(struct attempt *attempt)
{
	struct executor *executor = attempt->executor;
	struct error error;
	struct cache_store_request request = {
		.key = attempt->cache_key,
		.step = attempt_step(attempt),
		.artifacts = attempt->artifacts,
		.artifacts_folder = executor->artifacts_folder,
		.folder = attempt->workspace.work_folder,
	};
	if (attempt->cache_key[0] && !attempt->is_cached)
		result_cache_store(&executor->cache, &request, &error);
}
