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

enum pipeline_format { FORMAT_STEPS, FORMAT_ARTIFACTS, FORMAT_TABLE, FORMAT_COUNT };
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

/* What follows when a step has failed for good, or one of its contracts does not hold. */
enum failure_reaction {
	REACTION_DEFAULT,  /* of a contract: the step's; of a step: execution.on_failure */
	REACTION_RETRY,    /* another attempt; when there are no more, as REACTION_HALT */
	REACTION_HALT,     /* what runs ends and is committed; nothing else starts */
	REACTION_SKIP,     /* what needs it is skipped; everything else goes on, later stages too */
	REACTION_ROLLBACK, /* running steps are ended, files go back to the stage's start, halt */
	REACTION_ABORT,    /* running steps are ended at once; what is done is committed; halt */
	REACTION_COUNT
};
const char *failure_reaction_name(enum failure_reaction reaction); /* of DEFAULT: "default" */

enum contract_kind {
	CONTRACT_JSON_SCHEMA,
	CONTRACT_COMMAND,
	CONTRACT_FILES,
	CONTRACT_DIFF_SCOPE,
	CONTRACT_KIND_COUNT
};
const char *contract_kind_name(enum contract_kind kind);

struct contract {
	enum contract_kind kind;
	enum failure_reaction on_failure;
	uint32_t max_retries;    /* REACTION_RETRY: extra attempts because of this contract */
	struct command command;  /* CONTRACT_COMMAND: passes with exit status 0 */
	int64_t timeout_ms;      /* of the command; 0: the step's */
	struct file_rule *files; /* CONTRACT_FILES */
	uint32_t file_count;
	/* CONTRACT_JSON_SCHEMA: one of the two is given. */
	const char *schema;                  /* file, relative to pipeline->folder */
	struct source_position schema_where; /* of either; line 0: none is given */
	const char *schema_text;             /* the schema itself, JSON */
	const char *source;      /* a path from the working directory, or an output's name */
	bool is_message;         /* source is a component's message: its `content` is checked, and
				    its `schema` must be schema_name */
	const char *schema_name; /* "personal_data_finding:1.0.0"; NULL: none */
	struct text_list paths;  /* CONTRACT_DIFF_SCOPE: globs a changed path must match one of */
	struct source_position where;
};
#define CONTRACT_DEFAULT_MAX_RETRIES 2u

struct need {
	const char *id;
	uint32_t step; /* INDEX_NONE until checked */
	bool soft;     /* orders; may fail or be skipped without consequence */
	struct source_position where;
};

struct input {
	const char *reference; /* as written: an artifact's name, or step.artifact */
	uint32_t step;         /* the producer; INDEX_NONE until checked */
	uint32_t output;       /* its place in the producer's outputs */
	bool of_fan_out;       /* producer is one of several instances: a folder NAME/ holds one
				  file or folder for each, called after the instance */
	struct source_position where;
};

struct output {
	const char *name;
	const char *
		path; /* path or glob from the working directory; NULL: $WAVETRAIN_OUTPUT/NAME[.*] */
	struct source_position where;
};

/* How a program of an agent is called. Any agent's command line is a row here; none is built in. */
struct adapter_part {
	const char *const
		*arguments; /* with placeholders, see agent_command.h; NULL after the last */
	uint32_t argument_count;
	bool is_optional; /* left out as a whole when a placeholder in it has no value */
};

enum adapter_stdin { ADAPTER_STDIN_NONE, ADAPTER_STDIN_TASK, ADAPTER_STDIN_COUNT };
enum adapter_result { ADAPTER_RESULT_NONE, ADAPTER_RESULT_JSON, ADAPTER_RESULT_COUNT };
const char *adapter_stdin_name(enum adapter_stdin input);
const char *adapter_result_name(enum adapter_result result);

struct adapter {
	const char *name;
	struct adapter_part *parts; /* the command vector; the first part is the program */
	uint32_t part_count;
	enum adapter_stdin input;
	enum adapter_result result; /* JSON: stdout is the step's output `result` */
	const char *separator;      /* between the items of {allow} and {deny}; "," by default */
	const char *file; /* that declares it, when it is not the pipeline's own; NULL: it is */
	struct source_position where;
};

struct persona {
	const char *name;
	const char *description;
	const char *adapter;            /* NULL: the pipeline's only or default one */
	uint32_t adapter_index;         /* in pipeline->adapters; INDEX_NONE: none in reach */
	const char *system_prompt;      /* NULL: none; also read from system_prompt_file */
	const char *system_prompt_file; /* relative to pipeline->folder; NULL: none */
	const char *model;              /* NULL: the adapter's own */
	struct text_list allow;         /* permissions; those that deny names are not in it */
	struct text_list deny;
	struct environment env;
	const char *file; /* that declares it, when it is not the pipeline's own; NULL: it is */
	struct source_position where;
};

/* A step that is a task for an agent. */
struct agent_use {
	uint32_t persona; /* in pipeline->personas; INDEX_NONE: the table's `base`, undeclared */
	uint32_t adapter; /* in pipeline->adapters; INDEX_NONE: none in reach, cannot be run */
	const char *persona_name;
	const char *adapter_name;     /* as asked for; NULL: the default one */
	const char *task;             /* finished: parameters are in place */
	struct source_position where; /* of the persona's name; line 0: the step's */
};

