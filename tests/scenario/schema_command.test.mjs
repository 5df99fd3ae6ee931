// `wavetrain schema`, judged by a validator that is not ours: what the reader takes is valid, what
// it refuses for its shape is not.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withWorkspace, Workspace } from '../rig/workspace.mjs';

const require = createRequire(import.meta.url);
const { default: Ajv } = require('ajv/dist/2020');
const YAML = require('yaml');
const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

const place = new Workspace({ git: false });
const printed = place.run(['schema']);
assert.equal(printed.status, 0, printed.stderr);
const schema = JSON.parse(printed.stdout);
const isValid = new Ajv({ strict: true, strictRequired: false, allowUnionTypes: true, allErrors: true }).compile(schema);

/** The first complaint, or nothing. */
function complaint(yaml) {
  return isValid(YAML.parse(yaml)) ? undefined : isValid.errors.map((error) => `${error.instancePath}: ${error.message}`).join('; ');
}

test('it is a schema of the draft that it names', () => {
  assert.equal(schema.$schema, 'https://json-schema.org/draft/2020-12/schema');
  assert.equal(place.run(['schema', 'pipeline']).stdout, printed.stdout);
  const wrong = place.run(['schema', 'pipelines']);
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /there is no schema of 'pipelines'[^]*'wavetrain schema pipeline'/);
});

function files(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? files(join(folder, entry.name)) : [join(folder, entry.name)]);
}

/** Pipelines in the documentation: files of the examples, and blocks and here-documents of pages. */
function pipelines() {
  const found = [];
  for (const file of files('docs').concat('README.md')) {
    const text = readFileSync(join(root, file), 'utf8');
    if (/\.ya?ml$/.test(file)) found.push([file, text]);
    if (!file.endsWith('.md')) continue;
    for (const [, yaml] of text.matchAll(/^```yaml\n(.*?)^```/gms)) found.push([file, yaml]);
    for (const [, yaml] of text.matchAll(/\.ya?ml <<'END'\n(.*?)^END$/gms)) found.push([file, yaml]);
  }
  return found.filter(([, yaml]) => /^(pipeline|steps|artifacts):/m.test(yaml));
}

test('every pipeline of the documentation is valid', () => {
  const all = pipelines();
  assert.ok(all.some(([file]) => file === 'docs/examples/licences/wavetrain.yml'));
  assert.ok(all.some(([file]) => file === 'docs/examples/runbook/wavetrain.yml'));
  assert.ok(all.some(([file]) => file === 'docs/formats/artifacts.md'));
  for (const [file, yaml] of all) assert.equal(complaint(yaml), undefined, `${file}\n${yaml}`);
});

test('so is what init writes', withWorkspace({}, (folder) => {
  assert.equal(folder.run(['init']).status, 0);
  assert.equal(complaint(folder.read('wavetrain.yml')), undefined);
}));

const step = (rest) => `steps: [{id: a, run: x, ${rest}}]`;
const declared = 'components: {c: {run: [sh]}}\n';
const artifact = (rest) => `${declared}artifacts: {a: {source: {type: c}}, b: {${rest}}}`;

const valid = [
  'steps: [{id: a, run: x}]',
  'pipeline: {name: n, steps: [{id: a, run: [x, 1, true]}]}',
  'pipeline: {components: {c: {run: [sh]}}, artifacts: {a: {source: {type: c}}}}',
  step('timeout: 90, grace: 5s, retry: 2'),
  step('timeout: "${LIMIT:-30m}", retry: {max: "${N}", jitter: "${J}"}'),
  step('env: {A: 1, B: true}, outputs: [o], group: 7'),
  step('needs: a'),
  step('dependencies: [a]'),
  step('contract: {type: files, files: x}'),
  step('contract: [{type: files, files: [x, {path: y, non_empty: true}]}]'),
  step('outputs: {a: b.json}'),
  'params: {a: 1, b: {default: x, required: false}, c: }\nsteps: [{id: a, run: x}]',
  artifact('inputs: a'),
  artifact('from: [a], process: {type: c, properties: {deep: [{}]}}, merge: concatenate'),
  artifact('source: {type: c}, transform: {type: c, properties: }'),
  'config: {timeout: 1h, max_concurrency: 3}\nframework: GDPR\nparams: {p: 1}\nexecution: {on_failure: stop}\ncomponents: {c: {run: [sh], input_schema: a}}\nartifacts: {a: {source: {type: c}, output: true}}',
];

