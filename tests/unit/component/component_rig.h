/* A folder with input/, output/ and work/ in it, and component_run() as a process of its own. */
#ifndef TESTS_COMPONENT_RIG_H
#define TESTS_COMPONENT_RIG_H

#include "component/component.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/file.h"
#include "base/index.h"
#include "base/text.h"
#include "cmocka_all.h"

struct rig {
	struct arena arena;
	char root[64];
	const char *input;
	const char *output;
	const char *work;       /* the working directory of what is run */
	const char *properties; /* NULL: the variable is not set */
	int signal;             /* what ended it; 0: nothing */
};

static inline void rig_put(struct rig *rig, const char *path, const char *text)
{
	struct error error;
	const char *full = path_join(&rig->arena, rig->root, path);
	assert_true(folder_make(path_folder(&rig->arena, full), &error));
	assert_true(file_write_atomic(full, text, strlen(text), &error));
}

static inline const char *rig_get(struct rig *rig, const char *path)
{
	struct error error;
	struct buffer text = BUFFER_INIT;
	if (!file_read(path_join(&rig->arena, rig->root, path), SIZE_MAX / 2, &text, &error))
		return NULL;
	const char *copy = arena_copy_bytes(&rig->arena, buffer_text(&text), text.size);
	buffer_release(&text);
	return copy;
}

static inline int rig_set_up(void **state)
{
	struct error error;
	struct rig *rig = calloc(1, sizeof *rig);
	memcpy(rig->root, "/tmp/wavetrain-component-XXXXXX", 32);
	assert_non_null(mkdtemp(rig->root));
	rig->input = path_join(&rig->arena, rig->root, "input");
	rig->output = path_join(&rig->arena, rig->root, "output");
	rig->work = path_join(&rig->arena, rig->root, "work");
	assert_true(folder_make(rig->input, &error));
	assert_true(folder_make(rig->output, &error));
	assert_true(folder_make(rig->work, &error));
	*state = rig;
	return 0;
}

static inline int rig_tear_down(void **state)
{
	struct rig *rig = *state;
	struct error error;
	assert_true(path_remove(rig->root, &error));
	arena_release(&rig->arena);
	free(rig);
	return 0;
}

static inline void rig_redirect(struct rig *rig, const char *name, int descriptor)
{
	int file =
		open(path_join(&rig->arena, rig->root, name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	dup2(file, descriptor);
	close(file);
}

/* Starts it and returns its process id; what it prints becomes ROOT/stdout and ROOT/stderr. */
static inline pid_t rig_start(struct rig *rig, struct component_call call)
{
	pid_t id = fork();
	if (id != 0)
		return id;
	const char *environment[] = {
		arena_format(&rig->arena, "PATH=%s", getenv("PATH")),
		arena_format(&rig->arena, "WAVETRAIN_INPUT=%s", rig->input),
		arena_format(&rig->arena, "WAVETRAIN_OUTPUT=%s", rig->output),
		rig->properties
			? arena_format(&rig->arena, "WAVETRAIN_PROPERTIES=%s", rig->properties)
			: NULL,
		NULL,
	};
	call.environment = environment;
	rig_redirect(rig, "stdout", STDOUT_FILENO);
	rig_redirect(rig, "stderr", STDERR_FILENO);
	if (chdir(rig->work) < 0)
		_exit(99);
	_exit(component_run(&call));
}

static inline int rig_wait(struct rig *rig, pid_t id)
{
	int status = 0;
	assert_int_equal(waitpid(id, &status, 0), id);
	rig->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline int rig_run(struct rig *rig, struct component_call call)
{
	return rig_wait(rig, rig_start(rig, call));
}

static inline int rig_shell(struct rig *rig, const char *script, struct component_call call)
{
	const char *const arguments[] = {"sh", "-c", script, NULL};
	call.arguments = arguments;
	return rig_run(rig, call);
}

#define assert_output(rig, name, text)                                                             \
	do {                                                                                       \
		const char *found_ = rig_get((rig), (name));                                       \
		assert_non_null(found_);                                                           \
		assert_string_equal(found_, (text));                                               \
	} while (0)

#endif
