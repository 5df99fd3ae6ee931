/*
 * PCRE2 counts backtracking points, anew for each place a match may start at, and one of them may
 * cost as much as the text is long. So a match with little to do, whatever the text, is tried with
 * few points. Any other is run with a call before each item of the pattern, which counts the items
 * and the bytes that were run over: all the work there is, whatever its kind.
 */
#include "contract/schema_pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/index.h"
#include "base/text.h"
#include "contract/schema_limits.h"
#include "contract/schema_translate.h"

struct schema_pattern {
	pcre2_code *code; /* owned */
	char *text;       /* owned */
	size_t code_size; /* bytes */
	bool is_compiled; /* to machine code */
	bool is_anchored;
	bool has_long_repeats;
	bool has_references; /* to what a group has matched */
	uint32_t item_reach; /* bytes that one item may look at or copy unseen */
};

struct schema_match {
	pcre2_match_data *data;
	pcre2_match_context *context;
	pcre2_code *counted; /* owned; a pattern with its calls; NULL: none yet */
	char *counted_text;  /* owned; that pattern */
};

/* What a counted match has done so far. */
struct match_work {
	int64_t left; /* units */
	int64_t item_units;
	size_t position;     /* bytes into the text */
	bool has_references; /* an item may be compared with what a group has matched */
};

static pcre2_code *compile(const struct buffer *translated, uint32_t more, struct error *error)
{
	const uint32_t options = more | PCRE2_UTF | PCRE2_DOLLAR_ENDONLY |
				 PCRE2_MATCH_UNSET_BACKREF | PCRE2_ALT_BSUX |
				 PCRE2_ALLOW_EMPTY_CLASS | PCRE2_NEVER_BACKSLASH_C;
	PCRE2_UCHAR message[128];
	PCRE2_SIZE offset = 0;
	int number = 0;
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	pcre2_set_compile_extra_options(context, PCRE2_EXTRA_ALT_BSUX);
	pcre2_set_parens_nest_limit(context, 100);
	pcre2_set_newline(context, PCRE2_NEWLINE_ANYCRLF);
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)buffer_text(translated), translated->size,
		options, &number, &offset, context);
	pcre2_compile_context_free(context);
	if (code)
		return code;
	pcre2_get_error_message(number, message, sizeof message);
	error_set(error, ERROR_PIPELINE_INVALID, "is no regular expression: %s at character %zu",
		(const char *)message, (size_t)offset + 1);
	return NULL;
}

/* Machine code is made as far as there is room for it. */
static bool use_room(struct schema_pattern *pattern, struct schema_pattern_room *room)
{
	size_t size = pattern->code_size;
	if (size > room->code_bytes)
		return false;
	room->code_bytes -= size;
	if (size > SCHEMA_JIT_LIMIT || size > room->machine_bytes)
		return true;
	room->machine_bytes -= size;
	pattern->is_compiled = pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE) == 0;
	return true;
}

static void describe(struct schema_pattern *pattern, const struct schema_translation *translation)
{
	uint32_t flags = 0;
	uint32_t lookbehind = 0;
	uint32_t reference = 0;
	uint32_t groups = 0;
	pcre2_pattern_info(pattern->code, PCRE2_INFO_SIZE, &pattern->code_size);
	pcre2_pattern_info(pattern->code, PCRE2_INFO_ALLOPTIONS, &flags);
	pcre2_pattern_info(pattern->code, PCRE2_INFO_MAXLOOKBEHIND, &lookbehind);
	pcre2_pattern_info(pattern->code, PCRE2_INFO_BACKREFMAX, &reference);
	pcre2_pattern_info(pattern->code, PCRE2_INFO_CAPTURECOUNT, &groups);
	pattern->is_anchored = flags & PCRE2_ANCHORED;
	pattern->has_long_repeats = translation->has_long_repeats;
	pattern->has_references = reference > 0;
	/* Where each group stands is copied at every backtracking point. */
	pattern->item_reach = translation->longest_count + lookbehind + groups;
}

static bool is_allowed(const char *text, size_t size, struct error *error)
{
	if (size > SCHEMA_PATTERN_LIMIT || strlen(text) != size)
		return error_set(error, ERROR_PIPELINE_INVALID,
			size > SCHEMA_PATTERN_LIMIT ? "has %zu bytes, %u at the most"
						    : "has a NUL byte (%zu bytes, %u at the most)",
			size, SCHEMA_PATTERN_LIMIT);
	/* PCRE2's own settings, such as (*NO_JIT), which are no regular expression elsewhere. */
	return !text_starts_with(text, "(*") ||
	       error_set(error, ERROR_PIPELINE_INVALID,
		       "is no regular expression: nothing to repeat at character 2");
}

struct schema_pattern *schema_pattern_new_within(
	const char *text, size_t size, struct schema_pattern_room *room, struct error *error)
{
	struct schema_translation translation = {.text = BUFFER_INIT};
	if (!is_allowed(text, size, error))
		return NULL;
	schema_translate(text, &translation);
	pcre2_code *code = compile(&translation.text, 0, error);
	buffer_release(&translation.text);
	if (!code)
		return NULL;
	struct schema_pattern *pattern = heap_allocate(1, sizeof *pattern);
	pattern->code = code;
	pattern->text = heap_allocate(size + 1, 1);
	memcpy(pattern->text, text, size);
	describe(pattern, &translation);
	if (use_room(pattern, room))
		return pattern;
	schema_pattern_free(pattern);
	error_set(error, ERROR_PIPELINE_INVALID, "is too much with the others before it");
	return NULL;
}

struct schema_pattern *schema_pattern_new(const char *text, size_t size, struct error *error)
{
	struct schema_pattern_room room = SCHEMA_PATTERN_ROOM;
	return schema_pattern_new_within(text, size, &room, error);
}

