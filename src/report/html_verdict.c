/* What is said at the top, and the facts at the bottom. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "report/html.h"
#include "report/palette.h"
#include "report/verdict.h"

static void add_shares(const struct html_context *context, struct page_value *root)
{
	const struct run *run = context->run;
	struct page_value *shares = page_list(context->arena, root, "shares");
	struct buffer text = BUFFER_INIT;
	uint32_t counts[LOOK_COUNT] = {0};
	double before = 0;

	for (uint32_t i = 0; i < run->step_count; i++)
		counts[run_step_look(run, i)]++;
	for (int i = 0; i < LOOK_COUNT; i++) {
		const struct look *look = palette_look((enum step_look)i);
		double width = run->step_count ? 100.0 * counts[i] / run->step_count : 0;
		struct page_value *share;

		if (counts[i] == 0)
			continue;
		share = page_object(context->arena, shares, NULL);
		page_text(context->arena, share, "look", look->word);
		page_text(context->arena, share, "word", look->word);
		page_text(context->arena, share, "glyph", look->glyph);
		page_format(context->arena, share, "count", "%u", counts[i]);
		page_format(context->arena, share, "x", "%.3f", before);
		page_format(context->arena, share, "width", "%.3f", width);
		before += width;
		buffer_printf(&text, "%s%u %s", text.size ? ", " : "", counts[i], look->word);
	}
	page_bytes(context->arena, root, "share_text", &text);
	page_truth(context->arena, root, "steps_any", run->step_count > 0);
	buffer_release(&text);
}

static struct page_value *add_tile(
	const struct html_context *context, struct page_value *tiles, const char *label)
{
	struct page_value *tile = page_object(context->arena, tiles, NULL);

	page_text(context->arena, tile, "label", label);
	return tile;
}

static void add_tiles(const struct html_context *context, struct page_value *root)
{
	const struct run *run = context->run;
	struct arena *arena = context->arena;
	struct page_value *tiles = page_list(arena, root, "tiles");
	struct page_value *tile = add_tile(context, tiles, "Duration");
	int64_t wall_ms = verdict_wall_ms(run, context->now_ms);
	int64_t work_ms = verdict_work_ms(run, context->now_ms);
	char started[CLOCK_TEXT_SIZE] = "not started";

	page_duration(arena, tile, "value", wall_ms);
	if (run->started_ms != TIME_NONE)
		clock_format_as(run->started_ms, "%Y-%m-%d %H:%M:%S UTC", started, sizeof started);
	page_text(arena, tile, "note", arena_copy_text(arena, started));
	tile = add_tile(context, tiles, "Critical path");
	page_duration(arena, tile, "value", run->totals.critical_path_ms);
	page_format(arena, tile, "note", "%u %s in a row", run->critical_path_count,
		run->critical_path_count == 1 ? "step" : "steps");
	tile = add_tile(context, tiles, "Work");
	page_duration(arena, tile, "value", work_ms);
	page_format(arena, tile, "note", "%.1f times the duration",
		wall_ms > 0 ? (double)work_ms / (double)wall_ms : 0.0);
	tile = add_tile(context, tiles, "At once");
	page_format(arena, tile, "value", "%u", run->totals.peak_concurrency);
	page_format(arena, tile, "note", "at most, of %u allowed", run->jobs);
	if (run->base_commit) {
		tile = add_tile(context, tiles, "Started from");
		page_format(arena, tile, "value", "%.7s", run->base_commit);
		page_text(arena, tile, "note", run->branch);
	}
}

void html_verdict_add(const struct html_context *context, struct page_value *root)
{
	const struct run *run = context->run;
	const struct look *look = palette_look(palette_look_of_state(run->state));
	const struct markdown_context *markdown = &context->settings->markdown;
	const char *name = run->pipeline_name ? run->pipeline_name : run->id;
	struct buffer verdict = BUFFER_INIT;
	uint32_t waiting;

	verdict_append(run, context->now_ms, &verdict);
	while (verdict.size > 0 && verdict.bytes[verdict.size - 1] == '\n')
		verdict.size--;
	page_bytes(context->arena, root, "verdict", &verdict);
	buffer_release(&verdict);
	page_text(context->arena, root, "look", look->word);
	page_text(context->arena, root, "glyph", look->glyph);
	page_text(context->arena, root, "word", palette_state_word(run->state));
	page_text(context->arena, root, "pipeline", name);
	page_format(
		context->arena, root, "title", "%.60s: %s", name, palette_state_word(run->state));
	/* Failures and gates are said below in full. */
	page_text(context->arena, root, "reason",
		run->totals.by_state[STATE_FAILED] > 0 || verdict_gate(run, &waiting)
			? NULL
			: run->reason);
	page_text(context->arena, root, "resume",
		run->state == STATE_DONE || run->state == STATE_RUNNING ? NULL
									: markdown->resume_command);
	page_text(context->arena, root, "push_message", markdown->push_message);
	add_shares(context, root);
	add_tiles(context, root);
}

static void add_fact(const struct html_context *context, struct page_value *facts,
	const char *label, const char *value)
{
	struct page_value *fact;

	if (text_is_empty(value))
		return;
	fact = page_object(context->arena, facts, NULL);
	page_text(context->arena, fact, "label", label);
	page_text(context->arena, fact, "value", value);
}

static const char *time_text(struct arena *arena, int64_t time_ms)
{
	char text[CLOCK_TEXT_SIZE];

	if (time_ms == TIME_NONE)
		return NULL;
	clock_format_as(time_ms, "%Y-%m-%d %H:%M:%S UTC", text, sizeof text);
	return arena_copy_text(arena, text);
}

static const char *pauses_text(const struct html_context *context)
{
	const struct run *run = context->run;
	struct buffer text = BUFFER_INIT;
	char *copy;

	if (run->resume_count == 0)
		return NULL;
	buffer_printf(&text, "%u times, paused for ", run->resume_count);
	duration_append(&text, run->paused_ms);
	copy = arena_copy_text(context->arena, buffer_text(&text));
	buffer_release(&text);
	return copy;
}

static const char *cut_logs_text(const struct html_context *context)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < context->run->attempt_count; i++)
		count += context->run->attempts[i].log_truncated;
	return count == 0 ? NULL : arena_format(context->arena, "%u, at the limit of size", count);
}

void html_facts_add(const struct html_context *context, struct page_value *root)
{
	const struct run *run = context->run;
	struct page_value *facts = page_list(context->arena, root, "facts");

	add_fact(context, facts, "Run", run->id);
	add_fact(context, facts, "Pipeline file", run->pipeline_file);
	add_fact(context, facts, "Mode", execution_mode_name(run->mode));
	add_fact(context, facts, "Steps at once",
		arena_format(context->arena, "%u allowed", run->jobs));
	add_fact(context, facts, "Started", time_text(context->arena, run->started_ms));
	add_fact(context, facts, "Ended", time_text(context->arena, run->ended_ms));
	add_fact(context, facts, "Continued", pauses_text(context));
	add_fact(context, facts, "Branch", run->branch);
	add_fact(context, facts, "Base commit", run->base_commit);
	add_fact(context, facts, "Host", run->host);
	add_fact(context, facts, "Wavetrain", run->version);
	add_fact(context, facts, "Logs cut", cut_logs_text(context));
	add_fact(context, facts, "Workflow run", context->settings->markdown.run_url);
}
