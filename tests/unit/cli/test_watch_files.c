/* What a pipeline declares, and what is a change of it, with real files. */
#include "cli/watch_files.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/index.h"
#include "base/text.h"
#include "cmocka_all.h"
#include "component/component.h"
#include "load/load_bytes.h"

static const char pipeline_text[] =
	"adapters: {robot: {command: [./tools/robot, '{task}']}}\n"
	"personas: {writer: {adapter: robot, system_prompt_file: prompts/writer.md}}\n"
	"steps:\n"
	"  - id: make\n"
	"    workdir: inner\n"
	"    cache: {key: ['*.c', data], paths: [made]}\n"
	"    run: [./make.sh]\n"
	"  - id: check\n"
	"    if: changed('docs/**') || params.x == 'y'\n"
	"    run: 'true'\n"
	"    outputs: {out: out.json}\n"
	"    contract:\n"
	"      - {type: json_schema, schema: schemas/a.json, source: out}\n"
	"      - {type: diff_scope, paths: ['src/**']}\n"
	"      - {type: command, run: [tools/check]}\n"
	"  - {id: write, persona: writer, task: Write.}\n"
	"params: {x: {default: z}}\n";

struct world {
	struct arena arena;
	char folder[64]; /* the pipeline's */
	struct watch_inputs inputs;
	struct watch_snapshot before;
	int inotify;
};

static void put(const struct world *world, const char *name, const char *text)
{
	struct arena arena = {0};
	struct error error;
	const char *path = path_join(&arena, world->folder, name);
	assert_true(folder_make(path_folder(&arena, path), &error));
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
	assert_int_equal(fclose(file), 0);
	arena_release(&arena);
}

static void take(struct world *world, struct watch_snapshot *snapshot)
{
	const struct snapshot_request request = {.rules = &world->inputs.read,
		.state_folder = path_join(&world->arena, world->folder, ".wavetrain"),
		.previous = &world->before,
		.inotify = world->inotify};
	struct error error;
	if (!watch_snapshot_take(&request, snapshot, &error))
		fail_msg("%s", error.text);
}

static void declare(struct world *world, const char *text)
{
	struct diagnostics diagnostics;
	struct pipeline pipeline;
	const char *path = path_join(&world->arena, world->folder, "wavetrain.yml");
	const struct load_request request = {.path = path,
		.folder = world->folder,
		.builtin_components = component_builtin_names};
	put(world, "wavetrain.yml", text);
	pipeline_load_bytes(&request, text, strlen(text), &world->arena, &diagnostics, &pipeline);
	for (uint32_t i = 0; i < diagnostics.count; i++)
		print_message("%s\n", diagnostics.findings[i].message);
	assert_int_equal(diagnostics.error_count, 0);
	watch_inputs_collect(&pipeline, path, &world->inputs);
	diagnostics_release(&diagnostics);
}

static void world_open(struct world *world, const char *text)
{
	*world = (struct world){.folder = "/tmp/wavetrain-watch-XXXXXX", .inotify = -1};
	assert_non_null(mkdtemp(world->folder));
	put(world, "prompts/writer.md", "You write.");
	put(world, "schemas/a.json", "{}");
	declare(world, text);
	world->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	assert_true(world->inotify >= 0);
	take(world, &world->before);
}

static void world_close(struct world *world)
{
	struct error error;
	close(world->inotify);
	watch_snapshot_release(&world->before);
	watch_inputs_release(&world->inputs);
	assert_true(path_remove(world->folder, &error));
	arena_release(&world->arena);
}

/* Since the last call: "+new -gone ~changed ". */
static const char *changes_of(struct world *world)
{
	struct watch_snapshot now;
	struct file_changes changes;
	const char *text = "";
	take(world, &now);
	watch_snapshot_compare(&world->before, &now, &world->arena, &changes);
	for (uint32_t i = 0; i < changes.count; i++)
		text = arena_format(&world->arena, "%s%c%s ", text, "+-~"[changes.items[i].kind],
			changes.items[i].path + strlen(world->folder) + 1);
	watch_snapshot_release(&world->before);
	world->before = now;
	return text;
}

