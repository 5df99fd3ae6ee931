#include "contract/contract_files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/index.h"
#include "base/text.h"
#include "contract/subject_files.h"

#define NAMED_LIMIT 5u /* files of one rule that the reason names before it counts the rest */

struct check {
	const struct contract_subject *subject;
	struct arena *arena;
	struct contract_findings findings;
	struct buffer reason;   /* every complaint is a sentence of its own */
	uint32_t named_of_rule; /* complaints about files of the rule that is looked at */
};

static void complain(struct check *check, const struct contract_error *found, const char *sentence)
{
	contract_findings_add(&check->findings, found);
	if (check->reason.size)
		buffer_append_text(&check->reason, "; ");
	buffer_append_text(&check->reason, sentence);
}

/* The same for one of a rule's files: the reason names the first few. */
static bool complain_of_file(struct check *check, const struct contract_error *found)
{
	if (++check->named_of_rule > NAMED_LIMIT) {
		contract_findings_add(&check->findings, found);
		return false;
	}
	const char *joint = text_equal(found->keyword, "sha256") ? ", found " : ", it ";
	complain(check, found,
		arena_format(check->arena, "'%s': expected %s%s%s", found->pointer, found->expected,
			joint, found->actual));
	return false;
}

static void check_count(
	struct check *check, const struct file_rule *rule, const struct subject_files *files)
{
	uint32_t found = files->matches.count;
	if (!files->is_many || (found >= rule->min_count && found <= rule->max_count))
		return;
	struct arena *arena = check->arena;
	const char *wanted;
	if (rule->min_count == rule->max_count)
		wanted = arena_format(arena, "%u files", rule->min_count);
	else if (rule->max_count == UINT32_MAX)
		wanted = arena_format(arena, "at least %u files", rule->min_count);
	else
		wanted = arena_format(arena, "%u to %u files", rule->min_count, rule->max_count);
	const struct contract_error error = {
		rule->path, "count", wanted, arena_format(arena, "%u", found)};
	complain(check, &error,
		arena_format(arena, "'%s': expected %s, found %u", rule->path, wanted, found));
}

static bool check_checksum(
	struct check *check, const struct file_rule *rule, const char *path, int file)
{
	char sha256[HASH_TEXT_SIZE];
	struct error error;
	uint64_t size;
	struct contract_error found = {
		path, "sha256", arena_format(check->arena, "sha256 %s", rule->sha256), NULL};
	if (!hash_descriptor(file, sha256, &size, &error))
		found.actual = arena_copy_text(check->arena, error.text);
	else if (strcmp(sha256, rule->sha256) != 0)
		found.actual = arena_copy_text(check->arena, sha256);
	return !found.actual || complain_of_file(check, &found);
}

static bool check_file(
	struct check *check, const struct file_rule *rule, int folder, const char *path)
{
	struct stat facts;
	CLEANUP(close_descriptor) int file = open_beneath(folder, path, O_RDONLY);
	if (file < 0 || fstat(file, &facts) < 0)
		return complain_of_file(
			check, &(struct contract_error){path, "exists", "a file",
				       arena_copy_text(check->arena, subject_file_fault(errno))});
	if (rule->non_empty && facts.st_size == 0)
		return complain_of_file(
			check, &(struct contract_error){path, "non_empty", "content", "is empty"});
	return !rule->sha256 || check_checksum(check, rule, path, file);
}

static void check_rule(struct check *check, const struct file_rule *rule)
{
	struct subject_files files;
	struct error error;
	check->named_of_rule = 0;
	if (!subject_files_find(check->subject, rule->path, &files, check->arena, &error)) {
		const char *text = arena_copy_text(check->arena, error.text);
		complain(check, &(struct contract_error){rule->path, "path", "a file", text}, text);
		return;
	}
	check_count(check, rule, &files);
	for (uint32_t i = 0; i < files.matches.count; i++)
		check_file(check, rule, files.folder, files.matches.paths[i]);
	if (check->named_of_rule > NAMED_LIMIT)
		buffer_printf(&check->reason, "; and %u more files of '%s'",
			check->named_of_rule - NAMED_LIMIT, rule->path);
	subject_files_release(&files);
}

void contract_files_check(void *context, const struct contract_subject *subject,
	const struct contract *contract, struct arena *arena, struct contract_result *result)
{
	struct check check = {
		.subject = subject, .arena = arena, .findings = {.arena = arena, .result = result}};
	(void)context;
	*result = (struct contract_result){0};
	for (uint32_t i = 0; i < contract->file_count; i++)
		check_rule(&check, &contract->files[i]);
	result->is_kept = result->error_total == 0;
	if (!result->is_kept)
		result->reason = arena_copy_text(arena, buffer_text(&check.reason));
	buffer_release(&check.reason);
}
