#include "run/notes.h"

#include "folder_fixture.h"

static void write_note(struct place *place, const char *name, const char *text)
{
	put(place, path_join(&place->arena, "notes", name), text);
}

static void open_notes(struct place *place, struct notes *notes)
{
	assert_true(notes_open(notes, place->root, NULL, &place->error));
}

static void paths_are_the_attempts_own_and_nothing_is_there(void **state)
{
	struct place *place = *state;
	struct notes notes;
	open_notes(place, &notes);
	assert_string_equal(notes_summary_path(&notes, "a[os=x]", 2, &place->arena),
		at(place, "notes/a[os=x].2.summary.md"));
	assert_string_equal(notes_handoff_path(&notes, "a", 1, &place->arena),
		at(place, "notes/a.1.handoff.md"));
	assert_null(notes_handoffs_path(&notes, &place->arena));
	assert_true(path_is_folder(at(place, "notes")));
	assert_false(there_is(place, "notes/a.1.handoff.md"));
	notes_close(&notes);
}

static void handoffs_are_merged_in_the_order_given(void **state)
{
	struct place *place = *state;
	struct notes notes;
	static const struct note_source first[] = {
		{"b", "Build", 2}, {"none", "None", 1}, {"a", "Ask", 1}, {"empty", "Empty", 1}};
	static const struct note_source second[] = {{"c", "Check\nall", 1}};
	static const struct note_source third[] = {{"none", "None", 2}};
	write_note(place, "a.1.handoff.md", "of a");
	write_note(place, "b.1.handoff.md", "of a failed attempt");
	write_note(place, "b.2.handoff.md", "of b\n");
	write_note(place, "c.1.handoff.md", "of c");
	write_note(place, "empty.1.handoff.md", "");
	open_notes(place, &notes);
	assert_true(notes_merge(&notes, first, ARRAY_LENGTH(first), &place->error));
	assert_string_equal(
		content(place, "notes/handoffs.md"), "## Build\n\nof b\n\n## Ask\n\nof a\n");
	assert_string_equal(
		notes_handoffs_path(&notes, &place->arena), at(place, "notes/handoffs.md"));
	assert_true(notes_merge(&notes, second, ARRAY_LENGTH(second), &place->error));
	assert_true(notes_merge(&notes, third, ARRAY_LENGTH(third), &place->error));
	assert_string_equal(content(place, "notes/handoffs.md"),
		"## Build\n\nof b\n\n## Ask\n\nof a\n\n## Check all\n\nof c\n");
	notes_close(&notes);
}

static void nothing_is_written_when_nobody_hands_anything_on(void **state)
{
	struct place *place = *state;
	struct notes notes;
	static const struct note_source sources[] = {{"none", "None", 1}};
	open_notes(place, &notes);
	assert_true(notes_merge(&notes, sources, 1, &place->error));
	assert_null(notes_handoffs_path(&notes, &place->arena));
	assert_false(there_is(place, "notes/handoffs.md"));
	notes_close(&notes);
}

static void a_resumed_run_rebuilds_them(void **state)
{
	struct place *place = *state;
	struct notes notes;
	static const struct note_source sources[] = {{"a", "A", 1}, {"b", "B", 3}};
	write_note(place, "handoffs.md", "## What a runner that died had half written");
	write_note(place, "handoffs.md.wavetrain-unfinished-a1B2c3", "and was writing");
	write_note(place, "a.1.handoff.md", "of a");
	write_note(place, "b.3.handoff.md", "of b");
	open_notes(place, &notes);
	assert_false(there_is(place, "notes/handoffs.md.wavetrain-unfinished-a1B2c3"));
	assert_null(notes_handoffs_path(&notes, &place->arena));
	assert_true(notes_rebuild(&notes, sources, 2, &place->error));
	assert_true(notes_rebuild(&notes, sources, 2, &place->error));
	assert_string_equal(content(place, "notes/handoffs.md"), "## A\n\nof a\n\n## B\n\nof b\n");
	notes_close(&notes);
}

struct hostile_case {
	const char *bytes;
	size_t size;
	const char *section;
};

#define BYTES(text) text, sizeof(text) - 1
#define LOST "\xef\xbf\xbd"

