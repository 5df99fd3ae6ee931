#include "load/checkpoint_tables.h"

#include <string.h>

#include "base/parse.h"
#include "base/text.h"
#include "model/pipeline.h"

#define EVERY_SCHEMA                                                                               \
	"{\"anyOf\":[{\"$ref\":\"#/$defs/text\"},"                                                 \
	"{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/text\"}}]}"

static const char *push_word(size_t place)
{
	return place < PUSH_COUNT ? push_policy_name((enum push_policy)place) : NULL;
}

/* "25%": a whole number from 1 to 100. */
static bool read_percent(const char *text, uint32_t *percent)
{
	size_t length = strlen(text);
	uint32_t number = 0;
	if (length < 2 || length > 4 || text[length - 1] != '%')
		return false;
	for (size_t i = 0; i + 1 < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		number = number * 10 + (uint32_t)(text[i] - '0');
	}
	*percent = number;
	return number >= 1 && number <= 100;
}

static bool read_occasion(const char *text, struct checkpoint_settings *settings)
{
	if (text_equal(text, "wave"))
		return true;
	if (read_percent(text, &settings->every_percent))
		return true;
	return parse_duration(text, &settings->every_ms) &&
	       settings->every_ms >= CHECKPOINT_LEAST_INTERVAL_MS;
}

static void decode_every(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	struct checkpoint_settings *settings = owner;
	uint32_t count = decode_item_count(decoder, field, node);
	settings->has_every = true;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t item = decode_item(decoder, node, i);
		const char *text = decode_text(decoder, field, item);
		if (!text || read_occasion(text, settings))
			continue;
		static const char *const words[] = {"wave"};
		diagnostics_add_near(decoder->diagnostics, FINDING_BAD_VALUE,
			tree_where(decoder->tree, item), text_nearest(text, words, 1),
			"'every' takes 'wave', a duration of at least 1s such as 30m, and a "
			"percentage from 1%% to 100%%, not '%s'",
			shorten(decoder->arena, text));
	}
}

/* As `git check-ref-format --branch` has it. */
static bool is_branch_name(const char *name, struct arena *arena)
{
	static const char *const forbidden[] = {
		"..", "@{", "//", "/.", ".lock/", " ", "~", "^", ":", "?", "*", "[", "\\", "\177"};
	const char *framed;
	if (text_starts_with(name, "refs/heads/"))
		name += strlen("refs/heads/");
	framed = arena_format(arena, "/%s/", name);
	for (size_t i = 0; i < ARRAY_LENGTH(forbidden); i++)
		if (strstr(framed, forbidden[i]))
			return false;
	for (const char *at = name; *at; at++)
		if ((unsigned char)*at < ' ')
			return false;
	return *name != '-' && !text_ends_with(name, ".") && !text_equal(name, "HEAD");
}

static void check_branch(struct decoder *decoder, uint32_t node, const char *name)
{
	if (!*name)
		diagnostics_add(decoder->diagnostics, FINDING_BAD_VALUE,
			tree_where(decoder->tree, node), "'branch' must not be empty");
	else if (!is_branch_name(name, decoder->arena))
		diagnostics_add(decoder->diagnostics, FINDING_BAD_VALUE,
			tree_where(decoder->tree, node),
			"'branch' takes 'current', 'none' or a name that git allows for a branch, "
			"not '%s'",
			shorten(decoder->arena, name));
}

static void checkpoint_finish(struct decoder *decoder, uint32_t node, void *item)
{
	const struct checkpoint_settings *settings = item;
	uint32_t message = tree_find(decoder->tree, node, "message");
	uint32_t branch = tree_find(decoder->tree, node, "branch");
	if (message != INDEX_NONE && settings->message && !*settings->message)
		diagnostics_add(decoder->diagnostics, FINDING_BAD_VALUE,
			tree_where(decoder->tree, message), "'message' must not be empty");
	if (branch != INDEX_NONE && settings->branch)
		check_branch(decoder, branch, settings->branch);
}

static const struct yaml_field checkpoint_fields[] = {
	{.key = "commit",
		.kind = FIELD_BOOLEAN,
		.offset = offsetof(struct checkpoint_settings, commit),
		.shown_default = "true",
		.description = "Whether each finished wave becomes a commit."},
	{.key = "branch",
		.kind = FIELD_TEXT,
		.offset = offsetof(struct checkpoint_settings, branch),
		.shown_default = "current when a branch is checked out and clean, else none",
		.description = "Where the commits go: `current`, `none` (they are kept on the "
			       "run's own reference only), or the name of a branch."},
	{.key = "every",
		.kind = FIELD_CUSTOM,
		.decode = decode_every,
		.expected = "a list of 'wave', durations and percentages",
		.json_schema = EVERY_SCHEMA,
		.shown_default = "`[wave]`; with mode `frontier` `[30m, 25%]`",
		.description = "When else there is a commit while steps run: a duration, `30m`, "
			       "since the last one, or a percentage of the steps, `25%`. There is "
			       "always one after each wave; `[]` asks for no other."},
	{.key = "message",
		.kind = FIELD_TEXT,
		.flags = FIELD_PARAMETERS,
		.offset = offsetof(struct checkpoint_settings, message),
		.shown_default = "`" CHECKPOINT_DEFAULT_MESSAGE "`",
		.description = "First line of the commits. `{pipeline}`, `{what}`, `{groups}`, "
			       "`{run}` and the names of parameters in braces are replaced."},
	{.key = "push",
		.kind = FIELD_ENUM,
		.word = push_word,
		.offset = offsetof(struct checkpoint_settings, push),
		.shown_default = "auto",
		.description = "`auto`: each commit is pushed when there is a remote and a token. "
			       "`never`: nothing is pushed."},
	{.key = "max_file",
		.kind = FIELD_SIZE,
		.offset = offsetof(struct checkpoint_settings, max_file_bytes),
		.shown_default = "50MB",
		.description = "A wave that changed a larger file ends the run with an error that "
			       "names it: ignore the file, or raise this."},
};

const struct yaml_table checkpoint_table = {
	.noun = "section 'checkpoint'",
	.title = "Commits: `checkpoint`",
	.fields = checkpoint_fields,
	.field_count = ARRAY_LENGTH(checkpoint_fields),
	.item_bytes = sizeof(struct checkpoint_settings),
	.finish = checkpoint_finish,
};
