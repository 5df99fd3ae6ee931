#include "load/matrix.h"

#include "base/cleanup.h"
#include "base/index.h"
#include "base/map.h"
#include "base/text.h"

/* One of the lists. */
struct axis {
	const char *key;
	const char **values;
	uint32_t count;
};

struct reading {
	struct decoder *decoder;
	struct matrix *matrix;
	struct axis *axes; /* the arena's */
	uint32_t axis_count;
	struct matrix_budget *budget;
	uint32_t node;
	bool is_faulty;
};

static const struct yaml_field value_field = {.key = "a value of the matrix", .kind = FIELD_TEXT};

static void refuse(struct reading *reading, enum finding_code code, struct source_position where,
	const char *message)
{
	reading->is_faulty = true;
	diagnostics_add(reading->decoder->diagnostics, code, where, "%s", message);
}

const char *matrix_variable(struct arena *arena, const char *key)
{
	char *variable = arena_format(arena, "MATRIX_%s", key);
	for (char *at = variable; *at; at++) {
		if (*at >= 'a' && *at <= 'z')
			*at = (char)(*at - 'a' + 'A');
		else if (*at == '-')
			*at = '_';
	}
	return variable;
}

void check_fan_out_name(struct decoder *decoder, const char *name, struct source_position where)
{
	if (!variable_name_is_valid(name))
		diagnostics_add(decoder->diagnostics, FINDING_BAD_VALUE, where,
			"'%s' cannot name a value: letters, digits, '_' and '-' can, after a letter "
			"or '_'",
			shorten(decoder->arena, name));
	else if (map_find(&decoder->substitution->parameter_names, name) != INDEX_NONE)
		diagnostics_add(decoder->diagnostics, FINDING_AMBIGUOUS, where,
			"'%s' is the name of a parameter already", name);
}

static const char *read_key(struct reading *reading, uint32_t key)
{
	struct decoder *decoder = reading->decoder;
	const char *name = decode_key(decoder, key);
	uint32_t count = decoder->diagnostics->error_count;
	if (name)
		check_fan_out_name(decoder, name, tree_where(decoder->tree, key));
	reading->is_faulty =
		reading->is_faulty || !name || decoder->diagnostics->error_count != count;
	return name;
}

static const char *read_value(struct reading *reading, uint32_t node)
{
	const char *text = decode_text(reading->decoder, &value_field, node);
	reading->is_faulty = reading->is_faulty || !text;
	return text ? text : "";
}

static void read_axis(struct reading *reading, uint32_t key, uint32_t node)
{
	struct decoder *decoder = reading->decoder;
	struct axis *axis = &reading->axes[reading->axis_count];
	struct yaml_field field = {.kind = FIELD_CUSTOM, .expected = "a list of values"};
	CLEANUP(map_release) struct map seen = {0};
	axis->key = field.key = read_key(reading, key);
	if (!axis->key)
		return;
	if (decoder->tree->nodes[node].kind != NODE_SEQUENCE) {
		report_wrong_type(decoder, &field, node);
		reading->is_faulty = true;
		return;
	}
	axis->count = decoder->tree->nodes[node].count;
	if (axis->count == 0)
		refuse(reading, FINDING_BAD_VALUE, tree_where(decoder->tree, node),
			arena_format(decoder->arena, "the matrix has no value of '%s'",
				shorten(decoder->arena, axis->key)));
	axis->values = ARENA_ARRAY(decoder->arena, const char *, axis->count);
	for (uint32_t i = 0; i < axis->count; i++) {
		uint32_t item = tree_child(decoder->tree, node, i);
		axis->values[i] = read_value(reading, item);
		if (!map_add(&seen, axis->values[i], i) && !reading->is_faulty)
			refuse(reading, FINDING_BAD_VALUE, tree_where(decoder->tree, item),
				arena_format(decoder->arena,
					"the matrix has the value '%s' of '%s' twice",
					shorten(decoder->arena, axis->values[i]), axis->key));
	}
	reading->axis_count++;
}

