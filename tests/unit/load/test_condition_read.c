/* What an `if` may say, and every way to be refused with place, words and hint. */
#include "load/condition_read.h"

#include <stdio.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/index.h"
#include "cmocka_all.h"

static void describe_operand(struct buffer *text, const struct operand *operand)
{
	switch (operand->kind) {
	case OPERAND_TEXT:
		buffer_printf(text, "'%s'", operand->text);
		break;
	case OPERAND_NUMBER:
		buffer_printf(text, "%g", operand->number);
		break;
	case OPERAND_BOOLEAN:
		buffer_append_text(text, operand->truth ? "true" : "false");
		break;
	case OPERAND_PARAMETER:
		buffer_printf(text, "params.%s", operand->text);
		break;
	case OPERAND_ENVIRONMENT:
		buffer_printf(text, "env.%s", operand->text);
		break;
	case OPERAND_MATRIX:
		buffer_printf(text, "matrix.%s", operand->text);
		break;
	}
}

/* The tree in prefix form: (&& success (== params.x 'a')). */
static void describe(struct buffer *text, const struct condition *condition)
{
	static const char *const kinds[] = {
		"&&", "||", "!", "success", "failure", "always", "changed", "compare", "true"};
	static const char *const signs[] = {"==", "!=", "<", "<=", ">", ">="};
	const char *word = kinds[condition->kind];
	if (condition->kind == CONDITION_COMPARE)
		word = signs[condition->comparison];
	if (condition->kind != CONDITION_TRUE)
		buffer_printf(text, "(%s", word);
	for (uint32_t i = 0; i < condition->globs.count; i++)
		buffer_printf(text, " %s", condition->globs.items[i].text);
	if (condition->left) {
		buffer_append_byte(text, ' ');
		describe(text, condition->left);
	}
	if (condition->right) {
		buffer_append_byte(text, ' ');
		describe(text, condition->right);
	}
	if (condition->kind == CONDITION_COMPARE)
		buffer_append_byte(text, ' ');
	if (condition->kind == CONDITION_COMPARE || condition->kind == CONDITION_TRUE)
		describe_operand(text, &condition->operands[0]);
	if (condition->kind == CONDITION_COMPARE) {
		buffer_append_byte(text, ' ');
		describe_operand(text, &condition->operands[1]);
	}
	if (condition->kind != CONDITION_TRUE)
		buffer_append_byte(text, ')');
}

struct reading {
	const char *text;
	const char *tree;
};

static const struct reading readings[] = {
	{"success()", "(success)"},
	{" failure( ) ", "(failure)"},
	{"always()", "(always)"},
	{"true", "true"},
	{"!false", "(! false)"},
	{"params.deploy", "params.deploy"},
	{"params.max-items >= 3", "(>= params.max-items 3)"},
	{"env.CI == 'true'", "(== env.CI 'true')"},
	{"matrix.os != 'windows'", "(!= matrix.os 'windows')"},
	{"'it''s' == params.x", "(== 'it's' params.x)"},
	{"'' == params.x", "(== '' params.x)"},
	{"params.a < -1.5e3", "(< params.a -1500)"},
	{"params.a<=params.b", "(<= params.a params.b)"},
	{"changed('src/**')", "(changed src/**)"},
	{"changed( 'src/**' , 'docs/*.md' )", "(changed src/** docs/*.md)"},
	{"success() || failure() && always()", "(|| (success) (&& (failure) (always)))"},
	{"(success() || failure()) && always()", "(&& (|| (success) (failure)) (always))"},
	{"!success() && !(always())", "(&& (! (success)) (! (always)))"},
	{"!params.a == 'x'", "(! (== params.a 'x'))"},
	{"success() && failure() && always()", "(&& (&& (success) (failure)) (always))"},
	{"success()\n  && failure()", "(&& (success) (failure))"},
};

static void test_what_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(readings); i++) {
		CLEANUP(arena_release) struct arena arena = {0};
		CLEANUP(diagnostics_release) struct diagnostics diagnostics;
		CLEANUP(buffer_release) struct buffer tree = BUFFER_INIT;
		diagnostics_init(&diagnostics, &arena, "test.yml");
		const struct condition *condition = condition_read(
			readings[i].text, (struct source_position){3, 9}, &diagnostics);
		assert_non_null(condition);
		assert_int_equal(diagnostics.error_count, 0);
		describe(&tree, condition);
		assert_string_equal(buffer_text(&tree), readings[i].tree);
		assert_string_equal(condition->source, readings[i].text);
	}
}

