#include "check.h"

#include "base/cleanup.h"
#include "fixture.h"
#include "report/graph_fold.h"

static struct run *make_run(
	const struct fixture_step *steps, uint32_t count, uint32_t waves, struct arena *arena)
{
	return fixture_run(steps, count, waves, STATE_DONE, arena);
}

static void test_reduction(void **state)
{
	static const struct fixture_step steps[] = {
		{"a", NULL, 0, STATE_DONE, 0, 1, false, false, NULL},
		{"b", "a", 1, STATE_DONE, 1, 1, false, false, NULL},
		{"c", "a b", 2, STATE_DONE, 2, 1, false, false, NULL},
		{"d", "a b c", 3, STATE_DONE, 3, 1, false, false, NULL},
	};
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	struct fold_graph graph;
	graph_fold(make_run(steps, 4, 4, &arena), true, FOLD_EDGES, &arena, &graph);
	assert_int_equal(graph.node_count, 4);
	assert_int_equal(graph.run_edge_count, 6);
	assert_int_equal(graph.edge_count, 3);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(graph.edges[i].from, i);
		assert_int_equal(graph.edges[i].to, i + 1);
	}
}

static void test_chains_end_at_what_is_kept(void **state)
{
	static const struct fixture_step steps[] = {
		{"a", NULL, 0, STATE_DONE, 0, 1, false, false, NULL},
		{"b", "a", 1, STATE_DONE, 1, 1, false, false, NULL},
		{"c", "b", 2, STATE_FAILED, 2, 1, false, false, NULL},
		{"d", "b", 2, STATE_DONE, 2, 1, false, false, NULL},
		{"e", "d", 3, STATE_DONE, 3, 1, false, false, NULL},
		{"f", "e", 4, STATE_DONE, 4, 1, true, false, NULL},
	};
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	struct fold_graph graph;
	struct run *run = make_run(steps, 6, 5, &arena);
	CLEANUP(buffer_release) struct buffer label = BUFFER_INIT;
	graph_fold(run, true, FOLD_CHAINS, &arena, &graph);
	/* a-b, c, d-e, f */
	assert_int_equal(graph.node_count, 4);
	assert_int_equal(graph.nodes[0].count, 2);
	assert_int_equal(graph.nodes[1].look, LOOK_FAILED);
	assert_int_equal(graph.nodes[2].count, 2);
	assert_true(graph.nodes[3].critical);
	assert_int_equal(graph.edge_count, 3);
	graph_fold_label(&graph, run, &graph.nodes[0], &label);
	assert_string_equal(buffer_text(&label), "a … b (2 steps)");
}

static void test_fans(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	struct fold_graph graph;
	struct run *run = fixture_grid(50, 2, 25, &arena);
	CLEANUP(buffer_release) struct buffer label = BUFFER_INIT;
	graph_fold(run, true, FOLD_FANS, &arena, &graph);
	uint32_t steps = 0;
	for (uint32_t i = 0; i < graph.node_count; i++) {
		steps += graph.nodes[i].count;
		if (graph.nodes[i].kept)
			assert_int_equal(graph.nodes[i].count, 1);
	}
	/* In each wave: one critical, two failed, and the rest. */
	assert_int_equal(steps, 100);
	assert_int_equal(graph.node_count, 8);
	graph_fold_label(&graph, run, &graph.nodes[1], &label);
	assert_string_equal(buffer_text(&label), "wave 1, 47 steps");
}

/* Every level: all steps counted once, edges sorted, distinct, within the nodes. */
static void test_levels_keep_every_step(void **state)
{
	static const uint32_t shapes[][3] = {{7, 9, 5}, {1, 40, 0}, {64, 1, 3}, {30, 30, 1}};
	(void)state;
	for (size_t shape = 0; shape < ARRAY_LENGTH(shapes); shape++) {
		CLEANUP(arena_release) struct arena arena = {0};
		struct run *run =
			fixture_grid(shapes[shape][0], shapes[shape][1], shapes[shape][2], &arena);
		uint32_t before = UINT32_MAX;
		for (enum fold_level level = 0; level < FOLD_STAGES; level++) {
			struct fold_graph graph;
			uint32_t steps = 0;
			graph_fold(run, true, level, &arena, &graph);
			for (uint32_t i = 0; i < graph.node_count; i++)
				steps += graph.nodes[i].count;
			assert_int_equal(steps, run->step_count);
			assert_true(graph.node_count <= before);
			before = graph.node_count;
			for (uint32_t i = 0; i < graph.edge_count; i++) {
				const struct fold_edge *edge = &graph.edges[i];
				assert_true(edge->from < graph.node_count);
				assert_true(edge->to < graph.node_count);
				assert_int_not_equal(edge->from, edge->to);
				if (i > 0)
					assert_true(edge[-1].from < edge->from ||
						    (edge[-1].from == edge->from &&
							    edge[-1].to < edge->to));
			}
		}
	}
}

static void test_last_level_is_bounded(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	struct fold_graph graph;
	graph_fold(fixture_grid(3, 5000, 1, &arena), true, FOLD_STAGES, &arena, &graph);
	assert_true(graph.node_count <= 60);
	assert_true(graph.edge_count < 60);
	uint32_t failed = 0;
	for (uint32_t i = 0; i < graph.node_count; i++)
		failed += graph.nodes[i].count > 1 ? graph.nodes[i].failed_count : 0;
	assert_int_equal(failed, 15000);
	graph_fold(fixture_run(NULL, 0, 0, STATE_DONE, &arena), true, FOLD_STAGES, &arena, &graph);
	assert_int_equal(graph.node_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reduction),
		cmocka_unit_test(test_chains_end_at_what_is_kept),
		cmocka_unit_test(test_fans),
		cmocka_unit_test(test_levels_keep_every_step),
		cmocka_unit_test(test_last_level_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
