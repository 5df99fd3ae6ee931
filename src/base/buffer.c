#include "base/buffer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

void buffer_release(struct buffer *buffer)
{
	free(buffer->bytes);
	*buffer = (struct buffer)BUFFER_INIT;
}

void buffer_clear(struct buffer *buffer)
{
	buffer->size = 0;
	if (buffer->bytes)
		buffer->bytes[0] = '\0';
}

char *buffer_reserve(struct buffer *buffer, size_t size)
{
	size_t needed = buffer->size + size + 1;
	if (needed > buffer->capacity) {
		size_t capacity = buffer->capacity ? buffer->capacity * 2 : 64;
		while (capacity < needed)
			capacity *= 2;
		buffer->bytes = heap_resize(buffer->bytes, capacity, 1);
		buffer->capacity = capacity;
		buffer->bytes[buffer->size] = '\0';
	}
	return buffer->bytes + buffer->size;
}

void buffer_drain(struct buffer *buffer)
{
	if (!buffer->outlet || buffer->size < BUFFER_PIECE_BYTES)
		return;
	char last = buffer->bytes[buffer->size - 1];
	buffer->outlet->take(buffer->outlet->context, buffer->bytes, buffer->size - 1);
	buffer_clear(buffer);
	buffer_append_byte(buffer, last);
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t size)
{
	char *end = buffer_reserve(buffer, size);
	if (size)
		memcpy(end, bytes, size);
	buffer->size += size;
	buffer->bytes[buffer->size] = '\0';
}

void buffer_append_text(struct buffer *buffer, const char *text)
{
	buffer_append(buffer, text, strlen(text));
}

void buffer_append_byte(struct buffer *buffer, char byte)
{
	buffer_append(buffer, &byte, 1);
}

void buffer_append_repeated(struct buffer *buffer, const char *text, size_t count)
{
	size_t length = strlen(text);
	for (size_t i = 0; i < count; i++)
		buffer_append(buffer, text, length);
}

void buffer_append_unsigned(struct buffer *buffer, uint64_t number)
{
	char digits[20];
	size_t first = sizeof(digits);
	do {
		digits[--first] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	buffer_append(buffer, digits + first, sizeof(digits) - first);
}

void buffer_append_signed(struct buffer *buffer, int64_t number)
{
	if (number < 0)
		buffer_append_byte(buffer, '-');
	buffer_append_unsigned(buffer, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
	size_t room = buffer->capacity - buffer->size;
	va_list arguments, again;
	va_start(arguments, format);
	va_copy(again, arguments);
	/* Where it fits it is formatted once only. */
	int length = vsnprintf(room ? buffer->bytes + buffer->size : NULL, room, format, arguments);
	va_end(arguments);
	if (length > 0 && (size_t)length >= room)
		vsnprintf(
			buffer_reserve(buffer, (size_t)length), (size_t)length + 1, format, again);
	if (length > 0)
		buffer->size += (size_t)length;
	va_end(again);
}

const char *buffer_text(const struct buffer *buffer)
{
	return buffer->bytes ? buffer->bytes : "";
}
