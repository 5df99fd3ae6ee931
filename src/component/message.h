#ifndef WAVETRAIN_COMPONENT_MESSAGE_H
#define WAVETRAIN_COMPONENT_MESSAGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

/* What components hand to one another. */
#define MESSAGE_SHAPE                                                                              \
	"{\"schema\": \"NAME:1.0.0\", \"content\": \xe2\x80\xa6, \"metadata\": {\xe2\x80\xa6}}"

/*
 * Any JSON value, within base/json_measure.h's limits; a new reference. NULL: *error says at
 * which line and column, beginning with what: "the standard output".
 */
json_t *json_text_read(const char *text, size_t size, const char *what, struct error *error);

/* The same. *is_json tells JSON beyond the limits from what is no JSON at all. */
json_t *json_text_try(
	const char *text, size_t size, const char *what, bool *is_json, struct error *error);

/* The file's bytes and what they say; bytes may be NULL. */
json_t *json_file_read(
	const char *path, const char *what, struct buffer *bytes, struct error *error);

/* One line and a line end; false: larger than what json_text_read() would take. */
bool json_text_append(const json_t *value, struct buffer *text, struct error *error);

/* Takes content over; a new reference. NULL: null, of both. */
json_t *message_new(const char *schema, json_t *content);

/* True for an object with content and no members but those of a message. */
bool message_is_one(const json_t *value);

/* False: no message; *error shows the shape, or names the member and the nearest right one. */
bool message_check(const json_t *value, const char *what, struct error *error);

/* NULL: the message says none. */
const char *message_schema(const json_t *message);

#endif
