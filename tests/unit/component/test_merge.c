#include "component/merge.h"

#include "component_rig.h"

struct merge_file {
	const char *path;
	const char *text;
};

struct merge_case {
	struct merge_file files[4];
	const char *names[4]; /* names[0] NULL: everything */
	const char *message;  /* NULL: an error */
	const char *complaint;
	const char *hint;
};

static const struct merge_case merge_cases[] = {
	{{{"a.json", "{\"schema\":\"s:1.0.0\",\"content\":[1,[2]],\"metadata\":{\"x\":1}}"},
		 {"b.json", "{\"schema\":\"s:1.0.0\",\"content\":[3]}"}},
		{"a", "b"},
		"{\"schema\":\"s:1.0.0\",\"content\":[1,[2],3],\"metadata\":{\"merged_from\":"
		"[\"a\",\"b\"]}}",
		NULL, NULL},
	{{{"a.json", "{\"schema\":\"s:1.0.0\",\"content\":{\"k\":1}}"},
		 {"b.json", "{\"schema\":\"t:1.0.0\",\"content\":[]}"}},
		{"b", "a"},
		"{\"schema\":null,\"content\":[{\"k\":1}],\"metadata\":{\"merged_from\":[\"b\","
		"\"a\"]}}",
		NULL, NULL},
	{{{"a.json", "{\"content\":[1]}"}, {"b.json", "{\"content\":2,\"schema\":null}"}},
		{"a", "b"},
		"{\"schema\":null,\"content\":[1,2],\"metadata\":{\"merged_from\":[\"a\",\"b\"]}}",
		NULL, NULL},
	/* What is no message is content as a whole, and has no schema. */
	{{{"a.json", "{\"content\":1,\"x\":1}"}, {"b", "[2]"}, {"c.txt", "3"}}, {"a", "b", "c"},
		"{\"schema\":null,\"content\":[{\"content\":1,\"x\":1},2,3],\"metadata\":{\"merged_from\":"
		"[\"a\",\"b\",\"c\"]}}",
		NULL, NULL},
	{{{"a.json", "1"}, {"f/x[10].json", "10"}, {"f/x[2].json", "2"}}, {NULL},
		"{\"schema\":null,\"content\":[1,2,10],\"metadata\":{\"merged_from\":[\"a\","
		"\"f/x[2].json\",\"f/x[10].json\"]}}",
		NULL, NULL},
	/* One file is passed on; a folder is a list, and no element of one is as its schema says. */
	{{{"a.json", "{\"schema\":\"s:1.0.0\",\"content\":{\"n\":1}}"}}, {NULL},
		"{\"schema\":\"s:1.0.0\",\"content\":{\"n\":1},\"metadata\":{\"merged_from\":"
		"[\"a\"]}}",
		NULL, NULL},
	{{{"a.json", "{\"schema\":\"s:1.0.0\",\"content\":null}"}, {"b.json", "[]"}}, {"a"},
		"{\"schema\":\"s:1.0.0\",\"content\":null,\"metadata\":{\"merged_from\":[\"a\"]}}",
		NULL, NULL},
	{{{"f/a.json", "{\"schema\":\"s:1.0.0\",\"content\":{\"n\":1}}"}}, {NULL},
		"{\"schema\":null,\"content\":[{\"n\":1}],\"metadata\":{\"merged_from\":"
		"[\"f/a.json\"]}}",
		NULL, NULL},
	{{{"a.json", "{\"schema\":\"s:1.0.0\",\"content\":{\"n\":1}}"},
		 {"b.json", "{\"schema\":\"s:1.0.0\",\"content\":[2]}"}},
		{"a", "b"},
		"{\"schema\":null,\"content\":[{\"n\":1},2],\"metadata\":{\"merged_from\":"
		"[\"a\",\"b\"]}}",
		NULL, NULL},
	{{{"merged.json", "9"}, {".hidden", "8"}}, {NULL},
		"{\"schema\":null,\"content\":[],\"metadata\":{\"merged_from\":[]}}", NULL, NULL},
	/* The name itself and NAME.json come before a longer name that begins so. */
	{{{"a.json", "1"}, {"a.b.json", "2"}}, {"a", "a.b"},
		"{\"schema\":null,\"content\":[1,2],\"metadata\":{\"merged_from\":[\"a\",\"a.b\"]}"
		"}",
		NULL, NULL},
	{{{"a.x", "1"}, {"a.y", "2"}}, {"a"}, NULL,
		"the input 'a' is ambiguous: several files are called so", ""},
	{{{"ab.json", "1"}}, {"a"}, NULL, "the input 'a' is not there",
		"inputs are files of $WAVETRAIN_INPUT"},
	{{{"a.json", "[1,"}}, {"a"}, NULL,
		"the input 'a' is not JSON: line 1, column 3: ']' expected near end of file", ""},
	{{{"a.json", ""}}, {"a"}, NULL, "the input 'a' is not JSON: it is empty", ""},
};

static void contents_follow_one_another(void **state)
{
	for (size_t i = 0; i < ARRAY_LENGTH(merge_cases); i++) {
		const struct merge_case *now = &merge_cases[i];
		struct error error = {0};
		rig_set_up(state);
		struct rig *rig = *state;
		for (size_t j = 0; j < 4 && now->files[j].path; j++)
			rig_put(rig, arena_format(&rig->arena, "input/%s", now->files[j].path),
				now->files[j].text);
		json_t *message =
			merge_inputs(rig->input, now->names[0] ? now->names : NULL, &error);
		char *text = message ? json_dumps(message, JSON_COMPACT) : NULL;
		if (now->message) {
			assert_string_equal(error.text, "");
			assert_string_equal(text, now->message);
		} else {
			assert_null(message);
			assert_string_equal(error.text, now->complaint);
			assert_string_equal(error.hint, now->hint);
		}
		free(text);
		json_decref(message);
		rig_tear_down(state);
	}
}

static void a_link_in_a_folder_is_not_followed(void **state)
{
	struct rig *rig = *state;
	struct error error = {0};
	rig_put(rig, "input/f/a.json", "[1]");
	assert_int_equal(symlink("/etc/passwd", path_join(&rig->arena, rig->input, "f/b")), 0);
	json_t *message = merge_inputs(rig->input, NULL, &error);
	assert_non_null(message);
	assert_int_equal(json_array_size(json_object_get(message, "content")), 1);
	json_decref(message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contents_follow_one_another),
		cmocka_unit_test_setup_teardown(
			a_link_in_a_folder_is_not_followed, rig_set_up, rig_tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
