#include "load/steps_reader.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/index.h"
#include "base/text.h"
#include "load/agents.h"
#include "load/artifacts_reader.h"
#include "load/checkpoint_tables.h"
#include "load/fan_out.h"
#include "load/old_layout.h"
#include "load/parameters.h"
#include "load/resources.h"
#include "load/step_values.h"

static const char *mode_word(size_t place)
{
	return place < MODE_COUNT ? execution_mode_name((enum execution_mode)place) : NULL;
}

static const char *on_failure_word(size_t place)
{
	return place < ON_FAILURE_COUNT ? wave_failure_policy_name((enum wave_failure_policy)place)
					: NULL;
}

static const char *jobserver_word(size_t place)
{
	return place < JOBSERVER_STYLE_COUNT ? jobserver_style_name((enum jobserver_style)place)
					     : NULL;
}

static const struct yaml_field execution_fields[] = {
	{.key = "mode",
		.kind = FIELD_ENUM,
		.word = mode_word,
		.offset = offsetof(struct execution, mode),
		.shown_default = "waves",
		.description = "How steps follow one another. `waves`: a wave starts when the one "
			       "before it has ended. `frontier`: a step starts as soon as what it "
			       "needs has ended."},
	{.key = "jobs",
		.kind = FIELD_UNSIGNED,
		.offset = offsetof(struct execution, jobs),
		.minimum = 1,
		.maximum = 4096,
		.shown_default = "the number of processors",
		.description = "How many steps run at the same time."},
	{.key = "balance",
		.kind = FIELD_BOOLEAN,
		.offset = offsetof(struct execution, has_balance),
		.shown_default = "false",
		.description = "Whether steps that can wait move to later waves, where that makes "
			       "the waves shorter in all, by what is known of their durations."},
	{.key = "on_failure",
		.kind = FIELD_ENUM,
		.word = on_failure_word,
		.offset = offsetof(struct execution, on_failure),
		.shown_default = "keep",
		.description =
			"When a step has failed for good. `keep`: the other steps of the "
			"wave finish and are committed, and steps of later waves that do not "
			"need it go on (a wave made of groups ends the run). `stop`: the "
			"running steps are ended at once; what is done is committed. "
			"`rollback`: the other steps finish, then files go back to the "
			"wave's start."},
	{.key = "isolation",
		.kind = FIELD_ENUM,
		.word = isolation_word,
		.offset = offsetof(struct execution, isolation),
		.shown_default = "auto",
		.description = "The `isolation` of steps that do not say."},
	{.key = "timeout",
		.kind = FIELD_DURATION,
		.minimum = 1,
		.maximum = YEAR_MS,
		.offset = offsetof(struct execution, time_limit_ms),
		.shown_default = "none",
		.description = "How long the whole run may take; then it is stopped and can be "
			       "resumed."},
	{.key = "retry_budget",
		.kind = FIELD_UNSIGNED,
		.minimum = 1,
		.maximum = 1000000,
		.offset = offsetof(struct execution, retry_budget),
		.shown_default = "none",
		.description = "How many attempts more all steps together get each time the run is "
			       "started or resumed: where everything fails, it ends soon."},
	{.key = "resources",
		.kind = FIELD_NAMED,
		.table = &resource_pool_table,
		.offset = offsetof(struct execution, pools),
		.count_offset = offsetof(struct execution, pool_count),
		.expected = "a mapping of names to amounts",
		.description = "What steps share besides `jobs`: `{memory: 12GiB, gpu: 1}`. Steps "
			       "run side by side as far as their `resources` fit."},
	{.key = "jobserver",
		.kind = FIELD_ENUM,
		.word = jobserver_word,
		.offset = offsetof(struct execution, jobserver),
		.shown_default = "none",
		.description = "Whether `make` and its like in steps share the run's `jobs`. "
			       "`fifo`: by a named pipe, for GNU make 4.4 and newer. `pipe`: by "
			       "two descriptors, for older ones too."},
	{.key = "budget",
		.kind = FIELD_DURATION,
		.minimum = 1,
		.maximum = YEAR_MS,
		.offset = offsetof(struct execution, budget_ms),
		.shown_default = "none",
		.description = "The time there is, each time it is started or resumed: a step that "
			       "would not end within it, by what it took before, is not started; "
			       "what is done is committed and the run can be resumed."},
};

static const struct yaml_table execution_table = {
	.noun = "section 'execution'",
	.title = "How it runs: `execution`",
	.fields = execution_fields,
	.field_count = ARRAY_LENGTH(execution_fields),
	.item_bytes = sizeof(struct execution),
};

static void wave_finish(struct decoder *decoder, uint32_t node, void *item)
{
	((struct declared_wave *)item)->where = tree_where(decoder->tree, node);
}

