/* What becomes of a step whose attempt has ended: done, failed for good, or tried again. */
#include "run/executor.h"

#include "base/clock.h"
#include "run/attempt_internal.h"
#include "run/retry.h"

#define NS_PER_MS 1000000

/* --- retries --- */

static void take_out(struct executor *executor, const struct retry_wait *wait)
{
	struct retry_wait **place = &executor->waiting;
	while (*place != wait)
		place = &(*place)->next;
	*place = wait->next;
}

static void end_wait(struct retry_wait *wait)
{
	struct executor *executor = wait->executor;
	take_out(executor, wait);
	wait->next = executor->spare;
	executor->spare = wait;
	executor->again(executor->owner, wait->step, wait->is_alone);
}

/* What it lacked, whatever runs may give back as it ends; where nothing runs, time alone may. */
static void retry_is_due(void *owner)
{
	struct retry_wait *wait = owner;
	const struct executor *executor = wait->executor;
	bool runs_something = executor->free_count < executor->place_count;
	wait->is_due = true;
	if (!wait->wants_end || !runs_something || executor->end_count > wait->end_count)
		end_wait(wait);
}

/* An attempt has ended. */
static void end_due_waits(struct executor *executor)
{
	struct retry_wait *wait = executor->waiting;
	executor->end_count++;
	while (wait) {
		struct retry_wait *next = wait->next;
		if (wait->is_due)
			end_wait(wait);
		wait = next;
	}
}

static void wait_for_retry(
	struct executor *executor, const struct retry_wait *wanted, int64_t delay_ms)
{
	struct retry_wait *wait = executor->spare;
	if (wait)
		executor->spare = wait->next;
	else
		wait = ARENA_NEW(&executor->kept, struct retry_wait);
	*wait = *wanted;
	wait->executor = executor;
	wait->next = executor->waiting;
	wait->end_count = executor->end_count;
	wait->timer = (struct timer){.due = retry_is_due, .owner = wait};
	executor->waiting = wait;
	event_loop_set_timer(
		executor->nursery.loop, &wait->timer, clock_monotonic_ns() + delay_ms * NS_PER_MS);
	executor->paused(executor->owner, wait->step);
}

/* Each kind is counted apart, so that the first of its delays is the shortest. */
static int64_t next_delay_ms(struct executor *executor, uint32_t step, enum reaction reaction)
{
	struct retry_policy policy =
		reaction_retry_policy(&executor->settings->plan->pipeline->steps[step]);
	uint32_t waits = executor->waits[step];
	uint32_t tries = executor->tries[step] > waits ? executor->tries[step] - waits : 1;
	uint32_t number = reaction == REACT_WAIT ? waits : tries;
	/* Knuth's 64-bit linear congruential generator; its upper bits are good enough to spread. */
	executor->random = executor->random * 6364136223846793005u + 1442695040888963407u;
	return retry_delay_ms(&policy, number, executor->random >> 33);
}

/* --- verdicts --- */

static struct event *ended_event(const struct attempt *attempt, enum event_type type)
{
	struct journal *journal = attempt->executor->journal;
	const struct plan_step *planned = &attempt->executor->settings->plan->steps[attempt->step];
	struct event *event = journal_event(journal, type);
	event->step = attempt->step;
	event->wave = planned->wave;
	event->group = planned->group;
	event->attempt = attempt->number;
	event->duration_ms = (clock_monotonic_ns() - attempt->started_ns) / NS_PER_MS;
	/* Counted from the start: on record the attempt takes as long as is said here. */
	if (!attempt->is_cached)
		event->time_ms = attempt->started_ms + event->duration_ms;
	event->exit_status = attempt->result.exit_status;
	event->signal = attempt->result.signal;
	event->queue_ms = attempt->queue_ms;
	event->cpu_ms = attempt->result.cpu_ms;
	event->peak_rss_bytes = attempt->result.peak_rss_bytes;
	event->log_bytes = step_log_step_bytes(&attempt->log);
	event->log_truncated = step_log_is_truncated(&attempt->log);
	if (attempt->log.size)
		event->log_path = arena_copy_text(&journal->arena, attempt->log.path);
	return event;
}

