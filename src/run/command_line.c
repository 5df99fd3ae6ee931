#include "run/command_line.h"

#include <stdlib.h>
#include <string.h>

#include "base/index.h"
#include "base/text.h"

#define WORD_LIMIT 256

/*
 * Reserved words and builtins of POSIX shells, dash and bash, in byte order. `true` and `false`
 * are missing on purpose: the programs do the same, and starting them is what a shell saves us.
 */
static const char *const shell_words[] = {".", ":", "alias", "bg", "bind", "break", "builtin",
	"caller", "case", "cd", "chdir", "command", "compgen", "complete", "compopt", "continue",
	"coproc", "declare", "dirs", "disown", "do", "done", "echo", "elif", "else", "enable",
	"esac", "eval", "exec", "exit", "export", "fc", "fg", "fi", "for", "function", "getopts",
	"hash", "help", "history", "if", "in", "jobs", "kill", "let", "local", "logout", "mapfile",
	"popd", "printf", "pushd", "pwd", "read", "readarray", "readonly", "return", "select",
	"set", "shift", "shopt", "source", "suspend", "test", "then", "time", "times", "trap",
	"type", "typeset", "ulimit", "umask", "unalias", "unset", "until", "wait", "while"};

static int compare_words(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static bool is_shell_word(const char *word)
{
	return bsearch(&word, shell_words, ARRAY_LENGTH(shell_words), sizeof shell_words[0],
		       compare_words) != NULL;
}

static bool is_plain(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || (byte && strchr("_./:=,@%+-", byte));
}

/* Copies the words into the arena; 0: not plain words on one line. */
static uint32_t split_plain(const char *script, struct arena *arena, const char **words)
{
	size_t length = strlen(script);
	while (length && strchr(" \t\n", script[length - 1]))
		length--;
	char *copy = arena_copy_bytes(arena, script, length);
	uint32_t count = 0;
	bool inside = false;
	for (size_t i = 0; i < length; i++) {
		bool is_gap = copy[i] == ' ' || copy[i] == '\t';
		if (!is_gap && !is_plain(copy[i]))
			return 0;
		if (is_gap) {
			copy[i] = '\0';
		} else if (!inside) {
			if (count == WORD_LIMIT)
				return 0;
			words[count++] = copy + i;
		}
		inside = !is_gap;
	}
	return count;
}

const char *const *command_line_simple_words(const char *script, struct arena *arena)
{
	const char *words[WORD_LIMIT];
	uint32_t count = split_plain(script, arena, words);
	if (!count || strchr(words[0], '=') || is_shell_word(words[0]))
		return NULL;
	const char **list = ARENA_ARRAY(arena, const char *, count + 1);
	memcpy(list, words, count * sizeof *words);
	return list;
}

/* "bash -u" becomes bash, -u, -e, -c, script. */
static const char *const *shell_arguments(
	const char *shell, const char *script, struct arena *arena)
{
	const char **list = ARENA_ARRAY(arena, const char *, WORD_LIMIT + 4);
	char *rest = arena_copy_text(arena, shell);
	uint32_t count = 0;
	for (char *word = strtok_r(rest, " \t\n", &rest); word && count < WORD_LIMIT;
		word = strtok_r(NULL, " \t\n", &rest))
		list[count++] = word;
	if (!count)
		list[count++] = "sh";
	list[count++] = "-e";
	list[count++] = "-c";
	list[count] = script;
	return list;
}

/* Only of these is known what they do with a plain word, whatever the environment says. */
static bool is_plain_shell(const char *shell)
{
	return text_is_empty(shell) || text_equal(shell, "sh") || text_equal(shell, "dash") ||
	       text_equal(shell, "/bin/sh");
}

bool command_line_make(const struct command *command, const struct command_place *place,
	struct arena *arena, struct command_line *line, struct error *error)
{
	line->arguments = command->arguments;
	if (command->script) {
		line->arguments = NULL;
		if (is_plain_shell(command->shell))
			line->arguments = command_line_simple_words(command->script, arena);
		if (!line->arguments)
			line->arguments = shell_arguments(
				command->shell ? command->shell : "sh", command->script, arena);
	}
	if (!line->arguments || !line->arguments[0])
		return error_set(error, ERROR_PROCESS, "the command is empty");
	const char *path_list = place->path_list ? place->path_list : PROGRAM_SEARCH_DEFAULT_PATH;
	line->program = program_search_find(
		place->search, line->arguments[0], path_list, place->folder, arena);
	if (!line->program)
		return error_set(
			error, ERROR_PROCESS, "program '%s' not found in PATH", line->arguments[0]);
	return true;
}