static const struct yaml_field wave_fields[] = {
	{.key = "name",
		.kind = FIELD_TEXT,
		.flags = FIELD_PARAMETERS,
		.offset = offsetof(struct declared_wave, name),
		.description = "What people read in reports."},
	{.key = "steps",
		.kind = FIELD_TEXT_LIST,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct declared_wave, steps),
		.description = "The ids of its steps; of one with a matrix, all instances."},
};

const struct yaml_table wave_table = {
	.noun = "wave",
	.title = "A wave: `waves[]`",
	.fields = wave_fields,
	.field_count = ARRAY_LENGTH(wave_fields),
	.item_bytes = sizeof(struct declared_wave),
	.finish = wave_finish,
};

static const struct yaml_field pipeline_fields[] = {
	{.key = "name",
		.kind = FIELD_TEXT,
		.flags = FIELD_PARAMETERS,
		.offset = offsetof(struct pipeline, name),
		.shown_default = "the file's name, or its folder's for `wavetrain.yml`",
		.description = "The pipeline's name in commits, statuses and reports."},
	{.key = "description",
		.kind = FIELD_TEXT,
		.flags = FIELD_LITERAL | FIELD_PARAMETERS,
		.offset = offsetof(struct pipeline, description),
		.description = "What it does, in words."},
	{.key = "params",
		.kind = FIELD_CUSTOM,
		.decode = decode_elsewhere,
		.table = &parameter_table,
		.expected = "a mapping of names to parameters",
		.description = "Values that `-p NAME=VALUE` can set. A step finds each in "
			       "`PARAM_<NAME>`; `${NAME}` and `{NAME}` put it into texts."},
	{.key = "env",
		.kind = FIELD_ENVIRONMENT,
		.offset = offsetof(struct pipeline, env),
		.description = "Environment variables of every step."},
	{.key = "secrets",
		.kind = FIELD_CUSTOM,
		.flags = FIELD_LITERAL,
		.decode = decode_secrets,
		.expected = SECRETS_EXPECTED,
		.json_schema = SECRETS_SCHEMA,
		.description = "As `secrets` of a step, for variables that no one step owns."},
	{.key = "execution",
		.kind = FIELD_MAPPING,
		.table = &execution_table,
		.offset = offsetof(struct pipeline, execution),
		.description = "How the steps run."},
	{.key = "checkpoint",
		.kind = FIELD_MAPPING,
		.table = &checkpoint_table,
		.offset = offsetof(struct pipeline, checkpoint),
		.description = "What is committed after a wave, and where."},
	{.key = "adapters",
		.kind = FIELD_NAMED,
		.table = &adapter_table,
		.offset = offsetof(struct pipeline, adapters),
		.count_offset = offsetof(struct pipeline, adapter_count),
		.expected = "a mapping of names to adapters",
		.description = "How programs of agents are called. Those of "
			       "`.wavetrain/adapters.yaml` are known too."},
	{.key = "personas",
		.kind = FIELD_NAMED,
		.table = &persona_table,
		.offset = offsetof(struct pipeline, personas),
		.count_offset = offsetof(struct pipeline, persona_count),
		.expected = "a mapping of names to personas",
		.description = "Who does tasks. One that stands in "
			       "`.wavetrain/personas/NAME.yaml` is known too."},
	{.key = "waves",
		.kind = FIELD_SEQUENCE,
		.table = &wave_table,
		.offset = offsetof(struct pipeline, waves),
		.count_offset = offsetof(struct pipeline, wave_count),
		.expected = "a list of waves",
		.shown_default = "made from groups or needs",
		.description = "The waves by hand: each step stands in one of them, after all that "
			       "it needs."},
	{.key = "steps",
		.kind = FIELD_SEQUENCE,
		.flags = FIELD_REQUIRED,
		.table = &step_table,
		.offset = offsetof(struct pipeline, steps),
		.count_offset = offsetof(struct pipeline, step_count),
		.expected = "a list of steps",
		.description = "The steps, in any order."},
};

static const struct yaml_table pipeline_table = {
	.noun = "pipeline",
	.title = "The file",
	.fields = pipeline_fields,
	.field_count = ARRAY_LENGTH(pipeline_fields),
	.item_bytes = sizeof(struct pipeline),
};

const struct yaml_table *const steps_tables[] = {
	&pipeline_table,
	&parameter_table,
	&execution_table,
	&resource_pool_table,
	&checkpoint_table,
	&step_table,
	&need_table,
	&foreach_table,
	&retry_table,
	&contract_table,
	&file_rule_table,
	&cache_table,
	&adapter_table,
	&persona_table,
	&permission_table,
	&wave_table,
	NULL,
};

