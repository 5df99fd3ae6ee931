/* The templates: built in, and replaced one by one by files of the same name. */
#include <assert.h>

#include "base/file.h"
#include "base/index.h"
#include "base/text.h"
#include "report/html.h"

#define TEMPLATE_LIMIT_BYTES ((size_t)4 << 20)

extern const unsigned char embedded_report_html[];
extern const unsigned long embedded_report_html_size;
extern const unsigned char embedded_report_css[];
extern const unsigned long embedded_report_css_size;
extern const unsigned char embedded_report_js[];
extern const unsigned long embedded_report_js_size;
extern const unsigned char embedded_report_data_js[];
extern const unsigned long embedded_report_data_js_size;
extern const unsigned char embedded_report_timeline_js[];
extern const unsigned long embedded_report_timeline_js_size;
extern const unsigned char embedded_report_steps_js[];
extern const unsigned long embedded_report_steps_js_size;
extern const unsigned char embedded_report_detail_js[];
extern const unsigned long embedded_report_detail_js_size;

static const struct {
	const char *name;
	const unsigned char *bytes;
	const unsigned long *size;
} templates[] = {
	{"report.html", embedded_report_html, &embedded_report_html_size},
	{"report.css", embedded_report_css, &embedded_report_css_size},
	{"report.js", embedded_report_js, &embedded_report_js_size},
	{"report_data.js", embedded_report_data_js, &embedded_report_data_js_size},
	{"report_timeline.js", embedded_report_timeline_js, &embedded_report_timeline_js_size},
	{"report_steps.js", embedded_report_steps_js, &embedded_report_steps_js_size},
	{"report_detail.js", embedded_report_detail_js, &embedded_report_detail_js_size},
};

/* A browser hashes a script after CR LF has become LF, so the template loses its CRs first. */
static void without_carriage_returns(struct buffer *text)
{
	size_t kept = 0;

	for (size_t at = 0; at < text->size; at++)
		if (text->bytes[at] != '\r')
			text->bytes[kept++] = text->bytes[at];
	text->size = kept;
}

bool html_template(const struct html_context *context, const char *name,
	struct template_source *source, struct error *error)
{
	const char *folder = context->settings->templates;
	struct buffer text = BUFFER_INIT;
	const char *path;

	for (size_t i = 0; i < ARRAY_LENGTH(templates); i++)
		if (text_equal(templates[i].name, name))
			*source = (struct template_source){
				name, (const char *)templates[i].bytes, *templates[i].size};
	if (!folder)
		return true;
	path = path_join(context->arena, folder, name);
	if (!path_exists(path))
		return true;
	if (!file_read(path, TEMPLATE_LIMIT_BYTES, &text, error)) {
		buffer_release(&text);
		return false;
	}
	without_carriage_returns(&text);
	*source = (struct template_source){
		path, arena_copy_bytes(context->arena, buffer_text(&text), text.size), text.size};
	buffer_release(&text);
	return true;
}
