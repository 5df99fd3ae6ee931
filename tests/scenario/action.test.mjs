// The Action's step as the runner starts it: the variables that action.yml sets, `bash` around
// the line of `run:`, signals to the entry process alone.
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TOKEN, withJob } from '../rig/actions-job.mjs';
import { obeyedCommands } from '../rig/runner-commands.mjs';
import { program } from '../rig/workspace.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const actionFolder = join(here, '..', '..', 'action');
const parallel = { concurrency: 4 };
const WAVES = "name: batch\nsteps:\n  - {id: one, run: 'echo 1 > one.txt'}\n  - {id: two, needs: [one], run: 'echo 2 > two.txt'}\n";

/** What action.yml says, as far as its plain form goes: defaults, and the `env:` and `run:` of each step. */
function readAction() {
  const text = readFileSync(join(actionFolder, 'action.yml'), 'utf8');
  const defaults = {};
  for (const [, name, value] of text.matchAll(/^ {2}([a-z-]+):\n {4}description:.*\n {4}default: (.*)$/gm))
    defaults[name] = value.replace(/^"(.*)"$/, '$1');
  const steps = {};
  for (const part of text.split(/^ {4}- name: /m).slice(1)) {
    const id = /^ {6}id: (.*)$/m.exec(part)[1];
    steps[id] = { env: {}, run: /^ {6}run: (.*)$/m.exec(part)?.[1], with: /^ {6}with:\n([\s\S]*)/m.exec(part)?.[1] };
    for (const [, name, value] of part.matchAll(/^ {8}([A-Z_]+): \$\{\{ (.*) \}\}$/gm)) steps[id].env[name] = value;
  }
  return { defaults, steps };
}

const action = readAction();

/** The environment and command of one step; outputs: of the steps before it. */
function stepOf(id, inputs, outputs = {}) {
  const values = { ...action.defaults, ...inputs };
  const env = { GITHUB_ACTION_PATH: actionFolder };
  for (const [name, expression] of Object.entries(action.steps[id].env)) {
    const [, kind, key] = /^(inputs|steps)\.(.*)$/.exec(expression) ?? assert.fail(expression);
    const value = kind === 'inputs' ? values[key] : outputs[key.replace(/^install\.outputs\./, '')];
    assert.notEqual(value, undefined, `${name}: ${expression}`);
    env[name] = value === '${{ github.token }}' ? TOKEN : value;
  }
  return { env, run: action.steps[id].run };
}

/** As the runner: the text of `run:` in a file, bash with its own options. GITHUB_TOKEN is not set for a step. */
function launchStep(job, { env, run }) {
  const script = join(job.temp, `step-${Math.random().toString(16).slice(2)}.sh`);
  writeFileSync(script, `${run}\n`);
  return job.launch(['--noprofile', '--norc', '-e', '-o', 'pipefail', script], { command: 'bash', env: { GITHUB_TOKEN: undefined, ...env } });
}

async function runAction(job, inputs = {}) {
  job.newFiles();
  const installed = await launchStep(job, stepOf('install', { binary: program, ...inputs })).ended;
  assert.equal(installed.status, 0, installed.stdout + installed.stderr);
  const found = job.outputs();
  job.newFiles();
  return launchStep(job, stepOf('run', inputs, found)).ended;
}

test('action.yml is read whole', () => {
  for (const name of ['pipeline', 'args', 'jobs', 'params', 'resume', 'token', 'status', 'comment', 'push', 'report-name', 'working-directory'])
    assert.ok(name in action.defaults, name);
  assert.equal(action.steps.run.run, 'exec "$GITHUB_ACTION_PATH/run.sh"');
  const text = readFileSync(join(actionFolder, 'action.yml'), 'utf8');
  const declared = [...text.matchAll(/steps\.run\.outputs\.([a-z-]+)/g)].map((match) => match[1]).sort();
  assert.deepEqual(declared, ['commit', 'failed', 'report', 'result', 'resume-ref', 'run-id']);
});

