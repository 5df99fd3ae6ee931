#include "publish/http.h"

#include <assert.h>
#include <curl/curl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/index.h"
#include "base/parse.h"
#include "base/text.h"

/*
 * libcurl's easy interface, one handle for all calls so that the connection is kept. Redirects are
 * followed here and not by libcurl: the method stays, the host stays, so the token cannot leave.
 * Nothing that libcurl says in its error buffer is passed on; every fault has words of its own.
 */

#define TOKEN_LIMIT_BYTES 4096

static const char *const method_names[] = {"GET", "POST", "PATCH"};
static_assert(ARRAY_LENGTH(method_names) == HTTP_METHOD_COUNT, "a name for every method");

static const char *const fault_problems[] = {
	NULL,
	"no connection could be made",
	"the server's certificate was not accepted",
	"the connection broke",
	"no answer came in time",
	"the answer was larger than 10 MiB",
	"it was redirected to another host",
};
static_assert(ARRAY_LENGTH(fault_problems) == HTTP_FAULT_COUNT, "words for every fault");

struct http_client {
	CURL *easy;
	struct curl_slist *headers; /* holds the token */
	char *base_url;             /* without a closing '/' */
	char *origin;               /* "https://host:port" */
	char *token;
	bool plain; /* http:, to this machine */
	uint32_t request_count;
};

/* What one transfer fills while it goes on. */
struct transfer {
	struct http_answer *answer;
	struct buffer location;
	bool retry_after_seen;
	bool too_large;
};

static void close_url(CURLU **url)
{
	curl_url_cleanup(*url);
}

static char *url_part(CURLU *url, CURLUPart part, unsigned int flags)
{
	char *text = NULL;
	if (curl_url_get(url, part, &text, flags) != CURLUE_OK)
		return NULL;
	return text;
}

static void free_part(char **text)
{
	curl_free(*text);
}

/* "scheme://host:port", on the heap; NULL for what is no http address. */
static char *url_origin(CURLU *url)
{
	CLEANUP(free_part) char *scheme = url_part(url, CURLUPART_SCHEME, 0);
	CLEANUP(free_part) char *host = url_part(url, CURLUPART_HOST, 0);
	CLEANUP(free_part) char *port = url_part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
	if (!scheme || !host || !port)
		return NULL;
	for (char *letter = host; *letter; letter++)
		*letter = (char)(*letter >= 'A' && *letter <= 'Z' ? *letter + 32 : *letter);
	struct buffer origin = BUFFER_INIT;
	buffer_printf(&origin, "%s://%s:%s", scheme, host, port);
	return origin.bytes;
}

static bool host_is_this_machine(const char *origin)
{
	static const char *const starts[] = {
		"http://127.0.0.1:", "http://[::1]:", "http://localhost:"};
	for (size_t i = 0; i < ARRAY_LENGTH(starts); i++) {
		if (text_starts_with(origin, starts[i]))
			return true;
	}
	return false;
}

static bool token_fits_header(const char *token)
{
	size_t size = strlen(token);
	for (size_t i = 0; i < size; i++) {
		if (token[i] < 0x21 || token[i] > 0x7E)
			return false;
	}
	return size > 0 && size <= TOKEN_LIMIT_BYTES;
}

static bool client_set_address(
	struct http_client *client, const char *base_url, struct error *error)
{
	CLEANUP(close_url) CURLU *url = curl_url();
	if (!url || curl_url_set(url, CURLUPART_URL, base_url, CURLU_DISALLOW_USER) != CURLUE_OK)
		return error_set(error, ERROR_NETWORK, "the API address is not a URL");
	CLEANUP(free_part) char *query = url_part(url, CURLUPART_QUERY, 0);
	CLEANUP(free_part) char *fragment = url_part(url, CURLUPART_FRAGMENT, 0);
	client->origin = url_origin(url);
	if (!client->origin || query || fragment)
		return error_set(error, ERROR_NETWORK, "the API address is not a plain URL");
	client->plain = text_starts_with(client->origin, "http://");
	if (client->plain && !host_is_this_machine(client->origin))
		return error_set(error, ERROR_NETWORK,
			"the API address does not start with https://, and the token would be "
			"readable on the way");
	if (!client->plain && !text_starts_with(client->origin, "https://"))
		return error_set(error, ERROR_NETWORK, "the API address is neither https nor http");
	struct buffer base = BUFFER_INIT;
	buffer_append_text(&base, base_url);
	while (base.size > 0 && base.bytes[base.size - 1] == '/')
		base.bytes[--base.size] = '\0';
	client->base_url = base.bytes;
	return true;
}

static void client_set_headers(struct http_client *client)
{
	static const char *const fixed[] = {
		"Accept: application/vnd.github+json",
		"X-GitHub-Api-Version: 2022-11-28",
		"Content-Type: application/json; charset=utf-8",
		"Expect:",
	};
	for (size_t i = 0; i < ARRAY_LENGTH(fixed); i++)
		client->headers = curl_slist_append(client->headers, fixed[i]);
	struct buffer authorization = BUFFER_INIT;
	buffer_printf(&authorization, "Authorization: Bearer %s", client->token);
	client->headers = curl_slist_append(client->headers, authorization.bytes);
	explicit_bzero(authorization.bytes, authorization.size);
	buffer_release(&authorization);
}

