#include "check.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "fixture.h"
#include "report/report.h"

static void test_one_cell_a_second(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	timeline_append(fixture_done(&arena), &(struct text_style){.columns = 100}, 0, &buffer);
	assert_string_equal(buffer_text(&buffer),
		"Execution Timeline (run_20251209_143022)\n"
		"Total: 42.1 s | Parallel efficiency: 59% | Speed-up: 1.19\n"
		"\n"
		"00:00 ████████████ db_schema (12.3 s)\n"
		"00:12 ████████ personal_data (8.1 s)\n"
		"00:12 ██████████ processing_purposes (10.2 s)\n"
		"00:22 ███████████████████ gdpr_article30 (19.4 s)\n"
		"\n"
		"Critical path: db_schema → processing_purposes → gdpr_article30 (41.9 s)\n"
		"Idle at barriers: 59.4 s of 2m 48s with 4 jobs (wave 1 36.9 s, wave 2 22.5 s)\n");
}

static void test_scaled_with_axis_fits(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	struct run *run = fixture_failed(&arena);
	for (uint32_t columns = 40; columns <= 200; columns += 7) {
		CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
		struct text_style style = {.columns = columns};
		timeline_append(run, &style, 0, &buffer);
		if (columns >= 60)
			check_contains(&buffer, "┬");
		for (char *line = strtok(buffer.bytes, "\n"); line; line = strtok(NULL, "\n"))
			if (columns >= 80)
				assert_true(utf8_width(line, strlen(line)) <= columns);
	}
}

static void test_retries_and_queue_show(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct run *run = fixture_done(&arena);
	run->attempts[1].queue_ms = 3000;
	timeline_append(run, &(struct text_style){.columns = 100}, 0, &buffer);
	check_contains(&buffer, "00:12 ···████████ personal_data");
	buffer_clear(&buffer);
	timeline_append(fixture_failed(&arena), &(struct text_style){.columns = 60}, 0, &buffer);
	check_contains(&buffer, "▒█");
}

static void test_cached_steps_have_a_place(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct run *run = fixture_done(&arena);
	run->steps[1].cache_key = "9f2c1a7e00";
	run->steps[1].attempts.count = 0;
	timeline_append(run, &(struct text_style){.columns = 100}, 0, &buffer);
	check_contains(&buffer, "00:12 ≡ personal_data (cached)\n");
	buffer_clear(&buffer);
	timeline_append(run, &(struct text_style){.columns = 100, .ascii = true}, 0, &buffer);
	check_contains(&buffer, "00:12 = personal_data (cached)\n");
}

static void test_wide(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct text_style style = {.columns = 90, .wide = true, .ascii = true};
	timeline_append(fixture_done(&arena), &style, 0, &buffer);
	check_contains(&buffer, "steps at once, at most 2\n");
	check_contains(&buffer, "00:12 w2 ");
	check_contains(&buffer, "gdpr_article30 (19.4 s) *\n");
	for (size_t i = 0; i < buffer.size; i++)
		assert_true((unsigned char)buffer.bytes[i] < 0x7f);
}

static void test_more_than_sixty_rows_fold(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct run *run = fixture_grid(10, 7, 10, &arena);
	timeline_append(run, &(struct text_style){.columns = 80}, 0, &buffer);
	check_contains(&buffer, "wave 7, 10 steps (900 ms)\n");
	check_contains(&buffer, "70 steps in 7 rows");
	buffer_clear(&buffer);
	timeline_append(run, &(struct text_style){.columns = 80, .all = true}, 0, &buffer);
	check_contains(&buffer, "build-70 (");
	assert_int_equal(check_count(&buffer, "build-"), 70 + run->critical_path_count);
	buffer_clear(&buffer);
	timeline_append(run, &(struct text_style){.columns = 80, .only_failed = true}, 0, &buffer);
	assert_int_equal(check_count(&buffer, ") ✕"), 7);
	buffer_clear(&buffer);
	timeline_append(
		run, &(struct text_style){.columns = 80, .only_critical = true}, 0, &buffer);
	assert_int_equal(check_count(&buffer, "\n00:0"), 7);
}

static void test_a_run_that_goes_on(void **state)
{
	static const struct fixture_step steps[] = {
		{"a", NULL, 0, STATE_RUNNING, 0, 0, true, false, NULL},
	};
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct run *run = fixture_run(steps, 1, 1, STATE_RUNNING, &arena);
	timeline_append(run, &(struct text_style){0}, FIXTURE_START_MS + 5000, &buffer);
	check_contains(&buffer, "Total: 5.0 s | Parallel efficiency: 100% | Speed-up: 1.00\n");
	check_contains(&buffer, "00:00 █████ a (5.0 s) ▶\n");
	buffer_clear(&buffer);
	timeline_append(fixture_run(NULL, 0, 0, STATE_PENDING, &arena), &(struct text_style){0}, 0,
		&buffer);
	check_contains(&buffer, "No step has started.\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_cell_a_second),
		cmocka_unit_test(test_scaled_with_axis_fits),
		cmocka_unit_test(test_retries_and_queue_show),
		cmocka_unit_test(test_cached_steps_have_a_place),
		cmocka_unit_test(test_wide),
		cmocka_unit_test(test_more_than_sixty_rows_fold),
		cmocka_unit_test(test_a_run_that_goes_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
