/* Every way that the keys of a step, of waves, adapters and personas are refused. */
#include "load_fixture.h"

#define STEP(rest) "steps:\n- id: a\n  run: x\n  " rest "\n"
#define AGENT(rest) "adapters: {x: {command: [x, '{task}']}}\nsteps:\n- id: a\n  " rest "\n"
#define ADAPTER(rest) "adapters:\n  x: " rest "\nsteps: [{id: a, run: x}]\n"
#define PERSONA(rest)                                                                              \
	"personas:\n  p: " rest "\nadapters: {x: {command: [x]}}\nsteps: [{id: a, run: x}]\n"
#define TWO(rest) "steps:\n- {id: a, run: x, outputs: [list]}\n- {id: b, run: x, " rest "}\n"
#define FAN "- {id: m, run: x, matrix: {os: [a, b]}, outputs: [list]}\n"

static const struct refusal work[] = {
	{"steps:\n- id: a\n", FINDING_MISSING_KEY, 2, 3,
		"this step lacks what it does: 'run', or 'persona' and 'task'", NULL, 1},
	{AGENT("persona: base"), FINDING_MISSING_KEY, 3, 3,
		"this step has a 'persona' and lacks the key 'task'", NULL, 1},
	{AGENT("task: do it"), FINDING_MISSING_KEY, 3, 3,
		"this step has a 'task' and lacks the key 'persona'", NULL, 1},
	{AGENT("run: x\n  persona: base\n  task: do it"), FINDING_BAD_VALUE, 5, 3,
		"a step has either 'run', or 'persona' and 'task': 'persona' cannot be given beside "
		"'run'",
		NULL, 1},
	{AGENT("run: x\n  task: do it"), FINDING_BAD_VALUE, 5, 3,
		"a step has either 'run', or 'persona' and 'task': 'task' cannot be given beside "
		"'run'",
		NULL, 1},
	{AGENT("persona: base\n  task: x\n  shell: sh"), FINDING_BAD_VALUE, 6, 3,
		"'shell' is for a 'run' that is a text; a task is given to an agent", NULL, 1},
	{AGENT("persona: base\n  task: ' '"), FINDING_BAD_VALUE, 5, 9,
		"'task' must be text that says what is to be done, not the text ' '", NULL, 1},
	{AGENT("persona: base\n  task: []"), FINDING_WRONG_TYPE, 5, 9,
		"'task' must be text that says what is to be done, not a list", NULL, 1},
	{AGENT("persona: [base]\n  task: x"), FINDING_WRONG_TYPE, 4, 12,
		"'persona' must be the name of a persona, not a list", NULL, 1},
	{AGENT("persona: bsae\n  task: x"), FINDING_UNKNOWN_REFERENCE, 4, 12,
		"there is no persona 'bsae': neither under 'personas' nor as "
		".wavetrain/personas/bsae.yaml",
		"did you mean 'base'?", 1},
	{"steps: [{id: a, persona: base, task: x}, {id: b, persona: base, task: x}]\n",
		FINDING_ADAPTER, 1, 14,
		"the step 'a' is a task for an agent, and no adapter is declared",
		"declare one under 'adapters' or in .wavetrain/adapters.yaml", 1},
	{"adapters: {x: {command: [x]}, y: {command: [y]}}\n"
	 "steps: [{id: a, persona: base, task: x}]\n",
		FINDING_ADAPTER, 2, 14,
		"the step 'a' is a task for an agent, and nothing says which of 2 adapters",
		"name one in its persona, or call one 'default'", 1},
};

