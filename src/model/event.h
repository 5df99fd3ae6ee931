#ifndef WAVETRAIN_MODEL_EVENT_H
#define WAVETRAIN_MODEL_EVENT_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/index.h"
#include "model/checkpoint.h"
#include "model/state.h"

/*
 * Something that happened in a run. The record, the console and every report are made from these
 * alone. One row each in event.c: the name, and which fields are valid.
 */
enum event_type {
	EVENT_PIPELINE_STARTED,
	EVENT_PIPELINE_RESUMED,
	EVENT_PIPELINE_COMPLETED,
	EVENT_PIPELINE_FAILED,
	EVENT_PIPELINE_INTERRUPTED,
	EVENT_WAVE_STARTED,
	EVENT_WAVE_COMPLETED,
	EVENT_WAVE_FAILED,
	EVENT_GROUP_STARTED,
	EVENT_GROUP_COMPLETED,
	EVENT_GROUP_FAILED,
	EVENT_STEP_STARTED,   /* an attempt begins */
	EVENT_STEP_COMPLETED, /* its process exited 0, outputs kept, contracts passed */
	EVENT_STEP_FAILED,    /* for good */
	EVENT_STEP_RETRIED,   /* an attempt failed, another follows after delay_ms */
	EVENT_STEP_SKIPPED,
	EVENT_STEP_CANCELLED,   /* an attempt was ended by us or from elsewhere; it is pending */
	EVENT_STEP_ROLLED_BACK, /* what it did does not count: it is pending again */
	EVENT_STEP_EXPANDED, /* its list is there: instances take its place; count says how many */
	EVENT_CACHE_HIT,     /* step_completed follows, without a process */
	EVENT_CONTRACT_VALIDATED,
	EVENT_CONTRACT_FAILED,
	EVENT_ARTIFACT_CREATED,
	EVENT_ARTIFACT_INJECTED,
	EVENT_CHECKPOINT_PREPARED, /* the commit exists, no reference points at it yet */
	EVENT_CHECKPOINT_CREATED,
	EVENT_CHECKPOINT_FAILED,
	EVENT_GATE_WAITING, /* the step is done, nothing after its stage starts */
	EVENT_GATE_OPENED,  /* subject: who approved */
	EVENT_TYPE_COUNT
};

struct artifact {
	const char *name;
	const char *path;    /* relative to the run's artifacts folder: "step/file" */
	uint32_t file_count; /* 1 for a file; a glob makes a folder */
	bool is_folder;
	uint64_t size_bytes;
	char sha256[65]; /* of the content; of a folder: of "sha256  path\n" lines in byte order */
};

/* One thing that is not as a contract says. */
struct contract_error {
	const char *pointer; /* where in the document: a JSON pointer; or a file's path */
	const char *keyword; /* "required", "type"; of files: "exists", "non_empty", "sha256" … */
	const char *expected; /* for people */
	const char *actual;
};

/* Zeroed, then the fields of the type filled. Pointers are valid until the next flush. */
struct event {
	enum event_type type;
	uint64_t sequence;   /* set by the record: 1, 2, … within a run */
	int64_t time_ms;     /* since 1970, UTC */
	uint32_t step;       /* in the plan; INDEX_NONE: not of a step */
	uint32_t wave;       /* INDEX_NONE: not of a wave */
	uint32_t group;      /* INDEX_NONE: not of a group */
	uint32_t attempt;    /* 1, 2, …; 0: not of an attempt */
	int64_t duration_ms; /* of the run, wave, group, attempt, contract or checkpoint that ended */

	/* An attempt that ended. */
	int exit_status; /* 0 to 255; -1: ended by a signal or never started */
	int signal;      /* 0: none */
	enum failure_class failure;
	int64_t queue_ms; /* between ready and started */
	int64_t delay_ms; /* of EVENT_STEP_RETRIED: until the next attempt */
	int64_t cpu_ms;   /* user and system time of the process and its waited-for children */
	uint64_t peak_rss_bytes; /* ru_maxrss of the process tree's largest process; 0: unknown */
	uint64_t log_bytes;      /* what the step wrote, before any cut; 0: it printed nothing */
	bool log_truncated;
	const char *log_path; /* relative to the run's folder; NULL: it printed nothing */
	uint32_t process_id;  /* of EVENT_STEP_STARTED */
	uint8_t containment;  /* of EVENT_STEP_STARTED: enum containment bits; 0: not known */

	const char *reason; /* one phrase for people: why skipped, failed, cancelled; NULL: none */
	const char
		*subject; /* contract: "command ./check.sh"; skipped: id of the cause; else NULL */
	const char *key;  /* of CACHE_HIT and of STEP_COMPLETED after it: hexadecimal */
	const char *tree; /* of STEP_COMPLETED in a worktree: object id of its changes; NULL */
	uint32_t jobs;    /* of PIPELINE_STARTED and _RESUMED: steps at once from now on */
	uint32_t count;   /* of STEP_EXPANDED: instances; of CONTRACT_FAILED: errors in all */
	const struct contract_error *errors; /* of CONTRACT_FAILED */
	uint32_t error_count;
	bool was_known;                      /* of CONTRACT_VALIDATED: not checked again */
	const struct artifact *artifact;     /* of ARTIFACT_* and CONTRACT_* */
	const struct checkpoint *checkpoint; /* of CHECKPOINT_* */
};

const char *event_type_name(enum event_type type); /* "step_started" */
bool event_type_parse(const char *name, enum event_type *type);

/* The names that an event's step, wave and group have in its JSON and in the audit. */
struct event_names {
	const char *run_id;
	const char *step_id;    /* NULL: none */
	const char *group_name; /* NULL: none */
};

/*
 * One JSON object without a line end: v, seq, event, pipeline_id, timestamp, step_id, and the
 * type's own fields.
 */
void event_append_json(
	const struct event *event, const struct event_names *names, struct buffer *buffer);

#endif
