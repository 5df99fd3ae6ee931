#include "load/schema_reference.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/text.h"
#include "load/pipeline_check.h"

#define SHOWN_VERSIONS 8u
#define RANGE_LIMIT_BYTES 128u

static const char not_a_version[] =
	"has no version such as 1.0.0, or range such as ^1.0, ~1.2, 1.x or >=1.0 <2.0";

static int version_compare(const struct schema_version *left, const struct schema_version *right)
{
	for (size_t i = 0; i < 3; i++) {
		if (left->numbers[i] != right->numbers[i])
			return left->numbers[i] < right->numbers[i] ? -1 : 1;
	}
	return 0;
}

/* The version after all that share the first count numbers. */
static struct schema_version version_after(struct schema_version version, uint32_t count)
{
	version.numbers[count - 1]++;
	for (uint32_t i = count; i < 3; i++)
		version.numbers[i] = 0;
	return version;
}

/* "1", "1.2", "1.2.3", "1.x", "*": count is how many numbers are given. */
static bool parse_partial(char *text, struct schema_version *version, uint32_t *count)
{
	uint32_t parts = 0;
	bool is_open = false;
	*version = (struct schema_version){{0, 0, 0}};
	*count = 0;
	for (char *part = text; part; parts++) {
		char *dot = strchr(part, '.');
		uint64_t number = 0;
		if (dot)
			*dot = '\0';
		bool is_any =
			text_equal(part, "x") || text_equal(part, "X") || text_equal(part, "*");
		if (parts == 3 || (!is_any && is_open))
			return false;
		if (!is_any && ((part[0] == '0' && part[1]) ||
				       !parse_unsigned(part, VERSION_NUMBER_LIMIT, &number)))
			return false;
		is_open = is_any;
		if (!is_any)
			version->numbers[(*count)++] = (uint32_t)number;
		part = dot ? dot + 1 : NULL;
	}
	return true;
}

/* Narrows the reference to what both it and [minimum, limit) allow. */
static void narrow(struct schema_reference *reference, const struct schema_version *minimum,
	const struct schema_version *limit)
{
	if (minimum && version_compare(minimum, &reference->minimum) > 0)
		reference->minimum = *minimum;
	if (limit && (!reference->has_limit || version_compare(limit, &reference->limit) < 0)) {
		reference->limit = *limit;
		reference->has_limit = true;
	}
}

/* How many leading numbers a caret keeps: up to the first that is not 0. */
static uint32_t caret_keeps(const struct schema_version *version, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (version->numbers[i] != 0)
			return i + 1;
	}
	return count;
}

struct comparison {
	const char *sign;
	bool is_from; /* the version, or what follows it, is the lowest */
	bool is_to;   /* the version, or what follows it, is the first too high */
	bool is_after;
};

static const struct comparison comparisons[] = {
	{">=", true, false, false},
	{"<=", false, true, true},
	{">", true, false, true},
	{"<", false, true, false},
};

/* One comparator, "^1.0" or ">=1.2". False: not one. */
static bool parse_comparator(char *text, struct schema_reference *reference)
{
	struct schema_version version, after;
	uint32_t count;
	for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++) {
		const struct comparison *comparison = &comparisons[i];
		if (!text_starts_with(text, comparison->sign))
			continue;
		if (!parse_partial(text + strlen(comparison->sign), &version, &count) || count == 0)
			return false;
		after = comparison->is_after ? version_after(version, count) : version;
		narrow(reference, comparison->is_from ? &after : NULL,
			comparison->is_to ? &after : NULL);
		return true;
	}
	char sign = *text;
	if (!parse_partial(text + (sign == '^' || sign == '~' || sign == '='), &version, &count))
		return false;
	if (count == 0)
		return sign != '^' && sign != '~' && sign != '=';
	uint32_t kept = sign == '^'                ? caret_keeps(&version, count)
			: sign == '~' && count > 2 ? 2
						   : count;
	after = version_after(version, kept);
	narrow(reference, &version, &after);
	reference->is_exact = count == 3 && (sign == '=' || (sign >= '0' && sign <= '9'));
	return true;
}

