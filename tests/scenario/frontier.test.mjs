// Mode frontier: no barriers, checkpoints while steps run; and the same triggers in waves.
import test from 'node:test';
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until, withWorkspace } from '../rig/workspace.mjs';

const wait = 'until test -e ../go; do sleep 0.01; done';
const triggers = (place) => place.git('log', '--reverse', '--format=%(trailers:key=Wavetrain-Trigger,valueonly,separator=%x2C)').split('\n').filter(Boolean);
const states = (run) => Object.fromEntries(run.steps.map((step) => [step.id, step.state]));

// `long` is of the first level and ends last.
const chain = `
execution: {mode: frontier, jobs: 2}
steps:
  - {id: long, run: '${wait}; echo long > long.txt'}
  - {id: a, run: 'echo a > a.txt'}
  - {id: b, needs: [a], run: 'echo b > b.txt'}
  - {id: c, needs: [b], run: 'echo c > c.txt'}
`;

test('a step starts as soon as what it needs has ended; quarters are committed', withWorkspace({}, async (place) => {
  place.pipeline(chain);
  const child = place.start(['run']);
  await until(() => /✓ c/.test(child.output), 'the end of c');
  // What is written before a checkpoint is in it, whoever wrote it, and is nothing new to the next one.
  const held = () => place.record("SELECT count(*) AS count FROM checkpoints WHERE state = 'done'")[0].count;
  await until(() => held() === 3, 'the third checkpoint');
  place.write('../go', '');
  const { status } = await child.ended;
  assert.equal(status, 0, child.output);
  assert.match(child.output, /wave 1\/1 {2}frontier {2}4 steps/);
  const found = triggers(place);
  assert.deepEqual([found[0], found.at(-1)], ['progress', 'wave']);
  const first = place.git('log', '--grep=partly complete (a)', '--format=%B');
  assert.match(first, /^wavetrain: frontier partly complete \(a\)\n\n- a: .*\n\nStill running, and not done:\n- long\n(- b\n)?\nWavetrain-Run: /);
  assert.equal(place.git('show', 'HEAD:long.txt'), 'long');
  const run = place.latest();
  assert.equal(run.mode, 'frontier');
  assert.deepEqual(run.waves.map((wave) => [wave.name, wave.origin, wave.state]), [['frontier', 'rolling', 'done']]);
}));

test('simulate tells of both modes, whichever the pipeline takes', withWorkspace({}, (place) => {
  const say = (mode) => {
    place.pipeline(`execution: {mode: ${mode}, jobs: 2}\nsteps:\n  - {id: a, run: 'true', effort: 10s}\n  - {id: b, run: 'true', effort: 40s}\n  - {id: c, needs: [a], run: 'true', effort: 10s}\n`);
    return place.run(['simulate']).stdout;
  };
  assert.equal(say('frontier'), say('waves'));
  assert.match(say('waves'), /50\.0 s[^]*40\.0 s/);
}));

test('a run keeps its mode when it is resumed', withWorkspace({}, (place) => {
  place.pipeline("steps:\n  - {id: a, run: 'echo a >> ../ran; test -e ../fixed'}\n  - {id: b, run: 'echo b >> ../ran'}\n  - {id: c, needs: [b], run: 'echo c >> ../ran'}\n");
  assert.equal(place.run(['run', '--mode', 'frontier', '-j1']).status, 1);
  assert.deepEqual(states(place.latest()), { a: 'failed', b: 'done', c: 'done' });
  place.write('../fixed', '');
  const resumed = place.run(['resume']);
  assert.equal(resumed.status, 0, resumed.stdout + resumed.stderr);
  assert.equal(place.latest().mode, 'frontier');
  assert.equal(place.latest().waves.length, 1);
  assert.equal(readFileSync(join(place.root, 'ran'), 'utf8'), 'b\na\nc\na\n');
}));

test('killed while steps run: what was done is not done again', withWorkspace({}, async (place) => {
  place.pipeline(`
execution: {mode: frontier, jobs: 2}
steps:
  - {id: long, run: 'echo long >> ../ran; ${wait}; echo long > long.txt'}
  - {id: a, milestone: true, run: 'echo a >> ../ran; echo a > a.txt'}
  - {id: b, needs: [a], run: 'echo b >> ../ran; ${wait}; echo b > b.txt'}
`);
  const child = place.start(['run']);
  await until(() => existsSync(join(place.root, 'ran')) && /^b$/m.test(readFileSync(join(place.root, 'ran'), 'utf8')), 'the start of b');
  child.kill('SIGKILL');
  await child.ended;
  assert.deepEqual(triggers(place), ['milestone']);
  place.write('../go', '');
  const resumed = place.run(['resume']);
  assert.equal(resumed.status, 0, resumed.stdout + resumed.stderr);
  const ran = readFileSync(join(place.root, 'ran'), 'utf8').trim().split('\n').toSorted();
  assert.deepEqual(ran, ['a', 'b', 'b', 'long', 'long']);
  assert.equal(place.git('status', '--porcelain'), '');
  assert.equal(place.git('show', 'HEAD:b.txt'), 'b');
}));

test('SIGUSR1 asks for a checkpoint, and the steps run on', withWorkspace({}, async (place) => {
  place.pipeline(`
execution: {jobs: 2}
steps:
  - {id: long, run: 'echo begun > begun.txt; ${wait}'}
  - {id: a, run: 'echo a > a.txt'}
`);
  const child = place.start(['run']);
  await until(() => /✓ a/.test(child.output), 'the end of a');
  await until(() => place.exists('begun.txt'), 'the start of long');
  child.kill('SIGUSR1');
  await until(() => triggers(place).length === 1, 'the checkpoint');
  assert.deepEqual(triggers(place), ['signal']);
  assert.equal(place.git('show', 'HEAD:a.txt'), 'a');
  place.write('../go', '');
  const { status } = await child.ended;
  assert.equal(status, 0, child.output);
  assert.match(child.output, /checkpoint [0-9a-f]{9} \(asked for\)/);
}));

