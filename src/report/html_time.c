/* Where the time went: the wall clock split in parts that add up, and the critical path. */
#include <stdlib.h>

#include "base/text.h"
#include "report/html.h"
#include "report/palette.h"
#include "report/verdict.h"

struct interval {
	int64_t start_ms;
	int64_t end_ms;
};

static int interval_order(const void *left, const void *right)
{
	const struct interval *a = left;
	const struct interval *b = right;

	return (a->start_ms > b->start_ms) - (a->start_ms < b->start_ms);
}

/* How long at least one step ran. */
static int64_t busy_ms(const struct html_context *context)
{
	const struct run *run = context->run;
	struct interval *all = heap_allocate(run->attempt_count + 1, sizeof *all);
	int64_t covered_until = INT64_MIN;
	int64_t sum = 0;

	for (uint32_t i = 0; i < run->attempt_count; i++) {
		const struct run_attempt *it = &run->attempts[i];

		all[i] = (struct interval){
			it->started_ms, it->ended_ms == TIME_NONE ? context->now_ms : it->ended_ms};
	}
	qsort(all, run->attempt_count, sizeof *all, interval_order);
	for (uint32_t i = 0; i < run->attempt_count; i++) {
		int64_t from = all[i].start_ms > covered_until ? all[i].start_ms : covered_until;

		if (all[i].start_ms == TIME_NONE || all[i].end_ms <= from)
			continue;
		sum += all[i].end_ms - from;
		covered_until = all[i].end_ms;
	}
	free(all);
	return sum;
}

static int64_t checkpoints_ms(const struct run *run)
{
	int64_t sum = 0;

	for (uint32_t i = 0; i < run->checkpoint_count; i++)
		sum += run->checkpoints[i].duration_ms;
	return sum;
}

static void add_account(
	const struct html_context *context, struct page_value *root, int64_t wall_ms)
{
	int64_t busy = busy_ms(context);
	int64_t checkpoints = checkpoints_ms(context->run);
	struct page_value *list = page_list(context->arena, root, "account");
	struct buffer text = BUFFER_INIT;
	double before = 0;

	busy = busy < wall_ms ? busy : wall_ms;
	checkpoints = checkpoints < wall_ms - busy ? checkpoints : wall_ms - busy;
	const struct {
		const char *word;
		const char *look;
		int64_t took_ms;
	} parts[] = {{"steps running", "done", busy},
		{"committing checkpoints", "running", checkpoints},
		{"in between", "rest", wall_ms - busy - checkpoints}};
	for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
		double share = 100.0 * (double)parts[i].took_ms / (double)wall_ms;
		struct page_value *part;

		if (parts[i].took_ms <= 0)
			continue;
		part = page_object(context->arena, list, NULL);
		page_text(context->arena, part, "word", parts[i].word);
		page_text(context->arena, part, "look", parts[i].look);
		page_format(context->arena, part, "x", "%.3f", before);
		page_format(context->arena, part, "width", "%.3f", share);
		page_format(context->arena, part, "share", "%.1f %%", share);
		page_duration(context->arena, part, "took", parts[i].took_ms);
		before += share;
		buffer_printf(&text, "%s%.1f %% %s", text.size ? ", " : "", share, parts[i].word);
	}
	page_bytes(context->arena, root, "account_text", &text);
	buffer_release(&text);
}

static void add_texts(const struct html_context *context, struct page_value *root, int64_t wall_ms)
{
	const struct run *run = context->run;
	int64_t work_ms = verdict_work_ms(run, context->now_ms);
	int64_t slots_ms = wall_ms * (run->jobs ? run->jobs : 1);
	struct buffer text = BUFFER_INIT;

	duration_append(&text, work_ms);
	buffer_append_text(&text, " of work in ");
	duration_append(&text, wall_ms);
	buffer_printf(&text, ": %.0f %% of what %u at once could do.",
		100.0 * (double)work_ms / (double)slots_ms, run->jobs ? run->jobs : 1);
	page_bytes(context->arena, root, "time_text", &text);
	buffer_clear(&text);
	buffer_append_text(&text, "However many steps may run at once, the run needs ");
	duration_append(&text, run->totals.critical_path_ms);
	buffer_append_text(&text, ": the longest chain of steps that wait for one another.");
	if (run->critical_path_count > HTML_CRITICAL_LIMIT)
		buffer_printf(&text, " The %d longest of its %u steps:", HTML_CRITICAL_LIMIT,
			run->critical_path_count);
	page_bytes(context->arena, root, "critical_text", &text);
	buffer_release(&text);
}

/* A duration that only steps as long as this one or longer reach, so that few rows remain. */
static int64_t critical_threshold_ms(const struct html_context *context)
{
	const struct run *run = context->run;
	int64_t longest[HTML_CRITICAL_LIMIT] = {0};

	for (uint32_t i = 0; i < run->critical_path_count; i++) {
		int64_t took = run_step_duration_ms(run, run->critical_path[i], context->now_ms);

		for (int k = 0; k < HTML_CRITICAL_LIMIT; k++)
			if (took > longest[k]) {
				int64_t moved = longest[k];

				longest[k] = took;
				took = moved;
			}
	}
	return longest[HTML_CRITICAL_LIMIT - 1];
}

static void add_critical(const struct html_context *context, struct page_value *root)
{
	const struct run *run = context->run;
	struct page_value *list = page_list(context->arena, root, "critical");
	int64_t least_ms = critical_threshold_ms(context);
	int64_t whole_ms = run->totals.critical_path_ms > 0 ? run->totals.critical_path_ms : 1;
	int rows = 0;

	for (uint32_t i = 0; i < run->critical_path_count && rows < HTML_CRITICAL_LIMIT; i++) {
		uint32_t step = run->critical_path[i];
		int64_t took = run_step_duration_ms(run, step, context->now_ms);
		struct page_value *row;

		if (took < least_ms)
			continue;
		rows++;
		row = page_object(context->arena, list, NULL);
		page_text(context->arena, row, "id", run->steps[step].id);
		page_text(
			context->arena, row, "key", html_key(context->arena, run->steps[step].id));
		page_text(
			context->arena, row, "look", palette_look(run_step_look(run, step))->word);
		page_duration(context->arena, row, "starts",
			html_offset_ms(run, run->steps[step].started_ms));
		page_duration(context->arena, row, "took", took);
		page_format(context->arena, row, "share", "%.0f",
			took > whole_ms ? 100.0 : 100.0 * (double)took / (double)whole_ms);
	}
}

void html_time_add(const struct html_context *context, struct page_value *root)
{
	int64_t wall_ms = verdict_wall_ms(context->run, context->now_ms);

	page_truth(context->arena, root, "work_any", context->run->attempt_count > 0);
	if (context->run->attempt_count == 0)
		return;
	wall_ms = wall_ms > 0 ? wall_ms : 1;
	add_account(context, root, wall_ms);
	add_texts(context, root, wall_ms);
	add_critical(context, root);
}
