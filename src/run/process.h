#ifndef WAVETRAIN_RUN_PROCESS_H
#define WAVETRAIN_RUN_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/error.h"

/* What every start needs, made once. */
struct process_launcher {
	char *stack; /* for the moment between clone and exec; mapped */
	size_t stack_bytes;
	int null_descriptor; /* /dev/null, everybody's standard input */
	pid_t self;
	long own_peak_kib; /* ru_maxrss of this process when it was last asked; it never falls */
	struct rlimit descriptor_limit; /* what every process gets to see */
	bool has_raised_limit;          /* ours is another one */
	int changed_signals[64];        /* those whose disposition is not the default one */
	uint32_t changed_signal_count;
	bool has_no_clone3; /* it was refused once */
};

/* Also sees to it that descriptors 0 to 2 are open, so that no pipe gets one of these numbers. */
bool process_launcher_open(struct process_launcher *launcher, struct error *error);
void process_launcher_close(struct process_launcher *launcher);

/*
 * Sees to it that this process may open so many files, as far as its hard limit goes; those it
 * starts keep the limit it had. Returns how many it may open now.
 */
uint64_t process_launcher_reserve(struct process_launcher *launcher, uint64_t descriptor_count);

#define PROCESS_PASSED_LIMIT 4

struct process_request {
	const char *program; /* path; a relative one counts from folder */
	const char *const *arguments;
	const char *const *environment;
	const char *folder; /* absolute: working directory */
	int output;         /* becomes descriptors 1 and 2; stays the caller's */
	/* above 2, kept open under the same numbers, ascending; 0: none */
	int passed[PROCESS_PASSED_LIMIT];
	int cgroup;         /* descriptor of a cgroup's folder to be in; 0: stays in ours */
	bool needs_cgroup;  /* without it, it does not start */
	int ruleset;        /* Landlock's, which it is under from its exec on; 0: none */
	const char *holder; /* for namespace_start(): absolute path of wavetrain; NULL: none */
};

/* Where a start failed; error_number says why. */
enum start_fault {
	START_OK,
	START_FOLDER,
	START_PROGRAM,
	START_CGROUP,
	START_RULESET,
	START_NAMESPACE, /* only namespace_start() */
	START_SYSTEM
};
struct start_result {
	enum start_fault fault;
	int error_number; /* errno */
};

struct process {
	pid_t id;          /* also the id of its session and process group; 0: none */
	int descriptor;    /* pidfd, readable when it has ended; the caller's to close; -1: none */
	bool is_in_cgroup; /* the one that was asked for took it */
};

/*
 * Starts a process in a session of its own: signal mask empty, dispositions default, killed when
 * this thread dies, no descriptor above 2 but those passed. With a ruleset it gets no new
 * privileges (sudo). Returns after its exec, so that everything request
 * points at may be reused at once. Files without a magic number are given to /bin/sh, as
 * execvp(3) does.
 */
struct start_result process_start(struct process_launcher *launcher,
	const struct process_request *request, struct process *process);

struct process_result {
	int exit_status; /* -1: ended by a signal, or is_lost */
	int signal;      /* 0: none */
	bool is_lost;    /* somebody else has taken its exit status */
	int64_t cpu_ms;
	/* Never below the runner's own size: the kernel counts the moment before exec. */
	uint64_t peak_rss_bytes;
};

/* Takes the exit status and closes the descriptor. False: it has not ended. */
bool process_reap(
	struct process_launcher *launcher, struct process *process, struct process_result *result);

/* What a start does last, for namespaces. They fail with errno; the second one returns only then. */
bool process_restrict_self(const struct process_request *request);
void process_execute(const struct process_request *request);

/* To everything in the group; nobody there is fine. */
void process_signal_group(pid_t group, int signal);

/* Reaps members of the group that came to us as orphans; true while others are alive. */
bool process_group_is_alive(pid_t group);

#endif
