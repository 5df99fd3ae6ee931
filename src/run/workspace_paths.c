/* The part of workspace.h that does not look at the disk. */
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "run/workspace.h"

/* Without the "./" that says nothing; "" for ".". */
static const char *plain_path(const char *path)
{
	while (text_starts_with(path, "./"))
		path += 2;
	return text_equal(path, ".") ? "" : path;
}

static bool needs_folder(const struct step *step)
{
	return step->workspace != WORKSPACE_SHARED || step->input_count || step->output_count;
}

static const char *choose_base(
	const struct workspaces *workspaces, const struct workspace *workspace, struct arena *arena)
{
	const char *inner = workspaces->settings.folder_in_tree;
	switch (workspace->kind) {
	case WORKSPACE_FRESH:
		return path_join(arena, workspace->attempt_folder, "workspace");
	case WORKSPACE_WORKTREE:
		return text_is_empty(inner) ? workspace->tree_folder
					    : path_join(arena, workspace->tree_folder, inner);
	case WORKSPACE_SHARED:
	case WORKSPACE_COUNT:
		break;
	}
	return workspaces->settings.pipeline_folder;
}

void workspace_describe(const struct workspaces *workspaces,
	const struct workspace_request *request, struct arena *arena, struct workspace *workspace)
{
	const struct step *step = request->step;
	const char *workdir = step->workdir ? plain_path(step->workdir) : "";
	*workspace = (struct workspace){.kind = step->workspace, .has_folder = needs_folder(step)};
	workspace->name = arena_format(arena, "%s.%u", step->id, request->attempt);
	workspace->attempt_folder =
		arena_format(arena, "%s/work/%s", workspaces->settings.run_folder, workspace->name);
	if (step->workspace != WORKSPACE_SHARED || step->input_count)
		workspace->input_folder = path_join(arena, workspace->attempt_folder, "input");
	if (step->workspace != WORKSPACE_SHARED || step->output_count)
		workspace->output_folder = path_join(arena, workspace->attempt_folder, "output");
	if (step->workspace == WORKSPACE_WORKTREE)
		workspace->tree_folder = path_join(arena, workspace->attempt_folder, "tree");
	workspace->base_folder = choose_base(workspaces, workspace, arena);
	workspace->work_folder = workspace->base_folder;
	if (*workdir)
		workspace->work_folder = path_join(arena, workspace->base_folder, workdir);
	workspace->paths_folder = step->workspace == WORKSPACE_FRESH ? workspace->attempt_folder
								     : workspace->work_folder;
}

static bool is_own_folder(const char *path, const char *name)
{
	size_t length = strlen(name);
	return strncmp(path, name, length) == 0 && (path[length] == '/' || !path[length]);
}

const char *workspace_path(const struct workspace *workspace, const char *path, struct arena *arena)
{
	const char *plain = plain_path(path);
	if (workspace->kind != WORKSPACE_FRESH || !path_stays_beneath(plain))
		return path;
	if (is_own_folder(plain, "output") || is_own_folder(plain, "input"))
		return plain;
	const char *work = workspace->work_folder + strlen(workspace->attempt_folder) + 1;
	return path_join(arena, work, plain);
}

static bool is_output_name(const struct step *step, const char *name)
{
	for (uint32_t i = 0; i < step->output_count; i++) {
		if (text_equal(step->outputs[i].name, name))
			return true;
	}
	return false;
}

const struct contract *workspace_contract(const struct workspace *workspace,
	const struct step *step, const struct contract *contract, struct arena *arena)
{
	if (workspace->kind != WORKSPACE_FRESH)
		return contract;
	struct contract *mapped = ARENA_NEW(arena, struct contract);
	*mapped = *contract;
	if (mapped->source && !is_output_name(step, mapped->source))
		mapped->source = workspace_path(workspace, mapped->source, arena);
	if (!mapped->file_count)
		return mapped;
	mapped->files = ARENA_ARRAY(arena, struct file_rule, contract->file_count);
	for (uint32_t i = 0; i < contract->file_count; i++) {
		mapped->files[i] = contract->files[i];
		if (!is_output_name(step, mapped->files[i].path))
			mapped->files[i].path =
				workspace_path(workspace, mapped->files[i].path, arena);
	}
	return mapped;
}
