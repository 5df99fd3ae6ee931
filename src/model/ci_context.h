#ifndef WAVETRAIN_MODEL_CI_CONTEXT_H
#define WAVETRAIN_MODEL_CI_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

/* What a GitHub Actions job says of itself in its environment and event file. Texts: the arena's. */
struct ci_context {
	bool github_actions;    /* GITHUB_ACTIONS=true */
	bool debug;             /* RUNNER_DEBUG=1 */
	const char *api_url;    /* GITHUB_API_URL without a closing '/'; https://api.github.com */
	const char *server_url; /* GITHUB_SERVER_URL; https://github.com */
	const char *owner;      /* of GITHUB_REPOSITORY; NULL: not known */
	const char *repository;
	const char *token; /* NULL: none. Never printed, never handed to a child */
	const char *event_name;
	const char *report_sha;  /* where to report; pull requests: head, not the merge commit */
	const char *base_sha;    /* what a pull request, push or merge group starts from; NULL */
	const char *reference;   /* GITHUB_REF */
	const char *head_branch; /* branch a push may go to; NULL: none */
	uint64_t pull_request;   /* number; 0: none known */
	bool from_fork;
	const char *run_url; /* page of the workflow run; NULL: not known */
	const char *actor;
	const char *step_summary_path; /* GITHUB_STEP_SUMMARY; NULL: none */
	const char *output_path;       /* GITHUB_OUTPUT; NULL: none */
};

#endif
