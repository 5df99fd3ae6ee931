/* Steps that nobody knows what to do with: who is there is asked once nothing else runs. */
#include "run/runner_internal.h"

#include <string.h>

#include "base/clock.h"

void runner_step_is_undecided(struct runner *runner, const struct step_end *end)
{
	undecided_add(&runner->undecided, end->step, end->signal, &runner->executor.kept);
	runner->waves.has_undecided = true;
}

static bool may_ask(const struct runner *runner)
{
	return runner->settings->services->ask_undecided && !runner->waves.is_interrupted &&
	       !runner->scheduler.halted && !runner->scheduler.is_barred &&
	       runner->course == COURSE_ON && runner->expand_step == INDEX_NONE;
}

static void leave_out(struct runner *runner, const struct undecided_step *found)
{
	const char *name = sigabbrev_np(found->signal);
	runner->asked_reason = arena_format(&runner->executor.kept,
		REASON_LEFT_OUT "choice, after it was killed by SIG%s", name ? name : "?");
	scheduler_step_reopened(&runner->scheduler, found->step, false);
	runner_record_skipped(runner);
	runner->asked_reason = NULL;
}

static void take_answer(
	struct runner *runner, const struct undecided_step *found, enum undecided_answer answer)
{
	if (answer == UNDECIDED_QUIT)
		scheduler_halt(&runner->scheduler);
	if (answer == UNDECIDED_QUIT || answer == UNDECIDED_LATER)
		return;
	undecided_remove(&runner->undecided, found);
	runner->waves.has_undecided = runner->undecided.count > 0;
	runner->ended_ns[found->step] = clock_monotonic_ns();
	if (answer == UNDECIDED_SKIP)
		leave_out(runner, found);
	else
		scheduler_step_reopened(&runner->scheduler, found->step, true);
}

bool runner_ask_undecided(struct runner *runner)
{
	const struct run_services *services = runner->settings->services;
	struct undecided_step *next = runner->undecided.first;
	/* Who is asked has been told of everything. */
	if (!next || !may_ask(runner) || !journal_flush(&runner->journal, false))
		return false;
	while (next && !runner->scheduler.halted) {
		struct undecided_step *found = next;
		next = next->next;
		if (runner->plan->steps[found->step].stage == runner->scheduler.stage)
			take_answer(runner, found,
				services->ask_undecided(
					services->context, found->step, found->signal));
	}
	return runner->scheduler.ready.count > 0;
}

bool runner_is_held_up(const struct runner *runner)
{
	return runner->undecided.count && !runner->scheduler.ready.count;
}

void runner_stop_at_undecided(struct runner *runner, uint32_t stage)
{
	if (runner->undecided.count && !undecided_may_be_passed(runner->plan, stage))
		scheduler_halt(&runner->scheduler);
}
