/*
 * The data islands. Steps are written as columns, one array a field, because equal fields beside
 * one another deflate to a third of what objects would; rare fields are objects by step.
 */
#include <string.h>

#include "base/index.h"
#include "base/map.h"
#include "base/text.h"
#include "report/html.h"
#include "report/palette.h"
#include "report/verdict.h"

/* All commands together stay within this, each with at least COMMAND_LEAST_BYTES. */
#define COMMANDS_LIMIT_BYTES ((size_t)8 << 20)
#define COMMAND_LEAST_BYTES 120
#define COMMAND_MOST_BYTES 4096
#define LOGS_LIMIT_BYTES ((size_t)4 << 20)

/* Comes between all items, and so is where the text may be handed on. */
static void separate(struct buffer *buffer, uint32_t place)
{
	buffer_drain(buffer);
	if (place > 0)
		buffer_append_byte(buffer, ',');
}

/* What was taken from the cache has a time, and no attempt. */
static bool has_run(const struct run_step *step)
{
	return (step->attempts.count > 0 || step->cache_key) && step->started_ms != TIME_NONE;
}

static int64_t took_ms(const struct html_context *context, uint32_t step)
{
	if (!has_run(&context->run->steps[step]))
		return -1;
	return run_step_duration_ms(context->run, step, context->now_ms);
}

static int64_t queue_ms(const struct html_context *context, uint32_t step)
{
	const struct run_step *it = &context->run->steps[step];

	return it->attempts.count > 0 ? context->run->attempts[it->attempts.first].queue_ms : 0;
}

static int64_t index_or_none(uint32_t index)
{
	return index == INDEX_NONE ? -1 : (int64_t)index;
}

static int64_t wave_of(const struct html_context *context, uint32_t step)
{
	return index_or_none(context->run->steps[step].wave);
}

static int64_t group_of(const struct html_context *context, uint32_t step)
{
	return index_or_none(context->run->steps[step].group);
}

static int64_t need_count(const struct html_context *context, uint32_t step)
{
	return context->run->steps[step].needs.count;
}

static int64_t exit_of(const struct html_context *context, uint32_t step)
{
	const struct run_attempt *last = run_last_attempt(context->run, step);

	return last ? last->exit_status : -1;
}

static int64_t cpu_ms(const struct html_context *context, uint32_t step)
{
	const struct run_attempt *last = run_last_attempt(context->run, step);

	return last ? last->cpu_ms : 0;
}

static int64_t rss_kib(const struct html_context *context, uint32_t step)
{
	const struct run_attempt *last = run_last_attempt(context->run, step);

	return last ? (int64_t)(last->peak_rss_bytes / 1024) : 0;
}

static int64_t containment_of(const struct html_context *context, uint32_t step)
{
	const struct run_attempt *last = run_last_attempt(context->run, step);

	return last ? last->containment : 0;
}

static const struct {
	const char *key;
	int64_t (*value)(const struct html_context *context, uint32_t step);
} columns[] = {
	{"took", took_ms},
	{"queue", queue_ms},
	{"wave", wave_of},
	{"group", group_of},
	{"need_count", need_count},
	{"exit", exit_of},
	{"cpu", cpu_ms},
	{"rss", rss_kib},
	{"held", containment_of},
};

static void numbers_append(const struct html_context *context, struct buffer *buffer)
{
	for (size_t column = 0; column < ARRAY_LENGTH(columns); column++) {
		html_key_append(buffer, columns[column].key);
		buffer_append_byte(buffer, '[');
		for (uint32_t i = 0; i < context->run->step_count; i++) {
			separate(buffer, i);
			buffer_append_signed(buffer, columns[column].value(context, i));
		}
		buffer_append_byte(buffer, ']');
	}
}

/* Starts as differences from one step to the next, needs as distances back from the step. */
static void deltas_append(const struct html_context *context, struct buffer *buffer)
{
	const struct run *run = context->run;
	int64_t before = 0;
	uint32_t written = 0;

	html_key_append(buffer, "start");
	buffer_append_byte(buffer, '[');
	for (uint32_t i = 0; i < run->step_count; i++) {
		int64_t start = has_run(&run->steps[i])
					? html_offset_ms(run, run->steps[i].started_ms)
					: before;

		separate(buffer, i);
		buffer_append_signed(buffer, start - before);
		before = start;
	}
	buffer_append_byte(buffer, ']');
	html_key_append(buffer, "needs");
	buffer_append_byte(buffer, '[');
	for (uint32_t i = 0; i < run->step_count; i++)
		for (uint32_t k = 0; k < run->steps[i].needs.count; k++) {
			separate(buffer, written++);
			buffer_append_signed(
				buffer, (int64_t)i - run->edges[run->steps[i].needs.first + k]);
		}
	buffer_append_byte(buffer, ']');
}

/* From so many steps on, what a command repeats of its step's id is written as one character. */
#define MARK_FROM_STEPS 2000
#define MARK_LIMIT 8
#define MARK_LEAST_BYTES 3

struct marks {
	const char *texts[MARK_LIMIT];
	size_t sizes[MARK_LIMIT];
	uint32_t count;
};

static void marks_split(struct marks *marks, const char *id)
{
	const char *at = id;
	const char *end = at + strlen(id);

	marks->count = 0;
	while (at < end && marks->count < MARK_LIMIT) {
		const char *slash = memchr(at, '/', (size_t)(end - at));

		marks->texts[marks->count] = at;
		marks->sizes[marks->count++] = (size_t)((slash ? slash : end) - at);
		at = slash ? slash + 1 : end;
	}
}

