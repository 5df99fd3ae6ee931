#include "model/state.h"

#include <assert.h>
#include <string.h>

#include "base/index.h"
#include "model/names.h"

static const char *const state_names[] = {
	[STATE_PENDING] = "pending",
	[STATE_RUNNING] = "running",
	[STATE_DONE] = "done",
	[STATE_FAILED] = "failed",
	[STATE_SKIPPED] = "skipped",
	[STATE_INTERRUPTED] = "interrupted",
};
static_assert(ARRAY_LENGTH(state_names) == STATE_COUNT, "one name a state");

#define BIT(state) (1u << (state))

/*
 * Nothing is done, failed or interrupted that was not running, and nothing that runs is skipped.
 * The moves out of done, failed and skipped are those of a run that is continued: a step or wave
 * that runs again, or is skipped this time because its definition went away or a need failed.
 */
static const unsigned legal_moves[] = {
	[STATE_PENDING] = BIT(STATE_RUNNING) | BIT(STATE_SKIPPED),
	[STATE_RUNNING] =
		BIT(STATE_PENDING) | BIT(STATE_DONE) | BIT(STATE_FAILED) | BIT(STATE_INTERRUPTED),
	[STATE_DONE] = BIT(STATE_PENDING) | BIT(STATE_RUNNING) | BIT(STATE_SKIPPED),
	[STATE_FAILED] = BIT(STATE_PENDING) | BIT(STATE_RUNNING) | BIT(STATE_SKIPPED),
	[STATE_SKIPPED] = BIT(STATE_PENDING) | BIT(STATE_RUNNING),
	[STATE_INTERRUPTED] = BIT(STATE_RUNNING),
};
static_assert(ARRAY_LENGTH(legal_moves) == STATE_COUNT, "one row a state");

static const char *const failure_class_names[] = {
	[FAILURE_NONE] = "none",
	[FAILURE_TRANSIENT] = "transient",
	[FAILURE_TIMEOUT] = "timeout",
	[FAILURE_RESOURCE] = "resource",
	[FAILURE_CONTRACT] = "contract",
	[FAILURE_OUTPUT] = "output",
	[FAILURE_PERMANENT] = "permanent",
	[FAILURE_SIGNAL] = "signal",
	[FAILURE_UNKNOWN] = "unknown",
	[FAILURE_CANCELLED] = "cancelled",
};
static_assert(ARRAY_LENGTH(failure_class_names) == FAILURE_CLASS_COUNT, "one name a class");

const char *state_name(enum state state)
{
	return state_names[state];
}

bool state_parse(const char *name, enum state *state)
{
	size_t index;
	if (!name_find(state_names, STATE_COUNT, name, &index))
		return false;
	*state = (enum state)index;
	return true;
}

bool state_may_follow(enum state from, enum state to)
{
	return (legal_moves[from] & BIT(to)) != 0;
}

bool reason_is_left_out(const char *reason)
{
	return reason && strncmp(reason, REASON_LEFT_OUT, sizeof REASON_LEFT_OUT - 1) == 0;
}

const char *failure_class_name(enum failure_class class)
{
	return failure_class_names[class];
}

bool failure_class_parse(const char *name, enum failure_class *class)
{
	size_t index;
	if (!name_find(failure_class_names, FAILURE_CLASS_COUNT, name, &index))
		return false;
	*class = (enum failure_class)index;
	return true;
}
