#include "check.h"

#include <math.h>
#include <stdio.h>

#include "base/text.h"
#include "report/palette.h"

/* WCAG 2.2: relative luminance of an sRGB colour, and the contrast of two. */
static double luminance(const char *color)
{
	static const double weights[] = {0.2126, 0.7152, 0.0722};
	unsigned channels[3];
	double sum = 0;
	assert_int_equal(sscanf(color, "#%2x%2x%2x", &channels[0], &channels[1], &channels[2]), 3);
	assert_int_equal(strlen(color), 7);
	for (int i = 0; i < 3; i++) {
		double share = channels[i] / 255.0;
		sum += weights[i] *
		       (share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4));
	}
	return sum;
}

static double contrast(const char *a, const char *b)
{
	double left = luminance(a) + 0.05;
	double right = luminance(b) + 0.05;
	return left > right ? left / right : right / left;
}

static void check_look(const struct look_colors *colors, const struct palette_theme *theme)
{
	assert_true(contrast(colors->label, colors->fill) >= 4.5);
	assert_true(contrast(colors->text, theme->panel) >= 4.5);
	assert_true(contrast(colors->text, theme->background) >= 4.5);
	assert_true(contrast(colors->fill, theme->panel) >= 3.0);
	assert_true(contrast(colors->fill, theme->background) >= 3.0);
}

static void test_contrasts_hold(void **state)
{
	(void)state;
	for (enum step_look look = 0; look < LOOK_COUNT; look++) {
		check_look(&palette_look(look)->light, palette_theme(false));
		check_look(&palette_look(look)->dark, palette_theme(true));
		assert_true(contrast("#000000", palette_look(look)->graph_fill) >= 4.5);
	}
}

static void test_neutrals_hold(void **state)
{
	(void)state;
	for (int dark = 0; dark < 2; dark++) {
		const struct palette_theme *theme = palette_theme(dark);
		assert_true(contrast(theme->ink, theme->panel) >= 7.0);
		assert_true(contrast(theme->muted, theme->panel) >= 4.5);
		assert_true(contrast(theme->line, theme->panel) >= 3.0);
		assert_true(contrast(theme->accent, theme->panel) >= 4.5);
	}
}

static void test_published_values(void **state)
{
	(void)state;
	assert_true(fabs(contrast("#4d7b61", "#ffffff") - 4.86) < 0.01);
	assert_true(fabs(contrast("#f23411", "#161b22") - 4.34) < 0.01);
	assert_true(fabs(contrast("#fece73", "#0d1117") - 12.88) < 0.01);
}

static void test_looks_differ_without_color(void **state)
{
	(void)state;
	for (enum step_look a = 0; a < LOOK_COUNT; a++) {
		const struct look *look = palette_look(a);
		assert_int_equal(utf8_width(look->glyph, strlen(look->glyph)), 1);
		assert_int_equal(strlen(look->ascii), 1);
		for (enum step_look b = 0; b < a; b++) {
			assert_string_not_equal(look->glyph, palette_look(b)->glyph);
			assert_string_not_equal(look->ascii, palette_look(b)->ascii);
			assert_string_not_equal(look->word, palette_look(b)->word);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_contrasts_hold),
		cmocka_unit_test(test_neutrals_hold),
		cmocka_unit_test(test_published_values),
		cmocka_unit_test(test_looks_differ_without_color),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