static const struct hostile_case hostile_cases[] = {
	{BYTES("a\xff"
	       "b"),
		"a" LOST "b\n"},
	{BYTES("a\0b"), "a" LOST "b\n"},
	{BYTES("\xc3\xa4\xe2\x82\xac\xf0\x9f\x9a\x82"), "\xc3\xa4\xe2\x82\xac\xf0\x9f\x9a\x82\n"},
	{BYTES("\xef\xbf\xbd"), LOST "\n"},
	{BYTES("\xed\xa0\x80"), LOST LOST LOST "\n"},
	{BYTES("\xc3"), LOST "\n"},
	{BYTES("\xc0\xaf"), LOST LOST "\n"},
	{BYTES("\r\n\t"), "\r\n\t\n"},
};

static void bytes_are_made_valid(void **state)
{
	struct place *place = *state;
	static const struct note_source source = {"a", "A", 1};
	struct notes notes;
	open_notes(place, &notes);
	for (size_t i = 0; i < ARRAY_LENGTH(hostile_cases); i++) {
		const struct hostile_case *one = &hostile_cases[i];
		put_bytes(place, "notes/a.1.handoff.md", one->bytes, one->size);
		assert_true(notes_rebuild(&notes, &source, 1, &place->error));
		assert_string_equal(content(place, "notes/handoffs.md"),
			arena_format(&place->arena, "## A\n\n%s", one->section));
	}
	notes_close(&notes);
}

static void what_is_no_plain_file_is_not_read(void **state)
{
	struct place *place = *state;
	static const struct note_source sources[] = {
		{"link", "Link", 1}, {"fifo", "Fifo", 1}, {"folder", "Folder", 1}};
	struct notes notes;
	open_notes(place, &notes);
	put(place, "secret", "secret");
	put_link(place, "notes/link.1.handoff.md", "../secret");
	put_folder(place, "notes/folder.1.handoff.md");
	assert_int_equal(mkfifo(at(place, "notes/fifo.1.handoff.md"), 0600), 0);
	assert_true(notes_merge(&notes, sources, ARRAY_LENGTH(sources), &place->error));
#define NOT_READ "*(what it handed on could not be read: it is not a plain file)*\n"
	assert_string_equal(content(place, "notes/handoffs.md"),
		"## Link\n\n" NOT_READ "\n## Fifo\n\n" NOT_READ "\n## Folder\n\n" NOT_READ);
	notes_close(&notes);
}

static void a_planted_link_is_replaced_and_not_written_through(void **state)
{
	struct place *place = *state;
	static const struct note_source source = {"a", "A", 1};
	struct notes notes;
	open_notes(place, &notes);
	put(place, "precious", "precious");
	put(place, "elsewhere/file", "x");
	write_note(place, "a.1.handoff.md", "of a");
	put_link(place, "notes/handoffs.md", "../precious");
	assert_true(notes_merge(&notes, &source, 1, &place->error));
	assert_string_equal(content(place, "precious"), "precious");
	assert_string_equal(content(place, "notes/handoffs.md"), "## A\n\nof a\n");
	/* A step puts something else in place of the whole folder. */
	assert_int_equal(rename(at(place, "notes"), at(place, "moved")), 0);
	put_link(place, "notes", "elsewhere");
	assert_true(notes_rebuild(&notes, &source, 1, &place->error));
	assert_false(there_is(place, "elsewhere/handoffs.md"));
	notes_close(&notes);
}

static void a_folder_in_its_place_gives_way(void **state)
{
	struct place *place = *state;
	static const struct note_source source = {"a", "A", 1};
	struct notes notes;
	open_notes(place, &notes);
	write_note(place, "a.1.handoff.md", "of a");
	put(place, "notes/handoffs.md/x/y", "z");
	assert_true(notes_merge(&notes, &source, 1, &place->error));
	assert_string_equal(content(place, "notes/handoffs.md"), "## A\n\nof a\n");
	notes_close(&notes);
}

