#ifndef WAVETRAIN_CHECKPOINT_ATTRIBUTES_H
#define WAVETRAIN_CHECKPOINT_ATTRIBUTES_H

#include <stdbool.h>

#include "base/error.h"
#include "checkpoint/repository.h"
#include "checkpoint/work_tree.h"

/*
 * True when a rule that holds for the whole repository may change how files are stored:
 * core.autocrlf, core.attributesFile, info/attributes, the user's or the machine's attributes.
 */
bool attributes_hold_everywhere(git_repository *repository);

/*
 * Adds the folders whose .gitattributes is only in the user's index to those that the scan has
 * seen. Costs nothing as long as the user's index is the one that the snapshot was read from.
 * texts must outlive the list.
 */
bool attributes_find_staged(const struct checkpointer *checkpointer, struct arena *texts,
	struct candidate_list *list, struct error *error);

/* True when a .gitattributes lies in a folder of the path. */
bool attributes_reach(const struct candidate_list *list, const char *path);

#endif
