#include "checkpoint/git_server.h"

#include <poll.h>

#include "checkpoint/push_address.h"
#include "checkpoint/push_answer.h"

static void test_push_over_http(void **state)
{
	struct rig rig;
	struct server server;
	struct sync *sync;
	const char *old;

	(void)state;
	prepare_remote(&rig);
	old = remote_tip(&rig);
	server_start(&rig, &server, "write", "none");
	rig_shell(&rig, "repo", "git remote add origin %s/repo.git", server.url);
	sync = open_sync(&rig, TOKEN, server.url, 20000);
	assert_int_equal(sync_state(sync), SYNC_IDLE);
	sync_push(sync, tip(&rig), old);
	assert_true(sync_must_be_alone(sync));
	if (sync_state(sync) != SYNC_IDLE)
		fail_msg("%s", sync_message(sync));
	ASSERT_TEXT(remote_tip(&rig), tip(&rig));
	ASSERT_TEXT(sync_pushed_commit(sync), tip(&rig));
	rig_shell(&rig, "repo", "git commit -q --allow-empty -m more");
	sync_push(sync, tip(&rig), old);
	sync_finish(sync, 20000);
	ASSERT_TEXT(remote_tip(&rig), tip(&rig));
	sync_close(sync);
	server_stop(&server);
	rig_close(&rig);
}

static void test_newest_waiting_commit_goes(void **state)
{
	struct rig rig;
	struct sync *sync;
	const char *commits[3];

	(void)state;
	prepare_remote(&rig);
	rig_shell(&rig, "repo", "git remote add origin ../server/repo.git");
	for (size_t i = 0; i < 3; i++) {
		rig_shell(&rig, "repo", "git commit -q --allow-empty -m %zu", i);
		commits[i] = tip(&rig);
	}
	sync = open_sync(&rig, NULL, NULL, 20000);
	for (size_t i = 0; i < 3; i++)
		sync_push(sync, commits[i], NULL);
	sync_finish(sync, 20000);
	assert_int_equal(sync_state(sync), SYNC_IDLE);
	ASSERT_TEXT(remote_tip(&rig), commits[2]);
	sync_close(sync);
	rig_close(&rig);
}

static void test_shallow_clone(void **state)
{
	struct rig rig;
	struct server server;
	struct sync *sync;

	(void)state;
	prepare_remote(&rig);
	server_start(&rig, &server, "write", "none");
	rig_shell(&rig, "",
		"rm -rf repo && git -c http.extraheader=\"AUTHORIZATION: basic $(printf "
		"x-access-token:" TOKEN
		" | base64)\" clone -q --depth 1 %s/repo.git repo && cd repo && "
		"git commit -q --allow-empty -m ours",
		server.url);
	sync = open_sync(&rig, TOKEN, server.url, 20000);
	sync_push(sync, tip(&rig), remote_tip(&rig));
	sync_finish(sync, 20000);
	if (sync_state(sync) != SYNC_IDLE)
		fail_msg("%s", sync_message(sync));
	ASSERT_TEXT(remote_tip(&rig), tip(&rig));
	sync_close(sync);
	server_stop(&server);
	rig_close(&rig);
}

/* What actions/checkout leaves: in .git/config, or in a file behind includeIf. */
static void test_header_of_checkout(void **state)
{
	(void)state;
	for (int included = 0; included < 2; included++) {
		struct rig rig;
		struct server server;
		struct sync *sync;

		prepare_remote(&rig);
		server_start(&rig, &server, "write", "none");
		rig_shell(&rig, "repo",
			"git remote add origin %s/repo.git && "
			"git config --file %s http.%s/.extraheader \"AUTHORIZATION: basic $(printf "
			"x-access-token:" TOKEN " | base64)\" && "
			"if [ %d = 1 ]; then git config "
			"includeIf.gitdir:$PWD/.git.path $PWD/../credentials; fi",
			server.url, included ? "../credentials" : ".git/config", server.url,
			included);
		sync = open_sync(&rig, NULL, server.url, 20000);
		sync_push(sync, tip(&rig), NULL);
		sync_finish(sync, 20000);
		if (sync_state(sync) != SYNC_IDLE)
			fail_msg("%d: %s", included, sync_message(sync));
		ASSERT_TEXT(remote_tip(&rig), tip(&rig));
		sync_close(sync);
		server_stop(&server);
		rig_close(&rig);
	}
}

