/* The values of single keys, one function a kind. */
#include <assert.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/index.h"
#include "base/parse.h"
#include "base/text.h"
#include "load/yaml_decode.h"

struct scalar {
	const char *text; /* the tree's, or the arena's after a substitution */
	enum scalar_type type;
};

#define TARGET(type, field, owner) ((type *)(void *)((char *)(owner) + (field)->offset))

static const char *describe(struct decoder *decoder, uint32_t node)
{
	const struct tree_node *tree_node = &decoder->tree->nodes[node];
	if (tree_node->kind == NODE_SEQUENCE)
		return "a list";
	if (tree_node->kind == NODE_MAPPING)
		return "a mapping";
	const char *text = shorten(decoder->arena, tree_text(decoder->tree, node));
	switch (tree_scalar_type(decoder->tree, node)) {
	case SCALAR_NULL:
		return "nothing";
	case SCALAR_BOOLEAN:
		return arena_format(decoder->arena, "the boolean %s", text);
	case SCALAR_INTEGER:
	case SCALAR_FLOAT:
		return arena_format(decoder->arena, "the number %s", text);
	case SCALAR_TEXT:
		break;
	}
	return arena_format(decoder->arena, "the text '%s'", text);
}

static void report(struct decoder *decoder, const struct yaml_field *field, uint32_t node,
	enum finding_code code)
{
	if (decoder->diagnostics->count >= DIAGNOSTICS_LIMIT) {
		diagnostics_add(decoder->diagnostics, code, tree_where(decoder->tree, node), "-");
		return;
	}
	CLEANUP(buffer_release) struct buffer expected = BUFFER_INIT;
	field_append_expected(field, &expected);
	struct finding *finding = diagnostics_add(decoder->diagnostics, code,
		tree_where(decoder->tree, node), "'%s' must be %s, not %s", field->key,
		buffer_text(&expected), describe(decoder, node));
	const struct tree_node *tree_node = &decoder->tree->nodes[node];
	if (tree_node->kind != NODE_SCALAR || !tree_node->is_quoted)
		return;
	if (field->kind == FIELD_UNSIGNED || field->kind == FIELD_NUMBER ||
		field->kind == FIELD_BOOLEAN)
		finding->hint = "a value in quotes is always text; write it without them";
}

void report_wrong_type(struct decoder *decoder, const struct yaml_field *field, uint32_t node)
{
	report(decoder, field, node, FINDING_WRONG_TYPE);
}

void report_bad_value(struct decoder *decoder, const struct yaml_field *field, uint32_t node)
{
	report(decoder, field, node, FINDING_BAD_VALUE);
}

static unsigned forms_of(const struct yaml_field *field)
{
	return (field->flags & FIELD_LITERAL ? 0 : SUBSTITUTE_VARIABLES) |
	       (field->flags & FIELD_PARAMETERS ? SUBSTITUTE_PARAMETERS : 0);
}

/*
 * False with a finding for what is not a scalar, or null. A text that variables were put into has
 * the type it would have if it had been written without quotes.
 */
static bool scalar_get(struct decoder *decoder, const struct yaml_field *field, uint32_t node,
	struct scalar *scalar)
{
	if (decoder->tree->nodes[node].kind != NODE_SCALAR || node_is_null(decoder, node)) {
		report_wrong_type(decoder, field, node);
		return false;
	}
	const char *text = tree_text(decoder->tree, node);
	scalar->text = substitute(
		decoder->substitution, text, forms_of(field), tree_where(decoder->tree, node));
	if (!scalar->text)
		return false;
	scalar->type = scalar->text == text ? tree_scalar_type(decoder->tree, node)
					    : scalar_type_of(scalar->text);
	return true;
}

const char *decode_text(struct decoder *decoder, const struct yaml_field *field, uint32_t node)
{
	struct scalar scalar;
	if (!scalar_get(decoder, field, node, &scalar))
		return NULL;
	if (scalar.text != tree_text(decoder->tree, node))
		return scalar.text;
	return arena_copy_bytes(decoder->arena, scalar.text, decoder->tree->nodes[node].count);
}

static void decode_text_field(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	*TARGET(const char *, field, owner) = decode_text(decoder, field, node);
}

bool decode_flag(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, bool *is_set)
{
	struct scalar scalar;
	if (!scalar_get(decoder, field, node, &scalar))
		return false;
	if (scalar.type != SCALAR_BOOLEAN) {
		report_wrong_type(decoder, field, node);
		return false;
	}
	*is_set = *scalar.text == 't' || *scalar.text == 'T';
	return true;
}

static void decode_boolean(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	decode_flag(decoder, field, node, TARGET(bool, field, owner));
}

