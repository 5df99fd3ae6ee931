#include "run/git_folders.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

#define POINTER_PREFIX "gitdir: "
#define POINTER_LIMIT_BYTES ((size_t)64 * 1024)

static const char *canonical(const char *path, struct arena *arena)
{
	char *real = realpath(path, NULL);
	const char *copy = real ? arena_copy_text(arena, real) : NULL;
	free(real);
	return copy;
}

/* The place that the file names after prefix, counted from folder. NULL: it names none. */
static const char *follow(
	const char *file, const char *prefix, const char *folder, struct arena *arena)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	struct error ignored;
	if (!file_read(file, POINTER_LIMIT_BYTES, &text, &ignored) ||
		!text_starts_with(buffer_text(&text), prefix))
		return NULL;
	size_t skipped = strlen(prefix);
	size_t length = strcspn(text.bytes + skipped, "\r\n");
	const char *named = arena_copy_bytes(arena, text.bytes + skipped, length);
	return canonical(path_join(arena, folder, named), arena);
}

struct git_folders git_folders_find(const char *folder, struct arena *arena)
{
	struct git_folders found = {0};
	const char *entry = path_join(arena, folder, ".git");
	while (!path_exists(entry)) {
		if (folder[0] != '/' || text_equal(folder, "/"))
			return found;
		folder = path_folder(arena, folder);
		entry = path_join(arena, folder, ".git");
	}
	found.own = path_is_folder(entry) ? canonical(entry, arena)
					  : follow(entry, POINTER_PREFIX, folder, arena);
	if (!found.own)
		return found;
	found.common = follow(path_join(arena, found.own, "commondir"), "", found.own, arena);
	if (!found.common)
		found.common = found.own;
	return found;
}
