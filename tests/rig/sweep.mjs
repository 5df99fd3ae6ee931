// What the sweeps share, which disturb a run at its Nth system call: a run in a repository with a
// ledger outside it, in which each step notes that it ran, and what must hold of both at the end.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import assert from 'node:assert/strict';
import { build, cleanEnvironment, program } from './workspace.mjs';

export const killAt = join(build, 'tests', 'kill_at');

// What a step lacks is waited for: not for long here.
const soon = 'retry: {max: 0, backoff: 10ms}';

/** Five steps in three waves; their ids are the letters of "abcde". */
export const fiveSteps = (mode) => `
name: sweep
execution: {jobs: 2, mode: ${mode}}
steps:
  - {id: a, ${soon}, run: 'echo a >> "$LEDGER"; echo one > a.txt; echo said', outputs: {a: a.txt}}
  - {id: b, ${soon}, run: 'echo b >> "$LEDGER"; echo two > b.txt'}
  - {id: c, ${soon}, run: 'echo c >> "$LEDGER"; cat "$WAVETRAIN_INPUT/a.txt" b.txt > c.txt', inputs: [a], needs: [b]}
  - {id: d, ${soon}, run: 'echo d >> "$LEDGER"; echo four > d.txt', needs: [a]}
  - {id: e, ${soon}, run: 'echo e >> "$LEDGER"; cat c.txt d.txt > e.txt', needs: [c, d], contract: {type: files, files: [e.txt]}}
`;

const wide = [0, 1, 2, 3, 4, 5, 6, 7];
/** Twenty steps for eight workers, with commits while steps run; in mode waves two of them in checkouts that are merged. */
export const eightWorkers = (mode) => `
name: sweep
execution: {jobs: 8, mode: ${mode}}
checkpoint: {every: [20%]}
steps:
${wide.map((i) => `  - {id: first-${i}, run: 'echo first-${i} >> "$LEDGER"; echo ${i} > first-${i}.txt; echo said ${i}', outputs: {part-${i}: first-${i}.txt}}\n`).join('')}
${wide.map((i) => `  - {id: second-${i}, run: 'echo second-${i} >> "$LEDGER"; sleep 0.0${i % 3}; cat "$WAVETRAIN_INPUT"/* > second-${i}.txt', inputs: [part-${i}, part-${(i + 3) % 8}], milestone: ${i === 5}}\n`).join('')}
  - {id: left, workspace: ${mode === 'waves' ? 'worktree' : 'shared'}, writable: [..], needs: [second-0, second-1], run: 'echo left >> "$LEDGER"; echo l > left.txt; echo left > first-0.txt'}
  - {id: right, workspace: ${mode === 'waves' ? 'worktree' : 'shared'}, writable: [..], needs: [second-2], run: 'echo right >> "$LEDGER"; echo r > right.txt; rm -f second-2.txt'}
  - {id: alone, workspace: fresh, writable: [..], inputs: [part-7], run: 'echo alone >> "$LEDGER"; cp ../input/part-7.txt ../output/copy.txt', outputs: {copy: output/copy.txt}}
  - {id: join, inputs: [copy], needs: [left, right, ${wide.map((i) => `second-${i}`).join(', ')}], run: 'echo join >> "$LEDGER"; cat second-[0134567].txt left.txt right.txt "$WAVETRAIN_INPUT/copy.txt" > join.txt', contract: {type: files, files: [join.txt]}}
`;

