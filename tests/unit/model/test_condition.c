#include "model/condition.h"

#include "base/cleanup.h"
#include "base/index.h"
#include "base/text.h"
#include "cmocka_all.h"

/* Conditions by hand: the reader belongs to another stage. */
#define LEAF(word) (&(const struct condition){.kind = CONDITION_##word})
#define BOTH(a, b) (&(const struct condition){.kind = CONDITION_AND, .left = (a), .right = (b)})
#define EITHER(a, b) (&(const struct condition){.kind = CONDITION_OR, .left = (a), .right = (b)})
#define NOT(a) (&(const struct condition){.kind = CONDITION_NOT, .left = (a)})
#define IS(a) (&(const struct condition){.kind = CONDITION_TRUE, .operands = {a}})
#define COMPARE(a, sign, b)                                                                        \
	(&(const struct condition){                                                                \
		.kind = CONDITION_COMPARE, .comparison = COMPARE_##sign, .operands = {a, b}})
#define TEXT(value)                                                                                \
	{                                                                                          \
		.kind = OPERAND_TEXT, .text = (value)                                              \
	}
#define NUMBER(value)                                                                              \
	{                                                                                          \
		.kind = OPERAND_NUMBER, .number = (value)                                          \
	}
#define BOOLEAN(value)                                                                             \
	{                                                                                          \
		.kind = OPERAND_BOOLEAN, .truth = (value)                                          \
	}
#define PARAMETER(name)                                                                            \
	{                                                                                          \
		.kind = OPERAND_PARAMETER, .text = (name)                                          \
	}
#define ENVIRONMENT(name)                                                                          \
	{                                                                                          \
		.kind = OPERAND_ENVIRONMENT, .text = (name)                                        \
	}
#define MATRIX(name)                                                                               \
	{                                                                                          \
		.kind = OPERAND_MATRIX, .text = (name)                                             \
	}

static bool is_changed(void *context, const char *glob)
{
	return text_equal(glob, context);
}

/* params.target 'prod', params.count '3', params.flag 'true', params.empty not given */
static uint8_t decide(const struct condition *condition, struct arena *arena, const char **reason)
{
	static struct parameter parameters[] = {{.name = "target", .value = "prod"},
		{.name = "count", .value = "3"}, {.name = "flag", .value = "true"},
		{.name = "empty"}};
	static struct environment_variable shared[] = {
		{.name = "LEVEL", .value = "pipeline"}, {.name = "SHARED", .value = "yes"}};
	static struct environment_variable own[] = {
		{.name = "LEVEL", .value = "step"}, {.name = "MATRIX_NODE_VERSION", .value = "20"}};
	static const char *const process[] = {
		"LEVEL=process", "SHARED=no", "HOME=/home/user", "HOMES=x", NULL};
	static char changed[] = "src/**";
	const struct pipeline pipeline = {.parameters = parameters,
		.parameter_count = ARRAY_LENGTH(parameters),
		.env = {shared, ARRAY_LENGTH(shared)}};
	const struct step step = {.id = "a", .env = {own, ARRAY_LENGTH(own)}};
	const struct condition_facts facts = {.pipeline = &pipeline,
		.step = &step,
		.environment = process,
		.is_changed = is_changed,
		.context = changed};
	return condition_decide(condition, &facts, arena, reason);
}

#define CHANGED(glob)                                                                              \
	(&(const struct condition){.kind = CONDITION_CHANGED,                                      \
		.globs = {(struct text_item[]){{.text = "docs/**"}, {.text = (glob)}}, 2}})

static void expect_all(const struct condition *const *conditions, size_t count, uint8_t bits)
{
	for (size_t i = 0; i < count; i++) {
		CLEANUP(arena_release) struct arena arena = {0};
		const char *reason = NULL;
		uint8_t found = decide(conditions[i], &arena, &reason);
		if (found != bits)
			print_error("condition %zu of %u gives %u\n", i, bits, found);
		assert_int_equal(found, bits);
		assert_true(bits != 0 || reason);
	}
}
#define EXPECT(bits, ...)                                                                          \
	expect_all((const struct condition *const[]){__VA_ARGS__},                                 \
		ARRAY_LENGTH(((const struct condition *const[]){__VA_ARGS__})), (bits))

static void test_outcomes(void **state)
{
	(void)state;
	EXPECT(RUN_IF_SUCCESS, LEAF(SUCCESS), NOT(LEAF(FAILURE)), BOTH(LEAF(SUCCESS), LEAF(ALWAYS)),
		IS(BOOLEAN(true)));
	EXPECT(RUN_IF_FAILURE, LEAF(FAILURE), NOT(LEAF(SUCCESS)),
		BOTH(LEAF(FAILURE), LEAF(ALWAYS)));
	EXPECT(RUN_IF_SUCCESS | RUN_IF_FAILURE, LEAF(ALWAYS), EITHER(LEAF(SUCCESS), LEAF(FAILURE)),
		BOTH(LEAF(ALWAYS), IS(PARAMETER("flag"))));
	EXPECT(0, BOTH(LEAF(SUCCESS), LEAF(FAILURE)), NOT(LEAF(ALWAYS)), IS(BOOLEAN(false)));
}

static void test_values(void **state)
{
	(void)state;
	EXPECT(RUN_IF_SUCCESS, COMPARE(PARAMETER("target"), EQUAL, TEXT("prod")),
		COMPARE(PARAMETER("target"), DIFFERENT, TEXT("test")),
		COMPARE(PARAMETER("empty"), EQUAL, TEXT("")), IS(PARAMETER("flag")),
		COMPARE(PARAMETER("flag"), EQUAL, BOOLEAN(true)),
		COMPARE(ENVIRONMENT("LEVEL"), EQUAL, TEXT("step")),
		COMPARE(ENVIRONMENT("SHARED"), EQUAL, TEXT("yes")),
		COMPARE(ENVIRONMENT("HOME"), EQUAL, TEXT("/home/user")),
		COMPARE(MATRIX("node-version"), EQUAL, NUMBER(20)), CHANGED("src/**"));
	EXPECT(0, COMPARE(PARAMETER("target"), EQUAL, TEXT("test")), IS(PARAMETER("target")),
		IS(PARAMETER("empty")), IS(ENVIRONMENT("NOTHING")), IS(MATRIX("node")),
		COMPARE(MATRIX("node-versions"), EQUAL, NUMBER(20)), CHANGED("src/*"),
		BOTH(LEAF(ALWAYS), COMPARE(PARAMETER("target"), EQUAL, TEXT("test"))));
}

static void test_numbers(void **state)
{
	(void)state;
	EXPECT(RUN_IF_SUCCESS, COMPARE(PARAMETER("count"), EQUAL, NUMBER(3)),
		COMPARE(PARAMETER("count"), LESS, NUMBER(3.5)),
		COMPARE(PARAMETER("count"), LESS_EQUAL, NUMBER(3)),
		COMPARE(NUMBER(10), GREATER, PARAMETER("count")),
		COMPARE(PARAMETER("count"), GREATER_EQUAL, TEXT("3.0")),
		COMPARE(PARAMETER("count"), DIFFERENT, NUMBER(4)),
		COMPARE(PARAMETER("target"), DIFFERENT, NUMBER(4)));
	EXPECT(0, COMPARE(PARAMETER("count"), LESS, NUMBER(3)),
		COMPARE(PARAMETER("count"), GREATER, NUMBER(3)),
		COMPARE(PARAMETER("count"), EQUAL, TEXT("3.0")),
		COMPARE(PARAMETER("target"), LESS, NUMBER(4)),
		COMPARE(PARAMETER("target"), GREATER_EQUAL, NUMBER(4)),
		COMPARE(PARAMETER("target"), EQUAL, NUMBER(0)));
}

static void test_nobody_knows_what_changed(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	const struct pipeline pipeline = {0};
	const struct step step = {.id = "a"};
	const struct condition_facts facts = {.pipeline = &pipeline, .step = &step};
	const char *reason = NULL;
	assert_int_equal(condition_decide(CHANGED("x"), &facts, &arena, &reason), RUN_IF_SUCCESS);
}

struct reason_case {
	struct condition condition;
	const char *reason;
};

static void test_reasons(void **state)
{
	(void)state;
	const struct reason_case cases[] = {
		{*COMPARE(PARAMETER("target"), EQUAL, TEXT("test")),
			"its condition X does not hold, params.target is 'prod'"},
		{*IS(PARAMETER("empty")), "its condition X does not hold, params.empty is not set"},
		{*COMPARE(ENVIRONMENT("HOME"), EQUAL, TEXT("x")), "its condition X does not hold"},
		{*IS(ENVIRONMENT("NOTHING")),
			"its condition X does not hold, env.NOTHING is not set"},
		{*COMPARE(TEXT("a"), EQUAL, MATRIX("node-version")),
			"its condition X does not hold, matrix.node-version is '20'"},
		{*CHANGED("src/*"),
			"its condition X does not hold, nothing that matches has changed"},
		{*BOTH(LEAF(SUCCESS), LEAF(FAILURE)), "its condition X does not hold"},
	};
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		CLEANUP(arena_release) struct arena arena = {0};
		struct condition condition = cases[i].condition;
		const char *reason = NULL;
		condition.source = "X";
		assert_int_equal(decide(&condition, &arena, &reason), 0);
		assert_string_equal(reason, cases[i].reason);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outcomes),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_nobody_knows_what_changed),
		cmocka_unit_test(test_reasons),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
