#include "cli/debugger_input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

#define PIECE_BYTES ((size_t)4096)

void debugger_input_open(struct debugger_input *input, const struct editor_owner *owner)
{
	const char *terminal = getenv("TERM");
	bool is_dumb = text_is_empty(terminal) || text_equal(terminal, "dumb");
	*input = (struct debugger_input){.owner = *owner};
	if (!isatty(STDIN_FILENO))
		return;
	input->kind = INPUT_PLAIN;
	if (is_dumb || !isatty(STDOUT_FILENO))
		return;
	input->editor = debugger_editor_new(owner);
	if (input->editor)
		input->kind = INPUT_EDITOR;
}

void debugger_input_close(struct debugger_input *input)
{
	debugger_editor_free(input->editor);
	buffer_release(&input->bytes);
	buffer_release(&input->line);
}

static void print(const char *text)
{
	fputs(text, stdout);
	fflush(stdout);
}

/* False: nothing more will come. */
static bool read_piece(struct debugger_input *input)
{
	for (;;) {
		if (!input->owner.wait(input->owner.context))
			return false;
		char *room = buffer_reserve(&input->bytes, PIECE_BYTES);
		ssize_t count = read(STDIN_FILENO, room, PIECE_BYTES);
		if (count > 0)
			input->bytes.size += (size_t)count;
		if (count >= 0 || (errno != EINTR && errno != EAGAIN))
			return count > 0;
	}
}

/* The last line may lack its end. */
static const char *read_line(struct debugger_input *input)
{
	const char *end = NULL;
	while (!input->has_ended) {
		end = memchr(buffer_text(&input->bytes), '\n', input->bytes.size);
		if (end)
			break;
		input->has_ended = !read_piece(input);
	}
	if (!end && !input->bytes.size)
		return NULL;
	size_t size = end ? (size_t)(end - input->bytes.bytes) : input->bytes.size;
	buffer_clear(&input->line);
	buffer_append(&input->line, input->bytes.bytes, size);
	size_t used = size + (end != NULL);
	memmove(input->bytes.bytes, input->bytes.bytes + used, input->bytes.size - used);
	input->bytes.size -= used;
	return buffer_text(&input->line);
}

const char *debugger_input_read(struct debugger_input *input, const char *prompt)
{
	const char *line;
	if (input->kind == INPUT_PLAIN)
		print(prompt);
	input->prompt = prompt;
	if (input->kind == INPUT_EDITOR)
		line = debugger_editor_read(input->editor, prompt);
	else
		line = read_line(input);
	input->prompt = NULL;
	if (input->kind == INPUT_PLAIN && !line)
		print("\n");
	return line;
}

void debugger_input_hide(struct debugger_input *input)
{
	if (input->prompt && input->kind == INPUT_EDITOR)
		debugger_editor_hide(input->editor);
	else if (input->prompt && input->kind == INPUT_PLAIN)
		print("\n");
}

void debugger_input_show(struct debugger_input *input)
{
	if (input->prompt && input->kind == INPUT_EDITOR)
		debugger_editor_show(input->editor);
	else if (input->prompt && input->kind == INPUT_PLAIN)
		print(input->prompt);
}
