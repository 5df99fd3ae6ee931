#include "checkpoint/change_set.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "checkpoint/attributes.h"
#include "checkpoint/blob.h"
#include "checkpoint/content.h"
#include "checkpoint/git_failure.h"

/* What one pass over the candidates needs. */
struct collection {
	struct checkpointer *checkpointer;
	struct arena *arena;
	struct change_set *set;     /* NULL: the baseline is recorded instead */
	struct object_store *store; /* of the blobs; NULL: they are only hashed */
	bool for_commit;            /* what must not be committed is refused */
	struct timespec started;    /* by the clock that file times come from */
	struct candidate_list list;
	int root;                   /* the work tree */
	bool attributes_everywhere; /* else only where the list says */
	struct buffer content;      /* of the file at hand */
	bool is_refused;            /* the candidate at hand; error says why */
	struct error *error;
};

void change_set_release(struct change_set *set)
{
	free(set->items);
	free(set->refreshed);
	*set = (struct change_set){0};
}

/* A file changed in the tick the scan began in, or later, may change again unseen. */
static bool is_settled(const struct collection *collection, const struct timespec *changed)
{
	const struct timespec *started = &collection->started;

	return changed->tv_sec < started->tv_sec ||
	       (changed->tv_sec == started->tv_sec && changed->tv_nsec < started->tv_nsec);
}

static void make_entry(const struct collection *collection, const struct candidate *candidate,
	uint32_t mode, git_index_entry *entry)
{
	*entry = (git_index_entry){.path = candidate->path, .mode = mode};
	if (!candidate->exists)
		return;
	work_tree_fill(entry, &candidate->status);
	if (!is_settled(collection, &candidate->status.st_mtim) ||
		!is_settled(collection, &candidate->status.st_ctim))
		snapshot_forget_status(entry);
}

static void add_change(struct collection *collection, const struct change *change)
{
	struct change_set *set = collection->set;

	GROW(set->items, set->count, set->capacity);
	set->items[set->count++] = *change;
	set->bytes += change->size_bytes;
}

static void add_refreshed(struct collection *collection, const git_index_entry *entry)
{
	struct change_set *set = collection->set;

	GROW(set->refreshed, set->refreshed_count, set->refreshed_capacity);
	set->refreshed[set->refreshed_count++] = (struct change){.entry = *entry};
}

static bool refuse(
	struct collection *collection, const char *hint, const char *format, const char *path)
{
	CLEANUP(buffer_release) struct buffer visible = BUFFER_INIT;

	text_append_visible(&visible, path, strlen(path));
	collection->is_refused = true;
	error_set(collection->error, ERROR_GIT, "%s %s", buffer_text(&visible), format);
	return error_hint(collection->error, "%s", hint);
}

static bool refuse_size(struct collection *collection, const struct candidate *candidate)
{
	CLEANUP(buffer_release) struct buffer what = BUFFER_INIT;

	buffer_append_text(&what, "is ");
	size_append(&what, candidate->status.st_size);
	buffer_append_text(&what, ", more than checkpoint.max_file allows (");
	size_append(&what, (int64_t)collection->checkpointer->max_file_bytes);
	buffer_append_text(&what, ")");
	return refuse(collection,
		"leave it out with a line in .gitignore, declare it as an output outside the "
		"repository, or raise checkpoint.max_file",
		buffer_text(&what), candidate->path);
}

static uint32_t candidate_mode(const struct collection *collection,
	const struct candidate *candidate, const git_index_entry *known)
{
	uint32_t mode;

	if (!candidate->exists)
		return 0;
	if (candidate->nested_repository || (known && known->mode == GIT_FILEMODE_COMMIT))
		return GIT_FILEMODE_COMMIT;
	mode = work_tree_mode(&candidate->status);
	if (!collection->checkpointer->file_mode && S_ISREG(mode))
		mode = known && S_ISREG(known->mode) ? known->mode : GIT_FILEMODE_BLOB;
	return mode;
}

static bool is_too_large(const struct collection *collection, const struct candidate *candidate)
{
	return S_ISREG(candidate->status.st_mode) &&
	       (uint64_t)candidate->status.st_size > collection->checkpointer->max_file_bytes;
}

static int64_t changed_ns(const struct stat *status)
{
	return (int64_t)status->st_ctim.tv_sec * 1000000000 + status->st_ctim.tv_nsec;
}

