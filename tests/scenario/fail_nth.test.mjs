// The program's Nth system call of a kind fails while a five-step run goes on: a full disk, a disk that
// does not confirm, no descriptors, no processes, no memory. It says so in one sentence and a documented
// exit status, or bears it; nothing it said was done is lost or done again; and once the fault is gone a
// resumed run ends in the same tree as an undisturbed one. WAVETRAIN_SWEEP=full tries every call of each
// kind, failing alone and with all that follow, in both modes (a quarter of an hour); a number so many of each kind.
import test from 'node:test';
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Workspace, build, program } from '../rig/workspace.mjs';
import { attempt, copyOf, doneSteps, fiveSteps, git, goOn, isOnRecord, processesOf, walk } from '../rig/sweep.mjs';

const failAt = join(build, 'tests', 'fail_at');
const wanted = process.env.WAVETRAIN_SWEEP ?? '12';
const environment = { MALLOC_TOP_PAD_: '0' }; // the heap grows page by page, so that memory is asked for often
const modes = wanted === 'full' ? ['waves', 'frontier'] : ['waves'];

// ways: "" that call alone, "+" all that follow too; malloc() itself makes good for one refusal of memory.
// says: what an exit status of 4 comes with.
const both = ['', '+'];
const kinds = {
  write: { ways: both, says: /No space left on device \[disk-full\]\n {2}→ / }, // ENOSPC
  console: { ways: both, says: /./ }, // ENOSPC at stdout and stderr
  sync: { ways: both, says: /(Input\/output|disk I\/O) error \[/ }, // EIO
  open: { ways: both, says: /\[(file|git|process)\]/ }, // EMFILE
  watch: { ways: both, says: /Too many open files \[process\]/ }, // EMFILE, of the event loop
  start: { ways: both, says: /\[process\]/ }, // EAGAIN
  rename: { ways: both, says: /Input\/output error \[(file|git)\]/ }, // EIO
  folder: { ways: both, says: /No space left on device \[disk-full\]\n {2}→ / }, // ENOSPC
  memory: { ways: ['+'], says: /out of memory|Cannot allocate memory/ }, // ENOMEM
};

const templates = Object.fromEntries(modes.map((mode) => [mode, new Workspace()]));
for (const [mode, template] of Object.entries(templates)) template.pipeline(fiveSteps(mode));

/** What lies beside the work tree, without objects and without what differs between two runs. */
const filesOf = (place) => ['.git', '.wavetrain'].flatMap((folder) => walk(join(place, folder)).map((name) => `${folder}/${name}`))
  .filter((name) => !/^\.git\/objects\/[0-9a-f]{2}(\/|$)|\/state\.db-(wal|shm)$/.test(name))
  .map((name) => name.replace(/run_\d+_\d+(_\d+)?/, 'RUN'));

/** Of a run that a fault has met: logs and folders of attempts that failed, and how it left the work tree. */
const mayBeLeft = /^\.wavetrain\/runs\/RUN\/(log\/[a-e]\.\d\.log|work|work\/.*|left)$/;

/** Without memory the program ends on the spot, as if killed: a new file for one it replaced, a claim of a run that never was. */
const leftAsByKill = /\.wavetrain-unfinished-[A-Za-z0-9]{6}$|^\.git\/wavetrain(\/RUN)?$/;

/** How the run went, and what fail_at tells of its calls. */
function runFailing(kind, which, at) {
  const done = attempt([failAt, kind, which, program, 'run'], at, environment);
  const calls = (done.output[9] ?? '').trim().split('\n').slice(0, -1).map((call) => call.replaceAll(at.place, '.'));
  return { done, calls, first: calls.findIndex((call) => call.startsWith('! ')) };
}

function undisturbed(template, kind) {
  const at = copyOf(template.path);
  const { done, calls } = runFailing(kind, '0', at);
  assert.equal(done.status, 0, done.stdout + done.stderr);
  const facts = { count: calls.length, tree: git(at.place, 'rev-parse', 'HEAD^{tree}'), files: new Set(filesOf(at.place)) };
  rmSync(at.folder, { recursive: true });
  return facts;
}

/** It ended by itself, with a status that the manual names, and said why and how to go on. */
function checkEnding(done, kind, known, context) {
  assert.equal(done.error, undefined, context(`it does not end: ${done.error}`));
  assert.equal(done.signal, null, context('it ends by itself'));
  assert.ok([0, 1, 4, 75].includes(done.status), context(`exit status ${done.status}`));
  assert.doesNotMatch(done.stderr, /Sanitizer|assert/i, context('no crash'));
  if (done.status === 0) return assert.doesNotMatch(done.stdout, /^failed:/m, context('no success that is none'));
  if (done.status === 4) {
    assert.match(done.stderr, /^wavetrain: (.{10,} \[[a-z-]+\]|out of memory; .{10,})$/m, context('one sentence'));
    assert.match(done.stderr, kinds[kind].says, context('it names the cause'));
  } else assert.match(done.stdout, /^(failed|interrupted): .{10,}$/m, context('one sentence'));
  if (known) assert.match(done.stdout + done.stderr, /wavetrain resume/, context('how to go on'));
}

/** A disk that does not confirm ends the run. SQLite alone decides on its folder's entry and, at the end, on tidying. */
function checkSync({ done, calls, first }, context) {
  const isBorne = /\/report\/|\/\.wavetrain$/.test(calls[first]) || calls.slice(0, first).some((call) => call.includes('/report/'));
  if (!isBorne) assert.equal(done.status, 4, context('what the disk did not confirm is no success'));
  if (calls[first].includes('/report/')) assert.match(done.stderr, /^wavetrain: a report was not written: /m, context('said'));
}

function failOne(template, kind, which, expected) {
  const at = copyOf(template.path);
  const run = runFailing(kind, which, at);
  const { done } = run;
  // The number of calls differs a little between runs: the last may lie behind the end.
  if (run.first < 0 && done.status === 0) return rmSync(at.folder, { recursive: true });
  const context = (what) => `${kind} ${which} (${run.calls[run.first]}): ${what}\n${done.stdout}${done.stderr}(kept in ${at.folder})`;
  const left = processesOf(at.ledger);
  checkEnding(done, kind, isOnRecord(at), context);
  if (kind === 'sync') checkSync(run, context);
  if (kind === 'start' && !which.endsWith('+')) assert.equal(done.status, 0, context('what is lacking once is waited for'));

  const onRecord = doneSteps(at.place);
  for (const [, id] of done.stdout.matchAll(/^ {2}✓ ([a-e]) /gm)) assert.ok(onRecord.includes(id), context(`step ${id} was said to be done and is not on record`));
  if (kind !== 'memory') assert.deepEqual(left, [], context('no step outlives the run'));
  if (done.status === 0) assert.deepEqual(onRecord.sort(), [...'abcde'], context('all done'));
  for (const [, commit] of done.stdout.matchAll(/^ {2}checkpoint ([0-9a-f]{7,}) /gm)) at.told.push(commit);
  goOn(at, expected.tree, context);
  const foreign = filesOf(at.place).filter((name) => !expected.files.has(name) && !mayBeLeft.test(name) && !(kind === 'memory' && leftAsByKill.test(name)));
  assert.deepEqual(foreign, [], context('no temporary file left'));
  rmSync(at.folder, { recursive: true });
}

/** Each call in each way, or so many calls evenly spread and the ways in turn. */
function* choose(count, ways) {
  if (wanted === 'full') for (let i = 1; i <= count; i++) for (const way of ways) yield `${i}${way}`;
  else for (let i = 0, number = Math.min(count, Number(wanted)); i < number; i++) yield `${1 + Math.floor((i * count) / number)}${ways[i % ways.length]}`;
}

for (const [mode, template] of Object.entries(templates)) {
  for (const [kind, { ways }] of Object.entries(kinds)) {
    test(`${mode}: the Nth call of the kind ${kind} fails, and nothing is lost`, { timeout: 7200000 }, (context) => {
      const expected = undisturbed(template, kind);
      const faults = [];
      let count = 0;
      for (const which of choose(expected.count, ways)) {
        count++;
        try {
          failOne(template, kind, which, expected);
        } catch (fault) {
          faults.push(fault.message);
        }
      }
      context.diagnostic(`${count} tries, ${expected.count} calls`);
      assert.ok(count >= 5, `${count} calls`);
      assert.deepEqual(faults, []);
    });
  }
  test.after(() => template.remove());
}
