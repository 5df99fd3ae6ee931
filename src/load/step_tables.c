/* The keys of a step and of what stands inside one. */
#include <string.h>

#include "base/cleanup.h"
#include "base/index.h"
#include "base/text.h"
#include "load/steps_reader.h"
#include "model/state.h"

#define YEAR_MS ((int64_t)366 * 24 * 3600 * 1000)
#define HOUR_MS ((int64_t)3600 * 1000)

/* Everything but success, and our own ending of an attempt. */
#define RETRY_ON_ANY                                                                               \
	(((1u << FAILURE_CLASS_COUNT) - 1) & ~(1u << FAILURE_NONE) & ~(1u << FAILURE_CANCELLED))

static void decode_retry_on(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	struct retry_policy *retry = owner;
	uint32_t count = decode_item_count(decoder, field, node);
	retry->on = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t item = decode_item(decoder, node, i);
		const char *word = decode_text(decoder, field, item);
		enum failure_class class;
		if (!word)
			continue;
		if (text_equal(word, "any")) {
			retry->on |= RETRY_ON_ANY;
		} else if (failure_class_parse(word, &class) && RETRY_ON_ANY & (1u << class)) {
			retry->on |= 1u << class;
		} else {
			static const char *const words[] = {"transient", "timeout", "resource",
				"contract", "output", "permanent", "signal", "any"};
			diagnostics_add_near(decoder->diagnostics, FINDING_BAD_VALUE,
				tree_where(decoder->tree, item),
				text_nearest(word, words, ARRAY_LENGTH(words)),
				"'on' must name classes of failure (transient, timeout, resource, "
				"contract, output, permanent, signal, any), not '%s'",
				shorten(decoder->arena, word));
		}
	}
}

static void retry_start(void *item)
{
	*(struct retry_policy *)item = (struct retry_policy){
		.max = 1,
		.backoff_ms = RETRY_DEFAULT_BACKOFF_MS,
		.factor = RETRY_DEFAULT_FACTOR,
		.max_delay_ms = -1, /* set in retry_finish() */
		.on = RETRY_ON_ANY,
	};
}

static void retry_finish(struct decoder *decoder, uint32_t node, void *item)
{
	struct retry_policy *retry = item;
	if (retry->max_delay_ms < 0) {
		retry->max_delay_ms = retry->backoff_ms > RETRY_DEFAULT_MAX_DELAY_MS
					      ? retry->backoff_ms
					      : RETRY_DEFAULT_MAX_DELAY_MS;
	} else if (retry->max_delay_ms < retry->backoff_ms) {
		diagnostics_add(decoder->diagnostics, FINDING_BAD_VALUE,
			tree_where(decoder->tree, tree_find(decoder->tree, node, "max_delay")),
			"'max_delay' is shorter than 'backoff'");
	}
}

static const struct yaml_field retry_fields[] = {
	{.key = "max",
		.kind = FIELD_UNSIGNED,
		.offset = offsetof(struct retry_policy, max),
		.minimum = 0,
		.maximum = 100,
		.shown_default = "1",
		.description = "How many attempts follow the first one, at most."},
	{.key = "backoff",
		.kind = FIELD_DURATION,
		.maximum = HOUR_MS * 24,
		.offset = offsetof(struct retry_policy, backoff_ms),
		.shown_default = "2s",
		.description = "The wait before the second attempt."},
	{.key = "factor",
		.kind = FIELD_NUMBER,
		.offset = offsetof(struct retry_policy, factor),
		.minimum = 1,
		.maximum = 100,
		.shown_default = "2",
		.description = "Each further wait is this many times longer."},
	{.key = "max_delay",
		.kind = FIELD_DURATION,
		.maximum = HOUR_MS * 24,
		.offset = offsetof(struct retry_policy, max_delay_ms),
		.shown_default = "30s, or `backoff` where that is longer",
		.description = "No wait is longer than this."},
	{.key = "jitter",
		.kind = FIELD_BOOLEAN,
		.offset = offsetof(struct retry_policy, jitter),
		.shown_default = "false",
		.description = "Waits a random time between half of the delay and the whole, so "
			       "that steps which failed together do not come back together."},
	{.key = "on",
		.kind = FIELD_CUSTOM,
		.decode = decode_retry_on,
		.expected = "a class of failure or a list of them",
		.shown_default = "any",
		.description = "What is tried again. `transient`: exit status 75; `timeout`; "
			       "`resource`: no memory, disk or process slot; `contract`; "
			       "`output`: a declared output is missing; `permanent`: any other "
			       "exit status; `signal`: killed by a signal; `any`: all of these. A "
			       "step that was cancelled is never retried."},
};

