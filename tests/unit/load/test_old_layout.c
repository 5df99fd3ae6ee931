/* Runbooks of the older layout: recognised, converted, and what is wrong with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/index.h"
#include "base/text.h"
#include "load/load_bytes.h"
#include "load/old_layout.h"

static void load(const char *source, struct arena *arena, struct diagnostics *diagnostics,
	struct pipeline *pipeline)
{
	static const char *const environment[] = {"DATABASE=shop", NULL};
	static const char *const builtins[] = {"filesystem", "json", "command", "merge", NULL};
	const struct load_request request = {.path = "old.yaml",
		.folder = "/nowhere",
		.environment = environment,
		.builtin_components = builtins};
	pipeline_load_bytes(&request, source, strlen(source), arena, diagnostics, pipeline);
}

static void test_recognised(void **state)
{
	(void)state;
	static const struct {
		const char *source;
		uint32_t line, column;
	} cases[] = {
		{"name: x\nconnectors: []\nanalysers: []\nexecution: []\n", 2, 1},
		{"name: x\nanalysers: []\nexecution: []\n", 2, 1},
		{"plugins: []\nexecution_order: [a]\n", 1, 1},
	};
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct arena arena = {0};
		struct diagnostics diagnostics;
		struct pipeline pipeline;
		load(cases[i].source, &arena, &diagnostics, &pipeline);
		assert_int_equal(diagnostics.count, 1);
		const struct finding *finding = &diagnostics.findings[0];
		assert_int_equal(finding->code, FINDING_OLD_FORM);
		assert_int_equal(finding->where.line, cases[i].line);
		assert_int_equal(finding->where.column, cases[i].column);
		assert_string_equal(finding->message,
			"this is the older layout of 'connectors', 'analysers' and 'execution'; "
			"runbooks are written with 'artifacts' now");
		assert_string_equal(finding->hint, "wavetrain init --from old.yaml");
		diagnostics_release(&diagnostics);
		arena_release(&arena);
	}
}

static const char whole[] =
	"# a comment\n"
	"name: \"Sample: a shop\"\n"
	"description: >\n"
	"  What the database\n"
	"  holds.\n"
	"organisation: {name: Shop}\n"
	"connectors:\n"
	"  - name: my_db\n"
	"    type: mysql\n"
	"    properties: {database: \"${DATABASE}\", max_rows: 5, patterns: [\"*.php\", 'a: b'], empty: "
	"{}}\n"
	"  - name: logs\n"
	"    type: filesystem\n"
	"    properties:\n"
	"      path: ./logs\n"
	"      version: \"1.0\"\n"
	"  - {name: spare, type: sqlite}\n"
	"  - {name: previous, type: artifact, properties: {step_id: personal}}\n"
	"analysers:\n"
	"  - name: finder\n"
	"    type: personal_data_analyser\n"
	"    properties: {pattern_matching: {ruleset: personal_data, nested: [[1], {a: ~}]}}\n"
	"    metadata: {priority: high, frameworks: [GDPR, CCPA]}\n"
	"  - {name: sorter, type: sorter}\n"
	"execution:\n"
	"  - id: personal\n"
	"    name: \"Personal Data in MySQL\"\n"
	"    description: what is personal\n"
	"    connector: my_db\n"
	"    analyser: finder\n"
	"    input_schema: standard_input\n"
	"    output_schema: \"personal_data_finding\"\n"
	"    context: {priority: high}\n"
	"  - name: Personal Data in Log Files\n"
	"    connector: logs\n"
	"    analyser: finder\n"
	"    input_schema_name: standard_input/1.0.0\n"
	"    output_schema_name: personal_data_finding:1.2.0\n"
	"  - name: Personal Data in Log Files\n"
	"    contact: Ann <ann@example.org>\n"
	"    connector: logs\n"
	"  - {connector: previous, analyser: sorter}\n"
	"  - {name: again, input_from: personal, analyser: sorter, save_output: true}\n";

static const char converted[] =
	"# Converted from old.yaml; its comments are not kept.\n"
	"# The connector spare is used nowhere and left out.\n"
	"# organisation: {\"name\":\"Shop\"}\n"
	"name: \"Sample: a shop\"\n"
	"description: \"What the database holds.\\n\"\n"
	"\n"
	"# These programs are yours to write: properties come on standard input,\n"
	"# artifacts in $WAVETRAIN_INPUT.\n"
	"components:\n"
	"  mysql:\n"
	"    run: [./components/mysql]\n"
	"  personal_data_analyser:\n"
	"    run: [./components/personal_data_analyser]\n"
	"  sorter:\n"
	"    run: [./components/sorter]\n"
	"\n"
	"artifacts:\n"
	"  my_db:\n"
	"    source:\n"
	"      type: mysql\n"
	"      properties:\n"
	"        database: \"${DATABASE}\"\n"
	"        max_rows: 5\n"
	"        patterns:\n"
	"          - \"*.php\"\n"
	"          - \"a: b\"\n"
	"        empty: {}\n"
	"  logs:\n"
	"    source:\n"
	"      type: filesystem\n"
	"      properties:\n"
	"        path: ./logs\n"
	"        version: \"1.0\"\n"
	"  personal:\n"
	"    name: Personal Data in MySQL\n"
	"    description: what is personal\n"
	"    # context: {\"priority\":\"high\"}\n"
	"    inputs: my_db\n"
	"    transform:\n"
	"      type: personal_data_analyser\n"
	"      properties:\n"
	"        pattern_matching:\n"
	"          ruleset: personal_data\n"
	"          nested:\n"
	"            -\n"
	"              - 1\n"
	"            -\n"
	"              a: ~\n"
	"      # metadata: {\"priority\":\"high\",\"frameworks\":[\"GDPR\",\"CCPA\"]}\n"
	"    input_schema: standard_input:1.0.0\n"
	"    output_schema: personal_data_finding:1.0.0\n"
	"    output: true\n"
	"  personal_data_in_log_files:\n"
	"    name: Personal Data in Log Files\n"
	"    inputs: logs\n"
	"    transform:\n"
	"      type: personal_data_analyser\n"
	"      properties:\n"
	"        pattern_matching:\n"
	"          ruleset: personal_data\n"
	"          nested:\n"
	"            -\n"
	"              - 1\n"
	"            -\n"
	"              a: ~\n"
	"      # metadata: {\"priority\":\"high\",\"frameworks\":[\"GDPR\",\"CCPA\"]}\n"
	"    input_schema: standard_input:1.0.0\n"
	"    output_schema: personal_data_finding:1.2.0\n"
	"    output: true\n"
	"  personal_data_in_log_files_2:\n"
	"    name: Personal Data in Log Files\n"
	"    contact: Ann <ann@example.org>\n"
	"    inputs: logs\n"
	"    output: true\n"
	"  sorter:\n"
	"    inputs: personal\n"
	"    transform:\n"
	"      type: sorter\n"
	"    output: true\n"
	"  again:\n"
	"    name: again\n"
	"    inputs: personal\n"
	"    transform:\n"
	"      type: sorter\n"
	"    output: true\n";

/* Converts; what comes out must load without a finding. */
static void convert_good(const char *source, struct buffer *yaml, uint32_t *step_count)
{
	struct arena arena = {0};
	struct diagnostics diagnostics;
	struct pipeline pipeline;
	diagnostics_init(&diagnostics, &arena, "old.yaml");
	if (!old_layout_convert(source, strlen(source), "old.yaml", yaml, &diagnostics))
		fail_msg("%s", diagnostics.count ? diagnostics.findings[0].message : "no finding");
	diagnostics_release(&diagnostics);
	load(buffer_text(yaml), &arena, &diagnostics, &pipeline);
	if (diagnostics.count)
		fail_msg("%u:%u: %s", diagnostics.findings[0].where.line,
			diagnostics.findings[0].where.column, diagnostics.findings[0].message);
	assert_int_equal(pipeline.format, FORMAT_ARTIFACTS);
	*step_count = pipeline.step_count;
	diagnostics_release(&diagnostics);
	arena_release(&arena);
}