static bool woke(const struct world *world)
{
	char events[4096];
	bool came = false;
	while (read(world->inotify, events, sizeof events) > 0)
		came = true;
	return came;
}

static void what_is_declared_is_seen(void **state)
{
	static const char *const inputs[] = {"wavetrain.yml", "prompts/writer.md", "schemas/a.json",
		"schemas/referred.json", ".wavetrain/adapters.yaml", ".wavetrain/components.yml",
		".wavetrain/personas/other.yaml", "tools/robot", "tools/check", "inner/make.sh",
		"inner/a.c", "inner/data/.hidden/x", "docs/a/b/c.md"};
	struct world world;
	(void)state;
	world_open(&world, pipeline_text);
	for (size_t i = 0; i < ARRAY_LENGTH(inputs); i++) {
		woke(&world);
		put(&world, inputs[i], "other");
		const char *found = changes_of(&world);
		if (!strstr(found, inputs[i]) || strchr(found, ' ')[1])
			fail_msg("%s: '%s'", inputs[i], found);
		assert_true(woke(&world));
	}
	world_close(&world);
}

static void what_is_not_declared_is_not_seen(void **state)
{
	static const char *const others[] = {"src/a.c", "inner/a.h", "inner/deep/a.c", "a.c",
		".wavetrain/state.db", ".wavetrain/runs/x/out.json", ".git/HEAD", "out.json",
		"schemas/notes.md"};
	struct world world;
	(void)state;
	world_open(&world, pipeline_text);
	for (size_t i = 0; i < ARRAY_LENGTH(others); i++)
		put(&world, others[i], "other");
	assert_string_equal(changes_of(&world), "");
	world_close(&world);
}

static void what_is_written_is_known(void **state)
{
	static const char *const written[] = {
		"out.json", "src/a/b.c", "inner/made", "inner/made/x"};
	static const char *const others[] = {"wavetrain.yml", "made", "inner/a.c", "src"};
	struct world world;
	(void)state;
	world_open(&world, pipeline_text);
	for (size_t i = 0; i < ARRAY_LENGTH(written); i++)
		assert_true(watch_inputs_is_written(
			&world.inputs, path_join(&world.arena, world.folder, written[i])));
	for (size_t i = 0; i < ARRAY_LENGTH(others); i++)
		assert_false(watch_inputs_is_written(
			&world.inputs, path_join(&world.arena, world.folder, others[i])));
	world_close(&world);
}

/* Everything is an input, but what is ours. */
static void the_state_folder_is_no_input(void **state)
{
	struct world world;
	(void)state;
	world_open(&world,
		"steps: [{id: a, run: 'true', cache: {key: ['.', '**', '.wavetrain/**']}}]\n");
	put(&world, ".git/index", "x");
	put(&world, "deep/er/file", "x");
	assert_string_equal(changes_of(&world), "+deep/er/file ");
	world_close(&world);
}

static void an_artifact_of_files_follows_its_patterns(void **state)
{
	struct world world;
	(void)state;
	world_open(&world, "artifacts:\n"
			   "  docs:\n"
			   "    source:\n"
			   "      type: filesystem\n"
			   "      properties: {path: text, include: ['**/*.md'], exclude: [old]}\n"
			   "  data: {source: {type: json, properties: {path: data/x.json}}}\n");
	put(&world, "text/a.md", "x");
	put(&world, "text/in/b.md", "x");
	put(&world, "text/in/b.txt", "x");
	put(&world, "text/old/c.md", "x");
	put(&world, "data/x.json", "{}");
	put(&world, "data/y.json", "{}");
	assert_string_equal(changes_of(&world), "+data/x.json +text/a.md +text/in/b.md ");
	world_close(&world);
}

