/* What the keys of the steps form become. */
#include "load_fixture.h"

#include "model/condition.h"
#include "model/state.h"

static void test_needs_and_reactions(void **state)
{
	(void)state;
	struct fixture fixture;
	fixture_load_good(&fixture,
		"execution: {on_failure: rollback, timeout: 2h}\n"
		"waves: [{name: first, steps: [a, b]}, {steps: c}]\n"
		"steps:\n"
		"- {id: a, run: x, on_failure: retry, workspace: fresh, gate: auto}\n"
		"- {id: b, run: x, on_failure: retry, retry: 5, workspace: worktree, gate: manual}\n"
		"- id: c\n"
		"  run: x\n"
		"  dependencies: [a, {step: b, soft: true}]\n"
		"  on_failure: abort\n"
		"  barrier: false\n"
		"  optional: true\n"
		"  cache: {key: ['src/**'], paths: out}\n"
		"  if: always() && env.CI == 'true'\n");
	const struct pipeline *pipeline = &fixture.pipeline;
	assert_int_equal(pipeline->execution.on_failure, ON_FAILURE_ROLLBACK);
	assert_int_equal(pipeline->execution.time_limit_ms, 7200000);
	assert_int_equal(pipeline->wave_count, 2);
	assert_string_equal(pipeline->waves[0].name, "first");
	assert_int_equal(pipeline->waves[0].steps.count, 2);
	assert_null(pipeline->waves[1].name);
	const struct step *a = fixture_step(&fixture, "a");
	assert_int_equal(a->on_failure, REACTION_RETRY);
	assert_int_equal(a->retry.max, 2);
	assert_int_equal(a->retry.backoff_ms, RETRY_DEFAULT_BACKOFF_MS);
	assert_int_equal(a->retry.max_delay_ms, RETRY_DEFAULT_MAX_DELAY_MS);
	assert_true(a->retry.on & (1u << FAILURE_PERMANENT));
	assert_int_equal(a->workspace, WORKSPACE_FRESH);
	assert_false(a->needs_approval);
	const struct step *b = fixture_step(&fixture, "b");
	assert_int_equal(b->retry.max, 5);
	assert_int_equal(b->workspace, WORKSPACE_WORKTREE);
	assert_true(b->needs_approval);
	assert_false(b->is_check);
	const struct step *c = fixture_step(&fixture, "c");
	assert_int_equal(c->need_count, 2);
	assert_false(c->needs[0].soft);
	assert_int_equal(c->needs[0].step, 0);
	assert_true(c->needs[1].soft);
	assert_int_equal(c->needs[1].step, 1);
	assert_int_equal(c->on_failure, REACTION_ABORT);
	assert_true(c->is_check);
	assert_true(c->is_optional);
	assert_int_equal(c->workspace, WORKSPACE_SHARED);
	assert_string_equal(c->cache->key.items[0].text, "src/**");
	assert_string_equal(c->cache->paths.items[0].text, "out");
	assert_int_equal(c->condition->kind, CONDITION_AND);
	assert_string_equal(c->condition->source, "always() && env.CI == 'true'");
	fixture_release(&fixture);
}

static void test_isolation(void **state)
{
	(void)state;
	struct fixture fixture;
	fixture_load_good(&fixture,
		"params: {place: build}\n"
		"execution: {isolation: require}\n"
		"steps:\n"
		"- {id: a, run: x}\n"
		"- {id: b, run: x, isolation: auto, writable: ~/cache}\n"
		"- {id: c, run: x, isolation: none}\n"
		"- {id: d, run: x, matrix: {os: [x]}, writable: ['{place}/{os}', /srv]}\n");
	const struct pipeline *pipeline = &fixture.pipeline;
	static const enum isolation expected[] = {
		ISOLATION_REQUIRE, ISOLATION_AUTO, ISOLATION_NONE, ISOLATION_REQUIRE};
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(step_isolation(pipeline, &pipeline->steps[i]), expected[i]);
	assert_int_equal(pipeline->steps[0].writable.count, 0);
	assert_string_equal(pipeline->steps[1].writable.items[0].text, "~/cache");
	assert_int_equal(pipeline->steps[3].writable.count, 2);
	assert_string_equal(pipeline->steps[3].writable.items[0].text, "build/x");
	fixture_release(&fixture);
}

static void test_cache_may_be_a_word(void **state)
{
	(void)state;
	struct fixture fixture;
	fixture_load_good(&fixture, "steps:\n"
				    "- {id: a, run: x, cache: true}\n"
				    "- {id: b, run: x, cache: false}\n");
	assert_non_null(fixture_step(&fixture, "a")->cache);
	assert_int_equal(fixture_step(&fixture, "a")->cache->key.count, 0);
	assert_null(fixture_step(&fixture, "b")->cache);
	fixture_release(&fixture);
}

