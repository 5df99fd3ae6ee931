#include "run/artifact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/index.h"

struct world {
	struct arena arena;
	char root[64];
};

static const char *at(struct world *world, const char *path)
{
	return path_join(&world->arena, world->root, path);
}

static void put(struct world *world, const char *path, const char *text)
{
	struct error error;
	const char *full = at(world, path);
	assert_true(folder_make(path_folder(&world->arena, full), &error));
	assert_true(file_write_atomic(full, text, strlen(text), &error));
}

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof *world);
	*state = world;
	strncpy(world->root, "/tmp/wavetrain-artifact-XXXXXX", sizeof world->root - 1);
	assert_non_null(mkdtemp(world->root));
	put(world, "secret", "s");
	put(world, "work/r.json", "{}");
	put(world, "work/dist/app.tar.gz", "tar");
	put(world, "work/out/b.txt", "b");
	put(world, "work/out/a.txt", "a");
	put(world, "work/out/deep/c.txt", "c");
	put(world, "work/.git/config", "x");
	put(world, "output/one.md", "1");
	put(world, "output/two.md", "2");
	put(world, "output/two.txt", "2");
	put(world, "output/one-more.md", "3");
	assert_int_equal(symlink("../secret", at(world, "work/link")), 0);
	assert_int_equal(symlink("..", at(world, "work/up")), 0);
	return mkfifo(at(world, "work/fifo"), 0600);
}

static int tear_down(void **state)
{
	struct world *world = *state;
	struct error error;
	assert_true(path_remove(world->root, &error));
	arena_release(&world->arena);
	free(world);
	return 0;
}

static bool collect(struct world *world, const struct output *output, struct artifact *artifact,
	struct error *error)
{
	struct artifact_request request = {.step_id = "step",
		.output = output,
		.work_folder = at(world, "work"),
		.output_folder = at(world, "output"),
		.artifacts_folder = at(world, "run/artifacts")};
	return artifact_collect(&request, &world->arena, artifact, error);
}

struct collect_case {
	struct output output;
	const char *result;  /* the artifact's path, or part of the reason */
	uint32_t file_count; /* 0: refused */
};

static const struct collect_case collect_cases[] = {
	{{"report", "r.json", {0, 0}}, "step/report.json", 1},
	{{"app", "./dist/app.tar.gz", {0, 0}}, "step/app.tar.gz", 1},
	{{"texts", "out/*.txt", {0, 0}}, "step/texts", 2},
	{{"texts", "./out/**/*.txt", {0, 0}}, "step/texts", 3},
	{{"all", "out/**", {0, 0}}, "step/all", 3},
	{{"one", NULL, {0, 0}}, "step/one.md", 1},
	{{"two", NULL, {0, 0}}, "'two' is ambiguous: 'two.md' and 'two.txt'", 0},
	{{"three", NULL, {0, 0}}, "there is no 'three' or 'three.*'", 0},
	{{"x", "missing", {0, 0}}, "there is no file 'missing'", 0},
	{{"x", "none/*.txt", {0, 0}}, "no file matches 'none/*.txt'", 0},
	{{"x", "out", {0, 0}}, "not a plain file", 0},
	{{"x", "fifo", {0, 0}}, "not a plain file", 0},
	{{"x", "fif*", {0, 0}}, "no file matches", 0},
	{{"x", "link", {0, 0}}, "symbolic link", 0},
	{{"x", "lin?", {0, 0}}, "no file matches", 0},
	{{"x", "up/secret", {0, 0}}, "symbolic link", 0},
	{{"x", "up/*", {0, 0}}, "no file matches", 0},
	{{"x", "../secret", {0, 0}}, "without '..'", 0},
	{{"x", "../*", {0, 0}}, "without '..'", 0},
	{{"x", "/etc/passwd", {0, 0}}, "must be relative", 0},
	{{"x", ".git/config", {0, 0}}, "'.git'", 0},
	{{"x", ".git/*", {0, 0}}, "'.git'", 0},
};

