#include "checkpoint/git_memory.h"

#include <git2.h>
#include <git2/sys/alloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

/* More than this is a file's content, or a damaged object's length: libgit2 can refuse those. */
#define MOMENTARY_BYTES ((size_t)1024 * 1024)

static void *resize(void *memory, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return size > MOMENTARY_BYTES ? realloc(memory, size)
				      : heap_resize(memory, size ? size : 1, 1);
}

static void *take(size_t size, const char *file, int line)
{
	return resize(NULL, size, file, line);
}

/* libgit2 before 1.7 asks for each of these; later ones make them of the three others. */
#if LIBGIT2_VER_MAJOR == 1 && LIBGIT2_VER_MINOR < 7
static void *resize_array(void *memory, size_t count, size_t item_bytes, const char *file, int line)
{
	size_t size;
	if (__builtin_mul_overflow(count, item_bytes, &size))
		return NULL;
	return resize(memory, size, file, line);
}

static void *take_array(size_t count, size_t item_bytes, const char *file, int line)
{
	return resize_array(NULL, count, item_bytes, file, line);
}

static void *take_zeroed(size_t count, size_t item_bytes, const char *file, int line)
{
	size_t size;
	(void)file;
	(void)line;
	if (__builtin_mul_overflow(count, item_bytes, &size) || size > MOMENTARY_BYTES)
		return calloc(count, item_bytes);
	return heap_allocate(count, item_bytes);
}

static char *copy_bytes(const char *bytes, size_t size, const char *file, int line)
{
	char *copy = size < SIZE_MAX ? take(size + 1, file, line) : NULL;
	if (copy) {
		memcpy(copy, bytes, size);
		copy[size] = '\0';
	}
	return copy;
}

static char *copy_start(const char *text, size_t limit, const char *file, int line)
{
	return copy_bytes(text, strnlen(text, limit), file, line);
}

static char *copy_text(const char *text, const char *file, int line)
{
	return copy_bytes(text, strlen(text), file, line);
}
#endif

void git_memory_guard(void)
{
	git_allocator allocator = {
		.gmalloc = take,
		.grealloc = resize,
		.gfree = free,
#if LIBGIT2_VER_MAJOR == 1 && LIBGIT2_VER_MINOR < 7
		.gcalloc = take_zeroed,
		.gstrdup = copy_text,
		.gstrndup = copy_start,
		.gsubstrdup = copy_bytes,
		.greallocarray = resize_array,
		.gmallocarray = take_array,
#endif
	};
	git_libgit2_opts(GIT_OPT_SET_ALLOCATOR, &allocator);
}
