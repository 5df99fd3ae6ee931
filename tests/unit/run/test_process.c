#include "run/process.h"

#include "run/script_fixture.h"

static void an_exit_status_is_taken(void **state)
{
	struct script script;
	(void)state;
	script_open(&script);
	script_start(&script, "exit 3", &(struct process_request){0});
	struct process_result result = script_end(&script);
	assert_int_equal(result.exit_status, 3);
	assert_false(result.is_lost);
	script_close(&script);
}

static void an_exit_status_that_somebody_took_is_lost(void **state)
{
	struct script script;
	struct process_result result;
	(void)state;
	script_open(&script);
	script_start(&script, "exit 3", &(struct process_request){0});
	assert_int_equal(waitpid(script.process.id, NULL, 0), script.process.id);
	assert_true(process_reap(&script.launcher, &script.process, &result));
	assert_true(result.is_lost);
	assert_int_equal(result.exit_status, -1);
	assert_int_equal(script.process.descriptor, -1);
	script_close(&script);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_exit_status_is_taken),
		cmocka_unit_test(an_exit_status_that_somebody_took_is_lost),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