static struct matrix_combination *add_combination(struct reading *reading, uint32_t capacity)
{
	struct matrix *matrix = reading->matrix;
	if (matrix->count == matrix->capacity) {
		uint32_t grown = matrix->capacity ? matrix->capacity * 2 : 16;
		struct matrix_combination *moved =
			ARENA_ARRAY(reading->decoder->arena, struct matrix_combination, grown);
		for (uint32_t i = 0; i < matrix->count; i++)
			moved[i] = matrix->combinations[i];
		matrix->combinations = moved;
		matrix->capacity = grown;
	}
	struct matrix_combination *combination = &matrix->combinations[matrix->count++];
	*combination = (struct matrix_combination){
		.values = ARENA_ARRAY(reading->decoder->arena, struct matrix_value, capacity),
		.capacity = capacity};
	return combination;
}

static void refuse_keys(struct reading *reading)
{
	if (!reading->is_faulty)
		refuse(reading, FINDING_BAD_VALUE,
			tree_where(reading->decoder->tree, reading->node),
			arena_format(reading->decoder->arena, "the matrix has more than %u names",
				MATRIX_KEY_LIMIT));
}

static void put_value(
	struct reading *reading, struct matrix_combination *combination, struct matrix_value value)
{
	struct arena *arena = reading->decoder->arena;
	for (uint32_t i = 0; i < combination->count; i++) {
		if (text_equal(combination->values[i].key, value.key)) {
			combination->values[i].value = value.value;
			return;
		}
	}
	if (combination->count == MATRIX_KEY_LIMIT) {
		refuse_keys(reading);
		return;
	}
	if (combination->count == combination->capacity) {
		uint32_t grown = combination->capacity ? combination->capacity * 2 : 4;
		struct matrix_value *moved = ARENA_ARRAY(arena, struct matrix_value, grown);
		for (uint32_t i = 0; i < combination->count; i++)
			moved[i] = combination->values[i];
		combination->values = moved;
		combination->capacity = grown;
	}
	combination->values[combination->count++] = value;
}

/* Once for a file: what follows would be too many as well. */
static bool take_instances(struct reading *reading, uint64_t count)
{
	struct matrix_budget *budget = reading->budget;
	if (count <= budget->instances_left) {
		budget->instances_left -= count;
		return true;
	}
	if (!budget->is_over)
		refuse(reading, FINDING_BAD_VALUE,
			tree_where(reading->decoder->tree, reading->node),
			arena_format(reading->decoder->arena,
				"the matrices make more than %u instances in all",
				MATRIX_TOTAL_LIMIT));
	budget->is_over = true;
	reading->is_faulty = true;
	return false;
}

/* The product of the lists, or nothing when there would be too many. */
static void multiply(struct reading *reading)
{
	uint64_t total = reading->axis_count > 0;
	for (uint32_t i = 0; i < reading->axis_count && total <= MATRIX_INSTANCE_LIMIT; i++)
		total *= reading->axes[i].count;
	if (total > MATRIX_INSTANCE_LIMIT) {
		refuse(reading, FINDING_BAD_VALUE,
			tree_where(reading->decoder->tree, reading->node),
			arena_format(reading->decoder->arena,
				"the matrix makes more than %u instances", MATRIX_INSTANCE_LIMIT));
		return;
	}
	if (!take_instances(reading, total))
		return;
	for (uint64_t number = 0; number < total; number++) {
		struct matrix_combination *combination =
			add_combination(reading, reading->axis_count);
		uint64_t rest = number;
		combination->count = reading->axis_count;
		for (uint32_t i = reading->axis_count; i-- > 0;) {
			const struct axis *axis = &reading->axes[i];
			combination->values[i] =
				(struct matrix_value){axis->key, axis->values[rest % axis->count]};
			rest /= axis->count;
		}
	}
}

static const struct axis *find_axis(const struct reading *reading, const char *key)
{
	for (uint32_t i = 0; i < reading->axis_count; i++) {
		if (text_equal(reading->axes[i].key, key))
			return &reading->axes[i];
	}
	return NULL;
}

