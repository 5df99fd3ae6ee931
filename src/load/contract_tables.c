/* The keys of a contract and of the files it names. */
#include <string.h>

#include "base/index.h"
#include "load/steps_reader.h"

#define YEAR_MS ((int64_t)366 * 24 * 3600 * 1000)

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
	*(struct contract *)item = (struct contract){.kind = CONTRACT_KIND_COUNT};
}

static void forbid_key(struct decoder *decoder, uint32_t node, const char *key, const char *kind)
{
	if (tree_find(decoder->tree, node, key) != INDEX_NONE)
		diagnostics_add(decoder->diagnostics, FINDING_UNKNOWN_KEY,
			tree_key_where(decoder->tree, node, key),
			"a contract of type %s has no key '%s'", kind, key);
}

static void demand_key(struct decoder *decoder, uint32_t node, const char *key, const char *kind)
{
	if (tree_find(decoder->tree, node, key) == INDEX_NONE)
		diagnostics_add(decoder->diagnostics, FINDING_MISSING_KEY,
			tree_where(decoder->tree, node),
			"this contract of type %s lacks the key '%s'", kind, key);
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
	command_shell_finish(decoder, node, &contract->command);
	switch (contract->kind) {
	case CONTRACT_COMMAND:
		demand_key(decoder, node, "run", "command");
		forbid_key(decoder, node, "files", "command");
		break;
	case CONTRACT_FILES:
		demand_key(decoder, node, "files", "files");
		forbid_key(decoder, node, "run", "files");
		forbid_key(decoder, node, "shell", "files");
		forbid_key(decoder, node, "timeout", "files");
		break;
	case CONTRACT_KIND_COUNT:
		contract->kind = CONTRACT_COMMAND; /* a fault that was reported */
		break;
	}
	uint32_t files = tree_find(decoder->tree, node, "files");
	if (contract->kind == CONTRACT_FILES && contract->file_count == 0 && files != INDEX_NONE)
		diagnostics_add(decoder->diagnostics, FINDING_BAD_VALUE,
			tree_where(decoder->tree, files), "'files' must name at least one file");
}

static const struct yaml_field contract_fields[] = {
	{.key = "type",
		.kind = FIELD_ENUM,
		.flags = FIELD_REQUIRED,
		.word = contract_word,
		.offset = offsetof(struct contract, kind),
		.description = "`command`: passes when the command exits with status 0. `files`: "
			       "passes when every file is as its rule says."},
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
