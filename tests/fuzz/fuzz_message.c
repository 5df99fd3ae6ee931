/* Any bytes as what a component's program prints: read, judged and written again. */
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "component/builtin.h"
#include "component/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct error error = {0};
	struct buffer text = BUFFER_INIT;
	struct buffer again = BUFFER_INIT;
	json_t *value = json_text_read((const char *)bytes, size, "the input", &error);
	if (!value && !error.text[0])
		__builtin_trap();
	if (value && json_text_append(value, &text, &error)) {
		/* What was written says the same: it is read, and written alike. */
		json_t *copy = json_text_read(text.bytes, text.size, "the copy", &error);
		if (!copy || !json_text_append(copy, &again, &error) || again.size != text.size)
			__builtin_trap();
		json_decref(copy);
	}
	if (value && message_check(value, "the input", &error) &&
		!json_object_get(value, "content"))
		__builtin_trap();
	if (value && message_check(value, "the input", &error) && !message_is_one(value))
		__builtin_trap();
	json_decref(value);
	buffer_clear(&text);
	buffer_append(&text, bytes, size);
	for (size_t i = 0; component_builtin_names[i]; i++) {
		error.text[0] = '\0';
		if (!component_builtin_check(
			    component_builtin_names[i], buffer_text(&text), &error) &&
			!error.text[0])
			__builtin_trap();
	}
	buffer_release(&text);
	buffer_release(&again);
	return 0;
}
