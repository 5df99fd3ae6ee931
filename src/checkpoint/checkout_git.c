#include "checkpoint/checkout_git.h"

#include <fcntl.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/index.h"
#include "base/text.h"
#include "checkpoint/git_failure.h"

#define COPY_LIMIT_BYTES ((size_t)16 * 1024 * 1024)

/* What of the repository's own settings decides how files look and who commits. */
static const char *const copied_settings[] = {
	"core.filemode",
	"core.symlinks",
	"core.ignorecase",
	"core.precomposeunicode",
	"core.autocrlf",
	"core.eol",
	"core.safecrlf",
	"core.attributesfile",
	"core.excludesfile",
	"user.name",
	"user.email",
};

/* These are read from where the repository has them. */
static const char *const copied_files[] = {"info/exclude", "info/attributes", "shallow"};

static const char *git_path(const struct checkout *checkout, struct arena *arena, const char *name)
{
	return arena_format(arena, "%s/.git/%s", checkout->folder, name);
}

const char *checkout_git_index(const struct checkout *checkout, struct arena *arena)
{
	return git_path(checkout, arena, "index");
}

const char *checkout_own_index(const struct checkout *checkout, struct arena *arena)
{
	return git_path(checkout, arena, "wavetrain-index");
}

static bool write_text(const struct checkout *checkout, const char *name, const struct buffer *text,
	struct error *error)
{
	struct arena arena = {0};
	const char *path = git_path(checkout, &arena, name);
	CLEANUP(close_descriptor)
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	bool done;

	if (file < 0)
		done = error_set_errno(error, ERROR_FILE, "cannot write %s", path);
	else
		done = descriptor_write_all(file, text->bytes, text->size, error);
	arena_release(&arena);
	return done;
}

static bool make_folders(const struct checkout *checkout, struct error *error)
{
	static const char *const folders[] = {"objects/info", "objects/pack", "refs/heads", "info"};
	struct arena arena = {0};
	bool done = true;

	for (size_t i = 0; i < ARRAY_LENGTH(folders) && done; i++)
		done = folder_make(git_path(checkout, &arena, folders[i]), error);
	arena_release(&arena);
	return done;
}

/* As git writes values that may hold anything. */
static void append_value(struct buffer *text, const char *value)
{
	buffer_append_byte(text, '"');
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			buffer_append_byte(text, '\\');
		if (*value == '\n')
			buffer_append_text(text, "\\n");
		else
			buffer_append_byte(text, *value);
	}
	buffer_append_text(text, "\"\n");
}

static void append_setting(struct buffer *text, const git_config *settings, const char *name)
{
	git_config_entry *entry = NULL;
	const char *dot = strchr(name, '.');

	if (git_config_get_entry(&entry, settings, name) < 0)
		return;
	if (entry->value) {
		buffer_printf(text, "[%.*s]\n\t%s = ", (int)(dot - name), name, dot + 1);
		append_value(text, entry->value);
	}
	git_config_entry_free(entry);
}

static bool write_settings(const struct checkpointer *checkpointer, const struct checkout *checkout,
	struct error *error)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	git_config *settings = NULL;
	int result = git_repository_config_snapshot(&settings, checkpointer->repository);

	if (result < 0)
		return git_failure(error, result, "cannot read the settings of the repository");
	buffer_append_text(&text, "[core]\n\trepositoryformatversion = 0\n\tbare = false\n"
				  "[gc]\n\tauto = 0\n");
	for (size_t i = 0; i < ARRAY_LENGTH(copied_settings); i++)
		append_setting(&text, settings, copied_settings[i]);
	git_config_free(settings);
	return write_text(checkout, "config", &text, error);
}

static bool write_head(const struct checkpointer *checkpointer, const struct checkout *checkout,
	struct error *error)
{
	CLEANUP(buffer_release) struct buffer head = BUFFER_INIT;
	CLEANUP(buffer_release) struct buffer packed = BUFFER_INIT;
	const char *branch = checkpointer->facts.branch;
	char id[GIT_OID_HEXSZ + 1];

	git_oid_tostr(id, sizeof(id), &checkout->base);
	if (!branch) {
		buffer_printf(&head, "%s\n", id);
		return write_text(checkout, "HEAD", &head, error);
	}
	buffer_printf(&head, "ref: refs/heads/%s\n", branch);
	buffer_printf(&packed, "%s refs/heads/%s\n", id, branch);
	return write_text(checkout, "packed-refs", &packed, error) &&
	       write_text(checkout, "HEAD", &head, error);
}

static bool write_alternates(const struct checkpointer *checkpointer,
	const struct checkout *checkout, struct error *error)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	git_buf objects = {0};
	int result = git_repository_item_path(
		&objects, checkpointer->repository, GIT_REPOSITORY_ITEM_OBJECTS);

	if (result < 0)
		return git_failure(error, result, "cannot find the objects of the repository");
	/* A leading quote or '#' would be read as something else: the path is absolute. */
	buffer_printf(&text, "%s\n", objects.ptr);
	git_buf_dispose(&objects);
	return write_text(checkout, "objects/info/alternates", &text, error);
}

static bool copy_files(const struct checkpointer *checkpointer, const struct checkout *checkout,
	struct error *error)
{
	struct arena arena = {0};
	bool done = true;

	for (size_t i = 0; i < ARRAY_LENGTH(copied_files) && done; i++) {
		CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
		const char *from = arena_format(&arena, "%s%s",
			git_repository_commondir(checkpointer->repository), copied_files[i]);

		if (path_exists(from))
			done = file_read(from, COPY_LIMIT_BYTES, &text, error) &&
			       write_text(checkout, copied_files[i], &text, error);
	}
	arena_release(&arena);
	return done;
}

bool checkout_git_make(const struct checkpointer *checkpointer, const struct checkout *checkout,
	struct error *error)
{
	return make_folders(checkout, error) && write_settings(checkpointer, checkout, error) &&
	       write_alternates(checkpointer, checkout, error) &&
	       copy_files(checkpointer, checkout, error) &&
	       write_head(checkpointer, checkout, error);
}
