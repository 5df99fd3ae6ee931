/*
 * A document is made as the keywords say, taking the first way wherever there are several, and
 * validated. While it does not satisfy the schema, one choice at a time is made otherwise, and kept
 * when that leaves fewer errors.
 */
#include "contract/schema_mock.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/index.h"
#include "base/text.h"
#include "contract/schema_mock_work.h"

#define ATTEMPT_LIMIT 600u
#define WORK_LIMIT 300000u     /* values of all attempts */
#define URI_LIMIT (256u << 20) /* bytes of the URIs that references in them lead to */
#define CHOICE_LIMIT 8192u
#define ALTERNATIVE_LIMIT 16u
#define ERROR_LIMIT 50u
#define RANK_ABOVE 2u
#define RANK_COUNT 4u
#define NO_DOCUMENT 1000000u /* worse than any number of errors; the more values, the less so */

struct search {
	const struct schema *schema;
	struct schema_loader loader;
	struct mock_choices choices;
	struct arena arena; /* of the attempt */
	uint32_t attempts;
	uint32_t values;      /* of all of them */
	size_t uri_bytes;     /* the same */
	uint32_t error_count; /* of the last attempt */
	struct contract_error *errors;
	uint32_t kept_count;
	json_t *document; /* of the last attempt; owned; NULL: none */
};

static uint32_t rank_of(const char *keyword)
{
	if (text_equal(keyword, MOCK_CHOICE_MEMBER) || text_equal(keyword, MOCK_CHOICE_ITEMS) ||
		text_equal(keyword, MOCK_CHOICE_SIZE))
		return 1;
	return text_equal(keyword, MOCK_CHOICE_KIND) ? RANK_COUNT - 1 : 0;
}

uint32_t mock_choose(struct mock *mock, const char *pointer, const char *keyword, uint32_t count)
{
	struct mock_choices *choices = mock->choices;
	if (count < 2)
		return 0;
	const char *key = arena_format(mock->arena, "%s %s %u", pointer, keyword, count);
	uint32_t place = map_find(&choices->places, key);
	if (place != INDEX_NONE)
		return choices->list.items[place].chosen;
	if (choices->list.count == CHOICE_LIMIT)
		return 0;
	place = choices->list.count;
	GROW(choices->list.items, choices->list.count, choices->list.capacity);
	choices->list.items[place] = (struct mock_choice){arena_copy_text(&choices->arena, key),
		arena_copy_text(&choices->arena, pointer), count, 0, rank_of(keyword)};
	map_add(&choices->places, choices->list.items[place].key, place);
	choices->list.count++;
	return 0;
}

json_t *mock_fail(struct mock *mock, const char *pointer, const char *keyword)
{
	if (!mock->fault_keyword) {
		mock->fault_pointer = pointer;
		mock->fault_keyword = keyword;
	}
	return NULL;
}

static void note_fault(struct search *search, const struct mock *mock)
{
	const char *pointer = mock->fault_pointer ? mock->fault_pointer : "";
	const char *keyword = mock->fault_keyword ? mock->fault_keyword : "$schema";
	search->error_count = NO_DOCUMENT + MOCK_VALUE_LIMIT - mock->value_count;
	search->kept_count = 1;
	search->errors = ARENA_NEW(&search->arena, struct contract_error);
	search->errors[0] = (struct contract_error){pointer, keyword, NULL, NULL};
}

/* One document with the choices as they are now. */
static void attempt(struct search *search)
{
	struct schema_verdict verdict;
	const struct mock_place top = {"", 0};
	arena_reset(&search->arena);
	struct mock mock = {
		.loader = &search->loader, .choices = &search->choices, .arena = &search->arena};
	struct mock_parts parts = {0};
	json_decref(search->document);
	search->attempts++;
	search->loader.uri_bytes = 0;
	mock_collect_value(&mock, &top, search->loader.resources.items[0].root, 0, &parts);
	search->document = mock_value(&mock, &top, &parts);
	search->values += mock.value_count;
	search->uri_bytes += search->loader.uri_bytes;
	if (!search->document) {
		note_fault(search, &mock);
		return;
	}
	schema_validate(search->schema, search->document, ERROR_LIMIT, &search->arena, &verdict);
	search->error_count = verdict.error_total;
	search->errors = verdict.errors;
	search->kept_count = verdict.error_count;
}

