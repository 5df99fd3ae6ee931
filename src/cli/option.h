#ifndef WAVETRAIN_CLI_OPTION_H
#define WAVETRAIN_CLI_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "load/pipeline_load.h"

/*
 * A command's options are a table; parsing, help, man page, reference page and completion all
 * read it. Values go into the command's own zeroed struct at offset.
 */
enum option_kind {
	OPTION_FLAG,       /* bool */
	OPTION_TEXT,       /* const char * */
	OPTION_TEXTS,      /* struct word_list: may be repeated */
	OPTION_COUNT,      /* uint32_t, at least 1, at most limit */
	OPTION_DURATION,   /* int64_t, milliseconds, above 0 */
	OPTION_CHOICE,     /* uint32_t: 1 + the place in choices; 0: not given */
	OPTION_ASSIGNMENT, /* struct assignment_list: NAME=VALUE, may be repeated */
};

struct option {
	const char *name;
	char letter; /* 0: none */
	enum option_kind kind;
	size_t offset;
	const char *value_name;     /* "N"; NULL for a flag */
	const char *const *choices; /* NULL after the last */
	const char *
		implied; /* value of a bare --name, which then takes a value only by '='; NULL: none */
	uint32_t limit;
	const char *help; /* one sentence without a full stop */
};

struct assignment_list {
	struct assignment *items; /* the arena's */
	uint32_t count;
};

struct word_list {
	const char **items; /* the arena's */
	uint32_t count;
};

/* Rows that several commands have; field_offset is that of a uint32_t, of a struct assignment_list. */
extern const char *const text_or_json[];
enum text_or_json_choice { FORMAT_TEXT = 1, FORMAT_JSON };
#define OPTION_TEXT_OR_JSON(field_offset)                                                          \
	{                                                                                          \
		.name = "format", .kind = OPTION_CHOICE, .offset = (field_offset),                 \
		.value_name = "FORMAT", .choices = text_or_json, .help = "What to print"           \
	}
#define OPTION_SHELL(field_offset)                                                                 \
	{                                                                                          \
		.name = "shell", .kind = OPTION_FLAG, .offset = (field_offset),                    \
		.help = "Take the prompts of a table as commands for sh"                           \
	}
#define OPTION_PARAMETERS(field_offset)                                                            \
	{                                                                                          \
		.name = "param", .letter = 'p', .kind = OPTION_ASSIGNMENT,                         \
		.offset = (field_offset), .value_name = "NAME=VALUE",                              \
		.help = "Set a parameter; also --NAME=VALUE"                                       \
	}

struct option_table {
	const struct option *options;
	size_t count;
};

struct option_request {
	const char *command;               /* for error texts */
	const struct option_table *tables; /* the command's own, then the common ones */
	void *const *targets;              /* one struct for each table */
	size_t table_count;
	struct assignment_list *parameters; /* takes unknown --NAME=VALUE; NULL: they are errors */
	struct arena *arena;
};

/*
 * Takes the options out of arguments (GNU style: long, short, bundled, "--" ends them) and moves
 * the rest to the front; *count becomes their number. An unknown option is ERROR_USAGE with the
 * nearest name.
 */
bool option_parse(const struct option_request *request, const char **arguments, uint32_t *count,
	struct error *error);

#endif
