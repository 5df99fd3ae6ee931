#include "run/cache_manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/index.h"
#include "base/parse.h"
#include "base/text.h"

#define FIRST_WORDS "wavetrain-cache 1 "
#define WORD_LIMIT 7u

void cache_file_name(uint32_t place, char name[CACHE_FILE_NAME_SIZE])
{
	snprintf(name, CACHE_FILE_NAME_SIZE, "%" PRIu32, place);
}

void cache_manifest_release(struct cache_manifest *manifest)
{
	free(manifest->outputs);
	free(manifest->files);
	*manifest = (struct cache_manifest){0};
}

struct cache_output *cache_manifest_add_output(struct cache_manifest *manifest)
{
	GROW(manifest->outputs, manifest->output_count, manifest->output_capacity);
	return &manifest->outputs[manifest->output_count++];
}

struct cache_file *cache_manifest_add_file(struct cache_manifest *manifest)
{
	GROW(manifest->files, manifest->file_count, manifest->file_capacity);
	return &manifest->files[manifest->file_count++];
}

/* --- writing --- */

static void append_word(struct buffer *text, const char *word)
{
	for (const char *at = word; *at; at++) {
		unsigned char byte = (unsigned char)*at;
		if (byte <= ' ' || byte == '%' || byte == 0x7f)
			buffer_printf(text, "%%%02x", byte);
		else
			buffer_append_byte(text, *at);
	}
}

static void append_file(struct buffer *text, const struct cache_file *file)
{
	buffer_printf(text, "%s %" PRIu32 " %" PRIu64 " %s ", file->is_path ? "path" : "file",
		file->mode, file->size_bytes, file->sha256);
	append_word(text, file->path);
	buffer_append_byte(text, '\n');
}

static void append_manifest(struct buffer *text, const struct cache_manifest *manifest)
{
	uint32_t place = 0;
	buffer_printf(text, FIRST_WORDS "%" PRIu64 "\n", manifest->total_bytes);
	for (uint32_t i = 0; i < manifest->output_count; i++) {
		const struct cache_output *output = &manifest->outputs[i];
		buffer_printf(text, "output %s %" PRIu32 " %" PRIu64 " %s ",
			output->is_folder ? "folder" : "file", output->file_count,
			output->size_bytes, output->sha256);
		append_word(text, output->name);
		buffer_append_byte(text, ' ');
		append_word(text, output->path);
		buffer_append_byte(text, '\n');
		for (; place < manifest->file_count && manifest->files[place].output == i; place++)
			append_file(text, &manifest->files[place]);
	}
	for (; place < manifest->file_count; place++)
		append_file(text, &manifest->files[place]);
}

bool cache_manifest_write(const struct cache_manifest *manifest, int entry, struct error *error)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	char sha256[HASH_TEXT_SIZE];
	struct hash hash;
	CLEANUP(close_descriptor)
	int file = openat(entry, CACHE_MANIFEST_NAME,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (file < 0)
		return error_set_errno(error, ERROR_FILE, "cannot write the manifest");
	append_manifest(&text, manifest);
	hash_start(&hash);
	hash_add(&hash, text.bytes, text.size);
	hash_finish(&hash, sha256);
	buffer_printf(&text, "end %s\n", sha256);
	return descriptor_write_all(file, text.bytes, text.size, error) ||
	       error_context(error, "the manifest");
}

/* --- reading --- */

/* Splits at single spaces; 0: more words than there are in any line, or an empty one. */
static uint32_t split(char *line, char *words[WORD_LIMIT])
{
	uint32_t count = 0;
	for (char *word = line; word;) {
		char *end = strchr(word, ' ');
		if (end)
			*end++ = '\0';
		if (!*word || count == WORD_LIMIT)
			return 0;
		words[count++] = word;
		word = end;
	}
	return count;
}

