/*
 * Writes the report of a run that is made up, the same at every call:
 *     report_fixture empty|one|small|compared|hostile|notes|3000|100000 FOLDER
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/parse.h"
#include "report/html.h"

#define START_MS 1765290622000 /* 2025-12-09T14:30:22Z */
#define HASH "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

struct fixture {
	struct arena arena;
	struct run run;
	struct run_attempt *attempts;
	uint32_t edge_capacity;
	uint32_t seed;
	char *folder;
};

static uint32_t next_random(struct fixture *fixture, uint32_t limit)
{
	fixture->seed = fixture->seed * 1664525u + 1013904223u;
	return (fixture->seed >> 8) % limit;
}

static void start(struct fixture *fixture, const char *name, uint32_t steps, uint32_t waves)
{
	struct arena *arena = &fixture->arena;

	fixture->run = (struct run){.id = "run_20251209_143022",
		.pipeline_name = name,
		.pipeline_file = "wavetrain.yml",
		.jobs = 4,
		.state = STATE_DONE,
		.started_ms = START_MS,
		.ended_ms = START_MS,
		.version = "0.1.0",
		.host = "runner-7",
		.base_commit = "4e1c09b6a7d2f3c8e95b1a0d7c6f4e3b2a190817",
		.branch = "main",
		.folder = fixture->folder,
		.steps = ARENA_ARRAY(arena, struct run_step, steps),
		.step_count = steps,
		.waves = ARENA_ARRAY(arena, struct run_wave, waves),
		.wave_count = waves,
		.stage_count = waves,
		.checkpoints = ARENA_ARRAY(arena, struct checkpoint, waves + 1),
		.edges = ARENA_ARRAY(arena, uint32_t, (size_t)steps * 4 + 16),
		.attempts = ARENA_ARRAY(arena, struct run_attempt, (size_t)steps * 3 + 16),
		.artifacts = ARENA_ARRAY(arena, struct run_artifact, 64),
		.contracts = ARENA_ARRAY(arena, struct run_contract, 64),
		.groups = ARENA_ARRAY(arena, struct run_group, 16)};
	for (uint32_t i = 0; i < waves; i++)
		fixture->run.waves[i] = (struct run_wave){
			.started_ms = TIME_NONE, .ended_ms = TIME_NONE, .checkpoint = INDEX_NONE};
}

static struct run_step *add_step(
	struct fixture *fixture, uint32_t index, const char *id, uint32_t wave)
{
	struct run_step *step = &fixture->run.steps[index];

	*step = (struct run_step){.id = id,
		.name = id,
		.command = "true",
		.wave = wave,
		.group = INDEX_NONE,
		.stage = wave,
		.needs = {fixture->run.edge_count, 0},
		.attempts = {fixture->run.attempt_count, 0},
		.artifacts = {fixture->run.artifact_count, 0},
		.contracts = {fixture->run.contract_count, 0},
		.started_ms = TIME_NONE,
		.ended_ms = TIME_NONE};
	fixture->run.waves[wave].step_count++;
	return step;
}

static void need(struct fixture *fixture, uint32_t index, uint32_t needed)
{
	fixture->run.edges[fixture->run.edge_count++] = needed;
	fixture->run.steps[index].needs.count++;
}

/* Times in milliseconds from the run's start; exit 0: it succeeded. */
static struct run_attempt *attempt(
	struct fixture *fixture, uint32_t index, int64_t from_ms, int64_t took_ms, int exit_status)
{
	struct run *run = &fixture->run;
	struct run_step *step = &run->steps[index];
	struct run_wave *wave = &run->waves[step->wave];
	struct run_attempt *it = &run->attempts[run->attempt_count++];

	*it = (struct run_attempt){.step = index,
		.number = ++step->attempts.count,
		.state = exit_status == 0 ? STATE_DONE : STATE_FAILED,
		.failure = exit_status == 0    ? FAILURE_NONE
			   : exit_status == 75 ? FAILURE_TRANSIENT
					       : FAILURE_PERMANENT,
		.started_ms = START_MS + from_ms,
		.ended_ms = START_MS + from_ms + took_ms,
		.queue_ms = took_ms / 9,
		.exit_status = exit_status,
		.cpu_ms = took_ms * 8 / 10,
		.peak_rss_bytes = (uint64_t)(4 + took_ms % 37) << 20};
	step->state = it->state;
	if (step->started_ms == TIME_NONE)
		step->started_ms = it->started_ms;
	step->ended_ms = it->ended_ms;
	if (wave->started_ms == TIME_NONE || wave->started_ms > it->started_ms)
		wave->started_ms = it->started_ms;
	if (wave->ended_ms == TIME_NONE || wave->ended_ms < it->ended_ms)
		wave->ended_ms = it->ended_ms;
	if (run->ended_ms < it->ended_ms)
		run->ended_ms = it->ended_ms;
	return it;
}

