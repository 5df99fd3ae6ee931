/* Waves as people write them down, for comparing. */
#ifndef TESTS_WAVE_TEXT_H
#define TESTS_WAVE_TEXT_H

#include "base/buffer.h"
#include "pipeline_fixture.h"

/*
 * "ROW 1; WAVE 0 = backend:2-3 CHECK 4; ROW 5": rows counted from 1, serial rows and waves in the
 * order in which they run.
 */
static inline const char *wave_text(struct fixture *fixture)
{
	const struct plan *plan = &fixture->plan;
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	for (uint32_t i = 0; i < plan->stage_count; i++) {
		const struct plan_stage *stage = &plan->stages[i];
		buffer_append_text(&text, i > 0 ? "; " : "");
		if (stage->wave == INDEX_NONE) {
			buffer_printf(&text, "ROW %u", stage->step + 1);
			continue;
		}
		buffer_printf(&text, "WAVE %u =", stage->wave);
		const struct plan_wave *wave = &plan->waves[stage->wave];
		for (uint32_t k = 0; k < wave->groups.count; k++) {
			const struct plan_group *group = &plan->groups[wave->groups.first + k];
			buffer_printf(&text, " %s:%u", group->name, group->steps.first + 1);
			if (group->steps.count > 1)
				buffer_printf(
					&text, "-%u", group->steps.first + group->steps.count);
		}
		for (uint32_t k = wave->steps.count - wave->check_count; k < wave->steps.count; k++)
			buffer_printf(
				&text, " CHECK %u", plan->wave_steps[wave->steps.first + k] + 1);
	}
	return arena_copy_text(&fixture->arena, buffer_text(&text));
}

/*
 * One letter a step: a to z its group, '-' none, '!' a check without one. Ids are "s1", "s2", …
 */
static inline void wave_steps_add(struct fixture *fixture, const char *letters)
{
	fixture_reserve(fixture, (uint32_t)strlen(letters));
	for (uint32_t k = 0; letters[k]; k++) {
		bool has_group = letters[k] >= 'a' && letters[k] <= 'z';
		const char *id = arena_format(&fixture->arena, "s%u", k + 1);
		const char *group =
			has_group ? arena_format(&fixture->arena, "%c", letters[k]) : NULL;
		fixture_add(fixture, id, "", group)->is_check = letters[k] == '!';
	}
}

#endif
