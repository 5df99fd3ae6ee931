#include "base/text.h"
#include "report/html.h"

static void add_one(
	const struct html_context *context, struct page_value *list, const struct run_flaky *flaky)
{
	const struct run *run = context->run;
	const char *id = run->steps[flaky->step].id;
	struct page_value *item = page_object(context->arena, list, NULL);
	struct buffer text = BUFFER_INIT;

	page_text(context->arena, item, "id", id);
	page_text(context->arena, item, "key", html_key(context->arena, id));
	flaky_phrase_append(flaky, &text);
	page_bytes(context->arena, item, "text", &text);
	buffer_clear(&text);
	buffer_printf(&text, "Last failure: %s",
		flaky->last_reason ? flaky->last_reason : failure_class_name(flaky->last_failure));
	if (!text_equal(flaky->last_run, run->id))
		buffer_printf(&text, ", in %s", flaky->last_run);
	page_bytes(context->arena, item, "last", &text);
	buffer_release(&text);
}

void html_flaky_add(const struct html_context *context, struct page_value *root)
{
	const struct run *run = context->run;
	struct page_value *list = page_list(context->arena, root, "flaky");
	uint32_t shown = run->flaky_count < HTML_FLAKY_LIMIT ? run->flaky_count : HTML_FLAKY_LIMIT;

	page_truth(context->arena, root, "flaky_any", shown > 0);
	for (uint32_t i = 0; i < shown; i++)
		add_one(context, list, &run->flaky[i]);
	if (run->flaky_count > shown)
		page_format(context->arena, root, "flaky_note",
			"The first %u of %u; report.json has all.", shown, run->flaky_count);
	else
		page_text(context->arena, root, "flaky_note", NULL);
}
