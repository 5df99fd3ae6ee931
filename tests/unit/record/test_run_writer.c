#include "record_fixture.h"

#include "base/text.h"

static void what_is_begun_is_read_back(void **state)
{
	struct fixture *fixture = *state;
	struct record *record = open_record(fixture, RECORD_WRITE);
	struct run run;

	begin_run(fixture, record, "run_1");
	read_run(fixture, record, &run);
	assert_string_equal(run.pipeline_name, "books");
	assert_string_equal(run.host, "here");
	assert_string_equal(run.branch, "main");
	assert_int_equal(run.state, STATE_PENDING);
	assert_int_equal(run.started_ms, FIXTURE_TIME_MS);
	assert_int_equal(run.ended_ms, TIME_NONE);
	assert_int_equal(run.jobs, 4);
	assert_int_equal(run.step_count, 6);
	assert_int_equal(run.wave_count, 2);
	assert_int_equal(run.group_count, 2);
	assert_int_equal(run.stage_count, 2);
	assert_true(text_ends_with(run.folder, "/.wavetrain/runs/run_1"));
	assert_string_equal(run.steps[4].id, "step-4");
	assert_string_equal(run.steps[4].name, "Step 4");
	assert_non_null(run.steps[4].command);
	assert_int_equal(run.steps[4].needs.count, 1);
	assert_int_equal(run.edges[run.steps[4].needs.first], 1);
	assert_int_equal(run.steps[4].wave, 1);
	assert_int_equal(run.steps[4].stage, 1);
	assert_int_equal(run.steps[4].estimate_ms, 104);
	assert_true(run.steps[3].critical);
	assert_false(run.steps[4].critical);
	assert_string_equal(run.steps[4].fingerprint, fixture->plan.steps[4].fingerprint);
	assert_string_equal(run.waves[1].name, "wave 1");
	assert_int_equal(run.waves[1].origin, WAVE_DETECTED);
	assert_int_equal(run.waves[1].checkpoint, INDEX_NONE);
	assert_string_equal(run.groups[1].name, "group 1");
	assert_int_equal(run.groups[1].steps.first, 3);
	assert_int_equal(run.totals.by_state[STATE_PENDING], 6);
	record_close(record);
}

static void an_attempt_moves_its_rows(void **state)
{
	struct fixture *fixture = *state;
	struct record *record = open_record(fixture, RECORD_WRITE);
	struct event started = event_of(EVENT_STEP_STARTED, 20);
	struct event ended = event_of(EVENT_STEP_COMPLETED, 520);
	struct run run;

	begin_run(fixture, record, "run_1");
	started.step = ended.step = 1;
	started.attempt = ended.attempt = 1;
	started.queue_ms = 7;
	started.process_id = 4242;
	ended.cpu_ms = 300;
	ended.peak_rss_bytes = 1u << 20;
	ended.log_bytes = 12;
	ended.log_truncated = true;
	ended.log_path = "log/step-1.1.log";
	must(fixture, take_plain(fixture, record, EVENT_PIPELINE_STARTED, 10));
	must(fixture, take_wave(fixture, record, EVENT_WAVE_STARTED, 0, 11));
	must(fixture, take(fixture, record, started));
	read_run(fixture, record, &run);
	assert_int_equal(run.state, STATE_RUNNING);
	assert_int_equal(run.waves[0].state, STATE_RUNNING);
	assert_int_equal(run.waves[0].started_ms, FIXTURE_TIME_MS + 11);
	assert_int_equal(run.steps[1].state, STATE_RUNNING);
	assert_int_equal(run.attempts[0].state, STATE_RUNNING);
	assert_int_equal(run.attempts[0].ended_ms, TIME_NONE);
	must(fixture, take(fixture, record, ended));
	read_run(fixture, record, &run);
	assert_int_equal(run.steps[1].state, STATE_DONE);
	assert_int_equal(run.steps[1].started_ms, FIXTURE_TIME_MS + 20);
	assert_int_equal(run.steps[1].ended_ms, FIXTURE_TIME_MS + 520);
	assert_int_equal(run.steps[1].attempts.count, 1);
	assert_int_equal(run.attempts[0].step, 1);
	assert_int_equal(run.attempts[0].number, 1);
	assert_int_equal(run.attempts[0].state, STATE_DONE);
	assert_int_equal(run.attempts[0].failure, FAILURE_NONE);
	assert_int_equal(run.attempts[0].queue_ms, 7);
	assert_int_equal(run.attempts[0].cpu_ms, 300);
	assert_int_equal(run.attempts[0].peak_rss_bytes, 1u << 20);
	assert_int_equal(run.attempts[0].log_bytes, 12);
	assert_true(run.attempts[0].log_truncated);
	assert_string_equal(run.attempts[0].log_path, "log/step-1.1.log");
	record_close(record);
}

