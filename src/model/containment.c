#include "model/containment.h"

#include <assert.h>

#include "base/index.h"

static const char *const names[] = {"session", "cgroup", "namespace", "landlock"};
static_assert(ARRAY_LENGTH(names) == CONTAINMENT_COUNT, "one name a bit");
static_assert(CONTAINED_LANDLOCK == 1 << (CONTAINMENT_COUNT - 1), "bits without a gap");

const char *containment_name(unsigned index)
{
	return names[index];
}

static void append_names(
	uint8_t containment, const char *quote, const char *between, struct buffer *buffer)
{
	const char *before = "";

	for (unsigned i = 0; i < CONTAINMENT_COUNT; i++) {
		if (!(containment & 1u << i))
			continue;
		buffer_append_text(buffer, before);
		buffer_append_text(buffer, quote);
		buffer_append_text(buffer, names[i]);
		buffer_append_text(buffer, quote);
		before = between;
	}
}

void containment_append_text(uint8_t containment, struct buffer *buffer)
{
	append_names(containment, "", " ", buffer);
}

void containment_append_json(uint8_t containment, struct buffer *buffer)
{
	buffer_append_byte(buffer, '[');
	append_names(containment, "\"", ",", buffer);
	buffer_append_byte(buffer, ']');
}
