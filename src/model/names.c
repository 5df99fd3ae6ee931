#include "model/names.h"

#include <string.h>

bool name_find(const char *const *names, size_t count, const char *name, size_t *index)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(names[i], name) == 0) {
			*index = i;
			return true;
		}
	}
	return false;
}
