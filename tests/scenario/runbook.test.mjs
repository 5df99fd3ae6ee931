// Runbooks of artifacts as their users meet them: the example runs, is the same as its twin written
// with steps, and is looked at with `list` and `inspect`; an older one is converted.
import test from 'node:test';
import assert from 'node:assert/strict';
import { cpSync, existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withWorkspace, Workspace } from '../rig/workspace.mjs';

const example = resolve(dirname(fileURLToPath(import.meta.url)), '../../docs/examples/runbook');

const shop = new Workspace();
cpSync(example, shop.path, { recursive: true });
shop.commit('the example');

const json = (place, words) => {
  const done = place.run([...words, '--format', 'json']);
  assert.equal(done.status, 0, `${words}: ${done.stderr}`);
  return JSON.parse(done.stdout);
};

test('written with artifacts or with steps, the plan is the same', () => {
  const plans = ['wavetrain.yml', 'steps.yml'].map((file) => json(shop, ['plan', file]));
  const shape = (plan) => ({ waves: plan.waves, jobs: plan.jobs, steps: plan.steps.map(({ id, needs, wave, stage }) => ({ id, needs, wave, stage })) });
  assert.ok(plans[0].steps.length === 7 && plans[0].waves.length === 5);
  assert.deepEqual(shape(plans[0]), shape(plans[1]));
});

test('the example runs in both forms and makes the same', () => {
  for (const file of ['wavetrain.yml', 'steps.yml']) {
    const done = shop.run(['run', file]);
    assert.equal(done.status, 0, done.stdout + done.stderr);
    const shown = json(shop, ['inspect', 'latest', 'register']);
    assert.deepEqual(JSON.parse(shown.content).content, ['The shop', 'mail: 3, in data/customers.csv:2, data/customers.csv:4, mail.log:2', 'telephone: 1, in data/customers.csv:3']);
  }
});

test('what a component makes is checked against its schema', withWorkspace({}, (place) => {
  cpSync(example, place.path, { recursive: true });
  place.write('components/table.sh', '#!/bin/sh\necho \'{"schema": "rows:1.0.0", "content": [{"place": 1}]}\'\n', 0o755);
  place.commit('a broken component');
  const done = place.run(['run']);
  assert.equal(done.status, 1, done.stdout);
  const trace = place.run(['trace', 'latest', 'customers']).stdout;
  assert.match(trace, /rows:1\.0\.0/);
  assert.match(trace, /\/0\/place|\/content\/0\/place/);
}));

test('list names artifacts with their makers, and every component in reach', () => {
  const text = shop.run(['list']);
  assert.equal(text.status, 0, text.stderr);
  assert.match(text.stdout, /^Artifacts\n {2}customers +table +rows:1\.0\.0\n {2}logs\.source +filesystem\n/);
  assert.match(text.stdout, /\n {2}findings +merge +result\n/);
  assert.match(text.stdout, /\nComponents\n {2}table +wavetrain\.yml +components\/table\.sh, makes rows:1\.0\.0: The rows of a CSV file\n/);
  assert.match(text.stdout, /\n {2}merge +built in /);
  const listed = json(shop, ['list']);
  assert.equal(listed.v, 1);
  assert.deepEqual(listed.artifacts.find((artifact) => artifact.name === 'findings'),
    { name: 'findings', step: 'findings', path: null, component: 'merge', persona: null, schema: null, contact: null, result: true, optional: false, inputs: ['in_customers', 'in_logs'] });
  assert.deepEqual(listed.components.filter((component) => component.built_in).map((component) => component.name), ['filesystem', 'json', 'command', 'merge']);
  assert.deepEqual(listed.components[2].input_schemas, ['rows:1.0.0', 'lines:^1.0']);
});

