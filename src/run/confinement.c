#include "run/confinement.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "run/landlock.h"
#include "run/leftovers.h"
#include "run/namespace.h"

/*
 * The mark: two lines in the state folder, the run's id and the path of its cgroup (or nothing).
 * It is there as long as a runner is; one that is found was left by a runner that was killed.
 */
#define MARK_FILE "running"
#define MARK_LIMIT_BYTES ((size_t)64 * 1024)
#define CGROUP_PREFIX "wavetrain-"

/* --- the mark --- */

/*
 * A mark may say anything, and whoever copies a work tree copies it: nothing but the cgroup of a
 * run whose runner is gone is ever ended.
 */
static void end_marked_cgroup(const char *path)
{
	if (path[0] == '/' && text_starts_with(path_file_name(path), CGROUP_PREFIX) &&
		!strstr(path, "/../"))
		cgroup_end_left(path);
}

void confinement_end_predecessor(const char *state_folder)
{
	struct arena arena CLEANUP(arena_release) = {0};
	CLEANUP(buffer_release) struct buffer mark = BUFFER_INIT;
	struct error ignored;
	const char *mark_path = path_join(&arena, state_folder, MARK_FILE);
	if (!path_exists(mark_path))
		return;
	if (file_read(mark_path, MARK_LIMIT_BYTES, &mark, &ignored) && mark.size) {
		char *path = mark.bytes + strcspn(mark.bytes, "\n");
		if (*path)
			*path++ = '\0';
		path[strcspn(path, "\n")] = '\0';
		end_marked_cgroup(path);
		if (*mark.bytes)
			leftovers_end_run(mark.bytes, state_folder);
	}
	unlink(mark_path);
}

/* Without fsync: a power cut leaves no process to be ended. */
static void leave_mark(const struct confinement *confinement, const char *run_id)
{
	CLEANUP(close_stream) FILE *file = fopen(confinement->mark_path, "we");
	const char *path = confinement->cgroups.path;
	if (file)
		fprintf(file, "%s\n%s\n", run_id, path ? path : "");
}

/* --- life --- */

static const char *canonical(const char *path, struct arena *arena)
{
	char *real = realpath(path, NULL);
	const char *copy = arena_copy_text(arena, real ? real : path);
	free(real);
	return copy;
}

/* The pipeline's folder without its last part, as long as folder_in_tree counts parts. */
static const char *tree_of(const struct confinement_request *request)
{
	const char *folder = canonical(request->pipeline_folder, request->arena);
	const char *inner = request->folder_in_tree;
	size_t length = strlen(folder), inner_length = inner ? strlen(inner) : 0;
	if (!inner_length || length <= inner_length ||
		!text_equal(folder + length - inner_length, inner))
		return folder;
	return arena_copy_bytes(request->arena, folder, length - inner_length - 1);
}

/* Not only the run's id: two runs of two folders may have the same. */
static void name_cgroup(struct confinement *confinement, const struct confinement_request *request)
{
	uint32_t random = (uint32_t)getpid();
	const char *own = cgroup_find_own(request->arena, &confinement->cgroup_fault);
	if (!own)
		return;
	cgroup_end_abandoned(own, CGROUP_PREFIX, CGROUP_ABANDONED_MS);
	if (getrandom(&random, sizeof random, GRND_NONBLOCK) < 0)
		random = (uint32_t)getpid();
	cgroup_run_init(&confinement->cgroups, own,
		arena_format(request->arena, CGROUP_PREFIX "%s-%08x", request->run_id, random));
}

void confinement_open(struct confinement *confinement, const struct confinement_request *request)
{
	*confinement = (struct confinement){
		.state_folder = canonical(request->state_folder, request->arena),
		.tree_folder = tree_of(request),
		.mark_path = path_join(request->arena, request->state_folder, MARK_FILE),
	};
	confinement->git = git_folders_find(confinement->tree_folder, request->arena);
	name_cgroup(confinement, request);
	confinement->landlock = landlock_version(&confinement->landlock_fault);
	leave_mark(confinement, request->run_id);
}

void confinement_close(struct confinement *confinement)
{
	if (!confinement->mark_path)
		return;
	/* What does not end now may have ended when the next one comes. */
	if (cgroup_run_close(&confinement->cgroups))
		unlink(confinement->mark_path);
	*confinement = (struct confinement){0};
}

/* --- what steps may ask for --- */

bool confinement_landlock_holds(unsigned version, struct error *fault)
{
	if (version && version < LANDLOCK_TRUNCATE_VERSION)
		error_set(fault, ERROR_PROCESS,
			"the kernel's Landlock cannot keep files from being emptied (that of Linux "
			"6.2 can)");
	return version >= LANDLOCK_TRUNCATE_VERSION;
}

bool confinement_has_namespace(struct confinement *confinement, struct error *fault)
{
	if (!confinement->namespace_is_tried) {
		confinement->namespace_is_tried = true;
		confinement->has_namespace = namespace_is_allowed(&confinement->namespace_fault);
	}
	if (confinement->has_namespace)
		return true;
	struct error cgroup_fault = *fault;
	return error_set(fault, ERROR_PROCESS, "%s; %s", cgroup_fault.text,
		confinement->namespace_fault.text);
}

bool confinement_refuse(const struct step *step, const struct error *fault, struct error *error)
{
	error_set(error, ERROR_PROCESS, "step '%s' has 'isolation: require': %s", step->id,
		fault->text);
	return error_hint(error,
		"Landlock is needed, and a cgroup v2 that the user may write to or user "
		"namespaces: run it in a systemd scope of its own (systemd-run --user --scope), "
		"or give the step 'isolation: auto'");
}

static bool can_require(struct error *fault)
{
	struct arena arena CLEANUP(arena_release) = {0};
	struct confinement unknown = {0};
	return confinement_landlock_holds(landlock_version(fault), fault) &&
	       (cgroup_find_own(&arena, fault) || confinement_has_namespace(&unknown, fault));
}

bool confinement_check(const struct pipeline *pipeline, struct error *error)
{
	struct error fault;
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		if (step_isolation(pipeline, &pipeline->steps[i]) != ISOLATION_REQUIRE)
			continue;
		return can_require(&fault) ||
		       confinement_refuse(&pipeline->steps[i], &fault, error);
	}
	return true;
}
