// What decides whether and when a step runs, and what steps tell those after them.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inTerminal } from '../rig/terminal.mjs';
import { withWorkspace } from '../rig/workspace.mjs';

const states = (run) => Object.fromEntries(run.steps.map((step) => [step.id, step.state]));

test('if: parameters, environment, outcomes of needs', withWorkspace({}, (place) => {
  place.pipeline(`
params: {deploy: {default: 'no'}, count: {default: '3'}}
steps:
  - {id: build, run: 'test -e ../works'}
  - {id: notify, needs: [build], if: failure(), run: 'echo broke > ../notified'}
  - {id: tidy, needs: [build], if: always(), run: 'echo tidy >> ../tidied'}
  - {id: deploy, needs: [build], if: "params.deploy == 'yes' && params.count >= 3", run: 'echo deployed > ../deployed'}
  - {id: behind, needs: [deploy], run: 'echo behind > ../behind'}
  - {id: by-environment, if: "env.STAGE != 'production'", run: 'true'}
`);
  const broken = place.run(['run', '-p', 'deploy=yes']);
  assert.equal(broken.status, 1);
  assert.deepEqual(states(place.latest()), { build: 'failed', notify: 'done', tidy: 'done', deploy: 'skipped', behind: 'skipped', 'by-environment': 'done' });
  place.write('../works', '');
  const skipped = place.run(['run'], { env: { STAGE: 'production' } });
  assert.equal(skipped.status, 0, skipped.stdout + skipped.stderr);
  assert.deepEqual(states(place.latest()), { build: 'done', notify: 'skipped', tidy: 'done', deploy: 'skipped', behind: 'done', 'by-environment': 'skipped' });
  const plan = JSON.parse(place.run(['plan', '--format', 'json']).stdout);
  const deploy = plan.steps.find((step) => step.id === 'deploy');
  assert.equal(deploy.action, 'skip');
  assert.match(deploy.reason, /params\.deploy == 'yes'/);
}));

test('a condition that cannot be read is a finding with its column', withWorkspace({}, (place) => {
  place.pipeline("steps:\n  - id: a\n    if: params.x = 'y'\n    run: 'true'\n");
  const done = place.run(['validate']);
  assert.equal(done.status, 3);
  assert.match(done.stdout, /wavetrain\.yml:3:\d+: error: .*(\n.*)*did you mean .==/);
}));

test('changed() looks at what differs from the last finished run', withWorkspace({}, (place) => {
  place.write('src/a.c', 'a\n');
  place.write('docs/a.md', 'a\n');
  place.pipeline("steps:\n  - {id: compile, if: \"changed('src/**')\", run: 'echo x >> ../compiled'}\n  - {id: other, run: 'true'}\n");
  assert.equal(place.run(['run']).status, 0);
  place.write('docs/a.md', 'b\n');
  place.commit('words');
  assert.equal(place.run(['run']).status, 0);
  assert.equal(states(place.latest()).compile, 'skipped');
  place.write('src/a.c', 'b\n');
  place.commit('code');
  assert.equal(place.run(['run']).status, 0);
  assert.equal(readFileSync(join(place.root, 'compiled'), 'utf8'), 'x\nx\n');
}));

test('a soft need orders and forgives', withWorkspace({}, (place) => {
  place.pipeline(`
steps:
  - {id: lint, run: 'echo lint >> ../order; exit 1'}
  - {id: build, needs: [{step: lint, soft: true}], run: 'echo build >> ../order'}
`);
  assert.equal(place.run(['run']).status, 1);
  assert.equal(readFileSync(join(place.root, 'order'), 'utf8'), 'lint\nbuild\n');
  const plan = JSON.parse(place.run(['plan', '--format', 'json']).stdout);
  assert.deepEqual(plan.steps[1].soft_needs, ['lint']);
}));

test('a step that is optional fails without the run failing', withWorkspace({}, (place) => {
  place.pipeline(`
steps:
  - {id: extra, optional: true, run: 'exit 4'}
  - {id: behind, needs: [extra], run: 'true'}
  - {id: main, run: 'echo main > main.txt'}
`);
  const done = place.run(['run']);
  assert.equal(done.status, 0, done.stdout + done.stderr);
  const run = place.latest();
  assert.equal(run.state, 'done');
  assert.deepEqual(states(run), { extra: 'failed', behind: 'skipped', main: 'done' });
  assert.equal(place.run(['resume']).status, 0);
}));

