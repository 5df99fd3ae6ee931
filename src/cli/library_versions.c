#include "cli/library_versions.h"

#include <curl/curl.h>
#include <git2.h>
#include <histedit.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <sqlite3.h>
#include <yaml.h>

void library_versions_append(struct buffer *buffer)
{
	int major, minor, revision;
	git_libgit2_version(&major, &minor, &revision);
	buffer_printf(buffer, "  libgit2 %d.%d.%d\n", major, minor, revision);
	buffer_printf(buffer, "  sqlite3 %s\n", sqlite3_libversion());
	buffer_printf(buffer, "  libyaml %s\n", yaml_get_version_string());
	buffer_printf(buffer, "  jansson %s\n", jansson_version_str());
	/* It does not say at run time; the number is that of its interface. */
	buffer_printf(buffer, "  libedit %d.%d\n", LIBEDIT_MAJOR, LIBEDIT_MINOR);
	buffer_printf(buffer, "  libcurl %s\n", curl_version_info(CURLVERSION_NOW)->version);
	buffer_printf(buffer, "  %s\n", OpenSSL_version(OPENSSL_VERSION));
}
