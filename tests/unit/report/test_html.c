#include "report/html.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/file.h"
#include "base/text.h"
#include "check.h"
#include "fixture.h"

static struct arena arena;

static char *new_folder(void)
{
	char *path = arena_copy_text(&arena, "/tmp/wavetrain-html-XXXXXX");

	assert_non_null(mkdtemp(path));
	return path;
}

static void write_file(const char *folder, const char *name, const char *text)
{
	struct error error = {0};

	if (!file_write_atomic(path_join(&arena, folder, name), text, strlen(text), &error))
		fail_msg("%s", error.text);
}

static void render(
	const struct run *run, const struct report_settings *settings, struct buffer *buffer)
{
	struct error error = {0};

	buffer_clear(buffer);
	if (!html_append(run, settings, run->ended_ms, buffer, &error))
		fail_msg("%s", error.text);
}

/* The JSON between the tags of the island of that id. */
static json_t *island(const struct buffer *page, const char *id)
{
	const char *start = strstr(buffer_text(page), arena_format(&arena, "id=\"%s\"", id));
	const char *end;
	json_error_t fault;
	json_t *json;

	assert_non_null(start);
	start = strchr(start, '>') + 1;
	end = strstr(start, "</script>");
	json = json_loadb(start, (size_t)(end - start), 0, &fault);
	if (!json)
		fail_msg("%s: %s at %d", id, fault.text, fault.position);
	return json;
}

static void base64_of_rfc_4648(void **state)
{
	static const char *const cases[][2] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="},
		{"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"}, {"\xff\xfe\xfd", "//79"}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct buffer buffer = BUFFER_INIT;

		base64_append(&buffer, (const unsigned char *)cases[i][0], strlen(cases[i][0]));
		assert_string_equal(buffer_text(&buffer), cases[i][1]);
		buffer_release(&buffer);
	}
}

static uint32_t base64_digit(char digit)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	return digit == '=' ? 0 : (uint32_t)(strchr(digits, digit) - digits);
}

static void append_least(const struct html_context *context, struct buffer *buffer)
{
	(void)context;
	for (size_t i = 0; i < HTML_PLAIN_LIMIT_BYTES; i++) {
		buffer_append_byte(buffer, 'a');
		buffer_drain(buffer);
	}
}

static void append_more(const struct html_context *context, struct buffer *buffer)
{
	append_least(context, buffer);
	for (int i = 0; i < 50000; i++) {
		buffer_printf(buffer, "[%d]", i * 7919);
		buffer_drain(buffer);
	}
}

static void base64_decode(const struct buffer *text, struct buffer *bytes)
{
	for (size_t i = 0; i < text->size; i += 4) {
		const char *at = text->bytes + i;
		uint32_t group = base64_digit(at[0]) << 18 | base64_digit(at[1]) << 12 |
				 base64_digit(at[2]) << 6 | base64_digit(at[3]);

		/* Only the end may be padded, whatever the pieces were. */
		assert_true(at[3] != '=' || i + 4 == text->size);
		buffer_append_byte(bytes, (char)(group >> 16));
		buffer_append_byte(bytes, (char)(group >> 8 & 255));
		buffer_append_byte(bytes, (char)(group & 255));
	}
}

static void large_islands_are_deflated(void **state)
{
	struct buffer whole = BUFFER_INIT;
	struct buffer text = BUFFER_INIT;
	struct buffer packed = BUFFER_INIT;
	const char *encoding;

	(void)state;
	append_least(NULL, &whole);
	html_pack(NULL, append_least, &text, &encoding);
	assert_string_equal(encoding, "json");
	assert_string_equal(buffer_text(&text), buffer_text(&whole));
	buffer_clear(&text);
	buffer_clear(&whole);
	append_more(NULL, &whole);
	html_pack(NULL, append_more, &text, &encoding);
	assert_string_equal(encoding, "deflate-raw+base64");
	base64_decode(&text, &packed);
	unsigned char *plain = calloc(1, whole.size + 1);
	z_stream stream = {.next_in = (Bytef *)packed.bytes,
		.avail_in = (uInt)packed.size,
		.next_out = plain,
		.avail_out = (uInt)whole.size + 1};
	assert_int_equal(inflateInit2(&stream, -15), Z_OK);
	assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
	assert_int_equal(stream.total_out, whole.size);
	assert_memory_equal(plain, whole.bytes, whole.size);
	inflateEnd(&stream);
	free(plain);
	buffer_release(&whole);
	buffer_release(&text);
	buffer_release(&packed);
}