/* A retried step, one that fails for good, one that is skipped for it, one that is cancelled. */
static void failures_move_their_rows(void **state)
{
	struct fixture *fixture = *state;
	struct record *record = open_record(fixture, RECORD_WRITE);
	struct event failed = event_of(EVENT_STEP_RETRIED, 30);
	struct event skipped = event_of(EVENT_STEP_SKIPPED, 80);
	struct run run;

	begin_run(fixture, record, "run_1");
	must(fixture, take_plain(fixture, record, EVENT_PIPELINE_STARTED, 10));
	must(fixture, take_step(fixture, record, EVENT_STEP_STARTED, 0, 20));
	failed.step = 0;
	failed.attempt = 1;
	failed.exit_status = 75;
	failed.failure = FAILURE_TRANSIENT;
	failed.reason = "exit status 75";
	must(fixture, take(fixture, record, failed));
	read_run(fixture, record, &run);
	assert_int_equal(run.steps[0].state, STATE_RUNNING);
	assert_int_equal(run.attempts[0].state, STATE_FAILED);
	failed = event_of(EVENT_STEP_STARTED, 40);
	failed.step = 0;
	failed.attempt = 2;
	must(fixture, take(fixture, record, failed));
	failed.type = EVENT_STEP_FAILED;
	failed.signal = 11;
	failed.exit_status = -1;
	failed.failure = FAILURE_SIGNAL;
	failed.reason = "killed by signal 11";
	must(fixture, take(fixture, record, failed));
	skipped.step = 3;
	skipped.reason = "step-0 failed";
	skipped.subject = "step-0";
	must(fixture, take(fixture, record, skipped));
	must(fixture, take_step(fixture, record, EVENT_STEP_STARTED, 1, 50));
	must(fixture, take_step(fixture, record, EVENT_STEP_CANCELLED, 1, 60));
	read_run(fixture, record, &run);
	assert_int_equal(run.steps[0].state, STATE_FAILED);
	assert_string_equal(run.steps[0].reason, "killed by signal 11");
	assert_int_equal(run.steps[0].attempts.count, 2);
	assert_int_equal(run.attempts[0].failure, FAILURE_TRANSIENT);
	assert_int_equal(run.attempts[0].exit_status, 75);
	assert_int_equal(run.attempts[1].failure, FAILURE_SIGNAL);
	assert_int_equal(run.attempts[1].signal, 11);
	assert_int_equal(run.steps[3].state, STATE_SKIPPED);
	assert_string_equal(run.steps[3].reason, "step-0 failed");
	assert_int_equal(run.steps[1].state, STATE_PENDING);
	assert_int_equal(run.attempts[2].state, STATE_FAILED);
	assert_int_equal(run.attempts[2].failure, FAILURE_CANCELLED);
	assert_int_equal(run.totals.retried, 1);
	record_close(record);
}

