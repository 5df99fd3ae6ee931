#ifndef WAVETRAIN_RUN_CONFINEMENT_H
#define WAVETRAIN_RUN_CONFINEMENT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "model/pipeline.h"
#include "run/cgroup.h"
#include "run/git_folders.h"

/*
 * What this system offers to hold steps with. Session, process group and parent-death signal are
 * always there; a cgroup and Landlock are used where they can be had.
 */
struct confinement {
	struct cgroup_run cgroups;
	struct error cgroup_fault; /* why there is none; without a path alone */
	unsigned landlock;         /* version; 0: none */
	struct error landlock_fault;
	bool namespace_is_tried; /* when the first step needs one */
	bool has_namespace;
	struct error namespace_fault;
	const char *state_folder; /* canonical; the arena's */
	const char *tree_folder;  /* canonical; of the work tree that the pipeline lies in */
	struct git_folders git;   /* of that work tree */
	const char *mark_path;    /* the file that tells the next runner of us; the arena's */
};

/*
 * Ends what a runner that was killed has left on this state, by its mark. To be called before
 * anything else begins, while the state is locked.
 */
void confinement_end_predecessor(const char *state_folder);

struct confinement_request {
	const char *run_id;
	const char *state_folder;    /* absolute */
	const char *pipeline_folder; /* absolute */
	const char *folder_in_tree;  /* the pipeline's folder from the work tree's root, or NULL */
	struct arena *arena;         /* lives longer than the confinement */
};

/*
 * Looks what there is, and leaves a mark for the next runner. Never fails: what cannot be had is not
 * there. What runners that were killed have left in cgroups beside ours is ended.
 */
void confinement_open(struct confinement *confinement, const struct confinement_request *request);

/* No step runs any longer. Zeroed memory is closed already. */
void confinement_close(struct confinement *confinement);

/*
 * Before anything runs: false when some step asks for `isolation: require` and this system is not
 * up to it; *error says what is missing and what to do. Costs nothing where no step does.
 */
bool confinement_check(const struct pipeline *pipeline, struct error *error);

/*
 * A process namespace can be had; tried once. False: *fault, which says why there is no cgroup,
 * gets the reason added.
 */
bool confinement_has_namespace(struct confinement *confinement, struct error *fault);

/* Good enough for `isolation: require`. False: *fault, unless version is 0. */
bool confinement_landlock_holds(unsigned version, struct error *fault);

/* The sentence of that, for step. */
bool confinement_refuse(const struct step *step, const struct error *fault, struct error *error);

#endif
