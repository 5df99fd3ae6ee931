#include "cli/batch_secrets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/map.h"
#include "base/mask.h"
#include "base/text.h"
#include "load/ci_context_load.h"
#include "publish/workflow_commands.h"

/* What a job of GitHub's has besides the tokens that are meant for us. */
static const char *const job_tokens[] = {
	"ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", NULL};

struct secrets {
	struct batch *batch;
	struct mask_secret *items;
	uint32_t count, capacity;
	uint32_t named_count; /* those in front that the pipeline names */
	struct map names;     /* of the pipeline that have been looked up */
};

static const char *in_environment(const struct batch *batch, const char *name)
{
	size_t length = strlen(name);
	for (const char *const *entry = batch->cli->environment; *entry; entry++) {
		if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=')
			return *entry + length + 1;
	}
	return NULL;
}

static const char *in_variables(const struct environment *variables, const char *name)
{
	for (uint32_t i = 0; i < variables->count; i++) {
		if (text_equal(variables->variables[i].name, name))
			return variables->variables[i].value;
	}
	return NULL;
}

static bool add(struct secrets *secrets, const char *name, const char *value)
{
	if (text_is_empty(value))
		return false;
	for (uint32_t i = 0; i < secrets->count; i++) {
		if (text_equal(secrets->items[i].value, value))
			return true;
	}
	GROW(secrets->items, secrets->count, secrets->capacity);
	secrets->items[secrets->count++] = (struct mask_secret){.name = name, .value = value};
	return true;
}

/* A step may have a value of its own under the name. step: NULL for the pipeline's list. */
static void add_named(
	struct secrets *secrets, const struct text_list *names, const struct step *step)
{
	struct batch *batch = secrets->batch;
	for (uint32_t i = 0; i < names->count; i++) {
		const char *name = names->items[i].text;
		bool is_new = map_add(&secrets->names, name, 0);
		bool is_set = step && add(secrets, name, in_variables(&step->env, name));
		if (!is_new)
			continue;
		is_set |= add(secrets, name, in_environment(batch, name));
		is_set |= add(secrets, name, in_variables(&batch->pipeline.env, name));
		if (!is_set)
			cli_print_note(batch->cli,
				"the secret '%s' is not set: there is nothing to mask for it",
				name);
	}
}

static void add_tokens(struct secrets *secrets, const char *const *names)
{
	for (; *names; names++)
		add(secrets, *names, in_environment(secrets->batch, *names));
}

static void tell_verdicts(const struct secrets *secrets)
{
	const struct cli *cli = secrets->batch->cli;
	for (uint32_t i = 0; i < secrets->count; i++) {
		const struct mask_secret *secret = &secrets->items[i];
		if (secret->verdict == MASK_TOO_SHORT)
			cli_print_note(cli,
				"the secret '%s' is shorter than %zu characters and is not masked",
				secret->name, MASK_SECRET_MIN);
		else if (secret->verdict == MASK_TOO_LONG)
			cli_print_note(cli,
				"the secret '%s' is too long to be masked: one may have %zu bytes, "
				"all together %zu",
				secret->name, MASK_SECRET_MAX, MASK_TOTAL_MAX);
	}
}

/*
 * To standard error, which the runner reads as well: standard output is what people redirect.
 * GitHub knows the tokens of a job; only what the pipeline names is told.
 */
static void tell_runner(const struct secrets *secrets)
{
	CLEANUP(buffer_release) struct buffer commands = BUFFER_INIT;
	if (!secrets->batch->ci.github_actions)
		return;
	for (uint32_t i = 0; i < secrets->named_count; i++) {
		if (secrets->items[i].verdict == MASK_TAKEN)
			workflow_command_append(
				&commands, "add-mask", NULL, secrets->items[i].value);
	}
	if (commands.size)
		fwrite(commands.bytes, 1, commands.size, stderr);
}

void batch_secrets_find(struct batch *batch)
{
	struct secrets secrets = {.batch = batch};
	const struct pipeline *pipeline = &batch->pipeline;
	add_named(&secrets, &pipeline->secrets, NULL);
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		if (pipeline->steps[i].secrets)
			add_named(&secrets, pipeline->steps[i].secrets, &pipeline->steps[i]);
	}
	secrets.named_count = secrets.count;
	add_tokens(&secrets, ci_token_variables);
	add_tokens(&secrets, job_tokens);
	batch->mask = mask_new(secrets.items, secrets.count);
	batch->pipeline.mask = batch->mask;
	tell_verdicts(&secrets);
	tell_runner(&secrets);
	map_release(&secrets.names);
	free(secrets.items);
}

static const struct contract_error *mask_errors(
	const struct batch *batch, const struct event *event, struct arena *arena)
{
	struct contract_error *errors =
		ARENA_ARRAY(arena, struct contract_error, event->error_count);
	for (uint32_t i = 0; i < event->error_count; i++) {
		const struct contract_error *error = &event->errors[i];
		errors[i] = (struct contract_error){
			.pointer = mask_message(batch->mask, error->pointer, arena),
			.keyword = error->keyword,
			.expected = mask_message(batch->mask, error->expected, arena),
			.actual = mask_message(batch->mask, error->actual, arena),
		};
	}
	return errors;
}

const struct event *batch_secrets_mask(struct batch *batch, const struct event *event)
{
	struct arena *arena = &batch->masked;
	if (!batch->mask || (!event->reason && !event->subject && !event->error_count))
		return event;
	struct event *masked = ARENA_NEW(arena, struct event);
	*masked = *event;
	masked->reason = mask_message(batch->mask, event->reason, arena);
	masked->subject = mask_message(batch->mask, event->subject, arena);
	if (event->error_count)
		masked->errors = mask_errors(batch, event, arena);
	return masked;
}

static void mask_in_place(const struct mask *mask, char *text, size_t room)
{
	CLEANUP(arena_release) struct arena arena = {0};
	const char *masked = mask_message(mask, text, &arena);
	if (masked != text)
		snprintf(text, room, "%s", masked);
}

void batch_secrets_forget(struct batch *batch, struct error *error)
{
	if (error) {
		mask_in_place(batch->mask, error->text, sizeof error->text);
		mask_in_place(batch->mask, error->hint, sizeof error->hint);
	}
	mask_free(batch->mask);
	arena_release(&batch->masked);
}