static const struct refusal keys[] = {
	{STEP("secrets: [TOKEN, 1ST]"), FINDING_BAD_VALUE, 4, 20,
		"'secrets' takes names of environment variables (letters, digits and '_'), and "
		"'1ST' is none",
		NULL, 1},
	/* The value itself must not get into the message. */
	{STEP("secrets: ${HOME}"), FINDING_BAD_VALUE, 4, 12,
		"'secrets' takes names of environment variables (letters, digits and '_'), and "
		"'${HOME}' is none",
		NULL, 1},
	{STEP("secrets: {TOKEN: x}"), FINDING_WRONG_TYPE, 4, 12,
		"'secrets' must be the name of an environment variable or a list of names, not a "
		"mapping",
		NULL, 1},
	{"secrets: [A=B]\nsteps: [{id: a, run: x}]\n", FINDING_BAD_VALUE, 1, 11,
		"'secrets' takes names of environment variables (letters, digits and '_'), and "
		"'A=B' is none",
		NULL, 1},
	{STEP("needs: [{sotf: true, step: a}]"), FINDING_UNKNOWN_KEY, 4, 12,
		"a need has no key 'sotf'", "did you mean 'soft'?", 2},
	{STEP("needs: [{soft: true}]"), FINDING_MISSING_KEY, 4, 11,
		"this need lacks the key 'step'", NULL, 1},
	/* Never the step itself as the one that is meant. */
	{STEP("needs: {step: b}"), FINDING_UNKNOWN_REFERENCE, 4, 17, "there is no step 'b'", NULL,
		1},
	{STEP("needs: [{step: b, soft: 1}]"), FINDING_UNKNOWN_REFERENCE, 4, 18,
		"there is no step 'b'", NULL, 2},
	{STEP("outputs: [x]\n  artifacts: [y]"), FINDING_DUPLICATE_KEY, 5, 3,
		"'outputs' and 'artifacts' mean the same and only one of them can be given", NULL,
		1},
	{STEP("if: sucess()"), FINDING_CONDITION, 4, 7, "there is no function 'sucess'",
		"did you mean 'success'?", 1},
	{STEP("if: \"params.nope == 'x'\""), FINDING_CONDITION, 4, 8,
		"the pipeline has no parameter 'nope'", NULL, 1},
	{STEP("if: matrix.os == 'x'"), FINDING_CONDITION, 4, 7,
		"the matrix of this step has no 'os'", NULL, 1},
	/* In a block each line has its place; folded, or with escapes, none has one. */
	{STEP("if: |\n    success() &&\n      failure() &&\n    nope"), FINDING_CONDITION, 7, 5,
		"'nope' is not known here", NULL, 1},
	{STEP("if: |2-\n\n      success() and true"), FINDING_CONDITION, 6, 17,
		"expected '&&', '||' or the end, not 'and'", "did you mean '&&'?", 1},
	{STEP("name: ä\n  if: |\n    params.nope == 'x'"), FINDING_CONDITION, 6, 5,
		"the pipeline has no parameter 'nope'", NULL, 1},
	{STEP("if: >\n    success() &&\n    nope"), FINDING_CONDITION, 4, 7,
		"'nope' is not known here", NULL, 1},
	{STEP("if: success() &&\n    nope"), FINDING_CONDITION, 4, 7, "'nope' is not known here",
		NULL, 1},
	{STEP("if: '''a'' == nope'"), FINDING_CONDITION, 4, 7, "'nope' is not known here", NULL, 1},
	{STEP("if: \"\\x41 == nope\""), FINDING_CONDITION, 4, 7, "'A' is not known here", NULL, 1},
	{STEP("if: !!str success() nope"), FINDING_CONDITION, 4, 7,
		"expected '&&', '||' or the end, not 'nope'", NULL, 1},
	{STEP("if: 'true && nope'"), FINDING_CONDITION, 4, 16, "'nope' is not known here", NULL, 1},
	{STEP("if: \"matrix.os == 'x'\""), FINDING_CONDITION, 4, 8,
		"the matrix of this step has no 'os'", NULL, 1},
	{STEP("on_failure: ignore"), FINDING_BAD_VALUE, 4, 15,
		"'on_failure' must be retry, halt, skip, rollback or abort, not the text 'ignore'",
		NULL, 1},
	{STEP("on_failure: default"), FINDING_BAD_VALUE, 4, 15,
		"'on_failure' must be retry, halt, skip, rollback or abort, not the text 'default'",
		NULL, 1},
	{STEP("workspace: frehs"), FINDING_BAD_VALUE, 4, 14,
		"'workspace' must be shared, fresh or worktree, not the text 'frehs'",
		"did you mean 'fresh'?", 1},
	{STEP("gate: manul"), FINDING_BAD_VALUE, 4, 9,
		"'gate' must be auto or manual, not the text 'manul'", "did you mean 'manual'?", 1},
	{STEP("barrier: no"), FINDING_WRONG_TYPE, 4, 12,
		"'barrier' must be true or false, not the text 'no'", NULL, 1},
	{STEP("optional: 1"), FINDING_WRONG_TYPE, 4, 13,
		"'optional' must be true or false, not the number 1", NULL, 1},
	{STEP("cache: [a]"), FINDING_WRONG_TYPE, 4, 10,
		"'cache' must be true, false or a mapping, not a list", NULL, 1},
	{STEP("cache: yes"), FINDING_WRONG_TYPE, 4, 10,
		"'cache' must be true, false or a mapping, not the text 'yes'", NULL, 1},
	{STEP("cache: {path: [a]}"), FINDING_UNKNOWN_KEY, 4, 11,
		"a section 'cache' has no key 'path'", "did you mean 'paths'?", 1},
	{STEP("cache: {key: [../a]}"), FINDING_BAD_VALUE, 4, 17,
		"the path '../a' of 'key' must stay inside the folder: no '..', no '.git', no empty "
		"parts",
		NULL, 1},
	{STEP("flavour: {cpu: 1}"), FINDING_UNKNOWN_KEY, 4, 3, "a step has no key 'flavour'", NULL,
		1},
	{STEP("resources: {cpu: 1}"), FINDING_UNKNOWN_REFERENCE, 4, 20,
		"'execution.resources' has no 'cpu'", NULL, 1},
	{"execution: {resources: {gpu: 2}}\n" STEP("resources: {gpu: 3}"), FINDING_BAD_VALUE, 5, 20,
		"the step 'a' asks for 3 of 'gpu', and there are 2", NULL, 1},
	{"execution: {resources: {lock: 0}}\n" STEP(""), FINDING_BAD_VALUE, 1, 31,
		"the amount of 'lock' must be 1 or more", NULL, 1},
	{STEP("env: {WAVETRAIN_TASK: x}"), FINDING_BAD_VALUE, 4, 9,
		"'WAVETRAIN_TASK' is set by wavetrain itself", NULL, 1},
	{"execution: {timeout: 0}\n" STEP(""), FINDING_BAD_VALUE, 1, 22,
		"'timeout' must be a duration such as 90, 30s, 30m or 5h30m, more than 0 and at "
		"most 366d, not the number 0",
		NULL, 1},
};

