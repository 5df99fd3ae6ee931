// How steps are held: nothing they start outlives them, and an isolated one writes only in its own.
// A machine without cgroups or Landlock has the weaker kind tested: that it is said, and what it does.
import test from 'node:test';
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { cleanEnvironment, program, until, withWorkspace } from '../rig/workspace.mjs';

const read = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '');
const mountPoints = read('/proc/self/mountinfo').split('\n').filter((line) => line.includes(' - cgroup2 ')).map((line) => line.split(' ')[4]);

/** Found out without the program: can a cgroup be made beneath ours that the kernel ends as one? */
function hasCgroup() {
  const own = /^0::(.*)$/m.exec(read('/proc/self/cgroup'))?.[1];
  const folder = own && mountPoints.map((point) => join(point, own)).find((path) => existsSync(join(path, 'cgroup.procs')));
  if (!folder) return false;
  const probe = join(folder, `wavetrain-probe-${process.pid}`);
  try {
    mkdirSync(probe);
    const is = existsSync(join(probe, 'cgroup.kill'));
    rmdirSync(probe);
    return is;
  } catch {
    return false;
  }
}

const alone = { name: 'as this machine is', words: [], cgroup: hasCgroup() };

/** The same machine, seen from where every cgroup is covered by something else; a process keeps that place. */
async function covered() {
  const isRoot = process.getuid() === 0;
  const cover = mountPoints.map((point) => `mount -t tmpfs none '${point}' && `).join('') + 'echo ready && exec sleep 100000';
  const keeper = spawn('unshare', [...(isRoot ? [] : ['-r']), '-m', 'sh', '-c', cover], { stdio: ['ignore', 'pipe', 'ignore'] });
  const isReady = await new Promise((resolve) => {
    keeper.on('error', () => resolve(false));
    keeper.stdout.on('data', () => resolve(true));
    keeper.on('close', () => resolve(false));
  });
  test.after(() => keeper.kill());
  if (!isReady) return [];
  const words = ['nsenter', '-t', String(keeper.pid), '-m', ...(isRoot ? [] : ['-U', '--preserve-credentials']), '--wd=.'];
  return [{ name: 'where cgroups cannot be had', words, cgroup: false }];
}
const weaker = alone.cgroup ? await covered() : [];
const worlds = [alone, ...weaker];

function run(place, world, words, env = {}) {
  const all = [...world.words, program, ...words];
  const done = spawnSync(all[0], all.slice(1), { cwd: place.path, env: cleanEnvironment(env), encoding: 'utf8', timeout: 60000 });
  assert.equal(done.error, undefined, String(done.error));
  return done;
}

const heldOf = (place, id) => place.latest().steps.find((step) => step.id === id).attempts.at(-1).containment;
const logOf = (place, id) => read(join(place.path, '.wavetrain/runs', place.latest().id, `log/${id}.1.log`));
const isAlive = (id) => existsSync(`/proc/${id}`) && !/^State:\s+[ZX]/m.test(read(`/proc/${id}/status`));
const pidIn = (path) => Number(read(path).trim());

/** True in a step while the process whose id is in the file is there. */
const sleeps = (file) => `test "$(cat /proc/$(cat ${file} 2> /dev/null)/comm 2> /dev/null)" = sleep`;

/** A child of nobody in a session of its own, which has written its id before the step goes on. */
const daemon = (file, clean) => `(setsid sh -c 'exec ${clean ? 'env -i ' : ''}sh -c "echo \\$\\$ > ${file}.new; mv ${file}.new ${file}; exec sleep 1000"' > /dev/null 2>&1 < /dev/null &); until ${sleeps(file)}; do sleep 0.01; done`;

// --- what steps leave behind ---

