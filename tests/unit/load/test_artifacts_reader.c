/* Runbooks: what good ones become, and every way to be refused with its place and words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static bool check_properties(const char *type, const char *properties, struct error *error)
{
	if (!text_equal(type, "filesystem") || strstr(properties, "\"path\""))
		return true;
	error_set(error, ERROR_PIPELINE_INVALID, "filesystem needs the property 'path'");
	return error_hint(error, "write path: FOLDER");
}

static void load_in(struct fixture *fixture, const char *folder, const char *source)
{
	static const char *const environment[] = {
		"HOST=db.example", "PORT=3306", "PATH=/usr/bin:/bin", NULL};
	static const char *const builtins[] = {"filesystem", "json", "command", "merge", NULL};
	const struct load_request request = {.path = "runbook.yml",
		.folder = folder,
		.environment = environment,
		.builtin_components = builtins,
		.check_properties = check_properties,
		.check_programs = !text_equal(folder, "/nowhere")};
	*fixture = (struct fixture){0};
	pipeline_load_bytes(&request, source, strlen(source), &fixture->arena,
		&fixture->diagnostics, &fixture->pipeline);
}

static void load(struct fixture *fixture, const char *source)
{
	load_in(fixture, "/nowhere", source);
}

static void release(struct fixture *fixture)
{
	diagnostics_release(&fixture->diagnostics);
	arena_release(&fixture->arena);
}

static void load_good(struct fixture *fixture, const char *folder, const char *source)
{
	load_in(fixture, folder, source);
	if (fixture->diagnostics.count > 0)
		fail_msg("%u:%u: %s", fixture->diagnostics.findings[0].where.line,
			fixture->diagnostics.findings[0].where.column,
			fixture->diagnostics.findings[0].message);
}

static const char whole[] =
	"name: Analysis of ${what}\n"
	"description: what is in it\n"
	"contact: Ann <ann@example.org>\n"
	"framework: GDPR\n"
	"params: {what: logs}\n"
	"env: {LANG: C.UTF-8}\n"
	"config: {timeout: 300, max_concurrency: 3}\n"
	"checkpoint: {commit: false}\n"
	"components:\n"
	"  mysql: {run: [./connect, --quiet], output_schema: rows:1.0.0, timeout: 30, env: {A: b}}\n"
	"  find: {run: [./find], input_schemas: rows:^1.0, output_schema: finding:1.2.0}\n"
	"artifacts:\n"
	"  rows:\n"
	"    source:\n"
	"      type: mysql\n"
	"      properties:\n"
	"        host: \"${HOST}\"\n"
	"        port: ${PORT}\n"
	"        quoted: \"${PORT}\"\n"
	"        more: {deep: [1, null, {yes: true}], text: 'a\"b'}\n"
	"  found:\n"
	"    name: Found in {what}\n"
	"    contact: Bob\n"
	"    from: rows\n"
	"    process: {type: find}\n"
	"    output: true\n"
	"    optional: true\n"
	"  files: {source: {type: filesystem, properties: {path: logs}}, transform: {type: find, "
	"properties: {n: 0x10}}, input_schema: [text:1.x], output_schema: finding:1.2.0}\n"
	"  all: {inputs: [files, found], merge: concatenate}\n"
	"  last: {inputs: [all, rows], transform: {type: find}, input_schemas: [rows, finding:1.x]}\n";

static void test_settings(void **state)
{
	(void)state;
	struct fixture fixture;
	load_good(&fixture, "/nowhere", whole);
	const struct pipeline *pipeline = &fixture.pipeline;
	assert_int_equal(pipeline->format, FORMAT_ARTIFACTS);
	assert_string_equal(pipeline->name, "Analysis of logs");
	assert_string_equal(pipeline->contact, "Ann <ann@example.org>");
	assert_int_equal(pipeline->execution.jobs, 3);
	assert_int_equal(pipeline->execution.time_limit_ms, 300000);
	assert_false(pipeline->checkpoint.commit);
	assert_int_equal(pipeline->env.count, 1);
	assert_int_equal(pipeline->component_count, 2);
	release(&fixture);
	load_good(&fixture, "/nowhere", "artifacts: {a: {source: {type: json}}}\n");
	assert_int_equal(fixture.pipeline.execution.jobs, 10);
	assert_int_equal(fixture.pipeline.execution.time_limit_ms, 0);
	assert_true(fixture.pipeline.checkpoint.commit);
	assert_string_equal(fixture.pipeline.steps[0].component->properties, "{}");
	release(&fixture);
}

static void test_sources(void **state)
{
	(void)state;
	struct fixture fixture;
	load_good(&fixture, "/nowhere", whole);
	const struct step *rows = &fixture.pipeline.steps[0];
	assert_string_equal(rows->id, "rows");
	assert_string_equal(rows->name, "rows");
	assert_int_equal(rows->command.argument_count, 2);
	assert_string_equal(rows->command.arguments[1], "--quiet");
	assert_int_equal(rows->timeout_ms, 30000);
	assert_string_equal(rows->env.variables[0].value, "b");
	assert_int_equal(rows->output_count, 1);
	assert_string_equal(rows->outputs[0].name, "rows");
	assert_null(rows->outputs[0].path);
	assert_int_equal(rows->input_count, 0);
	assert_int_equal(rows->where.line, 13);
	assert_string_equal(rows->component->properties,
		"{\"host\":\"db.example\",\"port\":3306,\"quoted\":\"3306\",\"more\":{"
		"\"deep\":[1,null,{\"yes\":true}],\"text\":\"a\\\"b\"}}");
	assert_string_equal(rows->component->output_schema, "rows:1.0.0");
	assert_false(rows->component->is_builtin);
	release(&fixture);
}

static void test_made_from_others(void **state)
{
	(void)state;
	static const char *const ids[] = {"rows", "found", "files.source", "files", "all", "last"};
	struct fixture fixture;
	load_good(&fixture, "/nowhere", whole);
	const struct step *steps = fixture.pipeline.steps;
	assert_int_equal(fixture.pipeline.step_count, ARRAY_LENGTH(ids));
	for (size_t i = 0; i < ARRAY_LENGTH(ids); i++)
		assert_string_equal(steps[i].id, ids[i]);
	assert_string_equal(steps[1].name, "Found in logs");
	assert_string_equal(steps[1].component->contact, "Bob");
	assert_true(steps[1].is_exported && steps[1].is_optional);
	assert_int_equal(steps[1].inputs[0].step, 0);
	assert_false(steps[1].component->merges_inputs);
	assert_true(steps[2].component->is_builtin);
	assert_null(steps[2].component->output_schema);
	assert_string_equal(steps[2].outputs[0].name, "files.source");
	assert_int_equal(steps[3].inputs[0].step, 2);
	assert_string_equal(steps[3].component->properties, "{\"n\":16}");
	assert_string_equal(steps[3].component->input_schemas.items[0].text, "text:1.x");
	assert_string_equal(steps[4].component->type, "merge");
	assert_true(steps[4].component->is_builtin && steps[4].component->merges_inputs);
	assert_int_equal(steps[4].input_count, 2);
	assert_int_equal(steps[4].inputs[0].step, 3);
	assert_int_equal(steps[4].inputs[1].step, 1);
	assert_true(steps[5].component->merges_inputs);
	release(&fixture);
}

struct refusal {
	const char *source;
	enum finding_code code;
	uint32_t line, column;
	const char *message;
	const char *hint; /* NULL: none */
	uint32_t error_count;
};