/* A three-byte character lies across the limit. */
static void a_huge_note_is_cut_where_a_character_ends(void **state)
{
	struct place *place = *state;
	static const struct note_source source = {"a", "A", 1};
	struct notes notes;
	size_t size = NOTES_FILE_LIMIT_BYTES + 100;
	char *bytes = malloc(size);
	memset(bytes, 'x', size);
	memcpy(bytes + NOTES_FILE_LIMIT_BYTES - 1, "\xe2\x82\xac", 3);
	put_bytes(place, "notes/a.1.handoff.md", bytes, size);
	free(bytes);
	open_notes(place, &notes);
	assert_true(notes_merge(&notes, &source, 1, &place->error));
	const char *text = content(place, "notes/handoffs.md");
	assert_int_equal(strspn(text + strlen("## A\n\n"), "x"), NOTES_FILE_LIMIT_BYTES - 1);
	assert_string_equal(text + strlen("## A\n\n") + NOTES_FILE_LIMIT_BYTES - 1,
		"\n\n*(cut here: only the first 1048576 bytes are handed on)*\n");
	notes_close(&notes);
}

static void one_of_exactly_the_limit_is_whole(void **state)
{
	struct place *place = *state;
	static const struct note_source source = {"a", "A", 1};
	struct notes notes;
	char *bytes = malloc(NOTES_FILE_LIMIT_BYTES);
	memset(bytes, 'x', NOTES_FILE_LIMIT_BYTES);
	put_bytes(place, "notes/a.1.handoff.md", bytes, NOTES_FILE_LIMIT_BYTES);
	free(bytes);
	open_notes(place, &notes);
	assert_true(notes_merge(&notes, &source, 1, &place->error));
	assert_null(strstr(content(place, "notes/handoffs.md"), "cut here"));
	notes_close(&notes);
}

static void all_of_them_have_a_limit_too(void **state)
{
	struct place *place = *state;
	static const struct note_source small = {"small", "Small", 1};
	struct note_source sources[20];
	struct notes notes;
	char *bytes = malloc(NOTES_FILE_LIMIT_BYTES);
	memset(bytes, 'x', NOTES_FILE_LIMIT_BYTES);
	for (uint32_t i = 0; i < ARRAY_LENGTH(sources); i++)
		sources[i] = (struct note_source){"big", "Big", 1};
	put_bytes(place, "notes/big.1.handoff.md", bytes, NOTES_FILE_LIMIT_BYTES);
	write_note(place, "small.1.handoff.md", "small");
	free(bytes);
	open_notes(place, &notes);
	assert_true(notes_merge(&notes, sources, ARRAY_LENGTH(sources), &place->error));
	assert_true(notes_merge(&notes, &small, 1, &place->error));
	const char *text = content(place, "notes/handoffs.md");
	const char *end = "x\n\n*(cut here: no more than 16777216 bytes are handed on in all)*\n";
	assert_true(strlen(text) < NOTES_HANDOFFS_LIMIT_BYTES + 100);
	assert_true(text_ends_with(text, end));
	notes_close(&notes);
}

static bool fail_to_write(struct place *place)
{
	static const struct note_source sources[] = {{"a", "A", 1}, {"b", "B", 1}};
	struct notes notes;
	bool is_as_before;
	if (!notes_open(&notes, place->root, NULL, &place->error))
		return false;
	put(place, "notes/a.1.handoff.md", "of a");
	put(place, "notes/b.1.handoff.md", "of b");
	is_as_before =
		notes_merge(&notes, sources, 1, &place->error) &&
		chmod(at(place, "notes"), 0500) == 0 &&
		!notes_merge(&notes, &sources[1], 1, &place->error) &&
		text_starts_with(place->error.text,
			"the handoffs of this stage are not handed on: cannot write") &&
		strcmp(content(place, "notes/handoffs.md"), "## A\n\nof a\n") == 0 &&
		chmod(at(place, "notes"), 0700) == 0 &&
		notes_merge(&notes, &sources[1], 1, &place->error) &&
		strcmp(content(place, "notes/handoffs.md"), "## A\n\nof a\n\n## B\n\nof b\n") == 0;
	notes_close(&notes);
	arena_release(&place->arena);
	return is_as_before;
}

static void a_failure_leaves_them_as_they_were(void **state)
{
	assert_true(run_as_nobody(*state, fail_to_write));
}

