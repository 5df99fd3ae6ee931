#include "run/workspace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

#define RETIRED ".retired"
#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* Lies in the folder of an attempt whose checkout is given up, in case we do not get to it. */
#define GIVEN_UP "given-up"

#define TIDY_ENTRIES 256u

/* --- work/ itself --- */

static bool open_work(struct workspaces *workspaces, struct error *error)
{
	struct arena arena CLEANUP(arena_release) = {0};
	if (workspaces->folder >= 0)
		return true;
	const char *path = path_join(&arena, workspaces->settings.run_folder, "work");
	if (mkdir(path, 0777) < 0 && errno != EEXIST)
		return error_set_errno(error, ERROR_FILE, "cannot make the folder '%s'", path);
	int folder = open(path, FOLDER_FLAGS);
	if (folder < 0)
		return error_set_errno(error, ERROR_FILE, "cannot open the folder '%s'", path);
	if (!removal_open(&workspaces->removal, folder, RETIRED, error)) {
		close(folder);
		return error_context(error, "'%s'", path);
	}
	workspaces->folder = folder;
	return true;
}

static uint32_t find_tree(const struct workspaces *workspaces, const char *name)
{
	for (uint32_t i = 0; i < workspaces->tree_count; i++) {
		if (text_equal(workspaces->trees[i], name))
			return i;
	}
	return INDEX_NONE;
}

static void add_tree(struct workspaces *workspaces, const char *name)
{
	if (find_tree(workspaces, name) != INDEX_NONE)
		return;
	GROW(workspaces->trees, workspaces->tree_count, workspaces->tree_capacity);
	char **place = &workspaces->trees[workspaces->tree_count++];
	*place = heap_allocate(strlen(name) + 1, 1);
	memcpy(*place, name, strlen(name) + 1);
}

/* Checkouts that the runner before us had given up. */
static void adopt_trees(struct workspaces *workspaces)
{
	int copy = openat(workspaces->folder, ".", FOLDER_FLAGS);
	CLEANUP(close_folder) DIR *entries = copy < 0 ? NULL : fdopendir(copy);
	struct stat facts;
	if (!entries)
		close_descriptor(&copy);
	for (struct dirent *entry = entries ? readdir(entries) : NULL; entry;
		entry = readdir(entries)) {
		if (entry->d_name[0] == '.')
			continue;
		CLEANUP(close_descriptor)
		int attempt = openat(workspaces->folder, entry->d_name, FOLDER_FLAGS);
		if (attempt >= 0 && fstatat(attempt, GIVEN_UP, &facts, AT_SYMLINK_NOFOLLOW) == 0)
			add_tree(workspaces, entry->d_name);
	}
}

bool workspaces_open(struct workspaces *workspaces, const struct workspace_settings *settings,
	struct error *error)
{
	struct arena arena CLEANUP(arena_release) = {0};
	*workspaces =
		(struct workspaces){.settings = *settings, .folder = -1, .removal = {.folder = -1}};
	if (!path_is_folder(path_join(&arena, settings->run_folder, "work")))
		return true;
	if (!open_work(workspaces, error))
		return false;
	adopt_trees(workspaces);
	return true;
}

/* --- giving up and removing --- */

/* Whatever has that name is gone from there, except when the error says why not. */
static bool put_aside(struct workspaces *workspaces, const char *name, struct error *error)
{
	return removal_take(&workspaces->removal, workspaces->folder, name, error);
}

