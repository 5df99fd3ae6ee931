/* Versions and ranges of schemas, and the files that hold them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/index.h"
#include "base/text.h"
#include "load/schema_reference.h"

struct fit {
	const char *wanted, *given;
	bool fits;
};

static const struct fit fits[] = {
	{"a:1.0.0", "a:1.0.0", true},
	{"a:=1.0.0", "a:1.0.0", true},
	{"a:1.0.0", "a:1.0.1", false},
	{"a:1.0.0", "b:1.0.0", false},
	{"a", "a:7.8.9", true},
	{"a:*", "a:7.8.9", true},
	{"a:^1.0", "a:1.0.0", true},
	{"a:^1.0", "a:1.99.3", true},
	{"a:^1.0", "a:2.0.0", false},
	{"a:^1.2.3", "a:1.2.2", false},
	{"a:^0.2.3", "a:0.2.9", true},
	{"a:^0.2.3", "a:0.3.0", false},
	{"a:^0.0.3", "a:0.0.3", true},
	{"a:^0.0.3", "a:0.0.4", false},
	{"a:^0.0", "a:0.0.9", true},
	{"a:^0.0", "a:0.1.0", false},
	{"a:^0", "a:0.9.0", true},
	{"a:^0", "a:1.0.0", false},
	{"a:~1.2", "a:1.2.9", true},
	{"a:~1.2", "a:1.3.0", false},
	{"a:~1.2.3", "a:1.2.2", false},
	{"a:~1.2.3", "a:1.2.9", true},
	{"a:~1.2.3", "a:1.3.0", false},
	{"a:~1", "a:1.9.0", true},
	{"a:~1", "a:2.0.0", false},
	{"a:1.x", "a:1.5.0", true},
	{"a:1.2.*", "a:1.2.7", true},
	{"a:1.2.*", "a:1.3.0", false},
	{"a:1", "a:1.5.0", true},
	{"a:1.2", "a:1.3.0", false},
	{"a:>=1.0", "a:3.0.0", true},
	{"a:>=1.0", "a:0.9.9", false},
	{"a:>=1.0 <2.0", "a:1.9.9", true},
	{"a:>=1.0,<2.0", "a:2.0.0", false},
	{"a:>1.2", "a:1.2.9", false},
	{"a:>1.2", "a:1.3.0", true},
	{"a:>1.2.3", "a:1.2.3", false},
	{"a:>1.2.3", "a:1.2.4", true},
	{"a:<=1.2", "a:1.2.9", true},
	{"a:<=1.2", "a:1.3.0", false},
	{"a:<=1.2.3", "a:1.2.4", false},
	{"a:<1.2", "a:1.1.9", true},
	{"a:<1.2", "a:1.2.0", false},
	{"a:>=1.0 <2.0 1.4.x", "a:1.4.1", true},
	{"a:>=1.0 <2.0 1.4.x", "a:1.5.0", false},
};

static void test_ranges(void **state)
{
	(void)state;
	struct arena arena = {0};
	for (size_t i = 0; i < ARRAY_LENGTH(fits); i++) {
		struct schema_reference wanted, given;
		assert_null(schema_reference_parse(fits[i].wanted, &arena, &wanted));
		assert_null(schema_reference_parse(fits[i].given, &arena, &given));
		assert_true(given.is_exact);
		if (schema_reference_accepts(&wanted, &given) != fits[i].fits)
			fail_msg("%s against %s", fits[i].given, fits[i].wanted);
	}
	arena_release(&arena);
}

#define NO_VERSION "has no version such as 1.0.0, or range such as ^1.0, ~1.2, 1.x or >=1.0 <2.0"
#define NO_NAME "has no name of letters, digits, '.', '_' and '-' before the ':'"

static const struct {
	const char *text, *fault;
} faults[] = {
	{"", NO_NAME},
	{":1.0.0", NO_NAME},
	{"a b:1.0.0", NO_NAME},
	{"a/1.0.0", "is no schema: the version follows a ':', as in finding:1.0.0"},
	{"a:", NO_VERSION},
	{"a: ", NO_VERSION},
	{"a:one", NO_VERSION},
	{"a:1.0.0.0", NO_VERSION},
	{"a:1..0", NO_VERSION},
	{"a:01.0.0", NO_VERSION},
	{"a:1.x.0", NO_VERSION},
	{"a:1000000.0.0", NO_VERSION},
	{"a:1.0.0-beta", NO_VERSION},
	{"a:^", NO_VERSION},
	{"a:~*", NO_VERSION},
	{"a:>=", NO_VERSION},
	{"a:>x", NO_VERSION},
	{"a:-1", NO_VERSION},
	{"a:>=2.0 <1.0", "is a range that no version is in"},
	{"a:<0.0.0", "is a range that no version is in"},
};

static void test_faults(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct schema_reference reference;
	for (size_t i = 0; i < ARRAY_LENGTH(faults); i++) {
		const char *fault = schema_reference_parse(faults[i].text, &arena, &reference);
		if (!fault)
			fail_msg("'%s' is taken", faults[i].text);
		assert_string_equal(fault, faults[i].fault);
	}
	assert_null(schema_reference_parse("a:^1.0.0", &arena, &reference));
	assert_false(reference.is_exact);
	assert_null(schema_reference_parse("a:1.0.0 1.0.0", &arena, &reference));
	assert_false(reference.is_exact);
	arena_release(&arena);
}

static void put(struct arena *arena, const char *folder, const char *path)
{
	struct error error;
	const char *whole = path_join(arena, folder, path);
	assert_true(folder_make(path_folder(arena, whole), &error));
	assert_true(file_write_atomic(whole, "{}", 2, &error));
}

static void test_files(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct error error;
	char folder[] = "/tmp/wavetrain-schemas-XXXXXX";
	assert_non_null(mkdtemp(folder));
	put(&arena, folder, ".wavetrain/schemas/one/1.0.0/any.json");
	put(&arena, folder, ".wavetrain/schemas/one/1.0.0/README.md");
	put(&arena, folder, ".wavetrain/schemas/own/1.0.0/a.json");
	put(&arena, folder, ".wavetrain/schemas/own/1.0.0/own.json");
	put(&arena, folder, ".wavetrain/schemas/two/1.0.0/a.json");
	put(&arena, folder, ".wavetrain/schemas/two/1.0.0/b.json");
	put(&arena, folder, ".wavetrain/schemas/old/2.0.0/old.json");
	put(&arena, folder, ".wavetrain/schemas/old/1.1.0/old.json");
	static const struct {
		const char *text;
		enum schema_file result;
		const char *path, *versions;
	} cases[] = {
		{"one:1.0.0", SCHEMA_FILE_FOUND, ".wavetrain/schemas/one/1.0.0/any.json", NULL},
		{"own:1.0.0", SCHEMA_FILE_FOUND, ".wavetrain/schemas/own/1.0.0/own.json", NULL},
		{"two:1.0.0", SCHEMA_FILE_AMBIGUOUS, ".wavetrain/schemas/two/1.0.0", NULL},
		{"old:1.0.0", SCHEMA_FILE_MISSING, NULL, "1.1.0, 2.0.0"},
		{"none:1.0.0", SCHEMA_FILE_NONE, NULL, NULL},
	};
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct schema_reference reference;
		assert_null(schema_reference_parse(cases[i].text, &arena, &reference));
		struct schema_place place = schema_file_find(folder, &reference, &arena);
		assert_int_equal(place.result, cases[i].result);
		assert_true(text_equal(place.path, cases[i].path));
		assert_true(text_equal(place.versions, cases[i].versions));
	}
	assert_true(path_remove(folder, &error));
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
