#include "run/folder_fixture.h"

#include "base/clock.h"
#include "run/oom_watch.h"

#define LATER_NS ((int64_t)3600 * 1000000000)

struct counters {
	struct place *place;
	struct oom_watch watch;
	int64_t now_ns;
};

/* As the kernel writes them: the group's, version 2, and the machine's. */
static void set(const struct counters *counters, unsigned of_group, unsigned of_machine)
{
	struct arena *arena = &counters->place->arena;
	put(counters->place, "group",
		arena_format(
			arena, "low 0\nmax 5\noom 9\noom_kill %u\noom_group_kill 7\n", of_group));
	put(counters->place, "machine",
		arena_format(arena, "nr_free_pages 77\nold_oom_kill 5\noom_kill %u\n", of_machine));
}

static void open_counters(struct counters *counters, void **state)
{
	*counters = (struct counters){.place = *state, .now_ns = clock_monotonic_ns()};
	set(counters, 3, 40);
	oom_watch_open(
		&counters->watch, at(counters->place, "group"), at(counters->place, "machine"));
}

/* So much later that nothing known before counts. */
static struct oom_count begin(struct counters *counters)
{
	counters->now_ns += LATER_NS;
	return oom_watch_begin(&counters->watch, counters->now_ns);
}

static void only_a_counter_that_rose_is_evidence(void **state)
{
	struct counters counters;
	open_counters(&counters, state);
	struct oom_count started = begin(&counters);
	assert_false(oom_watch_claim(&counters.watch, &started));
	set(&counters, 4, 40);
	assert_true(oom_watch_claim(&counters.watch, &started));
	started = begin(&counters);
	assert_false(oom_watch_claim(&counters.watch, &started));
	set(&counters, 4, 41);
	assert_true(oom_watch_claim(&counters.watch, &started));
	oom_watch_close(&counters.watch);
}

/* The group's kill is one of the machine's too. */
static void one_kill_explains_one_end(void **state)
{
	struct counters counters;
	open_counters(&counters, state);
	struct oom_count first = begin(&counters);
	struct oom_count second = begin(&counters);
	set(&counters, 4, 41);
	assert_true(oom_watch_claim(&counters.watch, &first));
	assert_false(oom_watch_claim(&counters.watch, &second));
	set(&counters, 5, 42);
	assert_true(oom_watch_claim(&counters.watch, &second));
	oom_watch_close(&counters.watch);
}

static void what_was_before_an_attempt_is_no_evidence(void **state)
{
	struct counters counters;
	open_counters(&counters, state);
	begin(&counters);
	set(&counters, 9, 99);
	struct oom_count started = begin(&counters);
	assert_false(oom_watch_claim(&counters.watch, &started));
	oom_watch_close(&counters.watch);
}

static void a_counter_that_is_missing_never_rises(void **state)
{
	struct counters counters;
	open_counters(&counters, state);
	oom_watch_close(&counters.watch);
	oom_watch_open(&counters.watch, NULL, at(counters.place, "nowhere"));
	struct oom_count started = begin(&counters);
	set(&counters, 9, 99);
	assert_false(oom_watch_claim(&counters.watch, &started));
	put(counters.place, "odd", "oom_kill much\n");
	oom_watch_close(&counters.watch);
	oom_watch_open(&counters.watch, at(counters.place, "odd"), at(counters.place, "machine"));
	started = begin(&counters);
	assert_false(oom_watch_claim(&counters.watch, &started));
	set(&counters, 9, 100);
	assert_true(oom_watch_claim(&counters.watch, &started));
	oom_watch_close(&counters.watch);
}

/* Whatever this system has, it is found or is not, and nobody was killed for it. */
static void the_systems_own_counters_are_found(void **state)
{
	struct oom_watch watch = {0};
	(void)state;
	oom_watch_begin(&watch, clock_monotonic_ns());
	assert_true(watch.is_open);
	if (path_exists("/proc/vmstat"))
		assert_true(watch.descriptors[OOM_OF_MACHINE] >= 0);
	if (path_exists("/sys/fs/cgroup/memory/memory.oom_control"))
		assert_true(watch.descriptors[OOM_OF_GROUP] >= 0);
	oom_watch_close(&watch);
	assert_false(watch.is_open);
}

#define PLACE_TEST(function) cmocka_unit_test_setup_teardown(function, place_open, place_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACE_TEST(only_a_counter_that_rose_is_evidence),
		PLACE_TEST(one_kill_explains_one_end),
		PLACE_TEST(what_was_before_an_attempt_is_no_evidence),
		PLACE_TEST(a_counter_that_is_missing_never_rises),
		PLACE_TEST(the_systems_own_counters_are_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
