/* foreach: a list becomes instances, and everything that named the step names them. */
#include "load_fixture.h"

#include "load/expansion.h"

static const char source[] =
	"waves: [{steps: [list]}, {steps: each}, {steps: [after, taker, other]}]\n"
	"steps:\n"
	"- {id: list, run: x, outputs: [files, more]}\n"
	"- id: each\n"
	"  name: Look at {file}\n"
	"  run: [check, '{file}']\n"
	"  foreach: {from: files, as: file, limit: 4}\n"
	"  inputs: more\n"
	"  outputs: {report: 'out/{file}.txt'}\n"
	"- {id: after, run: x, needs: [list, each]}\n"
	"- {id: taker, run: x, inputs: [report, more]}\n"
	"- {id: other, run: x, foreach: more, needs: after}\n";

static void test_instances(void **state)
{
	(void)state;
	struct fixture fixture;
	struct error error;
	fixture_load_good(&fixture, source);
	struct pipeline *pipeline = &fixture.pipeline;
	const struct step *written = &pipeline->steps[1];
	assert_int_equal(written->need_count, 1);
	assert_int_equal(written->needs[0].step, 0);
	assert_string_equal(written->needs[0].id, "list");
	const char *list = "[\"a\", {\"b\": 1}, 3]";
	assert_true(foreach_expand(pipeline, 1, list, strlen(list), &fixture.arena, &error));
	static const char *const ids[] = {
		"list", "each[0]", "each[1]", "each[2]", "after", "taker", "other"};
	assert_int_equal(pipeline->step_count, ARRAY_LENGTH(ids));
	for (uint32_t i = 0; i < ARRAY_LENGTH(ids); i++)
		assert_string_equal(pipeline->steps[i].id, ids[i]);

	const struct step *first = &pipeline->steps[1];
	assert_string_equal(first->name, "Look at a");
	assert_string_equal(first->command.arguments[1], "a");
	assert_string_equal(first->outputs[0].path, "out/a.txt");
	assert_string_equal(first->instance->item, "\"a\"");
	assert_string_equal(first->instance->item_name, "file");
	assert_string_equal(first->instance->base_id, "each");
	assert_int_equal(first->instance->instance_count, 3);
	assert_null(first->foreach);
	assert_int_equal(first->needs[0].step, 0);
	assert_int_equal(first->inputs[0].step, 0);
	const struct step *second = &pipeline->steps[2];
	assert_string_equal(second->name, "Look at {file}[1]");
	assert_string_equal(second->instance->item, "{\"b\":1}");
	assert_int_equal(second->instance->number, 1);
	assert_string_equal(pipeline->steps[3].name, "Look at 3");

	const struct step *after = &pipeline->steps[4];
	assert_int_equal(after->need_count, 4);
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(after->needs[i].step, i);
		assert_string_equal(after->needs[i].id, ids[i]);
	}
	const struct step *taker = &pipeline->steps[5];
	assert_int_equal(taker->input_count, 4);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(taker->inputs[i].step, i + 1);
		assert_true(taker->inputs[i].of_fan_out);
	}
	assert_int_equal(taker->inputs[3].step, 0);
	assert_false(taker->inputs[3].of_fan_out);
	assert_int_equal(pipeline->steps[6].needs[0].step, 4);
	assert_int_equal(pipeline->steps[6].foreach->from.step, 0);
	assert_int_equal(pipeline->waves[1].steps.count, 3);
	assert_string_equal(pipeline->waves[1].steps.items[2].text, "each[2]");

	/* The next one, behind it. */
	assert_true(foreach_expand(pipeline, 6, "x\n", 2, &fixture.arena, &error));
	assert_string_equal(pipeline->steps[6].id, "other[0]");
	assert_int_equal(pipeline->steps[6].needs[0].step, 4);
	fixture_release(&fixture);
}

struct list_case {
	const char *list;
	uint32_t count;
	const char *last; /* item as JSON */
};

static const struct list_case lists[] = {
	{"[]", 0, NULL},
	{"", 0, NULL},
	{" \n\r\n\t\n", 0, NULL},
	{" \n[1, true, null]", 3, "null"},
	{"\xEF\xBB\xBF[1.5]", 1, "1.5"},
	{"[\"\\ud83d\\ude00\\n\"]", 1, "\"\xF0\x9F\x98\x80\\n\""},
	{"a\r\n  b c \r\n\n", 2, "\"b c\""},
	{"a\nb", 2, "\"b\""},
	{"{\"a\": 1}\n{}\n", 2, "\"{}\""},
};

