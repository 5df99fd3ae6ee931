/* The world a run is started in, and what is in its way there: signals, limits, processes. */
#include "base/mask.h"
#include "run/run_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define PATIENCE_S 30 /* what takes longer hangs */

static pid_t start_in_child(struct fixture *fixture, void (*prepare)(void))
{
	pid_t child = fork();
	assert_true(child >= 0);
	if (child > 0)
		return child;
	struct error error;
	alarm(PATIENCE_S);
	prepare();
	bool is_sound = fixture_run(fixture);
	is_sound = is_sound && file_write_atomic(fixture_path(fixture, "events"),
				       fixture->events.bytes, fixture->events.size, &error);
	_exit(is_sound ? (int)fixture->outcome : 99);
}

/* The run in a process of its own, whose outcome and events are then the fixture's. */
static void run_in_child(struct fixture *fixture, void (*prepare)(void))
{
	int status;
	pid_t child = start_in_child(fixture, prepare);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (!WIFEXITED(status))
		fail_msg("the run was ended by signal %d", WTERMSIG(status));
	assert_int_not_equal(WEXITSTATUS(status), 99);
	fixture->outcome = (enum run_outcome)WEXITSTATUS(status);
	buffer_append_text(&fixture->events, fixture_read(fixture, "events"));
}

static void nothing(void)
{
}

static void ignore_children(void)
{
	signal(SIGCHLD, SIG_IGN);
}

static void ignore_hangup(void)
{
	signal(SIGHUP, SIG_IGN);
}

static bool is_running(const char *process_id)
{
	char path[64], line[256];
	bool is_running = false;
	snprintf(path, sizeof path, "/proc/%ld/status", strtol(process_id, NULL, 10));
	FILE *status = fopen(path, "r");
	while (status && fgets(line, sizeof line, status)) {
		if (strncmp(line, "State:", 6) == 0)
			is_running = !strchr(line, 'Z') && !strchr(line, 'X');
	}
	if (status)
		fclose(status);
	return is_running;
}

/* --- signals --- */

static void ignored_children_are_seen_nevertheless(void **state)
{
	struct fixture *fixture = *state;
	fixture_step(fixture, "a", "true");
	fixture_step(fixture, "b", "grep SigIgn /proc/self/status");
	fixture_plan(fixture);
	run_in_child(fixture, ignore_children);
	assert_int_equal(fixture->outcome, RUN_COMPLETED);
	assert_event(fixture, "step_completed a.1 exit=0\n");
	assert_string_equal(
		fixture_read(fixture, "run/log/b.1.log"), "SigIgn:\t0000000000000000\n");
}

static void the_disposition_of_children_comes_back(void **state)
{
	struct fixture *fixture = *state;
	struct sigaction after;
	fixture_step(fixture, "a", "true");
	fixture_plan(fixture);
	signal(SIGCHLD, SIG_IGN);
	bool is_sound = fixture_run(fixture);
	sigaction(SIGCHLD, NULL, &after);
	signal(SIGCHLD, SIG_DFL);
	assert_true(is_sound);
	assert_true(after.sa_handler == SIG_IGN);
}

static void a_hang_up_that_is_ignored_stops_nothing(void **state)
{
	struct fixture *fixture = *state;
	fixture_step(fixture, "a", "kill -HUP $PPID");
	fixture_step(fixture, "b", "true");
	fixture_need(fixture, "b", "a");
	fixture_plan(fixture);
	run_in_child(fixture, ignore_hangup);
	assert_int_equal(fixture->outcome, RUN_COMPLETED);
	assert_event(fixture, "step_completed b.1");
}

static void a_hang_up_is_called_by_its_name(void **state)
{
	struct fixture *fixture = *state;
	fixture_step(fixture, "a", "kill -HUP $PPID; sleep 60");
	fixture_plan(fixture);
	run_in_child(fixture, nothing);
	assert_int_equal(fixture->outcome, RUN_INTERRUPTED);
	assert_event(fixture, "pipeline_interrupted: interrupted (SIGHUP)\n");
}

/* --- steps between two attempts --- */

