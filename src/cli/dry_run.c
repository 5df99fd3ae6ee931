#include "cli/dry_run.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/index.h"
#include "base/text.h"
#include "cli/console.h"
#include "cli/plan_checks.h"
#include "cli/project.h"

/* More steps than this are not listed one by one. */
#define SHOWN_STEPS 500u

enum mock_fault { MOCK_IMPOSSIBLE, MOCK_REFUSED, MOCK_NOT_WRITTEN, MOCK_FAULT_COUNT };

struct mock_fault_words {
	const char *one;
	const char *many;
};

static const struct mock_fault_words fault_words[] = {
	[MOCK_IMPOSSIBLE] = {"contract cannot be satisfied by a mock",
		"contracts cannot be satisfied by a mock"},
	[MOCK_REFUSED] = {"contract refuses its mock", "contracts refuse their mocks"},
	[MOCK_NOT_WRITTEN] = {"mock was not written", "mocks were not written"},
};
static_assert(ARRAY_LENGTH(fault_words) == MOCK_FAULT_COUNT, "words for each fault");

struct rehearsal {
	struct cli *cli;
	struct contract_checker *checker;
	const struct pipeline *pipeline;
	const struct plan *plan;
	const char *folder; /* STATE/runs/dry_TIME */
	struct buffer text;
	uint32_t faults[MOCK_FAULT_COUNT];
};

static uint32_t fault_count(const struct rehearsal *rehearsal)
{
	uint32_t count = 0;
	for (size_t i = 0; i < MOCK_FAULT_COUNT; i++)
		count += rehearsal->faults[i];
	return count;
}

/* --- mock documents --- */

static bool is_about(const struct contract *contract, const struct output *output)
{
	return contract->kind == CONTRACT_JSON_SCHEMA && contract->source &&
	       (text_equal(contract->source, output->name) ||
		       text_equal(contract->source, output->path));
}

/* What one document must satisfy. */
static struct mock_request schemas_of(
	struct rehearsal *rehearsal, const struct step *step, const struct output *output)
{
	const struct contract **contracts =
		ARENA_ARRAY(rehearsal->cli->arena, const struct contract *, step->contract_count);
	struct mock_request request = {rehearsal->pipeline->folder, contracts, 0};
	for (uint32_t i = 0; i < step->contract_count; i++)
		if (is_about(&step->contracts[i], output))
			contracts[request.count++] = &step->contracts[i];
	return request;
}

static const char *schema_title(const struct mock_request *request)
{
	const struct contract *contract = request->contracts[0];
	if (request->count > 1)
		return "all its schemas";
	if (contract->schema_name)
		return contract->schema_name;
	return contract->schema ? contract->schema : "its schema";
}

static bool write_mock(struct rehearsal *rehearsal, const char *path, const char *text)
{
	struct error error;
	struct arena *arena = rehearsal->cli->arena;
	if (folder_make(path_folder(arena, path), &error) &&
		file_write_atomic(path, text, strlen(text), &error))
		return true;
	buffer_printf(&rehearsal->text, "    not written: %s\n", error.text);
	rehearsal->faults[MOCK_NOT_WRITTEN]++;
	return false;
}

static const char *mock_text(struct rehearsal *rehearsal, const struct output *output,
	const struct mock_request *request)
{
	struct error error = {0};
	const char *text;
	struct arena *arena = rehearsal->cli->arena;
	if (!request->count)
		return arena_format(arena, "mock of %s\n", output->name);
	if (contract_checker_mock(rehearsal->checker, request, arena, &text, &error))
		return text;
	buffer_printf(&rehearsal->text, "    nothing can be made that satisfies %s: %s\n",
		schema_title(request), error.text);
	rehearsal->faults[MOCK_IMPOSSIBLE]++;
	return NULL;
}

/* Where the step itself would leave what a contract looks at by its path. */
static void write_work_file(
	struct rehearsal *rehearsal, const struct step *step, const char *path, const char *text)
{
	if (path && path_stays_beneath(path))
		write_mock(rehearsal,
			arena_format(rehearsal->cli->arena, "%s/work/%s/%s", rehearsal->folder,
				step->id, path),
			text);
}