static void islands_say_what_the_run_says(void **state)
{
	const struct run *run = fixture_failed(&arena);
	const struct report_settings settings = {0};
	struct buffer page = BUFFER_INIT;
	json_t *steps;
	json_t *small;

	(void)state;
	render(run, &settings, &page);
	small = island(&page, "run");
	assert_string_equal(json_string_value(json_object_get(small, "id")), run->id);
	assert_int_equal(json_integer_value(json_object_get(small, "steps")), run->step_count);
	assert_int_equal(json_array_size(json_object_get(small, "waves")), run->wave_count);
	steps = island(&page, "step-data");
	static const char *const columns[] = {
		"id", "command", "took", "queue", "wave", "group", "need_count", "exit", "start"};
	for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
		assert_int_equal(
			json_array_size(json_object_get(steps, columns[i])), run->step_count);
	int64_t start = 0;
	for (uint32_t i = 0; i < run->step_count; i++) {
		const struct run_step *step = &run->steps[i];

		assert_string_equal(
			json_string_value(json_array_get(json_object_get(steps, "id"), i)),
			step->id);
		start += json_integer_value(json_array_get(json_object_get(steps, "start"), i));
		if (step->started_ms != TIME_NONE) {
			assert_int_equal(start, step->started_ms - run->started_ms);
			assert_int_equal(json_integer_value(
						 json_array_get(json_object_get(steps, "took"), i)),
				run_step_duration_ms(run, i, run->ended_ms));
		}
	}
	json_decref(small);
	json_decref(steps);
	buffer_release(&page);
}

/* The table says what the line at the end sums up: nothing waited for the last wave. */
static void waves_say_what_waiting_for_them_cost(void **state)
{
	const struct report_settings settings = {0};
	struct buffer page = BUFFER_INIT;

	(void)state;
	render(fixture_done(&arena), &settings, &page);
	check_contains(&page, "<td class=\"number\">12.3 s</td><td class=\"number\">36.9 s</td>");
	check_contains(&page, "<td class=\"number\">10.2 s</td><td class=\"number\">22.5 s</td>");
	check_contains(&page, "<td class=\"number\">19.4 s</td><td class=\"number\">–</td>");
	buffer_clear(&page);
	render(fixture_incomplete(&arena), &settings, &page);
	check_contains(&page, "\"state failed\"><span aria-hidden=\"true\">✕</span> failed</span>");
	check_contains(
		&page, "\"state skipped\"><span aria-hidden=\"true\">»</span> incomplete</span>");
	buffer_release(&page);
}

static void commits_before_a_waves_end_stand_beneath_it(void **state)
{
	const struct report_settings settings = {0};
	struct buffer page = BUFFER_INIT;
	struct run run = *fixture_done(&arena);
	struct checkpoint checkpoints[8] = {{.trigger = TRIGGER_MILESTONE,
		.wave = 1,
		.partial = true,
		.time_ms = run.started_ms + 15000,
		.duration_ms = 250,
		.commit = "feed0123456789",
		.files_changed = 3}};

	(void)state;
	assert_true(run.checkpoint_count < ARRAY_LENGTH(checkpoints));
	for (uint32_t i = 0; i < run.checkpoint_count; i++)
		checkpoints[i + 1] = run.checkpoints[i];
	for (uint32_t i = 0; i < run.wave_count; i++)
		run.waves[i].checkpoint += run.waves[i].checkpoint != INDEX_NONE;
	run.checkpoints = checkpoints;
	run.checkpoint_count++;
	render(&run, &settings, &page);
	check_contains(&page,
		"<th scope=\"row\">◆ milestone</th><td><span class=\"state pending\"><span "
		"aria-hidden=\"true\"></span> while steps ran</span></td><td class=\"number\"></td>"
		"<td class=\"number\">14.8 s</td><td class=\"number\">250 ms</td>");
	check_contains(&page, "title=\"feed0123456789\">feed012</code>");
	buffer_release(&page);
}

