#include "contract/contract_checker.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/index.h"
#include "cmocka_all.h"

struct place {
	struct arena arena;
	char root[64];
	struct contract_checker *checker;
};

static void put(struct place *place, const char *path, const char *text)
{
	struct error error;
	const char *full = path_join(&place->arena, place->root, path);
	assert_true(folder_make(path_folder(&place->arena, full), &error));
	assert_true(file_write_atomic(full, text, strlen(text), &error));
}

static const char *at(struct place *place, const char *path)
{
	return path_join(&place->arena, place->root, path);
}

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof *place);
	memcpy(place->root, "/tmp/wavetrain-checker-XXXXXX", 30);
	assert_non_null(mkdtemp(place->root));
	put(place, "work/.keep", "");
	put(place, "artifacts/.keep", "");
	place->checker = contract_checker_new(at(place, "passed"));
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;
	struct error error;
	contract_checker_free(place->checker);
	assert_true(path_remove(place->root, &error));
	arena_release(&place->arena);
	free(place);
	return 0;
}

#define ROWS                                                                                       \
	"{\"type\": \"object\", \"required\": [\"rows\"], \"properties\": {\"rows\": {\"items\": " \
	"{\"type\": \"integer\"}}}}"

struct schema_case {
	const char *text; /* work/out.json; NULL: no file */
	const char *schema_name;
	bool is_message;
	const char *reason; /* NULL: it holds */
	uint32_t errors;
	const char *pointer;
	const char *keyword;
};

static const struct schema_case schema_cases[] = {
	{"{\"rows\": [1, 2]}", NULL, false, NULL, 0, NULL, NULL},
	{"{\"rows\": [1, \"x\", null]}", NULL, false,
		"out.json: /rows/1: expected an integer, found the text 'x', and 1 more error", 2,
		"/rows/1", "type"},
	{"[]", NULL, false, "out.json: expected an object, found an empty list", 1, "", "type"},
	{NULL, NULL, false, "out.json: expected a file, it does not exist", 1, "", "exists"},
	{"{\"schema\": \"a:1.0.0\", \"content\": {\"rows\": []}}", "a:1.0.0", true, NULL, 0, NULL,
		NULL},
	{"{\"content\": {\"rows\": []}, \"metadata\": {}}", NULL, true, NULL, 0, NULL, NULL},
	{"{\"schema\": \"a:1.0.0\", \"content\": {\"rows\": [true]}}", "a:1.0.0", true,
		"out.json: /content/rows/0: expected an integer, found true", 1, "/content/rows/0",
		"type"},
	{"{\"schema\": \"b:1.0.0\", \"content\": {\"rows\": [0]}}", "a:1.0.0", true,
		"out.json: /schema: expected 'a:1.0.0', found 'b:1.0.0'", 1, "/schema", "schema"},
	{"{\"content\": {\"rows\": [0]}}", "a:1.0.0", true,
		"out.json: /schema: expected 'a:1.0.0', found none", 1, "/schema", "schema"},
	{"{\"rows\": []}", "a:1.0.0", true,
		"out.json: expected a message, {schema, content, metadata}, found an object "
		"without 'content'",
		1, "", "message"},
	{"[1]", "a:1.0.0", true,
		"out.json: expected a message, {schema, content, metadata}, found a list of 1 item",
		1, "", "message"},
	{"{\"content\": {\"rows\": []}, \"extra\": 1}", NULL, true,
		"out.json: expected the members schema, content and metadata, found member "
		"'extra'",
		1, "", "message"},
};

static struct contract_subject subject_of(struct place *place, const struct step *step)
{
	return (struct contract_subject){.step = step,
		.pipeline_folder = place->root,
		.work_folder = at(place, "work"),
		.artifacts_folder = at(place, "artifacts")};
}

static void a_document_is_checked_against_its_schema(void **state)
{
	struct place *place = *state;
	const struct step step = {.id = "step"};
	const struct contract_subject subject = subject_of(place, &step);
	for (size_t i = 0; i < ARRAY_LENGTH(schema_cases); i++) {
		const struct schema_case *now = &schema_cases[i];
		struct contract_result result;
		struct error error;
		struct contract contract = {.kind = CONTRACT_JSON_SCHEMA,
			.schema_text = ROWS,
			.source = "out.json",
			.is_message = now->is_message,
			.schema_name = now->schema_name};
		assert_true(path_remove(at(place, "work/out.json"), &error));
		if (now->text)
			put(place, "work/out.json", now->text);
		contract_checker_check(place->checker, &subject, &contract, &place->arena, &result);
		assert_string_equal(
			result.reason ? result.reason : "", now->reason ? now->reason : "");
		assert_int_equal(result.is_kept, now->reason == NULL);
		assert_int_equal(result.error_count, now->errors);
		if (now->errors) {
			assert_string_equal(result.errors[0].pointer, now->pointer);
			assert_string_equal(result.errors[0].keyword, now->keyword);
		}
	}
}

