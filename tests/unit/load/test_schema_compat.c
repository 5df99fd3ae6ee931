/* What may be made from what: versions, ranges, several schemas, pass-throughs, files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/index.h"
#include "base/text.h"
#include "load/load_bytes.h"

struct fixture {
	struct arena arena;
	struct diagnostics diagnostics;
	struct pipeline pipeline;
};

static void load(struct fixture *fixture, const char *folder, const char *artifacts)
{
	/* One component for each schema, and one for each way to take them. */
	static const char components[] =
		"components:\n"
		"  rows1: {run: [x], output_schema: rows:1.0.0}\n"
		"  rows2: {run: [x], output_schema: rows:2.0.0}\n"
		"  text1: {run: [x], output_schema: text:1.0.0}\n"
		"  some: {run: [x]}\n"
		"  any: {run: [x], output_schema: finding:1.0.0}\n"
		"  exact: {run: [x], input_schemas: rows:1.0.0}\n"
		"  caret: {run: [x], input_schemas: [rows:^1.0]}\n"
		"  two: {run: [x], input_schemas: [rows:1.x, text:1.0.0]}\n"
		"artifacts:\n";
	struct buffer source = BUFFER_INIT;
	const struct load_request request = {.path = "runbook.yml", .folder = folder};
	buffer_append_text(&source, components);
	buffer_append_text(&source, artifacts);
	*fixture = (struct fixture){0};
	char *kept = arena_copy_text(&fixture->arena, buffer_text(&source));
	pipeline_load_bytes(&request, kept, strlen(kept), &fixture->arena, &fixture->diagnostics,
		&fixture->pipeline);
	buffer_release(&source);
}

static void release(struct fixture *fixture)
{
	diagnostics_release(&fixture->diagnostics);
	arena_release(&fixture->arena);
}

#define R1 "  r1: {source: {type: rows1}}\n"
#define R2 "  r2: {source: {type: rows2}}\n"
#define T1 "  t1: {source: {type: text1}}\n"
#define ANY "  any: {source: {type: some}}\n"

/* message NULL: they fit. */
struct pairing {
	const char *artifacts;
	uint32_t line, column;
	const char *message;
	uint32_t error_count;
};

static const struct pairing pairings[] = {
	{R1 "  a: {inputs: r1, transform: {type: exact}}\n", 0, 0, NULL, 0},
	{R1 "  a: {inputs: r1, transform: {type: caret}}\n", 0, 0, NULL, 0},
	{R1 T1 "  a: {inputs: [t1, r1], transform: {type: two}}\n", 0, 0, NULL, 0},
	{ANY "  a: {inputs: any, transform: {type: exact}}\n", 0, 0, NULL, 0},
	{R2 "  a: {inputs: r2, transform: {type: any}}\n", 0, 0, NULL, 0},
	{R2 "  a: {inputs: r2, transform: {type: exact}}\n", 12, 15,
		"the artifact 'r2' is rows:2.0.0, and 'a' (component 'exact') takes only rows:1.0.0",
		1},
	{R2 "  a: {inputs: r2, transform: {type: caret}}\n", 12, 15,
		"the artifact 'r2' is rows:2.0.0, and 'a' (component 'caret') takes only rows:^1.0",
		1},
	{R1 T1 "  a: {inputs: [r1, t1], transform: {type: caret}}\n", 13, 20,
		"the artifact 't1' is text:1.0.0, and 'a' (component 'caret') takes only rows:^1.0",
		1},
	{R2 T1 "  a:\n    inputs:\n    - t1\n    - r2\n    transform: {type: two}\n", 16, 7,
		"the artifact 'r2' is rows:2.0.0, and 'a' (component 'two') takes only rows:1.x or "
		"text:1.0.0",
		1},
	/* What stands on the artifact wins, on either side. */
	{R2 "  a: {inputs: r2, transform: {type: exact}, input_schema: 'rows:2.x'}\n", 0, 0, NULL,
		0},
	{"  r: {source: {type: rows1}, output_schema: rows:3.0.0}\n"
	 "  a: {inputs: r, transform: {type: exact}}\n",
		12, 15,
		"the artifact 'r' is rows:3.0.0, and 'a' (component 'exact') takes only rows:1.0.0",
		1},
	{"  r: {source: {type: rows2}, transform: {type: exact}}\n", 11, 3,
		"the artifact 'r.source' is rows:2.0.0, and 'r' (component 'exact') takes only "
		"rows:1.0.0",
		1},
	/* A pass-through is what its inputs are, in whatever order they stand. */
	{"  a: {inputs: m, transform: {type: exact}}\n"
	 "  m: {inputs: n}\n"
	 "  n: {inputs: r2}\n" R2,
		11, 15,
		"the artifact 'm' is rows:2.0.0, and 'a' (component 'exact') takes only rows:1.0.0",
		1},
	{R1 R2 "  m: {inputs: [r1, r2]}\n  a: {inputs: m, transform: {type: exact}}\n", 0, 0, NULL,
		0},
	{R1 "  m: {inputs: r1, output_schema: rows:9.0.0}\n"
	    "  a: {inputs: m, transform: {type: exact}}\n",
		13, 15,
		"the artifact 'm' is rows:9.0.0, and 'a' (component 'exact') takes only rows:1.0.0",
		1},
	/* Those of a cycle have no schema; the plan reports the cycle. */
	{"  a: {inputs: b}\n  b: {inputs: a}\n  c: {inputs: b, transform: {type: exact}}\n", 0, 0,
		NULL, 0},
	{R2 "  a: {inputs: r2, transform: {type: exact}}\n"
	    "  b: {inputs: r2, transform: {type: caret}}\n",
		12, 15,
		"the artifact 'r2' is rows:2.0.0, and 'a' (component 'exact') takes only rows:1.0.0",
		2},
};