static const struct {
	const char *fault;
	const char *rights;
	const char *token;
	enum sync_state state;
	const char *words;
} refusals[] = {
	{"none", "write", "wrong", SYNC_REJECTED, "does not accept the token"},
	{"none", "read", TOKEN, SYNC_REJECTED, "contents: write"},
	{"401", "write", TOKEN, SYNC_REJECTED, "(401)"},
	{"403", "write", TOKEN, SYNC_REJECTED, "(403)"},
	{"404", "write", TOKEN, SYNC_REJECTED, "no such repository"},
	{"500", "write", TOKEN, SYNC_FAILED, "error of its own"},
	{"hang", "write", TOKEN, SYNC_FAILED, "deadline"},
	{"reset", "write", TOKEN, SYNC_FAILED, "no answer"},
	{"protected", "write", TOKEN, SYNC_REJECTED, "protection rules (GH006: Protected branch"},
	{"rules", "write", TOKEN, SYNC_REJECTED, "protection rules (GH013"},
	{"workflow", "write", TOKEN, SYNC_REJECTED, "workflow file"},
	{"declined", "write", TOKEN, SYNC_REJECTED, "refused by the server"},
	{"race", "write", TOKEN, SYNC_REJECTED, "somebody else pushed"},
};

static void test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(refusals); i++) {
		bool hangs = strcmp(refusals[i].fault, "hang") == 0;
		struct rig rig;
		struct server server;
		struct sync *sync;

		prepare_remote(&rig);
		server_start(&rig, &server, refusals[i].rights, refusals[i].fault);
		rig_shell(&rig, "repo", "git remote add origin %s/repo.git", server.url);
		sync = open_sync(&rig, refusals[i].token, server.url, hangs ? 1000 : 20000);
		sync_push(sync, tip(&rig), remote_tip(&rig));
		sync_finish(sync, 20000);
		if (sync_state(sync) != refusals[i].state ||
			!strstr(sync_message(sync), refusals[i].words) ||
			!strstr(sync_message(sync), "by hand: git push origin"))
			fail_msg("%s: state %d: %s", refusals[i].fault, (int)sync_state(sync),
				sync_message(sync));
		assert_null(strstr(sync_message(sync), refusals[i].token));
		assert_null(sync_pushed_commit(sync));
		sync_close(sync);
		server_stop(&server);
		rig_close(&rig);
	}
}

/* The command that a message offers, as a user would take it out of it. */
static const char *by_hand(const struct sync *sync)
{
	const char *found = strstr(sync_message(sync), "; by hand: ");

	if (!found)
		fail_msg("%s", sync_message(sync));
	return found + strlen("; by hand: ");
}

static void test_somebody_else_was_first(void **state)
{
	struct rig rig;
	struct sync *sync;
	const char *old;
	const char *theirs;

	(void)state;
	prepare_remote(&rig);
	old = remote_tip(&rig);
	theirs = rig_shell(&rig, "server/repo.git",
		"git update-ref refs/heads/main $(git commit-tree main^{tree} -p main -m theirs) && "
		"git rev-parse main");
	rig_shell(&rig, "repo", "git remote add origin \"file://$PWD/../server/repo.git\"");
	for (int with_lease = 0; with_lease < 2; with_lease++) {
		sync = open_sync(&rig, NULL, NULL, 20000);
		sync_push(sync, tip(&rig), with_lease ? old : NULL);
		sync_finish(sync, 20000);
		assert_int_equal(sync_state(sync), SYNC_REJECTED);
		assert_non_null(strstr(sync_message(sync), "somebody else pushed"));
		sync_push(sync, tip(&rig), theirs);
		assert_int_equal(sync_state(sync), SYNC_REJECTED);
		sync_close(sync);
	}
	ASSERT_TEXT(remote_tip(&rig), theirs);
	rig_close(&rig);
}

/* Into the branch where that is checked out, else beside it. */
static void test_moved_remote_by_hand(void **state)
{
	(void)state;
	for (int checked_out = 0; checked_out < 2; checked_out++) {
		struct rig rig;
		struct sync *sync;
		const char *theirs;
		const char *ours;

		prepare_remote(&rig);
		ours = tip(&rig);
		theirs = rig_shell(&rig, "server/repo.git",
			"git update-ref refs/heads/main $(git commit-tree main^{tree} -p main -m theirs) "
			"&& git rev-parse main");
		rig_shell(&rig, "repo", "git remote add origin \"file://$PWD/../server/repo.git\"");
		if (checked_out)
			rig_shell(&rig, "repo", "git branch -m main");
		sync = open_sync(&rig, NULL, NULL, 20000);
		sync_push(sync, ours, NULL);
		sync_finish(sync, 20000);
		rig_shell(&rig, "repo", "%s", by_hand(sync));
		sync_close(sync);
		if (checked_out)
			rig_shell(&rig, "server/repo.git",
				"git merge-base --is-ancestor %s main && "
				"git merge-base --is-ancestor %s main",
				ours, theirs);
		else
			ASSERT_TEXT(remote_tip(&rig), theirs);
		if (!checked_out)
			ASSERT_TEXT(
				rig_shell(&rig, "server/repo.git", "git rev-parse main-wavetrain"),
				ours);
		rig_close(&rig);
	}
}

