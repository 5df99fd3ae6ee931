#include "base/mask.h"

#include <stdlib.h>
#include <string.h>

#include "base/mask_automaton.h"
#include "base/mask_forms.h"

#define DIRECT_PIECE_BYTES 4096 /* goes out as it is, not by way of `ready` */
#define SPANS_MAX 1024          /* before they are settled within a piece */

/* --- life --- */

static enum mask_verdict judge(const char *value, size_t *total)
{
	size_t core;
	if (!value)
		return MASK_EMPTY;
	mask_trim(value, &core);
	if (core < MASK_SECRET_MIN)
		return core ? MASK_TOO_SHORT : MASK_EMPTY;
	size_t size = strlen(value);
	if (size > MASK_SECRET_MAX || size > MASK_TOTAL_MAX - *total)
		return MASK_TOO_LONG;
	*total += size;
	return MASK_TAKEN;
}

struct mask *mask_new(struct mask_secret *secrets, size_t count)
{
	struct mask_forms forms = {0};
	size_t total = 0;
	for (size_t i = 0; i < count; i++) {
		secrets[i].verdict = judge(secrets[i].value, &total);
		if (secrets[i].verdict == MASK_TAKEN)
			mask_forms_add(&forms, secrets[i].value);
	}
	struct mask *mask = forms.count ? mask_automaton_new(&forms) : NULL;
	mask_forms_release(&forms);
	return mask;
}

void mask_free(struct mask *mask)
{
	if (!mask)
		return;
	free(mask->first_child);
	free(mask->failure);
	free(mask->depth);
	free(mask->match);
	free(mask->byte);
	free(mask);
}

/* --- searching --- */

/* In the root state: where the next form may begin, or where the rest is too short to tell. */
static size_t pass_over(const struct mask *mask, const char *bytes, size_t at, size_t size)
{
	const size_t last = mask->window - MASK_GRAM;
	while (size - at >= mask->window) {
		size_t stride = mask->stride[mask_stride_slot(bytes + at + last)];
		if (!stride)
			break;
		at += stride;
	}
	return at;
}

/* A form ends here. Spans only ever meet at the end: the newest ends last. */
static void add_span(struct mask_stream *stream, uint64_t start, uint64_t end)
{
	struct mask_span *spans = stream->spans;
	while (stream->span_count > stream->span_first &&
		spans[stream->span_count - 1].start >= start)
		stream->span_count--;
	if (stream->span_count > stream->span_first && spans[stream->span_count - 1].end >= start) {
		spans[stream->span_count - 1].end = end;
		return;
	}
	if (stream->span_first > SPANS_MAX || stream->span_first == stream->span_count) {
		stream->span_count -= stream->span_first;
		memmove(spans, spans + stream->span_first, stream->span_count * sizeof *spans);
		stream->span_first = 0;
	}
	GROW(stream->spans, stream->span_count, stream->span_capacity);
	stream->spans[stream->span_count++] = (struct mask_span){start, end};
}

/* --- what comes out --- */

static void send_ready(struct mask_stream *stream)
{
	if (stream->ready.size)
		stream->outlet.take(
			stream->outlet.context, stream->ready.bytes, stream->ready.size);
	buffer_clear(&stream->ready);
}

static void send(struct mask_stream *stream, const char *bytes, size_t size)
{
	if (size < DIRECT_PIECE_BYTES) {
		buffer_append(&stream->ready, bytes, size);
		if (stream->ready.size >= DIRECT_PIECE_BYTES)
			send_ready(stream);
		return;
	}
	send_ready(stream);
	stream->outlet.take(stream->outlet.context, bytes, size);
}

/* The piece that is being taken in: the bytes from `start` on of the whole text. */
struct piece {
	const char *bytes;
	uint64_t start;
};

