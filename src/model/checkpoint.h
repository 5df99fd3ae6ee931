#ifndef WAVETRAIN_MODEL_CHECKPOINT_H
#define WAVETRAIN_MODEL_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

enum checkpoint_trigger {
	TRIGGER_WAVE,
	TRIGGER_STEP, /* a serial step */
	TRIGGER_INTERRUPTION,
	TRIGGER_TIME,      /* these while steps run: so long since the last one */
	TRIGGER_PROGRESS,  /* so many more steps are done */
	TRIGGER_MILESTONE, /* a step that is one is done */
	TRIGGER_RISK,      /* before a risky step */
	TRIGGER_SIGNAL,    /* SIGUSR1 */
	TRIGGER_COUNT
};
const char *checkpoint_trigger_name(enum checkpoint_trigger trigger);

/* What a commit is made for. Texts belong to the caller, for the call. */
struct checkpoint_request {
	enum checkpoint_trigger trigger;
	uint32_t number; /* of this run: 1, 2, … */
	uint32_t wave;   /* INDEX_NONE: none */
	bool partial;    /* not all of the stage is done */
	bool steps_run;  /* what cannot be committed as it is now is left for a later one */
	const char *run_id;
	const char *subject; /* first line of the message, finished */
	const char *body;    /* the steps and their durations, lines; "" for none */
	bool is_lacking;     /* set for append_state: something was left for a later one */
	/*
	 * Appends lines that say how far the run is, kept in the commit where nobody reads them.
	 * Called once there is something to commit. NULL: nothing is kept.
	 */
	bool (*append_state)(void *context, const struct checkpoint_request *request,
		struct buffer *lines, struct error *error);
	void *state_context;
};

/* A checkpoint as it is recorded. */
struct checkpoint {
	uint32_t number;
	enum checkpoint_trigger trigger;
	uint32_t wave; /* INDEX_NONE: none */
	bool partial;
	int64_t time_ms;
	int64_t duration_ms;
	const char *commit;    /* hexadecimal object id; NULL: nothing had changed, no commit */
	const char *parent;    /* NULL: none */
	const char *reference; /* the one that was moved: "refs/heads/main"; NULL: none */
	uint32_t files_changed;
	uint64_t bytes; /* of the changed files */
	const char *subject;
};

#endif
