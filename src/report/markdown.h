#ifndef WAVETRAIN_REPORT_MARKDOWN_H
#define WAVETRAIN_REPORT_MARKDOWN_H

#include <stddef.h>

#include "base/buffer.h"

/*
 * GitHub Flavored Markdown from texts that nobody has checked. Nothing a step named or printed
 * becomes markup, a link, a mention or a reference to an issue: '@' and '#' are followed by
 * U+2060 (word joiner), which GitHub's linking stops at and nobody sees.
 */

/* In a paragraph, a heading or a table cell: one line, everything that means something escaped. */
void markdown_append_text(struct buffer *buffer, const char *text);

/* In a raw HTML block such as <summary>, where Markdown's escapes would show: one line. */
void markdown_append_html(struct buffer *buffer, const char *text);

/* A fenced block: the fence is one back-tick longer than the longest run inside, at least three. */
void markdown_append_code(struct buffer *buffer, const char *text, size_t size);

/*
 * Markdown that a step wrote for people, as a quotation in ours, ended by a line end: it formats,
 * but its tags are text, its mentions and numbers of issues lead nowhere, in code as elsewhere, and
 * what it leaves open ends with the quotation. The caller adds an empty line.
 */
void markdown_append_document(struct buffer *buffer, const char *text, size_t size);

/* `text` between back-ticks, on one line; for commands and ids outside of tables. */
void markdown_append_code_span(struct buffer *buffer, const char *text);

/* [label](url) where the address is plain http or https; the label alone where it is not. */
void markdown_append_link(struct buffer *buffer, const char *label, const char *url);

#endif
