#include "cli/command.h"

#include "base/index.h"
#include "base/text.h"

extern const struct cli_command cmd_init, cmd_validate, cmd_plan, cmd_run, cmd_resume, cmd_status,
	cmd_trace, cmd_timeline, cmd_audit, cmd_runs, cmd_list, cmd_inspect, cmd_graph, cmd_report,
	cmd_approve, cmd_schema, cmd_simulate, cmd_version, cmd_help, cmd_completion, cmd_component,
	cmd_debug;

const struct cli_command *const command_table[] = {
	&cmd_init,
	&cmd_validate,
	&cmd_list,
	&cmd_schema,
	&cmd_plan,
	&cmd_simulate,
	&cmd_run,
	&cmd_resume,
	&cmd_debug,
	&cmd_approve,
	&cmd_status,
	&cmd_trace,
	&cmd_timeline,
	&cmd_audit,
	&cmd_runs,
	&cmd_inspect,
	&cmd_graph,
	&cmd_report,
	&cmd_version,
	&cmd_help,
	&cmd_completion,
	&cmd_component,
};
const size_t command_table_length = ARRAY_LENGTH(command_table);

const struct cli_command *command_find(const char *name, struct error *error)
{
	struct nearest nearest;
	nearest_start(&nearest, name);
	for (size_t i = 0; i < command_table_length; i++) {
		const struct cli_command *command = command_table[i];
		if (text_equal(name, command->name) || text_equal(name, command->alias))
			return command;
		if (!command->is_internal)
			nearest_offer(&nearest, command->name);
	}
	error_set(error, ERROR_USAGE, "there is no command '%s'", name);
	if (nearest.best)
		error_hint(error, "did you mean '%s'?", nearest.best);
	else
		error_hint(error, "'wavetrain help' lists the commands");
	return NULL;
}