for (const world of worlds) {
  test(`a grandchild that made itself a daemon ends with its step, ${world.name}`, withWorkspace({}, async (place) => {
    // The other step goes on until it has seen the daemon gone.
    place.pipeline(`
steps:
  - {id: leaves, run: '${daemon('../kept', false).replaceAll("'", "''")}; touch ../left'}
  - {id: looks, run: 'until test -e ../left; do sleep 0.01; done; while ${sleeps('../kept')}; do sleep 0.01; done; touch ../seen'}
`);
    const done = run(place, world, ['run', '-j', '2']);
    assert.equal(done.status, 0, done.stdout + done.stderr);
    assert.ok(existsSync(join(place.root, 'seen')));
    assert.match(logOf(place, 'leaves'), /processes that the step left behind are being ended/);
    assert.deepEqual(heldOf(place, 'leaves'), world.cgroup ? ['session', 'cgroup'] : ['session']);
    assert.match(run(place, world, ['trace', place.latest().id, 'leaves']).stdout + run(place, world, ['trace']).stdout, world.cgroup ? /Held by\s+session cgroup/ : /Held by\s+session\n/);
    assert.ok(!place.exists('.wavetrain/running'));
  }));

  test(`one that has thrown its environment away too, ${world.name}`, withWorkspace({}, async (place) => {
    // Without a cgroup it can only be told from a running step's when none runs.
    place.pipeline(`
steps:
  - {id: leaves, run: '${daemon('../bare', true).replaceAll("'", "''")}; touch ../left'}
  - {id: looks, run: '${world.cgroup ? `until test -e ../left; do sleep 0.01; done; while ${sleeps('../bare')}; do sleep 0.01; done; ` : ''}touch ../seen'}
`);
    const done = run(place, world, ['run', '-j', '2']);
    assert.equal(done.status, 0, done.stdout + done.stderr);
    assert.ok(!isAlive(pidIn(join(place.root, 'bare'))), 'it is gone when the run is');
  }));

  test(`a daemon of a step that runs is not ended when another step ends, ${world.name}`, withWorkspace({}, (place) => {
    place.pipeline(`
steps:
  - {id: serves, run: '${daemon('../server', false).replaceAll("'", "''")}; until test -e ../over; do sleep 0.01; done; ${sleeps('../server')}'}
  - {id: ends, run: 'until test -e ../server; do sleep 0.01; done'}
  - {id: later, needs: [{step: ends, soft: true}], run: 'touch ../over'}
execution: {mode: frontier}
`);
    const done = run(place, world, ['run', '-j', '2']);
    assert.equal(done.status, 0, done.stdout + done.stderr);
    assert.ok(!isAlive(pidIn(join(place.root, 'server'))));
  }));

  test(`what a runner that was killed has left is ended by the next start, be it a new run, ${world.name}`, withWorkspace({}, async (place) => {
    place.pipeline(`
steps:
  - {id: leaves, run: 'test -e ../again || { ${daemon('../left', world.cgroup).replaceAll("'", "''")}; touch ../started; sleep 1000; }; case "$(cut -d" " -f3 "/proc/$(cat ../left)/stat" 2> /dev/null)" in [SRD]) touch ../beside ;; esac'}
`);
    const words = [...world.words, program, 'run'];
    const child = spawn(words[0], words.slice(1), { cwd: place.path, env: cleanEnvironment(), stdio: 'ignore' });
    const ended = new Promise((resolve) => child.on('close', resolve));
    await until(() => existsSync(join(place.root, 'started')), 'the step to start');
    const [runner, cgroup] = [child.pid, read(join(place.path, '.wavetrain/running')).split('\n')[1]];
    assert.equal(existsSync(cgroup), world.cgroup);
    process.kill(runner, 'SIGKILL');
    await ended;
    assert.ok(isAlive(pidIn(join(place.root, 'left'))), 'nothing on this machine ends it by itself');
    writeFileSync(join(place.root, 'again'), '');
    const done = run(place, world, ['run', '--resume=never']);
    assert.equal(done.status, 0, done.stdout + done.stderr);
    assert.ok(!isAlive(pidIn(join(place.root, 'left'))));
    assert.ok(!existsSync(join(place.root, 'beside')), 'it was gone before anything began');
    assert.ok(!existsSync(cgroup));
  }));
}

