/* The small island: the run, its waves and its failures, as plain JSON that people can grep. */
#include "base/text.h"
#include "report/html.h"
#include "report/palette.h"
#include "report/verdict.h"

static void waves_append(const struct html_context *context, struct buffer *buffer)
{
	const struct run *run = context->run;

	buffer_append_text(buffer, ",\n\"waves\":[");
	for (uint32_t i = 0; i < run->wave_count; i++) {
		const struct run_wave *wave = &run->waves[i];
		int64_t end_ms = wave->ended_ms == TIME_NONE ? context->now_ms : wave->ended_ms;

		buffer_append_text(buffer, i == 0 ? "\n{\"name\":" : ",\n{\"name\":");
		html_json_text(buffer, wave->name);
		buffer_printf(buffer, ",\"state\":\"%s\",\"start\":%lld,\"end\":%lld,\"steps\":%u,",
			state_name(wave->state),
			wave->started_ms == TIME_NONE
				? -1LL
				: (long long)html_offset_ms(run, wave->started_ms),
			(long long)html_offset_ms(run, end_ms), wave->step_count);
		buffer_append_text(buffer, "\"commit\":");
		if (wave->checkpoint == INDEX_NONE)
			buffer_append_text(buffer, "null");
		else
			json_append_text(buffer, run->checkpoints[wave->checkpoint].commit);
		buffer_append_byte(buffer, '}');
	}
	buffer_append_byte(buffer, ']');
}

static void lists_append(const struct html_context *context, struct buffer *buffer)
{
	const struct run *run = context->run;
	uint32_t failures[HTML_FAILURE_LIMIT];
	uint32_t count = run_failures(run, failures, HTML_FAILURE_LIMIT);

	buffer_append_text(buffer, ",\n\"groups\":[");
	for (uint32_t i = 0; i < run->group_count; i++) {
		buffer_append_text(buffer, i == 0 ? "" : ",");
		html_json_text(buffer, run->groups[i].name);
	}
	buffer_append_text(buffer, "],\n\"critical\":[");
	for (uint32_t i = 0; i < run->critical_path_count; i++)
		buffer_printf(buffer, "%s%u", i == 0 ? "" : ",", run->critical_path[i]);
	buffer_append_text(buffer, "],\n\"failures\":[");
	for (uint32_t i = 0; i < count && i < HTML_FAILURE_LIMIT; i++) {
		buffer_append_text(buffer, i == 0 ? "" : ",");
		html_json_text(buffer, run->steps[failures[i]].id);
	}
	buffer_append_text(buffer, "],\n\"looks\":[");
	for (int i = 0; i < LOOK_COUNT; i++)
		buffer_printf(buffer, "%s[\"%s\",\"%s\"]", i == 0 ? "" : ",",
			palette_look((enum step_look)i)->word,
			palette_look((enum step_look)i)->glyph);
	buffer_append_byte(buffer, ']');
}

void html_run_json_append(const struct html_context *context, struct buffer *buffer)
{
	const struct run *run = context->run;
	int64_t end_ms = run->ended_ms == TIME_NONE ? context->now_ms : run->ended_ms;

	buffer_append_text(buffer, "{\"v\":1,\n\"id\":");
	html_json_text(buffer, run->id);
	buffer_append_text(buffer, ",\n\"pipeline\":");
	html_json_text(buffer, run->pipeline_name);
	buffer_printf(buffer,
		",\n\"state\":\"%s\",\"steps\":%u,\"jobs\":%u,\"peak\":%u,\"wall_ms\":%lld,"
		"\"span\":%lld",
		state_name(run->state), run->step_count, run->jobs, run->totals.peak_concurrency,
		(long long)verdict_wall_ms(run, context->now_ms),
		(long long)html_offset_ms(run, end_ms));
	waves_append(context, buffer);
	lists_append(context, buffer);
	buffer_append_text(buffer, "}\n");
}
