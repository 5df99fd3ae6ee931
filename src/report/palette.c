#include "report/palette.h"

#include <assert.h>

#include "base/index.h"

#define WHITE "#ffffff"
#define NIGHT "#0d1117"

/*
 * Success is the most common state, so it is the quietest colour. The fills keep their distance
 * (CIEDE2000 of 16 and more) also for people who cannot tell red from green.
 */
static const struct look looks[] = {
	[LOOK_OK] = {.word = "done",
		.glyph = "✓",
		.ascii = "+",
		.sgr = "32",
		.light = {"#4d7b61", WHITE, "#2f6146"},
		.dark = {"#629b7a", NIGHT, "#7fc79b"},
		.graph_fill = "#90EE90",
		.graph_class = "completed"},
	[LOOK_RETRIED] = {.word = "retried",
		.glyph = "↻",
		.ascii = "~",
		.sgr = "33",
		.light = {"#a88714", NIGHT, "#705a00"},
		.dark = {"#fece73", NIGHT, "#fece73"},
		.graph_fill = "#90EE90",
		.graph_class = "completed"},
	[LOOK_CACHED] = {.word = "cached",
		.glyph = "≡",
		.ascii = "=",
		.sgr = "36",
		.light = {"#0996d5", NIGHT, "#05669a"},
		.dark = {"#70e0fc", NIGHT, "#70e0fc"},
		.graph_fill = "#90EE90",
		.graph_class = "completed"},
	[LOOK_FAILED] = {.word = "failed",
		.glyph = "✕",
		.ascii = "x",
		.sgr = "31",
		.light = {"#af101f", WHITE, "#a40e26"},
		.dark = {"#f23411", NIGHT, "#ff8a6b"},
		.graph_fill = "#FF6B6B",
		.graph_class = "failed"},
	[LOOK_RUNNING] = {.word = "running",
		.glyph = "▶",
		.ascii = ">",
		.sgr = "35",
		.light = {"#6336cb", WHITE, "#5a2fc0"},
		.dark = {"#a75ef0", NIGHT, "#c79bf7"},
		.graph_fill = "#87CEEB",
		.graph_class = "running"},
	[LOOK_SKIPPED] = {.word = "skipped",
		.glyph = "»",
		.ascii = "/",
		.sgr = "2",
		.patterned = true,
		.light = {"#3c4145", WHITE, "#3c4145"},
		.dark = {"#656a76", WHITE, "#9aa1ac"},
		.graph_fill = "#FFA500",
		.graph_class = "skipped"},
	[LOOK_IDLE] = {.word = "pending",
		.glyph = "–",
		.ascii = "-",
		.sgr = "2",
		.light = {"#3c4145", WHITE, "#3c4145"},
		.dark = {"#656a76", WHITE, "#9aa1ac"},
		.graph_fill = "#D3D3D3",
		.graph_class = "pending"},
};
static_assert(ARRAY_LENGTH(looks) == LOOK_COUNT, "a look for every enum step_look");

static const struct {
	enum step_look look;
	const char *word;
} states[] = {
	[STATE_PENDING] = {LOOK_IDLE, "pending"},
	[STATE_RUNNING] = {LOOK_RUNNING, "running"},
	[STATE_DONE] = {LOOK_OK, "completed"},
	[STATE_FAILED] = {LOOK_FAILED, "failed"},
	[STATE_SKIPPED] = {LOOK_SKIPPED, "skipped"},
	[STATE_INTERRUPTED] = {LOOK_IDLE, "interrupted"},
};
static_assert(ARRAY_LENGTH(states) == STATE_COUNT, "a row for every enum state");

static const struct palette_theme themes[] = {
	{.background = WHITE,
		.panel = "#f6f8fa",
		.ink = "#1b1f24",
		.muted = "#57606a",
		.line = "#818b98",
		.accent = "#0550ae"},
	{.background = NIGHT,
		.panel = "#161b22",
		.ink = "#e6edf3",
		.muted = "#9da7b3",
		.line = "#6e7681",
		.accent = "#79c0ff"},
};

const struct look *palette_look(enum step_look look)
{
	return &looks[look];
}

enum step_look palette_look_of_state(enum state state)
{
	return states[state].look;
}

const char *palette_state_word(enum state state)
{
	return states[state].word;
}

const struct palette_theme *palette_theme(bool dark)
{
	return &themes[dark];
}