static void groups_waves_and_the_run_end(void **state)
{
	struct fixture *fixture = *state;
	struct record *record = open_record(fixture, RECORD_WRITE);
	struct event event = event_of(EVENT_GROUP_STARTED, 20);
	struct run run;

	begin_run(fixture, record, "run_1");
	must(fixture, take_plain(fixture, record, EVENT_PIPELINE_STARTED, 10));
	must(fixture, take_wave(fixture, record, EVENT_WAVE_STARTED, 0, 20));
	event.group = 0;
	must(fixture, take(fixture, record, event));
	event = event_of(EVENT_GROUP_COMPLETED, 30);
	event.group = 0;
	must(fixture, take(fixture, record, event));
	must(fixture, take_wave(fixture, record, EVENT_WAVE_COMPLETED, 0, 40));
	must(fixture, take_wave(fixture, record, EVENT_WAVE_STARTED, 1, 50));
	event = event_of(EVENT_GROUP_STARTED, 50);
	event.group = 1;
	must(fixture, take(fixture, record, event));
	event.type = EVENT_GROUP_FAILED;
	must(fixture, take(fixture, record, event));
	must(fixture, take_wave(fixture, record, EVENT_WAVE_FAILED, 1, 60));
	event = event_of(EVENT_PIPELINE_FAILED, 70);
	event.reason = "step-3 failed";
	must(fixture, take(fixture, record, event));
	read_run(fixture, record, &run);
	assert_int_equal(run.groups[0].state, STATE_DONE);
	assert_int_equal(run.groups[0].started_ms, FIXTURE_TIME_MS + 20);
	assert_int_equal(run.groups[0].ended_ms, FIXTURE_TIME_MS + 30);
	assert_int_equal(run.groups[1].state, STATE_FAILED);
	assert_int_equal(run.waves[0].state, STATE_DONE);
	assert_int_equal(run.waves[0].ended_ms, FIXTURE_TIME_MS + 40);
	assert_int_equal(run.waves[1].state, STATE_FAILED);
	assert_int_equal(run.state, STATE_FAILED);
	assert_int_equal(run.ended_ms, FIXTURE_TIME_MS + 70);
	assert_string_equal(run.reason, "step-3 failed");
	must(fixture, take_plain(fixture, record, EVENT_PIPELINE_RESUMED, 1070));
	must(fixture, take_plain(fixture, record, EVENT_PIPELINE_INTERRUPTED, 1100));
	read_run(fixture, record, &run);
	assert_int_equal(run.state, STATE_INTERRUPTED);
	assert_int_equal(run.resume_count, 1);
	assert_int_equal(run.paused_ms, 1000);
	must(fixture, take_plain(fixture, record, EVENT_PIPELINE_RESUMED, 1200));
	must(fixture, take_plain(fixture, record, EVENT_PIPELINE_COMPLETED, 1300));
	read_run(fixture, record, &run);
	assert_int_equal(run.state, STATE_DONE);
	assert_int_equal(run.resume_count, 2);
	assert_int_equal(run.paused_ms, 1100);
	assert_null(run.reason);
	record_close(record);
}

static void contracts_and_artifacts_are_kept(void **state)
{
	struct fixture *fixture = *state;
	struct record *record = open_record(fixture, RECORD_WRITE);
	struct artifact artifact = {.name = "pages", .path = "step-2/pages", .file_count = 3};
	struct event event = event_of(EVENT_ARTIFACT_CREATED, 20);
	struct run run;

	begin_run(fixture, record, "run_1");
	artifact.is_folder = true;
	artifact.size_bytes = 99;
	memset(artifact.sha256, 'a', 64);
	event.step = 2;
	event.attempt = 1;
	event.artifact = &artifact;
	must(fixture, take(fixture, record, event));
	artifact.size_bytes = 100; /* a second attempt replaces it */
	must(fixture, take(fixture, record, event));
	event.type = EVENT_ARTIFACT_INJECTED;
	event.step = 5;
	event.subject = "pages";
	must(fixture, take(fixture, record, event));
	event.type = EVENT_CONTRACT_VALIDATED;
	event.step = 2;
	event.subject = "files report.json";
	event.duration_ms = 4;
	event.artifact = NULL;
	must(fixture, take(fixture, record, event));
	event.type = EVENT_CONTRACT_FAILED;
	event.subject = "command ./check.sh";
	event.reason = "exit status 1";
	must(fixture, take(fixture, record, event));
	read_run(fixture, record, &run);
	assert_int_equal(run.artifact_count, 1);
	assert_int_equal(run.steps[2].artifacts.count, 1);
	assert_int_equal(run.artifacts[0].artifact.size_bytes, 100);
	assert_int_equal(run.artifacts[0].artifact.file_count, 3);
	assert_true(run.artifacts[0].artifact.is_folder);
	assert_string_equal(run.artifacts[0].artifact.path, "step-2/pages");
	assert_string_equal(run.artifacts[0].artifact.sha256, artifact.sha256);
	assert_int_equal(run.steps[2].contracts.count, 2);
	assert_true(run.contracts[0].passed);
	assert_null(run.contracts[0].reason);
	assert_int_equal(run.contracts[0].duration_ms, 4);
	assert_false(run.contracts[1].passed);
	assert_string_equal(run.contracts[1].reason, "exit status 1");
	assert_string_equal(run.contracts[1].subject, "command ./check.sh");
	record_close(record);
}

