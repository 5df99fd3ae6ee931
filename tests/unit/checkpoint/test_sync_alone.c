/* A push that carries a secret is over when steps may run, and no push outlives its owner. */
#include "checkpoint/git_server.h"

#include <signal.h>

#include "base/clock.h"

/* More than any of these takes; nothing waits for all of it. */
#define LONG_MS 60000

static void begin(struct rig *rig, struct server *server, const char *fault)
{
	prepare_remote(rig);
	server_start(rig, server, "write", fault);
	rig_shell(rig, "repo", "git remote add origin %s/repo.git", server->url);
}

static void end(struct rig *rig, struct server *server)
{
	server_stop(server);
	rig_close(rig);
}

/* Processes of a push of this rig, git's own children too. */
static int count_processes(struct rig *rig)
{
	return (int)strtol(rig_shell(rig, "", "grep -lsaF 'GIT_DIR=%s/run/push' %s | wc -l",
				   rig->folder, "/proc/[0-9]*/environ"),
		NULL, 10);
}

static int count_requests(struct rig *rig)
{
	return (int)strtol(
		rig_shell(rig, "server", "touch requests.log && wc -l <requests.log"), NULL, 10);
}

static void test_over_when_it_returns(void **state)
{
	struct rig rig;
	struct server server;
	struct sync *sync;

	(void)state;
	begin(&rig, &server, "none");
	sync = open_sync(&rig, TOKEN, server.url, LONG_MS);
	assert_true(sync_must_be_alone(sync));
	sync_push(sync, tip(&rig), remote_tip(&rig));
	assert_int_equal(sync_state(sync), SYNC_IDLE);
	ASSERT_TEXT(sync_pushed_commit(sync), tip(&rig));
	assert_int_equal(count_processes(&rig), 0);
	sync_close(sync);
	rig_shell(&rig, "repo", "git remote set-url origin ../server/repo.git");
	sync = open_sync(&rig, TOKEN, server.url, LONG_MS);
	assert_false(sync_must_be_alone(sync));
	sync_close(sync);
	end(&rig, &server);
}

/* The command to do it by hand. */
static bool names_tip(struct rig *rig, const struct sync *sync)
{
	return strstr(sync_message(sync), rig_shell(rig, "repo", "git rev-parse --short=12 HEAD"));
}

static void test_rejected(void **state)
{
	struct rig rig;
	struct server server;
	struct sync *sync;

	(void)state;
	begin(&rig, &server, "protected");
	sync = open_sync(&rig, TOKEN, server.url, LONG_MS);
	for (int i = 0; i < 2; i++) {
		rig_shell(&rig, "repo", "git commit -q --allow-empty -m %d", i);
		sync_push(sync, tip(&rig), NULL);
		assert_int_equal(sync_state(sync), SYNC_REJECTED);
		assert_non_null(strstr(sync_message(sync), "GH006"));
		assert_true(names_tip(&rig, sync));
	}
	sync_close(sync);
	end(&rig, &server);
}

static void test_put_off(void **state)
{
	struct rig rig;
	struct server server;
	struct sync *sync;

	(void)state;
	begin(&rig, &server, "hang");
	sync = open_sync_alone(&rig, TOKEN, server.url, LONG_MS, 3000);
	for (int i = 0; i < 3; i++) {
		rig_shell(&rig, "repo", "git commit -q --allow-empty -m %d", i);
		sync_push(sync, tip(&rig), remote_tip(&rig));
		assert_true(names_tip(&rig, sync));
		assert_int_equal(sync_state(sync), SYNC_FAILED);
		assert_non_null(strstr(sync_message(sync), "ended at its deadline"));
		assert_int_equal(count_processes(&rig), 0);
	}
	assert_int_equal(count_requests(&rig), 1);
	sync_finish(sync, 3000);
	assert_int_equal(count_requests(&rig), 2);
	assert_int_equal(sync_state(sync), SYNC_FAILED);
	assert_int_equal(count_processes(&rig), 0);
	sync_close(sync);
	end(&rig, &server);
}

/* From here on every start of git leaves a line. The PATH that was, for the caller to set and free. */
static char *count_starts_of_git(struct rig *rig)
{
	char *before = strdup(getenv("PATH"));
	char path[4096];

	rig_shell(rig, "",
		"mkdir bin && printf '#!/bin/sh\necho >>%s/starts\nexec %%s \"$@\"\n' "
		"\"$(command -v git)\" >bin/git && chmod +x bin/git && touch starts",
		rig->folder);
	snprintf(path, sizeof(path), "%s/bin:%s", rig->folder, before);
	setenv("PATH", path, 1);
	return before;
}

static int starts_of_git(struct rig *rig)
{
	return (int)strtol(rig_shell(rig, "", "wc -l <starts"), NULL, 10);
}

