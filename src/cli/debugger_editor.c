/*
 * libedit waits for characters by a function of ours, which turns the engine's loop meanwhile. It
 * puts the terminal into its own mode for the time of one line only.
 */
#include "cli/debugger_editor.h"

#include <errno.h>
#include <histedit.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "base/buffer.h"
#include "base/index.h"
#include "base/text.h"

#define HISTORY_LINES 200
#define LISTED_WORDS 60u

struct debugger_editor {
	struct editor_owner owner;
	EditLine *line;
	History *history;
	const char *prompt;
	struct buffer text; /* of the last line */
};

static struct debugger_editor *editor_of(EditLine *line)
{
	void *editor = NULL;
	el_get(line, EL_CLIENTDATA, &editor);
	return editor;
}

static char *show_prompt(EditLine *line)
{
	/* libedit does not write to it. */
	union {
		const char *given;
		char *wanted;
	} prompt = {.given = editor_of(line)->prompt};
	return prompt.wanted;
}

static void put(const char *bytes, size_t size)
{
	while (size) {
		ssize_t count = write(STDOUT_FILENO, bytes, size);
		if (count < 0 && errno != EINTR)
			return;
		bytes += count > 0 ? count : 0;
		size -= count > 0 ? (size_t)count : 0;
	}
}

/* EL_GETCFN: 1: a character, 0: there will be none. */
static int get_character(EditLine *line, wchar_t *character)
{
	const struct debugger_editor *editor = editor_of(line);
	mbstate_t state = {0};
	for (;;) {
		char byte;
		if (!editor->owner.wait(editor->owner.context))
			return 0;
		ssize_t count = read(STDIN_FILENO, &byte, 1);
		if (count < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (count <= 0)
			return 0;
		size_t length = mbrtowc(character, &byte, 1, &state);
		if (length == (size_t)-2)
			continue;
		if (length != (size_t)-1)
			return 1;
		state = (mbstate_t){0};
	}
}

/* --- completion --- */

static void list_words(EditLine *line, const struct debugger_completion *completion)
{
	struct buffer text = BUFFER_INIT;
	buffer_append_byte(&text, '\n');
	for (uint32_t i = 0; i < completion->count && i < LISTED_WORDS; i++) {
		const char *word = completion->words[i];
		buffer_append_text(&text, "  ");
		text_append_visible(&text, word, strlen(word));
		buffer_append_byte(&text, '\n');
	}
	if (completion->count > LISTED_WORDS)
		buffer_printf(&text, "  … %u more\n", completion->count - LISTED_WORDS);
	put(buffer_text(&text), text.size);
	buffer_release(&text);
	el_set(line, EL_REFRESH);
}

static unsigned char complete(EditLine *line, wint_t key)
{
	const struct debugger_editor *editor = editor_of(line);
	const struct debugger_names *names = editor->owner.names(editor->owner.context);
	const LineInfo *info = el_line(line);
	struct arena arena = {0};
	struct debugger_completion completion;
	size_t size = (size_t)(info->cursor - info->buffer);
	const char *typed = arena_copy_bytes(&arena, info->buffer, size);
	struct buffer added = BUFFER_INIT;
	(void)key;
	debugger_complete(typed, names, &arena, &completion);
	size_t known = size - completion.start;
	if (completion.count)
		buffer_append(&added, completion.words[0] + known, completion.common - known);
	if (completion.count == 1)
		buffer_append_byte(&added, ' ');
	bool is_added = added.size && el_insertstr(line, buffer_text(&added)) == 0;
	if (!is_added && completion.count > 1)
		list_words(line, &completion);
	uint32_t count = completion.count;
	buffer_release(&added);
	arena_release(&arena);
	return count ? CC_REFRESH : CC_ERROR;
}

/* --- life --- */

static bool set_up(struct debugger_editor *editor)
{
	HistEvent event;
	EditLine *line = editor->line;
	/* For EL_ADDFN el_set() would copy the words and never free them. */
	history(editor->history, &event, H_SETSIZE, HISTORY_LINES);
	history(editor->history, &event, H_SETUNIQUE, 1);
	bool is_set = el_set(line, EL_CLIENTDATA, editor) == 0 &&
		      el_set(line, EL_PROMPT, show_prompt) == 0 &&
		      el_set(line, EL_EDITOR, "emacs") == 0 &&
		      el_set(line, EL_HIST, history, editor->history) == 0 &&
		      el_wset(line, EL_ADDFN, L"wavetrain-complete", L"completes a word",
			      complete) == 0 &&
		      el_set(line, EL_BIND, "^I", "wavetrain-complete", NULL) == 0 &&
		      el_set(line, EL_GETCFN, get_character) == 0;
	/* Of those it knows, the ones that stop a run are blocked: they stay with the engine. */
	el_set(line, EL_SIGNAL, 1);
	return is_set;
}

struct debugger_editor *debugger_editor_new(const struct editor_owner *owner)
{
	struct debugger_editor *editor = heap_allocate(1, sizeof *editor);
	*editor = (struct debugger_editor){.owner = *owner, .prompt = ""};
	/* For the width of characters; nothing else in the program looks at a locale. */
	setlocale(LC_CTYPE, "C.UTF-8");
	editor->line = el_init("wavetrain", stdin, stdout, stderr);
	editor->history = history_init();
	if (editor->line && editor->history && set_up(editor))
		return editor;
	debugger_editor_free(editor);
	return NULL;
}

void debugger_editor_free(struct debugger_editor *editor)
{
	if (!editor)
		return;
	if (editor->line)
		el_end(editor->line);
	if (editor->history)
		history_end(editor->history);
	buffer_release(&editor->text);
	free(editor);
}

/* --- reading --- */

const char *debugger_editor_read(struct debugger_editor *editor, const char *prompt)
{
	int size = 0;
	HistEvent event;
	editor->prompt = prompt;
	const char *read = el_gets(editor->line, &size);
	if (!read || size <= 0) {
		put("\n", 1);
		return NULL;
	}
	buffer_clear(&editor->text);
	buffer_append(&editor->text, read, strcspn(read, "\r\n"));
	if (!debugger_line_is_empty(buffer_text(&editor->text)))
		history(editor->history, &event, H_ENTER, buffer_text(&editor->text));
	return buffer_text(&editor->text);
}

void debugger_editor_hide(struct debugger_editor *editor)
{
	static const char erase[] = "\r\x1b[J";
	(void)editor;
	put(erase, sizeof erase - 1);
}

void debugger_editor_show(struct debugger_editor *editor)
{
	el_set(editor->line, EL_REFRESH);
}
