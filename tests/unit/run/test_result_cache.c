#include "run/result_cache.h"

#include <sys/time.h>

#include "base/cleanup.h"
#include "folder_fixture.h"
#include "run/artifact.h"

/* Of "int main;". */
#define MAIN_SHA256 "d0044c695f618c01506cfe1ea63eb15ba1150c21fcc302d40acea345fd4710fa"

/* A step with one output file, one output folder and a rule, in a folder of its own. */
struct world {
	struct place *place;
	struct arena arena;
	struct output outputs[2];
	struct text_item key_globs[4];
	struct text_item path_globs[4];
	struct cache_rule rule;
	struct step step;
	struct artifact artifacts[2]; /* as collected */
	struct artifact taken[2];
	struct result_cache cache;
	char key[HASH_TEXT_SIZE];
	struct error error;
};

static void make_key(struct world *world, const char *fingerprint, char key[HASH_TEXT_SIZE])
{
	const struct cache_key_request request = {.fingerprint = fingerprint,
		.rule = &world->rule,
		.folder = at(world->place, "work")};
	if (!result_cache_key(&request, key, &world->error))
		fail_msg("%s", world->error.text);
}

static void collect(struct world *world)
{
	for (uint32_t i = 0; i < world->step.output_count; i++) {
		struct artifact_request request = {.step_id = world->step.id,
			.output = &world->outputs[i],
			.work_folder = at(world->place, "work"),
			.artifacts_folder = at(world->place, "run/artifacts")};
		if (!artifact_collect(&request, &world->arena, &world->artifacts[i], &world->error))
			fail_msg("%s", world->error.text);
	}
}

static void open_world(struct world *world, struct place *place)
{
	*world = (struct world){.place = place,
		.outputs = {{.name = "report", .path = "out/report.json"},
			{.name = "texts", .path = "out/**/*.txt"}},
		.key_globs = {{.text = "src/*.c"}},
		.path_globs = {{.text = "target/**"}}};
	put(place, "work/out/report.json", "{\"a\": 1}");
	put(place, "work/out/a.txt", "a");
	put(place, "work/out/deep/b c%.txt", "b");
	put(place, "work/src/main.c", "int main;");
	put(place, "work/target/program", "binary");
	put(place, "work/target/lib/x.a", "library");
	assert_int_equal(chmod(at(place, "work/target/program"), 0750), 0);
	world->rule =
		(struct cache_rule){.key = {world->key_globs, 1}, .paths = {world->path_globs, 1}};
	world->step = (struct step){
		.id = "build", .outputs = world->outputs, .output_count = 2, .cache = &world->rule};
	collect(world);
	result_cache_open(&world->cache, at(place, "state/cache"));
	make_key(world, "f1", world->key);
}

static void close_world(struct world *world)
{
	result_cache_close(&world->cache);
	arena_release(&world->arena);
}

/* There is an entry, and what it tells of its outputs is what was kept. */
static bool holds(struct world *world, const char *key)
{
	struct artifact seen[2] = {0};
	if (!result_cache_look(&world->cache, key, &world->step, &world->arena, seen))
		return false;
	for (uint32_t i = 0; i < world->step.output_count; i++) {
		assert_string_equal(seen[i].name, world->artifacts[i].name);
		assert_string_equal(seen[i].sha256, world->artifacts[i].sha256);
		assert_int_equal(seen[i].size_bytes, world->artifacts[i].size_bytes);
	}
	return true;
}

static bool store_as(struct world *world, const char *key)
{
	const struct cache_store_request request = {.key = key,
		.step = &world->step,
		.artifacts = world->artifacts,
		.artifacts_folder = at(world->place, "run/artifacts"),
		.folder = at(world->place, "work")};
	return result_cache_store(&world->cache, &request, &world->error);
}

static void store(struct world *world)
{
	if (!store_as(world, world->key))
		fail_msg("%s", world->error.text);
}

/* Into another run, and the folder "work". */
static enum cache_answer take(struct world *world)
{
	const struct cache_take_request request = {.key = world->key,
		.step = &world->step,
		.artifacts_folder = at(world->place, "next/artifacts"),
		.folder = at(world->place, "work")};
	world->error = (struct error){0};
	return result_cache_take(
		&world->cache, &request, &world->arena, world->taken, &world->error);
}

