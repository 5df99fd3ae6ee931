/*
 * The stored form, all numbers little-endian:
 *
 *	"WTD2", the number of steps, for each step where its record begins, where the last one
 *	ends (32 bits each); the parts that all steps share; for each step a record: a hash of its
 *	id (64 bits), and its parts.
 *
 * Where lists have become steps, that of the pipeline as it was written follows in the same form:
 * only with that one a pipeline can be compared whose lists are not known yet.
 *
 * Whoever reads it believes nothing: every place is checked against the size.
 */
#include "plan/difference.h"

#include <string.h>

#include "base/cleanup.h"
#include "plan/definition.h"

static const char magic[] = "WTD2";
#define MAGIC_BYTES 4u
#define PLACE_BYTES 4u
#define ID_BYTES 8u

/* Bytes of the stored form, from at to end. */
struct part_range {
	const unsigned char *at;
	const unsigned char *end;
};

struct part {
	uint8_t kind;
	uint8_t name_size;
	const unsigned char *name;
	const unsigned char *hash;
};

static void set_place(struct buffer *buffer, size_t start, uint32_t index)
{
	size_t place = buffer->size - start;
	char *bytes = buffer->bytes + start + MAGIC_BYTES + PLACE_BYTES * (1 + (size_t)index);
	for (size_t i = 0; i < PLACE_BYTES; i++)
		bytes[i] = (char)(unsigned char)(place >> (8 * i));
}

void difference_write(const struct pipeline *pipeline, struct buffer *buffer)
{
	size_t start = buffer->size;
	buffer_append(buffer, magic, MAGIC_BYTES);
	definition_append_integer(buffer, pipeline->step_count, PLACE_BYTES);
	for (uint32_t i = 0; i <= pipeline->step_count; i++)
		definition_append_integer(buffer, 0, PLACE_BYTES);
	definition_append_shared(pipeline, buffer);
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		set_place(buffer, start, i);
		definition_append_integer(buffer,
			definition_hash_text(DEFINITION_HASH_START, pipeline->steps[i].id),
			ID_BYTES);
		definition_append_step(pipeline, &pipeline->steps[i], buffer);
	}
	set_place(buffer, start, pipeline->step_count);
	if (buffer->size - start > UINT32_MAX)
		buffer->size = start; /* its places do not fit: nothing is known of it */
}

static uint64_t read_integer(const unsigned char *bytes, size_t size)
{
	uint64_t integer = 0;
	for (size_t i = 0; i < size; i++)
		integer |= (uint64_t)bytes[i] << (8 * i);
	return integer;
}

/* 0: not a definition. */
static uint32_t step_count_of(const struct definition *definition)
{
	const unsigned char *bytes = (const unsigned char *)definition->bytes;
	if (!bytes || definition->size < MAGIC_BYTES + 2 * PLACE_BYTES ||
		memcmp(bytes, magic, MAGIC_BYTES) != 0)
		return 0;
	uint64_t count = read_integer(bytes + MAGIC_BYTES, PLACE_BYTES);
	uint64_t header = MAGIC_BYTES + PLACE_BYTES * (count + 2);
	return header <= definition->size ? (uint32_t)count : 0;
}

/* From where a record begins to where the next one does; empty where that makes no sense. */
static struct part_range record_at(const struct definition *definition, uint32_t index)
{
	const unsigned char *bytes = (const unsigned char *)definition->bytes;
	const unsigned char *places = bytes + MAGIC_BYTES + PLACE_BYTES * (1 + (size_t)index);
	uint64_t first = read_integer(places, PLACE_BYTES);
	uint64_t end = read_integer(places + PLACE_BYTES, PLACE_BYTES);
	if (first > end || end > definition->size || end - first < ID_BYTES)
		return (struct part_range){bytes, bytes};
	return (struct part_range){bytes + first, bytes + end};
}

static struct part_range shared_parts(const struct definition *definition, uint32_t step_count)
{
	const unsigned char *bytes = (const unsigned char *)definition->bytes;
	size_t first = MAGIC_BYTES + PLACE_BYTES * ((size_t)step_count + 2);
	uint64_t end = read_integer(bytes + MAGIC_BYTES + PLACE_BYTES, PLACE_BYTES);
	if (end < first || end > definition->size)
		return (struct part_range){bytes, bytes};
	return (struct part_range){bytes + first, bytes + end};
}

