// What a person decides about a step stays with the run until it is taken back.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inTerminal } from '../rig/terminal.mjs';
import { withWorkspace } from '../rig/workspace.mjs';

const states = (run) => Object.fromEntries(run.steps.map((step) => [step.id, step.state]));
const stepOf = (run, id) => run.steps.find((step) => step.id === id);
const shown = (done) => done.stdout + done.stderr;
const ran = (place) => readFileSync(join(place.root, 'ran'), 'utf8').trim().split('\n').join(' ');

const victim = (id) => `  - {id: ${id}, run: 'echo ${id} >> ../ran; test -e ../spared || kill -TERM $$'}`;
const two = `
steps:
${victim('one')}
${victim('two')}
  - {id: heir, needs: [one, two], run: 'echo heir >> ../ran'}
`;

test('two decisions may be told one after the other', withWorkspace({}, (place) => {
  place.pipeline(two);
  assert.equal(place.run(['run']).status, 75);
  const first = place.run(['resume', '--skip', 'one']);
  assert.equal(first.status, 75, shown(first));
  assert.deepEqual(states(place.latest()), { one: 'skipped', two: 'pending', heir: 'pending' });
  const second = place.run(['resume', '--skip', 'two']);
  assert.equal(second.status, 0, shown(second));
  assert.equal(ran(place), 'one two two heir', 'what is left out is not tried again');
  assert.deepEqual(states(place.latest()), { one: 'skipped', two: 'skipped', heir: 'done' });
}));

const gated = `
steps:
  - {id: build, run: 'echo build >> ../ran', gate: manual}
  - {id: ship, needs: [build], run: 'echo ship >> ../ran'}
  - {id: tell, needs: [ship], run: 'echo tell >> ../ran'}
`;

test('a step that is left out stays so behind a gate, and shows at once', withWorkspace({}, (place) => {
  place.pipeline(gated);
  const stopped = place.run(['run', '--skip', 'ship']);
  assert.equal(stopped.status, 75, shown(stopped));
  assert.equal(stepOf(place.latest(), 'ship').state, 'skipped');
  assert.equal(stepOf(place.latest(), 'ship').reason, 'left out by --skip');
  assert.match(place.run(['status']).stdout, /1 skipped/);
  assert.match(place.run(['trace', 'latest', 'ship']).stdout, /left out by --skip/);
  for (let i = 0; i < 2; i++) {
    assert.equal(place.run(['resume']).status, 75);
    assert.equal(stepOf(place.latest(), 'ship').reason, 'left out by --skip');
  }
  assert.equal(place.run(['approve', 'latest', 'build']).status, 0);
  const done = place.run(['resume']);
  assert.equal(done.status, 0, shown(done));
  assert.equal(ran(place), 'build tell');
}));

test('--no-skip takes it back', withWorkspace({}, (place) => {
  place.pipeline(gated);
  assert.equal(place.run(['run', '--skip', 'ship']).status, 75);
  assert.equal(place.run(['approve', 'latest', 'build']).status, 0);
  const both = place.run(['resume', '--skip', 'ship', '--no-skip', 'ship']);
  assert.equal(both.status, 2, shown(both));
  assert.match(both.stderr, /step 'ship' is named by --skip and by --no-skip: it is the one or the other/);
  const wrong = place.run(['resume', '--no-skip', 'shp']);
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /--no-skip: there is no step 'shp' \[usage\]\n {2}→ did you mean 'ship'\?/);
  const done = place.run(['resume', '--no-skip', 'ship', '--no-skip', 'tell']);
  assert.equal(done.status, 0, shown(done));
  assert.match(done.stderr, /--no-skip: step 'tell' was not left out/);
  assert.equal(ran(place), 'build ship tell');
  assert.equal(stepOf(place.latest(), 'ship').reason ?? null, null);
}));

test('what is taken back is so for good', withWorkspace({}, (place) => {
  place.pipeline(gated.replace('gate: manual', "gate: manual, milestone: true"));
  assert.equal(place.run(['run', '--skip', 'ship']).status, 75);
  assert.equal(place.run(['resume', '--no-skip', 'ship']).status, 75);
  assert.equal(stepOf(place.latest(), 'ship').state, 'pending');
  assert.equal(place.run(['approve', 'latest', 'build']).status, 0);
  assert.equal(place.run(['resume']).status, 0);
  assert.equal(ran(place), 'build ship tell');
}));

test('a killed runner has not forgotten it', withWorkspace({}, (place) => {
  place.pipeline(`
steps:
  - {id: killer, run: 'test -e ../spared || { touch ../spared; kill -KILL $PPID; sleep 60; }'}
  - {id: ship, needs: [killer], run: 'echo ship >> ../ran'}
  - {id: tell, needs: [ship], run: 'echo tell >> ../ran'}
`);
  assert.notEqual(place.run(['run', '--skip', 'ship']).status, 0);
  const done = place.run(['resume']);
  assert.equal(done.status, 0, shown(done));
  assert.equal(ran(place), 'tell');
}));

test('what was done after a step was left out is not done again', withWorkspace({}, (place) => {
  place.pipeline(`
steps:
  - {id: skipped, run: 'true'}
  - {id: after, needs: [skipped], run: 'echo after >> ../ran'}
  - {id: bad, needs: [after], run: 'echo bad >> ../ran; exit 1'}
`);
  assert.equal(place.run(['run', '--skip', 'skipped']).status, 1);
  assert.equal(place.run(['resume', '--skip', 'skipped']).status, 1);
  assert.equal(ran(place), 'after bad bad');
}));

