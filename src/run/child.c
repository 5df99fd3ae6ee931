#include "run/child.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "model/containment.h"
#include "run/namespace.h"

#define NS_PER_MS 1000000

static void set_deadline(struct child *child, int64_t delay_ms)
{
	struct event_loop *loop = child->nursery->loop;
	event_loop_set_timer(loop, &child->deadline, clock_monotonic_ns() + delay_ms * NS_PER_MS);
}

static void count_leftovers(struct child *child, int change)
{
	struct nursery *nursery = child->nursery;
	nursery->leftover_count += (uint32_t)change;
	signals_take_children(nursery->signals, nursery->leftover_count > 0);
}

/* --- those that run, and what they leave behind --- */

static void add_running(struct child *child)
{
	struct nursery *nursery = child->nursery;
	child->previous = NULL;
	child->next = nursery->running;
	if (child->next)
		child->next->previous = child;
	nursery->running = child;
	nursery->running_count++;
}

static void remove_running(struct child *child)
{
	struct nursery *nursery = child->nursery;
	if (child->previous)
		child->previous->next = child->next;
	else if (nursery->running == child)
		nursery->running = child->next;
	else
		return;
	if (child->next)
		child->next->previous = child->previous;
	child->previous = child->next = NULL;
	nursery->running_count--;
}

static bool is_running(const void *context, pid_t id)
{
	const struct nursery *nursery = context;
	for (const struct child *child = nursery->running; child; child = child->next) {
		if (child->process.id == id)
			return true;
	}
	return false;
}

/* Zombies among our children are reaped by the way. */
static bool signal_strangers(const struct child *child, int signal)
{
	const struct nursery *nursery = child->nursery;
	char marker[160];
	snprintf(marker, sizeof marker, "WAVETRAIN_STEP_ID=%s", child->step_id);
	struct leftovers_search search = {
		.marker = nursery->running_count ? marker : NULL,
		.is_running = is_running,
		.context = nursery,
		.running_count = nursery->running_count,
	};
	return nursery->leftovers && leftovers_signal(nursery->leftovers, &search, signal);
}

/*
 * What has left the group. Where a cgroup holds it, nothing else needs to be looked at; else what
 * has become our child meanwhile is this one's by its environment, or because nothing else runs.
 */
static bool signal_escaped(struct child *child, int signal)
{
	if (!(child->containment & CONTAINED_CGROUP))
		return signal_strangers(child, signal);
	bool is_populated = cgroup_place_is_populated(&child->cgroup);
	if (is_populated)
		cgroup_place_signal(&child->cgroup, signal);
	else if (child->has_leftovers)
		signal_strangers(child, 0);
	return is_populated;
}

/* True: there are some. */
static bool signal_leftovers(struct child *child, int signal)
{
	bool has_group = process_group_is_alive(child->process.id);
	if (has_group)
		process_signal_group(child->process.id, signal);
	return signal_escaped(child, signal) || has_group;
}

/* What does not end must not be taken for the next one's. */
static void give_up_cgroup(struct child *child)
{
	if (!(child->containment & CONTAINED_CGROUP) || !cgroup_place_is_populated(&child->cgroup))
		return;
	cgroup_place_signal(&child->cgroup, SIGKILL);
}

void child_release(struct child *child)
{
	cgroup_place_close(&child->cgroup);
}

static void finish(struct child *child)
{
	remove_running(child);
	bool was_draining =
		child->phase == CHILD_DRAINING || child->phase == CHILD_KILLED_LEFTOVERS;
	if (child->has_leftovers && was_draining)
		count_leftovers(child, -1);
	if (child->has_leftovers || !was_draining)
		give_up_cgroup(child);
	bool was_open = child->capture.descriptor >= 0;
	output_capture_close(&child->capture);
	if (was_open)
		step_log_note(child->capture.log,
			"other processes still hold this log open; it is closed now");
	event_loop_cancel_timer(child->nursery->loop, &child->deadline);
	stall_watch_end(&child->stall);
	event_loop_unwatch(child->nursery->loop, &child->exit_watch);
	if (child->process.descriptor >= 0)
		close(child->process.descriptor);
	child->process.descriptor = -1;
	child->phase = CHILD_NONE;
	child->ended(child->owner);
}

