#ifndef WAVETRAIN_RUN_WORKSPACE_H
#define WAVETRAIN_RUN_WORKSPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "model/pipeline.h"
#include "model/services.h"
#include "run/removal.h"

/*
 * Where attempts work. Everything lies in RUN_FOLDER/work/STEP-ID.ATTEMPT/, the attempt's folder:
 *
 *   shared    input/ and output/ where the step declares some; it works in the pipeline's folder.
 *             A step that declares none has no folder, and nothing here costs it a system call
 *   fresh     input/, output/ and workspace/, in which it works and finds nothing
 *   worktree  input/, output/ and tree/, the checkout; it works in the pipeline's folder there
 *
 * Inputs are put in place by the caller. What is given up goes to RUN_FOLDER/work/.retired in one
 * rename, and is removed when there is time for it.
 */

struct workspace_settings {
	const char *run_folder;                    /* absolute, exists */
	const char *pipeline_folder;               /* absolute */
	const char *folder_in_tree;                /* the pipeline's folder counted from the
						      repository's root; NULL or "": that is it */
	const struct worktree_services *worktrees; /* NULL: no step has a worktree */
	void *context;                             /* of worktrees */

	/*
	 * When less is free than this before a workspace is made, what is retired goes first, then
	 * what was prepared. WORKSPACE_DEFAULT_RESERVE_BYTES is a good value; 0: never look.
	 */
	uint64_t reserve_bytes;
};
#define WORKSPACE_DEFAULT_RESERVE_BYTES (UINT64_C(512) << 20)

/* At most so many are prepared and not yet used. */
#define WORKSPACE_PREPARED_LIMIT 8u

/* Made ahead, and not yet asked for. */
struct prepared_workspace {
	char *name; /* heap */
	bool has_tree;
};

struct workspaces {
	struct workspace_settings settings; /* texts are the caller's, valid until the close */
	int folder;                         /* of work/; -1: not needed yet */
	struct removal removal;             /* what is in .retired; opened with folder */
	struct prepared_workspace prepared[WORKSPACE_PREPARED_LIMIT];
	uint32_t prepared_count;
	bool has_failed_ahead; /* nothing more is prepared in this stage */
	char **trees; /* heap: names of attempts whose checkouts are given up but still there */
	uint32_t tree_count;
	uint32_t tree_capacity;
};

/* Which one. */
struct workspace_request {
	const struct step *step; /* its id has no '/' */
	uint32_t attempt;        /* 1, 2, … over all runs and resumes */
};

/* Paths are absolute, and the arena's (or the settings') they were made with. */
struct workspace {
	enum workspace_kind kind;
	bool has_folder;            /* attempt_folder was made */
	const char *name;           /* "STEP-ID.ATTEMPT" */
	const char *attempt_folder; /* never NULL; there only if has_folder */
	const char *base_folder;    /* what the step's workdir counts from */
	const char *work_folder;    /* the step's working directory: base_folder and its workdir */
	const char *paths_folder;   /* what workspace_path() counts from */
	const char *input_folder;   /* NULL: none */
	const char *output_folder;  /* NULL: none */
	const char *tree_folder;    /* the checkout; NULL: no worktree */
};

/* Makes nothing yet. What an earlier runner of this run had retired is taken over. */
bool workspaces_open(struct workspaces *workspaces, const struct workspace_settings *settings,
	struct error *error);

/*
 * With remove_all, removes everything retired or prepared first, which may take long; without, it
 * stays for workspaces_open() on the same run. False with *error only when something that should
 * have been removed could not be (it is worth a remark, no more). Closed in any case. Zeroed memory
 * is closed already.
 */
bool workspaces_close(struct workspaces *workspaces, bool remove_all, struct error *error);

/* The paths alone, without looking at the disk. has_folder: for a kind that always has one. */
void workspace_describe(const struct workspaces *workspaces,
	const struct workspace_request *request, struct arena *arena, struct workspace *workspace);

/*
 * Makes it, or takes the one that was prepared: input_folder, output_folder and a fresh workdir are
 * empty folders, whatever lay there is retired. A checkout is of the present stage's base; workdir
 * is not looked at there, nor in a shared one. False: *error says why (number: errno), and nothing
 * is left. *workspace is then still described.
 */
bool workspace_make(struct workspaces *workspaces, const struct workspace_request *request,
	struct arena *arena, struct workspace *workspace, struct error *error);

/* Sees to it that attempt_folder is there, for files that go with the attempt. */
bool workspace_require_folder(
	struct workspaces *workspaces, struct workspace *workspace, struct error *error);

/*
 * The attempt needs it no more; for a worktree: it has been collected. Costs one rename at most,
 * nothing without has_folder. One that is not retired stays for people to look at. Also for
 * attempts of a runner that died: describe, then retire.
 */
void workspace_retire(struct workspaces *workspaces, const struct workspace *workspace);

/*
 * For idle moments: makes the first of these ahead that is worth it and not there yet: fresh ones
 * and worktrees; at most one, so that nothing waits for more than that. True when one was made:
 * call again when idle. False: there is nothing to do; a failure too is only told by
 * workspace_make(). Only steps of the present stage may be asked for, as a checkout is made from
 * its base.
 */
bool workspaces_prepare_next(
	struct workspaces *workspaces, const struct workspace_request *requests, uint32_t count);

/* Another stage begins, so another base: checkouts that were prepared and not used are retired. */
void workspaces_begin_stage(struct workspaces *workspaces);

/*
 * For idle moments: removes about entry_limit files and folders of what is retired, or one
 * checkout. True while there is more that can be removed. Never follows a link, nor leaves the
 * file system it is on; folders without permissions are no hindrance.
 */
bool workspaces_tidy(struct workspaces *workspaces, uint32_t entry_limit);

/*
 * A path of a step's outputs, contracts or cache rule, which counts from its working directory, as
 * it counts from paths_folder. In a fresh workspace "output/x" and "input/x" mean the attempt's own
 * folders and "x" is "workspace/x"; in the others it stays. The arena's or the path itself. What is
 * no path beneath ("../x", "/x") is never one afterwards. Open with open_beneath(), which sees
 * when the step has put a link in place of one of these folders.
 */
const char *workspace_path(
	const struct workspace *workspace, const char *path, struct arena *arena);

/*
 * The contract with its source and files mapped like that, where they do not name one of the
 * step's outputs; a check of it has paths_folder as its work_folder. The contract itself where
 * nothing changes, else the arena's.
 */
const struct contract *workspace_contract(const struct workspace *workspace,
	const struct step *step, const struct contract *contract, struct arena *arena);

#endif
