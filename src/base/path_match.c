#include "base/path_match.h"

#include <fnmatch.h>
#include <limits.h>
#include <string.h>

/* A "**" that was met: when what follows does not match, it takes one more component. */
struct retry_point {
	const char *pattern; /* after it; NULL: none met yet */
	const char *path;
};

static const char *next_component(const char *path)
{
	const char *slash = strchr(path, '/');
	return slash ? slash + 1 : path + strlen(path);
}

static size_t component_length(const char *path)
{
	return strcspn(path, "/");
}

static bool is_any_depth(const char *pattern)
{
	return pattern[0] == '*' && pattern[1] == '*' && (pattern[2] == '/' || !pattern[2]);
}

static bool component_matches(const char *pattern, const char *path, bool takes_hidden)
{
	char wanted[PATH_MAX];
	char found[PATH_MAX];
	size_t wanted_length = component_length(pattern);
	size_t found_length = component_length(path);
	if (!*path || wanted_length >= sizeof wanted || found_length >= sizeof found)
		return false;
	memcpy(wanted, pattern, wanted_length);
	memcpy(found, path, found_length);
	wanted[wanted_length] = '\0';
	found[found_length] = '\0';
	return fnmatch(wanted, found, takes_hidden ? 0 : FNM_PERIOD) == 0;
}

/* The last "**" alone is ever retried: whatever an earlier one could take, this one can too. */
bool path_matches(const char *pattern, const char *path, bool takes_hidden)
{
	struct retry_point retry = {0};
	while (*path || *pattern) {
		if (is_any_depth(pattern)) {
			pattern = next_component(pattern);
			/* At the end it is what lies beneath, not the folder itself. */
			if (!*pattern)
				pattern = "*";
			retry = (struct retry_point){pattern, path};
			continue;
		}
		if (*pattern && component_matches(pattern, path, takes_hidden)) {
			pattern = next_component(pattern);
			path = next_component(path);
			continue;
		}
		if (!retry.pattern || !*retry.path || (*retry.path == '.' && !takes_hidden))
			return false;
		retry.path = next_component(retry.path);
		pattern = retry.pattern;
		path = retry.path;
	}
	return true;
}
