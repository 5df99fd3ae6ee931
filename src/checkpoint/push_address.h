#ifndef WAVETRAIN_CHECKPOINT_PUSH_ADDRESS_H
#define WAVETRAIN_CHECKPOINT_PUSH_ADDRESS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"

#define PUSH_HEADERS_MAXIMUM 8

/* Where a push goes and what authorises it, read once before any step runs. */
struct push_address {
	const char *url;    /* NULL: the repository has no such remote */
	const char *origin; /* "https://github.com" of an http address, without user; else NULL */
	bool has_user;      /* http: the address itself carries a user or password */
	const char *headers[PUSH_HEADERS_MAXIMUM]; /* "AUTHORIZATION: basic …", secret */
	int header_count;
	const char *common_folder; /* of the repository: objects, shallow */
};

/*
 * Reads the remote of the repository at git_folder: url.….insteadOf applied, includeIf followed.
 * The token becomes a header only when the address is on server_url's origin; without a token the
 * http.<url>.extraheader values that fit the address are taken. Texts belong to the arena.
 */
bool push_address_read(const char *git_folder, const char *remote_name, const char *token,
	const char *server_url, struct arena *arena, struct push_address *address,
	struct error *error);

/* "scheme://host[:port]" in lower case without user and default port; NULL unless http(s). */
const char *url_origin(const char *url, struct arena *arena);

#endif
