#include "run/checkpoint_message.h"

#include <string.h>

#include "base/text.h"

/* What was left out or failed has no part in it; what was done before has, in a whole one. */
static bool is_included(const struct checkpoint_words *words, uint32_t step)
{
	bool was_done = words->plan->steps[step].action == ACTION_SKIP;
	return !words->included || words->included[step] || (was_done && !words->partial);
}

static bool has_included_step(const struct checkpoint_words *words, const struct plan_group *group)
{
	for (uint32_t i = 0; i < group->steps.count; i++) {
		if (is_included(words, group->steps.first + i))
			return true;
	}
	return false;
}

struct name_list {
	struct buffer *text;
	uint32_t count;
};

static void add_name(struct name_list *list, const char *name)
{
	if (++list->count <= CHECKPOINT_NAME_LIMIT)
		buffer_printf(list->text, "%s%s", list->count > 1 ? " " : "", name);
}

static void append_groups(const struct checkpoint_words *words, struct buffer *text)
{
	const struct plan *plan = words->plan;
	const struct plan_stage *stage = &plan->stages[words->stage];
	struct name_list list = {.text = text};
	if (stage->wave == INDEX_NONE) {
		const struct step *step = &plan->pipeline->steps[stage->step];
		buffer_append_text(text, step->name ? step->name : step->id);
		return;
	}
	const struct plan_wave *wave = &plan->waves[stage->wave];
	for (uint32_t i = 0; i < wave->groups.count; i++) {
		const struct plan_group *group = &plan->groups[wave->groups.first + i];
		if (has_included_step(words, group))
			add_name(&list, group->name);
	}
	for (uint32_t i = 0; !wave->groups.count && i < wave->steps.count; i++) {
		uint32_t step = plan->wave_steps[wave->steps.first + i];
		if (is_included(words, step))
			add_name(&list, plan->pipeline->steps[step].id);
	}
	if (list.count > CHECKPOINT_NAME_LIMIT)
		buffer_printf(text, " and %u more", list.count - CHECKPOINT_NAME_LIMIT);
}

static void append_what(const struct checkpoint_words *words, struct buffer *text)
{
	const struct plan_stage *stage = &words->plan->stages[words->stage];
	if (stage->wave == INDEX_NONE) {
		buffer_printf(text, "step %u", stage->step + 1);
		return;
	}
	bool is_rolling = words->plan->waves[stage->wave].origin == WAVE_ROLLING;
	buffer_append_text(text, is_rolling ? "frontier" : "wave");
	buffer_append_text(text, words->partial ? " partly" : "");
}

static const char *find_parameter(const struct pipeline *pipeline, const char *name, size_t length)
{
	for (uint32_t i = 0; i < pipeline->parameter_count; i++) {
		const struct parameter *parameter = &pipeline->parameters[i];
		if (strlen(parameter->name) == length && memcmp(parameter->name, name, length) == 0)
			return parameter->value ? parameter->value : "";
	}
	return NULL;
}

static bool is_word(const char *name, size_t length, const char *word)
{
	return strlen(word) == length && memcmp(name, word, length) == 0;
}

/* False: no such word, the braces stay. */
static bool append_word(
	const struct checkpoint_words *words, const char *name, size_t length, struct buffer *text)
{
	if (is_word(name, length, "pipeline")) {
		buffer_append_text(text, words->plan->pipeline->name);
	} else if (is_word(name, length, "what")) {
		append_what(words, text);
	} else if (is_word(name, length, "groups")) {
		append_groups(words, text);
	} else if (is_word(name, length, "run")) {
		buffer_append_text(text, words->run_id);
	} else {
		const char *value = find_parameter(words->plan->pipeline, name, length);
		if (value)
			buffer_append_text(text, value);
		return value != NULL;
	}
	return true;
}

void checkpoint_subject_append(const struct checkpoint_words *words, struct buffer *subject)
{
	const char *rest = words->plan->pipeline->checkpoint.message;
	size_t start = subject->size;
	if (text_is_empty(rest))
		rest = CHECKPOINT_DEFAULT_MESSAGE;
	while (*rest) {
		const char *end = *rest == '{' ? strchr(rest, '}') : NULL;
		if (end && append_word(words, rest + 1, (size_t)(end - rest - 1), subject)) {
			rest = end + 1;
			continue;
		}
		buffer_append_byte(subject, *rest++);
	}
	for (size_t i = start; i < subject->size; i++) {
		if ((unsigned char)subject->bytes[i] < ' ' || subject->bytes[i] == 0x7f)
			subject->bytes[i] = ' ';
	}
}
