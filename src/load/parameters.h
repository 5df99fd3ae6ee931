#ifndef WAVETRAIN_LOAD_PARAMETERS_H
#define WAVETRAIN_LOAD_PARAMETERS_H

#include "load/pipeline_load.h"
#include "load/yaml_decode.h"
#include "model/pipeline.h"

/* The keys of one parameter. */
extern const struct yaml_table parameter_table;

/*
 * Decodes `params` (node INDEX_NONE: there is none), gives every parameter its value from the
 * request's assignments or its default, and checks it. Faults of the command line have line 0.
 */
void parameters_read(struct decoder *decoder, uint32_t node, const struct load_request *request,
	struct pipeline *pipeline);

#endif
