// The program is killed at its Nth system call and resumed: the same final tree as an undisturbed
// run, nothing lost, nothing that was recorded as done done again. WAVETRAIN_SWEEP=full tries every
// stop (an hour), WAVETRAIN_SWEEP=1000 a thousand evenly spaced ones of each mode, the smoke form
// forty. Mode frontier has commits while steps run.
import test from 'node:test';
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Workspace, build, program } from '../rig/workspace.mjs';
import { attempt, copyOf, fiveSteps, git, goOn } from '../rig/sweep.mjs';

const killAt = join(build, 'tests', 'kill_at');
const wanted = process.env.WAVETRAIN_SWEEP ?? '40';

const templates = Object.fromEntries(['waves', 'frontier'].map((mode) => [mode, new Workspace()]));
for (const [mode, template] of Object.entries(templates)) template.pipeline(fiveSteps(mode));

function undisturbed(template) {
  const at = copyOf(template.path);
  const done = attempt([killAt, '0', program, 'run'], at);
  assert.equal(done.status, 0, done.stdout + done.stderr);
  const facts = { stops: Number(done.output[9]), tree: git(at.place, 'rev-parse', 'HEAD^{tree}') };
  rmSync(at.folder, { recursive: true });
  return facts;
}

function sweepOne(template, stop, expected) {
  const at = copyOf(template.path);
  const context = (what) => `stop ${stop}: ${what} (kept in ${at.folder})`;
  const killed = attempt([killAt, String(stop), program, 'run'], at);
  // The number of calls differs a little between runs: the last stops may lie behind the end.
  if (killed.status === 0 && stop > expected.stops * 0.9) return rmSync(at.folder, { recursive: true });
  assert.equal(killed.status, 137, context('was killed'));
  goOn(at, expected.tree, context);
  rmSync(at.folder, { recursive: true });
}

for (const [mode, template] of Object.entries(templates)) {
  test(`${mode}: killed at any system call, a resumed run ends in the same tree`, { timeout: 7200000 }, () => {
    const expected = undisturbed(template);
    assert.ok(expected.stops > 500, `${expected.stops} stops`);
    const step = wanted === 'full' ? 1 : Math.max(1, expected.stops / Number(wanted));
    for (let stop = 1; stop < expected.stops; stop += step) sweepOne(template, Math.floor(stop), expected);
  });
  test.after(() => template.remove());
}
