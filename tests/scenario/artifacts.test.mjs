// Runbooks: artifacts made by components, checked against each other before anything runs.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withWorkspace } from '../rig/workspace.mjs';

const states = (run) => Object.fromEntries(run.steps.map((step) => [step.id, step.state]));
const setUp = (place) => {
  // Answers on standard output, with what it was told on standard input.
  place.write('bin/connect', '#!/bin/sh\nread -r properties\nprintf \'{"schema": "rows:1.0.0", "content": [%s], "metadata": {}}\' "$properties"\n', 0o755);
  // Writes the message itself.
  place.write('bin/find', '#!/bin/sh\nset -- "$WAVETRAIN_INPUT"/*.json\njq -c "{schema: \\"finding:1.2.0\\", content: .content, metadata: {files: $#}}" "$1" > "$WAVETRAIN_OUTPUT/$WAVETRAIN_STEP_ID.json"; echo looked\n', 0o755);
  const schema = { type: 'array', minItems: 1, items: { type: 'object' } };
  place.write('.wavetrain/schemas/rows/1.0.0/rows.json', JSON.stringify(schema));
  place.write('.wavetrain/schemas/finding/1.2.0/finding.json', JSON.stringify(schema));
};
const components = `
components:
  connect: {run: [./bin/connect], output_schema: rows:1.0.0}
  find: {run: [./bin/find], input_schemas: ["rows:^1.0"], output_schema: finding:1.2.0}
`;
const runbook = `
name: Analysis
description: what is where
contact: "Someone <s@example.invalid>"
config: {timeout: 300, max_concurrency: 10}
${components}
artifacts:
  db: {source: {type: connect, properties: {host: "\${DB_HOST:-localhost}", port: 5}}}
  files: {source: {type: connect, properties: {path: /data}}}
  found: {inputs: [db, files], process: {type: find}, merge: concatenate, output: true}
`;

test('a runbook runs: properties, messages, fan-in in the order of inputs, export', withWorkspace({}, (place) => {
  setUp(place);
  place.pipeline(runbook);
  const done = place.run(['run']);
  assert.equal(done.status, 0, done.stdout + done.stderr);
  const run = place.latest();
  assert.deepEqual(states(run), { db: 'done', files: 'done', found: 'done' });
  const folder = join(place.path, '.wavetrain/runs', run.id);
  const db = JSON.parse(readFileSync(join(folder, 'artifacts/db/db.json'), 'utf8'));
  assert.deepEqual(db, { schema: 'rows:1.0.0', content: [{ host: 'localhost', port: 5 }], metadata: {} });
  const found = JSON.parse(place.run(['inspect', 'latest', 'found']).stdout.match(/\{[^]*\}/)[0]);
  assert.equal(found.schema, 'finding:1.2.0');
  const merged = JSON.parse(readFileSync(join(folder, 'report/artifacts/found.json'), 'utf8'));
  assert.equal(merged.schema, 'finding:1.2.0');
  const listed = place.run(['inspect', 'latest']).stdout;
  for (const name of ['db', 'files', 'found']) assert.match(listed, new RegExp(`\\b${name}\\b`));
}));

test('the same pipeline as steps and as artifacts has an equal plan', withWorkspace({}, (place) => {
  setUp(place);
  place.write('book.yml', runbook);
  place.write('steps.yml', `
execution: {jobs: 10}
steps:
  - {id: db, run: ./bin/connect, outputs: [db]}
  - {id: files, run: ./bin/connect, outputs: [files]}
  - {id: found, inputs: [db, files], run: ./bin/find, outputs: [found]}
`);
  const plan = (file) => {
    const done = place.run(['plan', file, '--format', 'json']);
    assert.equal(done.status, 0, done.stderr);
    const { name, format, ...rest } = JSON.parse(done.stdout);
    return { rest, format };
  };
  const book = plan('book.yml');
  const steps = plan('steps.yml');
  assert.deepEqual([book.format, steps.format], ['artifacts', 'steps']);
  assert.deepEqual(book.rest, steps.rest);
}));