const odd = new Workspace();
odd.pipeline(`
name: odd things
checkpoint: {commit: false}
steps:
  - id: a
    run: |
      head -c 20 /dev/zero > "$WAVETRAIN_OUTPUT/binary.bin"
      seq 20000 > "$WAVETRAIN_OUTPUT/long.txt"
      printf 'one\\033[31m\\ntwo' > "$WAVETRAIN_OUTPUT/same"
    outputs: [binary, long, same]
  - {id: b, run: 'mkdir d && echo 1 > d/1 && echo 2 > d/2', outputs: {files: 'd/*', number: d/1}}
`);
odd.write('again.yml', 'name: again\ncheckpoint: {commit: false}\nsteps: [{id: c, run: \'echo c > "$WAVETRAIN_OUTPUT/same"\', outputs: [same]}, {id: d, run: \'echo d > "$WAVETRAIN_OUTPUT/same"\', outputs: [same]}]\n');
assert.equal(odd.run(['run']).status, 0);
assert.equal(odd.run(['run', 'again.yml']).status, 0);

test('inspect finds a run by its pipeline, and says which artifacts there are', () => {
  for (const word of ['odd things', 'wavetrain.yml', json(odd, ['runs']).runs[1].id]) {
    const listed = json(odd, ['inspect', word]);
    assert.deepEqual(listed.artifacts.map((artifact) => artifact.name), ['binary', 'long', 'same', 'files', 'number'], word);
  }
  assert.match(odd.run(['inspect', 'odd things']).stdout, /^binary +a +20 B +[0-9a-f]{12}\n/);
  assert.match(odd.run(['inspect', 'odd things']).stdout, /^files +b +4 B in 2 files +[0-9a-f]{12}$/m);
  assert.deepEqual(json(odd, ['inspect']).artifacts.map((artifact) => artifact.step), ['c', 'd']);
});

