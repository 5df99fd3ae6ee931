#include "publish/publication.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/index.h"
#include "base/text.h"
#include "publish/github.h"
#include "publish/publication_open.h"
#include "publish/publication_text.h"

#define STARTED_LIMIT_MS 5000
#define CREATE_ATTEMPTS 3

/*
 * Who the workflow's own token writes as. Tokens of GitHub Apps, which it is one of, are refused
 * GET /user, so this cannot be asked. It is the only author taken on trust for such a token: any
 * other bot's comment may repeat a stranger's text, marker and all, and must not be overwritten.
 */
#define WORKFLOW_LOGIN "github-actions[bot]"
#define APP_TOKEN_PREFIX "ghs_"

const char *const comment_policy_names[] = {"off", "always", "changes", "failures"};
static_assert(ARRAY_LENGTH(comment_policy_names) == COMMENT_POLICY_COUNT, "a name each");

/* What a warning can be about; each is warned of once. */
enum topic { TOPIC_ACCESS, TOPIC_STATUS, TOPIC_COMMENT, TOPIC_AUTHOR, TOPIC_COUNT };

static const struct {
	const char *what;       /* could not be done */
	const char *permission; /* that the job would need */
} topics[] = {
	[TOPIC_ACCESS] = {"GitHub is not told of this run", NULL},
	[TOPIC_STATUS] = {"the commit status was not set", "statuses: write"},
	[TOPIC_COMMENT] = {"the pull request's comment was not written", "pull-requests: write"},
	[TOPIC_AUTHOR] = {"the comment will not be found again", NULL},
};
static_assert(ARRAY_LENGTH(topics) == TOPIC_COUNT, "a row for every topic");

struct publication {
	struct publication_settings settings;
	struct github github;
	bool usable; /* github is open */
	bool said[TOPIC_COUNT];
	bool limited;        /* a rate limit ended the time: nothing more until the next call */
	bool status_useless; /* the token may not set statuses */
};

static void publication_say(
	struct publication *publication, enum topic topic, const char *why, const char *hint)
{
	if (publication->said[topic] || !publication->settings.warn)
		return;
	publication->said[topic] = true;
	CLEANUP(buffer_release) struct buffer sentence = BUFFER_INIT;
	CLEANUP(buffer_release) struct buffer clean = BUFFER_INIT;
	buffer_printf(&sentence, "%s: %s", topics[topic].what, why);
	if (hint)
		buffer_printf(&sentence, " (%s)", hint);
	if (publication->usable)
		http_append_without_token(publication->github.http, &clean, buffer_text(&sentence));
	else
		buffer_append_text(&clean, buffer_text(&sentence));
	publication->settings.warn(publication->settings.warn_context, buffer_text(&clean));
}

static void publication_say_result(struct publication *publication, enum topic topic,
	enum github_result result, const struct error *error)
{
	CLEANUP(buffer_release) struct buffer hint = BUFFER_INIT;
	if (result == GITHUB_LIMITED) {
		publication->limited = true;
		buffer_append_text(&hint, "the limit lasts longer than there is time to wait");
	} else if (result == GITHUB_READ_ONLY && publication->settings.context->from_fork) {
		buffer_append_text(&hint, "the token of a fork's pull request may only read");
	} else if (result == GITHUB_READ_ONLY && topics[topic].permission) {
		buffer_printf(&hint, "give the job `permissions: %s`", topics[topic].permission);
	}
	publication_say(publication, topic, error->text, hint.size > 0 ? hint.bytes : NULL);
}

static bool publication_connect(
	struct publication *publication, const struct github_clock *clock, struct error *error)
{
	const struct ci_context *context = publication->settings.context;
	if (text_is_empty(context->token))
		return error_set(error, ERROR_API_REFUSED, "there is no token");
	if (!context->owner || !context->repository)
		return error_set(error, ERROR_API_REFUSED, "the repository is not known");
	if (!github_sha_is_valid(context->report_sha))
		return error_set(error, ERROR_API_REFUSED, "the commit to report on is not known");
	struct github_access access = {.api_url = context->api_url,
		.owner = context->owner,
		.repository = context->repository,
		.token = context->token};
	return github_open(&publication->github, &access, clock, error);
}