static bool may_have_attributes(const struct collection *collection, const char *path)
{
	return collection->attributes_everywhere || attributes_reach(&collection->list, path);
}

static bool classify(
	struct collection *collection, const char *path, uint32_t mode, enum content_kind *kind)
{
	if (mode != GIT_FILEMODE_COMMIT && !may_have_attributes(collection, path)) {
		*kind = CONTENT_PLAIN;
		return true;
	}
	return content_classify(
		collection->checkpointer->repository, path, mode, kind, collection->error);
}

/* Large content is left to libgit2, which takes it piece by piece. */
static bool is_read_whole(const struct stat *status, uint32_t mode)
{
	return mode != GIT_FILEMODE_COMMIT && (size_t)status->st_size <= OBJECT_STORE_MAX_BYTES;
}

static bool read_content(
	struct collection *collection, const char *path, uint32_t mode, struct stat *status)
{
	uint64_t max_bytes = collection->checkpointer->max_file_bytes;
	bool is_above = (uint64_t)status->st_size > max_bytes;
	struct blob_source source = {
		.repository = collection->checkpointer->repository,
		.root = collection->root,
		.path = path,
		.mode = mode,
		.filtered = may_have_attributes(collection, path),
		.max_bytes = is_above ? OBJECT_STORE_MAX_BYTES : max_bytes,
	};

	return blob_read(&source, status, &collection->content, collection->error);
}

/* The id that the path's content would have; nothing is written. */
static bool identify(struct collection *collection, const struct candidate *candidate,
	uint32_t mode, git_oid *id)
{
	struct stat status = candidate->status;

	if (!is_read_whole(&status, mode))
		return content_identify(collection->checkpointer->repository, candidate->path, mode,
			id, collection->error);
	return read_content(collection, candidate->path, mode, &status) &&
	       (git_odb_hash(id, collection->content.bytes, collection->content.size,
			GIT_OBJECT_BLOB) == 0 ||
		       git_failure(collection->error, -1, "cannot hash %s", candidate->path));
}

/* The user's own: as it was when the run began. */
static bool is_as_before(struct collection *collection, const struct candidate *candidate,
	uint32_t mode, bool *as_before)
{
	const struct baseline_entry *before =
		baseline_find(&collection->checkpointer->baseline, candidate->path);
	git_oid id = {{0}};

	*as_before = false;
	if (!before || before->mode != mode)
		return true;
	if (mode == 0 || (before->changed_ns == changed_ns(&candidate->status) &&
				 before->size_bytes == (uint64_t)candidate->status.st_size)) {
		*as_before = true;
		return true;
	}
	if (is_too_large(collection, candidate))
		return true;
	if (!identify(collection, candidate, mode, &id))
		return false;
	*as_before = git_oid_equal(&id, &before->id);
	return true;
}

/* A path that git would not store as it is on disk. */
static bool consider_special(struct collection *collection, const struct candidate *candidate,
	const git_index_entry *known, enum content_kind kind)
{
	bool unchanged = false;

	if (!content_special_is_unchanged(collection->checkpointer->repository,
		    collection->checkpointer->facts.work_tree, known, kind, &unchanged,
		    collection->error))
		return false;
	if (unchanged)
		return true;
	return refuse(
		collection, content_kind_hint(kind), content_kind_sentence(kind), candidate->path);
}

static bool write_large(struct collection *collection, const char *path, git_oid *id)
{
	int result = git_blob_create_from_workdir(id, collection->checkpointer->repository, path);

	object_store_note_direct(collection->store);
	return result == 0 || git_failure(collection->error, result, "cannot store %s", path);
}

/* A shorter find says too little to stop a run for it. */
#define SECRET_LEAST_BYTES 8

/* What has been committed already is as it was: only new content counts. */
static bool has_new_secret(const struct collection *collection, const git_index_entry *known)
{
	const struct buffer *content = &collection->content;
	git_oid id;

	if (!mask_finds(collection->checkpointer->mask, buffer_text(content), content->size,
		    SECRET_LEAST_BYTES))
		return false;
	return !known || git_odb_hash(&id, content->bytes, content->size, GIT_OBJECT_BLOB) != 0 ||
	       !git_oid_equal(&id, &known->id);
}

