#ifndef WAVETRAIN_CONTRACT_SCHEMA_URI_H
#define WAVETRAIN_CONTRACT_SCHEMA_URI_H

#include "base/arena.h"

/*
 * The reference as an absolute URI (RFC 3986, section 5.2), without its fragment; the fragment as
 * it is written, "" where there is none. All texts are the arena's.
 */
const char *schema_uri_resolve(
	struct arena *arena, const char *base, const char *reference, const char **fragment);

/* %XX become bytes; anything else stays. */
char *schema_uri_decode(struct arena *arena, const char *text);

/* file:///… of an absolute path, and the path of such a URI (NULL: another scheme or host). */
const char *schema_uri_of_file(struct arena *arena, const char *path);
const char *schema_uri_file(struct arena *arena, const char *uri);

#endif
