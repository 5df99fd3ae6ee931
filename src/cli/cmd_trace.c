#include "base/cleanup.h"
#include "base/clock.h"
#include "base/index.h"
#include "base/text.h"
#include "cli/project.h"

struct options {
	uint32_t format;
};

static const struct option options[] = {
	OPTION_TEXT_OR_JSON(offsetof(struct options, format)),
};

static bool find_step(const struct run *run, const char *id, uint32_t *step, struct error *error)
{
	struct nearest nearest;
	const char *instance = NULL;
	nearest_start(&nearest, id);
	for (*step = 0; *step < run->step_count; (*step)++) {
		if (text_equal(run->steps[*step].id, id))
			return true;
		nearest_offer(&nearest, run->steps[*step].id);
		if (!instance && text_equal(run->steps[*step].base_id, id))
			instance = run->steps[*step].id;
	}
	error_set(error, ERROR_USAGE, "run '%s' has no step '%s'", run->id, id);
	if (instance)
		error_hint(error, "it ran as several: '%s' is the first", instance);
	else if (nearest.best)
		error_hint(error, "did you mean '%s'?", nearest.best);
	return false;
}

static int trace(
	struct cli *cli, const void *values, const char *const *arguments, struct error *error)
{
	const struct options *chosen = values;
	struct run run;
	uint32_t step;
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	if (!project_read_run(cli, arguments[0], &run, error))
		return -1;
	int64_t now_ms = clock_realtime_ms();
	if (chosen->format == FORMAT_JSON)
		run_json_append(&run, &text);
	else if (!arguments[0] || !arguments[1])
		trace_append(&run, &cli->style, now_ms, &text);
	else if (find_step(&run, arguments[1], &step, error))
		trace_step_append(&run, step, &cli->style, now_ms, &text);
	else
		return -1;
	return cli_print(&text, error) ? 0 : -1;
}

extern const struct cli_command cmd_trace;
const struct cli_command cmd_trace = {
	.name = "trace",
	.arguments = "[RUN [STEP]]",
	.argument_limit = 2,
	.summary = "Show what each step did: time, attempts, artifacts; with STEP its whole life",
	.example = "wavetrain trace latest",
	.options = options,
	.option_count = ARRAY_LENGTH(options),
	.options_size = sizeof(struct options),
	.run = trace,
};
