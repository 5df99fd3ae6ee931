#include "checkpoint/left_behind.h"

#include "base/file.h"
#include "checkpoint/change_set.h"

static const char *left_path(struct checkpointer *checkpointer)
{
	return path_join(&checkpointer->arena, checkpointer->run_folder, "left");
}

/* What differs from the snapshot now, without a word of it in the checkpointer's own baseline. */
static bool record_now(struct checkpointer *checkpointer, struct baseline *now, struct error *error)
{
	struct baseline own = checkpointer->baseline;
	bool dirty = checkpointer->facts.dirty;
	bool done;

	checkpointer->baseline = (struct baseline){0};
	done = change_set_record_baseline(checkpointer, error);
	*now = checkpointer->baseline;
	checkpointer->baseline = own;
	checkpointer->facts.dirty = dirty;
	return done;
}

bool checkpointer_finish(struct checkpointer *checkpointer, struct error *error)
{
	struct baseline now = {0};
	bool done;

	if (!checkpointer)
		return true;
	done = record_now(checkpointer, &now, error) &&
	       baseline_write(&now, left_path(checkpointer), error);
	baseline_release(&now);
	return done || error_context(error, "cannot note how the run leaves the work tree");
}

static bool is_same(const struct baseline_entry *left, const struct baseline_entry *now)
{
	if (!left || left->mode != now->mode || !git_oid_equal(&left->id, &now->id))
		return false;
	/* A file that is too large to be read is known by size and time alone. */
	return left->mode == 0 || !git_oid_is_zero(&left->id) ||
	       (left->size_bytes == now->size_bytes && left->changed_ns == now->changed_ns);
}

bool left_behind_compare(struct checkpointer *checkpointer, struct error *error)
{
	const char *path = left_path(checkpointer);
	struct baseline *baseline = &checkpointer->baseline;
	struct baseline left = {0};
	struct baseline now = {0};
	bool done;

	if (!path_exists(path))
		return true;
	done = baseline_read(&left, path, error) && record_now(checkpointer, &now, error);
	for (size_t i = 0; done && i < now.count; i++) {
		struct baseline_entry entry = now.entries[i];
		if (is_same(baseline_find(&left, entry.path), &entry))
			continue;
		entry.path = arena_copy_text(&baseline->arena, entry.path);
		baseline_set(baseline, &entry);
	}
	baseline_release(&left);
	baseline_release(&now);
	if (!done)
		return false;
	baseline->since = checkpointer->has_tip ? checkpointer->tip : (git_oid){{0}};
	return baseline_write(baseline,
		path_join(&checkpointer->arena, checkpointer->run_folder, "baseline"), error);
}

bool left_behind_forget(struct checkpointer *checkpointer, struct error *error)
{
	return path_remove(left_path(checkpointer), error);
}
