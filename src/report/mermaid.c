#include "report/mermaid.h"

#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "report/graph_fold.h"
#include "report/palette.h"
#include "report/report.h"
#include "report/text_layout.h"

#define LABEL_COLUMNS_MOST 60
#define CLASS_IDS_A_LINE 40

static const struct mermaid_limits github_limits = {.nodes = 1500, .edges = 499, .bytes = 49000};

void mermaid_append_label(struct buffer *buffer, const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
				    " _./\\-,()+=";
	/* An empty label is a syntax error. */
	if (text_is_empty(text))
		buffer_append_text(buffer, "·");
	for (size_t i = 0, size = strlen(text); i < size;) {
		uint32_t code_point;
		i += utf8_decode(text + i, size - i, &code_point);
		/* Mermaid breaks the line at a backslash and an n, but not at its code. */
		bool is_break = code_point == '\\' && text[i] == 'n';
		if (code_point_is_unsafe(code_point))
			buffer_append_text(buffer, "·");
		else if (code_point < 0x80 && !is_break && strchr(plain, (int)code_point))
			buffer_append_byte(buffer, (char)code_point);
		else if (code_point >= 0xa1 && code_point <= 0xffff)
			utf8_append(buffer, code_point);
		else
			buffer_printf(buffer, "#%u;", code_point);
	}
}

static void append_nodes(const struct fold_graph *graph, const struct run *run, bool show_state,
	struct buffer *buffer)
{
	CLEANUP(buffer_release) struct buffer label = BUFFER_INIT;
	CLEANUP(buffer_release) struct buffer shortened = BUFFER_INIT;
	for (uint32_t i = 0; i < graph->node_count; i++) {
		const struct fold_node *node = &graph->nodes[i];
		buffer_clear(&label);
		buffer_clear(&shortened);
		graph_fold_label(graph, run, node, &label);
		text_append_shortened(&shortened, buffer_text(&label), LABEL_COLUMNS_MOST);
		buffer_printf(buffer, "  n%u[\"", i + 1);
		mermaid_append_label(buffer, buffer_text(&shortened));
		buffer_append_text(buffer, "\"]");
		if (show_state)
			buffer_printf(buffer, ":::%s", palette_look(node->look)->graph_class);
		buffer_append_byte(buffer, '\n');
	}
}

static void append_class(const char *name, const char *fill, struct buffer *buffer)
{
	buffer_printf(buffer, "  classDef %s fill:%s,stroke:#555,color:#000\n", name, fill);
}

static void append_classes(struct buffer *buffer)
{
	for (enum step_look look = 0; look < LOOK_COUNT; look++) {
		/* Retried and cached steps are completed ones here: they share the class. */
		if (look != LOOK_RETRIED && look != LOOK_CACHED)
			append_class(palette_look(look)->graph_class,
				palette_look(look)->graph_fill, buffer);
	}
}

/* Not a fill: it must be seen together with the state. */
static void append_critical(const struct fold_graph *graph, struct buffer *buffer)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < graph->node_count; i++) {
		if (!graph->nodes[i].critical)
			continue;
		if (count % CLASS_IDS_A_LINE == 0)
			buffer_append_text(buffer, count == 0 ? "  classDef critical stroke:#000,"
								"stroke-width:3px\n  class "
							      : " critical\n  class ");
		else
			buffer_append_byte(buffer, ',');
		buffer_printf(buffer, "n%u", i + 1);
		count++;
	}
	if (count > 0)
		buffer_append_text(buffer, " critical\n");
}

static void append_graph(const struct fold_graph *graph, const struct run *run, bool show_state,
	struct buffer *buffer)
{
	CLEANUP(buffer_release) struct buffer remark = BUFFER_INIT;
	buffer_append_text(buffer, "graph TD\n");
	graph_fold_explain(graph, &remark);
	if (remark.size > 0) {
		buffer_printf(buffer, "  %%%% %s\n  note[\"", buffer_text(&remark));
		mermaid_append_label(buffer, buffer_text(&remark));
		buffer_append_text(buffer, "\"]\n");
	}
	append_nodes(graph, run, show_state, buffer);
	for (uint32_t i = 0; i < graph->edge_count; i++)
		buffer_printf(buffer, "  n%u --> n%u\n", graph->edges[i].from + 1,
			graph->edges[i].to + 1);
	if (show_state)
		append_classes(buffer);
	append_critical(graph, buffer);
	if (remark.size > 0)
		buffer_append_text(buffer, "  style note fill:#fff,stroke:#555,color:#000,"
					   "stroke-dasharray:4\n");
}

void mermaid_append_within(const struct run *run, bool show_state,
	const struct mermaid_limits *limits, struct buffer *buffer)
{
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	for (enum fold_level level = FOLD_NONE; level < FOLD_LEVEL_COUNT; level++) {
		struct fold_graph graph;
		arena_reset(&arena);
		graph_fold(run, show_state, level, &arena, &graph);
		bool is_last = level + 1 == FOLD_LEVEL_COUNT;
		if (!is_last &&
			(graph.node_count > limits->nodes || graph.edge_count > limits->edges))
			continue;
		buffer_clear(&text);
		append_graph(&graph, run, show_state, &text);
		if (is_last || text.size <= limits->bytes)
			break;
	}
	buffer_append(buffer, text.bytes, text.size);
}

void mermaid_append(const struct run *run, bool show_state, struct buffer *buffer)
{
	mermaid_append_within(run, show_state, &github_limits, buffer);
}
