#ifndef WAVETRAIN_REPORT_TIMELINE_BAR_H
#define WAVETRAIN_REPORT_TIMELINE_BAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "model/run.h"

/* The bars of the text timeline: █ an attempt that counted, ▒ one that was retried, · waiting. */
struct bar_scale {
	int64_t span_ms; /* what all cells stand for; at least 1 */
	size_t cells;
	int64_t origin_ms; /* since 1970: where the first cell begins */
	int64_t now_ms;    /* end of what still runs */
	bool placed; /* at its place on the axis, cells wide; else from the left, no padding */
};

/* One whole bar from start to start + duration, counted from the origin. */
void bar_append_span(struct buffer *buffer, const struct bar_scale *scale, int64_t start_ms,
	int64_t duration_ms);

/* The attempts of a step and the time it waited for a slot or for its next attempt. */
void bar_append_step(
	struct buffer *buffer, const struct bar_scale *scale, const struct run *run, uint32_t step);

/* "00:00     00:30     01:00" and ticks below, behind indent spaces; two lines. */
void bar_append_axis(struct buffer *buffer, size_t indent, size_t cells, int64_t span_ms);

/* One cell for each: how many attempts ran at once, at most, as a block or as a digit. */
void bar_append_concurrency(struct buffer *buffer, const struct bar_scale *scale,
	const struct run *run, bool ascii, struct arena *arena);

#endif
