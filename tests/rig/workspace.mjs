// A repository in a temporary folder and the built program run in it, as a user would.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, writeFileSync, readFileSync, rmSync, existsSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import assert from 'node:assert/strict';

export const program = process.env.WAVETRAIN;
export const build = process.env.WAVETRAIN_BUILD;
assert.ok(program && existsSync(program), 'WAVETRAIN names the built program');

/** The environment of every run: nothing of the machine's own GitHub job or git settings. */
export function cleanEnvironment(extra = {}) {
  const kept = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(GITHUB_|RUNNER_|INPUT_|GIT_|WAVETRAIN_|CI$|NODE_)/.test(name)));
  return { ...kept, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', LANG: 'C.UTF-8', NO_COLOR: '1', ...extra };
}

export class Workspace {
  constructor({ git = true, identity = true } = {}) {
    this.root = mkdtempSync(join(tmpdir(), 'wavetrain-scenario-'));
    this.path = join(this.root, 'repository');
    mkdirSync(this.path);
    if (git) {
      this.git('init', '-q', '-b', 'main');
      if (identity) {
        this.git('config', 'user.name', 'Tester');
        this.git('config', 'user.email', 'tester@example.invalid');
      }
    }
  }

  write(name, text, mode) {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    if (mode) chmodSync(path, mode);
    return path;
  }

  read(name) {
    return readFileSync(join(this.path, name), 'utf8');
  }

  exists(name) {
    return existsSync(join(this.path, name));
  }

  /** Writes the pipeline and commits everything, so that the tree is clean. */
  pipeline(text, name = 'wavetrain.yml') {
    this.write(name, text);
    this.commit('pipeline');
  }

  commit(message) {
    this.git('add', '-A');
    this.git('commit', '-q', '--allow-empty', '-m', message);
  }

  git(...words) {
    const done = spawnSync('git', words, { cwd: this.path, env: cleanEnvironment(), encoding: 'utf8' });
    assert.equal(done.status, 0, `git ${words.join(' ')}: ${done.stderr}`);
    return done.stdout.trimEnd();
  }

  /** Runs wavetrain to its end. */
  run(words, { env = {}, cwd = this.path, input = '', timeout = 60000 } = {}) {
    const done = spawnSync(program, words, { cwd, env: cleanEnvironment(env), encoding: 'utf8', input, timeout, maxBuffer: 1 << 28 });
    assert.equal(done.error, undefined, String(done.error));
    return { status: done.status, signal: done.signal, stdout: done.stdout, stderr: done.stderr };
  }

  /** Starts wavetrain and gives the child with what it prints gathered. */
  start(words, { env = {}, cwd = this.path } = {}) {
    // One pipe for both: of two, either may be read first.
    const child = spawn('/bin/sh', ['-c', 'exec "$0" "$@" 2>&1', program, ...words], { cwd, env: cleanEnvironment(env), stdio: ['ignore', 'pipe', 'inherit'] });
    child.output = '';
    child.stdout.on('data', (bytes) => (child.output += bytes));
    child.ended = new Promise((resolve) => child.on('close', (status, signal) => resolve({ status, signal })));
    return child;
  }

  /** Rows of the record, by the sqlite3 program. */
  record(sql) {
    const done = spawnSync('sqlite3', ['-json', join(this.path, '.wavetrain', 'state.db'), sql], { encoding: 'utf8' });
    assert.equal(done.status, 0, done.stderr);
    return done.stdout ? JSON.parse(done.stdout) : [];
  }

  latest() {
    const done = this.run(['status', '--format', 'json']);
    assert.equal(done.status, 0, done.stderr);
    return JSON.parse(done.stdout);
  }

  remove() {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Waits until probe() is true; fails after the limit. */
export async function until(probe, what, limitMs = 20000) {
  const end = Date.now() + limitMs;
  while (Date.now() < end) {
    if (probe()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail(`waited ${limitMs} ms for ${what}`);
}

/** A test body with a workspace that is removed afterwards. */
export function withWorkspace(options, body) {
  return async (context) => {
    const workspace = new Workspace(options);
    try {
      await body(workspace, context);
    } finally {
      workspace.remove();
    }
  };
}
