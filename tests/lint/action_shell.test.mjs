// The Action's shell under the runner's rules: each `run:` of action.yml is written to a file and
// started as `bash --noprofile --norc -e -o pipefail FILE`, with the files GITHUB_OUTPUT and
// GITHUB_STEP_SUMMARY; cancelling is a SIGINT to that process alone. A stand-in takes wavetrain's
// place and writes down what it was given.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const TOKEN = 'ghs_this-must-not-be-seen-anywhere';
const STAND_IN = `#!/usr/bin/env node
const { writeFileSync } = require('node:fs');
const { argv, env, pid } = process;
writeFileSync(env.STAND_IN_RECORD, JSON.stringify({ words: argv.slice(2), env, pid, cwd: process.cwd() }));
if (!env.STAND_IN_WAITS) {
  process.exitCode = Number(env.STAND_IN_STATUS ?? 0);
} else {
  process.on('SIGINT', () => {
    console.log('interrupted');
    process.exit(75);
  });
  setInterval(() => {}, 1000);
  console.log('ready');
}
`;

let world;
const worlds = [];

beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'wavetrain-action-'));
  worlds.push(folder);
  world = {
    folder,
    action: join(folder, 'source', 'action'),
    workspace: join(folder, 'workspace'),
    record: join(folder, 'record.json'),
    standIn: join(folder, 'stand-in'),
    output: join(folder, 'output'),
  };
  cpSync(join(root, 'action'), world.action, { recursive: true });
  cpSync(join(root, 'CMakeLists.txt'), join(folder, 'source', 'CMakeLists.txt'));
  for (const made of ['workspace', 'temp', 'tools', 'bin']) mkdirSync(join(folder, made));
  writeFileSync(world.output, '');
  writeFileSync(world.standIn, STAND_IN);
  chmodSync(world.standIn, 0o755);
});

after(() => worlds.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

// The commands of action.yml, by the id of their step.
function commandOf(id) {
  const text = readFileSync(join(root, 'action', 'action.yml'), 'utf8');
  const step = text.split(/^    - name: /m).find((part) => part.includes(`id: ${id}\n`));
  return /^ {6}run: (.*)$/m.exec(step)[1];
}

function startStep(id, env) {
  const script = join(world.folder, 'temp', `${id}.sh`);
  writeFileSync(script, commandOf(id));
  const child = spawn('bash', ['--noprofile', '--norc', '-e', '-o', 'pipefail', script], {
    cwd: world.workspace,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: `${join(world.folder, 'bin')}:${process.env.PATH}`,
      HOME: process.env.HOME,
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_ACTION_PATH: world.action,
      GITHUB_OUTPUT: world.output,
      GITHUB_STEP_SUMMARY: join(world.folder, 'summary'),
      GITHUB_WORKSPACE: world.workspace,
      RUNNER_TEMP: join(world.folder, 'temp'),
      RUNNER_TOOL_CACHE: join(world.folder, 'tools'),
      STAND_IN_RECORD: world.record,
      ...env,
    },
  });
  const log = { text: '' };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (log.text += bytes));
  return { child, log };
}

async function runStep(id, env) {
  const { child, log } = startStep(id, env);
  const [status, signal] = await once(child, 'close');
  return { status, signal, log: log.text };
}

const run = (inputs = {}) => runStep('run', { WAVETRAIN_BINARY: world.standIn, WAVETRAIN_TOKEN: TOKEN, ...inputs });
const record = () => JSON.parse(readFileSync(world.record, 'utf8'));
const DEFAULT_WORDS = ['--resume=auto', '--status=on', '--comment=always', '--push=auto', '--report-dir=wavetrain-report'];

test('without inputs the words are the defaults', async () => {
  const { status, log } = await run();
  assert.equal(status, 0, log);
  assert.deepEqual(record().words, ['run', ...DEFAULT_WORDS]);
});

