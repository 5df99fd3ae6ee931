#include "publish/publication.h"

#include "publish/publication_world.h"

#include <fcntl.h>

#include "base/file.h"
#include "base/index.h"

#define STATUSES "\"path\":\"/statuses/\""
#define COMMENT_POST "\"method\":\"POST\",\"path\":\"/comments\""
#define COMMENT_LIST "\"method\":\"GET\",\"path\":\"/comments\""

/* Faults that pass: everything arrives once, nobody is warned. */
static const struct passing {
	const char *fault;
	int64_t least_wait_ms;
	uint32_t requests; /* of a status, a list and a comment, with what the fault adds */
} passing[] = {
	{"{\"kind\":\"status\",\"status\":500," STATUSES "}", 1000, 4},
	{"{\"kind\":\"html502\"," STATUSES ",\"count\":2}", 3000, 5},
	{"{\"kind\":\"status\",\"status\":503,\"headers\":{\"retry-after\":\"5\"}," STATUSES "}",
		5000, 4},
	{"{\"kind\":\"retry-after\",\"seconds\":4," STATUSES "}", 4000, 4},
	{"{\"kind\":\"retry-after\",\"status\":403,\"seconds\":4," COMMENT_POST "}", 4000, 4},
	{"{\"kind\":\"primary\",\"reset_in\":5," COMMENT_LIST "}", 4000, 4},
	{"{\"kind\":\"reset\"," STATUSES "}", 1000, 4},
	/* libcurl itself repeats a read over a kept connection that turns out to be dead. */
	{"{\"kind\":\"reset\"," COMMENT_LIST "}", 0, 3},
	{"{\"kind\":\"truncated\"," COMMENT_LIST "}", 1000, 4},
	{"{\"kind\":\"bad-json\"," COMMENT_LIST ",\"count\":2}", 3000, 5},
	/* A comment that may or may not be there is looked for before it is sent again. */
	{"{\"kind\":\"status\",\"status\":500," COMMENT_POST "}", 1000, 5},
	{"{\"kind\":\"html502\"," COMMENT_POST "}", 1000, 5},
	{"{\"kind\":\"reset\"," COMMENT_POST "}", 1000, 5},
	{"{\"kind\":\"lost\"," COMMENT_POST "}", 1000, 4},
	{"{\"kind\":\"truncated\"," COMMENT_POST "}", 1000, 4},
	{"{\"kind\":\"bad-json\"," COMMENT_POST "}", 0, 3},
	/* A status that is sent twice does no harm. */
	{"{\"kind\":\"bad-json\"," STATUSES "}", 0, 3},
};

static void test_faults_that_pass(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(passing); i++) {
		struct world world;
		struct buffer order = BUFFER_INIT;
		world_start(&world, "fake-github.mjs", "{}");
		buffer_printf(&order, "{\"fault\":%s}", passing[i].fault);
		fake_github_tell(&world.fake, order.bytes);
		world_open(&world);
		world_finish(&world, "success", "text");
		expect_silence(&world);
		if (world_count(&world, "statuses") != 1 || world_count(&world, "comments") != 1)
			fail_msg("%s: not one status and one comment", passing[i].fault);
		uint32_t requests = publication_request_count(world.publication);
		if (requests != passing[i].requests || world.waited_ms < passing[i].least_wait_ms)
			fail_msg("%s: %u requests, waited %lld ms", passing[i].fault, requests,
				(long long)world.waited_ms);
		buffer_release(&order);
		world_stop(&world);
	}
}