static const char *entry_path(struct world *world, const char *name)
{
	return arena_format(&world->arena, "state/cache/%s/%s", world->key, name);
}

static bool is_kept(struct world *world)
{
	return there_is(world->place, arena_format(&world->arena, "state/cache/%s", world->key));
}

/* --- there and back --- */

static void ingredients_are_told(void **state)
{
	struct world world;
	CLEANUP(buffer_release) struct buffer lines = BUFFER_INIT;
	char key[HASH_TEXT_SIZE];
	open_world(&world, *state);
	const struct artifact *inputs[] = {&world.artifacts[0]};
	const struct cache_key_request request = {.fingerprint = "f1",
		.rule = &world.rule,
		.inputs = inputs,
		.input_count = 1,
		.folder = at(world.place, "work"),
		.ingredients = &lines};
	assert_true(result_cache_key(&request, key, &world.error));
	assert_string_equal(buffer_text(&lines),
		arena_format(&world.arena, "%s input report\n%s file src/main.c\n",
			world.artifacts[0].sha256, MAIN_SHA256));
	close_world(&world);
}

/* A text for each; none for one that does not exist. */
static const char *hash_schema(
	void *context, const struct contract *contract, const char *pipeline_folder)
{
	assert_string_equal(pipeline_folder, "/pipeline");
	return strcmp(contract->schema, "missing.json") == 0 ? NULL : context;
}

static void schemas_and_handoffs_count(void **state)
{
	struct world world;
	CLEANUP(buffer_release) struct buffer lines = BUFFER_INIT;
	char first[HASH_TEXT_SIZE], other[HASH_TEXT_SIZE], schema[] = "1111";
	struct contract contracts[] = {{.kind = CONTRACT_FILES},
		{.kind = CONTRACT_JSON_SCHEMA, .schema_text = "{}"},
		{.kind = CONTRACT_JSON_SCHEMA, .schema = "a.json"}};
	open_world(&world, *state);
	world.rule.key.count = 0;
	struct cache_key_request request = {.fingerprint = "f1",
		.rule = &world.rule,
		.contracts = contracts,
		.contract_count = 3,
		.hash_schema = hash_schema,
		.schema_context = schema,
		.pipeline_folder = "/pipeline",
		.handoffs_sha256 = "2222",
		.ingredients = &lines};
	assert_true(result_cache_key(&request, first, &world.error));
	assert_string_equal(buffer_text(&lines), "2222 handoffs handoffs.md\n1111 schema a.json\n");
	schema[0] = '3';
	assert_true(result_cache_key(&request, other, &world.error));
	assert_string_not_equal(other, first);
	schema[0] = '1';
	request.handoffs_sha256 = "2223";
	assert_true(result_cache_key(&request, other, &world.error));
	assert_string_not_equal(other, first);
	request.handoffs_sha256 = NULL;
	assert_true(result_cache_key(&request, other, &world.error));
	assert_string_not_equal(other, first);
	contracts[2].schema = "missing.json";
	assert_false(result_cache_key(&request, other, &world.error));
	contracts[2].schema = "a.json";
	request.hash_schema = NULL;
	assert_false(result_cache_key(&request, other, &world.error));
	assert_string_equal(world.error.text, "no cache key: the schema 'a.json' is not known");
	close_world(&world);
}

