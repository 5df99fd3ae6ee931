#ifndef WAVETRAIN_MODEL_SERVICES_H
#define WAVETRAIN_MODEL_SERVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/checkpoint.h"
#include "model/event.h"
#include "model/pipeline.h"

/*
 * What the engine asks of the world around it. cli/wiring.c plugs in the record, the checkpoints,
 * the contracts and the console; a test plugs in its own. context is the first argument of each.
 */
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

	/* The last line a running step wrote, for a live display; NULL: nobody looks. */
	void (*show_output)(void *context, uint32_t step, const char *line, size_t size);

	/* Called every tick_ms while steps run, and once more at the end; NULL: nobody cares. */
	void (*tick)(void *context);
	uint32_t tick_ms;

	/* Work beside the steps (a push): called when the descriptor is readable. -1: none. */
	void (*advance_background)(void *context);
	int background_descriptor;
};

#endif
