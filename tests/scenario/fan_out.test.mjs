// One step written, many run: matrix at plan time, foreach when the list is there.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { withWorkspace } from '../rig/workspace.mjs';

const states = (run) => Object.fromEntries(run.steps.map((step) => [step.id, step.state]));

test('a matrix makes an instance for each combination, and dependents wait for all', withWorkspace({}, (place) => {
  place.pipeline(`
steps:
  - id: build
    matrix: {os: [linux, mac], arch: [x, arm], exclude: [{os: mac, arch: x}], include: [{os: plan9, arch: x}]}
    run: 'echo "$MATRIX_OS-$MATRIX_ARCH" > "$WAVETRAIN_OUTPUT/package.txt"'
    outputs: [package]
  - {id: join, inputs: [package], run: 'cat "$WAVETRAIN_INPUT"/package/* | sort > all.txt; ls "$WAVETRAIN_INPUT/package" > names.txt'}
`);
  const done = place.run(['run']);
  assert.equal(done.status, 0, done.stdout + done.stderr);
  assert.deepEqual(Object.keys(states(place.latest())), ['build[os=linux,arch=x]', 'build[os=linux,arch=arm]', 'build[os=mac,arch=arm]', 'build[os=plan9,arch=x]', 'join']);
  assert.equal(place.read('all.txt'), 'linux-arm\nlinux-x\nmac-arm\nplan9-x\n');
  assert.match(place.read('names.txt'), /^build\[os=linux,arch=arm\]\.txt$/m);
}));

test('one failing instance names itself; its siblings are kept', withWorkspace({}, (place) => {
  place.pipeline(`
steps:
  - {id: test, matrix: {n: [1, 2, 3]}, run: 'test "$MATRIX_N" != 2'}
  - {id: after, needs: [test], run: 'true'}
`);
  const done = place.run(['run']);
  assert.equal(done.status, 1);
  assert.match(done.stdout, /test\[n=2\]/);
  assert.deepEqual(states(place.latest()), { 'test[n=1]': 'done', 'test[n=2]': 'failed', 'test[n=3]': 'done', after: 'skipped' });
}));

const foreach = (more = '') => `
steps:
  - {id: list, run: 'cat list.json > "$WAVETRAIN_OUTPUT/list.json"', outputs: [list]}
  - id: each
    foreach: {from: list, as: package${more}}
    run: 'echo "$WAVETRAIN_ITEM_INDEX $WAVETRAIN_ITEM" >> "../log-$WAVETRAIN_ITEM_INDEX"; cp "$WAVETRAIN_ITEM_FILE" "$WAVETRAIN_OUTPUT/done.json"'
    outputs: [done]
  - {id: sum, inputs: [done], run: 'cat "$WAVETRAIN_INPUT"/done/* > sum.txt; ls "$WAVETRAIN_INPUT/done" | wc -l > count.txt'}
`;

test('foreach becomes as many steps as the list has items', withWorkspace({}, (place) => {
  place.write('list.json', '["alpha", "beta", {"deep": [1]}]');
  place.pipeline(foreach());
  const done = place.run(['run']);
  assert.equal(done.status, 0, done.stdout + done.stderr);
  assert.deepEqual(states(place.latest()), { list: 'done', 'each[0]': 'done', 'each[1]': 'done', 'each[2]': 'done', sum: 'done' });
  assert.equal(readFileSync(`${place.root}/log-0`, 'utf8'), '0 alpha\n');
  assert.equal(readFileSync(`${place.root}/log-2`, 'utf8'), '2 {"deep":[1]}\n');
  assert.equal(place.read('count.txt').trim(), '3');
  const events = place.record("SELECT type FROM events WHERE type IN ('step_expanded', 'pipeline_started', 'pipeline_resumed')").map((row) => row.type);
  assert.deepEqual(events, ['pipeline_started', 'step_expanded']);
}));