void child_check_leftovers(struct child *child)
{
	if (child->phase != CHILD_DRAINING && child->phase != CHILD_KILLED_LEFTOVERS)
		return;
	int signal = child->phase == CHILD_DRAINING ? SIGTERM : SIGKILL;
	/* The end of one may have shown others. */
	bool is_alone = !child->has_leftovers || !signal_leftovers(child, signal);
	if (child->capture.descriptor < 0 && is_alone)
		finish(child);
}

static void child_exited(void *owner)
{
	struct child *child = owner;
	if (child->process.descriptor < 0 ||
		!process_reap(&child->nursery->launcher, &child->process, &child->result))
		return;
	stall_watch_end(&child->stall);
	child->exit_watch.active = false; /* its descriptor is closed, epoll has forgotten it */
	child->phase = CHILD_DRAINING;
	remove_running(child);
	event_loop_cancel_timer(child->nursery->loop, &child->deadline);
	child->has_leftovers = signal_leftovers(child, SIGTERM);
	if (child->has_leftovers) {
		count_leftovers(child, 1);
		/* A namespace has said it itself; what is still there, the kernel is ending. */
		if (!(child->containment & CONTAINED_NAMESPACE))
			step_log_note(child->capture.log,
				"processes that the step left behind are being ended");
	}
	output_capture_let_go(&child->capture);
	output_capture_pump(&child->capture);
	/* Mostly the pump has found the end of file, and that was all. */
	if (child->phase == CHILD_DRAINING)
		set_deadline(child, CHILD_LEFTOVER_GRACE_MS);
}

static void output_closed(void *owner)
{
	child_check_leftovers(owner);
}

/* The process is asked to end, and has its grace. */
static void begin_to_end(struct child *child, int64_t grace_ms)
{
	child->phase = CHILD_ENDING;
	stall_watch_end(&child->stall);
	process_signal_group(child->process.id, SIGTERM);
	set_deadline(child, grace_ms);
}

static void stalled(void *owner)
{
	struct child *child = owner;
	if (child->phase != CHILD_RUNNING)
		return;
	child->has_stalled = true;
	begin_to_end(child, child->grace_ms);
}

static void deadline_passed(void *owner)
{
	struct child *child = owner;
	switch (child->phase) {
	case CHILD_NONE:
	case CHILD_KILLED:
		break;
	case CHILD_RUNNING:
		child->timed_out = true;
		begin_to_end(child, child->grace_ms);
		break;
	case CHILD_ENDING:
		child_kill(child);
		break;
	case CHILD_DRAINING:
		child->phase = CHILD_KILLED_LEFTOVERS;
		if (child->has_leftovers)
			signal_leftovers(child, SIGKILL);
		set_deadline(child, CHILD_LEFTOVER_MS - CHILD_LEFTOVER_GRACE_MS);
		break;
	case CHILD_KILLED_LEFTOVERS:
		finish(child);
		break;
	}
}

bool child_has_cgroup(struct child *child, struct error *error)
{
	struct cgroup_run *cgroups = child->nursery->cgroups;
	if (!cgroups || !cgroups->path || cgroups->is_refused)
		return error_set(error, ERROR_PROCESS, "no cgroup can be made or entered");
	if (cgroup_place_make(cgroups, &child->cgroup, error))
		return true;
	cgroup_run_refuse(cgroups);
	return false;
}

static void note_containment(struct child *child, const struct process_request *process)
{
	child->containment = CONTAINED_SESSION;
	if (child->process.is_in_cgroup)
		child->containment |= CONTAINED_CGROUP;
	else if (process->cgroup)
		cgroup_run_refuse(child->nursery->cgroups);
	if (process->holder)
		child->containment |= CONTAINED_NAMESPACE;
	if (process->ruleset)
		child->containment |= CONTAINED_LANDLOCK;
}

