#include "cli/plan_why.h"

#include <assert.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/index.h"
#include "base/text.h"
#include "cli/cache_outlook.h"

#define FILE_LIMIT_BYTES ((size_t)256 * 1024 * 1024)
#define SHA256_DIGITS 64

bool definition_save(struct cli *cli, const struct pipeline *pipeline,
	const struct pipeline *written, const char *run_folder, struct error *error)
{
	CLEANUP(buffer_release) struct buffer bytes = BUFFER_INIT;
	difference_write(pipeline, &bytes);
	if (written->steps != pipeline->steps)
		difference_write(written, &bytes);
	return file_write_atomic(path_join(cli->arena, run_folder, DEFINITION_FILE),
		buffer_text(&bytes), bytes.size, error);
}

struct definition definition_load(struct cli *cli, const char *run_folder)
{
	CLEANUP(buffer_release) struct buffer bytes = BUFFER_INIT;
	const char *path = path_join(cli->arena, run_folder, DEFINITION_FILE);
	struct error ignored;
	if (!path_exists(path) || !file_read(path, FILE_LIMIT_BYTES, &bytes, &ignored))
		return (struct definition){0};
	return (struct definition){
		arena_copy_bytes(cli->arena, buffer_text(&bytes), bytes.size), bytes.size};
}

static bool find_step(const struct plan *plan, const char *id, uint32_t *step, struct error *error)
{
	const struct pipeline *pipeline = plan->pipeline;
	struct nearest nearest;
	*step = pipeline_find_step(pipeline, id);
	if (*step != INDEX_NONE)
		return true;
	nearest_start(&nearest, id);
	for (uint32_t i = 0; i < pipeline->step_count; i++)
		nearest_offer(&nearest, pipeline->steps[i].id);
	error_set(error, ERROR_USAGE, "there is no step '%s'", id);
	return nearest.best ? error_hint(error, "did you mean '%s'?", nearest.best)
			    : error_hint(error, "'wavetrain plan' lists the steps");
}

static const char *find_last_run(
	struct cli *cli, const struct why_request *request, const char **folder)
{
	struct run *runs;
	uint32_t count;
	struct error ignored;
	if (!request->record ||
		!record_list_runs(request->record, cli->arena, &runs, &count, &ignored))
		return NULL;
	for (uint32_t i = 0; i < count; i++) {
		if (!text_equal(runs[i].pipeline_name, request->plan->pipeline->name))
			continue;
		*folder = project_run_folder(cli, request->project, runs[i].id);
		return runs[i].id;
	}
	return NULL;
}

/* --- ingredients of a key: lines "SHA256 KIND NAME" --- */

/* The line that ends like this one, whatever its checksum; NULL: none. */
static const char *find_line(const char *lines, const char *line, size_t size)
{
	const char *name = line + SHA256_DIGITS;
	size_t name_size = size - SHA256_DIGITS;
	for (const char *at = lines; *at;) {
		size_t length = strcspn(at, "\n");
		if (length == size && memcmp(at + SHA256_DIGITS, name, name_size) == 0)
			return at;
		at += length + (at[length] == '\n');
	}
	return NULL;
}

static const char *say(struct cli *cli, const char *line, size_t size, const char *what)
{
	const char *kind = line + SHA256_DIGITS + 1;
	size_t kind_size = strcspn(kind, " ");
	if (kind_size == strlen(CACHE_KIND_HANDOFFS) &&
		memcmp(kind, CACHE_KIND_HANDOFFS, kind_size) == 0)
		return "what earlier steps hand on is known only when they have run";
	return arena_format(cli->arena, "the %.*s '%.*s' %s", (int)kind_size, kind,
		(int)(size - SHA256_DIGITS - 2 - kind_size), kind + kind_size + 1, what);
}

/* The first line of one text that the other lacks or has with another checksum; NULL: none. */
static const char *compare_lines(
	struct cli *cli, const char *lines, const char *others, const char *lacking)
{
	for (const char *at = lines; *at;) {
		size_t size = strcspn(at, "\n");
		if (size > SHA256_DIGITS + 2) {
			const char *other = find_line(others, at, size);
			if (!other)
				return say(cli, at, size, lacking);
			if (memcmp(other, at, SHA256_DIGITS) != 0)
				return say(cli, at, size, "changed");
		}
		at += size + (at[size] == '\n');
	}
	return NULL;
}

static const char *compare_ingredients(
	struct cli *cli, const struct plan *plan, uint32_t step, const char *run_folder)
{
	CLEANUP(buffer_release) struct buffer before = BUFFER_INIT;
	CLEANUP(buffer_release) struct buffer now = BUFFER_INIT;
	CLEANUP(cache_outlook_close) struct cache_outlook outlook = {.arena = cli->arena};
	const char *path = arena_format(cli->arena, "%s/" INGREDIENTS_FOLDER "/%s", run_folder,
		plan->pipeline->steps[step].id);
	struct error ignored;
	if (!plan->pipeline->steps[step].cache || !path_exists(path) ||
		!file_read(path, FILE_LIMIT_BYTES, &before, &ignored))
		return NULL;
	outlook.folder = run_folder; /* no entry is asked for */
	cache_outlook_ingredients(&outlook, plan, step, &now);
	const char *difference =
		compare_lines(cli, buffer_text(&now), buffer_text(&before), "is new");
	/* An input that is not known yet is no input that is gone. */
	if (!difference && plan->pipeline->steps[step].input_count == 0)
		difference = compare_lines(cli, buffer_text(&before), buffer_text(&now), "is gone");
	return difference;
}

static const char *const no_difference[] = {
	[STEP_NOT_KNOWN] = "it is not known what the step was in that run",
	[STEP_IS_NEW] = "the step is new",
	[STEP_IS_KNOWN] = "nothing that is known differs",
};
static_assert(ARRAY_LENGTH(no_difference) == STEP_KNOWLEDGE_COUNT, "words for each");

/* A plan knows no list's items, so it is compared with what was written for the run. */
static const char *find_difference(
	struct cli *cli, const struct plan *plan, uint32_t step, const char *run_folder)
{
	struct definition saved = definition_load(cli, run_folder);
	struct definition before = difference_written(&saved);
	const char *difference = difference_explain(plan, step, &before, cli->arena);
	if (!difference)
		difference = compare_ingredients(cli, plan, step, run_folder);
	return difference ? difference : no_difference[difference_knowledge(plan, step, &before)];
}

bool plan_why_append(struct cli *cli, const struct why_request *request, struct buffer *text,
	struct error *error)
{
	uint32_t step;
	const char *folder = NULL;
	if (!find_step(request->plan, request->step_id, &step, error))
		return false;
	const struct plan_step *planned = &request->plan->steps[step];
	buffer_printf(text, "%s: %s: %s\n", request->step_id, plan_action_name(planned->action),
		planned->reason);
	const char *run_id = find_last_run(cli, request, &folder);
	if (!run_id) {
		buffer_append_text(text, "no run of this pipeline is on record\n");
		return true;
	}
	buffer_printf(
		text, "since %s: %s\n", run_id, find_difference(cli, request->plan, step, folder));
	return true;
}
