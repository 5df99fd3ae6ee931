#include "cli/jobs_list.h"

#include <string.h>

#include "base/parse.h"

struct jobs_range {
	uint32_t first;
	uint32_t last;
};

static bool is_job_count(const char *text, uint32_t *number)
{
	uint64_t value;
	if (!parse_unsigned(text, JOBS_LIMIT, &value) || value < 1)
		return false;
	*number = (uint32_t)value;
	return true;
}

/* part: "4" or "1-8", changed while it is read. */
static bool parse_range(char *part, struct jobs_range *range)
{
	char *dash = strchr(part, '-');
	if (!dash) {
		range->last = 0;
		return is_job_count(part, &range->first) && is_job_count(part, &range->last);
	}
	*dash = '\0';
	bool is_range = is_job_count(part, &range->first) && is_job_count(dash + 1, &range->last);
	*dash = '-';
	return is_range;
}

static bool refuse_part(const char *part, const char *text, struct error *error)
{
	if (strcmp(part, text) == 0)
		error_set(error, ERROR_USAGE, "--jobs takes whole numbers from 1 to %u, not '%s'",
			JOBS_LIMIT, text);
	else
		error_set(error, ERROR_USAGE,
			"--jobs takes whole numbers from 1 to %u, not '%s' in '%s'", JOBS_LIMIT,
			part, text);
	return error_hint(
		error, "write one number, a list or a range: --jobs 4, --jobs 1,2,4, --jobs 1-8");
}

static bool mark_part(char *part, const char *text, bool *is_named, struct error *error)
{
	struct jobs_range range;
	if (!parse_range(part, &range))
		return refuse_part(part, text, error);
	if (range.first > range.last) {
		error_set(error, ERROR_USAGE, "--jobs: the range '%s' ends before it begins", part);
		return error_hint(error, "did you mean '%u-%u'?", range.last, range.first);
	}
	for (uint32_t number = range.first; number <= range.last; number++)
		is_named[number] = true;
	return true;
}

static bool gather(const char *text, const bool *is_named, struct jobs_list *list,
	struct arena *arena, struct error *error)
{
	uint32_t count = 0;
	for (uint32_t number = 1; number <= JOBS_LIMIT; number++)
		count += is_named[number];
	if (count > JOBS_COUNT_LIMIT) {
		error_set(error, ERROR_USAGE,
			"--jobs takes at most %u numbers at once, and '%s' is %u", JOBS_COUNT_LIMIT,
			text, count);
		return error_hint(error, "name some of them: --jobs 1,2,4,8,16,32");
	}
	*list = (struct jobs_list){.numbers = ARENA_ARRAY(arena, uint32_t, count)};
	for (uint32_t number = 1; number <= JOBS_LIMIT; number++) {
		if (is_named[number])
			list->numbers[list->count++] = number;
	}
	return true;
}

bool jobs_list_parse(
	const char *text, struct arena *arena, struct jobs_list *list, struct error *error)
{
	bool is_named[JOBS_LIMIT + 1] = {false};
	char *rest = arena_copy_text(arena, text);
	/* An empty part is a fault too: strsep() gives it, strtok() would not. */
	for (char *part = strsep(&rest, ","); part; part = strsep(&rest, ",")) {
		if (!mark_part(part, text, is_named, error))
			return false;
	}
	return gather(text, is_named, list, arena, error);
}
