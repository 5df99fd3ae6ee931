#include "model/pipeline.h"

#include <assert.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/text.h"

static const char *const format_names[] = {
	[FORMAT_STEPS] = "steps",
	[FORMAT_ARTIFACTS] = "artifacts",
	[FORMAT_TABLE] = "table",
};
static_assert(ARRAY_LENGTH(format_names) == FORMAT_COUNT, "one name a format");

static const char *const reaction_names[] = {
	[REACTION_DEFAULT] = "default",
	[REACTION_RETRY] = "retry",
	[REACTION_HALT] = "halt",
	[REACTION_SKIP] = "skip",
	[REACTION_ROLLBACK] = "rollback",
	[REACTION_ABORT] = "abort",
};
static_assert(ARRAY_LENGTH(reaction_names) == REACTION_COUNT, "one name a reaction");

static const char *const adapter_stdin_names[] = {
	[ADAPTER_STDIN_NONE] = "none",
	[ADAPTER_STDIN_TASK] = "task",
};
static_assert(ARRAY_LENGTH(adapter_stdin_names) == ADAPTER_STDIN_COUNT, "one name a way");

static const char *const adapter_result_names[] = {
	[ADAPTER_RESULT_NONE] = "none",
	[ADAPTER_RESULT_JSON] = "json",
};
static_assert(ARRAY_LENGTH(adapter_result_names) == ADAPTER_RESULT_COUNT, "one name a form");

static const char *const workspace_names[] = {
	[WORKSPACE_SHARED] = "shared",
	[WORKSPACE_FRESH] = "fresh",
	[WORKSPACE_WORKTREE] = "worktree",
};
static_assert(ARRAY_LENGTH(workspace_names) == WORKSPACE_COUNT, "one name a kind");

static const char *const isolation_names[] = {
	[ISOLATION_AUTO] = "auto",
	[ISOLATION_NONE] = "none",
	[ISOLATION_REQUIRE] = "require",
};
static_assert(ARRAY_LENGTH(isolation_names) == ISOLATION_COUNT, "one name each");

static const char *const contract_kind_names[] = {
	[CONTRACT_JSON_SCHEMA] = "json_schema",
	[CONTRACT_COMMAND] = "command",
	[CONTRACT_FILES] = "files",
	[CONTRACT_DIFF_SCOPE] = "diff_scope",
};
static_assert(ARRAY_LENGTH(contract_kind_names) == CONTRACT_KIND_COUNT, "one name a kind");

static const char *const mode_names[] = {
	[MODE_WAVES] = "waves",
	[MODE_FRONTIER] = "frontier",
};
static_assert(ARRAY_LENGTH(mode_names) == MODE_COUNT, "one name a mode");

static const char *const failure_policy_names[] = {
	[ON_FAILURE_KEEP] = "keep",
	[ON_FAILURE_STOP] = "stop",
	[ON_FAILURE_ROLLBACK] = "rollback",
};
static_assert(ARRAY_LENGTH(failure_policy_names) == ON_FAILURE_COUNT, "one name a policy");

static const char *const jobserver_style_names[] = {
	[JOBSERVER_NONE] = "none",
	[JOBSERVER_FIFO] = "fifo",
	[JOBSERVER_PIPE] = "pipe",
};
static_assert(ARRAY_LENGTH(jobserver_style_names) == JOBSERVER_STYLE_COUNT, "one name a style");

static const char *const push_policy_names[] = {
	[PUSH_AUTO] = "auto",
	[PUSH_NEVER] = "never",
};
static_assert(ARRAY_LENGTH(push_policy_names) == PUSH_COUNT, "one name a policy");

const char *pipeline_format_name(enum pipeline_format format)
{
	return format_names[format];
}

const char *failure_reaction_name(enum failure_reaction reaction)
{
	return reaction_names[reaction];
}

const char *adapter_stdin_name(enum adapter_stdin input)
{
	return adapter_stdin_names[input];
}

