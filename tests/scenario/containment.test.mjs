// How steps are held: nothing they start outlives them, and an isolated one writes only in its own.
// A machine without cgroups or Landlock has the weaker kind tested: that it is said, and what it does.
import test from 'node:test';
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { cleanEnvironment, program, until, withWorkspace } from '../rig/workspace.mjs';
import { alone, heldOf, isAlive, missing, read, run, worlds } from '../rig/held_worlds.mjs';

test('every system that is weaker than this one is there', { skip: missing || false }, () => {});

const logOf = (place, id) => read(join(place.path, '.wavetrain/runs', place.latest().id, `log/${id}.1.log`));
const pidIn = (path) => Number(read(path).trim());

/** True in a step while the process whose id is in the file is there; neither before its exec is over, nor when it waits to be reaped. */
const sleeps = (file) => `grep -qszx sleep "/proc/$(cat ${file} 2> /dev/null || echo none)/cmdline"`;

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

test('what a killed runner has left is ended when its run is resumed, also without a mark', withWorkspace({}, async (place) => {
  // A cgroup would stay behind with nobody to remove it.
  const world = worlds.find((each) => !each.cgroup) ?? alone;
  place.pipeline(`
steps:
  - {id: leaves, run: 'test -e ../again || { ${daemon('../left', false).replaceAll("'", "''")}; touch ../started; sleep 1000; }'}
`);
  const child = spawn([...world.words, program][0], [...world.words, program, 'run'].slice(1), { cwd: place.path, env: cleanEnvironment(), stdio: 'ignore' });
  const ended = new Promise((resolve) => child.on('close', resolve));
  await until(() => existsSync(join(place.root, 'started')), 'the step to start');
  child.kill('SIGKILL');
  await ended;
  rmSync(join(place.path, '.wavetrain/running'));
  writeFileSync(join(place.root, 'again'), '');
  const done = run(place, world, ['resume']);
  assert.equal(done.status, 0, done.stdout + done.stderr);
  assert.ok(!isAlive(pidIn(join(place.root, 'left'))));
}));

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

test('a run of another folder with the same id goes on, whatever its program is called', withWorkspace({}, async (place) => {
  place.pipeline(`
steps: [{id: a, run: 'touch ../begun; until test -e ../over; do sleep 0.05; done'}]
`);
  const renamed = join(place.root, 'renamed');
  cpSync(program, renamed);
  // As an ordinary daemon: nothing above it is above the other start too.
  const child = spawn(renamed, ['run'], { cwd: place.path, env: cleanEnvironment(), stdio: 'ignore', detached: true });
  const ended = new Promise((resolve) => child.on('close', resolve));
  await until(() => existsSync(join(place.root, 'begun')), 'the step');
  const other = join(place.root, 'below', 'other');
  mkdirSync(join(other, '.wavetrain'), { recursive: true });
  writeFileSync(join(other, 'wavetrain.yml'), "steps: [{id: a, run: 'true'}]\n");
  // What a killed runner of the same second leaves there.
  writeFileSync(join(other, '.wavetrain/running'), `${read(join(place.path, '.wavetrain/running')).split('\n')[0]}\n\n`);
  const there = spawnSync(program, ['run'], { cwd: other, env: cleanEnvironment({ GIT_CEILING_DIRECTORIES: place.root }), encoding: 'utf8', timeout: 60000 });
  assert.equal(there.status, 0, there.stdout + there.stderr);
  assert.ok(!existsSync(join(other, '.wavetrain/running')));
  writeFileSync(join(place.root, 'over'), '');
  assert.equal(await ended, 0, read(join(place.path, '.wavetrain/runs', place.latest().id, 'log/a.1.log')));
}));

// --- what they may write ---

/** A test of what may be written, with Landlock and without. */
function testWrites(name, body) {
  for (const world of worlds.filter((each) => each === alone || each.landlock !== alone.landlock)) test(`${name}, ${world.name}`, withWorkspace({}, (place) => body(place, world, world.landlock > 0)));
}

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

