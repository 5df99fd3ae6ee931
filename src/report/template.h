#ifndef WAVETRAIN_REPORT_TEMPLATE_H
#define WAVETRAIN_REPORT_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"
#include "report/page.h"

/*
 * A subset of Mustache (https://mustache.github.io/mustache.5.html): {{name}} escaped for the
 * target, {{{name}}} as it is, {{#name}} … {{/name}}, {{^name}} … {{/name}}, {{! comment}}, dotted
 * names and {{.}}. Tags that stand alone on their line take the line with them. Not in it: partials,
 * lambdas, {{&name}} and other delimiters. Unlike Mustache a name that nothing answers to is an
 * error, so that a misspelt name in a template is seen.
 */
enum template_target { TEMPLATE_HTML, TEMPLATE_MARKDOWN, TEMPLATE_TEXT, TEMPLATE_TARGET_COUNT };

struct template_source {
	const char *name; /* of the file, for messages */
	const char *text; /* not owned */
	size_t size;
};

/* More sections than this within one another are refused. */
#define TEMPLATE_DEPTH_LIMIT 24

/* Appends the filled template. ERROR_TEMPLATE names file and line; buffer then holds a part. */
bool template_render(const struct template_source *source, enum template_target target,
	const struct page_value *data, struct buffer *buffer, struct error *error);

/*
 * Text for a target. HTML: & < > " ' as entities, safe in elements and in quoted attributes, and
 * page_visible_append() for what misleads. Markdown: for a table cell or a line of text, so that
 * nothing in it is markup, a mention or an issue's number.
 */
void template_escape(
	enum template_target target, const char *bytes, size_t size, struct buffer *buffer);

#endif
