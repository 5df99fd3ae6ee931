#include <stddef.h>

#include "cli/batch.h"
#include "cli/console.h"
#include "model/pipeline.h"

static const char *const switches[] = {"on", "off", NULL};
static const char *const resumes[] = {"auto", "never", "require", NULL};
static const char *const modes[] = {"waves", NULL};
static const char *const pushes[] = {"auto", "never", NULL};
static const char *const comments[] = {"off", "always", "changes", "failures", NULL};

#define OFFSET(field) offsetof(struct batch_choices, field)

const struct option batch_options[BATCH_OPTIONS] = {
	/* Of `run` alone. */
	OPTION_PARAMETERS(OFFSET(parameters)),
	{.name = "mode",
		.kind = OPTION_CHOICE,
		.offset = OFFSET(mode),
		.value_name = "MODE",
		.choices = modes,
		.help = "How steps are started"},
	{.name = "resume",
		.kind = OPTION_CHOICE,
		.offset = OFFSET(resume),
		.value_name = "WHEN",
		.choices = resumes,
		.implied = "auto",
		.help = "Continue the pipeline's last run if it did not finish, instead of beginning a new one"},
	/* Of both. */
	{.name = "jobs",
		.letter = 'j',
		.kind = OPTION_COUNT,
		.offset = OFFSET(jobs),
		.value_name = "N",
		.limit = 4096,
		.help = "Run at most N steps at once"},
	{.name = "stop-on-failure",
		.kind = OPTION_FLAG,
		.offset = OFFSET(stop_on_failure),
		.help = "End the running steps when one has failed, like on_failure: stop"},
	{.name = "allow-dirty",
		.kind = OPTION_FLAG,
		.offset = OFFSET(allow_dirty),
		.help = "Commit what steps change although there are uncommitted changes; those stay uncommitted"},
	{.name = "output-format",
		.kind = OPTION_CHOICE,
		.offset = OFFSET(format),
		.value_name = "FORMAT",
		.choices = console_format_names,
		.help = "How to show the run"},
	{.name = "report-dir",
		.kind = OPTION_TEXT,
		.offset = OFFSET(report_folder),
		.value_name = "DIR",
		.help = "Write the reports to DIR; by default the run's folder, in CI wavetrain-report"},
	{.name = "report-name",
		.kind = OPTION_TEXT,
		.offset = OFFSET(report_name),
		.value_name = "NAME",
		.help = "Name of the artifact the reports are uploaded as, for links"},
	{.name = "templates",
		.kind = OPTION_TEXT,
		.offset = OFFSET(templates),
		.value_name = "DIR",
		.help = "Take report templates from DIR where it has them"},
	{.name = "push",
		.kind = OPTION_CHOICE,
		.offset = OFFSET(push),
		.value_name = "WHEN",
		.choices = pushes,
		.help = "Push every wave's commit; auto: in CI, or when there is a token"},
	{.name = "status",
		.kind = OPTION_CHOICE,
		.offset = OFFSET(status),
		.value_name = "SWITCH",
		.choices = switches,
		.help = "Set a commit status on GitHub"},
	{.name = "comment",
		.kind = OPTION_CHOICE,
		.offset = OFFSET(comment),
		.value_name = "WHEN",
		.choices = comments,
		.help = "Keep one comment on the pull request"},
};
