#include "run/step_environment.h"

#include <stdlib.h>
#include <string.h>

#include "base/index.h"
#include "base/text.h"

/* The first places of every array are the step's own facts, so that they need no search. */
enum fact_place { FACT_STEP_ID, FACT_WAVE, FACT_ATTEMPT, FACT_COUNT };

static const char *const reserved[] = {"WAVETRAIN", "WAVETRAIN_RUN_ID", "WAVETRAIN_STEP_ID",
	"WAVETRAIN_WAVE", "WAVETRAIN_ATTEMPT", "WAVETRAIN_INPUT", "WAVETRAIN_OUTPUT"};

static bool is_entry_of(const char *entry, const char *name, size_t length)
{
	return strncmp(entry, name, length) == 0 && entry[length] == '=';
}

static bool is_reserved(const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(reserved); i++) {
		if (strcmp(name, reserved[i]) == 0)
			return true;
	}
	return false;
}

const char *environment_find(const char *const *entries, const char *name)
{
	size_t length = strlen(name);
	for (; *entries; entries++) {
		if (is_entry_of(*entries, name, length))
			return *entries + length + 1;
	}
	return NULL;
}

static bool is_withheld(const char *entry, const char *const *hidden)
{
	for (size_t i = 0; i < ARRAY_LENGTH(reserved); i++) {
		if (is_entry_of(entry, reserved[i], strlen(reserved[i])))
			return true;
	}
	for (; hidden && *hidden; hidden++) {
		if (is_entry_of(entry, *hidden, strlen(*hidden)))
			return true;
	}
	return false;
}

/* Replaces the entry of that name or adds one; room for it is there. */
static uint32_t set_entry(
	const char **entries, uint32_t count, const char *name, const char *new_entry)
{
	size_t length = strlen(name);
	for (uint32_t i = FACT_COUNT; i < count; i++) {
		if (is_entry_of(entries[i], name, length)) {
			entries[i] = new_entry;
			return count;
		}
	}
	entries[count] = new_entry;
	return count + 1;
}

static uint32_t set_variables(const char **entries, uint32_t count,
	const struct environment *variables, struct arena *arena)
{
	for (uint32_t i = 0; i < variables->count; i++) {
		const struct environment_variable *variable = &variables->variables[i];
		if (is_reserved(variable->name))
			continue;
		const char *value = variable->value ? variable->value : "";
		count = set_entry(entries, count, variable->name,
			arena_format(arena, "%s=%s", variable->name, value));
	}
	return count;
}

static const char *parameter_variable(const char *name, struct arena *arena)
{
	char *variable = arena_format(arena, "PARAM_%s", name);
	for (char *at = variable; *at; at++) {
		if (*at >= 'a' && *at <= 'z')
			*at = (char)(*at - 'a' + 'A');
		else if (*at == '-' || *at == '.')
			*at = '_';
	}
	return variable;
}

static uint32_t set_parameters(
	const char **entries, uint32_t count, const struct pipeline *pipeline, struct arena *arena)
{
	for (uint32_t i = 0; i < pipeline->parameter_count; i++) {
		const struct parameter *parameter = &pipeline->parameters[i];
		if (!parameter->value)
			continue;
		const char *name = parameter_variable(parameter->name, arena);
		count = set_entry(
			entries, count, name, arena_format(arena, "%s=%s", name, parameter->value));
	}
	return count;
}

void step_environment_init(
	struct step_environment *environment, const struct environment_sources *sources)
{
	const struct pipeline *pipeline = sources->pipeline;
	*environment = (struct step_environment){0};
	struct arena *arena = &environment->arena;
	uint32_t inherited = 0;
	while (sources->environment[inherited])
		inherited++;
	const char **entries = ARENA_ARRAY(arena, const char *,
		(size_t)FACT_COUNT + inherited + pipeline->parameter_count + pipeline->env.count +
			3);
	uint32_t count = FACT_COUNT;
	for (uint32_t i = 0; i < inherited; i++) {
		if (!is_withheld(sources->environment[i], sources->hidden_variables))
			entries[count++] = sources->environment[i];
	}
	entries[count++] = "WAVETRAIN=1";
	entries[count++] = arena_format(arena, "WAVETRAIN_RUN_ID=%s", sources->run_id);
	count = set_parameters(entries, count, pipeline, arena);
	environment->shared_count = set_variables(entries, count, &pipeline->env, arena);
	environment->shared = entries;
}

void step_environment_release(struct step_environment *environment)
{
	free(environment->entries);
	arena_release(&environment->arena);
	*environment = (struct step_environment){0};
}

const char *const *step_environment_make(struct step_environment *environment,
	const struct environment_facts *facts, struct arena *scratch)
{
	const struct step *step = facts->step;
	uint32_t room = environment->shared_count + step->env.count + 3;
	if (room > environment->capacity) {
		environment->entries = heap_grow(environment->entries, environment->capacity, room,
			sizeof *environment->entries);
		environment->capacity = room;
	}
	const char **entries = environment->entries;
	memcpy(entries, environment->shared, environment->shared_count * sizeof *entries);
	uint32_t count = set_variables(entries, environment->shared_count, &step->env, scratch);
	entries[FACT_STEP_ID] = arena_format(scratch, "WAVETRAIN_STEP_ID=%s", step->id);
	entries[FACT_WAVE] = facts->wave == INDEX_NONE
				     ? "WAVETRAIN_WAVE="
				     : arena_format(scratch, "WAVETRAIN_WAVE=%u", facts->wave);
	entries[FACT_ATTEMPT] = arena_format(scratch, "WAVETRAIN_ATTEMPT=%u", facts->attempt);
	if (facts->input_folder)
		entries[count++] = arena_format(scratch, "WAVETRAIN_INPUT=%s", facts->input_folder);
	if (facts->output_folder)
		entries[count++] =
			arena_format(scratch, "WAVETRAIN_OUTPUT=%s", facts->output_folder);
	entries[count] = NULL;
	return entries;
}