static void record_artifacts(const struct attempt *attempt)
{
	struct journal *journal = attempt->executor->journal;
	const struct plan *plan = attempt->executor->settings->plan;
	uint32_t count = plan->pipeline->steps[attempt->step].output_count;
	for (uint32_t i = 0; i < count; i++) {
		struct event *event = journal_event(journal, EVENT_ARTIFACT_CREATED);
		event->step = attempt->step;
		event->wave = plan->steps[attempt->step].wave;
		event->group = plan->steps[attempt->step].group;
		event->attempt = attempt->number;
		event->artifact = &attempt->artifacts[i];
		journal_record(journal, event);
	}
}

/* The contract's own count and that of all contracts of the step. */
static struct contract_retry *find_contract_retry(
	const struct executor *executor, uint32_t step, uint32_t contract, uint32_t *all)
{
	struct contract_retry *found = NULL;
	*all = 0;
	for (struct contract_retry *at = executor->contract_retries; at; at = at->next) {
		if (at->step != step)
			continue;
		*all += at->count;
		if (at->contract == contract)
			found = at;
	}
	return found;
}

static void count_contract_retry(struct attempt *attempt)
{
	struct executor *executor = attempt->executor;
	uint32_t all;
	struct contract_retry *retry =
		find_contract_retry(executor, attempt->step, attempt->contract, &all);
	if (!retry) {
		retry = ARENA_NEW(&executor->kept, struct contract_retry);
		retry->step = attempt->step;
		retry->contract = attempt->contract;
		retry->next = executor->contract_retries;
		executor->contract_retries = retry;
	}
	retry->count++;
}

static bool has_no_retries(const struct executor *executor)
{
	uint32_t budget = executor->settings->plan->pipeline->execution.retry_budget;
	return budget > 0 && executor->retry_count >= budget;
}

/* What follows from a failure. *is_denied: another attempt, were there any left in the run. */
static enum reaction react(struct attempt *attempt, enum failure_class failure, bool *is_denied)
{
	struct executor *executor = attempt->executor;
	const struct step *step = &executor->settings->plan->pipeline->steps[attempt->step];
	struct reaction_facts facts = {
		.step = step,
		.failure = failure,
		.tries = executor->tries[attempt->step],
		.waits = executor->waits[attempt->step],
		.has_no_retries = has_no_retries(executor),
		.policy = executor->settings->on_failure,
	};
	if (failure == FAILURE_CONTRACT)
		facts.contract = &step->contracts[attempt->contract];
	const struct contract_retry *retry = find_contract_retry(
		executor, attempt->step, attempt->contract, &facts.foreign_retries);
	if (facts.contract && retry)
		facts.contract_retries = retry->count;
	enum reaction reaction = reaction_decide(&facts);
	executor->retry_count += reaction_is_again(reaction);
	*is_denied = facts.has_no_retries;
	facts.has_no_retries = false;
	*is_denied = *is_denied && reaction_is_again(reaction_decide(&facts));
	executor->waits[attempt->step] += reaction == REACT_WAIT;
	if (reaction == REACT_RETRY && facts.contract &&
		facts.contract->on_failure == REACTION_RETRY)
		count_contract_retry(attempt);
	return reaction;
}

static enum event_type choose_event(
	const struct executor *executor, enum failure_class failure, enum reaction reaction)
{
	if (failure == FAILURE_NONE)
		return EVENT_STEP_COMPLETED;
	if (failure == FAILURE_CANCELLED || reaction == REACT_DECIDE)
		return EVENT_STEP_CANCELLED;
	if (!reaction_is_again(reaction))
		return EVENT_STEP_FAILED;
	/* It would have had another chance, so it is not failed for good. */
	return executor->is_stopping ? EVENT_STEP_CANCELLED : EVENT_STEP_RETRIED;
}

static enum step_verdict verdict_of(enum event_type type)
{
	if (type == EVENT_STEP_COMPLETED)
		return STEP_VERDICT_DONE;
	return type == EVENT_STEP_FAILED ? STEP_VERDICT_FAILED : STEP_VERDICT_CANCELLED;
}

/* What has become of an attempt. */
struct conclusion {
	enum failure_class failure;
	enum reaction reaction;
	const char *reason; /* NULL: none */
};

