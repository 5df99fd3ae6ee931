#ifndef WAVETRAIN_REPORT_PAGE_H
#define WAVETRAIN_REPORT_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"

/*
 * What a template is filled with: a small tree, built once in an arena and then only read.
 * Texts are not copied unless a function says so: they must live as long as the tree.
 */
enum page_kind {
	PAGE_NOTHING, /* false in a section, empty as a variable */
	PAGE_TRUTH,   /* for sections only */
	PAGE_TEXT,    /* false in a section when empty */
	PAGE_OBJECT,
	PAGE_LIST, /* false in a section when empty */
};

struct page_value {
	enum page_kind kind;
	bool truth;       /* of PAGE_TRUTH */
	const char *key;  /* in an object; NULL: an item of a list, or the root */
	const char *text; /* of PAGE_TEXT */
	size_t size;
	struct page_value *first; /* of an object or list, in the order added; NULL: none */
	struct page_value *last;
	struct page_value *next; /* beside it in its parent */
};

struct page_value *page_new(struct arena *arena); /* the root: an object */

/* Each adds to parent: to an object under key, to a list with key NULL. Returns what was added. */
struct page_value *page_object(struct arena *arena, struct page_value *parent, const char *key);
struct page_value *page_list(struct arena *arena, struct page_value *parent, const char *key);
struct page_value *page_text(
	struct arena *arena, struct page_value *parent, const char *key, const char *text);
struct page_value *page_truth(
	struct arena *arena, struct page_value *parent, const char *key, bool truth);

/* The rest copy into the arena. */
void page_format(struct arena *arena, struct page_value *parent, const char *key,
	const char *format, ...) __attribute__((format(printf, 4, 5)));
void page_bytes(
	struct arena *arena, struct page_value *parent, const char *key, const struct buffer *text);
void page_duration(
	struct arena *arena, struct page_value *parent, const char *key, int64_t duration_ms);

/* The object's member of that name, or NULL. */
const struct page_value *page_find(
	const struct page_value *object, const char *key, size_t key_size);

/*
 * Text of unknown origin for people: controls, bidirectional overrides and zero-width characters
 * as "⟨202E⟩", invalid bytes as U+FFFD, line ends and tabs as they are, CR LF as LF. Colour
 * sequences (ESC [ digits m) are dropped, or with keep_color left in.
 */
void page_visible_append(struct buffer *buffer, const char *bytes, size_t size, bool keep_color);

/* True when page_visible_append() would change nothing because all is ASCII without controls. */
bool page_text_is_plain(const char *bytes, size_t size);

#endif
