#include "record_fixture.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

static void count_one(struct fixture *fixture, struct record *record, uint32_t step)
{
	must(fixture, take_step(fixture, record, EVENT_STEP_STARTED, step, step));
	must(fixture, take_step(fixture, record, EVENT_STEP_COMPLETED, step, step));
}

/* Flushes after three steps, takes two more without, and waits for the signal. */
static void write_and_wait(struct fixture *fixture, int channel, bool power_cut)
{
	struct record *record = open_record(fixture, RECORD_WRITE);

	begin_run(fixture, record, "run_1");
	must(fixture, take_plain(fixture, record, EVENT_PIPELINE_STARTED, 0));
	for (uint32_t step = 0; step < 3; step++)
		count_one(fixture, record, step);
	must(fixture, record_flush(record, power_cut, &fixture->error));
	for (uint32_t step = 3; step < 5; step++)
		count_one(fixture, record, step);
	if (write(channel, "x", 1) == 1)
		pause();
	_exit(1);
}

static void killed_keeps_what_was_flushed(struct fixture *fixture, bool power_cut)
{
	struct record *record;
	struct run run;
	int channel[2];
	char byte;
	pid_t child;

	assert_int_equal(pipe(channel), 0);
	child = fork();
	if (child == 0) {
		fixture->is_child = true;
		alarm(60);
		write_and_wait(fixture, channel[1], power_cut);
	}
	close(channel[1]);
	assert_int_equal(read(channel[0], &byte, 1), 1);
	close(channel[0]);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	record = open_record(fixture, RECORD_READ);
	read_run(fixture, record, &run);
	assert_int_equal(run.totals.by_state[STATE_DONE], 3);
	record_close(record);
	record = open_record(fixture, RECORD_WRITE);
	read_run(fixture, record, &run);
	assert_int_equal(run.state, STATE_RUNNING);
	assert_int_equal(run.totals.by_state[STATE_DONE], 3);
	assert_int_equal(run.totals.by_state[STATE_PENDING], 3);
	assert_int_equal(run.attempt_count, 3);
	count_one(fixture, record, 3);
	record_close(record);
}

static void a_kill_keeps_what_was_flushed(void **state)
{
	killed_keeps_what_was_flushed(*state, false);
}

static void a_kill_keeps_what_was_synced(void **state)
{
	killed_keeps_what_was_flushed(*state, true);
}

static bool write_text(const char *path, const char *text)
{
	int descriptor = open(path, O_WRONLY | O_CLOEXEC);
	bool done =
		descriptor >= 0 && write(descriptor, text, strlen(text)) == (ssize_t)strlen(text);

	if (descriptor >= 0)
		close(descriptor);
	return done;
}

/* A user and mount namespace of this process alone; false where the system allows none. */
static bool enter_namespace(void)
{
	char users[64];
	char groups[64];

	snprintf(users, sizeof users, "0 %u 1", (unsigned)geteuid());
	snprintf(groups, sizeof groups, "0 %u 1", (unsigned)getegid());
	return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
	       write_text("/proc/self/setgroups", "deny") &&
	       write_text("/proc/self/uid_map", users) && write_text("/proc/self/gid_map", groups);
}

/* True when the folder is a disk of two megabytes now, seen by this process alone. */
static bool mount_small_disk(const char *folder)
{
	return enter_namespace() && mount("disk", folder, "tmpfs", 0, "size=2m") == 0;
}

static void limit_file_size(void)
{
	struct rlimit limit = {2u << 20, 2u << 20};

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
}

#define NO_NAMESPACE 77 /* the system allows no mounts: nothing to test */

enum verdict { VERDICT_GOOD = 10, VERDICT_NEVER_FULL, VERDICT_WRONG_CODE, VERDICT_UNREADABLE };

