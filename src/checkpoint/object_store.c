/*
 * The sink is a repository handle with an object database of one backend, ours: libgit2's tree
 * and commit writers hand their objects to it, and they are kept until it is known whether there
 * are enough of them for a pack.
 */
#include "checkpoint/object_store.h"

#include <fcntl.h>
#include <git2/sys/odb_backend.h>
#include <git2/sys/repository.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/index.h"
#include "base/map.h"
#include "checkpoint/git_failure.h"
#include "checkpoint/pack_write.h"

/* Bounds the memory; a checkpoint with more of new content becomes several packs. */
#define PACK_LIMIT_BYTES ((size_t)32 * 1024 * 1024)

struct waiting_object {
	git_oid id;
	git_object_t type;
	void *bytes; /* heap */
	size_t size;
};

/* libgit2 calls and frees it; it may outlive the store by nothing that calls it. */
struct store_backend {
	git_odb_backend parent;
	struct object_store *store;
};

struct object_store {
	git_repository *repository; /* borrowed */
	git_odb *objects;           /* of the repository */
	git_repository *sink;
	struct pack_writer *pack; /* NULL: not so many yet */
	struct waiting_object waiting[OBJECT_STORE_PACK_FROM];
	size_t waiting_count;
	bool direct;        /* something is in the repository that may not be on the disk */
	struct map known;   /* the ids of all that was added, as text */
	struct arena arena; /* of these texts */
};

static void forget_waiting(struct object_store *store)
{
	for (size_t i = 0; i < store->waiting_count; i++)
		free(store->waiting[i].bytes);
	store->waiting_count = 0;
}

static void begin_pack(struct object_store *store)
{
	store->pack = pack_writer_new();
	for (size_t i = 0; i < store->waiting_count; i++) {
		const struct waiting_object *object = &store->waiting[i];
		pack_writer_add(
			store->pack, &object->id, object->type, object->bytes, object->size);
	}
	forget_waiting(store);
}

static void keep_waiting(struct object_store *store, const git_oid *id, git_object_t type,
	const void *bytes, size_t size)
{
	struct waiting_object *object = &store->waiting[store->waiting_count++];

	*object = (struct waiting_object){.id = *id, .type = type, .size = size};
	object->bytes = heap_allocate(size + 1, 1);
	if (size > 0)
		memcpy(object->bytes, bytes, size);
}

/* Returns a libgit2 result. */
static int add(struct object_store *store, const git_oid *id, git_object_t type, const void *bytes,
	size_t size)
{
	char text[GIT_OID_HEXSZ + 1];
	git_oid same;

	git_oid_tostr(text, sizeof(text), id);
	if (map_find(&store->known, text) != INDEX_NONE)
		return 0;
	map_add(&store->known, arena_copy_text(&store->arena, text), 0);
	/*
	 * Writing what is there sets its time and nothing else. A git of the steps may have made
	 * it a moment ago, and git does not flush loose objects.
	 */
	if (git_odb_exists_ext(store->objects, id, GIT_ODB_LOOKUP_NO_REFRESH)) {
		store->direct = true;
		return git_odb_write(&same, store->objects, bytes, size, type);
	}
	if (!store->pack && store->waiting_count == OBJECT_STORE_PACK_FROM)
		begin_pack(store);
	if (store->pack)
		pack_writer_add(store->pack, id, type, bytes, size);
	else
		keep_waiting(store, id, type, bytes, size);
	return 0;
}

static int backend_write(git_odb_backend *backend, const git_oid *id, const void *bytes,
	size_t size, git_object_t type)
{
	return add(((struct store_backend *)backend)->store, id, type, bytes, size);
}

/* add() looks for itself: nothing is asked of the sink twice. */
static int backend_exists(git_odb_backend *backend, const git_oid *id)
{
	(void)backend;
	(void)id;
	return 0;
}

static void backend_free(git_odb_backend *backend)
{
	free(backend);
}

