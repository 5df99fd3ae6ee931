#ifndef WAVETRAIN_BASE_INDEX_H
#define WAVETRAIN_BASE_INDEX_H

#include <stdint.h>

/*
 * Steps, waves, groups and the like are named by their place in an array, never by pointer.
 * INDEX_NONE says "no such place".
 */
#define INDEX_NONE UINT32_MAX

/* A run of consecutive places in an array: [first, first + count). */
struct index_range {
	uint32_t first;
	uint32_t count;
};

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#endif
