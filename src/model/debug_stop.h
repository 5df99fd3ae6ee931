#ifndef WAVETRAIN_MODEL_DEBUG_STOP_H
#define WAVETRAIN_MODEL_DEBUG_STOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/*
 * A run that is debugged stops before or after a step and asks what to do. While it is asked
 * nothing new starts; what runs goes on, as long as the asked one waits by wait().
 */

/* Bits: when a step is stopped at. */
enum debug_moment { DEBUG_BEFORE = 1, DEBUG_AFTER = 2 };

enum debug_answer {
	DEBUG_CONTINUE,
	DEBUG_SKIP,  /* DEBUG_BEFORE: the step does not run */
	DEBUG_RETRY, /* DEBUG_AFTER: another attempt, also after success */
	DEBUG_QUIT   /* the run ends and can be continued */
};

/* Where the step works. Texts are the arena's that was given. */
struct debug_place {
	const char *folder;             /* absolute */
	const char *const *environment; /* "NAME=VALUE", NULL after the last */
	int passed[2];                  /* descriptors that it names, the engine's; 0: none */
};

/* Valid while it is asked. */
struct debug_stop {
	enum debug_moment moment;
	uint32_t step;      /* in the plan */
	uint32_t attempt;   /* the one that comes or has ended: 1, 2, … */
	const char *remark; /* why the last answer was not followed; NULL: it is asked at first */

	/* DEBUG_AFTER: how the attempt ended, as on record. */
	bool has_failed;
	bool is_undecided; /* it was killed from elsewhere: nobody has said what follows */
	bool is_cached;    /* taken from the cache */
	int exit_status;   /* 0 to 255; -1: ended by a signal or never started */
	int64_t duration_ms;
	const char *reason;   /* NULL: none */
	const char *log_path; /* relative to the run's folder; NULL: it printed nothing */

	void *engine; /* first argument of these */

	/*
	 * Lets the run go on until the descriptor is readable or hung up, then true. False: the run
	 * is being ended (a signal, its time limit), and whoever waits has to go back.
	 */
	bool (*wait)(void *engine, int descriptor);

	/*
	 * The attempt's place: before it, its workspace is made with the inputs in it, and the
	 * attempt then finds it as it was left.
	 */
	bool (*visit)(
		void *engine, struct arena *arena, struct debug_place *place, struct error *error);
};

#endif
