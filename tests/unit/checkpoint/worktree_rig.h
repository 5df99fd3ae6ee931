#ifndef WAVETRAIN_TESTS_CHECKPOINT_WORKTREE_RIG_H
#define WAVETRAIN_TESTS_CHECKPOINT_WORKTREE_RIG_H

#include "checkpoint/checkpoint_run.h"
#include "checkpoint/worktree.h"

#define SERVICES (&checkpointer_worktrees)

/* Where the checkout of a step is. */
static inline const char *checkout_folder(struct rig *rig, const char *name)
{
	return arena_format(&rig->arena, "%s/run/work/%s/tree", rig->folder, name);
}

static inline void provision(struct rig *rig, struct checkpointer *checkpointer, const char *name)
{
	struct error error = {0};

	if (!SERVICES->provision(checkpointer, checkout_folder(rig, name), &error))
		fail_msg("provision %s: %s", name, error.text);
}

static inline struct worktree_change collect(
	struct rig *rig, struct checkpointer *checkpointer, const char *name)
{
	struct worktree_change change = {0};
	struct error error = {0};

	if (!SERVICES->collect(
		    checkpointer, checkout_folder(rig, name), &rig->arena, &change, &error))
		fail_msg("collect %s: %s", name, error.text);
	return change;
}

/* Paths in a line. */
static inline const char *names(struct rig *rig, const char *const *paths, uint32_t count)
{
	const char *line = "";

	for (uint32_t i = 0; i < count; i++)
		line = arena_format(&rig->arena, "%s%s%s", line, i ? " " : "", paths[i]);
	return line;
}

#define STEPS_MAXIMUM 4

/* Steps 10, 11, … each do a line in a checkout of their own. */
static inline struct worktree_merge do_steps(
	struct rig *rig, struct checkpointer *checkpointer, const char *const lines[STEPS_MAXIMUM])
{
	const char **trees = ARENA_ARRAY(&rig->arena, const char *, STEPS_MAXIMUM);
	uint32_t *steps = ARENA_ARRAY(&rig->arena, uint32_t, STEPS_MAXIMUM);
	uint32_t count = 0;

	for (; count < STEPS_MAXIMUM && lines[count]; count++)
		provision(rig, checkpointer, arena_format(&rig->arena, "s%u.1", count));
	for (uint32_t i = 0; i < count; i++) {
		const char *name = arena_format(&rig->arena, "s%u.1", i);
		struct error error;

		rig_shell(rig, arena_format(&rig->arena, "run/work/%s/tree", name), "%s", lines[i]);
		trees[i] = collect(rig, checkpointer, name).tree;
		steps[i] = 10 + i;
		assert_true(SERVICES->remove(checkpointer, checkout_folder(rig, name), &error));
	}
	return (struct worktree_merge){.steps = steps, .trees = trees, .count = count};
}

/* "PATH:STEP,STEP …"; "" for a merge that went well. */
static inline const char *merge(
	struct rig *rig, struct checkpointer *checkpointer, const struct worktree_merge *merge)
{
	struct worktree_conflict *conflicts = NULL;
	uint32_t count = 0;
	struct error error = {0};
	const char *line = "";

	if (!SERVICES->merge(checkpointer, merge, &rig->arena, &conflicts, &count, &error))
		fail_msg("merge: %s", error.text);
	for (uint32_t i = 0; i < count; i++)
		line = arena_format(&rig->arena, "%s%s%s:%d,%d", line, i ? " " : "",
			conflicts[i].path, (int)conflicts[i].steps[0], (int)conflicts[i].steps[1]);
	return line;
}

#endif