static void what_was_stored_comes_back(void **state)
{
	struct world world;
	open_world(&world, *state);
	assert_false(holds(&world, world.key));
	assert_int_equal(take(&world), CACHE_MISS);
	store(&world);
	assert_true(holds(&world, world.key));
	assert_true(path_remove(at(*state, "work/target"), &world.error));
	put(*state, "work/target/program", "an older one");
	put(*state, "work/target/other", "of somebody");
	if (take(&world) != CACHE_TAKEN)
		fail_msg("%s", world.error.text);
	for (uint32_t i = 0; i < 2; i++) {
		assert_string_equal(world.taken[i].name, world.artifacts[i].name);
		assert_string_equal(world.taken[i].path, world.artifacts[i].path);
		assert_string_equal(world.taken[i].sha256, world.artifacts[i].sha256);
		assert_int_equal(world.taken[i].size_bytes, world.artifacts[i].size_bytes);
		assert_int_equal(world.taken[i].file_count, world.artifacts[i].file_count);
		assert_int_equal(world.taken[i].is_folder, world.artifacts[i].is_folder);
		const struct run run = {.folder = at(*state, "next")};
		const struct run_artifact kept = {.artifact = world.taken[i]};
		assert_true(artifact_is_intact(&run, &kept));
	}
	assert_string_equal(content(*state, "next/artifacts/build/texts/deep/b c%.txt"), "b");
	assert_string_equal(content(*state, "work/target/program"), "binary");
	assert_int_equal(mode_of(*state, "work/target/program"), 0750);
	assert_string_equal(content(*state, "work/target/lib/x.a"), "library");
	assert_string_equal(content(*state, "work/target/other"), "of somebody");
	assert_false(there_is(*state, "state/cache/.restored"));
	assert_false(there_is(*state, "state/cache/.new"));
	/* Again, over what is there. */
	assert_int_equal(take(&world), CACHE_TAKEN);
	close_world(&world);
}

static void it_is_there_for_another_process(void **state)
{
	struct world world;
	open_world(&world, *state);
	store(&world);
	result_cache_close(&world.cache);
	result_cache_open(&world.cache, at(*state, "state/cache"));
	assert_true(holds(&world, world.key));
	assert_int_equal(take(&world), CACHE_TAKEN);
	close_world(&world);
}

static void a_step_of_another_name_gets_it_under_its_own(void **state)
{
	struct world world;
	open_world(&world, *state);
	store(&world);
	world.step.id = "renamed";
	assert_int_equal(take(&world), CACHE_TAKEN);
	assert_string_equal(world.taken[0].path, "renamed/report.json");
	assert_string_equal(content(*state, "next/artifacts/renamed/report.json"), "{\"a\": 1}");
	world.step.output_count = 1;
	assert_int_equal(take(&world), CACHE_MISS);
	assert_true(is_kept(&world));
	close_world(&world);
}

static void without_a_folder_paths_stay_out_of_it(void **state)
{
	struct world world;
	open_world(&world, *state);
	struct cache_store_request request = {.key = world.key,
		.step = &world.step,
		.artifacts = world.artifacts,
		.artifacts_folder = at(*state, "run/artifacts")};
	assert_true(result_cache_store(&world.cache, &request, &world.error));
	assert_true(path_remove(at(*state, "work/target"), &world.error));
	assert_int_equal(take(&world), CACHE_TAKEN);
	assert_false(there_is(*state, "work/target"));
	close_world(&world);
}

static void two_globs_keep_a_file_once_and_a_folder_is_all_in_it(void **state)
{
	struct world world;
	open_world(&world, *state);
	put(*state, "work/target/.hidden/file", "h");
	world.path_globs[0].text = "./target/";
	world.path_globs[1].text = "target/program";
	world.path_globs[2].text = "target/none";
	world.rule.paths.count = 3;
	store(&world);
	assert_true(path_remove(at(*state, "work/target"), &world.error));
	assert_int_equal(take(&world), CACHE_TAKEN);
	assert_string_equal(content(*state, "work/target/.hidden/file"), "h");
	assert_string_equal(content(*state, "work/target/program"), "binary");
	close_world(&world);
}

/* --- the key --- */

struct key_case {
	const char *path; /* NULL: none is written */
	const char *text;
	const char *glob;
	bool is_same;
};

static const struct key_case key_cases[] = {
	{NULL, NULL, "src/*.c", true},
	{"work/src/main.c", "int main;", "src/*.c", true},
	{"work/src/main.h", "", "src/*.c", true},
	{"work/src/main.c", "int other;", "src/*.c", false},
	{"work/src/other.c", "", "src/*.c", false},
	{NULL, NULL, "src/**", false},
	{NULL, NULL, "none/*.c", false},
	{NULL, NULL, "src", false},
};