void pipeline_start(struct pipeline *pipeline)
{
	pipeline->format = FORMAT_STEPS;
	pipeline->checkpoint = (struct checkpoint_settings){
		.commit = true,
		.message = CHECKPOINT_DEFAULT_MESSAGE,
		.push = PUSH_AUTO,
		.max_file_bytes = CHECKPOINT_DEFAULT_MAX_FILE_BYTES,
	};
}

/* Everything may stand under one key `pipeline`. */
static uint32_t find_root(const struct yaml_tree *tree)
{
	uint32_t inner = tree_find(tree, tree->root, "pipeline");
	bool is_alone = tree->nodes[tree->root].count == 1;
	return inner != INDEX_NONE && is_alone && tree->nodes[inner].kind == NODE_MAPPING
		       ? inner
		       : tree->root;
}

/* A file without 'steps' where 'artifacts' is misspelt is a runbook: one finding says so. */
static bool is_misspelt_runbook(struct decoder *decoder, uint32_t root)
{
	const struct yaml_tree *tree = decoder->tree;
	for (uint32_t i = 0; i < tree->nodes[root].count && i < TABLE_FIELD_LIMIT; i++) {
		uint32_t key = tree_child(tree, root, 2 * i);
		struct nearest nearest;
		if (tree->nodes[key].kind != NODE_SCALAR)
			continue;
		nearest_start(&nearest, tree_text(tree, key));
		for (uint32_t j = 0; j < ARRAY_LENGTH(pipeline_fields); j++)
			nearest_offer(&nearest, pipeline_fields[j].key);
		nearest_offer(&nearest, "artifacts");
		if (!text_equal(nearest.best, "artifacts"))
			continue;
		diagnostics_add_near(decoder->diagnostics, FINDING_UNKNOWN_KEY,
			tree_where(tree, key), nearest.best, "a pipeline has no key '%s'",
			shorten(decoder->arena, nearest.text));
		return true;
	}
	return false;
}

/* Forms of the file that are told apart by their keys, and not read: one finding for each. */
static bool is_other_form(struct decoder *decoder, uint32_t root)
{
	const struct yaml_tree *tree = decoder->tree;
	if (tree_find(tree, root, "steps") != INDEX_NONE)
		return false;
	if (old_layout_is(tree, root)) {
		old_layout_report(tree, root, decoder->diagnostics);
		return true;
	}
	if (root == tree->root && tree->nodes[root].count > 1 &&
		tree_find(tree, root, "pipeline") != INDEX_NONE) {
		diagnostics_add(decoder->diagnostics, FINDING_UNKNOWN_KEY,
			tree_key_where(tree, root, "pipeline"),
			"with a key 'pipeline' all other keys must stand under it");
		return true;
	}
	return is_misspelt_runbook(decoder, root);
}

void steps_read(
	struct decoder *decoder, const struct load_request *request, struct pipeline *pipeline)
{
	const struct yaml_tree *tree = decoder->tree;
	uint32_t root = find_root(tree);
	pipeline_start(pipeline);
	if (tree_find(tree, root, "artifacts") != INDEX_NONE) {
		artifacts_read(decoder, request, root, pipeline);
		return;
	}
	if (tree->nodes[root].kind == NODE_MAPPING && is_other_form(decoder, root))
		return;
	parameters_read(decoder, tree_find(tree, root, "params"), request, pipeline);
	uint32_t steps = tree_find(tree, root, "steps");
	if (steps != INDEX_NONE && tree->nodes[steps].kind == NODE_SEQUENCE &&
		tree->nodes[steps].count > PIPELINE_STEP_LIMIT) {
		diagnostics_add(decoder->diagnostics, FINDING_PARSE, tree_where(tree, steps),
			"the pipeline has %u steps; at most %u are read",
			(unsigned)tree->nodes[steps].count, PIPELINE_STEP_LIMIT);
		return;
	}
	CLEANUP(fan_out_list_release) struct fan_out_list fan_outs = FAN_OUT_LIST_INIT;
	decoder->fan_outs = &fan_outs;
	decoder->pipeline = pipeline;
	decode_mapping(decoder, &pipeline_table, root, pipeline);
	agents_resolve(pipeline, request, decoder->diagnostics);
	fan_out_expand(decoder, pipeline);
	decoder->fan_outs = NULL;
	if (steps != INDEX_NONE && tree->nodes[steps].kind == NODE_SEQUENCE &&
		pipeline->step_count == 0)
		diagnostics_add(decoder->diagnostics, FINDING_BAD_VALUE, tree_where(tree, steps),
			"a pipeline needs at least one step");
}
