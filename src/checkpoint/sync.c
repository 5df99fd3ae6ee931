/*
 * Our git folder has the objects of the repository by objects/info/alternates, a copy of its
 * shallow file, and nothing else of it. The address and the header travel in GIT_CONFIG_* of the
 * environment of git alone, so neither is in argv and no file that a step can write counts.
 */
#include "checkpoint/sync.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/stop_signals.h"
#include "base/text.h"
#include "checkpoint/git_process.h"
#include "checkpoint/push_address.h"
#include "checkpoint/push_answer.h"
#include "checkpoint/push_by_hand.h"

#define OID_TEXT_SIZE 65
#define SHALLOW_LIMIT_BYTES (64u << 20)
#define ENVIRONMENT_MAXIMUM 96
#define KILL_WAIT_MS 100 /* until a killed git is gone */
#define ALONE_MS 10000
#define LATE_PAUSE 10         /* times ALONE_MS, after a push that was ended */
#define SIGNALLED_WAIT_MS 250 /* for a push, once the run is to stop */

struct sync {
	struct arena arena; /* of the whole run */
	struct arena push;  /* of the push on its way */
	struct push_address address;
	const char *git_folder;
	const char *own_folder;
	const char *remote_name;
	const char *branch;
	int64_t deadline_ms;
	int64_t alone_ms;
	bool steps_are_over;
	int64_t pause_end_ns; /* before it no push that must be alone; 0: there was no late one */
	struct git_process process;
	enum sync_state state;
	char waiting[OID_TEXT_SIZE]; /* "": none */
	char going[OID_TEXT_SIZE];
	char pushed[OID_TEXT_SIZE];
	char old[OID_TEXT_SIZE]; /* what the remote is believed to have */
	bool old_known;
	bool unsure;             /* a push ended without an answer */
	enum push_answer answer; /* of the last push */
	struct buffer message;
};

/* What git needs of our own environment to find itself, the network and its certificates. */
static const char *const passed_variables[] = {"PATH", "HOME", "TMPDIR", "SSL_CERT_FILE",
	"SSL_CERT_DIR", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "CURL_CA_BUNDLE", "http_proxy",
	"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
	"SSH_AUTH_SOCK", "GIT_EXEC_PATH"};

static const char *const fixed_variables[] = {"GIT_CONFIG_NOSYSTEM=1",
	"GIT_CONFIG_GLOBAL=/dev/null", "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0",
	"GIT_SSH_COMMAND=ssh -oBatchMode=yes", "LC_ALL=C", "GIT_ASKPASS=", "SSH_ASKPASS="};

/* lowSpeed: a git that outlives us does not wait for ever. */
static const char *const fixed_settings[][2] = {{"core.hooksPath", "/dev/null"},
	{"http.followRedirects", "false"}, {"http.lowSpeedLimit", "1"}, {"http.lowSpeedTime", "60"},
	{"gc.auto", "0"}, {"credential.helper", ""}, {"push.recurseSubmodules", "no"},
	{"push.gpgSign", "false"}, {"protocol.ext.allow", "never"}};

struct variable_list {
	char *items[ENVIRONMENT_MAXIMUM];
	size_t count;
	size_t setting_count;
};

static void add_variable(struct variable_list *list, char *variable)
{
	if (list->count + 1 < ENVIRONMENT_MAXIMUM)
		list->items[list->count++] = variable;
}

static void add_setting(
	struct sync *sync, struct variable_list *list, const char *key, const char *value)
{
	size_t number = list->setting_count++;

	add_variable(list, arena_format(&sync->push, "GIT_CONFIG_KEY_%zu=%s", number, key));
	add_variable(list, arena_format(&sync->push, "GIT_CONFIG_VALUE_%zu=%s", number, value));
}

