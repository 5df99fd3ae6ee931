#ifndef WAVETRAIN_LOAD_YAML_WRITE_H
#define WAVETRAIN_LOAD_YAML_WRITE_H

#include <stdint.h>

#include "base/buffer.h"
#include "load/yaml_tree.h"

/* A text on one line that YAML reads as this text: plain where that is safe, else in quotes. */
void yaml_append_text(struct buffer *buffer, const char *text, size_t size);

/* A text within a comment: what would end its line or be refused is a '?'. */
void yaml_append_comment(struct buffer *buffer, const char *text, size_t size);

/*
 * What follows "KEY:" for a node of a tree: " VALUE" and a line end, or a line end and the lines of
 * a list or mapping, each indented by indent spaces. Aliases are written out.
 */
void yaml_append_value(
	struct buffer *buffer, const struct yaml_tree *tree, uint32_t node, uint32_t indent);

#endif
