// The documentation is true: its command blocks run and print what it says, its pipelines are valid,
// its links lead somewhere, its reference pages are what the program prints, and its tables of keys
// are those of real output.
import test from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cleanEnvironment, program, until, withWorkspace } from '../rig/workspace.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const text = (page) => readFileSync(join(root, page), 'utf8');

function markdownFiles(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? markdownFiles(join(folder, entry.name)) : entry.name.endsWith('.md') ? [join(folder, entry.name)] : []);
}
const pages = ['README.md', '.github/SECURITY.md', ...markdownFiles('docs')];

/** Fenced blocks with the HTML comment that stands directly above, if one does. */
function blocks(page) {
  const lines = text(page).split('\n');
  const found = [];
  for (let at = 0; at < lines.length; at++) {
    const fence = /^(\s*)```(\w*)$/.exec(lines[at]);
    if (!fence) continue;
    const end = lines.indexOf(`${fence[1]}\`\`\``, at + 1);
    assert.ok(end > at, `${page}:${at + 1}: a block without an end`);
    const note = /^<!-- (.*) -->$/.exec(lines[at - 1] ?? '');
    found.push({ page, line: at + 1, language: fence[2], note: note?.[1] ?? '', lines: lines.slice(at + 1, end).map((line) => line.slice(fence[1].length)) });
    at = end;
  }
  return found;
}

