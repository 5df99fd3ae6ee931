// Pipelines written as a table: planned, validated, dry-run without an agent, and run as commands.
import test from 'node:test';
import assert from 'node:assert/strict';
import { withWorkspace } from '../rig/workspace.mjs';

const nine = (fourth) => `name: nine rows
timeout_min: 30
1 | base | - | auto | - | 10 | set up
2 | base | - | auto | backend | 30 | backend one
3 | base | - | auto | backend | 20 | backend two
4 | base | - | ${fourth} | - | 10 | check the backend
5 | base | - | auto | web-features | 30 | web one
6 | base | - | auto | web-features | 30 | web two
7 | base | - | auto | mobile-features | 10 | mobile one
8 | base | - | auto | mobile-features | 30 | mobile two
9 | base | - | auto | - | 10 | integrate
`;

const planOf = (place, ...words) => {
  const done = place.run(['plan', 'work.pipeline', '--format', 'json', ...words]);
  assert.equal(done.status, 0, done.stderr);
  return JSON.parse(done.stdout);
};
const spans = (wave) => wave.groups.map((group) => `${group.name}:${group.first}-${group.last}`).join(' ');

test('nine rows make two waves, and the totals add up by hand', withWorkspace({}, (place) => {
  place.write('work.pipeline', nine('auto'));
  const plan = planOf(place);
  assert.equal(plan.format, 'table');
  assert.deepEqual(plan.waves.map(spans), ['backend:2-3', 'web-features:5-6 mobile-features:7-8']);
  assert.deepEqual(plan.serial.map((row) => row.step), ['step-1', 'step-4', 'step-9']);
  const minute = 60000;
  assert.equal(plan.totals.waves_ms, 90 * minute);
  assert.equal(plan.totals.groups_serial_ms, 120 * minute);
  const text = place.run(['plan', 'work.pipeline']).stdout;
  assert.match(text, /web-features \+ mobile-features/);
}));

test('a validating row is transparent and runs at the end of its wave', withWorkspace({}, (place) => {
  place.write('work.pipeline', nine('validate'));
  const plan = planOf(place);
  assert.deepEqual(plan.waves.map(spans), ['backend:2-3 web-features:5-6 mobile-features:7-8']);
  assert.deepEqual(plan.waves[0].checks, ['step-4']);
  assert.deepEqual(plan.serial.map((row) => row.step), ['step-1', 'step-9']);
}));

test('without an adapter a table validates, plans and dry-runs; run says what is missing', withWorkspace({}, (place) => {
  place.pipeline(nine('auto'), 'work.pipeline');
  assert.equal(place.run(['validate', 'work.pipeline']).status, 0);
  const dry = place.run(['run', 'work.pipeline', '--dry-run']);
  assert.equal(dry.status, 0, dry.stderr);
  const refused = place.run(['run', 'work.pipeline']);
  assert.equal(refused.status, 3, refused.stderr);
  assert.match(refused.stderr, /adapter/);
  assert.match(refused.stderr, /adapters\.yaml/);
}));

test('--shell runs the prompts as commands; waves become commits; checks run before the commit', withWorkspace({}, (place) => {
  place.pipeline(`name: shell table
1 | base | - | auto | - | - | echo 1 >> order.txt
2 | base | - | auto | a | - | printf '%s\\n' 'pipes \\| stay' > piped.txt; echo x | cat > two.txt
3 | base | - | auto | b | - | echo three > three.txt
4 | base | - | validate | - | - | cat two.txt three.txt > checked.txt
5 | base | - | auto | - | - | test -s checked.txt && echo 5 >> order.txt
`, 'work.pipeline');
  const done = place.run(['run', 'work.pipeline', '--shell']);
  assert.equal(done.status, 0, done.stdout + done.stderr);
  assert.equal(place.read('checked.txt'), 'x\nthree\n');
  assert.equal(place.read('piped.txt'), 'pipes | stay\n');
  const subjects = place.git('log', '--reverse', '--format=%s').split('\n');
  assert.deepEqual(subjects.slice(1), ['wavetrain: step 1 complete (echo 1 >> order.txt)', 'wavetrain: wave complete (a b)',
    'wavetrain: step 5 complete (test -s checked.txt && echo 5 >> order.txt)']);
  assert.deepEqual(place.git('show', '--name-only', '--format=', 'HEAD~1').split('\n'), ['checked.txt', 'piped.txt', 'three.txt', 'two.txt']);
}));

test('a run of a table with --shell is resumed with --shell', withWorkspace({}, (place) => {
  place.pipeline('1 | base | - | auto | - | - | echo one > one.txt\n2 | base | - | auto | - | - | test -e ../go\n', 'work.pipeline');
  assert.equal(place.run(['run', 'work.pipeline', '--shell']).status, 1);
  place.write('../go', '');
  const done = place.run(['resume']);
  assert.equal(done.status, 0, done.stdout + done.stderr);
}));

test('a failed group stops the table after its wave; a failed check fails the wave', withWorkspace({}, (place) => {
  place.pipeline('1 | base | - | auto | a | - | echo a > a.txt\n2 | base | - | auto | b | - | exit 3\n3 | base | - | validate | - | - | echo never > never.txt\n4 | base | - | auto | - | - | echo never > after.txt\n', 'work.pipeline');
  const done = place.run(['run', 'work.pipeline', '--shell']);
  assert.equal(done.status, 1);
  const states = Object.fromEntries(place.latest().steps.map((step) => [step.id, step.state]));
  assert.deepEqual(states, { 'step-1': 'done', 'step-2': 'failed', 'step-3': 'skipped', 'step-4': 'pending' });
  assert.ok(!place.exists('never.txt') && !place.exists('after.txt'));
}));

test('the same group name twice in a wave is two spans with states of their own', withWorkspace({}, (place) => {
  place.pipeline('1 | base | - | auto | a | - | echo 1\n2 | base | - | auto | b | - | exit 1\n3 | base | - | auto | a | - | echo 3\n', 'work.pipeline');
  assert.equal(planOf(place, '--shell').waves[0].groups.length, 3);
  place.run(['run', 'work.pipeline', '--shell']);
  assert.deepEqual(place.latest().groups.map((group) => [group.name, group.state]), [['a', 'done'], ['b', 'failed'], ['a', 'done']]);
}));