describe('the step', parallel, () => {
  test('with its defaults: outputs, report in the open, status, push', withJob({ pipeline: WAVES }, async (job) => {
    const run = await runAction(job);
    assert.equal(run.status, 0, run.stdout + run.stderr);
    assert.equal(run.stderr, '');
    const outputs = job.outputs();
    assert.equal(outputs.result, 'success');
    assert.equal(outputs.commit, job.git('rev-parse', 'HEAD'));
    assert.equal(job.branch('main'), outputs.commit);
    assert.deepEqual(job.github.state().statuses.map((one) => one.state), ['pending', 'success', 'success']);
    // What is uploaded: the step's own path, which holds no folder that begins with a dot.
    assert.match(action.steps.upload.with, /path: \$\{\{ inputs\.working-directory \}\}\/wavetrain-report/);
    assert.equal(outputs.report, join(job.path, 'wavetrain-report'));
    assert.ok(!outputs.report.slice(job.path.length).includes('/.'), 'not hidden');
    for (const name of ['report.html', 'report.json', 'summary.md', 'dag.mmd', 'junit.xml', 'timeline.txt'])
      assert.ok(readFileSync(join(outputs.report, name)).length > 0, name);
    assert.equal(job.git('status', '--porcelain'), '', 'and it is not committed');
    assert.match(job.summary(), /artifact \[wavetrain\\?-report\]/, 'the summary names the artifact');
  }));

  test('a failing pipeline: exit 1, outputs and report all the same', withJob({ pipeline: "name: batch\nsteps:\n  - {id: one, run: 'exit 3'}\n" }, async (job) => {
    const run = await runAction(job);
    assert.equal(run.status, 1);
    assert.equal(job.outputs().result, 'failure');
    assert.equal(job.outputs().failed, 'one');
    assert.ok(job.exists('wavetrain-report/report.html'));
  }));

  test('every input arrives, and none as more than a word', withJob({ files: { 'sub/night.yml': `
name: batch
params: {who: {default: nobody}, text: {default: none}}
steps:
  - {id: one, run: 'printf "%s|%s" "$PARAM_WHO" "$PARAM_TEXT" > one.txt; env > "$RUNNER_TEMP/environment"'}
` }, pipeline: WAVES }, async (job) => {
    const run = await runAction(job, { pipeline: 'night.yml', 'working-directory': 'sub', jobs: '1', mode: 'waves', push: 'never', comment: 'off', status: 'off', resume: 'never',
      params: 'who=$(touch hacked) `touch hacked`; x\n\n  text=a "b" *\r\n', args: '-v\n--allow-dirty', 'report-name': 'night report' });
    assert.equal(run.status, 0, run.stdout + run.stderr);
    const written = job.exists('one.txt') ? job.read('one.txt') : job.read('sub/one.txt');
    assert.equal(written, '$(touch hacked) `touch hacked`; x|a "b" *');
    assert.deepEqual(readdirSync(job.path).filter((name) => name === 'hacked'), []);
    assert.deepEqual(job.github.requests(), []);
    assert.equal(job.branch('main'), job.sha);
    assert.ok(job.exists('sub/wavetrain-report/report.html'));
    assert.equal(job.outputs().report, join(job.path, 'sub/wavetrain-report'));
    const environment = readFileSync(join(job.temp, 'environment'), 'utf8');
    assert.doesNotMatch(environment, /^(INPUT_|WAVETRAIN_TOKEN|WAVETRAIN_BINARY|GITHUB_TOKEN)/m);
    assert.ok(!environment.includes(TOKEN));
  }));

  test('resume: auto goes on with the run that did not finish, require wants one', withJob({ pipeline: "name: batch\nsteps:\n  - {id: one, run: 'echo x >> \"$RUNNER_TEMP/one.log\"; echo 1 > one.txt'}\n  - {id: two, needs: [one], run: 'test -e \"$RUNNER_TEMP/mended\"'}\n" }, async (job) => {
    const refused = await runAction(job, { resume: 'require' });
    assert.notEqual(refused.status, 0);
    assert.equal((await runAction(job)).status, 1);
    writeFileSync(join(job.temp, 'mended'), '');
    const resumed = await runAction(job);
    assert.equal(resumed.status, 0, resumed.stdout + resumed.stderr);
    assert.equal(readFileSync(join(job.temp, 'one.log'), 'utf8'), 'x\n', 'what was done is not done again');
    assert.equal(job.branch('main'), job.git('rev-parse', 'HEAD'));
  }));

  const wrong = {
    'a folder that is not there': { inputs: { 'working-directory': 'nowhere' }, status: 2, said: /working-directory/ },
    'an option for a pipeline': { inputs: { pipeline: '--push=never' }, status: 2, said: /option/ },
    'a pipeline that is not there': { inputs: { pipeline: 'nothing.yml' }, status: 3, said: /nothing\.yml/ },
    'a mode that is not there': { inputs: { mode: 'sideways' }, status: 2, said: /sideways/ },
    'an unknown option in args': { inputs: { args: '--jbos 3' }, status: 2, said: /jobs/ },
    'jobs that are no number': { inputs: { jobs: 'many' }, status: 2, said: /many/ },
  };
  for (const [name, one] of Object.entries(wrong)) {
    test(`${name}: said in a sentence`, withJob({ pipeline: WAVES }, async (job) => {
      const run = await runAction(job, one.inputs);
      assert.equal(run.status, one.status, run.stdout + run.stderr);
      assert.match(run.stdout + run.stderr, one.said);
    }));
  }

  test('a binary that is not there is said as an annotation', withJob({ pipeline: WAVES }, async (job) => {
    const run = await launchStep(job, stepOf('install', { binary: 'no/such/file' })).ended;
    assert.equal(run.status, 4);
    assert.match(obeyedCommands(run.stdout).find((one) => one.name === 'error').data, /binary/);
  }));
});

