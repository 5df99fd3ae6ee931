#include "run/work_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

bool work_folder_stays_inside(const char *folder, const char *workdir, struct error *error)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_BENEATH};
	if (!workdir)
		return true;
	CLEANUP(close_descriptor) int outer = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(close_descriptor)
	int inner = (int)syscall(SYS_openat2, outer, workdir, &how, sizeof how);
	if (inner >= 0 || errno != EXDEV)
		return true;
	return error_set(error, ERROR_PROCESS,
		"the working directory '%s' is a link that leads out of the pipeline's folder",
		workdir);
}
