#include "run/attempt_isolation.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/index.h"
#include "base/text.h"
#include "model/containment.h"
#include "run/landlock.h"

#define LOG_TAIL_BYTES ((size_t)64 * 1024)

static enum isolation isolation_of(const struct attempt *attempt)
{
	return step_isolation(attempt->executor->settings->plan->pipeline, attempt_step(attempt));
}

static bool is_to_be_isolated(const struct attempt *attempt)
{
	enum isolation isolation = isolation_of(attempt);
	return isolation == ISOLATION_REQUIRE ||
	       (isolation != ISOLATION_NONE &&
		       attempt_step(attempt)->workspace != WORKSPACE_SHARED);
}

/* Its writes are held, as far as the system can. */
static bool is_isolated(const struct attempt *attempt)
{
	return is_to_be_isolated(attempt) && attempt->executor->confinement.landlock;
}

/* --- the temporary folder --- */

static const char *temporary_of(const char *const *environment)
{
	const char *folder = environment_find(environment, "TMPDIR");
	return folder && folder[0] == '/' ? folder : "/tmp";
}

/* inner is NULL: there is none. */
static bool holds(const char *folder, const char *inner)
{
	size_t length = strlen(folder);
	if (!inner)
		return false;
	return strncmp(folder, inner, length) == 0 &&
	       (inner[length] == '/' || !inner[length] || text_equal(folder, "/"));
}

/* Writing beneath it reaches neither work tree nor history nor the state of runs. */
static bool is_clear_of_run(const struct confinement *confinement, const char *folder)
{
	return !holds(folder, confinement->state_folder) &&
	       !holds(folder, confinement->tree_folder) && !holds(folder, confinement->git.own) &&
	       !holds(folder, confinement->git.common);
}

const char *attempt_own_temporary(const struct attempt *attempt, const char *const *environment)
{
	const struct confinement *confinement = &attempt->executor->confinement;
	if (!is_isolated(attempt) || !attempt->workspace.attempt_folder)
		return NULL;
	char *real = realpath(temporary_of(environment), NULL);
	bool is_fit = real && is_clear_of_run(confinement, real);
	free(real);
	return is_fit ? NULL
		      : path_join(&attempt->executor->scratch, attempt->workspace.attempt_folder,
				"tmp");
}

/* --- the rules --- */

struct rules {
	struct attempt *attempt;
	int ruleset;
	struct error *error;
};

static bool allow(const struct rules *rules, const char *path, enum landlock_grant grant)
{
	return landlock_allow(rules->ruleset, rules->attempt->executor->confinement.landlock, path,
		grant, rules->error);
}

/* Some systems lack one or the other. */
static void allow_if_there(const struct rules *rules, const char *path, enum landlock_grant grant)
{
	struct error ignored;
	landlock_allow(rules->ruleset, rules->attempt->executor->confinement.landlock, path, grant,
		&ignored);
}

static bool allow_note(const struct rules *rules, const char *path)
{
	CLEANUP(close_descriptor)
	int file = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
	if (file < 0)
		return error_set_errno(rules->error, ERROR_FILE, "cannot make '%s'", path);
	return allow(rules, path, LANDLOCK_ALL);
}

static const char *summary_path(const struct attempt *attempt)
{
	struct executor *executor = attempt->executor;
	return notes_summary_path(
		&executor->notes, attempt_step(attempt)->id, attempt->number, &executor->scratch);
}

static const char *handoff_path(const struct attempt *attempt)
{
	struct executor *executor = attempt->executor;
	return notes_handoff_path(
		&executor->notes, attempt_step(attempt)->id, attempt->number, &executor->scratch);
}

static bool allow_own(const struct rules *rules)
{
	const struct attempt *attempt = rules->attempt;
	const struct workspace *workspace = &attempt->workspace;
	if (workspace->has_folder && !allow(rules, workspace->attempt_folder, LANDLOCK_ALL))
		return false;
	return allow_note(rules, summary_path(attempt)) && allow_note(rules, handoff_path(attempt));
}

static void allow_system(const struct rules *rules)
{
	const struct executor *executor = rules->attempt->executor;
	static const char *const shared[] = {"/dev/shm", "/dev/mqueue"};
	allow_if_there(rules, "/dev", LANDLOCK_WRITE);
	for (size_t i = 0; i < ARRAY_LENGTH(shared); i++) {
		if (is_clear_of_run(&executor->confinement, shared[i]))
			allow_if_there(rules, shared[i], LANDLOCK_ALL);
	}
	/* Root could change the system's settings there. */
	if (geteuid() != 0)
		allow_if_there(rules, "/proc", LANDLOCK_WRITE);
	allow_if_there(rules,
		path_join(&rules->attempt->executor->scratch, executor->settings->run_folder,
			JOBSERVER_FILE),
		LANDLOCK_ALL);
}

static bool allow_temporary(const struct rules *rules, const char *const *environment)
{
	struct attempt *attempt = rules->attempt;
	const char *own = attempt_own_temporary(attempt, environment);
	if (!own) {
		allow_if_there(rules, temporary_of(environment), LANDLOCK_ALL);
		return true;
	}
	return attempt_require_folder(attempt, rules->error) && folder_make(own, rules->error) &&
	       allow(rules, own, LANDLOCK_ALL);
}

static bool is_below_home(const char *path)
{
	return path[0] == '~' && (path[1] == '/' || !path[1]);
}

static const char *resolve(
	const struct attempt *attempt, const char *path, const char *const *environment)
{
	struct arena *scratch = &attempt->executor->scratch;
	const char *home = environment_find(environment, "HOME");
	if (is_below_home(path) && home)
		return path_join(scratch, home, path[1] ? path + 2 : "");
	return path_join(scratch, attempt->executor->settings->plan->pipeline->folder, path);
}

