// Where a step works: with the others, in an empty folder, or in a checkout of its own.
import test from 'node:test';
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withWorkspace } from '../rig/workspace.mjs';

const states = (run) => Object.fromEntries(run.steps.map((step) => [step.id, step.state]));

test('fresh: a new empty folder for every attempt, only what was injected is there', withWorkspace({}, (place) => {
  place.write('secret.txt', 'not for it\n');
  place.pipeline(`
steps:
  - {id: make, run: 'echo given > "$WAVETRAIN_OUTPUT/given.txt"', outputs: [given]}
  - id: alone
    workspace: fresh
    writable: [..]
    inputs: [given]
    retry: {max: 1, backoff: 10ms}
    run: |
      ls -A > ../../../../../../../seen-$WAVETRAIN_ATTEMPT
      test "$(basename "$PWD")" = workspace
      cat ../input/given.txt
      echo left > left.txt; echo inner > made.txt; echo outer > ../output/other.txt
      test "$WAVETRAIN_ATTEMPT" = 2
    outputs: {made: made.txt, other: output/other.txt}
  - {id: take, inputs: [made, other], run: 'cat "$WAVETRAIN_INPUT/made.txt" "$WAVETRAIN_INPUT/other.txt" > taken.txt'}
`);
  const done = place.run(['run']);
  assert.equal(done.status, 0, done.stdout + done.stderr);
  for (const attempt of [1, 2]) assert.equal(readFileSync(join(place.root, `seen-${attempt}`), 'utf8'), '');
  assert.equal(place.read('taken.txt'), 'inner\nouter\n');
  assert.ok(!place.exists('left.txt'));
}));

test('worktree: changes of steps side by side are merged by tree into one commit', withWorkspace({}, (place) => {
  place.write('shared.txt', Array.from({ length: 20 }, (_, i) => `line ${i}`).join('\n') + '\n');
  place.pipeline(`
execution: {jobs: 3}
steps:
  - {id: top, workspace: worktree, isolation: none, run: 'sed -i "s/line 0$/top/" shared.txt; echo new > top.txt; git status --porcelain > ../../../../../../../status.txt'}
  - {id: bottom, workspace: worktree, run: 'sed -i "s/line 19/bottom/" shared.txt; test ! -e top.txt'}
  - {id: plain, run: 'echo plain > plain.txt'}
  - {id: after, needs: [top, bottom], run: 'head -1 shared.txt > ends.txt; tail -1 shared.txt >> ends.txt'}
`);
  const done = place.run(['run']);
  assert.equal(done.status, 0, done.stdout + done.stderr);
  assert.equal(place.read('ends.txt'), 'top\nbottom\n');
  assert.deepEqual(place.git('show', '--name-only', '--format=', 'HEAD~1').split('\n'), ['plain.txt', 'shared.txt', 'top.txt']);
  assert.equal(place.git('status', '--porcelain'), '');
  place.git('fsck', '--strict');
}));

test('worktree: a conflict fails the wave and names the paths and both steps', withWorkspace({}, (place) => {
  place.write('shared.txt', 'one\n');
  place.pipeline(`
steps:
  - {id: left, workspace: worktree, run: 'echo left > shared.txt'}
  - {id: right, workspace: worktree, run: 'echo right > shared.txt'}
  - {id: after, needs: [left, right], run: 'true'}
`);
  const done = place.run(['run', '-j', '2']);
  assert.equal(done.status, 1, done.stdout + done.stderr);
  assert.match(done.stdout, /shared\.txt/);
  assert.match(done.stdout, /left/);
  assert.match(done.stdout, /right/);
  assert.equal(place.read('shared.txt'), 'left\n', 'the first of the two is kept');
  assert.equal(place.git('show', 'HEAD:shared.txt'), 'left');
  assert.notEqual(states(place.latest()).after, 'done');
}));

test('worktree: a step cannot move the references of the repository', withWorkspace({}, (place) => {
  place.pipeline(`
steps:
  - {id: commits, workspace: worktree, run: 'echo x > x.txt; git add -A; git -c user.name=a -c user.email=a@b commit -q -m inside; git branch evil || true'}
`);
  const head = place.git('rev-parse', 'HEAD');
  const done = place.run(['run']);
  assert.equal(done.status, 0, done.stdout + done.stderr);
  assert.equal(place.read('x.txt'), 'x\n');
  assert.equal(place.git('rev-parse', 'HEAD~1'), head);
  assert.equal(place.git('branch', '--list', 'evil'), '');
}));

test('workspaces that are over are gone at the end; one of a failed step stays', withWorkspace({}, (place) => {
  place.pipeline(`
steps:
  - {id: good, workspace: fresh, run: 'echo x > x'}
  - {id: bad, workspace: fresh, run: 'echo y > y; exit 1'}
`);
  place.run(['run']);
  const work = join(place.path, '.wavetrain/runs', place.latest().id, 'work');
  assert.ok(!existsSync(join(work, 'good.1')));
  assert.ok(existsSync(join(work, 'bad.1/workspace/y')));
}));
