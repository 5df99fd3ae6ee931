// The main job against real repositories: waves become commits, artifacts travel, contracts hold,
// a failed or stopped run is continued without doing anything twice.
import test from 'node:test';
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { cleanEnvironment, until, withWorkspace } from '../rig/workspace.mjs';

const three_waves = `
name: three waves
params: {who: {default: world}}
env: {GREETING: hello}
execution: {jobs: 3}
steps:
  - {id: one, run: 'echo "$GREETING $PARAM_WHO" > "$WAVETRAIN_OUTPUT/greeting.txt"; echo 1 > one.txt', outputs: [greeting]}
  - {id: two, run: 'echo 2 > two.txt', needs: []}
  - {id: join, inputs: [greeting], needs: [two], run: 'cat "$WAVETRAIN_INPUT/greeting.txt" one.txt two.txt > joined.txt', outputs: {joined: joined.txt}}
  - id: check
    inputs: [joined]
    run: [cmp, joined.txt, joined.txt]
    contract:
      - {type: command, run: [grep, -q, hello, joined.txt]}
      - {type: files, files: [{path: joined.txt, non_empty: true}]}
`;

test('every wave that changed something is a commit with a message, trailers and its files', withWorkspace({}, (place) => {
  place.pipeline(three_waves);
  const done = place.run(['run', '-p', 'who=wave']);
  assert.equal(done.status, 0, done.stdout + done.stderr);
  assert.equal(place.read('joined.txt'), 'hello wave\n1\n2\n');
  const subjects = place.git('log', '--reverse', '--format=%s').split('\n');
  assert.deepEqual(subjects, ['pipeline', 'wavetrain: wave complete (one two)', 'wavetrain: wave complete (join)']);
  assert.deepEqual(place.git('show', '--name-only', '--format=', 'HEAD~1').split('\n'), ['one.txt', 'two.txt']);
  const trailers = place.git('log', '-1', '--format=%(trailers:key=Wavetrain-Run,valueonly)');
  const run = place.latest();
  assert.equal(trailers.trim(), run.id);
  assert.equal(place.git('rev-parse', `refs/wavetrain/runs/${run.id}`), place.git('rev-parse', 'HEAD'));
  assert.equal(place.git('status', '--porcelain'), '');
  assert.equal(run.state, 'done');
  assert.equal(run.steps.length, 4);
  place.git('fsck', '--strict');
}));

test('an unchanged repository gets no empty commit, and history makes the second plan', withWorkspace({}, (place) => {
  place.pipeline(three_waves);
  assert.equal(place.run(['run']).status, 0);
  const commits = place.git('rev-list', '--count', 'HEAD');
  assert.equal(place.run(['run']).status, 0);
  assert.equal(place.git('rev-list', '--count', 'HEAD'), commits);
  const plan = JSON.parse(place.run(['plan', '--format', 'json']).stdout);
  assert.ok(plan.steps.every((step) => step.estimate_from === 'history'), JSON.stringify(plan.steps));
  assert.deepEqual(plan.waves.map((wave) => wave.steps), [['one', 'two'], ['join'], ['check']]);
}));

test('a failing step names itself, its wave is committed without it, resume does only the rest', withWorkspace({}, (place) => {
  place.pipeline(`
steps:
  - {id: good, run: 'echo x >> ../good.log; echo good > good.txt'}
  - {id: bad, run: 'echo trying; test -e ../mended || { echo broken >&2; exit 9; }; echo bad > bad.txt'}
  - {id: after, needs: [good, bad], run: 'cat good.txt bad.txt > after.txt'}
  - {id: beside, needs: [good], run: 'echo beside > beside.txt'}
`);
  const failed = place.run(['run']);
  assert.equal(failed.status, 1, failed.stdout + failed.stderr);
  assert.match(failed.stdout, /bad.*exit/s);
  assert.match(failed.stdout, /broken/);
  assert.match(failed.stdout, /resume: wavetrain resume run_/);
  const states = Object.fromEntries(place.latest().steps.map((step) => [step.id, step.state]));
  assert.deepEqual(states, { good: 'done', bad: 'failed', after: 'skipped', beside: 'done' });
  assert.ok(place.git('ls-files').split('\n').includes('good.txt'));

  place.run(['version'], {});
  spawnSync('touch', [join(place.root, 'mended')]);
  const resumed = place.run(['resume']);
  assert.equal(resumed.status, 0, resumed.stdout + resumed.stderr);
  assert.equal(readFileSync(join(place.root, 'good.log'), 'utf8'), 'x\n', 'good ran once');
  assert.equal(place.read('after.txt'), 'good\nbad\n');
  const again = place.run(['resume']);
  assert.equal(again.status, 0);
  assert.match(again.stderr, /complete: nothing to do/);
}));