describe('cancelling', parallel, () => {
  const LONG = "name: batch\nsteps:\n  - {id: one, run: 'echo x >> \"$RUNNER_TEMP/one.log\"; echo 1 > one.txt'}\n  - {id: long, needs: [one], run: 'test -e \"$RUNNER_TEMP/mended\" || { trap \"\" INT TERM; sleep 100 & echo $$ $! > \"$RUNNER_TEMP/processes\"; touch \"$RUNNER_TEMP/started\"; wait; sleep 100; }; echo 2 > two.txt'}\n";

  for (const [signal, limit] of [['SIGINT', 7000], ['SIGTERM', 2000]]) {
    test(`${signal} to the entry process: out in ${limit / 1000} s, 75, and the next job goes on`, withJob({ pipeline: LONG }, async (job) => {
      const outputs = { binary: program };
      const child = launchStep(job, stepOf('run', {}, outputs));
      await job.appears('started', child);
      const from = performance.now();
      process.kill(child.pid, signal);
      const run = await child.ended;
      const ms = performance.now() - from;
      assert.equal(run.status, 75, run.stdout + run.stderr);
      assert.ok(ms < limit, `${Math.round(ms)} ms`);
      assert.equal(job.outputs().result, 'interrupted');
      assert.ok(job.exists('wavetrain-report/report.html'));
      assert.match(job.summary(), /wavetrain resume run_/);
      for (const id of readFileSync(join(job.temp, 'processes'), 'utf8').trim().split(' '))
        assert.throws(() => process.kill(Number(id), 0), /ESRCH/, 'no step is left');
      writeFileSync(join(job.temp, 'mended'), '');
      const resumed = await runAction(job);
      assert.equal(resumed.status, 0, resumed.stdout + resumed.stderr);
      assert.equal(readFileSync(join(job.temp, 'one.log'), 'utf8'), 'x\n');
      assert.equal(job.read('two.txt'), '2\n');
      assert.equal(job.branch('main'), job.git('rev-parse', 'HEAD'));
    }));
  }
});
