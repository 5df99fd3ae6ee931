#include "contract/schema_uri.h"

#include <ctype.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/text.h"

struct part {
	const char *text;
	size_t size;
};

/* scheme ":" "//" authority path "?" query; a part that is not there has no text. */
struct parts {
	struct part scheme;
	struct part authority;
	struct part path;
	struct part query;
};

static size_t scheme_size(const char *text, size_t size)
{
	if (!size || !isalpha((unsigned char)text[0]))
		return 0;
	for (size_t i = 1; i < size; i++) {
		unsigned char byte = (unsigned char)text[i];
		if (byte == ':')
			return i;
		if (!isalnum(byte) && byte != '+' && byte != '-' && byte != '.')
			return 0;
	}
	return 0;
}

static size_t span_until(const char *text, size_t size, const char *ends)
{
	size_t i = 0;
	while (i < size && !strchr(ends, text[i]))
		i++;
	return i;
}

static struct parts split(const char *text, size_t size)
{
	struct parts parts = {0};
	size_t length = scheme_size(text, size);
	if (length) {
		parts.scheme = (struct part){text, length};
		text += length + 1;
		size -= length + 1;
	}
	if (size >= 2 && memcmp(text, "//", 2) == 0) {
		length = span_until(text + 2, size - 2, "/?");
		parts.authority = (struct part){text + 2, length};
		text += length + 2;
		size -= length + 2;
	}
	length = span_until(text, size, "?");
	parts.path = (struct part){text, length};
	if (length < size)
		parts.query = (struct part){text + length + 1, size - length - 1};
	return parts;
}

/* Takes the last segment and its '/' away, down to floor. */
static void drop_segment(struct buffer *path, size_t floor)
{
	while (path->size > floor && path->bytes[path->size - 1] != '/')
		path->size--;
	if (path->size > floor)
		path->size--;
}

/* RFC 3986, section 5.2.4, a segment at a time. */
static void append_without_dots(struct buffer *uri, struct part path)
{
	size_t floor = uri->size;
	const char *at = path.text;
	const char *end = path.text + path.size;
	while (at < end) {
		bool is_rooted = *at == '/';
		const char *name = at + is_rooted;
		size_t size = span_until(name, (size_t)(end - name), "/");
		bool is_last = name + size == end;
		bool is_up = size == 2 && memcmp(name, "..", 2) == 0;
		bool is_here = size == 1 && *name == '.';
		if (is_up)
			drop_segment(uri, floor);
		if (is_up || is_here) {
			if (is_last)
				buffer_append_text(uri, "/");
		} else {
			buffer_append(uri, at, size + is_rooted);
		}
		at = name + size;
	}
}

static void append_merged(struct buffer *uri, const struct parts *base, struct part path)
{
	struct buffer merged CLEANUP(buffer_release) = BUFFER_INIT;
	size_t kept = base->path.size;
	while (kept && base->path.text[kept - 1] != '/')
		kept--;
	if (base->authority.text && !base->path.size)
		buffer_append_text(&merged, "/");
	if (kept)
		buffer_append(&merged, base->path.text, kept);
	buffer_append(&merged, path.text, path.size);
	append_without_dots(uri, (struct part){buffer_text(&merged), merged.size});
}

static void append_path(struct buffer *uri, const struct parts *base, const struct parts *parts)
{
	if (parts->scheme.text || parts->authority.text ||
		(parts->path.size && parts->path.text[0] == '/')) {
		/* urn:… and the like have no hierarchy: they stay as they are. */
		if (parts->path.size && parts->path.text[0] == '/')
			append_without_dots(uri, parts->path);
		else if (parts->path.size)
			buffer_append(uri, parts->path.text, parts->path.size);
		return;
	}
	if (parts->path.size)
		append_merged(uri, base, parts->path);
	else if (base->path.size)
		buffer_append(uri, base->path.text, base->path.size);
}

const char *schema_uri_resolve(
	struct arena *arena, const char *base_text, const char *reference, const char **fragment)
{
	struct buffer uri CLEANUP(buffer_release) = BUFFER_INIT;
	size_t size = strcspn(reference, "#");
	struct parts base = split(base_text, strcspn(base_text, "#"));
	struct parts parts = split(reference, size);
	*fragment = arena_copy_text(arena, reference[size] ? reference + size + 1 : "");

	struct part scheme = parts.scheme.text ? parts.scheme : base.scheme;
	bool has_place = parts.scheme.text || parts.authority.text;
	struct part authority = has_place ? parts.authority : base.authority;
	struct part query =
		has_place || parts.path.size || parts.query.text ? parts.query : base.query;
	if (scheme.text) {
		buffer_append(&uri, scheme.text, scheme.size);
		buffer_append_text(&uri, ":");
	}
	if (authority.text) {
		buffer_append_text(&uri, "//");
		buffer_append(&uri, authority.text, authority.size);
	}
	append_path(&uri, &base, &parts);
	if (query.text) {
		buffer_append_text(&uri, "?");
		buffer_append(&uri, query.text, query.size);
	}
	return arena_copy_bytes(arena, buffer_text(&uri), uri.size);
}

static int hex_digit(char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	byte = (char)tolower((unsigned char)byte);
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

char *schema_uri_decode(struct arena *arena, const char *text)
{
	char *decoded = arena_copy_text(arena, text);
	char *to = decoded;
	while (*text) {
		int high = text[0] == '%' ? hex_digit(text[1]) : -1;
		int low = high >= 0 ? hex_digit(text[2]) : -1;
		if (low >= 0 && (high || low)) {
			*to++ = (char)(high * 16 + low);
			text += 3;
		} else {
			*to++ = *text++;
		}
	}
	*to = '\0';
	return decoded;
}

const char *schema_uri_of_file(struct arena *arena, const char *path)
{
	static const char plain[] = "/-._~!$&'()*+,;=:@";
	struct buffer uri CLEANUP(buffer_release) = BUFFER_INIT;
	buffer_append_text(&uri, "file://");
	for (; *path; path++) {
		unsigned char byte = (unsigned char)*path;
		if ((byte < 0x80 && isalnum(byte)) || strchr(plain, byte))
			buffer_append_byte(&uri, *path);
		else
			buffer_printf(&uri, "%%%02X", byte);
	}
	return arena_copy_text(arena, buffer_text(&uri));
}

const char *schema_uri_file(struct arena *arena, const char *uri)
{
	if (!text_starts_with(uri, "file:///"))
		return NULL;
	return schema_uri_decode(arena, uri + strlen("file://"));
}
