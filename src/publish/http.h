#ifndef WAVETRAIN_PUBLISH_HTTP_H
#define WAVETRAIN_PUBLISH_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

/*
 * One server, spoken to over verified TLS (plain HTTP to this machine only). The token goes out in
 * the Authorization header, to this server alone, and appears nowhere else: no address, error or
 * log carries it.
 */
struct http_client;

#define HTTP_CONNECT_LIMIT_MS 10000
#define HTTP_CALL_LIMIT_MS 30000
#define HTTP_BODY_LIMIT_BYTES ((size_t)10 * 1024 * 1024)
#define HTTP_REDIRECT_LIMIT 5

/*
 * base_url: "https://api.github.com" or with a path, "https://ghe.example/api/v3". Both texts are
 * copied. False: an address that must not be used, or a token no header can carry.
 */
bool http_open(
	const char *base_url, const char *token, struct http_client **client, struct error *error);
void http_close(struct http_client *client);

enum http_method { HTTP_GET, HTTP_POST, HTTP_PATCH, HTTP_METHOD_COUNT };

struct http_request {
	enum http_method method;
	const char *path; /* after the base address: "/repos/…?per_page=100" */
	const char *body; /* JSON; NULL: none */
	size_t body_size;
	bool once;             /* never sent twice, not even over a connection that had died */
	int64_t time_limit_ms; /* for this call; more than HTTP_CALL_LIMIT_MS counts as that */
};

enum http_fault {
	HTTP_FAULT_NONE,
	HTTP_FAULT_UNREACHABLE, /* no connection: nothing was sent */
	HTTP_FAULT_UNTRUSTED,   /* the server's certificate was not accepted: nothing was sent */
	HTTP_FAULT_CUT,         /* the connection broke; the request may have arrived */
	HTTP_FAULT_SLOW,        /* the time was over; the request may have arrived */
	HTTP_FAULT_TOO_LARGE,   /* a body above the limit */
	HTTP_FAULT_REDIRECT,    /* sent to another host, or round and round */
	HTTP_FAULT_COUNT
};

struct http_answer {
	enum http_fault fault;
	const char *problem;      /* constant words for the fault; NULL: none */
	long status;              /* 0 unless fault is HTTP_FAULT_NONE */
	struct buffer body;       /* owned; released by http_answer_release() */
	int64_t retry_after_s;    /* -1: no such header; a date is turned into seconds from now */
	int64_t rate_remaining;   /* -1: no such header */
	int64_t rate_reset_s;     /* since 1970 UTC; -1: no such header */
	struct buffer next_query; /* query of the Link with rel="next"; empty: the last page */
};

void http_answer_release(struct http_answer *answer);

/* Sends and waits. Whatever happens is in *answer, which is overwritten. */
void http_send(
	struct http_client *client, const struct http_request *request, struct http_answer *answer);

/* How many requests went out, redirects counted. */
uint32_t http_request_count(const struct http_client *client);

/* Puts "***" in the place of the token wherever it stands in text. */
void http_append_without_token(
	const struct http_client *client, struct buffer *buffer, const char *text);

/*
 * The query ("page=2&per_page=100") of the rel="next" entry of a Link header (RFC 8288), appended
 * to query. False: there is none.
 */
bool http_link_next(const char *header, size_t size, struct buffer *query);

#endif