/** A repository like the template, with so many runs on record, and an empty ledger beside it. */
export function copyOf(template) {
  const folder = mkdtempSync(join(tmpdir(), 'wavetrain-sweep-'));
  const place = join(folder, 'repository');
  cpSync(template, place, { recursive: true, preserveTimestamps: true });
  return { folder, place, ledger: join(folder, 'ledger'), runs: countRuns(place), told: [] };
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

const countRuns = (place) => query(place, 'select count(*) as n from runs')[0]?.n ?? 0;
const lastRun = 'run = (select max(run) from runs)';

/** Whether a run is on record that the template does not have. */
export const isOnRecord = ({ place, runs }) => countRuns(place) > runs;
export const doneSteps = (place) => query(place, `select id from steps where state = 'done' and ${lastRun}`).map((row) => row.id);
export const undoneSteps = (place) => query(place, `select id from steps where state <> 'done' and ${lastRun}`).map((row) => row.id);

/**
 * What lies beside the work tree, without what may differ between two runs: git's objects and reflogs, names
 * of runs, logs and notes of attempts, empty folders of workspaces, the folder and the claim of a run that was killed before it was on record.
 */
export function ownFiles(place) {
  const runs = query(place, 'select id from runs').map((row) => row.id);
  return ['.git', '.wavetrain'].flatMap((folder) => walk(join(place, folder)).map((name) => `${folder}/${name}`))
    .filter((name) => !/^\.git\/(objects|logs)\/|^\.git\/wavetrain$|\/log(\/|$)|\.\d+\.(handoff|summary)\.md$|\/state\.db-(wal|shm)$|\/work(\/\.retired)?$/.test(name))
    .filter((name) => (name.match(/run_\d+_\d+(_\d+)?/g) ?? []).every((id) => runs.includes(id)))
    .map((name) => name.replace(/run_\d+_\d+(_\d+)?/, 'RUN'))
    .toSorted();
}

/** What must hold once a run is complete, whatever happened on the way. */
export function checkWhole({ place, ledger, told }, tree, context) {
  assert.equal(git(place, 'rev-parse', 'HEAD^{tree}'), tree, context('same tree'));
  assert.equal(git(place, 'status', '--porcelain'), '', context('clean work tree and index'));
  git(place, 'fsck', '--strict', '--no-dangling');
  for (const commit of told) git(place, 'merge-base', '--is-ancestor', commit, 'HEAD');
  assert.deepEqual(query(place, 'pragma integrity_check'), [{ integrity_check: 'ok' }], context('database'));
  const known = query(place, `select commit_id as id from checkpoints where state = 'done' and commit_id is not null and ${lastRun} order by number`).map((row) => row.id);
  const made = git(place, 'log', '--reverse', '--format=%H', `--grep=^Wavetrain-Run: ${query(place, `select id from runs where ${lastRun}`)[0].id}$`).split('\n');
  assert.deepEqual(known, made, context('every commit is on record'));
  assert.deepEqual(walk(join(place, '.git')).filter((name) => name.endsWith('.lock')), [], context('no lock left'));
  assert.deepEqual(processesOf(ledger), [], context('no process left'));
}

/**
 * One start of the run, or of what is left of it; stop: the system call at which it is killed or gets the
 * signal, 0: none. What is on record as done is not done again, nothing is done twice, and of what it says
 * is done nothing is lost.
 */
export function startOnce(at, context, { stop = 0, signal, words = [] } = {}) {
  const isKnown = isOnRecord(at);
  const done = isKnown ? doneSteps(at.place) : [];
  const before = ranSteps(at.ledger).length;
  const command = [program, isKnown ? 'resume' : 'run', ...words];
  const ended = attempt(stop ? [killAt, String(stop), ...command] : command, at, signal ? { KILL_AT_SIGNAL: String(signal) } : {});
  const ran = ranSteps(at.ledger).slice(before);
  const onRecord = doneSteps(at.place);
  for (const id of done) assert.ok(!ran.includes(id), context(`step ${id} was done and ran again`));
  assert.equal(new Set(ran).size, ran.length, context(`a step ran twice in one start: ${ran}`));
  for (const [, id] of ended.stdout.matchAll(/^ {2}✓ (\S+) /gm)) assert.ok(onRecord.includes(id), context(`step ${id} was said to be done and is not on record`));
  for (const [, commit] of ended.stdout.matchAll(/^ {2}checkpoint ([0-9a-f]{7,}) /gm)) at.told.push(commit);
  assert.ok([0, ...(stop ? [137] : []), ...(signal ? [75] : [])].includes(ended.status), context(`it goes on: ${ended.stdout}${ended.stderr}`));
  // How many calls there are differs from run to run: with the moments in which steps end, commits fall together.
  if (stop && !signal && ended.status === 0) assert.ok(Number(ended.output[9]) < stop, context(`was not killed at ${stop}, and made ${ended.output[9]} calls`));
  return ended.status;
}

/** Started until it is complete, killed at these stops on the way. How many of them were reached. */
export function goOn(at, tree, context, { steps = [...'abcde'], kills = [] } = {}) {
  let reached = 0;
  while (startOnce(at, context, { stop: kills[reached] ?? 0 }) !== 0) reached++;
  for (const id of steps) assert.ok(ranSteps(at.ledger).includes(id), context(`step ${id} never ran`));
  assert.deepEqual(undoneSteps(at.place), [], context('all done'));
  checkWhole(at, tree, context);
  return reached;
}