/* URL is for the user to fill in. */
static void test_no_remote_by_hand(void **state)
{
	struct rig rig;
	struct sync *sync;

	(void)state;
	prepare_remote(&rig);
	rig_shell(&rig, "repo", "git branch -m main");
	sync = open_sync(&rig, NULL, NULL, 20000);
	rig_shell(&rig, "repo", "echo '%s' | sed s,URL,../server/repo.git, | sh", by_hand(sync));
	ASSERT_TEXT(remote_tip(&rig), tip(&rig));
	sync_close(sync);
	rig_close(&rig);
}

/* The push arrives, its answer does not: the next one is not mistaken for somebody else's. */
static void test_lost_answer(void **state)
{
	struct rig rig;
	struct server server;
	struct sync *sync;

	(void)state;
	prepare_remote(&rig);
	server_start(&rig, &server, "write", "lost");
	rig_shell(&rig, "repo", "git remote add origin %s/repo.git", server.url);
	sync = open_sync(&rig, TOKEN, server.url, 20000);
	for (int i = 0; i < 2; i++) {
		rig_shell(&rig, "repo", "git commit -q --allow-empty -m %d", i);
		sync_push(sync, tip(&rig), i == 0 ? remote_tip(&rig) : NULL);
		sync_finish(sync, 20000);
		assert_int_equal(sync_state(sync), SYNC_FAILED);
		ASSERT_TEXT(remote_tip(&rig), tip(&rig));
	}
	sync_close(sync);
	server_stop(&server);
	rig_close(&rig);
}

/* What a step writes into the repository after the start moves neither the push nor the token. */
static void test_step_cannot_redirect(void **state)
{
	struct rig rig;
	struct server good;
	struct server evil;
	struct sync *sync;

	(void)state;
	prepare_remote(&rig);
	server_start(&rig, &good, "write", "none");
	rig_shell(&rig, "repo", "git remote add origin %s/repo.git", good.url);
	sync = open_sync(&rig, TOKEN, good.url, 20000);
	rig_shell(&rig, "", "cp -r server evil && rm -f evil/requests.log");
	server_start_in(&rig, "evil", &evil, "write", "none");
	rig_shell(&rig, "repo",
		"git config url.%s/.insteadOf %s/ && git config core.hooksPath $PWD/hooks && "
		"git config credential.helper '!touch $PWD/stolen;:' && "
		"mkdir hooks && printf '#!/bin/sh\\ntouch %s/ran\\n' >hooks/pre-push && "
		"chmod +x hooks/pre-push && cp hooks/pre-push .git/hooks/pre-push && "
		"git config http.proxy %s",
		evil.url, good.url, rig.folder, evil.url);
	sync_push(sync, tip(&rig), NULL);
	sync_finish(sync, 20000);
	if (sync_state(sync) != SYNC_IDLE)
		fail_msg("%s", sync_message(sync));
	ASSERT_TEXT(remote_tip(&rig), tip(&rig));
	rig_shell(&rig, "",
		"test ! -e ran && test ! -e repo/stolen && test ! -e evil/requests.log && "
		"test -s server/requests.log");
	rig_shell(&rig, "",
		"! grep -rq " TOKEN " repo run && ! grep -rq \"$(printf "
		"x-access-token:" TOKEN " | base64)\" repo run");
	/* The bait works: git itself goes there. */
	rig_shell(&rig, "repo", "git push -q origin HEAD:main; test -s ../evil/requests.log");
	sync_close(sync);
	server_stop(&evil);
	server_stop(&good);
	rig_close(&rig);
}