/** What differs from run to run: times, ids, places, and how far columns are apart. */
function normalised(line) {
  return line
    .replace(/\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?Z?)?/g, 'DATE')
    .replace(/run_\d{8}_\d{6}(_\d+)?/g, 'RUN')
    .replace(/\S*\/demo\//g, 'demo/')
    .replace(/\b(?=[0-9a-f]*\d)[0-9a-f]{7,64}\b/g, 'ID')
    .replace(/\d+m \d\ds|\d+(\.\d+)? (ms|s)\b/g, 'TIME')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Every line of the page is in the output; without a line "…" there are no others. */
function assertPrinted(expected, output, where) {
  const wanted = expected.map(normalised).filter(Boolean);
  const printed = output.split('\n').map(normalised).filter(Boolean);
  const left = [...printed];
  for (const line of wanted.filter((line) => line !== '…')) {
    const at = left.indexOf(line);
    assert.notEqual(at, -1, `${where}: not printed: ${line}\n--- printed:\n${printed.join('\n')}`);
    left.splice(at, 1);
  }
  if (!wanted.includes('…')) assert.deepEqual(left, [], `${where}: printed besides`);
}

/** One page's shell: the folder it is in lasts from block to block. */
class Shell {
  constructor(place) {
    this.folder = place.path;
    this.where = join(place.root, 'folder');
    const person = { NAME: 'You', EMAIL: 'you@example.invalid' };
    const names = Object.fromEntries(['AUTHOR', 'COMMITTER'].flatMap((who) => Object.entries(person).map(([key, value]) => [`GIT_${who}_${key}`, value])));
    this.environment = cleanEnvironment({ ...names, HOME: place.root, PATH: `${dirname(program)}:${process.env.PATH}` });
  }

  run(script, status, where) {
    const done = spawnSync('bash', ['-e', '-c', `exec 2>&1; trap 'pwd > "$WHERE"' EXIT\n${script}`],
      { cwd: this.folder, env: { ...this.environment, WHERE: this.where }, encoding: 'utf8', timeout: 120000 });
    assert.equal(done.status, status, `${where}: ${script}\n${done.stdout}`);
    this.folder = readFileSync(this.where, 'utf8').trim();
    return done.stdout;
  }

  block(block) {
    const where = `${block.page}:${block.line}`;
    const status = Number(/^exits (\d+)$/.exec(block.note)?.[1] ?? 0);
    if (block.language === 'sh') return void this.run(block.lines.join('\n'), status, where);
    const commands = [];
    for (const line of block.lines) {
      if (line.startsWith('$ ')) commands.push({ command: line.slice(2), output: [] });
      else commands.at(-1).output.push(line);
    }
    for (const [index, { command, output }] of commands.entries())
      assertPrinted(output, this.run(command, index === commands.length - 1 ? status : 0, `${where}: ${command}`), `${where}: ${command}`);
  }
}

for (const page of pages) {
  const commands = blocks(page).filter((block) => ['sh', 'console'].includes(block.language) && !block.note.startsWith('not run: '));
  if (commands.length === 0) continue;
  test(`the commands of ${page}`, withWorkspace({}, (place) => {
    const shell = new Shell(place);
    for (const block of commands) shell.block(block);
  }));
}

test('no block escapes the tests unnoticed', () => {
  const languages = new Set(pages.flatMap((page) => blocks(page).map((block) => block.language)));
  assert.deepEqual([...languages].sort(), ['console', 'sh', 'text', 'yaml']);
  const skipped = pages.flatMap((page) => blocks(page).filter((block) => block.note.startsWith('not run: ')).map(() => page));
  assert.deepEqual(skipped.sort(), ['README.md', 'docs/contributing.md', 'docs/contributing.md', 'docs/contributing.md', 'docs/getting-started.md', 'docs/getting-started.md']);
});

/** The YAML as wavetrain's own reader takes it: findings, of which only the grammar's count. */
function findings(place, yaml, name) {
  place.write(name, `${yaml}\n`);
  return JSON.parse(place.run(['validate', name, '--format', 'json']).stdout).findings;
}

for (const page of pages.filter((page) => blocks(page).some((block) => block.language === 'yaml'))) {
  test(`the YAML of ${page}`, withWorkspace({}, (place) => {
    for (const block of blocks(page).filter((block) => block.language === 'yaml')) {
      const yaml = block.lines.join('\n');
      const found = findings(place, yaml, 'block.yml');
      const where = `${page}:${block.line}: ${JSON.stringify(found)}`;
      if (/^steps:/m.test(yaml)) assert.deepEqual(found, [], where);
      else {
        // A workflow: of the shape of one, and well-formed YAML (its keys are none of ours).
        for (const key of [/^on:/m, /^jobs:/m, /runs-on:/, /permissions:|exec wavetrain/]) assert.match(yaml, key, where);
        assert.ok(found.every((finding) => ['unknown-key', 'missing-key'].includes(finding.code)), where);
      }
    }
  }));
}

test("the README's pipeline runs", withWorkspace({}, (place) => {
  const yaml = blocks('README.md').find((block) => block.language === 'yaml' && block.lines.includes('steps:'));
  place.pipeline(`${yaml.lines.join('\n')}\n`);
  assert.equal(place.run(['run']).status, 0);
  assert.equal(place.read('words.txt').split('\n').length, 5);
}));

/** GitHub's name for a heading. */
const anchor = (heading) => heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-');

test('links lead to files and headings that exist', () => {
  for (const page of pages) {
    const prose = text(page).replace(/^\s*```[\s\S]*?^\s*```$/gm, '');
    const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g), ...prose.matchAll(/(?:src|srcset|href)="([^"]+)"/g)].map((match) => match[1]);
    for (const target of targets.filter((target) => !/^https?:/.test(target))) {
      const [path, heading] = target.split('#');
      const file = path ? join(dirname(page), path) : page;
      assert.ok(existsSync(join(root, file)), `${page}: ${target}`);
      assert.ok(!relative(root, join(root, file)).startsWith('..'), `${page}: ${target} is outside`);
      if (heading) assert.ok(text(file).split('\n').some((line) => /^#+ /.test(line) && anchor(line.replace(/^#+ /, '')) === heading), `${page}: ${target}`);
    }
  }
});

test('files that pages mention exist', () => {
  for (const page of pages) {
    const prose = text(page).replace(/^\s*```[\s\S]*?^\s*```$/gm, '');
    for (const [, path] of prose.matchAll(/`((?:src|docs|tests|action|report-templates|\.ci|\.github)\/[\w./-]+)`/g))
      assert.ok(existsSync(join(root, path)) || /STAGE|NAME|WORD|FILE/.test(path), `${page}: ${path}`);
    for (const [, folder, file] of prose.matchAll(/`(base|model|load|plan|run|contract|record|checkpoint|report|publish|cli)\/([\w.]+)`/g))
      assert.ok(existsSync(join(root, 'src', folder, file)) || /WORD/.test(file), `${page}: ${folder}/${file}`);
  }
});

for (const [page, format] of [['cli', 'markdown'], ['pipeline', 'pipeline'], ['errors', 'errors']]) {
  test(`docs/reference/${page}.md is what the program prints`, () => {
    const done = spawnSync(program, ['help', '--format', format], { encoding: 'utf8' });
    assert.equal(done.status, 0, done.stderr);
    assert.equal(text(`docs/reference/${page}.md`), done.stdout, `wavetrain help --format ${format} > docs/reference/${page}.md`);
  });
}

/** Rows of all tables of a page, cells without white space around. */
function rows(page) {
  return text(page).split('\n').filter((line) => /^\|.*\|$/.test(line))
    .map((line) => line.slice(1, -1).split(/(?<!\\)\|/).map((cell) => cell.trim()));
}
const quoted = (cell) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]);
const unquoted = (value) => value.trim().replace(/^"(.*)"$/, '$1');

