#ifndef WAVETRAIN_CONTRACT_CONTRACT_FILES_H
#define WAVETRAIN_CONTRACT_CONTRACT_FILES_H

#include "model/contract_check.h"

/* CONTRACT_FILES: every rule's files exist, in the declared number, non-empty, with the checksum. */
contract_check_function contract_files_check;

#endif
