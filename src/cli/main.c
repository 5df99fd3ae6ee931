#include <sys/prctl.h>

#include "cli/command.h"

/* The leak checker looks into its own process, which a process that nobody may look into forbids. */
#if defined(__SANITIZE_ADDRESS__)
#define LEAKS_ARE_CHECKED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LEAKS_ARE_CHECKED 1
#endif
#endif

extern char **environ;

int main(int argument_count, char **arguments)
{
#ifndef LEAKS_ARE_CHECKED
	/* Our environment may hold a token: no step may read it from /proc. */
	prctl(PR_SET_DUMPABLE, 0);
#endif
	return cli_main(argument_count, arguments, environ);
}