static void names_cannot_leave_their_place(void **state)
{
	static const char *const payloads[] = {"</script><script>alert(1)</script>",
		"<img src=x onerror=alert(2)>", "\"><b>", "{{{script}}}", "\xe2\x80\xae", "\x1b[2J",
		"\xff", "' x='"};
	const struct report_settings settings = {.markdown = {.resume_command = "<i>"}};
	struct buffer clean = BUFFER_INIT;
	struct buffer page = BUFFER_INIT;

	(void)state;
	render(fixture_failed(&arena), &settings, &clean);
	for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
		struct run *run = fixture_failed(&arena);

		run->pipeline_name = run->branch = run->host = payloads[i];
		for (uint32_t k = 0; k < run->step_count; k++) {
			run->steps[k].id = run->steps[k].name = payloads[i];
			run->steps[k].command = run->steps[k].reason = payloads[i];
		}
		render(run, &settings, &page);
		assert_int_equal(check_count(&page, "<script"), check_count(&clean, "<script"));
		assert_int_equal(check_count(&page, "</script"), check_count(&clean, "</script"));
		check_lacks(&page, "<img");
		check_lacks(&page, "\"><b>");
		check_lacks(&page, "\xe2\x80\xae");
		check_lacks(&page, "\x1b");
		check_lacks(&page, "<i>");
		assert_true(utf8_is_valid(page.bytes, page.size));
		json_decref(island(&page, "step-data"));
		json_decref(island(&page, "run"));
	}
	buffer_release(&clean);
	buffer_release(&page);
}

static void failures_show_the_end_of_their_log(void **state)
{
	struct run *run = fixture_failed(&arena);
	const struct report_settings settings = {0};
	struct buffer page = BUFFER_INIT;
	struct buffer log = BUFFER_INIT;
	uint32_t failed;

	(void)state;
	assert_true(run_failures(run, &failed, 1) >= 1);
	run->folder = new_folder();
	for (int i = 1; i <= 300; i++)
		buffer_printf(&log, "line %d of <log>\n", i);
	write_file(run->folder, "the.log", buffer_text(&log));
	struct run_attempt *last = &run->attempts[run->steps[failed].attempts.first +
						  run->steps[failed].attempts.count - 1];
	last->log_path = "the.log";
	last->log_bytes = log.size;
	render(run, &settings, &page);
	check_contains(&page, "The last 20 lines it wrote, from the.log");
	check_contains(&page, "line 281 of &lt;log&gt;\nline 282");
	check_lacks(&page, "line 280 of &lt;log&gt;");
	check_contains(&page, "line 101 of \\u003clog\\u003e");
	check_lacks(&page, "line 100 of \\u003clog\\u003e");
	last->log_path = "../../../etc/passwd";
	render(run, &settings, &page);
	check_lacks(&page, "root:x:");
	buffer_release(&page);
	buffer_release(&log);
}

