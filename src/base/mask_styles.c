#include "base/mask_styles.h"

#include <string.h>

#include "base/text.h"

/* --- codes --- */

void mask_append_hex(struct buffer *form, unsigned value, unsigned digits, bool upper)
{
	const char *alphabet = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	while (digits--)
		buffer_append_byte(form, alphabet[value >> (4 * digits) & 15]);
}

static void code_percent(struct buffer *form, const struct mask_character *character, bool upper)
{
	for (size_t i = 0; i < character->size; i++) {
		buffer_append_byte(form, '%');
		mask_append_hex(form, (unsigned char)character->bytes[i], 2, upper);
	}
}

void mask_code_json(struct buffer *form, const struct mask_character *character, bool upper)
{
	uint32_t code = character->code;
	if (code >= 0x10000) {
		buffer_append_text(form, "\\u");
		mask_append_hex(form, 0xd800 + ((code - 0x10000) >> 10), 4, upper);
		code = 0xdc00 + (code & 0x3ff);
	}
	buffer_append_text(form, "\\u");
	mask_append_hex(form, code, 4, upper);
}

void mask_code_decimal(struct buffer *form, const struct mask_character *character, bool upper)
{
	(void)upper;
	buffer_printf(form, "&#%u;", (unsigned)character->code);
}

void mask_code_hex_entity(struct buffer *form, const struct mask_character *character, bool upper)
{
	buffer_printf(form, upper ? "&#x%X;" : "&#x%x;", (unsigned)character->code);
}

static void code_octal(struct buffer *form, const struct mask_character *character, bool upper)
{
	(void)upper;
	for (size_t i = 0; i < character->size; i++)
		buffer_printf(form, "\\%03o", (unsigned)(unsigned char)character->bytes[i]);
}

static void code_hex_escape(struct buffer *form, const struct mask_character *character, bool upper)
{
	for (size_t i = 0; i < character->size; i++) {
		buffer_append_text(form, "\\x");
		mask_append_hex(form, (unsigned char)character->bytes[i], 2, upper);
	}
}

static void code_backslash(struct buffer *form, const struct mask_character *character, bool upper)
{
	(void)upper;
	buffer_append_byte(form, '\\');
	buffer_append(form, character->bytes, character->size);
}

/* --- styles --- */

#define SHORT_CONTROLS "\b\\b", "\f\\f", "\n\\n", "\r\\r", "\t\\t"
#define ALL_CONTROLS SHORT_CONTROLS, "\a\\a", "\v\\v"

static const char *const plus_for_space[] = {" +", NULL};
static const char *const workflow_command[] = {"%%25", "\r%0D", "\n%0A", NULL};
static const char *const workflow_property[] = {"%%25", "\r%0D", "\n%0A", ":%3A", ",%2C", NULL};

const struct mask_style mask_percent_styles[] = {
	{NULL, "^-._~", code_percent, true, true},                   /* RFC 3986 */
	{NULL, "^-._~/", code_percent, true, true},                  /* Python quote() */
	{NULL, "^-._~!'()*", code_percent, true, true},              /* encodeURIComponent() */
	{plus_for_space, "^-._*", code_percent, true, true},         /* browsers, Java: a form */
	{NULL, "^-._~!'()*;,/?:@&=+$#", code_percent, true, true},   /* encodeURI() */
	{NULL, "^-._~!'()*;,/?:@&=+$#[]", code_percent, true, true}, /* curl, user agents */
	{NULL, "^-._~!$&'()*+,;=:@", code_percent, true, true},      /* a path's segment */
	{NULL, "^-._~!$&'()*+,;=:@/", code_percent, true, true},     /* a path */
	{NULL, "^-._~$&+=:@", code_percent, true, true},             /* Go's PathEscape() */
	{NULL, "^-._~!$&'()*+,;=", code_percent, true, true},        /* user and password */
	{plus_for_space, "^-._~", code_percent, true, true},         /* Python, Go: a query */
	{plus_for_space, "^-._", code_percent, true, true},          /* PHP */
	/* The URL standard's query, its path, and user and password. */
	{NULL, " \"#<>'", code_percent, true, true},
	{NULL, " \"#<>?`{}^", code_percent, true, true},
	{NULL, " \"#<>?`{}/:;=@[\\]^|", code_percent, true, true},
	{workflow_command, "", code_percent, false, false},
	{workflow_property, "", code_percent, false, false},
};