test('a step that is ended for its time leaves a place that the next one can use', withWorkspace({}, (place) => {
  place.pipeline(`
steps:
  - {id: deaf, timeout: 100ms, grace: 10ms, optional: true, retry: {max: 2, backoff: 1ms, on: [timeout]}, run: 'trap "" TERM; sleep 1000; sleep 1000'}
  - {id: next, needs: [{step: deaf, soft: true}], run: 'echo fine'}
`);
  const done = run(place, alone, ['run', '-j', '1']);
  assert.equal(done.status, 0, done.stdout + done.stderr);
  const deaf = place.latest().steps.find((step) => step.id === 'deaf');
  assert.deepEqual(deaf.attempts.map((attempt) => attempt.failure), ['timeout', 'timeout', 'timeout']);
  assert.equal(logOf(place, 'next'), 'fine\n');
}));

test('a mark that names something else is not followed', withWorkspace({}, (place) => {
  place.pipeline(`
steps: [{id: a, run: 'true'}]
`);
  run(place, alone, ['run']);
  for (const text of ['', '\n', 'run\n/sys/fs/cgroup\n', `run\n${place.path}\n`, `run\n/sys/fs/cgroup/wavetrain-x/../..\n`, 'x'.repeat(200000)]) {
    place.write('.wavetrain/running', text);
    const done = run(place, alone, ['run', '--resume=never']);
    assert.equal(done.status, 0, done.stdout + done.stderr);
    assert.ok(place.exists('wavetrain.yml'));
  }
}));

test('a copy of a folder where a run goes on does not end that run', withWorkspace({}, async (place) => {
  place.pipeline(`
steps: [{id: a, run: 'touch ../begun; until test -e ../over; do sleep 0.05; done'}]
`);
  const child = place.start(['run']);
  await until(() => existsSync(join(place.root, 'begun')), 'the step');
  const copy = join(place.root, 'below', 'copy');
  cpSync(place.path, copy, { recursive: true });
  writeFileSync(join(place.root, 'below', 'over'), '');
  const there = spawnSync(program, ['run', '--resume=never', '--allow-dirty'], { cwd: copy, env: cleanEnvironment(), encoding: 'utf8', timeout: 60000 });
  assert.equal(there.status, 0, there.stdout + there.stderr);
  writeFileSync(join(place.root, 'over'), '');
  assert.equal((await child.ended).status, 0, child.output);
}));

// --- what they may write ---

/** What a fresh workspace must not reach. Each is tried from there; $R is the repository. */
const attacks = {
  file: 'echo x > "$R/made.txt"',
  tracked: 'echo x >> "$R/wavetrain.yml"',
  remove: 'rm "$R/wavetrain.yml"',
  reference: 'echo 1234567890123456789012345678901234567890 > "$R/.git/refs/heads/evil"',
  branch: 'git -C "$R" branch evil',
  config: 'git -C "$R" config url.x.insteadOf y',
  record: 'echo x >> "$R/.wavetrain/state.db"',
  other: 'echo x > "$R/.wavetrain/runs/$WAVETRAIN_RUN_ID/work/stays.1/workspace/x"',
  log: 'echo x >> "$R/.wavetrain/runs/$WAVETRAIN_RUN_ID/log/stays.1.log"',
  notes: 'echo x > "$R/.wavetrain/runs/$WAVETRAIN_RUN_ID/notes/stays.1.summary.md"',
  beside: 'echo x > "$R/../made.txt"',
  home: 'echo x > "$HOME/made.txt"',
};

