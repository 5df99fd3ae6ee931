#include "publish/publication.h"

#include "publish/publication_world.h"

#include "base/index.h"

static void test_a_run_from_start_to_end(void **state)
{
	(void)state;
	struct world world;
	world_start(&world, "fake-github.mjs", "{}");
	world_open(&world);
	publication_started(world.publication, "running 12 steps");
	expect_field(&world, "statuses", 0, "state", "pending");
	expect_field(&world, "statuses", 0, "context", "wavetrain / docs");
	const struct publication_result result = {.state = "success",
		.description = "12 steps done",
		.pushed_commit = PUSHED,
		.comment_body = "### All well\n"};
	publication_finished(world.publication, &result);
	assert_int_equal(world_count(&world, "statuses"), 3);
	expect_field(&world, "statuses", 1, "sha", SHA);
	expect_field(&world, "statuses", 1, "state", "success");
	expect_field(&world, "statuses", 1, "description", "12 steps done");
	expect_field(&world, "statuses", 1, "target_url", world.context.run_url);
	expect_field(&world, "statuses", 2, "sha", PUSHED);
	expect_field(&world, "comments", 0, "body",
		"<!-- wavetrain:docs:v1 -->\n<!-- wavetrain-state:success -->\n### All well\n");
	expect_silence(&world);
	assert_int_equal(publication_request_count(world.publication), 5);
	assert_true(world.waited_ms >= 2900); /* four writes, a second between them */
	world_stop(&world);
}

static void test_the_headers_github_wants(void **state)
{
	(void)state;
	struct world world;
	world_start(&world, "fake-github.mjs", "{}");
	world_open(&world);
	publication_started(world.publication, "");
	json_t *log = fake_github_ask(&world.fake, "{\"requests\":true}");
	const json_t *request = json_array_get(log, 0);
	const json_t *headers = json_object_get(request, "headers");
	static const char *const expected[][2] = {
		{"accept", "application/vnd.github+json"},
		{"x-github-api-version", "2022-11-28"},
		{"user-agent", "wavetrain/" WAVETRAIN_VERSION},
	};
	assert_true(json_is_true(json_object_get(request, "authorized")));
	for (size_t i = 0; i < ARRAY_LENGTH(expected); i++) {
		const json_t *value = json_object_get(headers, expected[i][0]);
		assert_string_equal(json_string_value(value), expected[i][1]);
	}
	json_decref(log);
	world_stop(&world);
}

static void test_the_comment_is_updated_in_place_and_only_when_changed(void **state)
{
	(void)state;
	struct world world;
	world_start(&world, "fake-github.mjs", "{}");
	world.settings.status = false;
	world_open(&world);
	world_finish(&world, "failure", "one");
	world_finish(&world, "failure", "two");
	world_finish(&world, "failure", "two");
	assert_int_equal(world_count(&world, "comments"), 1);
	assert_int_equal(request_count(&world, "PATCH", "/issues/comments/"), 1);
	expect_field(&world, "comments", 0, "body",
		"<!-- wavetrain:docs:v1 -->\n<!-- wavetrain-state:failure -->\ntwo");
	expect_silence(&world);
	world_stop(&world);
}

static void test_a_comment_far_behind_is_found(void **state)
{
	(void)state;
	struct world world;
	world_start(&world, "fake-github.mjs", "{}");
	world.settings.status = false;
	for (int i = 0; i < 250; i++)
		fake_github_tell(
			&world.fake, "{\"comment\":{\"login\":\"someone\",\"body\":\"chatter\"}}");
	fake_github_tell(&world.fake, "{\"comment\":{\"body\":\"" MARKER "old\"}}");
	world_open(&world);
	world_finish(&world, "success", "new");
	assert_int_equal(world_count(&world, "comments"), 251);
	assert_int_equal(request_count(&world, "GET", "page=3"), 1);
	expect_field(&world, "comments", 250, "body",
		"<!-- wavetrain:docs:v1 -->\n<!-- wavetrain-state:success -->\nnew");
	world_stop(&world);
}

