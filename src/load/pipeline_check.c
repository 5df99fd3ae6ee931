#include "load/pipeline_check.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/index.h"
#include "base/map.h"
#include "base/text.h"
#include "load/fan_out.h"
#include "load/reference_check.h"
#include "load/resources.h"
#include "load/yaml_decode.h"

#define ID_LIMIT_BYTES 128u
#define PATH_LIMIT_BYTES 4095u

struct check {
	struct pipeline *pipeline;
	struct diagnostics *diagnostics;
	struct map ids; /* owned; to the first step of that id, also as written */
};

static const char letters_and_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
static const char id_bytes[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
static const char variable_bytes[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";

bool id_is_valid(const char *id)
{
	size_t length = strlen(id);
	return length > 0 && length <= ID_LIMIT_BYTES && strchr(letters_and_digits, id[0]) &&
	       strspn(id, id_bytes) == length;
}

static void check_id_shape(
	struct check *check, const char *noun, const char *id, struct source_position where)
{
	if (id_is_valid(id))
		return;
	diagnostics_add(check->diagnostics, FINDING_BAD_VALUE, where,
		"'%s' cannot be the %s: letters, digits, '.', '_' and '-' can, at most %u, "
		"beginning with a letter or digit",
		shorten(check->diagnostics->arena, id), noun, ID_LIMIT_BYTES);
}

/* Says which step of which run it is, to the step: nobody else's to set. */
static bool variable_is_ours(const char *name)
{
	static const char *const names[] = {"WAVETRAIN", "WAVETRAIN_RUN_ID", "WAVETRAIN_STEP_ID",
		"WAVETRAIN_WAVE", "WAVETRAIN_ATTEMPT", "WAVETRAIN_INPUT", "WAVETRAIN_OUTPUT",
		"WAVETRAIN_TASK", "WAVETRAIN_ITEM", "WAVETRAIN_ITEM_FILE", "WAVETRAIN_ITEM_INDEX",
		"WAVETRAIN_SUMMARY", "WAVETRAIN_HANDOFF", "WAVETRAIN_HANDOFFS",
		"WAVETRAIN_PROPERTIES"};
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		if (text_equal(name, names[i]))
			return true;
	return false;
}

bool environment_name_is_valid(const char *name)
{
	return *name && !(*name >= '0' && *name <= '9') &&
	       name[strspn(name, variable_bytes)] == '\0';
}

void check_environment_names(const struct environment *environment, struct diagnostics *diagnostics)
{
	for (uint32_t i = 0; i < environment->count; i++) {
		const struct environment_variable *variable = &environment->variables[i];
		const char *name = variable->name;
		if (variable_is_ours(name))
			diagnostics_add(diagnostics, FINDING_BAD_VALUE, variable->where,
				"'%s' is set by wavetrain itself", name);
		if (environment_name_is_valid(name))
			continue;
		diagnostics_add(diagnostics, FINDING_BAD_VALUE, variable->where,
			"'%s' cannot name an environment variable: letters, digits and '_' can, "
			"not beginning with a digit",
			shorten(diagnostics->arena, name));
	}
}

/* "./a" and "a/" are as good as "a". */
static bool path_is_inside(const char *path)
{
	char plain[PATH_LIMIT_BYTES + 1];
	while (text_starts_with(path, "./"))
		path += 2;
	size_t length = strlen(path);
	if (length > PATH_LIMIT_BYTES)
		return false;
	memcpy(plain, path, length + 1);
	if (length > 1 && plain[length - 1] == '/')
		plain[length - 1] = '\0';
	return plain[0] == '\0' || path_stays_beneath(plain);
}

static void check_path(
	struct check *check, const char *key, const char *path, struct source_position where)
{
	if (!path)
		return;
	if (*path == '\0')
		diagnostics_add(check->diagnostics, FINDING_BAD_VALUE, where,
			"the path of '%s' is empty", key);
	else if (*path == '/')
		diagnostics_add(check->diagnostics, FINDING_BAD_VALUE, where,
			"the path '%s' of '%s' must be relative",
			shorten(check->diagnostics->arena, path), key);
	else if (!path_is_inside(path))
		diagnostics_add(check->diagnostics, FINDING_BAD_VALUE, where,
			"the path '%s' of '%s' must stay inside the folder: no '..', no '.git', "
			"no empty parts",
			shorten(check->diagnostics->arena, path), key);
}

static void check_contracts(struct check *check, const struct step *step)
{
	for (uint32_t i = 0; i < step->contract_count; i++) {
		const struct contract *contract = &step->contracts[i];
		for (uint32_t j = 0; j < contract->file_count; j++)
			check_path(
				check, "files", contract->files[j].path, contract->files[j].where);
		for (uint32_t j = 0; j < contract->paths.count; j++)
			check_path(check, "paths", contract->paths.items[j].text,
				contract->paths.items[j].where);
		check_path(check, "schema", contract->schema, contract->where);
		/* It may be the name of an output, too: any of those would be a path as well. */
		check_path(check, "source", contract->source, contract->where);
	}
}

static void check_globs(struct check *check, const char *key, const struct text_list *globs)
{
	for (uint32_t i = 0; i < globs->count; i++)
		check_path(check, key, globs->items[i].text, globs->items[i].where);
}

static void check_outputs(struct check *check, const struct step *step)
{
	for (uint32_t i = 0; i < step->output_count; i++) {
		const struct output *output = &step->outputs[i];
		if (!step->component) /* of an artifact the name is the step's id as well */
			check_id_shape(check, "name of an output", output->name, output->where);
		check_path(check, "outputs", output->path, output->where);
	}
}

/* Of a fan-out the id as written, once: those of its instances are made from it. */
static void check_id(struct check *check, uint32_t place)
{
	const struct step *step = &check->pipeline->steps[place];
	const char *id = step_base_id(step);
	if (!id)
		return;
	if (step->instance) {
		map_add(&check->ids, step->id, place);
		if (step->instance->number > 0)
			return;
	}
	bool is_runbook = check->pipeline->format == FORMAT_ARTIFACTS;
	check_id_shape(check, is_runbook ? "name of an artifact" : "id of a step", id, step->where);
	if (map_add(&check->ids, id, place))
		return;
	const struct step *first = &check->pipeline->steps[map_find(&check->ids, id)];
	diagnostics_add(check->diagnostics, FINDING_DUPLICATE_ID, step->where,
		"the id '%s' is given twice; the first is on line %u",
		shorten(check->diagnostics->arena, id), (unsigned)first->where.line);
}

static void check_group(struct check *check, const struct step *step)
{
	if (step->group && !*step->group)
		diagnostics_add(check->diagnostics, FINDING_BAD_VALUE, step->where,
			"the group of the step '%s' is empty",
			step->id ? shorten(check->diagnostics->arena, step->id) : "");
}

void step_check(const struct step *step, struct diagnostics *diagnostics)
{
	struct check only = {.diagnostics = diagnostics};
	struct check *check = &only;
	if (!step->component) /* whose variables were looked at where it is declared */
		check_environment_names(&step->env, check->diagnostics);
	check_path(check, "workdir", step->workdir, step->where);
	check_group(check, step);
	check_outputs(check, step);
	check_contracts(check, step);
	if (step->cache) {
		check_globs(check, "key", &step->cache->key);
		check_globs(check, "paths", &step->cache->paths);
	}
}

/* What is wrong with one instance is most often wrong with all, and said once. */
static void check_steps(struct check *check)
{
	const struct pipeline *pipeline = check->pipeline;
	bool is_faulty = false;
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		const struct step *step = &pipeline->steps[i];
		uint32_t errors = check->diagnostics->error_count;
		bool is_further = step->instance && step->instance->number > 0;
		if (is_further && is_faulty)
			continue;
		step_check(step, check->diagnostics);
		is_faulty = check->diagnostics->error_count > errors;
	}
}

void pipeline_check(struct pipeline *pipeline, struct diagnostics *diagnostics)
{
	struct check check = {.pipeline = pipeline, .diagnostics = diagnostics};
	check_environment_names(&pipeline->env, diagnostics);
	map_reserve(&check.ids, pipeline->step_count);
	for (uint32_t i = 0; i < pipeline->step_count; i++)
		check_id(&check, i);
	check_steps(&check);
	references_check(pipeline, &check.ids, diagnostics);
	resources_check(pipeline, diagnostics);
	map_release(&check.ids);
}
