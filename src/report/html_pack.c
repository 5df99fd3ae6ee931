#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/text.h"
#include "report/html.h"

/* A multiple of three, so that only the last piece of base64 is padded. */
#define CHUNK_BYTES ((size_t)3 * 8192)

struct packer {
	struct buffer plain; /* what is not deflated yet */
	struct buffer *packed;
	z_stream stream;
	bool started;
	bool refused;         /* there is no memory to deflate with: all stays plain */
	unsigned char *chunk; /* the stream's output; owned */
};

/* Deflate without header (RFC 1951), which browsers call deflate-raw. */
static bool start(struct packer *packer)
{
	enum { LEVEL = 5, WINDOW_BITS = -15, MEMORY_LEVEL = 9 };

	packer->refused = deflateInit2(&packer->stream, LEVEL, Z_DEFLATED, WINDOW_BITS,
				  MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK;
	if (packer->refused)
		return false;
	packer->started = true;
	packer->chunk = heap_allocate(CHUNK_BYTES, 1);
	packer->stream.next_out = packer->chunk;
	packer->stream.avail_out = (uInt)CHUNK_BYTES;
	return true;
}

static void empty_chunk(struct packer *packer)
{
	base64_append(packer->packed, packer->chunk, CHUNK_BYTES - packer->stream.avail_out);
	packer->stream.next_out = packer->chunk;
	packer->stream.avail_out = (uInt)CHUNK_BYTES;
}

/* deflate() fails only when it is called wrongly; it has room and a piece is never 4 GiB. */
static void deflate_plain(struct packer *packer, int flush)
{
	int result = Z_OK;

	packer->stream.next_in = (Bytef *)packer->plain.bytes;
	packer->stream.avail_in = (uInt)packer->plain.size;
	while (result == Z_OK && (flush == Z_FINISH || packer->stream.avail_in > 0)) {
		result = deflate(&packer->stream, flush);
		if (packer->stream.avail_out == 0)
			empty_chunk(packer);
	}
	buffer_clear(&packer->plain);
}

static void take(void *context, const char *bytes, size_t size)
{
	struct packer *packer = context;

	buffer_append(&packer->plain, bytes, size);
	if (packer->refused || (!packer->started && (packer->plain.size <= HTML_PLAIN_LIMIT_BYTES ||
							    !start(packer))))
		return;
	deflate_plain(packer, Z_NO_FLUSH);
}

void html_pack(const struct html_context *context,
	void (*append)(const struct html_context *context, struct buffer *buffer),
	struct buffer *packed, const char **encoding)
{
	struct packer packer = {.packed = packed};
	const struct buffer_outlet outlet = {take, &packer};
	struct buffer text = {.outlet = &outlet};

	append(context, &text);
	take(&packer, buffer_text(&text), text.size);
	*encoding = packer.started ? "deflate-raw+base64" : "json";
	if (packer.started) {
		deflate_plain(&packer, Z_FINISH);
		empty_chunk(&packer);
		deflateEnd(&packer.stream);
	} else {
		buffer_append(packed, buffer_text(&packer.plain), packer.plain.size);
	}
	buffer_release(&text);
	buffer_release(&packer.plain);
	free(packer.chunk);
}
