#ifndef WAVETRAIN_BASE_PARSE_H
#define WAVETRAIN_BASE_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Every function takes the whole text or fails: false, and *result untouched. */

/* Decimal digits only, no sign, at most maximum. */
bool parse_unsigned(const char *text, uint64_t maximum, uint64_t *result);

/* An optional '-' and decimal digits. */
bool parse_signed(const char *text, int64_t *result);

/* A decimal fraction such as 0.5, 2, 1e3; never inf, nan or hexadecimal. */
bool parse_number(const char *text, double *result);

/*
 * "90", "1.5s", "30m", "5h30m", "250ms", "2d": units d h m s ms, descending, each once; a bare
 * number counts seconds. Result in milliseconds, at most 366 days.
 */
bool parse_duration(const char *text, int64_t *result_ms);

/* "512", "64KiB", "12GiB", "1.5 MB": powers of 1024 with i, of 1000 without. Result in bytes. */
bool parse_size(const char *text, uint64_t *result_bytes);

#endif