test('a gate holds up what needs its step, and nothing else', withWorkspace({}, (place) => {
  place.pipeline(`
execution: {mode: frontier, jobs: 1}
steps:
  - {id: build, gate: manual, run: 'echo built > built.txt'}
  - {id: ship, needs: [build], run: 'echo shipped > shipped.txt'}
  - {id: docs, run: 'echo docs > docs.txt'}
  - {id: site, needs: [docs], run: 'echo site > site.txt'}
`);
  const waiting = place.run(['run']);
  assert.equal(waiting.status, 75, waiting.stdout + waiting.stderr);
  assert.deepEqual(states(place.latest()), { build: 'done', ship: 'pending', docs: 'done', site: 'done' });
  assert.equal(place.run(['approve', 'latest', 'build']).status, 0);
  const resumed = place.run(['resume']);
  assert.equal(resumed.status, 0, resumed.stdout + resumed.stderr);
  assert.equal(place.git('show', 'HEAD:shipped.txt'), 'shipped');
}));

test('changes in a checkout come together before what needs them starts', withWorkspace({}, (place) => {
  place.write('shared.txt', 'one\ntwo\nthree\n');
  place.pipeline(`
execution: {mode: frontier, jobs: 2}
steps:
  - {id: left, workspace: worktree, milestone: true, run: 'sed -i s/one/1/ shared.txt'}
  - {id: right, workspace: worktree, run: 'sed -i s/three/3/ shared.txt'}
  - {id: join, needs: [left, right], run: 'cat shared.txt > joined.txt'}
`);
  const done = place.run(['run']);
  assert.equal(done.status, 0, done.stdout + done.stderr);
  assert.equal(place.read('joined.txt'), '1\ntwo\n3\n');
  // The milestone's checkpoint waits for the merge: it would be without the changes.
  assert.deepEqual(triggers(place), ['wave', 'wave']);
}));

test('what makes waves of its own is refused where it stands', withWorkspace({}, (place) => {
  place.pipeline("execution: {mode: frontier}\nsteps:\n  - {id: a, run: 'true'}\n  - {id: b, group: x, run: 'true'}\n");
  const grouped = place.run(['run']);
  assert.equal(grouped.status, 3);
  assert.match(grouped.stderr + grouped.stdout, /wavetrain\.yml:4:\d+: error: mode frontier starts a step as soon as what it needs has ended, but 'group'/);
  place.write('t.pipeline', '1 | base | - | auto | - | - | true\n');
  const table = place.run(['run', '--mode', 'frontier', '--shell', 't.pipeline']);
  assert.equal(table.status, 3);
  assert.match(table.stderr + table.stdout, /t\.pipeline:1:\d+: error: mode frontier/);
}));

test('worth, effort and risk decide what starts first', withWorkspace({}, (place) => {
  place.pipeline(`
execution: {jobs: 1}
steps:
  - {id: cheap, effort: 1m, run: 'echo cheap >> ../order'}
  - {id: dear, effort: 1m, value: 5, run: 'echo dear >> ../order'}
  - {id: doubtful, effort: 1m, value: 5, risk: 0.3, run: 'echo doubtful >> ../order'}
`);
  assert.equal(place.run(['run']).status, 0);
  assert.equal(readFileSync(join(place.root, 'order'), 'utf8'), 'dear\ndoubtful\ncheap\n');
}));

test('every: what it takes and what not', withWorkspace({}, (place) => {
  place.pipeline("checkpoint: {every: [wave, 30m, '25%']}\nsteps:\n  - {id: a, run: 'true'}\n");
  assert.equal(place.run(['validate']).status, 0);
  for (const bad of ['soon', '0%', '101%', '10ms', '%', '2.5%']) {
    place.pipeline(`checkpoint: {every: [wave, '${bad}']}\nsteps:\n  - {id: a, run: 'true'}\n`);
    const done = place.run(['validate']);
    assert.equal(done.status, 3, bad);
    assert.match(done.stdout, new RegExp(`wavetrain\\.yml:1:28: error: 'every' takes 'wave', a duration of at least 1s such as 30m, and a percentage from 1% to 100%, not '${bad.replace('.', '\\.')}'`));
  }
}));

test('what a step hands on reaches those that need it, within the frontier', withWorkspace({}, (place) => {
  place.pipeline(`
execution: {mode: frontier, jobs: 1}
steps:
  - {id: a, run: 'echo "from a" > "$WAVETRAIN_HANDOFF"'}
  - {id: b, needs: [a], run: 'cat "$WAVETRAIN_HANDOFFS" > b.txt; echo "from b" > "$WAVETRAIN_HANDOFF"'}
  - {id: c, needs: [b], run: 'cat "$WAVETRAIN_HANDOFFS" > c.txt; test -e ../fixed'}
  - {id: d, needs: [c], run: 'cat "$WAVETRAIN_HANDOFFS" > d.txt'}
`);
  assert.equal(place.run(['run']).status, 1);
  assert.equal(place.read('b.txt'), '## a\n\nfrom a\n');
  assert.equal(place.read('c.txt'), '## a\n\nfrom a\n\n## b\n\nfrom b\n');
  place.write('../fixed', '');
  const resumed = place.run(['resume']);
  assert.equal(resumed.status, 0, resumed.stdout + resumed.stderr);
  assert.equal(place.read('d.txt'), place.read('c.txt'));
}));