static void list_variables(struct sync *sync, struct variable_list *list)
{
	const struct push_address *address = &sync->address;

	for (size_t i = 0; i < sizeof(passed_variables) / sizeof(*passed_variables); i++) {
		const char *value = getenv(passed_variables[i]);
		if (value)
			add_variable(list,
				arena_format(&sync->push, "%s=%s", passed_variables[i], value));
	}
	for (size_t i = 0; i < sizeof(fixed_variables) / sizeof(*fixed_variables); i++)
		add_variable(list, arena_copy_text(&sync->push, fixed_variables[i]));
	add_variable(list, arena_format(&sync->push, "GIT_DIR=%s", sync->own_folder));
	for (size_t i = 0; i < sizeof(fixed_settings) / sizeof(*fixed_settings); i++)
		add_setting(sync, list, fixed_settings[i][0], fixed_settings[i][1]);
	add_setting(sync, list, "remote.target.url", address->url);
	for (int i = 0; i < address->header_count; i++)
		add_setting(sync, list,
			arena_format(&sync->push, "http.%s/.extraheader", address->origin),
			address->headers[i]);
	add_variable(list, arena_format(&sync->push, "GIT_CONFIG_COUNT=%zu", list->setting_count));
}

static bool write_text(const char *folder, const char *name, const char *text, struct error *error)
{
	struct arena arena = {0};
	bool done = file_write_atomic(path_join(&arena, folder, name), text, strlen(text), error);

	arena_release(&arena);
	return done;
}

/* Written again before each push: a step may have reached it. */
static bool make_folder(struct sync *sync, struct error *error)
{
	struct arena *arena = &sync->push;
	const char *own = sync->own_folder;
	const char *shallow = path_join(arena, sync->address.common_folder, "shallow");
	struct buffer text = BUFFER_INIT;
	bool done = path_remove(own, error) &&
		    folder_make(path_join(arena, own, "objects/info"), error) &&
		    folder_make(path_join(arena, own, "refs"), error) &&
		    write_text(own, "HEAD", "ref: refs/heads/none\n", error) &&
		    write_text(own, "config",
			    "[core]\n\trepositoryformatversion = 0\n\tbare = true\n", error) &&
		    write_text(own, "objects/info/alternates",
			    arena_format(arena, "%sobjects\n", sync->address.common_folder), error);

	if (done && path_exists(shallow))
		done = file_read(shallow, SHALLOW_LIMIT_BYTES, &text, error) &&
		       write_text(own, "shallow", buffer_text(&text), error);
	buffer_release(&text);
	return done;
}

static void append_by_hand(struct sync *sync, const char *commit)
{
	struct push_by_hand push = {
		.git_folder = sync->git_folder,
		.remote_name = sync->remote_name,
		.branch = sync->branch,
		.commit = commit,
		.no_remote = !sync->address.url,
		.others_pushed = sync->answer == PUSH_OTHERS_PUSHED,
	};

	buffer_append_text(&sync->message, "; by hand: ");
	push_by_hand_append(&sync->message, &push);
}

/* git's own words: the first line that says what is wrong, without control characters. */
static void append_words(struct sync *sync)
{
	static const char *const starts[] = {"remote: error: ", "error: ", "fatal: "};
	const char *line = buffer_text(&sync->process.text);

	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++) {
		const char *found = strstr(line, starts[i]);
		if (!found)
			continue;
		buffer_append_text(&sync->message, " (");
		found += strlen(starts[i]);
		text_append_visible(
			&sync->message, found, utf8_cut(found, strcspn(found, "\r\n"), 160));
		buffer_append_text(&sync->message, ")");
		return;
	}
}

static void say(struct sync *sync, const char *commit)
{
	enum push_answer answer = sync->answer;
	bool quotes_git = answer == PUSH_FAILED || answer == PUSH_DECLINED ||
			  answer == PUSH_PROTECTED || answer == PUSH_NO_ANSWER;

	buffer_clear(&sync->message);
	buffer_printf(
		&sync->message, "the push of %s %s", sync->branch, push_answer_sentence(answer));
	if (quotes_git && !sync->address.has_user)
		append_words(sync);
	append_by_hand(sync, commit);
}

