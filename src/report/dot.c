/* Graphviz has no limit worth folding for; labels follow its lexical rules (double-quoted ids). */
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "report/graph_fold.h"
#include "report/palette.h"
#include "report/report.h"

/* '\\' escapes in labels and '&' begins an HTML entity there; both are written so as to show. */
static void append_quoted(struct buffer *buffer, const char *text)
{
	buffer_append_byte(buffer, '"');
	for (size_t i = 0, size = strlen(text); i < size;) {
		uint32_t code_point;
		i += utf8_decode(text + i, size - i, &code_point);
		if (code_point_is_unsafe(code_point))
			buffer_append_text(buffer, "·");
		else if (code_point == '"' || code_point == '\\')
			buffer_append(buffer, (char[]){'\\', (char)code_point}, 2);
		else if (code_point == '&')
			buffer_append_text(buffer, "&amp;");
		else
			utf8_append(buffer, code_point);
	}
	buffer_append_byte(buffer, '"');
}

void dot_append(const struct run *run, bool show_state, struct buffer *buffer)
{
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer label = BUFFER_INIT;
	struct fold_graph graph;
	graph_fold(run, show_state, FOLD_NONE, &arena, &graph);
	buffer_append_text(buffer, "digraph ");
	append_quoted(buffer, run->pipeline_name);
	buffer_append_text(buffer, " {\n  node [shape=box, style=\"rounded,filled\", "
				   "fillcolor=\"#FFFFFF\", fontname=\"sans-serif\", "
				   "color=\"#555555\", fontcolor=\"#000000\"];\n");
	for (uint32_t i = 0; i < graph.node_count; i++) {
		const struct fold_node *node = &graph.nodes[i];
		buffer_printf(buffer, "  n%u [label=", i + 1);
		buffer_clear(&label);
		graph_fold_label(&graph, run, node, &label);
		append_quoted(buffer, buffer_text(&label));
		if (show_state)
			buffer_printf(
				buffer, ", fillcolor=\"%s\"", palette_look(node->look)->graph_fill);
		if (node->critical)
			buffer_append_text(buffer, ", color=\"#000000\", penwidth=3");
		buffer_append_text(buffer, "];\n");
		buffer_drain(buffer);
	}
	for (uint32_t i = 0; i < graph.edge_count; i++) {
		buffer_printf(
			buffer, "  n%u -> n%u;\n", graph.edges[i].from + 1, graph.edges[i].to + 1);
		buffer_drain(buffer);
	}
	buffer_append_text(buffer, "}\n");
}
