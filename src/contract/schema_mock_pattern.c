/*
 * Reads the expression and writes at once. What is repeated is read again from its start; what is
 * passed over is read with is_silent. Depth and steps are limited.
 */
#include "contract/schema_mock_pattern.h"

#include <string.h>

#include "base/parse.h"
#include "base/text.h"

#define DEPTH_LIMIT 24
#define STEP_LIMIT 1000000u
#define REPEAT_LIMIT 10000u
#define CLASS_FIRST 0x20 /* classes are sets of printable ASCII characters */
#define CLASS_LAST 0x7e
#define CLASS_SIZE (CLASS_LAST - CLASS_FIRST + 1)

struct walk {
	const char *at;
	struct buffer *text;
	uint32_t extra;
	uint32_t variant; /* what of it has not been used up by a choice */
	uint32_t depth;
	uint32_t steps;
	bool is_silent;
	bool has_failed;
};

struct character_class {
	bool has[CLASS_SIZE];
	uint32_t other; /* a character beyond ASCII, when there is none within; 0: none */
};

struct repetition {
	uint32_t least;
	uint32_t most;
};

static void read_alternatives(struct walk *walk);

static void fail(struct walk *walk)
{
	walk->has_failed = true;
}

/* Letters before digits before the rest: a text for people, as far as there is a choice. */
static const char preferred[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				"-_ !\"#$%&'()*+,./:;<=>?@[\\]^`{|}~";

static void put(struct walk *walk, uint32_t code_point)
{
	if (walk->is_silent)
		return;
	if (walk->text->size >= SCHEMA_MOCK_TEXT_LIMIT)
		fail(walk);
	else
		utf8_append(walk->text, code_point);
}

static uint32_t choose(struct walk *walk, uint32_t count)
{
	if (walk->is_silent || count < 2)
		return 0;
	uint32_t chosen = walk->variant % count;
	walk->variant /= count;
	return chosen;
}

static void put_member(struct walk *walk, const struct character_class *class)
{
	char members[CLASS_SIZE];
	uint32_t count = 0;
	for (const char *at = preferred; *at; at++) {
		if (class->has[*at - CLASS_FIRST])
			members[count++] = *at;
	}
	if (count)
		put(walk, (uint32_t)members[choose(walk, count)]);
	else if (class->other)
		put(walk, class->other);
	else
		fail(walk);
}

static void class_add(struct character_class *class, uint32_t first, uint32_t last)
{
	if (last > CLASS_LAST && !class->other)
		class->other = first > CLASS_LAST ? first : CLASS_LAST + 2;
	for (uint32_t c = first < CLASS_FIRST ? CLASS_FIRST : first; c <= last && c <= CLASS_LAST;
		c++)
		class->has[c - CLASS_FIRST] = true;
}

static void class_invert(struct character_class *class)
{
	for (size_t i = 0; i < CLASS_SIZE; i++)
		class->has[i] = !class->has[i];
	class->other = 0;
}

/* \d \w \s and their opposites; false: the letter is none of them. */
static bool class_add_named(struct character_class *class, char letter)
{
	struct character_class named = {0};
	switch (letter | 0x20) {
	case 'd':
		class_add(&named, '0', '9');
		break;
	case 'w':
		class_add(&named, 'a', 'z');
		class_add(&named, 'A', 'Z');
		class_add(&named, '0', '9');
		class_add(&named, '_', '_');
		break;
	case 's':
		class_add(&named, ' ', ' ');
		break;
	default:
		return false;
	}
	if (letter < 'a')
		class_invert(&named);
	for (size_t i = 0; i < CLASS_SIZE; i++)
		class->has[i] = class->has[i] || named.has[i];
	return true;
}

/* \p{…}: only what ASCII has of it. */
static void class_add_property(struct walk *walk, struct character_class *class, bool is_inverted)
{
	struct character_class named = {0};
	const char *name = walk->at + 1;
	const char *end = *walk->at == '{' ? strchr(walk->at, '}') : NULL;
	if (!end) {
		fail(walk);
		return;
	}
	bool is_letter = *name == 'L' || text_starts_with(name, "Alphabetic");
	if (is_letter && !text_starts_with(name, "Lu"))
		class_add(&named, 'a', 'z');
	if (is_letter && !text_starts_with(name, "Ll"))
		class_add(&named, 'A', 'Z');
	if (*name == 'N')
		class_add(&named, '0', '9');
	if (*name == 'P')
		class_add(&named, '!', '!');
	if (is_inverted)
		class_invert(&named);
	for (size_t i = 0; i < CLASS_SIZE; i++)
		class->has[i] = class->has[i] || named.has[i];
	walk->at = end + 1;
}

static uint32_t read_hexadecimal(struct walk *walk, uint32_t digits)
{
	uint32_t value = 0;
	for (uint32_t i = 0; i < digits; i++, walk->at++) {
		const char *place = *walk->at ? strchr("0123456789abcdef", *walk->at | 0x20) : NULL;
		if (!place) {
			fail(walk);
			return 0;
		}
		value = value * 16 + (uint32_t)(place - "0123456789abcdef");
	}
	return value;
}

/* After the backslash: one character. */
static uint32_t read_escaped_character(struct walk *walk)
{
	static const char letters[] = "ntrfv0";
	static const char values[] = "\n\t\r\f\v";
	uint32_t code_point;
	if (!*walk->at) {
		fail(walk);
		return 0;
	}
	const char *letter = strchr(letters, *walk->at);
	if (*walk->at == 'u' || *walk->at == 'x') {
		uint32_t digits = *walk->at++ == 'u' ? 4 : 2;
		return read_hexadecimal(walk, digits);
	}
	if ((*walk->at >= '1' && *walk->at <= '9') || *walk->at == 'c' || *walk->at == 'k')
		fail(walk); /* a reference to what was matched, a control character */
	if (letter) {
		walk->at++;
		return (unsigned char)values[letter - letters];
	}
	walk->at += utf8_decode(walk->at, strlen(walk->at), &code_point);
	return code_point;
}

/* After the backslash: a character, or a class. True: *class has got it. */
static bool read_escaped_class(struct walk *walk, struct character_class *class)
{
	char letter = *walk->at;
	if (letter == 'p' || letter == 'P') {
		walk->at++;
		class_add_property(walk, class, letter == 'P');
		return true;
	}
	if (!class_add_named(class, letter))
		return false;
	walk->at++;
	return true;
}

static uint32_t read_class_character(struct walk *walk)
{
	uint32_t code_point;
	if (*walk->at == '\\') {
		walk->at++;
		if (*walk->at == 'b') {
			walk->at++;
			return '\b';
		}
		return read_escaped_character(walk);
	}
	walk->at += utf8_decode(walk->at, strlen(walk->at), &code_point);
	return code_point;
}

static void read_class_member(struct walk *walk, struct character_class *class)
{
	if (*walk->at == '\\') {
		walk->at++;
		if (read_escaped_class(walk, class))
			return;
		walk->at--;
	}
	uint32_t first = read_class_character(walk);
	uint32_t last = first;
	if (*walk->at == '-' && walk->at[1] && walk->at[1] != ']') {
		walk->at++;
		last = read_class_character(walk);
	}
	class_add(class, first, last);
}

/* After the bracket. */
static void read_class(struct walk *walk)
{
	struct character_class class = {0};
	bool is_inverted = *walk->at == '^';
	walk->at += is_inverted;
	while (*walk->at && *walk->at != ']' && !walk->has_failed)
		read_class_member(walk, &class);
	if (*walk->at++ != ']') {
		walk->at--;
		fail(walk);
		return;
	}
	if (is_inverted)
		class_invert(&class);
	put_member(walk, &class);
}

/* After the parenthesis. Look-arounds are read, and say nothing. */
static void read_group(struct walk *walk)
{
	bool was_silent = walk->is_silent;
	if (*walk->at == '?') {
		const char *kind = walk->at + 1;
		if (*kind == ':') {
			walk->at = kind + 1;
		} else if (*kind == '<' && kind[1] != '=' && kind[1] != '!' && strchr(kind, '>')) {
			walk->at = strchr(kind, '>') + 1;
		} else if (*kind == '=' || *kind == '!' || *kind == '<') {
			walk->is_silent = true;
			walk->at = kind + (*kind == '<' ? 2 : 1);
		} else {
			fail(walk);
		}
	}
	read_alternatives(walk);
	walk->is_silent = was_silent;
	if (*walk->at == ')')
		walk->at++;
	else
		fail(walk);
}

static void read_escape(struct walk *walk)
{
	struct character_class class = {0};
	if (*walk->at == 'b' || *walk->at == 'B')
		walk->at++;
	else if (read_escaped_class(walk, &class))
		put_member(walk, &class);
	else
		put(walk, read_escaped_character(walk));
}

static void read_atom(struct walk *walk)
{
	struct character_class any = {0};
	uint32_t code_point;
	if (++walk->steps > STEP_LIMIT) {
		fail(walk);
		return;
	}
	switch (*walk->at) {
	case '(':
		walk->at++;
		read_group(walk);
		return;
	case '[':
		walk->at++;
		read_class(walk);
		return;
	case '\\':
		walk->at++;
		read_escape(walk);
		return;
	case '.':
		walk->at++;
		class_invert(&any);
		put_member(walk, &any);
		return;
	case '^':
	case '$':
		walk->at++;
		return;
	default:
		walk->at += utf8_decode(walk->at, strlen(walk->at), &code_point);
		put(walk, code_point);
	}
}

static bool read_number(struct walk *walk, uint32_t *number)
{
	char digits[8] = {0};
	size_t length = strspn(walk->at, "0123456789");
	uint64_t value;
	if (length == 0 || length >= sizeof digits)
		return false;
	memcpy(digits, walk->at, length);
	walk->at += length;
	if (!parse_unsigned(digits, REPEAT_LIMIT, &value))
		return false;
	*number = (uint32_t)value;
	return true;
}

/* After the brace. A brace that is no quantifier is not allowed with the flag u. */
static bool read_bounds(struct walk *walk, struct repetition *repetition)
{
	if (!read_number(walk, &repetition->least))
		return false;
	repetition->most = repetition->least;
	if (*walk->at == ',') {
		walk->at++;
		repetition->most = REPEAT_LIMIT;
		if (*walk->at != '}' && !read_number(walk, &repetition->most))
			return false;
	}
	return *walk->at++ == '}';
}

/* What stands after an atom; without a quantifier, once. */
static struct repetition read_quantifier(struct walk *walk)
{
	struct repetition repetition = {1, 1};
	switch (*walk->at) {
	case '*':
		repetition = (struct repetition){0, REPEAT_LIMIT};
		break;
	case '+':
		repetition = (struct repetition){1, REPEAT_LIMIT};
		break;
	case '?':
		repetition = (struct repetition){0, 1};
		break;
	case '{':
		walk->at++;
		if (!read_bounds(walk, &repetition)) {
			fail(walk);
			return repetition;
		}
		walk->at--;
		break;
	default:
		return repetition;
	}
	walk->at++;
	walk->at += *walk->at == '?';
	return repetition;
}

/* An atom is read once in silence, to find its quantifier, and then as often as it is written. */
static void read_repeated(struct walk *walk)
{
	const char *from = walk->at;
	bool was_silent = walk->is_silent;
	walk->is_silent = true;
	read_atom(walk);
	walk->is_silent = was_silent;
	struct repetition repetition = read_quantifier(walk);
	const char *after = walk->at;
	uint32_t count = repetition.most - repetition.least < walk->extra
				 ? repetition.most
				 : repetition.least + walk->extra;
	for (uint32_t i = 0; !was_silent && i < count && !walk->has_failed; i++) {
		walk->at = from;
		read_atom(walk);
	}
	walk->at = after;
}

static void read_sequence(struct walk *walk)
{
	while (*walk->at && *walk->at != '|' && *walk->at != ')' && !walk->has_failed)
		read_repeated(walk);
}

/* All are read in silence to count them; then the chosen one is written. */
static void read_alternatives(struct walk *walk)
{
	const char *from = walk->at;
	bool was_silent = walk->is_silent;
	uint32_t count = 1;
	if (++walk->depth > DEPTH_LIMIT)
		fail(walk);
	walk->is_silent = true;
	for (read_sequence(walk); *walk->at == '|' && !walk->has_failed; count++) {
		walk->at++;
		read_sequence(walk);
	}
	const char *after = walk->at;
	walk->is_silent = was_silent;
	uint32_t chosen = choose(walk, count);
	if (!was_silent && !walk->has_failed) {
		walk->at = from;
		walk->is_silent = true;
		for (uint32_t i = 0; i < chosen; i++, walk->at++)
			read_sequence(walk);
		walk->is_silent = false;
		read_sequence(walk);
		walk->at = after;
	}
	walk->depth--;
}

bool schema_mock_pattern(const char *pattern, uint32_t extra, uint32_t variant, struct buffer *text)
{
	struct walk walk = {.at = pattern, .text = text, .extra = extra, .variant = variant};
	read_alternatives(&walk);
	return !walk.has_failed && !*walk.at;
}