testWrites('an isolated step writes only in its own folder; what is refused is explained', (place, world, isHeld) => {
  place.pipeline(`
env: {R: ${place.path}, HOME: ${place.root}}
steps:
  - {id: stays, workspace: fresh, optional: true, run: 'echo stays; exit 3'}
${Object.entries(attacks).map(([id, script]) => `  - {id: ${id}, workspace: fresh, optional: true, needs: [{step: stays, soft: true}], run: '${script}'}`).join('\n')}
`);
  const before = [place.read('wavetrain.yml'), place.read('.git/config'), place.git('rev-parse', 'HEAD')];
  const done = run(place, world, ['run']);
  assert.equal(done.status, 0, done.stdout + done.stderr);
  const latest = place.latest();
  assert.deepEqual(heldOf(place, 'stays'), ['session', ...(world.cgroup ? ['cgroup'] : []), ...(isHeld ? ['landlock'] : [])]);
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
});

testWrites('what an isolated step needs still works: outputs, notes, devices, a temporary folder, git in its checkout', (place, world, isHeld) => {
  mkdirSync(join(place.root, 'tmp'));
  place.pipeline(`
steps:
  - id: all
    workspace: fresh
    run: |
      echo made > "$WAVETRAIN_OUTPUT/made.txt"; mkdir -p a/b; echo x > a/x; mv a/x a/b/y; ln -s b a/l; rm -r a
      echo summed > "$WAVETRAIN_SUMMARY"; echo handed >> "$WAVETRAIN_HANDOFF"
      echo x > /dev/null; echo out > /dev/stdout; : > "$(mktemp)"
      ${isHeld ? 'case "$TMPDIR" in "$PWD/../tmp" | "$(dirname "$PWD")/tmp") ;; *) exit 9 ;; esac' : ''}
    outputs: [made]
    contract: {type: command, run: 'test -s ../output/made.txt && : > "$(mktemp)"'}
  - {id: outside, workspace: fresh, env: {TMPDIR: ${join(place.root, 'tmp')}}, run: 'test "$TMPDIR" = ${join(place.root, 'tmp')} && mktemp'}
  - {id: tree, workspace: worktree, run: 'echo x > x.txt && git add -A && git -c user.name=a -c user.email=a@b commit -qm inside && git tag inside && git stash list && git gc -q'}
  - {id: reads, inputs: [made], needs: [all], run: 'cat "$WAVETRAIN_HANDOFFS" "$WAVETRAIN_INPUT/made.txt"'}
`);
  const done = run(place, world, ['run']);
  assert.equal(done.status, 0, done.stdout + done.stderr);
  assert.match(logOf(place, 'reads'), /handed\n[^]*made\n/);
  assert.equal(place.read('x.txt'), 'x\n');
  assert.equal(place.git('tag'), '');
  assert.equal(readdirSync(join(place.root, 'tmp')).length, 1, 'its own temporary folder was for it to write');
});

