/* What good files become, and that hostile ones are answered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/index.h"
#include "load/load_bytes.h"
#include "model/state.h"

struct fixture {
	struct arena arena;
	struct diagnostics diagnostics;
	struct pipeline pipeline;
};

static void load(struct fixture *fixture, const char *source, size_t size)
{
	static const char *const environment[] = {"HOME=/home/user", "EMPTY=", NULL};
	static const struct assignment assignments[] = {{"feature", "billing"}};
	const struct load_request request = {.path = "dir/nightly.yml",
		.folder = "/home/project",
		.assignments = assignments,
		.assignment_count = strstr(source, "params") ? 1 : 0,
		.environment = environment};
	*fixture = (struct fixture){0};
	pipeline_load_bytes(
		&request, source, size, &fixture->arena, &fixture->diagnostics, &fixture->pipeline);
	if (fixture->diagnostics.count)
		print_message("%u:%u: %s\n", fixture->diagnostics.findings[0].where.line,
			fixture->diagnostics.findings[0].where.column,
			fixture->diagnostics.findings[0].message);
}

static void release(struct fixture *fixture)
{
	diagnostics_release(&fixture->diagnostics);
	arena_release(&fixture->arena);
}

static const char whole[] =
	"name: \"{feature} of {other}\"\n"
	"description: about {feature} ${NOT_SET}\n"
	"params: { feature: { default: auth, enum: [auth, billing] }, count: 2 }\n"
	"env: { A: 8080, B: true, C: \"${HOME}/x\", D: \"${NOPE:-d}\", E: \"$${F}\", G: "
	"\"${EMPTY:-e}\", H: '' }\n"
	"execution: { jobs: \"${count}\", on_failure: stop }\n"
	"checkpoint: { commit: false, branch: wave, push: never, max_file: 1KiB, message: "
	"\"{what} {feature}\" }\n"
	"steps:\n"
	"- id: one\n"
	"  run: echo ${HOME} {feature}\n"
	"  outputs: { report: out/a.json, files: 'out/*.txt' }\n"
	"- id: two\n"
	"  name: Two {feature}\n"
	"  run: [cp, '{feature}', '${count}', '{unknown}']\n"
	"  needs: one\n"
	"  inputs: [report, one.files]\n"
	"  workdir: ./src/\n"
	"  group: g\n"
	"  timeout: 1m30s\n"
	"  grace: 0\n"
	"  retry: { max: 3, backoff: 1s, factor: 1.5, max_delay: 9, jitter: true, on: [timeout, "
	"output] }\n"
	"  contract:\n"
	"  - { type: command, run: make check, shell: bash -u, timeout: 2 }\n"
	"  - type: files\n"
	"    files: [a, { path: 'b*', non_empty: true, min_count: 2, max_count: 4, sha256: "
	"\"E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855\" }]\n";

static void test_settings(void **state)
{
	(void)state;
	static const char *const values[] = {"8080", "true", "/home/user/x", "d", "${F}", "e", ""};
	struct fixture fixture;
	load(&fixture, whole, strlen(whole));
	const struct pipeline *pipeline = &fixture.pipeline;
	assert_int_equal(fixture.diagnostics.error_count, 0);
	assert_string_equal(pipeline->name, "billing of {other}");
	assert_string_equal(pipeline->description, "about billing ${NOT_SET}");
	assert_int_equal(pipeline->parameter_count, 2);
	assert_string_equal(pipeline->parameters[0].value, "billing");
	assert_string_equal(pipeline->parameters[1].value, "2");
	assert_int_equal(pipeline->env.count, ARRAY_LENGTH(values));
	for (size_t i = 0; i < ARRAY_LENGTH(values); i++)
		assert_string_equal(pipeline->env.variables[i].value, values[i]);
	assert_int_equal(pipeline->execution.jobs, 2);
	assert_int_equal(pipeline->execution.on_failure, ON_FAILURE_STOP);
	assert_false(pipeline->checkpoint.commit);
	assert_string_equal(pipeline->checkpoint.branch, "wave");
	assert_string_equal(pipeline->checkpoint.message, "{what} billing");
	assert_int_equal(pipeline->checkpoint.push, PUSH_NEVER);
	assert_int_equal(pipeline->checkpoint.max_file_bytes, 1024);
	release(&fixture);
}

static void test_steps(void **state)
{
	(void)state;
	struct fixture fixture;
	load(&fixture, whole, strlen(whole));
	assert_int_equal(fixture.pipeline.step_count, 2);
	const struct step *one = &fixture.pipeline.steps[0];
	const struct step *two = &fixture.pipeline.steps[1];
	assert_string_equal(one->name, "one");
	assert_string_equal(one->command.script, "echo ${HOME} {feature}");
	assert_string_equal(one->command.shell, "sh");
	assert_null(one->command.arguments);
	assert_int_equal(one->grace_ms, STEP_DEFAULT_GRACE_MS);
	assert_int_equal(one->retry.max, 0);
	assert_int_equal(one->where.line, 8);
	assert_int_equal(one->where.column, 7);
	assert_string_equal(two->name, "Two billing");
	assert_int_equal(two->command.argument_count, 4);
	assert_string_equal(two->command.arguments[1], "billing");
	assert_string_equal(two->command.arguments[2], "2");
	assert_string_equal(two->command.arguments[3], "{unknown}");
	assert_null(two->command.arguments[4]);
	assert_int_equal(two->needs[0].step, 0);
	assert_int_equal(two->input_count, 2);
	assert_int_equal(two->inputs[0].output, 0);
	assert_int_equal(two->inputs[1].step, 0);
	assert_int_equal(two->inputs[1].output, 1);
	assert_int_equal(two->timeout_ms, 90000);
	assert_int_equal(two->grace_ms, 0);
	assert_int_equal(two->retry.max, 3);
	assert_int_equal(two->retry.backoff_ms, 1000);
	assert_true(two->retry.factor > 1.49 && two->retry.factor < 1.51);
	assert_int_equal(two->retry.max_delay_ms, 9000);
	assert_true(two->retry.jitter);
	assert_int_equal(two->retry.on, 1u << FAILURE_TIMEOUT | 1u << FAILURE_OUTPUT);
	release(&fixture);
}

static void test_contracts(void **state)
{
	(void)state;
	struct fixture fixture;
	load(&fixture, whole, strlen(whole));
	const struct step *two = &fixture.pipeline.steps[1];
	assert_int_equal(two->contract_count, 2);
	assert_int_equal(two->contracts[0].kind, CONTRACT_COMMAND);
	assert_string_equal(two->contracts[0].command.script, "make check");
	assert_string_equal(two->contracts[0].command.shell, "bash -u");
	assert_int_equal(two->contracts[0].timeout_ms, 2000);
	assert_int_equal(two->contracts[1].kind, CONTRACT_FILES);
	assert_int_equal(two->contracts[1].file_count, 2);
	const struct file_rule *rules = two->contracts[1].files;
	assert_string_equal(rules[0].path, "a");
	assert_int_equal(rules[0].min_count, 1);
	assert_int_equal(rules[0].max_count, UINT32_MAX);
	assert_true(rules[1].non_empty);
	assert_int_equal(rules[1].min_count, 2);
	assert_int_equal(rules[1].max_count, 4);
	assert_memory_equal(rules[1].sha256, "e3b0c442", 8);
	release(&fixture);
}

static void test_json_nested_and_short_forms(void **state)
{
	(void)state;
	static const char source[] =
		"\xEF\xBB\xBF{\"pipeline\": {\"steps\": [{\"id\": \"a\", \"run\": [\"true\"], "
		"\"artifacts\": [\"x\"]},"
		"{\"id\": \"b\", \"run\": \"true\", \"dependencies\": \"a\", \"inputs\": \"x\", "
		"\"retry\": 2, \"handover\": {\"contract\": {\"type\": \"files\", \"files\": "
		"[\"x\"]}}}]}}";
	struct fixture fixture;
	load(&fixture, source, strlen(source));
	assert_int_equal(fixture.diagnostics.error_count, 0);
	assert_string_equal(fixture.pipeline.name, "nightly");
	assert_true(fixture.pipeline.checkpoint.commit);
	assert_null(fixture.pipeline.checkpoint.branch);
	assert_int_equal(
		fixture.pipeline.checkpoint.max_file_bytes, CHECKPOINT_DEFAULT_MAX_FILE_BYTES);
	assert_null(fixture.pipeline.steps[0].outputs[0].path);
	const struct step *second = &fixture.pipeline.steps[1];
	assert_int_equal(second->retry.max, 2);
	assert_int_equal(second->retry.backoff_ms, RETRY_DEFAULT_BACKOFF_MS);
	assert_int_equal(second->retry.max_delay_ms, RETRY_DEFAULT_MAX_DELAY_MS);
	assert_true(second->retry.on & 1u << FAILURE_SIGNAL);
	assert_true(second->retry.on & 1u << FAILURE_PERMANENT);
	assert_false(second->retry.on & 1u << FAILURE_CANCELLED);
	assert_int_equal(second->contract_count, 1);
	assert_int_equal(second->inputs[0].step, 0);
	release(&fixture);
}

struct hostile {
	const char *what;
	const char *head, *repeated, *tail;
	size_t count;
	const char *message; /* of the first finding */
};

