#include <stdint.h>
#include <zlib.h>

#include "base/text.h"
#include "report/html.h"

/* Deflate without header (RFC 1951), which browsers call deflate-raw. */
static bool deflate_raw(const struct buffer *plain, struct buffer *packed)
{
	enum { LEVEL = 5, WINDOW_BITS = -15, MEMORY_LEVEL = 9 };
	z_stream stream = {0};
	uLong bound;
	int result;

	if (plain->size > UINT32_MAX || deflateInit2(&stream, LEVEL, Z_DEFLATED, WINDOW_BITS,
						MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		return false;
	bound = deflateBound(&stream, (uLong)plain->size);
	stream.next_in = (Bytef *)plain->bytes;
	stream.avail_in = (uInt)plain->size;
	stream.next_out = (Bytef *)buffer_reserve(packed, bound);
	stream.avail_out = (uInt)bound;
	result = deflate(&stream, Z_FINISH);
	packed->size += bound - stream.avail_out;
	deflateEnd(&stream);
	return result == Z_STREAM_END;
}

void html_pack(struct buffer *json, const char **encoding)
{
	struct buffer packed = BUFFER_INIT;

	*encoding = "json";
	if (json->size > HTML_PLAIN_LIMIT_BYTES && deflate_raw(json, &packed)) {
		*encoding = "deflate-raw+base64";
		buffer_clear(json);
		base64_append(json, (const unsigned char *)packed.bytes, packed.size);
	}
	buffer_release(&packed);
}
