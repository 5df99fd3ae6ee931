#include "run/notes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/file_writer.h"
#include "base/text.h"

#define SUMMARY_ENDING ".summary.md"
#define HANDOFF_ENDING ".handoff.md"
#define HANDOFFS_FILE "handoffs.md"
#define CUT_NOTICE "\n*(cut here)*\n"
#define READ_BYTES 65536u

/* --- the folder --- */

static char *heap_text(const char *text)
{
	size_t size = strlen(text) + 1;
	return memcpy(heap_allocate(size, 1), text, size);
}

bool notes_open(
	struct notes *notes, const char *run_folder, const struct mask *mask, struct error *error)
{
	struct arena arena CLEANUP(arena_release) = {0};
	const char *path = path_join(&arena, run_folder, "notes");
	*notes = (struct notes){.folder = -1, .mask = mask, .path = heap_text(path)};
	if (mkdir(path, 0777) < 0 && errno != EEXIST)
		return error_set_errno(error, ERROR_FILE, "cannot make the folder '%s'", path);
	notes->folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (notes->folder < 0)
		return error_set_errno(error, ERROR_FILE, "cannot open the folder '%s'", path);
	file_writer_tidy(path);
	return true;
}

void notes_close(struct notes *notes)
{
	if (!notes->path)
		return;
	close_descriptor(&notes->folder);
	free(notes->path);
	buffer_release(&notes->handoffs);
	*notes = (struct notes){.folder = -1};
}

const char *notes_summary_path(
	const struct notes *notes, const char *step_id, uint32_t attempt, struct arena *arena)
{
	return arena_format(arena, "%s/%s.%u" SUMMARY_ENDING, notes->path, step_id, attempt);
}

const char *notes_handoff_path(
	const struct notes *notes, const char *step_id, uint32_t attempt, struct arena *arena)
{
	return arena_format(arena, "%s/%s.%u" HANDOFF_ENDING, notes->path, step_id, attempt);
}

void notes_forget(const struct notes *notes, const char *step_id, uint32_t attempt)
{
	struct arena arena CLEANUP(arena_release) = {0};
	unlinkat(notes->folder, arena_format(&arena, "%s.%u" SUMMARY_ENDING, step_id, attempt), 0);
	unlinkat(notes->folder, arena_format(&arena, "%s.%u" HANDOFF_ENDING, step_id, attempt), 0);
}

const char *notes_handoffs_path(const struct notes *notes, struct arena *arena)
{
	return *notes->handoffs_sha256 ? path_join(arena, notes->path, HANDOFFS_FILE) : NULL;
}

/* --- reading one --- */

enum note_state { NOTE_NONE, NOTE_READ, NOTE_CUT, NOTE_UNREADABLE };

/* At most one byte more than the limit; false with errno. */
static bool read_up_to(int file, size_t limit, struct buffer *text)
{
	while (text->size <= limit) {
		size_t left = limit + 1 - text->size;
		size_t size = left < READ_BYTES ? left : READ_BYTES;
		ssize_t count = read(file, buffer_reserve(text, size), size);
		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return count == 0;
		text->size += (size_t)count;
	}
	return true;
}

/* kept_bytes: of one that is longer than a note may be. */
static enum note_state read_note(
	int folder, const char *name, size_t kept_bytes, struct buffer *text)
{
	CLEANUP(close_descriptor) int file = open_beneath(folder, name, O_RDONLY);
	if (file < 0)
		return errno == ENOENT ? NOTE_NONE : NOTE_UNREADABLE;
	if (!read_up_to(file, NOTES_FILE_LIMIT_BYTES, text))
		return NOTE_UNREADABLE;
	if (text->size <= NOTES_FILE_LIMIT_BYTES)
		return text->size ? NOTE_READ : NOTE_NONE;
	text->size = utf8_cut(text->bytes, text->size, kept_bytes);
	return NOTE_CUT;
}

