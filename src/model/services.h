#ifndef WAVETRAIN_MODEL_SERVICES_H
#define WAVETRAIN_MODEL_SERVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "model/checkpoint.h"
#include "model/contract_check.h"
#include "model/debug_stop.h"
#include "model/event.h"
#include "model/pipeline.h"

/*
 * What the engine asks of the world around it. cli/wiring.c plugs in the record, the checkpoints,
 * the contracts and the console; a test plugs in its own. context is the first argument of each.
 */
struct worktree_change {
	const char *tree; /* object id of the whole checkout as the step left it; the arena's */
	const char *base; /* the tree it began with */
	const char *const *paths; /* changed ones, relative to the repository's root */
	uint32_t path_count;
};

/* One conflict of a stage's merge. Steps are indices of the plan. */
struct worktree_conflict {
	const char *path;
	uint32_t steps[2]; /* INDEX_NONE: a change in the shared work tree itself */
};

struct worktree_merge {
	const uint32_t *steps;
	const char *const *trees; /* of each; as collected */
	uint32_t count;
};

struct worktree_services {
	/* A checkout of the present stage's base at folder, which does not exist yet. */
	bool (*provision)(void *context, const char *folder, struct error *error);

	/* What was changed in it, as objects in the repository; the checkout is not needed after. */
	bool (*collect)(void *context, const char *folder, struct arena *arena,
		struct worktree_change *change, struct error *error);

	/*
	 * Merges the trees of a stage's steps, in this order, into the work tree, whose own changes
	 * count as well. Conflicts: the work tree stays as it was, *conflicts is the arena's.
	 */
	bool (*merge)(void *context, const struct worktree_merge *merge, struct arena *arena,
		struct worktree_conflict **conflicts, uint32_t *conflict_count,
		struct error *error);

	/* A checkout, however it is left. */
	bool (*remove)(void *context, const char *folder, struct error *error);
};

enum undecided_answer {
	UNDECIDED_LATER, /* nobody answers: what does not need it goes on, then the run stops */
	UNDECIDED_RETRY,
	UNDECIDED_SKIP, /* it counts as one whose `if` does not hold */
	UNDECIDED_QUIT  /* the run stops here */
};

struct run_services {
	void *context;

	/*
	 * Takes the event into the record. The event and what it points at stay valid until the
	 * next flush. Cheap: no write to disk.
	 */
	bool (*record)(void *context, const struct event *event, struct error *error);

	/*
	 * Everything recorded so far survives `kill -9` when this returns true; only then are
	 * people told of it. With power_cut also a power failure. False ends the run.
	 */
	bool (*flush)(void *context, bool power_cut, struct error *error);

	/*
	 * Makes the commit object without moving a reference, and fills *checkpoint
	 * (texts valid until the next call). checkpoint->commit stays NULL when nothing changed.
	 * NULL: no checkpoints.
	 */
	bool (*prepare_checkpoint)(void *context, const struct checkpoint_request *request,
		struct checkpoint *checkpoint, struct error *error);

	/* Moves the reference from the old commit to the prepared one; may start a push. */
	bool (*publish_checkpoint)(
		void *context, struct checkpoint *checkpoint, struct error *error);

	/* Checks a contract that needs no process. */
	contract_check_function *check_contract;

	/*
	 * SHA-256 over all that a json_schema contract's schema is made of, hexadecimal, valid until
	 * the run's end. NULL: it cannot be read. No function: it is never known.
	 */
	const char *(*hash_schema)(
		void *context, const struct contract *contract, const char *pipeline_folder);

	/*
	 * The stage is done and its steps' gates are closed: *is_open when a person has said so by
	 * now (approved_by: who; NULL: nobody), false: the run stops here and waits. NULL: it always
	 * stops.
	 */
	bool (*ask_gate)(void *context, uint32_t step, const char **approved_by);

	/*
	 * A step was killed by a signal that is not ours, and nothing else runs. NULL: nobody is
	 * asked, as with UNDECIDED_LATER.
	 */
	enum undecided_answer (*ask_undecided)(void *context, uint32_t step, int signal);

	/* What to do at a breakpoint; NULL: nobody debugs, and there are none. */
	enum debug_answer (*ask_debugger)(void *context, const struct debug_stop *stop);

	/* Worktrees of steps; NULL where there is no repository. See checkpoint/worktree.h. */
	const struct worktree_services *worktrees;

	/* Files of the work tree as they were at the last checkpoint, or at the start; NULL: none. */
	bool (*roll_back)(void *context, struct error *error);

	/*
	 * Paths of the work tree that differ from the last checkpoint, relative to the pipeline's
	 * folder; the arena's. NULL: no repository.
	 */
	bool (*changed_paths)(void *context, struct arena *arena, const char *const **paths,
		uint32_t *count, struct error *error);

	/* The last line a running step wrote, for a live display; NULL: nobody looks. */
	void (*show_output)(void *context, uint32_t step, const char *line, size_t size);

	/* A signal asked the run to stop; it waits for the steps that run. NULL: nobody cares. */
	void (*stopping)(void *context);

	/* Called every tick_ms while steps run, and once more at the end; NULL: nobody cares. */
	void (*tick)(void *context);
	uint32_t tick_ms;

	/* Work beside the steps (a push): called when the descriptor is readable. -1: none. */
	void (*advance_background)(void *context);
	int background_descriptor;
};

#endif
