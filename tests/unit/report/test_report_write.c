#include "check.h"

#include <dirent.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "fixture.h"
#include "report/html.h"
#include "report/mermaid.h"
#include "report/report.h"

static char *new_folder(struct arena *arena)
{
	char *path = arena_copy_text(arena, "/tmp/wavetrain-report-XXXXXX");
	assert_non_null(mkdtemp(path));
	return path;
}

static void whole_html(const struct run *run, struct buffer *buffer)
{
	const struct report_settings settings = {0};
	struct error error;
	assert_true(html_append(run, &settings, run->ended_ms, buffer, &error));
}

static void whole_dot(const struct run *run, struct buffer *buffer)
{
	dot_append(run, true, buffer);
}

static void whole_mermaid(const struct run *run, struct buffer *buffer)
{
	mermaid_append(run, true, buffer);
}

/* What is written in pieces is what a small text in memory would be. */
static void test_pieces_make_the_same_files(void **state)
{
	static const struct {
		const char *name;
		void (*append)(const struct run *run, struct buffer *buffer);
	} files[] = {{"report.html", whole_html}, {"dag.dot", whole_dot},
		{"dag.mmd", whole_mermaid}, {"report.json", run_json_append},
		{"junit.xml", junit_append}};
	CLEANUP(arena_release) struct arena arena = {0};
	struct report_settings settings = {.folder = new_folder(&arena)};
	struct run *run = fixture_grid(1000, 6, 97, &arena);
	struct error error;
	(void)state;
	assert_true(report_write(run, &settings, &error));
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		CLEANUP(buffer_release) struct buffer expected = BUFFER_INIT;
		CLEANUP(buffer_release) struct buffer found = BUFFER_INIT;
		const char *path = path_join(&arena, settings.folder, files[i].name);
		files[i].append(run, &expected);
		assert_true(file_read(path, 1u << 30, &found, &error));
		if (found.size != expected.size ||
			memcmp(found.bytes, expected.bytes, found.size) != 0)
			fail_msg("%s differs: %zu and %zu bytes", files[i].name, found.size,
				expected.size);
	}
	assert_true(path_remove(settings.folder, &error));
}

static void measure(void *context, const char *bytes, size_t size)
{
	size_t *most = context;
	(void)bytes;
	*most = size > *most ? size : *most;
}

/* However many steps there are, no more than a few pieces are in memory. */
static void test_long_files_are_handed_on(void **state)
{
	static void (*const appends[])(const struct run *run, struct buffer *buffer) = {
		whole_dot, run_json_append, junit_append, whole_html};
	CLEANUP(arena_release) struct arena arena = {0};
	struct run *run = fixture_grid(1000, 6, 0, &arena);
	(void)state;
	for (size_t i = 0; i < sizeof appends / sizeof appends[0]; i++) {
		size_t most = 0;
		const struct buffer_outlet outlet = {measure, &most};
		CLEANUP(buffer_release) struct buffer buffer = {.outlet = &outlet};
		appends[i](run, &buffer);
		assert_true(most >= BUFFER_PIECE_BYTES - 1);
		assert_true(most < 3 * BUFFER_PIECE_BYTES);
		assert_true(buffer.capacity <= 4 * BUFFER_PIECE_BYTES);
	}
}

static void test_a_failed_report_leaves_nothing_beside_it(void **state)
{
	CLEANUP(arena_release) struct arena arena = {0};
	struct report_settings settings = {
		.folder = new_folder(&arena), .templates = new_folder(&arena)};
	struct error error;
	uint32_t count = 0;
	(void)state;
	const char *path = path_join(&arena, settings.templates, "report.html");
	assert_true(file_write_atomic(path, "{{nobody}}\n", 11, &error));
	assert_false(report_write(fixture_failed(&arena), &settings, &error));
	assert_non_null(strstr(error.text, "report.html:1: nothing is called 'nobody'"));
	DIR *stream = opendir(settings.folder);
	assert_non_null(stream);
	for (const struct dirent *entry; (entry = readdir(stream));) {
		assert_null(strstr(entry->d_name, "report.html"));
		count += entry->d_name[0] != '.';
	}
	closedir(stream);
	assert_int_equal(count, 6);
	assert_true(path_remove(settings.folder, &error));
	assert_true(path_remove(settings.templates, &error));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_pieces_make_the_same_files),
		cmocka_unit_test(test_long_files_are_handed_on),
		cmocka_unit_test(test_a_failed_report_leaves_nothing_beside_it)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
