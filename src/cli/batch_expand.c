#include "cli/batch_expand.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/batch_resume.h"
#include "load/expansion.h"

#define LIST_LIMIT_BYTES ((size_t)64 * 1024 * 1024)

/* The list on record, or NULL. */
static const struct artifact *find_list(const struct batch *batch, const struct foreach *foreach)
{
	const struct step *producer = &batch->pipeline.steps[foreach->from.step];
	const char *name = producer->outputs[foreach->from.output].name;
	const struct run *run = &batch->run;
	for (uint32_t i = 0; i < run->artifact_count; i++)
		if (text_equal(run->steps[run->artifacts[i].step].id, producer->id) &&
			text_equal(run->artifacts[i].artifact.name, name))
			return &run->artifacts[i].artifact;
	return NULL;
}

static bool expand(struct batch *batch, uint32_t step, struct error *error)
{
	const struct step *whole = &batch->pipeline.steps[step];
	const char *id = whole->id;
	const struct artifact *list = find_list(batch, whole->foreach);
	CLEANUP(buffer_release) struct buffer bytes = BUFFER_INIT;
	if (!list)
		return error_set(error, ERROR_FILE, "step '%s': the list '%s' is not on record", id,
			whole->foreach->from.reference);
	if (list->is_folder)
		return error_set(error, ERROR_FILE,
			"step '%s': the list '%s' is a folder; foreach takes one file", id,
			whole->foreach->from.reference);
	const char *path =
		arena_format(batch->cli->arena, "%s/artifacts/%s", batch->run_folder, list->path);
	if (!file_read(path, LIST_LIMIT_BYTES, &bytes, error))
		return error_context(error, "step '%s'", id);
	return foreach_expand(&batch->pipeline, step, buffer_text(&bytes), bytes.size,
		&batch->planning_arena, error);
}

/* Expanding moves the steps behind, so the search begins anew. */
static bool find_known(const struct batch *batch, uint32_t *found)
{
	for (uint32_t i = 0; i < batch->pipeline.step_count; i++) {
		const struct foreach *foreach = batch->pipeline.steps[i].foreach;
		if (!foreach || batch->plan.steps[foreach->from.step].action != ACTION_SKIP)
			continue;
		*found = i;
		return true;
	}
	return false;
}

bool batch_expand_known(struct batch *batch, bool *changed, struct error *error)
{
	uint32_t step;
	*changed = find_known(batch, &step);
	return !*changed || expand(batch, step, error);
}

static bool record_expansion(
	struct batch *batch, uint32_t step, uint32_t count, struct error *error)
{
	const struct plan_step *planned = &batch->plan.steps[step];
	struct event event = {
		.type = EVENT_STEP_EXPANDED,
		.time_ms = clock_realtime_ms(),
		.step = step,
		.wave = planned->wave,
		.group = planned->group,
		.count = count,
	};
	return batch->services.record(batch, &event, error) &&
	       batch->services.flush(batch, false, error);
}

/* The pipeline before it was expanded is what the event's step belongs to. */
bool batch_expand_step(struct batch *batch, uint32_t step, struct error *error)
{
	const char *id = batch->run_id;
	struct pipeline before = batch->pipeline;
	if (!record_read_run(batch->record, id, &batch->planning_arena, &batch->run, error))
		return false;
	batch->run.folder = batch->run_folder;
	if (!expand(batch, step, error))
		return false;
	struct pipeline after = batch->pipeline;
	batch->pipeline = before;
	bool recorded =
		record_expansion(batch, step, after.step_count + 1 - before.step_count, error);
	batch->pipeline = after;
	return recorded && batch_continue_plan(batch, NULL, before.step_count, error) &&
	       batch_resume_record(batch, error);
}
