#include "run/output_capture.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PIPE_BYTES (1 << 20)
#define CHUNKS_A_CALL 4 /* one loud step does not keep the others waiting */

static void take_output(void *owner, const char *bytes, size_t size);

static void capture_is_readable(void *owner)
{
	output_capture_pump(owner);
}

bool output_capture_open(struct output_capture *capture, struct error *error)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_set_errno(error, ERROR_PROCESS, "no pipe for the step's output");
	/* Only our end: the step must find an ordinary, blocking pipe. */
	if (fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0) {
		close(ends[0]);
		close(ends[1]);
		return error_set_errno(error, ERROR_PROCESS, "no pipe for the step's output");
	}
	capture->descriptor = ends[0];
	capture->is_enlarged = false;
	capture->line_size = 0;
	mask_begin(&capture->masking, capture->mask, &(struct buffer_outlet){take_output, capture});
	capture->watch.ready = capture_is_readable;
	capture->watch.owner = capture;
	if (!event_loop_watch(capture->loop, &capture->watch, ends[0], error)) {
		close(ends[0]);
		close(ends[1]);
		capture->descriptor = -1;
		return false;
	}
	capture->writer = ends[1];
	return true;
}

void output_capture_let_go(struct output_capture *capture)
{
	if (capture->writer >= 0)
		close(capture->writer);
	capture->writer = -1;
}

static void keep_line_start(struct output_capture *capture, const char *bytes, size_t size)
{
	size_t room = sizeof capture->line - capture->line_size;
	size_t part = size < room ? size : room;
	memcpy(capture->line + capture->line_size, bytes, part);
	capture->line_size += part;
}

/* Shows the last finished line of the chunk, else the unfinished one as far as it goes. */
static void show_last_line(struct output_capture *capture, const char *bytes, size_t size)
{
	const struct run_services *services = capture->services;
	if (!services || !services->show_output)
		return;
	const char *end = memrchr(bytes, '\n', size);
	if (!end) {
		keep_line_start(capture, bytes, size);
		services->show_output(
			services->context, capture->step, capture->line, capture->line_size);
		return;
	}
	const char *before = memrchr(bytes, '\n', (size_t)(end - bytes));
	const char *start = before ? before + 1 : bytes;
	if (!before) {
		keep_line_start(capture, bytes, (size_t)(end - bytes));
		services->show_output(
			services->context, capture->step, capture->line, capture->line_size);
	} else if (end > start) {
		services->show_output(
			services->context, capture->step, start, (size_t)(end - start));
	}
	capture->line_size = 0;
	keep_line_start(capture, end + 1, size - (size_t)(end + 1 - bytes));
}

static void take_output(void *owner, const char *bytes, size_t size)
{
	struct output_capture *capture = owner;
	step_log_write(capture->log, bytes, size);
	show_last_line(capture, bytes, size);
}

void output_capture_close(struct output_capture *capture)
{
	output_capture_let_go(capture);
	if (capture->descriptor < 0)
		return;
	mask_finish(&capture->masking);
	/* The only descriptor of this pipe end: closing it also takes it out of the epoll set. */
	capture->watch.active = false;
	close(capture->descriptor);
	capture->descriptor = -1;
}

void output_capture_pump(struct output_capture *capture)
{
	for (int i = 0; i < CHUNKS_A_CALL && capture->descriptor >= 0; i++) {
		ssize_t count = read(capture->descriptor, capture->chunk, CAPTURE_CHUNK_BYTES);
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0 && errno == EAGAIN)
			return;
		if (count <= 0) {
			output_capture_close(capture);
			capture->closed(capture->owner);
			return;
		}
		if (!capture->is_enlarged) {
			capture->is_enlarged = true;
			(void)fcntl(capture->descriptor, F_SETPIPE_SZ, PIPE_BYTES);
		}
		mask_feed(&capture->masking, capture->chunk, (size_t)count);
	}
}

void output_capture_release(struct output_capture *capture)
{
	mask_release(&capture->masking);
}