static void make_output(struct rehearsal *rehearsal, const struct step *step,
	const struct output *output, struct artifact *artifact)
{
	struct arena *arena = rehearsal->cli->arena;
	const struct mock_request schemas = schemas_of(rehearsal, step, output);
	const char *text = mock_text(rehearsal, output, &schemas);
	if (!text)
		return;
	*artifact = (struct artifact){
		.name = output->name,
		.path = arena_format(
			arena, "%s/%s%s", step->id, output->name, schemas.count ? ".json" : ".txt"),
		.file_count = 1,
		.size_bytes = strlen(text),
	};
	struct hash hash;
	hash_start(&hash);
	hash_add(&hash, text, strlen(text));
	hash_finish(&hash, artifact->sha256);
	const char *path =
		arena_format(arena, "%s/artifacts/%s", rehearsal->folder, artifact->path);
	if (!write_mock(rehearsal, path, text))
		return;
	if (schemas.count)
		write_work_file(rehearsal, step, output->path, text);
	buffer_printf(&rehearsal->text, "    makes %s (", output->name);
	size_append(&rehearsal->text, (int64_t)artifact->size_bytes);
	if (schemas.count)
		buffer_printf(&rehearsal->text, ", satisfies %s)\n", schema_title(&schemas));
	else
		buffer_append_text(&rehearsal->text, ", any content)\n");
}

/* A schema of a file that is no output. */
static void make_other_source(
	struct rehearsal *rehearsal, const struct step *step, const struct contract *contract)
{
	struct output output = {.name = contract->source};
	for (uint32_t i = 0; i < step->output_count; i++)
		if (is_about(contract, &step->outputs[i]))
			return;
	const struct mock_request schemas = schemas_of(rehearsal, step, &output);
	const char *text = mock_text(rehearsal, &output, &schemas);
	if (text)
		write_work_file(rehearsal, step, contract->source, text);
}

/* The mocks go the way the real ones will. */
static void check_contract(struct rehearsal *rehearsal, const struct step *step,
	const struct contract *contract, const struct artifact *artifacts)
{
	struct arena *arena = rehearsal->cli->arena;
	struct contract_subject subject = {
		.step = step,
		.pipeline_folder = rehearsal->pipeline->folder,
		.work_folder = arena_format(arena, "%s/work/%s", rehearsal->folder, step->id),
		.artifacts_folder = path_join(arena, rehearsal->folder, "artifacts"),
		.artifacts = artifacts,
		.artifact_count = step->output_count,
	};
	struct contract_result result = {0};
	contract_checker_check(rehearsal->checker, &subject, contract, arena, &result);
	if (result.is_kept)
		return;
	buffer_printf(&rehearsal->text, "    the mock does not hold: %s\n", result.reason);
	rehearsal->faults[MOCK_REFUSED]++;
}

static void make_step(struct rehearsal *rehearsal, const struct step *step)
{
	uint32_t faults = fault_count(rehearsal);
	struct artifact *artifacts =
		ARENA_ARRAY(rehearsal->cli->arena, struct artifact, step->output_count);
	for (uint32_t i = 0; i < step->output_count; i++)
		make_output(rehearsal, step, &step->outputs[i], &artifacts[i]);
	for (uint32_t i = 0; i < step->contract_count; i++) {
		const struct contract *contract = &step->contracts[i];
		if (contract->kind != CONTRACT_JSON_SCHEMA)
			continue;
		make_other_source(rehearsal, step, contract);
		if (fault_count(rehearsal) == faults)
			check_contract(rehearsal, step, contract, artifacts);
	}
}

/* --- the flow --- */

static void append_inputs(struct rehearsal *rehearsal, const struct step *step)
{
	const struct pipeline *pipeline = rehearsal->pipeline;
	for (uint32_t i = 0; i < step->input_count; i++) {
		const struct input *input = &step->inputs[i];
		const struct step *producer = &pipeline->steps[input->step];
		buffer_printf(&rehearsal->text, "    takes %s of %s\n",
			producer->outputs[input->output].name, producer->id);
	}
	if (step->foreach)
		buffer_printf(&rehearsal->text, "    once for each item of %s\n",
			step->foreach->from.reference);
}

static void append_flow(struct rehearsal *rehearsal)
{
	uint32_t shown = 0;
	uint32_t left_out = 0;
	for (uint32_t i = 0; i < rehearsal->pipeline->step_count; i++) {
		uint32_t index = rehearsal->plan->order[i];
		const struct step *step = &rehearsal->pipeline->steps[index];
		size_t size = rehearsal->text.size;
		if (rehearsal->plan->steps[index].action == ACTION_OMIT ||
			(!step->input_count && !step->output_count && !step->contract_count))
			continue;
		uint32_t faults = fault_count(rehearsal);
		buffer_printf(&rehearsal->text, "  %s\n", step->id);
		append_inputs(rehearsal, step);
		make_step(rehearsal, step);
		if (shown++ < SHOWN_STEPS || fault_count(rehearsal) > faults)
			continue;
		rehearsal->text.size = size;
		left_out++;
	}
	if (!shown)
		buffer_append_text(&rehearsal->text, "  no step declares inputs or outputs\n");
	if (left_out)
		buffer_printf(&rehearsal->text, "  … and %u more steps\n", left_out);
}

