/* The keys of a contract and of the files it names. */
#include <string.h>

#include "base/index.h"
#include "load/step_values.h"
#include "load/steps_reader.h"

static void file_rule_start(void *item)
{
	*(struct file_rule *)item = (struct file_rule){.min_count = 1, .max_count = UINT32_MAX};
}

/* SHA-256 as sha256sum prints it; upper case is taken too. */
static const char *normal_sha256(struct arena *arena, const char *text)
{
	static const char digits[] = "0123456789abcdef";
	char *copy = arena_copy_text(arena, text);
	for (char *at = copy; *at; at++) {
		if (*at >= 'A' && *at <= 'F')
			*at = (char)(*at - 'A' + 'a');
	}
	return strlen(copy) == 64 && strspn(copy, digits) == 64 ? copy : NULL;
}

static void file_rule_finish(struct decoder *decoder, uint32_t node, void *item)
{
	struct file_rule *rule = item;
	rule->where = tree_where(decoder->tree, node);
	if (rule->sha256) {
		rule->sha256 = normal_sha256(decoder->arena, rule->sha256);
		if (!rule->sha256)
			diagnostics_add(decoder->diagnostics, FINDING_BAD_VALUE,
				tree_where(decoder->tree, tree_find(decoder->tree, node, "sha256")),
				"'sha256' must be 64 hexadecimal digits");
	}
	if (rule->min_count > rule->max_count)
		diagnostics_add(decoder->diagnostics, FINDING_BAD_VALUE, rule->where,
			"'min_count' (%u) is more than 'max_count' (%u)", rule->min_count,
			rule->max_count);
}

static const struct yaml_field file_rule_fields[] = {
	{.key = "path",
		.kind = FIELD_TEXT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct file_rule, path),
		.description = "A path or glob from the step's working directory, or the name of "
			       "one of its outputs."},
	{.key = "non_empty",
		.kind = FIELD_BOOLEAN,
		.offset = offsetof(struct file_rule, non_empty),
		.shown_default = "false",
		.description = "Whether every file must have at least one byte."},
	{.key = "min_count",
		.kind = FIELD_UNSIGNED,
		.maximum = UINT32_MAX - 1,
		.offset = offsetof(struct file_rule, min_count),
		.shown_default = "1",
		.description = "How many files there must be at least."},
	{.key = "max_count",
		.kind = FIELD_UNSIGNED,
		.maximum = UINT32_MAX - 1,
		.offset = offsetof(struct file_rule, max_count),
		.shown_default = "no limit",
		.description = "How many files there may be at most."},
	{.key = "sha256",
		.kind = FIELD_TEXT,
		.offset = offsetof(struct file_rule, sha256),
		.shown_default = "any content",
		.description = "The SHA-256 that the content must have, as 64 hexadecimal "
			       "digits."},
};

const struct yaml_table file_rule_table = {
	.noun = "rule of 'files'",
	.title = "A file that must be there: `contract.files`",
	.fields = file_rule_fields,
	.field_count = ARRAY_LENGTH(file_rule_fields),
	.item_bytes = sizeof(struct file_rule),
	.short_key = "path",
	.start = file_rule_start,
	.finish = file_rule_finish,
};

static const char *contract_word(size_t place)
{
	return place < CONTRACT_KIND_COUNT ? contract_kind_name((enum contract_kind)place) : NULL;
}

static void contract_start(void *item)
{
	*(struct contract *)item = (struct contract){
		.kind = CONTRACT_KIND_COUNT,
		.max_retries = CONTRACT_DEFAULT_MAX_RETRIES,
	};
}

/* Which key belongs to which kind; keys that are not here belong to all of them. */
struct kind_key {
	const char *key;
	enum contract_kind kind;
	bool is_required;
};

static const struct kind_key kind_keys[] = {
	{"schema", CONTRACT_JSON_SCHEMA, true},
	{"source", CONTRACT_JSON_SCHEMA, true},
	{"run", CONTRACT_COMMAND, true},
	{"shell", CONTRACT_COMMAND, false},
	{"timeout", CONTRACT_COMMAND, false},
	{"files", CONTRACT_FILES, true},
	{"paths", CONTRACT_DIFF_SCOPE, true},
};