bool http_open(
	const char *base_url, const char *token, struct http_client **client, struct error *error)
{
	*client = NULL;
	if (!token_fits_header(token))
		return error_set(error, ERROR_API_REFUSED,
			"the token has characters that no token has; is it the whole secret, "
			"without quotes and line ends?");
	struct http_client *opened = heap_allocate(1, sizeof *opened);
	if (!client_set_address(opened, base_url, error)) {
		http_close(opened);
		return false;
	}
	struct buffer copy = BUFFER_INIT;
	buffer_append_text(&copy, token);
	opened->token = copy.bytes;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		opened->easy = curl_easy_init();
	if (!opened->easy) {
		http_close(opened);
		return error_set(error, ERROR_NETWORK, "libcurl could not be started");
	}
	client_set_headers(opened);
	*client = opened;
	return true;
}

void http_close(struct http_client *client)
{
	if (!client)
		return;
	if (client->easy)
		curl_easy_cleanup(client->easy);
	for (struct curl_slist *header = client->headers; header; header = header->next)
		explicit_bzero(header->data, strlen(header->data));
	curl_slist_free_all(client->headers);
	if (client->token)
		explicit_bzero(client->token, strlen(client->token));
	free(client->token);
	free(client->base_url);
	free(client->origin);
	free(client);
}

void http_answer_release(struct http_answer *answer)
{
	buffer_release(&answer->body);
	buffer_release(&answer->next_query);
}

static void answer_reset(struct http_answer *answer)
{
	buffer_clear(&answer->body);
	buffer_clear(&answer->next_query);
	answer->fault = HTTP_FAULT_NONE;
	answer->problem = NULL;
	answer->status = 0;
	answer->retry_after_s = -1;
	answer->rate_remaining = -1;
	answer->rate_reset_s = -1;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
	struct transfer *transfer = context;
	size_t total = size * count;
	if (total > HTTP_BODY_LIMIT_BYTES - transfer->answer->body.size) {
		transfer->too_large = true;
		return 0;
	}
	buffer_append(&transfer->answer->body, bytes, total);
	return total;
}

static bool header_value(const char *line, size_t size, const char *name, struct buffer *value)
{
	size_t length = strlen(name);
	if (size <= length || line[length] != ':' || strncasecmp(line, name, length) != 0)
		return false;
	size_t start = length + 1;
	while (start < size && (line[start] == ' ' || line[start] == '\t'))
		start++;
	while (size > start && (unsigned char)line[size - 1] <= ' ')
		size--;
	buffer_clear(value);
	buffer_append(value, line + start, size - start);
	return true;
}

static void take_number(const struct buffer *value, int64_t *result)
{
	uint64_t number;
	if (parse_unsigned(buffer_text(value), INT64_MAX, &number))
		*result = (int64_t)number;
}

static size_t take_header(char *line, size_t size, size_t count, void *context)
{
	struct transfer *transfer = context;
	struct http_answer *answer = transfer->answer;
	size_t total = size * count;
	CLEANUP(buffer_release) struct buffer value = BUFFER_INIT;
	if (header_value(line, total, "retry-after", &value)) {
		transfer->retry_after_seen = true;
	} else if (header_value(line, total, "x-ratelimit-remaining", &value)) {
		take_number(&value, &answer->rate_remaining);
	} else if (header_value(line, total, "x-ratelimit-reset", &value)) {
		take_number(&value, &answer->rate_reset_s);
	} else if (header_value(line, total, "link", &value)) {
		http_link_next(value.bytes, value.size, &answer->next_query);
	} else if (header_value(line, total, "location", &value)) {
		buffer_clear(&transfer->location);
		buffer_append(&transfer->location, value.bytes, value.size);
	}
	return total;
}

static enum http_fault fault_of(CURLcode code, const struct transfer *transfer)
{
	if (code == CURLE_OK)
		return HTTP_FAULT_NONE;
	if (transfer->too_large)
		return HTTP_FAULT_TOO_LARGE;
	if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY ||
		code == CURLE_COULDNT_CONNECT || code == CURLE_SSL_CONNECT_ERROR)
		return HTTP_FAULT_UNREACHABLE;
	if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
		code == CURLE_SSL_ISSUER_ERROR || code == CURLE_SSL_PINNEDPUBKEYNOTMATCH)
		return HTTP_FAULT_UNTRUSTED;
	return code == CURLE_OPERATION_TIMEDOUT ? HTTP_FAULT_SLOW : HTTP_FAULT_CUT;
}

static void answer_set_fault(struct http_answer *answer, enum http_fault fault)
{
	answer->fault = fault;
	answer->problem = fault_problems[fault];
	if (fault != HTTP_FAULT_NONE)
		answer->status = 0;
}