/* A row of include or exclude; false when it is not one. */
static bool read_row(
	struct reading *reading, const char *key, uint32_t node, struct matrix_combination *row)
{
	struct decoder *decoder = reading->decoder;
	struct yaml_field field = {.key = key,
		.kind = FIELD_CUSTOM,
		.expected = "a list of mappings of names to values"};
	const struct tree_node *mapping = &decoder->tree->nodes[node];
	if (mapping->kind != NODE_MAPPING) {
		report_wrong_type(decoder, &field, node);
		reading->is_faulty = true;
		return false;
	}
	if (mapping->count > MATRIX_KEY_LIMIT) {
		refuse_keys(reading);
		return false;
	}
	*row = (struct matrix_combination){.capacity = mapping->count};
	row->values = ARENA_ARRAY(decoder->arena, struct matrix_value, mapping->count);
	for (uint32_t i = 0; i < mapping->count; i++) {
		struct matrix_value *value = &row->values[row->count];
		value->key = read_key(reading, tree_child(decoder->tree, node, 2 * i));
		value->value = read_value(reading, tree_child(decoder->tree, node, 2 * i + 1));
		row->count += value->key != NULL;
	}
	return true;
}

/* Whether the combination has the row's values, as far as the lists have the row's keys. */
static bool row_fits(const struct reading *reading, const struct matrix_combination *row,
	const struct matrix_combination *combination)
{
	for (uint32_t i = 0; i < row->count; i++) {
		for (uint32_t j = 0; j < reading->axis_count; j++) {
			if (text_equal(row->values[i].key, combination->values[j].key) &&
				!text_equal(row->values[i].value, combination->values[j].value))
				return false;
		}
	}
	return true;
}

static bool take_work(struct reading *reading, uint32_t node, const struct matrix_combination *row,
	uint32_t combinations)
{
	uint64_t work = (uint64_t)combinations * (row->count + 1);
	if (reading->budget->work_left >= work) {
		reading->budget->work_left -= work;
		return true;
	}
	if (!reading->is_faulty)
		refuse(reading, FINDING_BAD_VALUE, tree_where(reading->decoder->tree, node),
			"the rows of 'include' and 'exclude' are too many for so large a matrix");
	return false;
}

static void exclude_row(struct reading *reading, uint32_t node)
{
	struct matrix *matrix = reading->matrix;
	struct decoder *decoder = reading->decoder;
	struct matrix_combination row;
	if (!read_row(reading, "exclude", node, &row) ||
		!take_work(reading, node, &row, matrix->count))
		return;
	for (uint32_t i = 0; i < row.count; i++) {
		if (find_axis(reading, row.values[i].key))
			continue;
		struct nearest nearest;
		nearest_start(&nearest, row.values[i].key);
		for (uint32_t j = 0; j < reading->axis_count; j++)
			nearest_offer(&nearest, reading->axes[j].key);
		reading->is_faulty = true;
		diagnostics_add_near(decoder->diagnostics, FINDING_UNKNOWN_REFERENCE,
			tree_key_where(decoder->tree, node, row.values[i].key), nearest.best,
			"the matrix has no list '%s'", shorten(decoder->arena, row.values[i].key));
	}
	uint32_t kept = 0;
	for (uint32_t i = 0; i < matrix->count; i++) {
		if (!row_fits(reading, &row, &matrix->combinations[i]))
			matrix->combinations[kept++] = matrix->combinations[i];
	}
	matrix->count = kept;
}

/* product: how many combinations come from the lists; rows only add to those. */
static void include_row(struct reading *reading, uint32_t node, uint32_t product)
{
	struct matrix_combination row;
	bool is_used = false;
	if (!read_row(reading, "include", node, &row) || !take_work(reading, node, &row, product))
		return;
	for (uint32_t i = 0; i < product; i++) {
		struct matrix_combination *combination = &reading->matrix->combinations[i];
		if (!row_fits(reading, &row, combination))
			continue;
		is_used = true;
		for (uint32_t j = 0; j < row.count; j++)
			put_value(reading, combination, row.values[j]);
	}
	if (is_used || row.count == 0)
		return;
	if (reading->matrix->count == MATRIX_INSTANCE_LIMIT) {
		if (!reading->is_faulty)
			refuse(reading, FINDING_BAD_VALUE,
				tree_where(reading->decoder->tree, reading->node),
				arena_format(reading->decoder->arena,
					"the matrix makes more than %u instances",
					MATRIX_INSTANCE_LIMIT));
		return;
	}
	if (!take_instances(reading, 1))
		return;
	struct matrix_combination *added = add_combination(reading, row.count);
	for (uint32_t i = 0; i < row.count; i++)
		put_value(reading, added, row.values[i]);
}

