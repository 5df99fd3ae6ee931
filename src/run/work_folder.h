#ifndef WAVETRAIN_RUN_WORK_FOLDER_H
#define WAVETRAIN_RUN_WORK_FOLDER_H

#include <stdbool.h>

#include "base/error.h"

/*
 * A step's workdir (NULL: none) may be or lie behind a symbolic link, but not one that leads out of
 * the pipeline's folder, nor an absolute one. Whatever else may be wrong with it is not looked at:
 * that shows when it is entered.
 */
bool work_folder_stays_inside(const char *folder, const char *workdir, struct error *error);

#endif
