// Steps and what they start share the run's slots, by GNU make's protocol.
import test from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withWorkspace } from '../rig/workspace.mjs';

const env = { MAKEFLAGS: '' };
const made = spawnSync('make', ['--version'], { encoding: 'utf8' }).stdout?.match(/GNU Make (\d+)\.(\d+)/);
const version = made ? Number(made[1]) * 100 + Number(made[2]) : 0;
const readAll = (place, name) => readFileSync(join(place.root, name), 'utf8');
const runFolder = (place) => `.wavetrain/runs/${place.latest().id}`;
const logOf = (place, id) => {
  const { log } = place.latest().steps.find((step) => step.id === id).attempts.at(-1);
  return log ? place.read(join(runFolder(place), log)) : '';
};
const succeeds = (place, words = ['run'], more = env) => {
  const done = place.run(words, { env: more });
  assert.equal(done.status, 0, done.stdout + done.stderr);
  return done;
};
const wait = (file) => `until test -e ../${file}; do sleep 0.01; done`;
// A client of the protocol in shell: it finds the fifo as make would, and holds what it takes.
const client = 'fifo="${MAKEFLAGS#*--jobserver-auth=fifo:}"; fifo="${fifo%% *}"; take() { dd if="$fifo" bs=1 count=1 2>/dev/null; }; give() { printf + > "$fifo"; }';

// A recipe is in the ledger from its start to its end, and ends once four of them have been there at once.
const makefile = `
recipes := 1 2 3 4 5 6 7 8
all: $(recipes)
$(recipes):
\t@echo start >> ../ledger; touch ../running-$(NAME)-$@
\t@until test -e ../met || { set -- ../running-*; test $$# -ge 4 && touch ../met; }; do sleep 0.02; done
\t@rm ../running-$(NAME)-$@; echo end >> ../ledger
`;

const neverAbove = (limit, ledger) => {
  let running = 0;
  let most = 0;
  for (const line of ledger.trim().split('\n')) {
    running += line === 'start' ? 1 : -1;
    most = Math.max(most, running);
  }
  assert.equal(running, 0);
  assert.ok(most <= limit, `${most} recipes at once`);
  return most;
};

for (const style of ['pipe', 'fifo']) {
  const skip = version < (style === 'pipe' ? 402 : 404) && `this make is too old for style ${style}`;
  test(`two steps with make never have more recipes than jobs at once, and all of the slots: ${style}`, { skip }, withWorkspace({}, (place) => {
    place.write('Makefile', makefile);
    place.pipeline(`
execution: {jobs: 4, jobserver: ${style}}
steps:
  - {id: one, timeout: 2m, run: 'make NAME=one'}
  - {id: two, timeout: 2m, run: 'make NAME=two'}
`);
    succeeds(place);
    assert.equal(neverAbove(4, readAll(place, 'ledger')), 4);
    assert.doesNotMatch(logOf(place, 'one') + logOf(place, 'two'), /jobserver/);
  }));
}

test('a step waits for a slot that a client has, and starts when that gives it back', withWorkspace({}, (place) => {
  // Of three slots 'keeper' owns one and ends up with the one that 'thief' took: so 'third' waits for it.
  place.pipeline(`
execution: {mode: frontier, jobs: 3, jobserver: fifo}
steps:
  - {id: keeper, timeout: 2m, run: '${client}; ${wait('second')}; touch ../given; give; ${wait('third')}'}
  - {id: thief, timeout: 2m, run: '${client}; take'}
  - {id: second, timeout: 2m, needs: [thief], run: 'touch ../second; ${wait('third')}'}
  - {id: third, timeout: 1m, needs: [thief], run: 'test -e ../given && touch ../third'}
`);
  succeeds(place);
  assert.equal(place.exists(join(runFolder(place), 'jobserver')), false);
}));

test('what a killed step held is there again once nothing runs, and its log says so', withWorkspace({}, (place) => {
  place.pipeline(`
execution: {jobs: 3, jobserver: fifo}
steps:
  - {id: greedy, optional: true, timeout: 1m, run: '${client}; take; take; kill -9 $$'}
  - {id: after, needs: [{step: greedy, soft: true}], timeout: 1m, run: '${client}; take; take; give; give'}
`);
  succeeds(place);
  assert.match(logOf(place, 'greedy'), /\[wavetrain\] 2 job slots were not given back to the jobserver/);
  assert.doesNotMatch(logOf(place, 'after'), /\[wavetrain\]/);
}));

test('only the pipe is passed on, under its own numbers; style fifo passes nothing', withWorkspace({}, (place) => {
  const pipeline = (style) => `execution: {jobs: 2, jobserver: ${style}}\nsteps:\n  - {id: look, run: 'echo "flags $MAKEFLAGS"; ls -l /proc/$$/fd'}\n`;
  place.pipeline(pipeline('pipe'));
  succeeds(place);
  const piped = logOf(place, 'look');
  const [, reads, writes] = piped.match(/^flags -j2 --jobserver-auth=(\d+),(\d+)$/m);
  const open = [...piped.matchAll(/ (\d+) -> (.*)$/gm)].filter(([, number]) => Number(number) > 2);
  const passed = open.filter(([, , target]) => target.startsWith('pipe:'));
  assert.deepEqual(passed.map(([, number]) => number), [reads, writes]);
  assert.equal(passed[0][2], passed[1][2]);
  place.pipeline(pipeline('fifo'));
  succeeds(place);
  const named = logOf(place, 'look');
  assert.match(named, /^flags -j2 --jobserver-auth=fifo:\S+\/jobserver$/m);
  assert.doesNotMatch(named, / ([3-9]|\d\d+) -> (pipe:|.*jobserver)/m);
  place.pipeline(pipeline('none'));
  succeeds(place, ['run'], { MAKEFLAGS: 'k' });
  assert.match(logOf(place, 'look'), /^flags k$/m);
}));

test('options of make are kept; MAKEFLAGS of the pipeline or the step is the user\'s', withWorkspace({}, (place) => {
  place.pipeline(`
execution: {jobs: 2, jobserver: pipe}
steps:
  - {id: inherits, run: 'echo "flags $MAKEFLAGS"'}
  - {id: own, env: {MAKEFLAGS: s}, run: 'echo "flags $MAKEFLAGS"'}
`);
  succeeds(place, ['run'], { MAKEFLAGS: 'k -- X=1' });
  assert.match(logOf(place, 'inherits'), /^flags k -j2 --jobserver-auth=\d+,\d+ -- X=1$/m);
  assert.match(logOf(place, 'own'), /^flags s$/m);
}));

test('a word that is no style is refused with the nearest one', withWorkspace({}, (place) => {
  place.pipeline("execution: {jobserver: fifi}\nsteps:\n  - {id: a, run: 'true'}\n");
  const done = place.run(['validate']);
  assert.equal(done.status, 3);
  assert.match(done.stdout, /:1:24: error: .*jobserver.*(\n.*)*did you mean 'fifo'\?/);
}));

test('what a killed runner has left is removed when its run is continued', withWorkspace({}, (place) => {
  place.pipeline(`
execution: {jobs: 2, jobserver: fifo}
steps:
  - {id: deadly, run: 'test -e ../killed || { touch ../killed; kill -9 $PPID; }; ${client}; take; give'}
`);
  place.run(['run'], { env });
  const fifo = join(place.path, runFolder(place), 'jobserver');
  assert.ok(existsSync(fifo));
  succeeds(place, ['resume']);
  assert.equal(existsSync(fifo), false);
}));
