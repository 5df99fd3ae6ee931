/* Markdown of a step as a part of ours: it formats, and can do nothing else. */
#include "check.h"

#include "base/cleanup.h"
#include "base/index.h"
#include "report/markdown.h"

#define JOINER "\u2060"

static const struct {
	const char *text;
	const char *expected;
} cases[] = {
	{"", ""},
	{"**three** findings", "**three** findings\n"},
	{"# heading\n\n- item #12\n", "# heading\n\n- item #" JOINER "12\n"},
	{"<b onclick=x>&amp;", "&lt;b onclick=x>&amp;\n"},
	{"</details><!-- x", "&lt;/details>&lt;!-- x\n"},
	{"@admin GH-7", "@" JOINER "admin GH-" JOINER "7\n"},
	{"`a<b @x` <c>", "`a<b @x` &lt;c>\n"},
	{"``a`b<`` <c>", "``a`b<`` &lt;c>\n"},
	{"a ` <b>", "a ` &lt;b>\n"},
	{"```c\na<b @x #1\n```\n<d>", "```c\na<b @x #1\n```\n&lt;d>\n"},
	{"```\nopen <x>", "```\nopen <x>\n```\n"},
	{"~~~~\n```\n~~~\nx", "~~~~\n```\n~~~\nx\n~~~~\n"},
	{"   ```\nx\n    ```\n```\ny <", "   ```\nx\n    ```\n```\ny &lt;\n"},
	{"a\r\nb", "a\nb\n"},
	{"a\rb", "a&lt;0D>b\n"},
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
		markdown_append_document(&buffer, cases[i].text, strlen(cases[i].text));
		if (strcmp(buffer_text(&buffer), cases[i].expected) != 0)
			fail_msg("case %zu: %s", i, buffer_text(&buffer));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
