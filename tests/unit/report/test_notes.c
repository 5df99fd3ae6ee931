/* What few steps have, in every report: contracts' errors, summaries, gates, the cache. */
#include "check.h"

#include <jansson.h>

#include "base/cleanup.h"
#include "fixture.h"
#include "report/html.h"
#include "report/report.h"

static const struct markdown_context markdown = {.resume_command = "wavetrain resume x"};

static struct run *noted(struct arena *arena)
{
	static const struct contract_error errors[] = {{"/items/0", "minimum", "at least 1", "0"},
		{"", "required", "a property 'na<me'", NULL}};
	static const char summary[] = "**three** findings <script>\n```\nopen";
	static struct run_gate gates[2];
	struct run *run = fixture_failed(arena);
	uint32_t failed;
	assert_int_equal(run_failures(run, &failed, 1), 1);
	struct run_contract *contract = ARENA_NEW(arena, struct run_contract);
	*contract = (struct run_contract){.step = failed,
		.attempt = run->steps[failed].attempts.count,
		.subject = "json_schema report",
		.reason = "7 errors",
		.errors = errors,
		.error_count = 2,
		.error_total = 7};
	run->contracts = contract;
	run->contract_count = 1;
	for (uint32_t i = 0; i < run->step_count; i++)
		run->steps[i].contracts = (struct index_range){0, i == failed};
	run->steps[0].summary = summary;
	run->steps[0].cache_key = "9f2c1a7e00";
	gates[0] = (struct run_gate){.step = 0, .opened_ms = TIME_NONE};
	gates[1] = (struct run_gate){.step = 1, .is_open = true, .approved_by = "octocat"};
	run->gates = gates;
	run->gate_count = 2;
	return run;
}

static void test_markdown(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer summary = BUFFER_INIT;
	CLEANUP(buffer_release) struct buffer comment = BUFFER_INIT;
	struct run *run = noted(&arena);
	summary_append(run, &markdown, &summary);
	comment_append(run, &markdown, &comment);
	for (int i = 0; i < 2; i++) {
		const struct buffer *text = i ? &comment : &summary;
		check_contains(text, "  - /items/0 minimum: expected at least 1, found 0\n");
		check_contains(text, "  - \\(whole\\) required");
		check_contains(text, "and 5 more\n");
		check_contains(text,
			"\n\n> **three** findings <\u2060script>\n> ```\n> open\n\n</details>\n");
		check_contains(text, "`wavetrain approve run_20251209_143022 ");
		check_lacks(text, "<script>");
		assert_int_equal(check_count(text, "wavetrain approve"), 1);
		assert_int_equal(check_count(text, "<details"), check_count(text, "</details>"));
	}
}

static void test_trace(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct text_style style = {0};
	struct run *run = noted(&arena);
	trace_step_append(run, run->contracts[0].step, &style, 0, &buffer);
	check_contains(&buffer, "/items/0  minimum: expected at least 1, found 0\n");
	check_contains(&buffer, "(whole)  required: expected a property 'na<me'\n");
	check_contains(&buffer, "… and 5 more\n");
	buffer_clear(&buffer);
	trace_step_append(run, 0, &style, 0, &buffer);
	check_contains(&buffer, "taken under key 9f2c1a7e00\n");
	check_contains(&buffer, "  Gate       waits: wavetrain approve run_20251209_143022 lint\n");
	check_contains(&buffer, "  Summary\n    **three** findings <script>\n    ```\n    open\n");
	buffer_clear(&buffer);
	trace_step_append(run, 1, &style, 0, &buffer);
	check_contains(&buffer, "  Gate       approved by octocat\n");
}

static void test_json(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct run *run = noted(&arena);
	json_error_t error;
	run_json_append(run, &buffer);
	json_t *root = json_loadb(buffer.bytes, buffer.size, JSON_REJECT_DUPLICATES, &error);
	assert_non_null(root);
	json_t *steps = json_object_get(root, "steps");
	json_t *failed = json_array_get(steps, run->contracts[0].step);
	json_t *contract = json_array_get(json_object_get(failed, "contracts"), 0);
	json_t *errors = json_object_get(contract, "errors");
	assert_int_equal(json_array_size(errors), 2);
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(errors, 0), "pointer")),
		"/items/0");
	assert_true(json_is_null(json_object_get(json_array_get(errors, 1), "actual")));
	assert_int_equal(json_integer_value(json_object_get(contract, "error_total")), 7);
	json_t *first = json_array_get(steps, 0);
	assert_string_equal(json_string_value(json_object_get(first, "cache_key")), "9f2c1a7e00");
	assert_string_equal(
		json_string_value(json_object_get(first, "summary")), run->steps[0].summary);
	json_t *gates = json_object_get(root, "gates");
	assert_int_equal(json_array_size(gates), 2);
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(gates, 1), "approved_by")),
		"octocat");
	json_decref(root);
}

static void test_page(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct report_settings settings = {.folder = "/nonexistent"};
	struct error error = {0};
	if (!html_append(noted(&arena), &settings, 0, &buffer, &error))
		fail_msg("%s", error.text);
	check_contains(&buffer,
		"<td><code>/items/0</code></td><td class=\"rule\">minimum</td><td>at least "
		"1</td>");
	check_contains(&buffer, "<code>json_schema report</code>: 7 errors</p>");
	check_contains(&buffer, "[[0,\"json_schema report\",\"7 errors\",1,"
				"[[\"/items/0\",\"minimum\",\"at least 1\",\"0\"],"
				"[\"\",\"required\",\"a property 'na\\u003cme'\",\"\"]],7]]");
	check_contains(&buffer, "\"marks\":{\"0\":\"waits for approval\",\"1\":\"approved\"}");
	check_contains(&buffer, "<details class=\"note\" open><summary>lint</summary>");
	check_contains(&buffer, "<td>a property &#39;na&lt;me&#39;</td>");
	check_contains(&buffer, "and 5 more");
	check_contains(&buffer, "**three** findings &lt;script&gt;");
	check_contains(&buffer, "wavetrain approve run_20251209_143022 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_markdown),
		cmocka_unit_test(test_trace),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