static void the_key_is_of_the_files_that_match(void **state)
{
	struct world world;
	for (size_t i = 0; i < ARRAY_LENGTH(key_cases); i++) {
		char key[HASH_TEXT_SIZE];
		open_world(&world, *state);
		if (key_cases[i].path)
			put(*state, key_cases[i].path, key_cases[i].text);
		world.key_globs[0].text = key_cases[i].glob;
		make_key(&world, "f1", key);
		if ((strcmp(key, world.key) == 0) != key_cases[i].is_same)
			fail_msg("case %zu", i);
		close_world(&world);
		assert_true(path_remove(at(*state, "work/src"), &world.error));
	}
}

static void everything_else_counts_too(void **state)
{
	struct world world;
	char keys[7][HASH_TEXT_SIZE];
	struct artifact input = {.name = "list", .sha256 = "1"};
	const struct artifact *inputs[] = {&input};
	open_world(&world, *state);
	make_key(&world, "f2", keys[0]);
	world.path_globs[0].text = "target/*";
	make_key(&world, "f1", keys[1]);
	world.path_globs[0].text = "target/**";
	assert_int_equal(chmod(at(*state, "work/src/main.c"), 0755), 0);
	make_key(&world, "f1", keys[2]);
	assert_int_equal(chmod(at(*state, "work/src/main.c"), 0644), 0);
	struct cache_key_request request = {.fingerprint = "f1",
		.rule = &world.rule,
		.inputs = inputs,
		.input_count = 1,
		.folder = at(*state, "work")};
	assert_true(result_cache_key(&request, keys[3], &world.error));
	input.sha256[0] = '2';
	assert_true(result_cache_key(&request, keys[4], &world.error));
	input.name = "other";
	assert_true(result_cache_key(&request, keys[5], &world.error));
	world.rule.key.count = 0;
	make_key(&world, "f1", keys[6]);
	for (uint32_t i = 0; i < ARRAY_LENGTH(keys); i++) {
		assert_string_not_equal(keys[i], world.key);
		for (uint32_t j = 0; j < i; j++)
			assert_string_not_equal(keys[i], keys[j]);
	}
	close_world(&world);
}

static void links_and_pipes_are_no_key_files(void **state)
{
	struct world world;
	char key[HASH_TEXT_SIZE];
	open_world(&world, *state);
	put(*state, "secret.c", "secret");
	put_link(*state, "work/src/link.c", "../../secret.c");
	assert_int_equal(mkfifo(at(*state, "work/src/pipe.c"), 0600), 0);
	make_key(&world, "f1", key);
	assert_string_equal(key, world.key);
	close_world(&world);
}

struct bad_glob {
	const char *glob;
	const char *text;
};

static const struct bad_glob bad_globs[] = {
	{"../*", "no cache key: '../*' must be relative, without '..' or '.git'"},
	{"/etc/passwd", "no cache key: '/etc/passwd' must be relative, without '..' or '.git'"},
};

static void globs_that_lead_out_are_refused(void **state)
{
	struct world world;
	char key[HASH_TEXT_SIZE];
	open_world(&world, *state);
	const struct cache_key_request request = {
		.fingerprint = "f1", .rule = &world.rule, .folder = at(*state, "work")};
	for (size_t i = 0; i < ARRAY_LENGTH(bad_globs); i++) {
		world.key_globs[0].text = bad_globs[i].glob;
		assert_false(result_cache_key(&request, key, &world.error));
		assert_string_equal(world.error.text, bad_globs[i].text);
		world.key_globs[0].text = "src/*.c";
		world.path_globs[0].text = bad_globs[i].glob;
		assert_false(store_as(&world, world.key));
		assert_contains(world.error.text, "cannot keep the result: ");
		assert_false(is_kept(&world));
		assert_false(there_is(*state, "state/cache/.new"));
	}
	close_world(&world);
}

/* --- damage --- */

static void replace(struct world *world, const char *name, const char *text)
{
	put(world->place, entry_path(world, name), text);
}

static void truncate_to(struct world *world, const char *name, off_t size)
{
	assert_int_equal(truncate(at(world->place, entry_path(world, name)), size), 0);
}

