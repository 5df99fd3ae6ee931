#include "run/child.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

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

static void finish(struct child *child)
{
	bool was_draining =
		child->phase == CHILD_DRAINING || child->phase == CHILD_KILLED_LEFTOVERS;
	if (child->has_leftovers && was_draining)
		count_leftovers(child, -1);
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
	bool is_alone = !child->has_leftovers || !process_group_is_alive(child->process.id);
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
	event_loop_cancel_timer(child->nursery->loop, &child->deadline);
	child->has_leftovers = process_group_is_alive(child->process.id);
	if (child->has_leftovers) {
		count_leftovers(child, 1);
		process_signal_group(child->process.id, SIGTERM);
		step_log_note(
			child->capture.log, "processes that the step left behind are being ended");
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
			process_signal_group(child->process.id, SIGKILL);
		set_deadline(child, CHILD_LEFTOVER_MS - CHILD_LEFTOVER_GRACE_MS);
		break;
	case CHILD_KILLED_LEFTOVERS:
		finish(child);
		break;
	}
}

static bool start_process(struct child *child, const struct child_request *request,
	struct start_result *start, struct error *error)
{
	struct process_request process = request->process;
	if (!output_capture_open(&child->capture, error))
		return false;
	process.output = child->capture.writer;
	*start = process_start(&child->nursery->launcher, &process, &child->process);
	if (start->fault == START_OK)
		return true;
	output_capture_close(&child->capture);
	return error_set(error, ERROR_PROCESS, "the process could not be started");
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
	*start = (struct start_result){START_SYSTEM, 0};
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
	if (!start_process(child, request, start, error)) {
		start->error_number = start->error_number ? start->error_number : error->number;
		return false;
	}
	child->phase = CHILD_RUNNING;
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
	if (is_alive(child) || (child->phase == CHILD_DRAINING && child->has_leftovers))
		process_signal_group(child->process.id, SIGKILL);
	if (is_alive(child)) {
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
