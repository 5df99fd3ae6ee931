#ifndef WAVETRAIN_LOAD_YAML_CHECK_H
#define WAVETRAIN_LOAD_YAML_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "load/yaml_tree.h"
#include "model/diagnostic.h"

/* What is looked at before libyaml sees the bytes, and what it does not look at. */

/*
 * False with one finding: too large, a NUL, not UTF-8, or so many %TAG directives that libyaml
 * would compare them for hours.
 */
bool yaml_check_bytes(const char *bytes, size_t size, struct diagnostics *diagnostics);

/* A finding for every key that is not a scalar, and for each after the first of the same text. */
void yaml_check_keys(
	const struct yaml_tree *tree, uint32_t mapping, struct diagnostics *diagnostics);

/* Line and column of a byte. */
struct source_position yaml_offset_where(const char *bytes, size_t size, size_t offset);

bool yaml_line_has_tab_indent(const char *bytes, size_t size, uint32_t line);

/*
 * How many blanks a literal block, whose '|' is at offset and whose text is given, has before each
 * line. INDEX_NONE: no '|' is there, or no line says.
 */
uint32_t yaml_literal_indent(const char *bytes, size_t size, size_t offset, const char *text);

#endif
