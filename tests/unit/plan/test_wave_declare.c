#include "plan/wave.h"

#include "wave_text.h"

/* "a b | c": ids of the waves; the waves stand on lines 11, 12, … and their ids in columns 7, 8, … */
static void declare(struct fixture *fixture, const char *text)
{
	struct arena *arena = &fixture->arena;
	struct pipeline *pipeline = &fixture->pipeline;
	char *words = arena_copy_text(arena, text);
	char *rest = NULL;
	uint32_t line = 11;
	pipeline->waves = ARENA_ARRAY(arena, struct declared_wave, strlen(text) + 1);
	pipeline->wave_count = 1;
	pipeline->waves[0].where = (struct source_position){line, 3};
	pipeline->waves[0].steps.items = ARENA_ARRAY(arena, struct text_item, strlen(text) + 1);
	for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		struct declared_wave *wave = &pipeline->waves[pipeline->wave_count - 1];
		if (strcmp(word, "|") != 0) {
			wave->steps.items[wave->steps.count] =
				(struct text_item){word, {line, 7 + wave->steps.count}};
			wave->steps.count++;
			continue;
		}
		wave = &pipeline->waves[pipeline->wave_count++];
		wave->where = (struct source_position){++line, 3};
		wave->steps.items = ARENA_ARRAY(arena, struct text_item, strlen(text) + 1);
	}
}

static const char *waves_of(struct fixture *fixture)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	const struct plan *plan = &fixture->plan;
	for (uint32_t i = 0; i < plan->wave_count; i++) {
		struct index_range steps = plan->waves[i].steps;
		buffer_append_text(&text, i > 0 ? " | " : "");
		for (uint32_t k = 0; k < steps.count; k++)
			buffer_printf(&text, "%s%s", k > 0 ? " " : "",
				fixture->pipeline.steps[plan->wave_steps[steps.first + k]].id);
	}
	return arena_copy_text(&fixture->arena, buffer_text(&text));
}

/* d needs b and a; c is a check; waves against the order of the file. */
static void add_steps(struct fixture *fixture)
{
	fixture_reserve(fixture, 4);
	fixture_add(fixture, "d", "b a", NULL)->timeout_ms = 1000;
	fixture_add(fixture, "c", "", NULL)->timeout_ms = 2000;
	fixture_add(fixture, "b", "", "web")->timeout_ms = 3000;
	fixture_add(fixture, "a", "", "web")->timeout_ms = 4000;
}

static void test_declared_waves(void **state)
{
	struct fixture *fixture = *state;
	add_steps(fixture);
	declare(fixture, "a b c | d");
	fixture->pipeline.steps[1].is_check = true;
	fixture->pipeline.waves[1].name = "last";
	assert_true(fixture_build(fixture, 4));
	const struct plan *plan = &fixture->plan;
	assert_string_equal(waves_of(fixture), "b a c | d");
	assert_int_equal(plan->waves[0].origin, WAVE_DECLARED);
	assert_string_equal(plan->waves[0].name, "web");
	assert_string_equal(plan->waves[1].name, "last");
	assert_int_equal(plan->group_count, 1);
	assert_int_equal(plan->groups[0].steps.first, 2);
	assert_int_equal(plan->groups[0].steps.count, 2);
	assert_int_equal(plan->waves[0].groups.count, 1);
	assert_int_equal(plan->waves[1].groups.count, 0);
	assert_int_equal(plan->waves[0].check_count, 1);
	assert_int_equal(plan->waves[0].estimate_ms, 6000);
	assert_int_equal(plan->totals.waves_ms, 7000);
	assert_int_equal(plan->totals.groups_serial_ms, 7000);
	assert_int_equal(plan->critical_path_ms, 7000);
	assert_int_equal(plan->totals.frontier_ms, 7000);
	static const uint32_t order[] = {2, 3, 1, 0};
	assert_memory_equal(plan->order, order, sizeof order);
	static const uint32_t path[] = {3, 1, 0};
	assert_int_equal(plan->critical_path_count, 3);
	assert_memory_equal(plan->critical_path, path, sizeof path);
	assert_int_equal(plan->steps[0].stage, 1);
	assert_int_equal(plan->stages[1].wave, 1);
}

/* Steps that need nothing of each other wait for the wave before all the same. */
static void test_waves_are_barriers(void **state)
{
	struct fixture *fixture = *state;
	fixture_reserve(fixture, 3);
	fixture_add(fixture, "a", "", NULL)->timeout_ms = 1000;
	fixture_add(fixture, "b", "", NULL)->timeout_ms = 5000;
	fixture_add(fixture, "c", "", NULL)->timeout_ms = 2000;
	declare(fixture, "b c | a");
	assert_true(fixture_build(fixture, 4));
	assert_int_equal(fixture->plan.steps[0].earliest_ms, 5000);
	assert_int_equal(fixture->plan.totals.frontier_ms, 6000);
	assert_int_equal(fixture->plan.totals.groups_serial_ms, 6000);
	static const uint32_t order[] = {1, 2, 0};
	assert_memory_equal(fixture->plan.order, order, sizeof order);
}

static void test_waves_without_steps_are_left_out(void **state)
{
	struct fixture *fixture = *state;
	add_steps(fixture);
	declare(fixture, "| a b c | | d |");
	assert_true(fixture_build(fixture, 1));
	assert_int_equal(fixture->plan.wave_count, 2);
	assert_int_equal(fixture->plan.stage_count, 2);
	assert_string_equal(waves_of(fixture), "c b a | d");
}

