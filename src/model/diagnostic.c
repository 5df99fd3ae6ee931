#include "model/diagnostic.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/index.h"
#include "base/text.h"

static const char *const severity_names[] = {
	[SEVERITY_ERROR] = "error",
	[SEVERITY_WARNING] = "warning",
};

static const char *const code_names[] = {
	[FINDING_PARSE] = "parse",
	[FINDING_UNKNOWN_KEY] = "unknown-key",
	[FINDING_DUPLICATE_KEY] = "duplicate-key",
	[FINDING_MISSING_KEY] = "missing-key",
	[FINDING_WRONG_TYPE] = "wrong-type",
	[FINDING_BAD_VALUE] = "bad-value",
	[FINDING_DUPLICATE_ID] = "duplicate-id",
	[FINDING_UNKNOWN_REFERENCE] = "unknown-reference",
	[FINDING_AMBIGUOUS] = "ambiguous",
	[FINDING_CYCLE] = "cycle",
	[FINDING_WAVE_ORDER] = "wave-order",
	[FINDING_VARIABLE] = "variable",
	[FINDING_PARAMETER] = "parameter",
	[FINDING_CONDITION] = "condition",
	[FINDING_SCHEMA] = "schema",
	[FINDING_INCOMPATIBLE] = "schema-compatibility",
	[FINDING_COMPONENT] = "component-not-found",
	[FINDING_ADAPTER] = "adapter-not-found",
	[FINDING_OLD_FORM] = "old-form",
};
static_assert(ARRAY_LENGTH(code_names) == FINDING_CODE_COUNT, "one name a code");

const char *finding_code_name(enum finding_code code)
{
	return code_names[code];
}

const char *severity_name(enum severity severity)
{
	return severity_names[severity];
}

void diagnostics_init(struct diagnostics *diagnostics, struct arena *arena, const char *file)
{
	*diagnostics = (struct diagnostics){.arena = arena, .file = file};
}

void diagnostics_release(struct diagnostics *diagnostics)
{
	free(diagnostics->findings);
	*diagnostics = (struct diagnostics){.arena = diagnostics->arena};
}

__attribute__((format(printf, 2, 0))) static const char *format_text(
	struct arena *arena, const char *format, va_list arguments)
{
	va_list measured;
	va_copy(measured, arguments);
	int size = vsnprintf(NULL, 0, format, measured);
	va_end(measured);
	if (size < 0)
		return "";
	char *text = arena_allocate(arena, (size_t)size + 1);
	vsnprintf(text, (size_t)size + 1, format, arguments);
	return text;
}

/*
 * Beyond the limit everybody gets the same place, one past the last one kept, so that a caller
 * may go on writing into what it was given.
 */
static struct finding *finding_new(struct diagnostics *diagnostics)
{
	diagnostics->error_count++;
	GROW(diagnostics->findings, diagnostics->count, diagnostics->capacity);
	struct finding *finding = &diagnostics->findings[diagnostics->count];
	if (diagnostics->count < DIAGNOSTICS_LIMIT)
		diagnostics->count++;
	return finding;
}

__attribute__((format(printf, 4, 0))) static struct finding *finding_add(
	struct diagnostics *diagnostics, enum finding_code code, struct source_position where,
	const char *format, va_list arguments)
{
	bool kept = diagnostics->count < DIAGNOSTICS_LIMIT;
	struct finding *finding = finding_new(diagnostics);
	*finding = (struct finding){.severity = SEVERITY_ERROR,
		.code = code,
		.where = where,
		.message = kept ? format_text(diagnostics->arena, format, arguments) : ""};
	return finding;
}

struct finding *diagnostics_add(struct diagnostics *diagnostics, enum finding_code code,
	struct source_position where, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	struct finding *finding = finding_add(diagnostics, code, where, format, arguments);
	va_end(arguments);
	return finding;
}

struct finding *diagnostics_add_near(struct diagnostics *diagnostics, enum finding_code code,
	struct source_position where, const char *nearest, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	struct finding *finding = finding_add(diagnostics, code, where, format, arguments);
	va_end(arguments);
	bool kept = finding < diagnostics->findings + diagnostics->count;
	if (nearest && kept)
		finding->hint = arena_format(diagnostics->arena, "did you mean '%s'?", nearest);
	return finding;
}

/* Those of the file itself come first, then the other files one after another. */
static bool is_before(const struct finding *left, const struct finding *right)
{
	int order = strcmp(left->file ? left->file : "", right->file ? right->file : "");
	if (order != 0)
		return order < 0;
	if (left->where.line != right->where.line)
		return left->where.line < right->where.line;
	return left->where.column < right->where.column;
}

/* Insertion: stable, at most DIAGNOSTICS_LIMIT of them, and nearly in order as they come. */
void diagnostics_sort(struct diagnostics *diagnostics)
{
	struct finding *findings = diagnostics->findings;
	for (uint32_t i = 1; i < diagnostics->count; i++) {
		struct finding moved = findings[i];
		uint32_t place = i;
		for (; place > 0 && is_before(&moved, &findings[place - 1]); place--)
			findings[place] = findings[place - 1];
		findings[place] = moved;
	}
}

static void append_number_or_null(struct buffer *buffer, const char *key, uint32_t number)
{
	buffer_append_text(buffer, key);
	if (number > 0)
		buffer_append_unsigned(buffer, number);
	else
		buffer_append_text(buffer, "null");
}

static void append_finding_json(
	const struct diagnostics *diagnostics, const struct finding *finding, struct buffer *buffer)
{
	buffer_append_text(buffer, "{\"severity\":");
	json_append_text(buffer, severity_names[finding->severity]);
	buffer_append_text(buffer, ",\"code\":");
	json_append_text(buffer, code_names[finding->code]);
	buffer_append_text(buffer, ",\"message\":");
	json_append_text(buffer, finding->message);
	buffer_append_text(buffer, ",\"file\":");
	json_append_text(buffer, finding->file ? finding->file : diagnostics->file);
	append_number_or_null(buffer, ",\"line\":", finding->where.line);
	append_number_or_null(buffer, ",\"column\":", finding->where.column);
	buffer_append_text(buffer, ",\"hint\":");
	json_append_text(buffer, finding->hint);
	buffer_append_byte(buffer, '}');
}

void diagnostics_append_json(const struct diagnostics *diagnostics, struct buffer *buffer)
{
	buffer_append_text(buffer, "{\"v\":1,\"ok\":");
	buffer_append_text(buffer, diagnostics->error_count == 0 ? "true" : "false");
	buffer_append_text(buffer, ",\"findings\":[");
	for (uint32_t i = 0; i < diagnostics->count; i++) {
		if (i > 0)
			buffer_append_byte(buffer, ',');
		append_finding_json(diagnostics, &diagnostics->findings[i], buffer);
	}
	buffer_append_text(buffer, "]}\n");
}
