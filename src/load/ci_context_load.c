#include "load/ci_context_load.h"

#include <jansson.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/index.h"
#include "base/parse.h"
#include "base/text.h"

#define EVENT_LIMIT_BYTES ((size_t)25 << 20)
#define EVENT_LIMIT_VALUES 1000000u /* jansson takes some 100 bytes for each */

const char *const ci_token_variables[] = {"WAVETRAIN_TOKEN", "GITHUB_TOKEN", "INPUT_TOKEN", NULL};

struct reader {
	const char *const *environment;
	struct arena *arena;
	struct ci_context *context;
	const char *warning;
};

/* The value, or NULL when the variable is not set or empty. */
static const char *variable(const struct reader *reader, const char *name)
{
	size_t length = strlen(name);
	for (const char *const *at = reader->environment; at && *at; at++) {
		if (strncmp(*at, name, length) == 0 && (*at)[length] == '=')
			return (*at)[length + 1] ? arena_copy_text(reader->arena, *at + length + 1)
						 : NULL;
	}
	return NULL;
}

static const char *url_variable(const struct reader *reader, const char *name, const char *fallback)
{
	const char *value = variable(reader, name);
	if (!value)
		return fallback;
	size_t length = strlen(value);
	while (length > 0 && value[length - 1] == '/')
		length--;
	return arena_copy_bytes(reader->arena, value, length);
}

