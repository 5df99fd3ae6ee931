#include "cli/report_mask.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/file_writer.h"
#include "base/index.h"

#define LEAST_BYTES 8

static const char *const report_files[] = {"report.html", "dag.mmd", "dag.dot", "timeline.txt",
	"summary.md", "report.json", "junit.xml"};

/* Ids stay: they are names of files as well. */
void report_mask_run(const struct mask *mask, struct run *run, struct arena *arena)
{
	if (!mask)
		return;
	run->pipeline_name = mask_text(mask, run->pipeline_name, arena);
	run->reason = mask_text(mask, run->reason, arena);
	for (uint32_t i = 0; i < run->group_count; i++)
		run->groups[i].name = mask_text(mask, run->groups[i].name, arena);
	for (uint32_t i = 0; i < run->step_count; i++) {
		struct run_step *step = &run->steps[i];
		step->name = mask_text(mask, step->name, arena);
		step->reason = mask_text(mask, step->reason, arena);
		step->summary = mask_text(mask, step->summary, arena);
	}
}

void report_mask_buffer(const struct mask *mask, struct buffer *text)
{
	struct buffer masked = BUFFER_INIT;
	if (!mask_finds(mask, text->bytes, text->size, LEAST_BYTES))
		return;
	mask_append(mask, &masked, text->bytes, text->size);
	buffer_release(text);
	*text = masked;
}

/* A file as it lies there; a large report need not be in memory for it. */
struct mapping {
	char *bytes; /* NULL: it is empty */
	size_t size;
};

static bool map_file(const char *path, struct mapping *mapping)
{
	struct stat facts;
	CLEANUP(close_descriptor) int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (file < 0 || fstat(file, &facts) < 0)
		return false;
	*mapping = (struct mapping){.size = (size_t)facts.st_size};
	if (!mapping->size)
		return true;
	void *bytes = mmap(NULL, mapping->size, PROT_READ, MAP_PRIVATE, file, 0);
	mapping->bytes = bytes == MAP_FAILED ? NULL : bytes;
	return mapping->bytes != NULL;
}

static void unmap_file(struct mapping *mapping)
{
	if (mapping->bytes)
		munmap(mapping->bytes, mapping->size);
}

static void take(void *context, const char *bytes, size_t size)
{
	struct file_writer *writer = context;
	buffer_append(&writer->text, bytes, size);
	buffer_drain(&writer->text);
}

static bool write_masked(
	const struct mask *mask, const struct mapping *text, const char *path, struct error *error)
{
	struct file_writer writer;
	struct mask_stream stream = {0};
	if (!file_writer_open(&writer, path, error))
		return false;
	mask_begin(&stream, mask, &(struct buffer_outlet){take, &writer});
	for (size_t at = 0, size; at < text->size; at += size) {
		size = text->size - at < BUFFER_PIECE_BYTES ? text->size - at : BUFFER_PIECE_BYTES;
		mask_feed(&stream, text->bytes + at, size);
	}
	mask_finish(&stream);
	mask_release(&stream);
	bool is_written = file_writer_commit(&writer, error);
	file_writer_close(&writer);
	return is_written;
}

static bool mask_file(const struct mask *mask, const char *path, struct error *error)
{
	CLEANUP(unmap_file) struct mapping text = {0};
	if (!map_file(path, &text))
		return errno == ENOENT ||
		       error_set_errno(error, ERROR_FILE, "cannot look for secrets in '%s'", path);
	if (!mask_finds(mask, text.bytes, text.size, LEAST_BYTES) ||
		write_masked(mask, &text, path, error))
		return true;
	unlink(path);
	return error_context(error, "a secret is in it, so it was removed");
}

bool report_mask_folder(const struct mask *mask, const char *folder, struct error *error)
{
	struct arena arena CLEANUP(arena_release) = {0};
	bool all_done = true;
	for (size_t i = 0; mask && i < ARRAY_LENGTH(report_files); i++)
		all_done &= mask_file(mask, path_join(&arena, folder, report_files[i]), error);
	return all_done;
}
