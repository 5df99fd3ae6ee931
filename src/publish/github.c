#include "publish/github.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"

#define CALL_MINIMUM_MS 20     /* with less time left nothing is sent: timers end a little early */
#define WRITE_INTERVAL_MS 1000 /* between the end of one write and the start of the next */
#define NAME_LIMIT_BYTES 100   /* of an owner or repository */
#define MESSAGE_COLUMNS 160    /* of GitHub's own words in an error */
#define COMMENTS_A_PAGE 100

/* One request and what came of it. */
struct call {
	enum request_kind kind;
	struct http_request request;
	struct http_answer answer;
	json_t *document;   /* of the answer, owned; NULL: no body or not JSON */
	bool body_required; /* a 2xx without well-formed JSON is no answer */
};

static void call_release(struct call *call)
{
	json_decref(call->document);
	http_answer_release(&call->answer);
}

static int64_t system_now_ms(void *context)
{
	(void)context;
	return clock_monotonic_ns() / 1000000;
}

static void system_wait_ms(void *context, int64_t duration_ms)
{
	(void)context;
	struct timespec rest = {duration_ms / 1000, (long)(duration_ms % 1000) * 1000000};
	while (nanosleep(&rest, &rest) != 0 && errno == EINTR) {
	}
}

const struct github_clock github_system_clock = {NULL, system_now_ms, system_wait_ms};

static bool name_is_valid(const char *name)
{
	if (text_is_empty(name) || text_equal(name, ".") || text_equal(name, ".."))
		return false;
	size_t length =
		strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
	return name[length] == '\0' && length <= NAME_LIMIT_BYTES;
}

bool github_sha_is_valid(const char *sha)
{
	if (!sha)
		return false;
	size_t length = strspn(sha, "0123456789abcdefABCDEF");
	return sha[length] == '\0' && (length == 40 || length == 64);
}

bool github_open(struct github *github, const struct github_access *access,
	const struct github_clock *clock, struct error *error)
{
	*github = (struct github){.clock = *clock, .last_write_ms = INT64_MIN};
	if (!name_is_valid(access->owner) || !name_is_valid(access->repository))
		return error_set(error, ERROR_API_REFUSED,
			"the repository is not named as OWNER/NAME in GITHUB_REPOSITORY");
	if (!http_open(access->api_url, access->token, &github->http, error))
		return false;
	struct buffer path = BUFFER_INIT;
	buffer_printf(&path, "/repos/%s/%s", access->owner, access->repository);
	github->repository_path = path.bytes;
	return true;
}

void github_close(struct github *github)
{
	http_close(github->http);
	free(github->repository_path);
	*github = (struct github){0};
}

void github_set_time_limit(struct github *github, int64_t limit_ms)
{
	github->deadline_ms = github->clock.now_ms(github->clock.context) + limit_ms;
}

static int64_t remaining_ms(const struct github *github)
{
	return github->deadline_ms - github->clock.now_ms(github->clock.context);
}

static void wait_ms(const struct github *github, int64_t duration_ms)
{
	if (duration_ms > 0)
		github->clock.wait_ms(github->clock.context, duration_ms);
}

/* GitHub's own sentence from an error's body; NULL: none. */
static const char *call_message(const struct call *call)
{
	return json_string_value(json_object_get(call->document, "message"));
}

static bool message_has(const struct call *call, const char *words)
{
	const char *message = call_message(call);
	return message && strcasestr(message, words);
}

static void call_parse(struct call *call)
{
	json_decref(call->document);
	call->document = NULL;
	const struct buffer *body = &call->answer.body;
	if (call->answer.fault == HTTP_FAULT_NONE && body->size > 0)
		call->document = json_loadb(body->bytes, body->size, 0, NULL);
}

static struct request_outcome call_outcome(const struct call *call)
{
	const struct http_answer *answer = &call->answer;
	bool success = answer->status >= 200 && answer->status < 300;
	bool garbled = success && call->body_required && !call->document;
	enum http_fault fault = answer->fault;
	return (struct request_outcome){
		.answered = fault == HTTP_FAULT_NONE && !garbled,
		.hopeless = fault == HTTP_FAULT_UNTRUSTED || fault == HTTP_FAULT_REDIRECT ||
			    fault == HTTP_FAULT_TOO_LARGE,
		.maybe_applied = garbled || fault == HTTP_FAULT_CUT || fault == HTTP_FAULT_SLOW,
		.status = answer->status,
		.integration = message_has(call, "Resource not accessible by"),
		.mentions_limit = message_has(call, "rate limit") || message_has(call, "abuse"),
		.retry_after_s = answer->retry_after_s,
		.remaining = answer->rate_remaining,
		.reset_s = answer->rate_reset_s,
	};
}

