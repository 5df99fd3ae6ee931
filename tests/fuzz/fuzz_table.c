/* Any bytes as a table: read without a crash, and what was accepted is whole. */
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "load/load_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const struct load_request request = {
		.path = "fuzz.pipeline",
		.folder = "/work",
		.shell = size % 2 == 1,
	};
	struct arena arena = {0};
	struct diagnostics diagnostics;
	struct pipeline pipeline;
	struct buffer text = BUFFER_INIT;

	pipeline_load_bytes(&request, (const char *)bytes, size, &arena, &diagnostics, &pipeline);
	for (uint32_t i = 0; diagnostics.error_count == 0 && i < pipeline.step_count; i++) {
		const struct step *step = &pipeline.steps[i];
		if (!step->id || !step->name || step->timeout_ms <= 0)
			__builtin_trap();
		if (!step->agent == !step->command.script || (step->is_check && step->group))
			__builtin_trap();
	}
	for (uint32_t i = 0; i < pipeline.wave_title_count; i++) {
		if (pipeline.wave_titles[i].step >= pipeline.step_count)
			__builtin_trap();
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