#define ONE(rest) "artifacts:\n  a: {source: {type: json}}\n  b: " rest "\n"
#define DECLARED(rest) "components: {c: {run: [x]" rest "}}\nartifacts: {a: {source: {type: c}}}\n"

static const struct refusal refusals[] = {
	{"artifacts: {}\n", FINDING_BAD_VALUE, 1, 12, "a runbook needs at least one artifact", NULL,
		1},
	{"artifacts: []\n", FINDING_WRONG_TYPE, 1, 12,
		"'artifacts' must be a mapping of names to artifacts, not a list", NULL, 1},
	{"artifacts:\n", FINDING_WRONG_TYPE, 1, 11,
		"'artifacts' must be a mapping of names to artifacts, not nothing", NULL, 1},
	{"artifacts: {a: {source: {type: json}}}\nsteps: [{id: a, run: x}]\n",
		FINDING_DUPLICATE_KEY, 2, 1, "a pipeline has 'steps' or 'artifacts', not both",
		NULL, 1},
	{"artifacts: {a: x}\n", FINDING_WRONG_TYPE, 1, 16,
		"a runbook artifact must be a mapping of keys to values", NULL, 1},
	{"artifacts: {a: {source: {type: json}}, a: {source: {type: json}}}\n",
		FINDING_DUPLICATE_KEY, 1, 40, "the key 'a' is given twice; the first is on line 1",
		NULL, 1},
	{"artifacts: {'a b': {source: {type: json}}}\n", FINDING_BAD_VALUE, 1, 13,
		"'a b' cannot be the name of an artifact: letters, digits, '.', '_' and '-' can, at most "
		"128, beginning with a letter or digit",
		NULL, 1},
	{"artifacts: {a: {source: {type: json}, transform: {type: json}}, a.source: {source: {type: "
	 "json}}}\n",
		FINDING_DUPLICATE_ID, 1, 65,
		"the id 'a.source' is given twice; the first is on line 1", NULL, 1},
	{ONE("{source: {type: json}, inputs: a}"), FINDING_BAD_VALUE, 3, 29,
		"the artifact 'b' has a 'source' and 'inputs': it is brought in from outside or made "
		"from other artifacts, not both",
		NULL, 1},
	{ONE("{source: {type: json}, from: a}"), FINDING_BAD_VALUE, 3, 29,
		"the artifact 'b' has a 'source' and 'inputs': it is brought in from outside or made "
		"from other artifacts, not both",
		NULL, 1},
	{ONE("{name: x}"), FINDING_MISSING_KEY, 3, 3,
		"the artifact 'b' has neither a 'source' nor 'inputs'", NULL, 1},
	{ONE("{transform: {type: json}}"), FINDING_MISSING_KEY, 3, 3,
		"the artifact 'b' has neither a 'source' nor 'inputs'", NULL, 1},
	{ONE("{inputs: []}"), FINDING_BAD_VALUE, 3, 7,
		"the 'inputs' of the artifact 'b' must name at least one artifact", NULL, 1},
	{ONE("{inputs: {a: b}}"), FINDING_WRONG_TYPE, 3, 15,
		"'inputs' must be an artifact's name or a list of names, not a mapping", NULL, 1},
	{ONE("{inputs: a, from: a}"), FINDING_DUPLICATE_KEY, 3, 18,
		"'inputs' and 'from' mean the same and only one of them can be given", NULL, 1},
	{ONE("{inputs: a, transform: {type: json}, process: {type: json}}"), FINDING_DUPLICATE_KEY,
		3, 43, "'transform' and 'process' mean the same and only one of them can be given",
		NULL, 1},
	{ONE("{inputs: aa}"), FINDING_UNKNOWN_REFERENCE, 3, 15, "there is no artifact 'aa'",
		"did you mean 'a'?", 1},
	{"artifacts: {a: {inputs: b}}\n", FINDING_UNKNOWN_REFERENCE, 1, 25,
		"there is no artifact 'b'", NULL, 1},
	{ONE("{inputs: [a, zzzz]}"), FINDING_UNKNOWN_REFERENCE, 3, 19,
		"there is no artifact 'zzzz'", NULL, 1},
	{ONE("{inputs: b}"), FINDING_CYCLE, 3, 15, "the artifact 'b' is made from itself", NULL, 1},
	{ONE("{inputs: [a, a]}"), FINDING_DUPLICATE_ID, 3, 19,
		"the artifact 'a' is named twice in 'inputs'", NULL, 1},
	{ONE("{inputs: a, merge: interleave}"), FINDING_BAD_VALUE, 3, 25,
		"'merge' must be concatenate, not the text 'interleave'", NULL, 1},
	{ONE("{source: {type: json}, merge: concatenate}"), FINDING_BAD_VALUE, 3, 29,
		"'merge' is for artifacts with 'inputs', and 'b' has none", NULL, 1},
	{ONE("{source: {type: json}, input_schema: x:1.0.0}"), FINDING_BAD_VALUE, 3, 43,
		"'input_schema' is for artifacts with 'inputs', and 'b' has none", NULL, 1},
	{ONE("{source: {}}"), FINDING_MISSING_KEY, 3, 15,
		"this use of a component lacks the key 'type'", NULL, 1},
	{ONE("{source: json}"), FINDING_WRONG_TYPE, 3, 15,
		"'source' must be a mapping with the key 'type', not the text 'json'", NULL, 1},
	{ONE("{source: {type: json, properties: [1]}}"), FINDING_WRONG_TYPE, 3, 40,
		"'properties' must be a mapping, not a list", NULL, 1},
	{ONE("{source: {type: json, properties: {a: '${UNSET}'}}}"), FINDING_VARIABLE, 3, 44,
		"${UNSET} is neither a parameter nor set in the environment, and has no default",
		NULL, 1},
	{ONE("{source: {type: json, properties: {a: [1, 1e999]}}}"), FINDING_BAD_VALUE, 3, 48,
		"the number '1e999' is too large", NULL, 1},
	{ONE("{source: {type: json, properties: {a: 99999999999999999999}}}"), FINDING_BAD_VALUE, 3,
		44, "the number '99999999999999999999' is too large", NULL, 1},
	{ONE("{source: {type: json, properties: {a: -9223372036854775809}}}"), FINDING_BAD_VALUE, 3,
		44, "the number '-9223372036854775809' is too large", NULL, 1},
	{ONE("{source: {type: json, properties: {a: 0x8000000000000000}}}"), FINDING_BAD_VALUE, 3,
		44, "the number '0x8000000000000000' is too large", NULL, 1},
	{ONE("{source: {type: filesystem, properties: {pth: x}}}"), FINDING_BAD_VALUE, 3, 46,
		"filesystem needs the property 'path'", "write path: FOLDER", 1},
	{ONE("{source: {type: filesystem}}"), FINDING_BAD_VALUE, 3, 22,
		"filesystem needs the property 'path'", "write path: FOLDER", 1},
	{ONE("{source: {type: filesystm}}"), FINDING_COMPONENT, 3, 22,
		"no component 'filesystm' is declared or built in",
		"did you mean 'filesystem'? else declare it under 'components', or in "
		".wavetrain/components.yaml",
		1},
	{ONE("{source: {type: oracle}}"), FINDING_COMPONENT, 3, 22,
		"no component 'oracle' is declared or built in",
		"declare it under 'components', or in .wavetrain/components.yaml", 1},
	{ONE("{inputs: a, transfrom: {type: json}}"), FINDING_UNKNOWN_KEY, 3, 18,
		"a runbook artifact has no key 'transfrom'", "did you mean 'transform'?", 1},
	{ONE("{inputs: a, reuse: {from_run: x}}"), FINDING_UNKNOWN_KEY, 3, 18,
		"a runbook artifact has no key 'reuse'",
		"artifacts of earlier runs are not taken over; 'wavetrain resume' goes on with a "
		"run and keeps what it has made",
		1},
	{ONE("{inputs: a, child_runbook: {path: x}}"), FINDING_UNKNOWN_KEY, 3, 18,
		"a runbook artifact has no key 'child_runbook'",
		"runbooks are not nested; write its artifacts into this file", 1},
	{ONE("{inputs: a, execute: {mode: child}}"), FINDING_UNKNOWN_KEY, 3, 18,
		"a runbook artifact has no key 'execute'",
		"runbooks are not nested; write its artifacts into this file", 1},
	{ONE("{inputs: a, output: maybe}"), FINDING_WRONG_TYPE, 3, 26,
		"'output' must be true or false, not the text 'maybe'", NULL, 1},
	{ONE("{inputs: a, output_schema: finding}"), FINDING_BAD_VALUE, 3, 33,
		"the 'output_schema' 'finding' must name one version, such as 1.0.0", NULL, 1},
	{ONE("{inputs: a, output_schema: 'finding:^1.0'}"), FINDING_BAD_VALUE, 3, 33,
		"the 'output_schema' 'finding:^1.0' must name one version, such as 1.0.0", NULL, 1},
	{ONE("{inputs: a, input_schema: [x, 'finding:one']}"), FINDING_BAD_VALUE, 3, 36,
		"the 'input_schema' 'finding:one' has no version such as 1.0.0, or range such as "
		"^1.0, ~1.2, 1.x or >=1.0 <2.0",
		NULL, 1},
	{"inputs: {x: {input_schema: y}}\n" ONE("{inputs: a}"), FINDING_UNKNOWN_KEY, 1, 1,
		"a runbook has no key 'inputs'",
		"a runbook takes no inputs of its own; use 'params', or a 'source'", 1},
	{"config: {cost_limit: 3}\n" ONE("{inputs: a}"), FINDING_UNKNOWN_KEY, 1, 10,
		"a section 'config' has no key 'cost_limit'",
		"there is no limit of cost; 'timeout' limits the time", 1},
	{"config: {max_concurrency: 0}\n" ONE("{inputs: a}"), FINDING_BAD_VALUE, 1, 27,
		"'max_concurrency' must be a whole number from 1 to 4096, not the number 0", NULL,
		1},
	{"config: {max_concurrency: 2}\nexecution: {jobs: 2}\n" ONE("{inputs: a}"),
		FINDING_DUPLICATE_KEY, 1, 10,
		"'config.max_concurrency' and 'execution.jobs' mean the same and only one of them "
		"can be given",
		NULL, 1},
	{"execution: {jobs: none}\n" ONE("{inputs: a}"), FINDING_WRONG_TYPE, 1, 19,
		"'jobs' must be a whole number from 1 to 4096, not the text 'none'", NULL, 1},
	{"components: [x]\n" ONE("{inputs: a}"), FINDING_WRONG_TYPE, 1, 13,
		"'components' must be a mapping of names to components, not a list", NULL, 1},
	{"components: {c: {run: ./x}}\n" ONE("{inputs: a}"), FINDING_WRONG_TYPE, 1, 23,
		"'run' must be a list of texts: a program and its arguments, not the text './x'",
		NULL, 1},
	{"components: {c: {}}\n" ONE("{inputs: a}"), FINDING_MISSING_KEY, 1, 17,
		"this component lacks the key 'run'", NULL, 1},
	{"components: {c d: {run: [x]}}\n" ONE("{inputs: a}"), FINDING_BAD_VALUE, 1, 14,
		"'c d' cannot name a component: letters, digits, '.', '_' and '-' can, beginning "
		"with a letter or digit",
		NULL, 1},
	{DECLARED(", output_schema: 'x:1.x'"), FINDING_BAD_VALUE, 1, 43,
		"the 'output_schema' 'x:1.x' must name one version, such as 1.0.0", NULL, 1},
	{DECLARED(", input_schemas: ['x:']"), FINDING_BAD_VALUE, 1, 44,
		"the 'input_schemas' 'x:' has no version such as 1.0.0, or range such as ^1.0, ~1.2, "
		"1.x or >=1.0 <2.0",
		NULL, 1},
	{DECLARED(", timeout: never"), FINDING_BAD_VALUE, 1, 37,
		"'timeout' must be a duration such as 90, 30s, 30m or 5h30m, more than 0 and at most "
		"366d, not the text 'never'",
		NULL, 1},
};

