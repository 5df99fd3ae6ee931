#ifndef WAVETRAIN_CLI_PROJECT_H
#define WAVETRAIN_CLI_PROJECT_H

#include <stdbool.h>

#include "cli/command.h"
#include "cli/left_out.h"
#include "contract/contract_checker.h"
#include "model/diagnostic.h"
#include "model/history.h"
#include "model/pipeline.h"
#include "model/plan.h"
#include "model/run.h"
#include "plan/difference.h"
#include "record/record.h"

/* Where things are, for a command that was started in some folder. Texts: the cli's arena. */
struct project {
	const char *root;         /* absolute: the repository's root, else the current folder */
	const char *state_folder; /* absolute: WAVETRAIN_STATE_DIR, else ROOT/.wavetrain */
};

bool project_find(struct cli *cli, struct project *project, struct error *error);

/*
 * Where the steps of a pipeline file run: its own folder; for a file below .wavetrain/ the folder
 * that holds .wavetrain/. Absolute.
 */
const char *project_work_folder(struct cli *cli, const char *pipeline_path);

/* "RUN" for what waits in the run's folder: STATE/runs/RUN-ID. */
const char *project_run_folder(struct cli *cli, const struct project *project, const char *run_id);

struct load_choices {
	const struct assignment_list *parameters; /* NULL: none */
	bool shell;                               /* the prompts of a table are commands */
	struct contract_checker *checker; /* keeps the compiled schemas; NULL: nobody needs them */
};

/*
 * Finds the pipeline WORD names (NULL: the default one), loads it, and checks all that can be
 * checked without a plan. False only when there is no file to read; faults of its content are
 * in *diagnostics, which diagnostics_release() ends also then.
 */
bool project_read(struct cli *cli, const char *word, const struct load_choices *choices,
	struct diagnostics *diagnostics, struct pipeline *pipeline, struct error *error);

/*
 * The same for commands that go on with the pipeline: its faults are printed to stderr; *error
 * is then ERROR_PIPELINE_INVALID with their number.
 */
bool project_load(struct cli *cli, const char *word, const struct load_choices *choices,
	struct pipeline *pipeline, struct error *error);

struct plan_choices {
	uint32_t jobs;              /* 0: what the pipeline says */
	const struct run *previous; /* NULL: a new run */
	const bool *artifact_intact;
	uint32_t kept_count;   /* of previous->steps: whose failure or skipping stays */
	struct record *record; /* for history; NULL: none */
	struct definition previous_definition; /* of the previous run's steps; zeroed: not known */
	struct left_out_choices left_out;
	const char *cache_folder; /* where results of earlier runs are looked for; NULL: nowhere */
};

/* Plans; faults are printed as by project_load(). */
bool project_plan(struct cli *cli, const struct pipeline *pipeline,
	const struct plan_choices *choices, struct plan *plan, struct error *error);

/* Finds the project and opens its record for reading; record_close() is the caller's. */
bool project_open_record(
	struct cli *cli, struct project *project, struct record **record, struct error *error);

/* Reads the run WORD names (NULL: the latest), its folder included. */
bool project_read_run_from(struct cli *cli, const struct project *project, struct record *record,
	const char *word, struct run *run, struct error *error);

/* Both, for commands that need one run and nothing else. */
bool project_read_run(struct cli *cli, const char *word, struct run *run, struct error *error);

#endif
