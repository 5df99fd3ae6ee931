#include "base/error.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

struct error_row {
	const char *name;
	int exit_status;
	const char *meaning;
};

static const struct error_row rows[] = {
	[ERROR_NONE] = {"none", 0, "Nothing went wrong."},
	[ERROR_STEP_FAILED] = {"step-failed", 1, "A step or one of its contracts failed."},
	[ERROR_USAGE] = {"usage", 2, "The words on the command line are wrong."},
	[ERROR_NO_PIPELINE] = {"no-pipeline", 3,
		"No pipeline file was found where one is looked for."},
	[ERROR_PIPELINE_INVALID] = {"pipeline-invalid", 3,
		"The pipeline file was read, and is wrong; every fault is listed."},
	[ERROR_RUN_UNKNOWN] = {"run-unknown", 2, "No run of that name is on record here."},
	[ERROR_FILE] = {"file", 4, "A file or folder could not be read or written."},
	[ERROR_DISK_FULL] = {"disk-full", 4, "The disk is full, or a quota is used up."},
	[ERROR_PROCESS] = {"process", 4, "The system refused to start or watch a process."},
	[ERROR_STATE_LOCKED] = {"state-locked", 4,
		"Another wavetrain is running on the same state folder."},
	[ERROR_DATABASE] = {"database", 4, "The record (SQLite) refused."},
	[ERROR_RECORD_DAMAGED] = {"record-damaged", 4,
		"The record of runs is not what was written."},
	[ERROR_RUN_DIVERGED] = {"run-diverged", 4,
		"A run went on in two work trees or clones, and neither has all of it."},
	[ERROR_NOT_A_REPOSITORY] = {"not-a-repository", 4,
		"Commits were asked for outside a git repository."},
	[ERROR_GIT] = {"git", 4, "Git refused."},
	[ERROR_WORK_TREE_DIRTY] = {"work-tree-dirty", 4,
		"Uncommitted changes stand in the way of commits on the current branch."},
	[ERROR_GIT_PUSH] = {"git-push", 4,
		"The remote refused a push. The run goes on; its commits stay local."},
	[ERROR_NETWORK] = {"network", 4, "No answer, or a broken one, over the network."},
	[ERROR_API_REFUSED] = {"api-refused", 4,
		"GitHub answered, and said no. The run goes on; the report is in the log."},
	[ERROR_TEMPLATE] = {"template", 4, "A report template is wrong."},
	[ERROR_INTERRUPTED] = {"interrupted", 75,
		"Stopped by a signal after saving everything; `wavetrain resume` continues."},
};
static_assert(sizeof(rows) / sizeof(rows[0]) == ERROR_CODE_COUNT, "a row for each error code");

bool error_set(struct error *error, enum error_code code, const char *format, ...)
{
	va_list arguments;
	*error = (struct error){.code = code};
	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
	return false;
}

bool error_set_errno(struct error *error, enum error_code code, const char *format, ...)
{
	int number = errno;
	va_list arguments;
	if (number == ENOSPC || number == EDQUOT)
		code = ERROR_DISK_FULL;
	*error = (struct error){.code = code, .number = number};
	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
	size_t used = strlen(error->text);
	snprintf(error->text + used, sizeof(error->text) - used, ": %s", strerror(number));
	if (code == ERROR_DISK_FULL)
		error_hint(error, "free some space, then run this again");
	return false;
}

bool error_context(struct error *error, const char *format, ...)
{
	char text[sizeof(error->text)];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	size_t used = strlen(text);
	size_t room = sizeof(text) - used;
	/* A text that gets too long loses its end, never its start. */
	if (snprintf(text + used, room, ": %s", error->text) >= (int)room)
		text[utf8_cut(text, strlen(text), sizeof(text) - 1)] = '\0';
	memcpy(error->text, text, sizeof(text));
	return false;
}

bool error_hint(struct error *error, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(error->hint, sizeof(error->hint), format, arguments);
	va_end(arguments);
	return false;
}

const char *error_code_name(enum error_code code)
{
	return rows[code].name;
}

const char *error_code_meaning(enum error_code code)
{
	return rows[code].meaning;
}

int error_code_exit_status(enum error_code code)
{
	return rows[code].exit_status;
}
