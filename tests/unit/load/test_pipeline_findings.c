/* Every way to be refused: place, kind, words and hint of the first finding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/index.h"
#include "load/load_bytes.h"

struct refusal {
	const char *source;
	enum finding_code code;
	uint32_t line, column;
	const char *message;
	const char *hint; /* NULL: none */
	uint32_t error_count;
};

#define STEP(rest) "steps:\n- id: a\n  run: x\n  " rest "\n"

static const struct refusal refusals[] = {
	{"", FINDING_PARSE, 1, 1, "the file is empty", NULL, 1},
	{"steps: [\n", FINDING_PARSE, 2, 1,
		"not valid YAML: did not find expected node content while parsing a flow node",
		NULL, 1},
	{"steps:\n\t- id: a\n", FINDING_PARSE, 2, 1,
		"not valid YAML: found character that cannot start any token while scanning for the "
		"next token",
		"YAML is indented with spaces, never with tabs", 1},
	{"a: \x01", FINDING_PARSE, 1, 4, "not valid YAML: control characters are not allowed", NULL,
		1},
	{"n\xc3\xa4"
	 "me: \xff",
		FINDING_PARSE, 1, 7, "the file is not UTF-8 from here on (byte 0xFF)", NULL, 1},
	{"name: \xe2\x82", FINDING_PARSE, 1, 7, "the file is not UTF-8 from here on (byte 0xE2)",
		NULL, 1},
	{"name: \"a\\0b\"", FINDING_PARSE, 1, 7, "a text must not contain the character \\0", NULL,
		1},
	{"--- {}\n--- {}\n", FINDING_PARSE, 2, 1,
		"a second document begins here; a pipeline file holds one", NULL, 1},
	{"%YAML 2.0\n--- {}\n", FINDING_PARSE, 1, 1,
		"not valid YAML: found incompatible YAML document", NULL, 1},
	{"name: *x\n", FINDING_PARSE, 1, 7, "the alias '*x' has no anchor '&x' before it", NULL, 1},
	{"steps: &x [*x]\n", FINDING_PARSE, 1, 12,
		"the alias '*x' stands inside its own anchor and would never end", NULL, 1},
	{"name: !secret x\n", FINDING_PARSE, 1, 7,
		"the tag '!secret' is not supported here; leave it out", NULL, 1},
	{"[]", FINDING_WRONG_TYPE, 1, 1, "a pipeline must be a mapping of keys to values", NULL, 1},
	{"name: x\n", FINDING_MISSING_KEY, 1, 1, "this pipeline lacks the key 'steps'", NULL, 1},
	{"steps: []\n", FINDING_BAD_VALUE, 1, 8, "a pipeline needs at least one step", NULL, 1},
	{"steps:\n", FINDING_WRONG_TYPE, 1, 7, "'steps' must be a list of steps, not nothing", NULL,
		1},
	{"steps: {id: a}\n", FINDING_WRONG_TYPE, 1, 8,
		"'steps' must be a list of steps, not a mapping", NULL, 1},
	{"steps: [a]\n", FINDING_WRONG_TYPE, 1, 9, "a step must be a mapping of keys to values",
		NULL, 1},
	{"pipeline: {}\nname: x\n", FINDING_UNKNOWN_KEY, 1, 1,
		"with a key 'pipeline' all other keys must stand under it", NULL, 1},
	{STEP("neds: [a]"), FINDING_UNKNOWN_KEY, 4, 3, "a step has no key 'neds'",
		"did you mean 'needs'?", 1},
	{STEP("id: b"), FINDING_DUPLICATE_KEY, 4, 3,
		"the key 'id' is given twice; the first is on line 2", NULL, 1},
	{STEP("{a: b}: c"), FINDING_WRONG_TYPE, 4, 3, "a key must be text, not a list or a mapping",
		NULL, 1},
	{STEP("needs: []\n  dependencies: []"), FINDING_DUPLICATE_KEY, 5, 3,
		"'needs' and 'dependencies' mean the same and only one of them can be given", NULL,
		1},
	{STEP("contract: []\n  handover: {contract: []}"), FINDING_DUPLICATE_KEY, 5, 3,
		"'contract' and 'handover' mean the same and only one of them can be given", NULL,
		1},
	{"steps:\n- id: a\n", FINDING_MISSING_KEY, 2, 3,
		"this step lacks what it does: 'run', or 'persona' and 'task'", NULL, 1},
	{"steps:\n- run: x\n", FINDING_MISSING_KEY, 2, 3, "this step lacks the key 'id'", NULL, 1},
	{"steps: [{id: [], run: x}]", FINDING_WRONG_TYPE, 1, 14, "'id' must be text, not a list",
		NULL, 1},
	{"steps: [{id: a b, run: x}]", FINDING_BAD_VALUE, 1, 14,
		"'a b' cannot be the id of a step: letters, digits, '.', '_' and '-' can, at most "
		"128, beginning with a letter or digit",
		NULL, 1},
	{"steps:\n- {id: a, run: x}\n- {id: a, run: x}\n", FINDING_DUPLICATE_ID, 3, 8,
		"the id 'a' is given twice; the first is on line 2", NULL, 1},
	{"steps: [{id: a, run: ' '}]", FINDING_BAD_VALUE, 1, 22,
		"'run' must be a command: a text for the shell, or a list of texts run as it is, not "
		"the text ' '",
		NULL, 1},
	{"steps: [{id: a, run: []}]", FINDING_BAD_VALUE, 1, 22,
		"'run' must be a command: a text for the shell, or a list of texts run as it is, not "
		"a list",
		NULL, 1},
	{"steps: [{id: a, run: ['']}]", FINDING_BAD_VALUE, 1, 23, "the program of 'run' is empty",
		NULL, 1},
	{"steps: [{id: a, run: [x], shell: bash}]", FINDING_BAD_VALUE, 1, 27,
		"'shell' is for a 'run' that is a text; a list is executed as it is", NULL, 1},
	{STEP("shell: ' '"), FINDING_BAD_VALUE, 4, 10, "'shell' must name a program", NULL, 1},
	{STEP("env: [a]"), FINDING_WRONG_TYPE, 4, 8,
		"'env' must be a mapping of names to values, not a list", NULL, 1},
	{STEP("env: {A: }"), FINDING_WRONG_TYPE, 4, 12,
		"'a variable's value' must be text (\"\" for an empty one), not nothing", NULL, 1},
	{STEP("env: {1A: x}"), FINDING_BAD_VALUE, 4, 9,
		"'1A' cannot name an environment variable: letters, digits and '_' can, not "
		"beginning with a digit",
		NULL, 1},
	{STEP("workdir: /tmp"), FINDING_BAD_VALUE, 2, 7,
		"the path '/tmp' of 'workdir' must be relative", NULL, 1},
	{STEP("workdir: a/../../b"), FINDING_BAD_VALUE, 2, 7,
		"the path 'a/../../b' of 'workdir' must stay inside the folder: no '..', no '.git', "
		"no empty parts",
		NULL, 1},
	{STEP("outputs: {x: .git/config}"), FINDING_BAD_VALUE, 4, 13,
		"the path '.git/config' of 'outputs' must stay inside the folder: no '..', no "
		"'.git', no empty parts",
		NULL, 1},
	{STEP("outputs: [x, x]"), FINDING_DUPLICATE_ID, 4, 16,
		"the step 'a' has two outputs named 'x'", NULL, 1},
	{STEP("outputs: [a/b]"), FINDING_BAD_VALUE, 4, 13,
		"'a/b' cannot be the name of an output: letters, digits, '.', '_' and '-' can, at "
		"most 128, beginning with a letter or digit",
		NULL, 1},
	{STEP("needs: a"), FINDING_CYCLE, 4, 10, "the step 'a' needs itself", NULL, 1},
	{"steps:\n- {id: build, run: x}\n- {id: b, run: x, needs: biuld}\n",
		FINDING_UNKNOWN_REFERENCE, 3, 26, "there is no step 'biuld'",
		"did you mean 'build'?", 1},
	{"steps:\n- {id: build, run: x, outputs: [report]}\n- {id: b, run: x, inputs: reprot}\n",
		FINDING_UNKNOWN_REFERENCE, 3, 27, "no step makes an artifact 'reprot'",
		"did you mean 'report'?", 1},
	{STEP("outputs: [r]\n  inputs: [r]"), FINDING_UNKNOWN_REFERENCE, 5, 12,
		"the artifact 'r' is made by this step itself", NULL, 1},
	{"steps:\n- {id: a, run: x, outputs: [r]}\n- {id: b, run: x, outputs: [r]}\n"
	 "- {id: c, run: x, inputs: [r]}\n",
		FINDING_AMBIGUOUS, 4, 28,
		"several steps make an artifact 'r': write one of a.r, b.r", NULL, 1},
	{STEP("group: ''"), FINDING_BAD_VALUE, 2, 7, "the group of the step 'a' is empty", NULL, 1},
	{STEP("timeout: soon"), FINDING_BAD_VALUE, 4, 12,
		"'timeout' must be a duration such as 90, 30s, 30m or 5h30m, more than 0 and at most 366d, not "
		"the text 'soon'",
		NULL, 1},
	{STEP("timeout: 0"), FINDING_BAD_VALUE, 4, 12,
		"'timeout' must be a duration such as 90, 30s, 30m or 5h30m, more than 0 and at most 366d, not "
		"the number 0",
		NULL, 1},
	{STEP("retry: many"), FINDING_WRONG_TYPE, 4, 10,
		"'retry' must be a whole number from 0 to 100, not the text 'many'", NULL, 1},
	{STEP("retry: []"), FINDING_WRONG_TYPE, 4, 10,
		"'retry' must be a number of attempts or a mapping, not a list", NULL, 1},
	{STEP("retry: {on: [timeuot]}"), FINDING_BAD_VALUE, 4, 16,
		"'on' must name classes of failure (transient, timeout, resource, contract, output, "
		"permanent, signal, unknown, any), not 'timeuot'",
		"did you mean 'timeout'?", 1},
	{STEP("retry: {on: cancelled}"), FINDING_BAD_VALUE, 4, 15,
		"'on' must name classes of failure (transient, timeout, resource, contract, output, "
		"permanent, signal, unknown, any), not 'cancelled'",
		NULL, 1},
	{STEP("retry: {backoff: 5s, max_delay: 2s}"), FINDING_BAD_VALUE, 4, 35,
		"'max_delay' is shorter than 'backoff'", NULL, 1},
	{STEP("retry: {factor: 0.5}"), FINDING_BAD_VALUE, 4, 19,
		"'factor' must be a number from 1 to 100, not the number 0.5", NULL, 1},
	{STEP("contract: {run: x}"), FINDING_MISSING_KEY, 4, 13,
		"this contract lacks the key 'type'", NULL, 1},
	{STEP("contract: {type: comand, run: x}"), FINDING_BAD_VALUE, 4, 20,
		"'type' must be json_schema, command, files or diff_scope, not the text 'comand'",
		"did you mean 'command'?", 1},
	{STEP("contract: {type: command}"), FINDING_MISSING_KEY, 4, 13,
		"this contract of type command lacks the key 'run'", NULL, 1},
	{STEP("contract: {type: files, files: [a], run: x}"), FINDING_UNKNOWN_KEY, 4, 39,
		"a contract of type files has no key 'run'", NULL, 1},
	{STEP("contract: {type: files, files: []}"), FINDING_BAD_VALUE, 4, 34,
		"'files' must name at least one file", NULL, 1},
	{STEP("contract: {type: files, files: [/etc/passwd]}"), FINDING_BAD_VALUE, 4, 35,
		"the path '/etc/passwd' of 'files' must be relative", NULL, 1},
	{STEP("contract: {type: files, files: [{path: a, sha256: 12}]}"), FINDING_BAD_VALUE, 4, 53,
		"'sha256' must be 64 hexadecimal digits", NULL, 1},
	{STEP("contract: {type: files, files: [{path: a, min_count: 3, max_count: 2}]}"),
		FINDING_BAD_VALUE, 4, 35, "'min_count' (3) is more than 'max_count' (2)", NULL, 1},
	{"execution: {jobs: \"4\"}\n" STEP(""), FINDING_WRONG_TYPE, 1, 19,
		"'jobs' must be a whole number from 1 to 4096, not the text '4'",
		"a value in quotes is always text; write it without them", 1},
	{"execution: {jobs: 0}\n" STEP(""), FINDING_BAD_VALUE, 1, 19,
		"'jobs' must be a whole number from 1 to 4096, not the number 0", NULL, 1},
	{"execution: {on_failure: kep}\n" STEP(""), FINDING_BAD_VALUE, 1, 25,
		"'on_failure' must be keep, stop or rollback, not the text 'kep'",
		"did you mean 'keep'?", 1},
	{"checkpoint: {commit: yes}\n" STEP(""), FINDING_WRONG_TYPE, 1, 22,
		"'commit' must be true or false, not the text 'yes'", NULL, 1},
	{"checkpoint: {max_file: big}\n" STEP(""), FINDING_BAD_VALUE, 1, 24,
		"'max_file' must be a size such as 512KiB, 50MB or 1GiB, not the text 'big'", NULL,
		1},
	{"checkpoint: {message: ''}\n" STEP(""), FINDING_BAD_VALUE, 1, 23,
		"'message' must not be empty", NULL, 1},
	{STEP("workdir: ${HOEM}"), FINDING_VARIABLE, 4, 12,
		"${HOEM} is neither a parameter nor set in the environment, and has no default",
		"did you mean 'HOME'?", 1},
	{STEP("workdir: ${}"), FINDING_VARIABLE, 4, 12,
		"'${' begins no variable such as ${NAME} or ${NAME:-default}",
		"write $${ for the two characters themselves", 1},
	{"params: {p: }\n" STEP("workdir: ${p}"), FINDING_VARIABLE, 5, 12,
		"the parameter 'p' has neither a value nor a default", NULL, 1},
	{"params: {p: {required: true}}\n" STEP("workdir: ${p}"), FINDING_PARAMETER, 1, 10,
		"the parameter 'p' needs a value", "give it with -p p=VALUE", 1},
	{"params: {p: {default: c, enum: [a, b]}}\n" STEP(""), FINDING_PARAMETER, 1, 10,
		"the parameter 'p' must be one of a, b, not 'c'", "did you mean 'a'?", 1},
	{"params: {p: {default: ab, pattern: 'a|b'}}\n" STEP(""), FINDING_PARAMETER, 1, 10,
		"the parameter 'p' must match the pattern a|b, and 'ab' does not", NULL, 1},
	{"params: {p: {default: a, pattern: '((a{99}){99}){99}'}}\n" STEP(""), FINDING_BAD_VALUE, 1,
		10, "the pattern of the parameter 'p' cannot be used: it repeats too much", NULL,
		1},
	{"params: {1p: a}\n" STEP(""), FINDING_BAD_VALUE, 1, 10,
		"'1p' cannot name a parameter: letters, digits, '_' and '-' can, after a letter or "
		"'_'",
		NULL, 1},
	{"params: [p]\n" STEP(""), FINDING_WRONG_TYPE, 1, 9,
		"'params' must be a mapping of names to parameters, not a list", NULL, 1},
};

