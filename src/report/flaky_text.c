/* Steps that gave different verdicts with the same inputs, in words. */
#include "base/text.h"
#include "report/markdown.h"
#include "report/report.h"
#include "report/sections.h"
#include "report/text_layout.h"

#define LINES_SHOWN 5u
#define SECTION_SHOWN 3u

const struct run_flaky *flaky_find(const struct run *run, uint32_t step)
{
	uint32_t first = 0;
	uint32_t last = run->flaky_count;
	while (first < last) {
		uint32_t middle = first + (last - first) / 2;
		if (run->flaky[middle].step == step)
			return &run->flaky[middle];
		if (run->flaky[middle].step < step)
			first = middle + 1;
		else
			last = middle;
	}
	return NULL;
}

void flaky_phrase_append(const struct run_flaky *flaky, struct buffer *buffer)
{
	buffer_printf(buffer, "failed %u of %u attempts with the same inputs", flaky->failed,
		flaky->attempts);
	if (flaky->run_count > 1)
		buffer_printf(buffer, " in %u runs", flaky->run_count);
}

void flaky_append(const struct run *run, struct buffer *buffer)
{
	for (uint32_t i = 0; i < run->flaky_count && i < LINES_SHOWN; i++) {
		buffer_append_text(buffer, "  flaky: ");
		layout_phrase(buffer, run->steps[run->flaky[i].step].id);
		buffer_append_byte(buffer, ' ');
		flaky_phrase_append(&run->flaky[i], buffer);
		buffer_append_byte(buffer, '\n');
	}
	if (run->flaky_count > LINES_SHOWN)
		buffer_printf(buffer, "  flaky: %u more, in the report\n",
			run->flaky_count - LINES_SHOWN);
}

void section_flaky(const struct run *run, struct buffer *buffer)
{
	for (uint32_t i = 0; i < run->flaky_count && i < SECTION_SHOWN; i++) {
		buffer_append_text(buffer, i ? "; " : "Flaky: ");
		markdown_append_text(buffer, run->steps[run->flaky[i].step].id);
		buffer_append_byte(buffer, ' ');
		flaky_phrase_append(&run->flaky[i], buffer);
	}
	if (run->flaky_count > SECTION_SHOWN)
		buffer_printf(buffer, "; and %u more", run->flaky_count - SECTION_SHOWN);
	if (run->flaky_count)
		buffer_append_text(buffer, ".\n");
}
