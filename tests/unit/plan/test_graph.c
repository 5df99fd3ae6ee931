#include "plan/graph.h"

#include "pipeline_fixture.h"

static void assert_range(
	const struct fixture *fixture, struct index_range range, const char *expected)
{
	char text[64] = "";
	size_t size = 0;
	for (uint32_t k = 0; k < range.count; k++)
		text[size++] = (char)('0' + fixture->plan.edges[range.first + k]);
	assert_string_equal(text, expected);
}

static void test_edges_are_kept_once_and_ascending(void **state)
{
	struct fixture *fixture = *state;
	fixture_reserve(fixture, 4);
	fixture_add(fixture, "a", "", NULL);
	fixture_add(fixture, "b", "a a", NULL);
	fixture_add(fixture, "c", "b a b a", NULL);
	struct step *d = fixture_add(fixture, "d", "c", NULL);
	struct input inputs[] = {{.reference = "a.x", .step = 0}, {.reference = "b.y", .step = 1},
		{.reference = "c.z", .step = 2}, {.reference = "lost", .step = INDEX_NONE}};
	d->inputs = inputs;
	d->input_count = 4;
	assert_true(fixture_build(fixture, 1));
	const struct plan_step *steps = fixture->plan.steps;
	assert_range(fixture, steps[0].needs, "");
	assert_range(fixture, steps[1].needs, "0");
	assert_range(fixture, steps[2].needs, "01");
	assert_range(fixture, steps[3].needs, "012");
	assert_range(fixture, steps[0].dependents, "123");
	assert_range(fixture, steps[1].dependents, "23");
	assert_range(fixture, steps[2].dependents, "3");
	assert_range(fixture, steps[3].dependents, "");
	assert_int_equal(fixture->plan.edge_count, 12);
}

static void test_order_ties_go_by_declaration(void **state)
{
	struct fixture *fixture = *state;
	fixture_reserve(fixture, 5);
	fixture_add(fixture, "late", "root", NULL);
	fixture_add(fixture, "z", "", NULL);
	fixture_add(fixture, "root", "", NULL);
	fixture_add(fixture, "a", "", NULL);
	fixture_add(fixture, "end", "late a", NULL);
	assert_true(fixture_build(fixture, 1));
	static const uint32_t expected[] = {1, 2, 0, 3, 4};
	assert_memory_equal(fixture->plan.order, expected, sizeof expected);
}

struct cycle_case {
	const char *needs[5]; /* of steps a, b, c, d, e */
	const char *path;
	uint32_t line;
};

static const struct cycle_case cycle_cases[] = {
	{{"b", "a", "", "", ""}, "a -> b -> a", 1},
	{{"a", "", "", "", ""}, "a -> a", 1},
	{{"c", "", "b d", "c", "a"}, "c -> d -> c", 3},
	{{"", "d", "b", "c", "d"}, "b -> d -> c -> b", 2},
	{{"e", "a", "b", "c", "d"}, "a -> e -> d -> c -> b -> a", 1},
};

static void test_cycle_is_named_by_its_path(void **state)
{
	static const char *const ids[] = {"a", "b", "c", "d", "e"};
	struct fixture *fixture = *state;
	for (size_t i = 0; i < ARRAY_LENGTH(cycle_cases); i++) {
		const struct cycle_case *row = &cycle_cases[i];
		diagnostics_release(&fixture->diagnostics);
		fixture_reserve(fixture, 5);
		for (uint32_t k = 0; k < 5; k++)
			fixture_add(fixture, ids[k], row->needs[k], NULL);
		assert_false(fixture_build(fixture, 1));
		assert_int_equal(fixture->diagnostics.error_count, 1);
		const struct finding *finding = &fixture->diagnostics.findings[0];
		assert_int_equal(finding->code, FINDING_CYCLE);
		assert_int_equal(finding->where.line, row->line);
		assert_string_equal(strstr(finding->message, ": ") + 2, row->path);
	}
}

static void test_long_cycle_is_shortened(void **state)
{
	enum { COUNT = 100000 };
	struct fixture *fixture = *state;
	fixture_reserve(fixture, COUNT);
	for (uint32_t i = 0; i < COUNT; i++) {
		fixture_add(fixture, arena_format(&fixture->arena, "s%u", i), "", NULL);
		fixture_need(fixture, i, (i + 1) % COUNT);
	}
	assert_false(fixture_build(fixture, 1));
	const char *message = fixture->diagnostics.findings[0].message;
	assert_non_null(strstr(message, ": s0 -> s1 -> "));
	assert_non_null(strstr(message, "s15 -> (99984 more) -> s0"));
	assert_true(strlen(message) < 300);
}