/* Says in *error what went wrong; never with the token. */
static void call_explain(const struct github *github, const struct call *call, struct error *error)
{
	const struct http_answer *answer = &call->answer;
	if (answer->problem) {
		error_set(error, ERROR_NETWORK, "%s", answer->problem);
		return;
	}
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	const char *message = call_message(call);
	if (message) {
		CLEANUP(buffer_release) struct buffer clean = BUFFER_INIT;
		CLEANUP(buffer_release) struct buffer visible = BUFFER_INIT;
		http_append_without_token(github->http, &clean, message);
		text_append_visible(&visible, buffer_text(&clean), clean.size);
		buffer_append_text(&text, ": ");
		text_append_shortened(&text, buffer_text(&visible), MESSAGE_COLUMNS);
	} else if (answer->status >= 200 && answer->status < 300) {
		buffer_append_text(&text, " with a body that is not JSON");
	}
	for (size_t i = 0; i < text.size; i++)
		text.bytes[i] = (char)(text.bytes[i] == '\n' ? ' ' : text.bytes[i]);
	error_set(error, ERROR_API_REFUSED, "GitHub answered %ld%s", answer->status,
		buffer_text(&text));
}

static enum github_result call_result(enum retry_action action, const struct call *call)
{
	switch (action) {
	case RETRY_DONE:
		return GITHUB_OK;
	case RETRY_REFUSED:
		if (call->answer.status == 403 && message_has(call, "Resource not accessible by"))
			return GITHUB_READ_ONLY;
		return GITHUB_REFUSED;
	case RETRY_LIMITED:
		return GITHUB_LIMITED;
	case RETRY_LOOK:
		return GITHUB_UNCERTAIN;
	case RETRY_AGAIN:
	case RETRY_NO_TIME:
	case RETRY_ACTION_COUNT:
		break;
	}
	return GITHUB_UNREACHABLE;
}

static void wait_before_write(const struct github *github, enum request_kind kind)
{
	if (kind == REQUEST_READ || github->last_write_ms == INT64_MIN)
		return;
	int64_t now_ms = github->clock.now_ms(github->clock.context);
	int64_t interval_ms = github->last_write_ms + WRITE_INTERVAL_MS - now_ms;
	/* At the end of the time, close together is better than not at all. */
	int64_t half_ms = remaining_ms(github) / 2;
	wait_ms(github, interval_ms < half_ms ? interval_ms : half_ms);
}

static enum github_result github_call(struct github *github, struct call *call, struct error *error)
{
	call->request.once = call->kind == REQUEST_CREATE;
	if (call->request.body)
		call->request.body_size = strlen(call->request.body);
	for (uint32_t attempt = 1;; attempt++) {
		wait_before_write(github, call->kind);
		call->request.time_limit_ms = remaining_ms(github);
		if (call->request.time_limit_ms < CALL_MINIMUM_MS) {
			if (attempt == 1)
				error_set(error, ERROR_NETWORK, "the time for reporting was over");
			return GITHUB_UNREACHABLE;
		}
		http_send(github->http, &call->request, &call->answer);
		if (call->kind != REQUEST_READ)
			github->last_write_ms = github->clock.now_ms(github->clock.context);
		call_parse(call);
		struct request_outcome outcome = call_outcome(call);
		struct retry_moment moment = {
			attempt, clock_realtime_ms() / 1000, remaining_ms(github)};
		struct retry_decision decision = retry_decide(&outcome, call->kind, &moment);
		if (decision.action == RETRY_DONE)
			return GITHUB_OK;
		call_explain(github, call, error);
		wait_ms(github, decision.wait_ms);
		if (decision.action != RETRY_AGAIN)
			return call_result(decision.action, call);
	}
}

static void body_add(struct buffer *body, const char *key, const char *value)
{
	if (!value)
		return;
	buffer_append_text(body, body->size == 0 ? "{" : ",");
	json_append_text(body, key);
	buffer_append_byte(body, ':');
	json_append_text(body, value);
}

enum github_result github_status_create(
	struct github *github, const struct github_status *status, struct error *error)
{
	CLEANUP(buffer_release) struct buffer path = BUFFER_INIT;
	CLEANUP(buffer_release) struct buffer body = BUFFER_INIT;
	buffer_printf(&path, "%s/statuses/%s", github->repository_path, status->sha);
	body_add(&body, "state", status->state);
	body_add(&body, "context", status->context);
	body_add(&body, "description", status->description);
	body_add(&body, "target_url", status->target_url);
	buffer_append_byte(&body, '}');
	CLEANUP(call_release)
	struct call call = {.kind = REQUEST_REPEATABLE,
		.request = {HTTP_POST, .path = path.bytes, .body = body.bytes}};
	return github_call(github, &call, error);
}

static uint64_t pull_choose(const json_t *pulls, const char *sha)
{
	uint64_t only = 0;
	size_t open_count = 0;
	for (size_t i = 0; i < json_array_size(pulls); i++) {
		const json_t *pull = json_array_get(pulls, i);
		json_int_t number = json_integer_value(json_object_get(pull, "number"));
		const char *state = json_string_value(json_object_get(pull, "state"));
		const json_t *head = json_object_get(pull, "head");
		const char *head_sha = json_string_value(json_object_get(head, "sha"));
		if (number <= 0 || !text_equal(state, "open"))
			continue;
		if (text_equal(head_sha, sha))
			return (uint64_t)number;
		only = (uint64_t)number;
		open_count++;
	}
	return open_count == 1 ? only : 0;
}