static const char *const json_pairs[] = {"\"\\\"", "\\\\\\", SHORT_CONTROLS, NULL};
static const char *const json_slash[] = {"\"\\\"", "\\\\\\", SHORT_CONTROLS, "/\\/", NULL};
static const char *const json_bare[] = {"\"\\\"", "\\\\\\", NULL};
static const char *const json_coded_quote[] = {"\\\\\\", SHORT_CONTROLS, NULL};
static const char *const json_coded_quote_slash[] = {"\\\\\\", SHORT_CONTROLS, "/\\/", NULL};
const char *const *const mask_json_pair_lists[] = {
	json_pairs, json_slash, json_bare, json_coded_quote, json_coded_quote_slash};
/* Which go on as they are in JSON, but that a page or an older parser could stumble over. */
const char *const mask_json_coded_sets[] = {
	"", "<>&", "<>&'", "<>&='", "\"", "\"<>&'", "\"<>&'+`\x7f", "<>", "\"'"};

const char *const mask_xml_pair_lists[][10] = {
	{"&&amp;", "<&lt;", ">&gt;"},
	{"&&amp;", "<&lt;", ">&gt;", "\"&quot;"},
	{"&&amp;", "<&lt;", ">&gt;", "\"&quot;", "'&#39;"},
	{"&&amp;", "<&lt;", ">&gt;", "\"&quot;", "'&#x27;"},
	{"&&amp;", "<&lt;"},
	{"&&amp;", "<&lt;", "\"&quot;"},
	{"&&amp;", "<&lt;", ">&gt;", "\r&#13;"},
	{"&&amp;", "<&lt;", ">&gt;", "\r&#xD;"},
	{"&&amp;", "<&lt;", ">&gt;", "\"&quot;", "'&#039;"},
	{"&&amp;", "<&lt;", ">&gt;", "\"&quot;", "'&apos;"},
	{"&&amp;", "<&lt;", ">&gt;", "\"&#34;", "'&#39;"},
	{"&&amp;", "<&lt;", ">&gt;", "\"&#x22;", "'&#x27;"},
	{"&&amp;", "<&lt;", ">&gt;", "\"&quot;", "'&#x27;", "/&#x2F;"},
	{"&&amp;", "<&lt;", ">&gt;", "\"&quot;", "'&#39;", "/&#x2F;"},
	{"&&amp;", "<&lt;", ">&gt;", "\"&quot;", "'&#39;", "/&#x2F;", "`&#x60;", "=&#x3D;"},
	{"&&amp;", "<&lt;", ">&gt;", "\"&quot;", "\n&#10;", "\r&#13;", "\t&#9;"},
	{"&&amp;", "<&lt;", ">&gt;", "\"&quot;", "\n&#xA;", "\r&#xD;", "\t&#x9;"},
	{"&&amp;", "<&lt;", "\"&quot;", "\n&#10;", "\r&#13;", "\t&#9;"},
	{"&&amp;", "<&lt;", "\"&quot;", "\n&#xA;", "\r&#xD;", "\t&#x9;"},
};

static const char *const single_quoted[] = {"''\\''", NULL};
static const char *const single_quoted_python[] = {"''\"'\"'", NULL};
static const char *const single_quoted_fish[] = {"'\\'", "\\\\\\", NULL};
static const char *const double_quoted[] = {"\"\\\"", "$\\$", "`\\`", "\\\\\\", NULL};
static const char *const ansi_c_quoted[] = {"'\\'", "\\\\\\", ALL_CONTROLS, "\033\\E", NULL};
static const char *const c_single_quoted[] = {"'\\'", "\\\\\\", ALL_CONTROLS, NULL};
static const char *const c_double_quoted[] = {"\"\\\"", "\\\\\\", ALL_CONTROLS, NULL};
static const char *const c_unquoted[] = {"\\\\\\", ALL_CONTROLS, NULL};
static const char *const doubled_single[] = {"'''", NULL};
static const char *const doubled_double[] = {"\"\"\"", NULL};

