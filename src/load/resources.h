#ifndef WAVETRAIN_LOAD_RESOURCES_H
#define WAVETRAIN_LOAD_RESOURCES_H

#include "load/yaml_decode.h"

/* An item of `execution.resources` and of a step's `resources`: `gpu: 1`, `memory: 12GiB`. */
extern const struct yaml_table resource_pool_table;
extern const struct yaml_table resource_claim_table;

/*
 * Finds the pools that steps name. Reports those that are not there, requests that no pool can ever
 * meet, and more than RESOURCE_KIND_LIMIT different ones.
 */
void resources_check(struct pipeline *pipeline, struct diagnostics *diagnostics);

#endif