test('every input arrives as it was written', async () => {
  const hostile = '$(touch pwned) `touch pwned` "; touch pwned; \' * \\';
  const { status, log } = await run({
    INPUT_PIPELINE: `my file ${hostile}`,
    INPUT_JOBS: '4',
    INPUT_MODE: 'waves',
    INPUT_RESUME: 'never',
    INPUT_STATUS: 'off',
    INPUT_COMMENT: 'failures',
    INPUT_PUSH: 'never',
    INPUT_REPORT_NAME: hostile,
    INPUT_PARAMS: `\n  WHO=a b  c\r\nWHAT=${hostile}\n\n\tLAST=--push=auto`,
    INPUT_ARGS: ` --keep-going\t--only * \n "x  y" $(touch pwned) \n`,
  });
  assert.equal(status, 0, log);
  assert.deepEqual(record().words, [
    'run', `my file ${hostile}`, '--jobs=4', '--mode=waves', '--resume=never', '--status=off',
    '--comment=failures', '--push=never', '--report-dir=wavetrain-report', `--report-name=${hostile}`,
    '-p', 'WHO=a b  c', '-p', `WHAT=${hostile}`, '-p', 'LAST=--push=auto',
    '--keep-going', '--only', '*', '"x', 'y"', '$(touch', 'pwned)',
  ]);
  assert.equal(existsSync(join(world.workspace, 'pwned')), false);
});

test('the token is in one variable and nowhere else, and inputs end here', async () => {
  const { log } = await run({ INPUT_ARGS: '-v', INPUT_PARAMS: 'A=b' });
  const { words, env } = record();
  assert.equal(env.WAVETRAIN_TOKEN, TOKEN);
  delete env.WAVETRAIN_TOKEN;
  assert.doesNotMatch(JSON.stringify({ words, env }) + log, /ghs_/);
  assert.deepEqual(Object.keys(env).filter((name) => /^INPUT_|^WAVETRAIN/.test(name)), []);
});

test('the exit status is wavetrain\'s own', async () => {
  for (const expected of [0, 1, 2, 3, 4, 75]) {
    const { status } = await run({ STAND_IN_STATUS: String(expected) });
    assert.equal(status, expected);
  }
});

test('it runs in the working directory', async () => {
  mkdirSync(join(world.workspace, 'some where'));
  assert.equal((await run({ INPUT_WORKING_DIRECTORY: 'some where' })).status, 0);
  assert.equal(record().cwd, join(world.workspace, 'some where'));
});

test('a relative binary is found before the folder changes', async () => {
  mkdirSync(join(world.workspace, 'sub'));
  assert.equal((await run({ WAVETRAIN_BINARY: '../stand-in', INPUT_WORKING_DIRECTORY: 'sub' })).status, 0);
});

test('wrong inputs end with one sentence', async () => {
  for (const [inputs, words] of [
    [{ INPUT_PIPELINE: '--push=auto' }, /pipeline is an option/],
    [{ INPUT_WORKING_DIRECTORY: 'nowhere' }, /working-directory names no folder/],
    [{ WAVETRAIN_BINARY: '/nowhere' }, /there is no wavetrain/],
  ]) {
    const { status, log } = await run(inputs);
    assert.equal(status, 2);
    assert.match(log, words);
    assert.equal(existsSync(world.record), false);
  }
});

test('a SIGINT to the entry process reaches wavetrain', async () => {
  const { child, log } = startStep('run', { WAVETRAIN_BINARY: world.standIn, STAND_IN_WAITS: '1' });
  const closed = once(child, 'close');
  while (!log.text.includes('ready')) await once(child.stdout, 'data');
  assert.equal(record().pid, child.pid);
  process.kill(child.pid, 'SIGINT');
  assert.deepEqual(await closed, [75, null]);
  assert.match(log.text, /interrupted/);
});

const install = (env) => runStep('install', env);
const binaryOutput = () => /^binary=(.*)$/m.exec(readFileSync(world.output, 'utf8'))?.[1];

test('install: a named binary is taken as it is', async () => {
  const { status, log } = await install({ INPUT_BINARY: '../stand-in' });
  assert.equal(status, 0, log);
  assert.equal(binaryOutput(), world.standIn);
  for (const INPUT_BINARY of ['nowhere', '.', '../output']) {
    assert.equal((await install({ INPUT_BINARY })).status, 4);
  }
});

