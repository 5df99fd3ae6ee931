// `wavetrain debug` and `run --debug`: real runs, scripted through standard input, and in a real
// terminal. Where a test needs the run to stand at a prompt, it waits for what is printed there.
import test from 'node:test';
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanEnvironment, program, until, withWorkspace } from '../rig/workspace.mjs';
import { inTerminal } from '../rig/terminal.mjs';

const chain = `
name: chain
steps:
  - id: build
    workspace: fresh
    run: echo building; echo one > "$WAVETRAIN_OUTPUT/all.txt"
    outputs: [all]
  - id: check
    inputs: [all]
    run: echo checking; echo x >> ../checked; test -e ../fine
  - id: ship
    needs: [check]
    run: echo x >> ../shipped
`;

/** A script of commands to its end. */
function debug(place, words, lines, options = {}) {
  return place.run(words, { input: lines.map((line) => `${line}\n`).join(''), ...options });
}

/** wavetrain with a standard input that stays open: say() gives it a line. */
function talk(place, words, { env = {} } = {}) {
  // A session of its own: no terminal of whoever runs the tests is in reach.
  const child = spawn(program, words, { cwd: place.path, env: cleanEnvironment(env), stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  child.output = '';
  child.stdout.on('data', (bytes) => (child.output += bytes));
  child.stderr.on('data', (bytes) => (child.output += bytes));
  child.stdin.on('error', () => {});
  child.ended = new Promise((resolve) => child.on('close', (status, signal) => resolve({ status, signal })));
  child.say = (line) => child.stdin.write(`${line}\n`);
  child.shows = (pattern) => until(() => pattern.test(child.output) || child.exitCode !== null, String(pattern))
    .then(() => assert.match(child.output, pattern), (error) => assert.fail(`${error.message}\n${child.output}`));
  return child;
}

/** Runs body with a talking wavetrain, which is ended in the end. */
const talking = (pipeline, words, body, options = {}) => withWorkspace({}, async (place) => {
  place.pipeline(pipeline);
  const child = talk(place, words, options);
  try {
    await body(place, child);
  } finally {
    child.kill('SIGKILL');
    await child.ended;
  }
});

test('a step that was killed from elsewhere is not called failed', withWorkspace({}, (place) => {
  place.pipeline("steps:\n  - {id: a, breakpoint: after, run: 'kill -TERM $$'}\n");
  const { status, stdout } = debug(place, ['debug'], ['continue']);
  assert.equal(status, 75, stdout);
  assert.match(stdout, /^stopped after a, wave 1 of 1: undecided, .*killed by SIGTERM/m);
}));

const runId = (text) => text.match(/run_\d{8}_\d{6}(_\d+)?/)[0];
const lines = (place, name) => (existsSync(join(place.root, name)) ? readFileSync(join(place.root, name), 'utf8').trimEnd().split('\n').length : 0);
const stops = (text) => [...text.matchAll(/^stopped (before|after) ([^,:\n]+)/gm)].map((match) => `${match[1]} ${match[2]}`);
const audit = (place) => place.run(['audit', 'latest']).stdout;

test('without a breakpoint it stops before the first step, says so, and next goes from step to step', withWorkspace({}, (place) => {
  place.pipeline(chain);
  place.write('../fine', '');
  const { status, stdout } = debug(place, ['debug'], ['next', 'step', 'n']);
  assert.equal(status, 0, stdout);
  assert.match(stdout, /there is no breakpoint: the run stops before its first step/);
  assert.deepEqual(stops(stdout), ['before build', 'before check', 'before ship']);
  assert.match(stdout, /^stopped before check, wave 2 of 3$/m);
  assert.match(stdout, /^before check> step$/m);
  assert.equal(lines(place, 'shipped'), 1);
}));

test('continue goes to the next breakpoint; after a step: verdict, exit status and the end of its log', withWorkspace({}, (place) => {
  place.pipeline(chain);
  const { status, stdout } = debug(place, ['run', '--debug', '--break-after', 'check', '--break-before=check', '--break-after=build'], ['continue', 'c', 'c']);
  assert.equal(status, 1, stdout);
  assert.deepEqual(stops(stdout), ['after build', 'before check', 'after check']);
  assert.match(stdout, /^stopped after build, wave 1 of 3: done, exit status 0, .*\n {2}│ building$/m);
  assert.match(stdout, /^stopped after check, wave 2 of 3: failed, exit status 1, [^,\n]*\n {2}│ checking$/m);
  assert.equal(lines(place, 'shipped'), 0);
}));

test('an id that is none is refused before anything is on record, with the nearest', withWorkspace({}, (place) => {
  place.pipeline(chain);
  for (const words of [['debug', '--break-before', 'biuld'], ['run', '--break-after', 'biuld']]) {
    const { status, stderr } = debug(place, words, []);
    assert.equal(status, 2, stderr);
    assert.match(stderr, /there is no step 'biuld' to stop at/);
    assert.match(stderr, /did you mean 'build'\?/);
  }
  assert.deepEqual(place.record('SELECT * FROM runs'), []);
  for (const other of ['--watch', '--dry-run']) {
    const { status, stderr } = debug(place, ['run', '--debug', other], []);
    assert.equal(status, 2, stderr);
    assert.match(stderr, new RegExp(`--debug and ${other} do not go together`));
  }
}));

test('of steps that are several the id means all; the key of the file is heeded here and nowhere else', withWorkspace({}, (place) => {
  place.pipeline(`
steps:
  - {id: test, matrix: {os: [a, b]}, run: 'true'}
  - {id: list, run: 'printf "x\\ny\\n" > "$WAVETRAIN_OUTPUT/items.txt"', outputs: [items], breakpoint: after}
  - {id: each, foreach: items, run: 'true'}
`);
  const { status, stdout } = debug(place, ['debug', '-j', '1', '--break-before=test', '--break-before', 'each'], Array(5).fill('c'));
  assert.equal(status, 0, stdout);
  assert.deepEqual(stops(stdout), ['after list', 'before test[os=a]', 'before test[os=b]', 'before each[0]', 'before each[1]']);
  const plain = place.run(['run']);
  assert.equal(plain.status, 0);
  assert.deepEqual(stops(plain.stdout), []);
  const wrong = "steps:\n  - {id: a, run: 'true', breakpoint: afterwards}\n";
  place.write('wrong.yml', wrong);
  const refused = place.run(['validate', 'wrong.yml']);
  assert.equal(refused.status, 3);
  assert.match(refused.stderr + refused.stdout, /before, after, both|before, after or both/);
}));

test('inspect prints what `wavetrain inspect` prints', withWorkspace({}, (place) => {
  place.pipeline(chain);
  const { status, stdout } = debug(place, ['debug', '--break-before', 'check'], ['inspect', 'i all', 'inspect al', 'quit']);
  assert.equal(status, 75, stdout);
  const listed = place.run(['inspect', 'latest']).stdout;
  const shown = place.run(['inspect', 'latest', 'all']).stdout;
  assert.match(shown, /one/);
  assert.ok(stdout.includes(`before check> inspect\n${listed}before check> i all\n${shown}before check> inspect al\n`), stdout);
  assert.match(stdout, /error: run '.*' has no artifact 'al'\n {2}hint: did you mean 'all'\?/);
}));

test('wrong words get the nearest right one, and nothing happens', withWorkspace({}, (place) => {
  place.pipeline(chain);
  const { stdout } = debug(place, ['debug'], ['contnue', '', '# a remark', 'retry', 'break', 'break chekc', 'break check sideways', 'quit now', 'help', 'quit']);
  assert.match(stdout, /there is no command 'contnue'\n {2}hint: did you mean 'continue'\?/);
  assert.match(stdout, /'retry' is for a stop after a step, and this one is before it/);
  assert.match(stdout, /'break' needs the id of a step/);
  assert.match(stdout, /there is no step 'chekc' to stop at\n {2}hint: did you mean 'check'\?/);
  assert.match(stdout, /a breakpoint is 'before', 'after' or 'both', not 'sideways'/);
  assert.match(stdout, /'quit' takes nothing behind it/);
  assert.match(stdout, /^ {2}continue, c +go on to the next breakpoint$/m);
  assert.deepEqual(stops(stdout), ['before build']);
}));

test('break, delete and breakpoints', withWorkspace({}, (place) => {
  place.pipeline(chain);
  place.write('../fine', '');
  const { status, stdout } = debug(place, ['debug', '--break-before', 'build', '--break-after', 'check'],
    ['break ship', 'delete check', 'delete ship before', 'breakpoints', 'c', 'delete ship', 'c']);
  assert.equal(status, 0, stdout);
  assert.match(stdout, /before build> breakpoints\n {2}before {12}build\n {2}after {13}ship\n/);
  assert.match(stdout, /after ship> delete ship\n {2}before {12}build\nafter ship> c\n/);
  assert.deepEqual(stops(stdout), ['before build', 'after ship']);
}));

test('skip: the step counts as one whose condition does not hold, and the record says why', withWorkspace({}, (place) => {
  place.pipeline(`
steps:
  - {id: a, run: 'echo x >> ../ran; echo 1 > "$WAVETRAIN_OUTPUT/made.txt"', outputs: [made]}
  - {id: user, inputs: [made], run: 'echo x >> ../ran'}
  - {id: after, needs: [a], run: 'echo x >> ../after'}
`);
  const { status, stdout } = debug(place, ['debug'], ['skip']);
  assert.equal(status, 0, stdout);
  assert.equal(lines(place, 'ran'), 0);
  assert.equal(lines(place, 'after'), 1);
  assert.match(audit(place), /STEP_SKIPPED: a \(.*reason=left out by choice, in the debugger\)/);
  assert.match(audit(place), /STEP_SKIPPED: user \(.*its input 'made' is not made/);
}));

test('retry after success: a fresh workspace, the same inputs, and what it made is made anew', withWorkspace({}, (place) => {
  place.pipeline(`
steps:
  - {id: source, run: 'echo in > "$WAVETRAIN_OUTPUT/source.txt"', outputs: [source]}
  - id: copy
    workspace: fresh
    cache: true
    inputs: [source]
    run: pwd; test ! -e left; touch left; cat "$WAVETRAIN_INPUT/source.txt" > "$WAVETRAIN_OUTPUT/copy.txt"; echo $WAVETRAIN_ATTEMPT >> "$WAVETRAIN_OUTPUT/copy.txt"
    outputs: [copy]
  - {id: last, inputs: [copy], run: 'cat "$WAVETRAIN_INPUT/copy.txt" > ../got'}
`);
  const { status, stdout } = debug(place, ['debug', '--break-after', 'copy'], ['retry', 'r', 'c']);
  assert.equal(status, 0, stdout);
  assert.deepEqual(stops(stdout), ['after copy', 'after copy', 'after copy']);
  assert.match(stdout, /stopped after copy, wave 2 of 3, attempt 3: done/);
  assert.equal(place.read('../got'), 'in\n3\n');
  const places = [...stdout.matchAll(/│ (.*\/work\/copy\..*)/g)].map((match) => match[1]);
  assert.equal(new Set(places).size, 3, places.join(' '));
  assert.equal(audit(place).match(/STEP_ROLLED_BACK: copy .*reason=tried again in the debugger/g).length, 2);
  assert.deepEqual(readdirSync(join(place.path, '.wavetrain/runs', runId(stdout))).includes('work'), false, 'no workspace is left');
}));

test('retry after a failure: nothing has followed from it', withWorkspace({}, (place) => {
  place.pipeline(chain);
  const { status, stdout } = debug(place, ['debug', '--break-after', 'check'], ['shell touch ../fine', 'retry', 'continue']);
  assert.equal(status, 0, stdout);
  assert.match(stdout, /^stopped after check, wave 2 of 3: failed/m);
  assert.match(stdout, /^stopped after check, wave 2 of 3, attempt 2: done/m);
  assert.equal(lines(place, 'checked'), 2);
  assert.equal(lines(place, 'shipped'), 1);
  assert.match(stdout, /^completed: all 3 steps done/m);
  assert.doesNotMatch(stdout, /last lines/);
  const trace = JSON.parse(place.run(['status', '--format', 'json']).stdout);
  assert.equal(trace.status ?? trace.state, 'done');
}));

const surroundings = `
name: surroundings
env: {OF_PIPELINE: 'a b', GITHUB_TOKEN_LIKE: none}
secrets: [PASSWORD]
params: {size: {default: big}}
steps:
  - {id: source, run: 'echo in > "$WAVETRAIN_OUTPUT/source.txt"', outputs: [source]}
  - id: looks
    workspace: fresh
    env: {OF_STEP: c}
    inputs: [source]
    outputs: {seen: output/seen.txt, where: output/where.txt}
    run: tr '\\0' '\\n' < /proc/$$/environ | sort > "$WAVETRAIN_OUTPUT/seen.txt"; { pwd; cat "$WAVETRAIN_INPUT/source.txt"; ls; } > "$WAVETRAIN_OUTPUT/where.txt"
`;

test("the shell has the step's own environment and workspace, before it and after it", withWorkspace({}, (place) => {
  place.pipeline(surroundings);
  const look = (to) => `shell tr '\\0' '\\n' < /proc/$$/environ | sort > ${place.root}/${to}.env; { pwd; cat $WAVETRAIN_INPUT/source.txt; ls; } > ${place.root}/${to}.where`;
  const { status, stdout } = debug(place, ['debug', '--break-before=looks', '--break-after=looks'], [look('before'), 'c', look('after'), 'c'],
    { env: { SHELL: '/bin/sh', PASSWORD: 'hush-hush-hush', GITHUB_TOKEN: 'ghs_token', ODD: 'two\nlines' } });
  assert.equal(status, 0, stdout);
  const kept = (name) => readFileSync(join(place.path, '.wavetrain/runs', runId(stdout), 'artifacts/looks', `${name}.txt`), 'utf8');
  assert.match(kept('seen'), /^OF_STEP=c$/m);
  assert.match(kept('seen'), /^PASSWORD=hush-hush-hush$/m);
  assert.match(kept('seen'), /^PARAM_SIZE=big$/m);
  assert.match(kept('seen'), /^WAVETRAIN_INPUT=/m);
  assert.doesNotMatch(kept('seen'), /ghs_token/);
  assert.match(kept('where'), /looks\.1\/workspace\nin\n$/);
  for (const when of ['before', 'after']) {
    assert.equal(place.read(`../${when}.env`), kept('seen'), when);
    assert.equal(place.read(`../${when}.where`), kept('where'), when);
  }
}));

test('what a shell leaves in the workspace before the step is there for the step; status and secrets', withWorkspace({}, (place) => {
  place.pipeline(surroundings.replace('ls; }', 'ls; cat note; }'));
  const { status, stdout } = debug(place, ['debug', '--break-before=looks'], ['shell echo hush-hush-hush; echo noted > note; exit 3', 'shell cat note; read x; echo end', 'c'],
    { env: { SHELL: '/bin/sh', PASSWORD: 'hush-hush-hush' } });
  assert.equal(status, 0, stdout);
  assert.match(stdout, /^\*\*\*\nthe shell ended with status 3$/m);
  assert.match(stdout, /^noted\nend$/m);
  assert.doesNotMatch(stdout, /hush-hush/);
  assert.match(place.run(['inspect', 'latest', 'where']).stdout, /note\nnoted/);
}));

test('a worktree: the shell is in the checkout, and what it leaves there is merged with what the step changes', withWorkspace({}, (place) => {
  place.pipeline(`
steps:
  - {id: change, workspace: worktree, run: 'cat base.txt noted.txt > changed.txt'}
`);
  place.write('base.txt', 'base\n');
  place.commit('base');
  const { status, stdout } = debug(place, ['debug', '--break-after=change'], ['shell cat changed.txt; echo late > late.txt', 'c']);
  assert.equal(status, 1, stdout);
  const again = debug(place, ['debug', '--break-before=change', '--break-after=change'], ['shell pwd; echo noted > noted.txt', 'c', 'shell cat changed.txt; echo late > late.txt', 'c']);
  assert.equal(again.status, 0, again.stdout);
  assert.match(again.stdout, /^\/.*\/work\/change\.1\/tree$/m);
  assert.match(again.stdout, /late\.txt\nbase\nnoted\n/);
  assert.equal(place.read('changed.txt'), 'base\nnoted\n');
  assert.equal(place.read('noted.txt'), 'noted\n');
  assert.equal(place.exists('late.txt'), false);
  assert.equal(place.git('status', '--porcelain'), '');
}));

test('a result from the cache is stopped at as well, and retry really runs the step', withWorkspace({}, (place) => {
  place.pipeline(`
steps:
  - {id: make, cache: true, run: 'echo x >> ../ran; echo made > "$WAVETRAIN_OUTPUT/made.txt"', outputs: [made]}
`);
  assert.equal(place.run(['run']).status, 0);
  const { status, stdout } = debug(place, ['debug', '--break-before', 'make', '--break-after', 'make'], ['c', 'retry', 'c']);
  assert.equal(status, 0, stdout);
  assert.deepEqual(stops(stdout), ['before make', 'after make', 'after make']);
  assert.match(stdout, /^stopped after make, wave 1 of 1: done, [^,]*, from the cache$/m);
  assert.match(stdout, /^stopped after make, wave 1 of 1, attempt 2: done, exit status 0/m);
  assert.equal(lines(place, 'ran'), 2);
}));

test('a shell without a terminal is refused, a shell that is none too', withWorkspace({}, async (place) => {
  place.pipeline(chain);
  const child = talk(place, ['debug'], { env: { SHELL: '/no/such/shell' } });
  child.say('shell');
  await child.shows(/there is no terminal for a shell\n {2}hint: 'shell COMMAND' runs one command/);
  child.say('shell true');
  await child.shows(/no shell '\/no\/such\/shell' in '.*': No such file or directory\nthe shell ended with status 127/);
  child.say('quit');
  assert.equal((await child.ended).status, 75);
}));

test('quit ends the run as interrupted, and resume continues it', withWorkspace({}, (place) => {
  place.pipeline(chain);
  place.write('../fine', '');
  const { status, stdout } = debug(place, ['debug', '--break-before', 'check'], ['shell true', 'quit']);
  assert.equal(status, 75, stdout);
  assert.match(stdout, new RegExp(`resume: wavetrain resume ${runId(stdout)}`));
  assert.match(audit(place), /PIPELINE_INTERRUPTED: .*reason=ended in the debugger/);
  const resumed = place.run(['resume']);
  assert.equal(resumed.status, 0, resumed.stdout);
  assert.match(resumed.stdout, /1 step done before/);
  assert.equal(lines(place, 'checked'), 1);
  assert.equal(lines(place, 'shipped'), 1);
}));

test('the end of the input is quit, also of a file and of nothing at all; debug --resume goes on', withWorkspace({}, (place) => {
  place.pipeline(chain);
  place.write('../fine', '');
  const first = debug(place, ['debug', '--break-before', 'check'], []);
  assert.equal(first.status, 75, first.stdout);
  assert.match(first.stdout, /^before check> quit \(end of input\)$/m);
  writeFileSync(join(place.root, 'script'), 'continue\nbreakpoints');
  const file = openSync(join(place.root, 'script'), 'r');
  const second = spawnSync(program, ['debug', '--resume', '--break-before', 'check', '--break-after', 'check'], { cwd: place.path, env: cleanEnvironment(), encoding: 'utf8', stdio: [file, 'pipe', 'pipe'] });
  closeSync(file);
  assert.equal(second.status, 75, second.stdout);
  assert.deepEqual(stops(second.stdout), ['before check', 'after check']);
  assert.match(second.stdout, /after check> breakpoints\n {2}before and after {2}check\nafter check> quit \(end of input\)/);
  const third = spawnSync(program, ['debug', '--resume'], { cwd: place.path, env: cleanEnvironment(), encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  assert.equal(third.status, 75, third.stdout);
  assert.deepEqual(stops(third.stdout), ['before ship']);
  assert.equal(place.run(['resume']).status, 0);
  assert.equal(lines(place, 'checked'), 1);
}));

const beside = `
steps:
  - {id: first, run: 'until test -e ../go; do sleep 0.05; done; echo gone'}
  - {id: held, run: 'echo x >> ../held'}
  - {id: short, timeout: 1s, run: 'sleep 600'}
  - {id: later, run: 'echo x >> ../later'}
`;

test('what runs goes on while it waits, timeouts too, and nothing new starts', talking(beside, ['debug', '-j', '4', '--break-before', 'later', '--break-after', 'held'], async (place, child) => {
  await child.shows(/stopped before later/);
  await child.shows(/✕ short .*its timeout/);
  place.write('../go', '');
  await child.shows(/✓ first/);
  assert.equal(lines(place, 'later'), 0);
  assert.deepEqual(stops(child.output), ['before later']);
  // The one that has ended meanwhile is asked about before this one starts.
  child.say('continue');
  await child.shows(/stopped after held/);
  assert.equal(lines(place, 'later'), 0);
  child.say('continue');
  assert.equal((await child.ended).status, 1, child.output);
  assert.equal(lines(place, 'later'), 1);
}));

test('several stops at once are asked one after another', talking(`
steps:
  - {id: a, run: 'until test -e ../go; do sleep 0.05; done'}
  - {id: b, run: 'until test -e ../go; do sleep 0.05; done'}
  - {id: c, needs: [a, b], run: 'echo x >> ../c'}
`, ['debug', '-j', '2', '--break-after=a', '--break-after', 'b'], async (place, child) => {
  place.write('../go', '');
  await child.shows(/stopped after/);
  await child.shows(/✓ a[^]*✓ b|✓ b[^]*✓ a/);
  assert.equal(stops(child.output).length, 1);
  child.say('c');
  await until(() => stops(child.output).length === 2, 'the second stop');
  assert.equal(lines(place, 'c'), 0);
  child.say('c');
  assert.equal((await child.ended).status, 0, child.output);
  assert.deepEqual(stops(child.output).sort(), ['after a', 'after b']);
}));

for (const signal of ['SIGINT', 'SIGTERM'])
  test(`${signal} at the prompt ends the run as interrupted`, talking(chain, ['debug', '--break-before', 'check'], async (place, child) => {
    await child.shows(/stopped before check/);
    child.kill(signal);
    assert.deepEqual(await child.ended, { status: 75, signal: null }, child.output);
    assert.match(audit(place), new RegExp(`PIPELINE_INTERRUPTED: .*reason=interrupted \\(${signal}\\)`));
    place.write('../fine', '');
    assert.equal(place.run(['resume']).status, 0);
  }));

test("the run's time limit ends it at the prompt too", talking(`execution: {timeout: 1s}${chain}`, ['debug'], async (place, child) => {
  assert.equal((await child.ended).status, 75, child.output);
  assert.match(audit(place), /PIPELINE_INTERRUPTED: .*reason=the run's time limit of 1\.0 s is over/);
}));

test('a signal while a shell command runs ends both', talking(chain, ['debug', '--break-before', 'check'], async (place, child) => {
  child.say('shell echo $$ > ../shell; exec sleep 600');
  await until(() => lines(place, 'shell') === 1, 'the shell');
  child.kill('SIGTERM');
  assert.deepEqual(await child.ended, { status: 75, signal: null }, child.output);
  await until(() => !existsSync(`/proc/${place.read('../shell').trim()}`), 'the shell to be gone');
}));

for (const moment of ['before', 'after'])
  test(`killed at a prompt ${moment} a step, the run is resumed`, talking(chain, ['debug', `--break-${moment}`, 'check'], async (place, child) => {
    place.write('../fine', '');
    await child.shows(new RegExp(`stopped ${moment} check`));
    child.say('shell echo there');
    await child.shows(/^there$/m);
    child.kill('SIGKILL');
    await child.ended;
    const resumed = place.run(['resume']);
    assert.equal(resumed.status, 0, resumed.stdout + resumed.stderr);
    assert.equal(lines(place, 'checked'), 1);
    assert.equal(lines(place, 'shipped'), 1);
  }));

test('events on stdout stay alone there', withWorkspace({}, (place) => {
  place.pipeline(chain);
  const { status, stdout, stderr } = debug(place, ['debug', '--output-format=json'], ['shell echo said', 'quit']);
  assert.equal(status, 75);
  for (const line of stdout.trimEnd().split('\n')) JSON.parse(line);
  assert.match(stderr, /stopped before build[^]*\nsaid\n/);
}));

const interactive = `
name: by-hand
execution: {mode: frontier}
steps:
  - {id: compile-it, run: 'echo compiling'}
  - {id: slow, run: 'until test -e ../go; do sleep 0.05; done'}
  - {id: pack, needs: [compile-it], run: 'echo packing'}
`;

test('in a terminal: editing, history, completion, a shell that has it to itself, lines above the prompt', withWorkspace({}, async (place) => {
  place.pipeline(interactive);
  place.write('../rc', 'PS1="in-shell> "\n');
  await inTerminal(place, ['debug', '-j', '3', '--break-before', 'pack'], { columns: 90, rows: 40, env: { SHELL: '/bin/sh', ENV: join(place.root, 'rc') } }, async (terminal) => {
    await terminal.shows(/^before pack> $|^before pack>$/m);
    // As far as it goes, then what there is, then to its end.
    terminal.keys('b', 'Tab');
    await terminal.shows(/^before pack> break$/m);
    terminal.keys('Tab');
    await terminal.shows(/^ {2}breakpoints\n {2}break\nbefore pack> break$/m);
    terminal.keys('C-u');
    terminal.keys('d', 'e', 'l', 'Tab', 'c', 'o', 'm', 'Tab', 'Enter');
    await terminal.shows(/^before pack> delete compile-it$/m);
    terminal.keys('i', 'n', 's', 'Tab', 'Enter');
    await terminal.shows(/^before pack> inspect\n+run .* has no artifacts$/m);
    // A line that is half typed stays when a step's end is told.
    terminal.keys('b', 'r', 'e', 'a');
    await terminal.shows(/^before pack> brea$/m);
    place.write('../go', '');
    await terminal.shows(/✓ slow .*\nbefore pack> brea$/m);
    terminal.keys('k', 'p', 'o', 'i', 'n', 't', 's', 'Enter');
    await terminal.shows(/^before pack> breakpoints\n {2}before {12}pack$/m);
    terminal.keys('Up', 'Up', 'Enter');
    await terminal.shows(/has no artifacts\n[^]*has no artifacts/);
    terminal.keys('s', 'h', 'e', 'l', 'l', 'Enter');
    await terminal.shows(/^in-shell> ?$/m);
    terminal.keys('-l', 'echo $WAVETRAIN_STEP_ID; test -t 0 && echo on-tty');
    terminal.keys('Enter');
    await terminal.shows(/^pack\non-tty$/m);
    // It is the terminal's: Ctrl-C there stops what the shell runs, and not the run.
    terminal.keys('-l', 'sleep 600; echo slept=$?');
    terminal.keys('Enter');
    await terminal.shows(/sleep 600; echo/);
    await until(() => terminal.fact('pane_current_command') === 'sleep', 'sleep to run');
    terminal.keys('C-c');
    await terminal.shows(/in-shell> ?$/);
    terminal.keys('C-d');
    await terminal.shows(/before pack> ?$/);
    terminal.keys('c', 'Enter');
    assert.equal(await terminal.ended(), 0);
    assert.ok(terminal.restored);
    assert.match(terminal.history().join('\n'), /^completed: all 3 steps done/m);
  });
}));

for (const [key, what] of [['C-c', 'interrupted \\(SIGINT\\)'], ['C-d', 'ended in the debugger']])
  test(`in a terminal: ${key} ends the run as interrupted and leaves the terminal as it was`, withWorkspace({}, async (place) => {
    place.pipeline(interactive);
    place.write('../go', '');
    await inTerminal(place, ['debug'], {}, async (terminal) => {
      await terminal.shows(/before compile-it> ?$/);
      terminal.keys(key);
      assert.equal(await terminal.ended(), 75);
      assert.ok(terminal.restored);
    });
    assert.match(audit(place), new RegExp(`PIPELINE_INTERRUPTED: .*reason=${what}`));
    assert.equal(place.run(['resume']).status, 0);
  }));

test('a terminal without line editing', withWorkspace({}, async (place) => {
  place.pipeline(interactive);
  place.write('../go', '');
  await inTerminal(place, ['debug'], { env: { TERM: 'dumb' } }, async (terminal) => {
    await terminal.shows(/before compile-it> ?$/);
    terminal.keys('c', 'Enter');
    assert.equal(await terminal.ended(), 0);
    assert.ok(terminal.restored);
  });
}));