const struct yaml_table retry_table = {
	.noun = "section 'retry'",
	.title = "More attempts: `retry`",
	.fields = retry_fields,
	.field_count = ARRAY_LENGTH(retry_fields),
	.item_bytes = sizeof(struct retry_policy),
	.short_key = "max",
	.start = retry_start,
	.finish = retry_finish,
};

static void decode_needs(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	struct step *step = owner;
	uint32_t count = decode_item_count(decoder, field, node);
	step->needs = ARENA_ARRAY(decoder->arena, struct need, count);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t item = decode_item(decoder, node, i);
		const char *id = decode_text(decoder, field, item);
		if (id)
			step->needs[step->need_count++] = (struct need){.id = id,
				.step = INDEX_NONE,
				.where = tree_where(decoder->tree, item)};
	}
}

static void decode_inputs(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	struct step *step = owner;
	uint32_t count = decode_item_count(decoder, field, node);
	step->inputs = ARENA_ARRAY(decoder->arena, struct input, count);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t item = decode_item(decoder, node, i);
		const char *reference = decode_text(decoder, field, item);
		if (reference)
			step->inputs[step->input_count++] = (struct input){.reference = reference,
				.step = INDEX_NONE,
				.output = INDEX_NONE,
				.where = tree_where(decoder->tree, item)};
	}
}

static void decode_output_paths(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, struct step *step)
{
	uint32_t count = decoder->tree->nodes[node].count;
	step->outputs = ARENA_ARRAY(decoder->arena, struct output, count);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t key = tree_child(decoder->tree, node, 2 * i);
		struct output output = {
			.name = decode_key(decoder, key),
			.path = decode_text(
				decoder, field, tree_child(decoder->tree, node, 2 * i + 1)),
			.where = tree_where(decoder->tree, key),
		};
		if (output.name && output.path)
			step->outputs[step->output_count++] = output;
	}
}

static void decode_outputs(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	static const struct yaml_field path_field = {
		.key = "the path of an output", .kind = FIELD_TEXT};
	static const struct yaml_field name_field = {
		.key = "the name of an output", .kind = FIELD_TEXT};
	struct step *step = owner;
	if (decoder->tree->nodes[node].kind == NODE_MAPPING) {
		decode_output_paths(decoder, &path_field, node, step);
		return;
	}
	uint32_t count = decode_item_count(decoder, field, node);
	step->outputs = ARENA_ARRAY(decoder->arena, struct output, count);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t item = decode_item(decoder, node, i);
		const char *name = decode_text(decoder, &name_field, item);
		if (name)
			step->outputs[step->output_count++] = (struct output){
				.name = name, .where = tree_where(decoder->tree, item)};
	}
}

static const struct yaml_field handover_fields[] = {
	{.key = "contract",
		.kind = FIELD_SEQUENCE,
		.flags = FIELD_REQUIRED | FIELD_ONE_OR_MANY,
		.table = &contract_table,
		.offset = offsetof(struct step, contracts),
		.count_offset = offsetof(struct step, contract_count),
		.expected = "a contract or a list of them",
		.description = "As `contract`."},
};

/* The older spelling; its struct is the step. */
static const struct yaml_table handover_table = {
	.noun = "section 'handover'",
	.title = "handover",
	.fields = handover_fields,
	.field_count = ARRAY_LENGTH(handover_fields),
	.item_bytes = sizeof(struct step),
};

static void step_start(void *item)
{
	((struct step *)item)->grace_ms = STEP_DEFAULT_GRACE_MS;
}

static void step_finish(struct decoder *decoder, uint32_t node, void *item)
{
	struct step *step = item;
	uint32_t id = tree_find(decoder->tree, node, "id");
	step->where = tree_where(decoder->tree, id == INDEX_NONE ? node : id);
	if (!step->name)
		step->name = step->id;
	command_shell_finish(decoder, node, &step->command);
	if (tree_find(decoder->tree, node, "contract") != INDEX_NONE &&
		tree_find(decoder->tree, node, "handover") != INDEX_NONE)
		diagnostics_add(decoder->diagnostics, FINDING_DUPLICATE_KEY,
			tree_key_where(decoder->tree, node, "handover"),
			"'contract' and 'handover' mean the same and only one of them can be "
			"given");
}

