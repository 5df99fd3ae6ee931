#ifndef WAVETRAIN_RUN_OUTPUT_CAPTURE_H
#define WAVETRAIN_RUN_OUTPUT_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mask.h"
#include "model/services.h"
#include "run/event_loop.h"
#include "run/step_log.h"

/*
 * The log pump: one pipe for standard output and standard error of a process, so that their order
 * is kept. It never stops reading; what is read goes into the step's log.
 */
#define CAPTURE_CHUNK_BYTES ((size_t)256 * 1024)
#define CAPTURE_LINE_BYTES 512

struct output_capture {
	struct event_loop *loop;
	struct step_log *log;
	const struct run_services *services; /* for show_output; NULL: nobody looks */
	const struct mask *mask; /* what is stored and shown is masked; NULL: nothing to mask */
	uint32_t step;
	char *chunk;                 /* CAPTURE_CHUNK_BYTES, shared by all captures */
	void (*closed)(void *owner); /* the last writer is gone */
	void *owner;

	struct watch watch;
	int descriptor; /* reading end; -1: closed */
	int writer;     /* writing end; -1: let go */
	bool is_enlarged;
	char line[CAPTURE_LINE_BYTES]; /* the beginning of a line that is not finished yet */
	size_t line_size;
	struct mask_stream masking;
};

/* The upper fields are set by the caller; the process to be captured gets ->writer. */
bool output_capture_open(struct output_capture *capture, struct error *error);

/*
 * To be called when the process has ended. Until then we hold a writing end ourselves: the end of
 * file would otherwise wake us for every process a moment before its end does.
 */
void output_capture_let_go(struct output_capture *capture);

/* Reads what is there, at most a few chunks; after the end of file closed() has been called. */
void output_capture_pump(struct output_capture *capture);

/* Stops reading without calling closed(). */
void output_capture_close(struct output_capture *capture);

/* After that: the memory it has used. */
void output_capture_release(struct output_capture *capture);

#endif
