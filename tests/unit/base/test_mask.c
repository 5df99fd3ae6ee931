#include "base/mask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/index.h"
#include "cmocka_all.h"

/*
 * What other programs make of one value that has something for each of them to escape. The texts
 * come from Python's, Node's and Perl-compatible encoders, bash and the standards' own rules.
 */
#define HARD "p\"a/ss\\w<o>r&d'\303\251\342\202\254\360\237\230\200+=%$x;\t~`!"
static const char *const hard_forms[][2] = {
	{"raw", "p\"a/ss\\w<o>r&d'\303\251\342\202\254\360\237\230\200+=%$x;\t~`!"},
	{"base64 phase 0", "cCJhL3NzXHc8bz5yJmQnw6nigqzwn5iAKz0lJHg7CX5gI"},
	{"base64 phase 1", "AiYS9zc1x3PG8+ciZkJ8Op4oKs8J+YgCs9JSR4Owl+YC"},
	{"base64url phase 1", "AiYS9zc1x3PG8-ciZkJ8Op4oKs8J-YgCs9JSR4Owl-YC"},
	{"base64 phase 2", "wImEvc3NcdzxvPnImZCfDqeKCrPCfmIArPSUkeDsJfmAh"},
	{"base64 alone", "cCJhL3NzXHc8bz5yJmQnw6nigqzwn5iAKz0lJHg7CX5gIQ=="},
	{"with newline", "cCJhL3NzXHc8bz5yJmQnw6nigqzwn5iAKz0lJHg7CX5gIQo="},
	{"hex", "7022612f73735c773c6f3e72266427c3a9e282acf09f98802b3d2524783b097e6021"},
	{"HEX", "7022612F73735C773C6F3E72266427C3A9E282ACF09F98802B3D2524783B097E6021"},
	{"percent safe",
		"p%22a%2Fss%5Cw%3Co%3Er%26d%27%C3%A9%E2%82%AC%F0%9F%98%80%2B%3D%25%24x%3B%09~%60%21"},
	{"percent lower safe",
		"p%22a%2fss%5cw%3co%3er%26d%27%c3%a9%e2%82%ac%f0%9f%98%80%2b%3d%25%24x%3b%09~%60%21"},
	{"percent safe /",
		"p%22a/ss%5Cw%3Co%3Er%26d%27%C3%A9%E2%82%AC%F0%9F%98%80%2B%3D%25%24x%3B%09~%60%21"},
	{"percent lower safe /",
		"p%22a/ss%5cw%3co%3er%26d%27%c3%a9%e2%82%ac%f0%9f%98%80%2b%3d%25%24x%3b%09~%60%21"},
	{"percent safe !'()*",
		"p%22a%2Fss%5Cw%3Co%3Er%26d'%C3%A9%E2%82%AC%F0%9F%98%80%2B%3D%25%24x%3B%09~%60!"},
	{"percent lower safe !'()*",
		"p%22a%2fss%5cw%3co%3er%26d'%c3%a9%e2%82%ac%f0%9f%98%80%2b%3d%25%24x%3b%09~%60!"},
	{"percent safe !'()*;,/?:@&=+$#",
		"p%22a/ss%5Cw%3Co%3Er&d'%C3%A9%E2%82%AC%F0%9F%98%80+=%25$x;%09~%60!"},
	{"percent lower safe !'()*;,/?:@&=+$#",
		"p%22a/ss%5cw%3co%3er&d'%c3%a9%e2%82%ac%f0%9f%98%80+=%25$x;%09~%60!"},
	{"URLSearchParams",
		"p%22a%2Fss%5Cw%3Co%3Er%26d%27%C3%A9%E2%82%AC%F0%9F%98%80%2B%3D%25%24x%3B%09%7E%60%21"},
	{"JSON.stringify", "p\\\"a/ss\\\\w<o>r&d'\303\251\342\202\254\360\237\230\200+=%$x;\\t~`!"},
	{"JSON twice",
		"p\\\\\\\"a/ss\\\\\\\\w<o>r&d'\303\251\342\202\254\360\237\230\200+=%$x;\\\\t~`!"},
	{"json.dumps", "p\\\"a/ss\\\\w<o>r&d'\\u00e9\\u20ac\\ud83d\\ude00+=%$x;\\t~`!"},
	{"json dumps twice",
		"p\\\\\\\"a/ss\\\\\\\\w<o>r&d'\\\\u00e9\\\\u20ac\\\\ud83d\\\\ude00+=%$x;\\\\t~`!"},
	{"json upper", "p\\\"a/ss\\\\w<o>r&d'\\u00E9\\u20AC\\uD83D\\uDE00+=%$x;\\t~`!"},
	{"go", "p\\\"a/ss\\\\w\\u003co\\u003er\\u0026d'\303\251\342\202\254\360\237\230\200+=%$x;\\t~`!"},
	{"gson",
		"p\\\"a/ss\\\\w\\u003co\\u003er\\u0026d\\u0027\303\251\342\202\254\360\237\230\200+\\u003d%$x;\\t~`!"},
	{".NET",
		"p\\u0022a/ss\\\\w\\u003Co\\u003Er\\u0026d\\u0027\\u00E9\\u20AC\\uD83D\\uDE00\\u002B=%$x;\\t~\\u0060!"},
	{"html.escape",
		"p&quot;a/ss\\w&lt;o&gt;r&amp;d&#x27;\303\251\342\202\254\360\237\230\200+=%$x;\t~`!"},
	{"html.escape no quote",
		"p\"a/ss\\w&lt;o&gt;r&amp;d'\303\251\342\202\254\360\237\230\200+=%$x;\t~`!"},
	{"xml apos",
		"p&quot;a/ss\\w&lt;o&gt;r&amp;d&apos;\303\251\342\202\254\360\237\230\200+=%$x;\t~`!"},
	{"php htmlspecialchars",
		"p&quot;a/ss\\w&lt;o&gt;r&amp;d&#039;\303\251\342\202\254\360\237\230\200+=%$x;\t~`!"},
	{"go html",
		"p&#34;a/ss\\w&lt;o&gt;r&amp;d&#39;\303\251\342\202\254\360\237\230\200+=%$x;\t~`!"},
	{"charref", "p&quot;a/ss\\w&lt;o&gt;r&amp;d&#x27;&#233;&#8364;&#128512;+=%$x;\t~`!"},
	{"all decimal",
		"&#112;&#34;&#97;&#47;&#115;&#115;&#92;&#119;&#60;&#111;&#62;&#114;&#38;&#100;&#39;&#233;&#8364;&#128512;&#43;&#61;&#37;&#36;&#120;&#59;&#9;&#126;&#96;&#33;"},
	{"all hex",
		"&#x70;&#x22;&#x61;&#x2f;&#x73;&#x73;&#x5c;&#x77;&#x3c;&#x6f;&#x3e;&#x72;&#x26;&#x64;&#x27;&#xe9;&#x20ac;&#x1f600;&#x2b;&#x3d;&#x25;&#x24;&#x78;&#x3b;&#x9;&#x7e;&#x60;&#x21;"},
	{"all u",
		"\\u0070\\u0022\\u0061\\u002f\\u0073\\u0073\\u005c\\u0077\\u003c\\u006f\\u003e\\u0072\\u0026\\u0064\\u0027\\u00e9\\u20ac\\ud83d\\ude00\\u002b\\u003d\\u0025\\u0024\\u0078\\u003b\\u0009\\u007e\\u0060\\u0021"},
	{"shlex", "p\"a/ss\\w<o>r&d'\"'\"'\303\251\342\202\254\360\237\230\200+=%$x;\t~`!"},
	{"posix single", "p\"a/ss\\w<o>r&d'\\''\303\251\342\202\254\360\237\230\200+=%$x;\t~`!"},
	{"bash %q, $'...'",
		"p\"a/ss\\\\w<o>r&d\\'\303\251\342\202\254\360\237\230\200+=%$x;\\t~`!"},
	{"repr bytes",
		"p\"a/ss\\\\w<o>r&d\\'\\xc3\\xa9\\xe2\\x82\\xac\\xf0\\x9f\\x98\\x80+=%$x;\\t~`!"},
	{"sql", "p\"a/ss\\w<o>r&d''\303\251\342\202\254\360\237\230\200+=%$x;\t~`!"},
	{"csv", "p\"\"a/ss\\w<o>r&d'\303\251\342\202\254\360\237\230\200+=%$x;\t~`!"},
	{"re.escape",
		"p\"a/ss\\\\w<o>r\\&d'\303\251\342\202\254\360\237\230\200\\+=%\\$x;\\\t\\~`!"},
	{"PHP json_encode()", "p\\\"a\\/ss\\\\w<o>r&d'\\u00e9\\u20ac\\ud83d\\ude00+=%$x;\\t~`!"},
};

