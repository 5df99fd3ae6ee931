#include "load/condition_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/index.h"
#include "base/parse.h"
#include "base/text.h"
#include "load/yaml_decode.h"

static const char *const known_words[] = {
	"success", "failure", "always", "changed", "params", "env", "matrix", "true", "false"};

/* In the order of enum comparison; each before those that begin like it. */
static const struct {
	const char *sign;
	enum comparison comparison;
} comparisons[] = {
	{"==", COMPARE_EQUAL},
	{"!=", COMPARE_DIFFERENT},
	{"<=", COMPARE_LESS_EQUAL},
	{">=", COMPARE_GREATER_EQUAL},
	{"<", COMPARE_LESS},
	{">", COMPARE_GREATER},
};

void condition_skip_blanks(struct condition_text *text)
{
	text->at += strspn(text->at, " \t\r\n");
}

static struct source_position position_of(const struct condition_text *text, const char *at)
{
	struct source_position where = text->where;
	for (const char *byte = text->text; byte < at;) {
		uint32_t code_point;
		byte += utf8_decode(byte, (size_t)(at - byte), &code_point);
		where.column++;
		if (code_point == '\n') {
			where.line++;
			where.column = text->where.column;
		}
	}
	return where;
}

bool condition_fault(
	struct condition_text *text, const char *at, const char *nearest, const char *format, ...)
{
	char message[512];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(message, sizeof message, format, arguments);
	va_end(arguments);
	diagnostics_add_near(text->diagnostics, FINDING_CONDITION, position_of(text, at), nearest,
		"%s", message);
	return false;
}

/* What stands at a place, for a message: a word, or one character. */
static const char *shown_at(struct condition_text *text, const char *at)
{
	size_t length = condition_word_length(at, true);
	uint32_t code_point;
	if (length == 0)
		length = utf8_decode(at, strlen(at), &code_point);
	if (length == 1 && at[1] && strchr("=&|", at[1]))
		length = 2;
	return shorten(
		text->diagnostics->arena, arena_copy_bytes(text->diagnostics->arena, at, length));
}

/* For what other languages write. */
static const char *usual_word(const char *at)
{
	static const struct {
		const char *word;
		const char *meant;
	} usual[] = {
		{"and", "&&"}, {"or", "||"}, {"not", "!"}, {"&", "&&"}, {"|", "||"}, {"=", "=="}};
	size_t length = condition_word_length(at, true);
	if (length == 0)
		length = at[0] && at[1] == at[0] ? 2 : 1;
	for (size_t i = 0; i < ARRAY_LENGTH(usual); i++) {
		if (strlen(usual[i].word) == length && strncmp(usual[i].word, at, length) == 0)
			return usual[i].meant;
	}
	return NULL;
}

bool condition_unexpected(struct condition_text *text, const char *what)
{
	condition_skip_blanks(text);
	if (!*text->at)
		return condition_fault(
			text, text->at, NULL, "expected %s, but the condition ends here", what);
	if (*text->at == '"')
		return condition_fault(
			text, text->at, NULL, "a text stands in single quotes: 'main'");
	return condition_fault(text, text->at, usual_word(text->at), "expected %s, not '%s'", what,
		shown_at(text, text->at));
}

bool condition_take(struct condition_text *text, const char *sign)
{
	condition_skip_blanks(text);
	if (!text_starts_with(text->at, sign))
		return false;
	text->at += strlen(sign);
	return true;
}

size_t condition_word_length(const char *at, bool with_hyphens)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
	size_t length = strspn(at, letters);
	if (length == 0)
		return 0;
	for (;; length++) {
		char next = at[length];
		bool is_part = next && (strchr(letters, next) || (next >= '0' && next <= '9') ||
					       (with_hyphens && next == '-'));
		if (!is_part)
			return length;
	}
}

bool condition_read_text(struct condition_text *text, const char **result)
{
	CLEANUP(buffer_release) struct buffer content = BUFFER_INIT;
	const char *start = text->at++;
	for (;;) {
		size_t length = strcspn(text->at, "'");
		buffer_append(&content, text->at, length);
		text->at += length;
		if (!*text->at)
			return condition_fault(
				text, start, NULL, "the text that begins here has no closing '");
		text->at++;
		if (*text->at != '\'')
			break;
		buffer_append_byte(&content, *text->at++);
	}
	*result = arena_copy_bytes(text->diagnostics->arena, buffer_text(&content), content.size);
	return true;
}

