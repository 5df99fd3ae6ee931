// `wavetrain run --watch`: what begins a run and what does not, with real files, editors' ways of
// saving and signals. That nothing was begun is seen from the line that says it waits: it is printed
// after everything that the run has changed was looked at.
import test from 'node:test';
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { until, withWorkspace } from '../rig/workspace.mjs';
import { inTerminal } from '../rig/terminal.mjs';

/** One step from what it was to what it is to be: nobody meets it half written. */
function replace(place, name, text) {
  const path = join(place.path, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(join(place.root, 'replacement'), text);
  renameSync(join(place.root, 'replacement'), path);
}

const waiting = 'waiting for changes (Ctrl-C ends)';
const count = (text, part) => text.split(part).length - 1;
const causes = (child) => [...child.output.matchAll(/changed: (.*), running again/g)].map((match) => match[1]);
const finished = (child) => child.output.match(/^completed: /gm)?.length ?? 0;

/** Waits until it has said for the nth time that it waits. */
async function idle(child, times) {
  await until(() => count(child.output, waiting) >= times || child.exitCode !== null, `the wait number ${times}`)
    .catch((error) => assert.fail(`${error.message}\n${child.output}`));
  assert.equal(child.exitCode, null, child.output);
  assert.equal(count(child.output, waiting), times, child.output);
}

async function ended(child, signal = 'SIGINT') {
  child.kill(signal);
  return (await child.ended).status;
}

/** Runs body with a watching wavetrain, which is ended in the end. */
function watching(options, body) {
  return withWorkspace({}, async (place, context) => {
    place.pipeline(options.pipeline);
    for (const [name, text] of Object.entries(options.files ?? {})) place.write(name, text);
    place.commit('files');
    const child = place.start(['run', '--watch', ...(options.words ?? [])], { env: options.env });
    try {
      await body(place, child, context);
    } finally {
      child.kill('SIGTERM');
      await child.ended;
    }
  });
}

const builds = `
name: builds
steps:
  - id: build
    cache: {key: ['src/**']}
    run: cat src/* > "$WAVETRAIN_OUTPUT/all.txt"; echo >> ../built
    outputs: [all]
  - id: use
    inputs: [all]
    run: cat "$WAVETRAIN_INPUT/all.txt" > used.txt
`;

test('a declared input begins a run, and what is cached stays so', watching({ pipeline: builds, files: { 'src/a': '1\n' } }, async (place, child) => {
  const built = () => place.read('../built').length;
  await idle(child, 1);
  replace(place, 'src/a', '2\n');
  await idle(child, 2);
  assert.deepEqual(causes(child), ['src/a']);
  assert.equal(place.read('used.txt'), '2\n');
  replace(place, 'src/b', '3\n');
  await idle(child, 3);
  assert.equal(place.read('used.txt'), '2\n3\n');
  assert.equal(built(), 3);

  // The other step alone has changed.
  replace(place, 'wavetrain.yml', builds.replace('> used.txt', '> again.txt'));
  await idle(child, 4);
  assert.deepEqual(causes(child), ['src/a', 'src/b', 'wavetrain.yml']);
  assert.equal(place.read('again.txt'), '2\n3\n');
  assert.equal(built(), 3);
  assert.match(child.output, /≡ build .*cached/);

  // Every one is a run of its own.
  assert.equal(place.record('SELECT count(*) AS count FROM runs')[0].count, 4);
  assert.equal(await ended(child), 0);
}));

// A machine that stands still in the middle of a save makes two of it: only the result is certain.
test('however a file is saved', watching({ pipeline: builds, files: { 'src/a': '1\n' } }, async (place, child) => {
  const path = join(place.path, 'src/a');
  const seen = (text) => until(() => child.output.trimEnd().endsWith(waiting) && place.read('used.txt') === text, `a run with ${text}`);
  await seen('1\n');
  writeFileSync(path, '2\n');
  await seen('2\n');
  unlinkSync(path);
  writeFileSync(path, '3\n');
  await seen('3\n');
  renameSync(path, `${path}~`);
  writeFileSync(path, '4\n');
  unlinkSync(`${path}~`);
  await seen('4\n');
  assert.ok(causes(child).every((cause) => cause.startsWith('src/a')), child.output);
}));

test('what is not declared begins nothing', watching({ pipeline: builds, files: { 'src/a': '1\n', notes: '1\n' } }, async (place, child) => {
  await idle(child, 1);
  place.write('notes', '2\n');
  place.write('other/new', '2\n');
  replace(place, 'src/a', '1\n');   // the same bytes
  place.git('commit', '-q', '-a', '-m', 'Notes');
  assert.equal(place.run(['status']).status, 0);
  replace(place, 'src/a', '3\n');
  await idle(child, 2);
  assert.deepEqual(causes(child), ['src/a']);
  assert.equal(finished(child), 2);
}));

test('what a run itself writes begins nothing', watching({
  pipeline: `
name: own
steps:
  - id: generate
    cache: {key: ['src/**'], paths: ['src/made/**']}
    run: mkdir -p src/made; date +%s%N > src/made/time; date +%s%N > src/out; date +%s%N > committed
    outputs: {out: src/out}
  - id: report
    cache: {key: [.]}
    run: 'true'
`,
  files: { 'src/a': '1\n' },
  words: ['--report-dir', 'report'],
}, async (place, child) => {
  await until(() => child.output.includes(waiting), 'the end of the runs');
  // Only the file that nobody said would be written: once.
  assert.deepEqual(causes(child), ['committed']);
  assert.match(child.output, /committed and \d+ more: counts as written by the run, starts nothing/);
  replace(place, 'src/a', '2\n');
  await idle(child, 2);
  // By hand, while nothing runs, the same files do.
  replace(place, 'src/out', 'by hand\n');
  await idle(child, 3);
  assert.equal(causes(child).includes('src/out'), true, child.output);
}));

test('steps that write another input at every run make no loop', watching({
  pipeline: `
name: loop
checkpoint: {branch: none}
steps:
  - {id: make, cache: {key: ['src/**']}, run: 'date +%s%N > src/same; date > "src/new-$(date +%s%N)"; rm -f src/a'}
`,
  files: { 'src/a': '1\n' },
}, async (place, child) => {
  await idle(child, 1);
  assert.equal(causes(child).length, 1, child.output);
  assert.equal(finished(child), 2);
  replace(place, 'src/a', '2\n');
  await idle(child, 2);
  assert.ok(finished(child) <= 4, child.output);
}));

test('any number of changes during a run are one more run', watching({
  pipeline: `
name: slow
steps:
  - id: wait
    cache: {key: ['src/**']}
    run: echo >> ../started; until test -e ../go; do sleep 0.02; done; cat src/* > "$WAVETRAIN_OUTPUT/all"
    outputs: [all]
  - {id: use, inputs: [all], run: 'cat "$WAVETRAIN_INPUT/all" > used.txt'}
`,
  files: { 'src/a': '1\n', 'src/b': '1\n' },
}, async (place, child) => {
  await until(() => place.exists('../started'), 'the first step');
  place.write('src/a', '2\n');
  place.write('src/b', '2\n');
  place.write('src/a', '3\n');
  place.write('../go', '');
  await idle(child, 1);
  assert.deepEqual(causes(child), ['src/a and 1 more']);
  assert.equal(place.read('used.txt'), '3\n2\n');
  assert.equal(finished(child), 2);
  // Files that the first run has committed among them: nobody's save is lost.
  assert.equal(place.record('SELECT count(*) AS count FROM runs')[0].count, 2);
}));

test('a pipeline that is broken, gone and mended', watching({ pipeline: builds, files: { 'src/a': '1\n' } }, async (place, child) => {
  await idle(child, 1);
  replace(place, 'wavetrain.yml', builds.replace('run: cat src', 'rum: cat src'));
  await idle(child, 2);
  assert.match(child.output, /a step has no key 'rum'/);
  // Its inputs are those of before.
  replace(place, 'src/a', '2\n');
  await idle(child, 3);
  unlinkSync(join(place.path, 'wavetrain.yml'));
  await idle(child, 4);
  assert.match(child.output, /no-pipeline/);
  replace(place, 'wavetrain.yml', builds);
  await idle(child, 5);
  assert.equal(place.read('used.txt'), '2\n');
  assert.equal(await ended(child), 0);
}));

test('files beside the pipeline: schema, system prompt, persona', watching({
  pipeline: `
name: beside
adapters: {shell: {command: [sh, -c, 'echo "$0" >> ../prompts', '{task}']}}
steps:
  - {id: say, persona: writer, task: Say it.}
  - {id: data, run: 'echo {} > data.json', outputs: {data: data.json}, contract: [{type: json_schema, schema: schemas/a.json, source: data}]}
`,
  files: {
    'schemas/a.json': '{"$ref": "b.json"}', 'schemas/b.json': '{"type": "object"}', 'prompts/writer.md': 'You write.\n',
    '.wavetrain/personas/writer.yaml': 'system_prompt_file: prompts/writer.md\n',
  },
}, async (place, child) => {
  await idle(child, 1);
  assert.equal(finished(child), 1, child.output);
  let times = 1;
  for (const [name, text] of [['schemas/b.json', '{"type": "array"}'], ['schemas/b.json', '{"type": "object"}'], ['prompts/writer.md', 'You sing.\n'], ['.wavetrain/personas/writer.yaml', 'description: x\nsystem_prompt_file: prompts/writer.md\n']]) {
    replace(place, name, text);
    await idle(child, ++times);
    assert.equal(causes(child).at(-1), name);
  }
  assert.equal(finished(child), 4, child.output);
}));

test('the exit status is that of the last run', watching({
  pipeline: "name: s\nsteps:\n  - {id: a, cache: {key: [wanted]}, run: 'exit $(cat wanted)'}\n", files: { wanted: '0\n' },
}, async (place, child) => {
  await idle(child, 1);
  replace(place, 'wanted', '3\n');
  await idle(child, 2);
  assert.equal(await ended(child), 1);
}));

const endless = `
name: endless
steps:
  - id: long
    cache: {key: [src]}
    run: |
      trap 'echo ended > ../ended; exit 1' TERM
      echo $$ > ../started.new; mv ../started.new ../started
      while :; do sleep 0.05; done
`;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  test(`${signal} during a run stops that run, and that is all`, watching({ pipeline: endless, files: { 'src/a': '1' } }, async (place, child) => {
    await until(() => place.exists('../started'), 'the step');
    place.write('src/a', '2');
    assert.equal(await ended(child, signal), 75, child.output);
    assert.ok(place.exists('../ended'), 'the step had its time');
    assert.equal(count(child.output, waiting), 0);
    assert.equal(causes(child).length, 0);
    assert.equal(place.latest().state, 'interrupted');
  }));
}