static void damage(struct world *world, uint32_t how)
{
	switch (how) {
	case 0: /* same size, other content: only the checksum sees it */
		replace(world, "0", "{\"a\": 2}");
		break;
	case 1: /* one of the rule's paths */
		replace(world, "4", "binarY");
		break;
	case 2:
		truncate_to(world, "1", 0);
		break;
	case 3:
		assert_int_equal(unlink(at(world->place, entry_path(world, "3"))), 0);
		break;
	case 4:
		assert_int_equal(unlink(at(world->place, entry_path(world, "manifest"))), 0);
		break;
	case 5:
		truncate_to(world, "manifest", 300);
		break;
	case 6:
		truncate_to(world, "manifest", 0);
		break;
	case 7:
		assert_int_equal(unlink(at(world->place, entry_path(world, "0"))), 0);
		put_link(world->place, entry_path(world, "0"), "1");
		break;
	case 8:
		assert_int_equal(unlink(at(world->place, entry_path(world, "0"))), 0);
		assert_int_equal(mkfifo(at(world->place, entry_path(world, "0")), 0600), 0);
		break;
	default:
		fail();
	}
}

static void a_damaged_entry_is_a_miss_and_gone(void **state)
{
	struct world world;
	open_world(&world, *state);
	for (uint32_t how = 0; how <= 8; how++) {
		store(&world);
		damage(&world, how);
		put(*state, "work/target/program", "untouched");
		assert_true(path_remove(at(*state, "next"), &world.error));
		if (take(&world) != CACHE_MISS || is_kept(&world))
			fail_msg("damage %u", how);
		assert_string_equal(content(*state, "work/target/program"), "untouched");
		assert_false(there_is(*state, "next/artifacts/build/report.json"));
		assert_false(there_is(*state, "next/artifacts/build/.report.cached"));
		assert_false(there_is(*state, "next/artifacts/build/texts"));
		put(*state, "work/target/program", "binary");
	}
	close_world(&world);
}

static void a_plan_sees_sizes_only(void **state)
{
	struct world world;
	open_world(&world, *state);
	store(&world);
	damage(&world, 0);
	assert_true(holds(&world, world.key));
	damage(&world, 2);
	assert_false(holds(&world, world.key));
	assert_true(is_kept(&world));
	assert_false(holds(&world, "../state"));
	assert_false(holds(&world, ""));
	close_world(&world);
}

static void an_artifact_that_was_changed_is_not_kept(void **state)
{
	struct world world;
	open_world(&world, *state);
	put(*state, "run/artifacts/build/report.json", "{}");
	assert_false(store_as(&world, world.key));
	assert_string_equal(world.error.text,
		"cannot keep the result: artifact 'report' was changed after its step had ended");
	collect(&world);
	put(*state, "run/artifacts/build/texts/new.txt", "more");
	assert_false(store_as(&world, world.key));
	assert_string_equal(world.error.text,
		"cannot keep the result: artifact 'texts' was changed after its step had ended");
	assert_false(is_kept(&world));
	close_world(&world);
}

/* --- hostile folders --- */

static void no_link_is_followed_when_paths_are_put_back(void **state)
{
	struct world world;
	open_world(&world, *state);
	store(&world);
	put(*state, "precious/program", "precious");
	assert_true(path_remove(at(*state, "work/target"), &world.error));
	put_link(*state, "work/target", "../precious");
	assert_int_equal(take(&world), CACHE_REFUSED);
	assert_string_equal(world.error.text,
		"the cached result cannot be used: cannot put 'target/lib/x.a' back: a link or a "
		"file is in the way");
	assert_string_equal(content(*state, "precious/program"), "precious");
	assert_false(there_is(*state, "precious/lib"));
	assert_true(is_kept(&world));
	/* A link in place of the file itself is replaced. */
	assert_int_equal(unlink(at(*state, "work/target")), 0);
	put_link(*state, "work/target/program", "../../precious/program");
	assert_int_equal(take(&world), CACHE_TAKEN);
	assert_string_equal(content(*state, "precious/program"), "precious");
	assert_string_equal(content(*state, "work/target/program"), "binary");
	close_world(&world);
}

static void a_folder_in_the_way_is_told(void **state)
{
	struct world world;
	open_world(&world, *state);
	store(&world);
	assert_int_equal(unlink(at(*state, "work/target/program")), 0);
	put(*state, "work/target/program/file", "x");
	assert_int_equal(take(&world), CACHE_REFUSED);
	assert_string_equal(world.error.text,
		"the cached result cannot be used: cannot put 'target/program' back: a folder is in "
		"the way");
	assert_false(there_is(*state, "state/cache/.restored"));
	close_world(&world);
}

