#include "contract/contract_memory.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/index.h"
#include "base/map.h"

#define HASH_LENGTH ((size_t)HASH_TEXT_SIZE - 1)
#define LINE_LENGTH (2 * HASH_LENGTH + 1) /* without the line end */

struct line {
	char text[LINE_LENGTH + 1];
};

struct contract_memory {
	char *file;         /* owned; NULL: none, or it cannot be written */
	struct line *lines; /* owned, never moved: the map's keys are in it; oldest first */
	uint32_t count;
	struct map known;
};

static bool is_hash(const char *text)
{
	return strspn(text, "0123456789abcdef") >= HASH_LENGTH;
}

static bool is_line(const char *text, size_t length)
{
	return length == LINE_LENGTH && text[HASH_LENGTH] == ' ' && is_hash(text) &&
	       is_hash(text + HASH_LENGTH + 1);
}

/* The newer half stays. */
static void forget_old(struct contract_memory *memory)
{
	uint32_t kept = CONTRACT_MEMORY_LIMIT / 2;
	memmove(memory->lines, memory->lines + (memory->count - kept), kept * sizeof(struct line));
	memory->count = kept;
	map_release(&memory->known);
	memory->known = (struct map){0};
	for (uint32_t i = 0; i < kept; i++)
		map_add(&memory->known, memory->lines[i].text, i);
}

static void drop_file(struct contract_memory *memory)
{
	free(memory->file);
	memory->file = NULL;
}

static void rewrite_file(struct contract_memory *memory)
{
	struct error error;
	struct buffer text CLEANUP(buffer_release) = BUFFER_INIT;
	for (uint32_t i = 0; i < memory->count; i++)
		buffer_printf(&text, "%s\n", memory->lines[i].text);
	if (memory->file && !file_write_atomic(memory->file, buffer_text(&text), text.size, &error))
		drop_file(memory);
}

/* False: it is known already. *is_halved is set when old ones made room. */
static bool remember(struct contract_memory *memory, const char *text, bool *is_halved)
{
	if (map_find(&memory->known, text) != INDEX_NONE)
		return false;
	if (memory->count == CONTRACT_MEMORY_LIMIT) {
		forget_old(memory);
		*is_halved = true;
	}
	struct line *line = &memory->lines[memory->count];
	memcpy(line->text, text, LINE_LENGTH);
	line->text[LINE_LENGTH] = '\0';
	map_add(&memory->known, line->text, memory->count++);
	return true;
}

static void read_lines(struct contract_memory *memory)
{
	struct error error;
	struct buffer text CLEANUP(buffer_release) = BUFFER_INIT;
	size_t limit = 2 * CONTRACT_MEMORY_LIMIT * (LINE_LENGTH + 1);
	bool is_halved = false;
	if (!file_read_tail(memory->file, limit, &text, &error))
		return;
	char *from = text.bytes;
	char *end = from + text.size;
	while (from < end) {
		char *line_end = memchr(from, '\n', (size_t)(end - from));
		if (!line_end)
			break;
		*line_end = '\0';
		if (is_line(from, (size_t)(line_end - from)))
			remember(memory, from, &is_halved);
		from = line_end + 1;
	}
	if (is_halved || text.size > limit / 2)
		rewrite_file(memory);
}

struct contract_memory *contract_memory_new(const char *file)
{
	struct contract_memory *memory = heap_allocate(1, sizeof *memory);
	memory->lines = heap_allocate(CONTRACT_MEMORY_LIMIT, sizeof *memory->lines);
	if (!file)
		return memory;
	size_t size = strlen(file) + 1;
	memory->file = heap_allocate(size, 1);
	memcpy(memory->file, file, size);
	read_lines(memory);
	return memory;
}

void contract_memory_free(struct contract_memory *memory)
{
	if (!memory)
		return;
	map_release(&memory->known);
	free(memory->lines);
	free(memory->file);
	free(memory);
}

static void make_line(struct line *line, const char *schema, const char *content)
{
	memcpy(line->text, schema, HASH_LENGTH);
	line->text[HASH_LENGTH] = ' ';
	memcpy(line->text + HASH_LENGTH + 1, content, HASH_LENGTH);
	line->text[LINE_LENGTH] = '\0';
}

bool contract_memory_has(
	const struct contract_memory *memory, const char *schema, const char *content)
{
	struct line line;
	if (!is_hash(schema) || !is_hash(content))
		return false;
	make_line(&line, schema, content);
	return map_find(&memory->known, line.text) != INDEX_NONE;
}

/* After a line that was cut off, a line end comes first. */
static void append_line(struct contract_memory *memory, const struct line *line)
{
	struct error error;
	struct stat facts;
	char text[LINE_LENGTH + 2];
	size_t size = 0;
	char last = '\n';
	CLEANUP(close_descriptor)
	int file = open(memory->file, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	if (file < 0 || fstat(file, &facts) < 0) {
		drop_file(memory);
		return;
	}
	if (facts.st_size > 0 && pread(file, &last, 1, facts.st_size - 1) == 1 && last != '\n')
		text[size++] = '\n';
	memcpy(text + size, line->text, LINE_LENGTH);
	size += LINE_LENGTH;
	text[size++] = '\n';
	if (!descriptor_write_all(file, text, size, &error))
		drop_file(memory);
}

void contract_memory_add(struct contract_memory *memory, const char *schema, const char *content)
{
	struct line line;
	bool is_halved = false;
	if (!is_hash(schema) || !is_hash(content))
		return;
	make_line(&line, schema, content);
	if (!remember(memory, line.text, &is_halved) || !memory->file)
		return;
	if (is_halved)
		rewrite_file(memory);
	else
		append_line(memory, &line);
}