static void what_is_no_json_says_where(void **state)
{
	struct place *place = *state;
	const struct step step = {.id = "step"};
	const struct contract_subject subject = subject_of(place, &step);
	struct contract contract = {
		.kind = CONTRACT_JSON_SCHEMA, .schema_text = "true", .source = "out.json"};
	struct contract_result result;
	put(place, "work/out.json", "{\"a\": }");
	contract_checker_check(place->checker, &subject, &contract, &place->arena, &result);
	assert_false(result.is_kept);
	assert_string_equal(result.errors[0].keyword, "json");
	assert_non_null(strstr(result.errors[0].actual, "line 1"));
	contract.source = "../out.json";
	contract_checker_check(place->checker, &subject, &contract, &place->arena, &result);
	assert_string_equal(result.errors[0].keyword, "path");
	assert_string_equal(
		result.errors[0].actual, "'../out.json' must be relative, without '..' or '.git'");
}

/* The artifact comes before a path of the same name; a folder's files are told apart. */
static void an_artifact_is_checked_file_by_file(void **state)
{
	struct place *place = *state;
	const struct step step = {.id = "step"};
	struct artifact artifacts[] = {{.name = "one", .path = "step/one.json", .sha256 = "?"},
		{.name = "many", .path = "step/many", .is_folder = true, .sha256 = "?"},
		{.name = "none", .path = "step/none", .is_folder = true, .sha256 = "?"}};
	struct contract_subject subject = subject_of(place, &step);
	struct contract contract = {
		.kind = CONTRACT_JSON_SCHEMA, .schema_text = ROWS, .source = "one"};
	struct contract_result result;
	struct error error;
	subject.artifacts = artifacts;
	subject.artifact_count = ARRAY_LENGTH(artifacts);
	put(place, "work/one", "[]");
	put(place, "artifacts/step/one.json", "{\"rows\": []}");
	put(place, "artifacts/step/many/a.json", "{\"rows\": [1.5]}");
	put(place, "artifacts/step/many/b/c.json", "{\"rows\": []}");
	put(place, "artifacts/step/many/b/d.json", "{}");
	assert_true(folder_make(at(place, "artifacts/step/none"), &error));
	contract_checker_check(place->checker, &subject, &contract, &place->arena, &result);
	assert_true(result.is_kept);
	contract.source = "many";
	contract_checker_check(place->checker, &subject, &contract, &place->arena, &result);
	assert_int_equal(result.error_count, 2);
	assert_string_equal(result.errors[0].pointer, "a.json#/rows/0");
	assert_string_equal(result.errors[1].pointer, "b/d.json#");
	assert_string_equal(result.errors[1].keyword, "required");
	contract.source = "none";
	contract_checker_check(place->checker, &subject, &contract, &place->arena, &result);
	assert_false(result.is_kept);
	assert_string_equal(result.reason, "none: expected at least one file, found none");
}

/* Whoever asks has mapped the paths of a fresh workspace: they count from the attempt's folder. */
static void a_path_counts_from_the_folder_that_is_given(void **state)
{
	struct place *place = *state;
	const struct step step = {.id = "step", .workspace = WORKSPACE_FRESH};
	struct contract_subject subject = subject_of(place, &step);
	struct contract contract = {
		.kind = CONTRACT_JSON_SCHEMA, .schema_text = "true", .source = "output/x.json"};
	struct contract_result result;
	subject.work_folder = at(place, "attempt");
	put(place, "attempt/workspace/.keep", "");
	put(place, "attempt/output/x.json", "1");
	contract_checker_check(place->checker, &subject, &contract, &place->arena, &result);
	assert_true(result.is_kept);
	subject.work_folder = at(place, "attempt/workspace");
	contract_checker_check(place->checker, &subject, &contract, &place->arena, &result);
	assert_false(result.is_kept);
}

