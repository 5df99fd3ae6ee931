#include "cli/changed_files.h"

#include "base/path_match.h"
#include "base/text.h"

const char *last_finished_base(
	struct record *record, const char *pipeline_name, struct arena *arena)
{
	struct run *runs;
	uint32_t count;
	struct error ignored;
	if (!record || !record_list_runs(record, arena, &runs, &count, &ignored))
		return NULL;
	for (uint32_t i = 0; i < count; i++)
		if (runs[i].state == STATE_DONE && text_equal(runs[i].pipeline_name, pipeline_name))
			return runs[i].base_commit;
	return NULL;
}

bool changed_files_match(void *context, const char *glob)
{
	struct changed_files *files = context;
	struct error ignored;
	if (!files->is_asked && files->base)
		files->is_known = changes_since(
			files->folder, files->base, files->arena, &files->changes, &ignored);
	files->is_asked = true;
	if (!files->is_known)
		return true;
	for (uint32_t i = 0; i < files->changes.count; i++)
		if (path_matches(glob, files->changes.paths[i], true))
			return true;
	return false;
}