static void test_converted(void **state)
{
	(void)state;
	struct buffer yaml = BUFFER_INIT;
	uint32_t step_count;
	convert_good(whole, &yaml, &step_count);
	assert_string_equal(buffer_text(&yaml), converted);
	assert_int_equal(step_count, 7);
	buffer_release(&yaml);
}

/* The oldest of all: names of plugins in order, one connector. */
static void test_execution_order(void **state)
{
	(void)state;
	static const char source[] =
		"connectors: [{name: 'File reader', type: File Reader, properties: {path: a}}]\n"
		"plugins: [{name: one, type: x}, {name: two, type: x}]\n"
		"execution_order: [two]\n";
	static const char expected[] = "# Converted from old.yaml; its comments are not kept.\n"
				       "# The analyser one is used nowhere and left out.\n"
				       "\n"
				       "# These programs are yours to write: properties come on "
				       "standard input,\n"
				       "# artifacts in $WAVETRAIN_INPUT.\n"
				       "components:\n"
				       "  file_reader:\n"
				       "    run: [./components/file_reader]\n"
				       "  x:\n"
				       "    run: [./components/x]\n"
				       "\n"
				       "artifacts:\n"
				       "  file_reader:\n"
				       "    source:\n"
				       "      type: file_reader\n"
				       "      properties:\n"
				       "        path: a\n"
				       "  two:\n"
				       "    inputs: file_reader\n"
				       "    transform:\n"
				       "      type: x\n"
				       "    output: true\n";
	struct buffer yaml = BUFFER_INIT;
	uint32_t step_count;
	convert_good(source, &yaml, &step_count);
	assert_string_equal(buffer_text(&yaml), expected);
	assert_int_equal(step_count, 2);
	buffer_release(&yaml);
}