/* NULL: a variable that is not set names nothing, not the pipeline's folder. */
static const char *named_path(
	const struct attempt *attempt, uint32_t index, const char *const *environment)
{
	const char *text = attempt_step(attempt)->writable.items[index].text;
	return text_is_empty(text) ? NULL : resolve(attempt, text, environment);
}

/* Also where nothing can be held: what a step finds must not hang on the system. */
static bool make_named(
	const struct attempt *attempt, const char *const *environment, struct error *error)
{
	for (uint32_t i = 0; i < attempt_step(attempt)->writable.count; i++) {
		const char *text = attempt_step(attempt)->writable.items[i].text;
		if (is_below_home(text) && !environment_find(environment, "HOME"))
			return error_set(error, ERROR_FILE,
				"'writable' names '%s', and HOME is not set", text);
		const char *path = named_path(attempt, i, environment);
		if (path && !path_exists(path) && !folder_make(path, error))
			return error_context(error, "'writable'");
	}
	return true;
}

static bool allow_named(const struct rules *rules, const char *const *environment)
{
	const struct attempt *attempt = rules->attempt;
	for (uint32_t i = 0; i < attempt_step(attempt)->writable.count; i++) {
		const char *path = named_path(attempt, i, environment);
		if (path && !allow(rules, path, LANDLOCK_ALL))
			return error_context(rules->error, "'writable'");
	}
	bool is_shared = attempt_step(attempt)->workspace == WORKSPACE_SHARED;
	return !is_shared || allow(rules, attempt->executor->confinement.tree_folder, LANDLOCK_ALL);
}

static void remove_if_empty(const char *path)
{
	struct stat facts;
	if (lstat(path, &facts) == 0 && S_ISREG(facts.st_mode) && !facts.st_size)
		unlink(path);
}

static void remove_empty_notes(const struct attempt *attempt)
{
	remove_if_empty(summary_path(attempt));
	remove_if_empty(handoff_path(attempt));
}

static int make_rules(
	struct attempt *attempt, const char *const *environment, struct refusal *refusal)
{
	struct rules rules = {.attempt = attempt, .error = &refusal->error};
	rules.ruleset = landlock_open(attempt->executor->confinement.landlock, &refusal->error);
	if (rules.ruleset < 0)
		return -1;
	if (allow_temporary(&rules, environment) && allow_own(&rules) &&
		allow_named(&rules, environment)) {
		allow_system(&rules);
		return rules.ruleset;
	}
	close(rules.ruleset);
	remove_empty_notes(attempt);
	return -1;
}

/* The namespace is for where no cgroup can be had: ids of processes are others in it. */
static bool can_require(
	struct attempt *attempt, struct process_request *request, struct error *fault)
{
	struct confinement *confinement = &attempt->executor->confinement;
	*fault = confinement->landlock ? confinement->cgroup_fault : confinement->landlock_fault;
	if (!confinement_landlock_holds(confinement->landlock, fault))
		return false;
	request->needs_cgroup =
		confinement->cgroups.path && child_has_cgroup(&attempt->child, fault);
	if (request->needs_cgroup)
		return true;
	if (!confinement_has_namespace(confinement, fault))
		return false;
	request->holder = attempt->executor->settings->own_program;
	return request->holder ||
	       error_set(fault, ERROR_PROCESS, "wavetrain's own program is not known");
}

bool attempt_hold(struct attempt *attempt, struct process_request *request, struct refusal *refusal)
{
	bool is_required = isolation_of(attempt) == ISOLATION_REQUIRE;
	struct error fault;
	if (is_required && !can_require(attempt, request, &fault)) {
		*refusal = (struct refusal){.failure = FAILURE_PERMANENT, .exit_status = -1};
		return confinement_refuse(attempt_step(attempt), &fault, &refusal->error);
	}
	if (!is_to_be_isolated(attempt))
		return true;
	refusal->exit_status = -1;
	int ruleset = make_named(attempt, request->environment, &refusal->error) ? 0 : -1;
	if (ruleset == 0 && is_isolated(attempt))
		ruleset = make_rules(attempt, request->environment, refusal);
	if (ruleset < 0) {
		refusal->error_number = refusal->error.number;
		if (attempt_lacks_resource(refusal->error_number))
			refusal->failure = FAILURE_RESOURCE;
		return false;
	}
	request->ruleset = ruleset;
	return true;
}

/* --- afterwards --- */

void attempt_unhold(const struct attempt *attempt)
{
	if (!(attempt->child.containment & CONTAINED_LANDLOCK))
		return;
	remove_empty_notes(attempt);
}

static bool says_refused(const struct attempt *attempt)
{
	static const char *const words[] = {"permission denied", "eacces", "no new privileges"};
	CLEANUP(buffer_release) struct buffer tail = BUFFER_INIT;
	struct error ignored;
	const char *path = path_join(&attempt->executor->scratch,
		attempt->executor->settings->run_folder, attempt->log.path);
	if (!step_log_step_bytes(&attempt->log) ||
		!file_read_tail(path, LOG_TAIL_BYTES, &tail, &ignored))
		return false;
	for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
		if (strcasestr(buffer_text(&tail), words[i]))
			return true;
	}
	return false;
}

void attempt_explain_refusals(struct attempt *attempt)
{
	const struct step *step = attempt_step(attempt);
	if (!(attempt->child.containment & CONTAINED_LANDLOCK) || !says_refused(attempt))
		return;
	buffer_printf(&attempt->reason,
		"; it can write only in %s, the temporary folder and what `writable` names "
		"(`isolation: none` allows everything)",
		step->workspace == WORKSPACE_SHARED ? "the work tree" : "its workspace");
}
