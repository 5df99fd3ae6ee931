#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "publish/workflow_commands.h"

#define CUT_NOTE "\n_The rest did not fit; it is in the report._\n"

/* The runner's file, made if it is not there. *size_bytes: what it holds. */
static int runner_file_open(
	const char *path, size_t *size_bytes, bool *line_open, struct error *error)
{
	int descriptor = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
	if (descriptor < 0) {
		error_set_errno(error, ERROR_FILE, "%s could not be opened", path);
		return -1;
	}
	struct stat status;
	if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
		error_set(error, ERROR_FILE, "%s is not a plain file", path);
		close_descriptor(&descriptor);
		return -1;
	}
	*size_bytes = (size_t)status.st_size;
	char last = '\n';
	if (status.st_size > 0 && pread(descriptor, &last, 1, status.st_size - 1) != 1)
		last = '\n';
	*line_open = last != '\n';
	return descriptor;
}

static bool output_name_is_valid(const char *name)
{
	size_t length =
		strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");
	return length > 0 && name[length] == '\0' && !strchr("0123456789-", name[0]);
}

static bool output_append(
	struct buffer *text, const struct github_output *output, struct error *error)
{
	if (!output_name_is_valid(output->name))
		return error_set(
			error, ERROR_FILE, "%s cannot be the name of an output", output->name);
	char token[STOP_COMMANDS_TOKEN_SIZE];
	do {
		stop_commands_token(token);
	} while (strstr(output->value, token));
	buffer_printf(text, "%s<<wavetrain_%s\n%s\nwavetrain_%s\n", output->name, token,
		output->value, token);
	return true;
}

bool github_outputs_append(
	const char *path, const struct github_output *outputs, size_t count, struct error *error)
{
	size_t size_bytes;
	bool line_open;
	CLEANUP(close_descriptor)
	int descriptor = runner_file_open(path, &size_bytes, &line_open, error);
	if (descriptor < 0)
		return false;
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	if (line_open)
		buffer_append_byte(&text, '\n');
	for (size_t i = 0; i < count; i++) {
		if (outputs[i].value && !output_append(&text, &outputs[i], error))
			return false;
	}
	if (!descriptor_write_all(descriptor, buffer_text(&text), text.size, error))
		return error_context(error, "%s", path);
	return true;
}

/* The largest size <= limit at which a line ends; 0 where none does. */
static size_t cut_after_line(const char *bytes, size_t size, size_t limit)
{
	if (size <= limit)
		return size;
	const char *end = memrchr(bytes, '\n', limit);
	return end ? (size_t)(end - bytes) + 1 : 0;
}

bool step_summary_append(const char *path, const char *bytes, size_t size, struct error *error)
{
	size_t used;
	bool line_open;
	CLEANUP(close_descriptor) int descriptor = runner_file_open(path, &used, &line_open, error);
	if (descriptor < 0)
		return false;
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	if (line_open)
		buffer_append_byte(&text, '\n');
	size_t room = used < STEP_SUMMARY_LIMIT_BYTES ? STEP_SUMMARY_LIMIT_BYTES - used : 0;
	room = room > text.size ? room - text.size : 0;
	if (size > room && room < sizeof CUT_NOTE)
		return true;
	size_t kept = size <= room ? size : cut_after_line(bytes, size, room - sizeof CUT_NOTE);
	buffer_append(&text, bytes, kept);
	if (kept < size)
		buffer_append_text(&text, CUT_NOTE);
	if (!descriptor_write_all(descriptor, buffer_text(&text), text.size, error))
		return error_context(error, "%s", path);
	return true;
}