static void links_and_pipes_are_not_kept(void **state)
{
	struct world world;
	open_world(&world, *state);
	put(*state, "secret", "secret");
	put_link(*state, "work/target/link", "../../secret");
	put_link(*state, "work/target/up", "..");
	assert_int_equal(mkfifo(at(*state, "work/target/pipe"), 0600), 0);
	store(&world);
	assert_true(path_remove(at(*state, "work/target"), &world.error));
	assert_int_equal(take(&world), CACHE_TAKEN);
	assert_false(there_is(*state, "work/target/link"));
	assert_false(there_is(*state, "work/target/up"));
	assert_false(there_is(*state, "work/target/pipe"));
	assert_string_equal(content(*state, "work/target/program"), "binary");
	close_world(&world);
}

/* What put_back does where a rename cannot lead from the one file system to the other. */
static void the_state_may_lie_on_another_file_system(void **state)
{
	struct world world;
	char other[] = "/dev/shm/wavetrain-unit-XXXXXX";
	struct stat here, there;
	open_world(&world, *state);
	if (!mkdtemp(other))
		skip();
	assert_int_equal(stat(world.place->root, &here), 0);
	assert_int_equal(stat(other, &there), 0);
	result_cache_close(&world.cache);
	result_cache_open(&world.cache, path_join(&world.arena, other, "cache"));
	store(&world);
	assert_true(path_remove(at(*state, "work/target"), &world.error));
	if (take(&world) != CACHE_TAKEN)
		fail_msg("%s", world.error.text);
	assert_string_equal(content(*state, "work/target/program"), "binary");
	assert_int_equal(mode_of(*state, "work/target/program"), 0750);
	assert_false(there_is(*state, "work/target/.restored"));
	assert_false(there_is(*state, "work/target/lib/.restored"));
	assert_true(path_remove(other, &world.error));
	close_world(&world);
}

static bool work_where_nothing_can_be_written(struct place *place)
{
	struct world world;
	open_world(&world, place);
	store(&world);
	bool is_fine = path_remove(at(place, "work/target/program"), &world.error) &&
		       chmod(at(place, "work/target"), 0500) == 0 &&
		       take(&world) == CACHE_REFUSED &&
		       strstr(world.error.text, "cannot put 'target/program' back: cannot replace "
						"it: Permission denied") &&
		       chmod(at(place, "work/target"), 0700) == 0;
	is_fine = is_fine && chmod(at(place, "next/artifacts/build"), 0500) == 0 &&
		  take(&world) == CACHE_REFUSED &&
		  chmod(at(place, "next/artifacts/build"), 0700) == 0;
	is_fine = is_fine && take(&world) == CACHE_TAKEN &&
		  chmod(at(place, "state/cache"), 0500) == 0 &&
		  !store_as(&world,
			  "0000000000000000000000000000000000000000000000000000000000000000") &&
		  strstr(world.error.text, "cannot keep the result: cannot make a folder in '") &&
		  chmod(at(place, "state/cache"), 0700) == 0;
	close_world(&world);
	return is_fine;
}

static void read_only_places_are_told(void **state)
{
	assert_true(run_as_nobody(*state, work_where_nothing_can_be_written));
}

/* --- limits --- */

static void use_at(struct world *world, const char *key, time_t second)
{
	const char *path =
		at(world->place, arena_format(&world->arena, "state/cache/%s/manifest", key));
	const struct timeval times[2] = {{.tv_sec = second}, {.tv_sec = second}};
	assert_int_equal(utimes(path, times), 0);
}

