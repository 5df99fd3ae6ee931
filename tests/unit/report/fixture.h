#ifndef WAVETRAIN_TESTS_UNIT_REPORT_FIXTURE_H
#define WAVETRAIN_TESTS_UNIT_REPORT_FIXTURE_H

/*
 * Runs as the record would read them, built by hand. Include after cmocka's headers or without
 * them. Everything lives in the arena; a test may change what it likes before it renders.
 */
#include <string.h>

#include "base/arena.h"
#include "model/run.h"

#define FIXTURE_START_MS 1765290622000 /* 2025-12-09T14:30:22Z */
#define FIXTURE_SHA256 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

/* One step as a test writes it; times in milliseconds from the start of the run. */
struct fixture_step {
	const char *id;
	const char *needs; /* ids separated by one space; NULL: none */
	uint32_t wave;     /* also the stage; INDEX_NONE is not for here */
	enum state state;
	int64_t start_ms; /* -1: never started */
	int64_t duration_ms;
	bool critical;
	bool retried; /* a first attempt failed halfway */
	const char *reason;
};

static inline uint32_t fixture_find(const struct run *run, const char *id, size_t size)
{
	for (uint32_t i = 0; i < run->step_count; i++)
		if (strlen(run->steps[i].id) == size && memcmp(run->steps[i].id, id, size) == 0)
			return i;
	return INDEX_NONE;
}

static inline void fixture_add_needs(struct run *run, struct run_step *step, const char *needs)
{
	step->needs.first = run->edge_count;
	for (const char *id = needs; id && *id;) {
		size_t size = strcspn(id, " ");
		run->edges[run->edge_count++] = fixture_find(run, id, size);
		step->needs.count++;
		id += size + (id[size] == ' ');
	}
}

static inline struct run_attempt *fixture_add_attempt(
	struct run *run, uint32_t step, enum state state, int64_t started_ms, int64_t ended_ms)
{
	struct run_step *row = &run->steps[step];
	struct run_attempt *attempt = &run->attempts[run->attempt_count++];
	*attempt = (struct run_attempt){.step = step,
		.number = ++row->attempts.count,
		.state = state,
		.started_ms = started_ms,
		.ended_ms = ended_ms,
		.exit_status = state == STATE_FAILED ? 1 : 0,
		.failure = state == STATE_FAILED ? FAILURE_PERMANENT : FAILURE_NONE,
		.cpu_ms = (ended_ms == TIME_NONE ? 0 : ended_ms - started_ms) / 2,
		.peak_rss_bytes = 12u << 20};
	return attempt;
}

static inline void fixture_add_attempts(
	struct run *run, uint32_t step, const struct fixture_step *source)
{
	struct run_step *row = &run->steps[step];
	row->attempts.first = run->attempt_count;
	if (source->start_ms < 0)
		return;
	bool runs = source->state == STATE_RUNNING;
	int64_t started_ms = FIXTURE_START_MS + source->start_ms;
	int64_t ended_ms = started_ms + source->duration_ms;
	row->started_ms = started_ms;
	row->ended_ms = runs ? TIME_NONE : ended_ms;
	if (source->retried) {
		int64_t middle_ms = started_ms + source->duration_ms / 2;
		struct run_attempt *first =
			fixture_add_attempt(run, step, STATE_FAILED, started_ms, middle_ms);
		first->exit_status = 75;
		first->failure = FAILURE_TRANSIENT;
		first->reason = "exit status 75";
		started_ms = middle_ms;
	}
	fixture_add_attempt(run, step, source->state, started_ms, runs ? TIME_NONE : ended_ms);
}

static inline void fixture_end_wave(struct run *run, struct run_wave *wave, uint32_t index)
{
	wave->state = STATE_DONE;
	for (uint32_t i = 0; i < run->step_count; i++) {
		const struct run_step *step = &run->steps[i];
		if (step->wave != index)
			continue;
		wave->step_count++;
		if (step->started_ms != TIME_NONE &&
			(wave->started_ms == TIME_NONE || step->started_ms < wave->started_ms))
			wave->started_ms = step->started_ms;
		if (step->ended_ms != TIME_NONE && step->ended_ms > wave->ended_ms)
			wave->ended_ms = step->ended_ms;
		if (step->state == STATE_FAILED)
			wave->state = STATE_FAILED;
		else if (step->state != STATE_DONE && wave->state != STATE_FAILED)
			wave->state = step->state;
	}
	if (wave->state == STATE_RUNNING)
		wave->ended_ms = TIME_NONE;
}

