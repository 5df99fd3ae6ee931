// Contracts on what a step hands over: every error is named, reactions do what they say, what passed
// once is not checked again.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withWorkspace } from '../rig/workspace.mjs';

const schema = JSON.stringify({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  required: ['name', 'items'],
  properties: { name: { type: 'string' }, items: { type: 'array', items: { type: 'integer', minimum: 1 } } },
});
const pipeline = (document, extra = '') => `
steps:
  - id: make
    run: 'cp ${document} out.json; echo made >> made.log'
    outputs: {report: out.json}
    contract: {type: json_schema, schema: contracts/report.schema.json, source: report${extra}}
  - {id: use, inputs: [report], run: 'cp "$WAVETRAIN_INPUT/report.json" used.json'}
`;
const prepare = (place, document, extra) => {
  place.write('contracts/report.schema.json', schema);
  place.write('good.json', '{"name": "x", "items": [1, 2]}');
  place.write('bad.json', '{"items": [0, "two"]}');
  place.pipeline(pipeline(document, extra));
};
const states = (run) => Object.fromEntries(run.steps.map((step) => [step.id, step.state]));

test('a document that satisfies its schema is handed over', withWorkspace({}, (place) => {
  prepare(place, 'good.json');
  const done = place.run(['run']);
  assert.equal(done.status, 0, done.stdout + done.stderr);
  assert.equal(place.read('used.json'), place.read('good.json'));
  const contract = place.latest().steps[0].contracts[0];
  assert.equal(contract.passed, true);
}));

test('every error is listed with pointer, keyword, expected and actual', withWorkspace({}, (place) => {
  prepare(place, 'bad.json');
  const done = place.run(['run']);
  assert.equal(done.status, 1);
  const run = place.latest();
  assert.deepEqual(states(run), { make: 'failed', use: 'skipped' });
  const { errors } = run.steps[0].contracts[0];
  const found = errors.map((error) => `${error.pointer} ${error.keyword}`).sort();
  assert.deepEqual(found, [' required', '/items/0 minimum', '/items/1 type']);
  for (const error of errors) assert.ok(error.expected && error.actual, JSON.stringify(error));
  assert.match(done.stdout, /\/items\/0/);
  const trace = place.run(['trace', 'latest', 'make']).stdout;
  assert.match(trace, /\/items\/1/);
  assert.match(readFileSync(join(run.folder ?? join(place.path, '.wavetrain/runs', run.id), 'report/report.html'), 'utf8'), /./);
}));

test('on_failure: retry tries max_retries more times', withWorkspace({}, (place) => {
  prepare(place, 'bad.json', ', on_failure: retry, max_retries: 2');
  place.pipeline(pipeline('bad.json', ', on_failure: retry, max_retries: 2').replace('run: \'cp', 'retry: {max: 0, backoff: 10ms}\n    run: \'cp'));
  assert.equal(place.run(['run']).status, 1);
  assert.equal(place.read('made.log'), 'made\nmade\nmade\n');
  assert.equal(place.latest().steps[0].attempts.length, 3);
}));

const reaction = (word) => `
steps:
  - {id: first, run: 'echo 1 > first.txt'}
  - {id: broken, needs: [first], run: 'echo half > half.txt', contract: {type: files, files: [missing.txt], on_failure: ${word}}}
  - {id: beside, needs: [first], run: 'sleep 0.2; echo beside > beside.txt'}
  - {id: after, needs: [broken], run: 'echo after > after.txt'}
  - {id: other, needs: [beside], run: 'echo other > other.txt'}
`;
const expected = {
  halt: { first: 'done', broken: 'failed', beside: 'done', after: 'skipped', other: 'pending' },
  skip: { first: 'done', broken: 'failed', beside: 'done', after: 'skipped', other: 'done' },
  abort: { first: 'done', broken: 'failed', beside: 'pending', after: 'skipped', other: 'pending' },
  rollback: { first: 'done', broken: 'failed', beside: 'pending', after: 'skipped', other: 'pending' },
};
for (const [word, wanted] of Object.entries(expected)) {
  test(`on_failure: ${word}`, withWorkspace({}, (place) => {
    place.pipeline(reaction(word));
    const done = place.run(['run', '-j', '2']);
    assert.equal(done.status, 1, done.stdout + done.stderr);
    assert.deepEqual(states(place.latest()), wanted, done.stdout);
    assert.ok(place.exists('first.txt'));
    assert.equal(place.exists('half.txt'), word !== 'rollback');
    assert.equal(place.git('show', 'HEAD:first.txt'), '1');
    if (word === 'rollback') assert.equal(place.git('status', '--porcelain'), '');
  }));
}

