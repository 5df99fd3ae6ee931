#include "base/cleanup.h"
#include "base/index.h"
#include "base/text.h"
#include "cli/project.h"
#include "component/component.h"
#include "report/json_writer.h"
#include "report/text_layout.h"

#define NAME_COLUMNS_MOST 32
#define GAP_COLUMNS 2

struct options {
	uint32_t format;
	struct assignment_list parameters;
};

static const struct option options[] = {
	OPTION_TEXT_OR_JSON(offsetof(struct options, format)),
	OPTION_PARAMETERS(offsetof(struct options, parameters)),
};

/* A line of a list: columns of texts that are made to stand below one another. */
struct row {
	const char *cells[3];
	const char *rest;
};

struct rows {
	struct row *items; /* the arena's */
	uint32_t count;
};

static struct row *add_row(struct rows *rows)
{
	return &rows->items[rows->count++];
}

static void append_rows(
	struct cli *cli, const char *title, const struct rows *rows, struct buffer *text)
{
	size_t widths[ARRAY_LENGTH(rows->items->cells)] = {0};
	if (rows->count == 0)
		return;
	if (text->size > 0)
		buffer_append_byte(text, '\n');
	layout_paint(text, &cli->style, "1", title);
	buffer_append_byte(text, '\n');
	for (uint32_t i = 0; i < rows->count; i++) {
		for (size_t j = 0; j < ARRAY_LENGTH(widths); j++) {
			const char *cell = rows->items[i].cells[j];
			size_t width = cell ? layout_name_width(cell, NAME_COLUMNS_MOST) : 0;
			widths[j] = width > widths[j] ? width : widths[j];
		}
	}
	for (uint32_t i = 0; i < rows->count; i++) {
		struct buffer line = BUFFER_INIT;
		buffer_append_text(&line, "  ");
		for (size_t j = 0; j < ARRAY_LENGTH(widths); j++) {
			const char *cell = rows->items[i].cells[j];
			if (widths[j] > 0)
				layout_name(&line, cell ? cell : "", widths[j] + GAP_COLUMNS);
		}
		layout_phrase(&line, rows->items[i].rest ? rows->items[i].rest : "");
		while (line.size > 0 && line.bytes[line.size - 1] == ' ')
			line.size--;
		buffer_append(text, line.bytes, line.size);
		buffer_append_byte(text, '\n');
		buffer_release(&line);
	}
}

/* What makes it: a component, a persona, or just a command. */
static const char *maker_of(const struct step *step)
{
	if (step->component)
		return step->component->type;
	return step->agent ? step->agent->persona_name : NULL;
}

static const char *schema_of(const struct step *step)
{
	return step->component ? step->component->output_schema : NULL;
}

/* With ", " between those that are not NULL. */
static const char *join_words(
	struct cli *cli, const char *first, const char *second, const char *third)
{
	const char *const words[] = {first, second, third};
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
		if (words[i])
			buffer_printf(&text, "%s%s", text.size > 0 ? ", " : "", words[i]);
	}
	return arena_copy_text(cli->arena, buffer_text(&text));
}

static uint32_t count_outputs(const struct pipeline *pipeline)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < pipeline->step_count; i++)
		count += pipeline->steps[i].output_count;
	return count;
}

static void append_artifacts(struct cli *cli, const struct pipeline *pipeline, struct buffer *text)
{
	struct rows rows = {ARENA_ARRAY(cli->arena, struct row, count_outputs(pipeline)), 0};
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		const struct step *step = &pipeline->steps[i];
		const char *maker = maker_of(step);
		const char *made_by =
			text_equal(step->id, step->outputs ? step->outputs[0].name : NULL) ? maker
			: maker ? arena_format(cli->arena, "%s (%s)", step->id, maker)
				: step->id;
		for (uint32_t j = 0; j < step->output_count; j++)
			*add_row(&rows) = (struct row){
				.cells = {step->outputs[j].name, made_by, schema_of(step)},
				.rest = join_words(cli, step->outputs[j].path,
					step->is_exported ? "result" : NULL,
					step->is_optional ? "optional" : NULL),
			};
	}
	append_rows(cli, "Artifacts", &rows, text);
}

static const char *join_schemas(struct cli *cli, const struct text_list *schemas)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	for (uint32_t i = 0; i < schemas->count; i++)
		buffer_printf(&text, "%s%s", i ? ", " : "", schemas->items[i].text);
	return arena_copy_text(cli->arena, buffer_text(&text));
}