static void marked_append(
	const char *command, size_t size, const struct marks *marks, struct buffer *result)
{
	for (size_t at = 0; at < size;) {
		uint32_t i = 0;

		while (i < marks->count &&
			(marks->sizes[i] < MARK_LEAST_BYTES || marks->sizes[i] > size - at ||
				memcmp(marks->texts[i], command + at, marks->sizes[i]) != 0))
			i++;
		buffer_append_byte(result, i < marks->count ? (char)(i + 1) : command[at]);
		at += i < marks->count ? marks->sizes[i] : 1;
	}
}

/* U+0001 stands for the id's first part between slashes, U+0002 for the second, and so on. */
static void marked_command_append(
	const struct run *run, uint32_t step, const char *command, struct buffer *buffer)
{
	const char *id = run->steps[step].id;
	size_t size = strlen(command);
	struct buffer marked = BUFFER_INIT;
	struct marks marks;

	/* What is shown in another way than it is written could not be put together again. */
	if (!page_text_is_plain(id, strlen(id)) || !page_text_is_plain(command, size)) {
		html_json_text(buffer, command);
		return;
	}
	marks_split(&marks, id);
	marked_append(command, size, &marks, &marked);
	json_append_string(buffer, buffer_text(&marked), marked.size);
	buffer_release(&marked);
}

static void command_append(const struct run *run, uint32_t step, struct buffer *buffer)
{
	const char *command = run->steps[step].command ? run->steps[step].command : "";
	size_t share = COMMANDS_LIMIT_BYTES / run->step_count;
	size_t size = strlen(command);
	struct buffer text = BUFFER_INIT;

	share = share < COMMAND_LEAST_BYTES ? COMMAND_LEAST_BYTES : share;
	share = share > COMMAND_MOST_BYTES ? COMMAND_MOST_BYTES : share;
	if (size > share) {
		buffer_append(&text, command, utf8_cut(command, size, share));
		buffer_append_text(&text, " …");
		command = buffer_text(&text);
	}
	if (run->step_count >= MARK_FROM_STEPS)
		marked_command_append(run, step, command, buffer);
	else
		html_json_text(buffer, command);
	buffer_release(&text);
}

static void texts_append(const struct html_context *context, struct buffer *buffer)
{
	const struct run *run = context->run;

	buffer_append_text(buffer, "{\"id\":[");
	for (uint32_t i = 0; i < run->step_count; i++) {
		separate(buffer, i);
		html_json_text(buffer, run->steps[i].id);
	}
	buffer_append_byte(buffer, ']');
	html_key_append(buffer, "command");
	buffer_append_byte(buffer, '[');
	for (uint32_t i = 0; i < run->step_count; i++) {
		separate(buffer, i);
		command_append(run, i, buffer);
	}
	buffer_append_byte(buffer, ']');
	html_key_append(buffer, "look");
	buffer_append_byte(buffer, '"');
	for (uint32_t i = 0; i < run->step_count; i++)
		buffer_append_byte(buffer, (char)('0' + run_step_look(run, i)));
	buffer_append_byte(buffer, '"');
}

/* The ends of the logs of steps that failed, until all of them together are too much. */
static void logs_append(const struct html_context *context, struct buffer *buffer)
{
	const struct html_log_limits limits = {200, 32 * 1024, true};
	size_t room = LOGS_LIMIT_BYTES;

	html_key_append(buffer, "logs");
	buffer_append_byte(buffer, '{');
	for (uint32_t step = 0; step < context->run->step_count; step++) {
		struct buffer text = BUFFER_INIT;
		bool cut = false;

		if (context->run->steps[step].state == STATE_FAILED)
			html_log_append(context, step, &limits, &text, &cut);
		if (text.size > 0 && text.size <= room) {
			room -= text.size;
			html_step_key_append(buffer, step);
			buffer_printf(buffer,
				"{\"note\":\"%s\",\"text\":", cut ? "the last lines" : "whole");
			json_append_string(buffer, text.bytes, text.size);
			buffer_append_byte(buffer, '}');
		}
		buffer_release(&text);
	}
	buffer_append_byte(buffer, '}');
}

static void previous_append(const struct html_context *context, struct buffer *buffer)
{
	const struct run *previous = context->settings->previous;
	struct map by_id = {0};

	html_key_append(buffer, "previous");
	if (!previous) {
		buffer_append_text(buffer, "null");
		return;
	}
	map_reserve(&by_id, previous->step_count);
	for (uint32_t i = 0; i < previous->step_count; i++)
		map_add(&by_id, previous->steps[i].id, i);
	buffer_append_byte(buffer, '[');
	for (uint32_t i = 0; i < context->run->step_count; i++) {
		uint32_t other = map_find(&by_id, context->run->steps[i].id);
		int64_t took = other == INDEX_NONE || !has_run(&previous->steps[other])
				       ? -1
				       : run_step_duration_ms(previous, other, context->now_ms);

		separate(buffer, i);
		buffer_append_signed(buffer, took);
	}
	buffer_append_byte(buffer, ']');
	map_release(&by_id);
}

void html_steps_json_append(const struct html_context *context, struct buffer *buffer)
{
	texts_append(context, buffer);
	numbers_append(context, buffer);
	deltas_append(context, buffer);
	html_rare_append(context, buffer);
	logs_append(context, buffer);
	previous_append(context, buffer);
	buffer_append_text(buffer, "}\n");
}
