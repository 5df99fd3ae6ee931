/* The keys of `retry`. */
#include <string.h>

#include "base/index.h"
#include "base/text.h"
#include "load/steps_reader.h"
#include "model/state.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)

/* Everything but success, and our own ending of an attempt. */
#define RETRY_ON_ANY                                                                               \
	(((1u << FAILURE_CLASS_COUNT) - 1) & ~(1u << FAILURE_NONE) & ~(1u << FAILURE_CANCELLED))

/* Whichever side the signal came from. */
#define RETRY_ON_SIGNAL (1u << FAILURE_SIGNAL | 1u << FAILURE_UNKNOWN)

static void decode_retry_on(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	struct retry_policy *retry = owner;
	uint32_t count = decode_item_count(decoder, field, node);
	retry->on = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t item = decode_item(decoder, node, i);
		const char *word = decode_text(decoder, field, item);
		enum failure_class class;
		if (!word)
			continue;
		if (text_equal(word, "any")) {
			retry->on |= RETRY_ON_ANY;
		} else if (text_equal(word, failure_class_name(FAILURE_SIGNAL))) {
			retry->on |= RETRY_ON_SIGNAL;
		} else if (failure_class_parse(word, &class) && RETRY_ON_ANY & (1u << class)) {
			retry->on |= 1u << class;
		} else {
			static const char *const words[] = {"transient", "timeout", "resource",
				"contract", "output", "permanent", "signal", "unknown", "any"};
			diagnostics_add_near(decoder->diagnostics, FINDING_BAD_VALUE,
				tree_where(decoder->tree, item),
				text_nearest(word, words, ARRAY_LENGTH(words)),
				"'on' must name classes of failure (transient, timeout, resource, "
				"contract, output, permanent, signal, unknown, any), not '%s'",
				shorten(decoder->arena, word));
		}
	}
}

void retry_start(void *item)
{
	*(struct retry_policy *)item = (struct retry_policy){
		.max = 1,
		.backoff_ms = RETRY_DEFAULT_BACKOFF_MS,
		.factor = RETRY_DEFAULT_FACTOR,
		.max_delay_ms = -1, /* set in retry_finish() */
		.on = RETRY_ON_ANY,
	};
}

void retry_finish(struct decoder *decoder, uint32_t node, void *item)
{
	struct retry_policy *retry = item;
	if (retry->max_delay_ms < 0) {
		retry->max_delay_ms = retry->backoff_ms > RETRY_DEFAULT_MAX_DELAY_MS
					      ? retry->backoff_ms
					      : RETRY_DEFAULT_MAX_DELAY_MS;
	} else if (retry->max_delay_ms < retry->backoff_ms) {
		diagnostics_add(decoder->diagnostics, FINDING_BAD_VALUE,
			tree_where(decoder->tree, tree_find(decoder->tree, node, "max_delay")),
			"'max_delay' is shorter than 'backoff'");
	}
}

static const struct yaml_field retry_fields[] = {
	{.key = "max",
		.kind = FIELD_UNSIGNED,
		.offset = offsetof(struct retry_policy, max),
		.minimum = 0,
		.maximum = 100,
		.shown_default = "1",
		.description = "How many attempts follow the first one, at most."},
	{.key = "backoff",
		.kind = FIELD_DURATION,
		.maximum = DAY_MS,
		.offset = offsetof(struct retry_policy, backoff_ms),
		.shown_default = "2s",
		.description = "The wait before the second attempt."},
	{.key = "factor",
		.kind = FIELD_NUMBER,
		.offset = offsetof(struct retry_policy, factor),
		.minimum = 1,
		.maximum = 100,
		.shown_default = "2",
		.description = "Each further wait is this many times longer."},
	{.key = "max_delay",
		.kind = FIELD_DURATION,
		.maximum = DAY_MS,
		.offset = offsetof(struct retry_policy, max_delay_ms),
		.shown_default = "30s, or `backoff` where that is longer",
		.description = "No wait is longer than this."},
	{.key = "jitter",
		.kind = FIELD_BOOLEAN,
		.offset = offsetof(struct retry_policy, jitter),
		.shown_default = "false",
		.description = "Waits a random time between half of the delay and the whole, so "
			       "that steps which failed together do not come back together."},
	{.key = "on",
		.kind = FIELD_CUSTOM,
		.decode = decode_retry_on,
		.expected = "a class of failure or a list of them",
		.shown_default = "any",
		.description =
			"What is tried again. `transient`: exit status 75; `timeout`; "
			"`resource`: no memory, disk or process slot; `contract`; "
			"`output`: a declared output is missing; `permanent`: any other "
			"exit status; `signal`: killed by a signal; `unknown`: by one that came "
			"from elsewhere, such as SIGKILL or SIGTERM; `any`: all of these. "
			"A step that was cancelled is never retried."},
};

const struct yaml_table retry_table = {
	.noun = "section 'retry'",
	.title = "More attempts: `retry`",
	.fields = retry_fields,
	.field_count = ARRAY_LENGTH(retry_fields),
	.item_bytes = sizeof(struct retry_policy),
	.short_key = "max",
	.short_name = "retry",
	.start = retry_start,
	.finish = retry_finish,
};
