#include "cli/gate_prompt.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/index.h"
#include "base/stop_signals.h"
#include "base/text.h"

#define ANSWER_LIMIT 64

static bool can_ask(const struct batch *batch)
{
	return !batch->ci.github_actions && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

/* One line in canonical mode comes as a whole. False: end of input, or a signal. */
static bool take_line(char answer[ANSWER_LIMIT])
{
	CLEANUP(close_descriptor) int signals = stop_signals_watch();
	struct pollfd waits[] = {
		{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
	while (poll(waits, 2, -1) < 0)
		if (errno != EINTR)
			return false;
	if (waits[1].revents)
		return false;
	ssize_t size = read(STDIN_FILENO, answer, ANSWER_LIMIT - 1);
	if (size <= 0)
		return false;
	answer[size] = '\0';
	return true;
}

/* The same; where nobody pressed Enter, what follows begins a line of its own all the same. */
static bool read_answer(char answer[ANSWER_LIMIT])
{
	bool is_taken = take_line(answer);
	if (!is_taken || !strchr(answer, '\n'))
		fputc('\n', stderr);
	return is_taken;
}

/* The live display makes room for the question about the step. */
static void begin_question(struct batch *batch, uint32_t step, struct buffer *question)
{
	const char *id = batch->pipeline.steps[step].id;
	console_live_erase(&batch->console);
	buffer_append_text(question, "Step '");
	text_append_visible(question, id, strlen(id));
}

static const char *user_name(void)
{
	static const char *const variables[] = {"LOGNAME", "USER"};
	for (size_t i = 0; i < ARRAY_LENGTH(variables); i++)
		if (!text_is_empty(getenv(variables[i])))
			return getenv(variables[i]);
	return "the terminal";
}

bool gate_prompt(void *context, uint32_t step, const char **approved_by)
{
	struct batch *batch = context;
	char answer[ANSWER_LIMIT];
	if (batch->choices->yes) {
		*approved_by = "--yes";
		return true;
	}
	if (!can_ask(batch))
		return false;
	CLEANUP(buffer_release) struct buffer question = BUFFER_INIT;
	begin_question(batch, step, &question);
	buffer_append_text(&question, "' is done and waits for approval. Go on? [y/N] ");
	cli_print_aside(&question);
	if (!read_answer(answer) || (answer[0] != 'y' && answer[0] != 'Y'))
		return false;
	*approved_by = user_name();
	return true;
}

enum undecided_answer undecided_prompt(void *context, uint32_t step, int signal)
{
	struct batch *batch = context;
	const char *name = sigabbrev_np(signal);
	char answer[ANSWER_LIMIT];
	if (batch->choices->yes || !can_ask(batch))
		return UNDECIDED_LATER;
	CLEANUP(buffer_release) struct buffer question = BUFFER_INIT;
	begin_question(batch, step, &question);
	buffer_printf(&question,
		"' was killed by SIG%s, not by wavetrain. [r]etry, [s]kip or [q]uit? [q] ",
		name ? name : "?");
	cli_print_aside(&question);
	if (!read_answer(answer))
		return UNDECIDED_QUIT;
	if (answer[0] == 'r' || answer[0] == 'R')
		return UNDECIDED_RETRY;
	return answer[0] == 's' || answer[0] == 'S' ? UNDECIDED_SKIP : UNDECIDED_QUIT;
}
