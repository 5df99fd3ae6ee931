// What follows from a failure: decisions on what nobody can explain, waits for what is lacking, and
// the steps that fail now and then.
import test from 'node:test';
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inTerminal } from '../rig/terminal.mjs';
import { withWorkspace } from '../rig/workspace.mjs';

const states = (run) => Object.fromEntries(run.steps.map((step) => [step.id, step.state]));
const stepOf = (run, id) => run.steps.find((step) => step.id === id);
const shown = (done) => done.stdout + done.stderr;

// --- decisions ---

const killed = (mode, groups = ['', '']) => `
name: killed
execution: {jobs: 4, mode: ${mode}}
steps:
  - {id: victim, ${groups[0]} run: 'echo victim >> ../ran; test -e ../spared || kill -TERM $$; echo v > victim.txt'}
  - {id: beside, ${groups[1]} run: 'echo beside >> ../ran; echo b > beside.txt'}
  - {id: behind, needs: [beside], run: 'echo behind >> ../ran; echo c > behind.txt'}
  - {id: heir, needs: [victim], run: 'echo heir >> ../ran; echo h > heir.txt'}
`;
const forms = {
  'waves': killed('waves'),
  'one group': killed('waves', ['group: one,', 'group: one,']),
  'two groups': killed('waves', ['group: one,', 'group: two,']),
  'frontier': killed('frontier'),
};
const ran = (place) => readFileSync(join(place.root, 'ran'), 'utf8').trim().split('\n').sort().join(' ');

for (const [form, pipeline] of Object.entries(forms)) {
  const goesOn = !form.endsWith('group') && !form.endsWith('groups');

  test(`${form}: a foreign signal stops the run with 75, and resume tries it again`, withWorkspace({}, (place) => {
    place.pipeline(pipeline);
    const done = place.run(['run']);
    assert.equal(done.status, 75, shown(done));
    assert.match(done.stdout, /step victim was killed by SIGTERM, not by wavetrain: 'wavetrain resume' tries it again, 'wavetrain resume --skip victim' leaves it out/);
    const run = place.latest();
    assert.equal(run.state, 'interrupted');
    assert.deepEqual(states(run), { victim: 'pending', beside: 'done', behind: goesOn ? 'done' : 'pending', heir: 'pending' });
    assert.equal(stepOf(run, 'victim').attempts[0].failure, 'unknown');
    assert.equal(place.git('show', 'HEAD:beside.txt'), 'b', 'what is done is committed');
    place.write('../spared', '');
    const again = place.run(['resume']);
    assert.equal(again.status, 0, shown(again));
    assert.equal(ran(place), 'behind beside heir victim victim', 'nothing that was done is done again');
    assert.equal(place.git('show', 'HEAD:heir.txt'), 'h');
    assert.deepEqual(place.latest().flaky, [], 'a signal from elsewhere is no verdict');
  }));

  test(`${form}: resume --skip leaves it out`, withWorkspace({}, (place) => {
    place.pipeline(pipeline);
    assert.equal(place.run(['run']).status, 75);
    const wrong = place.run(['resume', '--skip', 'victm']);
    assert.equal(wrong.status, 2, shown(wrong));
    assert.match(wrong.stderr, /--skip: there is no step 'victm' \[usage\]\n {2}→ did you mean 'victim'\?/);
    const done = place.run(['resume', '--skip', 'victim', '--skip', 'beside']);
    assert.equal(done.status, 0, shown(done));
    assert.match(done.stderr, /--skip: step 'beside' is done already/);
    assert.deepEqual(states(place.latest()), { victim: 'skipped', beside: 'done', behind: 'done', heir: 'done' });
    assert.equal(stepOf(place.latest(), 'victim').reason, 'left out by --skip');
  }));
}

