/* What people are shown of each event: one line, or nothing. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/index.h"
#include "base/text.h"
#include "cli/console.h"

#define KEY_DIGITS 8
#define TITLE_COLUMNS_MOST 60
#define ERRORS_SHOWN 10u

/* What is said behind a step's name: which attempt, and why. */
static void append_remark(const struct event *event, struct buffer *remark)
{
	if (event->key) {
		buffer_printf(remark, "cached, key %.*s", KEY_DIGITS, event->key);
		return;
	}
	if (event->attempt > 1)
		buffer_printf(remark, "attempt %u%s", event->attempt, event->reason ? ", " : "");
	if (event->reason)
		text_append_visible(remark, event->reason, strlen(event->reason));
	if (event->type == EVENT_STEP_RETRIED)
		buffer_append_text(remark, ", will be tried again");
}

/* "  ✓ lint/core          3.1 s   attempt 2"; on a terminal never wider than its window. */
static void append_step_line(
	struct console *console, const struct event *event, enum step_look look)
{
	struct buffer *text = &console->text;
	const struct text_style *style = &console->settings.style;
	CLEANUP(buffer_release) struct buffer took = BUFFER_INIT;
	CLEANUP(buffer_release) struct buffer remark = BUFFER_INIT;
	size_t used = 3 + console->name_columns + 10 + 4;
	bool fits_window = console->settings.format == CONSOLE_TTY && style->columns > used + 8;
	duration_append(&took, event->duration_ms);
	append_remark(event, &remark);
	buffer_append_text(text, "  ");
	console_append_look(console, look, text);
	console_append_name(console, event->step, text);
	/* What was skipped took no time: its reason stands there. */
	if (event->type != EVENT_STEP_SKIPPED)
		buffer_printf(text, " %9s", buffer_text(&took));
	if (remark.size) {
		buffer_append_text(text, event->type == EVENT_STEP_SKIPPED ? " " : "   ");
		text_append_cut(text, remark.bytes, fits_window ? style->columns - used : SIZE_MAX);
	}
	buffer_append_byte(text, '\n');
}

static void running_add(struct console *console, const struct event *event)
{
	if (console->running_count >= console->settings.plan->jobs)
		return;
	console->running[console->running_count++] =
		(struct console_running){.step = event->step, .started_ns = clock_monotonic_ns()};
}

static void show_step_start(struct console *console, const struct event *event)
{
	running_add(console, event);
	if (!console->settings.verbose)
		return;
	buffer_append_text(&console->text, "  ");
	console_append_look(console, LOOK_RUNNING, &console->text);
	buffer_printf(&console->text, " %s   attempt %u, process %u\n",
		console_step_name(console, event->step), event->attempt, event->process_id);
}

static void running_remove(struct console *console, uint32_t step)
{
	for (uint32_t i = 0; i < console->running_count; i++)
		if (console->running[i].step == step) {
			memmove(&console->running[i], &console->running[i + 1],
				(--console->running_count - i) * sizeof(*console->running));
			return;
		}
}

static void failure_add(struct console *console, const struct event *event)
{
	GROW(console->failures, console->failure_count, console->failure_capacity);
	console->failures[console->failure_count++] = (struct console_failure){
		.name = strdup(console_step_name(console, event->step)),
		.attempt = event->attempt,
		.reason = event->reason ? strdup(event->reason) : NULL,
		.log_path = event->log_path ? strdup(event->log_path) : NULL,
	};
}

/* A title that some program made may be of any length. */
static void append_title(struct buffer *text, const char *title)
{
	CLEANUP(buffer_release) struct buffer visible = BUFFER_INIT;
	text_append_visible(&visible, title, strlen(title));
	text_append_shortened(text, buffer_text(&visible), TITLE_COLUMNS_MOST);
}

/* Several groups at once are announced: what runs together is not plain from a file's order. */
static void append_groups(struct console *console, const struct plan_wave *wave)
{
	const struct plan *plan = console->settings.plan;
	struct buffer *text = &console->text;
	bool ascii = console->settings.style.ascii;
	if (wave->groups.count < 2)
		return;
	buffer_printf(text, "%sWave with multiple concurrent groups:\n", ascii ? "" : "🌊 ");
	for (uint32_t i = 0; i < wave->groups.count; i++) {
		const struct plan_group *group = &plan->groups[wave->groups.first + i];
		buffer_append_text(text, "  - ");
		append_title(text, group->name);
		buffer_printf(text, " (steps %u to %u)\n", group->steps.first + 1,
			group->steps.first + group->steps.count);
	}
}

/* A guess that comes from no earlier run is not shown as an estimate. */
static bool wave_has_history(const struct plan *plan, const struct plan_wave *wave)
{
	for (uint32_t i = 0; i < wave->steps.count; i++) {
		uint32_t step = plan->wave_steps[wave->steps.first + i];
		if (plan->steps[step].estimate_from != ESTIMATE_HISTORY)
			return false;
	}
	return true;
}