static void decode_unsigned(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	struct scalar scalar;
	uint64_t number;
	if (!scalar_get(decoder, field, node, &scalar))
		return;
	if (scalar.type != SCALAR_INTEGER)
		report_wrong_type(decoder, field, node);
	else if (parse_unsigned(scalar.text, (uint64_t)field->maximum, &number) &&
		 number >= (uint64_t)field->minimum)
		*TARGET(uint32_t, field, owner) = (uint32_t)number;
	else
		report_bad_value(decoder, field, node);
}

static void decode_number(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	struct scalar scalar;
	double number;
	if (!scalar_get(decoder, field, node, &scalar))
		return;
	if (scalar.type != SCALAR_INTEGER && scalar.type != SCALAR_FLOAT)
		report_wrong_type(decoder, field, node);
	else if (parse_number(scalar.text, &number) && number >= (double)field->minimum &&
		 number <= (double)field->maximum)
		*TARGET(double, field, owner) = number;
	else
		report_bad_value(decoder, field, node);
}

static void decode_duration(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	struct scalar scalar;
	int64_t duration_ms;
	if (!scalar_get(decoder, field, node, &scalar))
		return;
	if (parse_duration(scalar.text, &duration_ms) && duration_ms >= field->minimum &&
		duration_ms <= field->maximum)
		*TARGET(int64_t, field, owner) = duration_ms;
	else
		report_bad_value(decoder, field, node);
}

static void decode_size(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	struct scalar scalar;
	uint64_t size_bytes;
	if (!scalar_get(decoder, field, node, &scalar))
		return;
	if (parse_size(scalar.text, &size_bytes))
		*TARGET(uint64_t, field, owner) = size_bytes;
	else
		report_bad_value(decoder, field, node);
}

bool decode_word(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, size_t *place)
{
	struct scalar scalar;
	if (!scalar_get(decoder, field, node, &scalar))
		return false;
	struct nearest nearest;
	nearest_start(&nearest, scalar.text);
	for (size_t i = 0; field->word(i); i++) {
		if (text_equal(scalar.text, field->word(i))) {
			*place = i;
			return true;
		}
		nearest_offer(&nearest, field->word(i));
	}
	uint32_t count = decoder->diagnostics->count;
	report_bad_value(decoder, field, node);
	if (nearest.best && decoder->diagnostics->count > count)
		decoder->diagnostics->findings[count].hint =
			arena_format(decoder->arena, "did you mean '%s'?", nearest.best);
	return false;
}

static void decode_enum(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	size_t place;
	if (decode_word(decoder, field, node, &place))
		*TARGET(unsigned, field, owner) = (unsigned)place;
}

static void decode_text_list(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	struct text_list *list = TARGET(struct text_list, field, owner);
	uint32_t count = decode_item_count(decoder, field, node);
	list->items = ARENA_ARRAY(decoder->arena, struct text_item, count);
	list->count = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t item = decode_item(decoder, node, i);
		const char *text = decode_text(decoder, field, item);
		if (text)
			list->items[list->count++] = (struct text_item){
				.text = text, .where = tree_where(decoder->tree, item)};
	}
}

static void decode_environment(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	static const struct yaml_field value_field = {.key = "a variable's value",
		.expected = "text (\"\" for an empty one)",
		.kind = FIELD_CUSTOM};
	struct environment *environment = TARGET(struct environment, field, owner);
	const struct tree_node *mapping = &decoder->tree->nodes[node];
	if (node_is_null(decoder, node))
		return;
	if (mapping->kind != NODE_MAPPING) {
		report_wrong_type(decoder, field, node);
		return;
	}
	environment->variables =
		ARENA_ARRAY(decoder->arena, struct environment_variable, mapping->count);
	environment->count = 0;
	for (uint32_t i = 0; i < mapping->count; i++) {
		uint32_t key = tree_child(decoder->tree, node, 2 * i);
		struct environment_variable variable = {
			.name = decode_key(decoder, key),
			.value = decode_text(
				decoder, &value_field, tree_child(decoder->tree, node, 2 * i + 1)),
			.where = tree_where(decoder->tree, key),
		};
		if (variable.name && variable.value)
			environment->variables[environment->count++] = variable;
	}
}

