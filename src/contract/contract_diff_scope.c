#include "contract/contract_diff_scope.h"

#include "base/buffer.h"
#include "base/path_match.h"
#include "contract/subject_files.h"

#define NAMED_LIMIT 5u

static bool is_in_scope(const struct contract *contract, const char *path)
{
	for (uint32_t i = 0; i < contract->paths.count; i++) {
		if (path_matches(contract->paths.items[i].text, path, true))
			return true;
	}
	return false;
}

/* "'src', 'docs/x.md' or 'a'" */
static const char *scope_text(const struct contract *contract, struct arena *arena)
{
	struct buffer text = BUFFER_INIT;
	for (uint32_t i = 0; i < contract->paths.count; i++) {
		const char *joint = !i ? "" : i + 1 == contract->paths.count ? " or " : ", ";
		buffer_printf(&text, "%s'%s'", joint, contract->paths.items[i].text);
	}
	const char *copy = arena_copy_text(arena, text.size ? buffer_text(&text) : "no path");
	buffer_release(&text);
	return copy;
}

static const char *reason_text(
	const struct contract_result *result, const char *scope, struct arena *arena)
{
	struct buffer text = BUFFER_INIT;
	uint32_t named = result->error_total < NAMED_LIMIT ? result->error_total : NAMED_LIMIT;
	buffer_append_text(&text, "changed ");
	for (uint32_t i = 0; i < named; i++)
		buffer_printf(&text, "%s'%s'", i ? ", " : "", result->errors[i].pointer);
	if (result->error_total > named)
		buffer_printf(&text, " and %u more", result->error_total - named);
	buffer_printf(&text, ", allowed: %s", scope);
	const char *copy = arena_copy_text(arena, buffer_text(&text));
	buffer_release(&text);
	return copy;
}

void contract_diff_scope_check(void *context, const struct contract_subject *subject,
	const struct contract *contract, struct arena *arena, struct contract_result *result)
{
	struct contract_findings findings = {.arena = arena, .result = result};
	const char *scope = scope_text(contract, arena);
	(void)context;
	*result = (struct contract_result){0};
	for (uint32_t i = 0; i < subject->changed_count; i++) {
		const char *path = subject->changed_paths[i];
		if (!is_in_scope(contract, path))
			contract_findings_add(&findings,
				&(struct contract_error){arena_copy_text(arena, path), "diff_scope",
					arena_format(arena, "changes of %s alone", scope),
					"a change"});
	}
	result->is_kept = result->error_total == 0;
	if (!result->is_kept)
		result->reason = reason_text(result, scope, arena);
}
