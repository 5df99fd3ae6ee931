#include "cli/gate_prompt.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
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
static bool read_answer(char answer[ANSWER_LIMIT])
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
	console_live_erase(&batch->console);
	CLEANUP(buffer_release) struct buffer question = BUFFER_INIT;
	buffer_append_text(&question, "Step '");
	const char *id = batch->pipeline.steps[step].id;
	text_append_visible(&question, id, strlen(id));
	buffer_append_text(&question, "' is done and waits for approval. Go on? [y/N] ");
	cli_print_aside(&question);
	if (!read_answer(answer) || (answer[0] != 'y' && answer[0] != 'Y'))
		return false;
	*approved_by = user_name();
	return true;
}
