#ifndef WAVETRAIN_CHECKPOINT_CHECKPOINT_SAVE_H
#define WAVETRAIN_CHECKPOINT_CHECKPOINT_SAVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/mask.h"
#include "model/checkpoint.h"
#include "model/pipeline.h"

/*
 * The repository whose work tree the steps change, and the branch their changes are committed
 * to. Opened once before anything runs; every refusal that can be foreseen comes then.
 */
struct checkpointer;

struct checkpointer_settings {
	const char *folder; /* absolute: where the pipeline runs; the repository is found from it */
	const char *work_folder; /* absolute: the pipeline's, in the work tree; NULL: folder */
	const char *run_folder;  /* absolute: keeps what a resumed run must know (baseline) */
	const char *run_id;
	const struct checkpoint_settings *settings;
	bool allow_dirty;
	/*
	 * The baseline of the first start counts, not today's. What was changed by hand since
	 * checkpointer_finish() is the user's too: not refused, and not committed unless a step
	 * changes it afterwards.
	 */
	bool resumed;
	const char *const *environment; /* identity: GIT_AUTHOR_NAME …, SOURCE_DATE_EPOCH */
	/* What a predecessor left: the last CHECKPOINT_PREPARED without its CREATED. */
	const struct checkpoint *unpublished; /* NULL: none */
	/* A changed file that holds a secret is refused. Not owned; NULL: nothing is looked for. */
	const struct mask *mask;
	/* Of the resumed run: the id of its newest published commit on record; NULL: none. */
	const char *last_commit;
};

/* What there is to know of the repository before the run; texts belong to the checkpointer. */
struct repository_facts {
	const char *work_tree; /* absolute, without a closing '/' */
	const char *git_folder;
	const char *prefix;      /* of the pipeline's folder in the work tree: "" or "app/" */
	const char *head_commit; /* NULL: no commit yet */
	const char *branch;      /* short name; NULL: detached */
	const char
		*target; /* full reference that commits go to besides the run's own; NULL: none */
	bool shallow;
	bool dirty;
	bool is_as_committed; /* when the run began: no file differed from HEAD, none was new */
	bool has_published; /* opening has published settings->unpublished: it is to be recorded */
	const char *note;   /* a sentence for people on what opening has changed; NULL: nothing */
};

/*
 * True when another run of the repository that folder is in, perhaps of another work tree, has
 * that id. To be asked before a new run settles on one; checkpointer_open() refuses it then.
 */
bool checkpointer_run_id_is_taken(const char *folder, const char *run_id);

/*
 * *checkpointer stays NULL and true is returned when the settings ask for no commits, or when
 * they do not ask (branch NULL) and folder is in no repository.
 *
 * A resumed run goes on from last_commit also where only its record has been carried to: the
 * commit's files are brought into the work tree and the branch is moved forward, never over local
 * changes. Refused, with nothing changed, when the commit is not in this clone, when the branch
 * has gone another way, or when local changes stand in the way; when there is no repository
 * although the run began in one; and for a new run when its reference is there already.
 */
bool checkpointer_open(const struct checkpointer_settings *settings,
	struct checkpointer **checkpointer, struct error *error);
void checkpointer_close(struct checkpointer *checkpointer); /* NULL is fine */
const struct repository_facts *checkpointer_facts(const struct checkpointer *checkpointer);

/*
 * Makes the commit object (durable) from an index of our own: only paths the steps changed, never
 * ignored ones, never .wavetrain/, never what was dirty before and is unchanged since. Fills
 * *checkpoint; commit stays NULL when no path has changed. The request's body and trailers
 * Wavetrain-Run, Wavetrain-Wave, Wavetrain-Trigger make the message.
 */
bool checkpointer_prepare(struct checkpointer *checkpointer,
	const struct checkpoint_request *request, struct checkpoint *checkpoint,
	struct error *error);

/*
 * Moves refs/wavetrain/runs/RUN-ID and the target branch to the commit, each only from the value
 * it is known to have; on the current branch the user's index moves along.
 */
bool checkpointer_publish(
	struct checkpointer *checkpointer, struct checkpoint *checkpoint, struct error *error);

/*
 * To be called once, as soon as the engine has ended without completing the run: notes in the
 * run's folder how the work tree was left, so that a resumed run can tell a user's changes from
 * the steps'. Failure costs only that. NULL is fine.
 */
bool checkpointer_finish(struct checkpointer *checkpointer, struct error *error);

#endif