test('what the step or the run provides for is not asked about', withWorkspace({}, (place) => {
  for (const [words, status, state] of [['retry: {max: 1, backoff: 1ms}, ', 1, 'failed'], ['on_failure: skip, ', 1, 'failed'], ['optional: true, ', 0, 'failed'],
    ['retry: {max: 1, backoff: 1ms, on: transient}, ', 75, 'pending'], ['retry: {max: 1, backoff: 1ms, on: signal}, ', 1, 'failed']]) {
    place.pipeline(`steps:\n  - {id: a, ${words}run: 'kill -TERM $$'}\n`);
    const done = place.run(['run']);
    assert.equal(done.status, status, words + shown(done));
    assert.equal(states(place.latest()).a, state, words);
  }
  place.pipeline("execution: {on_failure: stop}\nsteps:\n  - {id: a, run: 'kill -TERM $$'}\n");
  assert.equal(place.run(['run']).status, 1);
  place.pipeline("steps:\n  - {id: a, run: 'kill -SEGV $$'}\n");
  assert.equal(place.run(['run']).status, 1, 'a fault of its own needs no decision');
  assert.equal(stepOf(place.latest(), 'a').attempts[0].failure, 'signal');
}));

test('run --skip leaves a step out, and what takes its outputs', withWorkspace({}, (place) => {
  place.pipeline(`
steps:
  - {id: make, run: 'echo m > m.txt', outputs: {m: m.txt}}
  - {id: use, inputs: [m], run: 'true'}
  - {id: after, needs: [make], run: 'true'}
`);
  const done = place.run(['run', '--skip', 'make']);
  assert.equal(done.status, 0, shown(done));
  assert.deepEqual(states(place.latest()), { make: 'skipped', use: 'skipped', after: 'done' });
  assert.match(place.run(['run', '--dry-run', '--skip', 'mke']).stderr, /there is no step 'mke'/);
}));

for (const [key, status, expected] of [['r', 0, { victim: 'done', heir: 'done' }], ['s', 0, { victim: 'skipped', heir: 'done' }], ['q', 75, { victim: 'pending', heir: 'pending' }]]) {
  test(`at a terminal it is asked: ${key}`, withWorkspace({}, async (place) => {
    place.pipeline(`
steps:
  - {id: victim, run: 'test -e ../spared || { touch ../spared; kill -TERM $$; }'}
  - {id: heir, needs: [victim], run: 'true'}
`);
    await inTerminal(place, ['run'], { columns: 100 }, async (terminal) => {
      await terminal.shows(/Step 'victim' was killed by SIGTERM, not by wavetrain\. \[r\]etry, \[s\]kip or \[q\]uit\? \[q\]/);
      terminal.keys(key, 'Enter');
      assert.equal(await terminal.ended(), status);
    });
    assert.deepEqual(states(place.latest()), expected);
  }));
}

test('--yes is nobody who could be asked', withWorkspace({}, async (place) => {
  place.pipeline("steps:\n  - {id: victim, run: 'kill -TERM $$'}\n");
  await inTerminal(place, ['run', '--yes'], { columns: 100 }, async (terminal) => assert.equal(await terminal.ended(), 75));
}));

// --- resources ---

/** A control group with little memory beside our own, or undefined where none can be made. */
function smallGroup() {
  const lines = readFileSync('/proc/self/cgroup', 'utf8').split('\n').map((line) => line.split(':'));
  const one = lines.find(([, name]) => name === 'memory');
  const two = lines.find(([number]) => number === '0');
  const folders = [one && `/sys/fs/cgroup/memory${one[2]}`, '/sys/fs/cgroup/memory', two && `/sys/fs/cgroup${two[2]}`].filter(Boolean);
  for (const folder of folders) {
    const path = join(folder, `wavetrain-test-${process.pid}`);
    try {
      mkdirSync(path);
    } catch {
      continue;
    }
    try {
      const isFirst = existsSync(join(path, 'memory.limit_in_bytes'));
      writeFileSync(join(path, isFirst ? 'memory.limit_in_bytes' : 'memory.max'), String(24 << 20));
      for (const [name, value] of [['memory.memsw.limit_in_bytes', 24 << 20], ['memory.swap.max', 0]])
        if (existsSync(join(path, name))) writeFileSync(join(path, name), String(value));
      return path;
    } catch {
      rmdirSync(path);
    }
  }
  return undefined;
}

