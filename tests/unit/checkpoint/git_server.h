#ifndef WAVETRAIN_TESTS_GIT_SERVER_H
#define WAVETRAIN_TESTS_GIT_SERVER_H

#include "checkpoint/rig.h"
#include "checkpoint/sync.h"

#define TOKEN "secret-token-1"

/* tests/rig/git-server.mjs as a child that ends when its standard input closes. */
struct server {
	pid_t id;
	int input;
	char url[64];
};

/* Its repositories and its requests.log are in FOLDER/place. */
static inline void server_start_in(struct rig *rig, const char *place, struct server *server,
	const char *rights, const char *fault)
{
	const char *source = getenv("WAVETRAIN_SOURCE");
	const char *script;
	const char *root = path_join(&rig->arena, rig->folder, place);
	int to[2];
	int from[2];
	char port[16] = "";

	if (!source)
		fail_msg("WAVETRAIN_SOURCE must name the source folder");
	script = arena_format(&rig->arena, "%s/tests/rig/git-server.mjs", source);
	assert_int_equal(pipe(to), 0);
	assert_int_equal(pipe(from), 0);
	server->id = fork();
	if (server->id == 0) {
		dup2(to[0], 0);
		dup2(from[1], 1);
		closefrom(3);
		execlp("node", "node", script, root, "--token", TOKEN, "--rights", rights,
			"--fault", fault, (char *)NULL);
		_exit(127);
	}
	close(to[0]);
	close(from[1]);
	server->input = to[1];
	for (size_t size = 0; size + 1 < sizeof(port) && !strchr(port, '\n'); size++)
		if (read(from[0], port + size, 1) != 1)
			fail_msg("node %s did not start", script);
	close(from[0]);
	snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%.*s",
		(int)strcspn(port, "\n"), port);
}

static inline void server_start(
	struct rig *rig, struct server *server, const char *rights, const char *fault)
{
	server_start_in(rig, "server", server, rights, fault);
}

static inline void server_stop(struct server *server)
{
	close(server->input);
	waitpid(server->id, NULL, 0);
}

/* A bare repository at the server, and rig/repo as a clone of it with one more commit. */
static inline void prepare_remote(struct rig *rig)
{
	rig_open(rig);
	rig_populate(rig);
	rig_shell(rig, "",
		"mkdir server && git clone -q --bare repo server/repo.git && cd repo && "
		"git branch -m topic && git commit -q --allow-empty -m next");
}

static inline struct sync *open_sync_alone(struct rig *rig, const char *token,
	const char *server_url, int64_t deadline_ms, int64_t alone_ms)
{
	struct sync_settings settings = {
		.git_folder = path_join(&rig->arena, rig->folder, "repo/.git"),
		.own_folder = path_join(&rig->arena, rig->folder, "run/push"),
		.remote_name = "origin",
		.branch = "refs/heads/main",
		.token = token,
		.server_url = server_url,
		.deadline_ms = deadline_ms,
		.alone_ms = alone_ms,
	};
	struct sync *sync = NULL;
	struct error error = {0};

	if (!sync_open(&settings, &sync, &error))
		fail_msg("sync_open: %s", error.text);
	return sync;
}

static inline struct sync *open_sync(
	struct rig *rig, const char *token, const char *server_url, int64_t deadline_ms)
{
	return open_sync_alone(rig, token, server_url, deadline_ms, 0);
}

static inline const char *tip(struct rig *rig)
{
	return rig_shell(rig, "repo", "git rev-parse HEAD");
}

static inline const char *remote_tip(struct rig *rig)
{
	return rig_shell(rig, "server/repo.git", "git rev-parse main");
}

#endif
