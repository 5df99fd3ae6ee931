/* The file that says what was the user's when a run began, of this version and the first one. */
#include "checkpoint/baseline.h"

#include "checkpoint/rig.h"

#define ID_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define REST "target refs/heads/main\nhead yes\n"
#define ENTRY "33188 " ID_B " 12 -5 a b\nc"

static const struct {
	const char *text; /* a NUL follows */
	const char *since;
} cases[] = {
	{"wavetrain baseline 2\nstart " ID_A "\nsince " ID_B "\n" REST ENTRY, ID_B},
	{"wavetrain baseline 1\nstart " ID_A "\n" REST ENTRY, ID_A},
	{"wavetrain baseline 2\nstart " ID_A "\n" REST ENTRY, NULL},
	{"wavetrain baseline 1\nstart " ID_A "\nsince " ID_B "\n" REST ENTRY, NULL},
	{"wavetrain baseline 1\n" REST ENTRY, NULL},
	{"wavetrain baseline 3\nstart " ID_A "\nsince " ID_B "\n" REST ENTRY, NULL},
	{"wavetrain baseline 1\nstart " ID_A "\n" REST "33188 " ID_B " 12", NULL},
	{"wavetrain baseline 1", NULL},
	{"", NULL},
};

static void test_versions(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		const char *file = path_join(&rig.arena, rig.folder, "baseline");
		struct baseline baseline = {0};
		struct error error = {0};
		char since[GIT_OID_HEXSZ + 1];
		const struct baseline_entry *entry;
		bool read;

		assert_true(
			file_write_atomic(file, cases[i].text, strlen(cases[i].text) + 1, &error));
		read = baseline_read(&baseline, file, &error);
		if (read != (cases[i].since != NULL))
			fail_msg("case %zu: %s", i, read ? "is read" : error.text);
		if (!read)
			assert_non_null(strstr(error.text, "is damaged"));
		entry = read ? baseline_find(&baseline, "a b\nc") : NULL;
		if (read) {
			git_oid_tostr(since, sizeof(since), &baseline.since);
			ASSERT_TEXT(since, cases[i].since);
			ASSERT_TEXT(baseline.target, "refs/heads/main");
			assert_true(baseline.target_is_head);
			assert_non_null(entry);
			assert_int_equal(entry->size_bytes, 12);
			assert_int_equal(entry->changed_ns, -5);
		}
		baseline_release(&baseline);
	}
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_versions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
