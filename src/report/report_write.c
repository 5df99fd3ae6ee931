#include <assert.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/file_writer.h"
#include "base/index.h"
#include "report/html.h"
#include "report/report.h"

struct report_source {
	const struct run *run;
	const struct report_settings *settings;
	int64_t now_ms;
};

static bool write_html(
	const struct report_source *source, struct buffer *buffer, struct error *error)
{
	return html_append(source->run, source->settings, source->now_ms, buffer, error);
}

static bool write_mermaid(
	const struct report_source *source, struct buffer *buffer, struct error *error)
{
	(void)error;
	mermaid_append(source->run, true, buffer);
	return true;
}

static bool write_dot(
	const struct report_source *source, struct buffer *buffer, struct error *error)
{
	(void)error;
	dot_append(source->run, true, buffer);
	return true;
}

static bool write_timeline(
	const struct report_source *source, struct buffer *buffer, struct error *error)
{
	const struct text_style style = {.columns = 120, .wide = true};

	(void)error;
	timeline_append(source->run, &style, source->now_ms, buffer);
	return true;
}

static bool write_summary(
	const struct report_source *source, struct buffer *buffer, struct error *error)
{
	(void)error;
	summary_append(source->run, &source->settings->markdown, buffer);
	return true;
}

static bool write_json(
	const struct report_source *source, struct buffer *buffer, struct error *error)
{
	(void)error;
	run_json_append(source->run, buffer);
	return true;
}

static bool write_junit(
	const struct report_source *source, struct buffer *buffer, struct error *error)
{
	(void)error;
	junit_append(source->run, buffer);
	return true;
}

static const struct {
	const char *name;
	bool (*write)(
		const struct report_source *source, struct buffer *buffer, struct error *error);
} files[] = {
	{"report.html", write_html},
	{"dag.mmd", write_mermaid},
	{"dag.dot", write_dot},
	{"timeline.txt", write_timeline},
	{"summary.md", write_summary},
	{"report.json", write_json},
	{"junit.xml", write_junit},
};

static bool write_file(const struct report_source *source, size_t file, struct error *error)
{
	struct arena arena = {0};
	struct file_writer writer;
	bool done = file_writer_open(
		&writer, path_join(&arena, source->settings->folder, files[file].name), error);

	if (done) {
		done = files[file].write(source, &writer.text, error) &&
		       file_writer_commit(&writer, error);
		file_writer_close(&writer);
	}
	arena_release(&arena);
	return done;
}

bool report_write(
	const struct run *run, const struct report_settings *settings, struct error *error)
{
	struct report_source source = {run, settings, clock_realtime_ms()};
	bool all_done = true;

	if (run->ended_ms != TIME_NONE)
		source.now_ms = run->ended_ms;
	else
		clock_source_date(&source.now_ms);
	if (!folder_make(settings->folder, error))
		return error_context(error, "the reports");
	for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
		struct error one = {0};

		if (write_file(&source, i, &one))
			continue;
		if (all_done)
			*error = one;
		all_done = false;
	}
	return all_done || error_context(error, "the reports");
}
