#ifndef WAVETRAIN_LOAD_STEPS_READER_H
#define WAVETRAIN_LOAD_STEPS_READER_H

#include "base/buffer.h"
#include "load/pipeline_load.h"
#include "load/yaml_decode.h"
#include "load/yaml_tree.h"
#include "model/pipeline.h"

/*
 * Format A, `steps:`. Fills *pipeline (file, folder and format are the caller's) from the tree:
 * parameters first, because the other texts may name them.
 */
void steps_read(
	struct decoder *decoder, const struct load_request *request, struct pipeline *pipeline);

/* What holds in every form when the file says nothing. The format is then the steps form. */
void pipeline_start(struct pipeline *pipeline);

/* The tables of the format in the order of the reference page, NULL after the last. */
extern const struct yaml_table *const steps_tables[];

/* The tables that several files share. */
extern const struct yaml_table step_table;
extern const struct yaml_table need_table;
extern const struct yaml_table foreach_table;
extern const struct yaml_table cache_table;
extern const struct yaml_table retry_table;
extern const struct yaml_table contract_table;
extern const struct yaml_table file_rule_table;
extern const struct yaml_table permission_table; /* of a persona */
extern const struct yaml_table wave_table;

/* What `retry` means before its keys are looked at, and after. */
void retry_start(void *item);
void retry_finish(struct decoder *decoder, uint32_t node, void *item);

/* Sets the default shell and reports one that is empty or has nothing to do. */
void command_shell_finish(struct decoder *decoder, uint32_t node, struct command *command);

#endif
