#include "check.h"

#include <jansson.h>

#include "base/cleanup.h"
#include "plan_fixture.h"
#include "report/report.h"

static json_t *parse(const struct buffer *buffer)
{
	json_error_t error;
	json_t *root = json_loadb(buffer->bytes, buffer->size, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		fail_msg("%s at byte %d of:\n%.2000s", error.text, error.position, buffer->bytes);
	return root;
}

static void test_shape(void **state)
{
	static const char *const keys[] = {"v", "name", "format", "mode", "jobs", "waves", "serial",
		"steps", "order", "critical_path", "totals"};
	static const char *const step_keys[] = {"id", "needs", "soft_needs", "wave", "group",
		"estimate_ms", "estimate_from", "memory_bytes", "memory_from", "earliest_ms",
		"latest_ms", "slack_ms", "critical", "action", "reason"};
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct plan *plan = plan_fixture(2, 2, &arena);
	plan_json_append(plan, &buffer);
	json_t *root = parse(&buffer);
	assert_int_equal(json_object_size(root), sizeof(keys) / sizeof(keys[0]));
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		assert_non_null(json_object_get(root, keys[i]));
	json_t *step = json_array_get(json_object_get(root, "steps"), 3);
	assert_int_equal(json_object_size(step), sizeof(step_keys) / sizeof(step_keys[0]));
	for (size_t i = 0; i < sizeof(step_keys) / sizeof(step_keys[0]); i++)
		assert_non_null(json_object_get(step, step_keys[i]));
	json_t *needs = json_object_get(step, "needs");
	assert_string_equal(json_string_value(json_array_get(needs, 0)), "step-2");
	assert_int_equal(json_integer_value(json_object_get(step, "wave")), 1);
	assert_true(json_is_null(json_object_get(step, "group")));
	json_decref(root);
}

static void test_groups_and_serial_steps(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct plan *plan = plan_fixture(2, 2, &arena);
	struct plan_group group = {.name = "a \"group\"", .wave = 0, .steps = {0, 2}};
	plan->groups = &group;
	plan->group_count = 1;
	plan->waves[0].groups = (struct index_range){0, 1};
	plan->steps[0].group = plan->steps[1].group = 0;
	plan->stages[1] = (struct plan_stage){.wave = INDEX_NONE, .step = 2};
	plan->wave_count = 1;
	plan_json_append(plan, &buffer);
	json_t *root = parse(&buffer);
	json_t *wave = json_array_get(json_object_get(root, "waves"), 0);
	json_t *item = json_array_get(json_object_get(wave, "groups"), 0);
	assert_string_equal(json_string_value(json_object_get(item, "name")), "a \"group\"");
	assert_string_equal(json_string_value(json_object_get(item, "last")), "step-2");
	item = json_array_get(json_object_get(root, "serial"), 0);
	assert_string_equal(json_string_value(json_object_get(item, "step")), "step-3");
	assert_int_equal(json_integer_value(json_object_get(item, "after_wave")), 0);
	json_decref(root);
}

static const char *text_at(json_t *array, size_t index)
{
	return json_string_value(json_array_get(array, index));
}

/* Soft needs stand apart, checks too, and a table's groups are named by row. */
static void test_rare_parts(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct plan *plan = plan_fixture(2, 2, &arena);
	struct pipeline pipeline = *plan->pipeline;
	struct plan_group group = {.name = "g", .wave = 0, .steps = {0, 2}};
	pipeline.format = FORMAT_TABLE;
	plan->pipeline = &pipeline;
	plan->groups = &group;
	plan->group_count = 1;
	plan->waves[0].groups = (struct index_range){0, 1};
	plan->waves[0].check_count = 1;
	plan->edge_is_soft = ARENA_ARRAY(&arena, bool, plan->edge_count);
	plan->edge_is_soft[plan->steps[3].needs.first] = true;
	plan->steps[2].action = ACTION_CACHED;
	plan->steps[3].action = ACTION_OMIT;
	plan_json_append(plan, &buffer);
	json_t *root = parse(&buffer);
	json_t *wave = json_array_get(json_object_get(root, "waves"), 0);
	assert_int_equal(json_array_size(json_object_get(wave, "steps")), 1);
	assert_string_equal(text_at(json_object_get(wave, "checks"), 0), "step-2");
	json_t *item = json_array_get(json_object_get(wave, "groups"), 0);
	assert_int_equal(json_integer_value(json_object_get(item, "first")), 1);
	assert_int_equal(json_integer_value(json_object_get(item, "last")), 2);
	json_t *step = json_array_get(json_object_get(root, "steps"), 3);
	assert_int_equal(
		json_array_size(json_object_get(step, "needs")), plan->steps[3].needs.count - 1);
	assert_int_equal(json_array_size(json_object_get(step, "soft_needs")), 1);
	assert_string_equal(json_string_value(json_object_get(step, "action")), "skip");
	json_decref(root);
}

static void test_empty_and_large(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	plan_json_append(plan_fixture(1, 0, &arena), &buffer);
	json_decref(parse(&buffer));
	buffer_clear(&buffer);
	plan_json_append(plan_fixture(1000, 100, &arena), &buffer);
	json_t *root = parse(&buffer);
	assert_int_equal(json_array_size(json_object_get(root, "order")), 100000);
	json_decref(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_groups_and_serial_steps),
		cmocka_unit_test(test_rare_parts),
		cmocka_unit_test(test_empty_and_large),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