/* A chain through a group is a cycle too, and is told before any complaint about its stages. */
static void test_cycle_between_groups(void **state)
{
	struct fixture *fixture = *state;
	fixture_reserve(fixture, 2);
	fixture_add(fixture, "a", "b", "one");
	fixture_add(fixture, "b", "a", "two");
	assert_false(fixture_build(fixture, 1));
	assert_int_equal(fixture->diagnostics.count, 1);
	assert_int_equal(fixture->diagnostics.findings[0].code, FINDING_CYCLE);
}

static void assert_soft(
	const struct fixture *fixture, struct index_range range, const char *expected)
{
	assert_int_equal(range.count, strlen(expected));
	for (uint32_t k = 0; k < range.count; k++)
		assert_int_equal(fixture->plan.edge_is_soft[range.first + k], expected[k] == 's');
}

/* One that is also an input, or written twice, is not soft. */
static void test_soft_needs(void **state)
{
	struct fixture *fixture = *state;
	fixture_reserve(fixture, 4);
	fixture_add(fixture, "a", "", NULL);
	fixture_add(fixture, "b", "a", NULL)->needs[0].soft = true;
	struct step *c = fixture_add(fixture, "c", "a b", NULL);
	c->needs[0].soft = true;
	c->needs[1].soft = true;
	struct input input = {.reference = "b.y", .step = 1};
	c->inputs = &input;
	c->input_count = 1;
	fixture_add(fixture, "d", "a b c a", NULL)->needs[0].soft = true;
	assert_true(fixture_build(fixture, 1));
	const struct plan_step *steps = fixture->plan.steps;
	assert_soft(fixture, steps[1].needs, "s");
	assert_soft(fixture, steps[2].needs, "sh");
	assert_soft(fixture, steps[3].needs, "hhh");
	assert_soft(fixture, steps[0].dependents, "ssh");
	assert_soft(fixture, steps[1].dependents, "hh");
	assert_int_equal(steps[3].wave, 3);
}

static void test_no_flags_without_soft_needs(void **state)
{
	struct fixture *fixture = *state;
	fixture_reserve(fixture, 2);
	fixture_add(fixture, "a", "", NULL);
	fixture_add(fixture, "b", "a", NULL);
	assert_true(fixture_build(fixture, 1));
	assert_null(fixture->plan.edge_is_soft);
}

/* A check waits for all of its wave, however softly it was written. */
static void test_edges_of_checks_are_hard(void **state)
{
	struct fixture *fixture = *state;
	fixture_reserve(fixture, 3);
	fixture_add(fixture, "before", "", NULL);
	fixture_add(fixture, "a", "before", "g")->needs[0].soft = true;
	struct step *check = fixture_add(fixture, "check", "a before", NULL);
	check->is_check = true;
	check->needs[0].soft = true;
	check->needs[1].soft = true;
	assert_true(fixture_build(fixture, 1));
	assert_soft(fixture, fixture->plan.steps[1].needs, "s");
	assert_soft(fixture, fixture->plan.steps[2].needs, "sh");
	assert_soft(fixture, fixture->plan.steps[0].dependents, "ss");
	assert_soft(fixture, fixture->plan.steps[1].dependents, "h");
}

static void test_list_of_a_foreach_is_an_edge(void **state)
{
	struct fixture *fixture = *state;
	struct foreach foreach = {.from = {.reference = "list", .step = 1}};
	fixture_reserve(fixture, 2);
	fixture_add(fixture, "each", "", NULL)->foreach = &foreach;
	fixture_add(fixture, "make", "", NULL);
	assert_true(fixture_build(fixture, 1));
	assert_range(fixture, fixture->plan.steps[0].needs, "1");
	assert_int_equal(fixture->plan.steps[0].wave, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(test_edges_are_kept_once_and_ascending),
		FIXTURE_TEST(test_order_ties_go_by_declaration),
		FIXTURE_TEST(test_cycle_is_named_by_its_path),
		FIXTURE_TEST(test_long_cycle_is_shortened),
		FIXTURE_TEST(test_cycle_between_groups),
		FIXTURE_TEST(test_soft_needs),
		FIXTURE_TEST(test_no_flags_without_soft_needs),
		FIXTURE_TEST(test_edges_of_checks_are_hard),
		FIXTURE_TEST(test_list_of_a_foreach_is_an_edge),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