static void a_step_that_waits_for_its_retry_is_given_up(void **state)
{
	static const struct {
		const char *ending;
		int64_t backoff_ms;
		enum wave_failure_policy on_failure;
		const char *reason;
	} cases[] = {
		{"kill -INT $PPID; sleep 60", 60000, ON_FAILURE_KEEP, "interrupted (SIGINT)"},
		/* it is ready again, but there is no place for it */
		{"sleep 0.1; kill -INT $PPID; sleep 60", 1, ON_FAILURE_KEEP,
			"interrupted (SIGINT)"},
		{"exit 1", 60000, ON_FAILURE_STOP, "ended, because another step failed"},
		/* stopped for two reasons, given up once */
		{"kill -INT $PPID; sleep 0.1; exit 1", 60000, ON_FAILURE_STOP,
			"interrupted (SIGINT)"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct fixture fixture;
		char expected[128];
		fixture_open(&fixture);
		struct step *step = fixture_step(&fixture, "again", "exit 75");
		step->retry = (struct retry_policy){.max = 1,
			.backoff_ms = cases[i].backoff_ms,
			.factor = 1,
			.max_delay_ms = cases[i].backoff_ms,
			.on = 1u << FAILURE_TRANSIENT};
		fixture_step(&fixture, "end", cases[i].ending);
		fixture.plan.jobs = 1;
		fixture.settings.on_failure = cases[i].on_failure;
		fixture_plan(&fixture);
		assert_true(fixture_run(&fixture));
		snprintf(expected, sizeof expected, "step_cancelled again cancelled: %s\n",
			cases[i].reason);
		assert_event(&fixture, expected);
		assert_int_equal(fixture_count(&fixture, "step_cancelled again"), 1);
		assert_int_equal(fixture_count(&fixture, "step_started again"), 1);
		fixture_close(&fixture);
	}
}

/* --- limits --- */

static void limit_descriptors(rlim_t soft, rlim_t hard)
{
	struct rlimit limit = {.rlim_cur = soft, .rlim_max = hard};
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		_exit(98);
}

static void lower_soft_limit(void)
{
	limit_descriptors(32, 512);
}

static void lower_hard_limit(void)
{
	limit_descriptors(80, 80);
}

/* So few are left that a fourth process cannot be started beside three others. */
static void use_up_descriptors(void)
{
	limit_descriptors(300, 300);
	while (dup(0) < 286)
		;
}

static void add_many_steps(struct fixture *fixture, const char *script)
{
	static const char *const ids[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k",
		"l", "m", "n", "o", "p", "q", "r", "s", "t", "u", "v", "w", "x"};
	for (size_t i = 0; i < ARRAY_LENGTH(ids); i++)
		fixture_step(fixture, ids[i], script);
	fixture->plan.jobs = 32;
	fixture_plan(fixture);
}

static void many_jobs_raise_the_limit_but_not_for_steps(void **state)
{
	struct fixture *fixture = *state;
	add_many_steps(fixture, "sleep 0.2; ulimit -Sn");
	run_in_child(fixture, lower_soft_limit);
	assert_int_equal(fixture->outcome, RUN_COMPLETED);
	assert_int_equal(fixture_count(fixture, "step_completed"), 24);
	assert_string_equal(fixture_read(fixture, "run/log/x.1.log"), "32\n");
}

static void fewer_run_at_once_where_the_limit_is_low(void **state)
{
	struct fixture *fixture = *state;
	add_many_steps(fixture, "echo done; sleep 0.1");
	run_in_child(fixture, lower_hard_limit);
	assert_int_equal(fixture->outcome, RUN_COMPLETED);
	assert_int_equal(fixture_count(fixture, "step_completed"), 24);
}

static void a_step_waits_for_what_others_will_give_back(void **state)
{
	struct fixture *fixture = *state;
	add_many_steps(fixture, "sleep 0.05");
	run_in_child(fixture, use_up_descriptors);
	assert_int_equal(fixture->outcome, RUN_COMPLETED);
	assert_int_equal(fixture_count(fixture, "step_completed"), 24);
	assert_int_equal(fixture_count(fixture, "step_started"), 24);
	assert_no_event(fixture, ".2");
}

/* --- links --- */

static void a_working_directory_stays_inside(void **state)
{
	struct fixture *fixture = *state;
	struct error error;
	assert_true(folder_make(fixture_path(fixture, "work/real"), &error));
	assert_int_equal(symlink("real", fixture_path(fixture, "work/inside")), 0);
	assert_int_equal(symlink("..", fixture_path(fixture, "work/outside")), 0);
	fixture_step(fixture, "a", "touch here")->workdir = "inside";
	fixture_step(fixture, "b", "touch here")->workdir = "outside";
	/* The second looks harmless when it starts. */
	struct output output = {.name = "events", .path = "here"};
	struct step *step = fixture_step(fixture, "c", "rm ../later; ln -s .. ../later");
	step->workdir = "later";
	step->outputs = &output;
	step->output_count = 1;
	assert_true(folder_make(fixture_path(fixture, "work/later-real"), &error));
	assert_int_equal(symlink("later-real", fixture_path(fixture, "work/later")), 0);
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_event(fixture, "step_completed a.1");
	assert_true(fixture_exists(fixture, "work/real/here"));
	assert_event(fixture,
		"step_failed b.1 exit=-1 permanent: the working directory 'outside' is a link that "
		"leads out of the pipeline's folder\n");
	assert_event(fixture,
		"step_failed c.1 exit=0 output: the working directory 'later' is a link that leads "
		"out of the pipeline's folder\n");
	assert_false(fixture_exists(fixture, "here"));
}

/* --- processes that stay --- */

static void what_a_killed_runner_left_ends_before_the_run_goes_on(void **state)
{
	struct fixture *fixture = *state;
	char byte;
	fixture_step(fixture, "a", "(echo $$ > /dev/null; exec sh ./survivor) | cat");
	const char survivor[] = "echo $$ > survivor.pid\necho > ready\nexec sleep 600\n";
	struct error error;
	assert_true(file_write_atomic(
		fixture_path(fixture, "work/survivor"), survivor, sizeof survivor - 1, &error));
	assert_int_equal(mkfifo(fixture_path(fixture, "work/ready"), 0600), 0);
	fixture_plan(fixture);
	pid_t runner = start_in_child(fixture, nothing);
	int ready = open(fixture_path(fixture, "work/ready"), O_RDONLY | O_CLOEXEC);
	assert_int_equal(read(ready, &byte, 1), 1);
	close(ready);
	kill(runner, SIGKILL);
	waitpid(runner, NULL, 0);
	const char *survivor_id = fixture_read(fixture, "work/survivor.pid");
	assert_true(is_running(survivor_id));
	/* Another run's processes are none of ours, even if its id begins with ours. */
	pid_t other = fork();
	if (other == 0) {
		setsid();
		char *marker =
			arena_format(&fixture->arena, "WAVETRAIN_RUN_ID=%s_2", fixture->run.id);
		execle("/bin/sleep", "sleep", "600", NULL, (char *[]){marker, NULL});
		_exit(127);
	}
	fixture->steps[0].command.script =
		"! grep ^State /proc/$(cat survivor.pid)/status | grep -v '[ZX] '";
	fixture->settings.resumed = true;
	bool is_sound = fixture_run(fixture);
	bool other_lives = waitpid(other, NULL, WNOHANG) == 0;
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	assert_true(is_sound);
	assert_int_equal(fixture->outcome, RUN_COMPLETED);
	assert_false(is_running(survivor_id));
	assert_true(other_lives);
}

/* A run in another folder may have the same id: it was begun in the same second. */
static void a_living_run_of_the_same_id_is_left_alone(void **state)
{
	struct fixture *fixture = *state;
	struct fixture other;
	char byte;
	fixture_open(&other);
	assert_int_equal(mkfifo(fixture_path(&other, "work/ready"), 0600), 0);
	assert_int_equal(mkfifo(fixture_path(&other, "work/go-on"), 0600), 0);
	fixture_step(&other, "a", "(echo > ready; read x < go-on) | cat");
	fixture_plan(&other);
	pid_t runner = start_in_child(&other, nothing);
	int ready = open(fixture_path(&other, "work/ready"), O_RDONLY | O_CLOEXEC);
	assert_int_equal(read(ready, &byte, 1), 1);
	close(ready);
	fixture_step(fixture, "a", "true");
	fixture_plan(fixture);
	fixture->settings.resumed = true;
	bool is_sound = fixture_run(fixture);
	int go_on = open(fixture_path(&other, "work/go-on"), O_WRONLY | O_CLOEXEC | O_NONBLOCK);
	bool has_reader = go_on >= 0;
	if (has_reader)
		close(go_on);
	int status;
	waitpid(runner, &status, 0);
	fixture_close(&other);
	assert_true(is_sound);
	assert_true(has_reader);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), RUN_COMPLETED);
}

