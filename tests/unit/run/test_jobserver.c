#include "run/jobserver.h"

#include "folder_fixture.h"

#include <sys/ioctl.h>

#include "base/clock.h"

struct server {
	struct jobserver jobserver;
	struct event_loop loop;
	struct timer guard; /* so that a test that would wait for ever fails */
	int run_folder;
};

static void give_up(void *owner)
{
	(void)owner;
	fail_msg("nothing happened for a minute");
}

static void start(struct place *place, struct server *server, enum jobserver_style style,
	uint32_t slot_count, const char *inherited_flags)
{
	*server = (struct server){.guard = {.due = give_up}};
	assert_true(event_loop_open(&server->loop, &place->error));
	event_loop_set_timer(
		&server->loop, &server->guard, clock_monotonic_ns() + INT64_C(60000000000));
	put_folder(place, "run");
	server->run_folder = open(at(place, "run"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct jobserver_request request = {.style = style,
		.slot_count = slot_count,
		.run_folder_path = at(place, "run"),
		.run_folder = server->run_folder,
		.inherited_flags = inherited_flags,
		.loop = &server->loop};
	assert_true(jobserver_open(&server->jobserver, &request, &place->arena, &place->error));
}

static void stop(struct server *server)
{
	jobserver_close(&server->jobserver);
	event_loop_cancel_timer(&server->loop, &server->guard);
	event_loop_close(&server->loop);
	close(server->run_folder);
}

static int tokens_there(const struct server *server)
{
	int count = -1;
	assert_int_equal(ioctl(server->jobserver.own, FIONREAD, &count), 0);
	return count;
}

static bool start_step(struct server *server)
{
	if (!jobserver_has_slot(&server->jobserver))
		return false;
	jobserver_step_starts(&server->jobserver);
	return true;
}

/* A client as the protocol has it, which may die with what it holds. */
static int open_client(struct place *place, const struct server *server)
{
	if (server->jobserver.style == JOBSERVER_PIPE)
		return dup(server->jobserver.passed[0]);
	return open(at(place, "run/" JOBSERVER_FILE), O_RDWR | O_CLOEXEC);
}

static int client_writes_to(const struct server *server, int client)
{
	return server->jobserver.style == JOBSERVER_PIPE ? server->jobserver.passed[1] : client;
}

static const enum jobserver_style styles[] = {JOBSERVER_FIFO, JOBSERVER_PIPE};

static void steps_own_a_slot_and_take_the_others(void **state)
{
	struct place *place = *state;
	for (size_t i = 0; i < 2; i++) {
		struct server server;
		start(place, &server, styles[i], 3, NULL);
		assert_int_equal(tokens_there(&server), 2);
		assert_true(start_step(&server));
		assert_int_equal(tokens_there(&server), 2);
		assert_true(start_step(&server));
		assert_true(start_step(&server));
		assert_int_equal(tokens_there(&server), 0);
		assert_false(start_step(&server));
		assert_int_equal(jobserver_step_ends(&server.jobserver), 0);
		assert_int_equal(tokens_there(&server), 1);
		assert_true(start_step(&server));
		for (int left = 2; left >= 0; left--)
			assert_int_equal(jobserver_step_ends(&server.jobserver), 0);
		assert_int_equal(tokens_there(&server), 2);
		stop(&server);
	}
}

static void a_slot_that_is_not_used_is_given_back(void **state)
{
	struct place *place = *state;
	struct server server;
	start(place, &server, JOBSERVER_FIFO, 2, NULL);
	assert_true(start_step(&server));
	assert_true(jobserver_has_slot(&server.jobserver));
	assert_true(jobserver_has_slot(&server.jobserver));
	assert_int_equal(tokens_there(&server), 0);
	jobserver_settle(&server.jobserver);
	assert_int_equal(tokens_there(&server), 1);
	assert_false(server.jobserver.watch.active);
	stop(&server);
}

static void it_wakes_when_a_client_gives_one_back(void **state)
{
	struct place *place = *state;
	for (size_t i = 0; i < 2; i++) {
		struct server server;
		char token;
		start(place, &server, styles[i], 2, NULL);
		int client = open_client(place, &server);
		assert_true(start_step(&server));
		assert_int_equal(read(client, &token, 1), 1);
		assert_false(start_step(&server));
		jobserver_settle(&server.jobserver);
		assert_int_equal(write(client_writes_to(&server, client), &token, 1), 1);
		assert_true(event_loop_turn(&server.loop, &place->error));
		assert_true(start_step(&server));
		jobserver_settle(&server.jobserver);
		assert_false(server.jobserver.watch.active);
		close(client);
		stop(&server);
	}
}

/* Once nothing runs it is known how many there must be. */
static void what_was_lost_is_made_anew(void **state)
{
	struct place *place = *state;
	for (size_t i = 0; i < 2; i++) {
		struct server server;
		char tokens[4];
		start(place, &server, styles[i], 5, NULL);
		int client = open_client(place, &server);
		assert_true(start_step(&server));
		assert_true(start_step(&server));
		assert_int_equal(read(client, tokens, 2), 2);
		close(client);
		assert_int_equal(jobserver_step_ends(&server.jobserver), 0);
		assert_int_equal(tokens_there(&server), 2);
		assert_int_equal(jobserver_step_ends(&server.jobserver), 2);
		assert_int_equal(tokens_there(&server), 4);
		/* One that outlived its step gives back what was made anew. */
		client = open_client(place, &server);
		assert_int_equal(write(client_writes_to(&server, client), "++", 2), 2);
		assert_true(start_step(&server));
		assert_int_equal(jobserver_step_ends(&server.jobserver), 0);
		assert_int_equal(tokens_there(&server), 4);
		close(client);
		stop(&server);
	}
}

/* Theirs waits for a token, and what they do to it does not make ours wait. */
static void children_have_a_description_of_their_own(void **state)
{
	struct place *place = *state;
	struct server server;
	start(place, &server, JOBSERVER_PIPE, 1, NULL);
	assert_true(server.jobserver.passed[0] > 2);
	assert_true(server.jobserver.passed[0] < server.jobserver.passed[1]);
	for (int i = 0; i < 2; i++)
		assert_false(fcntl(server.jobserver.passed[i], F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(server.jobserver.own, F_GETFL) & O_NONBLOCK);
	assert_true(start_step(&server));
	assert_false(start_step(&server));
	stop(&server);
}

static void flags_stand_where_make_looks_for_them(void **state)
{
	static const struct {
		const char *inherited;
		const char *before;
		const char *after;
	} cases[] = {{NULL, "", ""}, {"k", "k ", ""}, {" -j8 --trace", " -j8 --trace ", ""},
		{"k -- X=1 Y=2", "k ", " -- X=1 Y=2"},
		{" -j8 --jobserver-auth=3,4 -- X=1", "", ""}};
	struct place *place = *state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct server server;
		start(place, &server, JOBSERVER_FIFO, 4, cases[i].inherited);
		assert_string_equal(server.jobserver.make_flags,
			arena_format(&place->arena,
				"%s-j4 --jobserver-auth=fifo:%s/run/jobserver%s", cases[i].before,
				place->root, cases[i].after));
		stop(&server);
		start(place, &server, JOBSERVER_PIPE, 4, cases[i].inherited);
		assert_string_equal(server.jobserver.make_flags,
			arena_format(&place->arena, "%s-j4 --jobserver-auth=%d,%d%s",
				cases[i].before, server.jobserver.passed[0],
				server.jobserver.passed[1], cases[i].after));
		stop(&server);
	}
}

static void the_fifo_is_ours_and_is_removed(void **state)
{
	struct place *place = *state;
	struct server server;
	struct stat facts;
	const char *path = at(place, "run/" JOBSERVER_FILE);
	const char *left = at(place, "other/" JOBSERVER_FILE);
	const char *foreign = at(place, "third/" JOBSERVER_FILE);
	put_folder(place, "run");
	put_folder(place, "other");
	put_folder(place, "third/" JOBSERVER_FILE);
	/* What runners that were killed have left, of this run and of another one. */
	assert_int_equal(mkfifo(path, 0644), 0);
	assert_int_equal(mkfifo(left, 0600), 0);
	start(place, &server, JOBSERVER_FIFO, 2, NULL);
	assert_int_equal(stat(path, &facts), 0);
	assert_int_equal(facts.st_mode, S_IFIFO | 0600);
	assert_int_equal(tokens_there(&server), 1);
	assert_int_equal(stat(left, &facts), -1);
	assert_int_equal(stat(foreign, &facts), 0);
	stop(&server);
	assert_int_equal(stat(path, &facts), -1);
	assert_int_equal(mkfifo(path, 0600), 0);
	start(place, &server, JOBSERVER_NONE, 2, NULL);
	assert_int_equal(stat(path, &facts), -1);
	assert_null(server.jobserver.make_flags);
	assert_true(start_step(&server) && start_step(&server) && start_step(&server));
	stop(&server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			steps_own_a_slot_and_take_the_others, place_open, place_close),
		cmocka_unit_test_setup_teardown(
			a_slot_that_is_not_used_is_given_back, place_open, place_close),
		cmocka_unit_test_setup_teardown(
			it_wakes_when_a_client_gives_one_back, place_open, place_close),
		cmocka_unit_test_setup_teardown(
			what_was_lost_is_made_anew, place_open, place_close),
		cmocka_unit_test_setup_teardown(
			children_have_a_description_of_their_own, place_open, place_close),
		cmocka_unit_test_setup_teardown(
			flags_stand_where_make_looks_for_them, place_open, place_close),
		cmocka_unit_test_setup_teardown(
			the_fifo_is_ours_and_is_removed, place_open, place_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