test('install: versions of another form are refused', async () => {
  for (const INPUT_VERSION of ['latest', '1.2', '../../x', '1.2.3/..', '9.9.9']) {
    const { status, log } = await install({ INPUT_VERSION });
    assert.equal(status, 4, log);
    assert.match(log, /::error title=wavetrain::/);
  }
});

// A release 9.9.9 with this checksum, and a curl that brings the stand-in.
function offerRelease(checksum) {
  const machine = process.arch === 'arm64' ? 'arm64' : 'x64';
  const address = `https://example.invalid/releases/download/v9.9.9/wavetrain-9.9.9-linux-${machine}`;
  writeFileSync(join(world.action, 'checksums.txt'), `# comment\n${checksum}  ${address}\n`);
  const curl = join(world.folder, 'bin', 'curl');
  writeFileSync(curl, `#!/bin/bash
echo "$@" >>"${world.folder}/curl.log"
[[ " $* " == *" --proto =https "* ]] || exit 9
while [ $# -gt 0 ]; do [ "$1" = --output ] && cp "${world.standIn}" "$2"; shift; done
`);
  chmodSync(curl, 0o755);
  return join(world.folder, 'tools', 'wavetrain', '9.9.9', machine, 'wavetrain');
}

const sumOf = (path) => createHash('sha256').update(readFileSync(path)).digest('hex');

test('install: a release with the known checksum is kept in the tool cache', async () => {
  const cached = offerRelease(sumOf(world.standIn));
  for (let round = 0; round < 2; round++) {
    const { status, log } = await install({ INPUT_VERSION: 'v9.9.9' });
    assert.equal(status, 0, log);
    assert.equal(binaryOutput(), cached);
  }
  assert.equal(sumOf(cached), sumOf(world.standIn));
  const fetched = readFileSync(join(world.folder, 'curl.log'), 'utf8').trim().split('\n');
  assert.equal(fetched.length, 1);
  // Somebody changed it: it is fetched again.
  writeFileSync(cached, 'something else');
  assert.equal((await install({ INPUT_VERSION: '9.9.9' })).status, 0);
  assert.equal(sumOf(cached), sumOf(world.standIn));
});

test('install: another checksum stops everything', async () => {
  const cached = offerRelease('0'.repeat(64));
  const { status, log } = await install({ INPUT_VERSION: '9.9.9' });
  assert.equal(status, 4);
  assert.match(log, /does not have the checksum/);
  assert.equal(existsSync(cached), false);
  assert.equal(binaryOutput(), undefined);
});

test('install: without a release it is built from the source beside the Action', async () => {
  const source = join(world.folder, 'source');
  const log = join(world.folder, 'build.log');
  mkdirSync(join(source, '.ci'));
  writeFileSync(join(source, '.ci', 'setup'), `echo "setup $WAVETRAIN_SETUP" >>"${log}"\n`);
  const cmake = join(world.folder, 'bin', 'cmake');
  writeFileSync(cmake, `#!/bin/bash
echo "$1 in $PWD" >>"${log}"
[ "$1" = --build ] || exit 0
mkdir -p "$2/src" && cp "${world.standIn}" "$2/src/wavetrain"
`);
  chmodSync(cmake, 0o755);
  for (let round = 0; round < 2; round++) {
    const step = await install();
    assert.equal(step.status, 0, step.log);
    assert.equal(sumOf(binaryOutput()), sumOf(world.standIn));
  }
  const version = /^project\(wavetrain VERSION (\S+)/m.exec(readFileSync(join(root, 'CMakeLists.txt'), 'utf8'))[1];
  assert.match(binaryOutput(), new RegExp(`/tools/wavetrain/${version}/[a-z0-9]+/wavetrain$`));
  assert.equal(readFileSync(log, 'utf8'), `setup build\n--preset in ${source}\n--build in ${source}\n`);
});
