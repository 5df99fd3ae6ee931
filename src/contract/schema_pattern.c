/*
 * PCRE2 counts its backtracking points, and one of them costs as much as a repeat may run over:
 * up to the length of the text. So a pattern that can be quadratic or worse gets fewer of them the
 * longer the text is, and each match first tries with few, so that cheap ones are charged little.
 */
#include "contract/schema_pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/index.h"
#include "base/text.h"
#include "contract/schema_limits.h"

struct schema_pattern {
	pcre2_code *code; /* owned */
	char *text;       /* owned */
	bool is_compiled; /* to machine code */
	bool is_linear;   /* whatever the text, the work is in proportion to its length */
};

struct schema_match {
	pcre2_match_data *data;
	pcre2_match_context *context;
};

/* What ECMA-262 calls the general categories, and PCRE2 by their short names alone. */
static const char *const categories[][2] = {
	{"Letter", "L"},
	{"Cased_Letter", "L&"},
	{"Uppercase_Letter", "Lu"},
	{"Lowercase_Letter", "Ll"},
	{"Titlecase_Letter", "Lt"},
	{"Modifier_Letter", "Lm"},
	{"Other_Letter", "Lo"},
	{"Mark", "M"},
	{"Nonspacing_Mark", "Mn"},
	{"Spacing_Mark", "Mc"},
	{"Enclosing_Mark", "Me"},
	{"Number", "N"},
	{"Decimal_Number", "Nd"},
	{"digit", "Nd"},
	{"Letter_Number", "Nl"},
	{"Other_Number", "No"},
	{"Punctuation", "P"},
	{"punct", "P"},
	{"Connector_Punctuation", "Pc"},
	{"Dash_Punctuation", "Pd"},
	{"Open_Punctuation", "Ps"},
	{"Close_Punctuation", "Pe"},
	{"Initial_Punctuation", "Pi"},
	{"Final_Punctuation", "Pf"},
	{"Other_Punctuation", "Po"},
	{"Symbol", "S"},
	{"Math_Symbol", "Sm"},
	{"Currency_Symbol", "Sc"},
	{"Modifier_Symbol", "Sk"},
	{"Other_Symbol", "So"},
	{"Separator", "Z"},
	{"Space_Separator", "Zs"},
	{"Line_Separator", "Zl"},
	{"Paragraph_Separator", "Zp"},
	{"Other", "C"},
	{"Control", "Cc"},
	{"Format", "Cf"},
	{"Surrogate", "Cs"},
	{"Private_Use", "Co"},
	{"Unassigned", "Cn"},
};

#define SPACES "\\s\\u{feff}\\p{Zs}\\u{2028}\\u{2029}"

/* The name within \p{…}, without what ECMA-262 may put before it. Gives its size with the '}'. */
static size_t append_category(struct buffer *translated, const char *name)
{
	static const char *const prefixes[] = {"General_Category=", "gc="};
	const char *end = strchr(name, '}');
	const char *start = name;
	if (!end)
		return 0;
	for (size_t i = 0; i < ARRAY_LENGTH(prefixes); i++) {
		if (text_starts_with(name, prefixes[i]))
			start += strlen(prefixes[i]);
	}
	size_t size = (size_t)(end - start);
	for (size_t i = 0; i < ARRAY_LENGTH(categories); i++) {
		if (strlen(categories[i][0]) == size && !memcmp(categories[i][0], start, size)) {
			buffer_append_text(translated, categories[i][1]);
			size = 0;
			break;
		}
	}
	buffer_append(translated, start, size);
	buffer_append_text(translated, "}");
	return (size_t)(end + 1 - name);
}

/* One escape, where PCRE2 means something else by it. Gives the bytes it took of text. */
static size_t append_escape(struct buffer *translated, const char *text, bool is_in_class)
{
	if (text[1] == 's' && is_in_class)
		return buffer_append_text(translated, SPACES), 2;
	if (text[1] == 's')
		return buffer_append_text(translated, "[" SPACES "]"), 2;
	if (text[1] == 'S' && !is_in_class)
		return buffer_append_text(translated, "[^" SPACES "]"), 2;
	buffer_append(translated, text, 2);
	if ((text[1] == 'p' || text[1] == 'P') && text[2] == '{') {
		buffer_append_text(translated, "{");
		return 3 + append_category(translated, text + 3);
	}
	return 2;
}

/* A repeat that may run far; "{3}" and "{1,8}" do not. */
static bool is_long_repeat(const char *text)
{
	if (*text == '*' || *text == '+')
		return true;
	unsigned high = 0;
	if (*text++ != '{' || *text < '0' || *text > '9')
		return false;
	for (; (*text >= '0' && *text <= '9') || *text == ','; text++) {
		if (*text == ',' && text[1] == '}')
			return true;
		high = *text == ',' ? 0 : high * 10 + (unsigned)(*text - '0');
		if (high > 16)
			return true;
	}
	return false;
}