test('Ctrl-C at a terminal reaches the run once', withWorkspace({}, async (place) => {
  place.pipeline(endless);
  await inTerminal(place, ['run', '--watch'], { columns: 100 }, async (terminal) => {
    await until(() => place.exists('../started'), 'the step');
    terminal.keys('C-c');
    assert.equal(await terminal.ended(), 75);
    assert.ok(place.exists('../ended'), 'the step had its time');
    assert.ok(terminal.restored);
  });
}));

test('Ctrl-C at a terminal while it waits', withWorkspace({}, async (place) => {
  place.pipeline(builds.replace('cat src/*', 'echo x'));
  await inTerminal(place, ['run', '--watch'], { columns: 100 }, async (terminal) => {
    await terminal.shows(/waiting for changes/);
    terminal.keys('C-c');
    assert.equal(await terminal.ended(), 0);
  });
}));

test('when it is killed its run ends as if asked to', watching({ pipeline: endless, files: { 'src/a': '1' } }, async (place, child) => {
  await until(() => place.exists('../started'), 'the step');
  const step = Number(place.read('../started'));
  child.kill('SIGKILL');
  await until(() => !existsSync(`/proc/${step}`), 'the step to be ended');
  assert.ok(place.exists('../ended'));
  await until(() => place.latest().state === 'interrupted', 'the run to be on record as interrupted');
}));

