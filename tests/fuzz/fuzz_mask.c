/*
 * Up to three secrets and a text that is full of their forms, in pieces of any size: what comes
 * out is what the plainest search there is makes of it, and no form is left in it.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mask.h"
#include "base/mask_forms.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define TEXT_MAX 16384

struct input {
	const uint8_t *bytes;
	size_t size;
};

static uint8_t next_byte(struct input *input)
{
	if (!input->size)
		return 0;
	input->size--;
	return *input->bytes++;
}

/* Without NUL: it would be in the environment. */
static char *next_text(struct input *input, size_t limit)
{
	size_t size = next_byte(input) % limit;
	char *text = calloc(size + 1, 1);
	for (size_t i = 0; text && i < size; i++) {
		text[i] = (char)next_byte(input);
		if (!text[i])
			text[i] = 'a';
	}
	return text;
}

/* Bytes of the input, and forms whole, without their end, or without their beginning. */
static void make_text(struct input *input, const struct mask_forms *forms, struct buffer *text)
{
	while (input->size && text->size < TEXT_MAX) {
		uint8_t choice = next_byte(input);
		if (choice < 128 || !forms->count) {
			buffer_append_byte(text, (char)choice);
			continue;
		}
		size_t index = (size_t)next_byte(input) << 8 | next_byte(input);
		const struct mask_form *form = &forms->items[index % forms->count];
		size_t cut = choice % 4 ? next_byte(input) % form->size : 0;
		buffer_append(text, forms->bytes.bytes + form->offset + (choice & 1 ? cut : 0),
			form->size - cut);
	}
}

static void mask_plainly(
	const struct mask_forms *forms, const struct buffer *text, struct buffer *expected)
{
	char *covered = calloc(text->size + 1, 1);
	for (size_t i = 0; i < forms->count; i++) {
		const struct mask_form *form = &forms->items[i];
		const char *bytes = forms->bytes.bytes + form->offset;
		const char *end = text->bytes + text->size;
		for (const char *at = text->bytes;
			(at = memmem(at, (size_t)(end - at), bytes, form->size)); at++)
			memset(covered + (at - text->bytes), 1, form->size);
	}
	for (size_t i = 0; i < text->size; i++) {
		if (!covered[i])
			buffer_append_byte(expected, text->bytes[i]);
		else if (!i || !covered[i - 1])
			buffer_append_text(expected, MASK_MARK);
	}
	free(covered);
}

static void take(void *context, const char *bytes, size_t size)
{
	buffer_append(context, bytes, size);
}

static void mask_in_pieces(const struct mask *mask, const struct buffer *text, const uint8_t *sizes,
	struct buffer *masked)
{
	struct mask_stream stream = {0};
	mask_begin(&stream, mask, &(struct buffer_outlet){take, masked});
	for (size_t at = 0, i = 0; at < text->size; i++) {
		size_t piece = (size_t)sizes[i % 4] + 1;
		if (sizes[i % 4] >= 200)
			piece = 1;
		if (piece > text->size - at)
			piece = text->size - at;
		mask_feed(&stream, text->bytes + at, piece);
		at += piece;
	}
	mask_finish(&stream);
	mask_release(&stream);
}

static void require_equal(const struct buffer *left, const struct buffer *right)
{
	if (left->size != right->size ||
		(left->size && memcmp(left->bytes, right->bytes, left->size) != 0))
		__builtin_trap();
}

/* A form with stars in it may come into being by the mark, which says nothing of a secret. */
static void require_no_form(const struct mask_forms *forms, const struct buffer *masked)
{
	for (size_t i = 0; i < forms->count; i++) {
		const char *bytes = forms->bytes.bytes + forms->items[i].offset;
		size_t size = forms->items[i].size;
		if (masked->size && !memchr(bytes, '*', size) &&
			memmem(masked->bytes, masked->size, bytes, size))
			__builtin_trap();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct input input = {bytes, size};
	struct mask_secret secrets[3] = {0};
	struct mask_forms forms = {0};
	struct buffer text = BUFFER_INIT, expected = BUFFER_INIT;
	struct buffer whole = BUFFER_INIT, pieces = BUFFER_INIT;
	uint8_t sizes[4];

	for (size_t i = 0; i < 4; i++)
		sizes[i] = next_byte(&input);
	for (size_t i = 0; i < 3; i++)
		secrets[i].value = next_text(&input, 40);
	struct mask *mask = mask_new(secrets, 3);
	for (size_t i = 0; i < 3; i++) {
		if (secrets[i].verdict == MASK_TAKEN)
			mask_forms_add(&forms, secrets[i].value);
	}
	if (!mask != !forms.count)
		__builtin_trap();
	make_text(&input, &forms, &text);
	buffer_text(&text);
	if (mask && text.size) {
		mask_plainly(&forms, &text, &expected);
		mask_append(mask, &whole, text.bytes, text.size);
		mask_in_pieces(mask, &text, sizes, &pieces);
		require_equal(&whole, &expected);
		require_equal(&pieces, &expected);
		require_no_form(&forms, &whole);
	}
	for (size_t i = 0; i < 3; i++)
		free((void *)(uintptr_t)secrets[i].value);
	mask_free(mask);
	mask_forms_release(&forms);
	buffer_release(&text);
	buffer_release(&expected);
	buffer_release(&whole);
	buffer_release(&pieces);
	return 0;
}
