#include "run/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

/* Newer than the headers of older systems; the numbers are the kernel's for good. */
#define ACCESS_REFER (UINT64_C(1) << 13)
#define ACCESS_TRUNCATE (UINT64_C(1) << 14)

#define ACCESS_OF_FILES (LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_TRUNCATE)

#define ACCESS_ALL                                                                                 \
	(ACCESS_OF_FILES | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |        \
		LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |                       \
		LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |                       \
		LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |                     \
		LANDLOCK_ACCESS_FS_MAKE_SYM | ACCESS_REFER)

static uint64_t known_access(unsigned version)
{
	return version < LANDLOCK_TRUNCATE_VERSION ? ACCESS_ALL & ~ACCESS_TRUNCATE : ACCESS_ALL;
}

static const char *why_there_is_none(int error_number)
{
	switch (error_number) {
	case EOPNOTSUPP:
		return "the kernel was started without Landlock";
	case EPERM:
	case EACCES:
		return "Landlock is forbidden here, as in some containers";
	default:
		return "the kernel has no Landlock";
	}
}

unsigned landlock_version(struct error *error)
{
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (version > 1)
		return (unsigned)version;
	error_set(error, ERROR_PROCESS, "%s",
		version == 1 ? "the kernel's Landlock is too old (Linux 5.19 is new enough)"
			     : why_there_is_none(errno));
	return 0;
}

int landlock_open(unsigned version, struct error *error)
{
	struct landlock_ruleset_attr attributes = {.handled_access_fs = known_access(version)};
	long ruleset = syscall(
		SYS_landlock_create_ruleset, &attributes, sizeof attributes.handled_access_fs, 0);
	if (ruleset < 0)
		error_set_errno(error, ERROR_PROCESS, "cannot make a set of Landlock rules");
	return (int)ruleset;
}

bool landlock_allow(int ruleset, unsigned version, const char *path, enum landlock_grant grant,
	struct error *error)
{
	struct stat facts;
	CLEANUP(close_descriptor) int place = open(path, O_PATH | O_CLOEXEC);
	if (place < 0 || fstat(place, &facts) < 0)
		return error_set_errno(error, ERROR_FILE, "cannot open '%s'", path);
	uint64_t access = known_access(version);
	if (grant == LANDLOCK_WRITE || !S_ISDIR(facts.st_mode))
		access &= ACCESS_OF_FILES;
	struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = place};
	return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0 ||
	       error_set_errno(error, ERROR_PROCESS, "cannot allow writing to '%s'", path);
}
