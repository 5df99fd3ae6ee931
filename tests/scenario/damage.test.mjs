// The record is damaged in every way that a disk or a hand can: resume notices it or it does no
// harm. Never a crash, a hang, a step taken as done that is not, a step done twice, a lost file.
// WAVETRAIN_DAMAGE=500 flips so many bits of each kind of page, the smoke form a few;
// WAVETRAIN_DAMAGE_SEED gives other ones.
import test from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanEnvironment, program, until, withWorkspace } from '../rig/workspace.mjs';

const flipsOfAKind = Number(process.env.WAVETRAIN_DAMAGE ?? 4);
const seed = Number(process.env.WAVETRAIN_DAMAGE_SEED ?? 1);

/** The last step fails until the file `go` is beside the repository. */
const pipeline = `
name: damaged
execution: {jobs: 1}
steps:
  - {id: one, run: 'echo one >> "$LEDGER"; echo 1 > one.txt; echo made > made.txt; echo said', outputs: {part: made.txt}}
  - {id: two, needs: [one], run: 'echo two >> "$LEDGER"; echo 2 > two.txt', contract: {type: files, files: [two.txt]}}
  - {id: tree, needs: [one], workspace: worktree, isolation: none, run: 'echo tree >> "$LEDGER"; echo t > tree.txt'}
  - {id: three, inputs: [part], needs: [two, tree], run: 'echo three >> "$LEDGER"; test -e "$GO" && cat one.txt two.txt tree.txt "$WAVETRAIN_INPUT/part.txt" > three.txt'}
`;
const finished = { 'made.txt': 'made\n', 'one.txt': '1\n', 'two.txt': '2\n', 'tree.txt': 't\n', 'three.txt': '1\n2\nt\nmade\n' };

const database = (place) => join(place, '.wavetrain', 'state.db');
const aside = (place) => readdirSync(join(place, '.wavetrain')).filter((name) => name.startsWith('state.db.damaged-'));

function sqlite(path, sql) {
  const done = spawnSync('sqlite3', [path, sql], { encoding: 'utf8' });
  assert.equal(done.status, 0, done.stderr);
  return done.stdout.trim();
}

/** A repository whose run has failed in its last step. */
function prepare(workspace) {
  workspace.pipeline(pipeline);
  const ledger = join(workspace.root, 'ledger');
  const failed = workspace.run(['run'], { env: { LEDGER: ledger, GO: join(workspace.root, 'go') } });
  assert.equal(failed.status, 1, failed.stdout + failed.stderr);
  assert.deepEqual(readFileSync(ledger, 'utf8').trim().split('\n').sort(), ['one', 'three', 'tree', 'two']);
  return { place: workspace.path, ledger };
}

/** What is done at a place, with a folder beside it. */
function standAt(folder, place) {
  const at = { folder, place, ledger: join(folder, 'ledger'), go: join(folder, 'go') };
  at.run = (...words) => {
    const done = spawnSync(program, words, { cwd: at.place, env: cleanEnvironment({ LEDGER: at.ledger, GO: at.go }), encoding: 'utf8', timeout: 120000 });
    assert.equal(done.signal, null, `${words.join(' ')} was ended by ${done.signal}: ${done.stderr}`);
    return done;
  };
  at.git = (...words) => {
    const done = spawnSync('git', words, { cwd: at.place, env: cleanEnvironment(), encoding: 'utf8' });
    assert.equal(done.status, 0, done.stderr);
    return done.stdout.trimEnd();
  };
  return at;
}

/** A copy of it to do harm to; calls body, which throws with the copy kept. */
function withCopy(of, body) {
  const folder = mkdtempSync(join(tmpdir(), 'wavetrain-damage-'));
  const at = standAt(folder, join(folder, 'repository'));
  cpSync(of.place, at.place, { recursive: true });
  cpSync(of.ledger, at.ledger);
  writeFileSync(at.go, '');
  try {
    const result = body(at);
    rmSync(folder, { recursive: true });
    return result;
  } catch (error) {
    error.message += ` (kept in ${folder})`;
    throw error;
  }
}

