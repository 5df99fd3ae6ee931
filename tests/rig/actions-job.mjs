// A job of GitHub Actions on loopback: the fake API, the git server with the repository
// octo/train, a checkout as actions/checkout leaves one, and the runner's variables and files.
//
//   const job = await startJob({ pipeline: 'steps: …', event: 'pull_request', pull: 7 })
//   const run = await job.run(['run'])     { status, signal, stdout, stderr, ms }
//   job.github, job.server, job.outputs(), job.summary(), job.branch('main'), await job.close()
//
// Everything is asynchronous: the servers live in this process.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import assert from 'node:assert/strict';
import { startFakeGitHub } from './fake-github.mjs';
import { startGitServer } from './git-server.mjs';
import { cleanEnvironment, program } from './workspace.mjs';

export const TOKEN = 'ghs_0123456789abcdefghijklmnopqrstuvwxyzAB';
export const CHECKOUT_TOKEN = 'ghs_left_by_checkout_0123456789abcdefghi';

const basic = (token) => `AUTHORIZATION: basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`;

function gitIn(folder, words) {
  const named = ['-c', 'user.name=Author', '-c', 'user.email=author@example.invalid'];
  const done = spawnSync('git', [...named, ...words], { cwd: folder, env: cleanEnvironment(), encoding: 'utf8' });
  assert.equal(done.status, 0, `git ${words.join(' ')}: ${done.stderr}`);
  return done.stdout.trimEnd();
}

class Job {
  constructor(options) {
    this.options = { event: 'push', depth: 1, github: {}, git: {}, files: {}, credentials: null, ...options };
    this.root = mkdtempSync(join(tmpdir(), 'wavetrain-job-'));
    this.bare = join(this.root, 'server', 'octo', 'train');
    this.path = join(this.root, 'work', 'train', 'train');
    this.temp = join(this.root, 'work', '_temp');
    this.children = [];
  }

  async start() {
    const { options } = this;
    mkdirSync(this.temp, { recursive: true });
    this.seed();
    this.github = await startFakeGitHub({ token: TOKEN, ...options.github });
    this.server = await startGitServer({ root: join(this.root, 'server'), token: TOKEN, ...options.git });
    this.serverUrl = `http://127.0.0.1:${this.server.port}`;
    this.remote = `${this.serverUrl}/octo/train`;
    this.checkOut();
    this.newFiles();
    return this;
  }

