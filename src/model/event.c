#include "model/event.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/containment.h"

/* Which of an event's fields are written. A field that holds its "none" is left out. */
enum event_field {
	FIELD_ATTEMPT = 1u << 0,
	FIELD_WAVE = 1u << 1,
	FIELD_GROUP = 1u << 2,
	FIELD_DURATION = 1u << 3,
	FIELD_FAILURE = 1u << 4, /* failure and signal */
	FIELD_DELAY = 1u << 5,
	FIELD_ENDED = 1u << 6, /* an attempt's measures: exit status, queue, cpu, memory, log */
	FIELD_PROCESS = 1u << 7,
	FIELD_REASON = 1u << 8,
	FIELD_SUBJECT = 1u << 9,
	FIELD_ARTIFACT = 1u << 10,
	FIELD_CHECKPOINT = 1u << 11,
	FIELD_QUEUE = 1u << 12,
	FIELD_KEY = 1u << 13,
	FIELD_TREE = 1u << 14,
	FIELD_COUNT = 1u << 15,
	FIELD_ERRORS = 1u << 16,
	FIELD_KNOWN = 1u << 17,
	FIELD_JOBS = 1u << 18,
	FIELD_CONTAINMENT = 1u << 19,
};

#define FIELDS_OF_STEP (FIELD_ATTEMPT | FIELD_WAVE | FIELD_GROUP)
#define FIELDS_OF_ENDED                                                                            \
	(FIELDS_OF_STEP | FIELD_DURATION | FIELD_FAILURE | FIELD_QUEUE | FIELD_ENDED | FIELD_REASON)
#define FIELDS_OF_RUN_END (FIELD_DURATION | FIELD_REASON)
#define FIELDS_OF_WAVE_END (FIELD_WAVE | FIELD_DURATION | FIELD_REASON)
#define FIELDS_OF_GROUP_END (FIELDS_OF_WAVE_END | FIELD_GROUP)
#define FIELDS_OF_CONTRACT                                                                         \
	(FIELDS_OF_STEP | FIELD_DURATION | FIELD_SUBJECT | FIELD_REASON | FIELD_ARTIFACT)
#define FIELDS_OF_CHECKPOINT (FIELD_WAVE | FIELD_DURATION | FIELD_REASON | FIELD_CHECKPOINT)

struct event_row {
	const char *name;
	unsigned fields;
};

static const struct event_row rows[] = {
	[EVENT_PIPELINE_STARTED] = {"pipeline_started", FIELD_REASON | FIELD_JOBS},
	[EVENT_PIPELINE_RESUMED] = {"pipeline_resumed", FIELD_REASON | FIELD_JOBS},
	[EVENT_PIPELINE_COMPLETED] = {"pipeline_completed", FIELDS_OF_RUN_END},
	[EVENT_PIPELINE_FAILED] = {"pipeline_failed", FIELDS_OF_RUN_END},
	[EVENT_PIPELINE_INTERRUPTED] = {"pipeline_interrupted", FIELDS_OF_RUN_END},
	[EVENT_WAVE_STARTED] = {"wave_started", FIELD_WAVE},
	[EVENT_WAVE_COMPLETED] = {"wave_completed", FIELDS_OF_WAVE_END},
	[EVENT_WAVE_FAILED] = {"wave_failed", FIELDS_OF_WAVE_END},
	[EVENT_GROUP_STARTED] = {"group_started", FIELD_WAVE | FIELD_GROUP},
	[EVENT_GROUP_COMPLETED] = {"group_completed", FIELDS_OF_GROUP_END},
	[EVENT_GROUP_FAILED] = {"group_failed", FIELDS_OF_GROUP_END},
	[EVENT_STEP_STARTED] = {"step_started",
		FIELDS_OF_STEP | FIELD_QUEUE | FIELD_PROCESS | FIELD_CONTAINMENT},
	[EVENT_STEP_COMPLETED] = {"step_completed", FIELDS_OF_ENDED | FIELD_KEY | FIELD_TREE},
	[EVENT_STEP_FAILED] = {"step_failed", FIELDS_OF_ENDED},
	[EVENT_STEP_RETRIED] = {"step_retried", FIELDS_OF_ENDED | FIELD_DELAY},
	[EVENT_STEP_SKIPPED] = {"step_skipped",
		FIELD_WAVE | FIELD_GROUP | FIELD_REASON | FIELD_SUBJECT},
	[EVENT_STEP_CANCELLED] = {"step_cancelled", FIELDS_OF_ENDED},
	[EVENT_STEP_ROLLED_BACK] = {"step_rolled_back", FIELD_WAVE | FIELD_GROUP | FIELD_REASON},
	[EVENT_STEP_EXPANDED] = {"step_expanded", FIELD_WAVE | FIELD_GROUP | FIELD_COUNT},
	[EVENT_CACHE_HIT] = {"cache_hit", FIELDS_OF_STEP | FIELD_KEY | FIELD_REASON},
	[EVENT_CONTRACT_VALIDATED] = {"contract_validated", FIELDS_OF_CONTRACT | FIELD_KNOWN},
	[EVENT_CONTRACT_FAILED] = {"contract_failed",
		FIELDS_OF_CONTRACT | FIELD_COUNT | FIELD_ERRORS},
	[EVENT_ARTIFACT_CREATED] = {"artifact_created", FIELDS_OF_STEP | FIELD_ARTIFACT},
	[EVENT_ARTIFACT_INJECTED] = {"artifact_injected",
		FIELDS_OF_STEP | FIELD_SUBJECT | FIELD_ARTIFACT},
	[EVENT_CHECKPOINT_PREPARED] = {"checkpoint_prepared", FIELDS_OF_CHECKPOINT},
	[EVENT_CHECKPOINT_CREATED] = {"checkpoint_created", FIELDS_OF_CHECKPOINT},
	[EVENT_CHECKPOINT_FAILED] = {"checkpoint_failed", FIELDS_OF_CHECKPOINT},
	[EVENT_GATE_WAITING] = {"gate_waiting", FIELD_WAVE | FIELD_GROUP | FIELD_REASON},
	[EVENT_GATE_OPENED] = {"gate_opened", FIELD_WAVE | FIELD_GROUP | FIELD_SUBJECT},
};
static_assert(ARRAY_LENGTH(rows) == EVENT_TYPE_COUNT, "one row an event");

