#include "checkpoint/push_address.h"

#include <ctype.h>
#include <git2.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "checkpoint/git_failure.h"

static const char *default_port(const char *scheme)
{
	return text_equal(scheme, "https") ? ":443" : ":80";
}

const char *url_origin(const char *url, struct arena *arena)
{
	const char *mark = strstr(url, "://");
	const char *host;
	char *scheme;
	char *authority;
	char *user;

	if (!mark)
		return NULL;
	scheme = arena_copy_bytes(arena, url, (size_t)(mark - url));
	for (char *at = scheme; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	if (!text_equal(scheme, "http") && !text_equal(scheme, "https"))
		return NULL;
	host = mark + 3;
	authority = arena_copy_bytes(arena, host, strcspn(host, "/?#\\"));
	user = strrchr(authority, '@');
	if (user)
		authority = user + 1;
	for (char *at = authority; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	if (text_ends_with(authority, default_port(scheme)))
		authority[strlen(authority) - strlen(default_port(scheme))] = '\0';
	return *authority ? arena_format(arena, "%s://%s", scheme, authority) : NULL;
}

static bool url_has_user(const char *url)
{
	const char *host = strstr(url, "://") + 3;

	return memchr(host, '@', strcspn(host, "/?#")) != NULL;
}

/* git takes a relative path from the work tree; our git folder is elsewhere. */
static const char *absolute_url(git_repository *repository, const char *url, struct arena *arena)
{
	const char *base = git_repository_workdir(repository);
	size_t first_part = strcspn(url, "/:");

	if (url[0] == '/' || url[first_part] == ':')
		return arena_copy_text(arena, url);
	return path_join(arena, base ? base : git_repository_path(repository), url);
}

static const char *configured(git_config *configuration, struct arena *arena, const char *key)
{
	const char *value = NULL;

	if (git_config_get_string(&value, configuration, key) < 0 || text_is_empty(value))
		return NULL;
	return arena_copy_text(arena, value);
}

/*
 * url.<BASE>.insteadOf (or pushInsteadOf): the longest value that begins the address is replaced
 * by BASE. libgit2 can do it too, but leaks with each key it looks at (1.5).
 */
static const char *rewrite(
	git_config *configuration, const char *url, const char *ending, struct arena *arena)
{
	git_config_iterator *iterator = NULL;
	git_config_entry *entry = NULL;
	size_t longest = 0;
	const char *rewritten = url;

	if (git_config_iterator_new(&iterator, configuration) < 0)
		return url;
	while (git_config_next(&entry, iterator) == 0) {
		size_t name = strlen(entry->name);
		size_t length = entry->value ? strlen(entry->value) : 0;

		if (length <= longest || !text_starts_with(entry->name, "url.") ||
			!text_ends_with(entry->name, ending) || name <= 4 + strlen(ending) ||
			!text_starts_with(url, entry->value))
			continue;
		longest = length;
		rewritten = arena_format(arena, "%.*s%s", (int)(name - 4 - strlen(ending)),
			entry->name + 4, url + length);
	}
	git_config_iterator_free(iterator);
	return rewritten;
}

static bool read_url(git_repository *repository, const char *name, struct arena *arena,
	struct push_address *address, struct error *error)
{
	git_config *configuration = NULL;
	int result = git_repository_config_snapshot(&configuration, repository);
	const char *url;

	if (result < 0)
		return git_failure(error, result, "cannot read git's configuration");
	url = configured(configuration, arena, arena_format(arena, "remote.%s.pushurl", name));
	if (url) {
		url = rewrite(configuration, url, ".insteadof", arena);
	} else {
		url = configured(configuration, arena, arena_format(arena, "remote.%s.url", name));
		if (url) {
			const char *pushed = rewrite(configuration, url, ".pushinsteadof", arena);
			url = pushed != url ? pushed
					    : rewrite(configuration, url, ".insteadof", arena);
		}
	}
	if (url) {
		address->url = absolute_url(repository, url, arena);
		address->origin = url_origin(address->url, arena);
		address->has_user = address->origin && url_has_user(address->url);
	}
	git_config_free(configuration);
	return true;
}

/*
 * Whether the URL in http.<URL>.extraheader covers the address: the same origin, and a path that
 * is a whole-component prefix of the address's.
 */
static bool covers(const char *pattern, const struct push_address *address, struct arena *arena)
{
	const char *origin = url_origin(pattern, arena);
	const char *path;
	const char *own_path;
	size_t length;

	if (!origin || !text_equal(origin, address->origin))
		return false;
	path = strchr(strstr(pattern, "://") + 3, '/');
	own_path = strchr(strstr(address->url, "://") + 3, '/');
	length = path ? strlen(path) : 0;
	while (length > 0 && path[length - 1] == '/')
		length--;
	if (length == 0)
		return true;
	return own_path && strncmp(path, own_path, length) == 0 &&
	       (own_path[length] == '/' || own_path[length] == '\0');
}

static void add_header(struct push_address *address, const char *header)
{
	if (address->header_count < PUSH_HEADERS_MAXIMUM)
		address->headers[address->header_count++] = header;
}

static void take_header(
	const git_config_entry *entry, struct arena *arena, struct push_address *address)
{
	static const char ending[] = ".extraheader";
	const char *pattern = entry->name + sizeof("http.") - 1;
	size_t length = strlen(entry->name);

	if (!text_starts_with(entry->name, "http.") || !text_ends_with(entry->name, ending) ||
		length <= sizeof("http") + sizeof(ending))
		return;
	length -= sizeof("http.") - 1 + sizeof(ending) - 1;
	if (!covers(arena_copy_bytes(arena, pattern, length), address, arena))
		return;
	if (text_is_empty(entry->value)) /* empty: forgets the ones before, as in git */
		address->header_count = 0;
	else
		add_header(address, arena_copy_text(arena, entry->value));
}

static bool read_headers(git_repository *repository, struct arena *arena,
	struct push_address *address, struct error *error)
{
	git_config *configuration = NULL;
	git_config_iterator *iterator = NULL;
	git_config_entry *entry = NULL;
	int result = git_repository_config_snapshot(&configuration, repository);

	if (result == 0)
		result = git_config_iterator_new(&iterator, configuration);
	while (result == 0 && (result = git_config_next(&entry, iterator)) == 0)
		take_header(entry, arena, address);
	git_config_iterator_free(iterator);
	git_config_free(configuration);
	return result == GIT_ITEROVER || result == 0 ||
	       git_failure(error, result, "cannot read git's configuration");
}

static void take_token(const char *token, struct arena *arena, struct push_address *address)
{
	CLEANUP(buffer_release) struct buffer plain = BUFFER_INIT;
	CLEANUP(buffer_release) struct buffer header = BUFFER_INIT;

	buffer_printf(&plain, "x-access-token:%s", token);
	buffer_append_text(&header, "AUTHORIZATION: basic ");
	base64_append(&header, (const unsigned char *)buffer_text(&plain), plain.size);
	add_header(address, arena_copy_text(arena, buffer_text(&header)));
	explicit_bzero(plain.bytes, plain.size);
	explicit_bzero(header.bytes, header.size);
}

bool push_address_read(const char *git_folder, const char *remote_name, const char *token,
	const char *server_url, struct arena *arena, struct push_address *address,
	struct error *error)
{
	git_repository *repository = NULL;
	bool done;
	int result;

	*address = (struct push_address){0};
	git_libgit2_init();
	result = git_repository_open_ext(
		&repository, git_folder, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL);
	if (result < 0) {
		git_failure(error, result, "cannot open the repository %s", git_folder);
		git_libgit2_shutdown();
		return false;
	}
	address->common_folder = arena_copy_text(arena, git_repository_commondir(repository));
	done = read_url(repository, remote_name, arena, address, error);
	if (done && address->origin && !text_is_empty(token) && server_url &&
		text_equal(url_origin(server_url, arena), address->origin))
		take_token(token, arena, address);
	else if (done && address->origin)
		done = read_headers(repository, arena, address, error);
	git_repository_free(repository);
	git_libgit2_shutdown();
	return done;
}