test('an isolated step writes only in its own folder; what is refused is explained', withWorkspace({}, (place) => {
  place.pipeline(`
env: {R: ${place.path}, HOME: ${place.root}}
steps:
  - {id: stays, workspace: fresh, optional: true, run: 'echo stays; exit 3'}
${Object.entries(attacks).map(([id, script]) => `  - {id: ${id}, workspace: fresh, optional: true, needs: [{step: stays, soft: true}], run: '${script}'}`).join('\n')}
`);
  const before = [place.read('wavetrain.yml'), place.read('.git/config'), place.git('rev-parse', 'HEAD')];
  const done = run(place, alone, ['run']);
  assert.equal(done.status, 0, done.stdout + done.stderr);
  const latest = place.latest();
  const isHeld = heldOf(place, 'stays').includes('landlock');
  // Where the kernel lists its modules it must be used.
  if (read('/sys/kernel/security/lsm').split(',').includes('landlock')) assert.ok(isHeld);
  if (!isHeld) {
    assert.equal(latest.steps.find((step) => step.id === 'beside').state, 'done', 'nothing holds it, and that is said');
    return;
  }
  for (const id of Object.keys(attacks)) {
    const step = latest.steps.find((each) => each.id === id);
    assert.equal(step.state, 'failed', id);
    assert.match(step.attempts[0].reason, /can write only in its workspace.*`writable`.*`isolation: none`/, id);
  }
  assert.doesNotMatch(latest.steps.find((step) => step.id === 'stays').attempts[0].reason, /writable/, 'what was not refused is not explained');
  assert.deepEqual([place.read('wavetrain.yml'), place.read('.git/config'), place.git('rev-parse', 'HEAD')], before);
  assert.deepEqual(readdirSync(place.root).toSorted(), ['repository']);
  assert.equal(place.git('branch', '--list', 'evil'), '');
  assert.equal(place.git('status', '--porcelain'), '');
  assert.equal(spawnSync('sqlite3', [join(place.path, '.wavetrain/state.db'), 'pragma integrity_check'], { encoding: 'utf8' }).stdout, 'ok\n');
  assert.ok(existsSync(join(place.path, '.wavetrain/runs', latest.id, 'work/stays.1/workspace')));
  assert.deepEqual(readdirSync(join(place.path, '.wavetrain/runs', latest.id, 'notes')), [], 'notes that stayed empty are gone');
}));

test('what an isolated step needs still works: outputs, notes, devices, a temporary folder, git in its checkout', withWorkspace({}, (place) => {
  mkdirSync(join(place.root, 'tmp'));
  place.pipeline(`
steps:
  - id: all
    workspace: fresh
    run: |
      echo made > "$WAVETRAIN_OUTPUT/made.txt"; mkdir -p a/b; echo x > a/x; mv a/x a/b/y; ln -s b a/l; rm -r a
      echo summed > "$WAVETRAIN_SUMMARY"; echo handed >> "$WAVETRAIN_HANDOFF"
      echo x > /dev/null; echo out > /dev/stdout; : > "$(mktemp)"
      case "$TMPDIR" in "$PWD/../tmp" | "$(dirname "$PWD")/tmp") ;; *) exit 9 ;; esac
    outputs: [made]
    contract: {type: command, run: 'test -s ../output/made.txt && : > "$(mktemp)"'}
  - {id: outside, workspace: fresh, env: {TMPDIR: ${join(place.root, 'tmp')}}, run: 'test "$TMPDIR" = ${join(place.root, 'tmp')} && mktemp'}
  - {id: tree, workspace: worktree, run: 'echo x > x.txt && git add -A && git -c user.name=a -c user.email=a@b commit -qm inside && git tag inside && git stash list && git gc -q'}
  - {id: reads, inputs: [made], needs: [all], run: 'cat "$WAVETRAIN_HANDOFFS" "$WAVETRAIN_INPUT/made.txt"'}
`);
  const done = run(place, alone, ['run']);
  assert.equal(done.status, 0, done.stdout + done.stderr);
  assert.match(logOf(place, 'reads'), /handed\n[^]*made\n/);
  assert.equal(place.read('x.txt'), 'x\n');
  assert.equal(place.git('tag'), '');
  assert.equal(readdirSync(join(place.root, 'tmp')).length, 1, 'its own temporary folder was for it to write');
}));