static struct mask *mask_of(const char *first, const char *second)
{
	struct mask_secret secrets[] = {{"FIRST", first, 0}, {"SECOND", second, 0}};
	return mask_new(secrets, 2);
}

static void take(void *context, const char *bytes, size_t size)
{
	buffer_append(context, bytes, size);
}

/* Fed in pieces of the given size, after a first one of another. */
static void mask_in_pieces(
	const struct mask *mask, const char *text, size_t first, size_t each, struct buffer *masked)
{
	struct mask_stream stream = {0};
	size_t size = strlen(text);
	mask_begin(&stream, mask, &(struct buffer_outlet){take, masked});
	for (size_t at = 0; at < size;) {
		size_t piece = at ? each : first;
		if (piece > size - at)
			piece = size - at;
		mask_feed(&stream, text + at, piece);
		at += piece;
	}
	mask_finish(&stream);
	mask_release(&stream);
}

/* Whole, cut in two at each place, and byte by byte. */
static void assert_masked(const struct mask *mask, const char *text, const char *expected)
{
	struct arena arena = {0};
	size_t size = strlen(text);
	assert_string_equal(mask_text(mask, text, &arena), expected);
	for (size_t cut = 1; cut <= size; cut++) {
		struct buffer masked = BUFFER_INIT;
		mask_in_pieces(mask, text, cut, cut == 1 ? 1 : size, &masked);
		assert_string_equal(buffer_text(&masked), expected);
		buffer_release(&masked);
	}
	arena_release(&arena);
}