static void write_log(
	struct fixture *fixture, struct run_attempt *it, const char *bytes, size_t size)
{
	struct error error = {0};
	char *folder = path_join(&fixture->arena, fixture->folder, "log");

	it->log_path = arena_format(&fixture->arena, "log/step-%u.%u.log", it->step, it->number);
	it->log_bytes = size;
	if (!folder_make(folder, &error) ||
		!file_write_atomic(path_join(&fixture->arena, fixture->folder, it->log_path), bytes,
			size, &error)) {
		fprintf(stderr, "%s\n", error.text);
		exit(1);
	}
}

static void commit(struct fixture *fixture, uint32_t wave)
{
	struct run *run = &fixture->run;
	uint32_t number = run->checkpoint_count++;

	run->checkpoints[number] = (struct checkpoint){.number = number + 1,
		.wave = wave,
		.time_ms = run->waves[wave].ended_ms,
		.duration_ms = 40,
		.commit =
			arena_format(&fixture->arena, "%08x%.32s", wave * 2654435761u + 77u, HASH),
		.reference = "refs/heads/main",
		.files_changed = 3 + wave,
		.bytes = 18000u * (wave + 1),
		.subject = "wavetrain: a wave"};
	run->waves[wave].checkpoint = number;
}

static void set_wave_states(struct fixture *fixture)
{
	struct run *run = &fixture->run;

	for (uint32_t i = 0; i < run->wave_count; i++)
		run->waves[i].state =
			run->waves[i].started_ms == TIME_NONE ? STATE_PENDING : STATE_DONE;
	for (uint32_t i = 0; i < run->step_count; i++)
		if (run->steps[i].state == STATE_FAILED) {
			run->waves[run->steps[i].wave].state = STATE_FAILED;
			run->state = STATE_FAILED;
		}
}

static void make_empty(struct fixture *fixture)
{
	start(fixture, "empty", 0, 0);
}

static void make_one(struct fixture *fixture)
{
	start(fixture, "hello", 1, 1);
	add_step(fixture, 0, "hello", 0)->command = "echo hello";
	attempt(fixture, 0, 12, 830, 0);
	commit(fixture, 0);
}

struct small_step {
	const char *id;
	const char *name;
	const char *command;
	uint32_t wave;
	uint32_t group; /* INDEX_NONE: none */
	int64_t from_ms;
	int64_t took_ms; /* 0: skipped */
	uint32_t needs[3];
	uint32_t need_count;
};

static const struct small_step small_steps[] = {
	{"fetch", "Fetch the documents", "./fetch.sh --all /usr/share/doc", 0, INDEX_NONE, 20, 6200,
		{0}, 0},
	{"toolchain", NULL, "make -C tools -j4", 0, INDEX_NONE, 25, 9100, {0}, 0},
	{"schemas", NULL, "./schemas.sh", 0, INDEX_NONE, 30, 2400, {0}, 0},
	{"parse/articles", NULL, "tools/parse articles", 1, 0, 9300, 8000, {0, 1}, 2},
	{"parse/manuals", NULL, "tools/parse manuals", 1, 0, 9300, 14600, {0, 1}, 2},
	{"parse/changelogs", NULL, "tools/parse changelogs", 1, 0, 9310, 5200, {0, 1}, 2},
	{"check-links", "Check every link", "tools/links --timeout 5", 1, INDEX_NONE, 9320, 3100,
		{0}, 1},
	{"index/words", NULL, "tools/index words", 2, 1, 24100, 12200, {3, 4, 5}, 3},
	{"index/names", NULL, "tools/index names", 2, 1, 24100, 6400, {3, 4}, 2},
	{"validate", "Validate the collection", "tools/validate --strict build/collection.json", 2,
		INDEX_NONE, 24120, 4800, {2, 5}, 2},
	{"site", NULL, "tools/site build/", 3, INDEX_NONE, 0, 0, {7, 8, 9}, 3},
	{"publish", NULL, "tools/publish build/site", 3, INDEX_NONE, 0, 0, {10}, 1},
};