/* Bytes that are clear, up to end: from what was held back, then from the piece. */
static void send_clear(struct mask_stream *stream, const struct piece *piece, uint64_t end)
{
	uint64_t at = stream->settled;
	if (at < piece->start) {
		uint64_t held_end = end < piece->start ? end : piece->start;
		size_t behind = (size_t)(piece->start - at);
		send(stream, stream->held.bytes + stream->held.size - behind,
			(size_t)(held_end - at));
		at = held_end;
	}
	if (at < end)
		send(stream, piece->bytes + (at - piece->start), (size_t)(end - at));
	stream->settled = end;
	stream->in_mark = false;
}

/* No form that is still to be found begins before limit. */
static void settle(struct mask_stream *stream, const struct piece *piece, uint64_t limit)
{
	while (stream->settled < limit) {
		const struct mask_span *span = &stream->spans[stream->span_first];
		if (stream->span_first == stream->span_count || span->start >= limit) {
			send_clear(stream, piece, limit);
			return;
		}
		if (span->start > stream->settled)
			send_clear(stream, piece, span->start);
		if (!stream->in_mark)
			send(stream, MASK_MARK, strlen(MASK_MARK));
		stream->in_mark = true;
		if (span->end > limit) {
			stream->settled = limit;
			return;
		}
		stream->settled = span->end;
		stream->span_first++;
	}
}

/* Keeps what is not settled, for the next piece. */
static void hold_back(struct mask_stream *stream, const struct piece *piece, size_t size)
{
	struct buffer *held = &stream->held;
	size_t pending = (size_t)(stream->position - stream->settled);
	if (pending <= size) {
		buffer_clear(held);
		stream->held_used = 0;
		buffer_append(held, piece->bytes + (size - pending), pending);
		return;
	}
	buffer_append(held, piece->bytes, size);
	stream->held_used = held->size - pending;
	if (stream->held_used > pending) {
		memmove(held->bytes, held->bytes + stream->held_used, pending);
		held->size = pending;
		stream->held_used = 0;
	}
}

/* --- streams --- */

void mask_begin(
	struct mask_stream *stream, const struct mask *mask, const struct buffer_outlet *outlet)
{
	stream->mask = mask;
	stream->outlet = *outlet;
	stream->state = 0;
	stream->in_mark = false;
	stream->position = stream->settled = 0;
	stream->held_used = 0;
	stream->span_first = stream->span_count = 0;
	if (mask && !stream->spans)
		GROW(stream->spans, stream->span_count, stream->span_capacity);
	buffer_clear(&stream->held);
	buffer_clear(&stream->ready);
}

void mask_feed(struct mask_stream *stream, const char *bytes, size_t size)
{
	const struct mask *mask = stream->mask;
	struct piece piece = {.bytes = bytes, .start = stream->position};
	uint32_t state = stream->state;
	if (!mask) {
		if (size)
			stream->outlet.take(stream->outlet.context, bytes, size);
		return;
	}
	for (size_t at = 0; at < size;) {
		if (!state) {
			at = pass_over(mask, bytes, at, size);
			if (at == size)
				break;
		}
		state = mask_next_state(mask, state, (unsigned char)bytes[at++]);
		if (mask->match[state])
			add_span(stream, piece.start + at - mask->match[state], piece.start + at);
		if (stream->span_count - stream->span_first >= SPANS_MAX)
			settle(stream, &piece, piece.start + at - mask->depth[state]);
	}
	stream->state = state;
	stream->position = piece.start + size;
	settle(stream, &piece, stream->position - mask->depth[state]);
	hold_back(stream, &piece, size);
	send_ready(stream);
}

void mask_finish(struct mask_stream *stream)
{
	struct piece piece = {.start = stream->position};
	if (!stream->mask)
		return;
	settle(stream, &piece, stream->position);
	send_ready(stream);
	mask_begin(stream, stream->mask,
		&(struct buffer_outlet){stream->outlet.take, stream->outlet.context});
}

void mask_release(struct mask_stream *stream)
{
	buffer_release(&stream->held);
	buffer_release(&stream->ready);
	free(stream->spans);
	*stream = (struct mask_stream){0};
}

