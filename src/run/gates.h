#ifndef WAVETRAIN_RUN_GATES_H
#define WAVETRAIN_RUN_GATES_H

#include <stdbool.h>
#include <stdint.h>

#include "run/journal.h"
#include "run/runner.h"
#include "run/scheduler.h"

/*
 * Steps that wait for a person once they are done. A gate that the record says is open is passed,
 * unless its step has run again since: what was approved is its result.
 */
struct gates {
	const struct runner_settings *settings;
	const struct scheduler *scheduler;
	struct journal *journal;
	bool has_any; /* some step needs approval */
};

void gates_init(
	struct gates *gates, const struct runner_settings *settings, struct journal *journal);

/* A step of the stage that is done and whose gate is closed, or INDEX_NONE; asks nobody. */
uint32_t gates_find_closed(const struct gates *gates, uint32_t stage);

/*
 * The stage is wholly done: records each closed gate, asks for it if it may, and records when it
 * opens. Returns the first that stays closed, or INDEX_NONE.
 */
uint32_t gates_ask(const struct gates *gates, uint32_t stage, bool may_ask);

#endif
