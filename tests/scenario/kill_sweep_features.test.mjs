// The kill sweep over what kill_sweep.test.mjs does not have: steps made from a list, checkouts that
// are merged, fresh folders, cached results, schemas, handoffs, a gate, a check, an optional failure.
// Killed or asked to stop at a system call, resumed, killed again while it resumes, and resumed to the
// end: the same tree as an undisturbed run. WAVETRAIN_SWEEP=full tries every stop, a number that many
// of each of the two runs.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { Workspace, program } from '../rig/workspace.mjs';
import { attempt, checkWhole, copyOf, git, killAt, query, ranSteps, startOnce, ownFiles, undoneSteps } from '../rig/sweep.mjs';

const wanted = process.env.WAVETRAIN_SWEEP ?? '20';

// Each step notes that it ran in a file outside the repository.
const pipeline = `
name: features
execution: {jobs: 2}
steps:
  - {id: list, run: 'echo list >> "$LEDGER"; printf "[1, 2, 3]" > "$WAVETRAIN_OUTPUT/items.json"; echo counted >> "$WAVETRAIN_HANDOFF"', outputs: [items]}
  - {id: left, workspace: worktree, writable: [..], run: 'echo left >> "$LEDGER"; sed -i "s/^line 0$/left/" shared.txt; echo l > left.txt; git commit -qam mine || true'}
  - {id: right, workspace: worktree, writable: [..], run: 'echo right >> "$LEDGER"; sed -i "s/^line 9$/right/" shared.txt; echo r > right.txt; echo looked > "$WAVETRAIN_HANDOFF"'}
  - {id: extra, optional: true, run: 'echo extra >> "$LEDGER"; exit 3'}
  - {id: tested, barrier: false, needs: [left, right], run: 'echo tested >> "$LEDGER"; cat left.txt right.txt > /dev/null'}
  - id: each
    foreach: {from: items, as: number}
    run: 'echo "each[$WAVETRAIN_ITEM_INDEX]" >> "$LEDGER"; echo "$WAVETRAIN_ITEM" > "$WAVETRAIN_OUTPUT/part.txt"'
    outputs: [part]
  - {id: alone, workspace: fresh, writable: [..], inputs: [items], run: 'echo alone >> "$LEDGER"; cp ../input/items.json ../output/copy.json; echo junk > junk.txt', outputs: {copy: output/copy.json}}
  - id: compile
    needs: [list]
    cache: {key: [shared.txt], paths: ["built/**"]}
    run: 'echo compile >> "$LEDGER"; mkdir -p built; cp shared.txt built/all.txt; echo ok > "$WAVETRAIN_OUTPUT/log.txt"'
    outputs: [log]
  - {id: edit, workspace: worktree, writable: [..], needs: [left], run: 'echo edit >> "$LEDGER"; echo edited >> left.txt', contract: {type: diff_scope, paths: [left.txt]}}
  - id: join
    inputs: [part, copy, log]
    needs: [edit]
    gate: manual
    run: |
      echo join >> "$LEDGER"
      cat "$WAVETRAIN_INPUT"/part/* > parts.txt
      cp "$WAVETRAIN_HANDOFFS" handed.md
      echo '{"parts": 3}' > "$WAVETRAIN_OUTPUT/report.json"
    outputs: [report]
    contract: {type: json_schema, schema: {type: object, required: [parts]}, source: report}
  - {id: last, inputs: [report], run: 'echo last >> "$LEDGER"; cp "$WAVETRAIN_INPUT/report.json" report.json'}
`;
const everyStep = ['list', 'left', 'right', 'tested', 'each[0]', 'each[1]', 'each[2]', 'alone', 'compile', 'edit', 'join', 'last'];
const signals = [undefined, constants.signals.SIGTERM, undefined, constants.signals.SIGINT]; // undefined: SIGKILL
const onceMore = ['extra']; // what fails is tried again by each resume

class Sweep {
  constructor(template) {
    this.template = template;
  }

  undisturbed() {
    const at = copyOf(this.template);
    const done = attempt([killAt, '0', program, 'run', '--yes'], at);
    assert.equal(done.status, 0, done.stdout + done.stderr);
    const tree = git(at.place, 'rev-parse', 'HEAD^{tree}');
    checkWhole(at, tree, (what) => what);
    this.expected = { stops: Number(done.output[9]), tree, files: ownFiles(at.place), ran: ranSteps(at.ledger) };
    return at;
  }

  one(stop, second, signal) {
    const at = copyOf(this.template);
    const context = (what) => `stops ${stop} (${signal ?? 'killed'}) and ${second}: ${what} (kept in ${at.folder})`;
    const words = ['--yes'];
    const killed = startOnce(at, context, { stop, signal, words });
    if (killed !== 0) startOnce(at, context, { stop: second, words });
    if (killed !== 0) startOnce(at, context, { words });
    this.check(at, context);
    rmSync(at.folder, { recursive: true });
    return killed !== 0;
  }

  check(at, context) {
    const { place, ledger } = at;
    checkWhole(at, this.expected.tree, context);
    for (const id of this.expected.ran) assert.ok(ranSteps(ledger).includes(id) || onceMore.includes(id), context(`step ${id} never ran`));
    assert.deepEqual(undoneSteps(place), ['extra'], context('all done'));
    assert.deepEqual(query(place, 'select id from runs where state <> \'done\''), [], context('the run is complete'));
    assert.equal(git(place, 'for-each-ref', 'refs/wavetrain/worktrees', 'refs/wavetrain/backup'), '', context('no reference of a checkout'));
    assert.deepEqual(ownFiles(place), this.expected.files, context('the same files beside the work tree'));
  }

  /** Evenly spread; where the second kill falls differs from stop to stop. Faults are told at the end. */
  all() {
    const { stops } = this.expected;
    const step = wanted === 'full' ? 1 : Math.max(1, stops / Number(wanted));
    const faults = [];
    let count = 0;
    for (let i = 0; i * step + 1 < stops; i++) {
      const stop = Math.floor(i * step + 1);
      try {
        count += this.one(stop, 1 + ((stop * 7919) % (stops - stop + 1000)), signals[i % signals.length]);
      } catch (fault) {
        faults.push(fault.message);
      }
    }
    assert.deepEqual(faults, []);
    return count;
  }
}

const template = new Workspace();
template.write('shared.txt', Array.from({ length: 10 }, (_, i) => `line ${i}\n`).join(''));
template.write('.gitignore', '/built/\n');
template.pipeline(pipeline);

test('killed at any system call and again while resuming, a run ends in the same tree', { timeout: 7200000 }, (context) => {
  const first = new Sweep(template.path);
  const { folder, place } = first.undisturbed();
  assert.deepEqual(first.expected.ran.toSorted(), [...everyStep, ...onceMore].toSorted());
  assert.equal(readFileSync(join(place, 'handed.md'), 'utf8'), '## list\n\ncounted\n\n## right\n\nlooked\n');
  const count = first.all();

  // The next run of the same repository takes a step from the cache.
  const second = new Sweep(place);
  rmSync(second.undisturbed().folder, { recursive: true });
  assert.ok(!second.expected.ran.includes('compile'), 'taken from the cache');
  const secondCount = second.all();
  rmSync(folder, { recursive: true });
  context.diagnostic(`${count} stops of ${first.expected.stops}, ${secondCount} of ${second.expected.stops} in the second run`);
});

test.after(() => template.remove());
