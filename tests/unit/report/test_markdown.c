#include "check.h"

#include "base/cleanup.h"
#include "report/markdown.h"

#define JOINER "\u2060"

static void test_text(void **state)
{
	static const struct {
		const char *text;
		const char *expected;
	} cases[] = {
		{"plain words", "plain words"},
		{"a|b\nc\r\nd\te", "a\\|b c d e"},
		{"<script>&\"", "&lt;script&gt;&amp;&quot;"},
		{"**b** _i_ `c` [l](u) ~s~",
			"\\*\\*b\\*\\* \\_i\\_ \\`c\\` \\[l\\]\\(u\\) \\~s\\~"},
		{"@admin fixes #12", "\\@" JOINER "admin fixes \\#" JOINER "12"},
		{"owner/repo#7 GH-12 gh-3",
			"owner/repo\\#" JOINER "7 GH\\-" JOINER "12 gh\\-" JOINER "3"},
		{"# head", "\\#" JOINER " head"},
		{"- item\n1. one\n+ x", "\\- item 1\\. one \\+ x"},
		{"https://evil.example", "https\\://evil\\.example"},
		{"![i](x)", "\\!\\[i\\]\\(x\\)"},
		{"back\\slash", "back\\\\slash"},
		{"bell\a esc\033[31m", "bell<"},
		{"", ""},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
		markdown_append_text(&buffer, cases[i].text);
		/* Visible forms of controls are base's own; here only that none is left. */
		if (strchr(cases[i].text, '\a')) {
			check_lacks(&buffer, "\a");
			check_lacks(&buffer, "\033");
			continue;
		}
		assert_string_equal(buffer_text(&buffer), cases[i].expected);
	}
}

static void test_html(void **state)
{
	(void)state;
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	markdown_append_html(&buffer, "</summary>\n<b>@x #1 a.b*");
	assert_string_equal(
		buffer_text(&buffer), "&lt;/summary&gt; &lt;b&gt;@" JOINER "x #" JOINER "1 a.b*");
}

static void test_code_outlives_its_content(void **state)
{
	static const struct {
		const char *text;
		const char *fence;
	} cases[] = {
		{"plain", "```"},
		{"```\nout\n```", "````"},
		{"a ```````` b", "`````````"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
		CLEANUP(buffer_release) struct buffer expected = BUFFER_INIT;
		markdown_append_code(&buffer, cases[i].text, strlen(cases[i].text));
		buffer_printf(&expected, "%stext\n%s\n%s\n", cases[i].fence, cases[i].text,
			cases[i].fence);
		assert_string_equal(buffer_text(&buffer), buffer_text(&expected));
	}
}

static void test_code_pings_nobody(void **state)
{
	(void)state;
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	static const char log[] = "fatal: @team see #12 at user@host\x1b[0m\xff";
	markdown_append_code(&buffer, log, sizeof(log) - 1);
	check_contains(&buffer, "@" JOINER "team see #" JOINER "12 at user@" JOINER "host");
	check_lacks(&buffer, "\x1b");
	check_lacks(&buffer, "\xff");
}

static void test_code_span(void **state)
{
	(void)state;
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	markdown_append_code_span(&buffer, "wavetrain resume\n4e1c09b");
	assert_string_equal(buffer_text(&buffer), "`wavetrain resume 4e1c09b`");
	buffer_clear(&buffer);
	markdown_append_code_span(&buffer, "`a``b");
	assert_string_equal(buffer_text(&buffer), "``` `a``b ```");
}

static void test_links(void **state)
{
	static const struct {
		const char *url;
		const char *expected;
	} cases[] = {
		{"https://github.com/o/r/actions/runs/1",
			"[a\\.b](https://github.com/o/r/actions/runs/1)"},
		{"javascript:alert(1)", "a\\.b"},
		{"https://x/)[evil](http://y", "a\\.b"},
		{"https://x/ y", "a\\.b"},
		{NULL, "a\\.b"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
		markdown_append_link(&buffer, "a.b", cases[i].url);
		assert_string_equal(buffer_text(&buffer), cases[i].expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_html),
		cmocka_unit_test(test_code_outlives_its_content),
		cmocka_unit_test(test_code_pings_nobody),
		cmocka_unit_test(test_code_span),
		cmocka_unit_test(test_links),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
