#ifndef WAVETRAIN_CHECKPOINT_PUSH_BY_HAND_H
#define WAVETRAIN_CHECKPOINT_PUSH_BY_HAND_H

#include <stdbool.h>

#include "base/buffer.h"

/* A push that was not done. Nothing is owned. */
struct push_by_hand {
	const char *git_folder; /* of the repository */
	const char *remote_name;
	const char *branch; /* full reference */
	const char *commit; /* "": what the branch holds */
	bool no_remote;     /* nothing has that name */
	bool others_pushed; /* the remote has commits that are not here */
};

/* Appends the command of git that does it, for a shell in the work tree. */
void push_by_hand_append(struct buffer *text, const struct push_by_hand *push);

#endif