static bool write_small(struct collection *collection, struct candidate *candidate,
	const git_index_entry *known, uint32_t mode, git_oid *id)
{
	if (!read_content(collection, candidate->path, mode, &candidate->status))
		return false;
	if (collection->for_commit && has_new_secret(collection, known))
		return refuse(collection,
			"take it out of the file, or leave the file out with a line in "
			".gitignore; then 'wavetrain resume'",
			"holds the value of a secret", candidate->path);
	return object_store_add_blob(collection->store, collection->content.bytes,
		collection->content.size, id, collection->error);
}

/* candidate->status becomes that of what was read. */
static bool write_blob(struct collection *collection, struct candidate *candidate,
	const git_index_entry *known, uint32_t mode, git_oid *id)
{
	if (!collection->store)
		return identify(collection, candidate, mode, id);
	if (is_read_whole(&candidate->status, mode))
		return write_small(collection, candidate, known, mode, id);
	return write_large(collection, candidate->path, id);
}

/* By what a later change of the file is seen without reading it; 0: by nothing. */
static int64_t telling_ns(const struct collection *collection, const struct candidate *candidate,
	const git_index_entry *entry)
{
	if (entry->mtime.seconds == 0 && !is_too_large(collection, candidate))
		return 0;
	return changed_ns(&candidate->status);
}

static bool take_content(struct collection *collection, const struct candidate *candidate,
	const git_index_entry *known, uint32_t mode)
{
	struct candidate read = *candidate;
	struct change change;
	git_oid id;

	if (!write_blob(collection, &read, known, mode, &id))
		return false;
	make_entry(collection, &read, mode, &change.entry);
	change.entry.id = id;
	change.size_bytes = (uint64_t)read.status.st_size;
	change.changed_ns = telling_ns(collection, &read, &change.entry);
	if (known && known->mode == mode && git_oid_equal(&known->id, &id))
		add_refreshed(collection, &change.entry);
	else
		add_change(collection, &change);
	return true;
}

/* A large file that is as the last commit has it is nothing to commit. */
static bool check_size(struct collection *collection, const struct candidate *candidate,
	const git_index_entry *known, uint32_t mode)
{
	bool is_comparable = known && known->mode == mode;
	git_oid id;

	if (!is_too_large(collection, candidate))
		return true;
	if (is_comparable && !identify(collection, candidate, mode, &id))
		return false;
	return (is_comparable && git_oid_equal(&id, &known->id)) ||
	       refuse_size(collection, candidate);
}

static bool consider_as_found(struct collection *collection, const struct candidate *candidate)
{
	struct checkpointer *checkpointer = collection->checkpointer;
	const git_index_entry *known =
		git_index_get_bypath(checkpointer->snapshot, candidate->path, 0);
	uint32_t mode = candidate_mode(collection, candidate, known);
	struct change gone = {0};
	enum content_kind kind;
	bool as_before;

	if (!is_as_before(collection, candidate, mode, &as_before) || as_before)
		return as_before;
	if (mode == 0) {
		make_entry(collection, candidate, mode, &gone.entry);
		add_change(collection, &gone);
		return true;
	}
	if (!classify(collection, candidate->path, mode, &kind))
		return false;
	if (kind != CONTENT_PLAIN)
		return consider_special(collection, candidate, known, kind);
	if (collection->for_commit && !check_size(collection, candidate, known, mode))
		return false;
	return take_content(collection, candidate, known, mode);
}

static bool is_left_out(struct collection *collection)
{
	bool may_become_fit = collection->is_refused || collection->error->number == EBUSY;

	if (!collection->set->leaves_out || !may_become_fit)
		return false;
	*collection->error = (struct error){0};
	collection->set->is_lacking = true;
	return true;
}

/* A step that still runs may have removed it since it was listed, or be writing it. */
static bool consider(struct collection *collection, const struct candidate *candidate)
{
	struct candidate gone = {.path = candidate->path};

	collection->is_refused = false;
	if (consider_as_found(collection, candidate) || is_left_out(collection))
		return true;
	if (!candidate->exists || !work_tree_is_gone(collection->root, candidate->path))
		return false;
	return !git_index_get_bypath(collection->checkpointer->snapshot, gone.path, 0) ||
	       consider_as_found(collection, &gone);
}