static uint32_t count_builtins(void)
{
	uint32_t count = 0;
	while (component_builtin_names[count])
		count++;
	return count;
}

static void append_components(struct cli *cli, const struct pipeline *pipeline, struct buffer *text)
{
	uint32_t builtin_count = count_builtins();
	struct rows rows = {
		ARENA_ARRAY(cli->arena, struct row, pipeline->component_count + builtin_count), 0};
	for (uint32_t i = 0; i < pipeline->component_count; i++) {
		const struct component *component = &pipeline->components[i];
		const char *inputs = join_schemas(cli, &component->input_schemas);
		*add_row(&rows) = (struct row){
			.cells = {component->name,
				component->file ? component->file : pipeline->file},
			.rest = arena_format(cli->arena, "%s%s%s%s%s%s",
				command_display(&component->command, cli->arena),
				*inputs ? ", takes " : "", inputs,
				component->output_schema ? ", makes " : "",
				component->output_schema ? component->output_schema : "",
				component->description
					? arena_format(cli->arena, ": %s", component->description)
					: ""),
		};
	}
	for (uint32_t i = 0; i < builtin_count; i++)
		*add_row(&rows) = (struct row){.cells = {component_builtin_names[i], "built in"},
			.rest = component_builtin_summary(component_builtin_names[i])};
	append_rows(cli, "Components", &rows, text);
}

static void append_agents(struct cli *cli, const struct pipeline *pipeline, struct buffer *text)
{
	struct rows personas = {ARENA_ARRAY(cli->arena, struct row, pipeline->persona_count), 0};
	struct rows adapters = {ARENA_ARRAY(cli->arena, struct row, pipeline->adapter_count), 0};
	for (uint32_t i = 0; i < pipeline->persona_count; i++) {
		const struct persona *persona = &pipeline->personas[i];
		const char *adapter = persona->adapter_index < pipeline->adapter_count
					      ? pipeline->adapters[persona->adapter_index].name
					      : persona->adapter;
		*add_row(&personas) =
			(struct row){.cells = {persona->name, adapter, persona->model},
				.rest = persona->description};
	}
	for (uint32_t i = 0; i < pipeline->adapter_count; i++) {
		const struct adapter *adapter = &pipeline->adapters[i];
		CLEANUP(buffer_release) struct buffer line = BUFFER_INIT;
		for (uint32_t j = 0; j < adapter->part_count; j++) {
			const struct adapter_part *part = &adapter->parts[j];
			for (uint32_t k = 0; k < part->argument_count; k++)
				buffer_printf(
					&line, "%s%s", line.size ? " " : "", part->arguments[k]);
		}
		*add_row(&adapters) = (struct row){.cells = {adapter->name},
			.rest = arena_copy_text(cli->arena, buffer_text(&line))};
	}
	append_rows(cli, "Personas", &personas, text);
	append_rows(cli, "Adapters", &adapters, text);
}

static void open_list(struct buffer *text, const char *key)
{
	json_key(text, key);
	buffer_append_byte(text, '[');
}

static void open_item(struct buffer *text)
{
	json_separate(text);
	buffer_append_text(text, "\n{");
}

static void json_add_texts(struct buffer *text, const char *key, const struct text_list *list)
{
	open_list(text, key);
	for (uint32_t i = 0; i < list->count; i++) {
		json_separate(text);
		json_append_text(text, list->items[i].text);
	}
	buffer_append_byte(text, ']');
}

static void json_append_artifact(
	const struct step *step, const struct output *output, struct buffer *text)
{
	open_item(text);
	json_add_text(text, "name", output->name);
	json_add_text(text, "step", step->id);
	json_add_text(text, "path", output->path);
	json_add_text(text, "component", step->component ? step->component->type : NULL);
	json_add_text(text, "persona", step->agent ? step->agent->persona_name : NULL);
	json_add_text(text, "schema", schema_of(step));
	json_add_text(text, "contact", step->component ? step->component->contact : NULL);
	json_add_boolean(text, "result", step->is_exported);
	json_add_boolean(text, "optional", step->is_optional);
	open_list(text, "inputs");
	for (uint32_t i = 0; i < step->input_count; i++) {
		json_separate(text);
		json_append_text(text, step->inputs[i].reference);
	}
	buffer_append_text(text, "]}");
}

