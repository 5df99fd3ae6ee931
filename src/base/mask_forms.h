#ifndef WAVETRAIN_BASE_MASK_FORMS_H
#define WAVETRAIN_BASE_MASK_FORMS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* How a secret may stand in a text: for mask.c, and for those who check it. */
struct mask_form {
	size_t offset; /* in bytes.bytes */
	size_t size;   /* at least MASK_SECRET_MIN */
};

/* Zeroed memory is an empty list. A form may be in it more than once. */
struct mask_forms {
	struct buffer bytes;
	struct mask_form *items; /* owned */
	size_t count, capacity;
};

/* All forms of a value, which has at least MASK_SECRET_MIN bytes without white space around. */
void mask_forms_add(struct mask_forms *forms, const char *value);
void mask_forms_release(struct mask_forms *forms);

/* The value without the white space around it. */
const char *mask_trim(const char *text, size_t *size);

#endif