test('writable names more, isolation: none allows everything', withWorkspace({}, (place) => {
  place.pipeline(`
env: {HOME: ${place.root}}
execution: {isolation: none}
steps:
  - {id: none, workspace: fresh, run: 'echo x > "$HOME/none.txt"'}
  - id: named
    workspace: fresh
    isolation: auto
    writable: [~/cache/deep, build]
    run: 'echo x > ~/cache/deep/x; echo x > ${place.path}/build/x; ! echo x > "$HOME/named.txt" || test -z "$STRICT"'
`);
  const isHeld = () => heldOf(place, 'named').includes('landlock');
  const done = run(place, alone, ['run', '--allow-dirty'], { STRICT: 'x' });
  assert.equal(done.status, isHeld() ? 0 : 1, done.stdout + done.stderr);
  assert.deepEqual(heldOf(place, 'none').filter((word) => word === 'landlock'), []);
  assert.equal(read(join(place.root, 'none.txt')), 'x\n');
  assert.equal(read(join(place.root, 'cache/deep/x')), 'x\n');
  assert.equal(existsSync(join(place.root, 'named.txt')), !isHeld());
}));

test('a variable without a value among writable names nothing', withWorkspace({}, (place) => {
  place.pipeline(`
steps: [{id: a, workspace: fresh, writable: ["\${NO_SUCH_PLACE:-}"], run: 'echo x > "$R/made.txt"'}]
`);
  const done = run(place, alone, ['run'], { R: place.path });
  const isHeld = heldOf(place, 'a').includes('landlock');
  assert.equal(done.status, isHeld ? 1 : 0, done.stdout + done.stderr);
  assert.equal(place.exists('made.txt'), !isHeld);
}));

test('a place that cannot be made writable fails the step before it starts', withWorkspace({}, (place) => {
  place.pipeline(`
steps: [{id: a, workspace: fresh, writable: [wavetrain.yml/inner], run: 'touch ${place.root}/ran'}]
`);
  const done = run(place, alone, ['run']);
  if (done.status === 0) assert.deepEqual(heldOf(place, 'a').filter((word) => word === 'landlock'), []);
  else assert.match(place.latest().steps[0].attempts[0].reason, /'writable': .*wavetrain\.yml/);
  assert.equal(existsSync(join(place.root, 'ran')), done.status === 0);
}));

// --- isolation: require ---

for (const world of worlds) {
  test(`isolation: require holds whatever the workspace, or nothing starts, ${world.name}`, withWorkspace({}, (place) => {
    place.pipeline(`
steps:
  - {id: first, run: 'echo first > first.txt'}
  - {id: strict, isolation: require, needs: [first], run: 'echo in > in.txt; ! echo x > ../out.txt'}
`);
    const done = run(place, world, ['run']);
    if (done.status === 0) {
      assert.deepEqual(heldOf(place, 'strict'), ['session', world.cgroup ? 'cgroup' : 'namespace', 'landlock']);
      assert.equal(place.read('in.txt'), 'in\n');
    } else {
      assert.equal(done.status, 4, done.stdout + done.stderr);
      assert.match(done.stderr, /step 'strict' has 'isolation: require': .*(cgroup|Landlock)/);
      assert.match(done.stderr, /systemd-run|isolation: auto/);
      assert.ok(!place.exists('first.txt'), 'said before anything runs');
    }
    assert.ok(!existsSync(join(place.root, 'out.txt')));
  }));
}

// --- isolation: require where no cgroup can be had ---

const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
const bare = worlds.filter((world) => !world.cgroup);
/** As in containers, where no other /proc can be mounted: the kernel wants the one that is there to be whole. */
const covering = ['unshare', '-m', 'sh', '-c', 'mount -t tmpfs none /proc/fs && exec "$@"', 'sh'];
if (process.getuid() === 0 && spawnSync(nobody[0], [...nobody.slice(1), program, '--version']).status === 0) {
  const ordinary = (world, name, words) => ({ ...world, name: `${world.name}, as an ordinary user${name}`, words: [...world.words, ...words, ...nobody], user: 65534 });
  bare.push(...bare.flatMap((world) => [ordinary(world, '', []), ordinary(world, ' with a covered /proc', covering)]).filter((world) => inWorld(world, 'true').status === 0));
}

function inWorld(world, ...words) {
  const all = [...world.words, ...words];
  return spawnSync(all[0], all.slice(1), { encoding: 'utf8' });
}

