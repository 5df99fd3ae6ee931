#include "load/value_pattern.h"

#include <regex.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"

#define GROUP_LIMIT 32u

/*
 * glibc copies an expression for every repetition: ((a{99}){99}){99} is a million copies, and
 * each '+' around another doubles. The cost counts those copies before regcomp() makes them.
 */
struct level {
	uint64_t total; /* of the atoms before the last one */
	uint64_t last;
};

struct measure {
	struct level levels[GROUP_LIMIT];
	uint32_t depth;
};

static void add_atom(struct measure *measure, uint64_t cost)
{
	struct level *level = &measure->levels[measure->depth];
	level->total += level->last;
	level->last = cost;
}

/* at points at '['; returns the bracket expression's last character. */
static const char *skip_bracket(const char *at)
{
	const char *end = at + 1;
	end += *end == '^';
	end += *end == ']';
	while (*end && *end != ']') {
		if (end[0] == '[' && end[1] && strchr(":.=", end[1])) {
			const char *close = strchr(end + 2, ']');
			end = close ? close : end;
		}
		end++;
	}
	return *end ? end : end - 1;
}

/* at points at '{'; *factor is how often the atom may be written out. */
static const char *skip_interval(const char *at, uint64_t *factor)
{
	uint64_t number = 0;
	const char *end = at + 1;
	for (; *end && *end != '}'; end++) {
		if (*end < '0' || *end > '9') {
			number = 0;
			continue;
		}
		number = number * 10 + (uint64_t)(*end - '0');
		if (number > PATTERN_LIMIT_COST)
			number = PATTERN_LIMIT_COST;
		if (number + 1 > *factor)
			*factor = number + 1;
	}
	return *end ? end : end - 1;
}

static const char *measure_one(struct measure *measure, const char *at, const char **fault)
{
	uint64_t factor = 1;
	switch (*at) {
	case '(':
		if (measure->depth + 1 >= GROUP_LIMIT) {
			*fault = "its groups nest too deeply";
			return at;
		}
		measure->levels[++measure->depth] = (struct level){0};
		return at;
	case ')':
		if (measure->depth > 0) {
			struct level inner = measure->levels[measure->depth--];
			add_atom(measure, inner.total + inner.last + 1);
		}
		return at;
	case '[':
		add_atom(measure, 1);
		return skip_bracket(at);
	case '{':
		at = skip_interval(at, &factor);
		measure->levels[measure->depth].last *= factor;
		return at;
	case '+':
		measure->levels[measure->depth].last *= 2;
		return at;
	case '\\':
		add_atom(measure, 1);
		if (at[1] >= '0' && at[1] <= '9')
			*fault = "back-references are not supported";
		return at[1] ? at + 1 : at;
	default:
		add_atom(measure, 1);
		return at;
	}
}

static const char *pattern_fault(const char *pattern)
{
	struct measure measure = {0};
	const char *fault = NULL;
	if (strlen(pattern) > PATTERN_LIMIT_BYTES)
		return "it is longer than 256 bytes";
	for (const char *at = pattern; *at && !fault; at++) {
		at = measure_one(&measure, at, &fault);
		const struct level *level = &measure.levels[measure.depth];
		if (level->total + level->last > PATTERN_LIMIT_COST)
			fault = "it repeats too much";
	}
	return fault;
}

enum pattern_result value_pattern_match(
	const char *pattern, const char *value, char *reason, size_t reason_size)
{
	const char *fault = pattern_fault(pattern);
	char whole[PATTERN_LIMIT_BYTES + 8];
	regex_t expression;
	if (fault) {
		snprintf(reason, reason_size, "%s", fault);
		return PATTERN_INVALID;
	}
	snprintf(whole, sizeof whole, "^(%s)$", pattern);
	int status = regcomp(&expression, whole, REG_EXTENDED | REG_NOSUB);
	if (status != 0) {
		regerror(status, &expression, reason, reason_size);
		return PATTERN_INVALID;
	}
	status = regexec(&expression, value, 0, NULL, 0);
	regfree(&expression);
	return status == 0 ? PATTERN_MATCHES : PATTERN_DIFFERS;
}
