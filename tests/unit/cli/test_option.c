#include "cli/option.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/index.h"
#include "base/text.h"
#include "cmocka_all.h"

enum { WORDS_MAX = 12 };

struct own {
	bool force;
	const char *output;
	uint32_t jobs;
	int64_t limit_ms;
	uint32_t format;
	uint32_t resume;
	struct assignment_list parameters;
	struct word_list steps;
};

struct common {
	bool quiet;
	const char *folder;
};

static const char *const formats[] = {"text", "json", NULL};
static const char *const resumes[] = {"auto", "never", NULL};

static const struct option own_options[] = {
	{.name = "force",
		.letter = 'f',
		.kind = OPTION_FLAG,
		.offset = offsetof(struct own, force)},
	{.name = "output",
		.letter = 'o',
		.kind = OPTION_TEXT,
		.offset = offsetof(struct own, output),
		.value_name = "FILE"},
	{.name = "jobs",
		.letter = 'j',
		.kind = OPTION_COUNT,
		.offset = offsetof(struct own, jobs),
		.value_name = "N",
		.limit = 64},
	{.name = "limit",
		.kind = OPTION_DURATION,
		.offset = offsetof(struct own, limit_ms),
		.value_name = "TIME"},
	{.name = "format",
		.kind = OPTION_CHOICE,
		.offset = offsetof(struct own, format),
		.value_name = "FORMAT",
		.choices = formats},
	{.name = "resume",
		.letter = 'r',
		.kind = OPTION_CHOICE,
		.offset = offsetof(struct own, resume),
		.value_name = "WHEN",
		.choices = resumes,
		.implied = "auto"},
	{.name = "step",
		.letter = 's',
		.kind = OPTION_TEXTS,
		.offset = offsetof(struct own, steps),
		.value_name = "ID"},
	OPTION_PARAMETERS(offsetof(struct own, parameters)),
};

static const struct option common_rows[] = {
	{.name = "quiet",
		.letter = 'q',
		.kind = OPTION_FLAG,
		.offset = offsetof(struct common, quiet)},
	{.name = "directory",
		.letter = 'C',
		.kind = OPTION_TEXT,
		.offset = offsetof(struct common, folder),
		.value_name = "DIR"},
};

/* One parse with all it leaves behind. */
struct parsed {
	struct arena arena;
	struct own own;
	struct common common;
	const char *words[WORDS_MAX];
	uint32_t count;
	bool accepted;
	struct error error;
};

static void parse_words(struct parsed *parsed, const char *const *words, bool takes_parameters)
{
	static const struct option_table tables[] = {
		{own_options, ARRAY_LENGTH(own_options)}, {common_rows, ARRAY_LENGTH(common_rows)}};
	*parsed = (struct parsed){.count = 0};
	while (words[parsed->count]) {
		assert_true(parsed->count < WORDS_MAX);
		parsed->words[parsed->count] = words[parsed->count];
		parsed->count++;
	}
	void *const targets[] = {&parsed->own, &parsed->common};
	struct option_request request = {.command = "test",
		.tables = tables,
		.targets = targets,
		.table_count = 2,
		.parameters = takes_parameters ? &parsed->own.parameters : NULL,
		.arena = &parsed->arena};
	parsed->accepted = option_parse(&request, parsed->words, &parsed->count, &parsed->error);
}

/* "force=0 output=- …" of everything a parse can set, so that a case is one line. */
static void describe(const struct parsed *parsed, struct buffer *text)
{
	const struct own *own = &parsed->own;
	const struct common *common = &parsed->common;
	if (own->force)
		buffer_append_text(text, " force");
	if (own->output)
		buffer_printf(text, " output=%s", own->output);
	if (own->jobs)
		buffer_printf(text, " jobs=%u", own->jobs);
	if (own->limit_ms)
		buffer_printf(text, " limit=%lld", (long long)own->limit_ms);
	if (own->format)
		buffer_printf(text, " format=%u", own->format);
	if (own->resume)
		buffer_printf(text, " resume=%u", own->resume);
	for (uint32_t i = 0; i < own->parameters.count; i++)
		buffer_printf(text, " %s:=%s", own->parameters.items[i].name,
			own->parameters.items[i].value);
	for (uint32_t i = 0; i < own->steps.count; i++)
		buffer_printf(text, " step=%s", own->steps.items[i]);
	if (common->quiet)
		buffer_append_text(text, " quiet");
	if (common->folder)
		buffer_printf(text, " folder=%s", common->folder);
	buffer_append_text(text, " |");
	for (uint32_t i = 0; i < parsed->count; i++)
		buffer_printf(text, " %s", parsed->words[i]);
}

struct accepted_case {
	const char *words[WORDS_MAX];
	const char *expected;
};

