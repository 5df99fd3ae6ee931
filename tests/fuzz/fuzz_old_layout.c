/*
 * Any bytes as a runbook of the older layout: what is converted can be read, and is the same
 * runbook: no finding in it but variables that are not set
 * and schemas that did not fit before.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "load/load_bytes.h"
#include "load/old_layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_converted(const struct buffer *yaml, struct arena *arena)
{
	static const char *const builtins[] = {"filesystem", "json", "command", "merge", NULL};
	const struct load_request request = {
		.path = "new.yml", .folder = "/nowhere", .builtin_components = builtins};
	struct diagnostics diagnostics;
	struct pipeline pipeline;
	pipeline_load_bytes(
		&request, buffer_text(yaml), yaml->size, arena, &diagnostics, &pipeline);
	for (uint32_t i = 0; i < diagnostics.count; i++) {
		enum finding_code code = diagnostics.findings[i].code;
		if (code != FINDING_VARIABLE && code != FINDING_INCOMPATIBLE)
			__builtin_trap();
	}
	if (pipeline.format != FORMAT_ARTIFACTS || pipeline.step_count == 0)
		__builtin_trap();
	diagnostics_release(&diagnostics);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct arena arena = {0};
	struct diagnostics diagnostics;
	struct buffer yaml = BUFFER_INIT;
	diagnostics_init(&diagnostics, &arena, "fuzz.yml");
	if (old_layout_convert((const char *)bytes, size, "fuzz.yml", &yaml, &diagnostics))
		check_converted(&yaml, &arena);
	else if (diagnostics.error_count == 0)
		__builtin_trap();
	buffer_release(&yaml);
	diagnostics_release(&diagnostics);
	arena_release(&arena);
	return 0;
}
