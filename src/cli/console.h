#ifndef WAVETRAIN_CLI_CONSOLE_H
#define WAVETRAIN_CLI_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "model/event.h"
#include "model/plan.h"
#include "model/run.h"
#include "report/report.h"

/* How a run that goes on is shown. The places in console_format_names, 0 is auto. */
enum console_format {
	CONSOLE_AUTO,
	CONSOLE_TTY,
	CONSOLE_PLAIN,
	CONSOLE_GITHUB,
	CONSOLE_JSON,
	CONSOLE_COMMENT,
	CONSOLE_FORMAT_COUNT
};
extern const char *const console_format_names[]; /* NULL after the last */

struct console_settings {
	enum console_format format; /* CONSOLE_AUTO is resolved by console_init() */
	const struct plan *plan;
	const struct run *run; /* ids and what was done before */
	const char *run_folder;
	struct text_style style;
	bool quiet;
	bool verbose;
	bool github_actions;
};

/* A step that failed for good: its log's tail is printed once more at the end. */
struct console_failure {
	char *name; /* owned */
	uint32_t attempt;
	char *reason;   /* owned; NULL: none */
	char *log_path; /* owned; NULL: it printed nothing */
};

/* What runs in a slot, for the live display. */
struct console_running {
	uint32_t step;
	int64_t started_ns;
	char last_line[256]; /* visible characters only; "" for none */
};

struct console {
	struct console_settings settings;
	struct console_failure *failures; /* owned */
	uint32_t failure_count;
	uint32_t failure_capacity;
	struct console_running *running; /* owned; plan->jobs places */
	uint32_t running_count;
	uint32_t done;
	uint32_t failed;
	uint32_t skipped;
	uint32_t retried;
	uint32_t cached;
	int64_t started_ns;
	int64_t last_output_ns; /* for the heartbeat */
	int64_t remaining_ms;   /* estimate of the stages that have not started */
	uint32_t block_lines;   /* of the live block on the screen now */
	bool is_stopping;       /* the steps that run were told to end */
	bool output_dropped;    /* a stop was asked for while nobody read stdout */
	int output_errno;       /* why stdout lacks something that somebody reads; 0: nothing */
	size_t name_columns;    /* of the longest step name, within bounds */
	struct buffer text;     /* what is written at the next console_flush() */
};

void console_init(struct console *console, const struct console_settings *settings);
void console_release(struct console *console);

/* Takes note of an event and prepares what it shows; console_flush() writes it. */
void console_event(
	struct console *console, const struct event *event, const struct event_names *names);
void console_flush(struct console *console);

void console_output(struct console *console, uint32_t step, const char *line, size_t size);

/* The run was asked to stop, and waits for the steps that run. */
void console_stopping(struct console *console);

/* Redraws the live display; prints the heartbeat where there is none. */
void console_tick(struct console *console);

/* After the last event: plan and run of the settings are not looked at any more. */
void console_forget_plan(struct console *console);

/* 0: no tick is needed. */
uint32_t console_tick_ms(const struct console *console);

/* The failures' log tails, the verdict, the resume command; run is read back from the record. */
struct console_ending {
	const struct run *run;
	const char *resume_command; /* NULL: nothing to resume */
	const char *report_path;    /* NULL: none was written */
	const char *push_message;   /* NULL: nothing to say */
};
void console_end(struct console *console, const struct console_ending *ending);

/* Shared by the formats. */
const char *console_step_name(const struct console *console, uint32_t step);
/* " NAME" padded to the column where times begin. */
void console_append_name(const struct console *console, uint32_t step, struct buffer *buffer);

/* Printed text in an SGR style, plain where there are no colours; at most 512 bytes. */
#define SGR_BOLD "1"
#define SGR_DIM "2"
void console_append_styled(const struct console *console, const char *style, struct buffer *buffer,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

void console_append_look(const struct console *console, enum step_look look, struct buffer *buffer);

/* console_show.c: takes note of the event and appends what people are shown of it. */
#define CONSOLE_NAME_COLUMNS 40 /* a longer name is shortened */
void console_show(struct console *console, const struct event *event);

/*
 * console_output.c: writes to stdout, where the locale wants it in ASCII. Waits for a reader, but
 * not once SIGINT or SIGTERM waits to be taken.
 */
void console_put(struct console *console, const struct buffer *text);

/* console_live.c: the block of lines below the scrolling part. */
void console_live_erase(struct console *console);

/* Writes console->text above the block, and the block anew, as one frame. */
void console_live_repaint(struct console *console);

/* console_github.c: a step's whole log as a group, and annotations. */
void console_github_step(struct console *console, const struct event *event);
void console_github_end(struct console *console);

/* Names, reasons and tails are a step's words: "##[name]" would be obeyed anywhere in a line. */
void console_github_disarm(struct buffer *text);

#endif