/* A run of these steps; needs may name earlier steps only. waves: how many there are. */
static inline struct run *fixture_run(const struct fixture_step *steps, uint32_t count,
	uint32_t waves, enum state state, struct arena *arena)
{
	struct run *run = ARENA_NEW(arena, struct run);
	*run = (struct run){.id = "run_20251209_143022",
		.pipeline_name = "feature-development",
		.pipeline_file = "wavetrain.yml",
		.jobs = 4,
		.state = state,
		.started_ms = FIXTURE_START_MS,
		.ended_ms = FIXTURE_START_MS,
		.version = "0.1.0",
		.host = "runner",
		.base_commit = "4e1c09b7d2f0a1b2c3d4e5f60718293a4b5c6d7e",
		.branch = "main",
		.wave_count = waves,
		.stage_count = waves};
	run->steps = ARENA_ARRAY(arena, struct run_step, (size_t)count + 1);
	run->edges = ARENA_ARRAY(arena, uint32_t, (size_t)count * 16 + 1);
	run->waves = ARENA_ARRAY(arena, struct run_wave, (size_t)waves + 1);
	run->attempts = ARENA_ARRAY(arena, struct run_attempt, (size_t)count * 2 + 1);
	for (uint32_t i = 0; i < count; i++) {
		struct run_step *step = &run->steps[i];
		*step = (struct run_step){.id = steps[i].id,
			.name = steps[i].id,
			.command = "make all",
			.state = steps[i].state,
			.reason = steps[i].reason,
			.wave = steps[i].wave,
			.group = INDEX_NONE,
			.stage = steps[i].wave,
			.estimate_ms = 1000,
			.critical = steps[i].critical,
			.started_ms = TIME_NONE,
			.ended_ms = TIME_NONE,
			.fingerprint = FIXTURE_SHA256};
		fixture_add_needs(run, step, steps[i].needs);
		run->step_count++;
		fixture_add_attempts(run, i, &steps[i]);
		if (step->ended_ms != TIME_NONE && step->ended_ms > run->ended_ms)
			run->ended_ms = step->ended_ms;
	}
	for (uint32_t i = 0; i < waves; i++) {
		run->waves[i] = (struct run_wave){.origin = WAVE_DERIVED,
			.stage = i,
			.started_ms = TIME_NONE,
			.ended_ms = TIME_NONE,
			.checkpoint = INDEX_NONE};
		fixture_end_wave(run, &run->waves[i], i);
	}
	if (state == STATE_RUNNING)
		run->ended_ms = TIME_NONE;
	run_summarise(run, arena);
	/* What is drawn as critical is what the table says. */
	for (uint32_t i = 0; i < run->step_count; i++)
		run->steps[i].critical = steps[i].critical;
	return run;
}

/* Four steps, all done, one after and beside another; 45.2 s. */
static inline struct run *fixture_done(struct arena *arena)
{
	static const struct fixture_step steps[] = {
		{"db_schema", NULL, 0, STATE_DONE, 0, 12300, true, false, NULL},
		{"personal_data", "db_schema", 1, STATE_DONE, 12400, 8100, false, false, NULL},
		{"processing_purposes", "db_schema", 1, STATE_DONE, 12400, 10200, true, false,
			NULL},
		{"gdpr_article30", "personal_data processing_purposes", 2, STATE_DONE, 22700, 19400,
			true, false, NULL},
	};
	struct run *run = fixture_run(steps, 4, 3, STATE_DONE, arena);
	run->checkpoints = ARENA_ARRAY(arena, struct checkpoint, 1);
	run->checkpoints[0] = (struct checkpoint){.number = 1,
		.trigger = TRIGGER_WAVE,
		.wave = 0,
		.time_ms = FIXTURE_START_MS + 12350,
		.duration_ms = 20,
		.commit = "9f2c1a7e00000000000000000000000000000000",
		.parent = "4e1c09b7d2f0a1b2c3d4e5f60718293a4b5c6d7e",
		.reference = "refs/heads/main",
		.files_changed = 2,
		.bytes = 4096,
		.subject = "wavetrain: wave 1 complete"};
	run->checkpoint_count = 1;
	run->waves[0].checkpoint = 0;
	return run;
}

