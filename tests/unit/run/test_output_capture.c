#include "run/output_capture.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/file.h"
#include "base/index.h"

struct world {
	struct event_loop loop;
	struct step_log log;
	struct run_services services;
	struct output_capture capture;
	struct arena arena;
	struct buffer shown;
	char root[64];
	int folder;
	uint32_t closed_count;
};

static void count_closed(void *owner)
{
	struct world *world = owner;
	world->closed_count++;
}

static void keep_line(void *context, uint32_t step, const char *line, size_t size)
{
	struct world *world = context;
	buffer_printf(&world->shown, "%u:%.*s|", step, (int)size, line);
}

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof *world);
	struct error error;
	*state = world;
	strncpy(world->root, "/tmp/wavetrain-capture-XXXXXX", sizeof world->root - 1);
	assert_non_null(mkdtemp(world->root));
	world->folder = open(world->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	step_log_begin(&world->log, world->folder, "step", 1);
	assert_true(event_loop_open(&world->loop, &error));
	world->services = (struct run_services){.context = world, .show_output = keep_line};
	world->capture = (struct output_capture){.loop = &world->loop,
		.log = &world->log,
		.services = &world->services,
		.step = 7,
		.chunk = malloc(CAPTURE_CHUNK_BYTES),
		.closed = count_closed,
		.owner = world};
	assert_true(output_capture_open(&world->capture, &error));
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;
	struct error error;
	output_capture_close(&world->capture);
	event_loop_close(&world->loop);
	close(world->folder);
	free(world->capture.chunk);
	buffer_release(&world->shown);
	arena_release(&world->arena);
	assert_true(path_remove(world->root, &error));
	free(world);
	return 0;
}

static void say(struct world *world, const char *bytes, size_t size)
{
	struct error error;
	assert_int_equal(write(world->capture.writer, bytes, size), size);
	assert_true(event_loop_turn(&world->loop, &error));
}

static const char *log_text(struct world *world, size_t *size)
{
	struct buffer text = BUFFER_INIT;
	struct error error;
	assert_true(step_log_finish(&world->log));
	assert_true(file_read(
		path_join(&world->arena, world->root, "log/step.1.log"), 64 << 20, &text, &error));
	const char *copy = arena_copy_bytes(&world->arena, text.bytes, text.size);
	*size = text.size;
	buffer_release(&text);
	return copy;
}

static void every_byte_arrives_and_the_end_is_told_once(void **state)
{
	struct world *world = *state;
	size_t size;
	say(world, "a\0b\n", 4);
	say(world, "\xff\r", 2);
	assert_int_equal(world->closed_count, 0);
	output_capture_let_go(&world->capture);
	output_capture_pump(&world->capture);
	output_capture_pump(&world->capture);
	assert_int_equal(world->closed_count, 1);
	assert_int_equal(world->capture.descriptor, -1);
	const char *text = log_text(world, &size);
	assert_int_equal(size, 6);
	assert_memory_equal(text, "a\0b\n\xff\r", 6);
}

static void the_last_line_is_shown_also_in_pieces(void **state)
{
	struct world *world = *state;
	say(world, "one\ntwo\nthr", 11);
	say(world, "ee", 2);
	say(world, "\n", 1);
	assert_string_equal(buffer_text(&world->shown), "7:two|7:three|7:three|");
}

/* Cut anywhere, and what may be the beginning of one waits for the end. */
static void secrets_are_neither_stored_nor_shown(void **state)
{
	struct world *world = *state;
	struct mask_secret secret = {.name = "TOKEN", .value = "s3cret/value"};
	struct mask *mask = mask_new(&secret, 1);
	struct error error;
	size_t size;
	output_capture_close(&world->capture);
	world->capture.mask = mask;
	assert_true(output_capture_open(&world->capture, &error));
	say(world, "it is s3cr", 10);
	say(world, "et/value\nend s3cr", 17);
	assert_string_equal(buffer_text(&world->shown), "7:it is |7:it is ***|");
	output_capture_let_go(&world->capture);
	output_capture_pump(&world->capture);
	assert_string_equal(buffer_text(&world->shown), "7:it is |7:it is ***|7:end s3cr|");
	assert_string_equal(log_text(world, &size), "it is ***\nend s3cr");
	assert_int_equal(step_log_step_bytes(&world->log), 18);
	output_capture_release(&world->capture);
	mask_free(mask);
}

/* Somebody else holds the other end: what is there is read, and the end is not told. */
static void a_held_pipe_is_drained_but_not_at_its_end(void **state)
{
	struct world *world = *state;
	size_t size;
	int holder = fcntl(world->capture.writer, F_DUPFD_CLOEXEC, 3);
	assert_int_equal(write(holder, "late\n", 5), 5);
	output_capture_let_go(&world->capture);
	output_capture_pump(&world->capture);
	assert_int_equal(world->closed_count, 0);
	assert_string_equal(log_text(world, &size), "late\n");
	close(holder);
}

static void the_pipe_is_enlarged_with_the_first_byte(void **state)
{
	struct world *world = *state;
	assert_true(fcntl(world->capture.descriptor, F_GETPIPE_SZ) < 1 << 20);
	say(world, "x", 1);
	assert_int_equal(fcntl(world->capture.descriptor, F_GETPIPE_SZ), 1 << 20);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_byte_arrives_and_the_end_is_told_once),
		TEST(the_last_line_is_shown_also_in_pieces),
		TEST(secrets_are_neither_stored_nor_shown),
		TEST(a_held_pipe_is_drained_but_not_at_its_end),
		TEST(the_pipe_is_enlarged_with_the_first_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
