/* What steps ask of the system to hold them, where it can and where it cannot. */
#include "run/run_fixture.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "base/error.h"
#include "run/cgroup.h"
#include "run/confinement.h"
#include "run/landlock.h"
#include "run/namespace.h"

/* Where we may: this process sees something else in place of every cgroup from now on. */
static void cover_cgroups(void)
{
	char line[4096], point[4096];
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return;
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	while (mounts && fgets(line, sizeof line, mounts)) {
		if (strstr(line, " - cgroup2 ") &&
			sscanf(line, "%*s %*s %*s %*s %4095s", point) == 1)
			mount("none", point, "tmpfs", 0, NULL);
	}
	if (mounts)
		fclose(mounts);
}

/* The fixture's runs know no program to hold a namespace with: they need the cgroup. */
static bool can_hold(bool needs_cgroup, struct error *fault)
{
	struct arena arena = {0};
	bool can =
		confinement_landlock_holds(landlock_version(fault), fault) &&
		(cgroup_find_own(&arena, fault) || (!needs_cgroup && namespace_is_allowed(fault)));
	arena_release(&arena);
	return can;
}

/* The run in a process that may cover cgroups first; true: it could hold a step there. */
static bool run_apart(struct fixture *fixture, bool is_covered)
{
	struct error error, fault;
	int status;
	pid_t child = fork();
	assert_true(child >= 0);
	if (!child) {
		alarm(60);
		if (is_covered)
			cover_cgroups();
		bool can = can_hold(true, &fault);
		bool is_sound = fixture_run(fixture) &&
				file_write_atomic(fixture_path(fixture, "events"),
					fixture->events.bytes, fixture->events.size, &error);
		_exit(is_sound ? can : 99);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
	buffer_append_text(&fixture->events, fixture_read(fixture, "events"));
	return WEXITSTATUS(status) == 1;
}

/* Nobody has looked before the run: the step itself must not start. */
static void a_step_that_cannot_be_held_does_not_start(void **state)
{
	(void)state;
	for (int is_covered = 0; is_covered < 2; is_covered++) {
		struct fixture fixture;
		fixture_open(&fixture);
		struct step *step = fixture_step(&fixture, "strict", "echo ran > ran");
		step->isolation = ISOLATION_REQUIRE;
		step->has_isolation = true;
		fixture_step(&fixture, "free", "true");
		fixture_plan(&fixture);
		bool can = run_apart(&fixture, is_covered);
		assert_int_equal(fixture_exists(&fixture, "work/ran"), can);
		assert_event(&fixture, "step_completed free.1");
		assert_event(
			&fixture, can ? "step_completed strict.1"
				      : "step_failed strict.1 exit=-1 permanent: step 'strict' has "
					"'isolation: require': ");
		fixture_close(&fixture);
	}
}

static void the_pipeline_is_refused_beforehand(void **state)
{
	struct fixture *fixture = *state;
	struct error error = {0}, fault;
	fixture_step(fixture, "free", "true");
	struct step *step = fixture_step(fixture, "strict", "true");
	assert_true(confinement_check(&fixture->pipeline, &error));
	step->isolation = ISOLATION_REQUIRE;
	step->has_isolation = true;
	bool can = can_hold(false, &fault);
	assert_int_equal(confinement_check(&fixture->pipeline, &error), can);
	if (!can) {
		assert_non_null(strstr(error.text, fault.text));
		assert_non_null(strstr(error.text, "'strict'"));
		assert_true(error.hint[0]);
	}
	fixture->pipeline.execution.isolation = ISOLATION_REQUIRE;
	step->isolation = ISOLATION_NONE;
	assert_int_equal(confinement_check(&fixture->pipeline, &error), can);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_that_cannot_be_held_does_not_start),
		FIXTURE_TEST(the_pipeline_is_refused_beforehand),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
