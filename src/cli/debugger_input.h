#ifndef WAVETRAIN_CLI_DEBUGGER_INPUT_H
#define WAVETRAIN_CLI_DEBUGGER_INPUT_H

#include "base/buffer.h"
#include "cli/debugger_editor.h"

/* Where the commands come from. */
enum debugger_input_kind {
	INPUT_SCRIPT, /* a pipe or a file: one command a line, shown when it is carried out */
	INPUT_PLAIN,  /* a terminal without line editing */
	INPUT_EDITOR  /* a terminal with it */
};

struct debugger_input {
	enum debugger_input_kind kind;
	struct editor_owner owner;
	struct debugger_editor *editor; /* owned; of INPUT_EDITOR */
	struct buffer bytes;            /* read and not used up */
	struct buffer line;             /* the last one */
	bool has_ended;
	const char *prompt; /* on the screen now, waiting for a line; NULL: none is */
};

void debugger_input_open(struct debugger_input *input, const struct editor_owner *owner);
void debugger_input_close(struct debugger_input *input);

/* The next line, valid until the next call. NULL: there is none, or owner.wait() said so. */
const char *debugger_input_read(struct debugger_input *input, const char *prompt);

/* Around everything that is written while it reads. */
void debugger_input_hide(struct debugger_input *input);
void debugger_input_show(struct debugger_input *input);

#endif
