#include "checkpoint/pack_write.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/hash.h"

#define PACK_COUNT_AT 8
#define FANOUT_SIZE 256

static_assert(HASH_SHA1_SIZE == GIT_OID_RAWSZ, "packs of SHA-1 repositories only");

struct packed_object {
	git_oid id;
	uint32_t checksum; /* CRC-32 of what is in the pack */
	uint32_t offset;
};

struct pack_writer {
	struct buffer bytes;           /* the pack so far; empty while there are no objects */
	struct packed_object *objects; /* heap */
	size_t count;
	size_t capacity;
	z_stream compressor;
};

/* zlib fails here only for want of memory, which ends the program everywhere else too. */
static void require(bool success)
{
	if (!success)
		abort();
}

struct pack_writer *pack_writer_new(void)
{
	struct pack_writer *writer = heap_allocate(1, sizeof(*writer));

	require(deflateInit(&writer->compressor, Z_BEST_SPEED) == Z_OK);
	return writer;
}

void pack_writer_free(struct pack_writer *writer)
{
	if (!writer)
		return;
	deflateEnd(&writer->compressor);
	buffer_release(&writer->bytes);
	free(writer->objects);
	free(writer);
}

static void store_number(unsigned char bytes[4], uint32_t number)
{
	bytes[0] = (unsigned char)(number >> 24);
	bytes[1] = (unsigned char)(number >> 16);
	bytes[2] = (unsigned char)(number >> 8);
	bytes[3] = (unsigned char)number;
}

static void append_number(struct buffer *buffer, uint32_t number)
{
	unsigned char bytes[4];

	store_number(bytes, number);
	buffer_append(buffer, bytes, sizeof(bytes));
}

/* The type and the low four bits of the size, then seven bits a byte, lowest first. */
static void append_object_header(struct buffer *buffer, git_object_t type, size_t size)
{
	unsigned byte = (unsigned)type << 4 | (unsigned)(size & 15);

	for (size >>= 4; size > 0; size >>= 7) {
		buffer_append_byte(buffer, (char)(byte | 128));
		byte = (unsigned)(size & 127);
	}
	buffer_append_byte(buffer, (char)byte);
}

static void append_compressed(struct pack_writer *writer, const void *bytes, size_t size)
{
	z_stream *compressor = &writer->compressor;
	size_t room = deflateBound(compressor, size);

	require(size <= UINT32_MAX / 2 && deflateReset(compressor) == Z_OK);
	compressor->next_in = (z_const Bytef *)(uintptr_t)bytes;
	compressor->avail_in = (uInt)size;
	compressor->next_out = (Bytef *)buffer_reserve(&writer->bytes, room);
	compressor->avail_out = (uInt)room;
	require(deflate(compressor, Z_FINISH) == Z_STREAM_END);
	writer->bytes.size += compressor->total_out;
}

void pack_writer_add(struct pack_writer *writer, const git_oid *id, git_object_t type,
	const void *bytes, size_t size)
{
	struct buffer *pack = &writer->bytes;
	struct packed_object *object;
	size_t start;

	if (pack->size == 0) {
		buffer_append(pack, "PACK", 4);
		append_number(pack, 2);
		append_number(pack, 0);
	}
	start = pack->size;
	require(start <= INT32_MAX);
	append_object_header(pack, type, size);
	append_compressed(writer, bytes, size);
	GROW(writer->objects, writer->count, writer->capacity);
	object = &writer->objects[writer->count++];
	object->id = *id;
	object->offset = (uint32_t)start;
	object->checksum =
		(uint32_t)crc32_z(0, (const Bytef *)pack->bytes + start, pack->size - start);
}

size_t pack_writer_size(const struct pack_writer *writer)
{
	return writer->bytes.size;
}

static void append_checksum(struct buffer *buffer)
{
	unsigned char digest[HASH_SHA1_SIZE];

	hash_sha1(buffer->bytes, buffer->size, digest);
	buffer_append(buffer, digest, sizeof(digest));
}

static int compare_objects(const void *left, const void *right)
{
	return git_oid_cmp(&((const struct packed_object *)left)->id,
		&((const struct packed_object *)right)->id);
}

/* How many ids begin with each byte or a lower one. */
static void append_fanout(struct buffer *index, const struct pack_writer *writer)
{
	size_t at = 0;

	for (unsigned byte = 0; byte < FANOUT_SIZE; byte++) {
		while (at < writer->count && writer->objects[at].id.id[0] <= byte)
			at++;
		append_number(index, (uint32_t)at);
	}
}

