#include "report/check.h"
#include "report/report.h"
#include "report/sections.h"

/* count steps that are flaky, every second one of the run. */
struct sample {
	struct run run;
	struct run_step steps[40];
	struct run_flaky flaky[20];
};

static void make(struct sample *sample, uint32_t count)
{
	static const char *const ids[] = {"lint", "te*st\nagain", "@owner", "d", "e", "f", "g"};
	*sample = (struct sample){.run = {.id = "run_1", .step_count = 40}};
	sample->run.steps = sample->steps;
	sample->run.flaky = sample->flaky;
	sample->run.flaky_count = count;
	for (uint32_t i = 0; i < count; i++) {
		sample->steps[2 * i].id = ids[i % 7];
		sample->flaky[i] = (struct run_flaky){.step = 2 * i,
			.attempts = 7 + i,
			.failed = 2,
			.run_count = i ? 3 : 1,
			.last_failure = FAILURE_TIMEOUT,
			.last_run = "run_0"};
	}
}

static void each_flaky_step_is_found(void **state)
{
	struct sample sample;
	(void)state;
	for (uint32_t count = 0; count <= 20; count++) {
		make(&sample, count);
		for (uint32_t step = 0; step < 40; step++) {
			const struct run_flaky *found = flaky_find(&sample.run, step);
			bool is_flaky = step % 2 == 0 && step / 2 < count;
			assert_ptr_equal(found, is_flaky ? &sample.flaky[step / 2] : NULL);
		}
	}
}

static void a_line_each_of_the_first(void **state)
{
	struct sample sample;
	struct buffer text = BUFFER_INIT;
	(void)state;
	make(&sample, 0);
	flaky_append(&sample.run, &text);
	assert_int_equal(text.size, 0);
	make(&sample, 7);
	flaky_append(&sample.run, &text);
	check_contains(&text, "  flaky: lint failed 2 of 7 attempts with the same inputs\n");
	check_contains(&text, " failed 2 of 8 attempts with the same inputs in 3 runs\n");
	assert_int_equal(check_count(&text, "\n"), 6);
	check_contains(&text, "  flaky: 2 more, in the report\n");
	buffer_release(&text);
}

static void one_line_of_markdown_and_no_markup_of_theirs(void **state)
{
	struct sample sample;
	struct buffer text = BUFFER_INIT;
	(void)state;
	make(&sample, 0);
	section_flaky(&sample.run, &text);
	assert_int_equal(text.size, 0);
	make(&sample, 5);
	section_flaky(&sample.run, &text);
	check_contains(&text, "Flaky: lint failed 2 of 7 attempts with the same inputs; te\\*st");
	check_contains(&text, "; and 2 more.\n");
	check_lacks(&text, "@owner");
	assert_int_equal(check_count(&text, "\n"), 1);
	buffer_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_flaky_step_is_found),
		cmocka_unit_test(a_line_each_of_the_first),
		cmocka_unit_test(one_line_of_markdown_and_no_markup_of_theirs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
