// What becomes of fan-outs, checkouts, gates, caches and components when a run is stopped, killed,
// changed before it is resumed, met by a second runner, or left without room on the disk.
import test from 'node:test';
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { cleanEnvironment, program, until, withWorkspace } from '../rig/workspace.mjs';
import { mounting } from '../rig/mounting.mjs';

const states = (run) => Object.fromEntries(run.steps.map((step) => [step.id, step.state]));
const lines = (place, name) => (existsSync(join(place.root, name)) ? readFileSync(join(place.root, name), 'utf8').split('\n').filter(Boolean) : []);
const go = (place, name = 'go') => writeFileSync(join(place.root, name), '');

function fine(done) {
  assert.equal(done.status, 0, done.stdout + done.stderr);
  return done;
}

/** Processes with this value of MARK in their environment. */
const marked = (mark) => readdirSync('/proc').filter((name) => {
  try {
    return /^\d+$/.test(name) && readFileSync(`/proc/${name}/environ`, 'utf8').split('\0').includes(`MARK=${mark}`);
  } catch {
    return false;
  }
});

/** Starts it, sends the signal once a step has touched ../started, and waits for the end. */
async function stopped(place, signal, { words = ['run'], done = [] } = {}) {
  rmSync(join(place.root, 'started'), { force: true });
  const child = place.start(words, { env: { MARK: place.root } });
  await until(() => existsSync(join(place.root, 'started')), 'the step to start');
  for (const id of done) await until(() => place.record(`select 1 from steps where id = '${id}' and state = 'done'`).length, `${id} on record`);
  const from = Date.now();
  child.kill(signal);
  const ended = await child.ended;
  assert.ok(Date.now() - from < (signal === 'SIGTERM' ? 2000 : 7000), `${Date.now() - from} ms`);
  // What a step has started outlives kill -9 until the next start, where no namespace contains it.
  if (signal !== 'SIGKILL') assert.deepEqual(marked(place.root), [], 'no process is left');
  return { ...ended, output: child.output };
}
const held = 'test -e ../go || { touch ../started; sleep 100; }';

// --- stopped ---

for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL']) {
  const status = signal === 'SIGKILL' ? null : 75;

  test(`${signal} beside a foreach that waits, and while its instances run`, withWorkspace({}, async (place) => {
    place.pipeline(`
steps:
  - {id: list, run: 'echo list >> ../log; echo "[1, 2, 3]" > "$WAVETRAIN_OUTPUT/list.json"', outputs: [list]}
  - {id: slow, run: '${held}'}
  - {id: each, foreach: list, run: 'echo "each $WAVETRAIN_ITEM" >> ../log; test "$WAVETRAIN_ITEM" != 2 || test -e ../go2 || { touch ../started; sleep 100; }; echo "$WAVETRAIN_ITEM" > "$WAVETRAIN_OUTPUT/part"', outputs: [part]}
  - {id: sum, inputs: [part], run: 'cat "$WAVETRAIN_INPUT"/part/* > sum.txt'}
`);
    assert.equal((await stopped(place, signal, { words: ['run', '-j', '2'], done: ['list'] })).status, status);
    assert.deepEqual(lines(place, 'log'), ['list']);
    go(place);
    assert.equal((await stopped(place, signal, { words: ['resume', '-j', '1'], done: ['each[0]'] })).status, status);
    assert.deepEqual(lines(place, 'log'), ['list', 'each 1', 'each 2']);
    go(place, 'go2');
    fine(place.run(['resume']));
    assert.deepEqual(lines(place, 'log').toSorted(), ['each 1', 'each 2', 'each 2', 'each 3', 'list']);
    assert.equal(place.read('sum.txt'), '1\n2\n3\n');
  }));

  test(`${signal} in a checkout: it is given up, and a new one is made`, withWorkspace({}, async (place) => {
    place.write('a.txt', 'a\n');
    place.pipeline(`
steps:
  - {id: edit, workspace: worktree, writable: [..], run: 'echo half >> a.txt; root=../../../../../../..; test -e $root/go || { touch $root/started; sleep 100; }; echo whole > b.txt'}
  - {id: other, workspace: worktree, run: 'echo other > other.txt'}
`);
    assert.equal((await stopped(place, signal)).status, status);
    go(place);
    fine(place.run(['resume']));
    assert.equal(place.read('a.txt'), 'a\nhalf\n');
    assert.equal(place.git('status', '--porcelain'), '');
    assert.equal(place.git('for-each-ref', 'refs/wavetrain/worktrees'), '');
    assert.ok(!place.exists(`.wavetrain/runs/${place.latest().id}/work`));
    place.git('fsck', '--strict', '--no-dangling');
  }));

  test(`${signal} in a component: it and what speaks for it are gone`, withWorkspace({}, async (place) => {
    place.write('bin/slow', `#!/bin/sh\ncat > /dev/null\n${held}\necho '{"schema": "n:1.0.0", "content": [1], "metadata": {}}'\n`, 0o755);
    place.pipeline(`
components:
  slow: {run: [./bin/slow]}
  plain: {run: [sh, -c, 'cat > /dev/null; cat "$WAVETRAIN_INPUT/one.json"']}
artifacts:
  one: {source: {type: slow}}
  two: {inputs: one, process: {type: plain}, output: true}
`);
    assert.equal((await stopped(place, signal)).status, status);
    go(place);
    fine(place.run(['resume']));
    assert.deepEqual(states(place.latest()), { one: 'done', two: 'done' });
  }));

  test(`${signal} in an agent's task`, withWorkspace({}, async (place) => {
    place.write('bin/agent', `#!/bin/sh\n${held}\necho '{"result": "fine"}'\n`, 0o755);
    place.pipeline(`
adapters: {stand-in: {command: [./bin/agent, "{task}"], stdin: task, result: json}}
steps:
  - {id: review, persona: base, task: look at it}
  - {id: use, inputs: [review.result], run: 'cp "$WAVETRAIN_INPUT/result.json" result.json'}
`);
    assert.equal((await stopped(place, signal)).status, status);
    go(place);
    fine(place.run(['resume']));
    assert.equal(JSON.parse(place.read('result.json')).result, 'fine');
  }));
}

