/*
 * Writing to stdout. A reader that stops reading (a pager, Ctrl-S) holds the run back, as a reader
 * may; but it must not keep a signal from stopping the run. The engine keeps the stop signals
 * blocked, so one that waits can be seen: from then on what does not fit at once is dropped.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/index.h"
#include "base/stop_signals.h"
#include "base/text.h"
#include "cli/console.h"

#define LOOK_AGAIN_MS 100

static bool stop_is_wanted(void)
{
	sigset_t stopping, pending, both;
	stop_signals_fill(&stopping);
	return sigpending(&pending) == 0 && sigandset(&both, &stopping, &pending) == 0 &&
	       !sigisemptyset(&both);
}

/* True when at least PIPE_BUF bytes can be written at once (poll(2), pipe(7)). */
static bool wait_for_room(struct console *console)
{
	struct pollfd watch = {.fd = STDOUT_FILENO, .events = POLLOUT};
	for (;;) {
		console->output_dropped = console->output_dropped || stop_is_wanted();
		int ready = poll(&watch, 1, console->output_dropped ? 0 : LOOK_AGAIN_MS);
		if (ready > 0)
			return true;
		if (console->output_dropped || (ready < 0 && errno != EINTR))
			return false;
	}
}

static void put_bytes(struct console *console, const char *bytes, size_t size)
{
	while (size && wait_for_room(console)) {
		ssize_t count = write(STDOUT_FILENO, bytes, size < PIPE_BUF ? size : PIPE_BUF);
		if (count < 0 && errno != EINTR && errno != EAGAIN) {
			/* Nobody misses what was closed, by the caller or by a reader. */
			if (errno != EPIPE && errno != EBADF)
				console->output_errno = errno;
			return;
		}
		bytes += count > 0 ? count : 0;
		size -= count > 0 ? (size_t)count : 0;
	}
}

/* One column of ASCII for each character that has none. */
static void append_ascii(struct buffer *to, const char *text, size_t size)
{
	static const char *const stand_ins[] = {"…~", "·|", "–-", "—-", "▸>", "│|"};
	for (size_t at = 0, length; at < size; at += length) {
		uint32_t code_point;
		length = utf8_decode(text + at, size - at, &code_point);
		char shown = code_point < 0x80 ? (char)code_point : '?';
		for (size_t i = 0; i < ARRAY_LENGTH(stand_ins); i++)
			if (length > 1 && strncmp(text + at, stand_ins[i], length) == 0)
				shown = stand_ins[i][length];
		buffer_append_byte(to, shown);
	}
}

void console_put(struct console *console, const struct buffer *text)
{
	if (!console->settings.style.ascii) {
		put_bytes(console, buffer_text(text), text->size);
		return;
	}
	struct buffer ascii = BUFFER_INIT;
	append_ascii(&ascii, buffer_text(text), text->size);
	put_bytes(console, ascii.bytes, ascii.size);
	buffer_release(&ascii);
}