/* False: there was nothing to take out. */
static bool take_secrets(const struct mask *mask, enum note_state state, struct buffer *text)
{
	struct buffer masked = BUFFER_INIT;
	if (!mask ||
		(state == NOTE_READ && !mask_finds(mask, text->bytes, text->size, MASK_SECRET_MIN)))
		return false;
	if (state == NOTE_CUT)
		mask_append_cut(mask, &masked, text->bytes, text->size);
	else
		mask_append(mask, &masked, text->bytes, text->size);
	buffer_release(text);
	*text = masked;
	return true;
}

/* --- writing one --- */

/* Through the open folder, whatever its path leads to by now. */
static bool write_note(
	const struct notes *notes, const char *name, const struct buffer *text, struct error *error)
{
	struct arena arena CLEANUP(arena_release) = {0};
	const char *path = arena_format(&arena, "/proc/self/fd/%d/%s", notes->folder, name);
	return file_write_atomic(path, text->bytes, text->size, error);
}

static bool write_handoffs(const struct notes *notes, struct error *error)
{
	struct arena arena CLEANUP(arena_release) = {0};
	struct stat facts;
	/* A file gives way to the new one; a folder a step has made there does not. */
	if (fstatat(notes->folder, HANDOFFS_FILE, &facts, AT_SYMLINK_NOFOLLOW) == 0 &&
		S_ISDIR(facts.st_mode) &&
		!path_remove(arena_format(&arena, "/proc/self/fd/%d/" HANDOFFS_FILE, notes->folder),
			error))
		return false;
	return write_note(notes, HANDOFFS_FILE, &notes->handoffs, error);
}

/* --- secrets --- */

static void mask_note(const struct notes *notes, const char *name)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	struct error ignored;
	enum note_state state =
		read_note(notes->folder, name, NOTES_FILE_LIMIT_BYTES - strlen(CUT_NOTICE), &text);
	if ((state != NOTE_READ && state != NOTE_CUT) || !take_secrets(notes->mask, state, &text))
		return;
	/* The rest of a file that is cut is not looked at, so it goes. */
	if (state == NOTE_CUT)
		buffer_append_text(&text, CUT_NOTICE);
	if (!write_note(notes, name, &text, &ignored))
		unlinkat(notes->folder, name, 0);
}

void notes_mask(const struct notes *notes, const char *step_id, uint32_t attempt)
{
	struct arena arena CLEANUP(arena_release) = {0};
	if (!notes->mask || notes->folder < 0)
		return;
	mask_note(notes, arena_format(&arena, "%s.%u" SUMMARY_ENDING, step_id, attempt));
	mask_note(notes, arena_format(&arena, "%s.%u" HANDOFF_ENDING, step_id, attempt));
}

/* Also when there is no handoffs.md of this run. */
static bool is_as_written(const struct notes *notes)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	const struct buffer *written = &notes->handoffs;
	if (!*notes->handoffs_sha256)
		return true;
	CLEANUP(close_descriptor) int file = open_beneath(notes->folder, HANDOFFS_FILE, O_RDONLY);
	return file >= 0 && read_up_to(file, written->size, &text) && text.size == written->size &&
	       memcmp(text.bytes, written->bytes, text.size) == 0;
}

