#ifndef WAVETRAIN_PLAN_DEFINITION_H
#define WAVETRAIN_PLAN_DEFINITION_H

#include <stdint.h>

#include "base/buffer.h"
#include "model/pipeline.h"

/* The parts of a definition, in the order in which differences are named. */
enum definition_part {
	PART_COMMAND,
	PART_TASK,
	PART_PERSONA,
	PART_PROMPT,
	PART_MODEL,
	PART_PERMISSIONS,
	PART_PERSONA_ENVIRONMENT,
	PART_ADAPTER,
	PART_COMPONENT,
	PART_PROPERTIES,
	PART_SCHEMAS,
	PART_ENVIRONMENT, /* named */
	PART_WORKDIR,
	PART_WORKSPACE,
	PART_INPUT,
	PART_OUTPUT,
	PART_CONTRACT,
	PART_ITEM,
	PART_FOREACH,
	PART_CACHE,
	PART_PARAMETER,
	PART_COUNT
};

/* For people: "the command"; a named one takes its name behind: "the input". */
const char *definition_part_text(enum definition_part part);

/*
 * A part as it is stored: its number, the length of its name, the name, eight bytes of hash. A name
 * is cut at 255 bytes.
 */
#define PART_HASH_BYTES 8u

/* Appends the parts of one step. */
void definition_append_step(
	const struct pipeline *pipeline, const struct step *step, struct buffer *buffer);

/* Appends what all steps share: the pipeline's environment and parameters. */
void definition_append_shared(const struct pipeline *pipeline, struct buffer *buffer);

/* FNV-1a (Fowler, Noll, Vo), 64 bits, of a text and its NUL; NULL is told from "". */
uint64_t definition_hash_text(uint64_t hash, const char *text);
#define DEFINITION_HASH_START UINT64_C(0xcbf29ce484222325)

/* Little-endian, on every machine. */
void definition_append_integer(struct buffer *buffer, uint64_t integer, size_t size);

#endif
