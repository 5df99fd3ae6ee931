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
	{"**three** findings", "> **three** findings\n"},
	{"# heading\n\n- item #12\n", "> # heading\n>\n> - item #" JOINER "12\n"},
	{"a < b <3 #x <- <", "> a < b <3 #x <- <\n"},
	{"<b onclick=x>&amp;", "> <" JOINER "b onclick=x>&amp;\n"},
	{"</details><!-- x <?p", "> <" JOINER "/details><" JOINER "!-- x <" JOINER "?p\n"},
	{"@admin GH-7 gh\\-7 g-7", "> @" JOINER "admin GH-" JOINER "7 gh\\-" JOINER "7 g-7\n"},
	{"&#64;x &commat;x &num;1",
		"> &" JOINER "#" JOINER "64;x &" JOINER "commat;x &" JOINER "num;1\n"},
	{"`a<b @x` <c>", "> `a<" JOINER "b @" JOINER "x` <" JOINER "c>\n"},
	{"a\r\nb", "> a\n> b\n"},
	{"a\rb", "> a<0D>b\n"},
	/* Where code begins and ends is not for us to say. */
	{"```c\na<b @x #1\n```\n<d>",
		"> ```c\n> a<" JOINER "b @" JOINER "x #" JOINER "1\n> ```\n> <" JOINER "d>\n"},
	{"``` a`b\n@octocat </details>", "> ``` a`b\n> @" JOINER "octocat <" JOINER "/details>\n"},
	{"```\ncode\n```not-a-close\n```\n@octocat",
		"> ```\n> code\n> ```not-a-close\n> ```\n> @" JOINER "octocat\n"},
	{"\\` @esc <img src=x> `", "> \\` @" JOINER "esc <" JOINER "img src=x> `\n"},
	{"x `\ny` @multi <img> `z", "> x `\n> y` @" JOINER "multi <" JOINER "img> `z\n"},
	{"- a\n\n  ```\n  code\n@list", "> - a\n>\n>   ```\n>   code\n> @" JOINER "list\n"},
	{"~~~~\nopen", "> ~~~~\n> open\n"},
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
