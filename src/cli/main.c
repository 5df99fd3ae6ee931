#include "cli/command.h"

extern char **environ;

int main(int argument_count, char **arguments)
{
	return cli_main(argument_count, arguments, environ);
}