static const struct yaml_field step_fields[] = {
	{.key = "id",
		.kind = FIELD_TEXT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct step, id),
		.description = "What other steps, reports and commands call it: letters, digits, "
			       "`.`, `_` and `-`, at most 128, beginning with a letter or digit; "
			       "unique in the file."},
	{.key = "name",
		.kind = FIELD_TEXT,
		.flags = FIELD_PARAMETERS,
		.offset = offsetof(struct step, name),
		.shown_default = "the id",
		.description = "What people read in reports."},
	{.key = "description",
		.kind = FIELD_TEXT,
		.flags = FIELD_LITERAL | FIELD_PARAMETERS,
		.offset = offsetof(struct step, description),
		.description = "What it does, in words."},
	{.key = "run",
		.kind = FIELD_COMMAND,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct step, command),
		.description = "What is executed. A text is a script for the shell and nothing is "
			       "ever put into it: parameters reach it as `$PARAM_<NAME>`. In a "
			       "list, `${VAR}` and `{parameter}` are replaced within each "
			       "element."},
	{.key = "shell",
		.kind = FIELD_TEXT,
		.offset = offsetof(struct step, command) + offsetof(struct command, shell),
		.shown_default = "sh",
		.description = "The shell of a `run` that is a text; it is called with "
			       "`-e -c SCRIPT`."},
	{.key = "env",
		.kind = FIELD_ENVIRONMENT,
		.offset = offsetof(struct step, env),
		.description = "Environment variables of this step; they win over those of the "
			       "pipeline."},
	{.key = "workdir",
		.kind = FIELD_TEXT,
		.offset = offsetof(struct step, workdir),
		.shown_default = "the pipeline file's folder",
		.description = "The folder it runs in, from the pipeline file's folder."},
	{.key = "needs",
		.alias = "dependencies",
		.kind = FIELD_CUSTOM,
		.decode = decode_needs,
		.expected = "a step's id or a list of ids",
		.description = "Steps that must have succeeded before this one starts."},
	{.key = "inputs",
		.kind = FIELD_CUSTOM,
		.decode = decode_inputs,
		.expected = "an artifact's name or a list of names",
		.description = "Artifacts of other steps, found in `$WAVETRAIN_INPUT`; "
			       "`step.artifact` where several steps have one of that name. The "
			       "producer is needed without being named in `needs`."},
	{.key = "outputs",
		.alias = "artifacts",
		.kind = FIELD_CUSTOM,
		.decode = decode_outputs,
		.expected = "a mapping of names to paths, or a list of names",
		.description = "Artifacts that it makes: paths or globs from its working "
			       "directory, or names alone for files `NAME` or `NAME.*` in "
			       "`$WAVETRAIN_OUTPUT`. A missing one fails the step."},
	{.key = "group",
		.kind = FIELD_TEXT,
		.offset = offsetof(struct step, group),
		.description = "Steps of one group that follow one another in the file are shown "
			       "and committed together."},
	{.key = "timeout",
		.kind = FIELD_DURATION,
		.minimum = 1,
		.maximum = YEAR_MS,
		.offset = offsetof(struct step, timeout_ms),
		.shown_default = "none",
		.description = "How long one attempt may take."},
	{.key = "grace",
		.kind = FIELD_DURATION,
		.maximum = HOUR_MS,
		.offset = offsetof(struct step, grace_ms),
		.shown_default = "10s",
		.description = "How long it may take to end after SIGTERM before SIGKILL follows."},
	{.key = "retry",
		.kind = FIELD_MAPPING,
		.table = &retry_table,
		.offset = offsetof(struct step, retry),
		.expected = "a number of attempts or a mapping",
		.shown_default = "none",
		.description = "More attempts after a failure; `retry: 2` is `retry: {max: 2}`."},
	{.key = "contract",
		.kind = FIELD_SEQUENCE,
		.flags = FIELD_ONE_OR_MANY,
		.table = &contract_table,
		.offset = offsetof(struct step, contracts),
		.count_offset = offsetof(struct step, contract_count),
		.expected = "a contract or a list of them",
		.description = "What must hold before the step counts as done."},
	{.key = "handover",
		.kind = FIELD_MAPPING,
		.table = &handover_table,
		.offset = 0,
		.expected = "a mapping with the key 'contract'",
		.description = "`handover: {contract: …}` is the same as `contract: …`."},
};

const struct yaml_table step_table = {
	.noun = "step",
	.title = "A step: `steps[]`",
	.fields = step_fields,
	.field_count = ARRAY_LENGTH(step_fields),
	.item_bytes = sizeof(struct step),
	.start = step_start,
	.finish = step_finish,
};