test('an answer at a terminal is remembered too', withWorkspace({}, async (place) => {
  place.pipeline(`
steps:
${victim('lost')}
  - {id: build, needs: [lost], run: 'true', gate: manual}
  - {id: ship, needs: [build], run: 'true'}
`);
  await inTerminal(place, ['run'], { columns: 100 }, async (terminal) => {
    await terminal.shows(/Step 'lost' was killed by SIGTERM/);
    terminal.keys('s', 'Enter');
    await terminal.shows(/Step 'build' is done and waits for approval/);
    terminal.keys('n', 'Enter');
    assert.equal(await terminal.ended(), 75);
  });
  assert.equal(place.run(['approve', 'latest', 'build']).status, 0);
  const done = place.run(['resume']);
  assert.equal(done.status, 0, shown(done));
  assert.equal(ran(place), 'lost');
  assert.equal(stepOf(place.latest(), 'lost').reason, 'left out by choice, after it was killed by SIGTERM');
}));

test('a run that goes on later ends with 75, and with 1 when it waits beside a failure', withWorkspace({}, (place) => {
  const failed = "  - {id: bad, run: 'exit 1'}\n";
  const failing = "sqlite3 .wavetrain/state.db \"SELECT state FROM steps WHERE id = 'bad'\" | grep -q failed";
  const gate = "  - {id: build, run: 'true'}\n  - {id: seen, needs: [build], run: 'true', gate: manual}\n  - {id: ship, needs: [seen], run: 'true'}\n";
  const stopped = `  - {id: stop, run: 'kill -INT $PPID; sleep 60'}\n`;
  const late = `  - {id: stop, run: 'until ${failing.replaceAll("'", "''")}; do sleep 0.02; done; kill -INT $PPID; sleep 60'}\n`;
  for (const [steps, status] of [[victim('lost'), 75], [`${victim('lost')}\n${failed}`, 1], [gate, 75], [failed + gate, 1], [stopped, 75], [failed + late, 75]]) {
    place.pipeline(`execution: {jobs: 4}\nsteps:\n${steps}`);
    const done = place.run(['run']);
    assert.equal(done.status, status, steps + shown(done));
  }
}));

// --- ids ---

test('the id of a matrix means all its instances', withWorkspace({}, (place) => {
  place.pipeline(`
steps:
  - {id: build, matrix: {os: [linux, mac]}, run: 'echo "$MATRIX_OS" >> ../ran; exit 1'}
  - {id: after, needs: [build], run: 'echo after >> ../ran'}
`);
  const wrong = place.run(['run', '--skip', 'biuld']);
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /--skip: there is no step 'biuld' \[usage\]\n {2}→ did you mean 'build'\?/);
  const one = place.run(['run', '--skip', 'build[os=mac]']);
  assert.equal(one.status, 1, shown(one));
  assert.equal(ran(place), 'linux');
  const rest = place.run(['resume', '--skip', 'build']);
  assert.equal(rest.status, 0, shown(rest));
  assert.equal(ran(place), 'linux after');
  assert.deepEqual(states(place.latest()), { 'build[os=linux]': 'skipped', 'build[os=mac]': 'skipped', after: 'done' });
}));

test('a list that is not there yet makes no difference', withWorkspace({}, (place) => {
  place.pipeline(`
steps:
  - {id: list, run: 'printf "a\\nb\\n" > list.txt', outputs: {list: list.txt}}
  - {id: fetch, foreach: {from: list}, run: 'echo fetch >> ../ran'}
  - {id: bad, needs: [fetch], run: 'echo bad >> ../ran; test -e ../mended'}
`);
  const first = place.run(['run', '--skip', 'fetch']);
  assert.equal(first.status, 1, shown(first));
  const second = place.run(['resume']);
  assert.equal(second.status, 1, shown(second));
  assert.equal(ran(place), 'bad bad', 'none of the instances that the resumed run knows has run');
  place.write('../mended', '');
  const back = place.run(['resume', '--no-skip', 'fetch[1]']);
  assert.equal(back.status, 0, shown(back));
  assert.equal(ran(place), 'bad bad fetch bad');
}));

test('beside a failure it is counted apart, and named at the end', withWorkspace({}, (place) => {
  place.pipeline(`
execution: {on_failure: keep}
steps:
${victim('one')}
  - {id: bad, run: 'exit 3'}
  - {id: heir, needs: [one], run: 'true'}
`);
  const done = place.run(['run']);
  assert.equal(done.status, 1, shown(done));
  assert.match(done.stdout, /^failed: 1 of 3 steps failed, 1 undecided, 1 not run — /m);
  assert.match(done.stdout, /^ {2}one: undecided, killed by SIGTERM, not by wavetrain$/m);
  assert.match(place.run(['status']).stdout, /1 undecided, 1 not run/);
  place.write('../spared', '');
  assert.match(place.run(['resume']).stdout, /^failed: 1 of 3 steps failed, 2 retried — /m);
}));

test('a wave whose rest is left out is over', withWorkspace({}, (place) => {
  place.pipeline(`
steps:
  - {id: fine, run: 'true'}
${victim('one')}
  - {id: last, needs: [fine], run: 'true'}
`);
  assert.equal(place.run(['run']).status, 75);
  const resumed = place.run(['resume', '--skip', 'one']);
  assert.equal(resumed.status, 0, shown(resumed));
  assert.deepEqual(place.latest().waves.map((wave) => wave.state), ['done', 'done']);
}));