static void a_daemon_without_a_trace_of_us_is_ended_too(void **state)
{
	struct fixture *fixture = *state;
	fixture_step(fixture, "a",
		"mkfifo f; env -i PATH=\"$PATH\" setsid sh -c 'echo $$ > daemon.pid; echo > f; "
		"exec sleep 600' > /dev/null 2>&1 & read x < f");
	fixture_step(
		fixture, "b", "! grep ^State /proc/$(cat daemon.pid)/status | grep -v '[ZX] '");
	fixture_need(fixture, "b", "a");
	fixture_plan(fixture);
	pid_t own = fork();
	if (own == 0) {
		pause();
		_exit(0);
	}
	bool is_sound = fixture_run(fixture);
	bool own_lives = waitpid(own, NULL, WNOHANG) == 0;
	kill(own, SIGKILL);
	waitpid(own, NULL, 0);
	assert_true(is_sound);
	assert_int_equal(fixture->outcome, RUN_COMPLETED);
	assert_true(own_lives);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* The stage does not end as it should, so the sweep between stages never comes. */
static void a_run_that_breaks_off_leaves_no_daemon(void **state)
{
	struct fixture *fixture = *state;
	fixture->record_limit = 4;
	fixture_step(fixture, "a",
		"mkfifo f; env -i PATH=\"$PATH\" setsid sh -c 'echo > f; exec sleep 600' "
		"> /dev/null 2>&1 & read x < f");
	fixture_step(fixture, "b", "true");
	fixture_need(fixture, "b", "a");
	fixture_plan(fixture);
	assert_false(fixture_run(fixture));
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* --- what is left of notes --- */

/* The attempts of a runner that was killed are not in this fixture's record; their notes are. */
static void notes_of_a_killed_runner_are_masked_before_anything_runs(void **state)
{
	struct fixture *fixture = *state;
	struct mask_secret secret = {.name = "TOKEN", .value = "Zq9-abcdefghijklmnop"};
	struct mask *mask = mask_new(&secret, 1);
	struct error error;
	const char *note = fixture_path(fixture, "run/notes/a.7.summary.md");
	assert_true(folder_make(fixture_path(fixture, "run/notes"), &error));
	assert_true(file_write_atomic(note, secret.value, strlen(secret.value), &error));
	fixture_step(fixture, "a", "cat ../run/notes/a.7.summary.md > seen");
	fixture_step(
		fixture, "b", "echo ' late Zq9-abcdefghijklmnop' >> ../run/notes/a.7.summary.md");
	fixture_need(fixture, "b", "a");
	fixture_plan(fixture);
	fixture->pipeline.mask = mask;
	fixture->settings.resumed = true;
	bool is_sound = fixture_run(fixture);
	mask_free(mask);
	assert_true(is_sound);
	assert_string_equal(fixture_read(fixture, "work/seen"), "***");
	assert_string_equal(fixture_read(fixture, "run/notes/a.7.summary.md"), "*** late ***\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(ignored_children_are_seen_nevertheless),
		FIXTURE_TEST(the_disposition_of_children_comes_back),
		FIXTURE_TEST(a_hang_up_that_is_ignored_stops_nothing),
		FIXTURE_TEST(a_hang_up_is_called_by_its_name),
		FIXTURE_TEST(a_step_that_waits_for_its_retry_is_given_up),
		FIXTURE_TEST(many_jobs_raise_the_limit_but_not_for_steps),
		FIXTURE_TEST(fewer_run_at_once_where_the_limit_is_low),
		FIXTURE_TEST(a_step_waits_for_what_others_will_give_back),
		FIXTURE_TEST(a_working_directory_stays_inside),
		FIXTURE_TEST(what_a_killed_runner_left_ends_before_the_run_goes_on),
		FIXTURE_TEST(a_living_run_of_the_same_id_is_left_alone),
		FIXTURE_TEST(a_daemon_without_a_trace_of_us_is_ended_too),
		FIXTURE_TEST(a_run_that_breaks_off_leaves_no_daemon),
		FIXTURE_TEST(notes_of_a_killed_runner_are_masked_before_anything_runs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
