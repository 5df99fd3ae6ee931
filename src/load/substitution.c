#include "load/substitution.h"

#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/index.h"
#include "base/text.h"
#include "load/yaml_decode.h"

#define NAME_LIMIT 128u

static const char name_start[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
static const char name_rest[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789-";

/* Bytes of the name that text begins with; 0: none. */
static size_t name_length(const char *text)
{
	if (*text == '\0' || !strchr(name_start, *text))
		return 0;
	size_t length = strspn(text, name_rest);
	return length <= NAME_LIMIT ? length : 0;
}

bool variable_name_is_valid(const char *name)
{
	size_t length = name_length(name);
	return length > 0 && name[length] == '\0';
}

void substitution_init(struct substitution *substitution, const char *const *environment,
	struct arena *arena, struct diagnostics *diagnostics)
{
	*substitution = (struct substitution){
		.arena = arena,
		.diagnostics = diagnostics,
		.environment = environment,
		.bytes_left = SUBSTITUTION_LIMIT_BYTES,
		.comparisons_left = COMPARISON_LIMIT,
	};
	uint32_t count = 0;
	while (environment && environment[count])
		count++;
	substitution->variable_count = count;
	substitution->variables = ARENA_ARRAY(arena, const char *, count + 1);
	for (uint32_t i = 0; i < count; i++) {
		size_t length = strcspn(environment[i], "=");
		substitution->variables[i] = arena_copy_bytes(arena, environment[i], length);
		if (environment[i][length] == '=')
			map_add(&substitution->variable_names, substitution->variables[i], i);
	}
}

void substitution_release(struct substitution *substitution)
{
	map_release(&substitution->variable_names);
	map_release(&substitution->parameter_names);
}

void substitution_set_parameters(
	struct substitution *substitution, const struct parameter *parameters, uint32_t count)
{
	map_release(&substitution->parameter_names);
	substitution->parameter_names = (struct map){0};
	substitution->parameters = parameters;
	substitution->parameter_count = count;
	for (uint32_t i = 0; i < count; i++)
		map_add(&substitution->parameter_names, parameters[i].name, i);
}

struct lookup {
	const char *value;                 /* NULL: not set */
	const struct parameter *parameter; /* that has the name; NULL: none */
};

static struct lookup variable_find(const struct substitution *substitution, const char *name)
{
	uint32_t place = map_find(&substitution->parameter_names, name);
	const struct parameter *parameter =
		place == INDEX_NONE ? NULL : &substitution->parameters[place];
	if (parameter && parameter->value)
		return (struct lookup){parameter->value, parameter};
	place = map_find(&substitution->variable_names, name);
	if (place == INDEX_NONE)
		return (struct lookup){NULL, parameter};
	return (struct lookup){strchr(substitution->environment[place], '=') + 1, parameter};
}

static bool take_comparisons(struct substitution *substitution, uint32_t count)
{
	if (substitution->diagnostics->count >= DIAGNOSTICS_LIMIT ||
		count > substitution->comparisons_left)
		return false;
	substitution->comparisons_left -= count;
	return true;
}

void substitution_offer_parameters(struct substitution *substitution, struct nearest *nearest)
{
	if (!take_comparisons(substitution, substitution->parameter_count))
		return;
	for (uint32_t i = 0; i < substitution->parameter_count; i++)
		nearest_offer(nearest, substitution->parameters[i].name);
}

static void report_unset(struct substitution *substitution, const char *name,
	const struct parameter *parameter, struct source_position where)
{
	substitution->is_incomplete = true;
	if (parameter && parameter->required)
		return; /* that it has no value is said where it is declared */
	if (parameter) {
		diagnostics_add(substitution->diagnostics, FINDING_VARIABLE, where,
			"the parameter '%s' has neither a value nor a default", name);
		return;
	}
	struct nearest nearest;
	nearest_start(&nearest, name);
	substitution_offer_parameters(substitution, &nearest);
	bool is_worth_it = take_comparisons(substitution, substitution->variable_count);
	for (uint32_t i = 0; is_worth_it && i < substitution->variable_count; i++)
		nearest_offer(&nearest, substitution->variables[i]);
	diagnostics_add_near(substitution->diagnostics, FINDING_VARIABLE, where, nearest.best,
		"${%s} is neither a parameter nor set in the environment, and has no default",
		name);
}

static void put_in(struct substitution *substitution, struct buffer *result, const char *value,
	size_t size, struct source_position where)
{
	if (size > substitution->bytes_left) {
		if (substitution->bytes_left > 0)
			diagnostics_add(substitution->diagnostics, FINDING_VARIABLE, where,
				"variables put more than %u MiB of text into the file",
				(unsigned)(SUBSTITUTION_LIMIT_BYTES >> 20));
		substitution->bytes_left = 0;
		substitution->is_incomplete = true;
		return;
	}
	substitution->bytes_left -= size;
	buffer_append(result, value, size);
}

/* at points behind "${". Returns what follows the closing brace, or NULL when it is malformed. */
static const char *put_variable(struct substitution *substitution, struct buffer *result,
	const char *at, struct source_position where)
{
	size_t length = name_length(at);
	const char *rest = at + length;
	const char *fallback = NULL;
	size_t fallback_size = 0;
	if (length == 0)
		return NULL;
	if (rest[0] == ':' && rest[1] == '-') {
		fallback = rest + 2;
		fallback_size = strcspn(fallback, "}");
		rest = fallback + fallback_size;
	}
	if (*rest != '}')
		return NULL;
	char name[NAME_LIMIT + 1];
	memcpy(name, at, length);
	name[length] = '\0';
	struct lookup lookup = variable_find(substitution, name);
	if (lookup.value && (*lookup.value || !fallback))
		put_in(substitution, result, lookup.value, strlen(lookup.value), where);
	else if (fallback)
		put_in(substitution, result, fallback, fallback_size, where);
	else
		report_unset(substitution, name, lookup.parameter, where);
	return rest + 1;
}

/* at points at "{". Returns what follows the brace of a declared parameter, else NULL. */
static const char *put_parameter(struct substitution *substitution, struct buffer *result,
	const char *at, struct source_position where)
{
	size_t length = name_length(at + 1);
	if (length == 0 || at[1 + length] != '}')
		return NULL;
	char name[NAME_LIMIT + 1];
	memcpy(name, at + 1, length);
	name[length] = '\0';
	uint32_t place = map_find(&substitution->parameter_names, name);
	if (place == INDEX_NONE)
		return NULL;
	const struct parameter *parameter = &substitution->parameters[place];
	if (parameter->value)
		put_in(substitution, result, parameter->value, strlen(parameter->value), where);
	else
		report_unset(substitution, name, parameter, where);
	return at + length + 2;
}

/* Handles what stands at a '$' or '{'; returns where to go on. */
static const char *substitute_one(struct substitution *substitution, struct buffer *result,
	const char *at, unsigned forms, struct source_position where)
{
	const char *next = NULL;
	if (forms & SUBSTITUTE_VARIABLES && text_starts_with(at, "$${")) {
		buffer_append_text(result, "${");
		return at + 3;
	}
	if (forms & SUBSTITUTE_VARIABLES && text_starts_with(at, "${")) {
		next = put_variable(substitution, result, at + 2, where);
		if (next)
			return next;
		diagnostics_add(substitution->diagnostics, FINDING_VARIABLE, where,
			"'${' begins no variable such as ${NAME} or ${NAME:-default}")
			->hint = "write $${ for the two characters themselves";
		substitution->is_incomplete = true;
		return at + strlen(at); /* one finding a text is enough */
	}
	if (forms & SUBSTITUTE_PARAMETERS && *at == '{')
		next = put_parameter(substitution, result, at, where);
	if (next)
		return next;
	buffer_append_byte(result, *at);
	return at + 1;
}

const char *substitute(struct substitution *substitution, const char *text, unsigned forms,
	struct source_position where)
{
	const char *signs = forms & SUBSTITUTE_PARAMETERS ? "${" : "$";
	if (forms == 0 || !strpbrk(text, signs))
		return text;
	CLEANUP(buffer_release) struct buffer result = BUFFER_INIT;
	substitution->is_incomplete = false;
	while (*text) {
		size_t plain = strcspn(text, signs);
		buffer_append(&result, text, plain);
		text += plain;
		if (*text)
			text = substitute_one(substitution, &result, text, forms, where);
	}
	if (substitution->is_incomplete)
		return NULL;
	return arena_copy_bytes(substitution->arena, buffer_text(&result), result.size);
}
