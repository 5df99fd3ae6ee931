#include "check.h"

#include "base/cleanup.h"
#include "fixture.h"
#include "report/report.h"

static void test_golden(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	trace_append(fixture_failed(&arena), &(struct text_style){0}, 0, &buffer);
	assert_string_equal(buffer_text(&buffer),
		"Pipeline: feature-development (run_20251209_143022)\n"
		"Status: failed: 1 of 6 steps failed, 2 skipped, 1 not run, 1 retried — 3m 12s "
		"(critical path 3m 12s)\n"
		"Duration: 3m 12s\n"
		"\n"
		"Steps:\n"
		"✓ lint     (3.1 s) - artifacts: [findings]\n"
		"↻ test/net (2m 04s) - 2 attempts\n"
		"✕ test/db  (3m 12s) - contract files out.json: expected 1 file, found 0\n"
		"» package  (skipped) - test/db failed\n"
		"» upload   (skipped) - test/db failed\n"
		"– notes    (pending)\n");
}

static void test_one_step(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct run *run = fixture_failed(&arena);
	run->attempts[3].log_path = "log/test-db.1.log";
	run->attempts[3].log_bytes = 2048;
	trace_step_append(run, 2, &(struct text_style){0}, 0, &buffer);
	assert_string_equal(buffer_text(&buffer),
		"✕ test/db (3m 12s) - contract files out.json: expected 1 file, found 0\n"
		"  Where      wave 1, on the critical path\n"
		"  Command    make all\n"
		"  Waited for nothing\n"
		"  Attempt 1: failed\n"
		"    Ready    2025-12-09T14:30:22.000Z, then waited 0 ms for a free slot\n"
		"    Started  2025-12-09T14:30:22.000Z\n"
		"    Ended    2025-12-09T14:33:34.000Z after 3m 12s, exit status 1, permanent "
		"failure\n"
		"    Used     cpu 1m 36s, memory 12.0 MiB\n"
		"    Log      log/test-db.1.log, 2.0 KiB\n"
		"    Contract files out.json: failed in 3 ms: expected 1 file, found 0\n"
		"  Blocked    2 steps\n");
}

static void test_hostile_text_stays_on_its_line(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct run *run = fixture_failed(&arena);
	run->steps[0].command = "printf '\033[2J'\nrm -rf /";
	run->artifacts[0].artifact.name = "a\n##[error]b";
	trace_step_append(run, 0, &(struct text_style){0}, 0, &buffer);
	check_lacks(&buffer, "\033");
	check_contains(&buffer, "' rm -rf /\n");
	check_lacks(&buffer, "\n##[");
	check_contains(&buffer, "sha256 " FIXTURE_SHA256);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_one_step),
		cmocka_unit_test(test_hostile_text_stays_on_its_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
