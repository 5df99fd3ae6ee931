#include "checkpoint/push_by_hand.h"

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

#define BRANCH_PREFIX "refs/heads/"
#define HEAD_LIMIT_BYTES 4096

static bool is_checked_out(const struct push_by_hand *push, struct arena *arena)
{
	CLEANUP(buffer_release) struct buffer head = BUFFER_INIT;
	struct error ignored;

	return file_read(path_join(arena, push->git_folder, "HEAD"), HEAD_LIMIT_BYTES, &head,
		       &ignored) &&
	       text_equal(buffer_text(&head), arena_format(arena, "ref: %s\n", push->branch));
}

static void append_command(
	struct buffer *text, const char *command, const struct push_by_hand *push, const char *what)
{
	buffer_append_text(text, command);
	buffer_append_byte(text, ' ');
	shell_quote_append(text, push->remote_name);
	buffer_append_byte(text, ' ');
	shell_quote_append(text, what);
}

void push_by_hand_append(struct buffer *text, const struct push_by_hand *push)
{
	CLEANUP(arena_release) struct arena arena = {0};
	const char *branch = push->branch;
	bool is_mergeable = push->others_pushed && is_checked_out(push, &arena);
	const char *what;

	if (text_starts_with(branch, BRANCH_PREFIX))
		branch += sizeof(BRANCH_PREFIX) - 1;
	what = *push->commit && !is_mergeable
		       /* What cannot be merged here goes beside what the others have pushed. */
		       ? arena_format(&arena, "%.12s:" BRANCH_PREFIX "%s%s", push->commit, branch,
				 push->others_pushed ? "-wavetrain" : "")
		       : branch;
	if (push->no_remote) {
		append_command(text, "git remote add", push, "URL");
		buffer_append_text(text, " && ");
	}
	if (is_mergeable) {
		append_command(text, "git pull --no-rebase", push, branch);
		buffer_append_text(text, " && ");
	}
	append_command(text, "git push", push, what);
}