static void checkpoints_are_prepared_then_created(void **state)
{
	struct fixture *fixture = *state;
	struct record *record = open_record(fixture, RECORD_WRITE);
	struct checkpoint checkpoint = {.number = 1, .wave = 0, .commit = "c1", .parent = "c0"};
	struct checkpoint read = {0};
	struct event event = event_of(EVENT_CHECKPOINT_PREPARED, 20);
	struct run run;
	bool found = true;

	begin_run(fixture, record, "run_1");
	must(fixture, record_read_unpublished(
			      record, "run_1", &fixture->arena, &read, &found, &fixture->error));
	assert_false(found);
	checkpoint.subject = "wave 1";
	checkpoint.files_changed = 5;
	checkpoint.bytes = 77;
	event.wave = 0;
	event.checkpoint = &checkpoint;
	must(fixture, take(fixture, record, event));
	must(fixture, record_read_unpublished(
			      record, "run_1", &fixture->arena, &read, &found, &fixture->error));
	assert_true(found);
	assert_string_equal(read.commit, "c1");
	assert_string_equal(read.parent, "c0");
	read_run(fixture, record, &run);
	assert_int_equal(run.checkpoint_count, 0);
	event.type = EVENT_CHECKPOINT_CREATED;
	checkpoint.reference = "refs/heads/main";
	must(fixture, take(fixture, record, event));
	must(fixture, record_read_unpublished(
			      record, "run_1", &fixture->arena, &read, &found, &fixture->error));
	assert_false(found);
	checkpoint.number = 2;
	event.type = EVENT_CHECKPOINT_PREPARED;
	must(fixture, take(fixture, record, event));
	event.type = EVENT_CHECKPOINT_FAILED;
	event.checkpoint = NULL;
	must(fixture, take(fixture, record, event));
	/* Its commit was made all the same. */
	must(fixture, record_read_unpublished(
			      record, "run_1", &fixture->arena, &read, &found, &fixture->error));
	assert_true(found);
	assert_int_equal(read.number, 2);
	read_run(fixture, record, &run);
	assert_int_equal(run.checkpoint_count, 1);
	assert_string_equal(run.checkpoints[0].reference, "refs/heads/main");
	assert_string_equal(run.checkpoints[0].subject, "wave 1");
	assert_int_equal(run.checkpoints[0].files_changed, 5);
	assert_int_equal(run.checkpoints[0].bytes, 77);
	assert_int_equal(run.waves[0].checkpoint, 0);
	assert_int_equal(run.waves[1].checkpoint, INDEX_NONE);
	record_close(record);
}

/* One that failed before it had a commit hides none; a later one that was made has its work. */
static void what_was_not_published_is_the_last_commit(void **state)
{
	struct fixture *fixture = *state;
	struct record *record = open_record(fixture, RECORD_WRITE);
	struct checkpoint checkpoint = {.number = 1, .wave = 0, .commit = "c1", .parent = "c0"};
	struct checkpoint read = {0};
	struct event event = event_of(EVENT_CHECKPOINT_FAILED, 20);
	bool found = false;

	begin_run(fixture, record, "run_1");
	event.wave = 0;
	event.checkpoint = &checkpoint;
	must(fixture, take(fixture, record, event));
	checkpoint.number = 2;
	checkpoint.commit = NULL;
	must(fixture, take(fixture, record, event));
	must(fixture, record_read_unpublished(
			      record, "run_1", &fixture->arena, &read, &found, &fixture->error));
	assert_true(found);
	assert_int_equal(read.number, 1);
	assert_string_equal(read.commit, "c1");
	checkpoint.number = 3;
	event.type = EVENT_CHECKPOINT_CREATED;
	must(fixture, take(fixture, record, event));
	must(fixture, record_read_unpublished(
			      record, "run_1", &fixture->arena, &read, &found, &fixture->error));
	assert_false(found);
	record_close(record);
}