test('inspect shows no byte that is none of its business to the terminal', () => {
  assert.match(odd.run(['inspect', 'odd things', 'binary']).stdout, /\n\n\(not text, and not shown\)\n$/);
  assert.match(odd.run(['inspect', 'odd things', 'same']).stdout, /\n\none<1B>\[31m\ntwo\n$/);
  assert.equal(json(odd, ['inspect', 'odd things', 'same']).content, 'one\u001b[31m\ntwo');
  assert.equal(json(odd, ['inspect', 'odd things', 'binary']).content, null);
});

test('inspect lists what is in a folder', () => {
  assert.match(odd.run(['inspect', 'odd things', 'files']).stdout, /\n\n1 +2 B\n2 +2 B\n$/);
  assert.equal(json(odd, ['inspect', 'odd things', 'files']).content, null);
});

test('inspect cuts what is long behind a line, and --all does not', () => {
  const cut = odd.run(['inspect', 'odd things', 'long']).stdout.split('\n');
  assert.match(cut.at(-2), /^… \d+(\.\d)? KiB more; --all shows everything$/);
  const last = Number(cut.at(-3));
  assert.ok(last > 1000 && last < 20000 && cut.includes(String(last - 1)), String(last));
  assert.ok(odd.run(['inspect', 'odd things', 'long', '--all']).stdout.endsWith('\n19999\n20000\n'));
  const whole = json(odd, ['inspect', 'odd things', 'long']);
  assert.equal(whole.left_out_bytes + whole.content.length, whole.size_bytes);
});

test('inspect says what it cannot find', () => {
  for (const [words, expected] of [
    [['nowhere'], /no run 'nowhere' is on record/],
    [['latest', 'sam'], /has no artifact 'sam'[^]*did you mean 'same'/],
    [['latest', 'zzzzzz'], /has no artifact 'zzzzzz'[^]*'wavetrain inspect run_\S+' lists them/],
    [['latest', 'same'], /the steps 'c' and 'd' both made an artifact 'same'[^]*name it 'd\.same'/],
  ]) {
    const done = odd.run(['inspect', ...words]);
    assert.notEqual(done.status, 0);
    assert.match(done.stderr, expected);
  }
  assert.match(odd.run(['inspect', 'latest', 'c.same']).stdout, /\n\nc\n$/);
});

test('init --from converts what validate names', withWorkspace({}, (place) => {
  cpSync(join(example, 'older.yaml'), join(place.path, 'older.yaml'));
  const [finding, ...others] = JSON.parse(place.run(['validate', 'older.yaml', '--format', 'json']).stdout).findings;
  assert.deepEqual([finding.code, finding.hint, others], ['old-form', 'wavetrain init --from older.yaml', []]);
  assert.equal(place.run(['init', '--from', 'older.yaml']).status, 0);
  const left = JSON.parse(place.run(['validate', '--format', 'json']).stdout).findings;
  // Only the programs are missing, which nobody has written yet.
  assert.ok(left.every((found) => found.code === 'component-not-found' && /which is not there$/.test(found.message)), JSON.stringify(left));
  for (const name of ['table', 'find']) place.write(`components/${name}`, '#!/bin/sh\necho \'{"content": []}\'\n', 0o755);
  assert.equal(place.run(['validate']).stdout, 'wavetrain.yml: ok, 2 steps\n');
  place.commit('converted');
  assert.equal(place.run(['run']).status, 0);
  const again = place.run(['init', '--from', 'older.yaml']);
  assert.match(again.stderr, /is there already and is not overwritten[^]*--output FILE/);
  assert.equal(place.run(['init', '--from', 'older.yaml', '-o', 'pipelines/new.yml']).status, 0);
  assert.equal(place.read('pipelines/new.yml'), place.read('wavetrain.yml'));
  assert.match(place.run(['init', '--from', 'wavetrain.yml', '-o', 'x.yml']).stderr, /this is no runbook of 'connectors'/);
  assert.ok(!existsSync(join(place.path, 'x.yml')));
}));

test('eleven are ready and ten are made', withWorkspace({}, (place) => {
  // Each ends when ten have begun: with fewer at once it would never end, and eleven would show.
  const sources = Array.from({ length: 11 }, (_, i) => `  a${i}: {source: {type: wait}}`).join('\n');
  place.write('wait.sh', 'mkdir -p begun; touch "begun/$WAVETRAIN_STEP_ID"\nwhile [ "$(ls begun | wc -l)" -lt 10 ]; do sleep 0.01; done\necho \'{"content": 1}\'\n');
  place.pipeline(`config: {max_concurrency: 10}\ncheckpoint: {commit: false}\ncomponents: {wait: {run: [sh, wait.sh]}}\nartifacts:\n${sources}\n`);
  assert.equal(place.run(['run']).status, 0);
  assert.equal(json(place, ['trace', 'latest']).totals.peak_concurrency, 10);
}));

test('faults have a code each', withWorkspace({}, (place) => {
  const declared = 'components:\n  one: {run: [sh], output_schema: x:1.0.0}\n  two: {run: [sh], input_schemas: x:2.x}\nartifacts:\n';
  for (const [artifacts, code, line, message] of [
    ['  a: {source: {type: one}\n', 'parse', 6, /not valid YAML/],
    ['  a: {inputs: b}\n  b: {inputs: a}\n', 'cycle', 5, /a -> b -> a|b -> a -> b/],
    ['  a: {inputs: b}\n', 'unknown-reference', 5, /there is no artifact 'b'/],
    ['  a: {source: {type: one}}\n  b: {inputs: a, transform: {type: two}}\n', 'schema-compatibility', 6, /'a' is x:1\.0\.0, and 'b' \(component 'two'\) takes only x:2\.x/],
    ['  a: {source: {type: three}}\n', 'component-not-found', 5, /no component 'three'/],
  ]) {
    place.write('one.yml', declared + artifacts);
    const done = place.run(['validate', 'one.yml', '--format', 'json']);
    assert.equal(done.status, 3);
    const [finding] = JSON.parse(done.stdout).findings;
    assert.deepEqual([finding.code, finding.line], [code, line], artifacts);
    assert.match(finding.message, message);
  }
}));
