#ifndef WAVETRAIN_CLI_DEBUGGER_COMMAND_H
#define WAVETRAIN_CLI_DEBUGGER_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "model/debug_stop.h"

/* What can be said at a breakpoint. The rows are in debugger_command.c. */
enum debugger_verb {
	VERB_CONTINUE,
	VERB_NEXT,
	VERB_INSPECT,
	VERB_SKIP,
	VERB_RETRY,
	VERB_SHELL,
	VERB_BREAKPOINTS,
	VERB_BREAK,
	VERB_DELETE,
	VERB_HELP,
	VERB_QUIT,
	VERB_COUNT
};

enum debugger_argument { ARGUMENT_NONE, ARGUMENT_ARTIFACT, ARGUMENT_STEP, ARGUMENT_COMMAND };

struct debugger_word {
	const char *name;
	const char *aliases[2]; /* NULL: none */
	const char *shown;      /* how its argument is written in the help; "" for none */
	enum debugger_argument argument;
	uint8_t moments; /* bits of enum debug_moment: where it can be said */
	bool needs_argument;
	const char *help; /* one line without a full stop */
};
extern const struct debugger_word debugger_words[VERB_COUNT];

struct debugger_command {
	enum debugger_verb verb;
	const char *argument; /* the arena's; NULL: none */
	uint8_t moments;      /* of VERB_BREAK and VERB_DELETE: which; both if not said */
};

/* Nothing to be done: an empty line, or one that begins with '#'. */
bool debugger_line_is_empty(const char *line);

/* False: *error says what is wrong with the line, with the nearest word. */
bool debugger_command_parse(const char *line, enum debug_moment moment, struct arena *arena,
	struct debugger_command *command, struct error *error);

/* What a name on the prompt can be completed with. */
struct debugger_names {
	const char *const *steps; /* base ids too */
	uint32_t step_count;
	const char *const *artifacts;
	uint32_t artifact_count;
};

struct debugger_completion {
	size_t start;       /* where the word begins that is completed */
	const char **words; /* the arena's: those that fit, in the tables' order */
	uint32_t count;
	size_t common; /* so many bytes they have in common, at least what is typed */
};

/* What the word at the line's end can become; cuts no character in half. */
void debugger_complete(const char *line, const struct debugger_names *names, struct arena *arena,
	struct debugger_completion *completion);

#endif