static void test_pairings(void **state)
{
	(void)state;
	uint32_t faults = 0;
	for (size_t i = 0; i < ARRAY_LENGTH(pairings); i++) {
		const struct pairing *expected = &pairings[i];
		struct fixture fixture;
		load(&fixture, "/nowhere", expected->artifacts);
		const struct finding none = {.code = FINDING_INCOMPATIBLE};
		const struct finding *found =
			fixture.diagnostics.count ? &fixture.diagnostics.findings[0] : &none;
		if (fixture.diagnostics.error_count != expected->error_count ||
			!text_equal(found->message, expected->message) ||
			found->where.line != expected->line ||
			found->where.column != expected->column ||
			found->code != FINDING_INCOMPATIBLE) {
			faults++;
			print_error("case %zu: %u:%u (%u) %s\n", i, found->where.line,
				found->where.column, fixture.diagnostics.error_count,
				found->message ? found->message : "(no finding)");
		}
		release(&fixture);
	}
	assert_int_equal(faults, 0);
}

/* What has no type is reported as such, and compared with nothing. */
static void test_a_component_without_a_type(void **state)
{
	(void)state;
	struct fixture fixture;
	load(&fixture, "/nowhere",
		R1 "  b: {inputs: [r1], transform: {}, input_schema: foo:1.0.0}\n");
	assert_int_equal(fixture.diagnostics.error_count, 1);
	const struct finding *finding = &fixture.diagnostics.findings[0];
	assert_int_equal(finding->code, FINDING_MISSING_KEY);
	assert_string_equal(finding->message, "this use of a component lacks the key 'type'");
	assert_int_equal(finding->where.line, 12);
	assert_int_equal(finding->where.column, 32);
	release(&fixture);
}

static void put(const char *folder, const char *name)
{
	struct arena arena = {0};
	struct error error;
	const char *path = path_join(&arena, folder, name);
	assert_true(folder_make(path_folder(&arena, path), &error));
	assert_true(file_write_atomic(path, "{}", 2, &error));
	arena_release(&arena);
}