static void test_what_is_not_saved_is_no_output(void **state)
{
	(void)state;
	static const char source[] =
		"connectors: [{name: logs, type: filesystem, properties: {path: a}}]\n"
		"execution:\n"
		"- {id: a, connector: logs, save_output: false, note: 99999999999999999999}\n"
		"- {id: b, input_from: a, save_output: True}\n"
		"- {id: c, input_from: a, save_output: ~}\n";
	static const char expected[] = "  a:\n"
				       "    # note: \"99999999999999999999\"\n"
				       "    inputs: logs\n"
				       "  b:\n"
				       "    inputs: a\n"
				       "    output: true\n"
				       "  c:\n"
				       "    inputs: a\n"
				       "    output: true\n";
	struct buffer yaml = BUFFER_INIT;
	uint32_t step_count;
	convert_good(source, &yaml, &step_count);
	assert_string_equal(strstr(buffer_text(&yaml), "  a:\n"), expected);
	buffer_release(&yaml);
}

/* Texts that a careless writer would make something else of. */
static void test_texts_survive(void **state)
{
	(void)state;
	static const char *const texts[] = {"a:b", "a:", "a,b", "a'b", "a@b", "a<b>", "1:30",
		"a: ", "null", "true", "12", "1e3", "~", "", " a", "a ", "- a", "a: b", "a #b",
		"{a}", "[a", "*a", "&a", "!a", "%a", "@a", "`a", "'a", "\\\"a", "a\\nb", "\\t",
		"\\x01", "\\u0085", "\\u2028", "\\uFEFF", "\\u00e9", "\\U0001F600", "=", "<<", "|",
		">", "?", ": ", ".5", "0x1F", "yes", "$$${A}", "C:\\\\x"};
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		struct arena arena = {0};
		struct buffer yaml = BUFFER_INIT, again = BUFFER_INIT;
		struct diagnostics diagnostics;
		struct pipeline before, after;
		const char *properties = arena_format(
			&arena, "{\"%s\": [\"%s\"], \"x\": \"%s\"}", texts[i], texts[i], texts[i]);
		buffer_printf(&again, "artifacts: {a: {source: {type: json, properties: %s}}}\n",
			properties);
		const char *old = arena_format(&arena,
			"connectors: [{name: a, type: json, properties: %s}]\n"
			"execution: [{connector: a, name: \"%s\", note: \"%s\"}]\n",
			properties, texts[i], texts[i]);
		uint32_t step_count;
		convert_good(old, &yaml, &step_count);
		load(buffer_text(&again), &arena, &diagnostics, &before);
		assert_int_equal(diagnostics.count, 0);
		diagnostics_release(&diagnostics);
		load(buffer_text(&yaml), &arena, &diagnostics, &after);
		assert_string_equal(before.steps[0].component->properties,
			after.steps[0].component->properties);
		diagnostics_release(&diagnostics);
		buffer_release(&yaml);
		buffer_release(&again);
		arena_release(&arena);
	}
}