static void test_strangers_markers_are_left_alone(void **state)
{
	(void)state;
	static const char *const strangers[] = {
		"{\"comment\":{\"login\":\"mallory\",\"body\":\"" MARKER "forged\"}}",
		"{\"comment\":{\"login\":\"dependabot[bot]\",\"body\":\"" MARKER "echo\"}}",
		"{\"comment\":{\"login\":\"github-actions\",\"body\":\"" MARKER "user\"}}",
		"{\"comment\":{\"body\":\"> quoted\\n" MARKER "not at the start\"}}",
		"{\"comment\":{\"body\":\"<!-- wavetrain:docs2:v1 -->\\nanother pipeline\"}}",
		"{\"comment\":{\"issue\":2,\"body\":\"" MARKER "another pull request\"}}",
	};
	struct world world;
	world_start(&world, "fake-github.mjs", "{}");
	for (size_t i = 0; i < ARRAY_LENGTH(strangers); i++)
		fake_github_tell(&world.fake, strangers[i]);
	world_open(&world);
	world_finish(&world, "success", "ours");
	assert_int_equal(world_count(&world, "comments"), ARRAY_LENGTH(strangers) + 1);
	assert_int_equal(request_count(&world, "PATCH", ""), 0);
	world_stop(&world);
}

static void test_a_persons_token_asks_who_it_is(void **state)
{
	(void)state;
	struct world world;
	world_start(&world, "fake-github.mjs",
		"{\"token\":\"ghp_person\",\"login\":\"Ada\",\"userStatus\":200}");
	world.context.token = "ghp_person";
	fake_github_tell(&world.fake,
		"{\"comment\":{\"login\":\"github-actions[bot]\",\"body\":\"" MARKER "bot\"}}");
	fake_github_tell(
		&world.fake, "{\"comment\":{\"login\":\"ada\",\"body\":\"" MARKER "mine\"}}");
	world_open(&world);
	world_finish(&world, "success", "new");
	assert_int_equal(request_count(&world, "GET", "/user"), 1);
	assert_int_equal(world_count(&world, "comments"), 2);
	expect_field(&world, "comments", 1, "body",
		"<!-- wavetrain:docs:v1 -->\n<!-- wavetrain-state:success -->\nnew");
	expect_silence(&world);
	world_stop(&world);
}

static void test_another_apps_token_is_told_of_its_limit(void **state)
{
	(void)state;
	struct world world;
	world_start(&world, "fake-github.mjs", "{\"login\":\"our-app[bot]\"}");
	world_open(&world);
	world_finish(&world, "success", "new");
	assert_int_equal(world_count(&world, "comments"), 1);
	expect_warning(&world, "it was written as our-app[bot]");
	world_stop(&world);

	/* A server that gives the token back where no token belongs. */
	world_start(&world, "fake-github.mjs", "{\"login\":\"" TOKEN "\"}");
	world_open(&world);
	world_finish(&world, "success", "new");
	expect_warning(&world, "it was written as ***");
	world_stop(&world);
}

static void test_comment_policies(void **state)
{
	(void)state;
	struct world world;
	world_start(&world, "fake-github.mjs", "{}");
	world.settings.comment = COMMENT_OFF;
	world_open(&world);
	world_finish(&world, "failure", "a");
	assert_int_equal(world_count(&world, "comments"), 0);

	world.settings.comment = COMMENT_FAILURES;
	world_open(&world);
	world_finish(&world, "success", "b");
	assert_int_equal(world_count(&world, "comments"), 0);
	world_finish(&world, "failure", "c");
	assert_int_equal(world_count(&world, "comments"), 1);
	/* What failed and is well again must not go on saying that it failed. */
	world_finish(&world, "success", "d");
	expect_field(&world, "comments", 0, "body",
		"<!-- wavetrain:docs:v1 -->\n<!-- wavetrain-state:success -->\nd");

	world.settings.comment = COMMENT_CHANGES;
	world_open(&world);
	world_finish(&world, "success", "e");
	expect_field(&world, "comments", 0, "body",
		"<!-- wavetrain:docs:v1 -->\n<!-- wavetrain-state:success -->\nd");
	world_finish(&world, "failure", "f");
	expect_field(&world, "comments", 0, "body",
		"<!-- wavetrain:docs:v1 -->\n<!-- wavetrain-state:failure -->\nf");
	expect_silence(&world);
	world_stop(&world);
}