static void what_passed_once_is_not_checked_again(void **state)
{
	struct place *place = *state;
	const struct step step = {.id = "step"};
	const struct contract_subject subject = subject_of(place, &step);
	struct contract contract = {
		.kind = CONTRACT_JSON_SCHEMA, .schema_text = ROWS, .source = "out.json"};
	struct contract_result result;
	put(place, "work/out.json", "{\"rows\": []}");
	contract_checker_check(place->checker, &subject, &contract, &place->arena, &result);
	assert_true(result.is_kept && !result.was_known);
	contract_checker_check(place->checker, &subject, &contract, &place->arena, &result);
	assert_true(result.is_kept && result.was_known);
	/* The same bytes as a message are something else. */
	contract.is_message = true;
	contract_checker_check(place->checker, &subject, &contract, &place->arena, &result);
	assert_false(result.is_kept || result.was_known);
	contract.is_message = false;
	contract_checker_free(place->checker);
	place->checker = contract_checker_new(at(place, "passed"));
	contract_checker_check(place->checker, &subject, &contract, &place->arena, &result);
	assert_true(result.is_kept && result.was_known);
	contract.schema_text = "{\"required\": [\"rows\", \"more\"]}";
	contract_checker_check(place->checker, &subject, &contract, &place->arena, &result);
	assert_false(result.is_kept || result.was_known);
	put(place, "work/out.json", "{\"rows\": [\"x\"]}");
	contract.schema_text = ROWS;
	contract_checker_check(place->checker, &subject, &contract, &place->arena, &result);
	assert_false(result.is_kept || result.was_known);
	/* What failed is checked again. */
	contract_checker_check(place->checker, &subject, &contract, &place->arena, &result);
	assert_false(result.is_kept || result.was_known);
}

static void a_folder_is_known_by_its_hash(void **state)
{
	struct place *place = *state;
	const struct step step = {.id = "step"};
	struct artifact artifact = {.name = "many", .path = "step/many", .is_folder = true};
	struct contract_subject subject = subject_of(place, &step);
	struct contract contract = {.kind = CONTRACT_JSON_SCHEMA, .schema_text = ROWS};
	struct contract_result result;
	struct hash hash;
	hash_start(&hash);
	hash_add_text(&hash, "the folder");
	hash_finish(&hash, artifact.sha256);
	subject.artifacts = &artifact;
	subject.artifact_count = 1;
	put(place, "artifacts/step/many/a.json", "{\"rows\": []}");
	contract_checker_check(place->checker, &subject, &contract, &place->arena, &result);
	assert_true(result.is_kept && !result.was_known);
	contract_checker_check(place->checker, &subject, &contract, &place->arena, &result);
	assert_true(result.is_kept && result.was_known);
	/* With another hash every file is looked at, and the old ones are known by their own. */
	artifact.sha256[0] = artifact.sha256[0] == '0' ? '1' : '0';
	contract_checker_check(place->checker, &subject, &contract, &place->arena, &result);
	assert_true(result.is_kept && result.was_known);
	artifact.sha256[1] = artifact.sha256[1] == '0' ? '1' : '0';
	put(place, "artifacts/step/many/b.json", "{}");
	contract_checker_check(place->checker, &subject, &contract, &place->arena, &result);
	assert_false(result.is_kept);
	assert_int_equal(result.error_total, 1);
}

static void schemas_are_compiled_before_anything_runs(void **state)
{
	struct place *place = *state;
	struct contract contracts[] = {
		{.kind = CONTRACT_JSON_SCHEMA, .schema = "good.json", .where = {1, 1}},
		{.kind = CONTRACT_FILES, .where = {2, 1}},
		{.kind = CONTRACT_JSON_SCHEMA, .schema = "missing.json", .where = {3, 5}},
		{.kind = CONTRACT_JSON_SCHEMA, .schema_text = "{\"type\": 5}", .where = {4, 7}},
		{.kind = CONTRACT_JSON_SCHEMA, .schema = "missing.json", .where = {5, 9}},
	};
	struct step step = {
		.id = "s", .contracts = contracts, .contract_count = ARRAY_LENGTH(contracts)};
	struct pipeline pipeline = {.folder = place->root, .steps = &step, .step_count = 1};
	struct diagnostics diagnostics;
	struct contract_result result;
	put(place, "good.json", "{\"$ref\": \"parts/part.json\"}");
	put(place, "parts/part.json", "{\"type\": \"string\"}");
	diagnostics_init(&diagnostics, &place->arena, "wavetrain.yml");
	contract_checker_prepare(place->checker, &pipeline, &diagnostics);
	assert_int_equal(diagnostics.error_count, 3);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(diagnostics.findings[i].code, FINDING_SCHEMA);
		assert_int_equal(diagnostics.findings[i].where.line, 3 + i);
		assert_int_equal(diagnostics.findings[i].where.column, 5 + 2 * i);
	}
	assert_non_null(strstr(diagnostics.findings[0].message, "missing.json"));
	assert_string_equal(diagnostics.findings[0].message, diagnostics.findings[2].message);
	diagnostics_release(&diagnostics);
	/* What holds is the schema as it was then. */
	const struct contract_subject subject = subject_of(place, &step);
	put(place, "parts/part.json", "{\"type\": \"integer\"}");
	put(place, "work/out.json", "\"text\"");
	contracts[0].source = "out.json";
	contract_checker_check(place->checker, &subject, &contracts[0], &place->arena, &result);
	assert_true(result.is_kept);
	contract_checker_check(place->checker, &subject, &contracts[3], &place->arena, &result);
	assert_false(result.is_kept);
	assert_non_null(result.reason);
}