test('SIGUSR1 asks the run for a checkpoint, and does nothing else', watching({
  pipeline: "name: u\nsteps:\n  - {id: a, run: 'echo > a.txt; echo > ../started; until test -e ../go; do sleep 0.02; done'}\n",
}, async (place, child) => {
  await until(() => place.exists('../started'), 'the step');
  child.kill('SIGUSR1');
  await until(() => child.output.includes('(asked for)'), 'the checkpoint');
  place.write('../go', '');
  await idle(child, 1);
  child.kill('SIGUSR1');
  assert.equal(await ended(child), 0);
}));

test('--resume is the first run only', withWorkspace({}, async (place) => {
  place.pipeline("name: r\nsteps:\n  - {id: a, run: echo >> ../a}\n  - {id: b, needs: [a], cache: {key: [ok]}, run: test -e ok}\n");
  assert.equal(place.run(['run']).status, 1);
  place.write('ok', '1');
  const child = place.start(['run', '--watch', '--resume=require']);
  await idle(child, 1);
  assert.equal(place.record('SELECT count(*) AS count FROM runs')[0].count, 1);
  replace(place, 'ok', '2');
  await idle(child, 2);
  assert.equal(place.record('SELECT count(*) AS count FROM runs')[0].count, 2);
  assert.equal(place.read('../a').length, 2);
  assert.equal(await ended(child), 0);
}));