test('a message that does not satisfy its schema fails where it is made', withWorkspace({}, (place) => {
  setUp(place);
  place.write('bin/connect', '#!/bin/sh\necho \'{"schema": "rows:1.0.0", "content": ["text"], "metadata": {}}\'\n', 0o755);
  place.pipeline(runbook);
  const done = place.run(['run']);
  assert.equal(done.status, 1);
  assert.match(done.stdout, /\/content\/0/);
  assert.equal(states(place.latest()).found, 'skipped');
}));

test('schemas that do not fit, missing artifacts, unknown components and cycles each have their code', withWorkspace({}, (place) => {
  setUp(place);
  const findings = (artifacts) => {
    place.write('book.yml', `${components}\nartifacts:\n${artifacts}\n`);
    const done = place.run(['validate', 'book.yml', '--format', 'json']);
    assert.equal(done.status, 3, done.stdout);
    return JSON.parse(done.stdout).findings;
  };
  const code = (artifacts) => findings(artifacts)[0].code;
  assert.equal(code('  a: {source: {type: connect}}\n  b: {inputs: a, transform: {type: find}}\n  c: {inputs: b, transform: {type: find}}'), 'schema-compatibility');
  assert.equal(code('  a: {inputs: nobody, transform: {type: find}}'), 'unknown-reference');
  const [component] = findings('  a: {source: {type: conect}}');
  assert.equal(component.code, 'component-not-found');
  assert.match(component.hint, /connect/);
  const [cycle] = findings('  a: {inputs: b, transform: {type: find}, output_schema: "rows:1.0.0"}\n  b: {inputs: a, transform: {type: find}, output_schema: "rows:1.0.0"}');
  assert.equal(cycle.code, 'cycle');
  assert.match(cycle.message, /a -> b -> a|b -> a -> b/);
  assert.equal(code('  a: {source: {type: connect}, inputs: b}'), 'bad-value');
}));

test('the built-in components need no declaration', withWorkspace({}, (place) => {
  place.write('data/a.txt', 'alpha\n');
  place.write('data/b.bin', 'beta\n');
  place.write('given.json', '{"k": 1}');
  place.pipeline(`
artifacts:
  tree: {source: {type: filesystem, properties: {path: data, include: ["*.txt"]}}}
  given: {source: {type: json, properties: {path: given.json}}}
  told: {source: {type: command, properties: {run: [echo, '["x"]']}}}
  all: {inputs: [tree, given, told], output: true}
`);
  const done = place.run(['run']);
  assert.equal(done.status, 0, done.stdout + done.stderr);
  const folder = join(place.path, '.wavetrain/runs', place.latest().id, 'artifacts');
  const read = (name) => JSON.parse(readFileSync(join(folder, `${name}/${name}.json`), 'utf8'));
  assert.deepEqual(read('tree').content.map((file) => [file.path, file.content]), [['a.txt', 'alpha\n']]);
  assert.deepEqual(read('given').content, { k: 1 });
  assert.deepEqual(read('told').content, ['x']);
  assert.equal(read('all').content.length, 3);
  assert.deepEqual(read('all').metadata.merged_from, ['tree', 'given', 'told']);
}));

const old = `
name: Old
connectors:
  - {name: reader, type: filesystem, properties: {path: data}}
analysers:
  - {name: finder, type: find, properties: {depth: 2}}
execution:
  - {id: look, connector: reader, analyser: finder, input_schema: rows, output_schema: finding}
`;

test('the older layout is named by validate and converted by init --from', withWorkspace({}, (place) => {
  setUp(place);
  place.write('old.yml', old);
  const done = place.run(['validate', 'old.yml', '--format', 'json']);
  assert.equal(done.status, 3);
  const { findings } = JSON.parse(done.stdout);
  assert.equal(findings.length, 1);
  assert.equal(findings[0].code, 'old-form');
  assert.match(findings[0].hint, /init --from/);
  const converted = place.run(['init', '--from', 'old.yml']);
  assert.equal(converted.status, 0, converted.stderr);
  const text = place.read('wavetrain.yml');
  assert.match(text, /artifacts:/);
  assert.doesNotMatch(text, /connectors:|analysers:/);
}));