static bool make_folder(
	struct rehearsal *rehearsal, const struct project *project, struct error *error)
{
	struct arena *arena = rehearsal->cli->arena;
	char name[64];
	time_t now = (time_t)(clock_realtime_ms() / 1000);
	struct tm parts;
	gmtime_r(&now, &parts);
	strftime(name, sizeof name, "dry_%Y%m%d_%H%M%S", &parts);
	rehearsal->folder = project_run_folder(rehearsal->cli, project, name);
	for (uint32_t i = 2; path_exists(rehearsal->folder); i++)
		rehearsal->folder = project_run_folder(
			rehearsal->cli, project, arena_format(arena, "%s_%u", name, i));
	/* Nothing of it is ever committed, also where no run has made the state folder yet. */
	return folder_make(rehearsal->folder, error) &&
	       file_write_atomic(
		       path_join(arena, rehearsal->folder, ".gitignore"), "*\n", 2, error);
}

static void say_faults(const struct rehearsal *rehearsal, struct error *error)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	const uint32_t *faults = rehearsal->faults;
	bool has_tried = faults[MOCK_IMPOSSIBLE] || faults[MOCK_REFUSED];
	for (size_t i = 0; i < MOCK_FAULT_COUNT; i++)
		if (faults[i])
			buffer_printf(&text, "%s%u %s", text.size ? ", " : "", faults[i],
				faults[i] == 1 ? fault_words[i].one : fault_words[i].many);
	error_set(error, has_tried ? ERROR_STEP_FAILED : ERROR_FILE, "%s", buffer_text(&text));
	error_hint(error, "look at 'Data flow' above%s",
		has_tried ? "; give the schema an 'examples' or 'default'" : "");
}

static int rehearse(struct rehearsal *rehearsal, const struct project *project,
	const struct batch_choices *choices, struct error *error)
{
	bool as_json = choices->format && choices->format - 1 == CONSOLE_JSON;
	if (!make_folder(rehearsal, project, error))
		return -1;
	buffer_append_text(&rehearsal->text, "\nData flow\n");
	append_flow(rehearsal);
	buffer_printf(&rehearsal->text, "\nNothing was run. Mock artifacts: %s\n",
		path_join(rehearsal->cli->arena, rehearsal->folder, "artifacts"));
	CLEANUP(buffer_release) struct buffer plan = BUFFER_INIT;
	if (as_json)
		plan_json_append(rehearsal->plan, &plan);
	else
		plan_text_append(rehearsal->plan, &rehearsal->cli->style, &plan);
	if (!as_json)
		buffer_append(&plan, rehearsal->text.bytes, rehearsal->text.size);
	if (!cli_print(&plan, error))
		return -1;
	if (!fault_count(rehearsal))
		return 0;
	if (as_json)
		cli_print_aside(&rehearsal->text);
	say_faults(rehearsal, error);
	return -1;
}

static bool check_choices(const struct batch_choices *choices, struct error *error)
{
	if (!choices->resume || choices->resume == RESUME_NEVER)
		return true;
	error_set(
		error, ERROR_USAGE, "'--dry-run' shows a new run and does not go with '--resume'");
	return error_hint(error, "'wavetrain status' shows what the last run has left to do");
}

int dry_run(struct cli *cli, const struct batch_choices *choices, struct error *error)
{
	struct project project;
	struct pipeline pipeline = {0};
	struct plan plan = {0};
	struct record *record = NULL;
	struct error no_record;
	struct contract_checker *checker = contract_checker_new(NULL);
	struct load_choices loading = {
		.parameters = &choices->parameters, .shell = choices->shell, .checker = checker};
	struct plan_choices planning = {
		.jobs = choices->jobs, .left_out = {&choices->left_out, &choices->taken_back}};
	struct rehearsal rehearsal = {
		.cli = cli, .checker = checker, .pipeline = &pipeline, .plan = &plan};
	int status = -1;
	if (check_choices(choices, error) && project_find(cli, &project, error) &&
		project_load(cli, choices->pipeline, &loading, &pipeline, error)) {
		batch_choices_apply(choices, &pipeline);
		planning.cache_folder = path_join(cli->arena, project.state_folder, "cache");
		if (record_open(project.state_folder, RECORD_LOOK, &record, &no_record))
			planning.record = record;
		if (project_plan(cli, &pipeline, &planning, &plan, error) &&
			left_out_check(cli, &plan, &planning.left_out, NULL, error))
			status = rehearse(&rehearsal, &project, choices, error);
	}
	record_close(record);
	contract_checker_free(checker);
	buffer_release(&rehearsal.text);
	return status;
}
