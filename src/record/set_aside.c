#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "record/record_internal.h"

struct record_damage record_damage(const struct record *record)
{
	return (struct record_damage){record->damage, record->moved_to};
}

#define CHECK_TEXT_SIZE 96

/* The first thing that SQLite names, without its heading, to be quoted: on one line, and no more. */
static void quote(const char *word, char text[CHECK_TEXT_SIZE])
{
	if (strncmp(word, "***", 3) == 0 && strchr(word, '\n'))
		word = strchr(word, '\n') + 1;
	snprintf(text, CHECK_TEXT_SIZE, "%.*s", (int)strcspn(word, "\n"), word);
}

/* SQLite's words are for those who know its file format: they come last. */
static bool refuse_structure(struct record *record, const char *word, struct error *error)
{
	char text[CHECK_TEXT_SIZE];
	char sentence[CHECK_TEXT_SIZE + 64];

	if (!word)
		return record_refuse_row(record, "SQLite cannot check its structure", error);
	quote(word, text);
	snprintf(
		sentence, sizeof sentence, "its structure is broken, SQLite says of it '%s'", text);
	return record_refuse_row(record, sentence, error);
}

bool record_check_file(struct record *record, struct error *error)
{
	/* As good as quick_check in time, and looks at the index of the runs' ids as well. */
	struct statement *check =
		statement_new(record->database, "PRAGMA integrity_check(1)", error);
	bool row = false;
	bool done = check && statement_next(check, &row, error);
	const char *word = done && row ? column_text(check, 0) : NULL;

	if (done && (!word || strcmp(word, "ok") != 0))
		done = refuse_structure(record, word, error);
	statement_free(check);
	return done;
}

static bool has_runs(const char *state_folder, struct arena *arena)
{
	CLEANUP(close_folder) DIR *folder = opendir(path_join(arena, state_folder, "runs"));
	struct dirent *entry = NULL;

	while (folder && (entry = readdir(folder)) && entry->d_name[0] == '.')
		continue;
	return entry != NULL;
}

static bool has_bytes(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && status.st_size > 0;
}

/* SQLite would begin a new file, and remove the -wal file. */
bool record_check_emptied(const struct record *record, const char *path, struct error *error)
{
	CLEANUP(arena_release) struct arena arena = {0};
	bool has_wal = has_bytes(arena_format(&arena, "%s-wal", path));

	if (has_bytes(path) || (!has_wal && !path_exists(path)) ||
		(!has_wal && !has_runs(record->state_folder, &arena)))
		return true;
	error_set(error, ERROR_RECORD_DAMAGED, "%s is damaged: nothing is left of it", path);
	return error_hint(error, DAMAGED_HINT);
}

static char *copy_text(const char *text)
{
	char *copy = heap_allocate(strlen(text) + 1, 1);

	return memcpy(copy, text, strlen(text));
}

/* A name that nothing has yet: of its kind there may be one of the same second. */
static const char *choose_name(const char *path, struct arena *arena)
{
	char time[32];
	const char *name;

	clock_format_as(clock_realtime_ms(), "%Y%m%dT%H%M%SZ", time, sizeof time);
	name = arena_format(arena, "%s.damaged-%s", path, time);
	for (int i = 2; path_exists(name); i++)
		name = arena_format(arena, "%s.damaged-%s_%d", path, time, i);
	return name;
}

/* The database last: while it is there the next start comes to the same decision. */
static bool move_files(const char *path, const char *name, struct arena *arena, struct error *error)
{
	static const char *const endings[] = {"-wal", "-shm", IDENTITY_ENDING, ""};

	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		const char *from = arena_format(arena, "%s%s", path, endings[i]);

		if (rename(from, arena_format(arena, "%s%s", name, endings[i])) != 0 &&
			errno != ENOENT)
			return error_set_errno(error, ERROR_FILE, "%s cannot be set aside", from);
	}
	return true;
}

bool record_set_aside(struct record *record, const char *what, struct error *error)
{
	struct arena arena = {0};
	const char *path = path_join(&arena, record->state_folder, "state.db");
	const char *name = choose_name(path, &arena);
	bool done;

	record_leave_database(record, true);
	free(record->damage);
	free(record->moved_to);
	record->damage = copy_text(what);
	record->moved_to = copy_text(name);
	record->is_broken = false;
	done = move_files(path, name, &arena, error) && record_enter_database(record, error);
	arena_release(&arena);
	return done;
}
