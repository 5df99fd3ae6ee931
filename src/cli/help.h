#ifndef WAVETRAIN_CLI_HELP_H
#define WAVETRAIN_CLI_HELP_H

#include "cli/command.h"

bool help_print_command(const struct cli_command *command, struct error *error);
bool help_print_overview(struct error *error);

/* The CLI reference page (Markdown) and the man page (roff), from the tables. */
void help_append_markdown(struct buffer *buffer);
void help_append_man(struct buffer *buffer);

/* The page of error codes and exit statuses, Markdown. */
void help_append_errors(struct buffer *buffer);

#endif
