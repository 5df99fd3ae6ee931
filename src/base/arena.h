#ifndef WAVETRAIN_BASE_ARENA_H
#define WAVETRAIN_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>
#include <string.h>

/*
 * Memory with one lifetime. What is allocated is zeroed, aligned for any type, and lives until
 * arena_release() or arena_reset(). Nothing here returns NULL: out of memory ends the program
 * with exit status 4. What was recorded before stands, as after kill -9.
 */
struct arena {
	struct arena_block *newest; /* owned; NULL: nothing allocated yet */
};

void arena_release(struct arena *arena);

/* Forgets what was allocated but keeps one block for the next use. */
void arena_reset(struct arena *arena);

void *arena_allocate(struct arena *arena, size_t size_bytes);

/* For those who hear of it from a library. */
_Noreturn void out_of_memory(void);

/* count * size, checked for overflow. */
void *arena_allocate_array(struct arena *arena, size_t count, size_t item_bytes);

char *arena_copy_text(struct arena *arena, const char *text);
char *arena_copy_bytes(struct arena *arena, const void *bytes, size_t size); /* adds a NUL */
char *arena_format(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#define ARENA_NEW(arena, type) ((type *)arena_allocate((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count)                                                            \
	((type *)arena_allocate_array((arena), (count), sizeof(type)))

/* Plain heap with the same promise: never NULL, the result zeroed (only the new part for grow). */
void *heap_allocate(size_t count, size_t item_bytes);
void *heap_grow(void *memory, size_t old_count, size_t new_count, size_t item_bytes);

/* Not zeroed, so that what grew is not resident before it is used. Neither may be 0. */
void *heap_resize(void *memory, size_t count, size_t item_bytes);

/*
 * Makes room for one more item in a heap array that is doubled when full, and zeroes that item.
 * GROW(array, count, capacity) array must be a pointer variable; free() it in the end.
 */
#define GROW(array, count, capacity)                                                               \
	do {                                                                                       \
		if ((count) >= (capacity)) {                                                       \
			size_t grown_ = (capacity) ? (size_t)(capacity)*2 : 16;                    \
			(array) = heap_resize((array), grown_, sizeof *(array));                   \
			(capacity) = (__typeof__(capacity))grown_;                                 \
		}                                                                                  \
		memset(&(array)[(count)], 0, sizeof *(array));                                     \
	} while (0)

#endif