test('stop ends what runs; keep lets it finish', withWorkspace({}, (place) => {
  const text = (policy) => `
execution: {jobs: 2, on_failure: ${policy}}
steps:
  - {id: fails, run: 'sleep 0.2; exit 3'}
  - {id: slow, run: 'sleep ${policy === 'stop' ? 60 : 1}; echo slow > slow.txt', grace: 1s}
`;
  place.pipeline(text('stop'));
  assert.equal(place.run(['run']).status, 1);
  assert.equal(place.exists('slow.txt'), false);
  place.pipeline(text('keep'));
  assert.equal(place.run(['run']).status, 1);
  assert.equal(place.read('slow.txt'), 'slow\n');
  assert.match(place.git('log', '-1', '--format=%s%n%b'), /wave/);
}));

test('a step is retried with fresh attempts, each with a log of its own', withWorkspace({}, (place) => {
  place.pipeline(`
steps:
  - id: flaky
    run: 'echo attempt $WAVETRAIN_ATTEMPT; test "$WAVETRAIN_ATTEMPT" = 3'
    retry: {max: 4, backoff: 50ms}
`);
  const done = place.run(['run']);
  assert.equal(done.status, 0, done.stdout);
  const step = place.latest().steps[0];
  assert.equal(step.attempts.length, 3);
  for (const [index, attempt] of step.attempts.entries())
    assert.equal(readFileSync(join(place.path, '.wavetrain/runs', place.latest().id, attempt.log ?? attempt.log_path), 'utf8'), `attempt ${index + 1}\n`);
  assert.match(place.run(['audit']).stdout, /STEP_RETRIED: flaky/);
}));

test('timeout: SIGTERM, then SIGKILL after the grace, and the whole group is gone', withWorkspace({}, async (place) => {
  place.pipeline(`
steps:
  - id: stubborn
    run: 'trap "" TERM; sleep 300 & echo $! > ../child; while :; do sleep 0.05; done'
    timeout: 300ms
    grace: 300ms
`);
  const done = place.run(['run']);
  assert.equal(done.status, 1);
  assert.match(done.stdout, /timeout|timed out/i);
  const child = Number(readFileSync(join(place.root, 'child'), 'utf8'));
  assert.throws(() => process.kill(child, 0), /ESRCH/);
}));

test('stall: a step that hangs is ended and may be tried again; one that works on is not', withWorkspace({}, (place) => {
  place.pipeline(`
steps:
  - id: hangs
    run: 'test "$WAVETRAIN_ATTEMPT" = 2 || sleep 300'
    stall: 1s
    retry: {max: 1, on: [timeout], backoff: 10ms}
  - id: works
    run: 'for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.25; done'
    stall: 1s
`);
  const done = place.run(['run', '-j2']);
  assert.equal(done.status, 0, done.stdout);
  const [hangs, works] = place.latest().steps;
  assert.deepEqual(hangs.attempts.map((attempt) => [attempt.failure, attempt.reason]),
    [['timeout', 'no output and no processor time for 1.0 s'], [null, null]]);
  assert.equal(works.attempts.length, 1);
  place.pipeline('steps:\n  - {id: a, run: "true", stall: 100ms}\n');
  const refused = place.run(['validate']);
  assert.equal(refused.status, 3);
  assert.match(refused.stdout, /wavetrain\.yml:2:33: .*stall/);
}));

