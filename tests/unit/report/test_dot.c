#include "check.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "fixture.h"
#include "report/report.h"

static void test_golden(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct run *run = fixture_failed(&arena);
	dot_append(run, true, &buffer);
	check_contains(&buffer, "digraph \"feature-development\" {\n");
	check_contains(&buffer, "  n1 [label=\"lint\", fillcolor=\"#90EE90\"];\n");
	check_contains(&buffer, "  n3 [label=\"test/db\", fillcolor=\"#FF6B6B\", "
				"color=\"#000000\", penwidth=3];\n");
	check_contains(&buffer, "  n4 -> n5;\n}\n");
}

/* The real program reads it, whatever the names are. Skipped where Graphviz is not installed. */
static void test_graphviz_accepts_hostile_names(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct run *run = fixture_failed(&arena);
	run->pipeline_name = "a\"]} \\";
	run->steps[0].name = "\"]; x [label=\"pwned\"";
	run->steps[1].name = "end\\";
	run->steps[2].name = "<b>html</b> &amp; &nosuch; \\N";
	run->steps[3].name = "line\nbreak\xff\033";
	run->steps[4].name = "";
	dot_append(run, true, &buffer);
	check_lacks(&buffer, "\033");
	FILE *dot = popen("command -v dot >/dev/null || exit 77; dot -Tsvg >/dev/null 2>&1", "w");
	assert_non_null(dot);
	fwrite(buffer.bytes, 1, buffer.size, dot);
	int status = pclose(dot);
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_graphviz_accepts_hostile_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
