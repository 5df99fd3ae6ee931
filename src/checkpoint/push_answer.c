#include "checkpoint/push_answer.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "base/index.h"

struct answer_sign {
	const char *text; /* somewhere in what git printed */
	enum push_answer answer;
};

/* The first that fits counts: what the server says of its rules stands before git's summary. */
static const struct answer_sign answer_signs[] = {
	{"without `workflow` scope", PUSH_WORKFLOW},
	{"without `workflows` permission", PUSH_WORKFLOW},
	{"GH006", PUSH_PROTECTED},
	{"GH013", PUSH_PROTECTED},
	{"protected branch", PUSH_PROTECTED},
	{"Repository rule violations", PUSH_PROTECTED},
	{"(stale info)", PUSH_OTHERS_PUSHED},
	{"(non-fast-forward)", PUSH_OTHERS_PUSHED},
	{"(fetch first)", PUSH_OTHERS_PUSHED},
	{"cannot lock ref", PUSH_OTHERS_PUSHED},
	{"failed to update ref", PUSH_OTHERS_PUSHED},
	{"incorrect old value provided", PUSH_OTHERS_PUSHED},
	{"[remote rejected]", PUSH_DECLINED},
	{"returned error: 401", PUSH_UNAUTHORISED},
	{"Authentication failed", PUSH_UNAUTHORISED},
	{"could not read Username", PUSH_UNAUTHORISED},
	{"returned error: 403", PUSH_FORBIDDEN},
	{"Permission denied", PUSH_FORBIDDEN},
	{"returned error: 404", PUSH_NOT_FOUND},
	{"Repository not found", PUSH_NOT_FOUND},
	{"' not found", PUSH_NOT_FOUND},
	{"does not appear to be a git repository", PUSH_NOT_FOUND},
	{"returned error: 5", PUSH_SERVER_FAILED},
	{"HTTP 5", PUSH_SERVER_FAILED},
	{"Could not resolve host", PUSH_NO_ANSWER},
	{"Failed to connect", PUSH_NO_ANSWER},
	{"Couldn't connect", PUSH_NO_ANSWER},
	{"Connection reset", PUSH_NO_ANSWER},
	{"Recv failure", PUSH_NO_ANSWER},
	{"Empty reply", PUSH_NO_ANSWER},
	{"timed out", PUSH_NO_ANSWER},
	{"unexpected disconnect", PUSH_NO_ANSWER},
	{"hung up", PUSH_NO_ANSWER},
	{"RPC failed", PUSH_NO_ANSWER},
};

static const struct answer_words {
	const char *sentence;
	bool final;
} answer_words[] = {
	[PUSH_DONE] = {"arrived", false},
	[PUSH_OTHERS_PUSHED] = {"was refused because somebody else pushed to it", true},
	[PUSH_PROTECTED] = {"was refused by the branch's protection rules", true},
	[PUSH_WORKFLOW] = {"was refused because a step changed a workflow file, which this token "
			   "may not push",
		true},
	[PUSH_DECLINED] = {"was refused by the server", true},
	[PUSH_UNAUTHORISED] = {"was refused: the server does not accept the token (401)", true},
	[PUSH_FORBIDDEN] = {"was refused: the token may not write here (403); in a workflow, grant "
			    "`contents: write`",
		true},
	[PUSH_NOT_FOUND] = {"failed: there is no such repository, or the token may not see it",
		true},
	[PUSH_NO_ANSWER] = {"got no answer from the server", false},
	[PUSH_SERVER_FAILED] = {"failed: the server had an error of its own", false},
	[PUSH_TOO_LATE] = {"was ended at its deadline", false},
	[PUSH_FAILED] = {"failed", false},
};
static_assert(ARRAY_LENGTH(answer_words) == PUSH_ANSWER_COUNT, "a row for every answer");

enum push_answer push_answer_read(const char *output, bool succeeded)
{
	if (succeeded)
		return PUSH_DONE;
	for (size_t i = 0; i < ARRAY_LENGTH(answer_signs); i++)
		if (strstr(output, answer_signs[i].text))
			return answer_signs[i].answer;
	return PUSH_FAILED;
}

bool push_answer_is_final(enum push_answer answer)
{
	return answer_words[answer].final;
}

const char *push_answer_sentence(enum push_answer answer)
{
	return answer_words[answer].sentence;
}
