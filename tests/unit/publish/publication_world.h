#ifndef WAVETRAIN_TEST_PUBLISH_PUBLICATION_WORLD_H
#define WAVETRAIN_TEST_PUBLISH_PUBLICATION_WORLD_H

#include "publish/fake_github.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/text.h"
#include "publish/publication.h"
#include "publish/publication_open.h"

/*
 * The whole way from a publication through libcurl to the fake GitHub. Time that is waited away
 * is added to a clock of the test's own, so no test waits.
 */

#define TOKEN "ghs_0123456789abcdefghijklmnopqrstuvwxyzAB"
#define SHA "1111111111111111111111111111111111111111"
#define PUSHED "2222222222222222222222222222222222222222"
#define MARKER "<!-- wavetrain:docs:v1 -->\\n"

struct world {
	struct fake_github fake;
	struct ci_context context;
	struct publication_settings settings;
	struct publication *publication;
	struct buffer warnings; /* one a line */
	uint32_t warning_count;
	int64_t waited_ms;
};

static inline void take_warning(void *context, const char *sentence)
{
	struct world *world = context;
	world->warning_count++;
	buffer_append_text(&world->warnings, sentence);
	buffer_append_byte(&world->warnings, '\n');
	assert_null(strstr(sentence, TOKEN));
	assert_null(strstr(sentence, "0123456789abcdef"));
	assert_null(strchr(sentence, '\n'));
}

static inline int64_t world_now_ms(void *context)
{
	const struct world *world = context;
	return clock_monotonic_ns() / 1000000 + world->waited_ms;
}

static inline void world_wait_ms(void *context, int64_t duration_ms)
{
	struct world *world = context;
	world->waited_ms += duration_ms;
}

static inline void world_start(struct world *world, const char *program, const char *options)
{
	*world = (struct world){0};
	fake_github_start(&world->fake, program, options);
	world->context = (struct ci_context){.github_actions = true,
		.api_url = world->fake.url,
		.owner = "octo",
		.repository = "train",
		.token = TOKEN,
		.report_sha = SHA,
		.pull_request = 1,
		.run_url = "https://github.com/octo/train/actions/runs/1"};
	world->settings = (struct publication_settings){.context = &world->context,
		.pipeline_name = "docs",
		.status = true,
		.comment = COMMENT_ALWAYS,
		.time_limit_ms = 30000,
		.warn = take_warning,
		.warn_context = world};
}

static inline void world_open(struct world *world)
{
	struct github_clock clock = {world, world_now_ms, world_wait_ms};
	publication_close(world->publication);
	publication_open_with_clock(&world->settings, &clock, &world->publication);
}

static inline void world_stop(struct world *world)
{
	publication_close(world->publication);
	buffer_release(&world->warnings);
	fake_github_stop(&world->fake);
}

static inline void world_finish(struct world *world, const char *state, const char *body)
{
	const struct publication_result result = {.state = state,
		.description = "12 steps",
		.comment_body = body,
		.failed = !text_equal(state, "success")};
	publication_finished(world->publication, &result);
}

static inline size_t world_count(struct world *world, const char *list)
{
	json_t *state = fake_github_ask(&world->fake, "{\"state\":true}");
	size_t count = json_array_size(json_object_get(state, list));
	json_decref(state);
	return count;
}

/* The text of a field of the list's item at place, as it is at the fake. */
static inline void expect_field(struct world *world, const char *list, size_t place,
	const char *field, const char *expected)
{
	json_t *state = fake_github_ask(&world->fake, "{\"state\":true}");
	const json_t *item = json_array_get(json_object_get(state, list), place);
	const char *text = json_string_value(json_object_get(item, field));
	if (!text_equal(text, expected))
		fail_msg("%s %zu: %s is \"%s\", not \"%s\"", list, place, field,
			text ? text : "(none)", expected);
	json_decref(state);
}

static inline void expect_warning(const struct world *world, const char *words)
{
	if (!strstr(buffer_text(&world->warnings), words))
		fail_msg("no warning has \"%s\" but: %s", words, buffer_text(&world->warnings));
}

static inline void expect_silence(const struct world *world)
{
	if (world->warning_count > 0)
		fail_msg("unexpected: %s", buffer_text(&world->warnings));
}

/* What was asked of the fake: how many requests hold this method and this part of a path. */
static inline size_t request_count(struct world *world, const char *method, const char *part)
{
	json_t *log = fake_github_ask(&world->fake, "{\"requests\":true}");
	size_t count = 0;
	for (size_t i = 0; i < json_array_size(log); i++) {
		const json_t *request = json_array_get(log, i);
		const char *path = json_string_value(json_object_get(request, "path"));
		const char *verb = json_string_value(json_object_get(request, "method"));
		count += text_equal(verb, method) && strstr(path, part) ? 1 : 0;
	}
	json_decref(log);
	return count;
}

#endif
