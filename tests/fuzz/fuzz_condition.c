/* Any text as an `if`: read, and decided when it was accepted, without a crash. */
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "load/condition_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct parameter parameters[] = {{.name = "a", .value = "1"}, {.name = "b"}};
	const struct pipeline pipeline = {.parameters = parameters, .parameter_count = 2};
	const struct step step = {.id = "step"};
	const struct condition_facts facts = {.pipeline = &pipeline, .step = &step};
	struct source_position where = {1, 5};
	struct arena arena = {0};
	struct diagnostics diagnostics;
	struct substitution substitution;
	struct buffer text = BUFFER_INIT;
	const char *reason = NULL;

	diagnostics_init(&diagnostics, &arena, "fuzz.yml");
	substitution_init(&substitution, NULL, &arena, &diagnostics);
	substitution_set_parameters(&substitution, parameters, pipeline.parameter_count);
	const char *source = arena_copy_bytes(&arena, bytes, size);
	const struct condition *condition = condition_read(source, where, &diagnostics);
	if (!condition != (diagnostics.error_count == 1))
		__builtin_trap();
	if (condition && condition_decide(condition, &facts, &arena, &reason) == 0 && !reason)
		__builtin_trap();
	if (condition)
		condition_check(condition, &substitution, where);
	diagnostics_append_text(&diagnostics, &text);
	buffer_release(&text);
	substitution_release(&substitution);
	diagnostics_release(&diagnostics);
	arena_release(&arena);
	return 0;
}
