/*
 * Findings as people read them. The source is walked once when the findings are sorted, also when
 * they all lie on one long line: the cursor only starts over for a finding before the last one.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "model/diagnostic.h"

/* Of a line that is shown; longer ones are cut on both sides of the caret. */
#define SHOWN_CHARACTERS 120
#define SHOWN_BEFORE_CARET 80

struct line_cursor {
	const char *at;    /* where the line begins; NULL: nowhere yet */
	const char *end;   /* of the line */
	const char *shown; /* its first character that is shown */
	uint32_t line;     /* counts from 1 */
	uint32_t hidden;   /* characters of the line before those shown */
};

/*
 * Size of the line end at bytes, or 0. The same characters that YAML 1.1 (5.4) and therefore
 * libyaml's line numbers count: CR LF, CR, LF, U+0085, U+2028, U+2029.
 */
static size_t line_end_size(const char *bytes, const char *end)
{
	size_t left = (size_t)(end - bytes);
	unsigned char first = (unsigned char)bytes[0];
	if (first == '\n')
		return 1;
	if (first == '\r')
		return left > 1 && bytes[1] == '\n' ? 2 : 1;
	if (first == 0xc2 && left > 1 && (unsigned char)bytes[1] == 0x85)
		return 2;
	if (first == 0xe2 && left > 2 &&
		(memcmp(bytes, "\xe2\x80\xa8", 3) == 0 || memcmp(bytes, "\xe2\x80\xa9", 3) == 0))
		return 3;
	return 0;
}

static const char *line_end(const char *at, const char *end)
{
	while (at < end && line_end_size(at, end) == 0)
		at++;
	return at;
}

static const char *skip_characters(const char *at, const char *end, uint32_t count)
{
	uint32_t code_point;
	for (; count > 0 && at < end; count--)
		at += utf8_decode(at, (size_t)(end - at), &code_point);
	return at;
}

/* False when the source has not so many lines. */
static bool line_seek(
	struct line_cursor *cursor, const struct diagnostics *diagnostics, uint32_t line)
{
	const char *end = diagnostics->source + diagnostics->source_size;
	if (cursor->at && line == cursor->line)
		return true;
	if (!cursor->at || line < cursor->line)
		*cursor = (struct line_cursor){.at = diagnostics->source,
			.end = line_end(diagnostics->source, end),
			.line = 1};
	while (cursor->line < line && cursor->end < end) {
		cursor->at = cursor->end + line_end_size(cursor->end, end);
		cursor->end = line_end(cursor->at, end);
		cursor->line++;
	}
	cursor->shown = cursor->at;
	cursor->hidden = 0;
	return cursor->line == line;
}

/* Hides so many characters of the line. */
static void column_seek(struct line_cursor *cursor, uint32_t hidden)
{
	if (hidden < cursor->hidden) {
		cursor->shown = cursor->at;
		cursor->hidden = 0;
	}
	cursor->shown = skip_characters(cursor->shown, cursor->end, hidden - cursor->hidden);
	cursor->hidden = hidden;
}

/* Blanks as wide as what is shown of the bytes; tabs stay tabs, so that both lines align. */
static void append_blanks(struct buffer *buffer, const char *bytes, const char *end)
{
	CLEANUP(buffer_release) struct buffer shown = BUFFER_INIT;
	text_append_visible(&shown, bytes, (size_t)(end - bytes));
	const char *part = buffer_text(&shown);
	const char *shown_end = part + shown.size;
	while (part < shown_end) {
		const char *tab = memchr(part, '\t', (size_t)(shown_end - part));
		const char *stop = tab ? tab : shown_end;
		buffer_append_repeated(buffer, " ", utf8_width(part, (size_t)(stop - part)));
		if (tab)
			buffer_append_byte(buffer, '\t');
		part = tab ? tab + 1 : shown_end;
	}
}

static void append_source_line(struct buffer *buffer, const struct diagnostics *diagnostics,
	struct line_cursor *cursor, struct source_position where)
{
	if (!diagnostics->source || where.line == 0 || !line_seek(cursor, diagnostics, where.line))
		return;
	const char *end = cursor->end;
	uint32_t before = where.column > 0 ? where.column - 1 : 0;
	uint32_t hidden = before > SHOWN_BEFORE_CARET ? before - SHOWN_BEFORE_CARET : 0;
	column_seek(cursor, hidden);
	const char *first = cursor->shown;
	const char *caret = skip_characters(first, end, before - hidden);
	const char *stop = skip_characters(first, end, SHOWN_CHARACTERS);

	buffer_printf(buffer, "%5u | %s", where.line, hidden > 0 ? "…" : "");
	text_append_visible(buffer, first, (size_t)(stop - first));
	buffer_append_text(buffer, stop < end ? "…\n      | " : "\n      | ");
	buffer_append_text(buffer, hidden > 0 ? " " : "");
	append_blanks(buffer, first, caret);
	buffer_append_text(buffer, "^\n");
}

static void append_finding(struct buffer *buffer, const struct diagnostics *diagnostics,
	struct line_cursor *cursor, const struct finding *finding)
{
	const char *file = finding->file ? finding->file : diagnostics->file;
	text_append_visible(buffer, file, strlen(file));
	if (finding->where.line > 0)
		buffer_printf(buffer, ":%u:%u", finding->where.line, finding->where.column);
	buffer_printf(buffer, ": %s: ", severity_name(finding->severity));
	text_append_visible(buffer, finding->message, strlen(finding->message));
	buffer_append_byte(buffer, '\n');
	if (!finding->file)
		append_source_line(buffer, diagnostics, cursor, finding->where);
	if (!finding->hint)
		return;
	buffer_append_text(buffer, "      = ");
	text_append_visible(buffer, finding->hint, strlen(finding->hint));
	buffer_append_byte(buffer, '\n');
}

void diagnostics_append_text(const struct diagnostics *diagnostics, struct buffer *buffer)
{
	struct line_cursor cursor = {0};
	uint32_t shown_errors = 0;
	for (uint32_t i = 0; i < diagnostics->count; i++) {
		const struct finding *finding = &diagnostics->findings[i];
		append_finding(buffer, diagnostics, &cursor, finding);
		shown_errors += finding->severity == SEVERITY_ERROR;
	}
	if (diagnostics->error_count > shown_errors)
		buffer_printf(buffer, "%u more errors are not shown\n",
			diagnostics->error_count - shown_errors);
}
