// What a plan would take, in waves and as a frontier, by what a real run took.
import test from 'node:test';
import assert from 'node:assert/strict';
import { withWorkspace } from '../rig/workspace.mjs';

const declared = `
name: declared
steps:
  - {id: fetch, timeout: 30s, run: 'true'}
  - {id: lint, timeout: 10s, run: 'true'}
  - {id: build, needs: [lint], timeout: 50s, run: 'true'}
  - {id: docs, needs: [fetch], timeout: 10s, run: 'true'}
`;
const simulate = (place, ...words) => place.run(['simulate', ...words]);
const simulated = (place, ...words) => {
  const done = simulate(place, ...words, '--format', 'json');
  assert.equal(done.status, 0, done.stderr);
  return JSON.parse(done.stdout);
};

test('waves and frontier by declared durations', withWorkspace({}, (place) => {
  place.pipeline(declared);
  const found = simulated(place, '-j', '4,1-2,2');
  assert.deepEqual(found.results.map(({ jobs, lower_bound_ms, barrier_cost_ms, waves, frontier }) =>
    [jobs, lower_bound_ms, barrier_cost_ms, waves.makespan_ms, waves.utilisation, waves.idle_ms, frontier.makespan_ms, frontier.utilisation, frontier.idle_ms]), [
    [1, 100000, 0, 100000, 1, 0, 100000, 1, 0],
    [2, 60000, 20000, 80000, 0.625, 60000, 60000, 0.8333, 20000],
    [4, 60000, 20000, 80000, 0.3125, 220000, 60000, 0.4167, 140000],
  ]);
  assert.deepEqual(found.results[1].waves.stages, [
    { wave: 0, step: null, start_ms: 0, end_ms: 30000, idle_ms: 20000 },
    { wave: 1, step: null, start_ms: 30000, end_ms: 80000, idle_ms: 40000 },
  ]);
  assert.deepEqual([found.critical_path, found.critical_path_ms, found.work_ms], [['lint', 'build'], 60000, 100000]);
  assert.deepEqual(found.best_jobs, { waves: 2, frontier: 2 });
  assert.deepEqual([found.results[1].waves.checkpoint_count, found.results[1].frontier.checkpoint_count], [2, 4]);
  const text = simulate(place, '-j', '1,2,4');
  assert.equal(text.status, 0);
  assert.ok(text.stdout.split('\n').every((line) => line.length <= 80), text.stdout);
  assert.match(text.stdout, /^◆ {4}2 {2}waves +1m 20s +63% +1m 00s +20\.0 s +2 +1m 00s$/m);
  assert.match(text.stdout, /^◆ {7}frontier +1m 00s +83% +20\.0 s +4$/m);
  assert.match(text.stdout, /^ {2}wave 1 +20\.0 s idle in 30\.0 s$/m);
  assert.equal(place.exists('.wavetrain/runs'), false);
}));

test('the same makespans as the plan has', withWorkspace({}, (place) => {
  place.pipeline(declared);
  const { totals, jobs } = JSON.parse(place.run(['plan', '-j', '2', '--format', 'json']).stdout);
  const [result] = simulated(place, '-j', String(jobs)).results;
  assert.deepEqual([result.frontier.makespan_ms, result.lower_bound_ms], [totals.frontier_ms, totals.lower_bound_ms]);
}));

test('durations come from history; without -j the jobs are the pipeline\'s', withWorkspace({}, (place) => {
  place.pipeline(`
name: known
execution: {jobs: 3}
params: {seconds: {default: '0.3'}}
steps:
  - {id: slow, run: 'sleep $PARAM_SECONDS'}
  - {id: quick, run: 'true'}
  - {id: new, if: params.seconds == '9', run: 'true'}
`);
  const before = simulated(place);
  assert.deepEqual([before.results.map(({ jobs }) => jobs), before.estimates.default, before.best_jobs], [[3], 2, { waves: null, frontier: null }]);
  assert.deepEqual(simulated(place, '-j1,2,4').best_jobs, { waves: null, frontier: null });
  assert.equal(place.run(['run']).status, 0);
  const after = simulated(place, '-j1,2,4');
  assert.deepEqual([after.estimates.history, after.steps.run, after.steps.omitted], [2, 2, 1]);
  const slow = after.critical_path_ms;
  assert.ok(slow >= 300 && slow < after.work_ms + 1, JSON.stringify(after));
  assert.deepEqual(after.results.map(({ frontier }) => frontier.makespan_ms), [after.work_ms, slow, slow]);
  assert.deepEqual(after.critical_path, ['slow']);
  assert.equal(simulated(place, '-p', 'seconds=9').steps.omitted, 0);
}));

