#ifndef WAVETRAIN_TESTS_CHECKPOINT_RUN_H
#define WAVETRAIN_TESTS_CHECKPOINT_RUN_H

#include "checkpoint/rig.h"

/* What a test asks of a run; the rest is as a plain pipeline has it. */
struct run_options {
	const char *place;       /* of the pipeline in the rig; NULL: "repo" */
	const char *work_folder; /* in the rig; NULL: place */
	const char *branch;      /* NULL: not asked */
	bool allow_dirty;
	bool resumed;
	uint64_t max_file_bytes;
	const char *const *environment;
	const struct checkpoint *unpublished;
	const char *last_commit;
	const struct mask *mask; /* NULL: no secrets */
};

/* Knows one secret; mask_free() it. */
#define RUN_SECRET "hunter2hunter2"
static inline struct mask *run_mask(void)
{
	struct mask_secret secret = {.name = "TOKEN", .value = RUN_SECRET};
	struct mask *mask = mask_new(&secret, 1);

	assert_non_null(mask);
	return mask;
}

static inline bool run_try(struct rig *rig, const struct run_options *options,
	struct checkpointer **checkpointer, struct error *error)
{
	struct checkpoint_settings wanted = {
		.commit = true,
		.branch = options->branch,
		.max_file_bytes = options->max_file_bytes ? options->max_file_bytes : 50000000u,
	};
	struct checkpointer_settings settings = {
		.folder = path_join(
			&rig->arena, rig->folder, options->place ? options->place : "repo"),
		.work_folder = options->work_folder
				       ? path_join(&rig->arena, rig->folder, options->work_folder)
				       : NULL,
		.run_folder = path_join(&rig->arena, rig->folder, "run"),
		.run_id = "run-1",
		.settings = &wanted,
		.allow_dirty = options->allow_dirty,
		.resumed = options->resumed,
		.environment = options->environment,
		.unpublished = options->unpublished,
		.last_commit = options->last_commit,
		.mask = options->mask,
	};

	return checkpointer_open(&settings, checkpointer, error);
}

static inline struct checkpointer *run_open(struct rig *rig, const struct run_options *options)
{
	struct checkpointer *checkpointer = NULL;
	struct error error = {0};

	if (!run_try(rig, options, &checkpointer, &error))
		fail_msg("open: %s", error.text);
	assert_non_null(checkpointer);
	return checkpointer;
}

static inline void run_refused(
	struct rig *rig, const struct run_options *options, enum error_code code, const char *words)
{
	struct checkpointer *checkpointer = NULL;
	struct error error = {0};

	assert_false(run_try(rig, options, &checkpointer, &error));
	assert_null(checkpointer);
	if (error.code != code || !strstr(error.text, words) || !error.hint[0])
		fail_msg("got %s: %s (%s)", error_code_name(error.code), error.text, error.hint);
}

static inline bool run_prepare(
	struct checkpointer *checkpointer, struct checkpoint *checkpoint, struct error *error)
{
	struct checkpoint_request request = {.trigger = TRIGGER_WAVE,
		.number = 1,
		.wave = 0,
		.run_id = "run-1",
		.subject = "wavetrain: wave complete (web)",
		.body = "build  1.2 s\ntest  3 s"};

	return checkpointer_prepare(checkpointer, &request, checkpoint, error);
}

/* Prepares and publishes; fails the test when either does not work. */
static inline struct checkpoint run_save(struct checkpointer *checkpointer)
{
	struct checkpoint checkpoint = {0};
	struct error error = {0};

	if (!run_prepare(checkpointer, &checkpoint, &error) ||
		!checkpointer_publish(checkpointer, &checkpoint, &error))
		fail_msg("save: %s", error.text);
	return checkpoint;
}

#endif