/* The rows of `include` or `exclude`; 0 with a finding for what is no list. */
static uint32_t row_count(struct reading *reading, const char *key, uint32_t node)
{
	struct yaml_field field = {.key = key,
		.kind = FIELD_CUSTOM,
		.expected = "a list of mappings of names to values"};
	if (node == INDEX_NONE || node_is_null(reading->decoder, node))
		return 0;
	if (reading->decoder->tree->nodes[node].kind == NODE_SEQUENCE)
		return reading->decoder->tree->nodes[node].count;
	report_wrong_type(reading->decoder, &field, node);
	reading->is_faulty = true;
	return 0;
}

static void read_rows(struct reading *reading)
{
	const struct yaml_tree *tree = reading->decoder->tree;
	uint32_t exclude = tree_find(tree, reading->node, "exclude");
	uint32_t include = tree_find(tree, reading->node, "include");
	uint32_t count = row_count(reading, "exclude", exclude);
	for (uint32_t i = 0; i < count; i++)
		exclude_row(reading, tree_child(tree, exclude, i));
	uint32_t product = reading->matrix->count;
	count = row_count(reading, "include", include);
	for (uint32_t i = 0; i < count; i++)
		include_row(reading, tree_child(tree, include, i), product);
}

static void read_axes(struct reading *reading)
{
	const struct yaml_tree *tree = reading->decoder->tree;
	uint32_t count = tree->nodes[reading->node].count;
	if (count > MATRIX_KEY_LIMIT + 2) { /* and include, exclude */
		refuse_keys(reading);
		return;
	}
	reading->axes = ARENA_ARRAY(reading->decoder->arena, struct axis, count);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t key = tree_child(tree, reading->node, 2 * i);
		if (tree->nodes[key].kind != NODE_SCALAR)
			reading->is_faulty = true; /* reported as it was read */
		else if (!text_equal(tree_text(tree, key), "include") &&
			 !text_equal(tree_text(tree, key), "exclude"))
			read_axis(reading, key, tree_child(tree, reading->node, 2 * i + 1));
	}
}

/* "os-a" and "os_a" would be one variable. */
static void check_variables(struct reading *reading)
{
	CLEANUP(map_release) struct map keys = {0};
	CLEANUP(map_release) struct map variables = {0};
	struct decoder *decoder = reading->decoder;
	for (uint32_t i = 0; i < reading->matrix->count && !reading->is_faulty; i++) {
		const struct matrix_combination *combination = &reading->matrix->combinations[i];
		for (uint32_t j = 0; j < combination->count; j++) {
			const char *key = combination->values[j].key;
			if (!map_add(&keys, key, i))
				continue;
			const char *variable = matrix_variable(decoder->arena, key);
			if (!map_add(&variables, variable, i))
				refuse(reading, FINDING_AMBIGUOUS,
					tree_where(decoder->tree, reading->node),
					arena_format(decoder->arena,
						"two keys of the matrix would both be the variable %s",
						shorten(decoder->arena, variable)));
		}
	}
}

void matrix_read(
	struct decoder *decoder, uint32_t node, struct matrix_budget *budget, struct matrix *matrix)
{
	static const struct yaml_field field = {.key = "matrix",
		.kind = FIELD_CUSTOM,
		.expected = "a mapping of names to lists of values"};
	struct reading reading = {
		.decoder = decoder, .matrix = matrix, .budget = budget, .node = node};
	*matrix = (struct matrix){0};
	if (decoder->tree->nodes[node].kind != NODE_MAPPING) {
		report_wrong_type(decoder, &field, node);
		return;
	}
	read_axes(&reading);
	if (!reading.is_faulty)
		multiply(&reading);
	read_rows(&reading);
	check_variables(&reading);
	if (matrix->count == 0 && !reading.is_faulty)
		refuse(&reading, FINDING_BAD_VALUE, tree_where(decoder->tree, node),
			"the matrix makes no instance");
	if (reading.is_faulty)
		matrix->count = 0;
}
