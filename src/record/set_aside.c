#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "record/record_internal.h"

struct record_damage record_damage(const struct record *record)
{
	return (struct record_damage){record->damage, record->moved_to};
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
		done = record_refuse_row(record, word ? word : "SQLite cannot check it", error);
	statement_free(check);
	return done;
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
	static const char *const endings[] = {"-wal", "-shm", ""};

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
