/* Any bytes as the list of a foreach: read and expanded, or refused with a sentence. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/index.h"
#include "load/expansion.h"
#include "load/load_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const char source[] = "steps:\n"
			     "- {id: list, run: x, outputs: [l]}\n"
			     "- {id: each, run: [x, '{item}'], foreach: {from: l, limit: 50}, "
			     "outputs: [o]}\n"
			     "- {id: pair, run: x, foreach: {from: l, batch: 2}}\n"
			     "- {id: last, run: x, needs: [each, pair], inputs: o}\n";

static void check(const struct pipeline *pipeline)
{
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		const struct step *step = &pipeline->steps[i];
		for (uint32_t j = 0; j < step->need_count; j++) {
			if (step->needs[j].step >= pipeline->step_count ||
				strcmp(pipeline->steps[step->needs[j].step].id,
					step->needs[j].id) != 0)
				__builtin_trap();
		}
		for (uint32_t j = 0; j < step->input_count; j++) {
			if (step->inputs[j].step >= pipeline->step_count)
				__builtin_trap();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const struct load_request request = {.path = "fuzz.yml", .folder = "/none"};
	struct arena arena = {0};
	struct diagnostics diagnostics;
	struct pipeline pipeline;
	struct error error = {0};

	pipeline_load_bytes(&request, source, strlen(source), &arena, &diagnostics, &pipeline);
	for (uint32_t i = 0; i < pipeline.step_count; i++) {
		if (!pipeline.steps[i].foreach)
			continue;
		if (!foreach_expand(&pipeline, i, (const char *)bytes, size, &arena, &error) &&
			error.text[0] == '\0')
			__builtin_trap();
		check(&pipeline);
	}
	diagnostics_release(&diagnostics);
	arena_release(&arena);
	return 0;
}
