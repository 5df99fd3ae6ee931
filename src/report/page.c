#include "report/page.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

struct page_value *page_new(struct arena *arena)
{
	struct page_value *root = ARENA_NEW(arena, struct page_value);

	root->kind = PAGE_OBJECT;
	return root;
}

static struct page_value *add(
	struct arena *arena, struct page_value *parent, const char *key, enum page_kind kind)
{
	struct page_value *value = ARENA_NEW(arena, struct page_value);

	value->kind = kind;
	value->key = key;
	if (parent->last)
		parent->last->next = value;
	else
		parent->first = value;
	parent->last = value;
	return value;
}

struct page_value *page_object(struct arena *arena, struct page_value *parent, const char *key)
{
	return add(arena, parent, key, PAGE_OBJECT);
}

struct page_value *page_list(struct arena *arena, struct page_value *parent, const char *key)
{
	return add(arena, parent, key, PAGE_LIST);
}

struct page_value *page_text(
	struct arena *arena, struct page_value *parent, const char *key, const char *text)
{
	struct page_value *value = add(arena, parent, key, text ? PAGE_TEXT : PAGE_NOTHING);

	value->text = text;
	value->size = text ? strlen(text) : 0;
	return value;
}

struct page_value *page_truth(
	struct arena *arena, struct page_value *parent, const char *key, bool truth)
{
	struct page_value *value = add(arena, parent, key, PAGE_TRUTH);

	value->truth = truth;
	return value;
}

void page_bytes(
	struct arena *arena, struct page_value *parent, const char *key, const struct buffer *text)
{
	struct page_value *value = add(arena, parent, key, PAGE_TEXT);

	value->text = arena_copy_bytes(arena, buffer_text(text), text->size);
	value->size = text->size;
}

void page_format(
	struct arena *arena, struct page_value *parent, const char *key, const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	page_text(arena, parent, key, arena_copy_text(arena, text));
}

void page_duration(
	struct arena *arena, struct page_value *parent, const char *key, int64_t duration_ms)
{
	struct buffer text = BUFFER_INIT;

	duration_append(&text, duration_ms);
	page_bytes(arena, parent, key, &text);
	buffer_release(&text);
}

const struct page_value *page_find(
	const struct page_value *object, const char *key, size_t key_size)
{
	if (object->kind != PAGE_OBJECT)
		return NULL;
	for (const struct page_value *member = object->first; member; member = member->next)
		if (strlen(member->key) == key_size && !memcmp(member->key, key, key_size))
			return member;
	return NULL;
}

/* Length of the colour sequence ESC [ digits ; digits m that bytes begin with; 0: none. */
static size_t color_sequence_size(const char *bytes, size_t size)
{
	size_t at = 2;

	if (size < 3 || bytes[0] != '\x1b' || bytes[1] != '[')
		return 0;
	while (at < size && at < 32 && ((bytes[at] >= '0' && bytes[at] <= '9') || bytes[at] == ';'))
		at++;
	return at < size && bytes[at] == 'm' ? at + 1 : 0;
}

/* How many bytes from the start are plain ASCII or line ends and tabs. */
static size_t plain_size(const char *bytes, size_t size)
{
	size_t at = 0;

	while (at < size &&
		((bytes[at] >= ' ' && bytes[at] <= '~') || bytes[at] == '\n' || bytes[at] == '\t'))
		at++;
	return at;
}

bool page_text_is_plain(const char *bytes, size_t size)
{
	return plain_size(bytes, size) == size;
}

void page_visible_append(struct buffer *buffer, const char *bytes, size_t size, bool keep_color)
{
	size_t at = 0;

	while (at < size) {
		size_t length = plain_size(bytes + at, size - at);
		uint32_t code_point;

		buffer_append(buffer, bytes + at, length);
		at += length;
		if (at == size)
			break;
		length = color_sequence_size(bytes + at, size - at);
		if (length > 0) {
			if (keep_color)
				buffer_append(buffer, bytes + at, length);
			at += length;
			continue;
		}
		length = utf8_decode(bytes + at, size - at, &code_point);
		if (code_point == '\r' && at + 1 < size && bytes[at + 1] == '\n')
			; /* the line end that follows says it */
		else if (code_point_is_unsafe(code_point))
			buffer_printf(buffer, "⟨%02X⟩", (unsigned)code_point);
		else
			utf8_append(buffer, code_point);
		at += length;
	}
}