test('contracts: a broken one fails the step and says what was expected', withWorkspace({}, (place) => {
  place.pipeline(`
steps:
  - {id: command, run: 'true', contract: {type: command, run: 'echo too small; exit 4'}}
  - {id: empty, run: ': > empty.txt', contract: {type: files, files: [{path: empty.txt, non_empty: true}]}}
  - {id: few, run: 'touch a.csv', contract: {type: files, files: [{path: "*.csv", min_count: 2}]}}
  - {id: sum, run: 'echo x > sum.txt', contract: {type: files, files: [{path: sum.txt, sha256: 0000000000000000000000000000000000000000000000000000000000000000}]}}
  - {id: missing, run: 'true', outputs: {result: out/result.json}}
`);
  const done = place.run(['run', '-j', '2']);
  assert.equal(done.status, 1);
  const reasons = Object.fromEntries(place.latest().steps.map((step) => [step.id, step.reason]));
  assert.match(reasons.command, /contract|exit/i);
  assert.match(reasons.empty, /empty/);
  assert.match(reasons.few, /2/);
  assert.match(reasons.sum, /sha256|checksum/i);
  assert.match(reasons.missing, /result/);
}));

test('groups make detected waves and are shown', withWorkspace({}, (place) => {
  place.pipeline(`
steps:
  - {id: setup, run: 'echo s > setup.txt'}
  - {id: web-1, group: web, run: 'echo 1 > web1.txt'}
  - {id: web-2, group: web, run: 'echo 2 > web2.txt'}
  - {id: mobile-1, group: mobile, run: 'echo 1 > mobile1.txt'}
  - {id: finish, name: Integration, run: 'echo f > finish.txt'}
`);
  const done = place.run(['run']);
  assert.equal(done.status, 0, done.stdout);
  assert.match(done.stdout, /Wave with multiple concurrent groups:\n {2}- web \(steps 2 to 3\)\n {2}- mobile \(steps 4 to 4\)/);
  assert.deepEqual(place.git('log', '--reverse', '--format=%s').split('\n').slice(1), [
    'wavetrain: step 1 complete (setup)', 'wavetrain: wave complete (web mobile)', 'wavetrain: step 5 complete (Integration)']);
  const status = place.run(['status']).stdout;
  assert.match(status, /web/);
  assert.match(status, /mobile/);
}));

test('what was dirty before is never swept into a commit', withWorkspace({}, (place) => {
  place.write('mine.txt', 'committed\n');
  place.pipeline("steps: [{id: a, run: 'echo a > a.txt'}]\n");
  place.write('mine.txt', 'not to be committed\n');
  place.write('notes.txt', 'never tracked\n');
  const aside = place.run(['run']);
  // Dirty and nothing said: no branch is touched, the work is on the run's reference.
  assert.equal(aside.status, 0, aside.stderr);
  assert.equal(place.git('rev-list', '--count', 'HEAD'), '1');
  const reference = `refs/wavetrain/runs/${place.latest().id}`;
  assert.deepEqual(place.git('ls-tree', '--name-only', reference).split('\n'), ['a.txt', 'mine.txt', 'wavetrain.yml']);
  assert.equal(place.git('show', `${reference}:mine.txt`), 'committed');

  place.git('checkout', '-q', 'mine.txt');
  place.pipeline("checkpoint: {branch: current}\nsteps: [{id: a, run: 'echo b > b.txt'}]\n");
  place.write('mine.txt', 'changed again\n');
  place.write('notes2.txt', 'never tracked\n');
  const stopped = place.run(['run']);
  assert.equal(stopped.status, 4);
  assert.match(stopped.stderr, /mine\.txt/);
  assert.match(stopped.stderr, /work-tree-dirty/);
  const allowed = place.run(['run', '--allow-dirty']);
  assert.equal(allowed.status, 0, allowed.stderr);
  assert.deepEqual(place.git('show', '--name-only', '--format=', 'HEAD').split('\n'), ['b.txt']);
  assert.equal(place.git('status', '--porcelain'), ' M mine.txt\n?? notes2.txt');
}));

