#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

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

/*
 * A descriptor of ours must never stand where a closed stdin, stdout or stderr was. Opened for
 * reading all three: writing to a closed stdout stays the error it is.
 */
static void fill_standard_descriptors(void)
{
	while (fcntl(STDERR_FILENO, F_GETFD) == -1 || fcntl(STDOUT_FILENO, F_GETFD) == -1 ||
		fcntl(STDIN_FILENO, F_GETFD) == -1)
		if (open("/dev/null", O_RDONLY) < 0)
			_exit(4);
}

int main(int argument_count, char **arguments)
{
	fill_standard_descriptors();
#ifndef LEAKS_ARE_CHECKED
	/* Our environment may hold a token: no step may read it from /proc. */
	prctl(PR_SET_DUMPABLE, 0);
#endif
	return cli_main(argument_count, arguments, environ);
}
