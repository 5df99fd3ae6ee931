#ifndef WAVETRAIN_BASE_BANNED_H
#define WAVETRAIN_BASE_BANNED_H

/*
 * Included before every source file by the build: calls that cannot be made safe do not compile.
 * Instead: base/buffer.h for texts, base/parse.h for numbers, a list of arguments for programs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where optimisation makes inline functions of them, clang lets nobody declare them again: there
 * the builds with gcc and without optimisation do the checking. */
#if !defined(__clang__) || !defined(__OPTIMIZE__)
#define WAVETRAIN_BANNED __attribute__((deprecated("not used in wavetrain")))

extern char *strcpy(char *, const char *) WAVETRAIN_BANNED;
extern char *strcat(char *, const char *) WAVETRAIN_BANNED;
extern int sprintf(char *, const char *, ...) WAVETRAIN_BANNED;
extern int system(const char *) WAVETRAIN_BANNED;
extern int atoi(const char *) WAVETRAIN_BANNED;
extern long atol(const char *) WAVETRAIN_BANNED;
extern char *mktemp(char *) WAVETRAIN_BANNED;
#endif

#endif
