/* Where PCRE2 means something else by the same letters than ECMA-262 does. */
#include "contract/schema_translate.h"

#include <stdlib.h>
#include <string.h>

#include "base/index.h"
#include "base/text.h"

#define SHORT_REPEAT 16u   /* "{1,8}" does not run far */
#define COUNT_LIMIT 65535u /* more is an error for PCRE2 */

/* What ECMA-262 calls the general categories, and PCRE2 by their short names alone. */
static const char *const categories[][2] = {
	{"Letter", "L"},
	{"Cased_Letter", "L&"},
	{"Uppercase_Letter", "Lu"},
	{"Lowercase_Letter", "Ll"},
	{"Titlecase_Letter", "Lt"},
	{"Modifier_Letter", "Lm"},
	{"Other_Letter", "Lo"},
	{"Mark", "M"},
	{"Nonspacing_Mark", "Mn"},
	{"Spacing_Mark", "Mc"},
	{"Enclosing_Mark", "Me"},
	{"Number", "N"},
	{"Decimal_Number", "Nd"},
	{"digit", "Nd"},
	{"Letter_Number", "Nl"},
	{"Other_Number", "No"},
	{"Punctuation", "P"},
	{"punct", "P"},
	{"Connector_Punctuation", "Pc"},
	{"Dash_Punctuation", "Pd"},
	{"Open_Punctuation", "Ps"},
	{"Close_Punctuation", "Pe"},
	{"Initial_Punctuation", "Pi"},
	{"Final_Punctuation", "Pf"},
	{"Other_Punctuation", "Po"},
	{"Symbol", "S"},
	{"Math_Symbol", "Sm"},
	{"Currency_Symbol", "Sc"},
	{"Modifier_Symbol", "Sk"},
	{"Other_Symbol", "So"},
	{"Separator", "Z"},
	{"Space_Separator", "Zs"},
	{"Line_Separator", "Zl"},
	{"Paragraph_Separator", "Zp"},
	{"Other", "C"},
	{"Control", "Cc"},
	{"Format", "Cf"},
	{"Surrogate", "Cs"},
	{"Private_Use", "Co"},
	{"Unassigned", "Cn"},
};

#define SPACES "\\s\\u{feff}\\p{Zs}\\u{2028}\\u{2029}"

/* The name within \p{…}, without what ECMA-262 may put before it. Gives its size with the '}'. */
static size_t append_category(struct buffer *translated, const char *name)
{
	static const char *const prefixes[] = {"General_Category=", "gc="};
	const char *end = strchr(name, '}');
	const char *start = name;
	if (!end)
		return 0;
	for (size_t i = 0; i < ARRAY_LENGTH(prefixes); i++) {
		if (text_starts_with(name, prefixes[i]))
			start += strlen(prefixes[i]);
	}
	size_t size = (size_t)(end - start);
	for (size_t i = 0; i < ARRAY_LENGTH(categories); i++) {
		if (strlen(categories[i][0]) == size && !memcmp(categories[i][0], start, size)) {
			buffer_append_text(translated, categories[i][1]);
			size = 0;
			break;
		}
	}
	buffer_append(translated, start, size);
	buffer_append_text(translated, "}");
	return (size_t)(end + 1 - name);
}

/* One escape, where PCRE2 means something else by it. Gives the bytes it took of text. */
static size_t append_escape(struct buffer *translated, const char *text, bool is_in_class)
{
	if (text[1] == 's' && is_in_class)
		return buffer_append_text(translated, SPACES), 2;
	if (text[1] == 's')
		return buffer_append_text(translated, "[" SPACES "]"), 2;
	if (text[1] == 'S' && !is_in_class)
		return buffer_append_text(translated, "[^" SPACES "]"), 2;
	buffer_append(translated, text, 2);
	if ((text[1] == 'p' || text[1] == 'P') && text[2] == '{') {
		buffer_append_text(translated, "{");
		return 3 + append_category(translated, text + 3);
	}
	return 2;
}

/* The greatest number of a "{2,3}" at hand; 0: there is none. UINT32_MAX: without end. */
static uint32_t read_counts(const char *text)
{
	uint32_t number = 0;
	uint32_t greatest = 0;
	for (; (*text >= '0' && *text <= '9') || *text == ','; text++) {
		if (*text == ',' && text[1] == '}')
			return UINT32_MAX;
		number = *text == ',' ? 0 : number * 10 + (uint32_t)(*text - '0');
		if (number > COUNT_LIMIT)
			number = COUNT_LIMIT;
		greatest = number > greatest ? number : greatest;
	}
	return greatest;
}

static void note_repeat(struct schema_translation *translation, const char *text)
{
	uint32_t most = 0;
	if (*text == '*' || *text == '+')
		most = UINT32_MAX;
	else if (*text == '{')
		most = read_counts(text + 1);
	if (most > SHORT_REPEAT)
		translation->has_long_repeats = true;
	if (most == UINT32_MAX)
		most = *text == '{' ? (uint32_t)strtoul(text + 1, NULL, 10) : 0;
	if (most > COUNT_LIMIT)
		most = COUNT_LIMIT;
	if (most > translation->longest_count)
		translation->longest_count = most;
}

void schema_translate(const char *text, struct schema_translation *translation)
{
	bool is_in_class = false;
	while (*text) {
		if (*text == '\\' && text[1]) {
			text += append_escape(&translation->text, text, is_in_class);
			continue;
		}
		if (*text == '[')
			is_in_class = true;
		else if (*text == ']')
			is_in_class = false;
		else if (!is_in_class)
			note_repeat(translation, text);
		buffer_append_byte(&translation->text, *text++);
	}
}