static void append_wave_start(struct console *console, const struct event *event)
{
	const struct plan *plan = console->settings.plan;
	const struct plan_wave *wave = &plan->waves[event->wave];
	struct buffer *text = &console->text;
	if (console->settings.quiet)
		return;
	console_append_styled(
		console, SGR_BOLD, text, "wave %u/%u", event->wave + 1, plan->wave_count);
	if (wave->name) {
		buffer_append_text(text, "  ");
		append_title(text, wave->name);
	}
	buffer_printf(text, "  %u step%s", wave->steps.count, wave->steps.count == 1 ? "" : "s");
	if (wave_has_history(plan, wave)) {
		buffer_append_text(text, ", estimate ");
		duration_append(text, wave->estimate_ms);
	}
	buffer_append_byte(text, '\n');
	append_groups(console, wave);
}

static void append_group_line(
	struct console *console, const struct event *event, const char *glyph, const char *words)
{
	const struct plan_group *group = &console->settings.plan->groups[event->group];
	bool quiet = console->settings.quiet && event->type != EVENT_GROUP_FAILED;
	if (quiet || console->settings.plan->waves[group->wave].groups.count < 2)
		return;
	if (!console->settings.style.ascii)
		buffer_printf(&console->text, "%s ", glyph);
	buffer_printf(&console->text, "%s: ", words);
	append_title(&console->text, group->name);
	buffer_append_byte(&console->text, '\n');
}

/* "refs/heads/main" as people say it. */
static const char *short_reference(const char *reference)
{
	static const char branches[] = "refs/heads/";
	if (!reference)
		return "";
	return text_starts_with(reference, branches) ? reference + sizeof(branches) - 1 : reference;
}

/* Why it does not hold its whole wave. */
static const char *checkpoint_occasion_words(const struct checkpoint *checkpoint)
{
	static const char *const words[] = {
		[TRIGGER_TIME] = " (by time)",
		[TRIGGER_PROGRESS] = " (by progress)",
		[TRIGGER_MILESTONE] = " (milestone)",
		[TRIGGER_RISK] = " (before a risky step)",
		[TRIGGER_SIGNAL] = " (asked for)",
	};
	if (!checkpoint->partial)
		return "";
	bool is_known = checkpoint->trigger < ARRAY_LENGTH(words) && words[checkpoint->trigger];
	return is_known ? words[checkpoint->trigger] : " (partial)";
}

static void show_checkpoint(struct console *console, const struct event *event)
{
	const struct checkpoint *checkpoint = event->checkpoint;
	struct buffer *text = &console->text;
	const char *occasion = checkpoint ? checkpoint_occasion_words(checkpoint) : "";
	if (console->settings.quiet && event->type != EVENT_CHECKPOINT_FAILED)
		return;
	if (event->type == EVENT_CHECKPOINT_FAILED)
		buffer_printf(
			text, "  checkpoint failed: %s\n", event->reason ? event->reason : "");
	else if (!checkpoint || !checkpoint->commit)
		console_append_styled(console, SGR_DIM, text, "%s",
			console->settings.verbose ? "  no file had changed, no commit\n" : "");
	else
		console_append_styled(console, SGR_DIM, text,
			"  checkpoint %.9s%s  %u file%s%s%s\n", checkpoint->commit, occasion,
			checkpoint->files_changed, checkpoint->files_changed == 1 ? "" : "s",
			checkpoint->reference ? " on " : "",
			short_reference(checkpoint->reference));
}

static void step_ended(struct console *console, const struct event *event, enum step_look look)
{
	running_remove(console, event->step);
	if (console->settings.format == CONSOLE_GITHUB && event->type != EVENT_STEP_SKIPPED)
		console_github_step(console, event);
	if (!console->settings.quiet || event->type == EVENT_STEP_FAILED)
		append_step_line(console, event, look);
}

static void show_start(struct console *console, const struct event *event)
{
	const struct plan *plan = console->settings.plan;
	struct buffer *text = &console->text;
	(void)event;
	if (console->settings.quiet)
		return;
	/* A name may begin as a workflow command does. */
	if (console->settings.format == CONSOLE_GITHUB)
		buffer_append_text(text, "pipeline ");
	append_title(text, plan->pipeline->name);
	uint32_t serial = plan->stage_count - plan->wave_count;
	buffer_printf(text, "  %s  %u step%s, %u wave%s", console->settings.run->id,
		plan->pipeline->step_count, plan->pipeline->step_count == 1 ? "" : "s",
		plan->wave_count, plan->wave_count == 1 ? "" : "s");
	if (serial)
		buffer_printf(text, " and %u step%s alone", serial, serial == 1 ? "" : "s");
	buffer_printf(text, ", at most %u at once\n", plan->jobs);
	if (console->done)
		buffer_printf(text, "%u step%s done before\n", console->done,
			console->done == 1 ? "" : "s");
}

static void show_group_start(struct console *console, const struct event *event)
{
	append_group_line(console, event, "🚀", "Launching group");
}

static void show_group_done(struct console *console, const struct event *event)
{
	append_group_line(console, event, "✅", "Group complete");
}

static void show_group_failed(struct console *console, const struct event *event)
{
	append_group_line(console, event, "❌", "Group failed");
}