/* A step that makes an artifact with a component. step->command is the component's program. */
struct component_use {
	const char *type;
	bool is_builtin;           /* the program is this one: `wavetrain component TYPE` */
	bool merges_inputs;        /* the inputs' contents one after another as one message */
	const char *properties;    /* a JSON object */
	const char *output_schema; /* "name:1.0.0"; NULL: not declared */
	struct text_list input_schemas;
	const char *contact; /* who answers for the artifact; NULL: not given */
};

/* A program that makes artifacts, as `components` declares it. */
struct component {
	const char *name;
	const char *description;
	struct command command;         /* arguments only */
	const char *output_schema;      /* "name:1.0.0"; NULL: not declared */
	struct text_list input_schemas; /* "name:1.0.0" or a range, "name:^1.0"; empty: any */
	int64_t timeout_ms;             /* of one attempt; 0: none */
	struct environment env;
	const char *file; /* that declares it, when it is not the pipeline's own; NULL: it is */
	struct source_position where;
};

/* What tells an instance of a fan-out from the others. Matrix values are in step->env already. */
struct step_instance {
	const char *base_id; /* of the step as written; step->id is "base[os=a]" or "base[3]" */
	uint32_t number;     /* 0, 1, … among the instances */
	uint32_t instance_count;
	const char *item;      /* of a foreach: JSON of the item, or of the batch; NULL: a matrix */
	const char *item_name; /* `as` */
};

/* A step that stands for as many as a list has items, until that list is there. */
struct foreach {
	struct input from;     /* the list: a JSON array, or a text with an item on each line */
	const char *item_name; /* `as`; "item" by default */
	uint32_t batch;        /* items for each instance; 1 by default */
	uint32_t limit;        /* more instances are an error */
	struct source_position where;
};
#define FOREACH_DEFAULT_LIMIT 10000u

struct cache_rule {
	struct text_list key; /* globs from the working directory: files that count as input */
	struct text_list
		paths; /* globs: files the step makes besides its outputs; put back on a hit */
};

enum workspace_kind {
	WORKSPACE_SHARED, /* the pipeline's folder */
	WORKSPACE_FRESH,  /* an empty folder for each attempt, with input/ and output/ beside it */
	WORKSPACE_WORKTREE, /* a checkout for each attempt; changes are merged at the stage's end */
	WORKSPACE_COUNT
};
const char *workspace_kind_name(enum workspace_kind kind);

/* How a step's processes are held, see model/containment.h. */
enum isolation {
	ISOLATION_AUTO, /* as far as the system goes; writes are held where the workspace is its own */
	ISOLATION_NONE,    /* it may write wherever the user may */
	ISOLATION_REQUIRE, /* it does not start where its end or its writes cannot be enforced */
	ISOLATION_COUNT
};
const char *isolation_name(enum isolation isolation);

/* Something that steps share besides processors: memory, a licence, a device, a lock (one of it). */
struct resource_pool {
	const char *name;
	uint64_t amount; /* in whatever unit the pipeline counts; at least 1 */
	struct source_position where;
};

/* What a step needs of a pool while it runs. */
struct resource_claim {
	const char *name;
	uint64_t amount;
	struct source_position where;
	uint32_t pool; /* in execution.pools; INDEX_NONE until checked */
};

/* Both in the order of the pools. */
bool resource_claims_equal(const struct resource_claim *left, uint32_t left_count,
	const struct resource_claim *right, uint32_t right_count);

/* So many different requests of steps are told apart. */
#define RESOURCE_KIND_LIMIT 256u

struct condition; /* model/condition.h */
struct mask;      /* base/mask.h */

/* By what its needs came to; the default is RUN_IF_SUCCESS alone. */
enum run_condition { RUN_IF_SUCCESS = 1, RUN_IF_FAILURE = 2 };

struct step {
	const char *id;
	const char *name; /* for people; the id when not given */
	const char *description;
	struct command command; /* of an agent step: empty */
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
	int64_t stall_ms;   /* without output and processor time; 0: any */
	int64_t grace_ms;   /* between SIGTERM and SIGKILL; 10 s by default */
	struct retry_policy retry;
	struct contract *contracts;
	uint32_t contract_count;

	/* What few steps have; NULL: not this one. */
	const struct agent_use *agent;
	const struct component_use *component;
	const struct step_instance *instance;
	const struct foreach *foreach;
	const struct condition *condition; /* `if` */
	const struct cache_rule *cache;
	struct resource_claim *claims; /* in the order of the pools */
	uint32_t claim_count;
	const struct text_list *secrets;      /* names of variables whose values are masked */
	const struct text_list *empty_inputs; /* artifacts of a foreach without any instance: an
						 empty folder each */

	struct text_list writable; /* places that an isolated step may write besides its own */