static void what_a_killed_attempt_has_left_is_forgotten(void **state)
{
	struct place *place = *state;
	struct notes notes;
	open_notes(place, &notes);
	write_note(place, "a.1.handoff.md", "half");
	write_note(place, "a.1.summary.md", "half");
	write_note(place, "a.10.handoff.md", "other");
	notes_forget(&notes, "a", 1);
	notes_forget(&notes, "b", 1);
	assert_false(path_exists(at(place, "notes/a.1.handoff.md")));
	assert_false(path_exists(at(place, "notes/a.1.summary.md")));
	assert_true(path_exists(at(place, "notes/a.10.handoff.md")));
	notes_close(&notes);
}

/* --- secrets --- */

#define SECRET "s3cret/value"

static struct mask *open_masked_notes(struct place *place, struct notes *notes, const char *value)
{
	struct mask_secret secret = {.name = "TOKEN", .value = value};
	struct mask *mask = mask_new(&secret, 1);
	assert_true(notes_open(notes, place->root, mask, &place->error));
	return mask;
}

static void secrets_are_taken_out(void **state)
{
	struct place *place = *state;
	struct notes notes;
	struct mask *mask = open_masked_notes(place, &notes, SECRET);
	write_note(place, "a.1.handoff.md", "use s3cret%2Fvalue\n");
	write_note(place, "a.1.summary.md", SECRET " " SECRET);
	write_note(place, "a.2.summary.md", SECRET);
	write_note(place, "b.1.summary.md", "nothing");
	assert_int_equal(symlink("a.2.summary.md", at(place, "notes/d.1.handoff.md")), 0);
	notes_mask(&notes, "a", 1);
	notes_mask(&notes, "b", 1);
	notes_mask(&notes, "d", 1);
	assert_string_equal(content(place, "notes/a.1.handoff.md"), "use ***\n");
	assert_string_equal(content(place, "notes/a.1.summary.md"), "*** ***");
	assert_string_equal(content(place, "notes/a.2.summary.md"), SECRET);
	assert_string_equal(content(place, "notes/b.1.summary.md"), "nothing");
	notes_close(&notes);
	mask_free(mask);
}

/* As by a process that goes on when its step has ended. */
static void handoffs_have_none_whenever_they_were_written(void **state)
{
	struct place *place = *state;
	static const struct note_source sources[] = {{"a", "A", 1}};
	struct notes notes;
	struct mask *mask = open_masked_notes(place, &notes, SECRET);
	notes_mask(&notes, "a", 1);
	write_note(place, "a.1.handoff.md", "late " SECRET);
	assert_true(notes_merge(&notes, sources, 1, &place->error));
	assert_string_equal(content(place, "notes/handoffs.md"), "## A\n\nlate ***\n");
	notes_close(&notes);
	mask_free(mask);
}

static void all_of_them_are_masked_in_the_end(void **state)
{
	struct place *place = *state;
	static const struct note_source sources[] = {{"a", "A", 1}};
	struct notes notes;
	struct mask *mask = open_masked_notes(place, &notes, SECRET);
	write_note(place, "a.1.handoff.md", "of a");
	assert_true(notes_merge(&notes, sources, 1, &place->error));
	write_note(place, "a.1.handoff.md", "late " SECRET);
	write_note(place, "a[os=x].12.summary.md", SECRET);
	write_note(place, "handoffs.md", "forged " SECRET);
	write_note(place, "other.md", SECRET);
	notes_mask_all(&notes);
	assert_string_equal(content(place, "notes/a.1.handoff.md"), "late ***");
	assert_string_equal(content(place, "notes/a[os=x].12.summary.md"), "***");
	assert_string_equal(content(place, "notes/handoffs.md"), "## A\n\nof a\n");
	assert_string_equal(content(place, "notes/other.md"), SECRET);
	notes_close(&notes);
	mask_free(mask);
	write_note(place, "a.1.handoff.md", SECRET);
	open_notes(place, &notes);
	notes_mask_all(&notes);
	assert_string_equal(content(place, "notes/a.1.handoff.md"), SECRET);
	notes_close(&notes);
}

static uint32_t count_of(const char *text, const char *part)
{
	uint32_t count = 0;
	for (text = strstr(text, part); text; text = strstr(text + 1, part))
		count++;
	return count;
}

