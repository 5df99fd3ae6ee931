#ifndef WAVETRAIN_MODEL_PIPELINE_H
#define WAVETRAIN_MODEL_PIPELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/index.h"
#include "model/diagnostic.h"

/*
 * What a pipeline file says, whichever of the forms it was written in. Made by load/, then never
 * changed. Every pointer belongs to the arena the pipeline was loaded into. Texts are UTF-8 and
 * NUL-terminated; NULL means "not given". Counts go with the array before them.
 */

#define PIPELINE_STEP_LIMIT 1000000u

enum pipeline_format { FORMAT_STEPS, FORMAT_COUNT };
const char *pipeline_format_name(enum pipeline_format format);

struct environment_variable {
	const char *name;
	const char *value;
	struct source_position where;
};

struct environment {
	struct environment_variable *variables;
	uint32_t count;
};

struct text_item {
	const char *text;
	struct source_position where;
};

struct text_list {
	struct text_item *items;
	uint32_t count;
};

struct parameter {
	const char *name;
	const char *description;
	const char *default_value;
	const char *value; /* what holds for this run; NULL: none given and no default */
	bool required;
	struct text_list choices; /* `enum`; empty: anything goes */
	const char *pattern;      /* POSIX extended regular expression, whole value; NULL: none */
	struct source_position where;
};

/* Exactly one of script and arguments is given. */
struct command {
	const char *script;           /* goes to SHELL -e -c */
	const char *const *arguments; /* executed as they are; NULL after the last */
	uint32_t argument_count;
	const char *shell; /* of a script; "sh" by default; may hold arguments: "bash -u" */
	struct source_position where;
};

struct retry_policy {
	uint32_t max;       /* extra attempts; 0: none */
	int64_t backoff_ms; /* before the first extra attempt */
	double factor;      /* each further one waits this many times longer */
	int64_t max_delay_ms;
	bool jitter; /* wait a random time between half the delay and the whole */
	uint32_t on; /* bits 1u << enum failure_class that are retried */
};
#define RETRY_DEFAULT_BACKOFF_MS 2000
#define RETRY_DEFAULT_FACTOR 2.0
#define RETRY_DEFAULT_MAX_DELAY_MS 30000

struct file_rule {
	const char *
		path; /* relative to the step's working directory, or a glob, or an output's name */
	bool non_empty;
	uint32_t min_count; /* of files that match; 1 by default */
	uint32_t max_count; /* UINT32_MAX: no limit */
	const char *sha256; /* lower-case hexadecimal; NULL: any content */
	struct source_position where;
};

enum contract_kind { CONTRACT_COMMAND, CONTRACT_FILES, CONTRACT_KIND_COUNT };
const char *contract_kind_name(enum contract_kind kind);

struct contract {
	enum contract_kind kind;
	struct command command;  /* CONTRACT_COMMAND: passes with exit status 0 */
	int64_t timeout_ms;      /* of the command; 0: the step's */
	struct file_rule *files; /* CONTRACT_FILES */
	uint32_t file_count;
	struct source_position where;
};

struct need {
	const char *id;
	uint32_t step; /* INDEX_NONE until checked */
	struct source_position where;
};

struct input {
	const char *reference; /* as written: an artifact's name, or step.artifact */
	uint32_t step;         /* the producer; INDEX_NONE until checked */
	uint32_t output;       /* its place in the producer's outputs */
	struct source_position where;
};

struct output {
	const char *name;
	const char *
		path; /* path or glob from the working directory; NULL: $WAVETRAIN_OUTPUT/NAME[.*] */
	struct source_position where;
};

struct step {
	const char *id;
	const char *name; /* for people; the id when not given */
	const char *description;
	struct command command;
	struct environment env;
	const char *workdir; /* relative to pipeline->folder; NULL: that folder */
	struct need *needs;  /* as written, without those that inputs imply */
	uint32_t need_count;
	struct input *inputs;
	uint32_t input_count;
	struct output *outputs;
	uint32_t output_count;
	const char *group;  /* NULL: none */
	int64_t timeout_ms; /* of one attempt; 0: none */
	int64_t grace_ms;   /* between SIGTERM and SIGKILL; 10 s by default */
	struct retry_policy retry;
	struct contract *contracts;
	uint32_t contract_count;
	struct source_position where;
};
#define STEP_DEFAULT_GRACE_MS 10000

enum execution_mode { MODE_WAVES, MODE_COUNT };
const char *execution_mode_name(enum execution_mode mode);

/* When a step of a wave has failed for good. */
enum wave_failure_policy {
	ON_FAILURE_KEEP, /* the others finish and are committed; the next wave does not start */
	ON_FAILURE_STOP, /* the running ones are ended; what is done is committed */
	ON_FAILURE_COUNT
};
const char *wave_failure_policy_name(enum wave_failure_policy policy);

struct execution {
	enum execution_mode mode;
	uint32_t jobs; /* steps at once; 0: as many as the machine has processors */
	enum wave_failure_policy on_failure;
};

enum push_policy { PUSH_AUTO, PUSH_NEVER, PUSH_COUNT };
const char *push_policy_name(enum push_policy policy);

struct checkpoint_settings {
	bool commit;         /* false: no commits at all */
	const char *branch;  /* "current", "none" or a branch's name; NULL: decided at the start */
	const char *message; /* with {pipeline}, {what}, {groups}, {run} and parameters */
	enum push_policy push;
	uint64_t max_file_bytes;
};
#define CHECKPOINT_DEFAULT_MESSAGE "wavetrain: {what} complete ({groups})"
#define CHECKPOINT_DEFAULT_MAX_FILE_BYTES 50000000u

struct pipeline {
	const char *file;   /* as the user named it */
	const char *folder; /* absolute: where steps run, the folder of the file (decision 0002) */
	enum pipeline_format format;
	const char *name;
	const char *description;
	struct parameter *parameters;
	uint32_t parameter_count;
	struct environment env; /* of every step */
	struct execution execution;
	struct checkpoint_settings checkpoint;
	struct step *steps; /* in the order of the file */
	uint32_t step_count;
};

/* The step's index, or INDEX_NONE. Linear: for a command line's few ids. */
uint32_t pipeline_find_step(const struct pipeline *pipeline, const char *id);

/* The command as one line a person could paste into a shell; belongs to the arena. */
const char *command_display(const struct command *command, struct arena *arena);

#endif
