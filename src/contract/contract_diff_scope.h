#ifndef WAVETRAIN_CONTRACT_CONTRACT_DIFF_SCOPE_H
#define WAVETRAIN_CONTRACT_CONTRACT_DIFF_SCOPE_H

#include "model/contract_check.h"

/*
 * CONTRACT_DIFF_SCOPE: every path the step changed matches one of the contract's globs, hidden
 * files like any other. One error for each that does not. No context.
 */
contract_check_function contract_diff_scope_check;

#endif
