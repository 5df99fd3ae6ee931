/* What a step has changed in the work tree, or in a checkout of its own. */
#include "run/attempt_internal.h"

#include <string.h>

#include "base/text.h"
#include "model/services.h"

static bool has_diff_scope(const struct step *step)
{
	for (uint32_t i = 0; i < step->contract_count; i++) {
		if (step->contracts[i].kind == CONTRACT_DIFF_SCOPE)
			return true;
	}
	return false;
}

/* A path of the repository as it counts from the pipeline's folder. */
static const char *count_from(const char *folder, const char *path, struct arena *arena)
{
	const char *rest = arena_copy_text(arena, path);
	while (!text_is_empty(folder)) {
		size_t length = strcspn(folder, "/");
		if (strncmp(rest, folder, length) != 0 || rest[length] != '/')
			break;
		rest += length + 1;
		folder += length;
		folder += strspn(folder, "/");
	}
	for (; !text_is_empty(folder); folder += strspn(folder, "/")) {
		rest = arena_format(arena, "../%s", rest);
		folder += strcspn(folder, "/");
	}
	return rest;
}

static void keep_paths(struct attempt *attempt, const struct worktree_change *change)
{
	struct executor *executor = attempt->executor;
	const char **paths = ARENA_ARRAY(&executor->kept, const char *, change->path_count);
	for (uint32_t i = 0; i < change->path_count; i++)
		paths[i] = count_from(
			executor->settings->folder_in_tree, change->paths[i], &executor->kept);
	attempt->changed_paths = paths;
	attempt->changed_count = change->path_count;
}

static bool collect_worktree(struct attempt *attempt, struct error *error)
{
	struct executor *executor = attempt->executor;
	const struct run_services *services = executor->settings->services;
	struct worktree_change change = {0};
	if (!services->worktrees->collect(services->context, attempt->workspace.tree_folder,
		    &executor->scratch, &change, error))
		return false;
	if (change.path_count)
		attempt->tree = arena_copy_text(&executor->kept, change.tree);
	if (has_diff_scope(attempt_step(attempt)))
		keep_paths(attempt, &change);
	return true;
}

static bool look_at_work_tree(struct attempt *attempt, struct error *error)
{
	struct executor *executor = attempt->executor;
	const struct run_services *services = executor->settings->services;
	if (!services->changed_paths)
		return error_set(error, ERROR_NOT_A_REPOSITORY,
			"what it changed cannot be told: there is no repository");
	return services->changed_paths(services->context, &executor->kept, &attempt->changed_paths,
		&attempt->changed_count, error);
}

bool attempt_collect_changes(struct attempt *attempt, enum failure_class *failure)
{
	const struct step *step = attempt_step(attempt);
	struct error error = {0};
	bool is_known = true;
	if (step->workspace == WORKSPACE_WORKTREE)
		is_known = collect_worktree(attempt, &error);
	else if (has_diff_scope(step))
		is_known = look_at_work_tree(attempt, &error);
	if (is_known)
		return true;
	*failure = attempt_lacks_resource(error.number) ? FAILURE_RESOURCE : FAILURE_PERMANENT;
	buffer_append_text(&attempt->reason, error.text);
	return false;
}
