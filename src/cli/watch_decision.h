#ifndef WAVETRAIN_CLI_WATCH_DECISION_H
#define WAVETRAIN_CLI_WATCH_DECISION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "cli/watch_files.h"

/* What a change means, and when it is whole. Pure: no clock, no file. */

/*
 * An editor's save is several events within a few milliseconds. It is over when none came for
 * WATCH_QUIET_NS; where they never cease, after WATCH_LONGEST_NS. Zeroed: nothing came.
 */
struct settling {
	int64_t first_ns; /* 0: nothing came */
	int64_t last_ns;
};
#define WATCH_QUIET_NS (INT64_C(100) * 1000000)
#define WATCH_LONGEST_NS (INT64_C(2000) * 1000000)

void settling_note(struct settling *settling, int64_t now_ns);

/* When it is over unless more comes; INT64_MAX: nothing came. */
int64_t settling_deadline_ns(const struct settling *settling);

/*
 * Nobody can tell whose hand wrote a file. So while nothing runs, every change is a person's.
 * While a run goes on, what the pipeline says its steps write is the run's, and any other change a
 * person's, who gets one more run. In a run that was begun by such a change, called an echo, a file
 * counts only when it was there before and had not changed in the runs since a person was the
 * cause: so each file begins at most one of them, new ones none, and there is no loop, whatever
 * the steps do.
 */
enum change_moment { CHANGED_WAITING, CHANGED_IN_RUN, CHANGED_IN_ECHO };

struct change_memory {
	struct map paths; /* changed in the runs since a person was the cause; keys in arena */
	struct arena arena;
};
void change_memory_release(struct change_memory *memory);

/*
 * Moves the changes that begin a run to the front, in their order, and returns how many they are.
 * written: what the pipeline says that it writes. memory is forgotten while waiting, else grows.
 */
uint32_t changes_that_start(struct file_changes *changes, enum change_moment moment,
	const struct watch_inputs *written, struct change_memory *memory);

#endif
