#ifndef WAVETRAIN_BASE_BUFFER_H
#define WAVETRAIN_BASE_BUFFER_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* Who takes what a buffer need not hold any longer. */
struct buffer_outlet {
	void (*take)(void *context, const char *bytes, size_t size);
	void *context; /* not owned */
};

/*
 * A string of bytes that grows. Starts as BUFFER_INIT (or zeroed); bytes is NUL-terminated after
 * any append and may hold NULs itself. Released with buffer_release(), also by CLEANUP().
 */
struct buffer {
	char *bytes; /* owned; NULL while empty and never appended to */
	size_t size; /* bytes used, without the closing NUL */
	size_t capacity;
	const struct buffer_outlet *outlet; /* not owned; NULL: all of the text stays here */
};

#define BUFFER_INIT                                                                                \
	{                                                                                          \
		0                                                                                  \
	}

void buffer_release(struct buffer *buffer);
void buffer_clear(struct buffer *buffer); /* size 0, memory kept */
void buffer_append(struct buffer *buffer, const void *bytes, size_t size);
void buffer_append_text(struct buffer *buffer, const char *text);
void buffer_append_byte(struct buffer *buffer, char byte);
void buffer_append_repeated(struct buffer *buffer, const char *text, size_t count);
void buffer_append_unsigned(struct buffer *buffer, uint64_t number);
void buffer_append_signed(struct buffer *buffer, int64_t number);
void buffer_printf(struct buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The text so far, never NULL; valid until the next append. */
const char *buffer_text(const struct buffer *buffer);

/*
 * Says that nobody looks back at what was appended so far, but for its last byte. With an outlet,
 * and from BUFFER_PIECE_BYTES on, all but that byte goes there; otherwise nothing happens. So that
 * who writes a long text calls this now and then, and need not know whether anyone listens.
 */
#define BUFFER_PIECE_BYTES ((size_t)64 * 1024)
void buffer_drain(struct buffer *buffer);

/*
 * Room for size more bytes at bytes + size; the caller adds what it wrote to ->size. What the room
 * holds is not known, but that it begins with a NUL.
 */
char *buffer_reserve(struct buffer *buffer, size_t size);

#endif
