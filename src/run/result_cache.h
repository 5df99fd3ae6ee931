#ifndef WAVETRAIN_RUN_RESULT_CACHE_H
#define WAVETRAIN_RUN_RESULT_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/hash.h"
#include "model/event.h"
#include "model/pipeline.h"

/*
 * What steps with a cache rule left behind, by a key over everything that decides it, in
 * STATE_FOLDER/cache/KEY/: a manifest, and the files under numbers. The paths that a step chose
 * are only texts in the manifest, so none leads anywhere until it is put back, and then only
 * beneath the step's folder.
 *
 * Nothing is flushed to disk: an entry may be lost, or found damaged after a power cut, but it is
 * believed only when the manifest's and every file's checksum hold, at the moment it is taken.
 * One writer at a time (the state folder's lock); readers need none.
 */
struct result_cache {
	int folder; /* descriptor; -1: there is none yet */
	char *path; /* heap: absolute */
	uint64_t byte_limit;
	uint32_t entry_limit;
};
#define RESULT_CACHE_DEFAULT_BYTES (UINT64_C(1) << 30)
#define RESULT_CACHE_DEFAULT_ENTRIES 1000u

/*
 * folder: STATE_FOLDER/cache, absolute; made at the first store. The limits are set to the
 * defaults. Never fails: a folder that cannot be opened holds nothing.
 */
void result_cache_open(struct result_cache *cache, const char *folder);
void result_cache_close(struct result_cache *cache); /* also of zeroed memory */

/* In the run's folder: a file STEP-ID with the ingredients of the step's key. */
#define INGREDIENTS_FOLDER "keys"
#define CACHE_KIND_HANDOFFS "handoffs"

/* For the one who writes: what a killed predecessor has left half made or half removed goes. */
void result_cache_tidy(const struct result_cache *cache);

struct cache_key_request {
	const char *fingerprint;              /* of the step, hexadecimal */
	const struct artifact *const *inputs; /* for each of the step's inputs, in order */
	uint32_t input_count;
	const struct cache_rule *rule;    /* its key globs are looked up; all of it counts */
	const char *folder;               /* absolute: what the globs count from */
	const struct contract *contracts; /* of the step: what they judge by is no result of it */
	uint32_t contract_count;
	/* As run_services.hash_schema. */
	const char *(*hash_schema)(
		void *context, const struct contract *contract, const char *pipeline_folder);
	void *schema_context;
	const char *pipeline_folder;
	const char *handoffs_sha256; /* of what earlier steps have handed on; NULL: nothing */
	/* Gets a line "SHA256 KIND NAME" for each input, file ("program": it is one) and schema, and
	   for the handoffs; or NULL. */
	struct buffer *ingredients;
};

/*
 * SHA-256 over fingerprint, name and checksum of each input, the schemas of the contracts, the
 * handoffs, the rule, and path, content and executable bit of each file that a key glob matches;
 * that one matches nothing counts too. A glob
 * without a pattern that names a folder stands for all that is in it, hidden files too. Links are
 * never followed. False: such a file or a schema could not be read, so nothing is known.
 */
bool result_cache_key(
	const struct cache_key_request *request, char key[HASH_TEXT_SIZE], struct error *error);

/*
 * For a plan: there is an entry of this step that looks whole (sizes, not contents). artifacts has
 * room for one for each of step->outputs and gets names, sizes and checksums; texts are the arena's.
 */
bool result_cache_look(const struct result_cache *cache, const char *key, const struct step *step,
	struct arena *arena, struct artifact *artifacts);

enum cache_answer {
	CACHE_TAKEN,
	CACHE_MISS,    /* none, or a damaged one, which is gone now */
	CACHE_REFUSED, /* it is good, but could not be put in place: run the step instead */
};

struct cache_take_request {
	const char *key;
	const struct step *step;      /* its outputs are those that were stored, or it is a miss */
	const char *artifacts_folder; /* absolute: the run's artifacts */
	const char *folder;           /* absolute: where the rule's paths are put back; NULL: not */
};

/*
 * Puts the outputs into the run's artifacts as artifact_collect() does, and then the rule's
 * paths beneath folder, with their mode, replacing what is there; folders on the way are made, a
 * link on the way is never followed (CACHE_REFUSED). artifacts has room for one for each of
 * step->outputs and is filled when CACHE_TAKEN; texts are the arena's. All of the entry is checked
 * before anything is put in place. *error only for CACHE_REFUSED.
 */
enum cache_answer result_cache_take(struct result_cache *cache,
	const struct cache_take_request *request, struct arena *arena, struct artifact *artifacts,
	struct error *error);

struct cache_store_request {
	const char *key;
	const struct step *step;          /* step->cache is not NULL */
	const struct artifact *artifacts; /* as collected, one for each of step->outputs */
	const char *artifacts_folder;
	const char *folder; /* absolute: what the rule's paths count from; NULL: none are kept */
};

/*
 * Keeps what a successful attempt left, in one rename; then removes the least recently used
 * entries beyond the limits, and leftovers of a runner that died. An entry that is there stays. One
 * larger than byte_limit is not kept, which is no failure. False: nothing was kept; the step is as
 * done as before.
 */
bool result_cache_store(
	struct result_cache *cache, const struct cache_store_request *request, struct error *error);

#endif
