#ifndef WAVETRAIN_MODEL_HISTORY_H
#define WAVETRAIN_MODEL_HISTORY_H

#include <stdint.h>

#include "base/map.h"

/* What earlier runs of a pipeline took. Filled by record/, read by plan/. */
struct history_entry {
	const char *step_id;
	int64_t median_ms;       /* of its last successful attempts, at most HISTORY_DEPTH */
	int64_t ninth_decile_ms; /* of the same: nine in ten took no longer */
	uint32_t run_count;      /* how many went into these; at least 1 */
	uint64_t peak_rss_bytes; /* the most that any of the same used; 0: not known */
};
#define HISTORY_DEPTH 20

struct history {
	struct history_entry *entries; /* the arena's */
	uint32_t count;
	struct map by_id; /* step id to its place in entries; map_release() */
};

#endif
