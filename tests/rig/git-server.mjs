// A smart-HTTP git server on loopback: git http-backend behind a token check, with faults.
//
//   import { startGitServer } from './git-server.mjs'
//   const server = await startGitServer({ root, token, rights: 'write', faults: ['401'] })
//   … server.port, server.requests, server.faults (may be changed), server.cut(), await server.close()
//
// Standalone: node git-server.mjs ROOT [--token T] [--rights read|write] [--fault NAME]... prints
// its port as one line and serves until its standard input closes or it is ended. Every request
// is logged to ROOT/requests.log as "METHOD PATH AUTHORIZATION".
//
// Faults stay until they are taken out:
//   401 403 404 500   that status instead of an answer
//   hang              no answer at all
//   reset             the connection is broken when the push itself arrives
//   lost              the push is applied, then the connection is broken
//   protected         a pre-receive hook that speaks as GitHub's branch protection (GH006)
//   rules             the same for repository rules (GH013)
//   workflow          the same for a workflow file
//   declined          a pre-receive hook that says no
//   race              somebody else pushes between the look at the branch and our push
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const hookTexts = {
	protected: 'error: GH006: Protected branch update failed for refs/heads/main.\nerror: Required status check "build" is expected.',
	rules: 'error: GH013: Repository rule violations found for refs/heads/main.',
	workflow: 'refusing to allow a GitHub App to create or update workflow `.github/workflows/ci.yml` without `workflows` permission',
	declined: 'no pushes on Saturdays',
};