static void show_retried(struct console *console, const struct event *event)
{
	console->retried++;
	step_ended(console, event, LOOK_RETRIED);
}

static void show_completed(struct console *console, const struct event *event)
{
	console->done++;
	console->cached += event->key != NULL;
	step_ended(console, event, event->key ? LOOK_CACHED : LOOK_OK);
}

static void show_failed(struct console *console, const struct event *event)
{
	console->failed++;
	failure_add(console, event);
	step_ended(console, event, LOOK_FAILED);
}

static void show_skipped(struct console *console, const struct event *event)
{
	console->skipped++;
	step_ended(console, event, LOOK_SKIPPED);
}

static void append_words(struct buffer *text, const char *before, const char *words)
{
	if (!words)
		return;
	buffer_append_text(text, before);
	text_append_visible(text, words, strlen(words));
}

/* What the contract found wrong, under each other; the step's line follows. */
static void show_contract_failed(struct console *console, const struct event *event)
{
	struct buffer *text = &console->text;
	uint32_t shown = event->error_count < ERRORS_SHOWN ? event->error_count : ERRORS_SHOWN;
	if (console->settings.quiet)
		return;
	for (uint32_t i = 0; i < shown; i++) {
		const struct contract_error *error = &event->errors[i];
		buffer_append_text(text, "      ");
		append_words(text, "", error->pointer);
		append_words(text, text_is_empty(error->pointer) ? "" : "  ", error->keyword);
		append_words(text, ": expected ", error->expected);
		append_words(text, ", found ", error->actual);
		buffer_append_byte(text, '\n');
	}
	if (event->count > shown)
		buffer_printf(text, "      … and %u more\n", event->count - shown);
}

/* It failed and is tried again after all. False: it had not failed. */
static bool failure_take_back(struct console *console, const struct event *event)
{
	const char *name = console_step_name(console, event->step);
	for (uint32_t i = 0; i < console->failure_count; i++) {
		struct console_failure *failure = &console->failures[i];
		if (!text_equal(failure->name, name))
			continue;
		free(failure->name);
		free(failure->reason);
		free(failure->log_path);
		*failure = console->failures[--console->failure_count];
		console->failed--;
		return true;
	}
	return false;
}

static void show_rolled_back(struct console *console, const struct event *event)
{
	if (!failure_take_back(console, event))
		console->done--;
	step_ended(console, event, LOOK_IDLE);
}

static void show_expanded(struct console *console, const struct event *event)
{
	if (!console->settings.quiet)
		buffer_printf(&console->text, "  %s: %u step%s, one for each item\n",
			console_step_name(console, event->step), event->count,
			event->count == 1 ? "" : "s");
}

/* The command that opens it is what a reader needs next. */
static void show_gate_waiting(struct console *console, const struct event *event)
{
	const char *id = console->settings.plan->pipeline->steps[event->step].id;
	buffer_printf(&console->text, "  %s waits for approval: wavetrain approve %s ",
		console_step_name(console, event->step), console->settings.run->id);
	shell_quote_append(&console->text, id);
	buffer_append_byte(&console->text, '\n');
}

static void show_gate_opened(struct console *console, const struct event *event)
{
	if (console->settings.quiet)
		return;
	buffer_printf(
		&console->text, "  %s is approved by ", console_step_name(console, event->step));
	const char *name = event->subject ? event->subject : "somebody";
	text_append_visible(&console->text, name, strlen(name));
	buffer_append_byte(&console->text, '\n');
}

static void show_cancelled(struct console *console, const struct event *event)
{
	step_ended(console, event, LOOK_IDLE);
}

/* What people are shown of an event; NULL: nothing. */
static void (*const show[EVENT_TYPE_COUNT])(struct console *, const struct event *) = {
	[EVENT_PIPELINE_STARTED] = show_start,
	[EVENT_PIPELINE_RESUMED] = show_start,
	[EVENT_WAVE_STARTED] = append_wave_start,
	[EVENT_GROUP_STARTED] = show_group_start,
	[EVENT_GROUP_COMPLETED] = show_group_done,
	[EVENT_GROUP_FAILED] = show_group_failed,
	[EVENT_STEP_STARTED] = show_step_start,
	[EVENT_STEP_RETRIED] = show_retried,
	[EVENT_STEP_COMPLETED] = show_completed,
	[EVENT_STEP_FAILED] = show_failed,
	[EVENT_STEP_SKIPPED] = show_skipped,
	[EVENT_STEP_CANCELLED] = show_cancelled,
	[EVENT_STEP_ROLLED_BACK] = show_rolled_back,
	[EVENT_STEP_EXPANDED] = show_expanded,
	[EVENT_GATE_WAITING] = show_gate_waiting,
	[EVENT_GATE_OPENED] = show_gate_opened,
	[EVENT_CONTRACT_FAILED] = show_contract_failed,
	[EVENT_CHECKPOINT_CREATED] = show_checkpoint,
	[EVENT_CHECKPOINT_FAILED] = show_checkpoint,
};

void console_show(struct console *console, const struct event *event)
{
	if (show[event->type])
		show[event->type](console, event);
}