static void illegal_moves_are_refused_and_change_nothing(void **state)
{
	static const struct {
		enum event_type type;
		uint32_t step;
		const char *text;
	} cases[] = {
		{EVENT_STEP_COMPLETED, 0, "what is pending cannot become done"},
		{EVENT_STEP_FAILED, 5, "what is pending cannot become failed"},
		{EVENT_STEP_COMPLETED, 600, "no such step"},
		{EVENT_CONTRACT_FAILED, 600, "no such step"},
		{EVENT_WAVE_COMPLETED, INDEX_NONE, "no such step, wave or group"},
		{EVENT_PIPELINE_COMPLETED, INDEX_NONE, "what is pending cannot become done"},
	};
	struct fixture *fixture = *state;
	struct record *record = open_record(fixture, RECORD_WRITE);
	struct run run;

	begin_run(fixture, record, "run_1");
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		assert_false(take_step(fixture, record, cases[i].type, cases[i].step, 10));
		assert_non_null(strstr(fixture->error.text, cases[i].text));
	}
	assert_false(take_step(fixture, record, EVENT_STEP_COMPLETED, 0, 10));
	assert_string_equal(fixture->error.text,
		"run 'run_1': event step_completed of step 'step-0': what is pending cannot "
		"become done");
	must(fixture, take_step(fixture, record, EVENT_STEP_STARTED, 0, 10));
	must(fixture, record_flush(record, false, &fixture->error));
	read_run(fixture, record, &run);
	assert_int_equal(run.attempt_count, 1);
	record_close(record);
}

struct seen {
	uint32_t count;
	uint64_t last;
	char types[256];
};

static bool see(void *context, const struct event *event, const char *json)
{
	struct seen *seen = context;

	assert_int_equal(event->sequence, seen->last + 1);
	seen->last = event->sequence;
	seen->count++;
	assert_non_null(strstr(json, event_type_name(event->type)));
	assert_non_null(strstr(json, "\"pipeline_id\":\"run_1\""));
	snprintf(seen->types + strlen(seen->types), 60, "%s(%d) ", event_type_name(event->type),
		event->step == INDEX_NONE ? -1 : (int)event->step);
	return seen->count < 3;
}

static void events_are_read_in_order(void **state)
{
	struct fixture *fixture = *state;
	struct record *record = open_record(fixture, RECORD_WRITE);
	struct seen seen = {0};

	begin_run(fixture, record, "run_1");
	must(fixture, take_plain(fixture, record, EVENT_PIPELINE_STARTED, 1));
	must(fixture, take_step(fixture, record, EVENT_STEP_STARTED, 4, 2));
	must(fixture, take_step(fixture, record, EVENT_STEP_COMPLETED, 4, 3));
	must(fixture, take_step(fixture, record, EVENT_STEP_STARTED, 5, 3));
	must(fixture, record_read_events(record, "run_1", see, &seen, &fixture->error));
	assert_string_equal(seen.types, "pipeline_started(-1) step_started(4) step_completed(4) ");
	record_close(record);
}

/* One that a killed runner left: step-0 done, step-1 running, step-2 failed. */
static struct record *leave_half_a_run(struct fixture *fixture)
{
	struct record *record = open_record(fixture, RECORD_WRITE);
	struct event event = event_of(EVENT_STEP_FAILED, 40);

