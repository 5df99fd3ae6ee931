/* The keys of a step. */
#include "base/index.h"
#include "base/text.h"
#include "load/fan_out.h"
#include "load/resources.h"
#include "load/step_values.h"
#include "load/steps_reader.h"

#define HOUR_MS ((int64_t)3600 * 1000)

/* "text" and "texts" are definitions of the whole schema. */
#define TEXT_SCHEMA "{\"$ref\":\"#/$defs/text\"}"
#define TEXTS_SCHEMA "{\"$ref\":\"#/$defs/texts\"}"

#define NEED_SCHEMA                                                                                \
	"{\"anyOf\":[" TEXT_SCHEMA ",{\"type\":\"object\",\"required\":[\"step\"],"                \
	"\"properties\":{\"step\":" TEXT_SCHEMA ",\"soft\":{\"type\":\"boolean\"}},"               \
	"\"additionalProperties\":false}]}"

#define NEEDS_SCHEMA                                                                               \
	"{\"anyOf\":[" NEED_SCHEMA                                                                 \
	",{\"type\":\"null\"},{\"type\":\"array\",\"items\":" NEED_SCHEMA "}]}"

#define OUTPUTS_SCHEMA                                                                             \
	"{\"anyOf\":[{\"type\":\"object\",\"additionalProperties\":" TEXT_SCHEMA "}," TEXTS_SCHEMA \
	"]}"

#define VALUES_SCHEMA "{\"type\":\"array\",\"minItems\":1,\"items\":" TEXT_SCHEMA "}"

#define COMBINATIONS_SCHEMA                                                                        \
	"{\"type\":\"array\",\"items\":{\"type\":\"object\",\"additionalProperties\":" TEXT_SCHEMA \
	"}}"

#define MATRIX_SCHEMA                                                                              \
	"{\"type\":\"object\",\"properties\":{\"include\":" COMBINATIONS_SCHEMA                    \
	",\"exclude\":" COMBINATIONS_SCHEMA "},\"additionalProperties\":" VALUES_SCHEMA "}"

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

static bool has_key(const struct decoder *decoder, uint32_t node, const char *key)
{
	return tree_find(decoder->tree, node, key) != INDEX_NONE;
}

static void report_missing(struct decoder *decoder, uint32_t node, const char *message)
{
	diagnostics_add(decoder->diagnostics, FINDING_MISSING_KEY, tree_where(decoder->tree, node),
		"%s", message);
}

/* A step is a command, or a task for a persona. */
static void check_work(struct decoder *decoder, uint32_t node)
{
	bool has_run = has_key(decoder, node, "run");
	bool has_persona = has_key(decoder, node, "persona");
	bool has_task = has_key(decoder, node, "task");
	if (has_run && (has_persona || has_task)) {
		const char *other = has_persona ? "persona" : "task";
		diagnostics_add(decoder->diagnostics, FINDING_BAD_VALUE,
			tree_key_where(decoder->tree, node, other),
			"a step has either 'run', or 'persona' and 'task': '%s' cannot be given "
			"beside 'run'",
			other);
	} else if (has_persona && !has_task) {
		report_missing(decoder, node, "this step has a 'persona' and lacks the key 'task'");
	} else if (has_task && !has_persona) {
		report_missing(decoder, node, "this step has a 'task' and lacks the key 'persona'");
	} else if (!has_run && !has_persona) {
		report_missing(decoder, node,
			"this step lacks what it does: 'run', or 'persona' and 'task'");
	} else if (has_persona && has_key(decoder, node, "shell")) {
		diagnostics_add(decoder->diagnostics, FINDING_BAD_VALUE,
			tree_key_where(decoder->tree, node, "shell"),
			"'shell' is for a 'run' that is a text; a task is given to an agent");
	}
}

static void check_one_of(
	struct decoder *decoder, uint32_t node, const char *first, const char *second)
{
	if (has_key(decoder, node, first) && has_key(decoder, node, second))
		diagnostics_add(decoder->diagnostics, FINDING_DUPLICATE_KEY,
			tree_key_where(decoder->tree, node, second),
			"'%s' and '%s' mean the same and only one of them can be given", first,
			second);
}

