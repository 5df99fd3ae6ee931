#include "report/template.h"

#include <stdio.h>
#include <string.h>

#include "check.h"

static struct arena arena;

/* {text: a<b, none, yes, no, list: [{item: 1}, {item: 2}], empty: [], inner: {text: inside}} */
static struct page_value *make_data(void)
{
	struct page_value *root = page_new(&arena);
	struct page_value *list;

	page_text(&arena, root, "text", "a<b>&\"'");
	page_text(&arena, root, "none", NULL);
	page_text(&arena, root, "blank", "");
	page_truth(&arena, root, "yes", true);
	page_truth(&arena, root, "no", false);
	list = page_list(&arena, root, "list");
	for (int i = 1; i <= 2; i++)
		page_format(&arena, page_object(&arena, list, NULL), "item", "%d", i);
	page_list(&arena, root, "empty");
	page_text(&arena, page_object(&arena, root, "inner"), "text", "inside");
	return root;
}

static bool render(
	const char *text, enum template_target target, struct buffer *buffer, struct error *error)
{
	const struct template_source source = {"page.html", text, strlen(text)};

	return template_render(&source, target, make_data(), buffer, error);
}

static void tags_are_filled(void **state)
{
	static const struct {
		const char *text;
		const char *expected;
	} cases[] = {
		{"", ""},
		{"no tag { { } }", "no tag { { } }"},
		{"{{text}}|{{{text}}}", "a&lt;b&gt;&amp;&quot;&#39;|a<b>&\"'"},
		{"[{{none}}{{blank}}]", "[]"},
		{"{{#yes}}a{{/yes}}{{#no}}b{{/no}}{{^no}}c{{/no}}{{^yes}}d{{/yes}}", "ac"},
		{"{{#blank}}a{{/blank}}{{^blank}}b{{/blank}}{{#none}}c{{/none}}", "b"},
		{"{{#list}}{{item}},{{/list}}{{^list}}none{{/list}}", "1,2,"},
		{"{{#empty}}a{{/empty}}{{^empty}}none{{/empty}}", "none"},
		{"{{#inner}}{{text}}{{/inner}}, {{inner.text}}", "inside, inside"},
		{"{{#list}}{{#yes}}{{item}}{{/yes}}{{/list}}", "12"},
		{"a\n  {{#yes}}\n  b\n  {{/yes}}\nc\n", "a\n  b\nc\n"},
		{"a\r\n{{#yes}}\r\nb\r\n{{/yes}}\r\nc", "a\r\nb\r\nc"},
		{"a {{! {{not}} a tag }}b", "a  a tag }}b"},
		{"{{!\n lines\n}}\nx", "x"},
		{"{{#text}}{{.}}{{/text}}", "a&lt;b&gt;&amp;&quot;&#39;"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct buffer buffer = BUFFER_INIT;
		struct error error = {0};

		if (!render(cases[i].text, TEMPLATE_HTML, &buffer, &error))
			fail_msg("%s: %s", cases[i].text, error.text);
		assert_string_equal(buffer_text(&buffer), cases[i].expected);
		buffer_release(&buffer);
	}
}

static void faults_name_file_and_line(void **state)
{
	static const struct {
		const char *text;
		const char *message;
		const char *hint;
	} cases[] = {
		{"a\n{{txet}}", "template page.html:2: nothing is called 'txet'",
			"did you mean 'text'?"},
		{"{{inner.missing}}", "page.html:1: nothing is called 'inner.missing'", ""},
		{"{{#missing}}{{/missing}}", "nothing is called 'missing'", ""},
		{"{{^missing}}{{/missing}}", "nothing is called 'missing'", ""},
		{"a {{text", "page.html:1: a tag is not closed", ""},
		{"{{{text}}", "a tag is not closed", ""},
		{"{{ }}", "a tag has no name", ""},
		{"{{> part}}", "not supported", ""},
		{"{{&text}}", "not supported", ""},
		{"{{=<% %>=}}", "not supported", ""},
		{"\n\n{{#yes}}", "page.html:3: a section is not ended", ""},
		{"{{/yes}}", "the end of a section that was not begun", ""},
		{"{{#yes}}{{#no}}{{/yes}}{{/no}}", "the end of another section", ""},
		{"{{yes}}", "'yes' is not a text", ""},
		{"{{list}}", "'list' is not a text", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct buffer buffer = BUFFER_INIT;
		struct error error = {0};

		assert_false(render(cases[i].text, TEMPLATE_HTML, &buffer, &error));
		assert_int_equal(error.code, ERROR_TEMPLATE);
		if (!strstr(error.text, cases[i].message))
			fail_msg("%s: %s", cases[i].text, error.text);
		assert_string_equal(error.hint, cases[i].hint);
		buffer_release(&buffer);
	}
}

static void sections_nest_to_the_limit(void **state)
{
	struct buffer text = BUFFER_INIT;
	struct buffer buffer = BUFFER_INIT;
	struct error error = {0};

	(void)state;
	buffer_append_repeated(&text, "{{#yes}}", TEMPLATE_DEPTH_LIMIT);
	buffer_append_text(&text, "deep");
	buffer_append_repeated(&text, "{{/yes}}", TEMPLATE_DEPTH_LIMIT);
	assert_true(render(buffer_text(&text), TEMPLATE_TEXT, &buffer, &error));
	assert_string_equal(buffer_text(&buffer), "deep");
	buffer_clear(&text);
	buffer_append_repeated(&text, "{{#yes}}", TEMPLATE_DEPTH_LIMIT + 1);
	assert_false(render(buffer_text(&text), TEMPLATE_TEXT, &buffer, &error));
	assert_non_null(strstr(error.text, "too many sections"));
	buffer_release(&text);
	buffer_release(&buffer);
}

static void escapes_follow_from_the_target(void **state)
{
	static const struct {
		enum template_target target;
		const char *text;
		const char *expected;
	} cases[] = {
		{TEMPLATE_TEXT, "<&\x1b>", "<&\x1b>"},
		{TEMPLATE_HTML, "<script>", "&lt;script&gt;"},
		{TEMPLATE_HTML, "x\xe2\x80\xaey", "x⟨202E⟩y"},
		{TEMPLATE_HTML, "a\x1b[31mred\x1b[0m \x1b]8;;x\x1b\\", "ared ⟨1B⟩]8;;x⟨1B⟩\\"},
		{TEMPLATE_HTML, "a\r\nb\rc\td", "a\nb⟨0D⟩c\td"},
		{TEMPLATE_HTML, "\xff", "\xef\xbf\xbd"},
		{TEMPLATE_MARKDOWN, "a|b *c* @user #12 [x](y)",
			"a\\|b \\*c\\* \\@user \\#12 \\[x\\]\\(y\\)"},
		{TEMPLATE_MARKDOWN, "a\nb <b>", "a b &lt;b&gt;"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct buffer buffer = BUFFER_INIT;

		template_escape(cases[i].target, cases[i].text, strlen(cases[i].text), &buffer);
		assert_string_equal(buffer_text(&buffer), cases[i].expected);
		buffer_release(&buffer);
	}
}

static int release(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_are_filled),
		cmocka_unit_test(faults_name_file_and_line),
		cmocka_unit_test(sections_nest_to_the_limit),
		cmocka_unit_test(escapes_follow_from_the_target),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
