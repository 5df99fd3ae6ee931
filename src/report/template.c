/*
 * First the source becomes an array of tokens in which the two ends of a section know each other;
 * then the tokens are walked with a stack of the values that the sections entered.
 */
#include "report/template.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/index.h"
#include "base/text.h"

enum token_kind {
	TOKEN_TEXT,
	TOKEN_VARIABLE,
	TOKEN_RAW,
	TOKEN_SECTION,
	TOKEN_INVERTED,
	TOKEN_END,
	TOKEN_COMMENT
};

struct token {
	enum token_kind kind;
	const char *text; /* the text itself, or the name; in the source */
	size_t size;
	uint32_t end; /* of a section: place of its TOKEN_END */
};

struct parser {
	const struct template_source *source;
	struct token *tokens; /* owned */
	uint32_t count;
	uint32_t capacity;
	uint32_t open[TEMPLATE_DEPTH_LIMIT]; /* sections not yet ended */
	uint32_t depth;
	struct error *error;
};

static uint32_t line_of(const struct template_source *source, const char *place)
{
	uint32_t line = 1;

	for (const char *at = source->text; at < place; at++)
		line += *at == '\n';
	return line;
}

static bool fault(struct parser *parser, const char *place, const char *message)
{
	return error_set(parser->error, ERROR_TEMPLATE, "template %s:%u: %s", parser->source->name,
		line_of(parser->source, place), message);
}

static void add_token(struct parser *parser, enum token_kind kind, const char *text, size_t size)
{
	GROW(parser->tokens, parser->count, parser->capacity);
	parser->tokens[parser->count++] =
		(struct token){.kind = kind, .text = text, .size = size, .end = INDEX_NONE};
}

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t';
}

static const char *find(const char *from, const char *end, const char *what)
{
	return from < end ? memmem(from, (size_t)(end - from), what, strlen(what)) : NULL;
}

struct tag {
	enum token_kind kind;
	const char *start; /* of its first brace */
	const char *after; /* what follows its last brace */
	const char *name;
	size_t name_size;
};

static bool tag_read(struct parser *parser, const char *start, struct tag *tag)
{
	static const struct {
		char sigil;
		enum token_kind kind;
	} sigils[] = {{'#', TOKEN_SECTION}, {'^', TOKEN_INVERTED}, {'/', TOKEN_END},
		{'!', TOKEN_COMMENT}, {'{', TOKEN_RAW}};
	const char *end = parser->source->text + parser->source->size;
	const char *name = start + 2;
	const char *close;

	*tag = (struct tag){.kind = TOKEN_VARIABLE, .start = start};
	for (size_t i = 0; i < ARRAY_LENGTH(sigils) && name < end; i++)
		if (*name == sigils[i].sigil)
			tag->kind = sigils[i].kind;
	close = find(name, end, tag->kind == TOKEN_RAW ? "}}}" : "}}");
	if (!close)
		return fault(parser, start, "a tag is not closed");
	tag->after = close + (tag->kind == TOKEN_RAW ? 3 : 2);
	name += tag->kind != TOKEN_VARIABLE;
	while (name < close && (is_blank(*name) || *name == '\n'))
		name++;
	while (close > name && (is_blank(close[-1]) || close[-1] == '\n'))
		close--;
	tag->name = name;
	tag->name_size = (size_t)(close - name);
	if (tag->kind == TOKEN_COMMENT)
		return true;
	if (tag->name_size == 0)
		return fault(parser, start, "a tag has no name");
	if (strchr(">&=<$", *name))
		return fault(parser, start, "partials, {{&name}} and delimiters are not supported");
	return true;
}