test('what passed is not validated again while schema and content are the same', withWorkspace({}, (place) => {
  prepare(place, 'good.json');
  assert.equal(place.run(['run']).status, 0);
  assert.equal(place.run(['run']).status, 0);
  assert.equal(place.latest().steps[0].contracts[0].was_known, true);
  place.write('contracts/report.schema.json', schema.replace('"minimum":1', '"minimum":2'));
  place.commit('stricter');
  assert.equal(place.run(['run']).status, 1);
}));

test('a schema that is none is a finding with its place before anything runs', withWorkspace({}, (place) => {
  prepare(place, 'good.json');
  place.write('contracts/report.schema.json', '{"type": "strin"}');
  place.commit('broken schema');
  const done = place.run(['validate', '--format', 'json']);
  assert.equal(done.status, 3);
  const [finding] = JSON.parse(done.stdout).findings;
  assert.equal(finding.code, 'schema');
  assert.equal(finding.line, 6);
  assert.equal(place.run(['run']).status, 3);
  assert.ok(!place.exists('made.log'));
  place.write('wavetrain.yml', place.read('wavetrain.yml').replace('id: use,', 'id: use, tiemout: 3,'));
  const both = JSON.parse(place.run(['validate', '--format', 'json']).stdout).findings;
  assert.deepEqual(both.map((each) => each.code), ['schema', 'unknown-key'], 'all at once');
}));

test('a dry run says what no mock can be made for, in every form', withWorkspace({}, (place) => {
  place.write('none.json', '{"type": "integer", "minimum": 5, "maximum": 3}');
  place.write('high.json', '{"type": "integer", "minimum": 5}');
  place.write('low.json', '{"type": "integer", "maximum": 3}');
  const step = (id, output, ...contracts) =>
    `  - id: ${id}\n    run: "true"\n    outputs: {x: ${output}}\n    contract:\n${contracts.map(([schema, source]) => `      - {type: json_schema, schema: ${schema}.json, source: ${source}}\n`).join('')}`;
  const impossible = step('impossible', 'x.json', ['none', 'x']);
  const refused = step('refused', 'x.json', ['low', './x.json'], ['high', 'x.json']);
  const unwritten = step('unwritten', 'a/b.json', ['high', 'x'], ['high', 'a']);
  const cases = [
    [[impossible], 1, '1 contract cannot be satisfied by a mock [step-failed]', ['nothing can be made that satisfies none.json: ']],
    [[refused], 1, '1 contract refuses its mock [step-failed]', ['the mock does not hold: ']],
    [[unwritten], 4, '1 mock was not written [file]', ['not written: ']],
    [[impossible, impossible.replace('impossible', 'other'), refused, unwritten], 1,
      '2 contracts cannot be satisfied by a mock, 1 contract refuses its mock, 1 mock was not written [step-failed]',
      ['nothing can be made that satisfies none.json: ', 'the mock does not hold: ', 'not written: ']],
  ];
  for (const [steps, status, sentence, reasons] of cases) {
    place.pipeline(`steps:\n${steps.join('')}`);
    const text = place.run(['run', '--dry-run']);
    const json = place.run(['run', '--dry-run', '--output-format', 'json']);
    assert.deepEqual([text.status, json.status], [status, status], json.stderr);
    assert.equal(JSON.parse(json.stdout).steps.length, steps.length);
    for (const [done, flow] of [[text, text.stdout], [json, json.stderr]]) {
      assert.ok(done.stderr.includes(`wavetrain: ${sentence}\n`), done.stderr);
      assert.match(done.stderr, /look at 'Data flow' above/);
      for (const reason of reasons) assert.ok(flow.slice(flow.indexOf('\nData flow\n')).includes(reason), flow);
    }
  }
}));

test('diff_scope: a step of a worktree changes only what it may', withWorkspace({}, (place) => {
  place.write('src/a.txt', 'a\n');
  const scope = (change) => `
steps:
  - {id: other, run: 'true'}
  - {id: edit, workspace: worktree, run: '${change}', contract: {type: diff_scope, paths: ["src/**"]}}
`;
  place.pipeline(scope('echo b > src/a.txt'));
  assert.equal(place.run(['run']).status, 0);
  assert.equal(place.read('src/a.txt'), 'b\n');
  place.pipeline(scope('echo c > src/a.txt; echo x > README.txt'));
  const done = place.run(['run']);
  assert.equal(done.status, 1);
  assert.match(done.stdout, /README\.txt/);
  assert.ok(!place.exists('README.txt'));
}));

test('diff_scope beside others in a shared work tree is refused at plan time', withWorkspace({}, (place) => {
  place.pipeline('steps:\n  - {id: a, run: "true"}\n  - id: b\n    run: "true"\n    contract: {type: diff_scope, paths: ["src/**"]}\n');
  const done = place.run(['validate']);
  assert.equal(done.status, 3);
  assert.match(done.stdout, /wavetrain\.yml:5:\d+: error: the contract diff_scope of step 'b' cannot tell its changes from those of 'a'/);
}));
