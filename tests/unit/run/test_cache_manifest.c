#include "run/cache_manifest.h"

#include "folder_fixture.h"

#define ZEROES "0000000000000000000000000000000000000000000000000000000000000000"
#define FIRST "wavetrain-cache 1 7\n"
#define OUTPUT "output file 1 7 " ZEROES " report report.json\n"
#define FOLDER "output folder 1 7 " ZEROES " texts texts\n"
#define FILE_OF(path) "file 420 7 " ZEROES " " path "\n"
#define PATH_OF(path) "path 420 7 " ZEROES " " path "\n"

static int open_root(struct place *place)
{
	int root = open(place->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(root >= 0);
	return root;
}

/* With the checksum that makes it whole. */
static void put_manifest(struct place *place, const char *text)
{
	char sha256[HASH_TEXT_SIZE];
	struct hash hash;
	hash_start(&hash);
	hash_add(&hash, text, strlen(text));
	hash_finish(&hash, sha256);
	put(place, "manifest", arena_format(&place->arena, "%send %s\n", text, sha256));
}

static bool read_back(struct place *place, struct cache_manifest *manifest)
{
	int root = open_root(place);
	bool is_read = cache_manifest_read(root, &place->arena, manifest);
	close(root);
	return is_read;
}

struct manifest_case {
	const char *text;
	bool is_good;
};

static const struct manifest_case manifest_cases[] = {
	{FIRST, true},
	{FIRST OUTPUT FILE_OF("report.json") PATH_OF("target/x"), true},
	{FIRST FOLDER FILE_OF("texts/a/b.txt"), true},
	{FIRST PATH_OF("a%20b/%25/%0a"), true},
	{"", false},
	{"wavetrain-cache 2 7\n", false},
	{"wavetrain-cache 1 -7\n", false},
	{"wavetrain-cache 1 7", false},
	{FIRST "\n", false},
	{FIRST "\n" PATH_OF("x"), false},
	{FIRST "more\n", false},
	{FIRST FILE_OF("report.json"), false},
	{FIRST OUTPUT FILE_OF("other.json"), false},
	{FIRST OUTPUT FILE_OF("../report.json"), false},
	{FIRST FOLDER FILE_OF("texts/../../x"), false},
	{FIRST FOLDER FILE_OF("texts"), false},
	{FIRST FOLDER FILE_OF("textsandmore/x"), false},
	{FIRST "output file 1 7 " ZEROES " report ../report.json\n", false},
	{FIRST "output file 1 7 " ZEROES " report a/report.json\n", false},
	{FIRST "output file 1 7 " ZEROES " report /etc/passwd\n", false},
	{FIRST "output link 1 7 " ZEROES " report report.json\n", false},
	{FIRST "output file 1000000 7 " ZEROES " report report.json\n", false},
	{FIRST "output file 1 7 " ZEROES " report\n", false},
	{FIRST PATH_OF("../x"), false},
	{FIRST PATH_OF("a/%2e%2e/x"), false},
	{FIRST PATH_OF("/etc/passwd"), false},
	{FIRST PATH_OF("%2fetc"), false},
	{FIRST PATH_OF(".git/hooks/pre-commit"), false},
	{FIRST PATH_OF("a//b"), false},
	{FIRST PATH_OF(""), false},
	{FIRST PATH_OF("a%00b"), false},
	{FIRST PATH_OF("a%2"), false},
	{FIRST PATH_OF("a%"), false},
	{FIRST PATH_OF("a%GGb"), false},
	{FIRST PATH_OF("a b"), false},
	{FIRST "path 4095 7 " ZEROES " x\n", false}, /* set-user-id */
	{FIRST "path 420 x " ZEROES " x\n", false},
	{FIRST "path 420 7 00 x\n", false},
	{FIRST "path  420 7 " ZEROES " x\n", false},
	{FIRST "path 420 18446744073709551616 " ZEROES " x\n", false},
};

static void only_what_stays_inside_is_read(void **state)
{
	struct place *place = *state;
	for (size_t i = 0; i < ARRAY_LENGTH(manifest_cases); i++) {
		struct cache_manifest manifest;
		put_manifest(place, manifest_cases[i].text);
		if (read_back(place, &manifest) != manifest_cases[i].is_good)
			fail_msg("case %zu: %s", i, manifest_cases[i].text);
		cache_manifest_release(&manifest);
	}
}

static void every_cut_and_every_changed_byte_is_seen(void **state)
{
	struct place *place = *state;
	struct cache_manifest manifest;
	put_manifest(place, FIRST OUTPUT FILE_OF("report.json") PATH_OF("x"));
	const char *whole = content(place, "manifest");
	size_t size = strlen(whole);
	for (size_t i = 0; i < size; i++) {
		put_bytes(place, "manifest", whole, i);
		assert_false(read_back(place, &manifest));
		cache_manifest_release(&manifest);
		char *changed = arena_copy_bytes(&place->arena, whole, size);
		changed[i] = (char)(changed[i] ^ 1);
		put_bytes(place, "manifest", changed, size);
		assert_false(read_back(place, &manifest));
		cache_manifest_release(&manifest);
	}
	put_bytes(place, "manifest", whole, size);
	assert_true(read_back(place, &manifest));
	cache_manifest_release(&manifest);
}

static void any_name_comes_back(void **state)
{
	static const char *const paths[] = {"plain", "a b", "a\nb", "%", "%41", "\xc3\xa4",
		"\xff\xfe", "\x01\x7f", "a/b/c", "-x"};
	struct place *place = *state;
	struct cache_manifest manifest = {0}, found;
	struct cache_output *output = cache_manifest_add_output(&manifest);
	*output = (struct cache_output){.is_folder = true,
		.file_count = 1,
		.sha256 = ZEROES,
		.name = "a name",
		.path = "a name"};
	*cache_manifest_add_file(&manifest) =
		(struct cache_file){.sha256 = ZEROES, .mode = 0755, .path = "a name/x y"};
	for (size_t i = 0; i < ARRAY_LENGTH(paths); i++)
		*cache_manifest_add_file(&manifest) = (struct cache_file){.is_path = true,
			.output = INDEX_NONE,
			.size_bytes = UINT64_MAX,
			.sha256 = ZEROES,
			.path = paths[i]};
	manifest.total_bytes = UINT64_MAX;
	int root = open_root(place);
	assert_true(cache_manifest_write(&manifest, root, &place->error));
	assert_false(cache_manifest_write(&manifest, root, &place->error));
	assert_true(cache_manifest_read(root, &place->arena, &found));
	uint64_t total;
	assert_true(cache_manifest_size(root, &total));
	assert_int_equal(total, UINT64_MAX);
	close(root);
	assert_int_equal(found.total_bytes, UINT64_MAX);
	assert_int_equal(found.output_count, 1);
	assert_string_equal(found.outputs[0].name, "a name");
	assert_int_equal(found.file_count, 1 + ARRAY_LENGTH(paths));
	assert_string_equal(found.files[0].path, "a name/x y");
	assert_int_equal(found.files[0].mode, 0755);
	for (size_t i = 0; i < ARRAY_LENGTH(paths); i++)
		assert_string_equal(found.files[i + 1].path, paths[i]);
	cache_manifest_release(&manifest);
	cache_manifest_release(&found);
}

struct glob_case {
	const char *glob;
	const char *paths; /* joined with spaces; NULL: refused */
};

static const struct glob_case glob_cases[] = {
	{"a", "a/.hidden a/b/c a/x"},
	{"a/", "a/.hidden a/b/c a/x"},
	{"./a//", "a/.hidden a/b/c a/x"},
	{"a/b", "a/b/c"},
	{"a/x", "a/x"},
	{"a/*", "a/x"},
	{"a/**", "a/b/c a/x"},
	{".", "a/.hidden a/b/c a/x"},
	{"none", ""},
	{"link", ""},
	{"link/x", ""},
	{"fifo", ""},
	{"../a", NULL},
	{"/etc", NULL},
	{".git", NULL},
};

static void a_folder_stands_for_all_that_is_in_it(void **state)
{
	struct place *place = *state;
	put(place, "tree/a/x", "");
	put(place, "tree/a/b/c", "");
	put(place, "tree/a/.hidden", "");
	put(place, "tree/.git/config", "");
	put_link(place, "tree/link", "a");
	assert_int_equal(mkfifo(at(place, "tree/fifo"), 0600), 0);
	int tree = open(at(place, "tree"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < ARRAY_LENGTH(glob_cases); i++) {
		struct file_matches matches = {0};
		struct buffer joined = BUFFER_INIT;
		bool is_done = cache_glob(
			tree, glob_cases[i].glob, &place->arena, &matches, &place->error);
		assert_int_equal(is_done, glob_cases[i].paths != NULL);
		for (uint32_t j = 0; is_done && j < matches.count; j++)
			buffer_printf(&joined, "%s%s", j ? " " : "", matches.paths[j]);
		if (is_done)
			assert_string_equal(buffer_text(&joined), glob_cases[i].paths);
		buffer_release(&joined);
	}
	close(tree);
}

int main(void)
{
#define PLACED(test) cmocka_unit_test_setup_teardown(test, place_open, place_close)
	static const struct CMUnitTest tests[] = {
		PLACED(only_what_stays_inside_is_read),
		PLACED(every_cut_and_every_changed_byte_is_seen),
		PLACED(any_name_comes_back),
		PLACED(a_folder_stands_for_all_that_is_in_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