static const char small_log[] =
	"reading build/collection.json\n\x1b[32mok\x1b[0m   184 articles\n\x1b[32mok\x1b[0m   61 "
	"manuals\n\x1b[33mwarn\x1b[0m manuals/awk.json: no section 'SEE ALSO'\n"
	"\x1b[31mFAIL\x1b[0m changelogs/bash.json: /entries/3/date: expected a date, found "
	"\"yesterday\"\n\x1b[31mFAIL\x1b[0m changelogs/dash.json: /entries/0/version: missing\n"
	"2 of 246 files are wrong\n";

static void add_small_extras(struct fixture *fixture, uint32_t index)
{
	struct run *run = &fixture->run;
	struct run_step *step = &run->steps[index];

	step->contracts.first = run->contract_count;
	step->artifacts.first = run->artifact_count;
	if (index == 9) {
		write_log(fixture, &run->attempts[run->attempt_count - 1], small_log,
			sizeof small_log - 1);
		step->reason = "exit status 1";
		step->contracts.count = 1;
		run->contracts[run->contract_count++] = (struct run_contract){.step = 9,
			.attempt = 1,
			.subject = "files build/collection.json",
			.reason = "build/collection.json: expected at least 1 file, found 0"};
	}
	if (index == 0) {
		step->artifacts.count = 1;
		run->artifacts[run->artifact_count] =
			(struct run_artifact){.artifact = {.name = "documents",
						      .path = "fetch/documents",
						      .file_count = 246,
						      .is_folder = true,
						      .size_bytes = 4811233}};
		memcpy(run->artifacts[run->artifact_count++].artifact.sha256, HASH, sizeof HASH);
		step->contracts.count = 1;
		run->contracts[run->contract_count++] = (struct run_contract){
			.attempt = 1, .passed = true, .subject = "command ./check.sh"};
	}
}

static void make_small(struct fixture *fixture)
{
	struct run *run = &fixture->run;

	start(fixture, "documents", ARRAY_LENGTH(small_steps), 4);
	run->groups[0] = (struct run_group){.name = "parse", .wave = 1, .steps = {3, 3}};
	run->groups[1] = (struct run_group){.name = "index", .wave = 2, .steps = {7, 2}};
	run->group_count = 2;
	for (uint32_t i = 0; i < ARRAY_LENGTH(small_steps); i++) {
		const struct small_step *it = &small_steps[i];
		struct run_step *step = add_step(fixture, i, it->id, it->wave);

		step->name = it->name ? it->name : it->id;
		step->command = it->command;
		step->group = it->group;
		for (uint32_t k = 0; k < it->need_count; k++)
			need(fixture, i, it->needs[k]);
		if (i == 6) {
			attempt(fixture, i, it->from_ms, it->took_ms, 75);
			attempt(fixture, i, it->from_ms + it->took_ms + 2000, 4300, 0);
		} else if (it->took_ms > 0) {
			attempt(fixture, i, it->from_ms, it->took_ms, i == 9 ? 1 : 0);
		} else {
			step->state = STATE_SKIPPED;
			step->reason = i == 10 ? "needs validate, which failed"
					       : "needs site, which was skipped";
		}
		add_small_extras(fixture, i);
	}
	commit(fixture, 0);
	commit(fixture, 1);
	commit(fixture, 2);
	run->checkpoints[2].partial = true;
}

static const char *const hostile_texts[] = {
	"<script>alert(1)</script>",
	"</script><script>alert(2)</script>",
	"<img src=x onerror=alert(3)>",
	"\"><svg onload=alert(4)>",
	"{{verdict}} {{{script}}} {{#run}}",
	"--><!-- ]]> <!DOCTYPE html>",
	"javascript:alert(5)",
	"\xe2\x80\xae"
	"evil"
	"\xe2\x80\xac"
	" bidi",
	"\x1b]8;;http://example.invalid\x1b\\link\x1b]8;;\x1b\\",
	"bell\a backspace\b return\r nul-free",
	"invalid \xff\xfe utf-8 \xc3",
	"line\xe2\x80\xa8separator\xe2\x80\xa9paragraph",
	"__proto__",
	"constructor",
	"&lt;b&gt; &amp; &#60;",
	"' onmouseover='alert(6)' x='",
	"a-very-long-name-without-any-place-to-break-"
	"abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0123456789"
	"abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0123456789",
	"%3Cscript%3E #step= &q=",
	"\\u003cscript\\u003e \\\" \\\\",
	"名前 🚂 مثال",
};

