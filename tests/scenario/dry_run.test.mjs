// `run --dry-run` shows the plan that a run would have now: the same steps, cached or not, in the
// same mode. What it makes and checks is in cache.test.mjs and contracts.test.mjs.
import test from 'node:test';
import assert from 'node:assert/strict';
import { withWorkspace } from '../rig/workspace.mjs';

test('the plan of a dry run is that of plan, cached steps included', withWorkspace({}, (place) => {
  place.pipeline(`
steps:
  - {id: made, run: 'echo made > "$WAVETRAIN_OUTPUT/text.txt"', outputs: [text], cache: true}
  - {id: taken, inputs: [text], run: 'cat "$WAVETRAIN_INPUT/text.txt"', cache: true}
  - {id: again, run: 'true'}
`);
  const plans = () => [['plan', '--format', 'json'], ['run', '--dry-run', '--output-format', 'json']].map((words) => {
    const done = place.run(words);
    assert.equal(done.status, 0, done.stderr);
    return JSON.parse(done.stdout);
  });
  const actions = (plan) => Object.fromEntries(plan.steps.map((step) => [step.id, step.action]));
  for (const expected of [{ made: 'run', taken: 'run', again: 'run' }, { made: 'cached', taken: 'cached', again: 'run' }]) {
    const [planned, rehearsed] = plans();
    assert.deepEqual(actions(planned), expected);
    assert.deepEqual(rehearsed, planned);
    assert.equal(place.run(['run']).status, 0);
  }
  const other = place.run(['run', '--dry-run', '--mode', 'frontier', '--output-format', 'json']);
  assert.equal(JSON.parse(other.stdout).mode, 'frontier');
}));

test('a dry run is always of a new run: --resume is refused', withWorkspace({}, (place) => {
  place.pipeline("steps: [{id: a, run: 'false'}]\n");
  assert.equal(place.run(['run']).status, 1);
  for (const word of ['--resume', '--resume=auto', '--resume=require']) {
    const done = place.run(['run', '--dry-run', word]);
    assert.equal(done.status, 2, word);
    assert.equal(done.stdout, '');
    assert.match(done.stderr, /^wavetrain: '--dry-run' shows a new run and does not go with '--resume' \[usage\]$/m);
  }
  assert.equal(place.run(['run', '--dry-run', '--resume=never']).status, 0);
}));
