#ifndef WAVETRAIN_TEST_PUBLISH_FAKE_GITHUB_H
#define WAVETRAIN_TEST_PUBLISH_FAKE_GITHUB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

/*
 * tests/rig/fake-github.mjs as a child process that is told what to do by lines of JSON. One that
 * dies takes the test with it: every answer is waited for.
 */
struct fake_github {
	pid_t child;
	FILE *orders;
	FILE *answers;
	int port;
	char url[64];
};

static inline json_t *fake_github_read(struct fake_github *fake)
{
	char *line = NULL;
	size_t size = 0;
	if (getline(&line, &size, fake->answers) < 0)
		fail_msg("the fake GitHub has ended; its own words are above");
	json_t *answer = json_loads(line, 0, NULL);
	assert_non_null(answer);
	free(line);
	return answer;
}

static inline json_t *fake_github_ask(struct fake_github *fake, const char *order)
{
	fprintf(fake->orders, "%s\n", order);
	fflush(fake->orders);
	return fake_github_read(fake);
}

static inline void fake_github_tell(struct fake_github *fake, const char *order)
{
	json_decref(fake_github_ask(fake, order));
}

/* program: "fake-github.mjs" or "github/proxy.mjs"; options: JSON. */
static inline void fake_github_start(
	struct fake_github *fake, const char *program, const char *options)
{
	const char *source = getenv("WAVETRAIN_SOURCE");
	char path[4096];
	snprintf(path, sizeof path, "%s/tests/rig/%s", source ? source : ".", program);
	int orders[2];
	int answers[2];
	assert_int_equal(pipe(orders), 0);
	assert_int_equal(pipe(answers), 0);
	fake->child = fork();
	assert_true(fake->child >= 0);
	if (fake->child == 0) {
		dup2(orders[0], STDIN_FILENO);
		dup2(answers[1], STDOUT_FILENO);
		close(orders[0]);
		close(orders[1]);
		close(answers[0]);
		close(answers[1]);
		execlp("node", "node", path, options, (char *)NULL);
		_exit(127);
	}
	close(orders[0]);
	close(answers[1]);
	fake->orders = fdopen(orders[1], "w");
	fake->answers = fdopen(answers[0], "r");
	json_t *hello = fake_github_read(fake);
	fake->port = (int)json_integer_value(json_object_get(hello, "port"));
	json_decref(hello);
	assert_true(fake->port > 0);
	snprintf(fake->url, sizeof fake->url, "http://127.0.0.1:%d", fake->port);
}

static inline void fake_github_stop(struct fake_github *fake)
{
	fputs("{\"quit\":true}\n", fake->orders);
	fclose(fake->orders);
	int status;
	assert_int_equal(waitpid(fake->child, &status, 0), fake->child);
	fclose(fake->answers);
	assert_int_equal(status, 0);
}

#endif