test('from another folder, with parameters, a linked pipeline', withWorkspace({}, async (place) => {
  place.write('real/p.yml', "name: p\nparams: {who: {default: nobody}}\nsteps:\n  - {id: a, run: 'echo $PARAM_WHO > who.txt'}\n");
  symlinkSync('../real/p.yml', join(place.path, 'real/link.yml'));
  place.commit('linked');
  const child = place.start(['run', '-C', 'real', '--watch', '-q', '--who=a b', 'link.yml']);
  try {
    await until(() => place.exists('real/who.txt'), 'the run');
    assert.equal(place.read('real/who.txt'), 'a b\n');
  } finally {
    await ended(child);
  }
  assert.doesNotMatch(child.output, /waiting/);
}));

test('refused where it makes no sense, before anything runs', withWorkspace({}, (place) => {
  place.pipeline(builds);
  const inJob = place.run(['run', '--watch'], { env: { GITHUB_ACTIONS: 'true' } });
  assert.equal(inJob.status, 2);
  assert.match(inJob.stderr, /'--watch' waits for changes, and in a GitHub job nobody makes any \[usage\]/);
  const dry = place.run(['run', '--watch', '--dry-run']);
  assert.equal(dry.status, 2);
  assert.match(dry.stderr, /'--watch' and '--dry-run' exclude one another \[usage\]/);
  const resumed = place.run(['resume', '--watch']);
  assert.equal(resumed.status, 2);
  const none = place.run(['run', '--watch', 'nothing.yml']);
  assert.equal(none.status, 3);
  assert.match(none.stderr, /no pipeline 'nothing.yml'/);
  assert.equal(spawnSync('mkfifo', [join(place.path, 'pipe.yml')]).status, 0);
  const pipe = place.run(['run', '--watch', 'pipe.yml']);
  assert.equal(pipe.status, 2);
  assert.match(pipe.stderr, /'pipe.yml' is no plain file/);
  assert.equal(existsSync(join(place.path, '.wavetrain')), false);
}));