static void make_hostile(struct fixture *fixture)
{
	struct run *run = &fixture->run;
	uint32_t count = ARRAY_LENGTH(hostile_texts);

	start(fixture, hostile_texts[1], count, 2);
	run->branch = hostile_texts[2];
	run->host = hostile_texts[3];
	run->waves[0].name = hostile_texts[0];
	run->groups[0] = (struct run_group){.name = hostile_texts[3], .steps = {0, 5}};
	run->group_count = 1;
	for (uint32_t i = 0; i < count; i++) {
		const char *text = hostile_texts[i];
		struct run_step *step = add_step(fixture, i, text, i < 10 ? 0 : 1);

		step->name = arena_format(&fixture->arena, "name %s", text);
		step->command = text;
		step->group = i < 5 ? 0 : INDEX_NONE;
		write_log(fixture, attempt(fixture, i, 100 * i, 1500, i % 2 ? 1 : 0), text,
			strlen(text));
		step->reason = i % 2 ? text : NULL;
		if (i % 2) {
			step->contracts = (struct index_range){run->contract_count, 1};
			run->contracts[run->contract_count++] = (struct run_contract){
				.step = i, .attempt = 1, .subject = text, .reason = text};
		}
	}
}

/* Broken in every line: what a schema finds in a document, with names nobody can break. */
static struct run_contract broken_contract(struct fixture *fixture, uint32_t step)
{
	enum { ERRORS = 40 };
	struct contract_error *errors = ARENA_ARRAY(&fixture->arena, struct contract_error, ERRORS);

	for (uint32_t i = 0; i < ERRORS; i++)
		errors[i] = (struct contract_error){
			.pointer = arena_format(&fixture->arena,
				"/a_property_with_a_long_name_and_no_place_to_break/%u/value", i),
			.keyword = i % 2 ? "additionalProperties" : "minimum",
			.expected = "one of 'alpha', 'beta', 'gamma', <b>delta</b>",
			.actual = i % 3 ? "the number 0" : NULL};
	errors[ERRORS - 1].pointer = "";
	return (struct run_contract){.step = step,
		.attempt = 1,
		.subject = "json_schema contracts/report.schema.json of report",
		.reason = "/a_property: expected one of 'alpha', and 54 more errors",
		.errors = errors,
		.error_count = ERRORS,
		.error_total = 55};
}

/* What steps say, what waits for a person, what may fail, and what came from the cache. */
static void make_notes(struct fixture *fixture)
{
	struct run *run = &fixture->run;
	const uint32_t count = 60;

	start(fixture, "notes", count + 3, 2);
	for (uint32_t i = 0; i < count; i++) {
		struct run_step *step = add_step(
			fixture, i, arena_format(&fixture->arena, "review[file=%u]", i), i % 2);

		step->base_id = "review";
		step->summary = arena_format(&fixture->arena,
			"## Findings in %u\n\n- **one** <script>alert(1)</script>\n- another\n", i);
		if (i % 5 != 4) {
			attempt(fixture, i, (i % 2) * 4000 + i * 20, 900, 0);
			continue;
		}
		step->state = STATE_DONE;
		step->cache_key = HASH;
		step->started_ms = step->ended_ms = START_MS + (i % 2) * 4000 + i * 20;
	}
	add_step(fixture, count, "extra", 0)->is_optional = true;
	attempt(fixture, count, 100, 700, 4);
	run->steps[count].reason = "exit status 4";
	add_step(fixture, count + 1, "document", 1)->contracts.count = 1;
	run->contracts[run->contract_count++] = broken_contract(fixture, count + 1);
	attempt(fixture, count + 1, 4100, 700, 0)->failure = FAILURE_CONTRACT;
	run->steps[count + 1].state = STATE_FAILED;
	add_step(fixture, count + 2, "sign off", 1);
	attempt(fixture, count + 2, 4200, 10, 0);
	run->gates = ARENA_ARRAY(&fixture->arena, struct run_gate, 1);
	run->gates[run->gate_count++] =
		(struct run_gate){.step = count + 2, .opened_ms = TIME_NONE};
}

