// The program is killed at its Nth system call and resumed: the same final tree as an undisturbed
// run, nothing lost, nothing that was recorded as done done again. Mode frontier has commits while
// steps run. Five steps are killed once; twenty steps of eight workers at random stops, and again at
// random while they are resumed, up to three times.
// WAVETRAIN_SWEEP=full tries every stop of the five steps and a thousand random ones of the twenty,
// in each mode (hours), WAVETRAIN_SWEEP=300 so many of each, the smoke form a few. WAVETRAIN_SWEEP_SEED
// gives other random ones.
import test from 'node:test';
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { Workspace, program } from '../rig/workspace.mjs';
import { attempt, copyOf, eightWorkers, fiveSteps, git, goOn, killAt, ranSteps, ownFiles } from '../rig/sweep.mjs';

const wanted = process.env.WAVETRAIN_SWEEP ?? 'smoke';
const count = (smoke, full) => ({ smoke, full })[wanted] ?? Number(wanted);
const seed = Number(process.env.WAVETRAIN_SWEEP_SEED ?? 1);

/** mulberry32: numbers below a bound, the same for the same seed. */
function generator(state) {
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** One stop each, evenly spread. */
function* spread(stops) {
  const step = Math.max(1, stops / count(40, stops));
  for (let stop = 1; stop < stops; stop += step) yield [Math.floor(stop)];
}

/** A random stop of the run, and three of what is left of it then. */
function* scattered(stops) {
  const draw = generator(seed);
  for (let i = count(8, 1000); i > 0; i--) {
    const first = 1 + draw(stops - 1);
    yield [first, ...[1, 2, 3].map(() => 1 + draw(stops - first + 1000))];
  }
}

const sweeps = [
  { name: 'killed at any system call', pipeline: fiveSteps, kills: spread },
  { name: 'eight workers, killed at random and again while resuming', pipeline: eightWorkers, kills: scattered },
];

function undisturbed(template) {
  const at = copyOf(template.path);
  const done = attempt([killAt, '0', program, 'run'], at);
  assert.equal(done.status, 0, done.stdout + done.stderr);
  const facts = { stops: Number(done.output[9]), tree: git(at.place, 'rev-parse', 'HEAD^{tree}'), steps: ranSteps(at.ledger), files: ownFiles(at.place) };
  rmSync(at.folder, { recursive: true });
  return facts;
}

function sweepOne(template, kills, expected) {
  const at = copyOf(template.path);
  const context = (what) => `stops ${kills.join(', ')}: ${what} (kept in ${at.folder})`;
  const reached = goOn(at, expected.tree, context, { steps: expected.steps, kills });
  assert.deepEqual(ownFiles(at.place), expected.files, context('the same files beside the work tree'));
  rmSync(at.folder, { recursive: true });
  return reached;
}

for (const mode of ['waves', 'frontier']) {
  for (const { name, pipeline, kills } of sweeps) {
    const template = new Workspace();
    template.pipeline(pipeline(mode));
    test(`${mode}: ${name}, a resumed run ends in the same tree`, { timeout: 72000000 }, (context) => {
      const expected = undisturbed(template);
      assert.ok(expected.stops > 500, `${expected.stops} stops`);
      const faults = [];
      let runs = 0;
      let killed = 0;
      for (const list of kills(expected.stops)) {
        runs++;
        try {
          killed += sweepOne(template, list, expected);
        } catch (fault) {
          faults.push(fault.message);
        }
      }
      context.diagnostic(`${runs} runs, killed ${killed} times; ${expected.stops} stops, seed ${seed}`);
      assert.deepEqual(faults, []);
      assert.ok(killed >= runs / 2, `${killed} kills in ${runs} runs`);
    });
    test.after(() => template.remove());
  }
}
