#ifndef WAVETRAIN_REPORT_MERMAID_H
#define WAVETRAIN_REPORT_MERMAID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "model/run.h"

/*
 * What a viewer takes. GitHub shows nothing but an error from 500 edges or 50 000 characters on
 * (Mermaid's maxEdges and maxTextSize, which a diagram cannot raise there).
 */
struct mermaid_limits {
	uint32_t nodes;
	uint32_t edges;
	size_t bytes;
};

/* Folds until the limits hold; the last level of folding is bounded and is taken as it is. */
void mermaid_append_within(const struct run *run, bool show_state,
	const struct mermaid_limits *limits, struct buffer *buffer);

/*
 * A text between the quotes of id["…"]: controls and what cannot be seen become '·', what could
 * mean something to Mermaid, Markdown or HTML becomes #code;. Comes out as the same text.
 */
void mermaid_append_label(struct buffer *buffer, const char *text);

#endif