/** Found out without the program: can a process namespace be made there? */
function hasNamespace(world) {
  const isRoot = inWorld(world, 'id', '-u').stdout === '0\n';
  return inWorld(world, 'unshare', ...(isRoot ? [] : ['-U']), '-p', '-m', '-f', 'true').status === 0;
}

/** The folder becomes that of the world's user; false: what is asked for cannot be had, it was refused with a reason. */
function canRequire(context, place, world) {
  if (world.user) assert.equal(spawnSync('chown', ['-R', `${world.user}:${world.user}`, place.root]).status, 0);
  if (hasNamespace(world)) return true;
  const done = run(place, world, ['run'], { HOME: place.root });
  assert.equal(done.status, 4, done.stdout + done.stderr);
  assert.match(done.stderr, /has 'isolation: require': .*(namespace|Landlock)/);
  context.skip('no namespace can be made here');
  return false;
}

/** The processes, of anybody, that are `sleep SECONDS`. */
const sleepers = (seconds) => readdirSync('/proc').filter((id) => {
  try {
    return readFileSync(`/proc/${id}/cmdline`, 'utf8') === `sleep\0${seconds}\0` && isAlive(id);
  } catch {
    return false;
  }
});
const uniqueSeconds = () => 1000000 + Math.floor(Math.random() * 1e9);
const escapee = (seconds) => `(setsid env -i sh -c 'echo x > kept; exec sleep ${seconds}' > /dev/null 2>&1 < /dev/null &); until test -e kept; do sleep 0.01; done`;

/** What a step may do to end; each is run held and not held. */
const endings = {
  fine: "run: 'echo out; echo err >&2'",
  three: "run: 'exit 3'",
  unknown: "run: 'true; nonesuch'",
  missing: 'run: [./nonesuch]',
  plain: 'run: [./wavetrain.yml]',
  script: 'run: [./without-magic, a b, c]',
  aborts: "run: 'kill -ABRT $$'",
  killed: "run: 'kill -KILL $$'",
  group: "run: 'kill -KILL 0'",
  trapped: `{timeout: 2s, grace: 1000s, run: 'trap "echo bye; exit 7" TERM; while :; do :; done'}`,
  deaf: `{timeout: 2s, grace: 10ms, run: 'trap "" TERM; exec sleep 1000'}`,
  hangs: "{stall: 1s, run: 'exec sleep 1000'}",
  outputs: `{outputs: [made], run: 'echo made > "$WAVETRAIN_OUTPUT/made.txt"; echo summed > "$WAVETRAIN_SUMMARY"', contract: {type: command, run: 'test -s "$WAVETRAIN_OUTPUT/made.txt"'}}`,
  who: `run: 'id -u; id -g; umask; pwd; ulimit -n; test -O wavetrain.yml && cat < /dev/null'`,
};

