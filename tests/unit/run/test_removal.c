#include "run/removal.h"

#include <signal.h>

#include "folder_fixture.h"

static int open_root(struct place *place)
{
	int root = open(place->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(root >= 0);
	return root;
}

static void what_is_taken_is_gone_at_once_and_removed_later(void **state)
{
	struct place *place = *state;
	struct removal removal;
	int root = open_root(place);
	put(place, "a/b/c/file", "x");
	put(place, "a/other", "x");
	put(place, "file", "x");
	assert_true(removal_open(&removal, root, ".gone", &place->error));
	assert_true(removal_take(&removal, root, "a", &place->error));
	assert_true(removal_take(&removal, root, "file", &place->error));
	assert_true(removal_take(&removal, root, "nothing", &place->error));
	assert_false(there_is(place, "a"));
	assert_false(there_is(place, "file"));
	assert_true(removal_finish(&removal, &place->error));
	assert_int_equal(unlinkat(root, ".gone", AT_REMOVEDIR), 0);
	removal_close(&removal);
	close(root);
}

static void an_advance_removes_no_more_than_it_may(void **state)
{
	struct place *place = *state;
	struct removal removal;
	int root = open_root(place);
	uint32_t calls = 0;
	for (uint32_t i = 0; i < 100; i++)
		put(place, arena_format(&place->arena, "many/%u/file", i), "x");
	assert_true(removal_open(&removal, root, ".gone", &place->error));
	assert_true(removal_take(&removal, root, "many", &place->error));
	while (removal_advance(&removal, 10))
		calls++;
	assert_true(calls >= 20);
	assert_int_equal(removal.stuck_count, 0);
	assert_int_equal(unlinkat(root, ".gone", AT_REMOVEDIR), 0);
	removal_close(&removal);
	close(root);
}

static void no_link_is_followed(void **state)
{
	struct place *place = *state;
	struct removal removal;
	int root = open_root(place);
	put(place, "kept/file", "precious");
	put_link(place, "a/up", "../kept");
	put_link(place, "a/deep/up", "../../kept");
	put_link(place, "a/self", ".");
	put_link(place, "link", "kept");
	assert_int_equal(mkfifo(at(place, "a/fifo"), 0600), 0);
	assert_true(removal_open(&removal, root, ".gone", &place->error));
	assert_true(removal_take(&removal, root, "a", &place->error));
	assert_true(removal_take(&removal, root, "link", &place->error));
	assert_true(removal_finish(&removal, &place->error));
	assert_string_equal(content(place, "kept/file"), "precious");
	assert_false(there_is(place, "link"));
	removal_close(&removal);
	close(root);
}

/* Somebody who puts a link in place of a folder, and the folder back, as fast as can be. */
static void swap_for_ever(struct place *place, int root)
{
	const char *precious = at(place, "precious");
	for (;;) {
		renameat(root, ".gone/0/inner", root, ".gone/0/other");
		(void)!symlinkat(precious, root, ".gone/0/inner");
		unlinkat(root, ".gone/0/inner", 0);
		renameat(root, ".gone/0/other", root, ".gone/0/inner");
	}
}

static void a_link_put_there_meanwhile_is_not_followed(void **state)
{
	struct place *place = *state;
	int root = open_root(place);
	put(place, "precious/deep/file", "precious");
	put(place, "precious/file", "precious");
	pid_t other = fork();
	assert_true(other >= 0);
	if (other == 0)
		swap_for_ever(place, root);
	for (uint32_t i = 0; i < 200; i++) {
		struct removal removal;
		put(place, "a/inner/deep/file", "x");
		put(place, "a/inner/file", "x");
		assert_true(removal_open(&removal, root, ".gone", &place->error));
		assert_true(removal_take(&removal, root, "a", &place->error));
		while (removal_advance(&removal, 3))
			;
		removal_close(&removal);
	}
	kill(other, SIGKILL);
	assert_int_equal(waitpid(other, NULL, 0), other);
	assert_string_equal(content(place, "precious/deep/file"), "precious");
	assert_string_equal(content(place, "precious/file"), "precious");
	close(root);
}

static void a_folder_to_empty_that_is_a_link_is_refused(void **state)
{
	struct place *place = *state;
	struct removal removal;
	int root = open_root(place);
	put(place, "kept/file", "precious");
	put_link(place, ".gone", "kept");
	assert_false(removal_open(&removal, root, ".gone", &place->error));
	removal_close(&removal);
	assert_string_equal(content(place, "kept/file"), "precious");
	close(root);
}

/* 3000 folders deep: no path leads there, and there is no descriptor for each. */
static void depth_does_not_matter(void **state)
{
	struct place *place = *state;
	struct removal removal;
	int root = open_root(place);
	int folder = dup(root);
	for (uint32_t i = 0; i < 2000; i++) {
		assert_int_equal(mkdirat(folder, "deep", 0777), 0);
		int inner = openat(folder, "deep", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(inner >= 0);
		close(folder);
		folder = inner;
	}
	int file = openat(folder, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	assert_true(file >= 0);
	close(file);
	close(folder);
	assert_true(removal_open(&removal, root, ".gone", &place->error));
	assert_true(removal_take(&removal, root, "deep", &place->error));
	assert_true(removal_finish(&removal, &place->error));
	assert_int_equal(unlinkat(root, ".gone", AT_REMOVEDIR), 0);
	removal_close(&removal);
	close(root);
}

static bool remove_without_permissions(struct place *place)
{
	struct removal removal;
	int root = open(place->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	put(place, "a/none/inner/file", "x");
	put(place, "a/none/file", "x");
	put(place, "a/read/inner/file", "x");
	put(place, "b/file", "x");
	if (chmod(at(place, "a/none/inner"), 0) || chmod(at(place, "a/none"), 0) ||
		chmod(at(place, "a/read/inner"), 0500) || chmod(at(place, "a/read"), 0500) ||
		chmod(at(place, "a"), 0500) || chmod(at(place, "b"), 0))
		return false;
	bool is_done = removal_open(&removal, root, ".gone", &place->error) &&
		       removal_take(&removal, root, "a", &place->error) &&
		       removal_take(&removal, root, "b", &place->error) &&
		       removal_finish(&removal, &place->error) &&
		       unlinkat(root, ".gone", AT_REMOVEDIR) == 0;
	removal_close(&removal);
	close(root);
	return is_done;
}

static void folders_without_permissions_are_removed(void **state)
{
	assert_true(run_as_nobody(*state, remove_without_permissions));
}

static bool leave_what_is_others(struct place *place)
{
	struct removal removal;
	int root = open(place->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool is_open = removal_open(&removal, root, ".gone", &place->error);
	bool is_told = is_open && !removal_finish(&removal, &place->error) &&
		       strstr(place->error.text, "1 files or folders cannot be removed") &&
		       !removal_advance(&removal, 10);
	removal_close(&removal);
	close(root);
	return is_told && !there_is(place, ".gone/mine") && there_is(place, ".gone/others/file");
}

/* As a container that ran as root leaves them. */
static void what_cannot_be_removed_is_told_and_the_rest_goes(void **state)
{
	struct place *place = *state;
	if (geteuid() != 0)
		skip();
	put(place, ".gone/others/file", "x");
	put(place, ".gone/mine", "x");
	assert_int_equal(chown(at(place, ".gone"), 65534, 65534), 0);
	assert_true(run_as_nobody(place, leave_what_is_others));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_is_taken_is_gone_at_once_and_removed_later, place_open, place_close),
		cmocka_unit_test_setup_teardown(
			an_advance_removes_no_more_than_it_may, place_open, place_close),
		cmocka_unit_test_setup_teardown(no_link_is_followed, place_open, place_close),
		cmocka_unit_test_setup_teardown(
			a_link_put_there_meanwhile_is_not_followed, place_open, place_close),
		cmocka_unit_test_setup_teardown(
			a_folder_to_empty_that_is_a_link_is_refused, place_open, place_close),
		cmocka_unit_test_setup_teardown(depth_does_not_matter, place_open, place_close),
		cmocka_unit_test_setup_teardown(
			folders_without_permissions_are_removed, place_open, place_close),
		cmocka_unit_test_setup_teardown(
			what_cannot_be_removed_is_told_and_the_rest_goes, place_open, place_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