static bool is_at_limit(const struct search *search)
{
	return search->attempts >= ATTEMPT_LIMIT || search->values >= WORK_LIMIT ||
	       search->uri_bytes >= URI_LIMIT;
}

static bool is_above(const char *upper, const char *lower)
{
	size_t length = strlen(upper);
	return strncmp(upper, lower, length) == 0 && (!lower[length] || lower[length] == '/');
}

/*
 * What is at or below a place where something is wrong is tried before what is above it; RANK_COUNT
 * for what lies elsewhere and cannot help.
 */
static uint32_t choice_rank(const struct search *search, const struct mock_choice *choice)
{
	uint32_t rank = RANK_COUNT;
	for (uint32_t i = 0; i < search->kept_count; i++) {
		const char *wrong = search->errors[i].pointer;
		if (is_above(wrong, choice->pointer))
			return choice->rank;
		if (is_above(choice->pointer, wrong))
			rank = choice->rank > RANK_ABOVE ? choice->rank : RANK_ABOVE;
	}
	return rank;
}

/* True: another way leaves fewer errors, and is taken from now on. */
static bool improve_choice(struct search *search, uint32_t place)
{
	uint32_t before = search->error_count;
	uint32_t chosen = search->choices.list.items[place].chosen;
	uint32_t count = search->choices.list.items[place].count;
	for (uint32_t i = 1; i < count && i < ALTERNATIVE_LIMIT; i++) {
		if (is_at_limit(search))
			break;
		search->choices.list.items[place].chosen = (chosen + i) % count;
		attempt(search);
		if (search->error_count < before)
			return true;
	}
	search->choices.list.items[place].chosen = chosen;
	attempt(search);
	return false;
}

static bool improve(struct search *search, uint32_t rank)
{
	bool is_better = false;
	for (uint32_t i = 0; i < search->choices.list.count && search->error_count; i++) {
		if (is_at_limit(search))
			return false;
		if (choice_rank(search, &search->choices.list.items[i]) == rank &&
			improve_choice(search, i))
			is_better = true;
	}
	return is_better;
}

static bool give_up(const struct search *search, struct error *error)
{
	const struct contract_error *first = &search->errors[0];
	error_set(error, ERROR_PIPELINE_INVALID,
		"no document was found that satisfies the schema: at '%.200s' the keyword '%s' "
		"stands in the way",
		*first->pointer ? first->pointer : "/", first->keyword);
	return error_hint(error, "'examples' or 'default' in the schema give one");
}

/* 0.3 rather than 0.29999999999999999, unless that would be another number. */
static char *dump_document(const json_t *document)
{
	const size_t flags = JSON_COMPACT | JSON_ENCODE_ANY;
	char *text = json_dumps(document, flags | JSON_REAL_PRECISION(15));
	json_t *again = text ? json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;
	bool is_same = again && json_equal(again, document);
	json_decref(again);
	if (is_same)
		return text;
	free(text);
	return json_dumps(document, flags);
}

static bool find_document(
	struct search *search, struct arena *arena, const char **text, struct error *error)
{
	attempt(search);
	uint32_t rank = 0;
	/* What helped may have made room for what comes before it. */
	while (search->error_count && rank < RANK_COUNT && !is_at_limit(search))
		rank = improve(search, rank) ? 0 : rank + 1;
	if (search->error_count)
		return give_up(search, error);
	char *dump = dump_document(search->document);
	if (!dump)
		return error_set(error, ERROR_PIPELINE_INVALID, "the document is no JSON");
	*text = arena_copy_text(arena, dump);
	free(dump);
	return true;
}

bool schema_mock(const struct schema *schema, const struct schema_source *source,
	struct arena *arena, const char **text, struct error *error)
{
	struct search search = {.schema = schema};
	struct schema *documents = heap_allocate(1, sizeof *documents);
	bool is_found = schema_loader_start(&search.loader, documents, source, error) &&
			find_document(&search, arena, text, error);
	json_decref(search.document);
	schema_loader_release(&search.loader);
	schema_free(documents);
	free(search.choices.list.items);
	map_release(&search.choices.places);
	arena_release(&search.choices.arena);
	arena_release(&search.arena);
	return is_found;
}