static void test_instances_of_a_fan_out(void **state)
{
	static const struct step_instance linux_one = {.base_id = "t", .instance_count = 2};
	static const struct step_instance mac_one = {
		.base_id = "t", .number = 1, .instance_count = 2};
	struct fixture *fixture = *state;
	fixture_reserve(fixture, 4);
	fixture_add(fixture, "t[os=linux]", "a", NULL)->instance = &linux_one;
	fixture_add(fixture, "a", "", NULL);
	fixture_add(fixture, "t[os=mac]", "a", NULL)->instance = &mac_one;
	fixture_add(fixture, "z", "t[os=mac]", NULL);
	declare(fixture, "a | t | z");
	assert_true(fixture_build(fixture, 1));
	assert_string_equal(waves_of(fixture), "a | t[os=linux] t[os=mac] | z");
	declare(fixture, "a | t[os=mac] | z t[os=linux]");
	assert_true(fixture_build(fixture, 1));
	assert_string_equal(waves_of(fixture), "a | t[os=mac] | t[os=linux] z");
}

struct refusal {
	const char *waves;
	bool c_is_check;
	enum finding_code code;
	uint32_t line, column;
	const char *message;
	const char *hint; /* NULL: none */
	uint32_t count;
};

/* Of steps first, second (needs first), c, third (needs c and second), on lines 1 to 4. */
static const struct refusal refusals[] = {
	{"first | secnd c | third", false, FINDING_UNKNOWN_REFERENCE, 12, 7,
		"there is no step 'secnd'", "did you mean 'second'?", 2},
	{"first | second nothing c | third", false, FINDING_UNKNOWN_REFERENCE, 12, 8,
		"there is no step 'nothing'", NULL, 1},
	{"first | second c first | third", false, FINDING_DUPLICATE_ID, 12, 9,
		"step 'first' is in wave 1 (line 11) already, and stands here in wave 2 (line 12)",
		NULL, 1},
	{"first first | second c | third", false, FINDING_DUPLICATE_ID, 11, 8,
		"step 'first' is given twice in wave 1 (line 11)", NULL, 1},
	{"first | c | third", false, FINDING_WAVE_ORDER, 2, 5,
		"step 'second' is in none of the waves",
		"with 'waves' every step is in exactly one of them", 1},
	{"second | first c | third", false, FINDING_WAVE_ORDER, 2, 20,
		"step 'second' of wave 1 (line 11) needs 'first' of wave 2 (line 12), which runs "
		"later",
		NULL, 1},
	{"first second c | third", false, FINDING_WAVE_ORDER, 2, 20,
		"step 'second' needs 'first', and both are in wave 1 (line 11)",
		"move 'first' to an earlier wave, or 'second' to a later one", 1},
	{"first | second | c third", true, FINDING_WAVE_ORDER, 4, 20,
		"step 'third' of wave 3 needs the check 'c', which runs at the end of that wave",
		NULL, 1},
	{"third | second | c | first", false, FINDING_WAVE_ORDER, 2, 20,
		"step 'second' of wave 2 (line 12) needs 'first' of wave 4 (line 14), which runs "
		"later",
		NULL, 3},
};

static void test_refusals(void **state)
{
	struct fixture *fixture = *state;
	for (size_t i = 0; i < ARRAY_LENGTH(refusals); i++) {
		const struct refusal *row = &refusals[i];
		diagnostics_release(&fixture->diagnostics);
		fixture_reserve(fixture, 4);
		fixture_add(fixture, "first", "", NULL);
		fixture_add(fixture, "second", "first", NULL);
		fixture_add(fixture, "c", "", NULL)->is_check = row->c_is_check;
		fixture_add(fixture, "third", "c second", NULL);
		declare(fixture, row->waves);
		assert_false(fixture_build(fixture, 1));
		assert_int_equal(fixture->diagnostics.count, row->count);
		const struct finding *finding = &fixture->diagnostics.findings[0];
		assert_string_equal(finding->message, row->message);
		assert_int_equal(finding->code, row->code);
		assert_int_equal(finding->where.line, row->line);
		assert_int_equal(finding->where.column, row->column);
		if (row->hint)
			assert_string_equal(finding->hint, row->hint);
		else
			assert_null(finding->hint);
	}
}

/* Their names stand beside the lines; a check may need what is in its wave. */
static void test_named_waves_and_checks(void **state)
{
	struct fixture *fixture = *state;
	fixture_reserve(fixture, 2);
	fixture_add(fixture, "a", "b", NULL);
	fixture_add(fixture, "b", "", NULL);
	declare(fixture, "a | b");
	fixture->pipeline.waves[0].name = "one";
	assert_false(fixture_build(fixture, 1));
	assert_string_equal(fixture->diagnostics.findings[0].message,
		"step 'a' of wave 1 (one, line 11) needs 'b' of wave 2 (line 12), which runs "
		"later");
	declare(fixture, "a b");
	assert_false(fixture_build(fixture, 1));
	fixture->pipeline.steps[0].is_check = true;
	assert_true(fixture_build(fixture, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(test_declared_waves),
		FIXTURE_TEST(test_waves_are_barriers),
		FIXTURE_TEST(test_waves_without_steps_are_left_out),
		FIXTURE_TEST(test_instances_of_a_fan_out),
		FIXTURE_TEST(test_refusals),
		FIXTURE_TEST(test_named_waves_and_checks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