static void test_lists(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(lists); i++) {
		struct fixture fixture;
		struct error error;
		fixture_load_good(&fixture, source);
		struct pipeline *pipeline = &fixture.pipeline;
		assert_true(foreach_expand(
			pipeline, 1, lists[i].list, strlen(lists[i].list), &fixture.arena, &error));
		assert_int_equal(pipeline->step_count, 4 + lists[i].count);
		if (lists[i].count > 0)
			assert_string_equal(
				pipeline->steps[lists[i].count].instance->item, lists[i].last);
		assert_int_equal(
			pipeline->steps[1 + lists[i].count].need_count, 1 + lists[i].count);
		fixture_release(&fixture);
	}
}

static void test_batches(void **state)
{
	(void)state;
	struct fixture fixture;
	struct error error;
	fixture_load_good(&fixture, "steps:\n"
				    "- {id: list, run: x, outputs: [l]}\n"
				    "- {id: each, name: 'Do {item}', run: x, foreach: {from: l, "
				    "batch: 2}}\n");
	struct pipeline *pipeline = &fixture.pipeline;
	assert_true(foreach_expand(pipeline, 1, "a\nb\nc\n", 6, &fixture.arena, &error));
	assert_int_equal(pipeline->step_count, 3);
	assert_string_equal(pipeline->steps[1].instance->item, "[\"a\",\"b\"]");
	assert_string_equal(pipeline->steps[2].instance->item, "[\"c\"]");
	assert_string_equal(pipeline->steps[1].name, "Do {item}[0]");
	fixture_release(&fixture);
}

struct list_refusal {
	const char *list;
	size_t size;
	const char *message;
};

static const struct list_refusal refusals[] = {
	{"a\nb\nc\nd\ne\n", 10,
		"step 'each', foreach over 'files': the list makes 5 instances, and its 'limit' is 4"},
	{"[1, 2", 5,
		"step 'each', foreach over 'files': the list is not valid JSON: line 1, column 5: ']' "
		"expected near end of file"},
	{"[1] x", 5,
		"step 'each', foreach over 'files': the list is not valid JSON: line 1, column 5: end "
		"of file expected near 'x'"},
	{"[{\"a\": 1, \"a\": 2}]", 18,
		"step 'each', foreach over 'files': the list is not valid JSON: line 1, column 13: "
		"duplicate object key near '\"a\"'"},
	{" {\"a\": 1}\n", 10,
		"step 'each', foreach over 'files': the list is a JSON object and not an array"},
	{"a\0b", 3,
		"step 'each', foreach over 'files': the list is neither a JSON array nor UTF-8 text "
		"with an item on each line"},
	{"\xff", 1,
		"step 'each', foreach over 'files': the list is neither a JSON array nor UTF-8 text "
		"with an item on each line"},
};

static void test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(refusals); i++) {
		struct fixture fixture;
		struct error error = {0};
		fixture_load_good(&fixture, source);
		assert_false(foreach_expand(&fixture.pipeline, 1, refusals[i].list,
			refusals[i].size, &fixture.arena, &error));
		assert_string_equal(error.text, refusals[i].message);
		assert_int_equal(error.code, ERROR_STEP_FAILED);
		assert_int_equal(fixture.pipeline.step_count, 5);
		fixture_release(&fixture);
	}
}

/* An item is put into paths, and may come from anywhere. */
static void test_items_stay_in_their_folder(void **state)
{
	(void)state;
	static const struct list_refusal cases[] = {
		{"../../etc", 9,
			"step 'each[0]': the path 'out/../../etc.txt' of 'outputs' must stay inside the "
			"folder: no '..', no '.git', no empty parts"},
		{"[\"a\", \"b/.git/hooks/x\"]", 23,
			"step 'each[1]': the path 'out/b/.git/hooks/x.txt' of 'outputs' must stay inside "
			"the folder: no '..', no '.git', no empty parts"},
	};
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct fixture fixture;
		struct error error = {0};
		fixture_load_good(&fixture, source);
		assert_false(foreach_expand(&fixture.pipeline, 1, cases[i].list, cases[i].size,
			&fixture.arena, &error));
		assert_string_equal(error.text, cases[i].message);
		assert_int_equal(fixture.pipeline.step_count, 5);
		fixture_release(&fixture);
	}
}

static void test_deep_and_many(void **state)
{
	(void)state;
	struct fixture fixture;
	struct error error = {0};
	struct buffer list = BUFFER_INIT;
	fixture_load_good(&fixture, source);
	buffer_append_repeated(&list, "[", 100000);
	assert_false(foreach_expand(
		&fixture.pipeline, 1, buffer_text(&list), list.size, &fixture.arena, &error));
	buffer_clear(&list);
	buffer_append_repeated(&list, "x\n", 1000001);
	assert_false(foreach_expand(
		&fixture.pipeline, 1, buffer_text(&list), list.size, &fixture.arena, &error));
	assert_string_equal(error.text,
		"step 'each', foreach over 'files': the list has more than 1000000 items");
	buffer_release(&list);
	fixture_release(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_instances),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_batches),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_items_stay_in_their_folder),
		cmocka_unit_test(test_deep_and_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
