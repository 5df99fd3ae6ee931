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
    .replace(/(run|dry)_\d{8}_\d{6}(_\d+)?/g, 'RUN')
    .replace(/\S*\/repository\//g, '')
    .replace(/\S*\/demo\//g, 'demo/')
    .replace(/\b(?=[0-9a-f]*\d)[0-9a-f]{7,64}\b/g, 'ID')
    .replace(/\d+m \d\ds|\d+(\.\d+)? (ms|s)\b/g, 'TIME')
    .replace(' (critical path TIME)', '')   // left out where it is no time at all
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
      if (/^(steps|artifacts):/m.test(yaml)) assert.deepEqual(found, [], where);
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

/** The page's list and the program's are one. */
function assertDocumented(page, documentedKeys, printed) {
  const missing = printed.filter((key) => !documentedKeys.includes(key));
  const extra = documentedKeys.filter((key) => !printed.includes(key));
  assert.deepEqual({ missing, extra }, { missing: [], extra: [] }, `docs/reference/${page}: missing: ${missing.join(' ')}; not there any more: ${extra.join(' ')}`);
}

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
const approved = `
steps:
  - {id: list, run: 'printf "a\\nb\\n" > list.txt; echo said >> "$WAVETRAIN_SUMMARY"; echo told >> "$WAVETRAIN_HANDOFF"', outputs: {list: list.txt}}
  - {id: kept, cache: true, gate: manual, run: 'echo {} > "$WAVETRAIN_OUTPUT/kept.json"', outputs: [kept], contract: {type: json_schema, source: kept, schema: {type: object}}}
  - {id: checked, run: 'echo 3 > checked.json', contract: {type: json_schema, source: checked.json, schema: {type: integer}}}
  - {id: extra, optional: true, run: 'exit 1'}
  - {id: own, workspace: worktree, run: 'echo own > own.txt'}
  - {id: left-out, if: failure(), needs: [{step: list, soft: true}], run: 'true'}
  - {id: each, foreach: list, run: 'true'}
`;
const undone = `
steps:
  - {id: good, run: 'echo good > good.txt'}
  - {id: wrong, run: 'echo {} > wrong.json', contract: {type: json_schema, source: wrong.json, schema: {required: [n]}}}
  - {id: one, workspace: worktree, run: 'echo one > both.txt'}
  - {id: two, workspace: worktree, run: 'echo two > both.txt'}
`;
const large = "checkpoint: {max_file: 1KB}\nsteps: [{id: large, run: 'head -c 3000 /dev/zero > large'}]\n";

test('plan-json.md lists the keys of a plan', withWorkspace({}, (place) => {
  const found = new Set();
  for (const pipeline of [everything, failing, approved]) {
    place.pipeline(pipeline);
    paths(JSON.parse(place.run(['plan', '--format', 'json']).stdout), '', found);
  }
  const isFinding = (key) => key.startsWith('findings[]');
  assertDocumented('plan-json.md', documented('docs/reference/plan-json.md', isFinding), settled(found));
  place.pipeline('steps: [{id: a, rnu: x}]\n');
  const findings = settled(paths(JSON.parse(place.run(['validate', '--format', 'json']).stdout)));
  assert.deepEqual(documented('docs/reference/plan-json.md', (key) => !isFinding(key)), findings.filter(isFinding));
  assert.deepEqual(findings.filter((key) => !isFinding(key)), ['ok', 'v']);
}));

test('simulate-json.md lists the keys of a simulation', withWorkspace({}, (place) => {
  const found = new Set();
  for (const pipeline of [everything, failing, approved]) {
    place.pipeline(pipeline);
    paths(JSON.parse(place.run(['simulate', '-j', '1,2', '--format', 'json']).stdout), '', found);
  }
  assertDocumented('simulate-json.md', documented('docs/reference/simulate-json.md'), settled(found));
}));

test('report-json.md lists the keys of a run, which every form has', withWorkspace({}, (place) => {
  const found = new Set();
  for (const pipeline of [everything, failing, approved, undone]) {
    place.pipeline(pipeline);
    place.run(['run', '--report-dir', 'out']);
    paths(JSON.parse(place.read('out/report.json')), '', found);
    for (const command of ['status', 'trace', 'timeline'])
      assert.deepEqual(JSON.parse(place.run([command, '--format', 'json']).stdout), JSON.parse(place.read('out/report.json')), command);
  }
  const keys = documented('docs/reference/report-json.md');
  assertDocumented('report-json.md', keys, settled(found));
  const runs = place.run(['runs', '--format', 'json']);
  assert.equal(runs.status, 0, runs.stderr || runs.signal);
  const list = JSON.parse(runs.stdout);
  assert.deepEqual([list.v, list.runs.length], [1, 4]);
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
  assert.equal(run(approved).status, 75);
  assert.equal(place.run(['approve', 'latest', 'kept', '--by', 'you']).status, 0);
  const waited = place.run(['audit', '--format', 'json']).stdout.trim().split('\n').map((line) => JSON.parse(line));
  events.push(...waited);
  assert.equal(run(null, ['resume']).status, 0);
  assert.equal(run(null, ['run', '--yes']).status, 0);
  assert.equal(run(undone).status, 1);
  assert.equal(run(large).status, 4);
  place.pipeline(stopped);
  const child = place.start(['run', '--output-format', 'json']);
  await until(() => existsSync(join(place.root, 'held')), 'the step that is stopped');
  child.kill('SIGINT');
  assert.equal((await child.ended).status, 75);
  events.push(...child.output.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line)));

  const table = rows('docs/reference/events.md');
  const head = table.findIndex((row) => row[0] === 'event' && row[1] === 'when');
  const listed = table.slice(head + 2).filter((row) => /^`[a-z]+(_[a-z]+)+`$/.test(row[0]) && row.length === 3 && !['number', 'text', 'true or false'].includes(row[1]));
  assertDocumented('events.md', listed.map((row) => quoted(row[0])[0]), [...new Set(events.map((event) => event.event))]);

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
  assertDocumented('events.md', documented('docs/reference/events.md', (key) => names.includes(key)), settled(keys));
}));