static void an_output_folder_that_became_a_link_is_not_followed(void **state)
{
	struct world *world = *state;
	struct output output = {.name = "secret"};
	struct artifact artifact;
	struct error error;
	assert_true(path_remove(at(world, "output"), &error));
	assert_int_equal(symlink(world->root, at(world, "output")), 0);
	assert_false(collect(world, &output, &artifact, &error));
	assert_string_equal(error.text,
		"output 'secret': $WAVETRAIN_OUTPUT is no longer a folder: the step has put "
		"something else in its place");
	assert_false(path_exists(at(world, "run/artifacts/step/secret")));
}

static void outputs_are_kept_or_refused_with_a_reason(void **state)
{
	struct world *world = *state;
	for (size_t i = 0; i < ARRAY_LENGTH(collect_cases); i++) {
		const struct collect_case *row = &collect_cases[i];
		struct artifact artifact = {0};
		struct error error = {0};
		bool is_kept = collect(world, &row->output, &artifact, &error);
		if (is_kept != (row->file_count > 0))
			fail_msg("%s: %s", row->output.path, error.text);
		if (!is_kept && !strstr(error.text, row->result))
			fail_msg("'%s' is not in '%s'", row->result, error.text);
		if (!is_kept)
			continue;
		assert_string_equal(artifact.path, row->result);
		assert_int_equal(artifact.file_count, row->file_count);
		assert_true(path_exists(
			path_join(&world->arena, at(world, "run/artifacts"), artifact.path)));
	}
}

static void a_consumer_gets_a_copy_and_a_change_is_noticed(void **state)
{
	static const struct output outputs[] = {
		{"report", "r.json", {0, 0}}, {"texts", "out/**", {0, 0}}};
	static const char *const given[] = {"input/report.json", "input/texts/deep/c.txt"};
	static const char *const kept[] = {"step/report.json", "step/texts/deep/c.txt"};
	struct world *world = *state;
	struct run run = {.folder = at(world, "run")};
	struct error error;
	assert_true(folder_make(at(world, "input"), &error));
	for (size_t i = 0; i < ARRAY_LENGTH(outputs); i++) {
		struct run_artifact artifact = {0};
		assert_true(collect(world, &outputs[i], &artifact.artifact, &error));
		assert_true(artifact_is_intact(&run, &artifact));
		assert_true(artifact_inject(at(world, "run/artifacts"), &artifact.artifact,
			at(world, "input"), &error));
		assert_true(path_exists(at(world, given[i])));
		put(world, given[i], "changed by the consumer");
		assert_true(artifact_is_intact(&run, &artifact));
		put(world, path_join(&world->arena, "run/artifacts", kept[i]), "changed");
		assert_false(artifact_is_intact(&run, &artifact));
		assert_true(path_remove(at(world, "input"), &error));
		assert_true(folder_make(at(world, "input"), &error));
		assert_false(artifact_inject(at(world, "run/artifacts"), &artifact.artifact,
			at(world, "input"), &error));
		assert_non_null(strstr(error.text, "was changed after its step had ended"));
	}
}

static void a_later_attempt_replaces_what_an_earlier_one_left(void **state)
{
	static const struct output output = {"texts", "out/*.txt", {0, 0}};
	struct world *world = *state;
	struct artifact artifact;
	struct error error;
	assert_true(collect(world, &output, &artifact, &error));
	assert_int_equal(unlink(at(world, "work/out/a.txt")), 0);
	assert_true(collect(world, &output, &artifact, &error));
	assert_int_equal(artifact.file_count, 1);
	assert_false(path_exists(at(world, "run/artifacts/step/texts/a.txt")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(outputs_are_kept_or_refused_with_a_reason),
		TEST(an_output_folder_that_became_a_link_is_not_followed),
		TEST(a_consumer_gets_a_copy_and_a_change_is_noticed),
		TEST(a_later_attempt_replaces_what_an_earlier_one_left),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
