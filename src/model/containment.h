#ifndef WAVETRAIN_MODEL_CONTAINMENT_H
#define WAVETRAIN_MODEL_CONTAINMENT_H

#include <stdint.h>

#include "base/buffer.h"

/*
 * What holds the processes of an attempt, as far as it was reached on the machine it ran on: a
 * set of bits. 0: not known, or nothing ran.
 */
enum containment {
	CONTAINED_SESSION = 1,   /* session and process group of its own; ends with the runner */
	CONTAINED_CGROUP = 2,    /* a cgroup of its own, ended as one */
	CONTAINED_NAMESPACE = 4, /* user and process namespace of its own */
	CONTAINED_LANDLOCK = 8,  /* writes beneath its workspace and temporary folder only */
};
#define CONTAINMENT_COUNT 4

/* The word of bit number index, below CONTAINMENT_COUNT: "session", "cgroup" … */
const char *containment_name(unsigned index);

/* "session cgroup landlock": the names of the bits joined by a space; nothing for 0. */
void containment_append_text(uint8_t containment, struct buffer *buffer);

/* ["session","cgroup","landlock"]; [] for 0. */
void containment_append_json(uint8_t containment, struct buffer *buffer);

#endif
