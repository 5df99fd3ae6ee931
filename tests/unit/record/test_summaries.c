/* What steps wrote for people, from real files of a run's folder. */
#include "record/summaries.h"

#include <stdint.h>

#include "base/text.h"
#include "record/record_fixture.h"

#define STEP_COUNT 1000u

/* A run of so many steps in a folder of its own; nothing of it is on record. */
static struct run run_of(struct fixture *fixture, uint32_t step_count)
{
	struct run run = {.folder = fixture->folder,
		.steps = ARENA_ARRAY(&fixture->arena, struct run_step, step_count),
		.step_count = step_count};

	for (uint32_t i = 0; i < step_count; i++)
		run.steps[i].id = arena_format(&fixture->arena, "step-%u", i);
	must(fixture,
		folder_make(path_join(&fixture->arena, fixture->folder, "notes"), &fixture->error));
	return run;
}

static const char *note_path(struct fixture *fixture, const char *name)
{
	return arena_format(&fixture->arena, "%s/notes/%s", fixture->folder, name);
}

static void write_note(struct fixture *fixture, const char *name, const char *text)
{
	FILE *file = fopen(note_path(fixture, name), "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* As long as one may be, and what tells it from others at its end. */
static const char *full_note(struct fixture *fixture, const char *end)
{
	char *text = ARENA_ARRAY(&fixture->arena, char, SUMMARY_LIMIT_BYTES + 1);

	memset(text, 'x', SUMMARY_LIMIT_BYTES);
	memcpy(text + SUMMARY_LIMIT_BYTES - strlen(end), end, strlen(end));
	return text;
}

/* Of the last attempt that wrote one; a link is none, a cut character is left out. */
static void test_which(void **state)
{
	struct fixture *fixture = *state;
	struct run run = run_of(fixture, 6);

	write_note(fixture, "step-0.1.summary.md", "first");
	write_note(fixture, "step-0.10.summary.md", "tenth");
	write_note(fixture, "step-0.2.summary.md", "second");
	write_note(fixture, "step-1.1.handoff.md", "not this");
	write_note(fixture, "nobody.1.summary.md", "not this");
	write_note(fixture, "step-2.x.summary.md", "not this");
	write_note(fixture, "step-3.1.summary.md",
		arena_format(&fixture->arena, "%.*sé", (int)SUMMARY_LIMIT_BYTES - 1,
			full_note(fixture, "")));
	must(fixture,
		symlink("step-0.1.summary.md", note_path(fixture, "step-4.1.summary.md")) == 0);
	write_note(fixture, "step-5.1.summary.md", "written");
	write_note(fixture, "step-5.2.summary.md", "");
	summaries_read(&run, &fixture->arena);
	assert_string_equal(run.steps[0].summary, "tenth");
	assert_null(run.steps[1].summary);
	assert_null(run.steps[2].summary);
	assert_int_equal(strlen(run.steps[3].summary), SUMMARY_LIMIT_BYTES - 1);
	assert_null(run.steps[4].summary);
	assert_string_equal(run.steps[5].summary, "written");
}

/* What earlier attempts wrote takes nothing from what there is room for. */
static void test_many_attempts(void **state)
{
	enum { STEPS = 60, ATTEMPTS = 4 };
	struct fixture *fixture = *state;
	struct run run = run_of(fixture, STEPS);
	const char *early = full_note(fixture, "early");
	const char *last = full_note(fixture, "last");

	for (int i = 0; i < STEPS * ATTEMPTS; i++)
		write_note(fixture,
			arena_format(&fixture->arena, "step-%d.%d.summary.md", i / ATTEMPTS,
				i % ATTEMPTS + 1),
			i % ATTEMPTS + 1 == ATTEMPTS ? last : early);
	summaries_read(&run, &fixture->arena);
	for (int i = 0; i < STEPS; i++)
		assert_true(text_equal(run.steps[i].summary, last));
}

/* A short text takes little: all of them stand together in the first block of the arena. */
static void test_short_ones(void **state)
{
	struct fixture *fixture = *state;
	struct run run = run_of(fixture, STEP_COUNT);
	struct arena arena = {0};
	uintptr_t first = UINTPTR_MAX;
	uintptr_t last = 0;

	for (uint32_t i = 0; i < STEP_COUNT; i++)
		write_note(fixture, arena_format(&fixture->arena, "step-%u.1.summary.md", i), "ok");
	summaries_read(&run, &arena);
	for (uint32_t i = 0; i < STEP_COUNT; i++) {
		uintptr_t place = (uintptr_t)run.steps[i].summary;

		assert_string_equal(run.steps[i].summary, "ok");
		first = place < first ? place : first;
		last = place > last ? place : last;
	}
	assert_in_range(last - first, 1, 1u << 20);
	arena_release(&arena);
}

static void test_limit_of_a_run(void **state)
{
	struct fixture *fixture = *state;
	uint32_t room = SUMMARIES_LIMIT_BYTES / SUMMARY_LIMIT_BYTES;
	struct run run = run_of(fixture, room + 1);
	const char *text = full_note(fixture, "end");

	for (uint32_t i = 0; i <= room; i++)
		write_note(fixture, arena_format(&fixture->arena, "step-%u.1.summary.md", i), text);
	summaries_read(&run, &fixture->arena);
	for (uint32_t i = 0; i < room; i++)
		assert_true(text_equal(run.steps[i].summary, text));
	assert_null(run.steps[room].summary);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_which, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			test_many_attempts, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_short_ones, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			test_limit_of_a_run, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