void schema_pattern_free(struct schema_pattern *pattern)
{
	if (!pattern)
		return;
	pcre2_code_free(pattern->code);
	free(pattern->text);
	free(pattern);
}

const char *schema_pattern_text(const struct schema_pattern *pattern)
{
	return pattern->text;
}

struct schema_match *schema_match_new(void)
{
	struct schema_match *match = heap_allocate(1, sizeof *match);
	match->data = pcre2_match_data_create(1, NULL);
	match->context = pcre2_match_context_create(NULL);
	pcre2_set_heap_limit(match->context, SCHEMA_MATCH_HEAP_KIB);
	return match;
}

void schema_match_free(struct schema_match *match)
{
	if (!match)
		return;
	pcre2_match_data_free(match->data);
	pcre2_match_context_free(match->context);
	pcre2_code_free(match->counted);
	free(match->counted_text);
	free(match);
}

/* What trying at every place may look at, in bytes; beyond the points that are counted. */
static uint64_t plain_work(const struct schema_pattern *pattern, size_t size)
{
	if (pattern->is_anchored)
		return 0;
	return (uint64_t)size * (pattern->has_long_repeats ? size : pattern->code_size);
}

static int run_plainly(const struct schema_pattern *pattern, struct schema_match *match,
	const char *text, size_t size)
{
	pcre2_set_match_limit(match->context, SCHEMA_MATCH_POINTS);
	pcre2_set_callout(match->context, NULL, NULL);
	if (pattern->is_compiled) {
		int result = pcre2_jit_match(
			pattern->code, (PCRE2_SPTR)text, size, 0, 0, match->data, match->context);
		if (result != PCRE2_ERROR_JIT_STACKLIMIT)
			return result;
	}
	return pcre2_match(pattern->code, (PCRE2_SPTR)text, size, 0,
		PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, match->data, match->context);
}

/* Of all groups, so far. */
static size_t captured_bytes(const pcre2_callout_block *block)
{
	size_t bytes = 0;
	for (uint32_t i = 1; i < block->capture_top; i++) {
		PCRE2_SIZE start = block->offset_vector[2 * i];
		PCRE2_SIZE end = block->offset_vector[2 * i + 1];
		bytes += start != PCRE2_UNSET && end > start ? end - start : 0;
	}
	return bytes;
}

static int count_item(pcre2_callout_block *block, void *context)
{
	struct match_work *work = context;
	size_t position = block->current_position;
	size_t bytes = position > work->position ? position - work->position : 0;
	if (work->has_references)
		bytes += captured_bytes(block);
	work->left -= work->item_units + (int64_t)(bytes / SCHEMA_MATCH_UNIT_BYTES);
	work->position = position;
	return work->left < 0 ? PCRE2_ERROR_CALLOUT : 0;
}

/* False: with its calls the pattern is too large. */
static bool make_counted(struct schema_match *match, const struct schema_pattern *pattern)
{
	struct schema_translation translation = {.text = BUFFER_INIT};
	struct error ignored;
	if (text_equal(match->counted_text, pattern->text))
		return match->counted != NULL;
	pcre2_code_free(match->counted);
	free(match->counted_text);
	match->counted_text = heap_allocate(strlen(pattern->text) + 1, 1);
	memcpy(match->counted_text, pattern->text, strlen(pattern->text));
	schema_translate(pattern->text, &translation);
	match->counted = compile(&translation.text, PCRE2_AUTO_CALLOUT, &ignored);
	buffer_release(&translation.text);
	return match->counted != NULL;
}

/* With what *steps allow, as far as one match may have it. */
static int run_counted(const struct schema_pattern *pattern, struct schema_match *match,
	const char *text, size_t size, int64_t *steps)
{
	if (!make_counted(match, pattern))
		return PCRE2_ERROR_CALLOUT;
	int64_t most = SCHEMA_MATCH_UNITS + SCHEMA_MATCH_UNITS_A_BYTE * (int64_t)size;
	bool is_short = *steps < most / SCHEMA_MATCH_UNITS_A_STEP;
	if (is_short)
		most = *steps * SCHEMA_MATCH_UNITS_A_STEP;
	struct match_work work = {.left = most,
		.item_units = 1 + pattern->item_reach / SCHEMA_MATCH_UNIT_BYTES,
		.has_references = pattern->has_references};
	pcre2_set_match_limit(match->context, UINT32_MAX);
	pcre2_set_callout(match->context, count_item, &work);
	int result = pcre2_match(match->counted, (PCRE2_SPTR)text, size, 0,
		PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, match->data, match->context);
	*steps -= (most - work.left) / SCHEMA_MATCH_UNITS_A_STEP;
	/* A larger document has more of them. */
	if (is_short && work.left < 0)
		*steps = -1;
	return result;
}

enum schema_pattern_verdict schema_pattern_match(const struct schema_pattern *pattern,
	struct schema_match *match, const char *text, size_t size, int64_t *steps)
{
	uint64_t plain = plain_work(pattern, size);
	int result = PCRE2_ERROR_MATCHLIMIT;
	*steps -= (int64_t)(8 + size / 16);
	if (plain <= SCHEMA_MATCH_PLAIN_LIMIT && *steps >= 0) {
		*steps -= (int64_t)(plain / SCHEMA_MATCH_PLAIN_A_STEP);
		result = run_plainly(pattern, match, text, size);
	}
	if (result == PCRE2_ERROR_MATCHLIMIT && *steps >= 0)
		result = run_counted(pattern, match, text, size, steps);
	if (result >= 0)
		return PATTERN_MATCHES;
	return result == PCRE2_ERROR_NOMATCH ? PATTERN_DIFFERS : PATTERN_BEYOND_LIMIT;
}