for (const world of bare) {
  test(`a step in a namespace ends as it would without, ${world.name}`, withWorkspace({}, (place, context) => {
    const steps = ['require', 'none'].flatMap((isolation) => Object.entries(endings).map(([id, text]) =>
      `  - {id: ${id}-${isolation}, isolation: ${isolation}, optional: true, ${text.replace(/^\{|\}$/g, '')}}`.replaceAll('made', `made-${isolation}`)));
    place.write('without-magic', 'echo "$#:$1:$2"\n', 0o755);
    place.pipeline(`\nsteps:\n${steps.join('\n')}\n`);
    if (!canRequire(context, place, world)) return;
    const env = { HOME: place.root };
    const done = run(place, world, ['run', '-j', '4'], env);
    if (/Landlock/.test(done.stderr)) return void context.skip('no Landlock');
    assert.equal(done.status, 0, done.stdout + done.stderr);
    const latest = JSON.parse(run(place, world, ['status', '--format', 'json'], env).stdout);
    const folder = join(place.path, '.wavetrain/runs', latest.id, 'log');
    const seen = (name) => {
      const { state, failure, exit_status: status, signal, reason, containment } = latest.steps.find((step) => step.id === name).attempts[0];
      // What is said of writes beside it is for the one that is held.
      return { end: { state, failure, status, signal, reason: reason?.replace(/; it can write only in .*/, ''), log: read(join(folder, `${name}.1.log`)) }, containment };
    };
    for (const id of Object.keys(endings)) {
      const [held, free] = [seen(`${id}-require`), seen(`${id}-none`)];
      assert.deepEqual(held.end, free.end, id);
      if (held.containment.length) assert.deepEqual(held.containment, ['session', 'namespace', 'landlock'], id);
    }
    assert.equal(seen('trapped-require').end.log, 'bye\n');
    assert.deepEqual(seen('fine-require').containment, ['session', 'namespace', 'landlock']);
  }));

  test(`what has left session and environment ends with its step in a namespace, ${world.name}`, withWorkspace({}, (place, context) => {
    const seconds = uniqueSeconds();
    place.pipeline(`
execution: {mode: frontier}
steps:
  - {id: leaves, isolation: require, run: '${escapee(seconds).replaceAll("'", "''")}'}
  - {id: beside, run: 'until test -e over; do sleep 0.01; done'}
  - {id: looks, needs: [leaves], run: 'touch over; for file in /proc/[0-9]*/cmdline; do case "$(tr "\\0" " " 2> /dev/null < "$file")" in "sleep ${seconds} ") exit 9 ;; esac; done'}
`);
    if (!canRequire(context, place, world)) return;
    const done = run(place, world, ['run', '-j', '2'], { HOME: place.root });
    if (/Landlock/.test(done.stderr)) return void context.skip('no Landlock');
    assert.equal(done.status, 0, done.stdout + done.stderr);
    assert.match(read(join(place.path, '.wavetrain/runs', readdirSync(join(place.path, '.wavetrain/runs'))[0], 'log/leaves.1.log')), /processes that the step left behind are being ended/);
    assert.deepEqual(sleepers(seconds), []);
  }));

  test(`nothing of a step in a namespace outlives a runner that is killed, ${world.name}`, withWorkspace({}, async (place, context) => {
    const seconds = uniqueSeconds();
    place.pipeline(`
steps: [{id: leaves, isolation: require, run: '${escapee(seconds).replaceAll("'", "''")}; sleep ${seconds}'}]
`);
    if (!canRequire(context, place, world)) return;
    const words = [...world.words, program, 'run'];
    const child = spawn(words[0], words.slice(1), { cwd: place.path, env: cleanEnvironment({ HOME: place.root }), stdio: 'ignore' });
    const ended = new Promise((resolve) => child.on('close', resolve));
    await until(() => sleepers(seconds).length === 2 || child.exitCode !== null, 'the step to start');
    if (child.exitCode === 4) return void context.skip('no Landlock');
    process.kill(child.pid, 'SIGKILL');
    await ended;
    await until(() => !sleepers(seconds).length, 'the kernel to end them');
  }));
}

test('isolation: require says why no namespace can be made', withWorkspace({}, (place, context) => {
  place.pipeline(`
steps: [{id: strict, isolation: require, run: 'touch ran'}]
`);
  // The limits of a user namespace of its own: nobody else's change.
  const limit = 'for kind in user pid mnt; do echo 0 > "/proc/sys/user/max_${kind}_namespaces" || exit 77; done; exec "$@"';
  const cover = mountPoints.map((point) => `mount -t tmpfs none '${point}' || exit 77; `).join('');
  const words = ['unshare', '-U', '-r', '-m', 'sh', '-c', cover + limit, 'sh'];
  if (spawnSync(words[0], [...words.slice(1), 'true']).status !== 0) return void context.skip('no user namespace can be made here');
  const done = run(place, { words }, ['run']);
  assert.equal(done.status, 4, done.stdout + done.stderr);
  assert.match(done.stderr, /step 'strict' has 'isolation: require': .*(max_user_namespaces|Landlock)/);
  assert.match(done.stderr, /systemd-run.*isolation: auto/);
  assert.ok(!place.exists('ran'));
}));
