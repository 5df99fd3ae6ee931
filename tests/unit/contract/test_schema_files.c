#include "schema_case.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/index.h"

static char root[] = "/tmp/wavetrain-schema-XXXXXX";

static const char *const files[][2] = {
	{"in/main.json", "{\"items\":{\"$ref\":\"parts/part.json#/$defs/a\"}}"},
	{"in/parts/part.json", "{\"$defs\":{\"a\":{\"$ref\":\"../b%20c.json\"}}}"},
	{"in/b c.json", "{\"type\":\"null\"}"},
	{"out/secret.json", "{}"},
	{"in/up.json", "{\"$ref\":\"../out/secret.json\"}"},
	{"in/encoded.json", "{\"$ref\":\"%2e%2e/out/secret.json\"}"},
	{"in/absolute.json", "{\"$ref\":\"file:///etc/passwd\"}"},
	{"in/linked.json", "{\"$ref\":\"link.json\"}"},
	{"in/folder_link.json", "{\"$ref\":\"link/secret.json\"}"},
	{"in/fifo.json", "{\"$ref\":\"pipe\"}"},
	{"in/folder.json", "{\"$ref\":\"parts\"}"},
	{"in/missing.json", "{\"$ref\":\"no.json\"}"},
	{"in/broken.json", "{\"$ref\":\"bad.json\"}"},
	{"in/bad.json", "{\"a\":\n[}"},
	{"in/wrong.json", "{\"properties\":{\"x\":{\"$ref\":\"typo.json\"}}}"},
	{"in/typo.json", "{\"type\":\"nul\"}"},
	{"in/loop.json", "{\"$ref\":\"loop.json\"}"},
};

static const char *full(struct arena *arena, const char *path)
{
	return path_join(arena, root, path);
}

static int set_up(void **state)
{
	struct arena *arena = calloc(1, sizeof *arena);
	struct error error;
	*state = arena;
	if (!mkdtemp(root))
		return -1;
	for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
		const char *path = full(arena, files[i][0]);
		if (!folder_make(path_folder(arena, path), &error) ||
			!file_write_atomic(path, files[i][1], strlen(files[i][1]), &error))
			return -1;
	}
	return symlink("../out/secret.json", full(arena, "in/link.json")) ||
	       symlink("../out", full(arena, "in/link")) || mkfifo(full(arena, "in/pipe"), 0600);
}

static int tear_down(void **state)
{
	struct error error;
	bool is_gone = path_remove(root, &error);
	arena_release(*state);
	free(*state);
	return is_gone ? 0 : -1;
}

static bool compile_file(
	struct arena *arena, const char *name, struct schema **schema, struct error *error)
{
	const struct schema_source source = {
		.file = full(arena, name), .root_folder = full(arena, "in")};
	*error = (struct error){0};
	return schema_compile(&source, schema, error);
}

static void follows_references_beside(void **state)
{
	struct arena *arena = *state;
	struct buffer lines = BUFFER_INIT;
	struct schema *schema;
	struct error error;
	assert_true(compile_file(arena, "in/main.json", &schema, &error));
	json_t *value = must_read("[null, 1]");
	validate_lines(schema, value, &lines);
	assert_string_equal(buffer_text(&lines), "/1 type: expected null, got the number 1\n");
	json_decref(value);
	buffer_release(&lines);

	char before[65];
	memcpy(before, schema_hash(schema), sizeof before);
	schema_free(schema);
	assert_true(
		file_write_atomic(full(arena, "in/b c.json"), "{\"type\":\"null\"} ", 16, &error));
	assert_true(compile_file(arena, "in/main.json", &schema, &error));
	assert_string_not_equal(before, schema_hash(schema));
	schema_free(schema);
}

struct refusal {
	const char *file;
	const char *text; /* after the name of the file */
};

static const struct refusal refusals[] = {
	{"in/up.json",
		"at #: $ref: 'secret.json' lies outside the folder that schemas may come from"},
	{"in/encoded.json",
		"at #: $ref: '../out/secret.json' lies outside the folder that schemas may come from"},
	{"in/absolute.json",
		"at #: $ref: 'passwd' lies outside the folder that schemas may come from"},
	{"in/linked.json",
		"at #: $ref: 'link.json' is or lies behind a symbolic link, which is not followed"},
	{"in/folder_link.json", "at #: $ref: 'link/secret.json' is or lies behind a symbolic link, "
				"which is not followed"},
	{"in/fifo.json", "at #: $ref: cannot open 'pipe': Invalid argument"},
	{"in/folder.json", "at #: $ref: cannot open 'parts': Invalid argument"},
	{"in/missing.json", "at #: $ref: cannot open 'no.json': No such file or directory"},
	{"in/broken.json", "at #: $ref: bad.json: line 2, column 2: "},
	{"in/wrong.json", "at typo.json: type: 'nul' is no type; there are null, boolean, integer, "
			  "number, string, array and object"},
};

static void refuses_what_lies_elsewhere(void **state)
{
	struct arena *arena = *state;
	for (size_t i = 0; i < ARRAY_LENGTH(refusals); i++) {
		struct schema *schema;
		struct error error;
		assert_false(compile_file(arena, refusals[i].file, &schema, &error));
		const char *start = arena_format(
			arena, "%s: %s", full(arena, refusals[i].file), refusals[i].text);
		error.text[strlen(start)] = '\0';
		assert_string_equal(error.text, start);
	}
}

static void names_a_file_that_is_not_there_once(void **state)
{
	struct arena *arena = *state;
	struct schema *schema;
	struct error error;
	assert_false(compile_file(arena, "in/none.json", &schema, &error));
	assert_string_equal(
		error.text, arena_format(arena, "cannot open '%s': No such file or directory",
				    full(arena, "in/none.json")));
}

static void needs_a_folder_for_files(void **state)
{
	struct arena *arena = *state;
	const struct schema_source source = {.file = full(arena, "in/main.json")};
	struct schema *schema;
	struct error error;
	assert_false(schema_compile(&source, &schema, &error));
	assert_non_null(strstr(error.text, "'part.json' lies outside the folder"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_references_beside),
		cmocka_unit_test(refuses_what_lies_elsewhere),
		cmocka_unit_test(names_a_file_that_is_not_there_once),
		cmocka_unit_test(needs_a_folder_for_files),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
