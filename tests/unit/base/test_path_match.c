#include "base/path_match.h"

#include "base/index.h"
#include "cmocka_all.h"

struct match_case {
	const char *pattern;
	const char *path;
	bool matches;       /* with a leading dot like any other character */
	bool matches_plain; /* with a leading dot only where it is written out */
};

static const struct match_case cases[] = {
	{"a", "a", true, true},
	{"a", "a/b", false, false},
	{"a/b", "a", false, false},
	{"*.c", "x.c", true, true},
	{"*.c", "d/x.c", false, false},
	{"?[ab].c", "xa.c", true, true},
	{"?[ab].c", "xc.c", false, false},
	{"*", ".hidden", true, false},
	{".*", ".hidden", true, true},
	{"**", "a", true, true},
	{"**", "a/b/c", true, true},
	{"**", "a/.b/c", true, false},
	{"src/**", "src", false, false},
	{"src/**", "src/a", true, true},
	{"src/**", "src/a/b", true, true},
	{"src/**", "srcs/a", false, false},
	{"**/x", "x", true, true},
	{"**/x", "a/b/x", true, true},
	{"**/x", "a/b/xx", false, false},
	{"a/**/b", "a/b", true, true},
	{"a/**/b", "a/c/d/b", true, true},
	{"a/**/b", "a/c/d/b/c", false, false},
	{"a/**/b/**/c", "a/b/b/x/c", true, true},
	{"a/**/b/*/**/c", "a/b/x/b/c", true, true},
	{"a/**/b/*/**/c", "a/x/b/c", false, false},
	{"**/**/x", "x", true, true},
	{"**.c", "x.c", true, true},
	{"**.c", "a/x.c", false, false},
	{"", "a", false, false},
	{"\\*", "*", true, true},
	{"\\*", "a", false, false},
};

static void a_pattern_is_for_the_whole_path(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		if (path_matches(cases[i].pattern, cases[i].path, true) != cases[i].matches ||
			path_matches(cases[i].pattern, cases[i].path, false) !=
				cases[i].matches_plain)
			fail_msg("'%s' against '%s'", cases[i].pattern, cases[i].path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_pattern_is_for_the_whole_path)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
