#include <git2.h>
#include <string.h>

#include "base/parse.h"
#include "base/text.h"
#include "checkpoint/git_failure.h"
#include "checkpoint/repository.h"

/* The identity that GitHub gives to commits made by workflows. */
#define BOT_NAME "github-actions[bot]"
#define BOT_EMAIL "41898282+github-actions[bot]@users.noreply.github.com"

const char *environment_value(const char *const *environment, const char *name)
{
	size_t length = strlen(name);

	for (; environment && *environment; environment++)
		if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
			return (*environment)[length + 1] ? *environment + length + 1 : NULL;
	return NULL;
}

static const char *configured(
	struct checkpointer *checkpointer, git_config *configuration, const char *key)
{
	const char *value = NULL;

	if (git_config_get_string(&value, configuration, key) < 0 || text_is_empty(value))
		return NULL;
	return arena_copy_text(&checkpointer->arena, value);
}

static const char *variable_or(struct checkpointer *checkpointer, const char *const *environment,
	const char *variable, const char *otherwise)
{
	const char *value = environment_value(environment, variable);

	return value ? arena_copy_text(&checkpointer->arena, value) : otherwise;
}

static bool read_time(
	struct identity *identity, const char *const *environment, struct error *error)
{
	const char *date = environment_value(environment, "SOURCE_DATE_EPOCH");
	uint64_t seconds;

	identity->time_s = -1;
	if (!date)
		return true;
	if (!parse_unsigned(date, INT64_MAX / 1000, &seconds))
		return error_set(error, ERROR_USAGE,
			"SOURCE_DATE_EPOCH is \"%.40s\", not a number of seconds", date);
	identity->time_s = (int64_t)seconds;
	return true;
}

bool identity_read(
	struct checkpointer *checkpointer, const char *const *environment, struct error *error)
{
	struct identity *identity = &checkpointer->identity;
	git_config *configuration = NULL;
	int result = git_repository_config_snapshot(&configuration, checkpointer->repository);
	const char *name;
	const char *email;

	if (result < 0)
		return git_failure(error, result, "cannot read git's configuration");
	name = configured(checkpointer, configuration, "user.name");
	email = configured(checkpointer, configuration, "user.email");
	git_config_free(configuration);
	/* Half an identity would mix two people. */
	if (!name || !email) {
		name = BOT_NAME;
		email = BOT_EMAIL;
	}
	identity->author_name = variable_or(checkpointer, environment, "GIT_AUTHOR_NAME", name);
	identity->author_email = variable_or(checkpointer, environment, "GIT_AUTHOR_EMAIL", email);
	identity->committer_name =
		variable_or(checkpointer, environment, "GIT_COMMITTER_NAME", name);
	identity->committer_email =
		variable_or(checkpointer, environment, "GIT_COMMITTER_EMAIL", email);
	if (!read_time(identity, environment, error))
		return false;
	/* The reference logs name the committer too. */
	result = git_repository_set_ident(
		checkpointer->repository, identity->committer_name, identity->committer_email);
	return result == 0 || git_failure(error, result, "cannot use the identity of commits");
}