function cleanEnvironment() {
	const names = ['PATH', 'HOME', 'TMPDIR', 'GIT_EXEC_PATH'];
	const kept = Object.fromEntries(names.filter((n) => process.env[n]).map((n) => [n, process.env[n]]));
	return { ...kept, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', LC_ALL: 'C' };
}

function makeHook(folder, kind) {
	const lines = hookTexts[kind].split('\n').map((line) => `echo '${line}' >&2`);
	writeFileSync(join(folder, 'pre-receive'), `#!/bin/sh\n${lines.join('\n')}\nexit 1\n`, { mode: 0o755 });
}

// Moves every branch of the repository one commit further, as another person's push would.
function pushAsSomebodyElse(repository) {
	const environment = {
		...cleanEnvironment(), GIT_AUTHOR_NAME: 'Other', GIT_AUTHOR_EMAIL: 'other@example.com',
		GIT_COMMITTER_NAME: 'Other', GIT_COMMITTER_EMAIL: 'other@example.com',
	};
	const git = (...words) => spawnSync('git', ['-C', repository, ...words], { env: environment, encoding: 'utf8' }).stdout.trim();
	for (const branch of git('for-each-ref', '--format=%(refname)', 'refs/heads').split('\n').filter(Boolean)) {
		const commit = git('commit-tree', `${branch}^{tree}`, '-p', branch, '-m', 'somebody else');
		git('update-ref', branch, commit);
	}
}

function repositoryOf(root, path) {
	const found = path.match(/^\/(.+?)\/(info\/refs|git-receive-pack|git-upload-pack|HEAD|objects\/.*)$/);
	return found && !found[1].includes('..') ? join(root, found[1]) : null;
}

function runBackend({ root, request, url, hooks, user }, onEnd) {
	const environment = {
		...cleanEnvironment(), GIT_PROJECT_ROOT: root, GIT_HTTP_EXPORT_ALL: '1', PATH_INFO: url.pathname,
		QUERY_STRING: url.search.slice(1), REQUEST_METHOD: request.method, REMOTE_ADDR: '127.0.0.1',
		REMOTE_USER: user, CONTENT_TYPE: request.headers['content-type'] ?? '',
		HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
		GIT_PROTOCOL: request.headers['git-protocol'] ?? '', GIT_CONFIG_COUNT: '2',
		GIT_CONFIG_KEY_0: 'http.receivepack', GIT_CONFIG_VALUE_0: 'true',
		GIT_CONFIG_KEY_1: hooks ? 'core.hooksPath' : 'http.uploadpack', GIT_CONFIG_VALUE_1: hooks ?? 'true',
	};
	if (request.headers['content-length'])
		environment.CONTENT_LENGTH = request.headers['content-length'];
	const backend = spawn('git', ['http-backend'], { env: environment, stdio: ['pipe', 'pipe', 'inherit'] });
	const chunks = [];
	backend.stdin.on('error', () => {});
	request.pipe(backend.stdin);
	backend.stdout.on('data', (chunk) => chunks.push(chunk));
	backend.on('close', () => onEnd(Buffer.concat(chunks)));
}

function sendCgi(response, bytes) {
	const split = bytes.indexOf('\r\n\r\n');
	const headers = bytes.subarray(0, Math.max(split, 0)).toString('latin1').split('\r\n').map((line) => line.split(/:\s*/));
	const status = headers.find(([name]) => name.toLowerCase() === 'status');
	response.statusCode = split < 0 ? 500 : status ? Number.parseInt(status[1], 10) : 200;
	for (const [name, value] of headers)
		if (name && name.toLowerCase() !== 'status')
			response.setHeader(name, value ?? '');
	response.end(split < 0 ? 'no answer from git http-backend' : bytes.subarray(split + 4));
}

function refuse(response, status, text, headers = {}) {
	response.writeHead(status, { 'content-type': 'text/plain', ...headers });
	response.end(`${text}\n`);
}

export async function startGitServer({ root, token = null, rights = 'write', faults = [] }) {
	const scratch = mkdtempSync(join(tmpdir(), 'wavetrain-git-server-'));
	const state = { faults: [...faults], requests: [] };
	const expected = token === null ? null : `basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`;

	const server = createServer((request, response) => {
		const url = new URL(request.url, 'http://loopback');
		const authorization = request.headers.authorization ?? '';
		const has = (name) => state.faults.includes(name);
		const isWrite = url.search.includes('git-receive-pack') || url.pathname.endsWith('git-receive-pack');
		const isPush = request.method === 'POST' && isWrite;
		const repository = repositoryOf(root, url.pathname);

		state.requests.push({ method: request.method, path: request.url, authorization });
		appendFileSync(join(root, 'requests.log'), `${request.method} ${request.url} ${authorization || '-'}\n`);
		for (const status of ['401', '403', '404', '500'])
			if (has(status))
				return refuse(response, Number(status), `fault ${status}`);
		if (has('hang'))
			return undefined;
		if (has('reset') && isPush)
			return request.socket.resetAndDestroy();
		if (expected !== null && authorization.replace(/^basic/i, 'basic') !== expected)
			return refuse(response, 401, 'who are you', { 'www-authenticate': 'Basic realm="git"' });
		if (isWrite && rights !== 'write')
			return refuse(response, 403, 'Permission to this repository denied.');
		if (!repository || !existsSync(repository))
			return refuse(response, 404, 'Repository not found.');
		if (has('race') && isPush)
			pushAsSomebodyElse(repository);
		const kind = Object.keys(hookTexts).find((name) => has(name));
		if (kind)
			makeHook(scratch, kind);
		runBackend({ root, request, url, hooks: kind ? scratch : null, user: 'somebody' }, (bytes) => {
			if (has('lost') && isPush)
				return request.socket.resetAndDestroy();
			return sendCgi(response, bytes);
		});
		return undefined;
	});
	await new Promise((done) => server.listen(0, '127.0.0.1', done));
	return {
		port: server.address().port,
		requests: state.requests,
		get faults() { return state.faults; },
		set faults(list) { state.faults = [...list]; },
		/** Breaks what is on its way, as a network that goes away does. */
		cut: () => server.closeAllConnections(),
		close: async () => {
			server.closeAllConnections();
			await new Promise((done) => server.close(done));
			rmSync(scratch, { recursive: true, force: true });
		},
	};
}

function readArguments(words) {
	const options = { root: words[0], faults: [] };
	for (let i = 1; i + 1 < words.length; i += 2) {
		if (words[i] === '--fault')
			options.faults.push(words[i + 1]);
		else if (words[i] === '--token' || words[i] === '--rights')
			options[words[i].slice(2)] = words[i + 1];
		else
			throw new Error(`unknown option ${words[i]}`);
	}
	return options;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
	if (!process.argv[2] || !existsSync(process.argv[2]) || readdirSync(process.argv[2]) === null) {
		console.error('usage: node git-server.mjs ROOT [--token T] [--rights read|write] [--fault NAME]...');
		process.exit(2);
	}
	const server = await startGitServer(readArguments(process.argv.slice(2)));
	const end = async () => { await server.close(); process.exit(0); };
	process.stdin.on('end', end).resume();
	process.on('SIGTERM', end);
	console.log(String(server.port));
}
