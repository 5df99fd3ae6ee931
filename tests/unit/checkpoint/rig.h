#ifndef WAVETRAIN_TESTS_CHECKPOINT_RIG_H
#define WAVETRAIN_TESTS_CHECKPOINT_RIG_H

/* Real repositories in a folder that is thrown away; git is the system's, with nobody's settings. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/index.h"
#include "base/text.h"
#include "checkpoint/checkpoint_save.h"

struct rig {
	char folder[64]; /* holds everything */
	struct arena arena;
};

static inline void rig_environment(const char *folder)
{
	setenv("HOME", folder, 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
	setenv("GIT_AUTHOR_NAME", "Test", 1);
	setenv("GIT_AUTHOR_EMAIL", "test@example.com", 1);
	setenv("GIT_COMMITTER_NAME", "Test", 1);
	setenv("GIT_COMMITTER_EMAIL", "test@example.com", 1);
	setenv("LC_ALL", "C", 1);
}

static inline char *rig_shell(struct rig *rig, const char *place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Runs a shell line in FOLDER/PLACE and returns what it printed, without the last line end. */
static inline char *rig_shell(struct rig *rig, const char *place, const char *format, ...)
{
	struct buffer out = BUFFER_INIT;
	char chunk[4096];
	size_t size;
	va_list arguments;
	char line[4096];
	char *text;
	FILE *pipe;
	int status;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	pipe = popen(
		arena_format(&rig->arena, "cd '%s/%s' && { %s\n} 2>&1", rig->folder, place, line),
		"r");
	assert_non_null(pipe);
	while ((size = fread(chunk, 1, sizeof(chunk), pipe)) > 0)
		buffer_append(&out, chunk, size);
	status = pclose(pipe);
	if (status != 0)
		fail_msg("%s\nended with %d:\n%s", line, status, buffer_text(&out));
	while (out.size > 0 && out.bytes[out.size - 1] == '\n')
		out.bytes[--out.size] = '\0';
	text = arena_copy_text(&rig->arena, buffer_text(&out));
	buffer_release(&out);
	return text;
}

static inline void rig_open(struct rig *rig)
{
	*rig = (struct rig){.folder = "/tmp/wavetrain-checkpoint-XXXXXX"};
	assert_non_null(mkdtemp(rig->folder));
	rig_environment(rig->folder);
	rig_shell(rig, "", "mkdir repo run && cd repo && git init -q -b main");
}

/* Every repository must be whole when a test ends. */
static inline void rig_close(struct rig *rig)
{
	struct error error;

	rig_shell(rig, "repo", "git fsck --strict --no-dangling");
	assert_true(path_remove(rig->folder, &error));
	arena_release(&rig->arena);
}

/* A repository with three commits' worth of files and nothing to commit. */
static inline void rig_populate(struct rig *rig)
{
	rig_shell(rig, "repo",
		"mkdir -p src/deep docs && echo one >src/one.txt && echo two >src/deep/two.txt && "
		"echo doc >docs/doc.md && echo 'build/' >.gitignore && git add -A && "
		"git commit -qm start");
}

#define ASSERT_TEXT(actual, expected) assert_string_equal((actual), (expected))

#endif
