#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "report/html.h"

/* Where the last `lines` lines begin; a closing line end does not count as a line. */
static size_t tail_start(const struct buffer *text, uint32_t lines)
{
	size_t at = text->size;

	if (at > 0 && text->bytes[at - 1] == '\n')
		at--;
	while (at > 0) {
		if (text->bytes[at - 1] == '\n' && --lines == 0)
			return at;
		at--;
	}
	return 0;
}

static const struct run_attempt *last_with_log(const struct run *run, uint32_t step)
{
	struct index_range range = run->steps[step].attempts;

	for (uint32_t i = range.count; i-- > 0;)
		if (run->attempts[range.first + i].log_path)
			return &run->attempts[range.first + i];
	return NULL;
}

void html_log_append(const struct html_context *context, uint32_t step,
	const struct html_log_limits *limits, struct buffer *buffer, bool *cut)
{
	const struct run_attempt *attempt = last_with_log(context->run, step);
	struct buffer text = BUFFER_INIT;
	struct error ignored = {0};
	size_t start;

	*cut = false;
	if (!attempt || !context->run->folder || !path_stays_beneath(attempt->log_path))
		return;
	/* A log that is gone leaves a report without it, not a run without a report. */
	if (file_read_tail(path_join(context->arena, context->run->folder, attempt->log_path),
		    limits->bytes, &text, &ignored)) {
		start = tail_start(&text, limits->lines);
		*cut = start > 0 || text.size < attempt->log_bytes || attempt->log_truncated;
		page_visible_append(
			buffer, buffer_text(&text) + start, text.size - start, limits->keep_color);
	}
	buffer_release(&text);
}