/* A build of many steps: packages in waves on eight slots, a few failures and retries. */
static void make_many(struct fixture *fixture, uint32_t count)
{
	static const char *const kinds[] = {"lint", "compile", "test", "package", "scan"};
	struct run *run = &fixture->run;
	uint32_t waves = count > 10000 ? 100 : 12;
	uint32_t in_wave = count / waves;
	int64_t free_ms[8] = {0};

	start(fixture, "monorepo", count, waves);
	run->jobs = 8;
	for (uint32_t g = 0; g < ARRAY_LENGTH(kinds); g++)
		run->groups[g] = (struct run_group){.name = kinds[g]};
	run->group_count = ARRAY_LENGTH(kinds);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t wave = i / in_wave < waves ? i / in_wave : waves - 1;
		uint32_t kind = next_random(fixture, ARRAY_LENGTH(kinds));
		uint32_t slot = 0;
		int64_t took = 40 + next_random(fixture, 200) * next_random(fixture, 60);
		struct run_step *step = add_step(fixture, i,
			arena_format(&fixture->arena, "%s/packages-%02u/module-%05u", kinds[kind],
				i % 89, i),
			wave);

		if (wave > 0 && i % in_wave == 0)
			for (uint32_t k = 0; k < 8; k++)
				free_ms[k] = run->ended_ms - START_MS + 60;
		for (uint32_t k = 1; k < 8; k++)
			slot = free_ms[k] < free_ms[slot] ? k : slot;
		step->group = kind;
		step->command = arena_format(&fixture->arena,
			"make -C packages-%02u/module-%05u %s V=1", i % 89, i, kinds[kind]);
		if (wave > 0)
			need(fixture, i, (wave - 1) * in_wave + next_random(fixture, in_wave));
		if (wave > 0 && i % 3 == 0)
			need(fixture, i, (wave - 1) * in_wave + next_random(fixture, in_wave));
		if (i % 401 == 7) {
			attempt(fixture, i, free_ms[slot], took / 2, 75);
			free_ms[slot] += took / 2 + 500;
		}
		attempt(fixture, i, free_ms[slot], took, i % (count / 5) == count / 7 ? 2 : 0);
		if (step->state == STATE_FAILED)
			write_log(fixture, &run->attempts[run->attempt_count - 1], small_log,
				sizeof small_log - 1);
		free_ms[slot] += took + 3;
	}
	for (uint32_t i = 0; i < waves; i++)
		commit(fixture, i);
}

static bool make(struct fixture *fixture, const char *kind)
{
	uint64_t count;

	if (!strcmp(kind, "empty"))
		make_empty(fixture);
	else if (!strcmp(kind, "one"))
		make_one(fixture);
	else if (!strcmp(kind, "small") || !strcmp(kind, "compared"))
		make_small(fixture);
	else if (!strcmp(kind, "hostile"))
		make_hostile(fixture);
	else if (!strcmp(kind, "notes"))
		make_notes(fixture);
	else if (parse_unsigned(kind, 1000000, &count) && count >= 100)
		make_many(fixture, (uint32_t)count);
	else
		return false;
	set_wave_states(fixture);
	run_summarise(&fixture->run, &fixture->arena);
	return true;
}

/* The run before: the same in which nothing failed and everything took as long as it likes. */
static const struct run *make_previous(struct fixture *fixture)
{
	struct run *run = &fixture->run;

	make_small(fixture);
	for (uint32_t i = 0; i < run->attempt_count; i++) {
		run->attempts[i].ended_ms += i % 3 == 0 ? 4100 : i % 3 == 1 ? -1800 : 0;
		run->attempts[i].failure = FAILURE_NONE;
	}
	for (uint32_t i = 0; i < run->step_count; i++)
		run->steps[i].state = STATE_DONE;
	run->id = "run_20251208_090000";
	run->steps[11].id = "upload";
	set_wave_states(fixture);
	run_summarise(run, &fixture->arena);
	return run;
}

int main(int count, char **arguments)
{
	struct fixture fixture = {.seed = 7};
	struct fixture before = {.seed = 7};
	struct report_settings settings = {
		.markdown = {.resume_command = "wavetrain resume run_20251209_143022"}};
	struct error error = {0};
	int64_t began_ns;

	if (count != 3)
		return fprintf(stderr, "usage: report_fixture KIND FOLDER\n"), 2;
	before.folder = fixture.folder = path_absolute(&fixture.arena, arguments[2]);
	if (!strcmp(arguments[1], "compared"))
		settings.previous = make_previous(&before);
	if (!make(&fixture, arguments[1]))
		return fprintf(stderr, "no such kind: %s\n", arguments[1]), 2;
	settings.folder = fixture.folder;
	began_ns = clock_monotonic_ns();
	if (!report_write(&fixture.run, &settings, &error)) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	printf("%.1f ms\n", (double)(clock_monotonic_ns() - began_ns) / 1e6);
	arena_release(&before.arena);
	arena_release(&fixture.arena);
	return 0;
}
