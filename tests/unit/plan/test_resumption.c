#include "plan/resumption.h"

#include "base/buffer.h"
#include "model/condition.h"
#include "pipeline_fixture.h"
#include "plan/difference.h"

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

/* A run that goes on: of its present steps nothing begins again that has failed or was skipped. */
static void test_settled(void **state)
{
	static const struct resume_case row = {"settled",
		{STATE_DONE, STATE_FAILED, STATE_SKIPPED, STATE_SKIPPED}, 1, true, false, false,
		{NULL}};
	struct fixture *fixture = *state;
	struct run_step steps[4];
	struct run_artifact artifact = {.artifact = {.name = "report"}};
	struct run previous = {
		.steps = steps, .step_count = 4, .artifacts = &artifact, .artifact_count = 1};
	build_pipeline(fixture);
	fill_previous(fixture, &row, steps);
	struct plan_request request = {.pipeline = &fixture->pipeline,
		.processors = 1,
		.previous = &previous,
		.artifact_intact = &row.artifact_intact,
		.kept_count = 3};
	assert_true(plan_build(&request, &fixture->arena, &fixture->diagnostics, &fixture->plan));
	for (uint32_t k = 0; k < 4; k++) {
		uint32_t step = pipeline_find_step(&fixture->pipeline, ids[k]);
		assert_int_equal(
			fixture->plan.steps[step].action, k < 3 ? ACTION_SKIP : ACTION_RUN);
	}
}

