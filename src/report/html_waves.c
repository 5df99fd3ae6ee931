#include "base/text.h"
#include "report/html.h"
#include "report/palette.h"
#include "report/shown_state.h"

static void add_checkpoint(
	const struct html_context *context, struct page_value *row, const struct checkpoint *it)
{
	struct buffer size = BUFFER_INIT;

	if (!it || !it->commit) {
		page_text(context->arena, row, "commit", NULL);
		page_text(context->arena, row, "no_commit", it ? "nothing changed" : "none");
		page_text(context->arena, row, "files", NULL);
		page_text(context->arena, row, "size", NULL);
		return;
	}
	size_append(&size, (int64_t)it->bytes);
	page_text(context->arena, row, "commit", it->commit);
	page_format(context->arena, row, "short", "%.7s", it->commit);
	page_format(context->arena, row, "files", "%u", it->files_changed);
	page_bytes(context->arena, row, "size", &size);
	buffer_release(&size);
}

static void add_wave(const struct html_context *context, const struct stage_index *stages,
	struct page_value *list, uint32_t index)
{
	const struct run *run = context->run;
	const struct run_wave *wave = &run->waves[index];
	int64_t end_ms = wave->ended_ms == TIME_NONE ? context->now_ms : wave->ended_ms;
	bool started = wave->started_ms != TIME_NONE;
	struct shown_state shown = shown_state_of_wave(run, stages, index);
	const struct look *look = palette_look(palette_look_of_state(shown.state));
	struct page_value *row = page_object(context->arena, list, NULL);

	page_text(context->arena, row, "name",
		wave->name ? arena_format(context->arena, "%u  %s", index + 1, wave->name)
			   : arena_format(context->arena, "%u", index + 1));
	page_text(context->arena, row, "look", look->word);
	page_text(context->arena, row, "glyph", look->glyph);
	page_text(context->arena, row, "word", shown.word);
	page_format(context->arena, row, "steps", "%u", wave->step_count);
	page_duration(context->arena, row, "starts",
		started ? html_offset_ms(run, wave->started_ms) : -1);
	page_duration(context->arena, row, "took", started ? end_ms - wave->started_ms : -1);
	/* A dash where nothing waited for it: the column is what the end's line sums up. */
	page_duration(context->arena, row, "idle",
		started && wave->stage < run->barrier_count ? wave->idle_ms : -1);
	add_checkpoint(context, row,
		wave->checkpoint == INDEX_NONE ? NULL : &run->checkpoints[wave->checkpoint]);
}

/* A commit that was made before the wave had ended, beneath it. */
static void add_part(
	const struct html_context *context, struct page_value *list, const struct checkpoint *it)
{
	int64_t start_ms = it->time_ms - it->duration_ms;
	struct page_value *row = page_object(context->arena, list, NULL);

	page_format(context->arena, row, "name", "◆ %s", checkpoint_trigger_name(it->trigger));
	page_text(context->arena, row, "look", palette_look(LOOK_IDLE)->word);
	page_text(context->arena, row, "glyph", NULL);
	page_text(context->arena, row, "word",
		it->trigger >= TRIGGER_TIME ? "while steps ran" : "partial");
	page_text(context->arena, row, "steps", NULL);
	page_duration(context->arena, row, "starts", html_offset_ms(context->run, start_ms));
	page_duration(context->arena, row, "took", it->duration_ms);
	page_text(context->arena, row, "idle", NULL);
	add_checkpoint(context, row, it);
}

/* All of the wave's but the last, which stands in its own row. */
static void add_parts(const struct html_context *context, struct page_value *list, uint32_t index)
{
	const struct run *run = context->run;
	uint32_t shown = 0;

	for (uint32_t i = 0; i < run->checkpoint_count && shown < HTML_WAVE_LIMIT; i++) {
		const struct checkpoint *it = &run->checkpoints[i];
		if (it->wave != index || i == run->waves[index].checkpoint || !it->commit)
			continue;
		add_part(context, list, it);
		shown++;
	}
}

void html_waves_add(const struct html_context *context, struct page_value *root)
{
	const struct run *run = context->run;
	struct page_value *list = page_list(context->arena, root, "waves");
	struct stage_index stages = stage_index_build(run, context->arena);
	uint32_t commits = 0;

	for (uint32_t i = 0; i < run->checkpoint_count; i++)
		commits += run->checkpoints[i].commit != NULL;
	page_truth(context->arena, root, "waves_any", run->wave_count > 0);
	page_format(context->arena, root, "waves_text",
		"%u %s, %u %s. A commit holds all that came before it.", run->wave_count,
		run->wave_count == 1 ? "wave" : "waves", commits,
		commits == 1 ? "commit" : "commits");
	if (run->wave_count > HTML_WAVE_LIMIT)
		page_format(context->arena, root, "waves_note",
			"The first %d of %u waves; report.json has them all.", HTML_WAVE_LIMIT,
			run->wave_count);
	else
		page_text(context->arena, root, "waves_note", NULL);
	for (uint32_t i = 0; i < run->wave_count && i < HTML_WAVE_LIMIT; i++) {
		add_wave(context, &stages, list, i);
		add_parts(context, list, i);
	}
}