/* Takes the next part; false: there is none, or it is cut off. */
static bool next_part(struct part_range *range, struct part *part)
{
	size_t left = (size_t)(range->end - range->at);
	if (left < 2 || left < 2u + range->at[1] + PART_HASH_BYTES)
		return false;
	*part = (struct part){
		range->at[0], range->at[1], range->at + 2, range->at + 2 + range->at[1]};
	range->at = part->hash + PART_HASH_BYTES;
	return part->kind < PART_COUNT;
}

static bool find_part(struct part_range range, const struct part *wanted, struct part *found)
{
	while (next_part(&range, found)) {
		if (found->kind == wanted->kind && found->name_size == wanted->name_size &&
			memcmp(found->name, wanted->name, wanted->name_size) == 0)
			return true;
	}
	return false;
}

static const char *describe(const struct part *part, const char *what, struct arena *arena)
{
	const char *text = definition_part_text((enum definition_part)part->kind);
	if (part->name_size == 0)
		return arena_format(arena, "%s %s", text, what);
	return arena_format(
		arena, "%s '%.*s' %s", text, (int)part->name_size, (const char *)part->name, what);
}

static const char *compare_parts(
	struct part_range now, struct part_range before, struct arena *arena)
{
	struct part part;
	struct part other;
	for (struct part_range rest = now; next_part(&rest, &part);) {
		if (!find_part(before, &part, &other))
			return describe(&part, "is new", arena);
		if (memcmp(part.hash, other.hash, PART_HASH_BYTES) != 0)
			return describe(&part, "changed", arena);
	}
	for (struct part_range rest = before; next_part(&rest, &part);) {
		if (!find_part(now, &part, &other))
			return describe(&part, "is gone", arena);
	}
	return NULL;
}

/* Steps are mostly where they were, or a few places off: the search begins there. */
static bool find_record(
	const struct definition *before, uint32_t place, uint64_t id, struct part_range *record)
{
	uint32_t count = step_count_of(before);
	for (uint32_t distance = 0; distance < count + place; distance++) {
		for (int side = 0; side < (distance > 0 ? 2 : 1); side++) {
			if (side == 0 ? distance > place : distance >= count - place)
				continue;
			uint32_t candidate = side == 0 ? place - distance : place + distance;
			*record = record_at(before, candidate);
			if (record->at == record->end || read_integer(record->at, ID_BYTES) != id)
				continue;
			record->at += ID_BYTES;
			return true;
		}
	}
	return false;
}

struct definition difference_written(const struct definition *definition)
{
	uint32_t count = step_count_of(definition);
	if (count == 0)
		return *definition;
	const unsigned char *places = (const unsigned char *)definition->bytes + MAGIC_BYTES;
	uint64_t end = read_integer(places + PLACE_BYTES * (1 + (size_t)count), PLACE_BYTES);
	if (end > definition->size)
		return *definition;
	struct definition rest = {definition->bytes + end, definition->size - end};
	return step_count_of(&rest) > 0 ? rest : *definition;
}

static bool find_step(const struct pipeline *pipeline, uint32_t step,
	const struct definition *before, struct part_range *record)
{
	uint32_t count = step_count_of(before);
	uint64_t id = definition_hash_text(DEFINITION_HASH_START, pipeline->steps[step].id);
	return count > 0 && find_record(before, step < count ? step : count - 1, id, record);
}

enum step_knowledge difference_knowledge(
	const struct plan *plan, uint32_t step, const struct definition *before)
{
	struct part_range record;
	if (step_count_of(before) == 0)
		return STEP_NOT_KNOWN;
	return find_step(plan->pipeline, step, before, &record) ? STEP_IS_KNOWN : STEP_IS_NEW;
}

static struct part_range range_of(const struct buffer *buffer)
{
	const unsigned char *bytes = (const unsigned char *)buffer_text(buffer);
	return (struct part_range){bytes, bytes + buffer->size};
}

const char *difference_explain(const struct plan *plan, uint32_t step,
	const struct definition *before, struct arena *arena)
{
	const struct pipeline *pipeline = plan->pipeline;
	struct part_range record;
	if (!find_step(pipeline, step, before, &record))
		return NULL;
	CLEANUP(buffer_release) struct buffer parts = BUFFER_INIT;
	definition_append_step(pipeline, &pipeline->steps[step], &parts);
	const char *difference = compare_parts(range_of(&parts), record, arena);
	if (difference)
		return difference;
	buffer_clear(&parts);
	definition_append_shared(pipeline, &parts);
	return compare_parts(range_of(&parts), shared_parts(before, step_count_of(before)), arena);
}
