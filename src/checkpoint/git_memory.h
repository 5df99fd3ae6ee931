#ifndef WAVETRAIN_CHECKPOINT_GIT_MEMORY_H
#define WAVETRAIN_CHECKPOINT_GIT_MEMORY_H

/*
 * From here on libgit2 takes its memory as we take ours: none for what it needs from moment to
 * moment ends the program with exit status 4. Left alone, some of its versions then call
 * themselves without end or use what they did not get. Call once, before libgit2 is used.
 */
void git_memory_guard(void);

#endif