	begin_run(fixture, record, "run_1");
	must(fixture, take_plain(fixture, record, EVENT_PIPELINE_STARTED, 10));
	must(fixture, take_wave(fixture, record, EVENT_WAVE_STARTED, 0, 11));
	for (uint32_t step = 0; step < 3; step++)
		must(fixture, take_step(fixture, record, EVENT_STEP_STARTED, step, 20));
	must(fixture, take_step(fixture, record, EVENT_STEP_COMPLETED, 0, 30));
	event.step = 2;
	event.attempt = 1;
	event.reason = "exit status 1";
	event.failure = FAILURE_PERMANENT;
	must(fixture, take(fixture, record, event));
	must(fixture, record_flush(record, false, &fixture->error));
	record_close(record);
	return open_record(fixture, RECORD_WRITE);
}

static void a_run_is_continued(void **state)
{
	struct fixture *fixture = *state;
	struct record *record = leave_half_a_run(fixture);
	struct event event = event_of(EVENT_STEP_STARTED, 5010);
	struct run run;

	read_run(fixture, record, &run);
	fixture->plan.steps[0].action = ACTION_SKIP;
	must(fixture, record_continue_run(record, &run, &fixture->plan, &fixture->error));
	read_run(fixture, record, &run);
	assert_int_equal(run.steps[0].state, STATE_DONE);
	assert_int_equal(run.steps[0].ended_ms, FIXTURE_TIME_MS + 30);
	assert_int_equal(run.steps[1].state, STATE_PENDING);
	assert_int_equal(run.steps[2].state, STATE_PENDING);
	assert_null(run.steps[2].reason);
	assert_int_equal(run.waves[0].state, STATE_PENDING);
	assert_int_equal(run.attempts[1].state, STATE_FAILED);
	assert_int_equal(run.attempts[1].failure, FAILURE_CANCELLED);
	assert_string_equal(run.attempts[1].reason, "runner ended");
	assert_int_equal(run.attempts[1].ended_ms, FIXTURE_TIME_MS + 40);
	must(fixture, take_plain(fixture, record, EVENT_PIPELINE_RESUMED, 5000));
	must(fixture, take_wave(fixture, record, EVENT_WAVE_STARTED, 0, 5001));
	event.step = 1;
	event.attempt = 2;
	must(fixture, take(fixture, record, event));
	read_run(fixture, record, &run);
	assert_int_equal(run.state, STATE_RUNNING);
	assert_int_equal(run.resume_count, 1);
	assert_int_equal(run.paused_ms, 4960);
	assert_int_equal(run.steps[1].started_ms, FIXTURE_TIME_MS + 20);
	record_close(record);
}

/* What a person leaves out is on record from the start, and only what the newest plan does. */
static void a_step_that_is_left_out_is_so_on_record(void **state)
{
	struct fixture *fixture = *state;
	struct record *record = leave_half_a_run(fixture);
	struct plan_step *step = &fixture->plan.steps[2];
	struct run run;

	read_run(fixture, record, &run);
	step->action = ACTION_OMIT;
	step->reason = REASON_LEFT_OUT "somebody";
	must(fixture, record_continue_run(record, &run, &fixture->plan, &fixture->error));
	read_run(fixture, record, &run);
	assert_int_equal(run.steps[2].state, STATE_PENDING);
	assert_string_equal(run.steps[2].reason, step->reason);
	step->action = ACTION_RUN;
	must(fixture, record_continue_run(record, &run, &fixture->plan, &fixture->error));
	read_run(fixture, record, &run);
	assert_null(run.steps[2].reason);
	step->action = ACTION_OMIT;
	step->reason = "its condition does not hold";
	must(fixture, record_continue_run(record, &run, &fixture->plan, &fixture->error));
	read_run(fixture, record, &run);
	assert_null(run.steps[2].reason);
	record_close(record);
}