static void test_a_schema_with_a_file_is_a_contract(void **state)
{
	(void)state;
	char folder[] = "/tmp/wavetrain-compat-XXXXXX";
	struct fixture fixture;
	struct error error;
	assert_non_null(mkdtemp(folder));
	put(folder, ".wavetrain/schemas/rows/1.0.0/rows.json");
	load(&fixture, folder,
		R1 T1 "  m: {inputs: [r1, t1], output_schema: rows:1.0.0}\n"
		      "  n: {inputs: m}\n"
		      "  o: {inputs: [r1, m]}\n");
	assert_int_equal(fixture.diagnostics.error_count, 0);
	const struct step *steps = fixture.pipeline.steps;
	assert_int_equal(steps[0].contract_count, 1);
	const struct contract *contract = &steps[0].contracts[0];
	assert_int_equal(contract->kind, CONTRACT_JSON_SCHEMA);
	assert_true(contract->is_message);
	assert_string_equal(contract->schema, ".wavetrain/schemas/rows/1.0.0/rows.json");
	assert_string_equal(contract->source, "r1");
	assert_string_equal(contract->schema_name, "rows:1.0.0");
	assert_int_equal(contract->on_failure, REACTION_DEFAULT);
	assert_int_equal(steps[1].contract_count, 0);
	assert_int_equal(steps[2].contract_count, 1);
	assert_string_equal(steps[2].contracts[0].source, "m");
	/* A single input is passed on with its schema. */
	assert_int_equal(steps[3].contract_count, 1);
	assert_string_equal(steps[3].contracts[0].source, "n");
	assert_string_equal(steps[3].contracts[0].schema_name, "rows:1.0.0");
	assert_int_equal(steps[4].contract_count, 0);
	release(&fixture);
	assert_true(path_remove(folder, &error));
}

static void test_files_that_are_not_the_one(void **state)
{
	(void)state;
	char folder[] = "/tmp/wavetrain-compat-XXXXXX";
	struct fixture fixture;
	struct error error;
	assert_non_null(mkdtemp(folder));
	put(folder, ".wavetrain/schemas/rows/1.0.1/rows.json");
	put(folder, ".wavetrain/schemas/rows/1.1.0/rows.json");
	put(folder, ".wavetrain/schemas/text/1.0.0/a.json");
	put(folder, ".wavetrain/schemas/text/1.0.0/b.json");
	load(&fixture, folder, R1 T1 "  again: {source: {type: rows1}}\n");
	assert_int_equal(fixture.diagnostics.error_count, 2);
	const struct finding *findings = fixture.diagnostics.findings;
	assert_int_equal(findings[0].code, FINDING_SCHEMA);
	assert_int_equal(findings[0].where.line, 11);
	assert_int_equal(findings[0].where.column, 3);
	assert_string_equal(findings[0].message,
		"the schema 'rows:1.0.0' has no file, though .wavetrain/schemas/rows has others: "
		"1.0.1, 1.1.0");
	assert_int_equal(findings[1].code, FINDING_SCHEMA);
	assert_int_equal(findings[1].where.line, 12);
	assert_string_equal(findings[1].message,
		"the schema 'text:1.0.0' has several files in .wavetrain/schemas/text/1.0.0");
	assert_string_equal(findings[1].hint, "call one text.json");
	release(&fixture);
	assert_true(path_remove(folder, &error));
}

/* A chain of pass-throughs in the worst order is followed once. */
static void test_a_long_chain_is_linear(void **state)
{
	(void)state;
	struct buffer source = BUFFER_INIT;
	struct fixture fixture;
	const unsigned count = 50000;
	buffer_append_text(&source, "  a: {inputs: m0, transform: {type: exact}}\n");
	for (unsigned i = 0; i + 1 < count; i++)
		buffer_printf(&source, "  m%u: {inputs: m%u}\n", i, i + 1);
	buffer_printf(&source, "  m%u: {inputs: r2}\n" R2, count - 1);
	load(&fixture, "/nowhere", buffer_text(&source));
	assert_int_equal(fixture.diagnostics.error_count, 1);
	assert_string_equal(fixture.diagnostics.findings[0].message,
		"the artifact 'm0' is rows:2.0.0, and 'a' (component 'exact') takes only "
		"rows:1.0.0");
	release(&fixture);
	buffer_release(&source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairings),
		cmocka_unit_test(test_a_component_without_a_type),
		cmocka_unit_test(test_a_schema_with_a_file_is_a_contract),
		cmocka_unit_test(test_files_that_are_not_the_one),
		cmocka_unit_test(test_a_long_chain_is_linear),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