/* A tag alone on its line takes the line along: moves the ends of what is cut out. */
static void tag_widen(const struct parser *parser, struct tag *tag)
{
	const char *begin = parser->source->text;
	const char *end = begin + parser->source->size;
	const char *before = tag->start;
	const char *after = tag->after;

	if (tag->kind == TOKEN_VARIABLE || tag->kind == TOKEN_RAW)
		return;
	while (before > begin && is_blank(before[-1]))
		before--;
	while (after < end && is_blank(*after))
		after++;
	if (before > begin && before[-1] != '\n')
		return;
	if (after + 1 < end && after[0] == '\r' && after[1] == '\n')
		after++;
	if (after < end && *after != '\n')
		return;
	tag->start = before;
	tag->after = after < end ? after + 1 : after;
}

static bool section_end(struct parser *parser, const struct tag *tag)
{
	struct token *section;

	if (parser->depth == 0)
		return fault(parser, tag->name, "the end of a section that was not begun");
	section = &parser->tokens[parser->open[--parser->depth]];
	if (section->size != tag->name_size ||
		memcmp(section->text, tag->name, tag->name_size) != 0)
		return fault(
			parser, tag->name, "the end of another section than the one begun last");
	section->end = parser->count - 1;
	return true;
}

static bool tag_add(struct parser *parser, struct tag *tag)
{
	if (tag->kind == TOKEN_COMMENT)
		return true;
	add_token(parser, tag->kind, tag->name, tag->name_size);
	if (tag->kind == TOKEN_END)
		return section_end(parser, tag);
	if (tag->kind != TOKEN_SECTION && tag->kind != TOKEN_INVERTED)
		return true;
	if (parser->depth == TEMPLATE_DEPTH_LIMIT)
		return fault(parser, tag->name, "too many sections within one another");
	parser->open[parser->depth++] = parser->count - 1;
	return true;
}

static bool parse(struct parser *parser)
{
	const char *at = parser->source->text;
	const char *end = at + parser->source->size;
	const char *start;

	while ((start = find(at, end, "{{"))) {
		struct tag tag;

		if (!tag_read(parser, start, &tag))
			return false;
		tag_widen(parser, &tag);
		if (tag.start > at)
			add_token(parser, TOKEN_TEXT, at, (size_t)(tag.start - at));
		if (!tag_add(parser, &tag))
			return false;
		at = tag.after;
	}
	if (end > at)
		add_token(parser, TOKEN_TEXT, at, (size_t)(end - at));
	if (parser->depth > 0)
		return fault(parser, parser->tokens[parser->open[parser->depth - 1]].text,
			"a section is not ended");
	return true;
}

struct renderer {
	const struct parser *parser;
	enum template_target target;
	struct buffer *buffer;
	const struct page_value *stack[TEMPLATE_DEPTH_LIMIT + 1]; /* innermost last */
	uint32_t depth;
	struct error *error;
};

static bool unknown_name(struct renderer *renderer, const struct token *token)
{
	char name[64];
	struct nearest nearest;
	size_t size = token->size < sizeof name - 1 ? token->size : sizeof name - 1;

	memcpy(name, token->text, size);
	name[size] = '\0';
	nearest_start(&nearest, name);
	for (uint32_t i = 0; i < renderer->depth; i++)
		if (renderer->stack[i]->kind == PAGE_OBJECT)
			for (struct page_value *it = renderer->stack[i]->first; it; it = it->next)
				nearest_offer(&nearest, it->key);
	error_set(renderer->error, ERROR_TEMPLATE, "template %s:%u: nothing is called '%s'",
		renderer->parser->source->name, line_of(renderer->parser->source, token->text),
		name);
	if (nearest.best)
		error_hint(renderer->error, "did you mean '%s'?", nearest.best);
	return false;
}

/* The first part of a dotted name is sought from the innermost value outwards, the rest strictly. */
static const struct page_value *look_up(const struct renderer *renderer, const struct token *token)
{
	const char *name = token->text;
	const char *end = name + token->size;
	const char *dot = memchr(name, '.', token->size);
	const struct page_value *value = NULL;

	if (token->size == 1 && *name == '.')
		return renderer->stack[renderer->depth - 1];
	for (uint32_t i = renderer->depth; i-- > 0 && !value;)
		value = page_find(renderer->stack[i], name, (size_t)((dot ? dot : end) - name));
	while (value && dot) {
		name = dot + 1;
		dot = memchr(name, '.', (size_t)(end - name));
		value = page_find(value, name, (size_t)((dot ? dot : end) - name));
	}
	return value;
}

