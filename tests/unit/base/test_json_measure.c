#include "base/json_measure.h"

#include <string.h>

#include "base/buffer.h"
#include "base/index.h"
#include "cmocka_all.h"

struct measure_case {
	const char *head;
	const char *unit;
	size_t count;
	const char *tail;
	enum json_fairness fairness;
	const char *complaint;
};

static const struct measure_case cases[] = {
	{"", "", 0, "", JSON_FAIR, ""},
	{"no JSON, ]]] 12.e-", "", 0, "", JSON_FAIR, ""},
	{"", "[", JSON_DEPTH_LIMIT, "", JSON_FAIR, ""},
	{"", "[", JSON_DEPTH_LIMIT, "{", JSON_TOO_MUCH,
		"line 1, column 513: nested more than 512 deep"},
	{"[", "[],", 1000, "[]]", JSON_FAIR, ""},
	{"[\n\"[[[", "\\\"[{", 1000, "\"]", JSON_FAIR, ""},
	{"[\"\xc3\xa4\", \"", "\\\"[{", 10, "", JSON_UNENDED,
		"line 1, column 7: this text has no end"},
	{"[\n\n \"a\n\"]", "", 0, "", JSON_UNENDED, "line 3, column 2: this text has no end"},
	{"\"a\\", "", 0, "", JSON_UNENDED, "line 1, column 1: this text has no end"},
	/* The list is a value as well. */
	{"[", "1,", JSON_VALUE_LIMIT - 2, "1]", JSON_FAIR, ""},
	{"[", "1,", JSON_VALUE_LIMIT - 1, "1]", JSON_TOO_MUCH,
		"line 1, column 8000000: more than 4000000 values"},
	{"[\n", "{},", 3000000, "0]", JSON_TOO_MUCH,
		"line 2, column 2827351: would take more than 201 MiB of memory: too many small values"},
	{"", " ", JSON_BYTE_LIMIT, "", JSON_FAIR, ""},
	{"", " ", JSON_BYTE_LIMIT, " ", JSON_TOO_MUCH, "more than 64 MiB of JSON"},
};

static void what_asks_too_much_is_told_with_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct buffer text = BUFFER_INIT;
		struct error error = {0};
		buffer_append_text(&text, cases[i].head);
		buffer_append_repeated(&text, cases[i].unit, cases[i].count);
		buffer_append_text(&text, cases[i].tail);
		enum json_fairness fairness =
			json_measure_check(buffer_text(&text), text.size, &error);
		buffer_release(&text);
		assert_string_equal(error.text, cases[i].complaint);
		assert_int_equal(fairness, cases[i].fairness);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_asks_too_much_is_told_with_its_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