// In the small group it takes too much, once; then it must find nobody beside it.
const hungry = (group, how) => `
execution: {jobs: 3}
steps:
  - id: hungry
    retry: {max: 0, backoff: 1ms}
    value: 100
    run: |
      if ! test -e ../killed; then touch ../killed; echo $$ > ${group}/cgroup.procs; ${how}; fi
      for i in 1 2 3; do if ls .. | grep -q running-; then echo not alone; exit 9; fi; sleep 0.05; done
${[1, 2, 3, 4, 5, 6].map((i) => `  - {id: s${i}, run: 'touch ../running-${i}; sleep 0.2; rm ../running-${i}'}`).join('\n')}
`;
const devour = `exec '${process.execPath}' -e 'Buffer.alloc(300 << 20, 1)'`;
const inPipe = 'head -c 300000000 /dev/zero | tail -c 300000000 > /dev/null || exit $?';

test('what the system kills for lack of memory is tried again alone', withWorkspace({}, (place, context) => {
  const group = smallGroup();
  if (!group) {
    // Without a group to be killed in there is no evidence, and nobody guesses.
    context.diagnostic('no control group with little memory can be made here');
    place.pipeline("steps:\n  - {id: a, run: 'kill -KILL $$'}\n");
    assert.equal(place.run(['run']).status, 75);
    assert.equal(stepOf(place.latest(), 'a').attempts[0].failure, 'unknown');
    return;
  }
  try {
    for (const [how, signal] of [[devour, 9], [inPipe, 0]]) {
      place.pipeline(hungry(group, how));
      const done = place.run(['run']);
      assert.equal(done.status, 0, shown(done));
      const [first, second] = stepOf(place.latest(), 'hungry').attempts;
      assert.equal(first.failure, 'resource', shown(done));
      assert.equal(first.signal, signal);
      assert.match(first.reason, /^killed by the system for lack of memory(, at a peak of [1-9][0-9.]* [KMG]iB)?$/);
      assert.equal(first.peak_rss_bytes > 0, first.reason.includes('peak'));
      assert.equal(second.state, 'done');
      assert.deepEqual(place.latest().flaky, [], 'a lack of memory is no verdict');
      rmSync(join(place.root, 'killed'));
    }
  } finally {
    rmdirSync(group);
  }
}));

test('SIGKILL without evidence of the system is not explained', withWorkspace({}, (place) => {
  place.pipeline("steps:\n  - {id: a, run: 'kill -KILL $$'}\n  - {id: b, run: 'sh -c \"kill -KILL \\$\\$\"; exit $?'}\n");
  const done = place.run(['run']);
  assert.equal(done.status, 1, shown(done));
  assert.deepEqual(place.latest().steps.map((step) => step.attempts[0].failure), ['unknown', 'permanent']);
}));

test('a program that is busy is waited for', withWorkspace({}, (place) => {
  // It is open for writing as long as the other step runs: ETXTBSY, a lack that ends.
  place.write('tool', '#!/bin/sh\necho used > used.txt\n', 0o755);
  place.pipeline(`
steps:
  - id: writer
    run: |
      exec 3>> tool; touch ../open
      until sqlite3 .wavetrain/state.db "SELECT failure FROM attempts" | grep -q resource; do sleep 0.05; done
  - {id: gate, run: 'while ! test -e ../open; do sleep 0.01; done'}
  - {id: user, needs: [gate], run: [./tool], retry: {max: 0, backoff: 1ms}}
execution: {mode: frontier, jobs: 4}
`);
  const done = place.run(['run']);
  assert.equal(done.status, 0, shown(done));
  const attempts = stepOf(place.latest(), 'user').attempts;
  assert.deepEqual(attempts.map((attempt) => attempt.failure), ['resource', null], 'once the other has ended');
  assert.match(attempts[0].reason, /Text file busy/);
}));

// --- flaky steps ---

const shaky = `
name: shaky
steps:
  - {id: shaky, run: 'test -e ../second || { touch ../second; echo no; exit 1; }', retry: {max: 1, backoff: 1ms}}
  - {id: torn, run: 'test -e ../later || { touch ../later; exit 3; }'}
  - {id: firm, run: 'true'}
`;

