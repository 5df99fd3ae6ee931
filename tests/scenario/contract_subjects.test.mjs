// What contracts look at: files of a fresh workspace, what a merge passes on, mocks of a dry run.
import test from 'node:test';
import assert from 'node:assert/strict';
import { withWorkspace } from '../rig/workspace.mjs';

const fresh = `
steps:
  - {id: one, run: 'echo 7 > seven.json', outputs: {seven: seven.json}}
  - id: a
    workspace: fresh
    inputs: [seven]
    run: 'echo 1 > ../output/o.json; cp ../input/seven.json here.json'
    outputs: {o: output/o.json}
    contract:
      - {type: json_schema, source: output/o.json, schema: {type: integer}}
      - {type: json_schema, source: here.json, schema: {const: 7}}
      - {type: files, files: [output/o.json, here.json, {path: "input/*.json", min_count: 1}]}
`;

test('contracts look into the folders of a fresh workspace', withWorkspace({}, (place) => {
  place.pipeline(fresh);
  const done = place.run(['run']);
  assert.equal(done.status, 0, done.stdout + done.stderr);
  assert.deepEqual(place.latest().steps[1].contracts.map((contract) => contract.passed), [true, true, true]);
  const dry = place.run(['run', '--dry-run']);
  assert.equal(dry.status, 0, dry.stdout + dry.stderr);
  place.pipeline(fresh.replace('const: 7', 'const: 8').replace('type: integer', 'type: string'));
  const failed = place.run(['run']);
  assert.equal(failed.status, 1);
  assert.match(failed.stdout, /output\/o\.json: expected a text, found the number 1/);
}));

test('a single input is passed on as it is, and checked as what it is', withWorkspace({}, (place) => {
  place.write('.wavetrain/schemas/obj/1.0.0/obj.json', '{"type": "object", "required": ["n"]}');
  place.pipeline(`
artifacts:
  a: {source: {type: json, properties: {value: {n: 1}}}, output_schema: obj:1.0.0}
  b: {source: {type: json, properties: {value: {n: 2}}}, output_schema: obj:1.0.0}
  one: {inputs: a, output: true}
  both: {inputs: [a, b], output: true}
`);
  const done = place.run(['run']);
  assert.equal(done.status, 0, done.stdout + done.stderr);
  const shown = (name) => JSON.parse(JSON.parse(place.run(['inspect', 'latest', name, '--format', 'json']).stdout).content);
  assert.deepEqual([shown('one').schema, shown('one').content], ['obj:1.0.0', { n: 1 }]);
  assert.deepEqual([shown('both').schema, shown('both').content], [null, [{ n: 1 }, { n: 2 }]]);
  const contracts = Object.fromEntries(place.latest().steps.map((step) => [step.id, step.contracts.length]));
  assert.deepEqual(contracts, { a: 1, b: 1, one: 1, both: 0 });
}));

test('a dry run makes one document for all schemas of an output', withWorkspace({}, (place) => {
  place.write('s.json', '{"type": "object", "required": ["a"]}');
  const pipeline = (schema) => `
steps:
  - id: a
    run: 'echo "{\\"a\\": 1, \\"b\\": 7}" > o.json'
    outputs: {o: o.json}
    contract:
      - {type: json_schema, source: o, schema: s.json}
      - {type: json_schema, source: o.json, schema: ${schema}}
`;
  place.pipeline(pipeline('{type: object, required: [b], properties: {b: {minimum: 7}}}'));
  const dry = place.run(['run', '--dry-run']);
  assert.equal(dry.status, 0, dry.stdout + dry.stderr);
  assert.match(dry.stdout, /makes o \(.*, satisfies all its schemas\)/);
  assert.equal(place.run(['run']).status, 0);
  place.pipeline(pipeline('{type: array}'));
  const failed = place.run(['run', '--dry-run']);
  assert.equal(failed.status, 1);
  assert.match(failed.stdout, /nothing can be made that satisfies all its schemas: .*'type'/);
}));
