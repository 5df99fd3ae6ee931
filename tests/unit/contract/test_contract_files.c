#include "contract/contract_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/index.h"

struct rule_case {
	struct file_rule rule;
	const char *reason; /* NULL: it holds */
	const char *keyword;
	const char *pointer; /* NULL: the rule's path */
};

#define ANY 1, UINT32_MAX
#define SHA_OF_ONE "4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865" /* "1\n" */
#define SHA_OF_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const struct rule_case rule_cases[] = {
	{{"one.txt", true, ANY, SHA_OF_ONE, {0, 0}}, NULL, NULL, NULL},
	{{"empty.txt", false, ANY, NULL, {0, 0}}, NULL, NULL, NULL},
	{{"missing", false, ANY, NULL, {0, 0}}, "'missing': expected a file, it does not exist",
		"exists", NULL},
	{{"empty.txt", true, ANY, NULL, {0, 0}}, "'empty.txt': expected content, it is empty",
		"non_empty", "empty.txt"},
	{{"one.txt", false, ANY, SHA_OF_NOTHING, {0, 0}},
		"'one.txt': expected sha256 " SHA_OF_NOTHING ", found " SHA_OF_ONE, "sha256", NULL},
	{{"out", false, ANY, NULL, {0, 0}}, "'out': expected a file, it is not a plain file",
		"exists", NULL},
	{{"link.txt", false, ANY, NULL, {0, 0}},
		"'link.txt': expected a file, it is or lies behind a symbolic link", "exists",
		NULL},
	{{"../x", false, ANY, NULL, {0, 0}}, "'../x' must be relative, without '..' or '.git'",
		"path", NULL},
	{{"out/*.json", true, 2, 2, NULL, {0, 0}}, NULL, NULL, NULL},
	{{"out/*.json", false, 3, UINT32_MAX, NULL, {0, 0}},
		"'out/*.json': expected at least 3 files, found 2", "count", NULL},
	{{"out/*.json", false, 3, 3, NULL, {0, 0}}, "'out/*.json': expected 3 files, found 2",
		"count", NULL},
	{{"out/*", false, 0, 1, NULL, {0, 0}}, "'out/*': expected 0 to 1 files, found 2", "count",
		NULL},
	{{"none/*", false, ANY, NULL, {0, 0}}, "'none/*': expected at least 1 files, found 0",
		"count", NULL},
	{{"*.txt", true, ANY, NULL, {0, 0}}, "'empty.txt': expected content, it is empty",
		"non_empty", "empty.txt"},
	{{"kept", true, ANY, SHA_OF_ONE, {0, 0}}, NULL, NULL, NULL},
	{{"folder", false, 2, 2, NULL, {0, 0}}, "'folder': expected 2 files, found 1", "count",
		NULL},
};

static char root[] = "/tmp/wavetrain-contract-XXXXXX";

static void put(struct arena *arena, const char *path, const char *text)
{
	struct error error;
	const char *full = path_join(arena, root, path);
	assert_true(folder_make(path_folder(arena, full), &error));
	assert_true(file_write_atomic(full, text, strlen(text), &error));
}

static int set_up(void **state)
{
	struct arena *arena = calloc(1, sizeof *arena);
	*state = arena;
	assert_non_null(mkdtemp(root));
	put(arena, "work/one.txt", "1\n");
	put(arena, "work/empty.txt", "");
	put(arena, "work/out/a.json", "{}");
	put(arena, "work/out/b.json", "{}");
	put(arena, "artifacts/step/kept.txt", "1\n");
	put(arena, "artifacts/step/folder/.hidden", "1\n");
	return symlink("one.txt", path_join(arena, root, "work/link.txt"));
}

static int tear_down(void **state)
{
	struct error error;
	assert_true(path_remove(root, &error));
	arena_release(*state);
	free(*state);
	return 0;
}

static void check(
	struct arena *arena, const struct contract *contract, struct contract_result *result)
{
	const struct artifact artifacts[] = {{.name = "kept", .path = "step/kept.txt"},
		{.name = "folder", .path = "step/folder", .is_folder = true}};
	const struct step step = {.id = "step"};
	struct contract_subject subject = {.step = &step,
		.work_folder = path_join(arena, root, "work"),
		.artifacts_folder = path_join(arena, root, "artifacts"),
		.artifacts = artifacts,
		.artifact_count = 2};
	contract_files_check(NULL, &subject, contract, arena, result);
}

static void each_rule_says_what_was_expected_and_found(void **state)
{
	for (size_t i = 0; i < ARRAY_LENGTH(rule_cases); i++) {
		const struct rule_case *now = &rule_cases[i];
		struct file_rule rule = now->rule;
		struct contract contract = {
			.kind = CONTRACT_FILES, .files = &rule, .file_count = 1};
		struct contract_result result;
		check(*state, &contract, &result);
		assert_int_equal(result.is_kept, now->reason == NULL);
		assert_int_equal(result.error_total, now->reason != NULL);
		if (!now->reason) {
			assert_null(result.reason);
			continue;
		}
		assert_string_equal(result.reason, now->reason);
		assert_string_equal(result.errors[0].keyword, now->keyword);
		assert_string_equal(
			result.errors[0].pointer, now->pointer ? now->pointer : now->rule.path);
	}
}

static void all_faults_are_named_together(void **state)
{
	struct file_rule rules[] = {rule_cases[2].rule, rule_cases[0].rule, rule_cases[3].rule};
	struct contract contract = {.kind = CONTRACT_FILES, .files = rules, .file_count = 3};
	struct contract_result result;
	check(*state, &contract, &result);
	assert_false(result.is_kept);
	assert_string_equal(result.reason,
		"'missing': expected a file, it does not exist; 'empty.txt': expected content, it "
		"is empty");
	assert_int_equal(result.error_count, 2);
	assert_string_equal(result.errors[0].pointer, "missing");
	assert_string_equal(result.errors[0].expected, "a file");
	assert_string_equal(result.errors[0].actual, "does not exist");
	assert_string_equal(result.errors[1].pointer, "empty.txt");
	assert_string_equal(result.errors[1].expected, "content");
	assert_string_equal(result.errors[1].actual, "is empty");
}

static void many_faults_are_counted(void **state)
{
	struct arena *arena = *state;
	for (uint32_t i = 0; i < 250; i++)
		put(arena, arena_format(arena, "work/many/%03u", i), "");
	struct file_rule rule = {"many/*", true, ANY, NULL, {0, 0}};
	struct contract contract = {.kind = CONTRACT_FILES, .files = &rule, .file_count = 1};
	struct contract_result result;
	check(arena, &contract, &result);
	assert_int_equal(result.error_count, CONTRACT_ERROR_LIMIT);
	assert_int_equal(result.error_total, 250);
	assert_string_equal(result.errors[199].pointer, "many/199");
	assert_string_equal(result.reason,
		"'many/000': expected content, it is empty; 'many/001': expected content, it is "
		"empty; 'many/002': expected content, it is empty; 'many/003': expected content, "
		"it is empty; 'many/004': expected content, it is empty; and 245 more files of "
		"'many/*'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_says_what_was_expected_and_found),
		cmocka_unit_test(all_faults_are_named_together),
		cmocka_unit_test(many_faults_are_counted),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