struct refusal {
	const char *source;
	enum finding_code code;
	uint32_t line, column;
	const char *message;
	const char *hint;
};

#define LISTS "connectors: [{name: logs, type: filesystem}]\nanalysers: [{name: finder, type: x}]\n"

static const struct refusal refusals[] = {
	{"steps: [{id: a, run: x}]\n", FINDING_OLD_FORM, 1, 1,
		"this is no runbook of 'connectors', 'analysers' and 'execution'", NULL},
	{"connectors: [\n", FINDING_PARSE, 2, 1,
		"not valid YAML: did not find expected node content while parsing a flow node",
		NULL},
	{LISTS, FINDING_MISSING_KEY, 1, 1, "nothing is executed: 'execution' is missing or empty",
		NULL},
	{"connectors: {a: b}\n", FINDING_WRONG_TYPE, 1, 13, "'connectors' must be a list", NULL},
	{"connectors: [a]\n", FINDING_WRONG_TYPE, 1, 14,
		"an item of 'connectors' must be a mapping of keys to values", NULL},
	{"connectors: [{type: a}]\n", FINDING_MISSING_KEY, 1, 14,
		"this item of 'connectors' lacks the key 'name'", NULL},
	{"plugins: [{name: a}]\n", FINDING_MISSING_KEY, 1, 11,
		"this item of 'plugins' lacks the key 'type'", NULL},
	{"connectors: [{name: [a], type: b}]\n", FINDING_WRONG_TYPE, 1, 21, "'name' must be text",
		NULL},
	{"connectors: [{name: a, type: b, properties: [1]}]\n", FINDING_WRONG_TYPE, 1, 45,
		"'properties' must be a mapping", NULL},
	{"name: [a]\nconnectors: []\n", FINDING_WRONG_TYPE, 1, 7, "'name' must be text", NULL},
	{LISTS "execution: [{connector: logs, contact: [a]}]\n", FINDING_WRONG_TYPE, 3, 40,
		"'contact' must be text", NULL},
	{"connectors: [{name: a, type: b}, {name: a, type: c}]\n", FINDING_DUPLICATE_ID, 1, 34,
		"the name 'a' is given twice in 'connectors'", NULL},
	{LISTS "execution: [{connector: log, analyser: finder}]\n", FINDING_UNKNOWN_REFERENCE, 3,
		25, "there is no connector 'log'", "did you mean 'logs'?"},
	{LISTS "execution: [{connector: logs, analyser: findr}]\n", FINDING_UNKNOWN_REFERENCE, 3,
		41, "there is no analyser 'findr'", "did you mean 'finder'?"},
	{LISTS "execution: [{analyser: finder}]\n", FINDING_MISSING_KEY, 3, 13,
		"this item of 'execution' lacks the key 'connector'", NULL},
	{LISTS "execution: [{input_from: x, analyser: finder}]\n", FINDING_UNKNOWN_REFERENCE, 3, 26,
		"there is no entry 'x' in 'execution'", NULL},
	{LISTS "execution: [{id: a, input_from: a}]\n", FINDING_CYCLE, 3, 33,
		"the entry 'a' takes its own result", NULL},
	{LISTS "execution: [{id: a, connector: logs}, {connector: logs, input_from: a}]\n",
		FINDING_AMBIGUOUS, 3, 69,
		"an entry reads from its 'connector' or from 'input_from', not from both", NULL},
	{LISTS "execution: [{connector: logs, save_output: 1}]\n", FINDING_WRONG_TYPE, 3, 44,
		"'save_output' must be true or false", NULL},
	{LISTS "execution: [{id: a, connector: logs}, {id: a, connector: logs}]\n",
		FINDING_DUPLICATE_ID, 3, 44, "the id 'a' is given twice", NULL},
	{LISTS "execution: [{connector: logs, input_schema: 'a b'}]\n", FINDING_BAD_VALUE, 3, 45,
		"the 'input_schema' 'a b:1.0.0' has no name of letters, digits, '.', '_' and '-' "
		"before the ':'",
		NULL},
	{"connectors: [{name: a, type: x}, {name: b, type: x}]\nplugins: [{name: p, type: "
	 "x}]\nexecution_order: [p]\n",
		FINDING_AMBIGUOUS, 3, 19,
		"'execution_order' does not say which of the 2 connectors 'p' reads",
		"write 'execution' with a 'connector' for each analyser"},
	{LISTS "execution_order: [[finder]]\n", FINDING_WRONG_TYPE, 3, 19,
		"an item of 'execution_order' must be an analyser's name", NULL},
};