static void load(const char *source, size_t size, struct arena *arena,
	struct diagnostics *diagnostics, struct pipeline *pipeline)
{
	static const char *const environment[] = {"HOME=/home/user", NULL};
	const struct load_request request = {
		.path = "p.yml", .folder = "/work", .environment = environment};
	pipeline_load_bytes(&request, source, size, arena, diagnostics, pipeline);
}

static void test_refusals(void **state)
{
	(void)state;
	int faults = 0;
	for (size_t i = 0; i < ARRAY_LENGTH(refusals); i++) {
		const struct refusal *expected = &refusals[i];
		struct arena arena = {0};
		struct diagnostics diagnostics;
		struct pipeline pipeline;
		load(expected->source, strlen(expected->source), &arena, &diagnostics, &pipeline);
		const struct finding none = {.message = "(no finding)"};
		const struct finding *found = diagnostics.count ? &diagnostics.findings[0] : &none;
		bool is_same = found->code == expected->code &&
			       found->where.line == expected->line &&
			       found->where.column == expected->column &&
			       strcmp(found->message, expected->message) == 0 &&
			       strcmp(found->hint ? found->hint : "",
				       expected->hint ? expected->hint : "") == 0 &&
			       diagnostics.error_count == expected->error_count;
		if (!is_same) {
			faults++;
			print_error("case %zu, %s\n  got  %s %u:%u (%u) %s [%s]\n", i,
				expected->source, finding_code_name(found->code), found->where.line,
				found->where.column, diagnostics.error_count, found->message,
				found->hint ? found->hint : "");
		}
		diagnostics_release(&diagnostics);
		arena_release(&arena);
	}
	assert_int_equal(faults, 0);
}