static void test_contracts(void **state)
{
	(void)state;
	struct fixture fixture;
	fixture_load_good(&fixture,
		"steps:\n"
		"- id: a\n"
		"  run: x\n"
		"  outputs: {report: output/r.json}\n"
		"  handover:\n"
		"    contract:\n"
		"    - {type: json_schema, schema: c/s.json, source: report, on_failure: retry, "
		"max_retries: 4}\n"
		"    - {type: json_schema, schema: {type: object, required: [a]}, source: "
		"output/x.json}\n"
		"    - {type: diff_scope, paths: ['src/**', docs], on_failure: rollback}\n"
		"    - {type: command, run: make, on_failure: skip}\n");
	const struct step *step = fixture_step(&fixture, "a");
	assert_int_equal(step->contract_count, 4);
	const struct contract *contracts = step->contracts;
	assert_int_equal(contracts[0].kind, CONTRACT_JSON_SCHEMA);
	assert_string_equal(contracts[0].schema, "c/s.json");
	assert_null(contracts[0].schema_text);
	assert_string_equal(contracts[0].source, "report");
	assert_int_equal(contracts[0].on_failure, REACTION_RETRY);
	assert_int_equal(contracts[0].max_retries, 4);
	assert_null(contracts[1].schema);
	assert_string_equal(contracts[1].schema_text, "{\"type\":\"object\",\"required\":[\"a\"]}");
	assert_int_equal(contracts[1].on_failure, REACTION_DEFAULT);
	assert_int_equal(contracts[1].max_retries, CONTRACT_DEFAULT_MAX_RETRIES);
	assert_int_equal(contracts[2].kind, CONTRACT_DIFF_SCOPE);
	assert_int_equal(contracts[2].paths.count, 2);
	assert_int_equal(contracts[2].on_failure, REACTION_ROLLBACK);
	assert_int_equal(contracts[3].on_failure, REACTION_SKIP);
	fixture_release(&fixture);
}

/* YAML values that JSON writes in another way. */
static void test_schema_becomes_json(void **state)
{
	(void)state;
	static const struct {
		const char *yaml;
		const char *json;
	} cases[] = {
		{"{}", "{}"},
		{"[a, 1, true, null, ~, 'true', \"1\"]", "[\"a\",1,true,null,null,\"true\",\"1\"]"},
		{"[0x1F, 0o17, +5, 007, -007, 0, -0, +0]", "[31,15,5,7,-7,0,-0,0]"},
		{"[1.5, .5, 5., -1e3, 1E+2, .inf, .nan]",
			"[1.5,0.5,5,-1e3,1E+2,\".inf\",\".nan\"]"},
		{"[0xFFFFFFFFFFFFFFFF, 1e308]", "[18446744073709551615,1e308]"},
		{"[123456789012345678901234567890]", "[123456789012345678901234567890]"},
		{"[\"${PORT}\", '$${PORT}']", "[\"3306\",\"${PORT}\"]"},
		{"[\"a\\\"b\\n<\", {b: {c: []}}]", "[\"a\\\"b\\n\\u003c\",{\"b\":{\"c\":[]}}]"},
	};
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct fixture fixture;
		char source[512];
		char expected[512];
		snprintf(source, sizeof source,
			"steps:\n- id: a\n  run: x\n  contract: {type: json_schema, source: o, schema: "
			"{x: %s}}\n",
			cases[i].yaml);
		snprintf(expected, sizeof expected, "{\"x\":%s}", cases[i].json);
		fixture_load_good(&fixture, source);
		assert_string_equal(fixture.pipeline.steps[0].contracts[0].schema_text, expected);
		fixture_release(&fixture);
	}
}

static void test_plain_variable_has_its_own_type_in_json(void **state)
{
	(void)state;
	struct fixture fixture;
	fixture_load_good(&fixture,
		"steps:\n- id: a\n  run: x\n  contract:\n    type: json_schema\n    source: o\n"
		"    schema:\n      a: ${PORT}\n      b: x${PORT}\n");
	assert_string_equal(
		fixture.pipeline.steps[0].contracts[0].schema_text, "{\"a\":3306,\"b\":\"x3306\"}");
	fixture_release(&fixture);
}

static void test_task_keeps_what_is_not_a_parameter(void **state)
{
	(void)state;
	struct fixture fixture;
	fixture_load_good(&fixture,
		"params: {feature: login}\n"
		"adapters: {cli: {command: [cli, '{task}']}}\n"
		"steps:\n"
		"- {id: a, persona: base, task: 'Do {feature} for ${USER} and {nobody}'}\n");
	assert_string_equal(
		fixture.pipeline.steps[0].agent->task, "Do login for ${USER} and {nobody}");
	assert_null(fixture.pipeline.steps[0].command.script);
	assert_null(fixture.pipeline.steps[0].command.arguments);
	assert_null(fixture.pipeline.steps[0].command.shell);
	fixture_release(&fixture);
}

static void test_secrets_are_names(void **state)
{
	(void)state;
	struct fixture fixture;
	fixture_load_good(&fixture, "secrets: [A, _B2]\n"
				    "steps:\n"
				    "- {id: a, run: x, secrets: TOKEN}\n"
				    "- {id: b, run: x, secrets: [], matrix: {os: [c]}}\n"
				    "- {id: c, run: x, secrets: [T, U], matrix: {os: [c, d]}}\n");
	const struct pipeline *pipeline = &fixture.pipeline;
	assert_int_equal(pipeline->secrets.count, 2);
	assert_string_equal(pipeline->secrets.items[1].text, "_B2");
	assert_null(pipeline->mask);
	assert_int_equal(fixture_step(&fixture, "a")->secrets->count, 1);
	assert_string_equal(fixture_step(&fixture, "a")->secrets->items[0].text, "TOKEN");
	assert_null(fixture_step(&fixture, "b[os=c]")->secrets);
	assert_int_equal(fixture_step(&fixture, "c[os=d]")->secrets->count, 2);
	fixture_release(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_needs_and_reactions),
		cmocka_unit_test(test_isolation),
		cmocka_unit_test(test_cache_may_be_a_word),
		cmocka_unit_test(test_contracts),
		cmocka_unit_test(test_schema_becomes_json),
		cmocka_unit_test(test_plain_variable_has_its_own_type_in_json),
		cmocka_unit_test(test_task_keeps_what_is_not_a_parameter),
		cmocka_unit_test(test_secrets_are_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
