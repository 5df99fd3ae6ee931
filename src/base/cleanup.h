#ifndef WAVETRAIN_BASE_CLEANUP_H
#define WAVETRAIN_BASE_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

/* Scoped release: CLEANUP(close_descriptor) int descriptor = -1; */
#define CLEANUP(function) __attribute__((cleanup(function)))

/* Closes *descriptor unless it is negative. For writing, close by hand and look at the result. */
static inline void close_descriptor(int *descriptor)
{
	if (*descriptor >= 0)
		close(*descriptor);
}

static inline void close_stream(FILE **stream)
{
	if (*stream)
		fclose(*stream);
}

static inline void close_folder(DIR **folder)
{
	if (*folder)
		closedir(*folder);
}

#endif