struct refusal {
	const char *text;
	uint32_t line, column;
	const char *message;
	const char *hint; /* NULL: none */
};

static const struct refusal refusals[] = {
	{"", 3, 9, "expected a condition, but the condition ends here", NULL},
	{"  ", 3, 11, "expected a condition, but the condition ends here", NULL},
	{"sucess()", 3, 9, "there is no function 'sucess'", "did you mean 'success'?"},
	{"cancelled()", 3, 9, "there is no function 'cancelled'", NULL},
	{"param.x == 'a'", 3, 9, "'param' is not known here", "did you mean 'params'?"},
	{"main", 3, 9, "'main' is not known here", NULL},
	{"True", 3, 9, "'True' is not known here", "did you mean 'true'?"},
	{"success", 3, 9, "'success' is asked with parentheses: success()", NULL},
	{"changed", 3, 9, "'changed' is asked with parentheses: changed('GLOB')", NULL},
	{"success() and failure()", 3, 19, "expected '&&', '||' or the end, not 'and'",
		"did you mean '&&'?"},
	{"success() or failure()", 3, 19, "expected '&&', '||' or the end, not 'or'",
		"did you mean '||'?"},
	{"not success()", 3, 9, "'not' is not known here", "did you mean '!'?"},
	{"success() & failure()", 3, 19, "expected '&&', '||' or the end, not '&'",
		"did you mean '&&'?"},
	{"success() | failure()", 3, 19, "expected '&&', '||' or the end, not '|'",
		"did you mean '||'?"},
	{"success() success()", 3, 19, "expected '&&', '||' or the end, not 'success'", NULL},
	{"success() == true", 3, 19, "expected '&&', '||' or the end, not '=='", NULL},
	{"params.x = 'a'", 3, 18, "'=' does not compare", "did you mean '=='?"},
	{"params.x == \"a\"", 3, 21, "a text stands in single quotes: 'main'", NULL},
	{"params.x == 'a", 3, 21, "the text that begins here has no closing '", NULL},
	{"params.x == prod", 3, 21, "'prod' is not known here", NULL},
	{"params.x ==", 3, 20, "expected a value, but the condition ends here", NULL},
	{"params.x == success()", 3, 21, "'success' is asked with parentheses: success()", NULL},
	{"params.x == 'a' == true", 3, 25,
		"a comparison cannot be compared; join two with && or ||", NULL},
	{"params", 3, 15, "expected '.' and a name directly after 'params'", NULL},
	{"params. x", 3, 16, "expected a name directly after 'params.'", NULL},
	{"env.A-B", 3, 14, "expected '&&', '||' or the end, not '-'", NULL},
	{"'a'", 3, 9, "a text alone is neither true nor false; compare it", NULL},
	{"1", 3, 9, "a number alone is neither true nor false; compare it", NULL},
	{"params.x < 'a'", 3, 18, "a number is compared here, and the text 'a' is none", NULL},
	{"params.x >= true", 3, 18, "a number is compared here, and true is none", NULL},
	{"1 == false", 3, 11, "a number is compared here, and false is none", NULL},
	{"params.x == 1x", 3, 21, "'1x' is not a number", NULL},
	{"params.x == 1.2.3", 3, 21, "'1.2.3' is not a number", NULL},
	{"params.x == -", 3, 21, "'-' is not a number", NULL},
	{"success('x')", 3, 17, "success() is asked for nothing: expected ')'", NULL},
	{"changed()", 3, 17, "expected a glob in single quotes, not ')'", NULL},
	{"changed(src)", 3, 17, "expected a glob in single quotes, not 'src'", NULL},
	{"changed('a' 'b')", 3, 21, "expected ',' or ')', not '''", NULL},
	{"changed('a'", 3, 20, "expected ',' or ')', but the condition ends here", NULL},
	{"changed('/a')", 3, 17,
		"a glob is relative to the pipeline's folder, as in changed('src/**')", NULL},
	{"changed('')", 3, 17,
		"a glob is relative to the pipeline's folder, as in changed('src/**')", NULL},
	{"(success()", 3, 19, "expected '&&', '||' or ')', but the condition ends here", NULL},
	{"(success() failure())", 3, 20, "expected '&&', '||' or ')', not 'failure'", NULL},
	{"success())", 3, 18, "expected '&&', '||' or the end, not ')'", NULL},
	{"&& success()", 3, 9, "expected a condition, not '&&'", NULL},
	{"success() &&", 3, 21, "expected a condition, but the condition ends here", NULL},
	{"()", 3, 10, "expected a condition, not ')'", NULL},
	{"!", 3, 10, "expected a condition, but the condition ends here", NULL},
	{"${{ success() }}", 3, 9, "a condition stands without ${{ and }}", NULL},
	{"'\xc3\xa4' == params.x $", 3, 25, "expected '&&', '||' or the end, not '$'", NULL},
	{"success()\n&& nope", 4, 12, "'nope' is not known here", NULL},
};

