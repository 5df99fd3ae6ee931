/*
 * The C library has no clone3(2). With a stack of its own the child must not return from the
 * system call into C: it goes from there straight into its function.
 */
#include "run/clone_into.h"

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__) && !defined(__ILP32__)

static long clone3_into(struct clone_args *arguments, const struct clone_into_request *request)
{
	long result;
	__asm__ volatile("syscall\n\t"
			 "testq %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xorl %%ebp, %%ebp\n\t"
			 "movq %[argument], %%rdi\n\t"
			 "callq *%[function]\n\t"
			 "ud2\n"
			 "1:"
			 : "=a"(result)
			 : "a"((long)SYS_clone3), "D"(arguments), "S"(sizeof *arguments),
			 [function] "r"(request->function), [argument] "r"(request->argument)
			 : "rcx", "r11", "cc", "memory");
	return result;
}

#else

static long clone3_into(struct clone_args *arguments, const struct clone_into_request *request)
{
	(void)arguments;
	(void)request;
	return -ENOSYS;
}

#endif

pid_t clone_into(const struct clone_into_request *request, int *pidfd)
{
	struct clone_args arguments = {
		.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_INTO_CGROUP,
		.pidfd = (uint64_t)(uintptr_t)pidfd,
		.exit_signal = SIGCHLD,
		.stack = (uint64_t)(uintptr_t)request->stack,
		.stack_size = request->stack_bytes,
		.cgroup = (uint32_t)request->cgroup,
	};
	long id = clone3_into(&arguments, request);
	if (id >= 0)
		return (pid_t)id;
	errno = (int)-id;
	return -1;
}
