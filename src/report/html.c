#include "report/html.h"

#include <string.h>

#include "base/hash.h"
#include "base/index.h"
#include "base/text.h"
#include "report/palette.h"

int64_t html_offset_ms(const struct run *run, int64_t time_ms)
{
	if (time_ms == TIME_NONE || run->started_ms == TIME_NONE || time_ms < run->started_ms)
		return 0;
	return time_ms - run->started_ms;
}

void html_json_text(struct buffer *buffer, const char *text)
{
	struct buffer visible = BUFFER_INIT;
	size_t size = text ? strlen(text) : 0;

	/* Nearly all names are plain: no copy for them. */
	if (page_text_is_plain(text, size)) {
		json_append_string(buffer, text ? text : "", size);
		return;
	}
	page_visible_append(&visible, text, size, false);
	json_append_string(buffer, buffer_text(&visible), visible.size);
	buffer_release(&visible);
}

const char *html_key(struct arena *arena, const char *id)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
	struct buffer visible = BUFFER_INIT;
	struct buffer key = BUFFER_INIT;
	char *copy;

	page_visible_append(&visible, id, strlen(id), false);
	for (size_t i = 0; i < visible.size; i++)
		if (visible.bytes[i] != '\0' && strchr(plain, visible.bytes[i]))
			buffer_append_byte(&key, visible.bytes[i]);
		else
			buffer_printf(&key, "%%%02X", (unsigned)(unsigned char)visible.bytes[i]);
	copy = arena_copy_bytes(arena, buffer_text(&key), key.size);
	buffer_release(&visible);
	buffer_release(&key);
	return copy;
}

/* "sha256-…" of a script or style, as a content security policy names it. */
static void add_hash(const struct html_context *context, struct page_value *root, const char *key,
	const struct buffer *text)
{
	struct buffer name = BUFFER_INIT;
	struct hash hash;
	char digits[HASH_TEXT_SIZE];
	unsigned char digest[HASH_SIZE];

	hash_start(&hash);
	hash_add(&hash, buffer_text(text), text->size);
	hash_finish(&hash, digits);
	for (size_t i = 0; i < HASH_SIZE; i++) {
		static const char hexadecimal[] = "0123456789abcdef";
		size_t high = (size_t)(strchr(hexadecimal, digits[2 * i]) - hexadecimal);
		size_t low = (size_t)(strchr(hexadecimal, digits[2 * i + 1]) - hexadecimal);

		digest[i] = (unsigned char)(high << 4 | low);
	}
	buffer_append_text(&name, "sha256-");
	base64_append(&name, digest, sizeof digest);
	page_bytes(context->arena, root, key, &name);
	buffer_release(&name);
}

static void colors_append(struct buffer *buffer, bool dark)
{
	const struct palette_theme *theme = palette_theme(dark);

	/* Lines that only please the eye, and a shade for what is pointed at. */
	buffer_append_text(buffer, dark ? "--hair: #30363d; --wash: #21262d;\n\t"
					: "--hair: #d8dee4; --wash: #eef1f4;\n\t");
	buffer_printf(buffer,
		"--background: %s; --panel: %s; --ink: %s; --muted: %s; --line: %s; --accent: %s;",
		theme->background, theme->panel, theme->ink, theme->muted, theme->line,
		theme->accent);
	for (int i = 0; i < LOOK_COUNT; i++) {
		const struct look *look = palette_look((enum step_look)i);
		const struct look_colors *colors = dark ? &look->dark : &look->light;

		buffer_printf(buffer, "\n\t--%s-fill: %s; --%s-label: %s; --%s-text: %s;",
			look->word, colors->fill, look->word, colors->label, look->word,
			colors->text);
	}
}

static bool add_style(
	const struct html_context *context, struct page_value *root, struct error *error)
{
	static const char *const keys[] = {"light_colors", "dark_colors"};
	struct page_value *data = page_new(context->arena);
	struct template_source source;
	struct page_value *looks;
	struct buffer style = BUFFER_INIT;
	bool done;

	for (int dark = 0; dark < 2; dark++) {
		struct buffer colors = BUFFER_INIT;

		colors_append(&colors, dark);
		page_bytes(context->arena, data, keys[dark], &colors);
		buffer_release(&colors);
	}
	looks = page_list(context->arena, data, "looks");
	for (int i = 0; i < LOOK_COUNT; i++)
		page_text(context->arena, looks, NULL, palette_look((enum step_look)i)->word);
	done = html_template(context, "report.css", &source, error) &&
	       template_render(&source, TEMPLATE_TEXT, data, &style, error);
	if (done && strstr(buffer_text(&style), "</"))
		done = error_set(error, ERROR_TEMPLATE, "template %s: '</' would end the style",
			source.name);
	page_bytes(context->arena, root, "style", &style);
	add_hash(context, root, "style_hash", &style);
	buffer_release(&style);
	return done;
}

static bool add_script(
	const struct html_context *context, struct page_value *root, struct error *error)
{
	static const char *const parts[] = {"report_data.js", "report_timeline.js",
		"report_steps.js", "report_detail.js", "report.js"};
	struct template_source source;
	struct buffer script = BUFFER_INIT;
	bool done = true;

	for (size_t i = 0; i < ARRAY_LENGTH(parts) && done; i++) {
		done = html_template(context, parts[i], &source, error);
		if (done)
			buffer_append(&script, source.text, source.size);
		if (done && (strcasestr(buffer_text(&script), "</script") ||
				    strstr(buffer_text(&script), "<!--")))
			done = error_set(error, ERROR_TEMPLATE,
				"template %s: '</script' or '<!--' would end the script",
				source.name);
	}
	page_bytes(context->arena, root, "script", &script);
	add_hash(context, root, "script_hash", &script);
	buffer_release(&script);
	return done;
}

bool html_append(const struct run *run, const struct report_settings *settings, int64_t now_ms,
	struct buffer *buffer, struct error *error)
{
	struct arena arena = {0};
	struct html_context context = {run, settings, now_ms, &arena};
	struct page_value *root = page_new(&arena);
	struct template_source source;
	struct buffer run_json = BUFFER_INIT;
	struct buffer steps = BUFFER_INIT;
	const char *encoding;
	bool done = add_style(&context, root, error) && add_script(&context, root, error) &&
		    html_template(&context, "report.html", &source, error);

	if (done) {
		html_verdict_add(&context, root);
		html_failures_add(&context, root);
		html_flaky_add(&context, root);
		html_notes_add(&context, root);
		html_time_add(&context, root);
		html_waves_add(&context, root);
		html_compare_add(&context, root);
		html_facts_add(&context, root);
		html_run_json_append(&context, &run_json);
		html_pack(&context, html_steps_json_append, &steps, &encoding);
		page_text(&arena, root, "run_json", buffer_text(&run_json));
		page_text(&arena, root, "steps_encoding", encoding);
		page_text(&arena, root, "steps_data", buffer_text(&steps));
		done = template_render(&source, TEMPLATE_HTML, root, buffer, error);
	}
	buffer_release(&run_json);
	buffer_release(&steps);
	arena_release(&arena);
	return done;
}