static void check_kind_keys(struct decoder *decoder, uint32_t node, enum contract_kind kind)
{
	for (size_t i = 0; i < ARRAY_LENGTH(kind_keys); i++) {
		const struct kind_key *rule = &kind_keys[i];
		bool is_given = tree_find(decoder->tree, node, rule->key) != INDEX_NONE;
		if (is_given && rule->kind != kind)
			diagnostics_add(decoder->diagnostics, FINDING_UNKNOWN_KEY,
				tree_key_where(decoder->tree, node, rule->key),
				"a contract of type %s has no key '%s'", contract_kind_name(kind),
				rule->key);
		else if (!is_given && rule->kind == kind && rule->is_required)
			diagnostics_add(decoder->diagnostics, FINDING_MISSING_KEY,
				tree_where(decoder->tree, node),
				"this contract of type %s lacks the key '%s'",
				contract_kind_name(kind), rule->key);
	}
}

/* Lists that are given and empty hold nothing to check. */
static void check_lists(struct decoder *decoder, uint32_t node, const struct contract *contract)
{
	uint32_t files = tree_find(decoder->tree, node, "files");
	uint32_t paths = tree_find(decoder->tree, node, "paths");
	if (contract->kind == CONTRACT_FILES && contract->file_count == 0 && files != INDEX_NONE)
		diagnostics_add(decoder->diagnostics, FINDING_BAD_VALUE,
			tree_where(decoder->tree, files), "'files' must name at least one file");
	if (contract->kind == CONTRACT_DIFF_SCOPE && contract->paths.count == 0 &&
		paths != INDEX_NONE)
		diagnostics_add(decoder->diagnostics, FINDING_BAD_VALUE,
			tree_where(decoder->tree, paths), "'paths' must name at least one path");
}

static void check_max_retries(
	struct decoder *decoder, uint32_t node, const struct contract *contract)
{
	if (tree_find(decoder->tree, node, "max_retries") != INDEX_NONE &&
		contract->on_failure != REACTION_RETRY)
		diagnostics_add(decoder->diagnostics, FINDING_BAD_VALUE,
			tree_key_where(decoder->tree, node, "max_retries"),
			"'max_retries' is for a contract with 'on_failure: retry'");
}

static void decode_reaction(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	struct contract *contract = owner;
	size_t place;
	if (decode_word(decoder, field, node, &place))
		contract->on_failure = reaction_of_word(place);
}

/* A path, or the schema itself, which is kept as JSON. */
static void decode_schema(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	struct contract *contract = owner;
	enum node_kind kind = (enum node_kind)decoder->tree->nodes[node].kind;
	if (kind == NODE_MAPPING)
		contract->schema_text = decode_json(decoder, field, node);
	else if (kind == NODE_SCALAR && tree_scalar_type(decoder->tree, node) == SCALAR_TEXT)
		contract->schema = decode_text(decoder, field, node);
	else
		report_wrong_type(decoder, field, node);
}

void command_shell_finish(struct decoder *decoder, uint32_t node, struct command *command)
{
	uint32_t shell = tree_find(decoder->tree, node, "shell");
	if (shell == INDEX_NONE)
		command->shell = "sh";
	else if (command->arguments)
		diagnostics_add(decoder->diagnostics, FINDING_BAD_VALUE,
			tree_key_where(decoder->tree, node, "shell"),
			"'shell' is for a 'run' that is a text; a list is executed as it is");
	else if (command->shell && strspn(command->shell, " ") == strlen(command->shell))
		diagnostics_add(decoder->diagnostics, FINDING_BAD_VALUE,
			tree_where(decoder->tree, shell), "'shell' must name a program");
}

