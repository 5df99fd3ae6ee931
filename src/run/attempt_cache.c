/* Results that an earlier run left in the cache. */
#include "run/attempt_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "model/services.h"

/* For the next run to say what differs: it is for show, so nothing depends on its being there. */
static void keep_ingredients(
	const struct executor *executor, const struct step *step, const struct buffer *lines)
{
	struct error ignored;
	if (mkdirat(executor->run_folder, INGREDIENTS_FOLDER, 0777) < 0 && errno != EEXIST)
		return;
	CLEANUP(close_descriptor)
	int folder = openat(executor->run_folder, INGREDIENTS_FOLDER,
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0)
		return;
	CLEANUP(close_descriptor)
	int file = openat(
		folder, step->id, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (file >= 0)
		descriptor_write_all(file, buffer_text(lines), lines->size, &ignored);
}

static bool find_key(struct attempt *attempt)
{
	struct executor *executor = attempt->executor;
	const struct step *step = attempt_step(attempt);
	const struct notes *notes = &executor->notes;
	struct error ignored;
	const struct artifact **inputs =
		ARENA_ARRAY(&executor->scratch, const struct artifact *, step->input_count);
	for (uint32_t i = 0; i < step->input_count; i++)
		inputs[i] = &executor->artifacts[step->inputs[i].step][step->inputs[i].output];
	CLEANUP(buffer_release) struct buffer ingredients = BUFFER_INIT;
	struct cache_key_request request = {
		.fingerprint = executor->settings->plan->steps[attempt->step].fingerprint,
		.inputs = inputs,
		.input_count = step->input_count,
		.rule = step->cache,
		.folder = attempt->workspace.work_folder,
		.contracts = step->contracts,
		.contract_count = step->contract_count,
		.hash_schema = executor->settings->services->hash_schema,
		.schema_context = executor->settings->services->context,
		.pipeline_folder = executor->settings->plan->pipeline->folder,
		.handoffs_sha256 = notes->handoffs_sha256[0] ? notes->handoffs_sha256 : NULL,
		.ingredients = &ingredients,
	};
	if (result_cache_key(&request, attempt->cache_key, &ignored)) {
		keep_ingredients(executor, step, &ingredients);
		return true;
	}
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

/* Somebody wants to see it run. */
static bool is_repeated(const struct attempt *attempt)
{
	const struct attempt_mark *repeated = &attempt->executor->repeated;
	return repeated->attempt == attempt->number && repeated->step == attempt->step;
}

bool attempt_take_cached(struct attempt *attempt)
{
	struct executor *executor = attempt->executor;
	const struct step *step = attempt_step(attempt);
	enum failure_class failure = FAILURE_NONE;
	struct error error;
	if (!step->cache || !executor->settings->state_folder || !find_key(attempt) ||
		is_repeated(attempt))
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

/* What it told later steps is not in the cache: such a step runs every time. */
static bool has_handed_on(const struct attempt *attempt)
{
	struct executor *executor = attempt->executor;
	return path_exists(notes_handoff_path(
		&executor->notes, attempt_step(attempt)->id, attempt->number, &executor->scratch));
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
	if (attempt->cache_key[0] && !attempt->is_cached && !has_handed_on(attempt))
		result_cache_store(&executor->cache, &request, &error);
}
