#ifndef WAVETRAIN_CLI_COMMAND_H
#define WAVETRAIN_CLI_COMMAND_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "cli/option.h"
#include "report/report.h"

/* What is the same for every command: set once by cli_main(), then only read. */
struct cli {
	const char *const *environment; /* "NAME=VALUE", NULL after the last */
	struct arena *arena;            /* of the whole command */
	struct text_style style;        /* of texts on stdout */
	bool quiet;
	bool verbose;
};

struct cli_command {
	const char *name;
	const char *alias;     /* NULL: none */
	const char *arguments; /* "[PIPELINE]"; "" for none */
	uint32_t argument_limit;
	const char *summary;     /* one line without a full stop */
	const char *description; /* paragraphs for --help and the reference */
	const char *
		example; /* one command line that works in a new repository after `init`; NULL: none */
	const struct option *options;
	size_t option_count;
	size_t options_size;      /* of the struct the options go into */
	size_t parameters_offset; /* of its struct assignment_list, when takes_parameters */
	bool takes_parameters;    /* an unknown --NAME=VALUE is a parameter */
	bool is_internal;         /* the program calls it itself: it is in no list */

	/* Returns the exit status, or -1 with *error set. */
	int (*run)(struct cli *cli, const void *options, const char *const *arguments,
		struct error *error);
};

/* One line each in command_table.c. */
extern const struct cli_command *const command_table[];
extern const size_t command_table_length;

/* Options that every command takes. */
extern const struct option common_options[];
extern const size_t common_option_count;

/* By name or alias; NULL with the nearest name in *error. */
const struct cli_command *command_find(const char *name, struct error *error);

/* Runs the program; returns its exit status. */
int cli_main(int argument_count, char **arguments, char **environment);

/* Writes to stdout and flushes; a closed pipe or full disk is an error. */
bool cli_print(const struct buffer *buffer, struct error *error);

/* To stderr. In a GitHub job nothing in it is taken for a command. */
void cli_print_aside(struct buffer *text);

/* "wavetrain: TEXT" and the hint to stderr. The only place an error is printed. */
void cli_print_error(const struct error *error);
void cli_print_note(const struct cli *cli, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