static void test_hostile_files(void **state)
{
	(void)state;
	static const char nesting[] = "lists and mappings are nested deeper than 64 levels";
	static const struct hostile files[] = {
		{"flow lists", "", "[", "", 100000, nesting},
		{"block lists", "", "- ", "", 100000, nesting},
		{"flow mappings", "", "{a: ", "", 100000, nesting},
		{"explicit keys", "", "? ", "", 100000, nesting},
		{"lists in keys", "", "{\"\":[", "", 50000, nesting},
		{"tag directives", "", "%TAG !a! tag:x:\n", "--- {}", 100000,
			"the file has more than 64 %TAG directives"},
		{"equal keys", "{", "a: 1,", "}", 1000000,
			"the key 'a' is given twice; the first is on line 1"},
		{"anchors", "steps:\n", "- &x a\n- *x\n", "", 100000,
			"a step must be a mapping of keys to values"},
		{"more anchors", "steps:\n", "- &x a\n", "", 100001,
			"the file has more than 100000 anchors"},
		{"line ends", "", "\n", "", 100000, "the file is empty"},
		{"defaults that do not end", "steps: [{id: a, run: x, workdir: '", "${a:-", "'}]",
			1000000, "'${' begins no variable such as ${NAME} or ${NAME:-default}"},
		{"a long id", "steps: [{run: x, id: '", "!", "'}]", 4000000,
			"'!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!…!!!!!!!!!!!!!!!!!!!!!!!!!!!!!' cannot be the id "
			"of a step: letters, digits, '.', '_' and '-' can, at most 128, beginning "
			"with a letter or digit"},
		{"a long alias", "name: *", "x", "", 1000000,
			"the alias '*xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…xxxxxxxxxxxxxxxxxxxxxxxxxxxxx' has "
			"no anchor '&xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…xxxxxxxxxxxxxxxxxxxxxxxxxxxxx' "
			"before it"},
		{"a long tag", "name: !", "x", " y", 1000000,
			"the tag '!xxxxxxxxxxxxxxxxxxxxxxxxxxxxx…xxxxxxxxxxxxxxxxxxxxxxxxxxxxx' is "
			"not supported here; leave it out"},
	};
	for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
		struct buffer source = BUFFER_INIT;
		struct fixture fixture;
		buffer_append_text(&source, files[i].head);
		buffer_append_repeated(&source, files[i].repeated, files[i].count);
		buffer_append_text(&source, files[i].tail);
		load(&fixture, buffer_text(&source), source.size);
		assert_true(fixture.diagnostics.count > 0);
		const char *message = fixture.diagnostics.findings[0].message;
		if (strcmp(files[i].what, "equal keys") == 0)
			message = fixture.diagnostics.findings[1].message;
		assert_string_equal(message, files[i].message);
		release(&fixture);
		buffer_release(&source);
	}
}