/** Resumed, the run ends as an undisturbed one; returns whether the record was set aside. */
function resumeAndCheck(at, what) {
  const resumed = at.run('resume');
  const said = `${what}: ${resumed.stdout}${resumed.stderr}`;
  assert.equal(resumed.status, 0, said);
  const ran = readFileSync(at.ledger, 'utf8').trim().split('\n').sort();
  assert.deepEqual(ran, ['one', 'three', 'three', 'tree', 'two'], `${said}\nevery finished step ran once`);
  for (const [name, text] of Object.entries(finished)) assert.equal(at.git('show', `HEAD:${name}`) + '\n', text, `${said}\n${name}`);
  assert.equal(at.git('status', '--porcelain'), '', said);
  at.git('fsck', '--strict');
  assert.equal(sqlite(database(at.place), 'PRAGMA integrity_check'), 'ok', said);
  const states = JSON.parse(at.run('status', '--format', 'json').stdout).steps.map((step) => `${step.id} ${step.state}`);
  assert.deepEqual(states.sort(), ['one done', 'three done', 'tree done', 'two done'], said);
  const audit = at.run('audit');
  assert.equal(audit.status, 0, audit.stderr);
  assert.match(audit.stderr, /sealed, intact: \d+ events/);
  const noticed = aside(at.place).length > 0;
  if (noticed) assert.match(resumed.stderr, /damaged.* it lies in .*state\.db\.damaged-\d{8}T\d{6}Z/);
  if (noticed) assert.match(resumed.stderr, /put on record anew from its commits up to [0-9a-f]{12}: 3 of 4 steps are done/);
  return noticed;
}