static void test_all_findings_come_at_once_in_order(void **state)
{
	(void)state;
	static const char source[] = "nmae: x\nsteps:\n- id: a\n  needs: [zzzzzz]\n  timeout: x\n";
	static const uint32_t lines[] = {1, 3, 4, 5};
	struct arena arena = {0};
	struct diagnostics diagnostics;
	struct pipeline pipeline;
	load(source, strlen(source), &arena, &diagnostics, &pipeline);
	assert_int_equal(diagnostics.count, ARRAY_LENGTH(lines));
	for (uint32_t i = 0; i < diagnostics.count; i++)
		assert_int_equal(diagnostics.findings[i].where.line, lines[i]);
	diagnostics_release(&diagnostics);
	arena_release(&arena);
}

static void test_command_line_parameters_are_checked(void **state)
{
	(void)state;
	static const char source[] =
		"params: {feature: {enum: [auth, billing]}}\nsteps: [{id: a, run: x}]\n";
	static const struct assignment assignments[] = {{"feature", "auht"}, {"featrue", "auth"}};
	const struct load_request request = {.path = "p.yml",
		.folder = "/work",
		.assignments = assignments,
		.assignment_count = 2};
	struct arena arena = {0};
	struct diagnostics diagnostics;
	struct pipeline pipeline;
	pipeline_load_bytes(&request, source, strlen(source), &arena, &diagnostics, &pipeline);
	assert_int_equal(diagnostics.count, 2);
	assert_int_equal(diagnostics.findings[0].where.line, 0);
	assert_int_equal(diagnostics.findings[0].code, FINDING_PARAMETER);
	assert_string_equal(
		diagnostics.findings[0].message, "the pipeline has no parameter 'featrue'");
	assert_string_equal(diagnostics.findings[0].hint, "did you mean 'feature'?");
	assert_string_equal(diagnostics.findings[1].message,
		"the parameter 'feature' must be one of auth, billing, not 'auht'");
	assert_string_equal(diagnostics.findings[1].hint, "did you mean 'auth'?");
	diagnostics_release(&diagnostics);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_all_findings_come_at_once_in_order),
		cmocka_unit_test(test_command_line_parameters_are_checked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
