/* Which changes begin a run, and when a save is over: with a given clock and without files. */
#include "cli/watch_decision.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/index.h"
#include "base/text.h"
#include "cmocka_all.h"

#define MS INT64_C(1000000)

/* --- a save that settles --- */

static void nothing_is_never_over(void **state)
{
	struct settling settling = {0};
	(void)state;
	assert_true(settling_deadline_ns(&settling) == INT64_MAX);
}

static void a_save_is_over_when_it_is_quiet(void **state)
{
	struct settling settling = {0};
	(void)state;
	settling_note(&settling, 5 * MS);
	assert_true(settling_deadline_ns(&settling) == 5 * MS + WATCH_QUIET_NS);
	/* Written, renamed over, its backup removed. */
	settling_note(&settling, 25 * MS);
	settling_note(&settling, 60 * MS);
	assert_true(settling_deadline_ns(&settling) == 60 * MS + WATCH_QUIET_NS);
}

static void what_never_ceases_is_over_in_the_end(void **state)
{
	struct settling settling = {0};
	int64_t now_ns = 7 * MS;
	int64_t events = 0;
	(void)state;
	settling_note(&settling, now_ns);
	while (settling_deadline_ns(&settling) > now_ns) {
		now_ns += WATCH_QUIET_NS / 2;
		settling_note(&settling, now_ns);
		events++;
		assert_true(events < 1000);
	}
	assert_true(now_ns >= 7 * MS + WATCH_LONGEST_NS);
	assert_true(now_ns < 7 * MS + WATCH_LONGEST_NS + WATCH_QUIET_NS);
}

/* --- whose change it is --- */

/* A pipeline with one step: it reads src, writes out.txt and what is in gen. */
struct world {
	struct watch_inputs inputs;
	struct change_memory memory;
	struct arena arena;
};

static void world_open(struct world *world)
{
	static struct text_item keys[] = {{.text = "src/**"}};
	static struct text_item paths[] = {{.text = "src/gen/*.c"}, {.text = "./build/"}};
	static struct cache_rule cache = {.key = {keys, 1}, .paths = {paths, 2}};
	static struct output outputs[] = {{.name = "out", .path = "src/out.txt"}, {.name = "kept"}};
	static struct step step = {
		.id = "s", .cache = &cache, .outputs = outputs, .output_count = 2};
	const struct pipeline pipeline = {.folder = "/p", .steps = &step, .step_count = 1};
	*world = (struct world){0};
	watch_inputs_collect(&pipeline, "/p/wavetrain.yml", &world->inputs);
}

static void world_close(struct world *world)
{
	watch_inputs_release(&world->inputs);
	change_memory_release(&world->memory);
	arena_release(&world->arena);
}

