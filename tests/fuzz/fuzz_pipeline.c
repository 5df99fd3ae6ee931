/* Any bytes as a pipeline file: read, decoded, substituted and checked without a crash. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/index.h"
#include "load/load_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const char *const environment[] = {"HOME=/home/user", "EMPTY=", "CI=true", NULL};
	static const struct assignment assignments[] = {{"feature", "auth"}, {"count", "3"}};
	const struct load_request request = {
		.path = "fuzz.yml",
		.folder = "/work",
		.assignments = assignments,
		.assignment_count = ARRAY_LENGTH(assignments),
		.environment = environment,
	};
	struct arena arena = {0};
	struct diagnostics diagnostics;
	struct pipeline pipeline;
	struct buffer text = BUFFER_INIT;

	pipeline_load_bytes(&request, (const char *)bytes, size, &arena, &diagnostics, &pipeline);
	/* What was accepted has what later stages rely on. */
	for (uint32_t i = 0; diagnostics.error_count == 0 && i < pipeline.step_count; i++) {
		const struct step *step = &pipeline.steps[i];
		bool has_command = !step->command.script != !step->command.arguments;
		bool has_agent = step->agent && step->agent->persona_name && step->agent->task;
		if (!step->id || !step->name || (!step->component && has_command == has_agent))
			__builtin_trap();
		if (step->agent && (step->agent->adapter >= pipeline.adapter_count ||
					   (step->agent->persona != INDEX_NONE &&
						   step->agent->persona >= pipeline.persona_count)))
			__builtin_trap();
		if (step->foreach && step->foreach->from.step >= pipeline.step_count)
			__builtin_trap();
		for (uint32_t j = 0; j < step->need_count; j++) {
			if (step->needs[j].step >= pipeline.step_count)
				__builtin_trap();
		}
		for (uint32_t j = 0; j < step->input_count; j++) {
			const struct input *input = &step->inputs[j];
			if (input->step >= pipeline.step_count ||
				input->output >= pipeline.steps[input->step].output_count)
				__builtin_trap();
		}
	}
	if (diagnostics.error_count == 0 && pipeline.step_count == 0)
		__builtin_trap();
	if (size < 4096)
		diagnostics_append_text(&diagnostics, &text);
	buffer_release(&text);
	diagnostics_release(&diagnostics);
	arena_release(&arena);
	return 0;
}