static const struct refusal contracts[] = {
	{STEP("contract: {type: json_schema, source: o}"), FINDING_MISSING_KEY, 4, 13,
		"this contract of type json_schema lacks the key 'schema'", NULL, 1},
	{STEP("contract: {type: json_schema, schema: s.json}"), FINDING_MISSING_KEY, 4, 13,
		"this contract of type json_schema lacks the key 'source'", NULL, 1},
	{STEP("contract: {type: json_schema, schema: [], source: o}"), FINDING_WRONG_TYPE, 4, 41,
		"'schema' must be the path of a JSON Schema, or a mapping that is the schema itself, "
		"not a list",
		NULL, 1},
	{STEP("contract: {type: json_schema, schema: ../s.json, source: o}"), FINDING_BAD_VALUE, 4,
		13,
		"the path '../s.json' of 'schema' must stay inside the folder: no '..', no '.git', "
		"no empty parts",
		NULL, 1},
	{STEP("contract: {type: json_schema, schema: s.json, source: /o}"), FINDING_BAD_VALUE, 4,
		13, "the path '/o' of 'source' must be relative", NULL, 1},
	{STEP("contract: {type: json_schema, schema: {a: '${NO}'}, source: o}"), FINDING_VARIABLE,
		4, 45,
		"${NO} is neither a parameter nor set in the environment, and has no default", NULL,
		1},
	{STEP("contract: {type: diff_scope}"), FINDING_MISSING_KEY, 4, 13,
		"this contract of type diff_scope lacks the key 'paths'", NULL, 1},
	{STEP("contract: {type: diff_scope, paths: []}"), FINDING_BAD_VALUE, 4, 39,
		"'paths' must name at least one path", NULL, 1},
	{STEP("contract: {type: diff_scope, paths: [/a]}"), FINDING_BAD_VALUE, 4, 40,
		"the path '/a' of 'paths' must be relative", NULL, 1},
	{STEP("contract: {type: diff_scope, paths: [a], source: b}"), FINDING_UNKNOWN_KEY, 4, 44,
		"a contract of type diff_scope has no key 'source'", NULL, 1},
	{STEP("contract: {type: command, run: x, schema: s}"), FINDING_UNKNOWN_KEY, 4, 37,
		"a contract of type command has no key 'schema'", NULL, 1},
	{STEP("contract: {type: files, files: [a], timeout: 1}"), FINDING_UNKNOWN_KEY, 4, 39,
		"a contract of type files has no key 'timeout'", NULL, 1},
	{STEP("contract: {type: command, run: x, on_failure: hlat}"), FINDING_BAD_VALUE, 4, 49,
		"'on_failure' must be retry, halt, skip, rollback or abort, not the text 'hlat'",
		"did you mean 'halt'?", 1},
	{STEP("contract: {type: command, run: x, max_retries: 2}"), FINDING_BAD_VALUE, 4, 37,
		"'max_retries' is for a contract with 'on_failure: retry'", NULL, 1},
	{STEP("contract: {type: command, run: x, on_failure: retry, max_retries: 101}"),
		FINDING_BAD_VALUE, 4, 69,
		"'max_retries' must be a whole number from 0 to 100, not the number 101", NULL, 1},
};

