#include <string.h>

#include "check.h"
#include "report/report.h"

static void long_names_leave_a_gap(void **state)
{
	char name[5001];
	struct buffer buffer = BUFFER_INIT;
	struct text_style style = {.columns = 200};
	(void)state;
	memset(name, 'p', 5000);
	name[5000] = '\0';
	struct run runs[] = {
		{.id = "run_20251209_143022",
			.pipeline_name = name,
			.state = STATE_DONE,
			.started_ms = TIME_NONE,
			.ended_ms = TIME_NONE},
		{.id = "run_20251209_143022_with_more_than_it_has_room_for",
			.pipeline_name = "short",
			.state = STATE_DONE,
			.started_ms = TIME_NONE,
			.ended_ms = TIME_NONE},
	};
	runs_append(runs, 2, &style, 0, &buffer);
	check_contains(&buffer, "ppp  completed");
	check_contains(&buffer, "room_for  short");
	check_lacks(&buffer, "pppppppppppppppppppppppppppppppp");
	buffer_release(&buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(long_names_leave_a_gap)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