static void test_the_pull_request_is_looked_up_after_a_push(void **state)
{
	(void)state;
	struct world world;
	world_start(&world, "fake-github.mjs",
		"{\"pulls\":[{\"number\":8,\"state\":\"closed\",\"head\":\"" SHA "\"},"
		"{\"number\":6,\"head\":\"" PUSHED "\",\"commits\":[\"" SHA "\"]},"
		"{\"number\":7,\"head\":\"" SHA "\"}]}");
	world.context.pull_request = 0;
	world_open(&world);
	world_finish(&world, "success", "new");
	assert_int_equal(request_count(&world, "POST", "/issues/7/comments"), 1);

	/* A commit of no pull request: nothing to comment on, nothing to warn of. */
	world.context.report_sha = "3333333333333333333333333333333333333333";
	world_open(&world);
	world_finish(&world, "success", "new");
	assert_int_equal(world_count(&world, "comments"), 1);
	expect_silence(&world);
	world_stop(&world);
}

static void test_a_read_only_token_costs_two_lines(void **state)
{
	(void)state;
	struct world world;
	world_start(&world, "fake-github.mjs", "{\"rights\":\"read\"}");
	world_open(&world);
	publication_started(world.publication, "running");
	world_finish(&world, "failure", "text");
	world_finish(&world, "failure", "text");
	expect_warning(&world, "the commit status was not set: GitHub answered 403: Resource not "
			       "accessible by integration (give the job `permissions: statuses: "
			       "write`)");
	expect_warning(&world, "comment was not written: GitHub answered 403");
	assert_int_equal(world.warning_count, 2);
	/* Asked once, not again: the answer would be the same. */
	assert_int_equal(request_count(&world, "POST", "/statuses/"), 1);
	world_stop(&world);
}

static void test_a_fork_is_told_why(void **state)
{
	(void)state;
	struct world world;
	world_start(&world, "fake-github.mjs", "{\"rights\":\"none\"}");
	world.context.from_fork = true;
	world_open(&world);
	world_finish(&world, "failure", "text");
	expect_warning(&world, "(the token of a fork's pull request may only read)");
	world_stop(&world);
}

static void test_a_wrong_token_is_said_and_not_retried(void **state)
{
	(void)state;
	struct world world;
	world_start(&world, "fake-github.mjs", "{\"token\":\"another\"}");
	world_open(&world);
	world_finish(&world, "success", "text");
	expect_warning(&world, "GitHub answered 401: Bad credentials");
	assert_int_equal(request_count(&world, "POST", "/statuses/"), 1);
	world_stop(&world);
}

static void test_an_unknown_commit_is_said_and_not_retried(void **state)
{
	(void)state;
	struct world world;
	world_start(&world, "fake-github.mjs", "{\"commits\":[]}");
	world.settings.comment = COMMENT_OFF;
	world_open(&world);
	world_finish(&world, "success", NULL);
	expect_warning(&world, "GitHub answered 422: No commit found for SHA: " SHA);
	assert_int_equal(publication_request_count(world.publication), 1);
	world_stop(&world);
}

static void test_what_cannot_be_opened(void **state)
{
	(void)state;
	static const struct {
		const char *token;
		const char *owner;
		const char *repository;
		const char *sha;
		const char *api_url;
		const char *words;
	} rows[] = {
		{NULL, "octo", "train", SHA, "https://api.github.com", "there is no token"},
		{"a\nX-Evil: 1", "octo", "train", SHA, "https://api.github.com",
			"characters that no token has"},
		{TOKEN, NULL, NULL, SHA, "https://api.github.com", "the repository is not known"},
		{TOKEN, "..", "user", SHA, "https://api.github.com", "OWNER/NAME"},
		{TOKEN, "octo", "a/../../b", SHA, "https://api.github.com", "OWNER/NAME"},
		{TOKEN, "octo", "train", NULL, "https://api.github.com",
			"commit to report on is not known"},
		{TOKEN, "octo", "train", "HEAD", "https://api.github.com",
			"commit to report on is not known"},
		{TOKEN, "octo", "train", SHA, "http://api.github.com", "https://"},
		{TOKEN, "octo", "train", SHA, "http://127.0.0.1.evil.example:80", "https://"},
		{TOKEN, "octo", "train", SHA, "https://me:secret@api.github.com", "not a URL"},
		{TOKEN, "octo", "train", SHA, "file:///etc/passwd", "API address"},
		{TOKEN, "octo", "train", SHA, "https://api.github.com/?x=", "not a plain URL"},
		{TOKEN, "octo", "train", SHA, "", "not a URL"},
	};
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct world world = {0};
		world.context = (struct ci_context){.token = rows[i].token,
			.owner = rows[i].owner,
			.repository = rows[i].repository,
			.report_sha = rows[i].sha,
			.api_url = rows[i].api_url};
		world.settings = (struct publication_settings){.context = &world.context,
			.pipeline_name = "docs",
			.status = true,
			.comment = COMMENT_ALWAYS,
			.warn = take_warning,
			.warn_context = &world};
		world_open(&world);
		publication_started(world.publication, "running");
		world_finish(&world, "success", "text");
		assert_int_equal(world.warning_count, 1);
		expect_warning(&world, rows[i].words);
		assert_int_equal(publication_request_count(world.publication), 0);
		publication_close(world.publication);
		buffer_release(&world.warnings);
	}
}