test("the Action's inputs, their defaults and its outputs are those of action.yml", () => {
  const table = rows('docs/github-action.md');
  const source = text('action/action.yml');
  const section = (name, next) => source.slice(source.indexOf(`\n${name}:\n`), source.indexOf(`\n${next}:\n`));
  const inputs = [...section('inputs', 'outputs').matchAll(/^ {2}([\w-]+):\n {4}description: .*\n {4}default: (.*)$/gm)].map(([, name, value]) => [name, unquoted(value)]);
  const outputs = [...section('outputs', 'runs').matchAll(/^ {2}([\w-]+):$/gm)].map((match) => match[1]);
  assert.ok(inputs.length > 10 && outputs.length > 5);
  const from = (heading) => table.slice(table.findIndex((row) => row[0] === heading) + 2);
  assert.deepEqual(from('input').slice(0, inputs.length).map((row) => [quoted(row[0])[0], quoted(row[1])[0] ?? '']), inputs);
  assert.equal(from('input')[inputs.length][0], 'output');
  assert.deepEqual(from('output').slice(0, outputs.length).map((row) => quoted(row[0])[0]), outputs);
  assert.equal(from('output')[outputs.length][0], 'permission');
});

/** The paths of all values that are neither an object nor a list of them: "steps[].needs[]". */
function paths(value, path = '', found = new Set()) {
  if (Array.isArray(value)) {
    if (value.length === 0) found.add(`${path}[]`);
    for (const item of value) paths(item, `${path}[]`, found);
  } else if (value !== null && typeof value === 'object') {
    for (const [key, item] of Object.entries(value)) paths(item, path ? `${path}.${key}` : key, found);
  } else found.add(path);
  return found;
}

/** Lists that were empty once and full another time are counted by what was in them. */
const settled = (found) => [...found].filter((path) => ![...found].some((other) => other.startsWith(`${path}.`))).sort();
const documented = (page, skip = () => false) => [...new Set(rows(page).flatMap((row) => (/^`[\w.[\]]+`$/.test(row[0]) ? quoted(row[0]) : [])))].filter((key) => !skip(key)).sort();

const everything = `
name: everything
execution: {jobs: 2}
steps:
  - {id: before, run: 'echo first > first.txt; head -c 64000000 /dev/zero | tail -c 64000000 | wc -c'}
  - {id: make, group: one, run: 'echo said; echo x > "$WAVETRAIN_OUTPUT/thing.txt"', outputs: [thing]}
  - {id: again, group: one, run: '[ "$WAVETRAIN_ATTEMPT" = 2 ] || exit 75', retry: {max: 1, backoff: 10ms}}
  - {id: use, group: two, run: 'touch used', contract: [{type: command, run: 'true'}, {type: files, files: [used]}]}
  - {id: after, inputs: [thing], run: 'cat "$WAVETRAIN_INPUT/thing.txt" > after.txt', outputs: {after: after.txt}, contract: {type: files, files: [after]}}
`;
const failing = `
steps:
  - {id: slow, group: one, run: 'sleep 100', timeout: 100ms}
  - {id: broken, group: one, run: 'true', contract: {type: command, run: 'echo no; false'}}
  - {id: never, needs: [slow], run: 'true'}
`;
const stopped = `
steps:
  - {id: quick, run: 'true'}
  - {id: held, needs: [quick], run: 'touch ../held; sleep 100'}
`;
const large = "checkpoint: {max_file: 1KB}\nsteps: [{id: large, run: 'head -c 3000 /dev/zero > large'}]\n";

