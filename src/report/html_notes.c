/* What steps wrote for people, and which of them wait for a person. */
#include "base/text.h"
#include "report/html.h"

static void add_gates(const struct html_context *context, struct page_value *root)
{
	const struct run *run = context->run;
	struct page_value *gates = page_list(context->arena, root, "gates");

	for (uint32_t i = 0; i < run->gate_count; i++) {
		const char *id = run->steps[run->gates[i].step].id;
		struct page_value *gate;
		struct buffer command = BUFFER_INIT;

		if (run->gates[i].is_open)
			continue;
		gate = page_object(context->arena, gates, NULL);
		page_text(context->arena, gate, "id", id);
		buffer_printf(&command, "wavetrain approve %s ", run->id);
		shell_quote_append(&command, id);
		page_bytes(context->arena, gate, "command", &command);
		buffer_release(&command);
	}
}

static void add_note(const struct html_context *context, struct page_value *notes,
	const struct run_step *step, bool is_open)
{
	struct page_value *note = page_object(context->arena, notes, NULL);

	page_text(context->arena, note, "id", step->id);
	page_text(context->arena, note, "key", html_key(context->arena, step->id));
	page_text(context->arena, note, "text", step->summary);
	page_truth(context->arena, note, "open", is_open);
}

void html_notes_add(const struct html_context *context, struct page_value *root)
{
	const struct run *run = context->run;
	struct page_value *notes = page_list(context->arena, root, "notes");
	uint32_t count = 0;

	add_gates(context, root);
	for (uint32_t i = 0; i < run->step_count; i++)
		if (run->steps[i].summary && count++ < HTML_NOTE_LIMIT)
			add_note(context, notes, &run->steps[i], count <= HTML_NOTES_OPEN);
	page_truth(context->arena, root, "notes_any", count > 0);
	if (count > HTML_NOTE_LIMIT)
		page_format(context->arena, root, "notes_note",
			"The first %d of %u steps that wrote something; report.json has all.",
			HTML_NOTE_LIMIT, count);
	else
		page_text(context->arena, root, "notes_note", NULL);
}
