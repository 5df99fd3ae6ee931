#include "cli/debugger_command.h"

#include <assert.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/index.h"
#include "base/text.h"

#define BOTH (DEBUG_BEFORE | DEBUG_AFTER)
#define BLANKS " \t\r"

const struct debugger_word debugger_words[] = {
	[VERB_CONTINUE] = {"continue", {"c"}, "", ARGUMENT_NONE, BOTH, false,
		"go on to the next breakpoint"},
	[VERB_NEXT] = {"next", {"n", "step"}, "", ARGUMENT_NONE, BOTH, false,
		"go on and stop before the next step that starts"},
	[VERB_INSPECT] = {"inspect", {"i"}, "[ARTIFACT]", ARGUMENT_ARTIFACT, BOTH, false,
		"show an artifact of this run; without a name list them"},
	[VERB_SKIP] = {"skip", {NULL}, "", ARGUMENT_NONE, DEBUG_BEFORE, false,
		"do not run this step, as if its condition did not hold"},
	[VERB_RETRY] = {"retry", {"r"}, "", ARGUMENT_NONE, DEBUG_AFTER, false,
		"run this step once more, in a workspace of its own, with the same inputs"},
	[VERB_SHELL] = {"shell", {"sh"}, "[COMMAND]", ARGUMENT_COMMAND, BOTH, false,
		"a shell in the step's workspace and environment; with COMMAND run that alone"},
	[VERB_BREAKPOINTS] = {"breakpoints", {NULL}, "", ARGUMENT_NONE, BOTH, false,
		"list the breakpoints"},
	[VERB_BREAK] = {"break", {"b"}, "ID [before|after]", ARGUMENT_STEP, BOTH, true,
		"stop before and after a step too, or at one of the two"},
	[VERB_DELETE] = {"delete", {"d"}, "ID [before|after]", ARGUMENT_STEP, BOTH, true,
		"stop there no more"},
	[VERB_HELP] = {"help", {"h", "?"}, "", ARGUMENT_NONE, BOTH, false, "show this list"},
	[VERB_QUIT] = {"quit", {"q"}, "", ARGUMENT_NONE, BOTH, false,
		"end the run; 'wavetrain resume' continues it"},
};
static_assert(ARRAY_LENGTH(debugger_words) == VERB_COUNT, "one row a verb");

bool debugger_line_is_empty(const char *line)
{
	line += strspn(line, BLANKS);
	return *line == '\0' || *line == '#';
}

/* --- parsing --- */

static bool find_verb(const char *word, enum debugger_verb *verb, struct error *error)
{
	struct nearest nearest;
	nearest_start(&nearest, word);
	for (uint32_t i = 0; i < VERB_COUNT; i++) {
		const struct debugger_word *row = &debugger_words[i];
		*verb = (enum debugger_verb)i;
		if (text_equal(word, row->name) || text_equal(word, row->aliases[0]) ||
			text_equal(word, row->aliases[1]))
			return true;
		nearest_offer(&nearest, row->name);
	}
	CLEANUP(buffer_release) struct buffer shown = BUFFER_INIT;
	text_append_shortened(&shown, word, 60);
	error_set(error, ERROR_USAGE, "there is no command '%s'", buffer_text(&shown));
	if (nearest.best)
		return error_hint(error, "did you mean '%s'?", nearest.best);
	return error_hint(error, "'help' lists the commands");
}

static bool check_moment(
	const struct debugger_word *row, enum debug_moment moment, struct error *error)
{
	if (row->moments & moment)
		return true;
	error_set(error, ERROR_USAGE, "'%s' is for a stop %s a step, and this one is %s it",
		row->name, moment == DEBUG_BEFORE ? "after" : "before",
		moment == DEBUG_BEFORE ? "before" : "after");
	return error_hint(error, moment == DEBUG_BEFORE ? "'skip' leaves the step out"
							: "'retry' runs it once more");
}