/* Names go into addresses: anything but what GitHub allows in them is taken for not known. */
static bool is_plain_name(const char *name)
{
	static const char bytes[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	return *name && *name != '.' && strspn(name, bytes) == strlen(name);
}

static bool is_object_id(const char *text)
{
	size_t length = text ? strlen(text) : 0;
	return (length == 40 || length == 64) && strspn(text, "0123456789abcdefABCDEF") == length;
}

static void read_repository(struct reader *reader)
{
	const char *value = variable(reader, "GITHUB_REPOSITORY");
	const char *slash = value ? strchr(value, '/') : NULL;
	if (!slash)
		return;
	const char *owner = arena_copy_bytes(reader->arena, value, (size_t)(slash - value));
	if (!is_plain_name(owner) || !is_plain_name(slash + 1)) {
		reader->warning = "GITHUB_REPOSITORY does not name a repository";
		return;
	}
	reader->context->owner = owner;
	reader->context->repository = slash + 1;
}

static void read_token(struct reader *reader)
{
	for (const char *const *name = ci_token_variables; *name; name++) {
		const char *token = variable(reader, *name);
		if (!token)
			continue;
		for (const char *at = token; *at; at++) {
			if (*at > ' ' && *at < 0x7f)
				continue;
			reader->warning = arena_format(reader->arena,
				"%s holds blanks or control characters and is not used", *name);
			return;
		}
		reader->context->token = token;
		return;
	}
}

static void read_environment(struct reader *reader)
{
	struct ci_context *context = reader->context;
	context->github_actions = text_equal(variable(reader, "GITHUB_ACTIONS"), "true");
	context->debug = text_equal(variable(reader, "RUNNER_DEBUG"), "1");
	context->api_url = url_variable(reader, "GITHUB_API_URL", "https://api.github.com");
	context->server_url = url_variable(reader, "GITHUB_SERVER_URL", "https://github.com");
	context->event_name = variable(reader, "GITHUB_EVENT_NAME");
	context->reference = variable(reader, "GITHUB_REF");
	context->actor = variable(reader, "GITHUB_ACTOR");
	context->step_summary_path = variable(reader, "GITHUB_STEP_SUMMARY");
	context->output_path = variable(reader, "GITHUB_OUTPUT");
	context->report_sha = variable(reader, "GITHUB_SHA");
	read_repository(reader);
	read_token(reader);
	const char *run_id = variable(reader, "GITHUB_RUN_ID");
	uint64_t number;
	if (run_id && context->owner && parse_unsigned(run_id, UINT64_MAX, &number))
		context->run_url = arena_format(reader->arena, "%s/%s/%s/actions/runs/%s",
			context->server_url, context->owner, context->repository, run_id);
}

/* Measured before jansson builds it: nine megabytes of "{}," would become hundreds. */
static bool is_affordable(const char *bytes, size_t size)
{
	uint32_t values = 0;
	bool in_text = false;
	for (size_t i = 0; i < size && values <= EVENT_LIMIT_VALUES; i++) {
		if (in_text && bytes[i] == '\\')
			i++;
		else if (bytes[i] == '"')
			in_text = !in_text;
		else if (!in_text && bytes[i] && strchr("{[,:", bytes[i]))
			values++;
	}
	return values <= EVENT_LIMIT_VALUES;
}

static json_t *read_event(struct reader *reader)
{
	const char *path = variable(reader, "GITHUB_EVENT_PATH");
	CLEANUP(buffer_release) struct buffer bytes = BUFFER_INIT;
	struct error error = {0};
	json_error_t json_error;
	if (!path)
		return NULL;
	if (!file_read(path, EVENT_LIMIT_BYTES, &bytes, &error)) {
		reader->warning =
			arena_format(reader->arena, "the event file was not used: %s", error.text);
		return NULL;
	}
	if (!is_affordable(buffer_text(&bytes), bytes.size)) {
		reader->warning = arena_format(reader->arena,
			"the event file %s was not used: it holds more than %u values", path,
			EVENT_LIMIT_VALUES);
		return NULL;
	}
	json_t *event = json_loadb(buffer_text(&bytes), bytes.size, 0, &json_error);
	if (json_is_object(event))
		return event;
	reader->warning = arena_format(reader->arena, "the event file %s was not used: %s", path,
		event ? "it is not a JSON object" : json_error.text);
	json_decref(event);
	return NULL;
}

/* A text at "a.b.c", copied; NULL: not there, not a text, or empty. */
static const char *text_at(const struct reader *reader, const json_t *object, const char *path)
{
	char key[64];
	const json_t *at = object;
	while (*path) {
		size_t length = strcspn(path, ".");
		memcpy(key, path, length);
		key[length] = '\0';
		at = json_object_get(at, key);
		path += length + (path[length] == '.');
	}
	const char *text = json_string_value(at);
	return text_is_empty(text) ? NULL : arena_copy_text(reader->arena, text);
}

static uint64_t number_of(const json_t *object)
{
	json_int_t number = json_integer_value(json_object_get(object, "number"));
	return number > 0 ? (uint64_t)number : 0;
}

/* A head whose repository was deleted is null in the event, and was not ours. */
static void read_pull_request(struct reader *reader, const json_t *pull_request)
{
	struct ci_context *context = reader->context;
	const char *head = text_at(reader, pull_request, "head.repo.full_name");
	const char *base = text_at(reader, pull_request, "base.repo.full_name");
	const char *sha = text_at(reader, pull_request, "head.sha");
	context->pull_request = number_of(pull_request);
	context->from_fork = !head || !text_equal(head, base);
	const char *base_sha = text_at(reader, pull_request, "base.sha");
	if (is_object_id(sha))
		context->report_sha = sha;
	if (is_object_id(base_sha))
		context->base_sha = base_sha;
	if (!context->from_fork && text_equal(context->event_name, "pull_request"))
		context->head_branch = text_at(reader, pull_request, "head.ref");
}

static void read_workflow_run(struct reader *reader, const json_t *workflow_run)
{
	struct ci_context *context = reader->context;
	const json_t *pull_requests = json_object_get(workflow_run, "pull_requests");
	const char *head = text_at(reader, workflow_run, "head_repository.full_name");
	const char *base = text_at(reader, workflow_run, "repository.full_name");
	const char *sha = text_at(reader, workflow_run, "head_sha");
	context->pull_request = number_of(json_array_get(pull_requests, 0));
	context->from_fork = !head || !text_equal(head, base);
	if (is_object_id(sha))
		context->report_sha = sha;
}

/* A comment on a pull request comes as one on an issue that has a `pull_request`. */
static void read_issue(struct reader *reader, const json_t *issue)
{
	if (json_is_object(json_object_get(issue, "pull_request")))
		reader->context->pull_request = number_of(issue);
}

/* Zeros stand for a branch that is new. */
static void read_push(struct reader *reader, const json_t *event)
{
	const char *before = text_at(reader, event, "before");
	if (is_object_id(before) && strspn(before, "0") != strlen(before))
		reader->context->base_sha = before;
}

static void read_merge_group(struct reader *reader, const json_t *merge_group)
{
	const char *head = text_at(reader, merge_group, "head_sha");
	const char *base = text_at(reader, merge_group, "base_sha");
	if (is_object_id(head))
		reader->context->report_sha = head;
	if (is_object_id(base))
		reader->context->base_sha = base;
}

static void apply_event(struct reader *reader, const json_t *event)
{
	const json_t *pull_request = json_object_get(event, "pull_request");
	const json_t *workflow_run = json_object_get(event, "workflow_run");
	const json_t *merge_group = json_object_get(event, "merge_group");
	if (json_is_object(pull_request))
		read_pull_request(reader, pull_request);
	else if (json_is_object(workflow_run))
		read_workflow_run(reader, workflow_run);
	else if (json_is_object(merge_group))
		read_merge_group(reader, merge_group);
	else if (text_equal(reader->context->event_name, "push"))
		read_push(reader, event);
	else
		read_issue(reader, json_object_get(event, "issue"));
}

void ci_context_load(const char *const *environment, struct arena *arena,
	struct ci_context *context, const char **warning)
{
	static const char branches[] = "refs/heads/";
	struct reader reader = {.environment = environment, .arena = arena, .context = context};
	*context = (struct ci_context){0};
	read_environment(&reader);
	if (text_equal(context->event_name, "push") && context->reference &&
		text_starts_with(context->reference, branches))
		context->head_branch = context->reference + strlen(branches);
	json_t *event = read_event(&reader);
	if (event)
		apply_event(&reader, event);
	json_decref(event);
	if (!is_object_id(context->report_sha))
		context->report_sha = NULL;
	*warning = reader.warning;
}