static const char *parse_range(const char *text, struct schema_reference *reference)
{
	char range[RANGE_LIMIT_BYTES];
	uint32_t count = 0;
	size_t length = strlen(text);
	if (length == 0 || length >= sizeof range)
		return not_a_version;
	memcpy(range, text, length + 1);
	char *rest = NULL;
	for (char *word = strtok_r(range, " ,", &rest); word; word = strtok_r(NULL, " ,", &rest)) {
		if (!parse_comparator(word, reference))
			return not_a_version;
		count++;
	}
	reference->is_exact = reference->is_exact && count == 1;
	if (count == 0)
		return not_a_version;
	if (reference->has_limit && version_compare(&reference->minimum, &reference->limit) >= 0)
		return "is a range that no version is in";
	return NULL;
}

const char *schema_reference_parse(
	const char *text, struct arena *arena, struct schema_reference *reference)
{
	size_t length = strcspn(text, ":");
	*reference = (struct schema_reference){.name = arena_copy_bytes(arena, text, length)};
	if (strchr(reference->name, '/'))
		return "is no schema: the version follows a ':', as in finding:1.0.0";
	if (!id_is_valid(reference->name))
		return "has no name of letters, digits, '.', '_' and '-' before the ':'";
	return text[length] == ':' ? parse_range(text + length + 1, reference) : NULL;
}

bool schema_reference_accepts(
	const struct schema_reference *wanted, const struct schema_reference *given)
{
	return text_equal(wanted->name, given->name) &&
	       version_compare(&given->minimum, &wanted->minimum) >= 0 &&
	       (!wanted->has_limit || version_compare(&given->minimum, &wanted->limit) < 0);
}

static int compare_names(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

/* The visible names in a folder, sorted; false: there is no such folder. */
static bool list_folder(
	const char *folder, struct arena *arena, const char ***names, uint32_t *count)
{
	CLEANUP(close_folder) DIR *listing = opendir(folder);
	const char **found = NULL;
	uint32_t capacity = 0;
	*count = 0;
	for (const struct dirent *entry = listing ? readdir(listing) : NULL; entry;
		entry = readdir(listing)) {
		if (entry->d_name[0] == '.')
			continue;
		GROW(found, *count, capacity);
		found[(*count)++] = arena_copy_text(arena, entry->d_name);
	}
	*names = ARENA_ARRAY(arena, const char *, *count);
	if (*count) {
		memcpy(*names, found, *count * sizeof *found);
		qsort(*names, *count, sizeof **names, compare_names);
	}
	free(found);
	return listing != NULL;
}

static struct schema_place other_versions(const char *folder, struct arena *arena)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	const char **names;
	uint32_t count;
	if (!list_folder(folder, arena, &names, &count) || count == 0)
		return (struct schema_place){.result = SCHEMA_FILE_NONE};
	for (uint32_t i = 0; i < count && i < SHOWN_VERSIONS; i++)
		buffer_printf(&text, "%s%s", i ? ", " : "", names[i]);
	if (count > SHOWN_VERSIONS)
		buffer_append_text(&text, ", …");
	return (struct schema_place){.result = SCHEMA_FILE_MISSING,
		.versions = arena_copy_text(arena, buffer_text(&text))};
}

struct schema_place schema_file_find(
	const char *folder, const struct schema_reference *reference, struct arena *arena)
{
	const uint32_t *numbers = reference->minimum.numbers;
	const char *all = arena_format(arena, SCHEMA_FOLDER "/%s", reference->name);
	const char *place =
		arena_format(arena, "%s/%u.%u.%u", all, numbers[0], numbers[1], numbers[2]);
	const char *own = arena_format(arena, "%s.json", reference->name);
	const char **names;
	const char *found = NULL;
	uint32_t count, json_count = 0;
	list_folder(path_join(arena, folder, place), arena, &names, &count);
	for (uint32_t i = 0; i < count; i++) {
		if (text_equal(names[i], own))
			return (struct schema_place){
				SCHEMA_FILE_FOUND, path_join(arena, place, own), NULL};
		if (!text_ends_with(names[i], ".json"))
			continue;
		found = names[i];
		json_count++;
	}
	if (json_count == 1)
		return (struct schema_place){
			SCHEMA_FILE_FOUND, path_join(arena, place, found), NULL};
	if (json_count > 1)
		return (struct schema_place){SCHEMA_FILE_AMBIGUOUS, place, NULL};
	return other_versions(path_join(arena, folder, all), arena);
}
