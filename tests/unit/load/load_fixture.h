#ifndef WAVETRAIN_TESTS_UNIT_LOAD_FIXTURE_H
#define WAVETRAIN_TESTS_UNIT_LOAD_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/index.h"
#include "base/text.h"
#include "load/load_bytes.h"

/* A file loaded from memory. */
struct fixture {
	struct arena arena;
	struct diagnostics diagnostics;
	struct pipeline pipeline;
};

static inline void fixture_load(struct fixture *fixture, const char *folder, const char *source)
{
	static const char *const environment[] = {"HOME=/home/user", "PORT=3306", NULL};
	const struct load_request request = {
		.path = "p.yml", .folder = folder, .environment = environment};
	*fixture = (struct fixture){0};
	pipeline_load_bytes(&request, source, strlen(source), &fixture->arena,
		&fixture->diagnostics, &fixture->pipeline);
	for (uint32_t i = 0; i < fixture->diagnostics.count; i++)
		print_message("%s:%u:%u: %s\n",
			fixture->diagnostics.findings[i].file
				? fixture->diagnostics.findings[i].file
				: "p.yml",
			fixture->diagnostics.findings[i].where.line,
			fixture->diagnostics.findings[i].where.column,
			fixture->diagnostics.findings[i].message);
}

static inline void fixture_load_good(struct fixture *fixture, const char *source)
{
	fixture_load(fixture, "/home/project", source);
	assert_int_equal(fixture->diagnostics.error_count, 0);
}

static inline void fixture_release(struct fixture *fixture)
{
	diagnostics_release(&fixture->diagnostics);
	arena_release(&fixture->arena);
}

static inline const struct step *fixture_step(const struct fixture *fixture, const char *id)
{
	uint32_t place = pipeline_find_step(&fixture->pipeline, id);
	if (place == INDEX_NONE)
		print_error("no step '%s'\n", id);
	assert_int_not_equal(place, INDEX_NONE);
	return &fixture->pipeline.steps[place];
}

/* A file that is refused: the first finding, and how many there are. */
struct refusal {
	const char *source;
	enum finding_code code;
	uint32_t line, column;
	const char *message;
	const char *hint; /* NULL: none */
	uint32_t error_count;
};

static inline bool refusal_is_given(const struct refusal *expected, const char *folder)
{
	static const struct finding none = {.message = "(no finding)"};
	struct fixture fixture;
	static const char *const environment[] = {"HOME=/home/user", "PORT=3306", NULL};
	const struct load_request request = {
		.path = "p.yml", .folder = folder, .environment = environment};
	fixture = (struct fixture){0};
	pipeline_load_bytes(&request, expected->source, strlen(expected->source), &fixture.arena,
		&fixture.diagnostics, &fixture.pipeline);
	const struct finding *found =
		fixture.diagnostics.count ? &fixture.diagnostics.findings[0] : &none;
	bool is_same = found->code == expected->code && found->where.line == expected->line &&
		       found->where.column == expected->column &&
		       text_equal(found->message, expected->message) &&
		       text_equal(found->hint, expected->hint) &&
		       fixture.diagnostics.error_count == expected->error_count;
	if (!is_same)
		print_error("%s\n  got  %s %u:%u (%u) %s [%s]\n", expected->source,
			finding_code_name(found->code), found->where.line, found->where.column,
			fixture.diagnostics.error_count, found->message,
			found->hint ? found->hint : "");
	fixture_release(&fixture);
	return is_same;
}

static inline void check_refusals(const struct refusal *refusals, size_t count)
{
	int faults = 0;
	for (size_t i = 0; i < count; i++)
		faults += !refusal_is_given(&refusals[i], "/home/project");
	assert_int_equal(faults, 0);
}

#endif