static void test_refusals(void **state)
{
	(void)state;
	uint32_t faults = 0;
	for (size_t i = 0; i < ARRAY_LENGTH(refusals); i++) {
		const struct refusal *expected = &refusals[i];
		struct fixture fixture;
		load(&fixture, expected->source);
		const struct finding none = {.message = "(no finding)"};
		const struct finding *found =
			fixture.diagnostics.count ? &fixture.diagnostics.findings[0] : &none;
		bool is_same = found->code == expected->code &&
			       found->where.line == expected->line &&
			       found->where.column == expected->column &&
			       text_equal(found->message, expected->message) &&
			       text_equal(found->hint, expected->hint) &&
			       fixture.diagnostics.error_count == expected->error_count;
		if (!is_same) {
			faults++;
			print_error("case %zu, %s\n  got  %s %u:%u (%u) %s [%s]\n", i,
				expected->source, finding_code_name(found->code), found->where.line,
				found->where.column, fixture.diagnostics.error_count,
				found->message, found->hint ? found->hint : "");
		}
		release(&fixture);
	}
	assert_int_equal(faults, 0);
}

static void write_text(const char *folder, const char *name, const char *text)
{
	struct arena arena = {0};
	struct error error;
	const char *path = path_join(&arena, folder, name);
	assert_true(folder_make(path_folder(&arena, path), &error));
	assert_true(file_write_atomic(path, text, strlen(text), &error));
	arena_release(&arena);
}