test("environment.md lists a step's variables and the files of a run", withWorkspace({}, (place) => {
  place.pipeline(`
params: {a-name: {default: x}}
adapters: {agent: {command: [sh, -c, 'env > ../environment-agent; echo {}'], result: json}}
personas: {somebody: {system_prompt: Be kind}}
steps:
  - {id: make, cache: true, run: 'echo x > "$WAVETRAIN_OUTPUT/thing.txt"; echo told >> "$WAVETRAIN_HANDOFF"; echo said >> "$WAVETRAIN_SUMMARY"', outputs: [thing]}
  - {id: look, inputs: [thing], run: 'env > ../environment-look; echo {} > "$WAVETRAIN_OUTPUT/seen.json"', outputs: [seen], contract: {type: json_schema, source: seen, schema: {type: object}}}
  - {id: each, foreach: thing, run: 'env > ../environment-each'}
  - {id: task, persona: somebody, task: 'Look'}
  - {id: fresh, needs: [each], optional: true, workspace: fresh, run: 'echo x > left; exit 1'}
`);
  place.pipeline(`
components: {look: {run: [sh, -c, 'env > ../environment-component; echo "{\\"content\\": 1}"']}}
artifacts: {one: {source: {type: look}}}
`, 'runbook.yml');
  for (const words of [['runbook.yml'], ['-p', 'a-name=y']]) {
    const done = place.run(['run', ...words], { env: { WAVETRAIN_TOKEN: 'secret', GITHUB_TOKEN: 'secret' } });
    assert.equal(done.status, 0, done.stdout + done.stderr);
  }
  const environments = ['look', 'each', 'agent', 'component'].map((name) => readFileSync(join(place.root, `environment-${name}`), 'utf8'));
  const set = new Set(environments.flatMap((environment) => [...environment.matchAll(/^(WAVETRAIN\w*)=/gm)].map((match) => match[1])));
  const page = 'docs/reference/environment.md';
  const section = text(page).split('\n## ').find((part) => part.startsWith('The environment of a step'));
  const listed = [...section.matchAll(/^\|([^|]*)\|/gm)].flatMap((match) => quoted(match[1])).filter((name) => /^WAVETRAIN\w*$/.test(name));
  assertDocumented('environment.md', listed, [...set]);
  assert.match(environments[0], /^PARAM_A_NAME=y$/m);
  for (const environment of environments) assert.doesNotMatch(environment, /secret/);

  const table = rows(page);
  const patterns = table.slice(table.findIndex((row) => row[0] === 'path') + 2).flatMap((row) => quoted(row[0]));
  const known = patterns.map((pattern) => new RegExp(`^${pattern.replaceAll('.', '\\.').replace('RUN-ID', 'run_[0-9_]+').replace(/STEP|NAME|ATTEMPT|KEY/g, '[^/]+')}`));
  const files = readdirSync(join(place.path, '.wavetrain'), { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory()).map((entry) => relative(join(place.path, '.wavetrain'), join(entry.parentPath ?? entry.path, entry.name)));
  const unknown = files.filter((file) => !known.some((pattern) => pattern.test(file)));
  assert.deepEqual(unknown, [], `${page}: files that are not listed`);
}));

test('the example page counts its steps and waves', withWorkspace({}, (place) => {
  cpSync(join(root, 'docs/examples/licences'), place.path, { recursive: true });
  const waves = JSON.parse(place.run(['plan', '--format', 'json']).stdout).waves.map((wave) => wave.steps);
  const table = rows('docs/examples/README.md').filter((row) => /^\d+$/.test(row[0])).map((row) => quoted(row[1]));
  assert.equal(table.length, waves.length);
  for (const [index, named] of table.entries()) for (const step of named) assert.ok(waves[index].includes(step), `${step} in wave ${index + 1}`);
}));

for (const [folder, command] of rows('docs/examples/README.md').filter((row) => /^\[\w+\]\(\w+\)$/.test(row[0]))) {
  const [, name] = /\((\w+)\)/.exec(folder);
  test(`the example ${name} runs as its page says`, withWorkspace({}, (place) => {
    cpSync(join(root, 'docs/examples', name), place.path, { recursive: true });
    place.commit(name);
    const words = quoted(command)[0].split(' ');
    assert.equal(words.shift(), 'wavetrain');
    const done = place.run(words);
    assert.equal(done.status, 0, done.stdout + done.stderr);
    assert.match(done.stdout, /^completed: /m);
  }));
}

test('the table of its page is the one among the examples', () => {
  const [, table] = /^cat > wordbook\.pipeline <<'END'\n([\s\S]*?)^END$/m.exec(text('docs/formats/table.md'));
  assert.equal(text('docs/examples/table/wordbook.pipeline'), table);
});

/** A remote, and what the recipes do between two jobs: the record is kept, the clone is a new one. */
function jobs(place) {
  const remote = join(place.root, 'origin.git');
  place.git('init', '-q', '--bare', '-b', 'main', remote);
  place.git('remote', 'add', 'origin', remote);
  place.git('push', '-q', 'origin', 'main');
  const next = () => {
    const cache = join(place.root, 'cache');
    mkdirSync(cache);
    for (const name of readdirSync(join(place.path, '.wavetrain')).filter((name) => /^state\.db|^runs$/.test(name)))
      cpSync(join(place.path, '.wavetrain', name), join(cache, name), { recursive: true });
    spawnSync('rm', ['-rf', place.path]);
    spawnSync('git', ['clone', '-q', remote, place.path], { env: cleanEnvironment() });
    place.git('config', 'user.name', 'Tester');
    cpSync(cache, join(place.path, '.wavetrain'), { recursive: true });
  };
  const words = (resume) => ['run', `--resume=${resume}`, '--status', 'off', '--comment', 'off'];
  return { remote, next, words, job: { env: { WAVETRAIN_TOKEN: 'x', GITHUB_ACTOR: 'octocat' } } };
}

test('the record carried to a fresh clone goes on there, as the recipe for time limits says', withWorkspace({}, async (place) => {
  place.pipeline("steps:\n  - {id: first, run: 'echo x >> ../ledger; echo 1 > first.txt'}\n  - {id: held, needs: [first], run: 'test -e ../go || { touch ../held; sleep 100; }; cat first.txt > held.txt'}\n");
  const { remote, next, words, job } = jobs(place);
  const child = place.start(words('auto'), job);
  await until(() => existsSync(join(place.root, 'held')), 'the second step');
  child.kill('SIGINT');
  assert.equal((await child.ended).status, 75);
  next();
  writeFileSync(join(place.root, 'go'), '');
  const resumed = place.run(words('auto'), job);
  assert.equal(resumed.status, 0, resumed.stdout + resumed.stderr);
  assert.equal(readFileSync(join(place.root, 'ledger'), 'utf8'), 'x\n');
  assert.equal(place.git('rev-parse', 'main'), spawnSync('git', ['-C', remote, 'rev-parse', 'main'], { encoding: 'utf8' }).stdout.trim());
  assert.equal(place.git('log', '--format=%s').split('\n').length, 3);
}));

test('a gate is opened in a fresh clone, as the recipe for approvals says', withWorkspace({}, (place) => {
  place.pipeline("steps:\n  - {id: build, gate: manual, run: 'echo x >> ../ledger; echo 1 > built.txt'}\n  - {id: deploy, needs: [build], run: 'cat built.txt > deployed.txt'}\n");
  const { remote, next, words, job } = jobs(place);
  const waiting = place.run(words('never'), job);
  assert.equal(waiting.status, 75, waiting.stdout + waiting.stderr);
  assert.ok(!place.exists('deployed.txt'));
  next();
  const approval = place.run(['approve', 'latest', 'build'], job);
  assert.equal(approval.status, 0, approval.stderr);
  const released = place.run(words('require'), job);
  assert.equal(released.status, 0, released.stdout + released.stderr);
  assert.equal(readFileSync(join(place.root, 'ledger'), 'utf8'), 'x\n');
  assert.equal(place.record("SELECT subject FROM events WHERE type = 'gate_opened'")[0].subject, 'octocat');
  assert.equal(spawnSync('git', ['-C', remote, 'show', 'main:deployed.txt'], { encoding: 'utf8' }).stdout, '1\n');
  assert.equal(place.run(words('require'), job).status, 2);
}));
