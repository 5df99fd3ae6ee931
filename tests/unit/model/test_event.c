#include "model/event.h"

#include <string.h>

#include "base/cleanup.h"
#include "cmocka_all.h"
#include "model/containment.h"

/* Every field is filled with something, so that a row that writes too much or too little shows. */
static const struct artifact artifact = {.name = "report",
	.path = "analyze/report.json",
	.file_count = 1,
	.size_bytes = 42,
	.sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"};
static const struct checkpoint checkpoint = {.number = 3,
	.trigger = TRIGGER_WAVE,
	.wave = 1,
	.partial = true,
	.commit = "4e1c09b",
	.parent = "aa55",
	.reference = "refs/heads/main",
	.files_changed = 7,
	.bytes = 1234,
	.subject = "wavetrain: wave 2 complete"};
static const struct contract_error errors[] = {
	{"/items/0", "minimum", "at least 1", "0"}, {NULL, "required", "'id'", NULL}};
static const struct event full = {.sequence = 9,
	.time_ms = 1765290622123,
	.step = 4,
	.wave = 1,
	.group = 2,
	.attempt = 2,
	.duration_ms = 1500,
	.exit_status = 1,
	.signal = 9,
	.failure = FAILURE_TIMEOUT,
	.queue_ms = 12,
	.delay_ms = 4000,
	.cpu_ms = 800,
	.peak_rss_bytes = 1048576,
	.log_bytes = 77,
	.log_truncated = true,
	.log_path = "log/analyze.2.log",
	.process_id = 4711,
	.containment = CONTAINED_SESSION | CONTAINED_LANDLOCK,
	.reason = "took too long",
	.subject = "command ./check.sh",
	.key = "9f2c",
	.tree = "77aa",
	.jobs = 6,
	.count = 5,
	.errors = errors,
	.error_count = 2,
	.was_known = true,
	.artifact = &artifact,
	.checkpoint = &checkpoint};
static const struct event_names names = {
	.run_id = "run_20251209_143022", .step_id = "analyze", .group_name = "web"};

#define HEAD(name)                                                                                 \
	"{\"v\":1,\"seq\":9,\"event\":\"" name "\",\"pipeline_id\":\"run_20251209_143022\","       \
	"\"timestamp\":\"2025-12-09T14:30:22.123Z\",\"step_id\":\"analyze\""
#define ATTEMPT ",\"attempt\":2"
#define WAVE ",\"wave\":1"
#define GROUP ",\"group\":\"web\""
#define TOOK ",\"duration_ms\":1500"
#define REASON ",\"reason\":\"took too long\""
#define SUBJECT ",\"subject\":\"command ./check.sh\""
#define FAILURE ",\"signal\":9,\"failure\":\"timeout\""
#define QUEUE ",\"queue_ms\":12"
#define DELAY ",\"delay_ms\":4000"
#define MEASURES                                                                                   \
	",\"exit_status\":1,\"cpu_ms\":800,\"peak_rss_bytes\":1048576,\"log_bytes\":77,"           \
	"\"log_truncated\":true,\"log\":\"log/analyze.2.log\""
#define ARTIFACT                                                                                   \
	",\"artifact\":{\"name\":\"report\",\"path\":\"analyze/report.json\",\"size_bytes\":42,"   \
	"\"sha256\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\","         \
	"\"files\":1,\"folder\":false}"
#define CHECKPOINT                                                                                 \
	",\"checkpoint\":{\"number\":3,\"trigger\":\"wave\",\"commit\":\"4e1c09b\","               \
	"\"parent\":\"aa55\",\"reference\":\"refs/heads/main\",\"files_changed\":7,"               \
	"\"bytes\":1234,\"partial\":true,\"subject\":\"wavetrain: wave 2 complete\"}"
#define KEY ",\"key\":\"9f2c\""
#define JOBS ",\"jobs\":6"
#define COUNT ",\"count\":5"
#define ERRORS                                                                                     \
	",\"errors\":[{\"pointer\":\"/items/0\",\"keyword\":\"minimum\",\"expected\":"             \
	"\"at least 1\",\"actual\":\"0\"},{\"pointer\":\"\",\"keyword\":\"required\","             \
	"\"expected\":\"'id'\"}]"
#define ENDED ATTEMPT WAVE GROUP TOOK FAILURE QUEUE
#define CHECKPOINT_EVENT WAVE TOOK REASON CHECKPOINT "}"

static const char *const expected[EVENT_TYPE_COUNT] = {
	[EVENT_PIPELINE_STARTED] = HEAD("pipeline_started") REASON JOBS "}",
	[EVENT_PIPELINE_RESUMED] = HEAD("pipeline_resumed") REASON JOBS "}",
	[EVENT_PIPELINE_COMPLETED] = HEAD("pipeline_completed") TOOK REASON "}",
	[EVENT_PIPELINE_FAILED] = HEAD("pipeline_failed") TOOK REASON "}",
	[EVENT_PIPELINE_INTERRUPTED] = HEAD("pipeline_interrupted") TOOK REASON "}",
	[EVENT_WAVE_STARTED] = HEAD("wave_started") WAVE "}",
	[EVENT_WAVE_COMPLETED] = HEAD("wave_completed") WAVE TOOK REASON "}",
	[EVENT_WAVE_FAILED] = HEAD("wave_failed") WAVE TOOK REASON "}",
	[EVENT_GROUP_STARTED] = HEAD("group_started") WAVE GROUP "}",
	[EVENT_GROUP_COMPLETED] = HEAD("group_completed") WAVE GROUP TOOK REASON "}",
	[EVENT_GROUP_FAILED] = HEAD("group_failed") WAVE GROUP TOOK REASON "}",
	[EVENT_STEP_STARTED] = HEAD("step_started") ATTEMPT WAVE GROUP QUEUE
	",\"process_id\":4711,\"containment\":[\"session\",\"landlock\"]}",
	[EVENT_STEP_COMPLETED] =
		HEAD("step_completed") ENDED MEASURES REASON KEY ",\"tree\":\"77aa\"}",
	[EVENT_STEP_FAILED] = HEAD("step_failed") ENDED MEASURES REASON "}",
	[EVENT_STEP_RETRIED] = HEAD("step_retried") ENDED DELAY MEASURES REASON "}",
	[EVENT_STEP_SKIPPED] = HEAD("step_skipped") WAVE GROUP SUBJECT REASON "}",
	[EVENT_STEP_CANCELLED] = HEAD("step_cancelled") ENDED MEASURES REASON "}",
	[EVENT_STEP_ROLLED_BACK] = HEAD("step_rolled_back") WAVE GROUP REASON "}",
	[EVENT_STEP_EXPANDED] = HEAD("step_expanded") WAVE GROUP COUNT "}",
	[EVENT_CACHE_HIT] = HEAD("cache_hit") ATTEMPT WAVE GROUP REASON KEY "}",
	[EVENT_CONTRACT_VALIDATED] = HEAD("contract_validated")
		ATTEMPT WAVE GROUP TOOK SUBJECT REASON ",\"was_known\":true" ARTIFACT "}",
	[EVENT_CONTRACT_FAILED] = HEAD("contract_failed")
		ATTEMPT WAVE GROUP TOOK SUBJECT REASON COUNT ERRORS ARTIFACT "}",
	[EVENT_ARTIFACT_CREATED] = HEAD("artifact_created") ATTEMPT WAVE GROUP ARTIFACT "}",
	[EVENT_ARTIFACT_INJECTED] =
		HEAD("artifact_injected") ATTEMPT WAVE GROUP SUBJECT ARTIFACT "}",
	[EVENT_CHECKPOINT_PREPARED] = HEAD("checkpoint_prepared") CHECKPOINT_EVENT,
	[EVENT_CHECKPOINT_CREATED] = HEAD("checkpoint_created") CHECKPOINT_EVENT,
	[EVENT_CHECKPOINT_FAILED] = HEAD("checkpoint_failed") CHECKPOINT_EVENT,
	[EVENT_GATE_WAITING] = HEAD("gate_waiting") WAVE GROUP REASON "}",
	[EVENT_GATE_OPENED] = HEAD("gate_opened") WAVE GROUP SUBJECT "}",
};

static void test_each_type_writes_its_own_fields(void **state)
{
	(void)state;
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	for (unsigned i = 0; i < EVENT_TYPE_COUNT; i++) {
		struct event event = full;
		event.type = (enum event_type)i;
		buffer_clear(&buffer);
		event_append_json(&event, &names, &buffer);
		assert_string_equal(buffer_text(&buffer), expected[i]);
	}
}

static void test_what_is_not_there_is_left_out(void **state)
{
	(void)state;
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct event event = {.type = EVENT_STEP_COMPLETED,
		.sequence = 1,
		.step = INDEX_NONE,
		.wave = INDEX_NONE,
		.group = INDEX_NONE};
	event_append_json(&event, &(struct event_names){.run_id = "r"}, &buffer);
	assert_string_equal(buffer_text(&buffer),
		"{\"v\":1,\"seq\":1,\"event\":\"step_completed\",\"pipeline_id\":\"r\","
		"\"timestamp\":\"1970-01-01T00:00:00.000Z\",\"duration_ms\":0,\"queue_ms\":0,"
		"\"exit_status\":0,\"cpu_ms\":0,\"log_bytes\":0,\"log_truncated\":false}");
	buffer_clear(&buffer);
	event = (struct event){.type = EVENT_CHECKPOINT_CREATED,
		.wave = INDEX_NONE,
		.checkpoint = &(struct checkpoint){.number = 1, .trigger = TRIGGER_INTERRUPTION}};
	event_append_json(&event, &(struct event_names){.run_id = "r"}, &buffer);
	assert_non_null(strstr(buffer_text(&buffer),
		"\"checkpoint\":{\"number\":1,\"trigger\":\"interruption\",\"files_changed\":0,"
		"\"bytes\":0,\"partial\":false}}"));
}

static void test_texts_cannot_break_out(void **state)
{
	(void)state;
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct event event = {.type = EVENT_STEP_SKIPPED,
		.wave = INDEX_NONE,
		.reason = "a\"},\n{\"v\":2",
		.subject = "</script>"};
	event_append_json(&event, &(struct event_names){"r", "s", NULL}, &buffer);
	assert_null(strchr(buffer_text(&buffer), '\n'));
	assert_null(strchr(buffer_text(&buffer), '<'));
	assert_non_null(strstr(buffer_text(&buffer), "a\\\"},\\n{\\\"v\\\":2"));
}

static void test_names_round_trip(void **state)
{
	(void)state;
	for (unsigned i = 0; i < EVENT_TYPE_COUNT; i++) {
		enum event_type type = EVENT_TYPE_COUNT;
		assert_true(event_type_parse(event_type_name((enum event_type)i), &type));
		assert_int_equal(type, i);
	}
	enum event_type type = EVENT_WAVE_FAILED;
	assert_false(event_type_parse("step_exploded", &type));
	assert_int_equal(type, EVENT_WAVE_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_type_writes_its_own_fields),
		cmocka_unit_test(test_what_is_not_there_is_left_out),
		cmocka_unit_test(test_texts_cannot_break_out),
		cmocka_unit_test(test_names_round_trip),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
