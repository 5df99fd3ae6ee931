#include "check.h"

#include "base/cleanup.h"
#include "report/report.h"

#define TIME_MS 1736937000000 /* 2025-01-15T10:30:00Z */

static const struct artifact report_artifact = {.name = "report.json",
	.path = "analyze/report.json",
	.file_count = 1,
	.size_bytes = 2048,
	.sha256 = "ba7816bf"};
static const struct checkpoint wave_checkpoint = {.number = 2,
	.trigger = TRIGGER_WAVE,
	.commit = "4e1c09b7d2f0a1b2c3d4e5f60718293a4b5c6d7e",
	.reference = "refs/heads/main",
	.files_changed = 3};

static void check_line(
	const struct event *event, const struct event_names *names, const char *expected)
{
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	audit_line_append(event, names, &buffer);
	assert_string_equal(buffer_text(&buffer), expected);
}

static void test_lines(void **state)
{
	static const struct {
		struct event event;
		struct event_names names;
		const char *expected;
	} cases[] = {
		{{.type = EVENT_PIPELINE_STARTED,
			 .time_ms = TIME_MS,
			 .step = INDEX_NONE,
			 .wave = INDEX_NONE,
			 .group = INDEX_NONE},
			{.run_id = "run_1"}, "[2025-01-15 10:30:00] PIPELINE_STARTED: run_1\n"},
		{{.type = EVENT_STEP_STARTED,
			 .time_ms = TIME_MS,
			 .step = 0,
			 .wave = 1,
			 .group = INDEX_NONE,
			 .attempt = 1,
			 .process_id = 42,
			 .queue_ms = 1500},
			{.run_id = "run_1", .step_id = "analyze"},
			"[2025-01-15 10:30:00] STEP_STARTED: analyze (wave=2, attempt=1, pid=42, "
			"queued=1.5 s)\n"},
		{{.type = EVENT_STEP_COMPLETED,
			 .time_ms = TIME_MS + 135000,
			 .step = 0,
			 .wave = 1,
			 .group = INDEX_NONE,
			 .attempt = 1,
			 .duration_ms = 135000},
			{.run_id = "run_1", .step_id = "analyze"},
			"[2025-01-15 10:32:15] STEP_COMPLETED: analyze (wave=2, attempt=1, "
			"duration=2m 15s)\n"},
		{{.type = EVENT_STEP_RETRIED,
			 .time_ms = TIME_MS,
			 .step = 0,
			 .wave = INDEX_NONE,
			 .group = INDEX_NONE,
			 .attempt = 1,
			 .exit_status = 75,
			 .failure = FAILURE_TRANSIENT,
			 .delay_ms = 2000,
			 .reason = "exit status 75"},
			{.run_id = "run_1", .step_id = "net"},
			"[2025-01-15 10:30:00] STEP_RETRIED: net (attempt=1, exit=75, "
			"failure=transient, again_in=2.0 s, reason=exit status 75)\n"},
		{{.type = EVENT_CONTRACT_FAILED,
			 .time_ms = TIME_MS,
			 .step = 0,
			 .wave = INDEX_NONE,
			 .group = INDEX_NONE,
			 .subject = "files out.json",
			 .reason = "found 0"},
			{.run_id = "run_1", .step_id = "db"},
			"[2025-01-15 10:30:00] CONTRACT_FAILED: files out.json (step=db, "
			"reason=found 0)\n"},
		{{.type = EVENT_ARTIFACT_CREATED,
			 .time_ms = TIME_MS,
			 .step = 0,
			 .wave = INDEX_NONE,
			 .group = INDEX_NONE,
			 .artifact = &report_artifact},
			{.run_id = "run_1", .step_id = "db"},
			"[2025-01-15 10:30:00] ARTIFACT_CREATED: report.json (step=db, "
			"size=2.0 KiB, sha256=ba7816bf)\n"},
		{{.type = EVENT_CHECKPOINT_CREATED,
			 .time_ms = TIME_MS,
			 .step = INDEX_NONE,
			 .wave = 0,
			 .group = INDEX_NONE,
			 .checkpoint = &wave_checkpoint},
			{.run_id = "run_1"},
			"[2025-01-15 10:30:00] CHECKPOINT_CREATED: 4e1c09b7d2f0 (number=2, "
			"trigger=wave, reference=refs/heads/main, files=3)\n"},
		{{.type = EVENT_WAVE_COMPLETED,
			 .time_ms = TIME_MS,
			 .step = INDEX_NONE,
			 .wave = 0,
			 .group = INDEX_NONE,
			 .duration_ms = 500},
			{.run_id = "run_1"},
			"[2025-01-15 10:30:00] WAVE_COMPLETED: wave 1 (duration=500 ms)\n"},
		{{.type = EVENT_STEP_SKIPPED,
			 .time_ms = TIME_MS,
			 .step = 3,
			 .wave = INDEX_NONE,
			 .group = INDEX_NONE,
			 .subject = "db",
			 .reason = "db failed"},
			{.run_id = "run_1", .step_id = "pack"},
			"[2025-01-15 10:30:00] STEP_SKIPPED: pack (because_of=db, "
			"reason=db failed)\n"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		check_line(&cases[i].event, &cases[i].names, cases[i].expected);
}

static void test_every_event_is_one_line(void **state)
{
	(void)state;
	for (enum event_type type = 0; type < EVENT_TYPE_COUNT; type++) {
		struct event event = {.type = type,
			.step = INDEX_NONE,
			.wave = INDEX_NONE,
			.group = INDEX_NONE,
			.reason = "a\n##[error]b\033[2J"};
		struct event_names names = {.run_id = "run\n1"};
		CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
		audit_line_append(&event, &names, &buffer);
		assert_int_equal(check_count(&buffer, "\n"), 1);
		check_lacks(&buffer, "\033");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_every_event_is_one_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