const struct mask_style mask_quoting_styles[] = {
	{single_quoted, "", code_octal, false, false},
	{single_quoted_python, "", code_octal, false, false},
	{single_quoted_fish, "", code_octal, false, false},
	{double_quoted, "", code_octal, false, false},
	{ansi_c_quoted, "\x7f", code_octal, true, false},
	{ansi_c_quoted, "\x7f", code_octal, true, true},
	{ansi_c_quoted, "\x7f", code_hex_escape, true, true},
	{NULL, " \t'\"\\|&;()<>!{}*[?]^$`,", code_backslash, false, false}, /* bash's %q */
	{NULL, " \t'\"\\|&;()<>!{}*[?]^$`", code_backslash, false, false},
	{NULL, " \t'\"\\|&;()<>!{}*[?]^$`=~#", code_backslash, false, false}, /* zsh's (q) */
	{NULL, " \t'\"\\|&;()<>*[?]$`", code_backslash, false, false},
	{NULL, "()[]{}?*+-|^$\\.&~# \t\n\r\v\f", code_backslash, false, false}, /* Python's re */
	{NULL, "^_-.,:+/@", code_backslash, false, false},
	{NULL, "^_-.,:+/@%=", code_backslash, false, false},
	{NULL, "^_", code_backslash, false, false},
	{NULL, "^", code_backslash, false, false},
	{c_single_quoted, "\x7f", code_hex_escape, true, false},
	{c_single_quoted, "\x7f", code_hex_escape, true, true},
	{c_double_quoted, "\x7f", code_hex_escape, true, false},
	{c_double_quoted, "\x7f", code_hex_escape, true, true},
	{c_unquoted, "\x7f", code_hex_escape, true, false},
	{c_unquoted, "\x7f", code_hex_escape, true, true},
	{doubled_single, "", code_octal, false, false},
	{doubled_double, "", code_octal, false, false},
};

mask_code *const mask_whole_codes[] = {code_percent, mask_code_json, mask_code_decimal,
	mask_code_hex_entity, code_octal, code_hex_escape};

/* --- a value in a style --- */

static bool is_word(uint32_t code)
{
	return (code >= '0' && code <= '9') || (code >= 'A' && code <= 'Z') ||
	       (code >= 'a' && code <= 'z');
}

static bool is_coded(const struct mask_style *style, const struct mask_character *character)
{
	if (character->code >= 0x80)
		return style->codes_beyond;
	if (style->codes_control && character->code < ' ')
		return true;
	bool is_listed = strchr(style->coded, character->bytes[0]) != NULL;
	if (style->coded[0] != '^')
		return is_listed;
	return !is_word(character->code) &&
	       (!is_listed || character->code == '^'); /* which only marks the set */
}

static const char *find_pair(const struct mask_style *style, char byte)
{
	for (const char *const *pair = style->pairs; pair && *pair; pair++) {
		if ((*pair)[0] == byte)
			return *pair + 1;
	}
	return NULL;
}

struct mask_character mask_character_at(const char *bytes, size_t size)
{
	struct mask_character character = {.bytes = bytes};
	character.size = utf8_decode(bytes, size, &character.code);
	if (character.size == 1)
		character.code = (unsigned char)bytes[0];
	return character;
}

void mask_style_append(struct buffer *form, const struct mask_style *style, bool upper,
	const char *bytes, size_t size)
{
	for (size_t at = 0; at < size;) {
		struct mask_character character = mask_character_at(bytes + at, size - at);
		const char *pair = find_pair(style, bytes[at]);
		if (pair)
			buffer_append_text(form, pair);
		else if (is_coded(style, &character))
			style->code(form, &character, upper);
		else
			buffer_append(form, character.bytes, character.size);
		at += character.size;
	}
}