static void easy_prepare(struct http_client *client, const struct http_request *request,
	struct transfer *transfer, long time_limit_ms)
{
	CURL *easy = client->easy;
	curl_easy_reset(easy);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, client->plain ? "http" : "https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	/* A proxy would read a plain request with its token; TLS goes through one unread. */
	if (client->plain)
		curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "wavetrain/" WAVETRAIN_VERSION);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, client->headers);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, time_limit_ms);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
		time_limit_ms < HTTP_CONNECT_LIMIT_MS ? time_limit_ms : HTTP_CONNECT_LIMIT_MS);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
	if (request->body) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
	}
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method_names[request->method]);
	/* libcurl sends again by itself when a kept connection turns out to be dead. */
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, request->once ? 1L : 0L);
}

/* With CURLOPT_NOSIGNAL a server that hangs up can raise SIGPIPE out of OpenSSL's writes. */
static CURLcode perform_without_sigpipe(CURL *easy)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct sigaction saved;
	sigaction(SIGPIPE, &ignore, &saved);
	CURLcode code = curl_easy_perform(easy);
	sigaction(SIGPIPE, &saved, NULL);
	return code;
}

/* One hop. The location of a redirect stays in transfer. */
static void send_once(struct http_client *client, const struct http_request *request,
	const char *url, struct transfer *transfer, int64_t time_limit_ms)
{
	struct http_answer *answer = transfer->answer;
	answer_reset(answer);
	buffer_clear(&transfer->location);
	transfer->retry_after_seen = false;
	easy_prepare(client, request, transfer, (long)time_limit_ms);
	curl_easy_setopt(client->easy, CURLOPT_URL, url);
	client->request_count++;
	CURLcode code = perform_without_sigpipe(client->easy);
	curl_easy_getinfo(client->easy, CURLINFO_RESPONSE_CODE, &answer->status);
	curl_off_t retry_after_s = 0;
	curl_easy_getinfo(client->easy, CURLINFO_RETRY_AFTER, &retry_after_s);
	if (transfer->retry_after_seen)
		answer->retry_after_s = retry_after_s < 0 ? 0 : (int64_t)retry_after_s;
	answer_set_fault(answer, fault_of(code, transfer));
}

static bool is_redirect(long status)
{
	return status == 301 || status == 302 || status == 307 || status == 308;
}

/* Replaces *url by where the answer points. False: to another origin, or to no address at all. */
static bool redirect_follow(struct http_client *client, struct buffer *url, const char *location)
{
	CLEANUP(close_url) CURLU *next = curl_url();
	if (!next || curl_url_set(next, CURLUPART_URL, url->bytes, 0) != CURLUE_OK ||
		curl_url_set(next, CURLUPART_URL, location, CURLU_DISALLOW_USER) != CURLUE_OK)
		return false;
	char *origin = url_origin(next);
	bool same = text_equal(origin, client->origin);
	free(origin);
	CLEANUP(free_part) char *text = url_part(next, CURLUPART_URL, 0);
	if (!same || !text)
		return false;
	buffer_clear(url);
	buffer_append_text(url, text);
	return true;
}

void http_send(
	struct http_client *client, const struct http_request *request, struct http_answer *answer)
{
	int64_t limit_ms = request->time_limit_ms;
	if (limit_ms > HTTP_CALL_LIMIT_MS)
		limit_ms = HTTP_CALL_LIMIT_MS;
	int64_t end_ns = clock_monotonic_ns() + limit_ms * 1000000;
	struct transfer transfer = {.answer = answer};
	CLEANUP(buffer_release) struct buffer url = BUFFER_INIT;
	buffer_append_text(&url, client->base_url);
	buffer_append_text(&url, request->path);
	for (int hop = 0;; hop++) {
		int64_t left_ms = (end_ns - clock_monotonic_ns()) / 1000000;
		if (left_ms <= 0) {
			answer_reset(answer);
			answer_set_fault(answer, HTTP_FAULT_SLOW);
			break;
		}
		send_once(client, request, url.bytes, &transfer, left_ms);
		if (answer->fault != HTTP_FAULT_NONE || !is_redirect(answer->status))
			break;
		if (hop >= HTTP_REDIRECT_LIMIT ||
			!redirect_follow(client, &url, buffer_text(&transfer.location))) {
			answer_set_fault(answer, HTTP_FAULT_REDIRECT);
			break;
		}
	}
	buffer_release(&transfer.location);
}

uint32_t http_request_count(const struct http_client *client)
{
	return client->request_count;
}

void http_append_without_token(
	const struct http_client *client, struct buffer *buffer, const char *text)
{
	size_t length = strlen(client->token);
	for (const char *found; (found = strstr(text, client->token)); text = found + length) {
		buffer_append(buffer, text, (size_t)(found - text));
		buffer_append_text(buffer, "***");
	}
	buffer_append_text(buffer, text);
}
