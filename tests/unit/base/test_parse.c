#include "base/parse.h"

#include "base/index.h"
#include "cmocka_all.h"

static void durations(void **state)
{
	static const struct {
		const char *text;
		int64_t expected_ms; /* -1: refused */
	} cases[] = {{"90", 90000}, {"1.5s", 1500}, {"30m", 1800000}, {"5h30m", 19800000},
		{"250ms", 250}, {"2d", 172800000}, {"0", 0}, {"1h1s", 3601000}, {"", -1},
		{"-5", -1}, {"5x", -1}, {"5m5h", -1}, {"5m5m", -1}, {"1e999", -1}, {"inf", -1},
		{"400d", -1}, {"5 m", -1}, {"m", -1}, {"1..5s", -1}};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		int64_t result = -1;
		bool parsed = parse_duration(cases[i].text, &result);
		assert_int_equal(parsed, cases[i].expected_ms >= 0);
		assert_int_equal(result, cases[i].expected_ms);
	}
}

static void sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t expected; /* UINT64_MAX: refused */
	} cases[] = {{"512", 512}, {"64KiB", 65536}, {"1.5 MB", 1500000}, {"12GiB", 12884901888},
		{"1k", 1000}, {"", UINT64_MAX}, {"MB", UINT64_MAX}, {"-1", UINT64_MAX},
		{"99999999TiB", UINT64_MAX}, {"5 Mb", UINT64_MAX}};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		uint64_t result = UINT64_MAX;
		bool parsed = parse_size(cases[i].text, &result);
		assert_int_equal(parsed, cases[i].expected != UINT64_MAX);
		assert_int_equal(result, cases[i].expected);
	}
}

static void numbers(void **state)
{
	uint64_t natural = 7;
	int64_t whole = 7;
	double number = 7;
	(void)state;
	assert_true(parse_unsigned("4096", 4096, &natural));
	assert_false(parse_unsigned("4097", 4096, &natural));
	assert_false(parse_unsigned("18446744073709551616", UINT64_MAX, &natural));
	assert_false(parse_unsigned("+1", 10, &natural));
	assert_int_equal(natural, 4096);
	assert_true(parse_signed("-12", &whole));
	assert_int_equal(whole, -12);
	assert_false(parse_number("nan", &number));
	assert_false(parse_number("0x10", &number));
	assert_true(parse_number("1e3", &number));
	assert_true(number == 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations), cmocka_unit_test(sizes), cmocka_unit_test(numbers)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