test('declared waves are kept, and a need in the wrong wave names both steps', withWorkspace({}, (place) => {
  const file = (waves) => `
waves: ${waves}
steps:
  - {id: a, run: 'true'}
  - {id: b, needs: [a], run: 'true'}
  - {id: c, run: 'true'}
`;
  place.pipeline(file('[{name: first, steps: [a]}, {name: second, steps: [b, c]}]'));
  const plan = JSON.parse(place.run(['plan', '--format', 'json']).stdout);
  assert.deepEqual(plan.waves.map((wave) => [wave.name, wave.origin, wave.steps]), [['first', 'declared', ['a']], ['second', 'declared', ['b', 'c']]]);
  assert.equal(place.run(['run']).status, 0);
  place.pipeline(file('[{steps: [b, c]}, {steps: [a]}]'));
  const done = place.run(['validate']);
  assert.equal(done.status, 3);
  assert.match(done.stdout, /'b'.*'a'/s);
}));

const gated = `
steps:
  - {id: build, run: 'echo built > built.txt', gate: manual}
  - {id: deploy, needs: [build], run: 'echo deployed > deployed.txt'}
`;

test('a gate stops the run after its wave is committed; approve and resume go on', withWorkspace({}, (place) => {
  place.pipeline(gated);
  const waiting = place.run(['run']);
  assert.equal(waiting.status, 75, waiting.stdout + waiting.stderr);
  assert.match(waiting.stdout + waiting.stderr, /wavetrain approve \S+ build/);
  assert.equal(place.git('show', 'HEAD:built.txt'), 'built');
  assert.ok(!place.exists('deployed.txt'));
  assert.equal(place.run(['resume']).status, 75, 'it still waits');
  const wrong = place.run(['approve', 'latest', 'biuld']);
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /did you mean 'build'/);
  const approved = place.run(['approve', 'latest', 'build', '--by', 'octocat']);
  assert.equal(approved.status, 0, approved.stderr);
  const done = place.run(['resume']);
  assert.equal(done.status, 0, done.stdout + done.stderr);
  assert.ok(place.exists('deployed.txt'));
  const events = place.record("SELECT type, subject FROM events WHERE type LIKE 'gate%'");
  assert.deepEqual(events.at(-1), { type: 'gate_opened', subject: 'octocat' });
  assert.equal(place.record("SELECT count(*) AS n FROM attempts")[0].n, 2, 'nothing ran twice');
}));

test('--yes opens every gate', withWorkspace({}, (place) => {
  place.pipeline(gated);
  const done = place.run(['run', '--yes']);
  assert.equal(done.status, 0, done.stdout + done.stderr);
}));

test('handoffs are merged in order and given on; summaries are shown', withWorkspace({}, (place) => {
  place.pipeline(`
execution: {jobs: 2}
steps:
  - {id: slow, run: 'sleep 0.2; echo "from slow" >> "$WAVETRAIN_HANDOFF"'}
  - {id: quick, run: 'echo "from quick" >> "$WAVETRAIN_HANDOFF"; echo "**three** findings <b>" >> "$WAVETRAIN_SUMMARY"; test -z "$WAVETRAIN_HANDOFFS"'}
  - {id: reader, needs: [slow, quick], run: 'cp "$WAVETRAIN_HANDOFFS" seen.md'}
`);
  const done = place.run(['run']);
  assert.equal(done.status, 0, done.stdout + done.stderr);
  assert.equal(place.read('seen.md'), '## slow\n\nfrom slow\n\n## quick\n\nfrom quick\n');
  const report = join(place.path, '.wavetrain/runs', place.latest().id, 'report');
  assert.match(readFileSync(join(report, 'summary.md'), 'utf8'), /three/);
  assert.match(readFileSync(join(report, 'report.json'), 'utf8'), /three/);
}));

test('at a terminal a gate asks, and takes no for an answer', withWorkspace({}, async (place) => {
  place.pipeline(gated);
  await inTerminal(place, ['run'], { columns: 100 }, async (terminal) => {
    await terminal.shows(/Step 'build' is done and waits for approval\. Go on\? \[y\/N\]/);
    terminal.keys('n', 'Enter');
    assert.equal(await terminal.ended(), 75);
  });
  assert.ok(!place.exists('deployed.txt'));
  await inTerminal(place, ['resume'], { columns: 100 }, async (terminal) => {
    await terminal.shows(/Go on\? \[y\/N\]/);
    terminal.keys('y', 'Enter');
    assert.equal(await terminal.ended(), 0);
  });
  assert.ok(place.exists('deployed.txt'));
}));

test('SIGINT at the question stops the run resumably', withWorkspace({}, async (place) => {
  place.pipeline(gated);
  await inTerminal(place, ['run'], { columns: 100 }, async (terminal) => {
    await terminal.shows(/Go on\? \[y\/N\]/);
    terminal.keys('C-c');
    assert.equal(await terminal.ended(), 75);
  });
  assert.equal(place.run(['status']).status, 0);
}));