const broken = [
  ['{}', /steps/],
  ['steps: []\nstesp: []', /additional/],
  ['steps: [{run: x}]', /'id'/],
  ['steps: {id: a, run: x}', /array/],
  [step('tiemout: 3'), /additional/],
  [step('timeout: soon'), /pattern/],
  [step('timeout: [1]'), /type|number|string/],
  [step('env: [A]'), /object/],
  [step('retry: {max: 101}'), /<= 100/],
  [step('retry: {max: 1.5}'), /integer/],
  [step('retry: {jitter: 1}'), /boolean/],
  [step('needs: [a], dependencies: [b]'), /must NOT be valid/],
  [step('contract: {type: prayer}'), /allowed values/],
  [step('contract: {files: x}'), /'type'/],
  ['execution: {jobs: 0}\nsteps: [{id: a, run: x}]', />= 1/],
  ['execution: {on_failure: pray}\nsteps: [{id: a, run: x}]', /allowed values/],
  ['checkpoint: {commit: maybe}\nsteps: [{id: a, run: x}]', /boolean/],
  ['checkpoint: {max_file: big}\nsteps: [{id: a, run: x}]', /pattern/],
  ['steps: [{id: a, run: x}]\nartifacts: {a: {source: {type: c}}}', /additional/],
  ['artifacts: [a]', /object/],
  [artifact(''), /'source'|'inputs'/],
  [artifact('inputs: a, source: {type: c}'), /exactly one/],
  [artifact('inputs: a, from: a'), /must NOT be valid/],
  [artifact('inputs: a, merge: zip'), /allowed values/],
  [artifact('inputs: a, transform: {properties: {}}'), /'type'/],
  [artifact('inputs: a, transform: {type: c, properties: [1]}'), /object/],
  [artifact('inputs: a, output: maybe'), /boolean/],
  [artifact('inputs: a, reuse: {from_run: x}'), /additional/],
  ['components: {c: {run: x}}\nartifacts: {a: {source: {type: c}}}', /array/],
  ['components: {c: {}}\nartifacts: {a: {source: {type: c}}}', /'run'/],
  ['config: {max_concurrency: many}\nartifacts: {a: {source: {type: c}}}', /integer|pattern/],
];

test('the forms of a value are all taken', () => {
  for (const yaml of valid) assert.equal(complaint(yaml), undefined, yaml);
});

test('what the reader would refuse for its shape is refused', () => {
  for (const [yaml, expected] of broken) {
    const found = complaint(yaml);
    assert.ok(found, `taken: ${yaml}`);
    assert.match(found, expected, yaml);
  }
});

/* Two witnesses of one grammar: neither may be more generous than the other in these. */
test('the reader agrees', withWorkspace({ git: false }, (folder) => {
  const grammar = ['parse', 'unknown-key', 'duplicate-key', 'missing-key', 'wrong-type', 'bad-value'];
  const codes = (yaml) => {
    folder.write('one.yml', `${yaml}\n`);
    return JSON.parse(folder.run(['validate', 'one.yml', '--format', 'json'], { env: { LIMIT: '5m', N: '1', J: 'true' } }).stdout).findings.map((finding) => finding.code);
  };
  for (const yaml of valid) assert.deepEqual(codes(yaml).filter((code) => grammar.includes(code)), [], yaml);
  for (const [yaml] of broken) assert.ok(codes(yaml).some((code) => grammar.includes(code)), yaml);
}));