/* What would quietly become a folder of that very name. */
static void check_writable_path(struct decoder *decoder, const struct text_item *item)
{
	const char *fault = NULL;
	if (*item->text == '~' && item->text[1] && item->text[1] != '/')
		fault = "knows your home, '~/', and no other";
	else if (strchr(item->text, '*'))
		fault = "takes folders and files but no globs";
	if (fault)
		diagnostics_add(decoder->diagnostics, FINDING_BAD_VALUE, item->where,
			"'writable' %s, not '%s'", fault, shorten(decoder->arena, item->text));
}

static void check_writable(struct decoder *decoder, uint32_t node, const struct step *step)
{
	for (uint32_t i = 0; i < step->writable.count; i++)
		check_writable_path(decoder, &step->writable.items[i]);
	if (step->writable.count && step->has_isolation && step->isolation == ISOLATION_NONE)
		diagnostics_add(decoder->diagnostics, FINDING_BAD_VALUE,
			tree_key_where(decoder->tree, node, "writable"),
			"'writable' says nothing beside 'isolation: none': the step can write "
			"everywhere");
}

static void step_finish(struct decoder *decoder, uint32_t node, void *item)
{
	struct step *step = item;
	uint32_t id = tree_find(decoder->tree, node, "id");
	step->where = tree_where(decoder->tree, id == INDEX_NONE ? node : id);
	if (!step->name)
		step->name = step->id;
	check_work(decoder, node);
	if (!step->agent)
		command_shell_finish(decoder, node, &step->command);
	check_one_of(decoder, node, "contract", "handover");
	check_writable(decoder, node, step);
	uint32_t condition = tree_find(decoder->tree, node, "if");
	struct source_position where;
	tree_text_where(decoder->tree, condition == INDEX_NONE ? node : condition, &where);
	fan_out_check_names(decoder, step, where);
	if (step->foreach && has_key(decoder, node, "matrix"))
		diagnostics_add(decoder->diagnostics, FINDING_BAD_VALUE,
			tree_key_where(decoder->tree, node, "foreach"),
			"a step has either 'matrix' or 'foreach', not both");
	if (step->on_failure == REACTION_RETRY && !has_key(decoder, node, "retry")) {
		retry_start(&step->retry);
		step->retry.max = CONTRACT_DEFAULT_MAX_RETRIES;
		retry_finish(decoder, node, &step->retry);
	}
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
		.offset = offsetof(struct step, command),
		.description = "What is executed. A text is a script for the shell and nothing is "
			       "ever put into it: parameters reach it as `$PARAM_<NAME>`. In a "
			       "list, `${VAR}` and `{parameter}` are replaced within each "
			       "element. Every step has either `run`, or `persona` and `task`."},
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
	{.key = "secrets",
		.kind = FIELD_CUSTOM,
		.flags = FIELD_LITERAL,
		.decode = decode_step_secrets,
		.expected = SECRETS_EXPECTED,
		.json_schema = SECRETS_SCHEMA,
		.description = "Names of environment variables whose values are kept out of logs, "
			       "record, reports and commit messages of the whole run: `***` "
			       "stands for them, also where they are encoded."},
	{.key = "persona",
		.kind = FIELD_CUSTOM,
		.decode = decode_persona,
		.expected = "the name of a persona",
		.json_schema = "{\"type\":\"string\"}",
		.description = "Who does the `task`: a name under `personas`, or of a file "
			       "`.wavetrain/personas/NAME.yaml`; `base` is nobody in particular."},
	{.key = "task",
		.kind = FIELD_CUSTOM,
		.flags = FIELD_LITERAL | FIELD_PARAMETERS,
		.decode = decode_task,
		.expected = "text that says what is to be done",
		.json_schema = "{\"type\":\"string\"}",
		.description = "Work for an agent, in words: the command of the persona's adapter "
			       "is executed with it. `{parameter}` is replaced; the task reaches "
			       "the program as one argument or a file, never through a shell."},
	{.key = "workdir",
		.kind = FIELD_TEXT,
		.offset = offsetof(struct step, workdir),
		.shown_default = "the pipeline file's folder",
		.description = "The folder it runs in, from the pipeline file's folder; in a "
			       "fresh workspace, from `workspace/`."},
	{.key = "needs",
		.alias = "dependencies",
		.kind = FIELD_CUSTOM,
		.decode = decode_needs,
		.table = &need_table,
		.expected = "a step's id or a list of ids",
		.json_schema = NEEDS_SCHEMA,
		.description = "Steps that must have succeeded before this one starts. `{step: "
			       "ID, soft: true}` in place of an id only orders."},
	{.key = "inputs",
		.kind = FIELD_CUSTOM,
		.decode = decode_inputs,
		.expected = "an artifact's name or a list of names",
		.json_schema = TEXTS_SCHEMA,
		.description = "Artifacts of other steps, found in `$WAVETRAIN_INPUT`; "
			       "`step.artifact` where several steps have one of that name. The "
			       "producer is needed without being named in `needs`."},
	{.key = "outputs",
		.alias = "artifacts",
		.kind = FIELD_CUSTOM,
		.decode = decode_outputs,
		.expected = "a mapping of names to paths, or a list of names",
		.json_schema = OUTPUTS_SCHEMA,
		.description = "Artifacts that it makes: paths or globs from its working "
			       "directory, or names alone for files `NAME` or `NAME.*` in "
			       "`$WAVETRAIN_OUTPUT`. A missing one fails the step. In a fresh "
			       "workspace `output/…` and `input/…` mean the attempt's own "
			       "folders."},
	{.key = "group",
		.kind = FIELD_TEXT,
		.offset = offsetof(struct step, group),
		.description = "Steps of one group that follow one another in the file are shown "
			       "and committed together."},
	{.key = "matrix",
		.kind = FIELD_CUSTOM,
		.decode = decode_matrix,
		.expected = "a mapping of names to lists of values",
		.json_schema = MATRIX_SCHEMA,
		.description = "One instance of the step for each combination of values, "
			       "`ID[os=a,arch=x]`: `{os: [a, b], arch: [x, y]}`. `exclude` takes "
			       "combinations out, `include` adds values to those it fits and makes "
			       "another one where it fits none. An instance finds its values in "
			       "`MATRIX_<NAME>`; `{NAME}` is replaced in texts, never in a script. "
			       "Who needs the step needs all of its instances."},
	{.key = "foreach",
		.kind = FIELD_CUSTOM,
		.decode = decode_foreach,
		.table = &foreach_table,
		.expected = "an artifact's name or a mapping",
		.description = "One instance for each item of a list that another step makes, "
			       "`ID[0]`, `ID[1]`, …"},
	{.key = "if",
		.kind = FIELD_CUSTOM,
		.flags = FIELD_LITERAL,
		.decode = decode_condition,
		.expected = "a condition such as success() && params.NAME == 'text'",
		.json_schema = "{\"type\":[\"string\",\"boolean\"]}",
		.shown_default = "success()",
		.description =
			"When it runs: `success()`, `failure()` or `always()` of its needs; "
			"`changed('GLOB')`; comparisons of `params.NAME`, `env.NAME`, "
			"`matrix.NAME`, texts and numbers; `!`, `&&`, `||` and parentheses."},
	{.key = "timeout",
		.kind = FIELD_DURATION,
		.minimum = 1,
		.maximum = YEAR_MS,
		.offset = offsetof(struct step, timeout_ms),
		.shown_default = "none",
		.description = "How long one attempt may take."},
	{.key = "stall",
		.kind = FIELD_DURATION,
		.minimum = 1000,
		.maximum = YEAR_MS,
		.offset = offsetof(struct step, stall_ms),
		.shown_default = "none",
		.description = "How long it may neither print nor use processor time; then it is "
			       "ended, as by `timeout`."},
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
	{.key = "on_failure",
		.kind = FIELD_CUSTOM,
		.decode = decode_step_reaction,
		.word = reaction_word,
		.shown_default = "as `execution.on_failure` says",
		.description = "When it has failed for good. `retry`: it is tried again, twice "
			       "unless `retry` says more, then as `halt`. `halt`: what runs ends "
			       "and is committed, nothing else starts. `skip`: what needs it is "
			       "skipped and everything else goes on; the run still fails. "
			       "`rollback`: files go back to the start of its wave, and the run "
			       "ends. `abort`: everything is ended at once, what is done is "
			       "committed."},
	{.key = "optional",
		.kind = FIELD_BOOLEAN,
		.offset = offsetof(struct step, is_optional),
		.shown_default = "false",
		.description = "Whether the run succeeds also when this step fails."},
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
	{.key = "workspace",
		.kind = FIELD_CUSTOM,
		.decode = decode_workspace,
		.word = workspace_word,
		.shown_default = "shared",
		.description =
			"Where it works. `shared`: the pipeline file's folder. `fresh`: an "
			"empty folder for each attempt, with its inputs and outputs beside "
			"it. `worktree`: a checkout of its own for each attempt; its changes "
			"are merged when its wave ends."},
	{.key = "isolation",
		.kind = FIELD_CUSTOM,
		.decode = decode_isolation,
		.word = isolation_word,
		.shown_default = "as `execution.isolation` says",
		.description =
			"How its processes are held. `auto`: as well as the system can, and with "
			"a workspace of its own it can write only there and in the temporary "
			"folder. `none`: it can write wherever you can. `require`: whatever the "
			"workspace, it does not start where the system cannot keep it from "
			"writing elsewhere, or cannot end all that it has started."},
	{.key = "writable",
		.kind = FIELD_TEXT_LIST,
		.flags = FIELD_PARAMETERS,
		.offset = offsetof(struct step, writable),
		.description = "Further folders or files that it can write, from the pipeline "
			       "file's folder; `~/` is your home. One that does not exist is made "
			       "as a folder."},
	{.key = "gate",
		.kind = FIELD_CUSTOM,
		.decode = decode_gate,
		.word = gate_word,
		.shown_default = "auto",
		.description = "`manual`: nothing after its wave starts before somebody approves."},
	{.key = "breakpoint",
		.kind = FIELD_CUSTOM,
		.decode = decode_breakpoint,
		.word = breakpoint_word,
		.shown_default = "none",
		.description = "Where `wavetrain debug` stops and asks: `before` the step, `after` "
			       "it, or `both`. Nothing else heeds it."},
	{.key = "resources",
		.kind = FIELD_NAMED,
		.table = &resource_claim_table,
		.offset = offsetof(struct step, claims),
		.count_offset = offsetof(struct step, claim_count),
		.expected = "a mapping of names to amounts",
		.description = "What it needs of `execution.resources` while it runs: "
			       "`{memory: 4GiB, gpu: 1}`."},
	{.key = "milestone",
		.kind = FIELD_BOOLEAN,
		.offset = offsetof(struct step, is_milestone),
		.shown_default = "false",
		.description = "Whether there is a checkpoint as soon as it is done."},
	{.key = "value",
		.kind = FIELD_NUMBER,
		.minimum = 0,
		.maximum = 1000000,
		.offset = offsetof(struct step, value),
		.shown_default = "1",
		.description =
			"What it is worth. Where steps have a value, an effort or a risk, "
			"of those that are ready the one with the highest (value / effort) × "
			"(1 − risk) starts first, twice that on the critical path."},
	{.key = "effort",
		.kind = FIELD_DURATION,
		.minimum = 1,
		.maximum = YEAR_MS,
		.offset = offsetof(struct step, effort_ms),
		.shown_default = "what it took before, or its timeout",
		.description = "How long it takes, as far as you know: the estimate until it has "
			       "run."},
	{.key = "risk",
		.kind = FIELD_NUMBER,
		.minimum = 0,
		.maximum = 1,
		.offset = offsetof(struct step, risk),
		.shown_default = "0",
		.description = "How likely it does harm, from 0 to 1; from 0.5 on there is a "
			       "checkpoint before it starts."},
	{.key = "barrier",
		.kind = FIELD_CUSTOM,
		.decode = decode_barrier,
		.expected = "true or false",
		.json_schema = "{\"type\":\"boolean\"}",
		.shown_default = "true",
		.description = "`false`: the step is a check; it does not part the groups around "
			       "it, and runs at the end of their wave, before the commit."},
	{.key = "cache",
		.kind = FIELD_CUSTOM,
		.decode = decode_cache,
		.table = &cache_table,
		.expected = "true, false or a mapping",
		.shown_default = "false",
		.description = "Whether outputs of an earlier run are taken when the command, the "
			       "environment it names, the inputs and the declared files are the "
			       "same."},
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