static void test_nothing_wanted_nothing_said(void **state)
{
	(void)state;
	struct world world = {0};
	world.settings = (struct publication_settings){.context = &world.context,
		.pipeline_name = "docs",
		.warn = take_warning,
		.warn_context = &world};
	world_open(&world);
	publication_started(world.publication, "running");
	world_finish(&world, "success", "text");
	expect_silence(&world);
	publication_close(world.publication);
}

static void test_long_descriptions_are_accepted(void **state)
{
	(void)state;
	struct world world;
	world_start(&world, "fake-github.mjs", "{}");
	struct buffer text = BUFFER_INIT;
	buffer_append_repeated(&text, "𝄞ü", 200);
	world_open(&world);
	publication_started(world.publication, text.bytes);
	assert_int_equal(world_count(&world, "statuses"), 1);
	buffer_clear(&text);
	buffer_append_repeated(&text, "<details>𝄞</details>", 9000);
	world_finish(&world, "success", text.bytes);
	assert_int_equal(world_count(&world, "comments"), 1);
	expect_silence(&world);
	buffer_release(&text);
	world_stop(&world);
}

static void test_against_the_official_description(void **state)
{
	(void)state;
	struct world world;
	world_start(&world, "github/proxy.mjs",
		"{\"token\":\"ghp_person\",\"login\":\"ada\",\"userStatus\":200,"
		"\"pulls\":[{\"number\":1,\"head\":\"" SHA "\"}]}");
	world.context.token = "ghp_person";
	world.context.pull_request = 0;
	world_open(&world);
	publication_started(world.publication, "running 12 steps");
	world_finish(&world, "failure", "first");
	world_finish(&world, "success", "second");
	json_t *violations = fake_github_ask(&world.fake, "{\"violations\":true}");
	assert_int_equal(json_array_size(violations), 0);
	json_decref(violations);
	expect_silence(&world);
	expect_field(&world, "comments", 0, "body",
		"<!-- wavetrain:docs:v1 -->\n<!-- wavetrain-state:success -->\nsecond");
	assert_int_equal(world_count(&world, "statuses"), 3);
	world_stop(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_run_from_start_to_end),
		cmocka_unit_test(test_the_headers_github_wants),
		cmocka_unit_test(test_the_comment_is_updated_in_place_and_only_when_changed),
		cmocka_unit_test(test_a_comment_far_behind_is_found),
		cmocka_unit_test(test_strangers_markers_are_left_alone),
		cmocka_unit_test(test_a_persons_token_asks_who_it_is),
		cmocka_unit_test(test_another_apps_token_is_told_of_its_limit),
		cmocka_unit_test(test_comment_policies),
		cmocka_unit_test(test_the_pull_request_is_looked_up_after_a_push),
		cmocka_unit_test(test_a_read_only_token_costs_two_lines),
		cmocka_unit_test(test_a_fork_is_told_why),
		cmocka_unit_test(test_a_wrong_token_is_said_and_not_retried),
		cmocka_unit_test(test_an_unknown_commit_is_said_and_not_retried),
		cmocka_unit_test(test_what_cannot_be_opened),
		cmocka_unit_test(test_nothing_wanted_nothing_said),
		cmocka_unit_test(test_long_descriptions_are_accepted),
		cmocka_unit_test(test_against_the_official_description),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