/* At the start of a run: what differs is the user's. */
static bool record(struct collection *collection, const struct candidate *candidate)
{
	struct checkpointer *checkpointer = collection->checkpointer;
	const git_index_entry *known =
		git_index_get_bypath(checkpointer->snapshot, candidate->path, 0);
	enum content_kind kind = CONTENT_PLAIN;
	struct baseline_entry entry = {.path = candidate->path};
	bool unchanged = false;
	git_index_entry fresh;

	entry.mode = candidate_mode(collection, candidate, known);
	make_entry(collection, candidate, entry.mode, &fresh);
	if (entry.mode != 0 && !classify(collection, candidate->path, entry.mode, &kind))
		return false;
	if (kind != CONTENT_PLAIN && known &&
		!content_special_is_unchanged(checkpointer->repository,
			checkpointer->facts.work_tree, known, kind, &unchanged, collection->error))
		return false;
	if (entry.mode != 0 && !unchanged && !is_too_large(collection, candidate) &&
		!identify(collection, candidate, entry.mode, &entry.id))
		return false;
	if (unchanged ||
		(known && known->mode == entry.mode && git_oid_equal(&known->id, &entry.id))) {
		fresh.id = known->id;
		return git_index_add(checkpointer->snapshot, &fresh) == 0 ||
		       git_failure(collection->error, -1, "cannot note %s", candidate->path);
	}
	entry.size_bytes = (uint64_t)candidate->status.st_size;
	entry.changed_ns = telling_ns(collection, candidate, &fresh);
	entry.path = arena_copy_text(&checkpointer->baseline.arena, candidate->path);
	baseline_add(&checkpointer->baseline, &entry);
	checkpointer->facts.dirty =
		checkpointer->facts.dirty || (known && kind != CONTENT_FILTERED);
	return true;
}

static int compare_candidates(const void *left, const void *right)
{
	return strcmp(
		((const struct candidate *)left)->path, ((const struct candidate *)right)->path);
}

/* What is to be known of all candidates before the first of them is looked at. */
static bool find_candidates(struct collection *collection)
{
	struct checkpointer *checkpointer = collection->checkpointer;
	struct candidate_list *list = &collection->list;
	struct work_tree_scan scan = {
		.repository = checkpointer->repository,
		.snapshot = checkpointer->snapshot,
		.folder = checkpointer->facts.work_tree,
		.file_mode = checkpointer->file_mode,
		.arena = collection->arena,
	};

	clock_gettime(CLOCK_REALTIME_COARSE, &collection->started);
	if (!work_tree_scan(&scan, list, collection->error))
		return false;
	if (list->count == 0)
		return true;
	qsort(list->items, list->count, sizeof(*list->items), compare_candidates);
	collection->attributes_everywhere = attributes_hold_everywhere(checkpointer->repository);
	return collection->attributes_everywhere ||
	       attributes_find_staged(checkpointer, collection->arena, list, collection->error);
}

static bool collect(
	struct collection *collection, bool (*visit)(struct collection *, const struct candidate *))
{
	const char *work_tree = collection->checkpointer->facts.work_tree;
	bool done;

	collection->root = open(work_tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (collection->root < 0)
		return error_set_errno(
			collection->error, ERROR_FILE, "cannot read the work tree %s", work_tree);
	done = find_candidates(collection);
	for (size_t i = 0; done && i < collection->list.count; i++)
		done = visit(collection, &collection->list.items[i]);
	close(collection->root);
	buffer_release(&collection->content);
	candidate_list_release(&collection->list);
	return done;
}

bool change_set_collect(struct checkpointer *checkpointer, struct arena *arena,
	struct object_store *store, struct change_set *set, struct error *error)
{
	struct collection collection = {.checkpointer = checkpointer,
		.arena = arena,
		.set = set,
		.store = store,
		.error = error};

	return collect(&collection, consider);
}

bool change_set_collect_for_commit(struct checkpointer *checkpointer, struct arena *arena,
	struct object_store *store, struct change_set *set, struct error *error)
{
	struct collection collection = {.checkpointer = checkpointer,
		.arena = arena,
		.set = set,
		.store = store,
		.for_commit = true,
		.error = error};

	return collect(&collection, consider);
}

bool change_set_record_baseline(struct checkpointer *checkpointer, struct error *error)
{
	struct arena arena = {0};
	struct collection collection = {
		.checkpointer = checkpointer, .arena = &arena, .error = error};
	bool done = collect(&collection, record);

	arena_release(&arena);
	return done;
}