static void decode_vector(struct decoder *decoder, const struct yaml_field *field, uint32_t node,
	struct command *command)
{
	struct yaml_field item_field = {.key = "an element of a command",
		.kind = FIELD_TEXT,
		.flags = FIELD_PARAMETERS | field->flags};
	uint32_t count = decoder->tree->nodes[node].count;
	const char **arguments = ARENA_ARRAY(decoder->arena, const char *, (size_t)count + 1);
	bool is_good = count > 0;
	if (count == 0)
		report_bad_value(decoder, field, node);
	for (uint32_t i = 0; i < count; i++) {
		arguments[i] =
			decode_text(decoder, &item_field, tree_child(decoder->tree, node, i));
		is_good = is_good && arguments[i];
	}
	if (!is_good)
		return;
	command->arguments = arguments;
	command->argument_count = count;
	if (arguments[0][0] == '\0')
		diagnostics_add(decoder->diagnostics, FINDING_BAD_VALUE,
			tree_where(decoder->tree, tree_child(decoder->tree, node, 0)),
			"the program of '%s' is empty", field->key);
}

static void decode_command(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	struct command *command = TARGET(struct command, field, owner);
	struct yaml_field script_field = *field;
	script_field.flags |= FIELD_LITERAL;
	command->where = tree_where(decoder->tree, node);
	if (decoder->tree->nodes[node].kind == NODE_SEQUENCE) {
		decode_vector(decoder, field, node, command);
		return;
	}
	command->script = decode_text(decoder, &script_field, node);
	if (command->script && strspn(command->script, " \t\r\n") == strlen(command->script))
		report_bad_value(decoder, field, node);
}

static void decode_mapping_field(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	if (node_is_null(decoder, node) && !(field->flags & FIELD_REQUIRED))
		return;
	if (decoder->tree->nodes[node].kind == NODE_SEQUENCE ||
		(decoder->tree->nodes[node].kind == NODE_SCALAR && !field->table->short_key)) {
		report_wrong_type(decoder, field, node);
		return;
	}
	decode_mapping(decoder, field->table, node, TARGET(void, field, owner));
}

static void decode_sequence(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	const struct tree_node *list = &decoder->tree->nodes[node];
	bool is_list = list->kind == NODE_SEQUENCE;
	if (node_is_null(decoder, node) && !(field->flags & FIELD_REQUIRED))
		return;
	if (!is_list && !(field->flags & FIELD_ONE_OR_MANY)) {
		report_wrong_type(decoder, field, node);
		return;
	}
	uint32_t count = is_list ? list->count : 1;
	char *items = arena_allocate_array(decoder->arena, count, field->table->item_bytes);
	for (uint32_t i = 0; i < count; i++)
		decode_mapping(decoder, field->table, decode_item(decoder, node, i),
			items + i * field->table->item_bytes);
	*TARGET(void *, field, owner) = items;
	*(uint32_t *)(void *)((char *)owner + field->count_offset) = count;
}

static void decode_named(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	const struct yaml_table *table = field->table;
	const struct tree_node *mapping = &decoder->tree->nodes[node];
	if (node_is_null(decoder, node) && !(field->flags & FIELD_REQUIRED))
		return;
	if (mapping->kind != NODE_MAPPING) {
		report_wrong_type(decoder, field, node);
		return;
	}
	char *items = arena_allocate_array(decoder->arena, mapping->count, table->item_bytes);
	uint32_t count = 0;
	for (uint32_t i = 0; i < mapping->count; i++) {
		char *item = items + count * table->item_bytes;
		const char *name = decode_key(decoder, tree_child(decoder->tree, node, 2 * i));
		if (!name)
			continue;
		decode_mapping(decoder, table, tree_child(decoder->tree, node, 2 * i + 1), item);
		*(const char **)(void *)(item + table->name_offset) = name;
		count++;
	}
	*TARGET(void *, field, owner) = items;
	*(uint32_t *)(void *)((char *)owner + field->count_offset) = count;
}

static void decode_custom(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	field->decode(decoder, field, node, owner);
}

static decode_function *const kind_functions[] = {
	[FIELD_TEXT] = decode_text_field,
	[FIELD_BOOLEAN] = decode_boolean,
	[FIELD_UNSIGNED] = decode_unsigned,
	[FIELD_NUMBER] = decode_number,
	[FIELD_DURATION] = decode_duration,
	[FIELD_SIZE] = decode_size,
	[FIELD_ENUM] = decode_enum,
	[FIELD_TEXT_LIST] = decode_text_list,
	[FIELD_ENVIRONMENT] = decode_environment,
	[FIELD_COMMAND] = decode_command,
	[FIELD_MAPPING] = decode_mapping_field,
	[FIELD_SEQUENCE] = decode_sequence,
	[FIELD_NAMED] = decode_named,
	[FIELD_CUSTOM] = decode_custom,
};
static_assert(ARRAY_LENGTH(kind_functions) == FIELD_KIND_COUNT, "one function a kind");

void decode_value(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	kind_functions[field->kind](decoder, field, node, owner);
}
