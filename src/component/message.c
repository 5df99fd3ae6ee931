#include "component/message.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/index.h"
#include "base/json_measure.h"
#include "base/text.h"

#define SNIFFED_BYTES 4096u
#define SNIFFED_TOKEN 32u /* a number or word that was cut off at the end */

static const char *const members[] = {"schema", "content", "metadata"};

static const char *const type_names[] = {[JSON_OBJECT] = "an object",
	[JSON_ARRAY] = "an array",
	[JSON_STRING] = "a string",
	[JSON_INTEGER] = "a number",
	[JSON_REAL] = "a number",
	[JSON_TRUE] = "true",
	[JSON_FALSE] = "false",
	[JSON_NULL] = "null"};

static size_t leading_blanks(const char *text, size_t size)
{
	size_t blanks = 0;
	while (blanks < size && strchr(" \t\r\n", text[blanks]) && text[blanks])
		blanks++;
	return blanks;
}

static bool is_syntax_fault(const json_error_t *fault)
{
	enum json_error_code code = json_error_code(fault);
	return code == json_error_invalid_syntax || code == json_error_premature_end_of_input ||
	       code == json_error_end_of_input_expected || code == json_error_invalid_utf8;
}

/* What was refused for a number or a member may still turn out to be no JSON further on. */
static bool is_json_at_all(const char *text, size_t size, const json_error_t *fault)
{
	json_error_t other;
	if (is_syntax_fault(fault))
		return false;
	json_t *value = json_loadb(
		text, size, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &other);
	bool is_json = value || !is_syntax_fault(&other);
	json_decref(value);
	return is_json;
}

/* Of what is too much to be read: whether it is JSON as far as a look at its beginning tells. */
static bool begins_as_json(const char *text, size_t size)
{
	json_error_t fault;
	size_t begin = size < SNIFFED_BYTES ? size : SNIFFED_BYTES;
	json_t *value = json_loadb(text, begin, JSON_DECODE_ANY | JSON_ALLOW_NUL, &fault);
	bool is_json = value || !is_syntax_fault(&fault) ||
		       json_error_code(&fault) == json_error_premature_end_of_input ||
		       (size_t)fault.position + SNIFFED_TOKEN >= begin;
	json_decref(value);
	return is_json;
}

json_t *json_text_try(
	const char *text, size_t size, const char *what, bool *is_json, struct error *error)
{
	json_error_t fault;
	size_t blanks = leading_blanks(text, size);
	enum json_fairness fairness = json_measure_check(text, size, error);
	if (fairness != JSON_FAIR) {
		*is_json = fairness == JSON_TOO_MUCH && begins_as_json(text, size);
		error_context(error, *is_json ? "%s" : "%s is not JSON", what);
		return NULL;
	}
	json_t *value = json_loadb(
		text, size, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &fault);
	*is_json = value || is_json_at_all(text, size, &fault);
	if (value)
		return value;
	if (blanks == size)
		error_set(error, ERROR_FILE, "%s is not JSON: it is empty", what);
	else
		error_set(error, ERROR_FILE, "%s %s: line %d, column %d: %s", what,
			*is_json ? "is JSON that cannot be read" : "is not JSON", fault.line,
			fault.column, fault.text);
	return NULL;
}

json_t *json_text_read(const char *text, size_t size, const char *what, struct error *error)
{
	bool is_json;
	return json_text_try(text, size, what, &is_json, error);
}

json_t *json_file_read(
	const char *path, const char *what, struct buffer *bytes, struct error *error)
{
	struct buffer own CLEANUP(buffer_release) = BUFFER_INIT;
	struct buffer *text = bytes ? bytes : &own;
	if (!file_read(path, JSON_BYTE_LIMIT, text, error))
		return NULL;
	return json_text_read(buffer_text(text), text->size, what, error);
}

static int append_part(const char *bytes, size_t size, void *context)
{
	struct buffer *text = context;
	if (text->size + size > JSON_BYTE_LIMIT)
		return -1;
	buffer_append(text, bytes, size);
	return 0;
}

bool json_text_append(const json_t *value, struct buffer *text, struct error *error)
{
	if (json_dump_callback(value, append_part, text, JSON_ENCODE_ANY | JSON_COMPACT) != 0)
		return error_set(error, ERROR_FILE, "the result is more than %zu MiB of JSON",
			JSON_BYTE_LIMIT / 1024 / 1024);
	buffer_append_byte(text, '\n');
	return true;
}

json_t *message_new(const char *schema, json_t *content)
{
	json_t *message = json_object();
	json_object_set_new(message, "schema", schema ? json_string(schema) : json_null());
	json_object_set_new(message, "content", content ? content : json_null());
	json_object_set_new(message, "metadata", json_object());
	return message;
}

static bool is_member(const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(members); i++) {
		if (text_equal(name, members[i]))
			return true;
	}
	return false;
}

/* NULL: all are known. */
static const char *unknown_member(const json_t *value)
{
	/* jansson's iterators want an object that may be changed; this one is only read. */
	json_t *object = json_incref((json_t *)(uintptr_t)value);
	const char *unknown = NULL;
	for (void *at = json_object_iter(object); at && !unknown;
		at = json_object_iter_next(object, at)) {
		if (!is_member(json_object_iter_key(at)))
			unknown = json_object_iter_key(at);
	}
	json_decref(object);
	return unknown;
}

bool message_is_one(const json_t *value)
{
	return json_is_object(value) && json_object_get(value, "content") && !unknown_member(value);
}

static bool refuse(struct error *error, const char *what, const char *found)
{
	return error_set(error, ERROR_FILE, "%s must be a message, " MESSAGE_SHAPE ", and is %s",
		what, found);
}

bool message_check(const json_t *value, const char *what, struct error *error)
{
	if (!json_is_object(value))
		return refuse(error, what, type_names[json_typeof(value)]);
	const char *unknown = unknown_member(value);
	if (!json_object_get(value, "content"))
		return refuse(error, what, "an object without 'content'");
	if (unknown) {
		const char *nearest = text_nearest(unknown, members, ARRAY_LENGTH(members));
		error_set(error, ERROR_FILE,
			"%s must be a message, " MESSAGE_SHAPE ", and has '%s' beside them", what,
			unknown);
		return nearest ? error_hint(error, "did you mean '%s'?", nearest) : false;
	}
	const json_t *schema = json_object_get(value, "schema");
	if (schema && !json_is_string(schema) && !json_is_null(schema))
		return error_set(error, ERROR_FILE, "'schema' of %s must be a text and is %s", what,
			type_names[json_typeof(schema)]);
	const json_t *metadata = json_object_get(value, "metadata");
	if (metadata && !json_is_object(metadata))
		return error_set(error, ERROR_FILE, "'metadata' of %s must be an object and is %s",
			what, type_names[json_typeof(metadata)]);
	return true;
}

const char *message_schema(const json_t *message)
{
	return json_string_value(json_object_get(message, "schema"));
}
