// A time budget: what would not end within it is not started, and a resume does the rest.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withWorkspace } from '../rig/workspace.mjs';

const states = (run) => Object.fromEntries(run.steps.map((step) => [step.id, step.state]));

test('a step that took longer before is left for the next start', withWorkspace({}, (place) => {
  // A first run of five seconds teaches what `long` takes; then it is as short as the others.
  place.pipeline(`
execution: {jobs: 1, budget: 4900ms}
steps:
  - {id: first, run: 'echo first >> ../ran; echo 1 > first.txt'}
  - {id: long, needs: [first], run: 'test -e ../fast || sleep 5; echo long >> ../ran'}
  - {id: beside, run: 'echo beside >> ../ran'}
  - {id: last, needs: [long], run: 'echo last >> ../ran'}
`);
  const learning = place.run(['run', '-q', '--budget', '1h']);
  assert.equal(learning.status, 0, learning.stdout + learning.stderr);
  place.write('../fast', '');
  const stopped = place.run(['run']);
  assert.equal(stopped.status, 75, stopped.stdout + stopped.stderr);
  assert.match(stopped.stdout, /2 of 4 steps done, 2 not run; step long takes 5\.\d s, which is more than the whole budget of 4\.9 s/);
  assert.match(stopped.stdout, /resume: wavetrain resume run_/);
  assert.deepEqual(states(place.latest()), { first: 'done', long: 'pending', beside: 'done', last: 'pending' });
  const resumed = place.run(['resume', '--budget', '1h']);
  assert.equal(resumed.status, 0, resumed.stdout + resumed.stderr);
  assert.deepEqual(readFileSync(join(place.root, 'ran'), 'utf8').trim().split('\n').slice(4).toSorted(), ['beside', 'first', 'last', 'long']);
}));

test('what runs when the budget is over is ended', withWorkspace({}, (place) => {
  place.pipeline("steps:\n  - {id: a, run: 'echo a > a.txt'}\n  - {id: new, needs: [a], run: 'exec sleep 100'}\n");
  const stopped = place.run(['run', '--budget', '4s']);
  assert.equal(stopped.status, 75, stopped.stdout + stopped.stderr);
  assert.match(stopped.stdout, /the budget of 4\.0 s is over/);
  assert.equal(place.git('show', 'HEAD:a.txt'), 'a');
}));

test('a budget that cannot be read is refused', withWorkspace({}, (place) => {
  place.pipeline("steps:\n  - {id: a, run: 'true'}\n");
  for (const budget of ['soon', '0', '']) {
    const done = place.run(['run', '--budget', budget]);
    assert.equal(done.status, 2, budget);
    assert.match(done.stderr, /--budget/);
  }
}));
