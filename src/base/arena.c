#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_BYTES ((size_t)64 * 1024)
#define ALIGNMENT _Alignof(max_align_t)
#define FORMAT_ROOM_BYTES 4096

struct arena_block {
	struct arena_block *older;
	size_t used;
	size_t capacity;
	_Alignas(max_align_t) unsigned char bytes[];
};

void out_of_memory(void)
{
	static const char sentence[] = "wavetrain: out of memory; what was recorded stands, run "
				       "'wavetrain resume' on a machine with more\n";
	ssize_t ignored = write(STDERR_FILENO, sentence, sizeof(sentence) - 1);
	(void)ignored;
	_exit(4);
}

void *heap_allocate(size_t count, size_t item_bytes)
{
	void *memory = calloc(count ? count : 1, item_bytes ? item_bytes : 1);
	if (!memory)
		out_of_memory();
	return memory;
}

void *heap_resize(void *memory, size_t count, size_t item_bytes)
{
	void *resized = reallocarray(memory, count, item_bytes);
	if (!resized)
		out_of_memory();
	return resized;
}

void *heap_grow(void *memory, size_t old_count, size_t new_count, size_t item_bytes)
{
	unsigned char *grown = heap_resize(memory, new_count, item_bytes);
	memset(grown + old_count * item_bytes, 0, (new_count - old_count) * item_bytes);
	return grown;
}

static struct arena_block *block_new(size_t least, struct arena_block *older)
{
	size_t capacity = older ? older->capacity * 2 : BLOCK_BYTES;
	if (capacity > 64 * BLOCK_BYTES)
		capacity = 64 * BLOCK_BYTES;
	if (capacity < least)
		capacity = least;
	if (capacity > SIZE_MAX - sizeof(struct arena_block))
		out_of_memory();
	struct arena_block *block = malloc(sizeof(*block) + capacity);
	if (!block)
		out_of_memory();
	block->older = older;
	block->used = 0;
	block->capacity = capacity;
	return block;
}

void arena_release(struct arena *arena)
{
	while (arena->newest) {
		struct arena_block *older = arena->newest->older;
		free(arena->newest);
		arena->newest = older;
	}
}

void arena_reset(struct arena *arena)
{
	struct arena_block *kept = arena->newest;
	if (!kept)
		return;
	arena->newest = kept->older;
	arena_release(arena);
	kept->older = NULL;
	kept->used = 0;
	arena->newest = kept;
}

/* Not zeroed. alignment: a power of two. */
static void *take(struct arena *arena, size_t size, size_t alignment)
{
	struct arena_block *block = arena->newest;
	size_t used = block ? (block->used + alignment - 1) & ~(alignment - 1) : 0;
	if (!block || used > block->capacity || block->capacity - used < size) {
		block = block_new(size, block);
		arena->newest = block;
		used = 0;
	}
	block->used = used + size;
	return block->bytes + used;
}

void *arena_allocate(struct arena *arena, size_t size_bytes)
{
	return memset(take(arena, size_bytes, ALIGNMENT), 0, size_bytes);
}

void *arena_allocate_array(struct arena *arena, size_t count, size_t item_bytes)
{
	size_t size;
	if (__builtin_mul_overflow(count, item_bytes, &size))
		out_of_memory();
	return arena_allocate(arena, size);
}

char *arena_copy_bytes(struct arena *arena, const void *bytes, size_t size)
{
	char *copy = take(arena, size + 1, 1);
	if (size)
		memcpy(copy, bytes, size);
	copy[size] = '\0';
	return copy;
}

char *arena_copy_text(struct arena *arena, const char *text)
{
	return arena_copy_bytes(arena, text, strlen(text));
}

char *arena_format(struct arena *arena, const char *format, ...)
{
	struct arena_block *block = arena->newest;
	size_t room = block ? block->capacity - block->used : 0;
	char *text = room ? (char *)block->bytes + block->used : NULL;
	va_list arguments, again;
	va_start(arguments, format);
	va_copy(again, arguments);
	/* Where it fits it is formatted once only. */
	if (room > FORMAT_ROOM_BYTES)
		room = FORMAT_ROOM_BYTES;
	int length = vsnprintf(text, room, format, arguments);
	va_end(arguments);
	if (length < 0)
		out_of_memory();
	if ((size_t)length < room) {
		block->used += (size_t)length + 1;
	} else {
		text = take(arena, (size_t)length + 1, 1);
		vsnprintf(text, (size_t)length + 1, format, again);
	}
	va_end(again);
	return text;
}