static const char uses_both[] = "components: {near: {run: [/bin/sh]}}\n"
				"artifacts:\n"
				"  a: {source: {type: far}}\n"
				"  b: {inputs: a, transform: {type: near}}\n";

static void test_components_file(void **state)
{
	(void)state;
	static const char *const files[] = {
		"far: {run: [sh, ./far], output_schema: x:1.0.0}\nnear: {run: [./elsewhere]}\n",
		"components:\n  far: {run: [sh, ./far], output_schema: x:1.0.0}\n",
	};
	char folder[] = "/tmp/wavetrain-components-XXXXXX";
	struct fixture fixture;
	struct error error;
	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
		write_text(folder, ".wavetrain/components.yaml", files[i]);
		load_good(&fixture, folder, uses_both);
		const struct step *steps = fixture.pipeline.steps;
		assert_string_equal(steps[0].command.arguments[1], "./far");
		assert_string_equal(steps[0].component->output_schema, "x:1.0.0");
		assert_string_equal(steps[1].command.arguments[0], "/bin/sh");
		assert_string_equal(
			fixture.pipeline.components[1].file, ".wavetrain/components.yaml");
		release(&fixture);
	}
	assert_true(path_remove(folder, &error));
}

static void test_faults_of_the_components_file(void **state)
{
	(void)state;
	char folder[] = "/tmp/wavetrain-components-XXXXXX";
	struct fixture fixture;
	struct error error;
	assert_non_null(mkdtemp(folder));
	write_text(folder, ".wavetrain/components.yaml",
		"far:\n  run: [\"${UNSET}\"]\n  rn: x\n  env: {9X: a}\n");
	load_in(&fixture, folder, uses_both);
	assert_int_equal(fixture.diagnostics.error_count, 3);
	const struct finding *findings = fixture.diagnostics.findings;
	assert_int_equal(findings[0].where.line, 2);
	assert_int_equal(findings[0].where.column, 9);
	assert_int_equal(findings[0].code, FINDING_VARIABLE);
	assert_string_equal(findings[0].file, ".wavetrain/components.yaml");
	assert_string_equal(findings[0].message,
		"${UNSET} is neither a parameter nor set in the environment, and has no default");
	assert_int_equal(findings[1].where.line, 3);
	assert_int_equal(findings[1].where.column, 3);
	assert_int_equal(findings[1].code, FINDING_UNKNOWN_KEY);
	assert_string_equal(findings[1].file, ".wavetrain/components.yaml");
	assert_string_equal(findings[1].message, "a component has no key 'rn'");
	assert_string_equal(findings[1].hint, "did you mean 'run'?");
	assert_int_equal(findings[2].where.line, 4);
	assert_int_equal(findings[2].where.column, 9);
	assert_string_equal(findings[2].file, ".wavetrain/components.yaml");
	assert_string_equal(findings[2].message,
		"'9X' cannot name an environment variable: letters, digits and '_' can, not "
		"beginning with a digit");
	release(&fixture);
	assert_true(path_remove(folder, &error));
}

