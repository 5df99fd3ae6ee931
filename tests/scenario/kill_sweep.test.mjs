// The program is killed at its Nth system call and resumed: the same final tree as an undisturbed
// run, nothing lost, nothing that was recorded as done done again. WAVETRAIN_SWEEP=full tries every
// stop (half an hour), WAVETRAIN_SWEEP=1000 a thousand evenly spaced ones, the smoke form forty.
import test from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, mkdtempSync, readdirSync, cpSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Workspace, build, cleanEnvironment, program } from '../rig/workspace.mjs';

const killAt = join(build, 'tests', 'kill_at');
const wanted = process.env.WAVETRAIN_SWEEP ?? '40';

// Each step notes that it ran in a file outside the repository.
const pipeline = `
name: sweep
execution: {jobs: 2}
steps:
  - {id: a, run: 'echo a >> "$LEDGER"; echo one > a.txt; echo said', outputs: {a: a.txt}}
  - {id: b, run: 'echo b >> "$LEDGER"; echo two > b.txt'}
  - {id: c, run: 'echo c >> "$LEDGER"; cat "$WAVETRAIN_INPUT/a.txt" b.txt > c.txt', inputs: [a], needs: [b]}
  - {id: d, run: 'echo d >> "$LEDGER"; echo four > d.txt', needs: [a]}
  - {id: e, run: 'echo e >> "$LEDGER"; cat c.txt d.txt > e.txt', needs: [c, d], contract: {type: files, files: [e.txt]}}
`;

const template = new Workspace();
template.pipeline(pipeline);

function attempt(words, place, ledger) {
  return spawnSync(words[0], words.slice(1), {
    cwd: place, encoding: 'utf8', timeout: 60000, stdio: ['ignore', 'pipe', 'pipe', 'ignore', 'ignore', 'ignore', 'ignore', 'ignore', 'ignore', 'pipe'],
    env: cleanEnvironment({ LEDGER: ledger, SOURCE_DATE_EPOCH: '1750000000' }),
  });
}

function query(place, sql) {
  const database = join(place, '.wavetrain', 'state.db');
  if (!existsSync(database)) return [];
  const done = spawnSync('sqlite3', ['-json', database, sql], { encoding: 'utf8' });
  return done.status === 0 && done.stdout ? JSON.parse(done.stdout) : [];
}

const git = (place, ...words) => {
  const done = spawnSync('git', words, { cwd: place, encoding: 'utf8', env: cleanEnvironment() });
  assert.equal(done.status, 0, `git ${words.join(' ')}: ${done.stderr}`);
  return done.stdout.trim();
};

const read = (file) => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []);

function undisturbed() {
  const folder = mkdtempSync(join(tmpdir(), 'wavetrain-sweep-'));
  const place = join(folder, 'repository');
  cpSync(template.path, place, { recursive: true });
  const done = attempt([killAt, '0', program, 'run'], place, join(folder, 'ledger'));
  assert.equal(done.status, 0, done.stdout + done.stderr);
  const facts = { stops: Number(done.output[9]), tree: git(place, 'rev-parse', 'HEAD^{tree}'), commits: git(place, 'rev-list', '--count', 'HEAD') };
  rmSync(folder, { recursive: true });
  return facts;
}

function sweepOne(stop, expected) {
  const folder = mkdtempSync(join(tmpdir(), 'wavetrain-sweep-'));
  const place = join(folder, 'repository');
  const ledger = join(folder, 'ledger');
  const context = (what) => `stop ${stop}: ${what} (kept in ${folder})`;
  cpSync(template.path, place, { recursive: true });
  const killed = attempt([killAt, String(stop), program, 'run'], place, ledger);
  // The number of calls differs a little between runs: the last stops may lie behind the end.
  if (killed.status === 0 && stop > expected.stops * 0.9) return rmSync(folder, { recursive: true });
  assert.equal(killed.status, 137, context('was killed'));

  const doneBefore = query(place, "select id from steps where state = 'done'").map((row) => row.id);
  const ranBefore = read(ledger);
  const known = query(place, 'select count(*) as n from runs')[0]?.n > 0;
  const resumed = attempt([program, known ? 'resume' : 'run'], place, ledger);
  assert.equal(resumed.status, 0, context(resumed.stdout + resumed.stderr));

  const ranAfter = read(ledger).slice(ranBefore.length);
  for (const id of doneBefore) assert.ok(!ranAfter.includes(id), context(`step ${id} was done and ran again`));
  assert.equal(new Set(ranAfter).size, ranAfter.length, context(`a step ran twice on resume: ${ranAfter}`));
  for (const id of 'abcde') assert.ok(read(ledger).includes(id), context(`step ${id} never ran`));
  assert.equal(git(place, 'rev-parse', 'HEAD^{tree}'), expected.tree, context('same tree'));
  assert.equal(git(place, 'status', '--porcelain'), '', context('clean work tree and index'));
  git(place, 'fsck', '--strict', '--no-dangling');
  assert.deepEqual(query(place, 'pragma integrity_check'), [{ integrity_check: 'ok' }], context('database'));
  assert.deepEqual(query(place, "select id from steps where state <> 'done'"), [], context('all done'));
  const locks = readdirSync(join(place, '.git'), { recursive: true }).filter((name) => name.endsWith('.lock'));
  assert.deepEqual(locks, [], context('no lock left'));
  rmSync(folder, { recursive: true });
}

test('killed at any system call, a resumed run ends in the same tree', { timeout: 3600000 }, () => {
  const expected = undisturbed();
  assert.ok(expected.stops > 500, `${expected.stops} stops`);
  const step = wanted === 'full' ? 1 : Math.max(1, expected.stops / Number(wanted));
  for (let stop = 1; stop < expected.stops; stop += step) sweepOne(Math.floor(stop), expected);
});

test.after(() => template.remove());
