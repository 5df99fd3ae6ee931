#ifndef WAVETRAIN_CONTRACT_SCHEMA_RUN_H
#define WAVETRAIN_CONTRACT_SCHEMA_RUN_H

#include "contract/schema.h"
#include "contract/schema_limits.h"
#include "contract/schema_program.h"

/* One step from a value to one in it. */
struct schema_path_part {
	const char *key; /* NULL: position */
	uint32_t position;
};

/* The resources that were entered on the way, for $dynamicRef. */
struct schema_scope {
	const struct schema_scope *outer; /* NULL: the outermost */
	uint32_t resource;
};

/*
 * Which properties or items of a value have been looked at, as bits: a place in run->words.
 * RECORD_NONE: nobody asks.
 */
#define RECORD_NONE UINT32_MAX

struct schema_errors;

/* One validation at work. */
struct schema_run {
	const struct schema *schema;
	int64_t steps;   /* left */
	bool is_stopped; /* a limit was met: the answer is no, and everything returns */
	bool is_name;    /* the text at hand is a property's name */
	bool is_quiet;   /* an answer is wanted here, not why */
	struct schema_errors *errors; /* NULL: the first error ends the work */
	struct schema_match *match;   /* owned; NULL: no patterns */
	const struct schema_scope *scope;
	uint32_t depth;
	struct schema_path_part *path; /* owned; SCHEMA_DEPTH_LIMIT of them */
	uint32_t path_depth;
	uint32_t *followers; /* owned; of a property the one that came after it, of an object the
				first: where the next object will have its own, most often */
	uint64_t *words;     /* owned; records, one upon another */
	uint32_t word_count;
	uint32_t word_capacity;
};

/* Whether the value, at the end of run->path, is as the node says. */
bool schema_run_node(struct schema_run *run, uint32_t node, json_t *value, uint32_t record);

/* The same for a part of it. */
bool schema_run_property(struct schema_run *run, uint32_t node, const char *key, json_t *value);
bool schema_run_item(struct schema_run *run, uint32_t node, uint32_t position, json_t *value);

/* The same without errors, whatever the run collects. */
bool schema_run_quietly(struct schema_run *run, uint32_t node, json_t *value, uint32_t record);

/* The instructions of objects, of arrays, and those that apply schemas to the same value. */
bool schema_run_object(struct schema_run *run, const struct schema_instruction *instruction,
	json_t *value, uint32_t record);
bool schema_run_array(struct schema_run *run, const struct schema_instruction *instruction,
	json_t *value, uint32_t record);
bool schema_run_any(struct schema_run *run, const struct schema_instruction *instruction,
	json_t *value, uint32_t record);

/* Ends the run with an error of the keyword $limit. Returns false. */
bool schema_run_stop(struct schema_run *run, const char *expected, const char *actual);

/* The same when no steps are left or schemas are too deep within one another, whichever it is. */
bool schema_run_stop_at_limit(struct schema_run *run);

/* Whether to go on after an error. */
static inline bool schema_run_goes_on(const struct schema_run *run)
{
	return run->errors && !run->is_quiet && !run->is_stopped;
}

/* Records. What was pushed last is popped first. */
uint32_t schema_record_push(struct schema_run *run, const json_t *value, uint32_t copied);
void schema_record_pop(struct schema_run *run, uint32_t record);
void schema_record_merge(struct schema_run *run, const json_t *value, uint32_t into, uint32_t from);
void schema_record_set(struct schema_run *run, const json_t *value, uint32_t record, uint32_t from);

static inline void schema_record_mark(struct schema_run *run, uint32_t record, size_t position)
{
	if (record != RECORD_NONE)
		run->words[record + position / 64] |= (uint64_t)1 << (position % 64);
}

static inline bool schema_record_has(const struct schema_run *run, uint32_t record, size_t position)
{
	return run->words[record + position / 64] >> (position % 64) & 1;
}

#endif