/* "+/p/new -/p/gone ~/p/changed"; the paths that begin a run, with a space behind each. */
static const char *starting(struct world *world, enum change_moment moment, const char *text)
{
	struct file_changes changes = {.items = ARENA_ARRAY(&world->arena, struct file_change, 8)};
	char *rest = arena_copy_text(&world->arena, text);
	for (char *word = strtok_r(rest, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		changes.items[changes.count++] =
			(struct file_change){word + 1, word[0] == '+'   ? CHANGE_NEW
						       : word[0] == '-' ? CHANGE_GONE
									: CHANGE_CONTENT};
	uint32_t all = changes.count;
	uint32_t count = changes_that_start(&changes, moment, &world->inputs, &world->memory);
	const char *found = "";
	assert_int_equal(changes.count, all);
	for (uint32_t i = 0; i < count; i++)
		found = arena_format(&world->arena, "%s%s ", found, changes.items[i].path);
	return found;
}

static void while_nothing_runs_every_change_counts(void **state)
{
	struct world world;
	(void)state;
	world_open(&world);
	assert_string_equal(starting(&world, CHANGED_WAITING, ""), "");
	assert_string_equal(
		starting(&world, CHANGED_WAITING, "+/p/src/n ~/p/src/out.txt -/p/src/x"),
		"/p/src/n /p/src/out.txt /p/src/x ");
	world_close(&world);
}

static void in_a_run_what_it_declares_to_write_counts_for_nothing(void **state)
{
	struct world world;
	(void)state;
	world_open(&world);
	assert_string_equal(starting(&world, CHANGED_IN_RUN,
				    "~/p/build/x/y.o ~/p/src/a.c +/p/src/gen/b.c +/p/src/gen/b.h "
				    "~/p/src/out.txt -/p/src/out.txt.old"),
		"/p/src/a.c /p/src/gen/b.h /p/src/out.txt.old ");
	/* Nothing of another folder is meant. */
	assert_string_equal(starting(&world, CHANGED_IN_RUN, "~/q/src/out.txt ~/pp/src/out.txt"),
		"/q/src/out.txt /pp/src/out.txt ");
	world_close(&world);
}

static void a_report_folder_is_written_too(void **state)
{
	struct world world;
	(void)state;
	world_open(&world);
	watch_inputs_add_written(&world.inputs, "/p/src/report");
	assert_string_equal(
		starting(&world, CHANGED_IN_RUN, "+/p/src/report/report.html +/p/src/reports"),
		"/p/src/reports ");
	world_close(&world);
}

static void in_an_echo_a_file_counts_once(void **state)
{
	struct world world;
	(void)state;
	world_open(&world);
	assert_string_equal(starting(&world, CHANGED_IN_RUN, "~/p/src/a.c"), "/p/src/a.c ");
	/* Again the same one: the run writes it. Another one that was there: somebody's. */
	assert_string_equal(
		starting(&world, CHANGED_IN_ECHO, "~/p/src/a.c ~/p/src/b.c"), "/p/src/b.c ");
	assert_string_equal(starting(&world, CHANGED_IN_ECHO, "~/p/src/a.c ~/p/src/b.c"), "");
	/* What was made in these runs does not begin one when it changes. */
	assert_string_equal(starting(&world, CHANGED_IN_ECHO, "+/p/src/1.c -/p/src/2.c"), "");
	assert_string_equal(starting(&world, CHANGED_IN_ECHO, "~/p/src/1.c"), "");
	/* A person is at it again. */
	assert_string_equal(starting(&world, CHANGED_WAITING, "~/p/src/a.c"), "/p/src/a.c ");
	assert_string_equal(starting(&world, CHANGED_IN_RUN, "~/p/src/b.c"), "/p/src/b.c ");
	assert_string_equal(starting(&world, CHANGED_IN_ECHO, "~/p/src/a.c"), "/p/src/a.c ");
	world_close(&world);
}

/* Whatever steps do to the files, one change by a person begins a bounded number of runs. */
static void no_steps_make_a_loop(void **state)
{
	enum { FILES = 6, NAMES = 30, ROUNDS = 500 };
	unsigned seed = 1;
	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct world world;
		bool is_there[NAMES] = {0};
		enum change_moment moment = CHANGED_IN_RUN;
		uint32_t runs = 0;
		bool starts = true;
		world_open(&world);
		for (int i = 0; i < FILES; i++)
			is_there[i] = true;
		while (starts) {
			const char *text = "";
			for (int i = 0; i < 4; i++) {
				seed = seed * 1103515245u + 12345u;
				uint32_t name = (seed >> 16) % NAMES;
				bool stays = (seed >> 8) % 3;
				text = arena_format(&world.arena, "%s%c/p/src/%u ", text,
					!is_there[name] ? '+'
					: stays         ? '~'
							: '-',
					name);
				is_there[name] = !is_there[name] || stays;
			}
			starts = *starting(&world, moment, text);
			moment = CHANGED_IN_ECHO;
			runs++;
			assert_true(runs <= FILES + 2);
		}
		world_close(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_never_over),
		cmocka_unit_test(a_save_is_over_when_it_is_quiet),
		cmocka_unit_test(what_never_ceases_is_over_in_the_end),
		cmocka_unit_test(while_nothing_runs_every_change_counts),
		cmocka_unit_test(in_a_run_what_it_declares_to_write_counts_for_nothing),
		cmocka_unit_test(a_report_folder_is_written_too),
		cmocka_unit_test(in_an_echo_a_file_counts_once),
		cmocka_unit_test(no_steps_make_a_loop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