/* Goes on until the record says that nothing more fits; what was flushed before must be there. */
static enum verdict fill_disk(struct fixture *fixture, enum error_code expected)
{
	struct record *record = open_record(fixture, RECORD_WRITE);
	struct event event = event_of(EVENT_ARTIFACT_INJECTED, 0);
	static char reason[4096];
	uint64_t flushed = 0;
	struct run run;

	memset(reason, 'r', sizeof reason - 1);
	begin_run(fixture, record, "run_1");
	event.step = 0;
	event.subject = reason;
	fixture->error.code = ERROR_NONE;
	while (flushed < 10000 && take(fixture, record, event) &&
		record_flush(record, false, &fixture->error))
		flushed++;
	if (flushed == 10000)
		return VERDICT_NEVER_FULL;
	if (fixture->error.code != expected)
		return VERDICT_WRONG_CODE;
	if (record_flush(record, false, &fixture->error))
		return VERDICT_NEVER_FULL; /* a failed flush is never made good by the next */
	record_close(record);
	if (!record_open(fixture->state, RECORD_READ, &record, &fixture->error) ||
		!record_read_run(record, "run_1", &fixture->arena, &run, &fixture->error))
		return VERDICT_UNREADABLE;
	record_close(record);
	return run.step_count == 6 ? VERDICT_GOOD : VERDICT_UNREADABLE;
}

static void a_full_disk_is_told_and_loses_nothing(void **state)
{
	struct fixture *fixture = *state;
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		fixture->is_child = true;
		alarm(60);
		if (!mount_small_disk(fixture->folder))
			_exit(NO_NAMESPACE);
		_exit((int)fill_disk(fixture, ERROR_DISK_FULL));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == NO_NAMESPACE)
		skip();
	assert_int_equal(WEXITSTATUS(status), VERDICT_GOOD);
}

static void a_failing_write_is_told_and_loses_nothing(void **state)
{
	struct fixture *fixture = *state;
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		fixture->is_child = true;
		alarm(60);
		limit_file_size();
		_exit((int)fill_disk(fixture, ERROR_DATABASE));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), VERDICT_GOOD);
}

static bool make_read_only(const char *folder)
{
	return enter_namespace() && mount(folder, folder, NULL, MS_BIND, NULL) == 0 &&
	       mount(NULL, folder, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) == 0;
}

static enum verdict read_where_nothing_can_be_written(struct fixture *fixture)
{
	struct record *record = NULL;
	struct run run;

	if (record_open(fixture->state, RECORD_WRITE, &record, &fixture->error))
		return VERDICT_NEVER_FULL;
	if (fixture->error.code != ERROR_FILE || !strstr(fixture->error.text, "Read-only"))
		return VERDICT_WRONG_CODE;
	if (!record_open(fixture->state, RECORD_READ, &record, &fixture->error) ||
		!record_read_run(record, "run_1", &fixture->arena, &run, &fixture->error))
		return VERDICT_UNREADABLE;
	record_close(record);
	return run.step_count == 6 ? VERDICT_GOOD : VERDICT_UNREADABLE;
}

static void a_read_only_place_can_be_read(void **state)
{
	struct fixture *fixture = *state;
	struct record *record = open_record(fixture, RECORD_WRITE);
	int status = 0;
	pid_t child;

	begin_run(fixture, record, "run_1");
	record_close(record);
	child = fork();
	if (child == 0) {
		fixture->is_child = true;
		alarm(60);
		if (!make_read_only(fixture->folder))
			_exit(NO_NAMESPACE);
		_exit((int)read_where_nothing_can_be_written(fixture));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == NO_NAMESPACE)
		skip();
	assert_int_equal(WEXITSTATUS(status), VERDICT_GOOD);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_kill_keeps_what_was_flushed),
		TEST(a_kill_keeps_what_was_synced),
		TEST(a_full_disk_is_told_and_loses_nothing),
		TEST(a_failing_write_is_told_and_loses_nothing),
		TEST(a_read_only_place_can_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