/* However it is saved: the same bytes are no change, others are one. */
static void a_save_is_what_it_leaves(void **state)
{
	struct world world;
	struct stat facts;
	(void)state;
	world_open(&world, pipeline_text);
	put(&world, "inner/a.c", "one");
	const char *path = path_join(&world.arena, world.folder, "inner/a.c");
	const char *backup = path_join(&world.arena, world.folder, "inner/a.c~");
	assert_string_equal(changes_of(&world), "+inner/a.c ");
	put(&world, "inner/a.c", "one");
	assert_string_equal(changes_of(&world), "");
	put(&world, "inner/a.c~", "one");
	assert_int_equal(rename(backup, path), 0);
	assert_string_equal(changes_of(&world), "");
	put(&world, "inner/a.c~", "two");
	assert_int_equal(rename(backup, path), 0);
	assert_string_equal(changes_of(&world), "~inner/a.c ");
	/* The same size at the same moment. */
	assert_int_equal(stat(path, &facts), 0);
	put(&world, "inner/a.c", "six");
	const struct timespec times[] = {facts.st_atim, facts.st_mtim};
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	assert_string_equal(changes_of(&world), "~inner/a.c ");
	assert_int_equal(unlink(path), 0);
	put(&world, "inner/a.c", "six");
	assert_string_equal(changes_of(&world), "");
	assert_int_equal(chmod(path, 0755), 0);
	assert_string_equal(changes_of(&world), "~inner/a.c ");
	assert_int_equal(unlink(path), 0);
	assert_string_equal(changes_of(&world), "-inner/a.c ");
	world_close(&world);
}

/* What is not there yet is heard of at whatever depth it comes to be. */
static void folders_that_come_are_heard_of(void **state)
{
	static const char *const folders[] = {"docs", "docs/a", "docs/a/b"};
	struct world world;
	(void)state;
	world_open(&world, pipeline_text);
	for (size_t i = 0; i < ARRAY_LENGTH(folders); i++) {
		woke(&world);
		assert_int_equal(mkdir(path_join(&world.arena, world.folder, folders[i]), 0777), 0);
		assert_true(woke(&world));
		assert_string_equal(changes_of(&world), "");
	}
	woke(&world);
	put(&world, "docs/a/b/c.md", "x");
	assert_true(woke(&world));
	assert_string_equal(changes_of(&world), "+docs/a/b/c.md ");
	world_close(&world);
}

/* A pipeline that is a link: what it leads to is watched where it is. */
static void a_link_is_followed_to_its_file(void **state)
{
	struct world world;
	char other[] = "/tmp/wavetrain-watch-XXXXXX";
	struct error error;
	(void)state;
	world_open(&world, pipeline_text);
	assert_non_null(mkdtemp(other));
	struct world beside = {0};
	memcpy(beside.folder, other, sizeof other);
	put(&beside, "real.yml", pipeline_text);
	const char *path = path_join(&world.arena, world.folder, "wavetrain.yml");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink(path_join(&world.arena, other, "real.yml"), path), 0);
	assert_string_equal(changes_of(&world), "");
	woke(&world);
	put(&beside, "real.yml", "steps: []\n");
	assert_true(woke(&world));
	assert_string_equal(changes_of(&world), "~wavetrain.yml ");
	assert_true(path_remove(other, &error));
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_declared_is_seen),
		cmocka_unit_test(what_is_not_declared_is_not_seen),
		cmocka_unit_test(what_is_written_is_known),
		cmocka_unit_test(the_state_folder_is_no_input),
		cmocka_unit_test(an_artifact_of_files_follows_its_patterns),
		cmocka_unit_test(a_save_is_what_it_leaves),
		cmocka_unit_test(folders_that_come_are_heard_of),
		cmocka_unit_test(a_link_is_followed_to_its_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
