#include "base/text.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/index.h"
#include "cmocka_all.h"

static void nearest_word(void **state)
{
	static const char *const words[] = {"needs", "name", "timeout", "retry", "outputs"};
	static const struct {
		const char *typed, *expected;
	} cases[] = {{"need", "needs"}, {"naem", "name"}, {"time_out", "timeout"},
		{"output", "outputs"}, {"zebra", NULL}, {"x", NULL}, {"rety", "retry"}};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		const char *found = text_nearest(cases[i].typed, words, ARRAY_LENGTH(words));
		if (cases[i].expected)
			assert_string_equal(found, cases[i].expected);
		else
			assert_null(found);
	}
}

static void utf8_rejects_what_rfc3629_forbids(void **state)
{
	static const char *const bad[] = {"\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xff",
		"\xe2\x82", "a\x80", "\xf4\x90\x80\x80", "\xe0\x80\xaf"};
	static const char *const good[] = {"", "abc", "é", "€", "😀", "\xef\xbf\xbd"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
		assert_false(utf8_is_valid(bad[i], strlen(bad[i])));
	for (size_t i = 0; i < ARRAY_LENGTH(good); i++)
		assert_true(utf8_is_valid(good[i], strlen(good[i])));
}

static void utf8_round_trip(void **state)
{
	(void)state;
	for (uint32_t code_point = 1; code_point <= 0x10ffff; code_point += 97) {
		struct buffer buffer = BUFFER_INIT;
		uint32_t read_back;
		if (code_point >= 0xd800 && code_point < 0xe000)
			continue;
		utf8_append(&buffer, code_point);
		assert_int_equal(utf8_decode(buffer.bytes, buffer.size, &read_back), buffer.size);
		assert_int_equal(read_back, code_point);
		buffer_release(&buffer);
	}
}

static void cut_never_halves_a_character(void **state)
{
	const char *text = "aé€😀z";
	(void)state;
	for (size_t limit = 0; limit <= strlen(text); limit++) {
		size_t cut = utf8_cut(text, strlen(text), limit);
		assert_true(cut <= limit && limit - cut < 4);
		assert_true(utf8_is_valid(text, cut));
	}
}

static void widths(void **state)
{
	(void)state;
	assert_int_equal(utf8_width("abc", 3), 3);
	assert_int_equal(utf8_width("日本", 6), 4);
	assert_int_equal(utf8_width("e\xcc\x81", 3), 1);
	assert_int_equal(utf8_width("✕", 3), 1);
	assert_int_equal(utf8_width("🌊", 4), 2);
}

#define EXPECT(call, expected)                                                                     \
	do {                                                                                       \
		struct buffer buffer = BUFFER_INIT;                                                \
		call;                                                                              \
		assert_string_equal(buffer_text(&buffer), expected);                               \
		buffer_release(&buffer);                                                           \
	} while (0)

static void texts_for_people(void **state)
{
	(void)state;
	EXPECT(duration_append(&buffer, 850), "850 ms");
	EXPECT(duration_append(&buffer, 3149), "3.1 s");
	EXPECT(duration_append(&buffer, 59949), "59.9 s");
	EXPECT(duration_append(&buffer, 59950), "1m 00s");
	EXPECT(duration_append(&buffer, 135000), "2m 15s");
	EXPECT(duration_append(&buffer, 3599499), "59m 59s");
	EXPECT(duration_append(&buffer, 3840000), "1h 04m");
	EXPECT(duration_append(&buffer, -1), "–");
	EXPECT(size_append(&buffer, 812), "812 B");
	EXPECT(size_append(&buffer, 1468006), "1.4 MiB");
	EXPECT(size_append(&buffer, 1048575), "1.0 MiB");
	EXPECT(shell_quote_append(&buffer, "plain-1.txt"), "plain-1.txt");
	EXPECT(shell_quote_append(&buffer, "it's"), "'it'\\''s'");
	EXPECT(shell_quote_append(&buffer, ""), "''");
	EXPECT(text_append_shortened(&buffer, "abcdefghij", 5), "ab…ij");
	EXPECT(text_append_shortened(&buffer, "日本語日本語", 7), "日…語");
	EXPECT(text_append_shortened(&buffer, "abc", 3), "abc");
	EXPECT(text_append_cut(&buffer, "abcdefghij", 5), "abcd…");
	EXPECT(text_append_cut(&buffer, "日本語", 4), "日…");
	EXPECT(text_append_cut(&buffer, "abc", 3), "abc");
	EXPECT(text_append_cut(&buffer, "abc", 0), "");
}

/* Minutes if the rest were measured again for each character. */
static void a_long_text_is_shortened_at_once(void **state)
{
	(void)state;
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	buffer_append_repeated(&text, "a", 4000000);
	EXPECT(text_append_shortened(&buffer, buffer_text(&text), 5), "aa…aa");
}

static void nothing_commands_a_terminal(void **state)
{
	(void)state;
	EXPECT(text_append_visible(&buffer, "a\x1b[31m\r\n", 8), "a<1B>[31m<0D><0A>");
	EXPECT(text_append_visible(&buffer, "x\xe2\x80\xaey\tz", 7), "x<202E>y\tz");
	EXPECT(text_append_visible(&buffer, "\xff!", 2), "\xef\xbf\xbd!");
}

static void json_strings(void **state)
{
	(void)state;
	EXPECT(json_append_text(&buffer, NULL), "null");
	EXPECT(json_append_text(&buffer, "a\"b\\c\n\x01"), "\"a\\\"b\\\\c\\n\\u0001\"");
	EXPECT(json_append_text(&buffer, "</script>&"), "\"\\u003c/script\\u003e\\u0026\"");
	EXPECT(json_append_text(&buffer, "\xe2\x80\xa8\xff"), "\"\\u2028\xef\xbf\xbd\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(nearest_word),
		cmocka_unit_test(utf8_rejects_what_rfc3629_forbids),
		cmocka_unit_test(utf8_round_trip), cmocka_unit_test(cut_never_halves_a_character),
		cmocka_unit_test(widths), cmocka_unit_test(texts_for_people),
		cmocka_unit_test(a_long_text_is_shortened_at_once),
		cmocka_unit_test(nothing_commands_a_terminal), cmocka_unit_test(json_strings)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
