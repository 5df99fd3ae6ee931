#include "run/breakpoints.h"

#include "base/index.h"
#include "cmocka_all.h"

static const struct step_instance first = {.base_id = "test", .number = 0, .instance_count = 2};
static const struct step_instance second = {.base_id = "test", .number = 1, .instance_count = 2};
static struct step steps[] = {
	{.id = "build", .breakpoint = DEBUG_AFTER},
	{.id = "test[a]", .instance = &first},
	{.id = "test[b]", .instance = &second},
	{.id = "ship"},
};
static const struct pipeline pipeline = {.steps = steps, .step_count = ARRAY_LENGTH(steps)};

static void assert_moments(const struct breakpoints *breakpoints, const uint8_t *expected)
{
	for (uint32_t i = 0; i < breakpoints->pipeline->step_count; i++)
		assert_int_equal(breakpoints_at(breakpoints, i), expected[i]);
}

static bool set(struct breakpoints *breakpoints, const char *id, uint8_t moments, bool is_removal)
{
	struct error error = {0};
	return breakpoints_set(breakpoints,
		&(struct breakpoint_wish){.id = id, .moments = moments, .is_removal = is_removal},
		&error);
}

static void test_none(void **state)
{
	static const struct pipeline plain = {.steps = steps + 1, .step_count = 3};
	struct breakpoints breakpoints = {0};
	(void)state;
	assert_int_equal(breakpoints_at(NULL, 7), 0);
	breakpoints_adopt(&breakpoints, &plain);
	assert_false(breakpoints_has_any(&breakpoints));
	breakpoints_release(&breakpoints);
}

static void test_file_and_wishes(void **state)
{
	struct breakpoints breakpoints = {0};
	(void)state;
	breakpoints_adopt(&breakpoints, &pipeline);
	assert_true(breakpoints_has_any(&breakpoints));
	assert_moments(&breakpoints, (const uint8_t[]){DEBUG_AFTER, 0, 0, 0});
	assert_true(set(&breakpoints, "build", DEBUG_BEFORE, false));
	assert_true(set(&breakpoints, "test", DEBUG_BEFORE, false));
	assert_true(set(&breakpoints, "test[b]", DEBUG_AFTER, false));
	assert_moments(&breakpoints, (const uint8_t[]){DEBUG_BEFORE | DEBUG_AFTER, DEBUG_BEFORE,
					     DEBUG_BEFORE | DEBUG_AFTER, 0});
	assert_true(set(&breakpoints, "test", DEBUG_BEFORE, true));
	assert_true(set(&breakpoints, "build", DEBUG_AFTER, true));
	assert_moments(&breakpoints, (const uint8_t[]){DEBUG_BEFORE, 0, DEBUG_AFTER, 0});
	breakpoints_release(&breakpoints);
}

/* A step that was one when the wish came is many later. */
static void test_other_steps(void **state)
{
	struct step whole[] = {{.id = "list"}, {.id = "test"}, {.id = "ship"}};
	struct pipeline before = {.steps = whole, .step_count = ARRAY_LENGTH(whole)};
	struct breakpoints breakpoints = {0};
	(void)state;
	breakpoints_adopt(&breakpoints, &before);
	assert_true(set(&breakpoints, "test", DEBUG_BEFORE, false));
	assert_true(set(&breakpoints, "list", DEBUG_AFTER, false));
	assert_moments(&breakpoints, (const uint8_t[]){DEBUG_AFTER, DEBUG_BEFORE, 0});
	breakpoints_adopt(&breakpoints, &pipeline);
	assert_moments(&breakpoints, (const uint8_t[]){DEBUG_AFTER, DEBUG_BEFORE, DEBUG_BEFORE, 0});
	breakpoints_release(&breakpoints);
}

static void test_unknown(void **state)
{
	struct breakpoints breakpoints = {0};
	struct error error = {0};
	(void)state;
	breakpoints_adopt(&breakpoints, &pipeline);
	assert_false(breakpoints_set(
		&breakpoints, &(struct breakpoint_wish){.id = "tset", .moments = 1}, &error));
	assert_int_equal(error.code, ERROR_USAGE);
	assert_string_equal(error.text, "there is no step 'tset' to stop at");
	assert_string_equal(error.hint, "did you mean 'test'?");
	assert_int_equal(breakpoints.wish_count, 0);
	breakpoints_release(&breakpoints);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_file_and_wishes),
		cmocka_unit_test(test_other_steps),
		cmocka_unit_test(test_unknown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
