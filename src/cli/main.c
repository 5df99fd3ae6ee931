#include <sys/prctl.h>

#include "cli/command.h"

extern char **environ;

int main(int argument_count, char **arguments)
{
	/* Our environment may hold a token: no step may read it from /proc. */
	prctl(PR_SET_DUMPABLE, 0);
	return cli_main(argument_count, arguments, environ);
}
