#include "publish/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/index.h"

static void test_links(void **state)
{
	(void)state;
	static const struct {
		const char *header;
		const char *query; /* NULL: no next page */
	} rows[] = {
		{"<https://api.github.com/x?page=2>; rel=\"next\", <https://api.github.com/x?page=9>; "
		 "rel=\"last\"",
			"page=2"},
		{"<https://a/x?page=1>; rel=\"prev\", <https://a/x?page=3&per_page=100>; rel=\"next\"",
			"page=3&per_page=100"},
		{"<https://a/x?after=b,c;d>; rel=next", "after=b,c;d"},
		{"<https://a/x?p=2>; title=\"a, b; rel=next\"; rel=\"next\"", "p=2"},
		{"<https://a/x?p=2> ;  rel=\"next\" ", "p=2"},
		{"<https://a/x?p=1>; title=\"rel=\\\"next\\\"\"; rel=\"first\"", NULL},
		{"<https://a/x?page=1>; rel=\"last\"", NULL},
		{"<https://a/x>; rel=\"next\"", NULL},
		{"<https://a/x?page=2; rel=\"next\"", NULL},
		{"<<<>>>;;;,,,\"\"\"", NULL},
		{"", NULL},
		{">", NULL},
		{"<>; rel=\"", NULL},
	};
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		CLEANUP(buffer_release) struct buffer query = BUFFER_INIT;
		bool found = http_link_next(rows[i].header, strlen(rows[i].header), &query);
		if (found != (rows[i].query != NULL))
			fail_msg("%s", rows[i].header);
		if (found)
			assert_string_equal(buffer_text(&query), rows[i].query);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