static void contract_finish(struct decoder *decoder, uint32_t node, void *item)
{
	struct contract *contract = item;
	contract->where = tree_where(decoder->tree, node);
	uint32_t schema = tree_find(decoder->tree, node, "schema");
	if (schema != INDEX_NONE)
		contract->schema_where = tree_where(decoder->tree, schema);
	command_shell_finish(decoder, node, &contract->command);
	if (contract->kind == CONTRACT_KIND_COUNT) {
		contract->kind = CONTRACT_COMMAND; /* a fault that was reported */
		return;
	}
	check_kind_keys(decoder, node, contract->kind);
	check_lists(decoder, node, contract);
	check_max_retries(decoder, node, contract);
}

static const struct yaml_field contract_fields[] = {
	{.key = "type",
		.kind = FIELD_ENUM,
		.flags = FIELD_REQUIRED,
		.word = contract_word,
		.offset = offsetof(struct contract, kind),
		.description = "`json_schema`: passes when a JSON document is as a JSON Schema "
			       "(draft 2020-12 or 7) says. `command`: passes when the command "
			       "exits with status 0. `files`: passes when every file is as its "
			       "rule says. `diff_scope`: passes when the step changed files of "
			       "`paths` only."},
	{.key = "schema",
		.kind = FIELD_CUSTOM,
		.flags = FIELD_WIDE_NUMBERS,
		.decode = decode_schema,
		.offset = offsetof(struct contract, schema),
		.expected = "the path of a JSON Schema, or a mapping that is the schema itself",
		.json_schema = "{\"type\":[\"string\",\"object\"]}",
		.description = "Of type json_schema: a file, from the pipeline file's folder, or "
			       "the schema itself."},
	{.key = "source",
		.kind = FIELD_TEXT,
		.offset = offsetof(struct contract, source),
		.description = "Of type json_schema: the document, as the name of one of the "
			       "step's outputs or a path from its working directory."},
	{.key = "run",
		.kind = FIELD_COMMAND,
		.offset = offsetof(struct contract, command),
		.description = "Of type command: what is executed, in the step's working directory "
			       "and environment."},
	{.key = "shell",
		.kind = FIELD_TEXT,
		.offset = offsetof(struct contract, command) + offsetof(struct command, shell),
		.shown_default = "sh",
		.description = "Of type command: the shell of a `run` that is a text."},
	{.key = "timeout",
		.kind = FIELD_DURATION,
		.minimum = 1,
		.maximum = YEAR_MS,
		.offset = offsetof(struct contract, timeout_ms),
		.shown_default = "the step's `timeout`",
		.description = "Of type command: how long it may run."},
	{.key = "files",
		.kind = FIELD_SEQUENCE,
		.flags = FIELD_ONE_OR_MANY,
		.table = &file_rule_table,
		.offset = offsetof(struct contract, files),
		.count_offset = offsetof(struct contract, file_count),
		.expected = "a list of paths or rules",
		.description = "Of type files: paths, or mappings with a path and rules."},
	{.key = "paths",
		.kind = FIELD_TEXT_LIST,
		.offset = offsetof(struct contract, paths),
		.description = "Of type diff_scope: globs from the pipeline file's folder. Every "
			       "file that the step changed must match one. The step needs "
			       "`workspace: worktree`, or a wave of its own."},
	{.key = "on_failure",
		.kind = FIELD_CUSTOM,
		.decode = decode_reaction,
		.word = reaction_word,
		.shown_default = "as the step's `on_failure` says",
		.description = "What follows when it does not hold: see `on_failure` of a step."},
	{.key = "max_retries",
		.kind = FIELD_UNSIGNED,
		.maximum = 100,
		.offset = offsetof(struct contract, max_retries),
		.shown_default = "2",
		.description = "With `on_failure: retry`: how many attempts follow because of "
			       "this contract, at most."},
};

const struct yaml_table contract_table = {
	.noun = "contract",
	.title = "What must hold after a step: `contract`",
	.fields = contract_fields,
	.field_count = ARRAY_LENGTH(contract_fields),
	.item_bytes = sizeof(struct contract),
	.start = contract_start,
	.finish = contract_finish,
};
