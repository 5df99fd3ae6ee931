#include "base/mask_forms.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/index.h"
#include "base/mask.h"
#include "base/mask_styles.h"
#include "base/text.h"

/* U+ABCDE: no way of writing its code is the same in upper and lower case. */
#define BEYOND_SAMPLE "\xf2\xab\xb3\x9e"

struct value {
	struct mask_forms *forms;
	const char *bytes;
	size_t size;
	size_t first;  /* of its forms */
	bool is_large; /* or the line of a large one */
	struct buffer work;
	struct buffer sample; /* each of its characters once, what is not ASCII as a stand-in */
	struct buffer seen;   /* the sample in each style so far that made a difference */
};

/* --- a value's forms --- */

static void add_form(struct value *value, const char *bytes, size_t size)
{
	struct mask_forms *forms = value->forms;
	if (size < MASK_SECRET_MIN)
		return;
	for (size_t i = value->first; i < forms->count; i++) {
		if (forms->items[i].size == size &&
			memcmp(forms->bytes.bytes + forms->items[i].offset, bytes, size) == 0)
			return;
	}
	GROW(forms->items, forms->count, forms->capacity);
	forms->items[forms->count++] =
		(struct mask_form){.offset = forms->bytes.size, .size = size};
	buffer_append(&forms->bytes, bytes, size);
}

/*
 * Whether the style writes the value's characters in a way that is new; so that a long value is
 * written no oftener than need be.
 */
static bool is_new_style(struct value *value, const struct mask_style *style, bool upper)
{
	struct buffer *work = &value->work;
	buffer_clear(work);
	mask_style_append(work, style, upper, value->sample.bytes, value->sample.size);
	buffer_append_byte(work, 0);
	for (size_t at = 0; at < value->seen.size;) {
		const char *seen = value->seen.bytes + at;
		size_t size = strlen(seen) + 1;
		if (size == work->size && memcmp(seen, work->bytes, size) == 0)
			return false;
		at += size;
	}
	buffer_append(&value->seen, work->bytes, work->size);
	return true;
}

static void add_in_style(struct value *value, const struct mask_style *style)
{
	for (int upper = 0; upper < 2; upper++) {
		if (!is_new_style(value, style, upper))
			continue;
		buffer_clear(&value->work);
		mask_style_append(&value->work, style, upper, value->bytes, value->size);
		add_form(value, value->work.bytes, value->work.size);
	}
}

static void add_json(struct value *value)
{
	size_t lists = value->is_large ? MASK_JSON_LISTS_USUAL : ARRAY_LENGTH(mask_json_pair_lists);
	size_t sets = value->is_large ? MASK_JSON_SETS_USUAL : ARRAY_LENGTH(mask_json_coded_sets);
	for (size_t i = 0; i < lists; i++) {
		for (size_t j = 0; j < 2 * sets; j++) {
			add_in_style(value,
				&(struct mask_style){mask_json_pair_lists[i],
					mask_json_coded_sets[j / 2], mask_code_json, true, j % 2});
		}
	}
}

/* JSON as a string in JSON. */
static void add_nested_json(struct value *value)
{
	struct buffer twice = BUFFER_INIT;
	for (size_t i = 0; i < 4; i++) {
		struct mask_style style = {
			mask_json_pair_lists[0], i / 2 ? "<>&" : "", mask_code_json, true, i % 2};
		buffer_clear(&value->work);
		mask_style_append(&value->work, &style, false, value->bytes, value->size);
		buffer_clear(&twice);
		mask_style_append(&twice, &style, false, value->work.bytes, value->work.size);
		add_form(value, twice.bytes, twice.size);
	}
	buffer_release(&twice);
}

static void add_xml(struct value *value)
{
	size_t count = value->is_large ? MASK_XML_USUAL : ARRAY_LENGTH(mask_xml_pair_lists);
	for (size_t i = 0; i < count; i++) {
		for (int j = 0; j < 3; j++) {
			mask_code *code = j == 2 ? mask_code_hex_entity : mask_code_decimal;
			add_in_style(value, &(struct mask_style){mask_xml_pair_lists[i], "", code,
						    false, j > 0});
		}
	}
}

static void add_wrapped(struct value *value, const char *bytes, size_t size, size_t columns)
{
	for (size_t at = 0; size > columns && at < size; at += columns)
		add_form(value, bytes + at, size - at < columns ? size - at : columns);
}

/* In both alphabets; the text is changed. */
static void add_base64_text(struct value *value, char *text, size_t size)
{
	for (int alphabet = 0; alphabet < 2; alphabet++) {
		add_form(value, text, size);
		for (size_t i = 0; i < size; i++) {
			if (text[i] == '+')
				text[i] = '-';
			else if (text[i] == '/')
				text[i] = '_';
		}
	}
}

static void encode_base64(struct value *value, size_t bytes_before, const char *after)
{
	struct buffer plain = BUFFER_INIT;
	for (size_t i = 0; i < bytes_before; i++)
		buffer_append_byte(&plain, 0);
	buffer_append(&plain, value->bytes, value->size);
	buffer_append_text(&plain, after);
	buffer_clear(&value->work);
	base64_append(&value->work, (const unsigned char *)plain.bytes, plain.size);
	buffer_release(&plain);
}

