/* The command line of a watched run says what was said to us, whatever the option. */
#include "cli/watch_child.h"

#include <string.h>

#include "base/index.h"
#include "base/text.h"
#include "cmocka_all.h"

/* What run's own table makes of the words. */
static void parse(const char *const *words, struct batch_choices *choices, struct arena *arena)
{
	struct {
		bool flags[8];
	} common = {0};
	static const struct option common_flags[] = {{.name = "quiet", .kind = OPTION_FLAG},
		{.name = "verbose", .kind = OPTION_FLAG, .offset = 1},
		{.name = "no-color", .kind = OPTION_FLAG, .offset = 2}};
	const struct option_table tables[] = {
		{batch_options, BATCH_OPTIONS}, {common_flags, ARRAY_LENGTH(common_flags)}};
	void *const targets[] = {choices, &common};
	const struct option_request request = {.command = "run",
		.tables = tables,
		.targets = targets,
		.table_count = 2,
		.parameters = &choices->parameters,
		.arena = arena};
	struct error error;
	uint32_t count = 0;
	while (words[count])
		count++;
	const char **copy = ARENA_ARRAY(arena, const char *, count + 1);
	memcpy(copy, words, count * sizeof *words);
	memset(choices, 0, sizeof *choices);
	if (!option_parse(&request, copy, &count, &error))
		fail_msg("%s", error.text);
	assert_true(count <= 1);
	choices->pipeline = count ? copy[0] : NULL;
}

static void every_option_is_handed_on(void **state)
{
	static const char *const words[] = {"-p", "a=b c", "--odd=--x", "--mode=frontier",
		"--resume=require", "--shell", "-y", "-j", "7", "--budget=1h30m",
		"--stop-on-failure", "--allow-dirty", "--output-format=plain", "--report-dir=-r",
		"--report-name=n", "--templates", "t", "--push=never", "--status=off",
		"--comment=changes", "--watch", "--", "-p.yml", NULL};
	struct arena arena = {0};
	struct cli cli = {.quiet = true};
	struct batch_choices given;
	struct batch_choices taken;
	(void)state;
	parse(words, &given, &arena);
	assert_true(given.watch);
	const char *const *made = watch_child_words(&cli, &given, &arena);
	assert_string_equal(made[0], "wavetrain");
	assert_string_equal(made[1], "run");
	parse(made + 2, &taken, &arena);
	assert_false(taken.watch);
	assert_string_equal(taken.pipeline, "-p.yml");
	assert_int_equal(taken.parameters.count, 2);
	assert_string_equal(taken.parameters.items[0].value, "b c");
	assert_string_equal(taken.parameters.items[1].name, "odd");
	assert_string_equal(taken.parameters.items[1].value, "--x");
	assert_string_equal(taken.report_folder, "-r");
	assert_string_equal(taken.report_name, "n");
	assert_string_equal(taken.templates, "t");
	/* What is no text is the same to the byte. */
	given.watch = false;
	given.parameters = taken.parameters;
	given.pipeline = taken.pipeline;
	given.report_folder = taken.report_folder;
	given.report_name = taken.report_name;
	given.templates = taken.templates;
	assert_memory_equal(&given, &taken, sizeof given);
	arena_release(&arena);
}

static void nothing_is_made_up(void **state)
{
	struct arena arena = {0};
	struct cli cli = {.style.color = true};
	const struct batch_choices choices = {.watch = true};
	(void)state;
	const char *const *made = watch_child_words(&cli, &choices, &arena);
	assert_string_equal(made[2], "--");
	assert_null(made[3]);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_option_is_handed_on),
		cmocka_unit_test(nothing_is_made_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
