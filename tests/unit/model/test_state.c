#include "model/state.h"

#include "cmocka_all.h"

/* One row a state, one column a state it may become: P R D F S I. */
static const char *const moves[STATE_COUNT] = {
	[STATE_PENDING] = ".R..S.",
	[STATE_RUNNING] = "P.DF.I",
	[STATE_DONE] = "PR..S.",
	[STATE_FAILED] = "PR..S.",
	[STATE_SKIPPED] = "PR....",
	[STATE_INTERRUPTED] = ".R....",
};

static void test_moves_are_those_of_the_table(void **test_state)
{
	(void)test_state;
	for (unsigned from = 0; from < STATE_COUNT; from++) {
		for (unsigned to = 0; to < STATE_COUNT; to++)
			assert_int_equal(state_may_follow((enum state)from, (enum state)to),
				moves[from][to] != '.');
	}
}

static void test_names_round_trip(void **test_state)
{
	(void)test_state;
	for (unsigned i = 0; i < STATE_COUNT; i++) {
		enum state parsed = STATE_COUNT;
		assert_true(state_parse(state_name((enum state)i), &parsed));
		assert_int_equal(parsed, i);
	}
	for (unsigned i = 0; i < FAILURE_CLASS_COUNT; i++) {
		enum failure_class parsed = FAILURE_CLASS_COUNT;
		assert_true(
			failure_class_parse(failure_class_name((enum failure_class)i), &parsed));
		assert_int_equal(parsed, i);
	}
}

static void test_unknown_names_leave_the_result(void **test_state)
{
	(void)test_state;
	enum state state = STATE_FAILED;
	assert_false(state_parse("Done", &state));
	assert_false(state_parse("", &state));
	assert_int_equal(state, STATE_FAILED);
	enum failure_class class = FAILURE_TIMEOUT;
	assert_false(failure_class_parse("doom", &class));
	assert_int_equal(class, FAILURE_TIMEOUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_moves_are_those_of_the_table),
		cmocka_unit_test(test_names_round_trip),
		cmocka_unit_test(test_unknown_names_leave_the_result),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
