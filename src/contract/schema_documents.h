#ifndef WAVETRAIN_CONTRACT_SCHEMA_DOCUMENTS_H
#define WAVETRAIN_CONTRACT_SCHEMA_DOCUMENTS_H

#include "contract/schema_load.h"

/* Where the documents of a schema come from. Part of schema_load.h, for its own files. */

struct schema_text {
	const char *bytes;
	size_t size;
};

/* Parses and walks a document; *added is its resource. draft: when it names none. */
bool schema_loader_add(struct schema_loader *loader, const char *uri,
	const struct schema_text *text, enum schema_draft draft, uint32_t *added,
	struct error *error);

/* The document of the source itself. */
bool schema_loader_add_main(struct schema_loader *loader, struct error *error);

/* The resource of a URI, loaded where it is not there yet. */
bool schema_loader_find(struct schema_loader *loader, const char *uri, enum schema_draft draft,
	uint32_t *resource, struct error *error);

/* Sets the draft and the vocabularies that the value of $schema stands for. */
bool schema_loader_draft(struct schema_loader *loader, const char *name,
	struct schema_resource *resource, struct error *error);

#endif