test('no identity, no commit yet, detached, shallow: all work', withWorkspace({ identity: false }, (place) => {
  place.write('wavetrain.yml', "steps: [{id: a, run: 'echo a > a.txt'}]\n");
  const empty = place.run(['run'], { env: { HOME: place.root } });
  assert.equal(empty.status, 0, empty.stderr);
  place.git('-c', 'user.name=x', '-c', 'user.email=x@example.invalid', 'commit', '-q', '--allow-empty', '-m', 'first');
  place.git('add', '-A');
  place.git('-c', 'user.name=x', '-c', 'user.email=x@example.invalid', 'commit', '-q', '-m', 'second', '--allow-empty');
  const clone = join(place.root, 'clone');
  spawnSync('git', ['clone', '-q', '--depth', '1', `file://${place.path}`, clone], { env: cleanEnvironment() });
  const shallow = place.run(['run'], { cwd: clone, env: { HOME: place.root } });
  assert.equal(shallow.status, 0, shallow.stderr);
  place.git('checkout', '-q', '--detach');
  const detached = place.run(['run'], { env: { HOME: place.root } });
  assert.equal(detached.status, 0, detached.stderr);
}));

test('outside a repository it runs and says that nothing is committed', withWorkspace({ git: false }, (place) => {
  place.write('wavetrain.yml', "steps: [{id: a, run: 'echo a > a.txt'}]\n");
  const done = place.run(['run']);
  assert.equal(done.status, 0, done.stderr);
  assert.match(done.stderr, /no git repository/);
  place.write('wavetrain.yml', "checkpoint: {branch: current}\nsteps: [{id: a, run: 'true'}]\n");
  const refused = place.run(['run']);
  assert.equal(refused.status, 4);
  assert.match(refused.stderr, /not-a-repository/);
}));

test('SIGINT and SIGTERM: exit 75 in time, then resume', withWorkspace({}, async (place) => {
  place.pipeline(`
steps:
  - {id: quick, run: 'echo q >> ../quick.log; echo q > quick.txt'}
  - {id: long, needs: [quick], run: 'trap "" TERM; if test -e ../second; then echo done > long.txt; else touch ../started; sleep 100 & wait; sleep 100; fi'}
`);
  for (const [signal, limit] of [['SIGINT', 7000], ['SIGTERM', 2000]]) {
    spawnSync('rm', ['-f', join(place.root, 'started')]);
    const child = place.start([signal === 'SIGINT' ? 'run' : 'resume']);
    await until(() => existsSync(join(place.root, 'started')), 'the step to start');
    const from = Date.now();
    child.kill(signal);
    const ended = await child.ended;
    assert.equal(ended.status, 75, child.output);
    assert.ok(Date.now() - from < limit, `${signal}: ${Date.now() - from} ms`);
    assert.match(child.output, /resume: wavetrain resume/);
    assert.equal(place.latest().state, 'interrupted');
  }
  spawnSync('touch', [join(place.root, 'second')]);
  const resumed = place.run(['resume']);
  assert.equal(resumed.status, 0, resumed.stdout + resumed.stderr);
  assert.equal(readFileSync(join(place.root, 'quick.log'), 'utf8'), 'q\n');
  assert.equal(place.git('status', '--porcelain'), '');
}));

test('a second runner is refused with the first one\'s pid; readers work meanwhile', withWorkspace({}, async (place) => {
  place.pipeline("steps: [{id: wait, run: 'touch ../started; while ! test -e ../go; do sleep 0.05; done'}]\n");
  const child = place.start(['run']);
  await until(() => existsSync(join(place.root, 'started')), 'the step to start');
  const from = Date.now();
  const second = place.run(['run']);
  assert.equal(second.status, 4);
  assert.ok(Date.now() - from < 1000);
  assert.match(second.stderr, new RegExp(`\\b${child.pid}\\b`));
  assert.match(second.stderr, /state-locked/);
  await until(() => place.latest().steps[0].state === 'running', 'the record to show it');
  assert.match(place.run(['status']).stdout, /wait|1/);
  assert.equal(place.record('select count(*) as n from runs')[0].n, 1);
  spawnSync('touch', [join(place.root, 'go')]);
  assert.equal((await child.ended).status, 0);
}));