test('plan-json.md lists the keys of a plan', withWorkspace({}, (place) => {
  const found = new Set();
  for (const pipeline of [everything, failing]) {
    place.pipeline(pipeline);
    paths(JSON.parse(place.run(['plan', '--format', 'json']).stdout), '', found);
  }
  const isFinding = (key) => key.startsWith('findings[]');
  assert.deepEqual(documented('docs/reference/plan-json.md', isFinding), settled(found));
  place.pipeline('steps: [{id: a, rnu: x}]\n');
  const findings = settled(paths(JSON.parse(place.run(['validate', '--format', 'json']).stdout)));
  assert.deepEqual(documented('docs/reference/plan-json.md', (key) => !isFinding(key)), findings.filter(isFinding));
  assert.deepEqual(findings.filter((key) => !isFinding(key)), ['ok', 'v']);
}));

test('report-json.md lists the keys of a run, which every form has', withWorkspace({}, (place) => {
  const found = new Set();
  for (const pipeline of [everything, failing]) {
    place.pipeline(pipeline);
    place.run(['run', '--report-dir', 'out']);
    paths(JSON.parse(place.read('out/report.json')), '', found);
    for (const command of ['status', 'trace', 'timeline'])
      assert.deepEqual(JSON.parse(place.run([command, '--format', 'json']).stdout), JSON.parse(place.read('out/report.json')), command);
  }
  const keys = documented('docs/reference/report-json.md');
  assert.deepEqual(keys, settled(found));
  const runs = place.run(['runs', '--format', 'json']);
  assert.equal(runs.status, 0, runs.stderr || runs.signal);
  const list = JSON.parse(runs.stdout);
  assert.deepEqual([list.v, list.runs.length], [1, 2]);
  assert.deepEqual(settled(paths(list.runs[0])), keys.filter((key) => /^([a-z_]+|totals\.(?!work_ms|peak_concurrency|critical_path_ms).*)$/.test(key)));
}));

test('events.md lists every event and its keys', withWorkspace({}, async (place) => {
  const events = [];
  const run = (pipeline, words = ['run']) => {
    if (pipeline) place.pipeline(pipeline);
    const done = place.run([...words, '--output-format', 'json']);
    events.push(...done.stdout.trim().split('\n').map((line) => JSON.parse(line)));
    return done;
  };
  assert.equal(run(everything).status, 0);
  assert.equal(run(failing).status, 1);
  assert.equal(run(null, ['resume']).status, 1);
  assert.equal(run(large).status, 4);
  place.pipeline(stopped);
  const child = place.start(['run', '--output-format', 'json']);
  await until(() => existsSync(join(place.root, 'held')), 'the step that is stopped');
  child.kill('SIGINT');
  assert.equal((await child.ended).status, 75);
  events.push(...child.output.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line)));

  const table = rows('docs/reference/events.md');
  const head = table.findIndex((row) => row[0] === 'event' && row[1] === 'when');
  const listed = table.slice(head + 2).filter((row) => /^`[a-z]+_[a-z]+`$/.test(row[0]) && row.length === 3 && !['number', 'text', 'true or false'].includes(row[1]));
  assert.deepEqual(listed.map((row) => quoted(row[0])[0]).sort(), [...new Set(events.map((event) => event.event))].sort());

  const common = ['v', 'seq', 'event', 'pipeline_id', 'timestamp'];
  const ended = ['step_id', 'attempt', 'wave', 'group', 'duration_ms', 'reason', 'failure', 'exit_status', 'signal', 'queue_ms',
    'cpu_ms', 'peak_rss_bytes', 'log_bytes', 'log_truncated', 'log'];
  let previous = [];
  for (const row of listed) {
    const own = [...(/those of an ended attempt/.test(row[2]) ? ended : []), ...(/the same/.test(row[2]) ? previous : []), ...quoted(row[2])];
    previous = own;
    for (const event of events.filter((event) => event.event === quoted(row[0])[0]))
      for (const key of Object.keys(event)) assert.ok([...common, ...own].includes(key), `${event.event} has ${key}`);
  }
  const keys = new Set(events.flatMap((event) => [...paths(event)]));
  const names = listed.map((row) => quoted(row[0])[0]);
  assert.deepEqual(documented('docs/reference/events.md', (key) => names.includes(key)), [...keys].sort());
}));

