#include "model/checkpoint.h"

#include <assert.h>

#include "base/index.h"

static const char *const trigger_names[] = {
	[TRIGGER_WAVE] = "wave",
	[TRIGGER_STEP] = "step",
	[TRIGGER_INTERRUPTION] = "interruption",
	[TRIGGER_TIME] = "time",
	[TRIGGER_PROGRESS] = "progress",
	[TRIGGER_MILESTONE] = "milestone",
	[TRIGGER_RISK] = "risk",
	[TRIGGER_SIGNAL] = "signal",
};
static_assert(ARRAY_LENGTH(trigger_names) == TRIGGER_COUNT, "one name a trigger");

const char *checkpoint_trigger_name(enum checkpoint_trigger trigger)
{
	return trigger_names[trigger];
}
