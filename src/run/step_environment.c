#include "run/step_environment.h"

#include <stdlib.h>
#include <string.h>

#include "base/index.h"
#include "base/text.h"

/* The first places of every array are the step's own facts, so that they need no search. */
enum fact_place { FACT_STEP_ID, FACT_WAVE, FACT_ATTEMPT, FACT_COUNT };

#define PATH_COUNT 5 /* variables that hold a path, and are there or not */

static const char *const reserved[] = {"WAVETRAIN", "WAVETRAIN_RUN_ID", "WAVETRAIN_STEP_ID",
	"WAVETRAIN_WAVE", "WAVETRAIN_ATTEMPT", "WAVETRAIN_INPUT", "WAVETRAIN_OUTPUT",
	"WAVETRAIN_SUMMARY", "WAVETRAIN_HANDOFF", "WAVETRAIN_HANDOFFS", "WAVETRAIN_TASK",
	"WAVETRAIN_PROPERTIES", "WAVETRAIN_ITEM", "WAVETRAIN_ITEM_FILE", "WAVETRAIN_ITEM_INDEX"};

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

/* "NAME=VALUE"; a step's start is paid for by the microsecond. */
static const char *assign(const char *name, const char *value, struct arena *arena)
{
	size_t name_length = strlen(name);
	size_t value_size = strlen(value) + 1;
	char *entry = arena_allocate(arena, name_length + 1 + value_size);
	memcpy(entry, name, name_length);
	entry[name_length] = '=';
	memcpy(entry + name_length + 1, value, value_size);
	return entry;
}

static uint32_t set_variables(const char **entries, uint32_t count,
	const struct environment *variables, struct arena *arena)
{
	for (uint32_t i = 0; i < variables->count; i++) {
		const struct environment_variable *variable = &variables->variables[i];
		if (is_reserved(variable->name))
			continue;
		const char *value = variable->value ? variable->value : "";
		count = set_entry(
			entries, count, variable->name, assign(variable->name, value, arena));
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
			4);
	uint32_t count = FACT_COUNT;
	for (uint32_t i = 0; i < inherited; i++) {
		if (!is_withheld(sources->environment[i], sources->hidden_variables))
			entries[count++] = sources->environment[i];
	}
	if (sources->make_flags)
		count = set_entry(entries, count, "MAKEFLAGS",
			assign("MAKEFLAGS", sources->make_flags, arena));
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

static uint32_t add_path(const char **entries, uint32_t count, const char *name, const char *path,
	struct arena *scratch)
{
	if (!path)
		return count;
	entries[count] = assign(name, path, scratch);
	return count + 1;
}

static void make_room(struct step_environment *environment, uint32_t room)
{
	if (room <= environment->capacity)
		return;
	environment->entries = heap_grow(
		environment->entries, environment->capacity, room, sizeof *environment->entries);
	environment->capacity = room;
}

const char *const *step_environment_make(struct step_environment *environment,
	const struct environment_facts *facts, struct arena *scratch)
{
	const struct step *step = facts->step;
	uint32_t agent_count = facts->agent ? facts->agent->count : 0;
	make_room(environment, environment->shared_count + agent_count + step->env.count +
				       facts->extra_count + PATH_COUNT + 2);
	const char **entries = environment->entries;
	memcpy(entries, environment->shared, environment->shared_count * sizeof *entries);
	uint32_t count = environment->shared_count;
	if (facts->agent)
		count = set_variables(entries, count, facts->agent, scratch);
	count = set_variables(entries, count, &step->env, scratch);
	entries[FACT_STEP_ID] = assign("WAVETRAIN_STEP_ID", step->id, scratch);
	entries[FACT_WAVE] = facts->wave == INDEX_NONE
				     ? "WAVETRAIN_WAVE="
				     : arena_format(scratch, "WAVETRAIN_WAVE=%u", facts->wave);
	entries[FACT_ATTEMPT] = arena_format(scratch, "WAVETRAIN_ATTEMPT=%u", facts->attempt);
	count = add_path(entries, count, "WAVETRAIN_INPUT", facts->input_folder, scratch);
	count = add_path(entries, count, "WAVETRAIN_OUTPUT", facts->output_folder, scratch);
	count = add_path(entries, count, "WAVETRAIN_SUMMARY", facts->summary_path, scratch);
	count = add_path(entries, count, "WAVETRAIN_HANDOFF", facts->handoff_path, scratch);
	count = add_path(entries, count, "WAVETRAIN_HANDOFFS", facts->handoffs_path, scratch);
	for (uint32_t i = 0; i < facts->extra_count; i++)
		entries[count++] = facts->extra[i];
	entries[count] = NULL;
	return entries;
}

/* There is room for one more. */
void step_environment_set(struct step_environment *environment, const char *entry)
{
	const char **place = environment->entries;
	size_t length = strcspn(entry, "=");
	while (*place && !(strncmp(*place, entry, length) == 0 && (*place)[length] == '='))
		place++;
	if (!*place)
		place[1] = NULL;
	*place = entry;
}