/* Faults that stay: one line, within the time, and no storm of requests. */
static const struct staying {
	const char *fault;
	const char *words;
	uint32_t most_requests;
} staying[] = {
	{"{\"kind\":\"html502\",\"count\":99}", "not set: GitHub answered 502", 10},
	{"{\"kind\":\"reset\",\"count\":99}", "not set: the connection broke", 10},
	{"{\"kind\":\"primary\",\"count\":99}",
		"API rate limit exceeded for installation. (the limit lasts longer than there is time",
		1},
	{"{\"kind\":\"secondary\",\"count\":99}", "secondary rate limit", 1},
	{"{\"kind\":\"retry-after\",\"seconds\":600,\"count\":99}", "secondary rate limit", 1},
	{"{\"kind\":\"echo-token\",\"count\":99}", "bad credentials: Bearer ***", 3},
	{"{\"kind\":\"status\",\"status\":404,\"count\":99}", "GitHub answered 404: made up", 3},
	{"{\"kind\":\"status\",\"status\":410,\"count\":99}", "GitHub answered 410: made up", 3},
	{"{\"kind\":\"status\",\"status\":403,\"body\":\"\\u001b[2Jno\",\"count\":99}",
		"GitHub answered 403", 3},
	{"{\"kind\":\"huge\",\"count\":99,\"method\":\"GET\"}", "larger than 10 MiB", 2},
	{"{\"kind\":\"status\",\"status\":200,\"body\":\"{}\",\"count\":99,\"method\":\"GET\"}",
		"list of comments is no list", 2},
	{"{\"kind\":\"bad-json\",\"count\":99,\"method\":\"GET\"}", "a body that is not JSON", 7},
	{"{\"kind\":\"status\",\"status\":500,\"count\":99," COMMENT_POST "}",
		"GitHub answered 500", 7},
};

static void test_faults_that_stay(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(staying); i++) {
		struct world world;
		struct buffer order = BUFFER_INIT;
		world_start(&world, "fake-github.mjs", "{}");
		buffer_printf(&order, "{\"fault\":%s}", staying[i].fault);
		fake_github_tell(&world.fake, order.bytes);
		world_open(&world);
		world_finish(&world, "success", "text");
		expect_warning(&world, staying[i].words);
		assert_in_range(world.warning_count, 1, 2);
		uint32_t requests = publication_request_count(world.publication);
		if (requests > staying[i].most_requests || world.waited_ms > 30000)
			fail_msg("%s: %u requests, waited %lld ms", staying[i].fault, requests,
				(long long)world.waited_ms);
		buffer_release(&order);
		world_stop(&world);
	}
}

static void test_a_silent_or_dripping_server_ends_with_the_time(void **state)
{
	(void)state;
	static const char *const faults[] = {
		"{\"fault\":{\"kind\":\"slow\",\"count\":99}}",
		"{\"fault\":{\"kind\":\"drip\",\"count\":99}}",
	};
	for (size_t i = 0; i < ARRAY_LENGTH(faults); i++) {
		struct world world;
		world_start(&world, "fake-github.mjs", "{}");
		fake_github_tell(&world.fake, faults[i]);
		world.settings.time_limit_ms = 400;
		world_open(&world);
		int64_t start_ns = clock_monotonic_ns();
		world_finish(&world, "success", "text");
		assert_true((clock_monotonic_ns() - start_ns) / 1000000 < 5000);
		expect_warning(&world, "no answer came in time");
		assert_int_equal(publication_request_count(world.publication), 1);
		world_stop(&world);
	}
}

static void test_no_server_at_all(void **state)
{
	(void)state;
	struct world world;
	world_start(&world, "fake-github.mjs", "{}");
	world.context.api_url = "http://127.0.0.1:1";
	world_open(&world);
	publication_started(world.publication, "running");
	assert_true(world.waited_ms < 10000);
	world_finish(&world, "success", "text");
	expect_warning(&world, "no connection could be made");
	assert_int_equal(world_count(&world, "statuses"), 0);
	world_stop(&world);
}

static void test_redirects_keep_method_and_host(void **state)
{
	(void)state;
	static const int statuses[] = {301, 302, 307, 308};
	struct world world;
	struct buffer order = BUFFER_INIT;
	world_start(&world, "fake-github.mjs", "{}");
	world.settings.comment = COMMENT_OFF;
	world_open(&world);
	for (size_t i = 0; i < ARRAY_LENGTH(statuses); i++) {
		buffer_clear(&order);
		buffer_printf(&order,
			"{\"fault\":{\"kind\":\"redirect\",\"status\":%d,"
			"\"to\":\"%s/repos/octo/train/statuses/" SHA "?again\"}}",
			statuses[i], i % 2 == 0 ? world.fake.url : "");
		fake_github_tell(&world.fake, order.bytes);
		world_finish(&world, "success", NULL);
		assert_int_equal(world_count(&world, "statuses"), i + 1);
	}
	assert_int_equal(request_count(&world, "POST", "?again"), ARRAY_LENGTH(statuses));
	expect_silence(&world);
	buffer_release(&order);
	world_stop(&world);
}