static void check_refusal(const struct refusal *row)
{
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(diagnostics_release) struct diagnostics diagnostics;
	diagnostics_init(&diagnostics, &arena, "test.yml");
	assert_null(condition_read(row->text, (struct source_position){3, 9}, &diagnostics));
	assert_int_equal(diagnostics.error_count, 1);
	const struct finding *finding = &diagnostics.findings[0];
	if (finding->where.column != row->column || finding->where.line != row->line)
		print_error("%s: %u:%u %s\n", row->text, finding->where.line, finding->where.column,
			finding->message);
	assert_string_equal(finding->message, row->message);
	assert_int_equal(finding->where.line, row->line);
	assert_int_equal(finding->where.column, row->column);
	assert_int_equal(finding->code, FINDING_CONDITION);
	if (row->hint)
		assert_string_equal(finding->hint, row->hint);
	else
		assert_null(finding->hint);
}

static void test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(refusals); i++)
		check_refusal(&refusals[i]);
}

static void test_limits(void **state)
{
	(void)state;
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	buffer_append_repeated(&text, "(", CONDITION_NESTING_LIMIT + 1);
	check_refusal(&(struct refusal){buffer_text(&text), 3, 9 + CONDITION_NESTING_LIMIT,
		"the condition is nested deeper than 32 levels", NULL});
	buffer_clear(&text);
	buffer_append_repeated(&text, "!", 4000);
	check_refusal(&(struct refusal){buffer_text(&text), 3, 9 + CONDITION_NESTING_LIMIT,
		"the condition is nested deeper than 32 levels", NULL});
	buffer_clear(&text);
	buffer_append_repeated(&text, "true||", 200);
	check_refusal(&(struct refusal){
		buffer_text(&text), 3, 9 + 128 * 6, "the condition has more than 256 parts", NULL});
	buffer_clear(&text);
	buffer_append_text(&text, "changed('a'");
	buffer_append_repeated(&text, ",'a'", 256);
	check_refusal(&(struct refusal){buffer_text(&text), 3, 9 + 11 + 4 * 255 + 1,
		"changed() takes at most 256 globs", NULL});
	buffer_clear(&text);
	buffer_append_repeated(&text, " ", CONDITION_LIMIT_BYTES + 1);
	check_refusal(&(struct refusal){
		buffer_text(&text), 3, 9, "the condition is longer than 4096 bytes", NULL});
}

static void test_undeclared_parameters(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(diagnostics_release) struct diagnostics diagnostics;
	struct parameter parameters[] = {{.name = "target"}, {.name = "count"}};
	CLEANUP(substitution_release) struct substitution substitution;
	struct source_position where = {7, 2};
	diagnostics_init(&diagnostics, &arena, "test.yml");
	substitution_init(&substitution, NULL, &arena, &diagnostics);
	substitution_set_parameters(&substitution, parameters, ARRAY_LENGTH(parameters));
	const struct condition *condition = condition_read(
		"params.targt == 'a' || 1 < params.coutn && !params.nothing || params.count > 2 "
		"|| matrix.os == env.OS",
		where, &diagnostics);
	assert_non_null(condition);
	condition_check(condition, &substitution, where);
	assert_int_equal(diagnostics.error_count, 3);
	assert_string_equal(
		diagnostics.findings[0].message, "the pipeline has no parameter 'targt'");
	assert_string_equal(diagnostics.findings[0].hint, "did you mean 'target'?");
	assert_string_equal(diagnostics.findings[1].hint, "did you mean 'count'?");
	assert_string_equal(
		diagnostics.findings[2].message, "the pipeline has no parameter 'nothing'");
	assert_null(diagnostics.findings[2].hint);
	assert_int_equal(diagnostics.findings[2].where.line, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_read),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_undeclared_parameters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