const char *event_type_name(enum event_type type)
{
	return rows[type].name;
}

bool event_type_parse(const char *name, enum event_type *type)
{
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		if (strcmp(rows[i].name, name) == 0) {
			*type = (enum event_type)i;
			return true;
		}
	}
	return false;
}

/* The keys are ours and need no escaping: `,"key":` as one literal. */
static void append_text(struct buffer *buffer, const char *key, const char *text)
{
	if (!text)
		return;
	buffer_append_text(buffer, key);
	json_append_text(buffer, text);
}

static void append_signed(struct buffer *buffer, const char *key, int64_t number)
{
	buffer_append_text(buffer, key);
	buffer_append_signed(buffer, number);
}

static void append_unsigned(struct buffer *buffer, const char *key, uint64_t number)
{
	buffer_append_text(buffer, key);
	buffer_append_unsigned(buffer, number);
}

static void append_index(struct buffer *buffer, const char *key, uint32_t index)
{
	if (index != INDEX_NONE)
		append_unsigned(buffer, key, index);
}

static void append_bool(struct buffer *buffer, const char *key, bool value)
{
	buffer_append_text(buffer, key);
	buffer_append_text(buffer, value ? "true" : "false");
}

static void append_measures(struct buffer *buffer, const struct event *event)
{
	append_signed(buffer, ",\"exit_status\":", event->exit_status);
	append_signed(buffer, ",\"cpu_ms\":", event->cpu_ms);
	if (event->peak_rss_bytes > 0)
		append_unsigned(buffer, ",\"peak_rss_bytes\":", event->peak_rss_bytes);
	append_unsigned(buffer, ",\"log_bytes\":", event->log_bytes);
	append_bool(buffer, ",\"log_truncated\":", event->log_truncated);
	append_text(buffer, ",\"log\":", event->log_path);
}

static void append_failure(struct buffer *buffer, const struct event *event)
{
	if (event->signal != 0)
		append_signed(buffer, ",\"signal\":", event->signal);
	if (event->failure != FAILURE_NONE)
		append_text(buffer, ",\"failure\":", failure_class_name(event->failure));
}

static void append_artifact(struct buffer *buffer, const struct artifact *artifact)
{
	buffer_append_text(buffer, ",\"artifact\":{\"name\":");
	json_append_text(buffer, artifact->name);
	append_text(buffer, ",\"path\":", artifact->path);
	append_unsigned(buffer, ",\"size_bytes\":", artifact->size_bytes);
	append_text(buffer, ",\"sha256\":", artifact->sha256);
	append_unsigned(buffer, ",\"files\":", artifact->file_count);
	append_bool(buffer, ",\"folder\":", artifact->is_folder);
	buffer_append_byte(buffer, '}');
}

