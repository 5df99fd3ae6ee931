#include "plan/scope_check.h"

#include "pipeline_fixture.h"

struct scope_case {
	const char *group_of_other; /* the step beside it */
	enum workspace_kind workspace;
	bool is_refused;
};

static const struct scope_case cases[] = {
	{"g", WORKSPACE_SHARED, true},
	{"h", WORKSPACE_SHARED, true},
	{"g", WORKSPACE_FRESH, true},
	{"g", WORKSPACE_WORKTREE, false},
	{NULL, WORKSPACE_SHARED, false},
};

static void test_who_may_have_a_scope(void **state)
{
	struct fixture *fixture = *state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct contract contracts[] = {
			{.kind = CONTRACT_COMMAND}, {.kind = CONTRACT_DIFF_SCOPE, .where = {7, 9}}};
		diagnostics_release(&fixture->diagnostics);
		fixture_reserve(fixture, 2);
		fixture_add(fixture, "other", "", cases[i].group_of_other);
		struct step *step = fixture_add(fixture, "scoped", "", "g");
		step->contracts = contracts;
		step->contract_count = 2;
		step->workspace = cases[i].workspace;
		assert_int_equal(fixture_build(fixture, 1), !cases[i].is_refused);
		assert_int_equal(fixture->diagnostics.count, cases[i].is_refused ? 1 : 0);
		if (!cases[i].is_refused)
			continue;
		const struct finding *finding = &fixture->diagnostics.findings[0];
		assert_int_equal(finding->code, FINDING_BAD_VALUE);
		assert_int_equal(finding->where.line, 7);
		assert_int_equal(finding->where.column, 9);
		assert_string_equal(finding->message,
			"the contract diff_scope of step 'scoped' cannot tell its changes from "
			"those of 'other', which is in the same wave");
		assert_string_equal(finding->hint, "give the step 'workspace: worktree'");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(test_who_may_have_a_scope),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