	enum workspace_kind workspace : 8;
	enum failure_reaction on_failure : 8;
	enum isolation isolation : 8; /* see step_isolation() */
	bool has_isolation;           /* false: it is execution.isolation that counts */
	double value;        /* what it is worth; with effort and risk: how early it starts */
	int64_t effort_ms;   /* how long it is said to take; 0: not said */
	double risk;         /* 0 to 1; see CHECKPOINT_RISK */
	bool is_milestone;   /* a checkpoint after it */
	bool needs_approval; /* gate: manual */
	bool is_check;       /* barrier: false; runs at its wave's end, before the commit */
	bool is_optional;    /* its failure does not make the run fail */
	bool is_exported;    /* its outputs are copied to the report folder */
	uint8_t breakpoint;  /* bits of enum debug_moment; heeded where the run is debugged */
	struct source_position where;
};
#define STEP_DEFAULT_GRACE_MS 10000

/* `waves:`, checked against the steps' needs. */
struct declared_wave {
	const char *name;       /* NULL: none */
	struct text_list steps; /* ids as written; of a fan-out, all its instances */
	struct source_position where;
};

/* `# wave: NAME` before a row of a table. */
struct wave_title {
	uint32_t step; /* the row's place: the wave that holds it, or the next one, has this name */
	const char *name;
};

enum execution_mode {
	MODE_WAVES,    /* a wave starts when the one before it has ended */
	MODE_FRONTIER, /* a step starts as soon as what it needs has ended */
	MODE_COUNT
};
const char *execution_mode_name(enum execution_mode mode);

/* When a step of a wave has failed for good. */
enum wave_failure_policy {
	ON_FAILURE_KEEP,     /* the others finish and are committed; the next wave does not start */
	ON_FAILURE_STOP,     /* the running ones are ended; what is done is committed */
	ON_FAILURE_ROLLBACK, /* the others finish; then files go back to the wave's start */
	ON_FAILURE_COUNT
};
const char *wave_failure_policy_name(enum wave_failure_policy policy);

/* How steps are offered the run's free slots; see run/jobserver.h. */
enum jobserver_style {
	JOBSERVER_NONE,
	JOBSERVER_FIFO, /* by a path: GNU make from 4.4 on, ninja, cargo */
	JOBSERVER_PIPE, /* by two descriptors: also older ones of make */
	JOBSERVER_STYLE_COUNT
};
const char *jobserver_style_name(enum jobserver_style style);

struct execution {
	enum execution_mode mode;
	bool has_balance; /* derived waves are evened out by the estimates */
	uint32_t jobs;    /* steps at once; 0: as many as the machine has processors */
	enum wave_failure_policy on_failure;
	enum isolation isolation; /* of steps that do not say */
	int64_t time_limit_ms;    /* of the whole run, then it is stopped as by SIGINT; 0: none */
	uint32_t retry_budget;    /* attempts more, of all steps together; 0: no limit */
	struct resource_pool *pools; /* `resources` */
	uint32_t pool_count;
	enum jobserver_style jobserver;
	int64_t budget_ms; /* the same, and what will not end within it is not started; 0: none */
};

enum push_policy { PUSH_AUTO, PUSH_NEVER, PUSH_COUNT };
const char *push_policy_name(enum push_policy policy);

struct checkpoint_settings {
	bool commit;         /* false: no commits at all */
	const char *branch;  /* "current", "none" or a branch's name; NULL: decided at the start */
	const char *message; /* with {pipeline}, {what}, {groups}, {run} and parameters */
	enum push_policy push;
	uint64_t max_file_bytes;
	/* While steps run; in mode frontier the defaults hold where `every` is not given. */
	bool has_every;
	int64_t every_ms;       /* since the last one; 0: no such */
	uint32_t every_percent; /* of the steps that are to run; 0: no such */
};
#define CHECKPOINT_LEAST_INTERVAL_MS 1000
#define CHECKPOINT_FRONTIER_INTERVAL_MS (30 * 60 * 1000)
#define CHECKPOINT_FRONTIER_PERCENT 25u
#define CHECKPOINT_RISK 0.5 /* of a step: there is one before it starts */
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
	struct adapter *adapters;
	uint32_t adapter_count;
	struct persona *personas;
	uint32_t persona_count;
	struct declared_wave *waves; /* count 0: derived, or detected where there are groups */
	uint32_t wave_count;
	struct wave_title *wave_titles;
	uint32_t wave_title_count;
	struct text_list secrets;     /* names of variables whose values are masked */
	const struct mask *mask;      /* their values, set by who runs it; NULL: nothing to mask */
	const char *contact;          /* of a runbook; NULL: none */
	struct component *components; /* declared ones, used or not */
	uint32_t component_count;
};

enum isolation step_isolation(const struct pipeline *pipeline, const struct step *step);

/* The step's index, or INDEX_NONE. Linear: for a command line's few ids. */
uint32_t pipeline_find_step(const struct pipeline *pipeline, const char *id);

/* The command as one line a person could paste into a shell; belongs to the arena. */
const char *command_display(const struct command *command, struct arena *arena);

/* The same for a step of any kind: "reviewer: look at …", "filesystem {…}"; the arena's. */
const char *step_display(const struct step *step, struct arena *arena);

#endif
