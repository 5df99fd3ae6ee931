/* Files that are made to take long, or all memory, do neither. */
#include "load_fixture.h"

#include <time.h>

#include "base/cleanup.h"
#include "load/condition_read.h"

#define LIMIT_S 5 /* a slow machine under a sanitizer needs one */

/* By processor time, which load does not change. */
static void load_quickly(struct fixture *fixture, const struct buffer *source)
{
	static const char *const environment[] = {NULL};
	const struct load_request request = {
		.path = "p.yml", .folder = "/nowhere", .environment = environment};
	clock_t before = clock();
	*fixture = (struct fixture){0};
	pipeline_load_bytes(&request, buffer_text(source), source->size, &fixture->arena,
		&fixture->diagnostics, &fixture->pipeline);
	double seconds = (double)(clock() - before) / CLOCKS_PER_SEC;
	if (seconds >= LIMIT_S)
		fail_msg("%.1f s", seconds);
}

static void test_parameters_that_conditions_ask_for(void **state)
{
	(void)state;
	enum { COUNT = 8000 };
	static const char *const names[] = {"parameter_number", "parameter_nummer"};
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		CLEANUP(buffer_release) struct buffer source = BUFFER_INIT;
		struct fixture fixture;
		buffer_append_text(&source, "params:\n");
		for (uint32_t j = 0; j < COUNT; j++)
			buffer_printf(&source, "  parameter_number_%u: x\n", j);
		buffer_append_text(&source, "steps:\n");
		for (uint32_t j = 0; j < COUNT; j++)
			buffer_printf(&source, "- {id: s%u, run: x, if: params.%s_%u == 'x'}\n", j,
				names[i], j);
		load_quickly(&fixture, &source);
		assert_int_equal(fixture.diagnostics.error_count, i * COUNT);
		if (i > 0)
			assert_string_equal(fixture.diagnostics.findings[0].hint,
				"did you mean 'parameter_number_0'?");
		fixture_release(&fixture);
	}
}

static void test_unknown_personas_and_adapters(void **state)
{
	(void)state;
	enum { COUNT = 4000 };
	CLEANUP(buffer_release) struct buffer source = BUFFER_INIT;
	struct fixture fixture;
	buffer_append_text(&source, "adapters:\n");
	for (uint32_t i = 0; i < COUNT; i++)
		buffer_printf(&source, "  adapter_number_%u: {command: [x]}\n", i);
	buffer_append_text(&source, "personas:\n");
	for (uint32_t i = 0; i < COUNT; i++)
		buffer_printf(&source, "  persona_number_%u: {adapter: adapter_nummer_%u}\n", i, i);
	buffer_append_text(&source, "steps:\n");
	for (uint32_t i = 0; i < COUNT; i++)
		buffer_printf(&source, "- {id: s%u, task: x, persona: persona_nummer_%u}\n", i, i);
	load_quickly(&fixture, &source);
	assert_int_equal(fixture.diagnostics.error_count, 2 * COUNT);
	assert_string_equal(
		fixture.diagnostics.findings[0].hint, "did you mean 'adapter_number_0'?");
	fixture_release(&fixture);
}

static void append_matrix(struct buffer *source)
{
	static const char *const keys[] = {"abc", "abd"};
	buffer_append_text(source, "  matrix: {");
	for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
		buffer_printf(source, "%s%s: [0", i ? ", " : "", keys[i]);
		for (uint32_t j = 1; j < 100; j++)
			buffer_printf(source, ", %u", j);
		buffer_append_byte(source, ']');
	}
	buffer_append_text(source, "}\n");
}

/* Ten thousand instances, and in each of them a long text is looked through for keys. */
static void test_texts_of_instances(void **state)
{
	(void)state;
	static const char *const pieces[] = {"{a", "{", "{abc {abd "};
	for (size_t i = 0; i < ARRAY_LENGTH(pieces); i++) {
		CLEANUP(buffer_release) struct buffer source = BUFFER_INIT;
		struct fixture fixture;
		buffer_append_text(&source, "steps:\n- id: a\n  run: x\n");
		append_matrix(&source);
		buffer_append_text(&source, "  description: '");
		buffer_append_repeated(&source, pieces[i], 250000 / strlen(pieces[i]));
		buffer_append_text(&source, "'\n");
		load_quickly(&fixture, &source);
		assert_int_equal(fixture.diagnostics.error_count, 1);
		assert_string_equal(fixture.diagnostics.findings[0].message,
			"the texts and lists of all instances of the step 'a' are too many");
		fixture_release(&fixture);
	}
}

/* What is far from hostile: as many instances of a page of text with some JSON in it. */
static void test_texts_of_many_instances_are_put_in(void **state)
{
	(void)state;
	CLEANUP(buffer_release) struct buffer source = BUFFER_INIT;
	struct fixture fixture;
	buffer_append_text(&source, "steps:\n- id: a\n  run: x\n");
	append_matrix(&source);
	buffer_append_text(&source, "  description: '");
	buffer_append_repeated(&source, "as {\"os\": {abc}} it stands ", 100);
	buffer_append_text(&source, "'\n");
	load_quickly(&fixture, &source);
	assert_int_equal(fixture.diagnostics.error_count, 0);
	assert_int_equal(fixture.pipeline.step_count, 10000);
	assert_int_equal(
		strncmp(fixture.pipeline.steps[9999].description, "as {\"os\": 99} it", 16), 0);
	fixture_release(&fixture);
}

/* What changed() keeps is as long as what it is given. All of it is in the arena's first block. */
static void test_globs_take_no_more_than_they_need(void **state)
{
	(void)state;
	struct diagnostics diagnostics;
	CLEANUP(arena_release) struct arena arena = {0};
	diagnostics_init(&diagnostics, &arena, "p.yml");
	const char *before = arena_allocate(&arena, 1);
	const struct condition *condition =
		condition_read("changed('a') || changed('b', 'c') || changed('d')",
			(struct source_position){1, 1}, &diagnostics);
	const char *after = arena_allocate(&arena, 1);
	assert_non_null(condition);
	assert_int_equal(condition->left->right->globs.count, 2);
	assert_string_equal(condition->left->right->globs.items[1].text, "c");
	assert_in_range((uintptr_t)after - (uintptr_t)before, 1, 4096);
	diagnostics_release(&diagnostics);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parameters_that_conditions_ask_for),
		cmocka_unit_test(test_unknown_personas_and_adapters),
		cmocka_unit_test(test_texts_of_instances),
		cmocka_unit_test(test_texts_of_many_instances_are_put_in),
		cmocka_unit_test(test_globs_take_no_more_than_they_need),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
