/*
 * Any bytes as a runbook: read, resolved and compared without a crash, and what was accepted is
 * what later stages rely on.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/index.h"
#include "load/load_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_step(const struct pipeline *pipeline, const struct step *step)
{
	const struct component_use *use = step->component;
	if (!step->id || !step->name || !use || !use->type || !use->properties ||
		step->output_count != 1 || strcmp(step->outputs[0].name, step->id) != 0)
		__builtin_trap();
	/* A declared component has a program, a built-in one has none. */
	if (use->is_builtin == (step->command.arguments != NULL) || step->command.script)
		__builtin_trap();
	for (uint32_t i = 0; i < step->input_count; i++) {
		if (step->inputs[i].step >= pipeline->step_count || step->inputs[i].output != 0)
			__builtin_trap();
	}
	if (use->merges_inputs && step->input_count == 0)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const char *const environment[] = {"HOST=db", NULL};
	static const char *const builtins[] = {"filesystem", "json", "command", "merge", NULL};
	const struct load_request request = {
		.path = "fuzz.yml",
		.folder = "/nowhere",
		.environment = environment,
		.builtin_components = builtins,
	};
	struct arena arena = {0};
	struct diagnostics diagnostics;
	struct pipeline pipeline;
	struct buffer text = BUFFER_INIT;

	pipeline_load_bytes(&request, (const char *)bytes, size, &arena, &diagnostics, &pipeline);
	bool is_good = diagnostics.error_count == 0 && pipeline.format == FORMAT_ARTIFACTS;
	for (uint32_t i = 0; is_good && i < pipeline.step_count; i++)
		check_step(&pipeline, &pipeline.steps[i]);
	if (size < 4096)
		diagnostics_append_text(&diagnostics, &text);
	buffer_release(&text);
	diagnostics_release(&diagnostics);
	arena_release(&arena);
	return 0;
}