static bool is_true(const struct page_value *value)
{
	switch (value->kind) {
	case PAGE_TRUTH:
		return value->truth;
	case PAGE_TEXT:
		return value->size > 0;
	case PAGE_LIST:
		return value->first != NULL;
	case PAGE_OBJECT:
		return true;
	case PAGE_NOTHING:
		break;
	}
	return false;
}

static void append_in_pieces(struct buffer *buffer, const char *bytes, size_t size)
{
	for (size_t at = 0; at < size; at += BUFFER_PIECE_BYTES) {
		buffer_append(buffer, bytes + at,
			size - at < BUFFER_PIECE_BYTES ? size - at : BUFFER_PIECE_BYTES);
		buffer_drain(buffer);
	}
}

static bool render_variable(
	struct renderer *renderer, const struct token *token, const struct page_value *value)
{
	if (value->kind == PAGE_NOTHING)
		return true;
	if (value->kind != PAGE_TEXT)
		return error_set(renderer->error, ERROR_TEMPLATE,
			"template %s:%u: '%.*s' is not a text but something for a section",
			renderer->parser->source->name,
			line_of(renderer->parser->source, token->text), (int)token->size,
			token->text);
	if (token->kind == TOKEN_RAW)
		append_in_pieces(renderer->buffer, value->text, value->size);
	else
		template_escape(renderer->target, value->text, value->size, renderer->buffer);
	return true;
}

static bool render_range(struct renderer *renderer, uint32_t from, uint32_t to);

static bool render_with(struct renderer *renderer, const struct page_value *value, uint32_t section)
{
	bool done;

	renderer->stack[renderer->depth++] = value;
	done = render_range(renderer, section + 1, renderer->parser->tokens[section].end);
	renderer->depth--;
	return done;
}

static bool render_section(
	struct renderer *renderer, const struct page_value *value, uint32_t section)
{
	const struct token *token = &renderer->parser->tokens[section];

	if (token->kind == TOKEN_INVERTED)
		return is_true(value) || render_range(renderer, section + 1, token->end);
	if (!is_true(value))
		return true;
	if (value->kind != PAGE_LIST)
		return render_with(renderer, value, section);
	for (const struct page_value *item = value->first; item; item = item->next)
		if (!render_with(renderer, item, section))
			return false;
	return true;
}

/* As deep as the sections nest: at most TEMPLATE_DEPTH_LIMIT. */
static bool render_range(struct renderer *renderer, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++) {
		const struct token *token = &renderer->parser->tokens[i];
		const struct page_value *value;
		bool done;

		if (token->kind == TOKEN_TEXT) {
			buffer_append(renderer->buffer, token->text, token->size);
			continue;
		}
		value = look_up(renderer, token);
		if (!value)
			return unknown_name(renderer, token);
		if (token->kind == TOKEN_SECTION || token->kind == TOKEN_INVERTED) {
			done = render_section(renderer, value, i);
			i = token->end;
		} else {
			done = render_variable(renderer, token, value);
		}
		if (!done)
			return false;
	}
	return true;
}

bool template_render(const struct template_source *source, enum template_target target,
	const struct page_value *data, struct buffer *buffer, struct error *error)
{
	struct parser parser = {.source = source, .error = error};
	struct renderer renderer = {.parser = &parser,
		.target = target,
		.buffer = buffer,
		.stack = {data},
		.depth = 1,
		.error = error};
	bool done = parse(&parser) && render_range(&renderer, 0, parser.count);

	free(parser.tokens);
	return done;
}
