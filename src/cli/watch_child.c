#include "cli/watch_child.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"

/* --- words --- */

struct words {
	const char **items; /* the arena's */
	uint32_t count;
	struct arena *arena;
};

static void add(struct words *words, const char *word)
{
	words->items[words->count++] = word;
}

static void add_assignments(
	struct words *words, const char *name, const struct assignment_list *assignments)
{
	for (uint32_t i = 0; i < assignments->count; i++)
		add(words, arena_format(words->arena, "--%s=%s=%s", name,
				   assignments->items[i].name, assignments->items[i].value));
}

static void add_texts(struct words *words, const char *name, const struct word_list *texts)
{
	for (uint32_t i = 0; i < texts->count; i++)
		add(words, arena_format(words->arena, "--%s=%s", name, texts->items[i]));
}

static void add_option(struct words *words, const struct option *option, const void *values)
{
	const void *at = (const unsigned char *)values + option->offset;
	struct arena *arena = words->arena;
	uint32_t count;
	switch (option->kind) {
	case OPTION_FLAG:
		if (*(const bool *)at)
			add(words, arena_format(arena, "--%s", option->name));
		return;
	case OPTION_TEXT:
		if (*(const char *const *)at)
			add(words, arena_format(arena, "--%s=%s", option->name,
					   *(const char *const *)at));
		return;
	case OPTION_TEXTS:
		add_texts(words, option->name, at);
		return;
	case OPTION_DURATION:
		if (*(const int64_t *)at)
			add(words, arena_format(arena, "--%s=%" PRId64 "ms", option->name,
					   *(const int64_t *)at));
		return;
	case OPTION_COUNT:
	case OPTION_CHOICE:
		count = *(const uint32_t *)at;
		if (count && option->kind == OPTION_COUNT)
			add(words, arena_format(arena, "--%s=%" PRIu32, option->name, count));
		else if (count)
			add(words, arena_format(arena, "--%s=%s", option->name,
					   option->choices[count - 1]));
		return;
	case OPTION_ASSIGNMENT:
		add_assignments(words, option->name, at);
		return;
	}
}

const char *const *watch_child_words(
	const struct cli *cli, const struct batch_choices *choices, struct arena *arena)
{
	enum { OTHERS = 8 };
	struct batch_choices plain = *choices;
	struct words words = {.arena = arena};
	words.items = ARENA_ARRAY(arena, const char *,
		BATCH_OPTIONS + OTHERS + (size_t)choices->parameters.count +
			choices->left_out.count + choices->taken_back.count);
	plain.watch = false;
	add(&words, "wavetrain");
	add(&words, "run");
	for (uint32_t i = 0; i < BATCH_OPTIONS; i++)
		add_option(&words, &batch_options[i], &plain);
	if (cli->quiet)
		add(&words, "--quiet");
	if (cli->verbose)
		add(&words, "--verbose");
	if (!cli->style.color)
		add(&words, "--no-color");
	add(&words, "--");
	if (choices->pipeline)
		add(&words, choices->pipeline);
	return words.items;
}

/* --- the process --- */

/* Nothing that takes memory or a lock: only system calls until exec. */
static void become_run(const char *const *words, const struct signals_before *before, pid_t parent)
{
	static const char complaint[] = "wavetrain: cannot start itself through /proc/self/exe\n";
	union {
		const char *const *given;
		char *const *taken;
	} arguments = {.given = words};
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(4);
	sigaction(SIGPIPE, &before->pipe, NULL);
	sigaction(SIGCHLD, &before->child, NULL);
	sigprocmask(SIG_SETMASK, &before->mask, NULL);
	execv("/proc/self/exe", arguments.taken);
	ssize_t written = write(STDERR_FILENO, complaint, sizeof complaint - 1);
	(void)written;
	_exit(4);
}

bool watch_child_start(struct watch_child *child, const char *const *words,
	const struct signals_before *before, struct error *error)
{
	pid_t parent = getpid();
	pid_t id = fork();
	if (id < 0)
		return error_set_errno(error, ERROR_PROCESS, "cannot start a run");
	if (id == 0)
		become_run(words, before, parent);
	*child = (struct watch_child){.id = id, (int)syscall(SYS_pidfd_open, id, 0)};
	if (child->descriptor >= 0)
		return true;
	error_set_errno(error, ERROR_PROCESS, "cannot wait for a run");
	kill(id, SIGTERM);
	watch_child_reap(child);
	return false;
}

int watch_child_reap(struct watch_child *child)
{
	int status = 0;
	while (waitpid(child->id, &status, 0) < 0 && errno == EINTR)
		;
	if (child->descriptor >= 0)
		close(child->descriptor);
	*child = (struct watch_child){.descriptor = -1};
	return WIFSIGNALED(status) ? 256 + WTERMSIG(status) : WEXITSTATUS(status);
}