/* What was configured before the start counts, as in git. */
static void test_address_is_rewritten_at_the_start(void **state)
{
	static const char *const keys[] = {"insteadOf", "pushInsteadOf"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
		struct rig rig;
		struct sync *sync;

		prepare_remote(&rig);
		rig_shell(&rig, "repo",
			"git remote add origin gh:repo.git && git config "
			"url.\"file://$PWD/../server/\".%s gh: && git config url.bad.%s g",
			keys[i], keys[i]);
		sync = open_sync(&rig, NULL, NULL, 20000);
		sync_push(sync, tip(&rig), NULL);
		sync_finish(sync, 20000);
		if (sync_state(sync) != SYNC_IDLE)
			fail_msg("%s: %s", keys[i], sync_message(sync));
		ASSERT_TEXT(remote_tip(&rig), tip(&rig));
		sync_close(sync);
		rig_close(&rig);
	}
}

static void test_off(void **state)
{
	struct rig rig;
	struct sync *sync;

	(void)state;
	prepare_remote(&rig);
	sync = open_sync(&rig, TOKEN, "https://github.com", 1000);
	assert_int_equal(sync_state(sync), SYNC_OFF);
	assert_non_null(strstr(sync_message(sync), "no remote named origin"));
	assert_int_equal(sync_descriptor(sync), -1);
	sync_close(sync);
	/* Another server than the token's: it must not get it. */
	rig_shell(&rig, "repo", "git remote add origin http://127.0.0.1:9/repo.git");
	sync = open_sync(&rig, TOKEN, "https://github.com", 1000);
	assert_int_equal(sync_state(sync), SYNC_OFF);
	assert_non_null(strstr(sync_message(sync), "no token"));
	sync_push(sync, tip(&rig), NULL);
	assert_int_equal(sync_state(sync), SYNC_OFF);
	sync_close(sync);
	rig_close(&rig);
}

/* The event loop's view: nothing is waited for, the descriptor says when. */
static void test_descriptor(void **state)
{
	struct rig rig;
	struct sync *sync;

	(void)state;
	prepare_remote(&rig);
	rig_shell(&rig, "repo", "git remote add origin ../server/repo.git");
	sync = open_sync(&rig, NULL, NULL, 20000);
	sync_push(sync, tip(&rig), NULL);
	while (sync_state(sync) == SYNC_BUSY) {
		struct pollfd wait = {.fd = sync_descriptor(sync), .events = POLLIN};
		assert_int_equal(poll(&wait, 1, 20000), 1);
		sync_advance(sync);
	}
	ASSERT_TEXT(remote_tip(&rig), tip(&rig));
	struct pollfd idle = {.fd = sync_descriptor(sync), .events = POLLIN};
	assert_int_equal(poll(&idle, 1, 0), 0);
	sync_close(sync);
	rig_close(&rig);
}

static void test_origins(void **state)
{
	static const struct {
		const char *url;
		const char *origin;
	} cases[] = {
		{"https://github.com/a/b", "https://github.com"},
		{"HTTPS://GitHub.com:443/a", "https://github.com"},
		{"https://user:pass@github.com/a", "https://github.com"},
		{"https://github.com@evil.example/a", "https://evil.example"},
		{"https://evil.example\\@github.com/", "https://evil.example"},
		{"http://127.0.0.1:8080/x?y", "http://127.0.0.1:8080"},
		{"https://github.com.evil.example", "https://github.com.evil.example"},
		{"git@github.com:a/b", NULL},
		{"ssh://git@github.com/a", NULL},
		{"file:///tmp/x", NULL},
		{"/tmp/x", NULL},
		{"https://", NULL},
	};
	struct arena arena = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		const char *origin = url_origin(cases[i].url, &arena);
		if (!text_equal(origin, cases[i].origin))
			fail_msg("%s: %s", cases[i].url, origin ? origin : "none");
	}
	arena_release(&arena);
}

static void test_base64(void **state)
{
	static const char *const cases[][2] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="},
		{"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xff\xfe\xfd", "//79"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct buffer text = BUFFER_INIT;
		base64_append(&text, (const unsigned char *)cases[i][0], strlen(cases[i][0]));
		ASSERT_TEXT(buffer_text(&text), cases[i][1]);
		buffer_release(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_push_over_http),
		cmocka_unit_test(test_newest_waiting_commit_goes),
		cmocka_unit_test(test_shallow_clone),
		cmocka_unit_test(test_header_of_checkout),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_somebody_else_was_first),
		cmocka_unit_test(test_moved_remote_by_hand),
		cmocka_unit_test(test_no_remote_by_hand),
		cmocka_unit_test(test_lost_answer),
		cmocka_unit_test(test_step_cannot_redirect),
		cmocka_unit_test(test_address_is_rewritten_at_the_start),
		cmocka_unit_test(test_off),
		cmocka_unit_test(test_descriptor),
		cmocka_unit_test(test_origins),
		cmocka_unit_test(test_base64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