/* Gives the number of long repeats. */
static unsigned translate(struct buffer *translated, const char *text)
{
	bool is_in_class = false;
	unsigned repeats = 0;
	while (*text) {
		if (*text == '\\' && text[1]) {
			text += append_escape(translated, text, is_in_class);
			continue;
		}
		if (*text == '[')
			is_in_class = true;
		else if (*text == ']')
			is_in_class = false;
		else if (!is_in_class)
			repeats += is_long_repeat(text);
		buffer_append_byte(translated, *text++);
	}
	return repeats;
}

static pcre2_code *compile(const struct buffer *translated, struct error *error)
{
	const uint32_t options = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_MATCH_UNSET_BACKREF |
				 PCRE2_ALT_BSUX | PCRE2_ALLOW_EMPTY_CLASS | PCRE2_NEVER_BACKSLASH_C;
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
	size_t size = 0;
	pcre2_pattern_info(pattern->code, PCRE2_INFO_SIZE, &size);
	if (size > room->code_bytes)
		return false;
	room->code_bytes -= size;
	if (size > SCHEMA_JIT_LIMIT || size > room->machine_bytes)
		return true;
	room->machine_bytes -= size;
	pattern->is_compiled = pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE) == 0;
	return true;
}

struct schema_pattern *schema_pattern_new_within(
	const char *text, size_t size, struct schema_pattern_room *room, struct error *error)
{
	struct buffer translated CLEANUP(buffer_release) = BUFFER_INIT;
	if (size > SCHEMA_PATTERN_LIMIT || strlen(text) != size) {
		error_set(error, ERROR_PIPELINE_INVALID,
			size > SCHEMA_PATTERN_LIMIT ? "has %zu bytes, %u at the most"
						    : "has a NUL byte (%zu bytes, %u at the most)",
			size, SCHEMA_PATTERN_LIMIT);
		return NULL;
	}
	/* PCRE2's own settings, such as (*NO_JIT), which are no regular expression elsewhere. */
	if (text_starts_with(text, "(*")) {
		error_set(error, ERROR_PIPELINE_INVALID,
			"is no regular expression: nothing to repeat at character 2");
		return NULL;
	}
	unsigned repeats = translate(&translated, text);
	pcre2_code *code = compile(&translated, error);
	if (!code)
		return NULL;
	uint32_t flags = 0;
	pcre2_pattern_info(code, PCRE2_INFO_ALLOPTIONS, &flags);
	struct schema_pattern *pattern = heap_allocate(1, sizeof *pattern);
	pattern->code = code;
	pattern->text = heap_allocate(size + 1, 1);
	memcpy(pattern->text, text, size);
	pattern->is_linear = repeats == 0 || (repeats == 1 && (flags & PCRE2_ANCHORED));
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
	free(match);
}

static int run(const struct schema_pattern *pattern, struct schema_match *match, const char *text,
	size_t size, uint32_t limit)
{
	pcre2_set_match_limit(match->context, limit);
	if (pattern->is_compiled) {
		int result = pcre2_jit_match(
			pattern->code, (PCRE2_SPTR)text, size, 0, 0, match->data, match->context);
		if (result != PCRE2_ERROR_JIT_STACKLIMIT)
			return result;
	}
	return pcre2_match(pattern->code, (PCRE2_SPTR)text, size, 0,
		PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, match->data, match->context);
}

enum schema_pattern_verdict schema_pattern_match(const struct schema_pattern *pattern,
	struct schema_match *match, const char *text, size_t size, int64_t *steps)
{
	uint64_t most = SCHEMA_MATCH_WORK / (size + 1);
	if (pattern->is_linear)
		most = SCHEMA_MATCH_LIMIT + 16 * (uint64_t)size;
	else if (most > SCHEMA_MATCH_LIMIT)
		most = SCHEMA_MATCH_LIMIT;
	if (most < 64 || most > UINT32_MAX)
		most = most < 64 ? 64 : UINT32_MAX;
	/* Backtracking points, and the steps that trying with so many is charged as. */
	const uint64_t tries[][2] = {
		{100, 8 + size / 16},
		{2000, 2000},
		{most, pattern->is_linear ? size : SCHEMA_STEP_LIMIT / 16},
	};
	for (size_t i = 0; i < ARRAY_LENGTH(tries); i++) {
		uint64_t limit = tries[i][0] < most ? tries[i][0] : most;
		*steps -= (int64_t)tries[i][1];
		int result = *steps < 0 ? PCRE2_ERROR_MATCHLIMIT
					: run(pattern, match, text, size, (uint32_t)limit);
		if (result >= 0)
			return PATTERN_MATCHES;
		if (result == PCRE2_ERROR_NOMATCH)
			return PATTERN_DIFFERS;
		if (result != PCRE2_ERROR_MATCHLIMIT || limit == most)
			break;
	}
	return PATTERN_BEYOND_LIMIT;
}