static void test_the_token_follows_no_redirect_to_another_host(void **state)
{
	(void)state;
	struct world other;
	struct world world;
	struct buffer order = BUFFER_INIT;
	world_start(&other, "fake-github.mjs", "{}");
	world_start(&world, "fake-github.mjs", "{}");
	world.settings.comment = COMMENT_OFF;
	const char *const targets[] = {other.fake.url, "https://evil.example", "//evil.example",
		"ftp://127.0.0.1", "http://user@127.0.0.1", "file:///etc/passwd", ""};
	for (size_t i = 0; i < ARRAY_LENGTH(targets); i++) {
		buffer_clear(&order);
		buffer_printf(&order,
			"{\"fault\":{\"kind\":\"redirect\",\"to\":\"%s\",\"count\":9}}",
			targets[i]);
		fake_github_tell(&world.fake, order.bytes);
		world_open(&world);
		world_finish(&world, "success", NULL);
		expect_warning(&world, "redirected to another host");
		assert_int_equal(world_count(&world, "statuses"), 0);
	}
	assert_int_equal(request_count(&other, "POST", ""), 0);
	assert_int_equal(request_count(&other, "GET", ""), 0);
	buffer_release(&order);
	world_stop(&world);
	world_stop(&other);
}

static void test_a_circle_of_redirects_ends(void **state)
{
	(void)state;
	struct world world;
	world_start(&world, "fake-github.mjs", "{}");
	world.settings.comment = COMMENT_OFF;
	fake_github_tell(
		&world.fake, "{\"fault\":{\"kind\":\"redirect\",\"to\":\"/again\",\"count\":99}}");
	world_open(&world);
	world_finish(&world, "success", NULL);
	assert_int_equal(world.warning_count, 1);
	assert_int_equal(publication_request_count(world.publication), 6);
	world_stop(&world);
}

/* A certificate that nobody vouches for, made by the openssl program. */
static void make_certificate(const char *folder)
{
	pid_t child = fork();
	if (child == 0) {
		int silence = open("/dev/null", O_WRONLY);
		dup2(silence, STDERR_FILENO);
		if (chdir(folder) != 0)
			_exit(126);
		execlp("openssl", "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
			"ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
			"/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
			"key.pem", "-out", "certificate.pem", (char *)NULL);
		_exit(127);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void test_an_unknown_certificate_gets_no_token(void **state)
{
	(void)state;
	char folder[] = "/tmp/wavetrain-tls-XXXXXX";
	assert_non_null(mkdtemp(folder));
	make_certificate(folder);
	struct world world;
	struct buffer text = BUFFER_INIT;
	struct error error;
	buffer_printf(&text, "{\"tls\":\"%s\"}", folder);
	world_start(&world, "fake-github.mjs", text.bytes);
	buffer_clear(&text);
	buffer_printf(&text, "https://127.0.0.1:%d", world.fake.port);
	world.context.api_url = text.bytes;
	world_open(&world);
	world_finish(&world, "success", "text");
	expect_warning(&world, "the server's certificate was not accepted");
	json_t *log = fake_github_ask(&world.fake, "{\"requests\":true}");
	assert_int_equal(json_array_size(log), 0);
	json_decref(log);
	assert_int_equal(publication_request_count(world.publication), 2);
	world_stop(&world);
	buffer_release(&text);
	assert_true(path_remove(folder, &error));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults_that_pass),
		cmocka_unit_test(test_faults_that_stay),
		cmocka_unit_test(test_a_silent_or_dripping_server_ends_with_the_time),
		cmocka_unit_test(test_no_server_at_all),
		cmocka_unit_test(test_redirects_keep_method_and_host),
		cmocka_unit_test(test_the_token_follows_no_redirect_to_another_host),
		cmocka_unit_test(test_a_circle_of_redirects_ends),
		cmocka_unit_test(test_an_unknown_certificate_gets_no_token),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
