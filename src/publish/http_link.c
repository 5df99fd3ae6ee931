#include <string.h>

#include "base/buffer.h"
#include "publish/http.h"

/* One entry of the header: <address>; name=value; name="value". */
struct link_entry {
	const char *address;
	size_t address_size;
	bool next;
};

static bool is_blank(char letter)
{
	return letter == ' ' || letter == '\t';
}

/* Past the parameter that starts at position; *next is set when it is rel="next". */
static size_t parameter_read(const char *header, size_t size, size_t position, bool *next)
{
	size_t start = position;
	bool quoted = false;
	while (position < size &&
		(quoted || (header[position] != ';' && header[position] != ','))) {
		if (header[position] == '"')
			quoted = !quoted;
		position++;
	}
	size_t length = position - start;
	while (length > 0 && is_blank(header[start + length - 1]))
		length--;
	static const char *const forms[] = {"rel=\"next\"", "rel=next"};
	for (size_t i = 0; i < 2; i++) {
		if (length == strlen(forms[i]) && memcmp(header + start, forms[i], length) == 0)
			*next = true;
	}
	return position;
}

static bool entry_read(const char *header, size_t size, size_t *position, struct link_entry *entry)
{
	const char *open = memchr(header + *position, '<', size - *position);
	if (!open)
		return false;
	const char *close = memchr(open, '>', size - (size_t)(open - header));
	if (!close)
		return false;
	*entry = (struct link_entry){
		.address = open + 1, .address_size = (size_t)(close - open) - 1};
	size_t at = (size_t)(close - header) + 1;
	while (at < size && header[at] != ',') {
		while (at < size && (is_blank(header[at]) || header[at] == ';'))
			at++;
		at = parameter_read(header, size, at, &entry->next);
	}
	*position = at;
	return true;
}

bool http_link_next(const char *header, size_t size, struct buffer *query)
{
	struct link_entry entry;
	size_t position = 0;
	while (position < size && entry_read(header, size, &position, &entry)) {
		if (!entry.next)
			continue;
		const char *mark = memchr(entry.address, '?', entry.address_size);
		if (!mark)
			return false;
		buffer_append(
			query, mark + 1, entry.address_size - (size_t)(mark - entry.address) - 1);
		return true;
	}
	return false;
}