/* "ID", "ID before" or "ID after"; the argument is cut behind the id. */
static bool split_moment(char *argument, struct debugger_command *command, struct error *error)
{
	size_t length = strcspn(argument, BLANKS);
	const char *word = argument + length + strspn(argument + length, BLANKS);
	command->moments = BOTH;
	if (text_equal(word, "before"))
		command->moments = DEBUG_BEFORE;
	else if (text_equal(word, "after"))
		command->moments = DEBUG_AFTER;
	else if (*word && !text_equal(word, "both"))
		return error_set(error, ERROR_USAGE,
			"a breakpoint is 'before', 'after' or 'both', not '%s'", word);
	argument[length] = '\0';
	return true;
}

bool debugger_command_parse(const char *line, enum debug_moment moment, struct arena *arena,
	struct debugger_command *command, struct error *error)
{
	line += strspn(line, BLANKS);
	size_t length = strcspn(line, BLANKS);
	size_t end = strlen(line);
	const char *word = arena_copy_bytes(arena, line, length);
	*command = (struct debugger_command){0};
	if (!find_verb(word, &command->verb, error))
		return false;
	const struct debugger_word *row = &debugger_words[command->verb];
	size_t start = length + strspn(line + length, BLANKS);
	while (end > start && strchr(BLANKS, line[end - 1]))
		end--;
	if (!check_moment(row, moment, error))
		return false;
	if (start == end)
		return !row->needs_argument ||
		       error_set(error, ERROR_USAGE, "'%s' needs the id of a step", row->name);
	if (row->argument == ARGUMENT_NONE)
		return error_set(error, ERROR_USAGE, "'%s' takes nothing behind it", row->name);
	char *argument = arena_copy_bytes(arena, line + start, end - start);
	command->argument = argument;
	return row->argument != ARGUMENT_STEP || split_moment(argument, command, error);
}

/* --- completion --- */

static void offer(struct debugger_completion *completion, const char *typed, const char *word)
{
	if (!text_starts_with(word, typed))
		return;
	if (completion->count == 0)
		completion->common = strlen(word);
	const char *first = completion->count ? completion->words[0] : word;
	size_t common = 0;
	while (common < completion->common && word[common] && first[common] == word[common])
		common++;
	completion->common = common;
	completion->words[completion->count++] = word;
}

static void offer_argument(struct debugger_completion *completion, const char *typed,
	enum debugger_argument argument, const struct debugger_names *names)
{
	for (uint32_t i = 0; argument == ARGUMENT_STEP && i < names->step_count; i++)
		offer(completion, typed, names->steps[i]);
	for (uint32_t i = 0; argument == ARGUMENT_ARTIFACT && i < names->artifact_count; i++)
		offer(completion, typed, names->artifacts[i]);
}

void debugger_complete(const char *line, const struct debugger_names *names, struct arena *arena,
	struct debugger_completion *completion)
{
	struct error unknown;
	enum debugger_verb verb;
	size_t begin = strspn(line, BLANKS);
	size_t first = begin + strcspn(line + begin, BLANKS);
	size_t second = first + strspn(line + first, BLANKS);
	size_t room = (size_t)VERB_COUNT + names->step_count + names->artifact_count;
	*completion = (struct debugger_completion){
		.start = line[first] ? second : begin,
		.words = ARENA_ARRAY(arena, const char *, room),
	};
	const char *typed = line + completion->start;
	if (!line[first]) {
		for (uint32_t i = 0; i < VERB_COUNT; i++)
			offer(completion, typed, debugger_words[i].name);
	} else if (!typed[strcspn(typed, BLANKS)] &&
		   find_verb(
			   arena_copy_bytes(arena, line + begin, first - begin), &verb, &unknown)) {
		offer_argument(completion, typed, debugger_words[verb].argument, names);
	}
	if (completion->count)
		completion->common = utf8_cut(
			completion->words[0], strlen(completion->words[0]), completion->common);
}