void notes_mask_all(const struct notes *notes)
{
	struct error ignored;
	if (!notes->mask || notes->folder < 0)
		return;
	int copy = openat(notes->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(close_folder) DIR *names = copy < 0 ? NULL : fdopendir(copy);
	if (!names) {
		close_descriptor(&copy);
		return;
	}
	for (struct dirent *name = readdir(names); name; name = readdir(names)) {
		if (text_ends_with(name->d_name, SUMMARY_ENDING) ||
			text_ends_with(name->d_name, HANDOFF_ENDING))
			mask_note(notes, name->d_name);
	}
	/* Steps may write there as well. */
	if (!is_as_written(notes) && !write_handoffs(notes, &ignored))
		unlinkat(notes->folder, HANDOFFS_FILE, 0);
}

/* --- adding it --- */

#define REPLACEMENT "\xef\xbf\xbd"

static bool is_plain(unsigned char byte)
{
	return byte && byte < 0x80;
}

static void append_valid(struct buffer *to, const char *bytes, size_t size)
{
	for (size_t i = 0, length; i < size; i += length) {
		uint32_t code_point;
		size_t plain = i;
		while (plain < size && is_plain((unsigned char)bytes[plain]))
			plain++;
		length = plain - i;
		if (length) {
			buffer_append(to, bytes + i, length);
			continue;
		}
		length = utf8_decode(bytes + i, size - i, &code_point);
		if (!code_point || (code_point == 0xfffd && length == 1))
			buffer_append_text(to, REPLACEMENT);
		else
			buffer_append(to, bytes + i, length);
	}
}

/* A heading is one line, whatever the name holds. */
static void append_heading(struct buffer *to, const char *name)
{
	size_t size = strlen(name);
	buffer_append_text(to, "## ");
	for (size_t i = 0, length; i < size; i += length) {
		uint32_t code_point;
		length = utf8_decode(name + i, size - i, &code_point);
		if (code_point_is_unsafe(code_point))
			buffer_append_byte(to, ' ');
		else
			append_valid(to, name + i, length);
	}
	buffer_append_text(to, "\n\n");
}

static void append_section(struct buffer *to, const struct note_source *source,
	enum note_state state, const struct buffer *text)
{
	append_heading(to, source->step_name ? source->step_name : source->step_id);
	if (state == NOTE_UNREADABLE) {
		buffer_append_text(
			to, "*(what it handed on could not be read: it is not a plain file)*\n");
		return;
	}
	append_valid(to, text->bytes, text->size);
	if (to->bytes[to->size - 1] != '\n')
		buffer_append_byte(to, '\n');
	if (state == NOTE_CUT)
		buffer_printf(to, "\n*(cut here: only the first %u bytes are handed on)*\n",
			NOTES_FILE_LIMIT_BYTES);
}

static void add_note(struct notes *notes, const struct note_source *source, struct arena *arena)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	CLEANUP(buffer_release) struct buffer section = BUFFER_INIT;
	const char *name =
		arena_format(arena, "%s.%u" HANDOFF_ENDING, source->step_id, source->attempt);
	enum note_state state = read_note(notes->folder, name, NOTES_FILE_LIMIT_BYTES, &text);
	if (state == NOTE_NONE)
		return;
	/* Whoever writes there does so until the step's stage has ended, and beyond. */
	if (state != NOTE_UNREADABLE)
		take_secrets(notes->mask, state, &text);
	append_section(&section, source, state, &text);
	if (notes->handoffs.size + section.size > NOTES_HANDOFFS_LIMIT_BYTES) {
		notes->is_cut = true;
		buffer_printf(&notes->handoffs,
			"\n*(cut here: no more than %u bytes are handed on in all)*\n",
			NOTES_HANDOFFS_LIMIT_BYTES);
		return;
	}
	if (notes->handoffs.size)
		buffer_append_byte(&notes->handoffs, '\n');
	buffer_append(&notes->handoffs, section.bytes, section.size);
}

/* --- handoffs.md --- */

static void note_handoffs(struct notes *notes)
{
	struct hash hash;
	hash_start(&hash);
	hash_add(&hash, notes->handoffs.bytes, notes->handoffs.size);
	hash_finish(&hash, notes->handoffs_sha256);
}

bool notes_merge(
	struct notes *notes, const struct note_source *sources, uint32_t count, struct error *error)
{
	struct arena arena CLEANUP(arena_release) = {0};
	size_t old_size = notes->handoffs.size;
	bool was_cut = notes->is_cut;
	for (uint32_t i = 0; i < count && !notes->is_cut; i++) {
		arena_reset(&arena);
		add_note(notes, &sources[i], &arena);
	}
	if (notes->handoffs.size == old_size)
		return true;
	if (write_handoffs(notes, error)) {
		note_handoffs(notes);
		return true;
	}
	notes->handoffs.size = old_size;
	notes->handoffs.bytes[old_size] = '\0';
	notes->is_cut = was_cut;
	return error_context(error, "the handoffs of this stage are not handed on");
}

bool notes_rebuild(
	struct notes *notes, const struct note_source *sources, uint32_t count, struct error *error)
{
	buffer_clear(&notes->handoffs);
	*notes->handoffs_sha256 = '\0';
	notes->is_cut = false;
	return notes_merge(notes, sources, count, error);
}