static void the_least_recently_used_go_first(void **state)
{
	struct world world;
	char keys[5][HASH_TEXT_SIZE];
	open_world(&world, *state);
	for (uint32_t i = 0; i < 5; i++)
		make_key(&world, arena_format(&world.arena, "g%u", i), keys[i]);
	for (uint32_t i = 0; i < 4; i++) {
		assert_true(store_as(&world, keys[i]));
		use_at(&world, keys[i], 1000 + i);
	}
	memcpy(world.key, keys[0], sizeof world.key);
	assert_int_equal(take(&world), CACHE_TAKEN);
	world.cache.entry_limit = 3;
	put(*state, "state/cache/.new/left", "by a runner that died");
	put(*state, "state/cache/.removed/0/left", "by a runner that died");
	assert_true(store_as(&world, keys[4]));
	assert_true(holds(&world, keys[0]));
	assert_false(holds(&world, keys[1]));
	assert_false(holds(&world, keys[2]));
	assert_true(holds(&world, keys[3]));
	assert_true(holds(&world, keys[4]));
	assert_false(there_is(*state, "state/cache/.new"));
	assert_false(there_is(*state, "state/cache/.removed"));
	close_world(&world);
}

static void bytes_are_limited_too(void **state)
{
	struct world world;
	char other[HASH_TEXT_SIZE];
	open_world(&world, *state);
	make_key(&world, "other", other);
	store(&world);
	use_at(&world, world.key, 1000);
	world.cache.byte_limit = 30; /* one has 23 */
	assert_true(store_as(&world, other));
	assert_false(is_kept(&world));
	assert_true(holds(&world, other));
	/* One that is larger than all there may be is not kept, and costs no other its place. */
	world.cache.byte_limit = 22;
	store(&world);
	assert_false(is_kept(&world));
	assert_true(holds(&world, other));
	close_world(&world);
}

static void one_that_is_there_stays(void **state)
{
	struct world world;
	open_world(&world, *state);
	store(&world);
	put(*state, "work/target/program", "another");
	store(&world);
	assert_int_equal(take(&world), CACHE_TAKEN);
	assert_string_equal(content(*state, "work/target/program"), "binary");
	close_world(&world);
}

static void what_a_killed_writer_has_left_goes(void **state)
{
	struct world world;
	open_world(&world, *state);
	store(&world);
	put(world.place, "state/cache/.new/0", "half");
	put(world.place, "state/cache/.removed/0/inner/1", "half");
	put(world.place, "state/cache/.restored", "half");
	result_cache_tidy(&world.cache);
	assert_false(path_exists(at(world.place, "state/cache/.new")));
	assert_false(path_exists(at(world.place, "state/cache/.removed")));
	assert_false(path_exists(at(world.place, "state/cache/.restored")));
	assert_true(path_exists(at(world.place, "state/cache")));
	close_world(&world);
}

static void zeroed_memory_is_closed_already(void **state)
{
	struct result_cache zeroed = {0};
	int before = fcntl(0, F_GETFD);
	(void)state;
	result_cache_close(&zeroed);
	assert_int_equal(fcntl(0, F_GETFD), before);
}

int main(void)
{
#define PLACED(test) cmocka_unit_test_setup_teardown(test, place_open, place_close)
	static const struct CMUnitTest tests[] = {
		PLACED(ingredients_are_told),
		PLACED(schemas_and_handoffs_count),
		PLACED(what_was_stored_comes_back),
		PLACED(it_is_there_for_another_process),
		PLACED(a_step_of_another_name_gets_it_under_its_own),
		PLACED(without_a_folder_paths_stay_out_of_it),
		PLACED(two_globs_keep_a_file_once_and_a_folder_is_all_in_it),
		PLACED(the_key_is_of_the_files_that_match),
		PLACED(everything_else_counts_too),
		PLACED(links_and_pipes_are_no_key_files),
		PLACED(globs_that_lead_out_are_refused),
		PLACED(a_damaged_entry_is_a_miss_and_gone),
		PLACED(a_plan_sees_sizes_only),
		PLACED(an_artifact_that_was_changed_is_not_kept),
		PLACED(no_link_is_followed_when_paths_are_put_back),
		PLACED(a_folder_in_the_way_is_told),
		PLACED(links_and_pipes_are_not_kept),
		PLACED(the_state_may_lie_on_another_file_system),
		PLACED(read_only_places_are_told),
		PLACED(the_least_recently_used_go_first),
		PLACED(bytes_are_limited_too),
		PLACED(one_that_is_there_stays),
		PLACED(what_a_killed_writer_has_left_goes),
		PLACED(zeroed_memory_is_closed_already),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
