#ifndef WAVETRAIN_CHECKPOINT_CHECKOUT_GIT_H
#define WAVETRAIN_CHECKPOINT_CHECKOUT_GIT_H

#include "checkpoint/checkout.h"

/* Makes the checkout's .git but for its index; the folder is there. */
bool checkout_git_make(const struct checkpointer *checkpointer, const struct checkout *checkout,
	struct error *error);

/* The index in it that git uses, and ours, which no git writes. The arena's. */
const char *checkout_git_index(const struct checkout *checkout, struct arena *arena);
const char *checkout_own_index(const struct checkout *checkout, struct arena *arena);

#endif
