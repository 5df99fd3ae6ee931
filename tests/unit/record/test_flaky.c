/* Which steps the record calls flaky, from real rows. */
#include "record/record_fixture.h"

/*
 * One run of step-0, an attempt a letter: d done, f failed, r lacked a resource, c cancelled,
 * u killed from elsewhere, k taken from the cache; | is a stop and a resumption.
 */
struct played_run {
	const char *id;
	const char *commit; /* NULL: no repository */
	const char *attempts;
	const char *fingerprint; /* of step-0; NULL: as in all others */
};

struct player {
	struct fixture *fixture;
	struct record *record;
	const char *id;
	int64_t time_ms;
	uint32_t attempt;
};

static void tell(struct player *player, struct event event)
{
	struct event_names names = {.run_id = player->id};
	event.time_ms = FIXTURE_TIME_MS + ++player->time_ms;
	if (event.step != INDEX_NONE)
		names.step_id = "step-0";
	must(player->fixture,
		record_event(player->record, player->id, &event, &names, &player->fixture->error));
}

static void tell_plain(struct player *player, enum event_type type)
{
	struct event event = event_of(type, 0);
	event.jobs = 4;
	tell(player, event);
}

static void tell_step(
	struct player *player, enum event_type type, enum failure_class failure, const char *reason)
{
	struct event event = event_of(type, 0);
	event.step = 0;
	event.attempt = player->attempt;
	event.failure = failure;
	event.reason = reason;
	tell(player, event);
}

/* next: the letter behind it, 0 at the end. */
static void play_attempt(struct player *player, char letter, char next)
{
	bool is_last = next == '\0' || next == '|';
	player->attempt++;
	tell_step(player, EVENT_STEP_STARTED, FAILURE_NONE, NULL);
	enum event_type failed = is_last ? EVENT_STEP_FAILED : EVENT_STEP_RETRIED;
	if (letter == 'd' || letter == 'k') {
		struct event event = event_of(EVENT_STEP_COMPLETED, 0);
		event.step = 0;
		event.attempt = player->attempt;
		event.key = letter == 'k' ? "cafe" : NULL;
		tell(player, event);
	} else if (letter == 'f') {
		tell_step(player, failed, FAILURE_PERMANENT,
			arena_format(&player->fixture->arena, "failure %u", player->attempt));
	} else if (letter == 'r') {
		tell_step(player, failed, FAILURE_RESOURCE, "no room");
	} else {
		tell_step(player, EVENT_STEP_CANCELLED,
			letter == 'u' ? FAILURE_UNKNOWN : FAILURE_CANCELLED, NULL);
	}
}

static void resume(struct player *player)
{
	struct fixture *fixture = player->fixture;
	struct run run;
	tell_plain(player, EVENT_PIPELINE_FAILED);
	must(fixture, record_flush(player->record, false, &fixture->error));
	must(fixture, record_read_run(
			      player->record, player->id, &fixture->arena, &run, &fixture->error));
	must(fixture, record_continue_run(player->record, &run, &fixture->plan, &fixture->error));
	tell_plain(player, EVENT_PIPELINE_RESUMED);
}

static void play(struct fixture *fixture, struct record *record, const struct played_run *played)
{
	struct player player = {.fixture = fixture,
		.record = record,
		.id = played->id,
		.time_ms = 1000 * played->id[0]};
	struct run run;
	snprintf(fixture->plan.steps[0].fingerprint, 65, "%s",
		played->fingerprint ? played->fingerprint : "as it is");
	run_from_plan(&fixture->plan, played->id, &fixture->arena, &run);
	run.started_ms = FIXTURE_TIME_MS;
	run.base_commit = played->commit;
	must(fixture, record_begin_run(record, &run, &fixture->error));
	tell_plain(&player, EVENT_PIPELINE_STARTED);
	for (const char *letter = played->attempts; *letter; letter++) {
		if (*letter == '|')
			resume(&player);
		else
			play_attempt(&player, *letter, letter[1]);
	}
	tell_plain(&player, EVENT_PIPELINE_FAILED);
	must(fixture, record_flush(record, false, &fixture->error));
}

static void read_last(
	struct fixture *fixture, struct record *record, const char *id, struct run *run)
{
	must(fixture, record_read_run(record, id, &fixture->arena, run, &fixture->error));
	must(fixture, record_read_flaky(record, &fixture->arena, run, &fixture->error));
}

struct flaky_case {
	struct played_run runs[4];
	const char *expected; /* "FAILED of ATTEMPTS in RUNS: CLASS REASON ID"; NULL: not flaky */
};

