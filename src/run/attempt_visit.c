/* A person looks into the place of an attempt: made, and left, as the attempt itself would. */
#include "base/file.h"
#include "base/text.h"
#include "run/attempt_internal.h"

static const char *const *copy_texts(const char *const *texts, struct arena *arena)
{
	size_t count = 0;
	while (texts[count])
		count++;
	const char **copies = ARENA_ARRAY(arena, const char *, count + 1);
	for (size_t i = 0; i < count; i++)
		copies[i] = arena_copy_text(arena, texts[i]);
	return copies;
}

/* One within the attempt's folder is made when something is started in it. */
static bool make_temporary(
	struct attempt *attempt, const char *const *environment, struct error *error)
{
	const char *temporary = environment_find(environment, "TMPDIR");
	const char *folder = attempt->workspace.attempt_folder;
	return !temporary || !folder || !text_starts_with(temporary, folder) ||
	       (attempt_require_folder(attempt, error) && folder_make(temporary, error));
}

bool attempt_visit(struct attempt *attempt, bool is_new, struct arena *arena,
	struct debug_place *place, struct error *error)
{
	struct attempt_mark mark = {.step = attempt->step, .attempt = attempt->number};
	struct refusal refusal;
	attempt_renew_scratch(attempt);
	if (is_new && !attempt_prepare(attempt, &refusal)) {
		*error = refusal.error;
		return false;
	}
	if (is_new)
		attempt->executor->visited = mark;
	const char *const *environment = attempt_environment(attempt, error);
	if (!environment || !make_temporary(attempt, environment, error))
		return false;
	place->folder = arena_copy_text(arena, attempt->workspace.work_folder);
	place->environment = copy_texts(environment, arena);
	for (int i = 0; i < 2; i++)
		place->passed[i] = attempt->executor->jobserver.passed[i];
	return true;
}

void attempt_leave(struct attempt *attempt)
{
	struct attempt_mark *visited = &attempt->executor->visited;
	if (visited->step == attempt->step)
		*visited = (struct attempt_mark){0};
	attempt_renew_scratch(attempt);
	const char *folder = attempt->workspace.attempt_folder;
	attempt->workspace.has_folder = folder && path_is_folder(folder);
	executor_retire(attempt);
}
