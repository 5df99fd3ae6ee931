#ifndef WAVETRAIN_CLI_WIRING_H
#define WAVETRAIN_CLI_WIRING_H

#include <signal.h>

#include "base/mask.h"
#include "checkpoint/checkpoint_save.h"
#include "checkpoint/sync.h"
#include "cli/batch.h"
#include "cli/console.h"
#include "cli/debugger.h"
#include "cli/project.h"
#include "model/ci_context.h"
#include "model/services.h"
#include "publish/publication.h"
#include "record/record.h"

/* One batch and everything that is plugged into the engine for it. */
struct batch {
	struct cli *cli;
	/*
	 * The same with an arena of its own, for pipeline, plan and run: of a long run they take
	 * more than all else, and are not needed any more when it is read back for its reports.
	 */
	struct cli planning;
	struct arena planning_arena;
	const struct batch_choices *choices;
	struct project project;
	struct ci_context ci;
	struct pipeline pipeline;
	struct pipeline written; /* the same before lists became steps */
	struct plan plan;
	struct run run; /* as it stood before the engine started */
	bool resumed;
	bool on_record; /* `resume` would find it */
	const char *run_id;
	const char *run_folder;
	bool shell;                        /* now, or when the run was begun */
	struct assignment_list parameters; /* this call's, and those the run was begun with */
	const char **exports; /* ids of the steps whose outputs go to the report folder */
	uint32_t export_count;
	struct record *record;             /* owned */
	struct contract_checker *checker;  /* owned */
	struct checkpointer *checkpointer; /* owned; NULL: no commits */
	struct sync *sync;                 /* owned; NULL: nothing is pushed */
	struct publication *publication;   /* owned; NULL: nothing is published */
	struct debugger *debugger;         /* owned; NULL: nobody debugs */
	struct console console;
	struct run_services services;
	struct mask *mask;       /* owned; NULL: there are no secrets */
	struct arena masked;     /* texts of events since the last flush */
	sigset_t signals_before; /* the mask before the stop signals were held back */
};

/* Fills batch->services. batch must stay where it is while they are used. */
void wiring_connect(struct batch *batch);

#endif