/* A secret lies across the place of the cut, wherever exactly that is. */
static void the_beginning_of_a_secret_goes_where_a_note_is_cut(void **state)
{
	struct place *place = *state;
	static const char secret[] = "Zq9-abcdefghijklmnopqrstuvwxyz-012345678";
	static const struct note_source sources[] = {{"a", "A", 1}};
	struct notes notes;
	struct mask *mask = open_masked_notes(place, &notes, secret);
	size_t size = NOTES_FILE_LIMIT_BYTES + 100;
	for (size_t before = 4; before < sizeof secret + 14; before += 11) {
		char *bytes = malloc(size);
		memset(bytes, 'x', size);
		memcpy(bytes + NOTES_FILE_LIMIT_BYTES - before, secret, sizeof secret - 1);
		put_bytes(place, "notes/a.1.handoff.md", bytes, size);
		free(bytes);
		assert_true(notes_rebuild(&notes, sources, 1, &place->error));
		assert_null(strstr(content(place, "notes/handoffs.md"), "Zq9-"));
		notes_mask(&notes, "a", 1);
		const char *text = content(place, "notes/a.1.handoff.md");
		assert_null(strstr(text, "Zq9-"));
		assert_true(strlen(text) <= NOTES_FILE_LIMIT_BYTES);
		assert_true(text_ends_with(text, "\n*(cut here)*\n"));
		assert_true(notes_rebuild(&notes, sources, 1, &place->error));
		assert_int_equal(count_of(content(place, "notes/handoffs.md"), "cut here"), 1);
	}
	notes_close(&notes);
	mask_free(mask);
}

static void the_checksum_of_the_handoffs_is_known(void **state)
{
	struct place *place = *state;
	static const struct note_source sources[] = {{"a", "A", 1}, {"none", "None", 1}};
	struct notes notes;
	char first[HASH_TEXT_SIZE];
	open_notes(place, &notes);
	assert_true(notes_merge(&notes, &sources[1], 1, &place->error));
	assert_string_equal(notes.handoffs_sha256, "");
	write_note(place, "a.1.handoff.md", "one");
	assert_true(notes_merge(&notes, sources, 1, &place->error));
	memcpy(first, notes.handoffs_sha256, sizeof first);
	assert_int_equal(strlen(first), HASH_TEXT_SIZE - 1);
	assert_true(notes_rebuild(&notes, sources, 2, &place->error));
	assert_string_equal(notes.handoffs_sha256, first);
	write_note(place, "a.1.handoff.md", "two");
	assert_true(notes_rebuild(&notes, sources, 2, &place->error));
	assert_string_not_equal(notes.handoffs_sha256, first);
	notes_close(&notes);
}

static void zeroed_memory_is_closed_already(void **state)
{
	struct notes zeroed = {0};
	int before = fcntl(0, F_GETFD);
	(void)state;
	notes_close(&zeroed);
	assert_int_equal(fcntl(0, F_GETFD), before);
}

int main(void)
{
#define PLACED(test) cmocka_unit_test_setup_teardown(test, place_open, place_close)
	static const struct CMUnitTest tests[] = {
		PLACED(paths_are_the_attempts_own_and_nothing_is_there),
		PLACED(handoffs_are_merged_in_the_order_given),
		PLACED(nothing_is_written_when_nobody_hands_anything_on),
		PLACED(a_resumed_run_rebuilds_them),
		PLACED(bytes_are_made_valid),
		PLACED(what_is_no_plain_file_is_not_read),
		PLACED(a_planted_link_is_replaced_and_not_written_through),
		PLACED(a_folder_in_its_place_gives_way),
		PLACED(a_huge_note_is_cut_where_a_character_ends),
		PLACED(one_of_exactly_the_limit_is_whole),
		PLACED(all_of_them_have_a_limit_too),
		PLACED(a_failure_leaves_them_as_they_were),
		PLACED(what_a_killed_attempt_has_left_is_forgotten),
		PLACED(secrets_are_taken_out),
		PLACED(handoffs_have_none_whenever_they_were_written),
		PLACED(all_of_them_are_masked_in_the_end),
		PLACED(the_beginning_of_a_secret_goes_where_a_note_is_cut),
		PLACED(the_checksum_of_the_handoffs_is_known),
		PLACED(zeroed_memory_is_closed_already),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