test('a step that fails and then succeeds is called flaky everywhere', withWorkspace({}, (place) => {
  place.pipeline(shaky);
  const first = place.run(['run']);
  assert.equal(first.status, 1, shown(first));
  assert.match(first.stdout, /^ {2}flaky: shaky failed 1 of 2 attempts with the same inputs$/m);
  assert.doesNotMatch(first.stdout, /flaky: torn/);
  const second = place.run(['run']);
  assert.equal(second.status, 0, shown(second));
  assert.match(second.stdout, /^ {2}flaky: shaky failed 1 of 3 attempts with the same inputs in 2 runs$/m);
  assert.match(second.stdout, /^ {2}flaky: torn failed 1 of 2 attempts with the same inputs in 2 runs$/m);
  const run = place.latest();
  const earlier = JSON.parse(place.run(['runs', '--format', 'json']).stdout).runs[1].id;
  assert.deepEqual(run.flaky.map(({ step, attempts, failed, runs, last_failure: why, last_reason: words, last_run: where }) => [step, attempts, failed, runs, why, words, where]),
    [['shaky', 3, 1, 2, 'permanent', 'exit status 1', earlier], ['torn', 2, 1, 2, 'permanent', 'exit status 3', earlier]]);
  assert.equal(run.flaky[0].fingerprint, stepOf(run, 'shaky').fingerprint);
  const folder = join('.wavetrain', 'runs', run.id, 'report');
  assert.deepEqual(JSON.parse(place.read(join(folder, 'report.json'))).flaky, run.flaky);
  assert.match(place.read(join(folder, 'summary.md')), /^Flaky: shaky failed 1 of 3 attempts with the same inputs in 2 runs; torn failed 1 of 2 /m);
  assert.match(place.read(join(folder, 'report.html')), /<h2 id="flaky-title">Flaky steps<\/h2>/);
  assert.match(place.run(['trace', 'latest', 'torn']).stdout, new RegExp(`Flaky +failed 1 of 2 attempts with the same inputs in 2 runs; last: exit status 3 in ${earlier}`));
  assert.doesNotMatch(place.run(['trace', 'latest', 'firm']).stdout, /Flaky/);
}));

test('what was mended in between is not flaky', withWorkspace({}, (place) => {
  place.pipeline(shaky.replace(/ {2}- \{id: shaky.*\n/, ''));
  assert.equal(place.run(['run']).status, 1);
  assert.equal(place.run(['resume']).status, 0);
  assert.deepEqual(place.latest().flaky, [], 'somebody resumed it');
  place.write('mended.txt', '');
  place.commit('mend');
  assert.equal(place.run(['run']).status, 0);
  assert.deepEqual(place.latest().flaky, [], 'another commit');
}));

test('other files, or other artifacts, are not the same inputs', withWorkspace({}, (place) => {
  const flakyAfter = (pipeline, mend) => {
    place.pipeline(pipeline);
    assert.equal(place.run(['run']).status, 1);
    mend();
    const done = place.run(['run', '--allow-dirty']);
    assert.equal(done.status, 0, shown(done));
    return place.latest().flaky.map(({ step }) => step);
  };
  place.write('config', 'bad\n');
  const configured = "steps:\n  - {id: a, run: 'grep good config'}\n";
  assert.deepEqual(flakyAfter(configured, () => place.write('config', 'good\n')), [], 'a tracked file was changed');
  const found = "steps:\n  - {id: b, run: 'test -e mended'}\n";
  assert.deepEqual(flakyAfter(found, () => place.write('mended', '')), [], 'there is a new file');
  const made = `steps:
  - {id: make, run: '{ cat ../made || echo bad; } > "$WAVETRAIN_OUTPUT/list"; echo good > ../made', outputs: [list]}
  - {id: use, inputs: [list], run: 'grep good "$WAVETRAIN_INPUT/list"'}
`;
  assert.deepEqual(flakyAfter(made, () => {}), [], 'its need has made something else');
}));

test('what a person has tried again in the debugger is not flaky', withWorkspace({}, (place) => {
  place.pipeline("steps:\n  - {id: a, breakpoint: after, run: 'test -e ../mended'}\n");
  const done = place.run(['debug'], { input: 'shell touch ../mended\nretry\ncontinue\n' });
  assert.equal(done.status, 0, shown(done));
  assert.deepEqual(stepOf(place.latest(), 'a').attempts.map(({ state }) => state), ['failed', 'done']);
  assert.deepEqual(place.latest().flaky, []);
  assert.doesNotMatch(done.stdout, /flaky/);
}));