/* Every look: done, retried, failed, skipped, never run; 3m 12s. */
static inline struct run *fixture_failed(struct arena *arena)
{
	static const struct fixture_step steps[] = {
		{"lint", NULL, 0, STATE_DONE, 0, 3100, false, false, NULL},
		{"test/net", NULL, 0, STATE_DONE, 0, 124000, false, true, NULL},
		{"test/db", NULL, 0, STATE_FAILED, 0, 192000, true, false,
			"contract files out.json: expected 1 file, found 0"},
		{"package", "lint test/db", 1, STATE_SKIPPED, -1, 0, true, false, "test/db failed"},
		{"upload", "package", 2, STATE_SKIPPED, -1, 0, true, false, "test/db failed"},
		{"notes", "lint", 1, STATE_PENDING, -1, 0, false, false, NULL},
	};
	struct run *run = fixture_run(steps, 6, 3, STATE_FAILED, arena);
	run->contracts = ARENA_ARRAY(arena, struct run_contract, 1);
	run->contracts[0] = (struct run_contract){.step = 2,
		.attempt = 1,
		.subject = "files out.json",
		.reason = "expected 1 file, found 0",
		.duration_ms = 3};
	run->contract_count = 1;
	run->steps[2].contracts = (struct index_range){0, 1};
	run->artifacts = ARENA_ARRAY(arena, struct run_artifact, 1);
	run->artifacts[0] = (struct run_artifact){.step = 0,
		.artifact = {.name = "findings",
			.path = "lint/findings.txt",
			.file_count = 1,
			.size_bytes = 1434,
			.sha256 = FIXTURE_SHA256}};
	run->artifact_count = 1;
	run->steps[0].artifacts = (struct index_range){0, 1};
	return run;
}

/* Of wave 1 one step fails, of wave 2 one is kept from running by it: only wave 1 failed itself. */
static inline struct run *fixture_incomplete(struct arena *arena)
{
	static const struct fixture_step steps[] = {
		{"good", NULL, 0, STATE_DONE, 0, 1000, false, false, NULL},
		{"bad", NULL, 0, STATE_FAILED, 0, 2000, true, false, "exit status 1"},
		{"after_good", "good", 1, STATE_DONE, 2000, 500, false, false, NULL},
		{"after_bad", "bad", 1, STATE_SKIPPED, -1, 0, false, false, "bad failed"},
	};
	struct run *run = fixture_run(steps, 4, 2, STATE_FAILED, arena);
	run->waves[1].state = STATE_FAILED;
	return run;
}

/* width steps in each of depth waves; each needs two of the wave before. failed_every: 0, never. */
static inline struct run *fixture_grid(
	uint32_t width, uint32_t depth, uint32_t failed_every, struct arena *arena)
{
	uint32_t count = width * depth;
	struct run *run =
		fixture_run(NULL, 0, depth, failed_every ? STATE_FAILED : STATE_DONE, arena);
	run->steps = ARENA_ARRAY(arena, struct run_step, (size_t)count + 1);
	run->edges = ARENA_ARRAY(arena, uint32_t, (size_t)count * 2 + 1);
	run->attempts = ARENA_ARRAY(arena, struct run_attempt, (size_t)count + 1);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t wave = i / width;
		bool failed = failed_every && i % failed_every == failed_every - 1;
		const char *id = arena_format(arena, "build-%u", i + 1);
		run->steps[i] = (struct run_step){.id = id,
			.name = id,
			.command = "make",
			.state = failed ? STATE_FAILED : STATE_DONE,
			.reason = failed ? "exit status 1" : NULL,
			.wave = wave,
			.group = INDEX_NONE,
			.stage = wave,
			.estimate_ms = 1000,
			.critical = i % width == 0,
			.started_ms = TIME_NONE,
			.ended_ms = TIME_NONE,
			.needs = {run->edge_count, wave > 0 ? 2u : 0u}};
		run->step_count++;
		for (uint32_t need = 0; need < run->steps[i].needs.count; need++)
			run->edges[run->edge_count++] =
				(wave - 1) * width + (i % width + need) % width;
		fixture_add_attempts(run, i,
			&(struct fixture_step){.state = run->steps[i].state,
				.start_ms = (int64_t)wave * 1000,
				.duration_ms = 500 + i % 400});
		run->waves[wave].step_count++;
		run->waves[wave].started_ms = FIXTURE_START_MS + (int64_t)wave * 1000;
		run->waves[wave].ended_ms = run->waves[wave].started_ms + 900;
		run->waves[wave].state = STATE_DONE;
	}
	run->ended_ms = FIXTURE_START_MS + (int64_t)depth * 1000;
	run_summarise(run, arena);
	for (uint32_t i = 0; i < run->step_count; i++)
		run->steps[i].critical = i % width == 0;
	return run;
}

#endif