static void test_programs(void **state)
{
	(void)state;
	static const struct {
		const char *program;
		bool is_there;
	} programs[] = {{"sh", true}, {"/bin/sh", true}, {"./tool", true}, {"./plain", false},
		{"wavetrain-no-such-program", false}, {"./folder", false}};
	char folder[] = "/tmp/wavetrain-programs-XXXXXX";
	char source[256];
	struct fixture fixture;
	struct error error;
	assert_non_null(mkdtemp(folder));
	write_text(folder, "tool", "#!/bin/sh\n");
	write_text(folder, "plain", "");
	write_text(folder, "folder/file", "");
	snprintf(source, sizeof source, "%s/tool", folder);
	assert_int_equal(chmod(source, 0755), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(programs); i++) {
		snprintf(source, sizeof source,
			"components: {c: {run: [%s]}, unused: {run: [./nowhere]}}\n"
			"artifacts: {a: {source: {type: c}}}\n",
			programs[i].program);
		load_in(&fixture, folder, source);
		assert_int_equal(fixture.diagnostics.error_count, programs[i].is_there ? 0 : 1);
		if (!programs[i].is_there) {
			const struct finding *finding = &fixture.diagnostics.findings[0];
			char message[256];
			snprintf(message, sizeof message,
				"the component 'c' runs the program '%s', which is not there",
				programs[i].program);
			assert_int_equal(finding->code, FINDING_COMPONENT);
			assert_int_equal(finding->where.line, 2);
			assert_int_equal(finding->where.column, 32);
			assert_string_equal(finding->message, message);
		}
		release(&fixture);
	}
	assert_true(path_remove(folder, &error));
}