/** mulberry32: numbers below a bound, the same for the same seed. */
function generator(state) {
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Bits of the used parts of pages, of each kind that a file has. */
function placesOf(path) {
  const size = Number(sqlite(path, 'PRAGMA page_size'));
  const rows = sqlite(path, "SELECT pageno || ' ' || name || ' ' || (4096 - unused) FROM dbstat").split('\n').map((row) => row.split(' '));
  const start = (page) => (Number(page) - 1) * size;
  const of = (pattern) => rows.filter(([, name]) => pattern.test(name)).map(([page]) => [start(page), size]);
  const used = new Set(rows.map(([page]) => Number(page)));
  const pages = statSync(path).size / size;
  const free = Array.from({ length: pages }, (_, i) => i + 1).filter((page) => !used.has(page)).map((page) => [start(page), size]);
  return {
    header: [[0, 100]], schema: [[100, size - 100]], events: of(/^events$/), seals: of(/^seals$/), index: of(/autoindex/),
    steps: of(/^(steps|step_texts|step_results)$/), rest: of(/^(runs|attempts|artifacts|checkpoints|edges|waves|groups|gates|contracts)$/), free,
  };
}

function flip(path, ranges, draw) {
  const bytes = readFileSync(path);
  let at;
  /* Bytes that nothing is in tell nothing. */
  for (let i = 0; i < 200; i++) {
    const [first, size] = ranges[draw(ranges.length)];
    at = first + draw(size);
    if (bytes[at] !== 0) break;
  }
  const bit = draw(8);
  bytes[at] ^= 1 << bit;
  writeFileSync(path, bytes);
  return `bit ${bit} of byte ${at}`;
}

test('bits that flip in any kind of page are noticed or harmless', withWorkspace({}, (workspace) => {
  const of = prepare(workspace);
  /* Pages that were in use once are in every old file. */
  sqlite(database(of.place), "CREATE TABLE gone (x); INSERT INTO gone SELECT hex(randomblob(20000)); DROP TABLE gone");
  assert.equal(withCopy(of, (at) => resumeAndCheck(at, 'untouched')), false, 'what is whole is left alone');
  const draw = generator(seed);
  for (const [kind, ranges] of Object.entries(placesOf(database(of.place)))) {
    assert.ok(ranges.length > 0, `the file has pages of kind ${kind}`);
    let noticed = 0;
    for (let i = 0; i < flipsOfAKind; i++)
      noticed += withCopy(of, (at) => resumeAndCheck(at, `${kind}: ${flip(database(at.place), ranges, draw)}`));
    if (kind === 'events' || kind === 'seals') assert.ok(noticed > 0, `a flip in ${kind} is noticed`);
  }
}));

test('a file that is none any more is set aside, and the run goes on from its commits', withWorkspace({}, (workspace) => {
  const of = prepare(workspace);
  const size = statSync(database(of.place)).size;
  const harms = {
    'cut in the middle': (path) => truncateSync(path, size / 2),
    'cut within a page': (path) => truncateSync(path, size - 1000),
    'of zeros': (path) => writeFileSync(path, Buffer.alloc(size)),
    'of garbage': (path) => writeFileSync(path, 'this is no database\n'.repeat(500)),
    'its first page lost': (path) => writeFileSync(path, Buffer.concat([Buffer.alloc(4096), readFileSync(path).subarray(4096)])),
  };
  for (const [what, harm] of Object.entries(harms))
    withCopy(of, (at) => {
      harm(database(at.place));
      const read = at.run('status');
      /* What a reader does not touch it does not miss. */
      if (what === 'cut within a page' && read.status === 0) return assert.equal(resumeAndCheck(at, what), true, what);
      assert.equal(read.status, 4, `${what}: ${read.stdout}${read.stderr}`);
      assert.match(read.stderr, /state\.db is damaged.*\[record-damaged\]\n.*'wavetrain resume' sets it aside/);
      assert.equal(resumeAndCheck(at, what), true, what);
    });
  withCopy(of, (at) => {
    unlinkSync(database(at.place));
    assert.equal(resumeAndCheck(at, 'gone'), false, 'there is nothing to set aside');
  });
  withCopy(of, (at) => {
    truncateSync(database(at.place), 0);
    const read = at.run('status');
    assert.equal(read.status, 4, read.stdout + read.stderr);
    assert.match(read.stderr, /state\.db is damaged: nothing is left of it \[record-damaged\]/);
    assert.equal(resumeAndCheck(at, 'cut to nothing'), true);
  });
  for (const when of ['auto', 'require'])
    withCopy(of, (at) => {
      truncateSync(database(at.place), 0);
      const resumed = at.run('run', `--resume=${when}`);
      assert.equal(resumed.status, 0, resumed.stdout + resumed.stderr);
      assert.match(resumed.stderr, /nothing is left of it; it lies in .*\n.*put on record anew/);
      assert.deepEqual(readFileSync(at.ledger, 'utf8').trim().split('\n').sort(), ['one', 'three', 'three', 'tree', 'two']);
    });
}));

test('what is wrong within a record that SQLite opens is said in a sentence', withWorkspace({}, (workspace) => {
  const of = prepare(workspace);
  withCopy(of, (at) => {
    sqlite(database(at.place), "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'reason TEXT', 'raeson TEXT') WHERE name = 'runs'");
    const read = at.run('status');
    assert.equal(read.status, 4, read.stdout + read.stderr);
    assert.match(read.stderr, /state\.db is damaged: its tables are not ours \(no such column: reason\) \[record-damaged\]/);
    assert.equal(resumeAndCheck(at, 'another column'), true);
  });
  withCopy(of, (at) => {
    /* Two tables on one page: nothing but a look at all of the file finds it. */
    sqlite(database(at.place), "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'artifacts') WHERE name = 'edges'");
    const resumed = at.run('resume');
    assert.equal(resumed.status, 0, resumed.stdout + resumed.stderr);
    assert.match(resumed.stderr, /^wavetrain: \/\S*state\.db is damaged: its structure is broken, SQLite says of it '[^'\n*]+'; it lies in \S+ now$/m);
  });
}));

test('a new run sets a damaged record aside and names the runs that are no longer listed', withWorkspace({}, (workspace) => {
  const of = prepare(workspace);
  withCopy(of, (at) => {
    const old = readdirSync(join(at.place, '.wavetrain', 'runs'))[0];
    const before = readFileSync(database(at.place)).fill(0x55, 0, 50);
    writeFileSync(database(at.place), before);
    const begun = at.run('run', '-q');
    assert.equal(begun.status, 0, begun.stdout + begun.stderr);
    assert.match(begun.stderr, new RegExp(`it lies in .*state\\.db\\.damaged-[^\\n]*\\n.*no longer listed, with reports and commits still there: ${old}`));
    assert.deepEqual(readFileSync(join(at.place, '.wavetrain', aside(at.place)[0])), before, 'it is kept as it was');
    assert.ok(existsSync(join(at.place, '.wavetrain', 'runs', old, 'report', 'report.html')));
    at.git('rev-parse', `refs/wavetrain/runs/${old}`);
    assert.equal(JSON.parse(at.run('runs', '--format', 'json').stdout).runs.length, 1);
    /* By its name the old one is still found. */
    const resumed = at.run('resume', old);
    assert.match(resumed.stderr, /put on record anew/);
  });
}));

test('a text that was changed by hand is named by audit and not gone on from', withWorkspace({}, (workspace) => {
  const of = prepare(workspace);
  withCopy(of, (at) => {
    sqlite(database(at.place), "DROP TRIGGER events_are_not_changed; UPDATE events SET json = replace(json, 'permanent', 'transient') WHERE type = 'step_failed'");
    const sequence = sqlite(database(at.place), "SELECT sequence FROM events WHERE type = 'step_failed'");
    const audit = at.run('audit');
    assert.equal(audit.status, 4);
    assert.match(audit.stdout, /STEP_FAILED/, 'the events are printed all the same');
    const named = audit.stderr.match(/damaged: run 'run_\w+' \(events? (\d+)(?: to (\d+))?\): does not fit its seal \[record-damaged\]/);
    assert.ok(named, audit.stderr);
    assert.ok(Number(named[1]) <= Number(sequence) && Number(sequence) <= Number(named[2] ?? named[1]), audit.stderr);
    assert.equal(resumeAndCheck(at, 'changed by hand'), true);
  });
}));

/** A runner that is killed leaves its newest transactions in the -wal file alone. */
async function prepareKilled(workspace) {
  workspace.pipeline(pipeline.replace('test -e "$GO" &&', 'test -e "$GO" || sleep 100;'));
  const ledger = join(workspace.root, 'ledger');
  const child = workspace.start(['run'], { env: { LEDGER: ledger, GO: join(workspace.root, 'go') } });
  await until(() => existsSync(ledger) && readFileSync(ledger, 'utf8').includes('three'), 'the last step');
  child.kill('SIGKILL');
  await child.ended;
  assert.ok(statSync(`${database(workspace.path)}-wal`).size > 0);
  return { place: workspace.path, ledger };
}

test('after a kill: the -wal file lost, damaged, or of another database', withWorkspace({}, async (workspace) => {
  const of = await prepareKilled(workspace);
  assert.equal(withCopy(of, (at) => resumeAndCheck(at, 'untouched')), false);
  withCopy(of, (at) => {
    rmSync(`${database(at.place)}-wal`);
    rmSync(`${database(at.place)}-shm`, { force: true });
    resumeAndCheck(at, '-wal lost');
  });
  withCopy(of, (at) => {
    rmSync(`${database(at.place)}-shm`, { force: true });
    const other = join(at.folder, 'other.db');
    const made = spawnSync('sh', ['-c', 'sqlite3 "$1" "PRAGMA journal_mode = WAL; CREATE TABLE t (x); INSERT INTO t SELECT hex(randomblob(9000))" ".shell cp $1-wal $2"', 'sh', other, `${database(at.place)}-wal`], { encoding: 'utf8' });
    assert.equal(made.status, 0, made.stderr);
    resumeAndCheck(at, '-wal of another database');
  });
  for (const harm of [(path) => truncateSync(path, 0), unlinkSync])
    withCopy(of, (at) => {
      rmSync(`${database(at.place)}-shm`, { force: true });
      const wal = readFileSync(`${database(at.place)}-wal`);
      harm(database(at.place));
      assert.equal(resumeAndCheck(at, 'nothing but the -wal file'), true);
      assert.deepEqual(readFileSync(join(at.place, '.wavetrain', `${aside(at.place).find((name) => name.endsWith('-wal'))}`)), wal, 'it is kept');
    });
  const draw = generator(seed);
  for (let i = 0; i < flipsOfAKind; i++)
    withCopy(of, (at) => {
      rmSync(`${database(at.place)}-shm`, { force: true });
      const size = statSync(`${database(at.place)}-wal`).size;
      resumeAndCheck(at, `-wal: ${flip(`${database(at.place)}-wal`, [[0, size]], draw)}`);
    });
}));

test('where nothing was committed yet resume says so, and an older run is not taken for the latest', withWorkspace({}, (workspace) => {
  workspace.pipeline("steps: [{id: only, run: 'exit 1'}]");
  assert.equal(workspace.run(['run']).status, 1);
  writeFileSync(database(workspace.path), 'garbage'.repeat(1000));
  const resumed = workspace.run(['resume']);
  assert.equal(resumed.status, 2, resumed.stdout + resumed.stderr);
  assert.match(resumed.stderr, /it lies in .*damaged-.*\n[^]*nothing of it was committed \[run-unknown\]\n.*'wavetrain run' begins anew/);
  assert.equal(workspace.run(['run', '--resume=auto']).status, 1);
  assert.equal(JSON.parse(workspace.run(['runs', '--format', 'json']).stdout).runs.length, 1);
}));

test('in another clone, with no record at all, the commits alone are enough', withWorkspace({}, (workspace) => {
  const of = prepare(workspace);
  withCopy(of, (at) => {
    const run = readdirSync(join(at.place, '.wavetrain', 'runs'))[0];
    const artifacts = join(at.place, '.wavetrain', 'runs', run, 'artifacts');
    const kept = join(at.folder, 'artifacts');
    cpSync(artifacts, kept, { recursive: true });
    rmSync(join(at.place, '.wavetrain'), { recursive: true });
    assert.match(at.run('resume').stderr, /no run/, 'without a name nothing of another clone is taken up');
    cpSync(kept, artifacts, { recursive: true });
    assert.equal(resumeAndCheck(at, 'no record'), false);
  });
}));

test('the run\'s reference lost: the record knows its commits', withWorkspace({}, (workspace) => {
  const of = prepare(workspace);
  withCopy(of, (at) => {
    const run = readdirSync(join(at.place, '.wavetrain', 'runs'))[0];
    at.git('update-ref', '-d', `refs/wavetrain/runs/${run}`);
    assert.equal(resumeAndCheck(at, 'no reference'), false);
    assert.equal(at.git('rev-parse', `refs/wavetrain/runs/${run}`), at.git('rev-parse', 'HEAD'));
  });
}));

test('what a list became stays done, and a gate asks again', withWorkspace({}, (workspace) => {
  workspace.write('.gitignore', 'ledger\n');
  workspace.pipeline(`
steps:
  - {id: list, run: 'echo list >> ledger; printf "[1, 2, 3]" > "$WAVETRAIN_OUTPUT/numbers.json"; echo l > l.txt', outputs: [numbers]}
  - {id: each, foreach: numbers, run: 'echo each >> ledger; date +%s%N > each-$$.txt'}
  - {id: sign, needs: [each], gate: manual, run: 'echo sign >> ledger; echo s > s.txt'}
  - {id: ship, needs: [sign], run: 'echo ship >> ledger; echo shipped > shipped.txt'}
`);
  const waiting = workspace.run(['run']);
  assert.equal(waiting.status, 75, waiting.stdout + waiting.stderr);
  const harm = () => writeFileSync(database(workspace.path), readFileSync(database(workspace.path)).fill(0x55, 0, 50));
  harm();
  const again = workspace.run(['resume']);
  assert.equal(again.status, 75, again.stdout + again.stderr);
  assert.match(again.stderr, /5 of 6 steps are done/);
  assert.match(again.stdout, /sign waits for approval/);
  assert.equal(workspace.run(['approve', 'latest', 'sign']).status, 0);
  /* The approval is in no commit. */
  harm();
  assert.equal(workspace.run(['resume']).status, 75);
  assert.equal(workspace.run(['approve', 'latest', 'sign']).status, 0);
  const ended = workspace.run(['resume']);
  assert.equal(ended.status, 0, ended.stdout + ended.stderr);
  assert.deepEqual(workspace.read('ledger').trim().split('\n'), ['list', 'each', 'each', 'each', 'sign', 'ship']);
  assert.equal(workspace.run(['audit']).status, 0);
}));

test('a definition that changed since is run again, also from commits', withWorkspace({}, (workspace) => {
  const steps = (word) => `steps:\n  - {id: one, run: 'echo ${word} >> one.txt'}\n  - {id: two, needs: [one], run: 'test -e ../go && echo two > two.txt'}\n`;
  workspace.pipeline(steps('old'));
  assert.equal(workspace.run(['run']).status, 1);
  workspace.pipeline(steps('new'));
  writeFileSync(join(workspace.root, 'go'), '');
  truncateSync(database(workspace.path), 5000);
  const resumed = workspace.run(['resume']);
  assert.equal(resumed.status, 0, resumed.stdout + resumed.stderr);
  assert.equal(workspace.read('one.txt'), 'old\nnew\n');
}));

test('what another program holds, or a newer one wrote, is not damaged', withWorkspace({}, async (workspace) => {
  const of = await prepareKilled(workspace);
  withCopy(of, (at) => {
    const newer = ".dbconfig no_ckpt_on_close on\nPRAGMA user_version = 99; UPDATE seals SET digest = 'schema 99' WHERE event = 0;\n";
    const made = spawnSync('sqlite3', [database(at.place)], { input: newer, encoding: 'utf8' });
    assert.equal(made.status, 0, made.stderr);
    assert.ok(statSync(`${database(at.place)}-wal`).size > 0);
    for (const words of [['run'], ['resume']]) {
      const refused = at.run(...words);
      assert.equal(refused.status, 4, refused.stdout + refused.stderr);
      assert.match(refused.stderr, /written by a newer wavetrain/);
    }
    assert.deepEqual(aside(at.place), []);
  });
}));

test('a step whose file a commit left out is not done for another clone', withWorkspace({}, async (workspace) => {
  workspace.pipeline(`
name: unfit
execution: {mode: frontier, jobs: 2}
checkpoint: {max_file: 1KB}
steps:
  - {id: large, milestone: true, run: 'head -c 100000 /dev/zero > big.bin; echo a > a.txt; echo large >> "$LEDGER"'}
  - {id: slow, run: 'until git log -1 --format=%B | grep -q "^Wavetrain-Trigger: milestone"; do sleep 0.05; done'}
  - {id: last, needs: [large, slow], run: 'echo last >> "$LEDGER"; rm big.bin; exit 1'}
`);
  const ledger = join(workspace.root, 'ledger');
  assert.equal(workspace.run(['run'], { env: { LEDGER: ledger } }).status, 1);
  const milestone = workspace.git('log', '--format=%H', '--grep', 'Wavetrain-Trigger: milestone', '-1');
  assert.equal(workspace.git('ls-tree', '--name-only', milestone, 'a.txt', 'big.bin'), 'a.txt');
  assert.doesNotMatch(workspace.git('cat-file', 'commit', milestone), /^ done large/m);
  assert.match(workspace.git('cat-file', 'commit', milestone), /^wavetrain-state /m);
}));

/** A run that failed in its last step, in a record that has another run as well; at its own place. */
function prepareTwo(workspace) {
  workspace.write('other.yml', 'steps: [{id: only, run: "true"}]\n');
  workspace.git('add', '-A');
  workspace.git('commit', '-qm', 'Another pipeline');
  const at = standAt(workspace.root, prepare(workspace).place);
  at.id = readdirSync(join(at.place, '.wavetrain', 'runs'))[0];
  at.reference = `refs/wavetrain/runs/${at.id}`;
  assert.equal(at.run('run', 'other.yml').status, 0);
  writeFileSync(at.go, '');
  return at;
}

/** The same elsewhere, with what the run's steps left for each other. */
function standElsewhere(at, other) {
  const artifacts = join('.wavetrain', 'runs', at.id, 'artifacts');
  if (existsSync(join(at.place, artifacts)) && !existsSync(join(other, artifacts))) cpSync(join(at.place, artifacts), join(other, artifacts), { recursive: true });
  return standAt(at.folder, other);
}

function clone(at, other) {
  at.git('clone', '-q', '.', other);
  const there = standElsewhere(at, other);
  there.git('config', 'user.name', 'Other');
  there.git('config', 'user.email', 'other@example.invalid');
  there.git('fetch', '-q', 'origin', `${at.reference}:${at.reference}`);
  return there;
}

const runsOf = (at) => JSON.parse(at.run('runs', '--format', 'json').stdout).runs.map((run) => run.id).sort();

/** How the run is gone on with to its end elsewhere, and its reference comes here. */
const elsewhere = {
  'another work tree': (at, other) => {
    at.git('worktree', 'add', '-q', '-b', 'side', other);
    return standElsewhere(at, other).run('resume', at.id);
  },
  'a clone that was fetched from': (at, other) => {
    const done = clone(at, other).run('resume', at.id);
    at.git('fetch', '-q', other, `${at.reference}:${at.reference}`);
    return done;
  },
  'a copy that has the record': (at, other) => {
    cpSync(at.place, other, { recursive: true });
    const done = standElsewhere(at, other).run('resume', at.id);
    at.git('fetch', '-q', other, `${at.reference}:${at.reference}`);
    return done;
  },
};
for (const [where, goOn] of Object.entries(elsewhere))
  test(`a run that went on in ${where} is no damage: it alone is put on record anew`, withWorkspace({}, (workspace) => {
    const at = prepareTwo(workspace);
    const ended = goOn(at, join(at.folder, 'other'));
    assert.equal(ended.status, 0, ended.stdout + ended.stderr);
    const before = runsOf(at);
    const resumed = at.run('resume', at.id);
    assert.deepEqual(aside(at.place), [], resumed.stderr);
    assert.doesNotMatch(resumed.stderr, /damaged/);
    /* The branch here is the user's to move. */
    assert.equal(resumed.status, 4, resumed.stdout + resumed.stderr);
    at.git(...resumed.stderr.match(/run `git (merge [0-9a-f]{12})` there and then `wavetrain resume`/)[1].split(' '));
    const again = at.run('resume', at.id);
    assert.equal(again.status, 0, again.stdout + again.stderr);
    assert.match(resumed.stderr, new RegExp(`run '${at.id}' went on in another work tree or clone and was put on record anew from its commits up to [0-9a-f]{12}: 4 of 4 steps are done; what was on record of it here is run '${at.id}_before' now`));
    assert.deepEqual(readFileSync(at.ledger, 'utf8').trim().split('\n').sort(), ['one', 'three', 'three', 'tree', 'two'], 'nothing ran again');
    assert.equal(at.git('show', 'HEAD:three.txt') + '\n', finished['three.txt']);
    assert.equal(at.git('status', '--porcelain'), '');
    assert.deepEqual(runsOf(at), [...before, `${at.id}_before`].sort(), 'the other run is where it was');
    for (const id of runsOf(at)) assert.equal(at.run('audit', id).status, 0, `${id} fits its seals`);
    assert.match(at.run('resume', at.id).stderr, /complete: nothing to do/);
  }));

test('a run that went on in two places is refused, and nothing is changed', withWorkspace({}, (workspace) => {
  const at = prepareTwo(workspace);
  const there = clone(at, join(at.folder, 'other'));
  assert.equal(there.run('resume', at.id).status, 0);
  /* Here only a part of what is left: the run has a commit of its own. */
  workspace.write('wavetrain.yml', pipeline.replace('test -e "$GO"', 'echo here > here.txt && false') + '  - {id: four, needs: [two], run: "echo 4 > four.txt"}\n');
  workspace.git('commit', '-qam', 'Another step');
  const own = at.run('resume', at.id);
  assert.equal(own.status, 1, own.stdout + own.stderr);
  const here = at.git('rev-parse', at.reference);
  at.git('fetch', '-q', join(at.folder, 'other'), `+${at.reference}:${at.reference}`);
  const state = () => [at.git('for-each-ref'), at.git('status', '--porcelain', '--ignored'), ...runsOf(at)].join('\n');
  const before = state();
  const refused = at.run('resume', at.id);
  assert.equal(refused.status, 4, refused.stdout + refused.stderr);
  assert.match(refused.stderr, new RegExp(`run '${at.id}' went on in two places: up to commit ${here.slice(0, 12)} here and up to commit [0-9a-f]{12} elsewhere \\[run-diverged\\]`));
  assert.equal(state(), before);
  at.git(...refused.stderr.match(/'git (update-ref [^']*)'/)[1].split(' '));
  workspace.write('wavetrain.yml', pipeline + '  - {id: four, needs: [two], run: "echo 4 > four.txt"}\n');
  const resumed = at.run('resume', at.id, '--allow-dirty');
  assert.equal(resumed.status, 0, resumed.stdout + resumed.stderr);
  assert.match(at.git('log', '--format=%s'), /four/);
}));

/** A killed runner's -wal file, cut so that the run is on record and its newest commit is not. */
test('a record that has lost its end is damaged, at the place where it was written', withWorkspace({}, async (workspace) => {
  const { place } = await prepareKilled(workspace);
  const at = standAt(workspace.root, place);
  writeFileSync(at.go, '');
  const wal = readFileSync(`${database(place)}-wal`);
  const newest = at.git('for-each-ref', '--format=%(objectname)', 'refs/wavetrain/runs');
  const frame = 24 + 4096;
  const probe = join(at.folder, 'probe.db');
  const knows = (size) => {
    rmSync(`${probe}-shm`, { force: true });
    cpSync(database(place), probe);
    writeFileSync(`${probe}-wal`, wal.subarray(0, size));
    return sqlite(probe, `SELECT (SELECT count(*) FROM runs) || ' ' || (SELECT count(*) FROM checkpoints WHERE commit_id = '${newest}')`);
  };
  let size = 32 + frame * Math.floor((wal.length - 32) / frame);
  while (size > 32 && knows(size) === '1 1') size -= frame;
  assert.equal(knows(size), '1 0', 'such a cut is possible');
  rmSync(`${database(place)}-shm`, { force: true });
  truncateSync(`${database(place)}-wal`, size);
  assert.equal(resumeAndCheck(at, 'its end lost'), true);
}));

test('in another clone the values of parameters must be given again, and no commit tells them', withWorkspace({}, (workspace) => {
  workspace.pipeline(`
params:
  cover: {default: blue}
  size: {default: a4}
  paper: {default: thin}
steps:
  - {id: one, run: 'echo $PARAM_COVER $PARAM_SIZE $PARAM_PAPER >> "$LEDGER"; echo 1 > one.txt'}
  - {id: two, needs: [one], run: 'echo $PARAM_COVER two >> "$LEDGER"; test -e "$GO" && echo 2 > two.txt'}
`);
  const at = standAt(workspace.root, workspace.path);
  const begun = at.run('run', '-p', 'cover=dark red', '--size=octavo');
  assert.equal(begun.status, 1, begun.stdout + begun.stderr);
  at.id = readdirSync(join(at.place, '.wavetrain', 'runs'))[0];
  at.reference = `refs/wavetrain/runs/${at.id}`;
  writeFileSync(at.go, '');
  const header = at.git('cat-file', 'commit', at.reference);
  assert.match(header, /^ parameter cover [0-9a-f]{6}\n parameter size [0-9a-f]{6}$/m);
  assert.doesNotMatch(header, /dark|octavo|paper/);
  const there = clone(at, join(at.folder, 'other'));
  for (const [given, named] of [[[], '-p cover=VALUE -p size=VALUE'], [['-p', 'cover=dark red'], '-p size=VALUE'], [['-p', 'cover=blue', '-p', 'size=octavo'], '-p cover=VALUE']]) {
    const refused = there.run('resume', at.id, ...given);
    assert.equal(refused.status, 2, refused.stdout + refused.stderr);
    assert.match(refused.stderr, new RegExp(`run '${at.id}' was begun with .* not given here, and no commit tells values: ${named} \\[usage\\]\n.*'wavetrain resume ${at.id} ${named}' goes on, with the same value`));
    assert.match(there.run('status').stderr, /no run is on record/, 'nothing was changed');
  }
  rmSync(at.go);
  const resumed = there.run('resume', at.id, '-p', 'cover=dark red', '--size=octavo');
  assert.equal(resumed.status, 1, resumed.stdout + resumed.stderr);
  writeFileSync(at.go, '');
  /* They are kept with the run, as where it was begun. */
  const again = there.run('resume');
  assert.equal(again.status, 0, again.stdout + again.stderr);
  assert.deepEqual(readFileSync(at.ledger, 'utf8').split('\n'), ['dark red octavo thin', 'dark red two', 'dark red two', 'dark red two', '']);
}));

test('of a table whose prompts are commands --shell must be given again', withWorkspace({}, (workspace) => {
  workspace.write('plan.pipeline', '1 | base | - | auto | - | 10 | echo 1 > one.txt\n2 | base | - | auto | - | 10 | test -e "$GO" && echo 2 > two.txt\n');
  workspace.git('add', '-A');
  workspace.git('commit', '-qm', 'A table');
  const at = standAt(workspace.root, workspace.path);
  const begun = at.run('run', '--shell', 'plan.pipeline');
  assert.equal(begun.status, 1, begun.stdout + begun.stderr);
  at.id = readdirSync(join(at.place, '.wavetrain', 'runs'))[0];
  at.reference = `refs/wavetrain/runs/${at.id}`;
  writeFileSync(at.go, '');
  const there = clone(at, join(at.folder, 'other'));
  const refused = there.run('resume', at.id);
  assert.equal(refused.status, 2, refused.stdout + refused.stderr);
  assert.match(refused.stderr, /: --shell \[usage\]/);
  const resumed = there.run('resume', at.id, '--shell');
  assert.equal(resumed.status, 0, resumed.stdout + resumed.stderr);
}));

test('a secret that is a word of ours, or of a hash, hides names and no run', withWorkspace({}, (workspace) => {
  workspace.write('.gitignore', 'ledger\n');
  workspace.pipeline(`
secrets: [A, B, C, D, E, F]
steps:
  - {id: well-done, run: 'echo one >> ledger; echo 1 > one.txt; echo p > part.txt', outputs: {part: part.txt}}
  - {id: two, run: 'echo two >> ledger; echo 2 > two.txt', outputs: {two: two.txt}}
  - {id: last, needs: [well-done, two], run: 'echo last >> ledger; test -e ../go && echo 3 > last.txt'}
`);
  const secrets = { A: 'done', B: 'checkpoint', C: 'artifact', D: 'waves', E: 'wavetrain.yml', F: workspace.git('rev-parse', 'HEAD').slice(0, 4) };
  const go = (...words) => workspace.run(words, { env: secrets });
  const begun = go('run');
  assert.equal(begun.status, 1, begun.stdout + begun.stderr);
  const id = readdirSync(join(workspace.path, '.wavetrain', 'runs'))[0];
  const header = workspace.git('cat-file', 'commit', `refs/wavetrain/runs/${id}`);
  assert.match(header, /^ done two [0-9a-f]{64} .*\n artifact two two\/two\.txt /m);
  assert.match(header, /^ done well-\*\*\* .*\n artifact part well-\*\*\*\/part\.txt /m);
  writeFileSync(join(workspace.root, 'go'), '');
  const artifacts = join(workspace.path, '.wavetrain', 'runs', id, 'artifacts');
  const kept = join(workspace.root, 'artifacts');
  cpSync(artifacts, kept, { recursive: true });
  rmSync(join(workspace.path, '.wavetrain'), { recursive: true });
  cpSync(kept, artifacts, { recursive: true });
  const resumed = go('resume', id);
  assert.equal(resumed.status, 0, resumed.stdout + resumed.stderr);
  assert.deepEqual(workspace.read('ledger').trim().split('\n').sort(), ['last', 'last', 'one', 'one', 'two'], 'what a secret was taken out of runs again');
}));

test('what git does with the header of a commit', withWorkspace({}, (workspace) => {
  prepare(workspace);
  const run = workspace.git('for-each-ref', '--format=%(refname)', 'refs/wavetrain/runs');
  const state = (commit) => workspace.git('cat-file', 'commit', commit).match(/^wavetrain-state .*(\n .*)*/m)?.[0];
  const told = state(run);
  assert.ok(told);
  workspace.git('commit', '-q', '--amend', '-m', 'Amended');
  assert.equal(state('HEAD'), told, 'amended: kept');
  workspace.git('reset', '-q', '--hard', run);
  workspace.git('rebase', '-q', '--force-rebase', 'HEAD~1');
  assert.notEqual(workspace.git('rev-parse', 'HEAD'), workspace.git('rev-parse', run));
  assert.equal(state('HEAD'), undefined, 'rebased: lost');
  workspace.git('reset', '-q', '--hard', run);
  workspace.git('reset', '-q', '--soft', 'HEAD~2');
  workspace.git('commit', '-q', '-m', 'Squashed');
  assert.equal(state('HEAD'), undefined, 'squashed: lost');
  assert.equal(state(run), told, 'the reference of the run has it');
}));
