#include "cli/option.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/text.h"

const char *const text_or_json[] = {"text", "json", NULL};

struct cursor {
	const char **arguments;
	uint32_t count;
	uint32_t next;
};

struct match {
	const struct option *option;
	void *target;
};

static struct match find_long(const struct option_request *request, const char *name, size_t length)
{
	for (size_t t = 0; t < request->table_count; t++)
		for (size_t i = 0; i < request->tables[t].count; i++) {
			const struct option *option = &request->tables[t].options[i];
			if (strlen(option->name) == length &&
				memcmp(option->name, name, length) == 0)
				return (struct match){option, request->targets[t]};
		}
	return (struct match){0};
}

static struct match find_letter(const struct option_request *request, char letter)
{
	for (size_t t = 0; t < request->table_count; t++)
		for (size_t i = 0; i < request->tables[t].count; i++)
			if (request->tables[t].options[i].letter == letter)
				return (struct match){
					&request->tables[t].options[i], request->targets[t]};
	return (struct match){0};
}

static bool add_assignment(
	struct assignment_list *list, const char *name, const char *value, struct arena *arena)
{
	struct assignment *items = ARENA_ARRAY(arena, struct assignment, list->count + 1);
	if (list->count)
		memcpy(items, list->items, list->count * sizeof(*items));
	items[list->count] = (struct assignment){.name = name, .value = value};
	list->items = items;
	list->count++;
	return true;
}

static bool set_choice(
	const struct option *option, uint32_t *place, const char *value, struct error *error)
{
	struct nearest nearest;
	CLEANUP(buffer_release) struct buffer known = BUFFER_INIT;
	nearest_start(&nearest, value);
	for (uint32_t i = 0; option->choices[i]; i++) {
		if (text_equal(option->choices[i], value)) {
			*place = i + 1;
			return true;
		}
		nearest_offer(&nearest, option->choices[i]);
		buffer_printf(&known, "%s%s", i ? ", " : "", option->choices[i]);
	}
	error_set(error, ERROR_USAGE, "--%s takes one of %s, not '%s'", option->name,
		buffer_text(&known), value);
	if (nearest.best)
		error_hint(error, "did you mean '%s'?", nearest.best);
	return false;
}

static bool set_assignment(
	struct assignment_list *list, const char *value, struct arena *arena, struct error *error)
{
	const char *equals = strchr(value, '=');
	if (!equals || equals == value)
		return error_set(
			error, ERROR_USAGE, "a parameter is written NAME=VALUE, not '%s'", value);
	const char *name = arena_copy_bytes(arena, value, (size_t)(equals - value));
	return add_assignment(list, name, equals + 1, arena);
}

static bool add_word(struct word_list *list, const char *word, struct arena *arena)
{
	const char **items = ARENA_ARRAY(arena, const char *, list->count + 1);
	if (list->count)
		memcpy(items, list->items, list->count * sizeof(*items));
	items[list->count++] = word;
	list->items = items;
	return true;
}

static bool set_count(
	const struct option *option, uint32_t *count, const char *value, struct error *error)
{
	uint64_t number;
	uint32_t limit = option->limit ? option->limit : UINT32_MAX;
	if (!parse_unsigned(value, limit, &number) || number < 1)
		return error_set(error, ERROR_USAGE,
			"--%s takes a whole number from 1 to %u, not '%s'", option->name, limit,
			value);
	*count = (uint32_t)number;
	return true;
}

static bool lacks_value(const struct option *option, struct error *error)
{
	return error_set(
		error, ERROR_USAGE, "--%s needs a value (%s)", option->name, option->value_name);
}

static bool set_value(const struct option_request *request, struct match match, const char *value,
	struct error *error)
{
	unsigned char *field = (unsigned char *)match.target + match.option->offset;
	void *place = field;
	switch (match.option->kind) {
	case OPTION_FLAG:
		*(bool *)place = true;
		return true;
	case OPTION_TEXT:
		*(const char **)place = value;
		return *value || lacks_value(match.option, error);
	case OPTION_TEXTS:
		return *value ? add_word(place, value, request->arena)
			      : lacks_value(match.option, error);
	case OPTION_COUNT:
		return set_count(match.option, place, value, error);
	case OPTION_DURATION:
		return (parse_duration(value, place) && *(int64_t *)place > 0) ||
		       error_set(error, ERROR_USAGE,
			       "--%s takes a duration such as 30m or 5h30m, more than 0 and at most 366d, not '%s'",
			       match.option->name, value);
	case OPTION_CHOICE:
		return set_choice(match.option, place, value, error);
	case OPTION_ASSIGNMENT:
		return set_assignment(place, value, request->arena, error);
	}
	return false;
}

