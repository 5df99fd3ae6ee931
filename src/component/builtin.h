#ifndef WAVETRAIN_COMPONENT_BUILTIN_H
#define WAVETRAIN_COMPONENT_BUILTIN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "component/component.h"

/* The components that are always there: one row each in builtin.c. */

enum property_kind {
	PROPERTY_TEXT,
	PROPERTY_TEXTS, /* a text or a list of texts */
	PROPERTY_COUNT, /* a whole number from 1, or its digits */
	PROPERTY_SIZE,  /* bytes, or a text such as 10MB */
	PROPERTY_UTF8,  /* an encoding, which can only be UTF-8 */
	PROPERTY_ANY,
};

struct property {
	const char *name;
	enum property_kind kind;
	bool is_required;
	const char *alias; /* a name that runbooks know it by; NULL: none */
};

struct builtin_request {
	const struct component_call *call;
	const json_t *properties; /* checked; an object */
	const char *input_folder; /* NULL: none */
	json_t *message;          /* content is to be set, metadata may be added to */
};

/* Returns 0, or an exit status with *error. */
typedef int builtin_function(const struct builtin_request *request, struct error *error);

struct builtin {
	const char *name;
	const char *summary;
	const struct property *properties; /* name NULL after the last */
	builtin_function *run;
};

/* NULL: there is no such one. */
const struct builtin *builtin_find(const char *name);

/* The properties as an object, a new reference; NULL: *error says what is wrong. */
json_t *builtin_properties(const struct builtin *builtin, const char *text, struct error *error);

/* NULL: not given. */
const char *property_text(const json_t *properties, const char *name);

/* otherwise: what holds when it is not given. */
uint64_t property_number(
	const json_t *properties, const char *name, enum property_kind kind, uint64_t otherwise);

/* A text counts as a list of one. place 0, 1, …; NULL: no more. */
const char *property_item(const json_t *properties, const char *name, size_t place);

builtin_function filesystem_run, json_run, command_run, merge_run;

#endif
