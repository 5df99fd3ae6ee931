/*
 * weaker CALL=ERROR[,CALL=ERROR …] PROGRAM [ARGUMENT …]: runs the program, and all that it starts,
 * where the named system calls are not made but answered with the error: as in a container that
 * forbids them (EPERM), or on a kernel that does not have them (ENOSYS).
 * Exit status: the program's own; 125 when the calls cannot be taken away, or are not known.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXIT_NOT_POSSIBLE 125
#define ARRAY_LENGTH(array) (sizeof(array) / sizeof(array)[0])

#if defined(__x86_64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#define OWN_ARCHITECTURE 0 /* not known: nothing can be taken away */
#endif

struct named_number {
	const char *name;
	uint32_t number;
};

static const struct named_number calls[] = {
	{"clone3", SYS_clone3},
	{"landlock_create_ruleset", SYS_landlock_create_ruleset},
	{"mount", SYS_mount},
	{"pidfd_open", SYS_pidfd_open},
	{"setns", SYS_setns},
	{"unshare", SYS_unshare},
};

static const struct named_number errors[] = {
	{"ENOSYS", ENOSYS},
	{"EOPNOTSUPP", EOPNOTSUPP},
	{"EPERM", EPERM},
};

/* The entry that is called like the first length bytes. NULL: there is none. */
static const struct named_number *find(
	const struct named_number *entries, size_t count, const char *name, size_t length)
{
	for (size_t i = 0; i < count; i++) {
		if (strlen(entries[i].name) == length &&
			strncmp(entries[i].name, name, length) == 0)
			return &entries[i];
	}
	return NULL;
}

#define STATEMENT(code, value) ((struct sock_filter)BPF_STMT(code, value))
#define JUMP(value, skipped)                                                                       \
	((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skipped))

struct filter {
	struct sock_filter code[2 * ARRAY_LENGTH(calls) + 8];
	unsigned short size;
};

static void add(struct filter *filter, struct sock_filter statement)
{
	filter->code[filter->size++] = statement;
}

/* 0: the text is not understood, or names more than there are. */
static int read_refusals(struct filter *filter, const char *text)
{
	size_t count = 0;
	for (const char *at = text;; at++) {
		size_t name_length = strcspn(at, "=,");
		const struct named_number *call = find(calls, ARRAY_LENGTH(calls), at, name_length);
		at += name_length;
		if (*at++ != '=' || !call || count++ == ARRAY_LENGTH(calls))
			return 0;
		size_t error_length = strcspn(at, ",");
		const struct named_number *error =
			find(errors, ARRAY_LENGTH(errors), at, error_length);
		if (!error)
			return 0;
		add(filter, JUMP(call->number, 1));
		add(filter, STATEMENT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error->number));
		at += error_length;
		if (!*at)
			return 1;
	}
}

static int fill(struct filter *filter, const char *refusals)
{
	add(filter, STATEMENT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)));
	/* Programs for another processor number their calls in another way. */
	add(filter,
		(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCHITECTURE, 1, 0));
	add(filter, STATEMENT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	add(filter, STATEMENT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)));
	if (!read_refusals(filter, refusals))
		return 0;
	add(filter, STATEMENT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	return 1;
}

int main(int count, char **arguments)
{
	struct filter filter = {0};
	if (count < 3 || !fill(&filter, arguments[1])) {
		fprintf(stderr, "weaker CALL=ERROR[,CALL=ERROR …] PROGRAM [ARGUMENT …]\n");
		return EXIT_NOT_POSSIBLE;
	}
	struct sock_fprog program = {.len = filter.size, .filter = filter.code};
	if (!OWN_ARCHITECTURE || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) {
		perror("weaker");
		return EXIT_NOT_POSSIBLE;
	}
	execvp(arguments[2], &arguments[2]);
	perror(arguments[2]);
	return EXIT_NOT_POSSIBLE;
}