/* Where the value, or it and a line end, was the last of what was encoded: padded and bare. */
static void add_base64_end(struct value *value, size_t bytes_before, size_t start)
{
	for (int newline = 0; newline < 2; newline++) {
		encode_base64(value, bytes_before, newline ? "\n" : "");
		if (!bytes_before) {
			add_wrapped(value, value->work.bytes, value->work.size, 76);
			add_wrapped(value, value->work.bytes, value->work.size, 64);
		}
		size_t size = value->work.size;
		while (size > start && value->work.bytes[size - 1] == '=')
			size--;
		add_base64_text(value, value->work.bytes + start, size - start);
		encode_base64(value, bytes_before, newline ? "\n" : "");
		add_base64_text(value, value->work.bytes + start, value->work.size - start);
	}
}

static void add_base64(struct value *value)
{
	for (size_t phase = 0; phase < 3; phase++) {
		/* Of 6 bits each, those characters that hold bits of the value only. */
		size_t start = (phase * 8 + 5) / 6;
		size_t end = (phase + value->size) * 8 / 6;
		encode_base64(value, phase, "");
		add_base64_text(value, value->work.bytes + start, end - start);
		add_base64_end(value, phase, start);
	}
}

static void add_hex(struct value *value)
{
	for (int upper = 0; upper < 2; upper++) {
		buffer_clear(&value->work);
		for (size_t i = 0; i < value->size; i++)
			mask_append_hex(&value->work, (unsigned char)value->bytes[i], 2, upper);
		add_wrapped(value, value->work.bytes, value->work.size, 60);
		add_form(value, value->work.bytes, value->work.size);
	}
}

static void add_coded_whole(struct value *value)
{
	for (size_t i = 0; i < 2 * ARRAY_LENGTH(mask_whole_codes); i++) {
		buffer_clear(&value->work);
		for (size_t at = 0; at < value->size;) {
			struct mask_character character =
				mask_character_at(value->bytes + at, value->size - at);
			mask_whole_codes[i / 2](&value->work, &character, i % 2);
			at += character.size;
		}
		add_form(value, value->work.bytes, value->work.size);
	}
}

static void make_sample(struct value *value)
{
	bool has[256] = {false};
	for (size_t i = 0; i < value->size; i++) {
		unsigned char byte = (unsigned char)value->bytes[i];
		if (byte < 0x80 && !has[byte])
			buffer_append_byte(&value->sample, value->bytes[i]);
		else if (byte >= 0x80 && !has[0x80])
			buffer_append_text(&value->sample, BEYOND_SAMPLE);
		has[byte < 0x80 ? byte : 0x80] = true;
	}
}

static void add_styles(struct value *value, const struct mask_style *styles, size_t count)
{
	for (size_t i = 0; i < count; i++)
		add_in_style(value, &styles[i]);
}

static void add_all(struct value *value)
{
	bool is_large = value->is_large;
	make_sample(value);
	buffer_append(&value->seen, value->sample.bytes, value->sample.size);
	buffer_append_byte(&value->seen, 0);
	add_form(value, value->bytes, value->size);
	add_base64(value);
	add_hex(value);
	add_json(value);
	add_xml(value);
	add_styles(value, mask_percent_styles,
		is_large ? MASK_PERCENT_USUAL : ARRAY_LENGTH(mask_percent_styles));
	add_styles(value, mask_quoting_styles,
		is_large ? MASK_QUOTING_USUAL : ARRAY_LENGTH(mask_quoting_styles));
	if (is_large)
		return;
	add_nested_json(value);
	add_coded_whole(value);
}

static void add_value(struct mask_forms *forms, const char *bytes, size_t size, bool is_large)
{
	struct value value = {.forms = forms,
		.bytes = bytes,
		.size = size,
		.first = forms->count,
		.is_large = is_large};
	if (size < MASK_SECRET_MIN)
		return;
	add_all(&value);
	buffer_release(&value.work);
	buffer_release(&value.sample);
	buffer_release(&value.seen);
}

/* --- a value and its lines --- */

static bool is_space(char byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static const char *trim(const char *text, size_t *size)
{
	while (*size && is_space(text[*size - 1]))
		--*size;
	while (*size && is_space(*text)) {
		text++;
		--*size;
	}
	return text;
}

const char *mask_trim(const char *text, size_t *size)
{
	*size = strlen(text);
	return trim(text, size);
}

/* "-----BEGIN PRIVATE KEY-----" stands around many secrets and is none. */
static bool is_border(const char *line, size_t size)
{
	return size >= 5 && memcmp(line, "-----", 5) == 0;
}

void mask_forms_add(struct mask_forms *forms, const char *value)
{
	size_t size = strlen(value);
	size_t core_size;
	const char *core = mask_trim(value, &core_size);
	bool is_large = size > MASK_LARGE;
	add_value(forms, value, size, is_large);
	if (core_size < size)
		add_value(forms, core, core_size, is_large);
	if (!memchr(core, '\n', core_size))
		return;
	const char *end = core + core_size;
	for (const char *line = core; line < end;) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		if (!stop)
			stop = end;
		size_t line_size = (size_t)(stop - line);
		const char *bare = trim(line, &line_size);
		if (!is_border(bare, line_size))
			add_value(forms, bare, line_size, is_large);
		line = stop + 1;
	}
}

void mask_forms_release(struct mask_forms *forms)
{
	buffer_release(&forms->bytes);
	free(forms->items);
	*forms = (struct mask_forms){0};
}