static bool try_to_start(struct child *child, const struct child_request *request,
	struct start_result *start, struct error *error)
{
	struct process_request process = request->process;
	struct error ignored;
	*start = (struct start_result){START_SYSTEM, 0};
	if (!output_capture_open(&child->capture, error)) {
		start->error_number = error->number;
		return false;
	}
	process.output = child->capture.writer;
	process.cgroup = child_has_cgroup(child, &ignored) ? child->cgroup.folder : 0;
	*start = process.holder
			 ? namespace_start(&child->nursery->launcher, &process, &child->process)
			 : process_start(&child->nursery->launcher, &process, &child->process);
	if (start->fault == START_OK) {
		note_containment(child, &process);
		return true;
	}
	output_capture_close(&child->capture);
	return error_set(error, ERROR_PROCESS, "the process could not be started");
}

/* A cgroup takes two descriptors; where there are not enough, steps go on without. */
static bool start_process(struct child *child, const struct child_request *request,
	struct start_result *start, struct error *error)
{
	if (try_to_start(child, request, start, error))
		return true;
	bool is_short = start->error_number == EMFILE || start->error_number == ENFILE;
	if (!is_short || !child->cgroup.folder || request->process.needs_cgroup)
		return false;
	cgroup_place_close(&child->cgroup);
	cgroup_run_refuse(child->nursery->cgroups);
	return try_to_start(child, request, start, error);
}

static void watch_for_stall(struct child *child, int64_t limit_ms)
{
	child->stall = (struct stall_watch){
		.loop = child->nursery->loop,
		.log = child->capture.log,
		.session = child->process.id,
		.limit_ms = limit_ms,
		.stalled = stalled,
		.owner = child,
	};
	stall_watch_begin(&child->stall);
}

bool child_start(struct child *child, const struct child_request *request,
	struct start_result *start, struct error *error)
{
	child->capture.closed = output_closed;
	child->capture.owner = child;
	child->capture.descriptor = child->capture.writer = -1;
	child->exit_watch = (struct watch){.ready = child_exited, .owner = child};
	child->deadline.due = deadline_passed;
	child->deadline.owner = child;
	child->grace_ms = request->grace_ms;
	child->has_leftovers = child->timed_out = child->has_stalled = child->is_cancelled = false;
	child->result = (struct process_result){.exit_status = -1};
	child->process = (struct process){.descriptor = -1};
	child->containment = 0;
	if (!start_process(child, request, start, error))
		return false;
	child->phase = CHILD_RUNNING;
	add_running(child);
	if (request->timeout_ms > 0)
		set_deadline(child, request->timeout_ms);
	if (request->stall_ms > 0)
		watch_for_stall(child, request->stall_ms);
	if (event_loop_watch(
		    child->nursery->loop, &child->exit_watch, child->process.descriptor, error))
		return true;
	process_signal_group(child->process.id, SIGKILL);
	waitpid(child->process.id, NULL, 0);
	close(child->process.descriptor);
	child->process.descriptor = -1;
	output_capture_close(&child->capture);
	event_loop_cancel_timer(child->nursery->loop, &child->deadline);
	stall_watch_end(&child->stall);
	remove_running(child);
	child->phase = CHILD_NONE;
	return false;
}

static bool is_alive(const struct child *child)
{
	return child->phase == CHILD_RUNNING || child->phase == CHILD_ENDING ||
	       child->phase == CHILD_KILLED;
}

void child_end(struct child *child, int64_t grace_ms)
{
	if (!is_alive(child))
		return;
	child->is_cancelled = true;
	if (child->phase == CHILD_RUNNING)
		begin_to_end(child, grace_ms);
	else if (child->phase == CHILD_ENDING)
		set_deadline(child, grace_ms);
}

void child_kill(struct child *child)
{
	if (child->phase == CHILD_DRAINING && child->has_leftovers)
		signal_leftovers(child, SIGKILL);
	if (is_alive(child)) {
		process_signal_group(child->process.id, SIGKILL);
		if (child->containment & CONTAINED_CGROUP)
			cgroup_place_signal(&child->cgroup, SIGKILL);
		child->phase = CHILD_KILLED;
		event_loop_cancel_timer(child->nursery->loop, &child->deadline);
		stall_watch_end(&child->stall);
	}
}

void child_abandon(struct child *child)
{
	if (child->phase == CHILD_NONE)
		return;
	child_kill(child);
	child->is_cancelled = child->is_cancelled || is_alive(child);
	finish(child);
}
