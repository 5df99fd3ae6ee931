#ifndef WAVETRAIN_BASE_ERROR_H
#define WAVETRAIN_BASE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>

/*
 * Why something that should have worked did not. Every code is a row in error.c with the stable
 * word that users and scripts see and the exit status it leads to; docs/errors.md is made from it.
 */
enum error_code {
	ERROR_NONE = 0,
	ERROR_STEP_FAILED,      /* a step, contract or gate failed */
	ERROR_USAGE,            /* wrong words on the command line */
	ERROR_NO_PIPELINE,      /* no pipeline file where one is looked for */
	ERROR_PIPELINE_INVALID, /* the file was read, and is wrong */
	ERROR_RUN_UNKNOWN,      /* no run of that name on record */
	ERROR_FILE,             /* a file or folder could not be read or written */
	ERROR_DISK_FULL,        /* ENOSPC, EDQUOT */
	ERROR_PROCESS,          /* a process could not be started or watched */
	ERROR_STATE_LOCKED,     /* another runner holds the state folder */
	ERROR_DATABASE,         /* SQLite refused */
	ERROR_RECORD_DAMAGED,   /* the record is not what was written */
	ERROR_RUN_DIVERGED,     /* a run went on in two places */
	ERROR_NOT_A_REPOSITORY, /* checkpoints were asked for outside a git repository */
	ERROR_GIT,              /* git or libgit2 refused */
	ERROR_WORK_TREE_DIRTY,  /* uncommitted changes stand in the way of commits on the branch */
	ERROR_GIT_PUSH,         /* the remote refused a push */
	ERROR_NETWORK,          /* no answer, or a broken one */
	ERROR_API_REFUSED,      /* GitHub answered, and said no */
	ERROR_TEMPLATE,         /* a report template is wrong */
	ERROR_INTERRUPTED,      /* stopped by a signal; resumable */
	ERROR_CODE_COUNT
};

/*
 * Lives on the caller's stack and owns nothing. The one who finds the fault sets it; callers on
 * the way up may put context before it; cli/ prints it, once.
 */
struct error {
	enum error_code code;
	int number;     /* errno of the failing call; 0: none */
	char text[896]; /* one sentence without a full stop, UTF-8 */
	char hint[384]; /* what to do next, often a command; empty: nothing to say */
};

/* Sets *error and returns false, so that a caller can write `return error_set(...)`. */
bool error_set(struct error *error, enum error_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same with ": " and the words for errno at the end; ENOSPC and EDQUOT make ERROR_DISK_FULL. */
bool error_set_errno(struct error *error, enum error_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "CONTEXT: " before the text. Returns false. */
bool error_context(struct error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Says what to do next. Returns false. */
bool error_hint(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The stable word of a code: "state-locked". */
const char *error_code_name(enum error_code code);

/* One sentence for the reference page: what the code means. */
const char *error_code_meaning(enum error_code code);

/* The exit status a code leads to: 0, 1, 2, 3, 4 or 75. */
int error_code_exit_status(enum error_code code);

#endif
