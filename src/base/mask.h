#ifndef WAVETRAIN_BASE_MASK_H
#define WAVETRAIN_BASE_MASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"

/*
 * Takes secrets out of text: every byte that belongs to a form of a secret goes, and "***" stands
 * for each unbroken run of such bytes. The forms of a value, of the value without the white space
 * around it, and of each line of it that is no border of a PEM file (all of at least 4 bytes) are
 *   - itself;
 *   - base64 in the standard and the url-safe alphabet, wherever it stands in what was encoded, as
 *     far as that does not depend on its neighbours, and to its end where nothing follows; encoded
 *     alone also wrapped at 64 or 76 columns;
 *   - hex in upper and lower case, also wrapped at 60 columns;
 *   - percent-encoded, JSON, XML and HTML, shell quoting, C, YAML, SQL and CSV strings, as the
 *     encoders in use write them; of a value above MASK_LARGE only the most usual of these.
 * Mixtures (one half of it encoded, or encoded twice, but for JSON in JSON) are not found.
 *
 * Aho-Corasick: time is proportional to the text whatever the number of secrets, and text that
 * looks like none of them is passed over in strides, unread for the most part. Memory: for a value
 * of 40 bytes some 100 KiB, for MASK_SECRET_MAX of text tens of MiB.
 */
struct mask;

#define MASK_MARK "***"
#define MASK_SECRET_MIN ((size_t)4)
#define MASK_SECRET_MAX ((size_t)64 * 1024)
#define MASK_TOTAL_MAX ((size_t)128 * 1024) /* of all values of a mask */
#define MASK_LARGE ((size_t)4 * 1024)       /* of a larger value only the usual forms */

enum mask_verdict {
	MASK_TAKEN,
	MASK_EMPTY,     /* no value, or white space only: there is nothing to mask */
	MASK_TOO_SHORT, /* fewer than MASK_SECRET_MIN bytes without white space around: not masked */
	MASK_TOO_LONG, /* more than MASK_SECRET_MAX, or than is left of MASK_TOTAL_MAX: not masked */
};

struct mask_secret {
	const char *name;          /* for the caller's messages */
	const char *value;         /* NULL: none */
	enum mask_verdict verdict; /* out */
};

/* NULL when there is nothing to mask. The secrets are not needed after. */
struct mask *mask_new(struct mask_secret *secrets, size_t count);
void mask_free(struct mask *mask); /* may be NULL */

/*
 * The masked text: the text itself when there is nothing in it to mask or mask is NULL, else the
 * arena's. NULL stays NULL.
 */
const char *mask_text(const struct mask *mask, const char *text, struct arena *arena);

/*
 * The same for a message that quotes: in front of "…", and at the end of a text that is so long that
 * it was cut there, also the beginning of a form goes if it has MASK_SECRET_MIN bytes.
 */
const char *mask_message(const struct mask *mask, const char *text, struct arena *arena);

/* Appends the masked bytes. False: they were appended as they are. mask may be NULL. */
bool mask_append(const struct mask *mask, struct buffer *buffer, const char *bytes, size_t size);

/* The same for the beginning of a text: that of a form at its end goes too, as in mask_message(). */
void mask_append_cut(
	const struct mask *mask, struct buffer *buffer, const char *bytes, size_t size);

/* Whether there is a form of at least so many bytes. mask may be NULL. */
bool mask_finds(const struct mask *mask, const char *bytes, size_t size, size_t least_bytes);

struct mask_span {
	uint64_t start, end;
};

/*
 * Text that comes in pieces: what comes out is the same however it was cut. Bytes that may be the
 * beginning of a secret are held back until it is clear that they are not: never more than the
 * longest form, six times MASK_SECRET_MAX. Zeroed memory is a stream to begin with.
 */
struct mask_stream {
	const struct mask *mask;
	struct buffer_outlet outlet; /* who gets what is clear, in one or more pieces a call */
	uint32_t state;
	bool in_mark;
	uint64_t position;  /* bytes that came in */
	uint64_t settled;   /* those of them that went out, or that a mark stands for */
	struct buffer held; /* the rest, behind what is used up of it */
	size_t held_used;
	struct mask_span *spans; /* to be masked, in order, disjoint; owned */
	size_t span_first, span_count, span_capacity;
	struct buffer ready; /* small pieces on their way out */
};

/* Also for another use of the same stream, whatever it holds. mask NULL: all goes out as it is. */
void mask_begin(
	struct mask_stream *stream, const struct mask *mask, const struct buffer_outlet *outlet);
void mask_feed(struct mask_stream *stream, const char *bytes, size_t size);

/* The text is at its end: what was held back goes out. A next text may follow. */
void mask_finish(struct mask_stream *stream);
void mask_release(struct mask_stream *stream);

#endif
