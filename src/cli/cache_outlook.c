#include "cli/cache_outlook.h"

#include "base/file.h"
#include "base/text.h"

void cache_outlook_close(struct cache_outlook *outlook)
{
	if (outlook->is_open)
		result_cache_close(&outlook->cache);
	contract_checker_free(outlook->checker);
	outlook->checker = NULL;
	outlook->is_open = false;
}

static const struct artifact *find_recorded(const struct run *run, const char *id, const char *name)
{
	for (uint32_t i = 0; run && i < run->artifact_count; i++)
		if (text_equal(run->steps[run->artifacts[i].step].id, id) &&
			text_equal(run->artifacts[i].artifact.name, name))
			return &run->artifacts[i].artifact;
	return NULL;
}

/* What the input will be; NULL: its producer runs first. */
static const struct artifact *find_input(
	const struct cache_outlook *outlook, const struct plan *plan, const struct input *input)
{
	const struct step *producer = &plan->pipeline->steps[input->step];
	switch (plan->steps[input->step].action) {
	case ACTION_SKIP:
		return find_recorded(
			outlook->previous, producer->id, producer->outputs[input->output].name);
	case ACTION_CACHED:
		return &outlook->artifacts[input->step][input->output];
	case ACTION_RUN:
	case ACTION_OMIT:
	case ACTION_COUNT:
		break;
	}
	return NULL;
}

static void open_outlook(struct cache_outlook *outlook, const struct plan *plan)
{
	if (outlook->is_open)
		return;
	result_cache_open(&outlook->cache, outlook->folder);
	outlook->artifacts =
		ARENA_ARRAY(outlook->arena, struct artifact *, plan->pipeline->step_count);
	outlook->checker = contract_checker_new(NULL);
	outlook->is_open = true;
}

static const char *hash_schema(
	void *context, const struct contract *contract, const char *pipeline_folder)
{
	struct cache_outlook *outlook = context;
	return contract_checker_schema_hash(outlook->checker, contract, pipeline_folder);
}

/* The inputs that are known; the count of the others is returned. */
static uint32_t list_inputs(struct cache_outlook *outlook, const struct plan *plan, uint32_t index,
	struct cache_key_request *request)
{
	const struct step *step = &plan->pipeline->steps[index];
	const struct artifact **inputs =
		ARENA_ARRAY(outlook->arena, const struct artifact *, step->input_count);
	*request = (struct cache_key_request){
		.fingerprint = plan->steps[index].fingerprint,
		.inputs = inputs,
		.rule = step->cache,
		.folder = path_join(outlook->arena, plan->pipeline->folder,
			step->workdir ? step->workdir : "."),
		.contracts = step->contracts,
		.contract_count = step->contract_count,
		.hash_schema = hash_schema,
		.schema_context = outlook,
		.pipeline_folder = plan->pipeline->folder,
	};
	for (uint32_t i = 0; i < step->input_count; i++) {
		const struct artifact *input = find_input(outlook, plan, &step->inputs[i]);
		if (input)
			inputs[request->input_count++] = input;
	}
	return step->input_count - request->input_count;
}

bool cache_outlook_knows(void *context, const struct plan *plan, uint32_t index)
{
	struct cache_outlook *outlook = context;
	const struct step *step = &plan->pipeline->steps[index];
	struct cache_key_request request;
	char key[HASH_TEXT_SIZE];
	struct error ignored;
	open_outlook(outlook, plan);
	if (list_inputs(outlook, plan, index, &request) > 0)
		return false;
	outlook->artifacts[index] =
		ARENA_ARRAY(outlook->arena, struct artifact, step->output_count);
	return result_cache_key(&request, key, &ignored) &&
	       result_cache_look(
		       &outlook->cache, key, step, outlook->arena, outlook->artifacts[index]);
}

void cache_outlook_ingredients(struct cache_outlook *outlook, const struct plan *plan,
	uint32_t index, struct buffer *lines)
{
	struct cache_key_request request;
	char key[HASH_TEXT_SIZE];
	struct error ignored;
	open_outlook(outlook, plan);
	list_inputs(outlook, plan, index, &request);
	request.ingredients = lines;
	if (!result_cache_key(&request, key, &ignored))
		buffer_clear(lines);
}
