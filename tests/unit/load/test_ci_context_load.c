/* What a job's variables and event file say, event by event. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/index.h"
#include "load/ci_context_load.h"

#define SHA "0123456789012345678901234567890123456789"
#define HEAD_SHA "abcdefabcdefabcdefabcdefabcdefabcdefabcd"
#define BASE_SHA "1111111111111111111111111111111111111111"
#define PULL(head)                                                                                 \
	"{\"pull_request\": {\"number\": 7, \"head\": {\"sha\": \"" HEAD_SHA                       \
	"\", \"ref\": \"topic\", \"repo\": " head "}, \"base\": {\"sha\": \"" BASE_SHA             \
	"\", \"repo\": {\"full_name\": \"o/r\"}}}}"

struct event_case {
	const char *name, *reference, *event;
	const char *sha, *branch;
	uint64_t pull_request;
	bool from_fork, warns;
};

static const struct event_case cases[] = {
	{"push", "refs/heads/main/x", "{}", SHA, "main/x", 0, false, false},
	{"push", "refs/tags/v1", "{}", SHA, NULL, 0, false, false},
	{"schedule", "refs/heads/main", "{}", SHA, NULL, 0, false, false},
	{"pull_request", "refs/pull/7/merge", PULL("{\"full_name\": \"o/r\"}"), HEAD_SHA, "topic",
		7, false, false},
	{"pull_request", "refs/pull/7/merge", PULL("{\"full_name\": \"x/r\"}"), HEAD_SHA, NULL, 7,
		true, false},
	{"pull_request", "refs/pull/7/merge", PULL("null"), HEAD_SHA, NULL, 7, true, false},
	{"pull_request_target", "refs/heads/main", PULL("{\"full_name\": \"o/r\"}"), HEAD_SHA, NULL,
		7, false, false},
	{"workflow_run", "refs/heads/main",
		"{\"workflow_run\": {\"head_sha\": \"" HEAD_SHA
		"\", \"pull_requests\": [{\"number\": 9}], \"head_repository\": {\"full_name\": "
		"\"o/r\"}, \"repository\": {\"full_name\": \"o/r\"}}}",
		HEAD_SHA, NULL, 9, false, false},
	{"merge_group", "refs/heads/gh-readonly-queue/main/x",
		"{\"merge_group\": {\"head_sha\": \"" HEAD_SHA "\"}}", HEAD_SHA, NULL, 0, false,
		false},
	{"issue_comment", "refs/heads/main", "{\"issue\": {\"number\": 4, \"pull_request\": {}}}",
		SHA, NULL, 4, false, false},
	{"issue_comment", "refs/heads/main", "{\"issue\": {\"number\": 4}}", SHA, NULL, 0, false,
		false},
	{"push", "refs/heads/main", "{broken", SHA, "main", 0, false, true},
	{"push", "refs/heads/main", "[]", SHA, "main", 0, false, true},
};

static void check_case(const struct event_case *expected, const char *path, struct arena *arena)
{
	const char *environment[] = {"GITHUB_ACTIONS=true", "GITHUB_REPOSITORY=o/r",
		"GITHUB_SHA=" SHA, "GITHUB_RUN_ID=42", "GITHUB_TOKEN=t0k",
		arena_format(arena, "GITHUB_EVENT_NAME=%s", expected->name),
		arena_format(arena, "GITHUB_REF=%s", expected->reference),
		arena_format(arena, "GITHUB_EVENT_PATH=%s", path), NULL};
	struct error error = {0};
	struct ci_context context;
	const char *warning;
	assert_true(file_write_atomic(path, expected->event, strlen(expected->event), &error));
	ci_context_load(environment, arena, &context, &warning);
	assert_true(context.github_actions);
	assert_string_equal(context.report_sha, expected->sha);
	assert_int_equal(context.pull_request, expected->pull_request);
	assert_int_equal(context.from_fork, expected->from_fork);
	assert_int_equal(warning != NULL, expected->warns);
	if (expected->branch)
		assert_string_equal(context.head_branch, expected->branch);
	else
		assert_null(context.head_branch);
	assert_string_equal(context.run_url, "https://github.com/o/r/actions/runs/42");
}

static void test_events(void **state)
{
	(void)state;
	char folder[] = "/tmp/wavetrain-event-XXXXXX";
	struct arena arena = {0};
	struct error error = {0};
	assert_non_null(mkdtemp(folder));
	const char *path = path_join(&arena, folder, "event.json");
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		print_message("%s %s\n", cases[i].name, cases[i].event);
		check_case(&cases[i], path, &arena);
	}
	assert_true(path_remove(folder, &error));
	arena_release(&arena);
}

static void test_variables(void **state)
{
	(void)state;
	static const char *const environment[] = {"GITHUB_API_URL=http://127.0.0.1:80//",
		"GITHUB_REPOSITORY=o/../x", "GITHUB_SHA=--help",
		"WAVETRAIN_TOKEN=", "GITHUB_TOKEN=second", "INPUT_TOKEN=third", "RUNNER_DEBUG=1",
		"GITHUB_EVENT_PATH=/nonexistent/event.json", NULL};
	struct arena arena = {0};
	struct ci_context context;
	const char *warning;
	ci_context_load(environment, &arena, &context, &warning);
	assert_string_equal(context.api_url, "http://127.0.0.1:80");
	assert_string_equal(context.token, "second");
	assert_null(context.owner);
	assert_null(context.report_sha);
	assert_null(context.run_url);
	assert_true(context.debug);
	assert_false(context.github_actions);
	assert_non_null(warning);
	arena_release(&arena);
}

static void test_token_with_a_line_end_is_not_used(void **state)
{
	(void)state;
	static const char *const environment[] = {"GITHUB_TOKEN=abc\r\nX: y", NULL};
	struct arena arena = {0};
	struct ci_context context;
	const char *warning;
	ci_context_load(environment, &arena, &context, &warning);
	assert_null(context.token);
	assert_non_null(strstr(warning, "GITHUB_TOKEN"));
	arena_release(&arena);
}

static void test_huge_event_is_not_built(void **state)
{
	(void)state;
	char folder[] = "/tmp/wavetrain-event-XXXXXX";
	struct arena arena = {0};
	struct error error = {0};
	struct buffer event = BUFFER_INIT;
	struct ci_context context;
	const char *warning;
	assert_non_null(mkdtemp(folder));
	const char *path = path_join(&arena, folder, "event.json");
	buffer_append_text(&event, "{\"a\": [");
	buffer_append_repeated(&event, "{},", 1000000);
	buffer_append_text(&event, "{}]}");
	assert_true(file_write_atomic(path, event.bytes, event.size, &error));
	const char *environment[] = {arena_format(&arena, "GITHUB_EVENT_PATH=%s", path), NULL};
	ci_context_load(environment, &arena, &context, &warning);
	assert_non_null(strstr(warning, "more than 1000000 values"));
	assert_true(path_remove(folder, &error));
	buffer_release(&event);
	arena_release(&arena);
}

/* What a job starts from: for pull requests, pushes and merge groups. */
static void test_base(void **state)
{
	static const struct {
		const char *name, *event, *base;
	} bases[] = {
		{"pull_request", PULL("null"), BASE_SHA},
		{"push", "{\"before\": \"" BASE_SHA "\"}", BASE_SHA},
		{"push", "{\"before\": \"0000000000000000000000000000000000000000\"}", NULL},
		{"push", "{\"before\": \"HEAD\"}", NULL},
		{"merge_group", "{\"merge_group\": {\"base_sha\": \"" BASE_SHA "\"}}", BASE_SHA},
		{"schedule", "{\"before\": \"" BASE_SHA "\"}", NULL},
	};
	struct arena arena = {0};
	char path[] = "/tmp/wavetrain-event-XXXXXX";
	int file = mkstemp(path);
	(void)state;
	assert_true(file >= 0);
	close(file);
	for (size_t i = 0; i < ARRAY_LENGTH(bases); i++) {
		const char *environment[] = {
			arena_format(&arena, "GITHUB_EVENT_NAME=%s", bases[i].name),
			arena_format(&arena, "GITHUB_EVENT_PATH=%s", path), NULL};
		struct error error = {0};
		struct ci_context context;
		const char *warning;
		assert_true(
			file_write_atomic(path, bases[i].event, strlen(bases[i].event), &error));
		ci_context_load(environment, &arena, &context, &warning);
		if (bases[i].base)
			assert_string_equal(context.base_sha, bases[i].base);
		else
			assert_null(context.base_sha);
	}
	unlink(path);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_variables),
		cmocka_unit_test(test_token_with_a_line_end_is_not_used),
		cmocka_unit_test(test_huge_event_is_not_built),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
