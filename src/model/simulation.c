#include "model/simulation.h"

#include <assert.h>

#include "base/index.h"

static const char *const mode_names[] = {
	[SIMULATION_WAVES] = "waves",
	[SIMULATION_FRONTIER] = "frontier",
};
static_assert(ARRAY_LENGTH(mode_names) == SIMULATION_MODE_COUNT, "one name a mode");

const char *simulation_mode_name(enum simulation_mode mode)
{
	return mode_names[mode];
}