/* A step may have put a link in place of the one or the other. */
static bool has_checkout(const struct workspaces *workspaces, const char *name)
{
	struct stat facts;
	CLEANUP(close_descriptor) int attempt = openat(workspaces->folder, name, FOLDER_FLAGS);
	return attempt >= 0 && fstatat(attempt, "tree", &facts, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(facts.st_mode);
}

static void remove_checkout(struct workspaces *workspaces, const char *name)
{
	const struct workspace_settings *settings = &workspaces->settings;
	struct arena arena CLEANUP(arena_release) = {0};
	struct error ignored;
	const char *tree = arena_format(&arena, "%s/work/%s/tree", settings->run_folder, name);
	/* What it leaves is removed as any folder is. */
	if (settings->worktrees && has_checkout(workspaces, name))
		settings->worktrees->remove(settings->context, tree, &ignored);
	put_aside(workspaces, name, &ignored);
}

static void give_up(struct workspaces *workspaces, const char *name, bool has_tree)
{
	struct error ignored;
	CLEANUP(close_descriptor)
	int attempt = has_tree ? openat(workspaces->folder, name, FOLDER_FLAGS) : -1;
	if (attempt < 0) {
		put_aside(workspaces, name, &ignored);
		return;
	}
	int mark = openat(attempt, GIVEN_UP, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	close_descriptor(&mark);
	add_tree(workspaces, name);
}

static struct prepared_workspace take_prepared(struct workspaces *workspaces, uint32_t place)
{
	struct prepared_workspace taken = workspaces->prepared[place];
	workspaces->prepared[place] = workspaces->prepared[--workspaces->prepared_count];
	return taken;
}

static void give_up_prepared(struct workspaces *workspaces, uint32_t place)
{
	struct prepared_workspace unused = take_prepared(workspaces, place);
	give_up(workspaces, unused.name, unused.has_tree);
	free(unused.name);
}

void workspace_retire(struct workspaces *workspaces, const struct workspace *workspace)
{
	struct error ignored;
	if (!workspace->has_folder)
		return;
	if (workspaces->folder < 0 &&
		(!path_exists(workspace->attempt_folder) || !open_work(workspaces, &ignored)))
		return;
	give_up(workspaces, workspace->name, workspace->tree_folder != NULL);
}

void workspaces_begin_stage(struct workspaces *workspaces)
{
	workspaces->has_failed_ahead = false;
	for (uint32_t i = workspaces->prepared_count; i-- > 0;) {
		if (workspaces->prepared[i].has_tree)
			give_up_prepared(workspaces, i);
	}
}

bool workspaces_tidy(struct workspaces *workspaces, uint32_t entry_limit)
{
	if (workspaces->tree_count) {
		char *name = workspaces->trees[--workspaces->tree_count];
		remove_checkout(workspaces, name);
		free(name);
		return true;
	}
	return removal_advance(&workspaces->removal, entry_limit);
}

static bool remove_all_retired(struct workspaces *workspaces, struct error *error)
{
	while (workspaces_tidy(workspaces, TIDY_ENTRIES))
		;
	if (!removal_finish(&workspaces->removal, error))
		return error_context(
			error, "'%s/work/" RETIRED "'", workspaces->settings.run_folder);
	if (workspaces->folder < 0)
		return true;
	struct arena arena CLEANUP(arena_release) = {0};
	unlinkat(workspaces->folder, RETIRED, AT_REMOVEDIR);
	/* Unless something in it was kept for people to look at. */
	rmdir(path_join(&arena, workspaces->settings.run_folder, "work"));
	return true;
}

bool workspaces_close(struct workspaces *workspaces, bool remove_all, struct error *error)
{
	if (!workspaces->settings.run_folder)
		return true;
	while (workspaces->prepared_count)
		give_up_prepared(workspaces, workspaces->prepared_count - 1);
	bool is_clean = !remove_all || remove_all_retired(workspaces, error);
	while (workspaces->tree_count)
		free(workspaces->trees[--workspaces->tree_count]);
	free(workspaces->trees);
	removal_close(&workspaces->removal);
	close_descriptor(&workspaces->folder);
	*workspaces = (struct workspaces){.folder = -1, .removal = {.folder = -1}};
	return is_clean;
}

/* --- room on the disk --- */

static bool is_low(const struct workspaces *workspaces)
{
	struct statvfs facts;
	uint64_t reserve_bytes = workspaces->settings.reserve_bytes;
	if (!reserve_bytes || fstatvfs(workspaces->folder, &facts) < 0)
		return false;
	return (uint64_t)facts.f_bavail < reserve_bytes / facts.f_frsize;
}

static void make_room(struct workspaces *workspaces)
{
	while (is_low(workspaces)) {
		if (workspaces_tidy(workspaces, TIDY_ENTRIES))
			continue;
		if (!workspaces->prepared_count)
			return;
		give_up_prepared(workspaces, workspaces->prepared_count - 1);
	}
}

/* --- making one --- */

/* A step's own wish is a path beneath its workspace, which is empty: no link can be in the way. */
static bool make_workdir(int attempt, const char *workdir, struct error *error)
{
	struct arena arena CLEANUP(arena_release) = {0};
	if (!path_stays_beneath(workdir))
		return error_set(error, ERROR_PROCESS,
			"the working directory '%s' must be relative, without '..' or '.git'",
			workdir);
	char *path = arena_format(&arena, "workspace/%s", workdir);
	char *end = path;
	do {
		end = strchr(end + 1, '/');
		if (end)
			*end = '\0';
		if (mkdirat(attempt, path, 0777) < 0 && errno != EEXIST)
			return error_set_errno(
				error, ERROR_FILE, "cannot make the folder '%s'", workdir);
		if (end)
			*end = '/';
	} while (end);
	return true;
}

static bool make_inner(int attempt, const char *name, struct error *error)
{
	return mkdirat(attempt, name, 0777) == 0 ||
	       error_set_errno(error, ERROR_FILE, "cannot make the folder '%s'", name);
}

/* The pipeline's own folder may hold nothing that a commit would keep. */
static void make_folder_in_tree(const struct workspace *workspace)
{
	struct error ignored;
	if (!path_is_folder(workspace->base_folder))
		folder_make(workspace->base_folder, &ignored);
}

static bool fill(struct workspaces *workspaces, const struct workspace *workspace,
	const char *workdir, struct error *error)
{
	const struct workspace_settings *settings = &workspaces->settings;
	CLEANUP(close_descriptor)
	int attempt = openat(workspaces->folder, workspace->name, FOLDER_FLAGS);
	if (attempt < 0)
		return error_set_errno(
			error, ERROR_FILE, "cannot open '%s'", workspace->attempt_folder);
	if ((workspace->input_folder && !make_inner(attempt, "input", error)) ||
		(workspace->output_folder && !make_inner(attempt, "output", error)))
		return false;
	if (workspace->kind == WORKSPACE_FRESH)
		return make_inner(attempt, "workspace", error) &&
		       (!workdir || make_workdir(attempt, workdir, error));
	if (workspace->kind != WORKSPACE_WORKTREE)
		return true;
	if (!settings->worktrees->provision(settings->context, workspace->tree_folder, error))
		return error_context(error, "cannot make a worktree");
	make_folder_in_tree(workspace);
	return true;
}

/* What was left under a name that is needed again. */
static bool replace(
	struct workspaces *workspaces, const struct workspace *workspace, struct error *error)
{
	uint32_t place = find_tree(workspaces, workspace->name);
	if (place != INDEX_NONE) {
		free(workspaces->trees[place]);
		workspaces->trees[place] = workspaces->trees[--workspaces->tree_count];
	}
	if (workspace->tree_folder)
		remove_checkout(workspaces, workspace->name);
	return put_aside(workspaces, workspace->name, error);
}

/* may_replace: what lies there is put aside; otherwise somebody may be using it. */
static bool make_folder(struct workspaces *workspaces, const struct workspace *workspace,
	bool may_replace, struct error *error)
{
	if (mkdirat(workspaces->folder, workspace->name, 0777) == 0)
		return true;
	if (errno == EEXIST && may_replace) {
		if (!replace(workspaces, workspace, error))
			return false;
		if (mkdirat(workspaces->folder, workspace->name, 0777) == 0)
			return true;
	}
	return error_set_errno(
		error, ERROR_FILE, "cannot make the folder '%s'", workspace->attempt_folder);
}

static bool create(struct workspaces *workspaces, const struct workspace *workspace,
	const struct step *step, bool may_replace, struct error *error)
{
	if (workspace->kind == WORKSPACE_WORKTREE && !workspaces->settings.worktrees)
		return error_set(error, ERROR_NOT_A_REPOSITORY,
			"step '%s' works in a worktree, and '%s' is in no git repository", step->id,
			workspaces->settings.pipeline_folder);
	if (!make_folder(workspaces, workspace, may_replace, error))
		return false;
	if (fill(workspaces, workspace, step->workdir, error))
		return true;
	give_up(workspaces, workspace->name, workspace->tree_folder != NULL);
	/* Half a checkout must not take the room that the record needs. */
	make_room(workspaces);
	return false;
}

static uint32_t find_prepared(const struct workspaces *workspaces, const char *name)
{
	for (uint32_t i = 0; i < workspaces->prepared_count; i++) {
		if (text_equal(workspaces->prepared[i].name, name))
			return i;
	}
	return INDEX_NONE;
}

bool workspace_make(struct workspaces *workspaces, const struct workspace_request *request,
	struct arena *arena, struct workspace *workspace, struct error *error)
{
	workspace_describe(workspaces, request, arena, workspace);
	if (!workspace->has_folder)
		return true;
	workspace->has_folder = false;
	if (!open_work(workspaces, error))
		return false;
	uint32_t place = find_prepared(workspaces, workspace->name);
	if (place != INDEX_NONE) {
		free(take_prepared(workspaces, place).name);
		workspace->has_folder = true;
		return true;
	}
	make_room(workspaces);
	workspace->has_folder = create(workspaces, workspace, request->step, true, error);
	return workspace->has_folder;
}

bool workspace_require_folder(
	struct workspaces *workspaces, struct workspace *workspace, struct error *error)
{
	if (workspace->has_folder)
		return true;
	workspace->has_folder =
		open_work(workspaces, error) && make_folder(workspaces, workspace, true, error);
	return workspace->has_folder;
}

/* --- ahead of time --- */

static bool prepare(struct workspaces *workspaces, const struct workspace_request *request)
{
	struct arena arena CLEANUP(arena_release) = {0};
	struct workspace workspace;
	struct error ignored;
	workspace_describe(workspaces, request, &arena, &workspace);
	if (find_prepared(workspaces, workspace.name) != INDEX_NONE ||
		!open_work(workspaces, &ignored) || is_low(workspaces))
		return false;
	if (!create(workspaces, &workspace, request->step, false, &ignored)) {
		workspaces->has_failed_ahead = true;
		return false;
	}
	size_t size = strlen(workspace.name) + 1;
	struct prepared_workspace *prepared = &workspaces->prepared[workspaces->prepared_count++];
	*prepared = (struct prepared_workspace){
		.name = heap_allocate(size, 1), .has_tree = workspace.tree_folder != NULL};
	memcpy(prepared->name, workspace.name, size);
	return true;
}

bool workspaces_prepare_next(
	struct workspaces *workspaces, const struct workspace_request *requests, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (workspaces->has_failed_ahead ||
			workspaces->prepared_count == WORKSPACE_PREPARED_LIMIT)
			return false;
		if (requests[i].step->workspace != WORKSPACE_SHARED &&
			prepare(workspaces, &requests[i]))
			return true;
	}
	return false;
}