static void other_kinds_go_to_their_own_rooms(void **state)
{
	struct place *place = *state;
	const struct step step = {.id = "step"};
	static const char *const changed[] = {"a"};
	struct file_rule rule = {.path = "none", .min_count = 1, .max_count = UINT32_MAX};
	struct contract contract = {.kind = CONTRACT_FILES, .files = &rule, .file_count = 1};
	struct contract_subject subject = subject_of(place, &step);
	struct contract_result result;
	contract_checker_check(place->checker, &subject, &contract, &place->arena, &result);
	assert_string_equal(result.reason, "'none': expected a file, it does not exist");
	contract = (struct contract){.kind = CONTRACT_DIFF_SCOPE};
	subject.changed_paths = changed;
	subject.changed_count = 1;
	contract_checker_check(place->checker, &subject, &contract, &place->arena, &result);
	assert_string_equal(result.reason, "changed 'a', allowed: no path");
	contract = (struct contract){.kind = CONTRACT_COMMAND};
	contract_checker_check(place->checker, &subject, &contract, &place->arena, &result);
	assert_false(result.is_kept);
}

static void a_dry_run_gets_documents(void **state)
{
	struct place *place = *state;
	struct contract contract = {.kind = CONTRACT_JSON_SCHEMA, .schema = "rows.json"};
	const struct contract *contracts[] = {&contract};
	const struct mock_request request = {place->root, contracts, 1};
	const char *text;
	struct error error = {0};
	put(place, "rows.json", ROWS);
	assert_true(contract_checker_mock(place->checker, &request, &place->arena, &text, &error));
	assert_string_equal(text, "{\"rows\":[1]}");
	contract.is_message = true;
	contract.schema_name = "rows:1.0.0";
	assert_true(contract_checker_mock(place->checker, &request, &place->arena, &text, &error));
	assert_string_equal(
		text, "{\"schema\":\"rows:1.0.0\",\"content\":{\"rows\":[1]},\"metadata\":{}}");
	contract = (struct contract){.kind = CONTRACT_JSON_SCHEMA, .schema_text = "false"};
	assert_false(contract_checker_mock(place->checker, &request, &place->arena, &text, &error));
	assert_string_equal(error.text,
		"no document was found that satisfies the schema: at '/' the keyword 'false' stands "
		"in the way");
	contract.schema_text = "5";
	assert_false(contract_checker_mock(place->checker, &request, &place->arena, &text, &error));
	assert_non_null(strstr(error.text, "is no schema"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* Wherever the schemas come from, and though none of their own documents satisfies the others. */
static void one_document_is_made_for_several_schemas(void **state)
{
	struct place *place = *state;
	const struct contract contracts[] = {
		{.kind = CONTRACT_JSON_SCHEMA, .schema = "rows.json"},
		{.kind = CONTRACT_JSON_SCHEMA,
			.schema_text = "{\"required\": [\"name\"], \"$ref\": \"#/$defs/a\", "
				       "\"$defs\": {\"a\": {\"required\": [\"n\"]}}}"},
		{.kind = CONTRACT_JSON_SCHEMA,
			.schema_text = "{\"properties\": {\"n\": {\"minimum\": 5}}}"},
		{.kind = CONTRACT_JSON_SCHEMA, .schema_text = "{\"required\": 5}"},
	};
	const struct contract *all[] = {&contracts[0], &contracts[1], &contracts[2], &contracts[3]};
	struct mock_request request = {place->root, all, 3};
	const char *text;
	struct error error = {0};
	put(place, "rows.json", ROWS);
	if (!contract_checker_mock(place->checker, &request, &place->arena, &text, &error))
		fail_msg("%s", error.text);
	assert_string_equal(text, "{\"rows\":[1],\"name\":\"text\",\"n\":5}");
	request.count = 4;
	assert_false(contract_checker_mock(place->checker, &request, &place->arena, &text, &error));
	assert_non_null(strstr(error.text, "required"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_document_is_checked_against_its_schema),
		TEST(what_is_no_json_says_where),
		TEST(an_artifact_is_checked_file_by_file),
		TEST(a_path_counts_from_the_folder_that_is_given),
		TEST(what_passed_once_is_not_checked_again),
		TEST(a_folder_is_known_by_its_hash),
		TEST(schemas_are_compiled_before_anything_runs),
		TEST(other_kinds_go_to_their_own_rooms),
		TEST(a_dry_run_gets_documents),
		TEST(one_document_is_made_for_several_schemas),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
