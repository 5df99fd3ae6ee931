#include "load/pipeline_check.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/index.h"
#include "base/map.h"
#include "base/text.h"
#include "load/artifact_names.h"
#include "load/yaml_decode.h"

#define ID_LIMIT_BYTES 128u
#define PATH_LIMIT_BYTES 4095u
#define COMPARISON_LIMIT 500000u

struct check {
	struct pipeline *pipeline;
	struct diagnostics *diagnostics;
	struct map ids;            /* owned; to the first step of that id */
	uint64_t comparisons_left; /* for hints: bounded in all */
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
		"WAVETRAIN_WAVE", "WAVETRAIN_ATTEMPT", "WAVETRAIN_INPUT", "WAVETRAIN_OUTPUT"};
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		if (text_equal(name, names[i]))
			return true;
	return false;
}

static void check_environment(struct check *check, const struct environment *environment)
{
	for (uint32_t i = 0; i < environment->count; i++) {
		const struct environment_variable *variable = &environment->variables[i];
		const char *name = variable->name;
		if (variable_is_ours(name))
			diagnostics_add(check->diagnostics, FINDING_BAD_VALUE, variable->where,
				"'%s' is set by wavetrain itself", name);
		if (*name && !(*name >= '0' && *name <= '9') &&
			strspn(name, variable_bytes) == strlen(name))
			continue;
		diagnostics_add(check->diagnostics, FINDING_BAD_VALUE, variable->where,
			"'%s' cannot name an environment variable: letters, digits and '_' can, "
			"not beginning with a digit",
			shorten(check->diagnostics->arena, name));
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
		for (uint32_t j = 0; j < step->contracts[i].file_count; j++) {
			const struct file_rule *rule = &step->contracts[i].files[j];
			check_path(check, "files", rule->path, rule->where);
		}
	}
}

static void check_outputs(struct check *check, const struct step *step)
{
	for (uint32_t i = 0; i < step->output_count; i++) {
		const struct output *output = &step->outputs[i];
		check_id_shape(check, "name of an output", output->name, output->where);
		check_path(check, "outputs", output->path, output->where);
	}
}

static void check_id(struct check *check, uint32_t place)
{
	const struct step *step = &check->pipeline->steps[place];
	if (!step->id)
		return;
	check_id_shape(check, "id of a step", step->id, step->where);
	if (map_add(&check->ids, step->id, place))
		return;
	const struct step *first = &check->pipeline->steps[map_find(&check->ids, step->id)];
	diagnostics_add(check->diagnostics, FINDING_DUPLICATE_ID, step->where,
		"the id '%s' is given twice; the first is on line %u",
		shorten(check->diagnostics->arena, step->id), (unsigned)first->where.line);
}

static void report_unknown_need(struct check *check, const struct need *need)
{
	struct nearest nearest;
	nearest_start(&nearest, need->id);
	uint32_t count = check->pipeline->step_count;
	if (check->comparisons_left >= count && check->diagnostics->count < DIAGNOSTICS_LIMIT) {
		check->comparisons_left -= count;
		for (uint32_t i = 0; i < count; i++) {
			if (check->pipeline->steps[i].id)
				nearest_offer(&nearest, check->pipeline->steps[i].id);
		}
	}
	diagnostics_add_near(check->diagnostics, FINDING_UNKNOWN_REFERENCE, need->where,
		nearest.best, "there is no step '%s'",
		shorten(check->diagnostics->arena, need->id));
}

static void check_needs(struct check *check, uint32_t place)
{
	struct step *step = &check->pipeline->steps[place];
	for (uint32_t i = 0; i < step->need_count; i++) {
		struct need *need = &step->needs[i];
		uint32_t target = map_find(&check->ids, need->id);
		if (target == INDEX_NONE)
			report_unknown_need(check, need);
		else if (target == place || text_equal(need->id, step->id))
			diagnostics_add(check->diagnostics, FINDING_CYCLE, need->where,
				"the step '%s' needs itself",
				shorten(check->diagnostics->arena, need->id));
		else
			need->step = target;
	}
}

static void check_inputs(struct check *check, struct artifact_names *names, uint32_t place)
{
	struct step *step = &check->pipeline->steps[place];
	for (uint32_t i = 0; i < step->input_count; i++)
		artifact_names_resolve(
			names, check->pipeline, place, &step->inputs[i], check->diagnostics);
}

/* Two inputs of one name would have the same place in the input folder. */
static void check_input_names(struct check *check, const struct step *step)
{
	struct map names = {0};
	for (uint32_t i = 0; i < step->input_count; i++) {
		const struct input *input = &step->inputs[i];
		if (input->step == INDEX_NONE)
			continue;
		const char *name = check->pipeline->steps[input->step].outputs[input->output].name;
		if (!map_add(&names, name, i))
			diagnostics_add(check->diagnostics, FINDING_AMBIGUOUS, input->where,
				"the inputs '%s' and '%s' would both be $WAVETRAIN_INPUT/%s; give "
				"one of the outputs another name",
				step->inputs[map_find(&names, name)].reference, input->reference,
				name);
	}
	map_release(&names);
}

static void check_group(struct check *check, const struct step *step)
{
	if (step->group && !*step->group)
		diagnostics_add(check->diagnostics, FINDING_BAD_VALUE, step->where,
			"the group of the step '%s' is empty",
			step->id ? shorten(check->diagnostics->arena, step->id) : "");
}

void pipeline_check(struct pipeline *pipeline, struct diagnostics *diagnostics)
{
	struct check check = {.pipeline = pipeline,
		.diagnostics = diagnostics,
		.comparisons_left = COMPARISON_LIMIT};
	CLEANUP(artifact_names_release) struct artifact_names names;
	check_environment(&check, &pipeline->env);
	map_reserve(&check.ids, pipeline->step_count);
	for (uint32_t i = 0; i < pipeline->step_count; i++)
		check_id(&check, i);
	artifact_names_init(&names, pipeline, diagnostics);
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		const struct step *step = &pipeline->steps[i];
		check_environment(&check, &step->env);
		check_path(&check, "workdir", step->workdir, step->where);
		check_group(&check, step);
		check_outputs(&check, step);
		check_contracts(&check, step);
		check_needs(&check, i);
		check_inputs(&check, &names, i);
		check_input_names(&check, step);
	}
	map_release(&check.ids);
}