void publication_open_with_clock(const struct publication_settings *settings,
	const struct github_clock *clock, struct publication **publication)
{
	struct publication *opened = heap_allocate(1, sizeof *opened);
	opened->settings = *settings;
	*publication = opened;
	if (!settings->status && settings->comment == COMMENT_OFF)
		return;
	struct error error = {0};
	opened->usable = publication_connect(opened, clock, &error);
	if (!opened->usable)
		publication_say(opened, TOPIC_ACCESS, error.text, NULL);
}

void publication_open(const struct publication_settings *settings, struct publication **publication)
{
	publication_open_with_clock(settings, &github_system_clock, publication);
}

void publication_close(struct publication *publication)
{
	if (!publication)
		return;
	if (publication->usable)
		github_close(&publication->github);
	free(publication);
}

uint32_t publication_request_count(const struct publication *publication)
{
	return publication->usable ? http_request_count(publication->github.http) : 0;
}

static void status_send(struct publication *publication, const char *sha, const char *state,
	const char *description)
{
	if (!publication->settings.status || publication->status_useless || publication->limited)
		return;
	CLEANUP(buffer_release) struct buffer context = BUFFER_INIT;
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	status_context_append(&context, publication->settings.pipeline_name);
	description_append(&text, description ? description : "", DESCRIPTION_LIMIT_CHARACTERS);
	struct github_status status = {.sha = sha,
		.state = state,
		.context = context.bytes,
		.description = buffer_text(&text),
		.target_url = publication->settings.context->run_url};
	struct error error = {0};
	enum github_result result = github_status_create(&publication->github, &status, &error);
	if (result == GITHUB_OK)
		return;
	publication->status_useless = result == GITHUB_READ_ONLY;
	publication_say_result(publication, TOPIC_STATUS, result, &error);
}

void publication_started(struct publication *publication, const char *description)
{
	if (!publication->usable)
		return;
	publication->limited = false;
	github_set_time_limit(&publication->github, STARTED_LIMIT_MS);
	status_send(publication, publication->settings.context->report_sha, "pending", description);
}

/* Looking for our own comment among all of a pull request. */
struct comment_search {
	const char *marker;
	const char *login;
	uint64_t id; /* 0: not found */
	struct buffer body;
};

/* The marker must be how the comment begins: one in the middle may come from quoted text. */
static bool comment_search_take(void *context, const struct github_comment *comment)
{
	struct comment_search *search = context;
	if (!text_starts_with(comment->body, search->marker) ||
		strcasecmp(comment->author, search->login) != 0)
		return true;
	search->id = comment->id;
	buffer_clear(&search->body);
	buffer_append_text(&search->body, comment->body);
	return false;
}

/* What is to be said in one comment. */
struct comment_task {
	const struct publication_result *result;
	uint64_t pull;
	struct buffer marker;
	struct buffer login;
	struct buffer body;
};

static bool comment_is_settled(const struct publication *publication,
	const struct comment_task *task, const struct comment_search *search)
{
	enum comment_policy policy = publication->settings.comment;
	if (search->id == 0)
		return policy == COMMENT_FAILURES && !task->result->failed;
	if (comment_equal(buffer_text(&search->body), task->body.bytes))
		return true;
	return policy == COMMENT_CHANGES &&
	       comment_has_state(buffer_text(&search->body), task->result->state);
}