test("environment.md lists a step's variables and the files of a run", withWorkspace({}, (place) => {
  place.pipeline(`
params: {a-name: {default: x}}
steps:
  - {id: make, run: 'echo x > "$WAVETRAIN_OUTPUT/thing.txt"', outputs: [thing]}
  - {id: look, inputs: [thing], run: 'env > "$WAVETRAIN_OUTPUT/env.txt"', outputs: [env]}
`);
  assert.equal(place.run(['run', '-p', 'a-name=y'], { env: { WAVETRAIN_TOKEN: 'secret', GITHUB_TOKEN: 'secret' } }).status, 0);
  const run = place.latest().id;
  const environment = place.read(`.wavetrain/runs/${run}/artifacts/look/env.txt`);
  const set = [...environment.matchAll(/^(WAVETRAIN\w*)=/gm)].map((match) => match[1]).sort();
  const table = rows('docs/reference/environment.md');
  const second = table.findIndex((row, index) => row[0] === 'variable' && index > 0);
  assert.deepEqual(table.slice(2, second).map((row) => quoted(row[0])[0]).sort(), set);
  assert.match(environment, /^PARAM_A_NAME=y$/m);
  assert.doesNotMatch(environment, /secret/);

  const patterns = table.slice(table.findIndex((row) => row[0] === 'path') + 2).flatMap((row) => quoted(row[0]));
  const known = patterns.map((pattern) => new RegExp(`^${pattern.replaceAll('.', '\\.').replace('RUN-ID', run).replace(/STEP|NAME|ATTEMPT/g, '[^/]+')}`));
  const files = readdirSync(join(place.path, '.wavetrain'), { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory()).map((entry) => relative(join(place.path, '.wavetrain'), join(entry.parentPath ?? entry.path, entry.name)));
  for (const file of files) assert.ok(known.some((pattern) => pattern.test(file)), file);
}));

test('the example page counts its steps and waves', withWorkspace({}, (place) => {
  cpSync(join(root, 'docs/examples/licences'), place.path, { recursive: true });
  const waves = JSON.parse(place.run(['plan', '--format', 'json']).stdout).waves.map((wave) => wave.steps);
  const table = rows('docs/examples/README.md').filter((row) => /^\d+$/.test(row[0])).map((row) => quoted(row[1]));
  assert.equal(table.length, waves.length);
  for (const [index, named] of table.entries()) for (const step of named) assert.ok(waves[index].includes(step), `${step} in wave ${index + 1}`);
}));

test('the record carried to a fresh clone goes on there, as the recipe for time limits says', withWorkspace({}, async (place) => {
  place.pipeline("steps:\n  - {id: first, run: 'echo x >> ../ledger; echo 1 > first.txt'}\n  - {id: held, needs: [first], run: 'test -e ../go || { touch ../held; sleep 100; }; cat first.txt > held.txt'}\n");
  const remote = join(place.root, 'origin.git');
  place.git('init', '-q', '--bare', '-b', 'main', remote);
  place.git('remote', 'add', 'origin', remote);
  place.git('push', '-q', 'origin', 'main');
  const job = { env: { WAVETRAIN_TOKEN: 'x' } };
  const words = ['run', '--resume=auto', '--status', 'off', '--comment', 'off'];
  const child = place.start(words, job);
  await until(() => existsSync(join(place.root, 'held')), 'the second step');
  child.kill('SIGINT');
  assert.equal((await child.ended).status, 75);

  const cache = join(place.root, 'cache');
  mkdirSync(cache);
  for (const name of readdirSync(join(place.path, '.wavetrain')).filter((name) => /^state\.db|^runs$/.test(name)))
    cpSync(join(place.path, '.wavetrain', name), join(cache, name), { recursive: true });
  spawnSync('rm', ['-rf', place.path]);
  spawnSync('git', ['clone', '-q', remote, place.path], { env: cleanEnvironment() });
  place.git('config', 'user.name', 'Tester');
  cpSync(cache, join(place.path, '.wavetrain'), { recursive: true });
  writeFileSync(join(place.root, 'go'), '');
  const resumed = place.run(words, job);
  assert.equal(resumed.status, 0, resumed.stdout + resumed.stderr);
  assert.equal(readFileSync(join(place.root, 'ledger'), 'utf8'), 'x\n');
  assert.equal(place.git('rev-parse', 'main'), spawnSync('git', ['-C', remote, 'rev-parse', 'main'], { encoding: 'utf8' }).stdout.trim());
  assert.equal(place.git('log', '--format=%s').split('\n').length, 3);
}));