static const struct refusal matrices[] = {
	{STEP("matrix: [a]"), FINDING_WRONG_TYPE, 4, 11,
		"'matrix' must be a mapping of names to lists of values, not a list", NULL, 1},
	{STEP("matrix: {}"), FINDING_BAD_VALUE, 4, 11, "the matrix makes no instance", NULL, 1},
	{STEP("matrix: {os: a}"), FINDING_WRONG_TYPE, 4, 16,
		"'os' must be a list of values, not the text 'a'", NULL, 1},
	{STEP("matrix: {os: []}"), FINDING_BAD_VALUE, 4, 16, "the matrix has no value of 'os'",
		NULL, 1},
	{STEP("matrix: {os: [a, b, a]}"), FINDING_BAD_VALUE, 4, 23,
		"the matrix has the value 'a' of 'os' twice", NULL, 1},
	{STEP("matrix: {os: [{a: b}]}"), FINDING_WRONG_TYPE, 4, 17,
		"'a value of the matrix' must be text, not a mapping", NULL, 1},
	{STEP("matrix: {1s: [a]}"), FINDING_BAD_VALUE, 4, 12,
		"'1s' cannot name a value: letters, digits, '_' and '-' can, after a letter or '_'",
		NULL, 1},
	{"params: {os: a}\n" STEP("matrix: {os: [a]}"), FINDING_AMBIGUOUS, 5, 12,
		"'os' is the name of a parameter already", NULL, 1},
	{STEP("matrix: {a-b: [x], a_b: [y]}"), FINDING_AMBIGUOUS, 4, 11,
		"two keys of the matrix would both be the variable MATRIX_A_B", NULL, 1},
	{STEP("matrix: {os: [a], exclude: [{os: a}]}"), FINDING_BAD_VALUE, 4, 11,
		"the matrix makes no instance", NULL, 1},
	{STEP("matrix: {os: [a], exclude: [{so: a}]}"), FINDING_UNKNOWN_REFERENCE, 4, 32,
		"the matrix has no list 'so'", "did you mean 'os'?", 1},
	{STEP("matrix: {os: [a], exclude: {os: a}}"), FINDING_WRONG_TYPE, 4, 30,
		"'exclude' must be a list of mappings of names to values, not a mapping", NULL, 1},
	{STEP("matrix: {os: [a], include: [os]}"), FINDING_WRONG_TYPE, 4, 31,
		"'include' must be a list of mappings of names to values, not the text 'os'", NULL,
		1},
	{STEP("env: {MATRIX_OS: x}\n  matrix: {os: [a]}"), FINDING_AMBIGUOUS, 4, 9,
		"the variable 'MATRIX_OS' is set by the matrix", NULL, 1},
	{STEP("matrix: {os: [a, b]}\n  needs: a"), FINDING_CYCLE, 5, 10,
		"the step 'a' needs itself", NULL, 1},
	{STEP("matrix: {os: [a, b]}\n  outputs: [r]\n  inputs: r"), FINDING_UNKNOWN_REFERENCE, 6,
		11, "the artifact 'r' is made by this step itself", NULL, 1},
	{STEP("matrix: {os: [a, b]}\n  outputs: {r: '../{os}'}"), FINDING_BAD_VALUE, 5, 13,
		"the path '../a' of 'outputs' must stay inside the folder: no '..', no '.git', no "
		"empty parts",
		NULL, 1},
	{STEP("matrix: {os: [a, ..]}\n  outputs: {r: 'x/{os}'}"), FINDING_BAD_VALUE, 5, 13,
		"the path 'x/..' of 'outputs' must stay inside the folder: no '..', no '.git', no "
		"empty parts",
		NULL, 1},
	{STEP("matrix: {os: [a]}\n  foreach: x"), FINDING_BAD_VALUE, 5, 3,
		"a step has either 'matrix' or 'foreach', not both", NULL, 2},
	{"steps:\n- {id: a, run: x, matrix: {os: [a, b]}}\n- {id: a, run: x}\n",
		FINDING_DUPLICATE_ID, 3, 8, "the id 'a' is given twice; the first is on line 2",
		NULL, 1},
	{"steps:\n- {id: a, run: x, matrix: {os: [a, b]}}\n- {id: b, run: x, needs: 'a[os=c]'}\n",
		FINDING_UNKNOWN_REFERENCE, 3, 26, "there is no step 'a[os=c]'", NULL, 1},
	{"steps:\n- {id: 'a[0]', run: x}\n", FINDING_BAD_VALUE, 2, 8,
		"'a[0]' cannot be the id of a step: letters, digits, '.', '_' and '-' can, at most "
		"128, beginning with a letter or digit",
		NULL, 1},
};