const initialize = (store, tree) => spawnSync('git', ['init', '-q', '-b', 'main', `--separate-git-dir=${store}`, tree], { env: cleanEnvironment() });
/** The history lies where steps may write otherwise, the work tree does not; each gives the work tree, made in root. */
const apart = {
  'a separate git folder': (place) => {
    const tree = join(place.root, 'apart');
    initialize(join(place.root, 'tmp', 'store.git'), tree);
    return tree;
  },
  'one in shared memory': (place) => {
    const [memory, tree] = [mkdtempSync('/dev/shm/wavetrain-'), join(place.root, 'apart')];
    test.after(() => rmSync(memory, { recursive: true }));
    initialize(join(memory, 'store.git'), tree);
    return tree;
  },
  'a linked work tree': (place) => {
    const [main, tree] = [join(place.root, 'tmp', 'main'), join(place.root, 'linked')];
    place.commit('first');
    cpSync(place.path, main, { recursive: true });
    spawnSync('git', ['-C', main, 'worktree', 'add', '-q', '-b', 'other', tree], { env: cleanEnvironment() });
    return tree;
  },
};
for (const [name, make] of Object.entries(apart)) {
  testWrites(`a history that lies where steps may write is not opened with it: ${name}`, (place, world, isHeld) => {
    mkdirSync(join(place.root, 'tmp'));
    const tree = make(place);
    const there = { ...place, path: tree };
    const git = (...words) => spawnSync('git', ['-C', tree, '-c', 'user.name=a', '-c', 'user.email=a@b', ...words], { env: cleanEnvironment(), encoding: 'utf8' });
    const [own, common] = git('rev-parse', '--absolute-git-dir', '--path-format=absolute', '--git-common-dir').stdout.trim().split('\n');
    assert.ok(!common.startsWith(tree), common);
    writeFileSync(join(tree, 'wavetrain.yml'), `
env: {TMPDIR: ${place.root}/tmp}
steps:
  - {id: works, workspace: fresh, run: ': > "$(mktemp)" && case "$(mktemp)" in "$TMPDIR"/*) ;; *) exit 9 ;; esac'}
  - {id: common, workspace: fresh, optional: true, run: 'echo x > ${common}/reached'}
  - {id: own, workspace: fresh, optional: true, run: 'echo x > ${own}/touched'}
  - {id: tree, workspace: worktree, optional: true, run: ': > "$(mktemp)"; git -C ${tree} branch evil'}
`);
    git('add', '-A');
    git('commit', '-qm', 'pipeline');
    const done = run(there, world, ['run']);
    assert.equal(done.status, 0, done.stdout + done.stderr);
    const latest = JSON.parse(run(there, world, ['status', '--format', 'json']).stdout);
    const [works, ...reach] = latest.steps;
    assert.equal(works.attempts[0].containment.includes('landlock'), isHeld);
    for (const step of reach) assert.equal(step.state, isHeld ? 'failed' : 'done', step.id);
    for (const path of [join(common, 'reached'), join(own, 'touched')]) assert.equal(existsSync(path), !isHeld, path);
    assert.equal(git('branch', '--list', 'evil').stdout !== '', !isHeld);
  });
}

testWrites('writable names more, isolation: none allows everything', (place, world, isHeld) => {
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
  const done = run(place, world, ['run', '--allow-dirty'], { STRICT: 'x' });
  assert.equal(done.status, isHeld ? 0 : 1, done.stdout + done.stderr);
  assert.deepEqual(heldOf(place, 'none').filter((word) => word === 'landlock'), []);
  assert.equal(read(join(place.root, 'none.txt')), 'x\n');
  assert.equal(read(join(place.root, 'cache/deep/x')), 'x\n');
  assert.equal(existsSync(join(place.root, 'named.txt')), !isHeld);
});

testWrites('a variable without a value among writable names nothing', (place, world, isHeld) => {
  place.pipeline(`
steps: [{id: a, workspace: fresh, writable: ["\${NO_SUCH_PLACE:-}"], run: 'echo x > "$R/made.txt"'}]
`);
  const done = run(place, world, ['run'], { R: place.path });
  assert.equal(done.status, isHeld ? 1 : 0, done.stdout + done.stderr);
  assert.equal(place.exists('made.txt'), !isHeld);
});

testWrites('a place that cannot be made writable fails the step before it starts', (place, world, isHeld) => {
  place.pipeline(`
steps: [{id: a, workspace: fresh, writable: [wavetrain.yml/inner], run: 'touch ${place.root}/ran'}]
`);
  const done = run(place, world, ['run']);
  assert.equal(done.status, 1, done.stdout + done.stderr);
  assert.match(place.latest().steps[0].attempts[0].reason, /'writable': .*wavetrain\.yml/);
  assert.ok(!existsSync(join(place.root, 'ran')));
});
