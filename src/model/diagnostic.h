#ifndef WAVETRAIN_MODEL_DIAGNOSTIC_H
#define WAVETRAIN_MODEL_DIAGNOSTIC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"

/* A place in a pipeline file. Lines and columns count from 1; line 0: no place known. */
struct source_position {
	uint32_t line;
	uint32_t column; /* in characters, not bytes */
};

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };

/* What kind of fault; the word in JSON output. One row each in diagnostic.c. */
enum finding_code {
	FINDING_PARSE, /* not YAML, or beyond a limit */
	FINDING_UNKNOWN_KEY,
	FINDING_DUPLICATE_KEY,
	FINDING_MISSING_KEY,
	FINDING_WRONG_TYPE,
	FINDING_BAD_VALUE,
	FINDING_DUPLICATE_ID,
	FINDING_UNKNOWN_REFERENCE, /* a step, artifact or parameter that is not there */
	FINDING_AMBIGUOUS,
	FINDING_CYCLE,
	FINDING_WAVE_ORDER,   /* a step needs one of a later wave */
	FINDING_VARIABLE,     /* ${VAR} that is not set */
	FINDING_PARAMETER,    /* -p NAME=VALUE that does not fit */
	FINDING_CONDITION,    /* an `if` that cannot be read */
	FINDING_SCHEMA,       /* a JSON Schema that cannot be read or is none */
	FINDING_INCOMPATIBLE, /* an artifact whose schema its consumer does not take */
	FINDING_COMPONENT,    /* a component that nobody declares or that is not installed */
	FINDING_ADAPTER,      /* an adapter that nobody declares or that is not installed */
	FINDING_OLD_FORM,     /* a layout that `init --from` converts */
	FINDING_CODE_COUNT
};

struct finding {
	enum severity severity;
	enum finding_code code;
	struct source_position where;
	const char *message; /* one sentence */
	const char *hint;    /* "did you mean 'needs'?"; NULL: none */
	const char *file;    /* that where counts in; NULL: the diagnostics' own */
};

/* All faults of one file, in the order found; everything belongs to the arena. */
struct diagnostics {
	struct arena *arena;
	const char *file;   /* as the user named it */
	const char *source; /* the file's text for caret lines; NULL: not kept */
	size_t source_size;
	struct finding *findings; /* heap: diagnostics_release() */
	uint32_t count;
	uint32_t capacity;
	uint32_t error_count;
};

/* More than this many are counted but not kept. */
#define DIAGNOSTICS_LIMIT 1000

void diagnostics_init(struct diagnostics *diagnostics, struct arena *arena, const char *file);
void diagnostics_release(struct diagnostics *diagnostics);

/* Adds an error and returns it, so that a hint can be put on it. */
struct finding *diagnostics_add(struct diagnostics *diagnostics, enum finding_code code,
	struct source_position where, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The same with the hint "did you mean 'NEAREST'?" unless nearest is NULL. */
struct finding *diagnostics_add_near(struct diagnostics *diagnostics, enum finding_code code,
	struct source_position where, const char *nearest, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* Sorts by place, keeping the order of equals. */
void diagnostics_sort(struct diagnostics *diagnostics);

/*
 * "file:line:column: error: text" with the source line, a caret line and the hint under it, for
 * each finding. Control characters of the file are made visible.
 */
void diagnostics_append_text(const struct diagnostics *diagnostics, struct buffer *buffer);

/* {"v":1,"ok":…,"findings":[{severity,code,message,file,line,column,hint}]} and a line end. */
void diagnostics_append_json(const struct diagnostics *diagnostics, struct buffer *buffer);

const char *finding_code_name(enum finding_code code);
const char *severity_name(enum severity severity);

#endif