static bool unknown_long(
	const struct option_request *request, const char *name, size_t length, struct error *error)
{
	struct nearest nearest;
	const char *typed = arena_copy_bytes(request->arena, name, length);
	nearest_start(&nearest, typed);
	for (size_t t = 0; t < request->table_count; t++)
		for (size_t i = 0; i < request->tables[t].count; i++)
			nearest_offer(&nearest, request->tables[t].options[i].name);
	error_set(error, ERROR_USAGE, "'%s' has no option '--%s'", request->command, typed);
	if (nearest.best)
		return error_hint(error, "did you mean '--%s'?", nearest.best);
	if (request->parameters && *typed)
		return error_hint(error,
			"'wavetrain %s --help' lists them; a parameter is set with --%s=VALUE",
			request->command, typed);
	return error_hint(error, "'wavetrain %s --help' lists them", request->command);
}

/* `--resume require`: the word would be taken for the name of a pipeline. True: it was refused. */
static bool refuse_parted_choice(
	const struct option *option, const struct cursor *cursor, struct error *error)
{
	if (option->kind != OPTION_CHOICE || cursor->next >= cursor->count)
		return false;
	const char *word = cursor->arguments[cursor->next];
	for (uint32_t i = 0; option->choices[i]; i++)
		if (text_equal(option->choices[i], word))
			return !error_set(error, ERROR_USAGE,
				"--%s takes its value behind '=': --%s=%s", option->name,
				option->name, word);
	return false;
}

static bool parse_long(const struct option_request *request, struct cursor *cursor,
	const char *word, struct error *error)
{
	const char *equals = strchr(word, '=');
	size_t length = equals ? (size_t)(equals - word) : strlen(word);
	struct match match = find_long(request, word, length);
	if (!match.option && equals && request->parameters && length)
		return set_assignment(request->parameters, word, request->arena, error);
	if (!match.option)
		return unknown_long(request, word, length, error);
	if (match.option->kind == OPTION_FLAG)
		return equals ? error_set(error, ERROR_USAGE, "--%s takes no value",
					match.option->name)
			      : set_value(request, match, NULL, error);
	if (equals)
		return set_value(request, match, equals + 1, error);
	if (match.option->implied)
		return !refuse_parted_choice(match.option, cursor, error) &&
		       set_value(request, match, match.option->implied, error);
	if (cursor->next >= cursor->count)
		return error_set(error, ERROR_USAGE, "--%s needs a value (%s)", match.option->name,
			match.option->value_name);
	return set_value(request, match, cursor->arguments[cursor->next++], error);
}

static bool parse_letters(const struct option_request *request, struct cursor *cursor,
	const char *letters, struct error *error)
{
	for (; *letters; letters++) {
		struct match match = find_letter(request, *letters);
		if (!match.option) {
			error_set(error, ERROR_USAGE, "'%s' has no option '-%c'", request->command,
				*letters);
			return error_hint(
				error, "'wavetrain %s --help' lists them", request->command);
		}
		if (match.option->kind == OPTION_FLAG || match.option->implied) {
			if (!set_value(request, match, match.option->implied, error))
				return false;
			continue;
		}
		const char *value = letters[1] ? letters + 1 : NULL;
		if (!value && cursor->next < cursor->count)
			value = cursor->arguments[cursor->next++];
		if (!value)
			return error_set(error, ERROR_USAGE, "-%c needs a value (%s)", *letters,
				match.option->value_name);
		return set_value(request, match, value, error);
	}
	return true;
}

bool option_parse(const struct option_request *request, const char **arguments, uint32_t *count,
	struct error *error)
{
	struct cursor cursor = {.arguments = arguments, .count = *count};
	uint32_t kept = 0;
	bool ended = false;
	while (cursor.next < cursor.count) {
		const char *word = arguments[cursor.next++];
		if (ended || word[0] != '-' || !word[1])
			arguments[kept++] = word;
		else if (text_equal(word, "--"))
			ended = true;
		else if (word[1] == '-' ? !parse_long(request, &cursor, word + 2, error)
					: !parse_letters(request, &cursor, word + 1, error))
			return false;
	}
	*count = kept;
	return true;
}
