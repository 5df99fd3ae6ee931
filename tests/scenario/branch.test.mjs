// A checkpoint's commit was made and the branch could not be moved to it: `resume` makes up for
// it, and what somebody has committed in between stays in the branch.
import test from 'node:test';
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { until, withWorkspace } from '../rig/workspace.mjs';

const PIPELINE = `
steps:
  - {id: a, run: 'echo a >> ../ran; echo made > f'}
  - {id: b, needs: [a], run: 'echo b >> ../ran; cat f > g'}
`;
const LOCK = '.git/refs/heads/main.lock';
const subjects = (place) => place.git('log', '--first-parent', '--reverse', '--format=%s').split('\n');
const reference = (place) => place.git('for-each-ref', '--format=%(objectname)', 'refs/wavetrain/runs');

/** A run that finds the branch locked, to its end. */
function fail(place) {
  place.pipeline(PIPELINE);
  place.write(LOCK, '');
  const run = place.run(['run']);
  assert.equal(run.status, 4, run.stdout + run.stderr);
  assert.match(run.stderr, /cannot move refs\/heads\/main: [^\n]*main\.lock' for writing \[/, 'no colon without a reason');
  assert.match(run.stderr, /remove its \.lock file; then run `wavetrain resume`/);
  rmSync(place.path + '/' + LOCK);
}

/** The same, ended with kill -9 once the commit has a name and the branch is waited for. */
async function kill(place) {
  place.pipeline(PIPELINE);
  place.write(LOCK, '');
  const child = place.start(['run']);
  await until(() => reference(place) || child.exitCode !== null, 'the commit');
  child.kill('SIGKILL');
  await child.ended;
  assert.ok(reference(place));
  rmSync(place.path + '/' + LOCK);
}

function resume(place) {
  const resumed = place.run(['resume']);
  assert.equal(resumed.status, 0, resumed.stdout + resumed.stderr);
  assert.equal(place.git('status', '--porcelain'), '');
  assert.equal(place.read('../ran'), 'a\nb\n', 'nothing ran twice');
  place.git('fsck', '--strict', '--no-dangling');
}

for (const [name, stop] of Object.entries({ 'a run that was told so': fail, 'a run that was killed meanwhile': kill })) {
  test(`the branch was locked, ${name}: resume moves it`, withWorkspace({}, async (place) => {
    await stop(place);
    resume(place);
    assert.deepEqual(subjects(place), ['pipeline', 'wavetrain: wave complete (a)', 'wavetrain: wave complete (b)']);
  }));

  test(`the branch was locked, ${name}: what a user commits before resume stays in the branch`, withWorkspace({}, async (place) => {
    await stop(place);
    place.write('mine', 'mine\n');
    place.git('add', 'mine');
    place.git('commit', '-q', '-m', 'mine');
    const mine = place.git('rev-parse', 'HEAD');
    resume(place);
    place.git('merge-base', '--is-ancestor', mine, 'main');
    assert.deepEqual(subjects(place), ['pipeline', 'mine', 'wavetrain: wave complete (a)', 'wavetrain: wave complete (b)']);
    assert.deepEqual(place.git('log', '--format=', '--name-only', `${mine}..main`).split('\n').sort(), ['f', 'g']);
  }));
}

test('resume finds the lock still there: refused as before, and helped by the same command', withWorkspace({}, async (place) => {
  fail(place);
  place.write(LOCK, '');
  const refused = place.run(['resume']);
  assert.equal(refused.status, 4, refused.stdout);
  assert.match(refused.stderr, /main\.lock/);
  rmSync(place.path + '/' + LOCK);
  resume(place);
}));

test('a name that is none for a branch is a fault of the file, also for run', withWorkspace({}, async (place) => {
  place.pipeline(`checkpoint: {branch: "bad..name"}${PIPELINE}`);
  for (const words of [['validate'], ['run']]) {
    const refused = place.run(words);
    assert.equal(refused.status, 3, refused.stdout + refused.stderr);
    assert.match(refused.stdout + refused.stderr, /wavetrain\.yml:1:22: [^\n]*'branch'[^\n]*'bad\.\.name'/);
  }
  assert.equal(place.exists('../ran'), false);
}));
