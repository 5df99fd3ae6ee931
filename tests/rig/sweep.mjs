// What the sweeps share, which disturb a run at its Nth system call: a run in a repository with a
// ledger outside it, in which each step notes that it ran, and what must hold of both at the end.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import assert from 'node:assert/strict';
import { cleanEnvironment, program } from './workspace.mjs';

/** Five steps in three waves; their ids are the letters of "abcde". */
export const fiveSteps = (mode) => `
name: sweep
execution: {jobs: 2, mode: ${mode}}
steps:
  - {id: a, run: 'echo a >> "$LEDGER"; echo one > a.txt; echo said', outputs: {a: a.txt}}
  - {id: b, run: 'echo b >> "$LEDGER"; echo two > b.txt'}
  - {id: c, run: 'echo c >> "$LEDGER"; cat "$WAVETRAIN_INPUT/a.txt" b.txt > c.txt', inputs: [a], needs: [b]}
  - {id: d, run: 'echo d >> "$LEDGER"; echo four > d.txt', needs: [a]}
  - {id: e, run: 'echo e >> "$LEDGER"; cat c.txt d.txt > e.txt', needs: [c, d], contract: {type: files, files: [e.txt]}}
`;

/** A repository like the template, and an empty ledger beside it. */
export function copyOf(template) {
  const folder = mkdtempSync(join(tmpdir(), 'wavetrain-sweep-'));
  const place = join(folder, 'repository');
  cpSync(template, place, { recursive: true, preserveTimestamps: true });
  return { folder, place, ledger: join(folder, 'ledger') };
}

/** Runs to its end; output[9] is what the tools of the sweeps say. */
export function attempt(words, { place, ledger }, environment = {}) {
  const ignored = Array(6).fill('ignore');
  return spawnSync(words[0], words.slice(1), {
    cwd: place, encoding: 'utf8', timeout: 60000, stdio: ['ignore', 'pipe', 'pipe', ...ignored, 'pipe'],
    env: cleanEnvironment({ LEDGER: ledger, SOURCE_DATE_EPOCH: '1750000000', ...environment }),
  });
}

/** Rows of the record; none when there is none yet. */
export function query(place, sql) {
  const database = join(place, '.wavetrain', 'state.db');
  if (!existsSync(database)) return [];
  const done = spawnSync('sqlite3', ['-json', database, sql], { encoding: 'utf8' });
  assert.ok(done.status === 0 || /no such table/.test(done.stderr), done.stderr);
  return done.status === 0 && done.stdout ? JSON.parse(done.stdout) : [];
}

export function git(place, ...words) {
  const done = spawnSync('git', words, { cwd: place, encoding: 'utf8', env: cleanEnvironment() });
  assert.equal(done.status, 0, `git ${words.join(' ')}: ${done.stderr}`);
  return done.stdout.trim();
}

/** Ids of the steps that ran, in order. */
export const ranSteps = (ledger) => (existsSync(ledger) ? readFileSync(ledger, 'utf8').split('\n').filter(Boolean) : []);

export const walk = (folder) => (existsSync(folder) ? readdirSync(folder, { recursive: true }).map(String).sort() : []);

/** Processes with this ledger in their environment. */
export const processesOf = (ledger) => readdirSync('/proc').filter((name) => {
  if (!/^\d+$/.test(name)) return false;
  try {
    return readFileSync(`/proc/${name}/environ`, 'utf8').split('\0').includes(`LEDGER=${ledger}`);
  } catch {
    return false;
  }
});

/** What must hold once a run is complete, whatever happened on the way. */
export function checkWhole({ place, ledger }, tree, context) {
  assert.equal(git(place, 'rev-parse', 'HEAD^{tree}'), tree, context('same tree'));
  assert.equal(git(place, 'status', '--porcelain'), '', context('clean work tree and index'));
  git(place, 'fsck', '--strict', '--no-dangling');
  assert.deepEqual(query(place, 'pragma integrity_check'), [{ integrity_check: 'ok' }], context('database'));
  assert.deepEqual(walk(join(place, '.git')).filter((name) => name.endsWith('.lock')), [], context('no lock left'));
  assert.deepEqual(processesOf(ledger), [], context('no process left'));
}

export const isOnRecord = (place) => query(place, 'select count(*) as n from runs')[0]?.n > 0;
export const doneSteps = (place) => query(place, "select id from steps where state = 'done'").map((row) => row.id);

/** The five steps go on, or begin when none is on record, and are completed: nothing is done twice, nothing lost. */
export function goOn(at, tree, context) {
  const done = doneSteps(at.place);
  const ranBefore = ranSteps(at.ledger);
  const resumed = attempt([program, isOnRecord(at.place) ? 'resume' : 'run'], at);
  assert.equal(resumed.status, 0, context(`it goes on: ${resumed.stdout}${resumed.stderr}`));
  const ranAfter = ranSteps(at.ledger).slice(ranBefore.length);
  for (const id of done) assert.ok(!ranAfter.includes(id), context(`step ${id} was done and ran again`));
  assert.equal(new Set(ranAfter).size, ranAfter.length, context(`a step ran twice on resume: ${ranAfter}`));
  for (const id of 'abcde') assert.ok(ranSteps(at.ledger).includes(id), context(`step ${id} never ran`));
  assert.deepEqual(query(at.place, "select id from steps where state <> 'done'"), [], context('all done'));
  checkWhole(at, tree, context);
}