enum github_result github_pull_of_commit(
	struct github *github, const char *sha, uint64_t *number, struct error *error)
{
	CLEANUP(buffer_release) struct buffer path = BUFFER_INIT;
	buffer_printf(&path, "%s/commits/%s/pulls?per_page=100", github->repository_path, sha);
	CLEANUP(call_release)
	struct call call = {.kind = REQUEST_READ,
		.body_required = true,
		.request = {HTTP_GET, .path = path.bytes}};
	*number = 0;
	enum github_result result = github_call(github, &call, error);
	if (result == GITHUB_OK)
		*number = pull_choose(call.document, sha);
	return result;
}

enum github_result github_login(struct github *github, struct buffer *login, struct error *error)
{
	CLEANUP(call_release)
	struct call call = {.kind = REQUEST_READ,
		.body_required = true,
		.request = {HTTP_GET, .path = "/user"}};
	enum github_result result = github_call(github, &call, error);
	const char *name = json_string_value(json_object_get(call.document, "login"));
	if (result == GITHUB_OK && !name) {
		error_set(error, ERROR_API_REFUSED, "GitHub did not say whose token this is");
		return GITHUB_REFUSED;
	}
	if (result == GITHUB_OK)
		buffer_append_text(login, name);
	return result;
}

/* False: take() has seen enough. */
static bool comments_take(const json_t *comments,
	bool (*take)(void *context, const struct github_comment *comment), void *context)
{
	for (size_t i = 0; i < json_array_size(comments); i++) {
		const json_t *item = json_array_get(comments, i);
		const json_t *user = json_object_get(item, "user");
		json_int_t id = json_integer_value(json_object_get(item, "id"));
		struct github_comment comment = {
			.id = id > 0 ? (uint64_t)id : 0,
			.author = json_string_value(json_object_get(user, "login")),
			.body = json_string_value(json_object_get(item, "body")),
		};
		if (comment.id != 0 && comment.author && comment.body && !take(context, &comment))
			return false;
	}
	return true;
}

enum github_result github_comments_list(struct github *github, uint64_t pull,
	bool (*take)(void *context, const struct github_comment *comment), void *context,
	struct error *error)
{
	CLEANUP(buffer_release) struct buffer query = BUFFER_INIT;
	CLEANUP(buffer_release) struct buffer path = BUFFER_INIT;
	buffer_printf(&query, "per_page=%d", COMMENTS_A_PAGE);
	for (int page = 0; page < GITHUB_PAGE_LIMIT; page++) {
		buffer_clear(&path);
		buffer_printf(&path, "%s/issues/%" PRIu64 "/comments?%s", github->repository_path,
			pull, query.bytes);
		CLEANUP(call_release)
		struct call call = {.kind = REQUEST_READ,
			.body_required = true,
			.request = {HTTP_GET, .path = path.bytes}};
		enum github_result result = github_call(github, &call, error);
		if (result != GITHUB_OK)
			return result;
		if (!json_is_array(call.document)) {
			error_set(error, ERROR_API_REFUSED, "GitHub's list of comments is no list");
			return GITHUB_REFUSED;
		}
		if (!comments_take(call.document, take, context) ||
			call.answer.next_query.size == 0)
			return GITHUB_OK;
		buffer_clear(&query);
		buffer_append_text(&query, buffer_text(&call.answer.next_query));
	}
	error_set(error, ERROR_API_REFUSED, "the pull request has more than %d comments",
		GITHUB_PAGE_LIMIT * COMMENTS_A_PAGE);
	return GITHUB_REFUSED;
}

static enum github_result comment_send(struct github *github, struct call *call, const char *body,
	struct buffer *author, struct error *error)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	body_add(&text, "body", body);
	buffer_append_byte(&text, '}');
	call->request.body = text.bytes;
	enum github_result result = github_call(github, call, error);
	const json_t *user = json_object_get(call->document, "user");
	const char *login = json_string_value(json_object_get(user, "login"));
	if (result == GITHUB_OK && author && login)
		buffer_append_text(author, login);
	return result;
}

enum github_result github_comment_create(struct github *github, uint64_t pull, const char *body,
	struct buffer *author, struct error *error)
{
	CLEANUP(buffer_release) struct buffer path = BUFFER_INIT;
	buffer_printf(&path, "%s/issues/%" PRIu64 "/comments", github->repository_path, pull);
	CLEANUP(call_release)
	struct call call = {.kind = REQUEST_CREATE, .request = {HTTP_POST, .path = path.bytes}};
	return comment_send(github, &call, body, author, error);
}

enum github_result github_comment_update(
	struct github *github, uint64_t id, const char *body, struct error *error)
{
	CLEANUP(buffer_release) struct buffer path = BUFFER_INIT;
	buffer_printf(&path, "%s/issues/comments/%" PRIu64, github->repository_path, id);
	CLEANUP(call_release)
	struct call call = {
		.kind = REQUEST_REPEATABLE, .request = {HTTP_PATCH, .path = path.bytes}};
	return comment_send(github, &call, body, NULL, error);
}
