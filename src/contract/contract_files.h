#ifndef WAVETRAIN_CONTRACT_CONTRACT_FILES_H
#define WAVETRAIN_CONTRACT_CONTRACT_FILES_H

#include "model/contract_check.h"

/*
 * CONTRACT_FILES: every rule's files exist, in the declared number, non-empty, with the checksum.
 * One error for each thing that is not so: path, count, exists, non_empty, sha256. No context.
 */
contract_check_function contract_files_check;

#endif
