#ifndef WAVETRAIN_CLI_JOBS_LIST_H
#define WAVETRAIN_CLI_JOBS_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/* Numbers of jobs as a command line names them: "4", "1,2,4", "1-8", "1-4,8,16". */
struct jobs_list {
	uint32_t *numbers; /* the arena's; ascending, each once */
	uint32_t count;
};
#define JOBS_LIMIT 4096u     /* the largest number */
#define JOBS_COUNT_LIMIT 64u /* the most numbers */

/* False: ERROR_USAGE, which names the part that is wrong. */
bool jobs_list_parse(
	const char *text, struct arena *arena, struct jobs_list *list, struct error *error);

#endif