/* The sink takes the repository's settings: they say which names a tree may hold. */
static int make_sink(struct object_store *store)
{
	struct store_backend *backend = heap_allocate(1, sizeof(*backend));
	git_config *settings = NULL;
	git_odb *objects = NULL;
	int result = git_odb_init_backend(&backend->parent, GIT_ODB_BACKEND_VERSION);

	backend->store = store;
	backend->parent.write = backend_write;
	backend->parent.exists = backend_exists;
	backend->parent.free = backend_free;
	if (result == 0)
		result = git_odb_new(&objects);
	if (result == 0)
		result = git_odb_add_backend(objects, &backend->parent, 1);
	if (result < 0)
		free(backend);
	if (result == 0)
		result = git_repository_wrap_odb(&store->sink, objects);
	if (result == 0)
		result = git_repository_config(&settings, store->repository);
	if (result == 0)
		result = git_repository_set_config(store->sink, settings);
	git_config_free(settings);
	git_odb_free(objects);
	return result;
}

bool object_store_open(struct object_store **store, git_repository *repository, struct error *error)
{
	struct object_store *new = heap_allocate(1, sizeof(*new));
	int result;

	new->repository = repository;
	result = git_repository_odb(&new->objects, repository);
	if (result == 0)
		result = make_sink(new);
	if (result < 0) {
		git_failure(error, result, "cannot open the objects of the repository");
		object_store_close(new);
		return false;
	}
	*store = new;
	return true;
}

void object_store_close(struct object_store *store)
{
	if (!store)
		return;
	forget_waiting(store);
	pack_writer_free(store->pack);
	git_repository_free(store->sink);
	git_odb_free(store->objects);
	map_release(&store->known);
	arena_release(&store->arena);
	free(store);
}

git_repository *object_store_sink(const struct object_store *store)
{
	return store->sink;
}

git_repository *object_store_repository(const struct object_store *store)
{
	return store->repository;
}

void object_store_note_direct(struct object_store *store)
{
	store->direct = true;
}

static bool write_pack(struct object_store *store, struct error *error)
{
	git_buf folder = {0};
	int result =
		git_repository_item_path(&folder, store->repository, GIT_REPOSITORY_ITEM_OBJECTS);
	bool done = result == 0 ? pack_writer_finish(store->pack, folder.ptr, error)
				: git_failure(error, result, "cannot find the folder of objects");

	git_buf_dispose(&folder);
	if (!done)
		return false;
	result = git_odb_refresh(store->objects);
	return result == 0 || git_failure(error, result, "cannot read the packs again");
}

bool object_store_add_blob(struct object_store *store, const void *bytes, size_t size, git_oid *id,
	struct error *error)
{
	int result = git_odb_hash(id, bytes, size, GIT_OBJECT_BLOB);

	if (result == 0)
		result = add(store, id, GIT_OBJECT_BLOB, bytes, size);
	if (result < 0)
		return git_failure(error, result, "cannot store an object");
	return !store->pack || pack_writer_size(store->pack) < PACK_LIMIT_BYTES ||
	       write_pack(store, error);
}

static bool write_waiting(struct object_store *store, struct error *error)
{
	for (size_t i = 0; i < store->waiting_count; i++) {
		const struct waiting_object *object = &store->waiting[i];
		git_oid id;
		int result = git_odb_write(
			&id, store->objects, object->bytes, object->size, object->type);

		if (result < 0)
			return git_failure(error, result, "cannot store an object");
	}
	store->direct = store->direct || store->waiting_count > 0;
	forget_waiting(store);
	return true;
}

/* Loose objects: one flush of the disk for all of them and their folders. */
static bool flush_loose(const struct object_store *store, struct error *error)
{
	CLEANUP(close_descriptor)
	int folder = open(
		git_repository_commondir(store->repository), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (folder >= 0 && syncfs(folder) == 0)
		return true;
	return error_set_errno(error, ERROR_FILE, "cannot bring the commit to the disk");
}

bool object_store_finish(struct object_store *store, struct error *error)
{
	if (!write_waiting(store, error) || (store->pack && !write_pack(store, error)))
		return false;
	return !store->direct || flush_loose(store, error);
}