static enum github_result comment_create(
	struct publication *publication, const struct comment_task *task, struct error *error)
{
	CLEANUP(buffer_release) struct buffer author = BUFFER_INIT;
	enum github_result result = github_comment_create(
		&publication->github, task->pull, task->body.bytes, &author, error);
	if (result != GITHUB_OK || author.size == 0 ||
		strcasecmp(author.bytes, task->login.bytes) == 0)
		return result;
	CLEANUP(buffer_release) struct buffer why = BUFFER_INIT;
	buffer_append_text(&why, "it was written as ");
	text_append_visible(&why, author.bytes, author.size);
	buffer_append_text(&why,
		", and with this token only comments of " WORKFLOW_LOGIN " are known to be ours");
	publication_say(publication, TOPIC_AUTHOR, why.bytes, NULL);
	return result;
}

/* One round: look, then create or update. GITHUB_UNCERTAIN asks for another. */
static enum github_result comment_round(
	struct publication *publication, const struct comment_task *task, struct error *error)
{
	struct github *github = &publication->github;
	struct comment_search search = {.marker = task->marker.bytes, .login = task->login.bytes};
	enum github_result result =
		github_comments_list(github, task->pull, comment_search_take, &search, error);
	bool settled = result == GITHUB_OK && comment_is_settled(publication, task, &search);
	buffer_release(&search.body);
	if (result != GITHUB_OK || settled)
		return result;
	if (search.id != 0)
		return github_comment_update(github, search.id, task->body.bytes, error);
	return comment_create(publication, task, error);
}

static enum github_result login_find(
	struct publication *publication, struct buffer *login, struct error *error)
{
	enum github_result result = GITHUB_READ_ONLY;
	if (!text_starts_with(publication->settings.context->token, APP_TOKEN_PREFIX))
		result = github_login(&publication->github, login, error);
	if (result != GITHUB_READ_ONLY)
		return result;
	buffer_append_text(login, WORKFLOW_LOGIN);
	return GITHUB_OK;
}

static enum github_result comment_publish(
	struct publication *publication, struct comment_task *task, struct error *error)
{
	const struct ci_context *context = publication->settings.context;
	enum github_result result = GITHUB_OK;
	task->pull = context->pull_request;
	if (task->pull == 0)
		result = github_pull_of_commit(
			&publication->github, context->report_sha, &task->pull, error);
	if (result != GITHUB_OK || task->pull == 0)
		return result;
	result = login_find(publication, &task->login, error);
	if (result != GITHUB_OK)
		return result;
	const char *name = publication->settings.pipeline_name;
	comment_marker_append(&task->marker, name);
	publication_comment_append(
		&task->body, name, task->result->state, task->result->comment_body);
	result = GITHUB_UNCERTAIN;
	for (int round = 0; round < CREATE_ATTEMPTS && result == GITHUB_UNCERTAIN; round++)
		result = comment_round(publication, task, error);
	return result;
}

static void comment_send(struct publication *publication, const struct publication_result *result)
{
	if (publication->settings.comment == COMMENT_OFF || !result->comment_body ||
		publication->limited)
		return;
	struct comment_task task = {.result = result};
	struct error error = {0};
	enum github_result outcome = comment_publish(publication, &task, &error);
	if (outcome != GITHUB_OK)
		publication_say_result(publication, TOPIC_COMMENT, outcome, &error);
	buffer_release(&task.marker);
	buffer_release(&task.login);
	buffer_release(&task.body);
}

void publication_finished(struct publication *publication, const struct publication_result *result)
{
	if (!publication->usable)
		return;
	const char *report_sha = publication->settings.context->report_sha;
	publication->limited = false;
	github_set_time_limit(&publication->github, result->time_limit_ms > 0
							    ? result->time_limit_ms
							    : publication->settings.time_limit_ms);
	status_send(publication, report_sha, result->state, result->description);
	if (github_sha_is_valid(result->pushed_commit) &&
		strcasecmp(result->pushed_commit, report_sha) != 0)
		status_send(publication, result->pushed_commit, result->state, result->description);
	comment_send(publication, result);
}