static void test_a_declared_component_wins_over_a_built_in_one(void **state)
{
	(void)state;
	struct fixture fixture;
	load_good(&fixture, "/nowhere",
		"components: {filesystem: {run: [./mine]}}\n"
		"artifacts: {a: {source: {type: filesystem}}}\n");
	assert_false(fixture.pipeline.steps[0].component->is_builtin);
	assert_string_equal(fixture.pipeline.steps[0].command.arguments[0], "./mine");
	release(&fixture);
}

static void test_a_list_of_schemas_is_limited(void **state)
{
	(void)state;
	struct buffer source = BUFFER_INIT;
	struct fixture fixture;
	buffer_append_text(&source, "components: {c: {run: [x], input_schemas: [a");
	buffer_append_repeated(&source, ",a", 64);
	buffer_append_text(&source, "]}}\nartifacts: {a: {source: {type: c}}}\n");
	load(&fixture, buffer_text(&source));
	assert_int_equal(fixture.diagnostics.error_count, 1);
	const struct finding *finding = &fixture.diagnostics.findings[0];
	assert_int_equal(finding->code, FINDING_BAD_VALUE);
	assert_int_equal(finding->where.column, 44 + 128);
	assert_string_equal(finding->message,
		"'input_schemas' names 65 schemas; at most 64 can be listed, and ranges such as "
		"^1.0");
	release(&fixture);
	buffer_release(&source);
}

/* Unknown names by the hundred thousand: hints have a budget, time stays linear. */
static void test_many_faults_take_no_long_time(void **state)
{
	(void)state;
	struct buffer source = BUFFER_INIT;
	struct fixture fixture;
	buffer_append_text(&source, "artifacts:\n");
	for (unsigned i = 0; i < 100000; i++)
		buffer_printf(&source,
			" a%u: {inputs: b%u, transform: {type: t%u}, output_schema: s:%u.0.0}\n", i,
			i, i, i);
	load(&fixture, buffer_text(&source));
	assert_int_equal(fixture.diagnostics.error_count, 200000);
	assert_int_equal(fixture.pipeline.step_count, 100000);
	release(&fixture);
	buffer_release(&source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_made_from_others),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_components_file),
		cmocka_unit_test(test_faults_of_the_components_file),
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_a_declared_component_wins_over_a_built_in_one),
		cmocka_unit_test(test_a_list_of_schemas_is_limited),
		cmocka_unit_test(test_many_faults_take_no_long_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