static void test_refusals(void **state)
{
	(void)state;
	uint32_t faults = 0;
	for (size_t i = 0; i < ARRAY_LENGTH(refusals); i++) {
		const struct refusal *expected = &refusals[i];
		struct arena arena = {0};
		struct buffer yaml = BUFFER_INIT;
		struct diagnostics diagnostics;
		diagnostics_init(&diagnostics, &arena, "old.yaml");
		bool is_converted = old_layout_convert(expected->source, strlen(expected->source),
			"old.yaml", &yaml, &diagnostics);
		const struct finding none = {.message = "(no finding)"};
		const struct finding *found = diagnostics.count ? &diagnostics.findings[0] : &none;
		if (is_converted || found->code != expected->code ||
			found->where.line != expected->line ||
			found->where.column != expected->column ||
			!text_equal(found->message, expected->message) ||
			!text_equal(found->hint, expected->hint)) {
			faults++;
			print_error("case %zu: %s %u:%u %s [%s]\n", i,
				finding_code_name(found->code), found->where.line,
				found->where.column, found->message,
				found->hint ? found->hint : "");
		}
		buffer_release(&yaml);
		diagnostics_release(&diagnostics);
		arena_release(&arena);
	}
	assert_int_equal(faults, 0);
}

static void test_what_would_be_too_deep_is_refused(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct buffer source = BUFFER_INIT, yaml = BUFFER_INIT;
	struct diagnostics diagnostics;
	diagnostics_init(&diagnostics, &arena, "old.yaml");
	buffer_append_text(&source, "connectors: [{name: a, type: json, properties: {a: ");
	buffer_append_repeated(&source, "[", 60);
	buffer_append_repeated(&source, "]", 60);
	buffer_append_text(&source, "}}]\nexecution: [{connector: a}]\n");
	assert_false(old_layout_convert(
		buffer_text(&source), source.size, "old.yaml", &yaml, &diagnostics));
	assert_int_equal(diagnostics.count, 1);
	assert_non_null(strstr(
		diagnostics.findings[0].message, "the converted runbook could not be read: "));
	buffer_release(&source);
	buffer_release(&yaml);
	diagnostics_release(&diagnostics);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recognised),
		cmocka_unit_test(test_converted),
		cmocka_unit_test(test_execution_order),
		cmocka_unit_test(test_what_is_not_saved_is_no_output),
		cmocka_unit_test(test_texts_survive),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_what_would_be_too_deep_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