test('kill -9 of the runner: no step outlives it, resume goes on', withWorkspace({}, async (place) => {
  place.pipeline(`
steps:
  - {id: first, run: 'echo x >> ../first.log; echo 1 > first.txt'}
  - {id: held, needs: [first], run: 'test -e ../go || { echo $$ > ../held; sleep 100; }; echo 2 > held.txt'}
`);
  const child = place.start(['run']);
  await until(() => existsSync(join(place.root, 'held')), 'the second step');
  child.kill('SIGKILL');
  await child.ended;
  const held = Number(readFileSync(join(place.root, 'held'), 'utf8'));
  await until(() => { try { process.kill(held, 0); return false; } catch { return true; } }, 'the step to be gone', 10000);
  spawnSync('touch', [join(place.root, 'go')]);
  const resumed = place.run(['resume']);
  assert.equal(resumed.status, 0, resumed.stdout + resumed.stderr);
  assert.equal(readFileSync(join(place.root, 'first.log'), 'utf8'), 'x\n');
  assert.equal(place.read('held.txt'), '2\n');
}));

test('a child sees three descriptors, its variables and no token', withWorkspace({}, (place) => {
  place.pipeline("steps: [{id: look, run: 'ls /proc/self/fd | wc -l > fds.txt; env | sort > env.txt', outputs: {env: env.txt}}]\n");
  const done = place.run(['run', '--push', 'never', '--status', 'off', '--comment', 'off'], { env: { GITHUB_TOKEN: 'ghs_secret_value', WAVETRAIN_TOKEN: 'other_secret' } });
  assert.equal(done.status, 0, done.stderr);
  assert.ok(Number(place.read('fds.txt')) <= 4, place.read('fds.txt'));
  const environment = place.read('env.txt');
  assert.doesNotMatch(environment, /secret/);
  for (const name of ['WAVETRAIN=1', 'WAVETRAIN_STEP_ID=look', 'WAVETRAIN_ATTEMPT=1', 'WAVETRAIN_OUTPUT=/']) assert.ok(environment.includes(name), name);
}));

test('reports are written on success and on failure, and report writes them again', withWorkspace({}, (place) => {
  place.pipeline("steps: [{id: a, run: 'echo a > a.txt'}, {id: b, needs: [a], run: 'echo gone wrong; exit 5'}]\n");
  const done = place.run(['run', '--report-dir', 'out']);
  assert.equal(done.status, 1);
  const names = ['dag.dot', 'dag.mmd', 'junit.xml', 'report.html', 'report.json', 'summary.md', 'timeline.txt'];
  for (const name of names) assert.ok(place.exists(`out/${name}`), name);
  assert.equal(place.git('status', '--porcelain'), '', 'no report is ever committed');
  assert.match(place.read('out/report.html'), /gone wrong/);
  assert.match(place.read('out/junit.xml'), /<failure/);
  const again = place.run(['report', 'latest', '--report-dir', 'out2']);
  assert.equal(again.status, 0, again.stderr);
  assert.deepEqual(readdirSync(join(place.path, 'out2')).filter((name) => !name.startsWith('.')).sort(), names);
  assert.equal(place.read('out2/report.json'), place.read('out/report.json'));
}));

test('json output is one event a line, with nothing else on stdout', withWorkspace({}, (place) => {
  place.pipeline("steps: [{id: a, run: 'echo hello'}]\n");
  const done = place.run(['run', '--output-format', 'json']);
  assert.equal(done.status, 0);
  const events = done.stdout.trim().split('\n').map((line) => JSON.parse(line));
  assert.deepEqual(events.map((event) => event.seq), events.map((_, index) => index + 1));
  assert.equal(events[0].event, 'pipeline_started');
  assert.equal(events.at(-1).event, 'pipeline_completed');
  assert.ok(events.every((event) => event.v === 1 && event.pipeline_id === place.latest().id));
  assert.match(done.stderr, /completed|1 step/);
}));

test('init writes a pipeline that runs, and overwrites nothing', withWorkspace({}, (place) => {
  place.commit('start');
  assert.equal(place.run(['init']).status, 0);
  assert.equal(place.run(['validate']).status, 0);
  place.commit('starter');
  const done = place.run(['run']);
  assert.equal(done.status, 0, done.stdout + done.stderr);
  assert.match(place.read('inventory.txt'), /Files: \d+/);
  place.write('wavetrain.yml', 'mine');
  assert.match(place.run(['init']).stdout, /left alone/);
  assert.equal(place.read('wavetrain.yml'), 'mine');
}));
