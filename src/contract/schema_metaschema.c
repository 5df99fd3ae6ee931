/* The schemas of the drafts themselves: a $ref to one needs no network. */
#include <string.h>

#include "base/index.h"
#include "base/text.h"
#include "contract/schema_load.h"

#define EMBEDDED(symbol)                                                                           \
	extern const unsigned char embedded_##symbol[];                                            \
	extern const unsigned long embedded_##symbol##_size;

EMBEDDED(draft_07_json)
EMBEDDED(draft_2020_12_json)
EMBEDDED(draft_2020_12_applicator_json)
EMBEDDED(draft_2020_12_content_json)
EMBEDDED(draft_2020_12_core_json)
EMBEDDED(draft_2020_12_format_annotation_json)
EMBEDDED(draft_2020_12_format_assertion_json)
EMBEDDED(draft_2020_12_meta_data_json)
EMBEDDED(draft_2020_12_unevaluated_json)
EMBEDDED(draft_2020_12_validation_json)

#define META "https://json-schema.org/draft/2020-12/meta/"
#define ROW(uri, symbol)                                                                           \
	{                                                                                          \
		uri, embedded_##symbol, &embedded_##symbol##_size                                  \
	}

static const struct metaschema {
	const char *uri;
	const unsigned char *text;
	const unsigned long *size;
} metaschemas[] = {
	ROW("http://json-schema.org/draft-07/schema", draft_07_json),
	ROW("https://json-schema.org/draft/2020-12/schema", draft_2020_12_json),
	ROW(META "applicator", draft_2020_12_applicator_json),
	ROW(META "content", draft_2020_12_content_json),
	ROW(META "core", draft_2020_12_core_json),
	ROW(META "format-annotation", draft_2020_12_format_annotation_json),
	ROW(META "format-assertion", draft_2020_12_format_assertion_json),
	ROW(META "meta-data", draft_2020_12_meta_data_json),
	ROW(META "unevaluated", draft_2020_12_unevaluated_json),
	ROW(META "validation", draft_2020_12_validation_json),
};

const char *schema_metaschema(const char *uri, size_t *size)
{
	for (size_t i = 0; i < ARRAY_LENGTH(metaschemas); i++) {
		if (text_equal(uri, metaschemas[i].uri)) {
			*size = *metaschemas[i].size;
			return (const char *)metaschemas[i].text;
		}
	}
	return NULL;
}