test('the time limit stops the run, which can be resumed', withWorkspace({}, (place) => {
  place.pipeline("execution: {timeout: 1s}\nsteps:\n  - {id: quick, run: 'echo q >> ../log'}\n  - {id: slow, run: 'test -e ../go || sleep 100'}\n");
  const late = place.run(['run'], { env: { MARK: place.root } });
  assert.equal(late.status, 75, late.stdout + late.stderr);
  assert.match(late.stdout, /the run's time limit of 1(\.0)? ?s is over/);
  assert.deepEqual(marked(place.root), []);
  go(place);
  fine(place.run(['resume']));
  assert.deepEqual(lines(place, 'log'), ['q']);

  rmSync(join(place.root, 'go'));
  place.write('bin/slow', "#!/bin/sh\ntest -e ../go || sleep 100\necho '{\"schema\": \"n:1.0.0\", \"content\": [1], \"metadata\": {}}'\n", 0o755);
  place.pipeline('config: {timeout: 1}\ncomponents: {slow: {run: [./bin/slow]}}\nartifacts: {one: {source: {type: slow}, output: true}}\n');
  const book = place.run(['run'], { env: { MARK: place.root } });
  assert.equal(book.status, 75, book.stdout + book.stderr);
  assert.deepEqual(marked(place.root), []);
  go(place);
  fine(place.run(['resume']));
}));

// --- handed on, settled, taken back ---

test('handoffs of a wave that is resumed in its middle are handed on', withWorkspace({}, (place) => {
  place.pipeline(`
steps:
  - {id: a, run: 'echo from a >> "$WAVETRAIN_HANDOFF"'}
  - {id: b, run: 'test -e ../go'}
  - {id: c, needs: [a, b], run: 'cp "$WAVETRAIN_HANDOFFS" seen.md'}
`);
  assert.equal(place.run(['run']).status, 1);
  go(place);
  fine(place.run(['resume']));
  assert.equal(place.read('seen.md'), '## a\n\nfrom a\n');
}));

test('an expansion leaves alone what has failed or was skipped before', withWorkspace({}, (place) => {
  place.pipeline(`
steps:
  - {id: list, run: 'echo "[1, 2]" > "$WAVETRAIN_OUTPUT/list.json"', outputs: [list]}
  - {id: extra, optional: true, run: 'echo extra >> ../log; exit 3'}
  - {id: behind, needs: [extra], run: 'echo behind >> ../log'}
  - {id: repair, needs: [list], if: failure(), run: 'echo repair >> ../log'}
  - {id: never, if: "env.NEVER == 'x'", run: 'echo never >> ../log'}
  - {id: always, needs: [extra, each], if: always(), run: 'echo always >> ../log'}
  - {id: each, foreach: list, run: 'echo each >> ../log'}
  - {id: after, needs: [each, never, repair], run: 'echo after >> ../log'}
`);
  const done = fine(place.run(['run']));
  assert.deepEqual(lines(place, 'log').toSorted(), ['after', 'always', 'each', 'each', 'extra']);
  assert.deepEqual(states(place.latest()), { list: 'done', extra: 'failed', behind: 'skipped', repair: 'skipped', never: 'skipped', always: 'done', 'each[0]': 'done', 'each[1]': 'done', after: 'done' });
  const told = place.record("select step, count(*) as n from events where type in ('step_skipped', 'step_failed') group by step having n > 1");
  assert.deepEqual(told, [], done.stdout);
}));

test('a roll-back that a kill prevents is made good by the next start', withWorkspace({}, async (place) => {
  place.pipeline(`
execution: {on_failure: rollback, jobs: 2}
steps:
  - {id: first, run: 'echo 1 > first.txt'}
  - {id: beside, needs: [first], run: 'echo beside > beside.txt; test -e ../go || sleep 100'}
  - {id: broken, needs: [first], run: 'if test -e ../go; then echo fine > fine.txt; else echo half > half.txt; exit 1; fi'}
`);
  const child = place.start(['run']);
  // Files go back when the others of the wave have ended: it never comes to that.
  await until(() => place.exists('half.txt'), 'the step');
  await until(() => place.record("select 1 from steps where id = 'broken' and state = 'failed'").length, 'the failure to be on record');
  child.kill('SIGKILL');
  await child.ended;
  assert.ok(place.exists('half.txt'));
  go(place);
  fine(place.run(['resume']));
  assert.ok(!place.exists('half.txt'));
  assert.equal(place.git('ls-tree', '--name-only', 'HEAD'), 'beside.txt\nfine.txt\nfirst.txt\nwavetrain.yml');
  assert.equal(place.git('status', '--porcelain'), '');
}));

// --- another pipeline when it is resumed ---

/** Fails at `after`; then the pipeline changes and ../go is there. */
function resumed(place, before, after) {
  place.pipeline(before);
  const failed = place.run(['run']);
  assert.equal(failed.status, 1, failed.stdout + failed.stderr);
  const first = lines(place, 'log');
  place.pipeline(after);
  go(place);
  fine(place.run(['resume']));
  return lines(place, 'log').slice(first.length);
}
const listed = (items) => `
steps:
  - {id: list, run: 'echo list >> ../log; echo "${items}" > "$WAVETRAIN_OUTPUT/list.json"', outputs: [list]}
  - {id: each, foreach: list, run: 'echo "each $WAVETRAIN_ITEM" >> ../log; echo "$WAVETRAIN_ITEM" > "$WAVETRAIN_OUTPUT/part"', outputs: [part]}
  - {id: sum, inputs: [part], run: 'cat "$WAVETRAIN_INPUT"/part/* > sum.txt'}
  - {id: after, needs: [sum], run: 'test -e ../go'}
`;

for (const [what, items, sum] of [['longer', '[1, 2, 3, 4]', '1\n2\n3\n4\n'], ['shorter', '[1]', '1\n'], ['in another order', '[3, 2, 1]', '3\n2\n1\n'], ['with another item', '[1, 7, 3]', '1\n7\n3\n'], ['empty', '[]', null]]) {
  test(`a list that is ${what} when the run is resumed`, withWorkspace({}, (place) => {
    const after = sum ? listed(items) : listed(items).replace('cat "$WAVETRAIN_INPUT"/part/* > sum.txt', 'rm sum.txt; ls "$WAVETRAIN_INPUT/part" | wc -l > none.txt');
    const ran = resumed(place, listed('[1, 2, 3]'), after);
    const numbers = JSON.parse(items);
    assert.deepEqual(ran.toSorted(), [...numbers.map((number) => `each ${number}`), 'list'].toSorted());
    if (sum) assert.equal(place.read('sum.txt'), sum);
    else assert.equal(place.read('none.txt').trim(), '0');
    const present = place.latest().steps.filter((step) => step.state !== 'skipped').map((step) => step.id);
    assert.deepEqual(present, ['list', ...numbers.map((_, i) => `each[${i}]`), 'sum', 'after']);
  }));
}

test('the list of a foreach that is no longer made by the same step', withWorkspace({}, (place) => {
  const ran = resumed(place, listed('[1, 2]'), listed('[1, 2]').replaceAll('list', 'names'));
  assert.deepEqual(ran.toSorted(), ['each 1', 'each 2', 'names']);
}));

test('values of a matrix that come and go: what is there stays done', withWorkspace({}, (place) => {
  const text = (values) => `
steps:
  - {id: make, matrix: {n: ${values}}, run: 'echo "make $MATRIX_N" >> ../log; echo "$MATRIX_N" > "$WAVETRAIN_OUTPUT/part"', outputs: [part]}
  - {id: sum, inputs: [part], run: 'echo sum >> ../log; cat "$WAVETRAIN_INPUT"/part/* > sum.txt'}
  - {id: after, needs: [sum], run: 'test -e ../go'}
`;
  assert.deepEqual(resumed(place, text('[1, 2]'), text('[2, 3]')), ['make 3', 'sum']);
  assert.equal(place.read('sum.txt'), '2\n3\n');
}));

test('contract, workspace, gate and cache rule that are changed before a resume', withWorkspace({}, (place) => {
  const text = (more) => `
steps:
  - {id: make, run: 'echo make >> ../log; echo 5 > "$WAVETRAIN_OUTPUT/n.json"', outputs: [n]${more}}
  - {id: after, needs: [make], run: 'test -e ../go'}
`;
  const schema = (minimum) => `, contract: {type: json_schema, schema: {minimum: ${minimum}}, source: n}`;
  const again = (before, after) => {
    rmSync(join(place.root, 'go'), { force: true });
    return resumed(place, text(before), text(after));
  };
  assert.deepEqual(again(schema(1), schema(2)), ['make']);
  assert.deepEqual(again(schema(1), ''), ['make']);
  assert.deepEqual(again(', workspace: fresh', ''), ['make'].slice(0, 1));
  assert.deepEqual(again(', cache: true', ', cache: {key: ["*.yml"]}'), ['make']);
}));

test('a contract that is new on resume and does not hold fails the step that was done', withWorkspace({}, (place) => {
  const text = (more) => `steps:\n  - {id: make, run: 'echo 5 > "$WAVETRAIN_OUTPUT/n.json"', outputs: [n]${more}}\n  - {id: after, needs: [make], run: 'test -e ../go'}\n`;
  place.pipeline(text(''));
  assert.equal(place.run(['run']).status, 1);
  place.pipeline(text(', contract: {type: json_schema, schema: {minimum: 6}, source: n}'));
  go(place);
  const done = place.run(['resume']);
  assert.equal(done.status, 1, done.stdout + done.stderr);
  assert.deepEqual(states(place.latest()), { make: 'failed', after: 'skipped' });
}));

// --- gates ---

const gated = (more = ', gate: manual') => `steps:\n  - {id: build, run: 'echo build >> ../log; echo built > built.txt'${more}}\n  - {id: deploy, needs: [build], run: 'echo deploy >> ../log'}\n`;

test('a gate that is gone when the run is resumed does not hold it; a new one does', withWorkspace({}, (place) => {
  place.pipeline(gated());
  assert.equal(place.run(['run']).status, 75);
  place.pipeline(gated(''));
  fine(place.run(['resume']));
  assert.deepEqual(lines(place, 'log'), ['build', 'deploy']);

  place.pipeline(gated('').replace("'echo deploy", "'test -e ../go; echo deploy"));
  assert.equal(place.run(['run']).status, 1);
  place.pipeline(gated().replace("'echo deploy", "'test -e ../go; echo deploy"));
  const waits = place.run(['resume']);
  assert.equal(waits.status, 75, waits.stdout + waits.stderr);
  go(place);
  fine(place.run(['approve', 'latest', 'build']));
  fine(place.run(['resume']));
  assert.deepEqual(lines(place, 'log'), ['build', 'deploy', 'build', 'deploy']);
}));

test('approved twice is approved once; what is made anew waits anew', withWorkspace({}, (place) => {
  place.pipeline(gated());
  assert.equal(place.run(['run']).status, 75);
  fine(place.run(['approve', 'latest', 'build', '--by', 'first']));
  const again = fine(place.run(['approve', 'latest', 'build', '--by', 'second']));
  assert.match(again.stderr, /was approved by first before/);
  assert.equal(place.record("select count(*) as n from events where type = 'gate_opened'")[0].n, 1);
  place.pipeline(gated().replace('echo built >', 'echo rebuilt >'));
  const waits = place.run(['resume']);
  assert.equal(waits.status, 75, waits.stdout + waits.stderr);
  assert.deepEqual(lines(place, 'log'), ['build', 'build']);
  assert.equal(place.run(['resume']).status, 75, 'the approval was of the other result');
  fine(place.run(['approve', 'latest', 'build', '--by', 'second']));
  fine(place.run(['resume']));
  assert.deepEqual(lines(place, 'log'), ['build', 'build', 'deploy']);
  assert.deepEqual(place.record("select approved_by from gates").map((row) => row.approved_by), ['second']);
}));

test('approve is refused while the run goes on, with the holder\'s pid and host', withWorkspace({}, async (place) => {
  place.pipeline(gated().replace("'echo deploy", "'touch ../started; while ! test -e ../go; do sleep 0.05; done; echo deploy"));
  const child = place.start(['run', '--yes']);
  await until(() => existsSync(join(place.root, 'started')), 'the step to start');
  for (const words of [['approve', 'latest', 'build'], ['resume'], ['run']]) {
    const from = Date.now();
    const refused = place.run(words);
    assert.ok(Date.now() - from < 1000);
    assert.equal(refused.status, 4, refused.stdout + refused.stderr);
    assert.match(refused.stderr, /state-locked/);
    assert.match(refused.stderr, new RegExp(`\\b${child.pid}\\b`));
    assert.ok(refused.stderr.includes(spawnSync('hostname', { encoding: 'utf8' }).stdout.trim()), refused.stderr);
  }
  go(place);
  assert.equal((await child.ended).status, 0, child.output);
  const late = place.run(['approve', 'latest', 'build']);
  assert.equal(late.status, 0, late.stderr);
  const wrong = place.run(['approve', 'latest', 'deploy']);
  assert.equal(wrong.status, 2);
}));

// --- what readers say of it ---

test('a run whose process was killed is interrupted for every reader, one that runs is not', withWorkspace({}, async (place) => {
  place.pipeline(`
steps:
  - {id: first, run: 'echo 1 > first.txt'}
  - {id: slow, needs: [first], run: 'touch ../started; while ! test -e ../go; do sleep 0.05; done'}
  - {id: last, needs: [slow], run: 'true'}
`);
  const listed = () => JSON.parse(place.run(['runs', '--format', 'json']).stdout).runs.map((run) => run.state);
  const child = place.start(['run']);
  await until(() => existsSync(join(place.root, 'started')), 'the step to start');
  await until(() => place.latest().steps[1].state === 'running', 'the step on record');
  const alive = place.run(['status']).stdout;
  assert.match(alive, /^running: 1 of 3 steps done, 1 running, 1 not run/m);
  assert.doesNotMatch(alive, /resume/);
  assert.deepEqual(listed(), ['running']);
  child.kill('SIGKILL');
  await child.ended;

  const run = place.latest();
  assert.equal(run.state, 'interrupted');
  assert.equal(run.reason, 'the process that ran it is gone');
  assert.deepEqual(states(run), { first: 'done', slow: 'pending', last: 'pending' });
  assert.equal(run.steps[1].attempts[0].failure, 'cancelled');
  assert.ok(run.ended && run.steps[1].attempts[0].ended);
  const text = place.run(['status']).stdout;
  assert.match(text, /^interrupted: 1 of 3 steps done, 2 not run; the process that ran it is gone — /m);
  assert.ok(text.endsWith(`\nresume: wavetrain resume ${run.id}\n`), text);
  for (const words of [['status'], ['runs'], ['trace'], ['timeline']]) {
    const said = place.run(words).stdout;
    assert.doesNotMatch(said, /running|▶|IN PROGRESS/i, words[0]);
    assert.equal(place.run(words).stdout, said, `${words[0]} says the same a moment later`);
  }
  fine(place.run(['report', '--report-dir', '../out']));
  assert.equal(JSON.parse(readFileSync(join(place.root, 'out', 'report.json'), 'utf8')).state, 'interrupted');

  // Another one holds the state folder: the first is as dead as before.
  rmSync(join(place.root, 'started'));
  const other = place.start(['run']);
  await until(() => existsSync(join(place.root, 'started')), 'the second run');
  await until(() => listed().length === 2, 'both on record');
  assert.deepEqual(listed(), ['running', 'interrupted']);
  go(place);
  await other.ended;
  assert.deepEqual(listed(), ['done', 'interrupted']);
  fine(place.run(['resume', run.id]));
  assert.deepEqual(listed(), ['done', 'done']);
  assert.doesNotMatch(place.run(['status', run.id]).stdout, /resume/);
}));

// --- no room on the disk ---

/** Runs with the state on a small file system; then the script, with $state and $program. */
function onSmallDisk(place, sizeKiB, script) {
  const disk = join(place.root, 'disk');
  mkdirSync(disk, { recursive: true });
  const whole = `mount -t tmpfs -o size=${sizeKiB}k none "$1"; export WAVETRAIN_STATE_DIR="$1/state"; state="$1/state"; program="$2"; ${script}`;
  return spawnSync('unshare', ['-Urm', 'sh', '-c', whole, 'sh', disk, program], { cwd: place.path, env: cleanEnvironment(), encoding: 'utf8', maxBuffer: 1 << 26 });
}
const facts = 'sqlite3 "$state/state.db" "select id || \'=\' || state from steps; pragma integrity_check"';

test('a checkout that has no room: the step fails for a lack of resources and names it', mounting, withWorkspace({}, (place) => {
  place.write('large.bin', Buffer.alloc(12 << 20, 7));
  place.pipeline("steps:\n  - {id: first, run: 'echo 1 > first.txt'}\n  - {id: edit, needs: [first], workspace: worktree, run: 'echo x > x.txt'}\n");
  const done = onSmallDisk(place, 8192, `"$program" run; status=$?; ${facts}; find "$state"/runs/*/work -name large.bin -size +0 | wc -l; mount -o remount,size=64m "$1"; "$program" resume || exit 9; exit $status`);
  assert.equal(done.status, 1, `${done.status} ${done.stdout} ${done.stderr}`);
  assert.match(done.stdout, /edit.*No space left on device/s);
  assert.match(done.stdout, /first=done\nedit=failed\nok\n/);
  assert.equal(place.git('show', 'HEAD:x.txt'), 'x');
  assert.equal(place.git('status', '--porcelain'), '');
}));

test('a result that has no room in the cache is not kept, and nothing else is lost', mounting, withWorkspace({}, (place) => {
  place.pipeline("steps:\n  - {id: big, cache: true, run: 'head -c 5000000 /dev/zero > \"$WAVETRAIN_OUTPUT/big\"', outputs: [big]}\n  - {id: use, inputs: [big], run: 'wc -c < \"$WAVETRAIN_INPUT/big\" > size.txt'}\n");
  const done = onSmallDisk(place, 16384, `"$program" run; status=$?; ${facts}; find "$state/cache" -type f | wc -l; exit $status`);
  assert.equal(done.status, 0, `${done.status} ${done.stdout} ${done.stderr}`);
  assert.match(done.stdout, /big=done\nuse=done\nok\n/);
  assert.equal(place.read('size.txt').trim(), '5000000');
}));

test('a record without room ends the run: its verdict is no running one, and it can be resumed', mounting, withWorkspace({}, (place) => {
  place.pipeline("steps:\n  - {id: first, run: 'echo 1 > first.txt'}\n  - {id: fill, needs: [first], run: 'test -e ../room || cat /dev/zero > \"$WAVETRAIN_STATE_DIR/fill\" || true'}\n  - {id: last, needs: [fill], run: 'true'}\n");
  const done = onSmallDisk(place, 4096, `"$program" run; echo "status $?"; rm "$state/fill"; touch ../room; "$program" status; ${facts}; "$program" resume; echo "then $?"`);
  assert.match(done.stdout, /^status 4$/m, done.stdout + done.stderr);
  assert.match(done.stderr, /\[disk-full\]\n {2}→ free some space, then 'wavetrain resume run_\S+'$/m);
  const [ended, after] = done.stdout.split(/^status 4$/m);
  assert.match(ended, /^failed: 1 of 3 steps done, 2 not run; /m);
  assert.doesNotMatch(done.stdout, /^running: /m);
  assert.match(after, /^interrupted: 1 of 3 steps done, 2 not run; the process that ran it is gone/m);
  assert.match(after, /^resume: wavetrain resume run_/m);
  assert.match(after, /^then 0$/m);
}));
