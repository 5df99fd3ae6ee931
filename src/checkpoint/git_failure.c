#include "checkpoint/git_failure.h"

#include <errno.h>
#include <git2.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/index.h"

/* A cause that can be told from libgit2's message alone. */
struct known_cause {
	const char *message; /* part of libgit2's message */
	enum error_code code;
	const char *sentence; /* NULL: libgit2's own */
	const char *hint;
};

static const struct known_cause known_causes[] = {
	{"No space left", ERROR_DISK_FULL, NULL, "free some space and run `wavetrain resume`"},
	{"Disk quota exceeded", ERROR_DISK_FULL, NULL,
		"free some space and run `wavetrain resume`"},
	{"mandatory extension: 'sdir'", ERROR_GIT,
		"the index is a sparse index, which cannot be read",
		"run `git sparse-checkout reapply --no-sparse-index`"},
	{"mandatory extension: 'link'", ERROR_GIT,
		"the index is a split index, which cannot be read",
		"run `git update-index --no-split-index`"},
	{"unsupported extension name", ERROR_GIT, NULL,
		"a repository with SHA-256 or reftable is not supported; set `checkpoint.commit: false`"},
	{"Permission denied", ERROR_FILE, NULL, "make the git folder writable for this user"},
	{"Read-only file system", ERROR_FILE, NULL, "make the git folder writable for this user"},
};

static const struct known_cause *find_cause(const char *message)
{
	for (size_t i = 0; i < ARRAY_LENGTH(known_causes); i++)
		if (strstr(message, known_causes[i].message))
			return &known_causes[i];
	return NULL;
}

/* Where libgit2 knows no reason its sentence ends with the colon before it. */
static int sentence_length(const char *message)
{
	size_t length = strlen(message);

	while (length > 0 && (message[length - 1] == ' ' || message[length - 1] == ':'))
		length--;
	return (int)length;
}

bool git_failure(struct error *error, int result, const char *format, ...)
{
	const git_error *last = git_error_last();
	const char *message = last && last->message ? last->message : "no reason given";
	const struct known_cause *cause = find_cause(message);
	char what[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	if (cause) {
		error_set(error, cause->code, "%s: %s", what,
			cause->sentence ? cause->sentence : message);
		return error_hint(error, "%s", cause->hint);
	}
	error_set(error, ERROR_GIT, "%s: %.*s", what, sentence_length(message), message);
	if (result == GIT_ELOCKED)
		error_hint(error, "another git is at work here; when none is, remove its .lock "
				  "file; then run `wavetrain resume`");
	return false;
}