test('batches, limits, empty lists, and lists that are none', withWorkspace({}, (place) => {
  place.write('list.json', '[1, 2, 3, 4, 5]');
  place.pipeline(foreach(', batch: 2'));
  assert.equal(place.run(['run']).status, 0);
  assert.equal(place.read('count.txt').trim(), '3');
  assert.equal(readFileSync(`${place.root}/log-2`, 'utf8'), '2 [5]\n');

  place.pipeline(foreach(', limit: 4'));
  const limited = place.run(['run']);
  assert.equal(limited.status, 1, limited.stdout + limited.stderr);
  assert.match(limited.stderr + limited.stdout, /each.*5.*4/s);

  place.write('list.json', '[]');
  place.pipeline(foreach().replace('cat "$WAVETRAIN_INPUT"/done/* > sum.txt; ls "$WAVETRAIN_INPUT/done" | wc -l > count.txt', 'ls -A "$WAVETRAIN_INPUT" > count.txt'));
  const empty = place.run(['run']);
  assert.equal(empty.status, 0, empty.stdout + empty.stderr);
  assert.equal(place.latest().steps.find((step) => step.id === 'sum').wave, 1, 'it still comes after the list');

  place.write('list.json', '{"no": "list"}');
  place.pipeline(foreach());
  const none = place.run(['run']);
  assert.equal(none.status, 1);
  assert.match(none.stderr, /^wavetrain: step 'each', foreach over 'list': the list is a JSON object and not an array \[step-failed\]$/m);

  place.write('list.json', '["a", "../b"]');
  place.pipeline(foreach().replace('outputs: [done]', 'outputs: {done: "out/{package}"}'));
  assert.match(place.run(['run']).stderr, /^wavetrain: step 'each\[1\]': the path 'out\/\.\.\/b' of 'outputs' must stay inside the folder/m);
}));

test('plan --why compares a list\'s steps, and those that need them, with what was written', withWorkspace({}, (place) => {
  const why = (step) => /^since \S+: (.*)$/m.exec(place.run(['plan', '--why', step]).stdout)?.[1];
  const same = 'nothing that is known differs';
  place.write('list.json', '["a", "b"]');
  place.pipeline(foreach());
  assert.equal(place.run(['run']).status, 0);
  for (const step of ['list', 'each', 'sum']) assert.equal(why(step), same, step);
  place.pipeline(foreach().replace('echo "$WAVETRAIN_ITEM_INDEX', 'echo "item $WAVETRAIN_ITEM_INDEX') + '  - {id: more, run: "true"}\n');
  assert.deepEqual(['list', 'each', 'sum', 'more'].map(why), [same, 'the command changed', same, 'the step is new']);
  place.pipeline(foreach(', batch: 2'));
  assert.equal(why('each'), 'the list of its instances changed');

  /* What a resumed run was made of counts, not what it began with. */
  place.pipeline(foreach().replace('cat "$WAVETRAIN_INPUT"', 'test -e ../go; cat "$WAVETRAIN_INPUT"').replace('> sum.txt; ls', '> sum.txt && ls ../go && ls'));
  assert.equal(place.run(['run']).status, 1);
  place.write('../go', '');
  place.pipeline(foreach(', batch: 2'));
  assert.equal(place.run(['resume']).status, 0);
  for (const step of ['list', 'each', 'sum']) assert.equal(why(step), same, step);
  rmSync(`${place.path}/.wavetrain/runs/${place.latest().id}/definition`);
  assert.equal(why('each'), 'it is not known what the step was in that run');
}));

test('a failed instance is the only one that a resume does again', withWorkspace({}, (place) => {
  place.write('list.json', '["a", "b", "c"]');
  place.pipeline(foreach().replace("run: 'echo \"$WAVETRAIN_ITEM_INDEX", 'run: \'test "$WAVETRAIN_ITEM" != b || test -e ../go || exit 1; echo "$WAVETRAIN_ITEM_INDEX'));
  const failed = place.run(['run']);
  assert.equal(failed.status, 1);
  assert.deepEqual(states(place.latest()), { list: 'done', 'each[0]': 'done', 'each[1]': 'failed', 'each[2]': 'done', sum: 'skipped' });
  place.write('../go', '');
  const done = place.run(['resume']);
  assert.equal(done.status, 0, done.stdout + done.stderr);
  assert.equal(readFileSync(`${place.root}/log-0`, 'utf8'), '0 a\n');
  assert.equal(place.read('count.txt').trim(), '3');
}));