static void templates_are_replaced_one_by_one(void **state)
{
	const struct run *run = fixture_done(&arena);
	struct report_settings settings = {.templates = new_folder()};
	struct buffer page = BUFFER_INIT;
	struct error error = {0};

	(void)state;
	write_file(settings.templates, "report.css", "body {\r\n  color: {{light_colors}}\r\n}");
	render(run, &settings, &page);
	check_contains(&page, "<style>body {\n  color: --hair");
	check_contains(&page, "'use strict';");
	write_file(settings.templates, "report.html", "one\n{{pipelin}}\n");
	assert_false(html_append(run, &settings, 0, &page, &error));
	assert_int_equal(error.code, ERROR_TEMPLATE);
	assert_non_null(strstr(error.text, "report.html:2: nothing is called 'pipelin'"));
	assert_string_equal(error.hint, "did you mean 'pipeline'?");
	write_file(settings.templates, "report.js", "'</ScRiPt>'");
	assert_false(html_append(run, &settings, 0, &page, &error));
	assert_non_null(strstr(error.text, "would end the script"));
	buffer_release(&page);
}

static void empty_and_pending_runs_are_fine(void **state)
{
	struct run *run = fixture_done(&arena);
	struct run nothing = {.id = "run_x",
		.pipeline_name = "p",
		.pipeline_file = "p.yml",
		.started_ms = TIME_NONE,
		.ended_ms = TIME_NONE};
	const struct report_settings settings = {.previous = run};
	struct buffer page = BUFFER_INIT;
	struct error error = {0};

	(void)state;
	assert_true(html_append(&nothing, &settings, 0, &page, &error));
	check_contains(&page, "No step has run.");
	check_contains(&page, "Removed");
	buffer_clear(&page);
	run->state = STATE_RUNNING;
	run->ended_ms = TIME_NONE;
	run->steps[3].state = STATE_RUNNING;
	run->attempts[run->attempt_count - 1].ended_ms = TIME_NONE;
	assert_true(html_append(run, &settings, FIXTURE_START_MS + 60000, &page, &error));
	json_decref(island(&page, "step-data"));
	buffer_release(&page);
}

static void same_run_same_bytes(void **state)
{
	const struct report_settings settings = {0};
	struct buffer first = BUFFER_INIT;
	struct buffer second = BUFFER_INIT;

	(void)state;
	render(fixture_failed(&arena), &settings, &first);
	render(fixture_failed(&arena), &settings, &second);
	assert_int_equal(first.size, second.size);
	assert_memory_equal(first.bytes, second.bytes, first.size);
	buffer_release(&first);
	buffer_release(&second);
}

static void all_files_are_written(void **state)
{
	static const char *const names[] = {"report.html", "dag.mmd", "dag.dot", "timeline.txt",
		"summary.md", "report.json", "junit.xml"};
	struct report_settings settings = {.folder = path_join(&arena, new_folder(), "a/b")};
	struct error error = {0};

	(void)state;
	assert_true(report_write(fixture_failed(&arena), &settings, &error));
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		assert_true(path_exists(path_join(&arena, settings.folder, names[i])));
	/* One that cannot be written keeps none of the others back. */
	settings.folder = new_folder();
	assert_true(folder_make(path_join(&arena, settings.folder, "report.html/x"), &error));
	assert_false(report_write(fixture_failed(&arena), &settings, &error));
	assert_non_null(strstr(error.text, "report.html"));
	for (size_t i = 1; i < sizeof names / sizeof names[0]; i++)
		assert_true(path_exists(path_join(&arena, settings.folder, names[i])));
}

static int release(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64_of_rfc_4648),
		cmocka_unit_test(large_islands_are_deflated),
		cmocka_unit_test(islands_say_what_the_run_says),
		cmocka_unit_test(waves_say_what_waiting_for_them_cost),
		cmocka_unit_test(commits_before_a_waves_end_stand_beneath_it),
		cmocka_unit_test(names_cannot_leave_their_place),
		cmocka_unit_test(failures_show_the_end_of_their_log),
		cmocka_unit_test(templates_are_replaced_one_by_one),
		cmocka_unit_test(empty_and_pending_runs_are_fine),
		cmocka_unit_test(same_run_same_bytes),
		cmocka_unit_test(all_files_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
