#include "check.h"

#include <jansson.h>

#include "base/cleanup.h"
#include "fixture.h"
#include "report/report.h"

static json_t *parse(const struct buffer *buffer)
{
	json_error_t error;
	json_t *root = json_loadb(buffer->bytes, buffer->size, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		fail_msg("%s at byte %d of:\n%.2000s", error.text, error.position, buffer->bytes);
	return root;
}

static int64_t number_at(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);
	assert_true(json_is_integer(value));
	return json_integer_value(value);
}

static void test_the_whole_run_is_there(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct run *run = fixture_failed(&arena);
	run_json_append(run, &buffer);
	assert_int_equal(buffer.bytes[buffer.size - 1], '\n');
	json_t *root = parse(&buffer);
	assert_int_equal(number_at(root, "v"), 1);
	assert_string_equal(json_string_value(json_object_get(root, "state")), "failed");
	json_t *totals = json_object_get(root, "totals");
	assert_int_equal(number_at(totals, "steps"), 6);
	assert_int_equal(number_at(totals, "failed"), 1);
	assert_int_equal(number_at(totals, "wall_ms"), run->totals.wall_ms);
	assert_int_equal(number_at(totals, "critical_path_ms"), run->totals.critical_path_ms);
	json_t *steps = json_object_get(root, "steps");
	json_t *attempts = json_object_get(json_array_get(steps, 1), "attempts");
	assert_int_equal(json_array_size(attempts), 2);
	assert_int_equal(number_at(json_array_get(attempts, 0), "exit_status"), 75);
	json_t *contracts = json_object_get(json_array_get(steps, 2), "contracts");
	assert_true(json_is_false(json_object_get(json_array_get(contracts, 0), "passed")));
	assert_true(json_is_null(json_object_get(json_array_get(steps, 3), "started")));
	json_decref(root);
}

static void test_hostile_text(void **state)
{
	static const char text[] = "</script><!--\"\\\n\xff\xe2\x80\xa8";
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct run *run = fixture_failed(&arena);
	run->steps[0].id = run->steps[2].reason = text;
	run_json_append(run, &buffer);
	check_lacks(&buffer, "<");
	check_lacks(&buffer, "\xe2\x80\xa8");
	json_decref(parse(&buffer));
}

static void test_lists_and_emptiness(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct run runs[2] = {
		*fixture_done(&arena), *fixture_run(NULL, 0, 0, STATE_PENDING, &arena)};
	runs[1].started_ms = runs[1].ended_ms = TIME_NONE;
	runs_json_append(runs, 2, &buffer);
	json_t *root = parse(&buffer);
	assert_int_equal(json_array_size(json_object_get(root, "runs")), 2);
	json_decref(root);
	buffer_clear(&buffer);
	runs_json_append(NULL, 0, &buffer);
	json_decref(parse(&buffer));
}

static void test_large(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	run_json_append(fixture_grid(1000, 100, 100, &arena), &buffer);
	json_t *root = parse(&buffer);
	assert_int_equal(json_array_size(json_object_get(root, "steps")), 100000);
	json_decref(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_whole_run_is_there),
		cmocka_unit_test(test_hostile_text),
		cmocka_unit_test(test_lists_and_emptiness),
		cmocka_unit_test(test_large),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
