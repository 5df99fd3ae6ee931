#ifndef WAVETRAIN_RUN_STEP_LOG_H
#define WAVETRAIN_RUN_STEP_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * The log file of one attempt: made at the first byte, its head and its tail kept. What does not
 * fit into the head goes round in a second, nameless file and is put behind the head in the end,
 * with a line between that says how much is missing; so memory stays the same for any size.
 */
struct step_log_limits {
	uint64_t head_bytes;
	uint64_t tail_bytes;
};
#define STEP_LOG_HEAD_BYTES ((uint64_t)32 << 20)
#define STEP_LOG_TAIL_BYTES ((uint64_t)32 << 20)

struct step_log {
	int run_folder; /* descriptor, the caller's */
	struct step_log_limits limits;
	char path[192]; /* relative to the run's folder */
	int head;       /* descriptor; -1: nothing written yet */
	int tail;       /* descriptor; -1: all fits into the head */
	uint64_t size;  /* bytes written so far, notes included */
	uint64_t noted; /* those of size that are notes */
	bool is_mid_line;
	bool is_broken; /* writing failed; the rest is dropped */
	struct error fault;
};

/* Begins the log of an attempt; step_id is at most 128 bytes. */
void step_log_begin(struct step_log *log, int run_folder, const char *step_id, uint32_t attempt);

void step_log_write(struct step_log *log, const char *bytes, size_t size);

/* A line of our own: "[wavetrain] TEXT". */
void step_log_note(struct step_log *log, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Puts head and tail together and closes the file. False: *fault says what went wrong. */
bool step_log_finish(struct step_log *log);

/* What the step wrote, without notes, before any cut. */
uint64_t step_log_step_bytes(const struct step_log *log);
bool step_log_is_truncated(const struct step_log *log);

#endif