/* --- whole texts --- */

bool mask_finds(const struct mask *mask, const char *bytes, size_t size, size_t least_bytes)
{
	uint32_t state = 0;
	if (!mask)
		return false;
	for (size_t at = 0; at < size;) {
		if (!state) {
			at = pass_over(mask, bytes, at, size);
			if (size - at < MASK_SECRET_MIN)
				return false;
		}
		state = mask_next_state(mask, state, (unsigned char)bytes[at++]);
		if (mask->match[state] && mask->match[state] >= least_bytes)
			return true;
	}
	return false;
}

static void take_into_buffer(void *context, const char *bytes, size_t size)
{
	buffer_append(context, bytes, size);
}

bool mask_append(const struct mask *mask, struct buffer *buffer, const char *bytes, size_t size)
{
	if (!mask_finds(mask, bytes, size, MASK_SECRET_MIN)) {
		buffer_append(buffer, bytes, size);
		return false;
	}
	struct mask_stream stream = {0};
	mask_begin(&stream, mask, &(struct buffer_outlet){take_into_buffer, buffer});
	mask_feed(&stream, bytes, size);
	mask_finish(&stream);
	mask_release(&stream);
	return true;
}

const char *mask_text(const struct mask *mask, const char *text, struct arena *arena)
{
	if (!mask || !text)
		return text;
	size_t size = strlen(text);
	if (!mask_finds(mask, text, size, MASK_SECRET_MIN))
		return text;
	struct buffer masked = BUFFER_INIT;
	mask_append(mask, &masked, text, size);
	const char *copy = arena_copy_bytes(arena, masked.bytes, masked.size);
	buffer_release(&masked);
	return copy;
}

/* --- texts that were cut --- */

#define ELLIPSIS "\xe2\x80\xa6"
#define MESSAGE_CUT_BYTES 800 /* from here on it may have met the end of its room */

/* What comes before is cut off here: what may be the beginning of a form is one. */
static void take_cut(struct mask_stream *stream)
{
	uint32_t depth = stream->mask->depth[stream->state];
	if (depth >= MASK_SECRET_MIN)
		add_span(stream, stream->position - depth, stream->position);
	settle(stream, &(struct piece){.start = stream->position}, stream->position);
	stream->state = 0;
}

void mask_append_cut(const struct mask *mask, struct buffer *buffer, const char *bytes, size_t size)
{
	struct mask_stream stream = {0};
	if (!mask) {
		buffer_append(buffer, bytes, size);
		return;
	}
	mask_begin(&stream, mask, &(struct buffer_outlet){take_into_buffer, buffer});
	mask_feed(&stream, bytes, size);
	take_cut(&stream);
	mask_finish(&stream);
	mask_release(&stream);
}

const char *mask_message(const struct mask *mask, const char *text, struct arena *arena)
{
	const char *masked = mask_text(mask, text, arena);
	size_t size = masked ? strlen(masked) : 0;
	if (!mask || !masked || (size < MESSAGE_CUT_BYTES && !strstr(masked, ELLIPSIS)))
		return masked;
	struct buffer whole = BUFFER_INIT;
	struct mask_stream stream = {0};
	mask_begin(&stream, mask, &(struct buffer_outlet){take_into_buffer, &whole});
	const char *rest = masked;
	for (const char *cut; (cut = strstr(rest, ELLIPSIS)); rest = cut + strlen(ELLIPSIS)) {
		mask_feed(&stream, rest, (size_t)(cut - rest));
		take_cut(&stream);
		mask_feed(&stream, ELLIPSIS, strlen(ELLIPSIS));
	}
	mask_feed(&stream, rest, strlen(rest));
	if (size >= MESSAGE_CUT_BYTES)
		take_cut(&stream);
	mask_finish(&stream);
	mask_release(&stream);
	const char *copy = arena_copy_bytes(arena, whole.bytes, whole.size);
	buffer_release(&whole);
	return copy;
}
