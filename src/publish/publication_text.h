#ifndef WAVETRAIN_PUBLISH_PUBLICATION_TEXT_H
#define WAVETRAIN_PUBLISH_PUBLICATION_TEXT_H

#include <stdbool.h>

#include "base/buffer.h"

/* What is sent, as text: pure functions. */

#define DESCRIPTION_LIMIT_CHARACTERS 140 /* of a commit status; GitHub answers 422 above */
#define CONTEXT_LIMIT_CHARACTERS 100     /* of a status' name; our own, it stands in narrow boxes */
#define COMMENT_LIMIT_BYTES 65000        /* GitHub refuses 65 536 characters */

/* Valid UTF-8 in one line, cut between characters with "…" as the last one. */
void description_append(struct buffer *buffer, const char *text, size_t limit_characters);

/* "wavetrain / PIPELINE" */
void status_context_append(struct buffer *buffer, const char *pipeline_name);

/* "<!-- wavetrain:PIPELINE:v1 -->"; the name's bytes that could end a comment as %XX. */
void comment_marker_append(struct buffer *buffer, const char *pipeline_name);

/* Marker, hidden state, then the text, within the limit. */
void publication_comment_append(
	struct buffer *buffer, const char *pipeline_name, const char *state, const char *text);

/* True when both would look the same: line ends and white space at the end do not count. */
bool comment_equal(const char *left, const char *right);

/* True when the comment carries this hidden state. */
bool comment_has_state(const char *body, const char *state);

#endif