static const struct refusal foreaches[] = {
	{TWO("foreach: [list]"), FINDING_WRONG_TYPE, 3, 28,
		"'foreach' must be an artifact's name or a mapping, not a list", NULL, 1},
	{TWO("foreach: {as: x}"), FINDING_MISSING_KEY, 3, 28,
		"this section 'foreach' lacks the key 'from'", NULL, 1},
	{TWO("foreach: lits"), FINDING_UNKNOWN_REFERENCE, 3, 28, "no step makes an artifact 'lits'",
		"did you mean 'list'?", 1},
	{TWO("foreach: {from: list, as: 1x}"), FINDING_BAD_VALUE, 3, 45,
		"'1x' cannot name a value: letters, digits, '_' and '-' can, after a letter or '_'",
		NULL, 1},
	{TWO("foreach: {from: list, batch: 0}"), FINDING_BAD_VALUE, 3, 48,
		"'batch' must be a whole number from 1 to 1000000, not the number 0", NULL, 1},
	{TWO("foreach: {from: list, limit: 100001}"), FINDING_BAD_VALUE, 3, 48,
		"'limit' must be a whole number from 1 to 100000, not the number 100001", NULL, 1},
	{TWO("foreach: {from: list, as: list}, inputs: list"), FINDING_AMBIGUOUS, 3, 60,
		"the input 'list' and the item of 'foreach' would both be $WAVETRAIN_INPUT/list; "
		"give the item another name with 'as'",
		NULL, 1},
	{"steps:\n" FAN "- {id: b, run: x, foreach: list}\n", FINDING_AMBIGUOUS, 3, 28,
		"each instance of 'm' makes an artifact 'list' of its own; the list of 'foreach' must "
		"be one artifact",
		NULL, 1},
	{TWO("foreach: list, outputs: [more]") "- {id: c, run: x, foreach: more}\n",
		FINDING_AMBIGUOUS, 4, 28,
		"each instance of 'b' makes an artifact 'more' of its own; the list of 'foreach' "
		"must be one artifact",
		NULL, 1},
};