static void test_alias_bomb_and_nul(void **state)
{
	(void)state;
	struct buffer source = BUFFER_INIT;
	struct fixture fixture;
	buffer_append_text(&source, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
	for (int i = 1; i < 12; i++) {
		buffer_printf(&source, "a%d: &a%d [*a%d", i, i, i - 1);
		for (int j = 0; j < 9; j++)
			buffer_printf(&source, ",*a%d", i - 1);
		buffer_append_text(&source, "]\n");
	}
	load(&fixture, buffer_text(&source), source.size);
	assert_int_equal(fixture.diagnostics.count, 1);
	assert_string_equal(fixture.diagnostics.findings[0].message,
		"the file's aliases stand for more than 1000000 values");
	release(&fixture);
	load(&fixture, "name: \0x", 8);
	assert_int_equal(fixture.diagnostics.count, 1);
	assert_int_equal(fixture.diagnostics.findings[0].where.column, 7);
	assert_string_equal(fixture.diagnostics.findings[0].message,
		"the file contains a NUL byte: it is not UTF-8 text");
	release(&fixture);
	buffer_release(&source);
}

static void test_find(void **state)
{
	(void)state;
	char folder[] = "/tmp/wavetrain-find-XXXXXX";
	struct arena arena = {0};
	struct error error = {0};
	const char *path = NULL;
	assert_non_null(mkdtemp(folder));
	const char *inner = path_join(&arena, folder, "a/b");
	assert_true(folder_make(path_join(&arena, folder, ".git"), &error));
	assert_true(folder_make(path_join(&arena, folder, ".wavetrain/pipelines"), &error));
	assert_true(folder_make(inner, &error));
	assert_false(pipeline_find(inner, NULL, &arena, &path, &error));
	assert_int_equal(error.code, ERROR_NO_PIPELINE);
	assert_non_null(strstr(error.text, ".wavetrain/pipeline.yml in "));
	const char *file = path_join(&arena, folder, "wavetrain.yml");
	const char *named = path_join(&arena, folder, ".wavetrain/pipelines/nightly.yaml");
	assert_true(file_write_atomic(file, "x", 1, &error));
	assert_true(file_write_atomic(named, "x", 1, &error));
	assert_true(pipeline_find(inner, NULL, &arena, &path, &error));
	assert_string_equal(path, file);
	assert_true(pipeline_find(inner, "nightly", &arena, &path, &error));
	assert_string_equal(path, named);
	assert_true(pipeline_find(inner, "../../wavetrain.yml", &arena, &path, &error));
	assert_false(pipeline_find(inner, "nigthly", &arena, &path, &error));
	assert_string_equal(error.hint, "did you mean 'nightly'?");
	assert_true(path_remove(folder, &error));
	arena_release(&arena);
}

static void test_missing_file(void **state)
{
	(void)state;
	const struct load_request request = {.path = "/nonexistent/p.yml", .folder = "/"};
	struct fixture fixture = {0};
	struct error error = {0};
	assert_false(pipeline_load(
		&request, &fixture.arena, &fixture.diagnostics, &fixture.pipeline, &error));
	assert_int_equal(error.code, ERROR_NO_PIPELINE);
	release(&fixture);
}

static void test_reference_names_every_key(void **state)
{
	(void)state;
	static const char *const rows[] = {"| `needs`, `dependencies` |", "| `on_failure` |",
		"| `sha256` |", "| `handover` |", "| `jitter` |", "## Commits: `checkpoint`"};
	struct buffer page = BUFFER_INIT;
	pipeline_reference_append(&page);
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		assert_non_null(strstr(buffer_text(&page), rows[i]));
	buffer_release(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_contracts),
		cmocka_unit_test(test_json_nested_and_short_forms),
		cmocka_unit_test(test_hostile_files),
		cmocka_unit_test(test_alias_bomb_and_nul),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_missing_file),
		cmocka_unit_test(test_reference_names_every_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
