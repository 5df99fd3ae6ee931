#include "plan/resumption.h"

#include "pipeline_fixture.h"

/* a with artifact "report" -> b -> c, and d beside them; what b looked like varies. */
struct resume_case {
	const char *title;
	enum state states[4];
	uint32_t attempts_of_b;
	bool artifact_intact;
	bool changed_b;
	bool b_is_new;
	const char *reasons[4]; /* NULL: stays done */
};

static const struct resume_case cases[] = {
	{"all done", {STATE_DONE, STATE_DONE, STATE_DONE, STATE_DONE}, 1, true, false, false,
		{NULL, NULL, NULL, NULL}},
	{"failed", {STATE_DONE, STATE_FAILED, STATE_SKIPPED, STATE_DONE}, 1, true, false, false,
		{NULL, "failed before", "skipped before", NULL}},
	{"killed", {STATE_DONE, STATE_RUNNING, STATE_PENDING, STATE_DONE}, 1, true, false, false,
		{NULL, "did not finish", "not started before", NULL}},
	{"cancelled", {STATE_DONE, STATE_PENDING, STATE_PENDING, STATE_PENDING}, 1, true, false,
		false, {NULL, "did not finish", "not started before", "not started before"}},
	{"never begun", {STATE_DONE, STATE_PENDING, STATE_PENDING, STATE_DONE}, 0, true, false,
		false, {NULL, "not started before", "not started before", NULL}},
	{"changed", {STATE_DONE, STATE_DONE, STATE_DONE, STATE_DONE}, 1, true, true, false,
		{NULL, "its definition changed", "its need 'b' runs again", NULL}},
	{"artifact", {STATE_DONE, STATE_DONE, STATE_DONE, STATE_DONE}, 1, false, false, false,
		{"artifact 'report' is missing or changed", "its need 'a' runs again",
			"its need 'b' runs again", NULL}},
	{"new step", {STATE_DONE, STATE_DONE, STATE_DONE, STATE_DONE}, 1, true, false, true,
		{NULL, "new in the pipeline", "its need 'b' runs again", NULL}},
};

static const char *const ids[] = {"a", "b", "c", "d"};

static void build_pipeline(struct fixture *fixture)
{
	fixture_reserve(fixture, 4);
	/* Declared against the order of their needs. */
	fixture_add(fixture, "d", "", NULL);
	fixture_add(fixture, "c", "b", NULL);
	fixture_add(fixture, "b", "a", NULL);
	fixture_add(fixture, "a", "", NULL);
	assert_true(fixture_build(fixture, 1));
}

static void fill_previous(
	const struct fixture *fixture, const struct resume_case *row, struct run_step *steps)
{
	for (uint32_t i = 0; i < 4; i++) {
		uint32_t planned = pipeline_find_step(&fixture->pipeline, ids[i]);
		steps[i] = (struct run_step){.id = ids[i], .state = row->states[i]};
		memcpy(steps[i].fingerprint, fixture->plan.steps[planned].fingerprint, 65);
	}
	steps[0].artifacts = (struct index_range){0, 1};
	steps[1].attempts.count = row->attempts_of_b;
	if (row->changed_b)
		steps[1].fingerprint[0] = 'x';
	if (row->b_is_new)
		steps[1].id = "gone";
}

static void test_table(void **state)
{
	struct fixture *fixture = *state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		const struct resume_case *row = &cases[i];
		struct run_step steps[4];
		struct run_artifact artifact = {.artifact = {.name = "report"}};
		struct run previous = {.steps = steps,
			.step_count = 4,
			.artifacts = &artifact,
			.artifact_count = 1};
		build_pipeline(fixture);
		fill_previous(fixture, row, steps);
		struct plan_request request = {.pipeline = &fixture->pipeline,
			.processors = 1,
			.previous = &previous,
			.artifact_intact = &row->artifact_intact};
		assert_true(plan_build(
			&request, &fixture->arena, &fixture->diagnostics, &fixture->plan));
		for (uint32_t k = 0; k < 4; k++) {
			const struct plan_step *step =
				&fixture->plan
					 .steps[pipeline_find_step(&fixture->pipeline, ids[k])];
			assert_int_equal(step->action, row->reasons[k] ? ACTION_RUN : ACTION_SKIP);
			assert_string_equal(step->reason,
				row->reasons[k] ? row->reasons[k] : "done in this run");
		}
	}
}

static void test_new_run(void **state)
{
	struct fixture *fixture = *state;
	build_pipeline(fixture);
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(fixture->plan.steps[i].action, ACTION_RUN);
		assert_string_equal(fixture->plan.steps[i].reason, "new run");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(test_table),
		FIXTURE_TEST(test_new_run),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