const char *adapter_result_name(enum adapter_result result)
{
	return adapter_result_names[result];
}

const char *workspace_kind_name(enum workspace_kind kind)
{
	return workspace_names[kind];
}

const char *isolation_name(enum isolation isolation)
{
	return isolation_names[isolation];
}

enum isolation step_isolation(const struct pipeline *pipeline, const struct step *step)
{
	return step->has_isolation ? step->isolation : pipeline->execution.isolation;
}

const char *contract_kind_name(enum contract_kind kind)
{
	return contract_kind_names[kind];
}

const char *execution_mode_name(enum execution_mode mode)
{
	return mode_names[mode];
}

const char *wave_failure_policy_name(enum wave_failure_policy policy)
{
	return failure_policy_names[policy];
}

const char *jobserver_style_name(enum jobserver_style style)
{
	return jobserver_style_names[style];
}

const char *push_policy_name(enum push_policy policy)
{
	return push_policy_names[policy];
}

bool resource_claims_equal(const struct resource_claim *left, uint32_t left_count,
	const struct resource_claim *right, uint32_t right_count)
{
	if (left_count != right_count)
		return false;
	for (uint32_t i = 0; i < left_count; i++) {
		if (left[i].pool != right[i].pool || left[i].amount != right[i].amount)
			return false;
	}
	return true;
}

uint32_t pipeline_find_step(const struct pipeline *pipeline, const char *id)
{
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		if (strcmp(pipeline->steps[i].id, id) == 0)
			return i;
	}
	return INDEX_NONE;
}

static bool is_one_line(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if ((unsigned char)text[i] < 0x20 && text[i] != '\t')
			return false;
	}
	return true;
}

/* $'…' (POSIX.1-2024; bash, zsh, ksh): the one quoting that keeps line ends on one line. */
static void escaped_quote_append(struct buffer *buffer, const char *text, size_t size)
{
	buffer_append_text(buffer, "$'");
	for (size_t i = 0; i < size; i++) {
		unsigned char byte = (unsigned char)text[i];
		if (byte == '\n')
			buffer_append_text(buffer, "\\n");
		else if (byte == '\t')
			buffer_append_text(buffer, "\\t");
		else if (byte == '\'' || byte == '\\')
			buffer_printf(buffer, "\\%c", byte);
		else if (byte < 0x20 || byte == 0x7f)
			buffer_printf(buffer, "\\%03o", byte);
		else
			buffer_append_byte(buffer, text[i]);
	}
	buffer_append_byte(buffer, '\'');
}

static void script_append(struct buffer *buffer, const struct command *command, struct arena *arena)
{
	const char *script = command->script;
	size_t size = strlen(script);
	while (size > 0 && (script[size - 1] == '\n' || script[size - 1] == ' '))
		size--;
	bool one_line = is_one_line(script, size);
	if (one_line && (!command->shell || strcmp(command->shell, "sh") == 0)) {
		buffer_append(buffer, script, size);
		return;
	}
	buffer_printf(buffer, "%s -e -c ", command->shell ? command->shell : "sh");
	if (one_line)
		shell_quote_append(buffer, arena_copy_bytes(arena, script, size));
	else
		escaped_quote_append(buffer, script, size);
}

const char *command_display(const struct command *command, struct arena *arena)
{
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	if (command->script) {
		script_append(&buffer, command, arena);
	} else {
		for (uint32_t i = 0; i < command->argument_count; i++) {
			if (i > 0)
				buffer_append_byte(&buffer, ' ');
			shell_quote_append(&buffer, command->arguments[i]);
		}
	}
	return arena_copy_text(arena, buffer_text(&buffer));
}

const char *step_display(const struct step *step, struct arena *arena)
{
	if (step->agent)
		return arena_format(arena, "%s: %s", step->agent->persona_name, step->agent->task);
	if (step->component)
		return arena_format(
			arena, "%s %s", step->component->type, step->component->properties);
	return command_display(&step->command, arena);
}