static const struct refusal agents[] = {
	{ADAPTER("[x]"), FINDING_WRONG_TYPE, 2, 6, "an adapter must be a mapping of keys to values",
		NULL, 1},
	{ADAPTER("{stdin: task}"), FINDING_MISSING_KEY, 2, 6,
		"this adapter lacks the key 'command'", NULL, 1},
	{ADAPTER("{command: x}"), FINDING_WRONG_TYPE, 2, 16,
		"'command' must be a list: the program, then its arguments, not the text 'x'", NULL,
		1},
	{ADAPTER("{command: []}"), FINDING_WRONG_TYPE, 2, 16,
		"'command' must be a list: the program, then its arguments, not a list", NULL, 1},
	{ADAPTER("{command: ['']}"), FINDING_BAD_VALUE, 2, 17, "the program of 'command' is empty",
		NULL, 1},
	{ADAPTER("{command: [[x]]}"), FINDING_WRONG_TYPE, 2, 17,
		"a command begins with its program, not with a part that may be left out", NULL, 1},
	{ADAPTER("{command: [x, '{tsak}']}"), FINDING_UNKNOWN_REFERENCE, 2, 20,
		"an adapter's command has no placeholder '{tsak}'", "did you mean 'task'?", 1},
	{ADAPTER("{command: [x, [-m, 'm={modle}']]}"), FINDING_UNKNOWN_REFERENCE, 2, 25,
		"an adapter's command has no placeholder '{modle}'", "did you mean 'model'?", 1},
	{ADAPTER("{command: [x, [-m, [y]]]}"), FINDING_WRONG_TYPE, 2, 25,
		"'an element of a command' must be text, not a list", NULL, 1},
	{ADAPTER("{command: [x], stdin: prompt}"), FINDING_BAD_VALUE, 2, 28,
		"'stdin' must be none or task, not the text 'prompt'", NULL, 1},
	{ADAPTER("{command: [x], result: jsn}"), FINDING_BAD_VALUE, 2, 29,
		"'result' must be none or json, not the text 'jsn'", "did you mean 'json'?", 1},
	{"adapters: [x]\n" STEP(""), FINDING_WRONG_TYPE, 1, 11,
		"'adapters' must be a mapping of names to adapters, not a list", NULL, 1},
	{PERSONA("x"), FINDING_WRONG_TYPE, 2, 6, "a persona must be a mapping of keys to values",
		NULL, 1},
	{PERSONA("{adapter: z}"), FINDING_ADAPTER, 2, 6,
		"the persona 'p' names the adapter 'z', which nobody declares", "did you mean 'x'?",
		1},
	{PERSONA("{promt: z}"), FINDING_UNKNOWN_KEY, 2, 7, "a persona has no key 'promt'", NULL, 1},
	{PERSONA("{permissions: [a]}"), FINDING_WRONG_TYPE, 2, 20,
		"'permissions' must be a mapping, not a list", NULL, 1},
	{PERSONA("{env: {1: x}}"), FINDING_BAD_VALUE, 2, 13,
		"'1' cannot name an environment variable: letters, digits and '_' can, not "
		"beginning with a digit",
		NULL, 1},
	{PERSONA("{system_prompt: a, system_prompt_file: b}"), FINDING_BAD_VALUE, 2, 25,
		"a persona has either 'system_prompt' or 'system_prompt_file', not both", NULL, 1},
};

static const struct refusal waves[] = {
	{"waves: {a: b}\n" STEP(""), FINDING_WRONG_TYPE, 1, 8,
		"'waves' must be a list of waves, not a mapping", NULL, 1},
	{"waves: [{name: x}]\n" STEP(""), FINDING_MISSING_KEY, 1, 9,
		"this wave lacks the key 'steps'", NULL, 2},
	{"waves: [{steps: [b]}]\n" STEP(""), FINDING_UNKNOWN_REFERENCE, 1, 18,
		"there is no step 'b'", "did you mean 'a'?", 2},
	{"waves: [{steps: [a]}, {steps: a}]\n" STEP(""), FINDING_DUPLICATE_ID, 1, 31,
		"the step 'a' stands in two waves, or twice", NULL, 1},
	{"waves: [{steps: [a]}]\nsteps:\n- {id: a, run: x}\n- {id: b, run: x}\n",
		FINDING_MISSING_KEY, 4, 8, "the step 'b' stands in none of the waves", NULL, 1},
};

#define TEST(name)                                                                                 \
	static void test_##name(void **state)                                                      \
	{                                                                                          \
		(void)state;                                                                       \
		check_refusals(name, ARRAY_LENGTH(name));                                          \
	}
TEST(work)
TEST(keys)
TEST(contracts)
TEST(matrices)
TEST(foreaches)
TEST(agents)
TEST(waves)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_work),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_contracts),
		cmocka_unit_test(test_matrices),
		cmocka_unit_test(test_foreaches),
		cmocka_unit_test(test_agents),
		cmocka_unit_test(test_waves),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
