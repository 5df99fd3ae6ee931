#ifndef WAVETRAIN_RUN_JOBSERVER_H
#define WAVETRAIN_RUN_JOBSERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "model/pipeline.h"
#include "run/event_loop.h"

/*
 * The run's slots, shared with what steps start, by the protocol of GNU make ("POSIX Jobserver" in
 * its manual): a byte in a pipe is a slot that is free. Each step that runs owns one slot without a
 * byte; so with N slots there are N - 1 bytes, and the runner takes one for each step beyond the
 * first. A step's processes take more of them as long as there are any.
 *
 * Zeroed it is one that is not there: there is always a slot.
 */
struct jobserver {
	enum jobserver_style style;
	uint32_t token_count;   /* in all, wherever they are */
	uint32_t running_count; /* steps */
	bool has_spare;         /* a token taken for a step that has not begun */
	bool is_wanted;         /* there was none for a step that is ready */
	int own;                /* reads and writes, never waits; a file description of our own */
	int passed
		[2]; /* style pipe: for reading and writing, the same numbers in children; else 0 */
	int run_folder; /* descriptor, the caller's */
	struct event_loop *loop;
	struct watch watch;
	const char *make_flags; /* the value of MAKEFLAGS; the arena's; NULL: not there */
};

#define JOBSERVER_FILE "jobserver" /* style fifo, in the run's folder; only the owner may open it */

struct jobserver_request {
	enum jobserver_style style;
	uint32_t slot_count;         /* 1 to 4096: as many bytes as any pipe holds */
	const char *run_folder_path; /* absolute */
	int run_folder;              /* the same; stays open as long as the jobserver */
	const char *inherited_flags; /* MAKEFLAGS of this process; NULL: none */
	struct event_loop *loop;
};

/*
 * What a predecessor that was killed has left in this run is removed, whatever the style is now, and
 * with style fifo also what lies in the folders of other runs.
 */
bool jobserver_open(struct jobserver *jobserver, const struct jobserver_request *request,
	struct arena *arena, struct error *error);
void jobserver_close(struct jobserver *jobserver);

/*
 * Is there a slot for one more step? It is kept until jobserver_step_starts(), or given back by
 * jobserver_settle(), which also sees to it that the event loop wakes when there was none and one
 * comes back.
 */
bool jobserver_has_slot(struct jobserver *jobserver);
void jobserver_settle(struct jobserver *jobserver);

void jobserver_step_starts(struct jobserver *jobserver);

/*
 * Nothing of the step runs any longer. When no other step does either, all tokens must be there:
 * those that were not given back, since their holder was killed, are made anew. Returns how many.
 */
uint32_t jobserver_step_ends(struct jobserver *jobserver);

#endif
