// What steps share: amounts are never exceeded, others pass, and what can never fit is refused.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withWorkspace } from '../rig/workspace.mjs';

test('two that need the same device run one after the other; a third passes them', withWorkspace({}, (place) => {
  // `mkdir` is the proof: it fails when the other one is there. The last one of the file runs beside the first.
  const use = (id) => `{id: ${id}, resources: {gpu: 1}, effort: 1h, run: 'mkdir ../device; until test -e ../beside; do sleep 0.01; done; rmdir ../device; echo ${id} >> ../order'}`;
  place.pipeline(`
execution: {jobs: 2, resources: {gpu: 1, memory: 8GiB}}
steps:
  - ${use('one')}
  - ${use('two')}
  - {id: beside, resources: {memory: 4GiB}, effort: 1s, run: 'touch ../beside'}
`);
  const done = place.run(['run']);
  assert.equal(done.status, 0, done.stdout + done.stderr);
  assert.equal(readFileSync(join(place.root, 'order'), 'utf8'), 'one\ntwo\n');
}));

test('a step that is tried again keeps nothing meanwhile', withWorkspace({}, (place) => {
  place.pipeline(`
execution: {jobs: 2, resources: {lock: 1}}
steps:
  - {id: flaky, resources: {lock: 1}, timeout: 1h, retry: {max: 5, backoff: 1s}, run: 'touch ../first; test -e ../other || exit 75'}
  - {id: other, resources: {lock: 1}, run: 'test -e ../first && touch ../other'}
`);
  const done = place.run(['run']);
  assert.equal(done.status, 0, done.stdout + done.stderr);
}));

test('what a step does not say is learned: in the plan, in the engine and in the simulation', withWorkspace({}, (place) => {
  const MiB = 1 << 20;
  const grow = 'dd if=/dev/zero of=/dev/null bs=200M count=1 2>/dev/null';
  // Only once `alone` is asked for, one step bears no other one beside it: `mkdir` fails when it is there.
  const one = (id) => `{id: ${id}, run: 'test "$PARAM_ALONE" = no || mkdir ../device; ${grow}; sleep 0.3; test "$PARAM_ALONE" = no || rmdir ../device'}`;
  place.pipeline(`
params: {alone: {default: 'no'}}
execution: {jobs: 4, resources: {memory: 400MiB}}
steps:
  - ${one('a')}
  - ${one('b')}
  - {id: says, resources: {memory: 1MiB}, run: '${grow}'}
  - {id: small, run: 'true'}
`);
  const memory = () => {
    const { steps } = JSON.parse(place.run(['plan', '--format', 'json']).stdout);
    return Object.fromEntries(steps.map((step) => [step.id, [step.memory_from, step.memory_bytes]]));
  };
  assert.deepEqual(memory(), { a: ['none', 0], b: ['none', 0], says: ['declared', MiB], small: ['none', 0] });
  assert.equal(place.run(['run']).status, 0);
  const learned = memory();
  assert.deepEqual(learned.says, ['declared', MiB]);
  for (const id of ['a', 'b']) {
    assert.equal(learned[id][0], 'learned');
    assert.ok(learned[id][1] >= 250 * MiB && learned[id][1] <= 400 * MiB, String(learned[id][1]));
  }
  assert.match(place.run(['plan']).stdout, /^.* a .*, memory \d{3}(\.\d)? MiB \(learned\)$/m);
  const { results: [{ frontier }] } = JSON.parse(place.run(['simulate', '-j4', '--format', 'json']).stdout);
  assert.ok(frontier.makespan_ms >= 600, JSON.stringify(frontier));
  const done = place.run(['run', '-p', 'alone=yes']);
  assert.equal(done.status, 0, done.stdout + done.stderr);
}));

test('simulate counts with them', withWorkspace({}, (place) => {
  place.pipeline("execution: {jobs: 4, resources: {gpu: 2}}\nsteps:\n  - {id: a, effort: 10s, resources: {gpu: 1}, run: 'true'}\n  - {id: b, effort: 10s, resources: {gpu: 2}, run: 'true'}\n  - {id: c, effort: 10s, resources: {gpu: 1}, run: 'true'}\n  - {id: d, effort: 20s, run: 'true'}\n");
  const found = JSON.parse(place.run(['simulate', '--format', 'json']).stdout);
  assert.equal(found.results[0].frontier.makespan_ms, 20000);
}));

test('what can never be met is refused where it stands', withWorkspace({}, (place) => {
  const cases = [
    ['{gpu: 3}', /:4:45: error: the step 'a' asks for 3 of 'gpu', and there are 2/],
    ['{gqu: 1}', /:4:45: error: 'execution\.resources' has no 'gqu'(.*\n)*.*did you mean 'gpu'\?/],
    ['{gpu: 0}', /:4:45: error: the amount of 'gpu' must be 1 or more/],
    ['{gpu: many}', /:4:45: error: .*size such as 512KiB/],
    ['2', /:4:39: error: .*'resources' must be a mapping of names/],
  ];
  for (const [resources, message] of cases) {
    place.pipeline(`execution:\n  resources: {gpu: 2, memory: 1GiB}\nsteps:\n  - {id: a, run: ['true'], resources: ${resources}}\n`);
    const done = place.run(['validate']);
    assert.equal(done.status, 3, resources);
    assert.match(done.stdout, message, resources);
  }
}));
