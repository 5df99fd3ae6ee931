#ifndef WAVETRAIN_LOAD_CHECKPOINT_TABLES_H
#define WAVETRAIN_LOAD_CHECKPOINT_TABLES_H

#include "load/yaml_decode.h"

/* The section `checkpoint`, a struct checkpoint_settings. */
extern const struct yaml_table checkpoint_table;

#endif
