#ifndef WAVETRAIN_REPORT_PALETTE_H
#define WAVETRAIN_REPORT_PALETTE_H

#include <stdbool.h>

#include "model/run.h"
#include "model/state.h"

/*
 * The one table of what a step looks like, in every report. A look is never its colour alone:
 * there is always the glyph and the word. Colours are "#rrggbb". The contrasts that hold (WCAG 2.2
 * relative luminance) are recomputed by a test: a label on its fill 4.5, a text on the panel 4.5,
 * a fill against background and panel 3.
 */
struct look_colors {
	const char *fill;  /* of bars and badges */
	const char *label; /* of text on the fill */
	const char *text;  /* of text on background or panel */
};

struct look {
	const char *word;  /* "done": for people, for filters, for class names; [a-z]+ */
	const char *glyph; /* one column wide */
	const char *ascii; /* the same where only ASCII can be shown */
	const char *sgr;   /* parameters of the SGR sequence: "32" */
	bool patterned;    /* the fill is another look's: draw it hatched */
	struct look_colors light;
	struct look_colors dark;
	const char *graph_fill;  /* in Mermaid and DOT, where text is always black */
	const char *graph_class; /* name of the class in Mermaid */
};

const struct look *palette_look(enum step_look look);

/* What a run, a wave or a group in this state looks like. */
enum step_look palette_look_of_state(enum state state);

/* How people call the state of a run, a wave or a group: "completed", "failed", "interrupted" … */
const char *palette_state_word(enum state state);

/* What is not a state. */
struct palette_theme {
	const char *background;
	const char *panel;
	const char *ink;
	const char *muted;
	const char *line;
	const char *accent; /* links and the focus ring */
};
const struct palette_theme *palette_theme(bool dark);

#endif
