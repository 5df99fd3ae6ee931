#include "report/json_writer.h"

#include "base/clock.h"
#include "base/index.h"
#include "base/text.h"
#include "model/run.h"

void json_separate(struct buffer *buffer)
{
	char last = buffer->size > 0 ? buffer->bytes[buffer->size - 1] : '[';
	/* A line end is only ever written after an opening bracket. */
	if (last != '[' && last != '{' && last != '\n')
		buffer_append_byte(buffer, ',');
}

void json_key(struct buffer *buffer, const char *key)
{
	json_separate(buffer);
	buffer_append_byte(buffer, '"');
	buffer_append_text(buffer, key);
	buffer_append_text(buffer, "\":");
}

void json_add_text(struct buffer *buffer, const char *key, const char *text)
{
	json_key(buffer, key);
	json_append_text(buffer, text);
}

void json_add_number(struct buffer *buffer, const char *key, int64_t number)
{
	json_key(buffer, key);
	buffer_append_signed(buffer, number);
}

void json_add_boolean(struct buffer *buffer, const char *key, bool value)
{
	json_key(buffer, key);
	buffer_append_text(buffer, value ? "true" : "false");
}

void json_add_index(struct buffer *buffer, const char *key, uint32_t index)
{
	json_key(buffer, key);
	if (index == INDEX_NONE)
		buffer_append_text(buffer, "null");
	else
		buffer_append_unsigned(buffer, index);
}

void json_add_time(struct buffer *buffer, const char *key, int64_t time_ms)
{
	char text[CLOCK_TEXT_SIZE];
	if (time_ms == TIME_NONE) {
		json_add_text(buffer, key, NULL);
		return;
	}
	clock_format(time_ms, text);
	json_add_text(buffer, key, text);
}

void json_add_span(struct buffer *buffer, const char *key, int64_t start_ms, int64_t end_ms)
{
	if (start_ms == TIME_NONE || end_ms == TIME_NONE)
		json_add_text(buffer, key, NULL);
	else
		json_add_number(buffer, key, end_ms - start_ms);
}