/* By a person: what needs the step does not run again for it; what is done stays so. */
static void test_left_out(void **state)
{
	static const struct resume_case row = {"left out",
		{STATE_DONE, STATE_SKIPPED, STATE_DONE, STATE_FAILED}, 0, true, false, false,
		{NULL}};
	struct fixture *fixture = *state;
	struct run_step steps[4];
	struct run_artifact artifact = {.artifact = {.name = "report"}};
	struct run previous = {
		.steps = steps, .step_count = 4, .artifacts = &artifact, .artifact_count = 1};
	static const enum plan_action actions[] = {
		ACTION_SKIP, ACTION_OMIT, ACTION_SKIP, ACTION_RUN};
	const char *left_out[4] = {NULL};
	build_pipeline(fixture);
	fill_previous(fixture, &row, steps);
	left_out[pipeline_find_step(&fixture->pipeline, "a")] = "somebody";
	left_out[pipeline_find_step(&fixture->pipeline, "b")] = "somebody";
	struct plan_request request = {.pipeline = &fixture->pipeline,
		.processors = 1,
		.previous = &previous,
		.artifact_intact = &row.artifact_intact,
		.left_out = left_out};
	assert_true(plan_build(&request, &fixture->arena, &fixture->diagnostics, &fixture->plan));
	for (uint32_t k = 0; k < 4; k++) {
		uint32_t step = pipeline_find_step(&fixture->pipeline, ids[k]);
		assert_int_equal(fixture->plan.steps[step].action, actions[k]);
		if (k == 1)
			assert_string_equal(fixture->plan.steps[step].reason, "somebody");
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

static const struct condition never = {
	.kind = CONDITION_TRUE, .operands = {{.kind = OPERAND_BOOLEAN}}, .source = "false"};
static const struct condition on_failure = {.kind = CONDITION_FAILURE, .source = "failure()"};
static const struct condition always = {.kind = CONDITION_ALWAYS, .source = "always()"};
static const struct condition on_change = {.kind = CONDITION_CHANGED,
	.globs = {(struct text_item[]){{.text = "src/**"}}, 1},
	.source = "changed('src/**')"};

static void expect(const struct fixture *fixture, const char *id, enum plan_action action,
	uint8_t run_if, const char *reason)
{
	const struct plan_step *step =
		&fixture->plan.steps[pipeline_find_step(&fixture->pipeline, id)];
	assert_string_equal(step->reason, reason);
	assert_int_equal(step->action, action);
	assert_int_equal(step->run_if, run_if);
}

static void test_conditions(void **state)
{
	struct fixture *fixture = *state;
	fixture_reserve(fixture, 6);
	/* Takes what "left-out" would make, before it is declared. */
	struct input input = {.reference = "page", .step = 1};
	struct input second = {.reference = "list", .step = 0};
	struct step *taker = fixture_add(fixture, "taker", "", NULL);
	taker->inputs = &input;
	taker->input_count = 1;
	fixture_add(fixture, "left-out", "", NULL)->condition = &never;
	fixture_add(fixture, "after", "left-out", NULL);
	fixture_add(fixture, "handler", "after", NULL)->condition = &on_failure;
	fixture_add(fixture, "end", "after", NULL)->condition = &always;
	struct foreach foreach = {.from = second};
	fixture_add(fixture, "each", "", NULL)->foreach = &foreach;
	assert_true(fixture_build(fixture, 1));
	expect(fixture, "left-out", ACTION_OMIT, 0, "its condition false does not hold");
	expect(fixture, "taker", ACTION_OMIT, 0, "its input 'page' is not made");
	expect(fixture, "each", ACTION_OMIT, 0, "its input 'list' is not made");
	expect(fixture, "after", ACTION_RUN, RUN_IF_SUCCESS, "new run");
	expect(fixture, "handler", ACTION_RUN, RUN_IF_FAILURE, "runs only after a failure");
	expect(fixture, "end", ACTION_RUN, RUN_IF_SUCCESS | RUN_IF_FAILURE, "new run");
}

static bool is_changed(void *context, const char *glob)
{
	const char **asked = context;
	*asked = glob;
	return false;
}

static void test_what_has_changed_is_asked(void **state)
{
	struct fixture *fixture = *state;
	const char *asked = NULL;
	fixture_reserve(fixture, 1);
	fixture_add(fixture, "a", "", NULL)->condition = &on_change;
	assert_true(fixture_build(fixture, 1));
	expect(fixture, "a", ACTION_RUN, RUN_IF_SUCCESS, "new run");
	struct plan_request request = {.pipeline = &fixture->pipeline,
		.is_changed = is_changed,
		.changed_context = &asked};
	assert_true(plan_build(&request, &fixture->arena, &fixture->diagnostics, &fixture->plan));
	assert_string_equal(asked, "src/**");
	expect(fixture, "a", ACTION_OMIT, 0,
		"its condition changed('src/**') does not hold, nothing that matches has changed");
}

/* What was done stays done when its condition no longer holds; what was not is left out. */
static void test_omitted_after_a_run(void **state)
{
	struct fixture *fixture = *state;
	fixture_reserve(fixture, 4);
	fixture_add(fixture, "done", "", NULL)->condition = &never;
	fixture_add(fixture, "skipped", "", NULL)->condition = &never;
	fixture_add(fixture, "soft", "failed", NULL)->needs[0].soft = true;
	fixture_add(fixture, "failed", "", NULL);
	assert_true(fixture_build(fixture, 1));
	struct run_step steps[] = {{.id = "done", .state = STATE_DONE},
		{.id = "skipped", .state = STATE_SKIPPED}, {.id = "soft", .state = STATE_DONE},
		{.id = "failed", .state = STATE_FAILED}};
	for (uint32_t i = 0; i < 4; i++)
		memcpy(steps[i].fingerprint, fixture->plan.steps[i].fingerprint, 65);
	struct run previous = {.steps = steps, .step_count = 4};
	struct plan_request request = {.pipeline = &fixture->pipeline, .previous = &previous};
	assert_true(plan_build(&request, &fixture->arena, &fixture->diagnostics, &fixture->plan));
	expect(fixture, "done", ACTION_SKIP, RUN_IF_SUCCESS, "done in this run");
	expect(fixture, "skipped", ACTION_OMIT, 0, "its condition false does not hold");
	expect(fixture, "failed", ACTION_RUN, RUN_IF_SUCCESS, "failed before");
	expect(fixture, "soft", ACTION_SKIP, RUN_IF_SUCCESS, "done in this run");
}

/* Ids of the steps that were asked for, in that order; all but "c" are in the cache. */
static bool is_cached(void *context, const struct plan *plan, uint32_t step)
{
	struct buffer *asked = context;
	assert_int_equal(strlen(plan->steps[step].fingerprint), 64);
	buffer_append_text(asked, plan->pipeline->steps[step].id);
	return strcmp(plan->pipeline->steps[step].id, "c") != 0;
}

static void test_cached(void **state)
{
	static const struct cache_rule cache = {.key = {NULL, 0}};
	CLEANUP(buffer_release) struct buffer asked = BUFFER_INIT;
	struct fixture *fixture = *state;
	build_pipeline(fixture);
	for (uint32_t i = 0; i < 3; i++)
		fixture->pipeline.steps[i].cache = &cache; /* of d, c and b */
	fixture->pipeline.steps[0].condition = &never;
	struct plan_request request = {
		.pipeline = &fixture->pipeline, .is_cached = is_cached, .cache_context = &asked};
	assert_true(plan_build(&request, &fixture->arena, &fixture->diagnostics, &fixture->plan));
	assert_string_equal(buffer_text(&asked), "bc");
	expect(fixture, "a", ACTION_RUN, RUN_IF_SUCCESS, "new run");
	expect(fixture, "b", ACTION_CACHED, RUN_IF_SUCCESS, "its result is in the cache");
	expect(fixture, "c", ACTION_RUN, RUN_IF_SUCCESS, "new run");
	expect(fixture, "d", ACTION_OMIT, 0, "its condition false does not hold");
}

/* A step whose need comes from the cache anew is not what it was. */
static void test_need_from_the_cache(void **state)
{
	static const struct cache_rule cache = {.key = {NULL, 0}};
	CLEANUP(buffer_release) struct buffer asked = BUFFER_INIT;
	struct fixture *fixture = *state;
	struct run_step steps[4];
	struct run_artifact artifact = {.artifact = {.name = "report"}};
	struct run previous = {
		.steps = steps, .step_count = 4, .artifacts = &artifact, .artifact_count = 1};
	const bool intact = true;
	build_pipeline(fixture);
	fixture->pipeline.steps[2].cache = &cache; /* of b */
	assert_true(fixture_build(fixture, 1));
	fill_previous(fixture, &cases[0], steps);
	steps[1].state = STATE_FAILED;
	struct plan_request request = {.pipeline = &fixture->pipeline,
		.previous = &previous,
		.artifact_intact = &intact,
		.is_cached = is_cached,
		.cache_context = &asked};
	assert_true(plan_build(&request, &fixture->arena, &fixture->diagnostics, &fixture->plan));
	expect(fixture, "b", ACTION_CACHED, RUN_IF_SUCCESS, "its result is in the cache");
	expect(fixture, "c", ACTION_RUN, RUN_IF_SUCCESS, "its need 'b' runs again");
}

static void test_what_changed_is_named(void **state)
{
	struct fixture *fixture = *state;
	struct run_step steps[4];
	struct run_artifact artifact = {.artifact = {.name = "report"}};
	struct run previous = {
		.steps = steps, .step_count = 4, .artifacts = &artifact, .artifact_count = 1};
	const bool intact = true;
	CLEANUP(buffer_release) struct buffer before = BUFFER_INIT;
	build_pipeline(fixture);
	fill_previous(fixture, &cases[0], steps);
	difference_write(&fixture->pipeline, &before);
	fixture->pipeline.steps[2].command.script = "false";
	struct plan_request request = {.pipeline = &fixture->pipeline,
		.previous = &previous,
		.artifact_intact = &intact,
		.previous_definition = buffer_text(&before),
		.previous_definition_size = before.size};
	assert_true(plan_build(&request, &fixture->arena, &fixture->diagnostics, &fixture->plan));
	expect(fixture, "b", ACTION_RUN, RUN_IF_SUCCESS, "the command changed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(test_table),
		FIXTURE_TEST(test_settled),
		FIXTURE_TEST(test_left_out),
		FIXTURE_TEST(test_new_run),
		FIXTURE_TEST(test_conditions),
		FIXTURE_TEST(test_what_has_changed_is_asked),
		FIXTURE_TEST(test_omitted_after_a_run),
		FIXTURE_TEST(test_cached),
		FIXTURE_TEST(test_need_from_the_cache),
		FIXTURE_TEST(test_what_changed_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