static void make_index(struct pack_writer *writer, const void *pack_checksum, struct buffer *index)
{
	struct packed_object *objects = writer->objects;

	qsort(objects, writer->count, sizeof(*objects), compare_objects);
	buffer_append(index, "\377tOc", 4);
	append_number(index, 2);
	append_fanout(index, writer);
	for (size_t i = 0; i < writer->count; i++)
		buffer_append(index, objects[i].id.id, GIT_OID_RAWSZ);
	for (size_t i = 0; i < writer->count; i++)
		append_number(index, objects[i].checksum);
	for (size_t i = 0; i < writer->count; i++)
		append_number(index, objects[i].offset);
	buffer_append(index, pack_checksum, HASH_SHA1_SIZE);
	append_checksum(index);
}

/* A new file in the folder, read-only as git has them, its content on the disk. */
static bool write_durable(
	int folder, const char *name, const struct buffer *content, struct error *error)
{
	int file;
	bool done;

	unlinkat(folder, name, 0); /* of a killed process that had our number */
	file = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0444);
	if (file < 0)
		return error_set_errno(error, ERROR_FILE, "cannot write %s", name);
	done = descriptor_write_all(file, content->bytes, content->size, error) &&
	       (fsync(file) == 0 || error_set_errno(error, ERROR_FILE, "cannot flush"));
	if (close(file) != 0 && done)
		done = error_set_errno(error, ERROR_FILE, "cannot write %s", name);
	return done;
}

/*
 * The pack last: git passes over an index without a pack, and git gc removes it; a pack without
 * an index would stay.
 */
static bool publish_files(
	int folder, const char *const temporary[2], const char *const final[2], struct error *error)
{
	for (int i = 1; i >= 0; i--)
		if (renameat(folder, temporary[i], folder, final[i]) != 0)
			return error_set_errno(error, ERROR_FILE, "cannot name %s", final[i]);
	return fsync(folder) == 0 || error_set_errno(error, ERROR_FILE, "cannot flush");
}

static bool write_files(
	struct pack_writer *writer, int folder, const struct buffer *index, struct error *error)
{
	const char *checksum = writer->bytes.bytes + writer->bytes.size - HASH_SHA1_SIZE;
	char hex[GIT_OID_HEXSZ + 1];
	struct arena arena CLEANUP(arena_release) = {0};
	git_oid name;
	bool done;

	git_oid_fromraw(&name, (const unsigned char *)checksum);
	git_oid_tostr(hex, sizeof(hex), &name);
	const char *const temporary[2] = {
		arena_format(&arena, "tmp_pack_%s_%ld", hex, (long)getpid()),
		arena_format(&arena, "tmp_idx_%s_%ld", hex, (long)getpid())};
	const char *const final[2] = {arena_format(&arena, "pack-%s.pack", hex),
		arena_format(&arena, "pack-%s.idx", hex)};

	done = write_durable(folder, temporary[0], &writer->bytes, error) &&
	       write_durable(folder, temporary[1], index, error) &&
	       publish_files(folder, temporary, final, error);
	for (int i = 0; i < 2 && !done; i++)
		unlinkat(folder, temporary[i], 0);
	return done;
}

/* objects_folder/pack, which a fresh repository may lack. Returns -1 with errno set. */
static int open_pack_folder(const char *objects_folder)
{
	CLEANUP(close_descriptor)
	int objects = open(objects_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (objects < 0)
		return -1;
	if (mkdirat(objects, "pack", 0777) == 0) {
		if (fsync(objects) != 0)
			return -1;
	} else if (errno != EEXIST) {
		return -1;
	}
	return openat(objects, "pack", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

bool pack_writer_finish(struct pack_writer *writer, const char *objects_folder, struct error *error)
{
	CLEANUP(buffer_release) struct buffer index = BUFFER_INIT;
	CLEANUP(close_descriptor) int folder = -1;
	struct buffer *pack = &writer->bytes;
	bool done;

	if (pack->size == 0)
		return true;
	store_number((unsigned char *)pack->bytes + PACK_COUNT_AT, (uint32_t)writer->count);
	append_checksum(pack);
	make_index(writer, pack->bytes + pack->size - HASH_SHA1_SIZE, &index);
	folder = open_pack_folder(objects_folder);
	done = folder >= 0 ? write_files(writer, folder, &index, error)
			   : error_set_errno(error, ERROR_FILE, "cannot open the folder pack");
	buffer_clear(pack);
	writer->count = 0;
	return done ||
	       error_context(error, "cannot store the objects of the commit in %s", objects_folder);
}