static const struct flaky_case flaky_cases[] = {
	{{{"a", "abc", "d", NULL}}, NULL},
	{{{"a", "abc", "f", NULL}}, NULL},
	{{{"a", "abc", "fff", NULL}}, NULL},
	{{{"a", "abc", "fd", NULL}}, "1 of 2 in 1: permanent failure 1 a"},
	{{{"a", NULL, "ffd", NULL}}, "2 of 3 in 1: permanent failure 2 a"},
	/* What is no verdict. */
	{{{"a", "abc", "rd", NULL}}, NULL},
	{{{"a", "abc", "rrfd", NULL}}, "1 of 2 in 1: permanent failure 3 a"},
	{{{"a", "abc", "u|d", NULL}}, NULL},
	{{{"a", "abc", "c|d", NULL}}, NULL},
	/* Before a resumption somebody may have mended something. */
	{{{"a", "abc", "f|d", NULL}}, NULL},
	{{{"a", "abc", "fd|fd", NULL}}, "1 of 2 in 1: permanent failure 3 a"},
	{{{"a", "abc", "ff|fd", NULL}}, "1 of 2 in 1: permanent failure 3 a"},
	/* From run to run. */
	{{{"a", "abc", "f", NULL}, {"b", "abc", "d", NULL}}, "1 of 2 in 2: permanent failure 1 a"},
	{{{"a", "abc", "d", NULL}, {"b", "abc", "f", NULL}}, "1 of 2 in 2: permanent failure 1 b"},
	{{{"a", "abc", "ffd", NULL}, {"b", "abc", "d", NULL}, {"c", "abc", "fd", NULL}},
		"3 of 6 in 3: permanent failure 1 c"},
	{{{"a", "abc", "f", NULL}, {"b", "abc", "f", NULL}}, NULL},
	{{{"a", "abc", "d", NULL}, {"b", "abc", "d", NULL}}, NULL},
	/* Another commit, none, another definition, a resumed run. */
	{{{"a", "abd", "f", NULL}, {"b", "abc", "d", NULL}}, NULL},
	{{{"a", NULL, "f", NULL}, {"b", NULL, "d", NULL}}, NULL},
	{{{"a", "abc", "f", "as it was"}, {"b", "abc", "d", NULL}}, NULL},
	{{{"a", "abc", "f|f", NULL}, {"b", "abc", "d", NULL}}, NULL},
	{{{"a", "abc", "f", NULL}, {"b", "abc", "c|d", NULL}}, NULL},
	{{{"a", "abc", "r", NULL}, {"b", "abc", "d", NULL}}, NULL},
	/* A result from the cache is no verdict, and later runs are not known yet. */
	{{{"a", "abc", "f", NULL}, {"b", "abc", "k", NULL}}, NULL},
	{{{"a", "abc", "k", NULL}, {"b", "abc", "f", NULL}}, NULL},
	/* What has not been tried in this run is not told of. */
	{{{"a", "abc", "f", NULL}, {"b", "abc", "d", NULL}, {"c", "abc", "", NULL}}, NULL},
};

static void each_case(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof flaky_cases / sizeof *flaky_cases; i++) {
		const struct flaky_case *row = &flaky_cases[i];
		void *kept;
		struct run run = {0};
		fixture_setup(&kept);
		struct fixture *fixture = kept;
		struct record *record = open_record(fixture, RECORD_WRITE);
		const char *last = NULL;
		for (size_t k = 0; k < 4 && row->runs[k].id; k++) {
			play(fixture, record, &row->runs[k]);
			last = row->runs[k].id;
		}
		read_last(fixture, record, last, &run);
		const struct run_flaky *flaky = run.flaky;
		if (run.flaky_count != (row->expected ? 1u : 0u))
			fail_msg("case %zu: %u flaky steps", i, run.flaky_count);
		if (row->expected)
			assert_string_equal(row->expected,
				arena_format(&fixture->arena, "%u of %u in %u: %s %s %s",
					flaky->failed, flaky->attempts, flaky->run_count,
					failure_class_name(flaky->last_failure), flaky->last_reason,
					flaky->last_run));
		record_close(record);
		fixture_teardown(&kept);
	}
}

/* The first run tells nothing of what came after it. */
static void an_earlier_run_does_not_know_later_ones(void **state)
{
	struct fixture *fixture = *state;
	struct record *record = open_record(fixture, RECORD_WRITE);
	struct run run;
	play(fixture, record, &(struct played_run){"a", "abc", "f", NULL});
	play(fixture, record, &(struct played_run){"b", "abc", "d", NULL});
	read_last(fixture, record, "a", &run);
	assert_int_equal(run.flaky_count, 0);
	read_last(fixture, record, "b", &run);
	assert_int_equal(run.flaky_count, 1);
	assert_int_equal(run.flaky[0].step, 0);
	record_close(record);
}

static void no_more_runs_are_looked_at_than_said(void **state)
{
	struct fixture *fixture = *state;
	struct record *record = open_record(fixture, RECORD_WRITE);
	struct run run;
	play(fixture, record, &(struct played_run){"first", "abc", "f", NULL});
	for (uint32_t i = 0; i < FLAKY_RUNS; i++) {
		const char *id = arena_format(&fixture->arena, "then-%u", i);
		play(fixture, record, &(struct played_run){id, "abc", "d", NULL});
		read_last(fixture, record, id, &run);
		assert_int_equal(run.flaky_count, i < FLAKY_RUNS - 1);
		if (run.flaky_count)
			assert_int_equal(run.flaky[0].run_count, i + 2);
	}
	record_close(record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_case),
		cmocka_unit_test_setup_teardown(
			an_earlier_run_does_not_know_later_ones, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			no_more_runs_are_looked_at_than_said, fixture_setup, fixture_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
