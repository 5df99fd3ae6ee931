#ifndef WAVETRAIN_LOAD_STEP_VALUES_H
#define WAVETRAIN_LOAD_STEP_VALUES_H

#include "load/yaml_decode.h"
#include "model/pipeline.h"

/* The values of a step's keys that are more than one text or number; the owner is the step. */
decode_function decode_needs;
decode_function decode_inputs;
decode_function decode_outputs;
decode_function decode_persona;
decode_function decode_task;
decode_function decode_foreach;
decode_function decode_condition;
decode_function decode_workspace;
decode_function decode_isolation;
decode_function decode_step_reaction;
decode_function decode_gate;
decode_function decode_breakpoint;
decode_function decode_barrier;
decode_function decode_cache;
decode_function decode_step_secrets;

/* The same for the pipeline, which is the owner then. */
decode_function decode_secrets;
#define SECRETS_EXPECTED "the name of an environment variable or a list of names"
#define SECRETS_SCHEMA "{\"$ref\":\"#/$defs/texts\"}"

/* The words of the fields that these decode, for yaml_field.word. */
const char *workspace_word(size_t place);
const char *isolation_word(size_t place);
const char *gate_word(size_t place);
const char *breakpoint_word(size_t place);

/* "retry" to "abort": place 0 is the first after REACTION_DEFAULT. */
const char *reaction_word(size_t place);
enum failure_reaction reaction_of_word(size_t place);

#endif