static const struct accepted_case accepted_cases[] = {
	{{NULL}, " |"},
	{{"a", "b"}, " | a b"},
	/* Every kind, long. */
	{{"--force"}, " force |"},
	{{"--output", "x"}, " output=x |"},
	{{"--output=x=y"}, " output=x=y |"},
	{{"--output", "--force"}, " output=--force |"},
	{{"--jobs", "64"}, " jobs=64 |"},
	{{"--jobs=1"}, " jobs=1 |"},
	{{"--limit", "1.5s"}, " limit=1500 |"},
	{{"--format=json"}, " format=2 |"},
	{{"--format", "text"}, " format=1 |"},
	{{"--param", "a=1", "-p", "b=", "-pc=x=y"}, " a:=1 b:= c:=x=y |"},
	/* Letters, alone, bundled, with the value joined. */
	{{"-f"}, " force |"},
	{{"-fq"}, " force quiet |"},
	{{"-qfj4"}, " force jobs=4 quiet |"},
	{{"-qj", "4"}, " jobs=4 quiet |"},
	{{"-ofile"}, " output=file |"},
	{{"-of"}, " output=f |"},
	{{"-C", "there"}, " folder=there |"},
	/* A bare option with an implied value never takes the next word. */
	{{"--resume"}, " resume=1 |"},
	{{"--resume", "nightly"}, " resume=1 | nightly"},
	{{"--resume=never"}, " resume=2 |"},
	{{"-rf"}, " force resume=1 |"},
	/* The last one wins. */
	{{"--jobs=2", "-j", "3"}, " jobs=3 |"},
	/* But all of them count where they are several. */
	{{"--step=a", "-s", "b", "c", "-sa"}, " step=a step=b step=a | c"},
	/* Options stand anywhere; "-" is an argument; "--" ends the options. */
	{{"a", "--force", "b", "-q", "c"}, " force quiet | a b c"},
	{{"-", "-f"}, " force | -"},
	{{"a", "--", "--force", "-q", "--"}, " | a --force -q --"},
	{{"--output", "--", "--force"}, " force output=-- |"},
	{{""}, " | "},
	/* Parameters without --param; a known option is never one. */
	{{"--who=world"}, " who:=world |"},
	{{"--who=a", "--jobs=2", "--what=b=c", "--none="}, " jobs=2 who:=a what:=b=c none:= |"},
};

static void takes_what_it_knows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(accepted_cases); i++) {
		CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
		struct parsed parsed;
		parse_words(&parsed, accepted_cases[i].words, true);
		if (!parsed.accepted)
			fail_msg("case %zu (%s): %s", i, accepted_cases[i].expected,
				parsed.error.text);
		describe(&parsed, &text);
		assert_string_equal(buffer_text(&text), accepted_cases[i].expected);
		arena_release(&parsed.arena);
	}
}

struct refused_case {
	const char *words[WORDS_MAX];
	const char *text;
	const char *hint; /* NULL: none */
};

static const struct refused_case refused_cases[] = {
	{{"--forse"}, "'test' has no option '--forse'", "did you mean '--force'?"},
	{{"--quiet=1"}, "--quiet takes no value", NULL},
	{{"--froce=1"}, "'test' has no option '--froce'", "did you mean '--force'?"},
	{{"--qiuet"}, "'test' has no option '--qiuet'", "did you mean '--quiet'?"},
	{{"--zzzzzz"}, "'test' has no option '--zzzzzz'", "'wavetrain test --help' lists them"},
	{{"--zzzzzz=1"}, "'test' has no option '--zzzzzz'", "'wavetrain test --help' lists them"},
	/* No abbreviations: a later option could take the short form's place. */
	{{"--forc"}, "'test' has no option '--forc'", "did you mean '--force'?"},
	{{"--=x"}, "'test' has no option '--'", "'wavetrain test --help' lists them"},
	{{"-x"}, "'test' has no option '-x'", "'wavetrain test --help' lists them"},
	{{"-fx"}, "'test' has no option '-x'", "'wavetrain test --help' lists them"},
	{{"--output"}, "--output needs a value (FILE)", NULL},
	{{"--output="}, "--output needs a value (FILE)", NULL},
	{{"--output", ""}, "--output needs a value (FILE)", NULL},
	{{"-fo"}, "-o needs a value (FILE)", NULL},
	{{"--jobs", "0"}, "--jobs takes a whole number from 1 to 64, not '0'", NULL},
	{{"--jobs=65"}, "--jobs takes a whole number from 1 to 64, not '65'", NULL},
	{{"--jobs=-1"}, "--jobs takes a whole number from 1 to 64, not '-1'", NULL},
	{{"-j4x"}, "--jobs takes a whole number from 1 to 64, not '4x'", NULL},
	{{"--jobs="}, "--jobs takes a whole number from 1 to 64, not ''", NULL},
	{{"--jobs=18446744073709551617"},
		"--jobs takes a whole number from 1 to 64, not '18446744073709551617'", NULL},
	{{"--resume", "never"}, "--resume takes its value behind '=': --resume=never", NULL},
	{{"--limit=soon"},
		"--limit takes a duration such as 30m or 5h30m, more than 0 and at most 366d, not 'soon'",
		NULL},
	{{"--format=jsn"}, "--format takes one of text, json, not 'jsn'", "did you mean 'json'?"},
	{{"--format", "xml"}, "--format takes one of text, json, not 'xml'", NULL},
	{{"--resume="}, "--resume takes one of auto, never, not ''", NULL},
	{{"--param", "name"}, "a parameter is written NAME=VALUE, not 'name'", NULL},
	{{"--param", "=value"}, "a parameter is written NAME=VALUE, not '=value'", NULL},
};

static void names_what_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(refused_cases); i++) {
		const struct refused_case *expected = &refused_cases[i];
		struct parsed parsed;
		parse_words(&parsed, expected->words, false);
		if (parsed.accepted)
			fail_msg("accepted, instead of: %s", expected->text);
		assert_string_equal(parsed.error.text, expected->text);
		assert_string_equal(parsed.error.hint, expected->hint ? expected->hint : "");
		assert_int_equal(parsed.error.code, ERROR_USAGE);
		arena_release(&parsed.arena);
	}
}

/* What takes parameters still refuses a bare unknown name, and an empty one. */
static void parameters_need_a_name_and_a_value(void **state)
{
	static const char *const words[][2] = {{"--who", NULL}, {"--=x", NULL}};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
		struct parsed parsed;
		parse_words(&parsed, words[i], true);
		assert_false(parsed.accepted);
		assert_int_equal(parsed.own.parameters.count, 0);
		arena_release(&parsed.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_what_it_knows),
		cmocka_unit_test(names_what_is_wrong),
		cmocka_unit_test(parameters_need_a_name_and_a_value),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
