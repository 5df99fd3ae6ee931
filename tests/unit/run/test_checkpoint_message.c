#include "run/checkpoint_message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define STEPS 10

static struct step steps[STEPS] = {{.id = "s1"}, {.id = "s2"}, {.id = "s3"},
	{.id = "check", .name = "Backend validation"}, {.id = "s5"}, {.id = "s6"}, {.id = "s7"},
	{.id = "s8"}, {.id = "s9"}, {.id = "s10"}};

struct subject_case {
	const char *template;
	uint32_t stage; /* 0: groups, 1: a serial step, 2: ten steps without groups */
	bool partial;
	uint32_t without; /* a step that is not included; INDEX_NONE: none */
	const char *subject;
};

static const struct subject_case subject_cases[] = {
	{NULL, 0, false, INDEX_NONE, "wavetrain: wave complete (web-features mobile-features)"},
	{NULL, 1, false, INDEX_NONE, "wavetrain: step 4 complete (Backend validation)"},
	{NULL, 0, true, 2, "wavetrain: wave partly complete (web-features)"},
	{NULL, 2, false, INDEX_NONE,
		"wavetrain: wave complete (s1 s2 s3 check s5 s6 s7 s8 and 2 more)"},
	{NULL, 2, true, 0,
		"wavetrain: wave partly complete (s2 s3 check s5 s6 s7 s8 s9 and 1 more)"},
	{"{pipeline}/{run}: {what} for {feature}", 0, false, INDEX_NONE,
		"nightly/run_1: wave for auth login"},
	{"{unknown} {", 0, false, INDEX_NONE, "{unknown} {"},
	{"two\nlines {what}", 0, false, INDEX_NONE, "two lines wave"},
};

static void templates_become_one_line(void **state)
{
	struct parameter parameters[] = {{.name = "feature", .value = "auth\nlogin"}};
	struct plan_group groups[] = {{.name = "web-features", .steps = {0, 2}},
		{.name = "mobile-features", .steps = {2, 1}}};
	uint32_t wave_steps[STEPS] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
	struct plan_wave waves[] = {
		{.groups = {0, 2}, .steps = {0, 3}}, {.groups = {0, 0}, .steps = {0, STEPS}}};
	struct plan_stage stages[] = {{0, INDEX_NONE}, {INDEX_NONE, 3}, {1, INDEX_NONE}};
	struct pipeline pipeline = {.name = "nightly",
		.steps = steps,
		.step_count = STEPS,
		.parameters = parameters,
		.parameter_count = 1};
	struct plan_step planned[STEPS] = {0};
	struct plan plan = {.pipeline = &pipeline,
		.steps = planned,
		.groups = groups,
		.waves = waves,
		.stages = stages,
		.wave_steps = wave_steps};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(subject_cases); i++) {
		const struct subject_case *row = &subject_cases[i];
		uint8_t included[STEPS] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
		struct buffer subject = BUFFER_INIT;
		if (row->without != INDEX_NONE)
			included[row->without] = 0;
		pipeline.checkpoint.message = row->template;
		checkpoint_subject_append(&(struct checkpoint_words){.plan = &plan,
						  .stage = row->stage,
						  .partial = row->partial,
						  .run_id = "run_1",
						  .included = included},
			&subject);
		assert_string_equal(buffer_text(&subject), row->subject);
		buffer_release(&subject);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(templates_become_one_line)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