  /** The repository on the server: two commits on main. */
  seed() {
    const author = join(this.root, 'author');
    mkdirSync(author);
    gitIn(author, ['init', '-q', '-b', 'main']);
    gitIn(author, ['commit', '-q', '--allow-empty', '-m', 'first']);
    const files = { 'wavetrain.yml': this.options.pipeline, 'README.md': 'A repository\n', ...this.options.files };
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(author, name)), { recursive: true });
      writeFileSync(join(author, name), text);
    }
    gitIn(author, ['add', '-A']);
    gitIn(author, ['commit', '-q', '-m', 'second']);
    mkdirSync(dirname(this.bare), { recursive: true });
    gitIn(this.root, ['clone', '-q', '--bare', author, this.bare]);
    this.head = gitIn(author, ['rev-parse', 'HEAD']);
  }

  /** As actions/checkout: a push stands on its branch, a pull request on a detached merge commit. */
  checkOut() {
    const { depth, event, credentials } = this.options;
    const length = depth ? ['--depth', String(depth)] : [];
    mkdirSync(dirname(this.path), { recursive: true });
    gitIn(this.root, ['clone', '-q', ...length, `file://${this.bare}`, this.path]);
    this.git('remote', 'set-url', 'origin', this.remote);
    this.git('config', 'gc.auto', '0');
    if (event === 'pull_request') {
      this.git('checkout', '-q', '--detach');
      this.git('commit', '-q', '--allow-empty', '-m', 'Merge of the pull request');
    }
    this.sha = this.git('rev-parse', 'HEAD');
    if (credentials)
      this.git('config', `http.${this.serverUrl}/.extraheader`, basic(credentials));
  }

  git(...words) {
    return gitIn(this.path, words);
  }

  /** Where a branch of the server stands; '' when there is none. */
  branch(name) {
    return gitIn(this.bare, ['for-each-ref', '--format=%(objectname)', `refs/heads/${name}`]);
  }

  /** What the runner gives each step anew. */
  newFiles() {
    const folder = mkdtempSync(join(this.temp, 'commands-'));
    this.files = { output: join(folder, 'output'), summary: join(folder, 'summary'), event: join(folder, 'event.json') };
    writeFileSync(this.files.output, '');
    writeFileSync(this.files.summary, '');
    writeFileSync(this.files.event, JSON.stringify(this.eventPayload()));
  }

  eventPayload() {
    const repository = { full_name: 'octo/train', default_branch: 'main' };
    if (this.options.event !== 'pull_request')
      return { ref: 'refs/heads/main', after: this.sha, repository };
    return {
      action: 'synchronize', number: this.options.pull, repository,
      pull_request: {
        number: this.options.pull,
        head: { ref: 'topic', sha: this.head, repo: { full_name: this.options.fork ?? 'octo/train' } },
        base: { ref: 'main', sha: this.head, repo: { full_name: 'octo/train' } },
      },
    };
  }

  environment(extra = {}) {
    const pull = this.options.event === 'pull_request';
    const home = join(this.root, 'home');
    mkdirSync(home, { recursive: true });
    return cleanEnvironment({
      CI: 'true', GITHUB_ACTIONS: 'true', GITHUB_REPOSITORY: 'octo/train', GITHUB_ACTOR: 'octocat',
      GITHUB_API_URL: this.apiUrl ?? this.github.url, GITHUB_SERVER_URL: this.serverUrl,
      GITHUB_EVENT_NAME: this.options.event, GITHUB_EVENT_PATH: this.files.event, GITHUB_SHA: this.sha,
      GITHUB_REF: pull ? `refs/pull/${this.options.pull}/merge` : 'refs/heads/main', GITHUB_RUN_ID: '4711',
      GITHUB_WORKSPACE: this.path, GITHUB_STEP_SUMMARY: this.files.summary, GITHUB_OUTPUT: this.files.output,
      RUNNER_TEMP: this.temp, RUNNER_OS: 'Linux', HOME: home, GITHUB_TOKEN: TOKEN,
      // As on a runner, where only the job's own user is set up.
      GIT_CONFIG_GLOBAL: undefined, ...extra,
    });
  }

  /** Starts a program of the job, wavetrain by default. */
  launch(words, { env = {}, command = program, cwd = this.path } = {}) {
    const from = performance.now();
    const child = spawn(command, words, { cwd, env: this.environment(env), stdio: ['ignore', 'pipe', 'pipe'] });
    const result = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text) => (result.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (result.stderr += text));
    child.result = result;
    child.ended = new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (status, signal) => resolve({ ...result, status, signal, ms: performance.now() - from }));
    });
    this.children.push(child);
    return child;
  }

  /** Waits until a step has made RUNNER_TEMP/name; fails when the child ends before. */
  async appears(name, child) {
    while (!existsSync(join(this.temp, name))) {
      if (child.exitCode !== null || child.signalCode !== null)
        assert.fail(`${name} did not appear: ${child.result.stdout}${child.result.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async run(words = ['run'], options = {}) {
    this.newFiles();
    return this.launch(words, options).ended;
  }

  /** GITHUB_OUTPUT by the runner's rules: NAME=VALUE, or NAME<<WORD, lines, WORD. */
  outputs() {
    const lines = readFileSync(this.files.output, 'utf8').split('\n');
    const outputs = {};
    for (let at = 0; at < lines.length; at++) {
      if (lines[at] === '') continue;
      const [, name, kind, rest] = /^([^=<]+)(<<|=)(.*)$/.exec(lines[at]) ?? assert.fail(`no output: ${lines[at]}`);
      if (kind === '=') {
        outputs[name] = rest;
        continue;
      }
      const end = lines.indexOf(rest, at + 1);
      assert.ok(end > at, `${rest} is missing`);
      outputs[name] = lines.slice(at + 1, end).join('\n');
      at = end;
    }
    return outputs;
  }

  summary() {
    return readFileSync(this.files.summary, 'utf8');
  }

  read(name) {
    return readFileSync(join(this.path, name), 'utf8');
  }

  exists(name) {
    return existsSync(join(this.path, name));
  }

  async close() {
    for (const child of this.children)
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await this.github.close();
    await this.server.close();
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
  }
}

export async function startJob(options) {
  return new Job(options).start();
}

/** A test body with a job that is ended afterwards. */
export function withJob(options, body) {
  return async (context) => {
    const job = await startJob(options);
    try {
      await body(job, context);
    } finally {
      await job.close();
    }
  };
}