static int digit(char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* In place. */
static bool decode_word(char *word)
{
	char *to = word;
	for (const char *at = word; *at; at++, to++) {
		if (*at != '%') {
			*to = *at;
			continue;
		}
		int high = digit(at[1]);
		int low = high < 0 ? -1 : digit(at[2]);
		if (low < 0 || (high == 0 && low == 0))
			return false;
		*to = (char)(high * 16 + low);
		at += 2;
	}
	*to = '\0';
	return true;
}

static bool read_number(const char *word, uint64_t maximum, uint32_t *number)
{
	uint64_t value;
	if (!parse_unsigned(word, maximum, &value))
		return false;
	*number = (uint32_t)value;
	return true;
}

static bool read_hash(const char *word, char sha256[HASH_TEXT_SIZE])
{
	if (strlen(word) != HASH_TEXT_SIZE - 1 ||
		strspn(word, "0123456789abcdef") != HASH_TEXT_SIZE - 1)
		return false;
	memcpy(sha256, word, HASH_TEXT_SIZE);
	return true;
}

static bool read_path(char *word, const char **path)
{
	*path = word;
	return decode_word(word) && path_stays_beneath(word);
}

static bool read_output(struct cache_manifest *manifest, char *words[WORD_LIMIT])
{
	struct cache_output *output = cache_manifest_add_output(manifest);
	output->is_folder = text_equal(words[1], "folder");
	output->name = words[5];
	return (output->is_folder || text_equal(words[1], "file")) &&
	       read_number(words[2], FILE_MATCH_LIMIT, &output->file_count) &&
	       parse_unsigned(words[3], UINT64_MAX, &output->size_bytes) &&
	       read_hash(words[4], output->sha256) && decode_word(words[5]) &&
	       read_path(words[6], &output->path) && !strchr(output->path, '/');
}

/* A file of an output lies where the output does. */
static bool belongs(const struct cache_output *output, const char *path)
{
	size_t length = strlen(output->path);
	if (!output->is_folder)
		return text_equal(path, output->path);
	return strncmp(path, output->path, length) == 0 && path[length] == '/';
}

static bool read_file(struct cache_manifest *manifest, char *words[WORD_LIMIT])
{
	struct cache_file *file = cache_manifest_add_file(manifest);
	file->is_path = text_equal(words[0], "path");
	file->output = file->is_path ? INDEX_NONE : manifest->output_count - 1;
	if (!file->is_path && !manifest->output_count)
		return false;
	return read_number(words[1], 0777, &file->mode) &&
	       parse_unsigned(words[2], UINT64_MAX, &file->size_bytes) &&
	       read_hash(words[3], file->sha256) && read_path(words[4], &file->path) &&
	       (file->is_path ||
		       belongs(&manifest->outputs[manifest->output_count - 1], file->path));
}

static bool read_line(struct cache_manifest *manifest, char *line)
{
	char *words[WORD_LIMIT];
	uint32_t count = split(line, words);
	if (count == 7 && text_equal(words[0], "output"))
		return read_output(manifest, words);
	return count == 5 && (text_equal(words[0], "path") || text_equal(words[0], "file")) &&
	       read_file(manifest, words);
}

/* Cuts the last line off when it is the checksum of what is before it. */
static bool take_end(char *text, size_t size)
{
	static const size_t end_size = sizeof "end \n" - 1 + HASH_TEXT_SIZE - 1;
	char sha256[HASH_TEXT_SIZE];
	struct hash hash;
	if (size <= end_size || strlen(text) != size || text[size - 1] != '\n')
		return false;
	char *end = text + size - end_size;
	if (end[-1] != '\n')
		return false;
	hash_start(&hash);
	hash_add(&hash, text, (size_t)(end - text));
	hash_finish(&hash, sha256);
	if (strncmp(end, "end ", 4) != 0 || strncmp(end + 4, sha256, HASH_TEXT_SIZE - 1) != 0)
		return false;
	*end = '\0';
	return true;
}

static bool read_text(int entry, size_t limit, struct buffer *text)
{
	CLEANUP(close_descriptor) int file = open_beneath(entry, CACHE_MANIFEST_NAME, O_RDONLY);
	while (file >= 0 && text->size <= limit) {
		ssize_t count = read(file, buffer_reserve(text, 65536), 65536);
		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return count == 0;
		text->size += (size_t)count;
		text->bytes[text->size] = '\0';
	}
	return false;
}

static bool read_first(char *line, uint64_t *total_bytes)
{
	return text_starts_with(line, FIRST_WORDS) &&
	       parse_unsigned(line + strlen(FIRST_WORDS), UINT64_MAX, total_bytes);
}

bool cache_manifest_read(int entry, struct arena *arena, struct cache_manifest *manifest)
{
	CLEANUP(buffer_release) struct buffer bytes = BUFFER_INIT;
	*manifest = (struct cache_manifest){0};
	if (!read_text(entry, CACHE_MANIFEST_LIMIT_BYTES, &bytes) || !bytes.size)
		return false;
	char *text = arena_copy_bytes(arena, bytes.bytes, bytes.size);
	if (!take_end(text, bytes.size))
		return false;
	char *line = strsep(&text, "\n");
	if (!read_first(line, &manifest->total_bytes))
		return false;
	/* What follows the last line end is empty, and no line. */
	for (line = strsep(&text, "\n"); text; line = strsep(&text, "\n")) {
		if (!read_line(manifest, line))
			return false;
	}
	return true;
}

bool cache_manifest_size(int entry, uint64_t *total_bytes)
{
	char bytes[64];
	CLEANUP(close_descriptor) int file = open_beneath(entry, CACHE_MANIFEST_NAME, O_RDONLY);
	ssize_t count = file < 0 ? -1 : read(file, bytes, sizeof bytes - 1);
	if (count <= 0)
		return false;
	bytes[count] = '\0';
	bytes[strcspn(bytes, "\n")] = '\0';
	return read_first(bytes, total_bytes);
}

/* --- globs --- */

static int open_folder_beneath(int folder, const char *path)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	return (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
}

/* "./target/" says no more than "target". */
static const char *plain_glob(const char *glob, struct arena *arena)
{
	while (text_starts_with(glob, "./"))
		glob += 2;
	size_t length = strlen(glob);
	while (length > 1 && glob[length - 1] == '/')
		length--;
	return length ? arena_copy_bytes(arena, glob, length) : ".";
}

bool cache_glob(int folder, const char *glob, struct arena *arena, struct file_matches *matches,
	struct error *error)
{
	const char *plain = plain_glob(glob, arena);
	CLEANUP(close_descriptor) int inner = -1;
	if (!path_is_pattern(plain) && path_stays_beneath(plain))
		inner = open_folder_beneath(folder, plain);
	if (inner < 0)
		return file_match(folder, plain, arena, matches, error);
	if (!file_match_all(inner, arena, matches, error))
		return false;
	for (uint32_t i = 0; i < matches->count; i++)
		matches->paths[i] = path_join(arena, plain, matches->paths[i]);
	return true;
}
