#ifndef WAVETRAIN_RUN_RESULT_CACHE_INTERNAL_H
#define WAVETRAIN_RUN_RESULT_CACHE_INTERNAL_H

#include "run/cache_manifest.h"
#include "run/result_cache.h"

/* For result_cache*.c alone. */

/* Beside the entries: one that is being made, a file on its way out, and what is to be removed. */
#define CACHE_NEW_NAME ".new"
#define CACHE_RESTORED_NAME ".restored"
#define CACHE_REMOVED_NAME ".removed"

/* The folder of an entry; -1: there is none, or the key is none. */
int result_cache_open_entry(const struct result_cache *cache, const char *key);

/* The step has the outputs that were kept, in the same order. */
bool result_cache_is_of_step(const struct cache_manifest *manifest, const struct step *step);

/* Whatever has that name in the cache's folder is gone afterwards, if it can be. */
void result_cache_drop(const struct result_cache *cache, const char *name);

/*
 * Removes the least recently used entries until the limits hold, but never kept_key; and what a
 * writer that died has left.
 */
void result_cache_shrink(const struct result_cache *cache, const char *kept_key);

#endif
