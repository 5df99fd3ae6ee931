#ifndef WAVETRAIN_LOAD_OLD_LAYOUT_H
#define WAVETRAIN_LOAD_OLD_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "load/yaml_tree.h"
#include "model/diagnostic.h"

/*
 * The layout of runbooks before artifacts: `connectors`, `analysers` (or `plugins`) and
 * `execution`, a list of which analyser reads which connector (or `execution_order`, the names
 * of analysers that all read the one connector).
 */
bool old_layout_is(const struct yaml_tree *tree, uint32_t root);

/* The one finding of such a file, with the command that converts it. */
void old_layout_report(
	const struct yaml_tree *tree, uint32_t root, struct diagnostics *diagnostics);

/*
 * Appends the same runbook with `artifacts`: a source for each connector that is used, an output
 * for each entry of `execution`, a declaration with a program to be written for each component
 * that is not built in (filesystem, json, command). Names and order are kept; `context` and
 * `metadata`, which have no meaning here, become comments; comments are not kept. name is the
 * file's, for the first line. False with findings: not that layout, or an entry that names
 * nothing; *yaml is then not to be used. *diagnostics must be initialised.
 */
bool old_layout_convert(const char *bytes, size_t size, const char *name, struct buffer *yaml,
	struct diagnostics *diagnostics);

#endif