static void append_checkpoint(struct buffer *buffer, const struct checkpoint *checkpoint)
{
	append_unsigned(buffer, ",\"checkpoint\":{\"number\":", checkpoint->number);
	append_text(buffer, ",\"trigger\":", checkpoint_trigger_name(checkpoint->trigger));
	append_text(buffer, ",\"commit\":", checkpoint->commit);
	append_text(buffer, ",\"parent\":", checkpoint->parent);
	append_text(buffer, ",\"reference\":", checkpoint->reference);
	append_unsigned(buffer, ",\"files_changed\":", checkpoint->files_changed);
	append_unsigned(buffer, ",\"bytes\":", checkpoint->bytes);
	append_bool(buffer, ",\"partial\":", checkpoint->partial);
	append_text(buffer, ",\"subject\":", checkpoint->subject);
	buffer_append_byte(buffer, '}');
}

static void append_errors(struct buffer *buffer, const struct event *event)
{
	buffer_append_text(buffer, ",\"errors\":[");
	for (uint32_t i = 0; i < event->error_count; i++) {
		const struct contract_error *error = &event->errors[i];
		buffer_append_text(buffer, i > 0 ? ",{\"pointer\":" : "{\"pointer\":");
		json_append_text(buffer, error->pointer ? error->pointer : "");
		append_text(buffer, ",\"keyword\":", error->keyword);
		append_text(buffer, ",\"expected\":", error->expected);
		append_text(buffer, ",\"actual\":", error->actual);
		buffer_append_byte(buffer, '}');
	}
	buffer_append_byte(buffer, ']');
}

/* What only few types have. */
static void append_rare(struct buffer *buffer, const struct event *event, unsigned fields)
{
	if (fields & FIELD_KEY)
		append_text(buffer, ",\"key\":", event->key);
	if (fields & FIELD_TREE)
		append_text(buffer, ",\"tree\":", event->tree);
	if ((fields & FIELD_JOBS) && event->jobs > 0)
		append_unsigned(buffer, ",\"jobs\":", event->jobs);
	if (fields & FIELD_COUNT)
		append_unsigned(buffer, ",\"count\":", event->count);
	if ((fields & FIELD_ERRORS) && event->error_count > 0)
		append_errors(buffer, event);
	if ((fields & FIELD_KNOWN) && event->was_known)
		append_bool(buffer, ",\"was_known\":", true);
	if ((fields & FIELD_CONTAINMENT) && event->containment) {
		buffer_append_text(buffer, ",\"containment\":");
		containment_append_json(event->containment, buffer);
	}
}

static void append_head(
	struct buffer *buffer, const struct event *event, const struct event_names *names)
{
	char timestamp[CLOCK_TEXT_SIZE];
	clock_format(event->time_ms, timestamp);
	append_unsigned(buffer, "{\"v\":1,\"seq\":", event->sequence);
	append_text(buffer, ",\"event\":", rows[event->type].name);
	append_text(buffer, ",\"pipeline_id\":", names->run_id);
	append_text(buffer, ",\"timestamp\":", timestamp);
	append_text(buffer, ",\"step_id\":", names->step_id);
}

void event_append_json(
	const struct event *event, const struct event_names *names, struct buffer *buffer)
{
	unsigned fields = rows[event->type].fields;
	append_head(buffer, event, names);
	if ((fields & FIELD_ATTEMPT) && event->attempt > 0)
		append_unsigned(buffer, ",\"attempt\":", event->attempt);
	if (fields & FIELD_WAVE)
		append_index(buffer, ",\"wave\":", event->wave);
	if (fields & FIELD_GROUP)
		append_text(buffer, ",\"group\":", names->group_name);
	if (fields & FIELD_DURATION)
		append_signed(buffer, ",\"duration_ms\":", event->duration_ms);
	if (fields & FIELD_FAILURE)
		append_failure(buffer, event);
	if (fields & FIELD_QUEUE)
		append_signed(buffer, ",\"queue_ms\":", event->queue_ms);
	if (fields & FIELD_DELAY)
		append_signed(buffer, ",\"delay_ms\":", event->delay_ms);
	if (fields & FIELD_ENDED)
		append_measures(buffer, event);
	if (fields & FIELD_PROCESS)
		append_unsigned(buffer, ",\"process_id\":", event->process_id);
	if (fields & FIELD_SUBJECT)
		append_text(buffer, ",\"subject\":", event->subject);
	if (fields & FIELD_REASON)
		append_text(buffer, ",\"reason\":", event->reason);
	append_rare(buffer, event, fields);
	if ((fields & FIELD_ARTIFACT) && event->artifact)
		append_artifact(buffer, event->artifact);
	if ((fields & FIELD_CHECKPOINT) && event->checkpoint)
		append_checkpoint(buffer, event->checkpoint);
	buffer_append_byte(buffer, '}');
}
