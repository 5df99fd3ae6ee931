#include "run/step_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"

#define COPY_BYTES 65536

void step_log_begin(struct step_log *log, int run_folder, const char *step_id, uint32_t attempt)
{
	*log = (struct step_log){
		.run_folder = run_folder,
		.limits = {STEP_LOG_HEAD_BYTES, STEP_LOG_TAIL_BYTES},
		.head = -1,
		.tail = -1,
	};
	snprintf(log->path, sizeof log->path, "log/%s.%u.log", step_id, attempt);
}

static bool break_off(struct step_log *log)
{
	log->is_broken = true;
	return error_set_errno(&log->fault, ERROR_FILE, "cannot write the log '%s'", log->path);
}

static bool open_head(struct step_log *log)
{
	const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
	if (log->head >= 0)
		return true;
	log->head = openat(log->run_folder, log->path, flags, 0666);
	if (log->head < 0 && errno == ENOENT && mkdirat(log->run_folder, "log", 0777) == 0)
		log->head = openat(log->run_folder, log->path, flags, 0666);
	return log->head >= 0 || break_off(log);
}

static bool open_tail(struct step_log *log)
{
	char path[sizeof log->path + 8];
	if (log->tail >= 0)
		return true;
	snprintf(path, sizeof path, "%s.tail", log->path);
	log->tail = openat(
		log->run_folder, path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (log->tail < 0)
		return break_off(log);
	unlinkat(log->run_folder, path, 0);
	return true;
}

static bool write_tail(struct step_log *log, const char *bytes, size_t size)
{
	if (!open_tail(log))
		return false;
	while (size) {
		uint64_t at = (log->size - log->limits.head_bytes) % log->limits.tail_bytes;
		uint64_t room = log->limits.tail_bytes - at;
		size_t part = size < room ? size : (size_t)room;
		ssize_t count = pwrite(log->tail, bytes, part, (off_t)at);
		if (count < 0 && errno != EINTR)
			return break_off(log);
		if (count <= 0)
			continue;
		log->size += (uint64_t)count;
		bytes += count;
		size -= (size_t)count;
	}
	return true;
}

void step_log_write(struct step_log *log, const char *bytes, size_t size)
{
	if (!size || log->is_broken || !open_head(log))
		return;
	log->is_mid_line = bytes[size - 1] != '\n';
	if (log->size < log->limits.head_bytes) {
		uint64_t room = log->limits.head_bytes - log->size;
		size_t part = size < room ? size : (size_t)room;
		if (!descriptor_write_all(log->head, bytes, part, &log->fault)) {
			log->is_broken = true;
			error_context(&log->fault, "the log '%s'", log->path);
			return;
		}
		log->size += part;
		bytes += part;
		size -= part;
	}
	if (size)
		write_tail(log, bytes, size);
}

void step_log_note(struct step_log *log, const char *format, ...)
{
	char text[512];
	struct buffer line CLEANUP(buffer_release) = BUFFER_INIT;
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	buffer_printf(&line, "%s[wavetrain] %s\n", log->is_mid_line ? "\n" : "", text);
	uint64_t before = log->size;
	step_log_write(log, line.bytes, line.size);
	log->noted += log->size - before;
}

static bool append_tail(struct step_log *log, uint64_t from, uint64_t to)
{
	char bytes[COPY_BYTES];
	while (from < to) {
		size_t part = to - from < sizeof bytes ? (size_t)(to - from) : sizeof bytes;
		ssize_t count = pread(log->tail, bytes, part, (off_t)from);
		if (count <= 0)
			return break_off(log);
		if (!descriptor_write_all(log->head, bytes, (size_t)count, &log->fault)) {
			log->is_broken = true;
			return error_context(&log->fault, "the log '%s'", log->path);
		}
		from += (uint64_t)count;
	}
	return true;
}

static bool join_tail(struct step_log *log)
{
	uint64_t limit = log->limits.tail_bytes;
	uint64_t tail = log->size - log->limits.head_bytes;
	if (tail <= limit)
		return append_tail(log, 0, tail);
	char note[160];
	int length = snprintf(note, sizeof note,
		"\n[wavetrain] %" PRIu64 " bytes are left out here: a log is limited to %" PRIu64
		" bytes\n",
		tail - limit, log->limits.head_bytes + limit);
	if (!descriptor_write_all(log->head, note, (size_t)length, &log->fault)) {
		log->is_broken = true;
		return error_context(&log->fault, "the log '%s'", log->path);
	}
	return append_tail(log, tail % limit, limit) && append_tail(log, 0, tail % limit);
}

bool step_log_finish(struct step_log *log)
{
	if (log->tail >= 0 && !log->is_broken)
		join_tail(log);
	if (log->tail >= 0)
		close(log->tail);
	if (log->head >= 0 && close(log->head) < 0 && !log->is_broken)
		break_off(log);
	log->head = log->tail = -1;
	return !log->is_broken;
}

uint64_t step_log_step_bytes(const struct step_log *log)
{
	return log->size - log->noted;
}

bool step_log_is_truncated(const struct step_log *log)
{
	return log->size > log->limits.head_bytes + log->limits.tail_bytes;
}
