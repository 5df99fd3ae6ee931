#include "contract/contract_diff_scope.h"

#include "base/index.h"
#include "cmocka_all.h"

struct scope_case {
	const char *globs[3];
	const char *changed[8];
	const char *reason; /* NULL: it holds */
	uint32_t errors;
	const char *first;
};

static const struct scope_case scope_cases[] = {
	{{"src/**"}, {NULL}, NULL, 0, NULL},
	{{"src/**"}, {"src/a", "src/b/.c"}, NULL, 0, NULL},
	{{"src/**", "*.md"}, {"README.md", "src/x"}, NULL, 0, NULL},
	{{"src/**", "*.md"}, {"src/x", "docs/README.md"},
		"changed 'docs/README.md', allowed: 'src/**' or '*.md'", 1, "docs/README.md"},
	{{"a"}, {"1", "2", "3", "4", "5", "6", "7"},
		"changed '1', '2', '3', '4', '5' and 2 more, allowed: 'a'", 7, "1"},
	{{"a", "b", "c"}, {"a/b"}, "changed 'a/b', allowed: 'a', 'b' or 'c'", 1, "a/b"},
	{{NULL}, {"a"}, "changed 'a', allowed: no path", 1, "a"},
};

static void a_change_outside_is_named(void **state)
{
	struct arena arena = {0};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(scope_cases); i++) {
		const struct scope_case *now = &scope_cases[i];
		struct text_item globs[3] = {{0}};
		struct contract contract = {.kind = CONTRACT_DIFF_SCOPE, .paths = {globs, 0}};
		struct contract_subject subject = {.changed_paths = now->changed};
		struct contract_result result;
		for (; contract.paths.count < 3 && now->globs[contract.paths.count];
			contract.paths.count++)
			globs[contract.paths.count].text = now->globs[contract.paths.count];
		while (subject.changed_count < 8 && now->changed[subject.changed_count])
			subject.changed_count++;
		contract_diff_scope_check(NULL, &subject, &contract, &arena, &result);
		assert_int_equal(result.is_kept, now->reason == NULL);
		assert_int_equal(result.error_count, now->errors);
		assert_int_equal(result.error_total, now->errors);
		if (!now->reason) {
			assert_null(result.reason);
			continue;
		}
		assert_string_equal(result.reason, now->reason);
		assert_string_equal(result.errors[0].pointer, now->first);
		assert_string_equal(result.errors[0].keyword, "diff_scope");
		assert_string_equal(result.errors[0].actual, "a change");
	}
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_change_outside_is_named)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