/* The verdict on its way to the record. */
static const struct event *record_verdict(
	struct attempt *attempt, enum event_type type, const struct conclusion *conclusion)
{
	struct executor *executor = attempt->executor;
	if (type == EVENT_STEP_COMPLETED)
		record_artifacts(attempt);
	struct event *event = ended_event(attempt, type);
	event->failure = conclusion->failure;
	if (conclusion->reason)
		event->reason = arena_copy_text(&executor->journal->arena, conclusion->reason);
	if (type == EVENT_STEP_COMPLETED)
		event->tree = attempt->tree;
	if (attempt->is_cached)
		event->key = arena_copy_text(&executor->journal->arena, attempt->cache_key);
	if (type == EVENT_STEP_RETRIED)
		event->delay_ms = next_delay_ms(executor, attempt->step, conclusion->reaction);
	journal_record(executor->journal, event);
	return event;
}

static const char *denied_reason(struct executor *executor, const char *reason)
{
	return arena_format(&executor->journal->arena,
		"%s%snot tried again: the run's %u retries are used up", reason ? reason : "",
		reason ? "; " : "", executor->settings->plan->pipeline->execution.retry_budget);
}

static void keep_results(const struct attempt *attempt)
{
	struct executor *executor = attempt->executor;
	executor->artifacts[attempt->step] = attempt->artifacts;
	if (executor->trees)
		executor->trees[attempt->step] = attempt->tree;
}

static bool is_looked_at(const struct executor *executor, uint32_t step, enum event_type type)
{
	return type == EVENT_STEP_COMPLETED &&
	       (breakpoints_at(executor->settings->breakpoints, step) & DEBUG_AFTER);
}

static struct conclusion judge(
	struct attempt *attempt, enum failure_class failure, const char *reason)
{
	struct executor *executor = attempt->executor;
	struct conclusion conclusion = {failure, REACT_KEEP, reason};
	bool is_denied = false;
	if (!step_log_finish(&attempt->log) && failure == FAILURE_NONE) {
		conclusion.failure = FAILURE_RESOURCE;
		conclusion.reason = attempt->log.fault.text;
	}
	if (failure == FAILURE_CANCELLED)
		conclusion.reason = executor->cancel_reason;
	else if (conclusion.failure != FAILURE_NONE)
		conclusion.reaction = react(attempt, conclusion.failure, &is_denied);
	if (is_denied)
		conclusion.reason = denied_reason(executor, conclusion.reason);
	return conclusion;
}

/* The place is free, and the step goes its way. */
static void pass_on(struct attempt *attempt, const struct event *event, enum reaction reaction)
{
	struct executor *executor = attempt->executor;
	uint32_t step = attempt->step;
	attempt->step = INDEX_NONE;
	executor->free_places[executor->free_count++] = (uint32_t)(attempt - executor->attempts);
	end_due_waits(executor);
	if (event->type == EVENT_STEP_RETRIED)
		wait_for_retry(executor,
			&(struct retry_wait){.step = step,
				.is_alone = attempt->lacked_memory,
				.wants_end = reaction == REACT_WAIT},
			event->delay_ms);
	else
		executor->ended(executor->owner, &(struct step_end){.step = step,
							 .verdict = verdict_of(event->type),
							 .reaction = reaction,
							 .signal = event->signal,
							 .duration_ms = event->duration_ms,
							 .event = event});
}

static void give_back_slot(struct attempt *attempt)
{
	uint32_t lost_count = jobserver_step_ends(&attempt->executor->jobserver);
	if (lost_count)
		step_log_note(&attempt->log,
			"%u job slot%s not given back to the jobserver by what has ended; %s again",
			lost_count, lost_count == 1 ? " was" : "s were",
			lost_count == 1 ? "it is there" : "they are there");
}

void executor_attempt_ended(struct attempt *attempt, enum failure_class failure, const char *reason)
{
	struct executor *executor = attempt->executor;
	notes_mask(&executor->notes, attempt_step(attempt)->id, attempt->number);
	give_back_slot(attempt);
	struct conclusion conclusion = judge(attempt, failure, reason);
	enum event_type type = choose_event(executor, conclusion.failure, conclusion.reaction);
	const struct event *event = record_verdict(attempt, type, &conclusion);
	if (type == EVENT_STEP_COMPLETED) {
		attempt_keep_cached(attempt);
		keep_results(attempt);
	}
	/* What failed for good stays to be seen, what a person wants to look at too. */
	if (type != EVENT_STEP_FAILED && conclusion.reaction != REACT_DECIDE &&
		!is_looked_at(executor, attempt->step, type))
		executor_retire(attempt);
	pass_on(attempt, event, conclusion.reaction);
}