/* step-0 goes, a new one comes first, step-2 and step-1 change places. */
static void a_changed_pipeline_is_continued(void **state)
{
	struct fixture *fixture = *state;
	struct record *record = leave_half_a_run(fixture);
	struct step *steps = fixture->pipeline.steps;
	struct run before;
	struct run run;

	read_run(fixture, record, &before);
	fixture_plan(fixture, 2, 2);
	steps = fixture->pipeline.steps;
	steps[0].id = "fresh";
	steps[1].id = "step-2";
	steps[2].id = "step-1";
	steps[3].id = "step-0";
	fixture->plan.steps[3].action = ACTION_SKIP;
	must(fixture, record_continue_run(record, &before, &fixture->plan, &fixture->error));
	read_run(fixture, record, &run);
	assert_int_equal(run.step_count, 7);
	assert_string_equal(run.steps[0].id, "fresh");
	assert_int_equal(run.steps[0].state, STATE_PENDING);
	assert_string_equal(run.steps[1].id, "step-2");
	assert_string_equal(run.steps[2].id, "step-1");
	assert_int_equal(run.steps[3].state, STATE_DONE);
	assert_int_equal(run.edges[run.steps[3].needs.first], 1);
	assert_int_equal(run.attempts[run.steps[1].attempts.first].failure, FAILURE_PERMANENT);
	assert_int_equal(run.attempts[run.steps[3].attempts.first].state, STATE_DONE);
	for (uint32_t i = 4; i < 7; i++) {
		assert_int_equal(run.steps[i].state, STATE_SKIPPED);
		assert_string_equal(run.steps[i].reason, "no longer in the pipeline");
		assert_int_equal(run.steps[i].wave, INDEX_NONE);
		assert_true(run.steps[i].stage < run.stage_count);
	}
	must(fixture, take_plain(fixture, record, EVENT_PIPELINE_RESUMED, 5000));
	must(fixture, take_step(fixture, record, EVENT_STEP_STARTED, 0, 5000));
	must(fixture, take_step(fixture, record, EVENT_STEP_COMPLETED, 0, 5001));
	read_run(fixture, record, &run);
	assert_string_equal(run.steps[0].id, "fresh");
	assert_int_equal(run.steps[0].state, STATE_DONE);
	record_close(record);
}

static void history_is_the_median_of_successes(void **state)
{
	static const int64_t durations_ms[] = {100, 900, 300, 200};
	static const uint64_t peaks_bytes[] = {5000, 90000, 0, 7000}; /* the second one fails */
	struct fixture *fixture = *state;
	struct record *record = open_record(fixture, RECORD_WRITE);
	struct history history;
	char id[32];

	for (size_t i = 0; i < ARRAY_LENGTH(durations_ms); i++) {
		struct event_names names = {.run_id = id};
		struct event event = event_of(EVENT_STEP_STARTED, 0);

		snprintf(id, sizeof id, "run_%zu", i);
		begin_run(fixture, record, id);
		event.step = 1;
		event.attempt = 1;
		must(fixture, record_event(record, id, &event, &names, &fixture->error));
		event.type = i == 1 ? EVENT_STEP_FAILED : EVENT_STEP_COMPLETED;
		event.time_ms += durations_ms[i];
		event.peak_rss_bytes = peaks_bytes[i];
		must(fixture, record_event(record, id, &event, &names, &fixture->error));
	}
	must(fixture,
		record_read_history(record, "books", &fixture->arena, &history, &fixture->error));
	assert_int_equal(history.count, 1);
	assert_string_equal(history.entries[0].step_id, "step-1");
	assert_int_equal(history.entries[0].median_ms, 200);
	assert_int_equal(history.entries[0].ninth_decile_ms, 300);
	assert_int_equal(history.entries[0].run_count, 3);
	assert_int_equal(history.entries[0].peak_rss_bytes, 7000);
	assert_int_equal(map_find(&history.by_id, "step-1"), 0);
	map_release(&history.by_id);
	must(fixture,
		record_read_history(record, "other", &fixture->arena, &history, &fixture->error));
	assert_int_equal(history.count, 0);
	record_close(record);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(what_is_begun_is_read_back),
		TEST(an_attempt_moves_its_rows),
		TEST(failures_move_their_rows),
		TEST(groups_waves_and_the_run_end),
		TEST(contracts_and_artifacts_are_kept),
		TEST(checkpoints_are_prepared_then_created),
		TEST(what_was_not_published_is_the_last_commit),
		TEST(illegal_moves_are_refused_and_change_nothing),
		TEST(events_are_read_in_order),
		TEST(a_run_is_continued),
		TEST(a_step_that_is_left_out_is_so_on_record),
		TEST(a_changed_pipeline_is_continued),
		TEST(history_is_the_median_of_successes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
