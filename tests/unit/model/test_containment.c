#include "model/containment.h"

#include "cmocka_all.h"

static void every_set_has_its_words(void **state)
{
	static const struct {
		uint8_t set;
		const char *text;
		const char *json;
	} cases[] = {
		{0, "", "[]"},
		{CONTAINED_SESSION, "session", "[\"session\"]"},
		{CONTAINED_SESSION | CONTAINED_CGROUP | CONTAINED_LANDLOCK,
			"session cgroup landlock", "[\"session\",\"cgroup\",\"landlock\"]"},
		{CONTAINED_NAMESPACE, "namespace", "[\"namespace\"]"},
		{255, "session cgroup namespace landlock",
			"[\"session\",\"cgroup\",\"namespace\",\"landlock\"]"},
	};
	struct buffer buffer = BUFFER_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		buffer_clear(&buffer);
		containment_append_text(cases[i].set, &buffer);
		assert_string_equal(buffer_text(&buffer), cases[i].text);
		buffer_clear(&buffer);
		containment_append_json(cases[i].set, &buffer);
		assert_string_equal(buffer_text(&buffer), cases[i].json);
	}
	buffer_release(&buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_set_has_its_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