static void json_append_component(const struct component *component, struct buffer *text)
{
	open_item(text);
	json_add_text(text, "name", component->name);
	json_add_boolean(text, "built_in", false);
	json_add_text(text, "description", component->description);
	json_add_text(text, "file", component->file);
	open_list(text, "command");
	for (uint32_t i = 0; i < component->command.argument_count; i++) {
		json_separate(text);
		json_append_text(text, component->command.arguments[i]);
	}
	buffer_append_byte(text, ']');
	json_add_texts(text, "input_schemas", &component->input_schemas);
	json_add_text(text, "output_schema", component->output_schema);
	buffer_append_byte(text, '}');
}

static void json_append_agents(const struct pipeline *pipeline, struct buffer *text)
{
	open_list(text, "personas");
	for (uint32_t i = 0; i < pipeline->persona_count; i++) {
		const struct persona *persona = &pipeline->personas[i];
		open_item(text);
		json_add_text(text, "name", persona->name);
		json_add_text(text, "description", persona->description);
		json_add_text(text, "adapter", persona->adapter);
		json_add_text(text, "model", persona->model);
		json_add_texts(text, "allow", &persona->allow);
		json_add_texts(text, "deny", &persona->deny);
		buffer_append_byte(text, '}');
	}
	buffer_append_byte(text, ']');
	open_list(text, "adapters");
	for (uint32_t i = 0; i < pipeline->adapter_count; i++) {
		open_item(text);
		json_add_text(text, "name", pipeline->adapters[i].name);
		json_add_text(text, "program",
			pipeline->adapters[i].part_count
				? pipeline->adapters[i].parts[0].arguments[0]
				: NULL);
		buffer_append_byte(text, '}');
	}
	buffer_append_byte(text, ']');
}

static void append_json(const struct pipeline *pipeline, struct buffer *text)
{
	buffer_append_text(text, "{\"v\":1");
	json_add_text(text, "pipeline", pipeline->name);
	json_add_text(text, "file", pipeline->file);
	open_list(text, "artifacts");
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		for (uint32_t j = 0; j < pipeline->steps[i].output_count; j++)
			json_append_artifact(
				&pipeline->steps[i], &pipeline->steps[i].outputs[j], text);
	}
	buffer_append_byte(text, ']');
	open_list(text, "components");
	for (uint32_t i = 0; i < pipeline->component_count; i++)
		json_append_component(&pipeline->components[i], text);
	for (uint32_t i = 0; component_builtin_names[i]; i++) {
		open_item(text);
		json_add_text(text, "name", component_builtin_names[i]);
		json_add_boolean(text, "built_in", true);
		json_add_text(
			text, "description", component_builtin_summary(component_builtin_names[i]));
		buffer_append_byte(text, '}');
	}
	buffer_append_byte(text, ']');
	json_append_agents(pipeline, text);
	buffer_append_text(text, "}\n");
}

static int list(
	struct cli *cli, const void *values, const char *const *arguments, struct error *error)
{
	const struct options *chosen = values;
	const struct load_choices choices = {.parameters = &chosen->parameters};
	struct pipeline pipeline = {0};
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	if (!project_load(cli, arguments[0], &choices, &pipeline, error))
		return -1;
	if (chosen->format == FORMAT_JSON) {
		append_json(&pipeline, &text);
	} else {
		append_artifacts(cli, &pipeline, &text);
		append_components(cli, &pipeline, &text);
		append_agents(cli, &pipeline, &text);
		layout_finish(&cli->style, &text, 0);
	}
	return cli_print(&text, error) ? 0 : -1;
}

extern const struct cli_command cmd_list;
const struct cli_command cmd_list = {
	.name = "list",
	.alias = "ls",
	.arguments = "[PIPELINE]",
	.argument_limit = 1,
	.summary = "List a pipeline's artifacts and the components, personas and adapters in reach",
	.description =
		"Artifacts with what makes them and their schemas; components that are declared and\n"
		"built in; personas and adapters. 'wavetrain inspect' shows artifacts of a run.",
	.example = "wavetrain list",
	.options = options,
	.option_count = ARRAY_LENGTH(options),
	.options_size = sizeof(struct options),
	.takes_parameters = true,
	.parameters_offset = offsetof(struct options, parameters),
	.run = list,
};
