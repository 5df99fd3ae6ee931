#ifndef WAVETRAIN_CLI_PLAN_CHECKS_H
#define WAVETRAIN_CLI_PLAN_CHECKS_H

#include "cli/command.h"
#include "contract/contract_checker.h"
#include "model/diagnostic.h"
#include "model/plan.h"

/*
 * What a reader of the file alone cannot tell, and what is to be known before anything expensive
 * starts: schemas that are none, programs of adapters that are not installed.
 * checker keeps what it compiled.
 */
void pipeline_verify(const struct cli *cli, const struct pipeline *pipeline,
	struct contract_checker *checker, struct diagnostics *diagnostics);

/* False: some step needs an agent whose persona or adapter nobody declares; *error says where to. */
bool plan_can_run(const struct plan *plan, struct error *error);

#endif
