#include "check.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "fixture.h"
#include "plan_fixture.h"
#include "report/mermaid.h"
#include "report/report.h"

static void test_labels(void **state)
{
	static const struct {
		const char *text;
		const char *expected;
	} cases[] = {
		{"build all-1 (x86_64), v=1+2.0/\\", "build all-1 (x86_64), v=1+2.0/\\"},
		{"\"]; click n0 call alert(1)", "#34;#93;#59; click n0 call alert(1)"},
		{"%%{init}%%", "#37;#37;#123;init#125;#37;#37;"},
		{"`x`", "#96;x#96;"},
		{"a\nb\tc\033", "a·b·c·"},
		{"\xe2\x80\xaex\xe2\x80\x8by", "·x·y"},
		{"ünï 日本", "ünï 日本"},
		{"😀", "#128512;"},
		{"\xc2\xa0", "#160;"},
		{"#quot;", "#35;quot#59;"},
		{"\xff", "\xef\xbf\xbd"},
		{"a\\nb", "a#92;nb"},
		{"", "·"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
		mermaid_append_label(&buffer, cases[i].text);
		assert_string_equal(buffer_text(&buffer), cases[i].expected);
	}
}

static void test_plain_graph(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct run *run = fixture_done(&arena);
	for (uint32_t i = 0; i < run->step_count; i++)
		run->steps[i].critical = false;
	mermaid_append(run, false, &buffer);
	assert_string_equal(buffer_text(&buffer), "graph TD\n"
						  "  n1[\"db_schema\"]\n"
						  "  n2[\"personal_data\"]\n"
						  "  n3[\"processing_purposes\"]\n"
						  "  n4[\"gdpr_article30\"]\n"
						  "  n1 --> n2\n"
						  "  n1 --> n3\n"
						  "  n2 --> n4\n"
						  "  n3 --> n4\n");
}

static void test_states(void **state)
{
	static const char *const lines[] = {
		"  n1[\"lint\"]:::completed\n",
		"  n2[\"test/net\"]:::completed\n",
		"  n3[\"test/db\"]:::failed\n",
		"  n4[\"package\"]:::skipped\n",
		"  n6[\"notes\"]:::pending\n",
		"  classDef completed fill:#90EE90,stroke:#555,color:#000\n",
		"  classDef failed fill:#FF6B6B,stroke:#555,color:#000\n",
		"  classDef skipped fill:#FFA500,stroke:#555,color:#000\n",
		"  classDef pending fill:#D3D3D3,stroke:#555,color:#000\n",
		"  classDef running fill:#87CEEB,stroke:#555,color:#000\n",
		"  class n3,n4,n5 critical\n",
	};
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	mermaid_append(fixture_failed(&arena), true, &buffer);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		check_contains(&buffer, lines[i]);
}

/* Names of a plan's graph say what is special; a run's say what its colours do not. */
static void test_marks(void **state)
{
	static const struct foreach each;
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct plan *plan = plan_fixture(4, 1, &arena);
	struct run planned;
	struct run *run = fixture_failed(&arena);
	struct run_gate gate = {.step = 1, .opened_ms = TIME_NONE};
	plan->pipeline->steps[0].foreach = &each;
	plan->pipeline->steps[1].needs_approval = true;
	plan->pipeline->steps[2].needs_approval = true;
	plan->steps[2].action = ACTION_OMIT;
	plan_graph_run(plan, &arena, &planned);
	mermaid_append(&planned, false, &buffer);
	check_contains(&buffer, "  n1[\"step-1 ×N\"]\n  n2[\"step-2, then approval\"]\n"
				"  n3[\"step-3, left out\"]\n  n4[\"step-4\"]\n");
	run->steps[0].cache_key = "9f2c1a7e00";
	run->steps[2].is_optional = true;
	run->gates = &gate;
	run->gate_count = 1;
	buffer_clear(&buffer);
	mermaid_append(run, true, &buffer);
	check_contains(&buffer, "[\"lint, cached\"]:::completed\n");
	check_contains(&buffer, "[\"test/net, waits for approval\"]:::completed\n");
	check_contains(&buffer, "[\"test/db, optional\"]:::failed\n");
	assert_int_equal(check_count(&buffer, "classDef completed"), 1);
	buffer_clear(&buffer);
	dot_append(run, true, &buffer);
	check_contains(&buffer, "[label=\"lint, cached\", fillcolor=\"#90EE90\"");
}

/* Whatever the shape: fewer than 500 edges, under 50 000 bytes, and it says that it folded. */
static void test_limits(void **state)
{
	static const struct {
		uint32_t width;
		uint32_t depth;
		uint32_t failed_every;
	} cases[] = {{15, 20, 0}, {60, 50, 97}, {1, 3000, 0}, {3000, 1, 0}, {1000, 100, 0},
		{1000, 100, 50}, {10, 10000, 0}, {40, 40, 1}, {2, 2000, 3}};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CLEANUP(arena_release) struct arena arena = {0};
		CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
		CLEANUP(buffer_release) struct buffer again = BUFFER_INIT;
		struct run *run =
			fixture_grid(cases[i].width, cases[i].depth, cases[i].failed_every, &arena);
		mermaid_append(run, true, &buffer);
		mermaid_append(run, true, &again);
		assert_string_equal(buffer_text(&buffer), buffer_text(&again));
		assert_true(check_count(&buffer, " --> ") < 500);
		assert_true(buffer.size < 50000);
		check_contains(&buffer, "  %% folded: ");
		check_contains(&buffer, "  note[\"folded#58; ");
	}
}

static void test_failures_and_critical_path_stay(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct run *run = fixture_grid(60, 50, 97, &arena);
	mermaid_append(run, true, &buffer);
	for (uint32_t i = 0; i < run->step_count; i++) {
		CLEANUP(buffer_release) struct buffer label = BUFFER_INIT;
		if (run->steps[i].state != STATE_FAILED && !run->steps[i].critical)
			continue;
		buffer_printf(&label, "[\"%s\"]", run->steps[i].id);
		check_contains(&buffer, buffer_text(&label));
	}
}

static void test_hostile_labels_fit(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct run *run = fixture_grid(20, 20, 1, &arena);
	for (uint32_t i = 0; i < run->step_count; i++)
		run->steps[i].name = "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀";
	mermaid_append(run, true, &buffer);
	assert_true(buffer.size < 50000);
	assert_true(utf8_is_valid(buffer.bytes, buffer.size));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_plain_graph),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_failures_and_critical_path_stay),
		cmocka_unit_test(test_hostile_labels_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