static bool launch(struct sync *sync, struct error *error)
{
	struct variable_list list = {.count = 0};
	char *arguments[8];
	size_t count = 0;

	arena_reset(&sync->push);
	if (!make_folder(sync, error))
		return false;
	list_variables(sync, &list);
	arguments[count++] = arena_copy_text(&sync->push, "git");
	arguments[count++] = arena_copy_text(&sync->push, "push");
	arguments[count++] = arena_copy_text(&sync->push, "--porcelain");
	arguments[count++] = arena_copy_text(&sync->push, "--no-verify");
	if (sync->old_known)
		arguments[count++] = arena_format(
			&sync->push, "--force-with-lease=%s:%s", sync->branch, sync->old);
	arguments[count++] = arena_copy_text(&sync->push, "target");
	arguments[count++] = arena_format(&sync->push, "%s:%s", sync->going, sync->branch);
	arguments[count] = NULL;
	return git_process_start(&sync->process, arguments, list.items, sync->deadline_ms, error);
}

static void start_waiting(struct sync *sync)
{
	struct error error = {0};

	memcpy(sync->going, sync->waiting, sizeof(sync->going));
	sync->waiting[0] = '\0';
	sync->state = SYNC_BUSY;
	if (launch(sync, &error))
		return;
	sync->state = SYNC_FAILED;
	buffer_clear(&sync->message);
	buffer_printf(&sync->message, "the push of %s failed: %s", sync->branch, error.text);
	append_by_hand(sync, sync->going);
	sync->going[0] = '\0';
}

static void finish_push(struct sync *sync)
{
	enum push_answer answer = sync->process.timed_out
					  ? PUSH_TOO_LATE
					  : push_answer_read(buffer_text(&sync->process.text),
						    sync->process.succeeded);

	sync->answer = answer;
	if (answer == PUSH_DONE) {
		memcpy(sync->pushed, sync->going, sizeof(sync->pushed));
		memcpy(sync->old, sync->going, sizeof(sync->old));
		sync->old_known = true;
		sync->state = SYNC_IDLE;
		buffer_clear(&sync->message);
	} else {
		say(sync, *sync->waiting ? sync->waiting : sync->going);
		sync->state = push_answer_is_final(answer) ? SYNC_REJECTED : SYNC_FAILED;
		/* It may have arrived all the same: from now on only a fast-forward is asked for. */
		sync->old_known = false;
		sync->unsure = true;
	}
	sync->going[0] = '\0';
	if (sync->state == SYNC_REJECTED)
		sync->waiting[0] = '\0';
	else if (*sync->waiting)
		start_waiting(sync);
}

static void switch_off(struct sync *sync, const char *why)
{
	sync->state = SYNC_OFF;
	buffer_printf(&sync->message, "%s is not pushed: %s", sync->branch, why);
	append_by_hand(sync, "");
}

static void decide_state(struct sync *sync)
{
	const struct push_address *address = &sync->address;

	sync->state = SYNC_IDLE;
	if (!address->url)
		switch_off(sync, arena_format(&sync->arena, "the repository has no remote named %s",
					 sync->remote_name));
	else if (address->origin && address->header_count == 0 && !address->has_user)
		switch_off(sync, "there is no token for the remote's server");
}

bool sync_open(const struct sync_settings *settings, struct sync **sync, struct error *error)
{
	struct sync *new = heap_allocate(1, sizeof(*new));

	*sync = NULL;
	new->git_folder = arena_copy_text(&new->arena, settings->git_folder);
	new->own_folder = arena_copy_text(&new->arena, settings->own_folder);
	new->remote_name = arena_copy_text(&new->arena, settings->remote_name);
	new->branch = arena_copy_text(&new->arena, settings->branch);
	new->deadline_ms = settings->deadline_ms > 0 ? settings->deadline_ms : 120000;
	new->alone_ms = settings->alone_ms > 0 ? settings->alone_ms : ALONE_MS;
	if (!git_process_init(&new->process, error) ||
		!push_address_read(settings->git_folder, settings->remote_name, settings->token,
			settings->server_url, &new->arena, &new->address, error)) {
		sync_close(new);
		return false;
	}
	decide_state(new);
	*sync = new;
	return true;
}

void sync_close(struct sync *sync)
{
	if (!sync)
		return;
	git_process_release(&sync->process);
	buffer_release(&sync->message);
	arena_release(&sync->push);
	arena_release(&sync->arena);
	free(sync);
}

