#include "check.h"

#include "base/cleanup.h"
#include "fixture.h"
#include "report/report.h"

static void test_golden(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	junit_append(fixture_failed(&arena), &buffer);
	assert_string_equal(buffer_text(&buffer),
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<testsuites name=\"feature-development\" tests=\"6\" failures=\"1\" errors=\"0\" "
		"skipped=\"3\" time=\"192.000\">\n"
		"  <testsuite name=\"wave 1\" tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"0\" "
		"time=\"319.100\" timestamp=\"2025-12-09T14:30:22\">\n"
		"    <testcase classname=\"feature-development.wave 1\" name=\"lint\" "
		"time=\"3.100\"/>\n"
		"    <testcase classname=\"feature-development.wave 1\" name=\"test/net\" "
		"time=\"124.000\"/>\n"
		"    <testcase classname=\"feature-development.wave 1\" name=\"test/db\" "
		"time=\"192.000\">\n"
		"      <failure message=\"contract files out.json: expected 1 file, found 0\" "
		"type=\"permanent\">contract files out.json: expected 1 file, found 0\n"
		"</failure>\n"
		"    </testcase>\n"
		"  </testsuite>\n"
		"  <testsuite name=\"wave 2\" tests=\"2\" failures=\"0\" errors=\"0\" skipped=\"2\" "
		"time=\"0.000\">\n"
		"    <testcase classname=\"feature-development.wave 2\" name=\"package\" "
		"time=\"0.000\"><skipped message=\"test/db failed\"/></testcase>\n"
		"    <testcase classname=\"feature-development.wave 2\" name=\"notes\" "
		"time=\"0.000\"><skipped message=\"not run\"/></testcase>\n"
		"  </testsuite>\n"
		"  <testsuite name=\"wave 3\" tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"1\" "
		"time=\"0.000\">\n"
		"    <testcase classname=\"feature-development.wave 3\" name=\"upload\" "
		"time=\"0.000\"><skipped message=\"test/db failed\"/></testcase>\n"
		"  </testsuite>\n"
		"</testsuites>\n");
}

/* An optional step's failure is no <failure>: its reader would take the run for failed. */
static void test_optional_and_contract_errors(void **state)
{
	static const struct contract_error errors[] = {
		{"/items/0", "minimum", "at least 1", "the number <0>"},
		{"", "required", "a property 'name'", NULL}};
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct run *run = fixture_failed(&arena);
	run->contracts[0].errors = errors;
	run->contracts[0].error_count = 2;
	run->contracts[0].error_total = 9;
	junit_append(run, &buffer);
	check_contains(&buffer, "found 0\ncontract files out.json: expected 1 file, found 0\n"
				"  /items/0 minimum: expected at least 1, found the number "
				"&lt;0&gt;\n"
				"  (whole) required: expected a property 'name'\n"
				"  and 7 more\n</failure>");
	run->steps[2].is_optional = true;
	run->steps[1].cache_key = "9f2c1a7e00";
	buffer_clear(&buffer);
	junit_append(run, &buffer);
	check_contains(&buffer, "tests=\"6\" failures=\"0\" errors=\"0\" skipped=\"4\"");
	check_contains(&buffer, "<skipped message=\"optional, and failed: contract files out.json: "
				"expected 1 file, found 0\"/>\n      <system-out>contract files");
	check_contains(&buffer, "name=\"test/net\" time=\"124.000\"/>");
	check_lacks(&buffer, "<failure");
}

static void test_hostile_text(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct run *run = fixture_failed(&arena);
	run->steps[2].id = "<a b=\"c\">&\x01\x1b[31m";
	run->steps[2].reason = "]]></failure>\x08\xff\xef\xbf\xbf";
	junit_append(run, &buffer);
	check_contains(&buffer, "name=\"&lt;a b=&quot;c&quot;&gt;&amp;[31m\"");
	check_contains(&buffer, "]]&gt;&lt;/failure&gt;\xef\xbf\xbd\n");
	for (size_t i = 0; i < buffer.size; i++)
		assert_true((unsigned char)buffer.bytes[i] >= 0x20 || buffer.bytes[i] == '\n');
}

static void test_large(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	junit_append(fixture_grid(1000, 100, 0, &arena), &buffer);
	assert_int_equal(check_count(&buffer, "<testcase "), 100000);
	assert_int_equal(check_count(&buffer, "<testsuite "), 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_optional_and_contract_errors),
		cmocka_unit_test(test_hostile_text),
		cmocka_unit_test(test_large),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