static bool read_number(struct condition_text *text, struct operand *operand)
{
	size_t length = strspn(text->at, "0123456789.+-eE");
	const char *number = arena_copy_bytes(text->diagnostics->arena, text->at, length);
	operand->kind = OPERAND_NUMBER;
	if (!parse_number(number, &operand->number) ||
		condition_word_length(text->at + length, true))
		return condition_fault(text, text->at, NULL, "'%s' is not a number",
			arena_copy_bytes(text->diagnostics->arena, text->at,
				strcspn(text->at, " \t\r\n()&|=!<>,'")));
	text->at += length;
	return true;
}

/* At the '.' behind the word. */
static bool read_name(struct condition_text *text, const char *word, struct operand *operand)
{
	operand->kind = text_equal(word, "params")   ? OPERAND_PARAMETER
			: text_equal(word, "matrix") ? OPERAND_MATRIX
						     : OPERAND_ENVIRONMENT;
	if (*text->at != '.')
		return condition_fault(
			text, text->at, NULL, "expected '.' and a name directly after '%s'", word);
	text->at++;
	size_t length = condition_word_length(text->at, operand->kind != OPERAND_ENVIRONMENT);
	if (length == 0)
		return condition_fault(
			text, text->at, NULL, "expected a name directly after '%s.'", word);
	operand->text = arena_copy_bytes(text->diagnostics->arena, text->at, length);
	text->at += length;
	return true;
}

static bool report_word(struct condition_text *text, const char *word, const char *start)
{
	const char *nearest = usual_word(start);
	for (size_t i = 0; i < 4; i++) {
		if (text_equal(word, known_words[i]))
			return condition_fault(text, start, NULL,
				"'%s' is asked with parentheses: %s(%s)", word, word,
				text_equal(word, "changed") ? "'GLOB'" : "");
	}
	if (!nearest)
		nearest = text_nearest(word, known_words, ARRAY_LENGTH(known_words));
	return condition_fault(text, start, nearest, "'%s' is not known here",
		shorten(text->diagnostics->arena, word));
}

bool condition_read_operand(struct condition_text *text, struct operand *operand)
{
	condition_skip_blanks(text);
	const char *start = text->at;
	*operand = (struct operand){.kind = OPERAND_TEXT};
	if (*start == '\'')
		return condition_read_text(text, &operand->text);
	if (*start && strchr("0123456789.-", *start))
		return read_number(text, operand);
	size_t length = condition_word_length(start, false);
	if (length == 0)
		return condition_unexpected(text, "a value");
	const char *word = arena_copy_bytes(text->diagnostics->arena, start, length);
	text->at += length;
	if (text_equal(word, "params") || text_equal(word, "env") || text_equal(word, "matrix"))
		return read_name(text, word, operand);
	operand->kind = OPERAND_BOOLEAN;
	operand->truth = text_equal(word, "true");
	return operand->truth || text_equal(word, "false") || report_word(text, word, start);
}

bool condition_take_comparison(
	struct condition_text *text, enum comparison *comparison, bool *is_there)
{
	condition_skip_blanks(text);
	*is_there = true;
	for (size_t i = 0; i < ARRAY_LENGTH(comparisons); i++) {
		*comparison = comparisons[i].comparison;
		if (condition_take(text, comparisons[i].sign))
			return true;
	}
	*is_there = false;
	if (*text->at == '=')
		return condition_fault(text, text->at, "==", "'=' does not compare");
	return true;
}

bool condition_check_operands(
	struct condition_text *text, const struct condition *condition, const char *sign_at)
{
	bool is_equality = condition->comparison == COMPARE_EQUAL ||
			   condition->comparison == COMPARE_DIFFERENT;
	bool has_number = condition->operands[0].kind == OPERAND_NUMBER ||
			  condition->operands[1].kind == OPERAND_NUMBER;
	for (size_t i = 0; i < 2; i++) {
		const struct operand *operand = &condition->operands[i];
		double number;
		if (operand->kind == OPERAND_BOOLEAN && (!is_equality || has_number))
			return condition_fault(text, sign_at, NULL,
				"a number is compared here, and %s is none",
				operand->truth ? "true" : "false");
		if (operand->kind == OPERAND_TEXT && (!is_equality || has_number) &&
			!parse_number(operand->text, &number))
			return condition_fault(text, sign_at, NULL,
				"a number is compared here, and the text '%s' is none",
				shorten(text->diagnostics->arena, operand->text));
	}
	return true;
}
