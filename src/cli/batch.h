#ifndef WAVETRAIN_CLI_BATCH_H
#define WAVETRAIN_CLI_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/command.h"
#include "model/pipeline.h"

/* What `run` and `resume` let a user choose. */
struct batch_choices {
	const char *pipeline; /* NULL: the default one */
	const char *run;      /* of `resume`: which; NULL: latest */
	bool must_resume;     /* `resume` itself */
	uint32_t resume;      /* of `run --resume`: 1 + place in batch_resume_names; 0: never */
	uint32_t mode;        /* 1 + enum execution_mode; 0: what the pipeline says */
	uint32_t jobs;        /* 0: what the pipeline says */
	int64_t budget_ms;    /* 0: what the pipeline says */
	uint32_t format;      /* 1 + enum console_format; 0: auto */
	const char *report_folder; /* NULL: decided by where we run */
	const char *report_name;   /* of the artifact that CI makes of it */
	const char *templates;
	uint32_t status;             /* 1: on, 2: off; 0: on */
	uint32_t comment;            /* 1 + place in batch_comment_names; 0: always */
	uint32_t push;               /* 1 + enum push_policy; 0: what the pipeline says */
	struct word_list left_out;   /* ids of steps that do not run in this run */
	struct word_list taken_back; /* ids of steps that do after all */
	bool allow_dirty;
	bool stop_on_failure; /* like on_failure: stop */
	bool yes;             /* every gate is approved */
	bool dry_run;
	bool watch;                    /* of `run` */
	bool debug;                    /* of `run`; always of `debug` */
	struct word_list break_before; /* ids of steps */
	struct word_list break_after;
	bool shell; /* the prompts of a table are commands */
	struct assignment_list parameters;
};

/* Puts what the user chose in place of what the pipeline says. */
void batch_choices_apply(const struct batch_choices *choices, struct pipeline *pipeline);

enum resume_choice { RESUME_AUTO = 1, RESUME_NEVER, RESUME_REQUIRE };

/*
 * The options of `run`; `debug` takes those behind the first BATCH_NOT_DEBUG_OPTIONS, `resume` those
 * behind the first BATCH_NOT_RESUME_OPTIONS.
 */
enum { BATCH_NOT_DEBUG_OPTIONS = 3, BATCH_NOT_RESUME_OPTIONS = 7, BATCH_OPTIONS = 23 };
extern const struct option batch_options[BATCH_OPTIONS];

/*
 * The main job: loads, plans, runs, records, commits, reports and publishes. Returns the exit
 * status, or -1 with *error when something around the batch refused.
 */
int batch_run(struct cli *cli, const struct batch_choices *choices, struct error *error);

#endif