static void every_encoding_goes(void **state)
{
	struct mask *mask = mask_of(HARD, NULL);
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(hard_forms); i++) {
		char text[1024];
		snprintf(text, sizeof text, "(%s)\n", hard_forms[i][1]);
		struct arena arena = {0};
		const char *masked = mask_text(mask, text, &arena);
		if (strcmp(masked, "(***)\n") != 0)
			fail_msg("%s: '%s' became '%s'", hard_forms[i][0], text, masked);
		arena_release(&arena);
		assert_masked(mask, text, "(***)\n");
	}
	mask_free(mask);
}

/* Values of the kind that do not need much escaping. */
static void plain_values_in_all_encodings(void **state)
{
	static const char *const cases[][3] = {
		{"ghs_16C7e42F292c6912E7710c838347Ae178B4a",
			"Authorization: Bearer ghs_16C7e42F292c6912E7710c838347Ae178B4a\n",
			"Authorization: Bearer ***\n"},
		{"ghs_16C7e42F292c6912E7710c838347Ae178B4a",
			"https://x-access-token:ghs_16C7e42F292c6912E7710c838347Ae178B4a@host/",
			"https://x-access-token:***@host/"},
		{"ghs_16C7e42F292c6912E7710c838347Ae178B4a",
			"basic eC1hY2Nlc3MtdG9rZW46Z2hzXzE2QzdlNDJGMjkyYzY5MTJFNzcxMGM4MzgzNDdBZTE3OEI0YQ==",
			"basic eC1hY2Nlc3MtdG9rZW46***"},
		{"hunter2!pw", "dTpodW50ZXIyIXB3", "dTp***"},
		{"hunter2!pw", "dXM6aHVudGVyMiFwdw==", "dXM6***"},
		{"hunter2!pw", "dXNlOmh1bnRlcjIhcHc=", "dXNlOm***"},
		{"hunter2!pw", "dTpodW50ZXIyIXB3O2FiYw==", "dTp***O2FiYw=="},
		{"hunter2!pw", "dXM6aHVudGVyMiFwdzthYmM=", "dXM6***zthYmM="},
		{"hunter2!pw", "dXNlOmh1bnRlcjIhcHc7YWJj", "dXNlOm***7YWJj"},
		{"four", "four", "***"},
		{"four", "x Zm91cg== y", "x *** y"},
		{"a b c d", "q=a+b+c+d&r=a%20b%20c%20d", "q=***&r=***"},
		{"it's here", "it\\'s\\ here|'it'\\''s here'", "***|'***'"},
		{"a$b`c\"d", "echo \"a\\$b\\`c\\\"d\"", "echo \"***\""},
		{"a,b;c(d)", "a\\,b\\;c\\(d\\) and a,b\\;c\\(d\\)", "*** and ***"},
		{"C:\\dir\\new", "\"C:\\\\dir\\\\new\" \"C:\\\\\\\\dir\\\\\\\\new\"",
			"\"***\" \"***\""},
		{"line one\nline two", "line one%0Aline two", "***"},
		{"line one\nline two", "a=\"line one&#10;line two\" b=\"line one&#xA;line two\"",
			"a=\"***\" b=\"***\""},
		{"line one\nline two", "line one, then line two", "***, then ***"},
		{"\377\376\200bin", "\377\376\200bin fffe8062696e %FF%FE%80bin", "*** *** ***"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct mask *mask = mask_of(cases[i][0], NULL);
		assert_masked(mask, cases[i][1], cases[i][2]);
		mask_free(mask);
	}
}

static void where_secrets_meet(void **state)
{
	static const struct {
		const char *first, *second, *text, *expected;
	} cases[] = {
		{"secret", NULL, "a secret here", "a *** here"},
		{"secret", NULL, "secre", "secre"},
		{"secret", NULL, "", ""},
		{"secret", NULL, "secresecret", "secre***"},
		{"secret", NULL, "secretsecret", "***"},
		{"secret", NULL, "secret secret", "*** ***"},
		{"secret", NULL, "Secret SECRET", "Secret SECRET"},
		{"secret", "secret-longer", "secret-longer secret-long", "*** ***-long"},
		{"secret-longer", "cret", "secret-longest", "se***-longest"},
		/* What belongs to either goes, so that no rest of the other one stays. */
		{"abcdXX", "XXefgh", "1abcdXXefgh2", "1***2"},
		{"abcdefgh", "cdef", "abcdef abcdefgh", "ab*** ***"},
		{"aaaa", NULL, "aaa aaaaa aaaaaaaa baaaab", "aaa *** *** b***b"},
		{"abab", NULL, "ababab aba abab", "*** aba ***"},
		{"****x", NULL, "***x ****x", "***x ***"},
		/* The white space around a value may be missing. */
		{" padded\n", NULL, "<padded>", "<***>"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct mask *mask = mask_of(cases[i].first, cases[i].second);
		assert_masked(mask, cases[i].text, cases[i].expected);
		mask_free(mask);
	}
}

static void lines_of_a_secret(void **state)
{
	struct mask *mask = mask_of("-----BEGIN KEY-----\r\nMIIabc/def\n  xyz\n  tail=\n", NULL);
	(void)state;
	assert_masked(mask, "k: MIIabc/def", "k: ***");
	assert_masked(mask, "k: tail=", "k: ***");
	assert_masked(mask, "xyz is too short", "xyz is too short");
	assert_masked(mask, "-----BEGIN KEY-----\n", "-----BEGIN KEY-----\n");
	assert_masked(mask, "MIIabc%2Fdef MIIabc\\/def", "*** ***");
	assert_masked(mask, "-----BEGIN KEY-----\r\nMIIabc/def\n  xyz\n  tail=\n;", "***;");
	assert_masked(
		mask, "\"-----BEGIN KEY-----\\r\\nMIIabc/def\\n  xyz\\n  tail=\\n\"", "\"***\"");
	/* The lines alone would leave the short one. */
	assert_masked(mask, "-----BEGIN KEY-----\r\nMIIabc/def\n  xyz\n  tail=", "***");
	mask_free(mask);
}

/* As base64(1) and xxd(1) write it. */
static void wrapped_lines(void **state)
{
	struct mask *mask = mask_of(
		"correct horse battery staple, and then some more words that make it longer than a line",
		NULL);
	(void)state;
	assert_masked(mask,
		"Y29ycmVjdCBob3JzZSBiYXR0ZXJ5IHN0YXBsZSwgYW5kIHRoZW4gc29tZSBtb3JlIHdvcmRzIHRo\n"
		"YXQgbWFrZSBpdCBsb25nZXIgdGhhbiBhIGxpbmUK\n",
		"***\n***\n");
	assert_masked(mask,
		"Y29ycmVjdCBob3JzZSBiYXR0ZXJ5IHN0YXBsZSwgYW5kIHRoZW4gc29tZSBtb3Jl\n"
		"IHdvcmRzIHRoYXQgbWFrZSBpdCBsb25nZXIgdGhhbiBhIGxpbmUK\n",
		"***\n***\n");
	assert_masked(mask,
		"636f727265637420686f727365206261747465727920737461706c652c20\n"
		"616e64207468656e20736f6d65206d6f726520776f726473207468617420\n"
		"6d616b65206974206c6f6e676572207468616e2061206c696e65\n",
		"***\n***\n***\n");
	mask_free(mask);
}

static char *repeated(char byte, size_t count)
{
	char *text = malloc(count + 1);
	assert_non_null(text);
	memset(text, byte, count);
	text[count] = '\0';
	return text;
}

static void what_is_not_masked(void **state)
{
	char *large = repeated('x', MASK_SECRET_MAX + 1);
	char *most = repeated('y', MASK_SECRET_MAX);
	struct mask_secret secrets[] = {
		{"UNSET", NULL, 0},
		{"EMPTY", "", 0},
		{"BLANK", " \t\n   ", 0},
		{"SHORT", "abc", 0},
		{"SHORT_AND_BLANK", " abc\n", 0},
		{"LARGE", large, 0},
	};
	static const enum mask_verdict verdicts[] = {
		MASK_EMPTY, MASK_EMPTY, MASK_EMPTY, MASK_TOO_SHORT, MASK_TOO_SHORT, MASK_TOO_LONG};
	(void)state;
	assert_null(mask_new(NULL, 0));
	assert_null(mask_new(secrets, ARRAY_LENGTH(secrets)));
	for (size_t i = 0; i < ARRAY_LENGTH(secrets); i++)
		assert_int_equal(secrets[i].verdict, verdicts[i]);
	struct mask_secret taken[] = {
		{"A", "four", 0}, {"B", most, 0}, {"C", most, 0}, {"D", "last", 0}};
	struct mask *mask = mask_new(taken, ARRAY_LENGTH(taken));
	assert_int_equal(taken[0].verdict, MASK_TAKEN);
	assert_int_equal(taken[1].verdict, MASK_TAKEN);
	assert_int_equal(taken[2].verdict, MASK_TOO_LONG);
	assert_int_equal(taken[3].verdict, MASK_TAKEN);
	mask_free(mask);
	free(large);
	free(most);
}

static void nothing_to_mask(void **state)
{
	struct arena arena = {0};
	struct buffer out = BUFFER_INIT;
	const char *text = "as it is";
	struct mask *mask = mask_of("secret", NULL);
	(void)state;
	assert_ptr_equal(mask_text(NULL, text, &arena), text);
	assert_ptr_equal(mask_text(mask, text, &arena), text);
	assert_null(mask_text(mask, NULL, &arena));
	assert_null(arena.newest);
	assert_false(mask_finds(NULL, "secret", 6, 4));
	assert_false(mask_finds(mask, "a secre", 7, 4));
	assert_true(mask_finds(mask, "a secret", 8, 6));
	assert_false(mask_finds(mask, "a secret", 8, 7));
	assert_false(mask_append(NULL, &out, "secret", 6));
	assert_false(mask_append(mask, &out, "secre", 5));
	assert_true(mask_append(mask, &out, "secret", 6));
	assert_string_equal(out.bytes, "secretsecre***");
	buffer_clear(&out);
	mask_in_pieces(NULL, "a secret", 3, 2, &out);
	assert_string_equal(out.bytes, "a secret");
	buffer_release(&out);
	mask_free(mask);
	arena_release(&arena);
}

/* What quotes a value may end in the middle of it. */
static void messages_that_are_cut(void **state)
{
	static const char *const cases[][2] = {
		{"the text 'a-long-sec…', not a number", "the text '***…', not a number"},
		{"a-long-secret…", "***…"},
		{"a-l…", "a-l…"},
		{"a-long-sec", "a-long-sec"},
		{"no secret…", "no secret…"},
		{"…a-long-secret…a-lo…", "…***…***…"},
		{"xa-long-", "xa-long-"},
	};
	struct mask *mask = mask_of("a-long-secret", NULL);
	struct arena arena = {0};
	char text[900];
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		assert_string_equal(mask_message(mask, cases[i][0], &arena), cases[i][1]);
	memset(text, '.', sizeof text);
	memcpy(text + sizeof text - 9, "a-long-s", 9);
	const char *masked = mask_message(mask, text, &arena);
	assert_int_equal(strlen(masked), sizeof text - 1 - 8 + 3);
	assert_string_equal(masked + strlen(masked) - 5, "..***");
	assert_null(mask_message(mask, NULL, &arena));
	assert_ptr_equal(mask_message(NULL, text, &arena), text);
	arena_release(&arena);
	mask_free(mask);
}

static void texts_that_are_cut(void **state)
{
	static const char *const cases[][2] = {
		{"so a-long-sec", "so ***"},
		{"a-long-secret", "***"},
		{"a-long-secret a-l", "*** a-l"},
		{"a-long-seca-lo", "a-long-sec***"},
		{"", ""},
	};
	struct mask *mask = mask_of("a-long-secret", NULL);
	struct buffer out = BUFFER_INIT;
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		buffer_clear(&out);
		mask_append_cut(mask, &out, cases[i][0], strlen(cases[i][0]));
		assert_string_equal(buffer_text(&out), cases[i][1]);
	}
	mask_append_cut(NULL, &out, "a-long-", 7);
	assert_string_equal(buffer_text(&out), "a-long-");
	buffer_release(&out);
	mask_free(mask);
}

/* Nothing waits that cannot be the beginning of a secret, and what waits goes out in the end. */
static void holds_back_no_more_than_needed(void **state)
{
	struct mask *mask = mask_of("secret", NULL);
	struct mask_stream stream = {0};
	struct buffer out = BUFFER_INIT;
	(void)state;
	mask_begin(&stream, mask, &(struct buffer_outlet){take, &out});
	mask_feed(&stream, "a line\nsecr", 11);
	assert_string_equal(buffer_text(&out), "a line\n");
	mask_feed(&stream, "e", 1);
	assert_string_equal(buffer_text(&out), "a line\n");
	mask_feed(&stream, "es", 2);
	assert_string_equal(buffer_text(&out), "a line\nsecree");
	mask_feed(&stream, "ecret", 5);
	assert_string_equal(buffer_text(&out), "a line\nsecree***");
	mask_feed(&stream, "s", 1);
	mask_finish(&stream);
	assert_string_equal(buffer_text(&out), "a line\nsecree***s");
	/* A new text begins: the s before does not count. */
	mask_feed(&stream, "ecret", 5);
	mask_finish(&stream);
	assert_string_equal(buffer_text(&out), "a line\nsecree***secret");
	mask_release(&stream);
	buffer_release(&out);
	mask_free(mask);
}

/* Each byte may end a form that covers all before it: still no more than a look at each. */
static void self_similar_text_in_single_bytes(void **state)
{
	char *secret = repeated('a', 20000);
	char *text = repeated('a', 200000);
	struct mask *mask = mask_of(secret, NULL);
	struct buffer out = BUFFER_INIT;
	(void)state;
	mask_in_pieces(mask, text, 1, 1, &out);
	assert_string_equal(buffer_text(&out), "***");
	buffer_clear(&out);
	text[19999] = '\n';
	mask_in_pieces(mask, text, 1, 1, &out);
	assert_int_equal(out.size, 20003);
	assert_string_equal(out.bytes + 19998, "a\n***");
	buffer_release(&out);
	mask_free(mask);
	free(secret);
	free(text);
}

/* Many small matches and more spans than are kept at a time. */
static void a_log_full_of_secrets(void **state)
{
	struct mask *mask = mask_of("secret", "x-pected-y");
	struct buffer text = BUFFER_INIT, expected = BUFFER_INIT, out = BUFFER_INIT;
	(void)state;
	for (int i = 0; i < 5000; i++) {
		buffer_printf(&text, "%d secret,x-pected-%s\n", i, i % 2 ? "y" : "z");
		buffer_printf(&expected, "%d ***,%s\n", i, i % 2 ? "***" : "x-pected-z");
	}
	for (size_t each = 1; each < 300000; each = each * 7 + 1) {
		buffer_clear(&out);
		mask_in_pieces(mask, text.bytes, each, each, &out);
		assert_int_equal(out.size, expected.size);
		assert_memory_equal(out.bytes, expected.bytes, out.size);
	}
	buffer_release(&text);
	buffer_release(&expected);
	buffer_release(&out);
	mask_free(mask);
}

static void a_thousand_secrets(void **state)
{
	static char values[1000][24];
	static struct mask_secret secrets[1000];
	struct buffer text = BUFFER_INIT, out = BUFFER_INIT;
	uint64_t random = 1;
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(secrets); i++) {
		for (size_t j = 0; j < 23; j++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			values[i][j] = "abcdefghijklmnopqrstuvwxyz234567"[random >> 59];
		}
		secrets[i] = (struct mask_secret){"N", values[i], 0};
	}
	struct mask *mask = mask_new(secrets, ARRAY_LENGTH(secrets));
	for (size_t i = 0; i < ARRAY_LENGTH(secrets); i++)
		buffer_printf(&text, "%s.%.22s.", values[i], values[i]);
	mask_append(mask, &out, text.bytes, text.size);
	for (size_t i = 0; i < ARRAY_LENGTH(secrets); i++) {
		assert_null(strstr(out.bytes, values[i]));
		values[i][22] = '\0';
		assert_non_null(strstr(out.bytes, values[i]));
	}
	assert_int_equal(out.size, 1000 * (4 + 23));
	buffer_release(&text);
	buffer_release(&out);
	mask_free(mask);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_encoding_goes),
		cmocka_unit_test(plain_values_in_all_encodings),
		cmocka_unit_test(where_secrets_meet),
		cmocka_unit_test(lines_of_a_secret),
		cmocka_unit_test(wrapped_lines),
		cmocka_unit_test(what_is_not_masked),
		cmocka_unit_test(nothing_to_mask),
		cmocka_unit_test(messages_that_are_cut),
		cmocka_unit_test(texts_that_are_cut),
		cmocka_unit_test(holds_back_no_more_than_needed),
		cmocka_unit_test(self_similar_text_in_single_bytes),
		cmocka_unit_test(a_log_full_of_secrets),
		cmocka_unit_test(a_thousand_secrets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