int sync_descriptor(const struct sync *sync)
{
	return sync->state == SYNC_OFF ? -1 : sync->process.events;
}

void sync_advance(struct sync *sync)
{
	if (git_process_advance(&sync->process))
		finish_push(sync);
}

/* What waits behind it has no time either; the message then names the newest commit. */
static void end_late(struct sync *sync)
{
	if (*sync->waiting)
		memcpy(sync->going, sync->waiting, sizeof(sync->going));
	sync->waiting[0] = '\0';
	sync->process.timed_out = true;
	git_process_kill(&sync->process);
}

/*
 * Until the push is over, however it ends: true when it had to be ended. Readiness of signals
 * (-1: none) leaves it no more than a moment.
 */
static bool wait_for_end(struct sync *sync, int64_t timeout_ms, int signals)
{
	int64_t end_ns = clock_monotonic_ns() + timeout_ms * 1000000;
	bool late = false;

	while (sync->state == SYNC_BUSY) {
		struct pollfd waits[] = {{.fd = sync->process.events, .events = POLLIN},
			{.fd = signals, .events = POLLIN}};
		int64_t left_ms = (end_ns - clock_monotonic_ns()) / 1000000;

		if (left_ms <= 0 && !late)
			end_late(sync);
		late = late || left_ms <= 0;
		if (late)
			left_ms = KILL_WAIT_MS;
		if (poll(waits, 2, (int)(left_ms > 60000 ? 60000 : left_ms)) < 0 && errno != EINTR)
			return late;
		if (waits[1].revents && left_ms > SIGNALLED_WAIT_MS)
			end_ns = clock_monotonic_ns() + SIGNALLED_WAIT_MS * 1000000;
		if (waits[1].revents)
			signals = -1;
		sync_advance(sync);
	}
	return late;
}

bool sync_must_be_alone(const struct sync *sync)
{
	return sync->address.header_count > 0 && !sync->steps_are_over;
}

void sync_steps_are_over(struct sync *sync)
{
	sync->steps_are_over = true;
}

static void push_alone(struct sync *sync)
{
	CLEANUP(close_descriptor) int signals = stop_signals_watch();
	char commit[OID_TEXT_SIZE];

	if (clock_monotonic_ns() < sync->pause_end_ns) {
		say(sync, sync->waiting);
		return;
	}
	start_waiting(sync);
	memcpy(commit, sync->going, sizeof(commit));
	if (!wait_for_end(sync, sync->alone_ms, signals) || sync->state != SYNC_FAILED)
		return;
	sync->pause_end_ns = clock_monotonic_ns() + LATE_PAUSE * sync->alone_ms * 1000000;
	memcpy(sync->waiting, commit, sizeof(sync->waiting));
}

void sync_push(struct sync *sync, const char *commit, const char *old)
{
	if (sync->state == SYNC_OFF || strlen(commit) >= sizeof(sync->waiting))
		return;
	if (sync->state == SYNC_REJECTED) {
		say(sync, commit); /* by hand it is the newest that goes */
		return;
	}
	memcpy(sync->waiting, commit, strlen(commit) + 1);
	if (!*sync->pushed && !*sync->going && !sync->unsure && old &&
		strlen(old) < sizeof(sync->old)) {
		memcpy(sync->old, old, strlen(old) + 1);
		sync->old_known = true;
	}
	if (*sync->going)
		return;
	if (sync_must_be_alone(sync))
		push_alone(sync);
	else
		start_waiting(sync);
}

void sync_finish(struct sync *sync, int64_t timeout_ms)
{
	if (sync->state == SYNC_FAILED && *sync->waiting)
		start_waiting(sync);
	wait_for_end(sync, timeout_ms, -1);
}

enum sync_state sync_state(const struct sync *sync)
{
	return sync->state;
}

const char *sync_pushed_commit(const struct sync *sync)
{
	return *sync->pushed ? sync->pushed : NULL;
}

const char *sync_message(const struct sync *sync)
{
	return buffer_text(&sync->message);
}
