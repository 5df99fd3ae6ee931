/* Which steps the record calls flaky, from real rows. */
#include "record/record_fixture.h"

/*
 * One run of step-0, an attempt a letter: d done, f failed, r lacked a resource, c cancelled,
 * u killed from elsewhere, k taken from the cache; | is a stop and a resumption, D one in the
 * debugger, C a commit.
 */
struct played_run {
	const char *id;
	const char *commit; /* NULL: no repository */
	const char *attempts;
	const char *fingerprint; /* of step-0; NULL: as in all others */
	const char *reason;      /* of the start; NULL: nothing is unusual */
	const char *taken;       /* what the artifact of a need holds; NULL: there is none */
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

static void tell_plain(struct player *player, enum event_type type, const char *reason)
{
	struct event event = event_of(type, 0);
	event.jobs = 4;
	event.reason = reason;
	tell(player, event);
}

/* step-0 needs step-5. */
static void tell_taken(struct player *player, const char *content)
{
	struct event event = event_of(EVENT_ARTIFACT_CREATED, 0);
	struct artifact artifact = {.name = "list", .path = "step-5/list", .file_count = 1};
	struct event_names names = {.run_id = player->id, .step_id = "step-5"};
	snprintf(artifact.sha256, sizeof artifact.sha256, "%64s", content);
	event.step = 5;
	event.artifact = &artifact;
	must(player->fixture,
		record_event(player->record, player->id, &event, &names, &player->fixture->error));
}

static void tell_commit(struct player *player)
{
	struct event event = event_of(EVENT_CHECKPOINT_CREATED, 0);
	struct checkpoint checkpoint = {.number = player->attempt + 1,
		.time_ms = FIXTURE_TIME_MS + player->time_ms + 1,
		.commit = "0123",
		.wave = INDEX_NONE};
	event.checkpoint = &checkpoint;
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
	bool is_last = next == '\0' || next == '|' || next == 'D';
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

static void resume(struct player *player, const char *reason)
{
	struct fixture *fixture = player->fixture;
	struct run run;
	tell_plain(player, EVENT_PIPELINE_FAILED, NULL);
	must(fixture, record_flush(player->record, false, &fixture->error));
	must(fixture, record_read_run(
			      player->record, player->id, &fixture->arena, &run, &fixture->error));
	must(fixture, record_continue_run(player->record, &run, &fixture->plan, &fixture->error));
	tell_plain(player, EVENT_PIPELINE_RESUMED, reason);
}

static void play(struct fixture *fixture, struct record *record, const struct played_run *played)
{
	struct player player = {.fixture = fixture,
		.record = record,
		.id = played->id,
		.time_ms = 1000 * played->id[0]};
	struct run run;
	fixture->plan.edges[3] = 5;
	fixture->plan.steps[0].needs = (struct index_range){3, 1};
	fixture->plan.edge_count = 4;
	snprintf(fixture->plan.steps[0].fingerprint, 65, "%s",
		played->fingerprint ? played->fingerprint : "as it is");
	run_from_plan(&fixture->plan, played->id, &fixture->arena, &run);
	run.started_ms = FIXTURE_TIME_MS;
	run.base_commit = played->commit;
	must(fixture, record_begin_run(record, &run, &fixture->error));
	tell_plain(&player, EVENT_PIPELINE_STARTED, played->reason);
	if (played->taken)
		tell_taken(&player, played->taken);
	for (const char *letter = played->attempts; *letter; letter++) {
		if (*letter == '|' || *letter == 'D')
			resume(&player, *letter == 'D' ? REASON_DEBUGGED : NULL);
		else if (*letter == 'C')
			tell_commit(&player);
		else
			play_attempt(&player, *letter, letter[1]);
	}
	tell_plain(&player, EVENT_PIPELINE_FAILED, NULL);
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

#define PLAYED_WITH(name, of_commit, letters, more)                                                \
	{                                                                                          \
		.id = (name), .commit = (of_commit), .attempts = (letters), more                   \
	}
#define PLAYED(name, of_commit, letters) PLAYED_WITH(name, of_commit, letters, .taken = NULL)

static const struct flaky_case flaky_cases[] = {
	{{PLAYED("a", "abc", "d")}, NULL},
	{{PLAYED("a", "abc", "f")}, NULL},
	{{PLAYED("a", "abc", "fff")}, NULL},
	{{PLAYED("a", "abc", "fd")}, "1 of 2 in 1: permanent failure 1 a"},
	{{PLAYED("a", NULL, "ffd")}, "2 of 3 in 1: permanent failure 2 a"},
	/* What is no verdict. */
	{{PLAYED("a", "abc", "rd")}, NULL},
	{{PLAYED("a", "abc", "rrfd")}, "1 of 2 in 1: permanent failure 3 a"},
	{{PLAYED("a", "abc", "u|d")}, NULL},
	{{PLAYED("a", "abc", "c|d")}, NULL},
	/* Before a resumption somebody may have mended something. */
	{{PLAYED("a", "abc", "f|d")}, NULL},
	{{PLAYED("a", "abc", "fd|fd")}, "1 of 2 in 1: permanent failure 3 a"},
	{{PLAYED("a", "abc", "ff|fd")}, "1 of 2 in 1: permanent failure 3 a"},
	/* From run to run. */
	{{PLAYED("a", "abc", "f"), PLAYED("b", "abc", "d")}, "1 of 2 in 2: permanent failure 1 a"},
	{{PLAYED("a", "abc", "d"), PLAYED("b", "abc", "f")}, "1 of 2 in 2: permanent failure 1 b"},
	{{PLAYED("a", "abc", "ffd"), PLAYED("b", "abc", "d"), PLAYED("c", "abc", "fd")},
		"3 of 6 in 3: permanent failure 1 c"},
	{{PLAYED("a", "abc", "f"), PLAYED("b", "abc", "f")}, NULL},
	{{PLAYED("a", "abc", "d"), PLAYED("b", "abc", "d")}, NULL},
	/* Another commit, none, another definition, a resumed run. */
	{{PLAYED("a", "abd", "f"), PLAYED("b", "abc", "d")}, NULL},
	{{PLAYED("a", NULL, "f"), PLAYED("b", NULL, "d")}, NULL},
	{{PLAYED_WITH("a", "abc", "f", .fingerprint = "as it was"), PLAYED("b", "abc", "d")}, NULL},
	{{PLAYED("a", "abc", "f|f"), PLAYED("b", "abc", "d")}, NULL},
	{{PLAYED("a", "abc", "f"), PLAYED("b", "abc", "c|d")}, NULL},
	{{PLAYED("a", "abc", "r"), PLAYED("b", "abc", "d")}, NULL},
	/* Other artifacts of what it needs, or the same. */
	{{PLAYED_WITH("a", "abc", "f", .taken = "1"), PLAYED_WITH("b", "abc", "d", .taken = "2")},
		NULL},
	{{PLAYED_WITH("a", "abc", "f", .taken = "1"), PLAYED("b", "abc", "d")}, NULL},
	{{PLAYED_WITH("a", "abc", "d", .taken = "1"), PLAYED_WITH("b", "abc", "f", .taken = "1")},
		"1 of 2 in 2: permanent failure 1 b"},
	/* Behind a commit of the run the files are not those it began with. */
	{{PLAYED("a", "abc", "Cf"), PLAYED("b", "abc", "d")}, NULL},
	{{PLAYED("a", "abc", "fC"), PLAYED("b", "abc", "Cd")}, NULL},
	{{PLAYED("a", "abc", "fC"), PLAYED("b", "abc", "dC")},
		"1 of 2 in 2: permanent failure 1 a"},
	{{PLAYED("a", "abc", "fCd")}, "1 of 2 in 1: permanent failure 1 a"},
	/* Files that nobody knows; of one run it does not matter. */
	{{PLAYED_WITH("a", "abc", "f", .reason = REASON_CHANGED_FILES), PLAYED("b", "abc", "d")},
		NULL},
	{{PLAYED("a", "abc", "f"), PLAYED_WITH("b", "abc", "d", .reason = REASON_CHANGED_FILES)},
		NULL},
	{{PLAYED_WITH("a", "abc", "fd", .reason = REASON_CHANGED_FILES)},
		"1 of 2 in 1: permanent failure 1 a"},
	/* In the debugger. */
	{{PLAYED_WITH("a", "abc", "fd", .reason = REASON_DEBUGGED)}, NULL},
	{{PLAYED("a", "abc", "f"), PLAYED_WITH("b", "abc", "d", .reason = REASON_DEBUGGED)}, NULL},
	{{PLAYED_WITH("a", "abc", "f", .reason = REASON_DEBUGGED), PLAYED("b", "abc", "d")}, NULL},
	{{PLAYED("a", "abc", "fDfd")}, NULL},
	{{PLAYED_WITH("a", "abc", "f|fd", .reason = REASON_DEBUGGED)},
		"1 of 2 in 1: permanent failure 2 a"},
	/* A result from the cache is no verdict, and later runs are not known yet. */
	{{PLAYED("a", "abc", "f"), PLAYED("b", "abc", "k")}, NULL},
	{{PLAYED("a", "abc", "k"), PLAYED("b", "abc", "f")}, NULL},
	/* What has not been tried in this run is not told of. */
	{{PLAYED("a", "abc", "f"), PLAYED("b", "abc", "d"), PLAYED("c", "abc", "")}, NULL},
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
	play(fixture, record, &(struct played_run)PLAYED("a", "abc", "f"));
	play(fixture, record, &(struct played_run)PLAYED("b", "abc", "d"));
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
	play(fixture, record, &(struct played_run)PLAYED("first", "abc", "f"));
	for (uint32_t i = 0; i < FLAKY_RUNS; i++) {
		const char *id = arena_format(&fixture->arena, "then-%u", i);
		play(fixture, record, &(struct played_run)PLAYED(id, "abc", "d"));
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