static void test_tried_again_later(void **state)
{
	struct rig rig;
	struct server server;
	struct sync *sync;
	const char *commit;
	char *path;
	int64_t first_ns;
	int64_t waited_ms;
	int starts;

	(void)state;
	begin(&rig, &server, "hang");
	commit = tip(&rig);
	path = count_starts_of_git(&rig);
	sync = open_sync_alone(&rig, TOKEN, server.url, LONG_MS, 100);
	first_ns = clock_monotonic_ns();
	sync_push(sync, commit, NULL);
	starts = starts_of_git(&rig);
	do {
		sync_push(sync, commit, NULL);
		waited_ms = (clock_monotonic_ns() - first_ns) / 1000000;
	} while (starts_of_git(&rig) == starts && waited_ms < LONG_MS);
	assert_in_range(waited_ms, 1000, LONG_MS);
	assert_int_equal(starts_of_git(&rig), starts + 1);
	setenv("PATH", path, 1);
	free(path);
	sync_close(sync);
	end(&rig, &server);
}

static void test_signal_cuts_the_wait(void **state)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(signals); i++) {
		struct rig rig;
		struct server server;
		struct sync *sync;
		sigset_t set;
		int64_t started_ns;
		int number = 0;

		begin(&rig, &server, "hang");
		sync = open_sync_alone(&rig, TOKEN, server.url, LONG_MS, LONG_MS);
		sigemptyset(&set);
		sigaddset(&set, signals[i]);
		sigprocmask(SIG_BLOCK, &set, NULL);
		raise(signals[i]);
		started_ns = clock_monotonic_ns();
		sync_push(sync, tip(&rig), NULL);
		assert_in_range((clock_monotonic_ns() - started_ns) / 1000000, 200, LONG_MS / 2);
		assert_int_equal(sync_state(sync), SYNC_FAILED);
		assert_int_equal(sigwait(&set, &number), 0);
		assert_int_equal(number, signals[i]);
		sigprocmask(SIG_UNBLOCK, &set, NULL);
		sync_close(sync);
		end(&rig, &server);
	}
}

static void test_steps_are_over(void **state)
{
	struct rig rig;
	struct server server;
	struct sync *sync;

	(void)state;
	begin(&rig, &server, "hang");
	sync = open_sync_alone(&rig, TOKEN, server.url, LONG_MS, LONG_MS);
	sync_steps_are_over(sync);
	sync_push(sync, tip(&rig), NULL);
	assert_int_equal(sync_state(sync), SYNC_BUSY);
	assert_int_not_equal(count_processes(&rig), 0);
	sync_close(sync);
	assert_int_equal(count_processes(&rig), 0);
	end(&rig, &server);
}

/* kill -9 of the program while git and what git has started talk to the server. */
static void test_killed_owner(void **state)
{
	struct rig rig;
	struct server server;
	const char *commit;
	pid_t owner;

	(void)state;
	begin(&rig, &server, "hang");
	commit = tip(&rig);
	owner = fork();
	if (owner == 0) {
		sync_push(open_sync_alone(&rig, TOKEN, server.url, LONG_MS, LONG_MS), commit, NULL);
		_exit(0);
	}
	while (count_requests(&rig) == 0)
		assert_int_equal(waitpid(owner, NULL, WNOHANG), 0);
	assert_in_range(count_processes(&rig), 2, 100);
	kill(owner, SIGKILL);
	waitpid(owner, NULL, 0);
	for (int i = 0; i < 500 && count_processes(&rig) > 0; i++)
		continue;
	assert_int_equal(count_processes(&rig), 0);
	end(&rig, &server);
}

static void test_no_git(void **state)
{
	struct rig rig;
	struct sync *sync;
	char *path = strdup(getenv("PATH"));

	(void)state;
	prepare_remote(&rig);
	rig_shell(&rig, "repo", "git remote add origin ../server/repo.git");
	sync = open_sync(&rig, NULL, NULL, LONG_MS);
	setenv("PATH", "/nonexistent", 1);
	sync_push(sync, "0123456789012345678901234567890123456789", NULL);
	setenv("PATH", path, 1);
	free(path);
	assert_int_equal(sync_state(sync), SYNC_FAILED);
	assert_non_null(strstr(sync_message(sync), "cannot start git: No such file"));
	sync_close(sync);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_over_when_it_returns),
		cmocka_unit_test(test_rejected),
		cmocka_unit_test(test_put_off),
		cmocka_unit_test(test_tried_again_later),
		cmocka_unit_test(test_signal_cuts_the_wait),
		cmocka_unit_test(test_steps_are_over),
		cmocka_unit_test(test_killed_owner),
		cmocka_unit_test(test_no_git),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