test('what is cached takes nothing, and a foreach counts once', withWorkspace({}, (place) => {
  place.pipeline(`
name: light
steps:
  - {id: list, cache: true, timeout: 20s, run: 'printf "a\\nb\\n" > "$WAVETRAIN_OUTPUT/list.txt"', outputs: [list]}
  - {id: each, foreach: list, timeout: 40s, run: 'true'}
`);
  const before = simulated(place, '-j2');
  assert.deepEqual(before.steps, { run: 2, cached: 0, omitted: 0, foreach: 1 });
  assert.equal(before.results[0].waves.makespan_ms, 60000);
  assert.match(simulate(place).stdout, /^1 step with 'foreach' counts once$/m);
  assert.equal(place.run(['run']).status, 0);
  const after = simulated(place, '-j2');
  assert.deepEqual(after.steps, { run: 1, cached: 1, omitted: 0, foreach: 1 });
  assert.deepEqual(after.critical_path, ['each']);
  assert.equal(after.results[0].waves.makespan_ms, after.critical_path_ms);
}));

test('a table simulates without an adapter, and its barriers hold in both modes', withWorkspace({}, (place) => {
  place.write('work.pipeline', [
    'NUM | AGENT | CLI | GATE | PARALLEL_GROUP | TIMEOUT_MIN | PROMPT',
    '1 | base | - | auto | - | 10 | Set up',
    '2 | base | - | auto | a | 30 | One',
    '3 | base | - | auto | b | 30 | Two',
    '4 | base | - | auto | - | 10 | Put together',
    '',
  ].join('\n'));
  const done = place.run(['simulate', 'work.pipeline', '-j', '2', '--format', 'json']);
  if (done.status !== 0) assert.fail(done.stderr);
  const found = JSON.parse(done.stdout);
  assert.equal(found.keeps_barriers, true);
  assert.deepEqual(found.results[0].waves.stages.map(({ wave, step }) => [wave, step]), [[null, 'step-1'], [0, null], [null, 'step-4']]);
  assert.equal(found.results[0].barrier_cost_ms, 0);
}));

test('what is wrong is said, with the right word', withWorkspace({}, (place) => {
  place.pipeline(declared);
  const cases = [
    [['-j', '0'], 2, /--jobs takes whole numbers from 1 to 4096, not '0'/],
    [['-j', '1,two,4'], 2, /not 'two' in '1,two,4'.*\n.*--jobs 1,2,4/],
    [['-j', ''], 2, /--jobs needs a value/],
    [['-j'], 2, /-j needs a value/],
    [['-j', '8-1'], 2, /the range '8-1' ends before it begins.*\n.*did you mean '1-8'\?/],
    [['-j', '1-100'], 2, /at most 64 numbers at once, and '1-100' is 100/],
    [['--format', 'jsn'], 2, /did you mean 'json'\?/],
    [['--job', '2'], 2, /did you mean '--jobs'\?/],
    [['wavetrain.yml', 'other.yml'], 2, /other\.yml/],
    [['no-such.yml'], 3, /no pipeline 'no-such\.yml'/],
  ];
  for (const [words, status, message] of cases) {
    const done = simulate(place, ...words);
    assert.equal(done.status, status, `${words}: ${done.stderr}`);
    assert.match(done.stderr, message, String(words));
    assert.equal(done.stdout, '', String(words));
  }
  assert.match(place.run(['simulat']).stderr, /did you mean 'simulate'\?/);
  place.pipeline('steps: [{id: a, needs: [b], run: x}, {id: b, needs: [a], run: x}]\n');
  assert.equal(simulate(place).status, 3);
}));
