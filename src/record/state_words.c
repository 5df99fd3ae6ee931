/* What is read of a commit's state before a run is made of it: words, origin, parameters. */
#include <string.h>

#include "base/hash.h"
#include "base/index.h"
#include "record/run_state.h"

static int hex_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* In place; NULL for "-". */
static char *decode(char *word)
{
	char *to = word;

	if (strcmp(word, "-") == 0)
		return NULL;
	for (const char *from = word; *from; from++) {
		int high = *from == '%' && from[1] ? hex_value(from[1]) : -1;
		int low = high >= 0 && from[2] ? hex_value(from[2]) : -1;

		if (*from == '%' && !from[1])
			continue;
		if (low > 0 || (low == 0 && high > 0)) {
			*to++ = (char)(high * 16 + low);
			from += 2;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
	return word;
}

uint32_t state_words(char *line, char *words[STATE_WORDS_AT_MOST])
{
	uint32_t count = 0;
	char *rest = line;

	while (rest && count < STATE_WORDS_AT_MOST)
		words[count++] = strsep(&rest, " ");
	for (uint32_t i = 1; i < count; i++)
		words[i] = decode(words[i]);
	return count;
}

bool record_state_origin(const char *text, struct arena *arena, struct run_state_origin *origin)
{
	char *words[STATE_WORDS_AT_MOST];
	char *line = arena_copy_bytes(arena, text, strcspn(text, "\n"));
	uint32_t count = state_words(line, words);

	if (count < 4 || strcmp(words[0], STATE_WORD) != 0 || !words[1] ||
		strcmp(words[1], STATE_FORM) != 0)
		return false;
	*origin = (struct run_state_origin){.run_id = words[2],
		.previous_commit = words[3],
		.record = count > 4 ? words[4] : NULL};
	return origin->run_id != NULL;
}

void state_parameter_fill(
	struct state_parameter *parameter, const char *run_id, const char *name, const char *value)
{
	struct hash hash;
	char digest[HASH_TEXT_SIZE];

	hash_start(&hash);
	hash_add_text(&hash, run_id);
	hash_add_text(&hash, name);
	hash_add_text(&hash, value);
	hash_finish(&hash, digest);
	*parameter = (struct state_parameter){.name = name};
	memcpy(parameter->digest, digest, STATE_DIGEST_SIZE - 1);
}

uint32_t record_state_parameters(
	const char *text, struct arena *arena, struct state_parameter **parameters)
{
	char *rest = arena_copy_text(arena, text);
	uint32_t count = 0;
	uint32_t line_count = 0;

	for (const char *at = text; *at; at++)
		line_count += *at == '\n';
	*parameters = ARENA_ARRAY(arena, struct state_parameter, line_count + 1);
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
		char *words[STATE_WORDS_AT_MOST];

		if (state_words(line, words) < 3 || strcmp(words[0], "parameter") != 0 ||
			!words[1] || !words[2])
			continue;
		(*parameters)[count].name = words[1];
		strncat((*parameters)[count++].digest, words[2], STATE_DIGEST_SIZE - 1);
	}
	return count;
}
